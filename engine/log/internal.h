/* The log inside. For engine/log and its tests only. */
#ifndef ESE_LOG_INTERNAL_H
#define ESE_LOG_INTERNAL_H

#include <stdatomic.h>

#include "engine/log/format.h"
#include "engine/log/recover.h"
#include "engine/os/os.h"
#include "engine/os/valve.h"

#define ESE_LOG_GENERATION_MAX 0x7FFFFFFFu

/* ---- files.c: names and folders -------------------------------------------------------------------------- */

struct ese_log_names {
    char *folder, *system;                          /* of the log, of the checkpoint */
    char base[8];
    const char *extension, *other_extension, *checkpoint_extension;
};

JET_ERR ese_log_names_init(struct ese_log_names *names, const struct ese_log_config *config);
void ese_log_names_fini(struct ese_log_names *names);

enum ese_log_file { ESE_LOG_CURRENT, ESE_LOG_CLOSED, ESE_LOG_PREPARED, ESE_LOG_RESERVE, ESE_LOG_CHECKPOINT };
/* The path of a file, heap-allocated; number: the generation, or 1 and 2 for the reserves. */
JET_ERR ese_log_path(const struct ese_log_names *names, enum ese_log_file kind, uint32_t number, char **path);
JET_ERR ese_log_file_open(const struct ese_log_names *names, enum ese_log_file kind, uint32_t number, unsigned flags,
                          struct ese_file **file);
JET_ERR ese_log_file_remove(const struct ese_log_names *names, enum ese_log_file kind, uint32_t number);
JET_ERR ese_log_file_rename(const struct ese_log_names *names, enum ese_log_file from, enum ese_log_file to,
                            uint32_t number);

/* What is in the folder. */
struct ese_log_survey {
    bool current, prepared;                         /* those files exist */
    uint32_t *generation, count, room;              /* closed ones, ascending; heap */
};
JET_ERR ese_log_survey(const struct ese_log_names *names, struct ese_log_survey *survey);
void ese_log_survey_fini(struct ese_log_survey *survey);

/* A new file of the full size with this sealed header, with sync durable (but for its name). */
JET_ERR ese_log_file_create(const struct ese_log_names *names, enum ese_log_file kind, const unsigned char *header,
                            uint32_t header_size, uint32_t file_size, bool sync, struct ese_file **file);
/* Header of an open file; JET_errLogFileCorrupt also when the file is too short. */
JET_ERR ese_log_header_read(struct ese_file *file, struct ese_log_header *header);

/* The newer of the two copies: *found false when none is intact. Writing goes to checkpoint->place. */
JET_ERR ese_checkpoint_read(const struct ese_log_names *names, struct ese_checkpoint *checkpoint, bool *found);
JET_ERR ese_checkpoint_write(struct ese_file *file, const struct ese_checkpoint *checkpoint, bool sync);

void ese_log_new_signature(JET_SIGNATURE *signature);
void ese_log_time(JET_LOGTIME *time);

/* ---- the object ------------------------------------------------------------------------------------------ */

/* One write, in memory. Layout of bytes: the header of the file when the chunk is the first in it, chunk header, payload. */
struct ese_chunk {
    struct ese_chunk *next;
    ese_lsn lsn;
    uint32_t used, room, first;                     /* of the payload */
    uint32_t file_header;                           /* size; 0: not the first in its file */
    uint64_t commits;                               /* number of the last commit whose record ends here; 0: none does */
    unsigned char bytes[];
};

/* Where a log ends. */
struct ese_log_tail {
    uint32_t generation;
    ese_lsn end;
    uint32_t checksum;                              /* of the last chunk, or the header when there is none */
    JET_LOGTIME created;
    uint64_t commits;
    ese_lsn last_chunk;                             /* 0: none in this file */
    uint64_t checkpoint_number;                     /* of the newest copy there, */
    unsigned checkpoint_place;                      /*   and where it is */
    bool closed;                                    /* the file says so, or is full */
};

struct ese_log {
    struct ese_log_names names;
    uint32_t file_size, page_size, chunk_room;
    bool circular, prepare_ahead;
    JET_SIGNATURE signature;

    struct ese_mutex mutex;                         /* all below, where nothing else is said */
    struct ese_cond turn;                           /* a write has ended */
    _Atomic ese_lsn end, durable, checkpoint;       /* durable: changed by who has `writing` */
    struct ese_chunk *open, *first, *last, *spare;  /* filling; closed, not yet written; unused */
    uint32_t spares;
    _Atomic uint64_t waiting_bytes;                 /* in the closed ones */
    ese_lsn written;                                /* handed to the file, durable or not */
    bool force_generation;                          /* the next chunk begins a file */
    bool touched;                                   /* something was appended since it was opened */
    unsigned char *header;                          /* template of the next file's header */
    uint32_t header_size;
    struct ese_log_header next;                     /* what it was made of */
    uint64_t commits;
    bool writing;                                   /* somebody writes; the fields after next are his */
    bool disk_full;                                 /* nothing but endings is logged any more */
    JET_ERR failed;
    void (*on_durable)(void *arg, const JET_SIGNATURE *signature, uint64_t commit, bool lost); /* constant */
    void *on_durable_arg;
    uint64_t told_commits;                          /* to on_durable */
    bool told_failure;
    uint64_t syncs;                                 /* statistics */

