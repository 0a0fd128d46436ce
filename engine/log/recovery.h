/* Recovery inside: what the analysis found, what redo builds up, what undo takes back. For engine/log only. */
#ifndef ESE_LOG_RECOVERY_H
#define ESE_LOG_RECOVERY_H

#include "engine/log/reader.h"
#include "engine/table/schema.h"

/* One stay of a database: from its create or attach to its detach. Only the last one of a database can need anything: a
 * detach is logged when all its pages are in the file. */
struct ese_stay {
    struct ese_log_entry entry;
    ese_lsn from;                                   /* end of the record; 0: it was there when the first file began */
    bool created, ended;
    bool restored;                                  /* by a hard recovery */
};

struct ese_note {                                   /* an undo note not yet taken back */
    struct ese_note *earlier;
    uint32_t database;
    enum ese_log_undo_kind kind;
    bool revived;
    uint32_t root, key_size, before_size;
    unsigned char bytes[];                          /* key, before */
};

struct ese_loser {                                  /* a transaction without an end so far */
    struct ese_loser *next;
    uint64_t id;
    struct ese_note *newest;
    uint32_t unmatched;                             /* compensations whose notes are before the checkpoint */
};

#define ESE_LOSER_BUCKETS 1024u

struct ese_await { uint32_t database, page; JET_ERR err; }; /* a page that cannot be changed before an image of it comes */

struct ese_recovery {
    struct ese_store *store;
    const struct ese_log_config *config;
    JET_GRBIT grbit;
    struct ese_log_names names;
    struct ese_log_survey survey;
    uint32_t first, last;                           /* generations */
    ese_lsn redo_from;
    struct ese_log_tail tail;
    JET_SIGNATURE signature;
    uint32_t file_size;
    bool clean;                                     /* nothing to do */
    bool whole;                                     /* the current file was a closed one: it has an end */
    bool lost;                                      /* the end is known to be missing, and that is accepted */

    struct ese_stay *stay; uint32_t stays, stay_room;

    struct ese_database *database[ESE_LOG_DATABASES]; /* open for redo, by id - 1 */
    struct ese_log_entry entry[ESE_LOG_DATABASES];  /* of those */
    struct ese_loser *loser[ESE_LOSER_BUCKETS];
    struct ese_note *deleted;                       /* deletes that were committed: their records may be taken out */
    struct ese_await *await; uint32_t awaits, await_room;
};

/* analysis.c: reads everything from `first` on. */
JET_ERR ese_recovery_analyse(struct ese_recovery *recovery);
bool ese_recovery_attached(const struct ese_recovery *recovery); /* a database was when the log ended */
/* redo.c */
JET_ERR ese_recovery_redo(struct ese_recovery *recovery);
/* undo.c: the store logs again. */
JET_ERR ese_recovery_undo(struct ese_recovery *recovery, struct ese_log *log);
void ese_losers_free(struct ese_recovery *recovery);

#endif
