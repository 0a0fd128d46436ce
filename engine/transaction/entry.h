/*
 * Records in trees under transactions: what the table floor works with. Keys and data are byte strings; a record is
 * visible to a transaction or not, and whoever may not change it is told so.
 *
 * Functions take the tree's lock themselves. Changing ones need an open transaction (level >= 1, see ese_auto_begin)
 * and return JET_errTransReadOnly in a read-only one.
 */
#ifndef ESE_TRANSACTION_ENTRY_H
#define ESE_TRANSACTION_ENTRY_H

#include "engine/transaction/transaction.h"
#include "engine/tree/tree.h"

/* A growing byte string. Zero it to begin with. */
struct ese_bytes {
    unsigned char *data;
    uint32_t size, room;
};

JET_ERR ese_bytes_set(struct ese_bytes *bytes, const void *data, uint32_t size);
JET_ERR ese_bytes_reserve(struct ese_bytes *bytes, uint32_t room);
void ese_bytes_free(struct ese_bytes *bytes);

/* Where a record was last seen. The hint makes going on from it cheap; it is never trusted when the tree moved. Who
 * changes the key himself clears it. */
struct ese_spot {
    struct ese_bytes key;
    uint32_t page, slot;
    uint64_t moved;
    bool hint;
    struct ese_run *run;                            /* records read ahead, or NULL; see run.h */
    uint32_t streak;                                /* steps forward in a row */
};

void ese_spot_free(struct ese_spot *spot);

enum ese_seek { ESE_SEEK_FIRST, ESE_SEEK_LAST, ESE_SEEK_GE, ESE_SEEK_GT, ESE_SEEK_LE, ESE_SEEK_LT };

/* Finds the nearest visible record in the direction asked for and puts it into spot. key may be spot's own. from the spot's
 * own key (ESE_SEEK_GT, ESE_SEEK_LT) the hint is used. JET_errRecordNotFound; spot is unchanged then. */
JET_ERR ese_entry_seek(struct ese_trx *trx, struct ese_tree *tree, enum ese_seek how, const void *key, uint32_t size,
                       struct ese_spot *spot);
/* The same, with the data of the record found; on errors data is undefined. */
JET_ERR ese_entry_seek_data(struct ese_trx *trx, struct ese_tree *tree, enum ese_seek how, const void *key,
                            uint32_t size, struct ese_spot *spot, struct ese_bytes *data);
/* Data of the record at spot (key), as the transaction sees it. data may be NULL: only asks. JET_errRecordDeleted. */
JET_ERR ese_entry_get(struct ese_trx *trx, struct ese_tree *tree, struct ese_spot *spot, struct ese_bytes *data);
/* The data when the record at spot was read ahead, without a copy: good until the spot is used again. NULL: get it. */
const unsigned char *ese_entry_view(const struct ese_trx *trx, const struct ese_tree *tree, const struct ese_spot *spot,
                                    uint32_t *size);
/* One step forward to a record that was read ahead, with all that ese_entry_seek(ESE_SEEK_GT) does. False: seek. */
bool ese_entry_step(const struct ese_trx *trx, const struct ese_tree *tree, struct ese_spot *spot);
/* ese_entry_get by key alone. */
JET_ERR ese_entry_get_key(struct ese_trx *trx, struct ese_tree *tree, const void *key, uint32_t size,
                          struct ese_bytes *data);

/* JET_errKeyDuplicate: the key is there, or somebody else is about to make it so (the original turns the conflict into
 * this: bt.cxx:5720), JET_errRecordTooBig. */
JET_ERR ese_entry_insert(struct ese_trx *trx, struct ese_tree *tree, const void *key, uint32_t key_size,
                         const void *data, uint32_t data_size);
/* JET_errWriteConflict, JET_errRecordDeleted. */
JET_ERR ese_entry_replace(struct ese_trx *trx, struct ese_tree *tree, const void *key, uint32_t key_size,
                          const void *data, uint32_t data_size);
JET_ERR ese_entry_delete(struct ese_trx *trx, struct ese_tree *tree, const void *key, uint32_t key_size);
/* Keeps others from changing the record until the transaction ends (read locks of several sessions get along). */
JET_ERR ese_entry_lock(struct ese_trx *trx, struct ese_tree *tree, const void *key, uint32_t key_size, bool write);

/* JET_errWriteConflict when trx could not change the record, as far as is known now. */
JET_ERR ese_entry_check(struct ese_trx *trx, struct ese_tree *tree, const void *key, uint32_t key_size);

/* Adds to the number of `width` (4 or 8) bytes at `offset` of the data, beside others who add to the same record; a rollback
 * takes back this delta only. for_good: not even that. The place must be one trx sees in the record. *old: the number before,
 * whoever had a part in it. JET_errWriteConflict with changes and locks of others, JET_errRecordDeleted. */
struct ese_addition { uint32_t offset, width; int64_t delta; bool for_good; };
JET_ERR ese_entry_add(struct ese_trx *trx, struct ese_tree *tree, const void *key, uint32_t key_size,
                      const struct ese_addition *addition, int64_t *old);

/* Writes without versions or visibility: counters that must not roll back. Inserts or replaces. */
JET_ERR ese_entry_put_raw(struct ese_tree *tree, const void *key, uint32_t key_size, const void *data,
                          uint32_t data_size);

JET_ERR ese_entry_remove_raw(struct ese_tree *tree, const void *key, uint32_t key_size); /* success when missing */

/* To be called before a change group with an undo note of the transaction ends: from now on the log is needed from here on
 * until the transaction has ended. */
void ese_txn_will_log(struct ese_trx *trx, const struct ese_space *space);

/* Something besides records that commit or rollback must settle. undo: when the transaction takes it back, newest
 * first among all its changes. done: when no snapshot older than the commit is left (space may be NULL: at
 * commit time plus clean-up all the same). drop: the store is closed without either. Exactly one of them is called,
 * without locks held; undo and done may fail. */
struct ese_note_ops {
    JET_ERR (*undo)(void *object);
    JET_ERR (*done)(void *object);
    void (*drop)(void *object);
};
JET_ERR ese_trx_note(struct ese_trx *trx, struct ese_space *space, const struct ese_note_ops *ops, void *object);

/* Some version speaks of the node, so it must stay although it is flagged deleted. Tree lock held. */
bool ese_entry_is_kept(const struct ese_tree *tree, const struct ese_node *node);

/* Settles all committed versions of a database, needed by snapshots or not: nobody has it open. */
JET_ERR ese_vstore_cleanup_space(struct ese_vstore *vstore, struct ese_space *space);

/* The commit of this txn is seen by trx (or it is trx's own). */
bool ese_txn_is_visible(const struct ese_trx *trx, const struct ese_txn *txn);

/* It is still running (or was rolled back and is about to be forgotten). */
bool ese_txn_is_open(const struct ese_txn *txn);

/* Some record of the tree was changed by another transaction, committed or not, whose change trx does not see. */
bool ese_tree_is_changed_unseen(const struct ese_trx *trx, struct ese_tree *tree);

/* A level of the engine's own around a step of several changes: one of the session's transaction, or at level 0 a
 * transaction for itself. auto_end commits it when err is not an error, else rolls it back, and hands back the error
 * that counts. With only_at_0 there is nothing to it inside a transaction (for steps of a single change). */
struct ese_auto { struct ese_trx *trx; bool began; };
JET_ERR ese_auto_begin(struct ese_auto *automatic, struct ese_trx *trx, bool only_at_0);
JET_ERR ese_auto_end(struct ese_auto *automatic, JET_ERR err);

#endif