    struct ese_file *file;                          /* who has `writing` */
    uint32_t generation;                            /* of file */
    uint32_t allocated;                             /* bytes of file that have room on the disk */
    uint32_t checksum;                              /* of the last chunk written */
    ese_lsn last_chunk;                             /* where it begins; 0: none in this file */
    uint64_t written_commits;                       /* number of the last one in what was written */
    _Atomic uint64_t durable_commits;               /* and in what is durable */
    JET_LOGTIME created;
    unsigned reserves;                              /* files left */
    bool reserves_filled;

    struct ese_valve valve;                         /* whatever changes a file or a name goes through it, outside of checkpointing */
    struct ese_mutex checkpointing;                 /* outside of mutex: the checkpoint file, removal of files */
    struct ese_file *checkpoint_file;
    struct ese_checkpoint saved;
    bool saved_lasts;                               /* it is on the disk: the next one must not be written over it */
    bool begun;                                     /* by who has `writing`: begin_life() is done */
    bool fresh;                                     /* the header of the first file was not yet made durable */
    uint32_t oldest;                                /* generation still there */
    uint32_t pinned;                                /* files from here on stay for a backup; 0: none */

    struct ese_thread *flusher;                     /* NULL until it is needed */
    struct ese_cond flusher_wake;
    uint64_t deadline;                              /* ms; 0: nothing lazy waits */
    bool flusher_stop, prepare, preparing, prepared;/* the next file is wanted, being made, there */
};

/* ---- log.c ----------------------------------------------------------------------------------------------- */

/* A log that goes on behind tail: in_place in the same file, else in a new generation; tail NULL: generation 1 of a new log
 * (signature is not looked at). attached: what is attached there, or NULL. redo_from: the checkpoint, 0: here. oldest: the
 * first generation there, 0: this. */
JET_ERR ese_log_open(const struct ese_log_config *config, const JET_SIGNATURE *signature,
                     const struct ese_log_tail *tail, bool in_place, const struct ese_log_entry *attached,
                     ese_lsn redo_from, uint32_t oldest, struct ese_log **log);

/* ---- append.c: mutex held -------------------------------------------------------------------------------- */

/* Waits while too much is unwritten, with the mutex given up meanwhile. As long as the caller holds it after that, the
 * next append does not wait. locked: the caller has locks that others wait for, and waits only when much more is. */
JET_ERR ese_log_wait_for_room(struct ese_log *log, bool locked);
/* The record goes into the stream; *position is its end. Waits for room first. */
JET_ERR ese_log_append(struct ese_log *log, const unsigned char *bytes, uint32_t size, ese_lsn *position);
/* Anew from log->next, whose databases changed. */
JET_ERR ese_log_remake_header(struct ese_log *log);
void ese_log_close_chunk(struct ese_log *log);
void ese_chunks_free(struct ese_chunk *list);

/* ---- write.c: mutex held, given up meanwhile ------------------------------------------------------------- */

/* Until everything up to position is written, with sync durable. Whoever comes first writes for all. */
JET_ERR ese_log_write_to(struct ese_log *log, ese_lsn position, bool sync);
/* Says at the end of a file, behind `end`, that this is it, unless the file is full; *checksum: of the last chunk, before and
 * after. To be made durable by the caller. */
JET_ERR ese_log_write_end(struct ese_file *file, uint32_t file_size, const JET_SIGNATURE *signature, ese_lsn end,
                          uint32_t *checksum);
/* Makes the prepared file, or nothing while the log is frozen. Called by the flusher. */
void ese_log_prepare(struct ese_log *log);

/* ---- flusher.c: mutex held ------------------------------------------------------------------------------- */

/* Something lazy waits: written at the latest after so many ms. Without a thread it is written by whoever comes next. */
void ese_log_promise(struct ese_log *log, uint32_t within_ms);
void ese_log_want_prepared(struct ese_log *log);
/* Tells on_durable what it does not know yet, from here or, later, from the flusher. The mutex is given up meanwhile. */
void ese_log_tell(struct ese_log *log);
void ese_log_tell_soon(struct ese_log *log);
void ese_log_stop_flusher(struct ese_log *log);     /* mutex not held */

#endif
