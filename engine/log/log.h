/*
 * The write-ahead log of an instance, as the storage floors use it. Recovery: recover.h. Files and format: README.md.
 *
 * Order of things
 *   - One change group = everything one storage operation did to pages of one database, atomic for recovery. It is
 *     logged as the byte ranges that differ, or, for a page that was clean (or new) when the group took it, as a whole
 *     image without its hole: a page torn by a power cut is rebuilt from that image. So whatever a page needs is at or
 *     behind the image that began its present dirtiness, and the checkpoint never passes that image until the page
 *     was written and synced.
 *   - A page is written only after ese_log_flush_to(position of the page) has succeeded (write-ahead rule).
 *   - Commit is logged behind all change groups of the transaction and before anybody sees its result; when it is not
 *     lazy it is durable on return.
 *   - Undo notes are logical (tree root, key, data before) and taken back newest first: a group with
 *     ESE_UNDO_COMPENSATE takes back the newest one of its transaction that was not taken back before. Recovery redoes
 *     everything from the checkpoint on, then undoes the transactions without commit.
 *
 * A log position (ese_lsn) is generation << 32 | byte offset in the file of that generation. The position of a record is
 * that of its end; a page carries the position of the last group that changed it.
 *
 * All functions may be called from many threads at once unless they say otherwise, with pages in the middle of their
 * change: the log calls nobody back. Lock order: store, database, table, tree, space, cache, log.
 *
 * After a write or sync of the log has failed, every call that needs the file fails: with JET_errLogDiskFull when there was
 * no room, else with JET_errLogWriteFail.
 */
#ifndef ESE_LOG_LOG_H
#define ESE_LOG_LOG_H

#include <stdbool.h>
#include <stdint.h>

#include <esent.h>

typedef uint64_t ese_lsn;                           /* grows; 0 = never logged */

struct ese_log;                                     /* NULL where one is carried around: unlogged */

/* ---- changes --------------------------------------------------------------------------------------------- */

struct ese_log_piece { uint16_t offset, size; };    /* of a page */

struct ese_log_page {
    uint32_t page;                                  /* number of the page in the database */
    const void *before, *after;                     /* page_size bytes each; the position field of before tells the last
                                                       group, checksum and position of after do not matter */
    bool image;                                     /* log the whole of after; before is not looked at and may be NULL */
    const struct ese_log_piece *pieces;             /* not an image, and before is NULL: these bytes differ; the position in */
    uint32_t piece_count;                           /*   after is still that of the last group then */
};

enum ese_log_undo_kind {
    ESE_UNDO_NONE,
    ESE_UNDO_INSERT,                                /* before: data of the deleted node it revived; see revived */
    ESE_UNDO_REPLACE,                               /* before: the old data */
    ESE_UNDO_DELETE,                                /* the node was only flagged */
    ESE_UNDO_ADD,                                   /* before: offset in the data (u32), delta (4 or 8 bytes) */
    ESE_UNDO_NEW_TREE,                              /* root is that of a tree made by the transaction */
    ESE_UNDO_COMPENSATE,
};

struct ese_log_undo {
    uint64_t transaction;                           /* ese_trx_id() */
    enum ese_log_undo_kind kind;
    uint32_t root;                                  /* root page of the tree the key lives in */
    const void *key; uint32_t key_size;
    const void *before; uint32_t before_size;
    bool revived;                                   /* INSERT into a node that was there, flagged deleted */
};

struct ese_log_change {
    uint32_t database;                              /* 1..6 */
    uint32_t page_size;
    const struct ese_log_page *pages; uint32_t page_count;
    const struct ese_log_undo *undo;                /* NULL: nothing to undo logically */
};

/* Not durable before a flush. A group without pages may carry an undo note or a compensation. Fails without having
 * logged anything: JET_errOutOfMemory, JET_errLogDiskFull, JET_errLogWriteFail. */
JET_ERR ese_log_change(struct ese_log *log, const struct ese_log_change *change, ese_lsn *position);

/* On return everything up to and including the record that ends at position is durable. Position 0: nothing to do. */
JET_ERR ese_log_flush_to(struct ese_log *log, ese_lsn position);

/* ---- transactions ---------------------------------------------------------------------------------------- */

/* grbit: 0 or JET_bitCommitLazyFlush: then it is durable after within_ms at the latest (0: the log's own bound) unless the
 * log fails. *commit_id is the number of the commit, 1, 2, 3 ... in the life of the log's signature, in the order in which
 * commits take effect after a crash; *position is where the record ends. Both may be NULL. */
JET_ERR ese_log_commit(struct ese_log *log, uint64_t transaction, JET_GRBIT grbit, uint32_t within_ms,
                       uint64_t *commit_id, ese_lsn *position);
