/*
 * The version store inside: what one change leaves behind so that others can go on seeing the state before it, and its
 * own transaction can undo it. For engine/transaction only.
 *
 * Two lists run through the versions. The chain of a record, newest first, hangs in the hash of its tree and is protected
 * by the tree's lock. The list of a transaction, newest first, is touched only by the session while the transaction runs
 * and only by the cleaner afterwards. Whether a transaction is committed, and when, is one atomic word of
 * struct ese_txn; so a commit takes effect at once for all its versions. A txn is freed after its last
 * version has left its chain.
 */
#ifndef ESE_TRANSACTION_VERSION_H
#define ESE_TRANSACTION_VERSION_H

#include <stddef.h>

#include "engine/os/os.h"
#include "engine/transaction/entry.h"
#include "engine/transaction/transaction.h"
#include "engine/tree/tree.h"

enum ese_version_kind {
    ESE_VERSION_INSERT,                             /* before: data of the deleted node it revived, if any */
    ESE_VERSION_REPLACE,                            /* before: the old data */
    ESE_VERSION_DELETE,                             /* the data stays in the node */
    ESE_VERSION_WRITE_LOCK,
    ESE_VERSION_READ_LOCK,
    ESE_VERSION_ADD,                                /* before: offset in the data (u32), delta (4 or 8 bytes); others' may
                                                       stand between them in the chain, committed or not */
    ESE_VERSION_NOTE,                               /* no record: callbacks */
};

struct ese_version {
    struct ese_version *newer, *older;              /* neighbours in the hash bucket; the bucket may hold other keys too */
    struct ese_version *earlier;                    /* in the transaction */
    struct ese_txn *txn;
    struct ese_tree *tree;                          /* NULL for a note */
    struct ese_space *space;
    uint64_t sequence;                              /* 1, 2, 3 ... in the transaction */
    enum ese_version_kind kind;
    bool revived;                                   /* INSERT into a node that was there, flagged deleted */
    const struct ese_note_ops *ops;                 /* NOTE */
    void *object;
    uint32_t hash, key_size, before_size;
    unsigned char bytes[];                          /* key, before */
};

/* Memory for the versions of a transaction, which go with it: given out from the beginning on. */
struct ese_version_block {
    struct ese_version_block *earlier;
    uint32_t used, room;                            /* bytes */
    max_align_t bytes[];
};

struct ese_txn {
    _Atomic uint64_t committed;                     /* position in the order of commits; 0 = still running */
    uint64_t id;
    uint64_t sequence;                              /* versions made so far, undone ones included */
    _Atomic ese_lsn first;                          /* all it logged is behind this; 0: it logged nothing */
    bool heavy;                                     /* deletions or notes: settling it is work for the cleaner */
    struct ese_version *newest;
    struct ese_txn *next;                           /* committed, waiting for clean-up */
    struct ese_version_block *block;                /* newest; NULL: no version was made */
    uint64_t uncounted;                             /* bytes of versions not yet in vstore->bytes; while it runs */
};

struct ese_vstore {
    struct ese_mutex mutex;                         /* clock, ids, both lists; nothing else is locked inside */
    struct ese_mutex cleaning;                      /* one cleaner at a time; outside of tree locks */
    _Atomic ese_lsn held;                           /* needed from here on by somebody who is no transaction; 0: nobody */
    _Atomic(struct ese_log *) log;                  /* set once, while the background thread may look */
    uint64_t clock;                                 /* last commit */
    uint64_t last_id;
    struct ese_trx *oldest, *newest;                /* running transactions in the order they began */
    struct ese_txn *first, *last;                   /* committed ones with versions */
    _Atomic uint64_t bytes, bytes_max;
    void (*on_fatal)(void *arg, JET_ERR cause);
    void *arg;
    void (*watch)(void *arg);
    void *watch_arg;
};

/* ---- version.c ------------------------------------------------------------------------------------------- */