JET_ERR ese_log_rollback_done(struct ese_log *log, uint64_t transaction);

/* ---- databases ------------------------------------------------------------------------------------------- */

struct ese_log_database {
    uint32_t id;                                    /* 1..6 */
    const char *path;                               /* absolute */
    JET_SIGNATURE signature;
    uint32_t page_size, max_pages;
};

/* All three are durable on return; of a detach only with `durable`, else with what is logged behind it. */
JET_ERR ese_log_create_database(struct ese_log *log, const struct ese_log_database *database, ese_lsn *position);
JET_ERR ese_log_attach_database(struct ese_log *log, const struct ese_log_database *database, ese_lsn *position);
JET_ERR ese_log_detach_database(struct ese_log *log, uint32_t id, bool durable, ese_lsn *position);

/* ---- positions, checkpoint ------------------------------------------------------------------------------- */

/* Whoever is about to log something while he holds a lock asks before he takes it: make_room waits while much is still to be
 * written, so that the log waits only in great need later, and with the lock. is_full: make_room would wait. */
void ese_log_make_room(struct ese_log *log);
bool ese_log_is_full(const struct ese_log *log);

ese_lsn ese_log_end(struct ese_log *log);           /* the next record ends behind this; takes no lock */
ese_lsn ese_log_durable(struct ese_log *log);       /* takes no lock */

/* Recovery will begin at redo_from (a position ese_log_end() returned); older ones than the present checkpoint are ignored.
 * Writes the checkpoint file; with circular logging lets go of generations before it. */
JET_ERR ese_log_set_checkpoint(struct ese_log *log, ese_lsn redo_from);
ese_lsn ese_log_checkpoint(struct ese_log *log);    /* takes no lock */

static inline uint32_t ese_lsn_generation(ese_lsn lsn)
{
    return (uint32_t)(lsn >> 32);
}

/* Bytes of log between two positions; 0 when to is not behind from. */
uint64_t ese_log_bytes_between(struct ese_log *log, ese_lsn from, ese_lsn to);

/* Lets go of all generations before the checkpoint, circular or not. */
JET_ERR ese_log_truncate(struct ese_log *log);

uint64_t ese_log_syncs(struct ese_log *log);        /* how often the file was made durable since it was opened */

/* What the calling thread has put into all logs since it began; for JetGetThreadStats. */
struct ese_log_counts { uint32_t records, bytes; };
struct ese_log_counts ese_log_thread_counts(void);

void ese_log_signature(struct ese_log *log, JET_SIGNATURE *signature);

/* Begins a new generation, as if the present one were full. */
JET_ERR ese_log_roll(struct ese_log *log);

/* ---- backup (keep.c) ------------------------------------------------------------------------------------- */

/* From now on files of the checkpoint's generation and later ones stay; the position is that of the checkpoint. */
ese_lsn ese_log_pin(struct ese_log *log);
/* The same for files from a generation on; 0: none is kept for a backup any more. */
void ese_log_pin_from(struct ese_log *log, uint32_t generation);
uint32_t ese_log_oldest(struct ese_log *log);       /* first generation whose file is there */
/* Closes the present file for good: on return it is complete, durable and has its final name. *closed: its generation, or a
 * later one. */
JET_ERR ese_log_switch(struct ese_log *log, uint32_t *closed);
/* JET_errSuccess, or why nothing can be logged any more. */
JET_ERR ese_log_state(struct ese_log *log);
/* Absolute, to be freed. */
JET_ERR ese_log_closed_path(struct ese_log *log, uint32_t generation, char **path);
const char *ese_log_base(struct ese_log *log);      /* three letters */

/* ---- freeze (keep.c) ------------------------------------------------------------------------------------- */

/* Everything logged so far becomes durable, then no file of the log changes until the thaw: who needs one waits. roll: what
 * was logged before the call ends with a closed file. *last: its generation, else the one the log is in. What the calls that write
 * answer; the log is not frozen then. */
JET_ERR ese_log_freeze(struct ese_log *log, bool roll, uint32_t *last);
void ese_log_thaw(struct ese_log *log);
/* Instead of a thaw, before a close that is not clean: who waits fails, as does all that needs a file later. */
void ese_log_stay_frozen(struct ese_log *log);

/* Frees the log, whatever it returns; nobody may use it any more. clean: everything is written, synced, and said to be
 * complete (all databases detached); else what was not written is lost, as with a crash. */
JET_ERR ese_log_close(struct ese_log *log, bool clean);

/* JET_filetypeLog, JET_filetypeCheckpoint or JET_filetypeUnknown, by how a file begins. */
uint32_t ese_log_file_type(const unsigned char first[4]);

#endif