uint32_t ese_version_hash(const void *key, uint32_t size);
/* Not linked anywhere yet. JET_errVersionStoreOutOfMemory beyond the bound. */
JET_ERR ese_version_make(struct ese_trx *trx, struct ese_tree *tree, enum ese_version_kind kind, const void *key,
                         uint32_t key_size, const void *before, uint32_t before_size, struct ese_version **version);
/* Versions leave vstore->bytes when they are freed; their memory goes with the txn, or at once when it is the newest. */
void ese_version_free(struct ese_vstore *vstore, struct ese_version *version);
uint64_t ese_version_footprint(const struct ese_version *version);
/* A transaction ends: its versions count in full from now on. */
void ese_txn_count(struct ese_vstore *vstore, struct ese_txn *txn);
void ese_txn_free(struct ese_txn *txn);             /* all versions were freed */
/* Makes sure that linking a version into the tree cannot fail. Exclusive tree lock. */
JET_ERR ese_version_prepare(struct ese_tree *tree);
/* Into the chain of its record (exclusive tree lock) and the list of its transaction. */
void ese_version_link(struct ese_version *version);
/* Out of the chain (exclusive tree lock). */
void ese_version_unlink(struct ese_version *version);
/* Before a tree is locked to change it: nobody shall wait for the disk behind that lock. */
static inline void ese_txn_make_room(struct ese_vstore *vstore)
{
    struct ese_log *log = vstore->log;
    if (log != NULL) {
        ese_log_make_room(log);
    }
}

/* Newest version of the key, or the next older one of the same key. */
struct ese_version *ese_version_newest(const struct ese_tree *tree, const void *key, uint32_t key_size, uint32_t hash);
struct ese_version *ese_version_older(const struct ese_version *version);

/* ---- cleanup.c ------------------------------------------------------------------------------------------- */

/* Every snapshot sees the committed txn, and settling it touches no page. Store's mutex. */
bool ese_txn_is_light(const struct ese_vstore *vstore, const struct ese_txn *txn);
/* Drops the versions of a light txn that is in no list, and the txn. */
void ese_txn_settle(struct ese_vstore *vstore, struct ese_txn *txn);
/* Does so for a few that wait, unless a cleaner is at work. */
void ese_vstore_settle_light(struct ese_vstore *vstore);

static inline const unsigned char *ese_version_before(const struct ese_version *version)
{
    return version->bytes + version->key_size;
}

/* ---- entry_change.c -------------------------------------------------------------------------------------- */

/* May trx change the record, lock it, or add to it? JET_errWriteConflict: the first writer wins. */
enum ese_wish { ESE_WISH_CHANGE, ESE_WISH_READ_LOCK, ESE_WISH_ADD };
JET_ERR ese_version_conflict(const struct ese_trx *trx, const struct ese_tree *tree, const void *key, uint32_t size,
                             uint32_t hash, enum ese_wish wish);

/* ---- add.c ----------------------------------------------------------------------------------------------- */

/* Adds (back: subtracts) what a version's before says; false when the data has no such place. */
bool ese_add_apply(unsigned char *data, uint32_t size, const unsigned char *add, uint32_t add_size, bool back);
/* Takes the additions trx does not see out of the data; first: the newest that may count. Tree lock held. */
void ese_version_hide_adds(const struct ese_trx *trx, struct ese_version *first, struct ese_bytes *data);
JET_ERR ese_version_undo_add(struct ese_tree *tree, struct ese_change *change, const struct ese_version *version);

/* ---- settle.c -------------------------------------------------------------------------------------------- */

/* Takes back what the version says was done; takes the tree lock, unlinks and frees the version on success. */
JET_ERR ese_version_undo(struct ese_vstore *vstore, struct ese_version *version);
/* Nobody needs these versions (linked by earlier, oldest first): unlinks and frees the first of them, and removes the
 * nodes they were the last to keep. At most `most`, all of one tree, in one group and under one lock, so that a large
 * deletion neither costs a group a record nor keeps writers waiting. *rest are those that are left. */
JET_ERR ese_version_retire(struct ese_vstore *vstore, struct ese_version *list, unsigned most,
                           struct ese_version **rest);

#endif
