/* reports/judge/internal.h - what the parts of the judge share. Nobody outside includes this.
 *
 * The judge works in two passes over the calls. The first (sweep.c) goes along the stamps, resolves
 * every handle to the instance and session that it meant at that moment, and follows each session
 * (session.c) and each written row (data.c). It knows only the past. The second (stop.c) looks at
 * each call once more, now with all that is known about its instance, and applies the rules about
 * stop, term and codes. What happened to the process (process.c) and to the data after the restart
 * comes last.
 */
#ifndef ESECHECK_REPORTS_JUDGE_INTERNAL_H
#define ESECHECK_REPORTS_JUDGE_INTERNAL_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "reports/judge/judge.h"

#define NEVER UINT64_MAX

/* ---- small containers (containers.c) ---- */

struct u64_map { /* key -> value, open addressing; never shrinks */
    uint64_t *keys;
    int32_t *values; /* -1: slot is free; -2: removed */
    size_t room, used;
};
void map_fini(struct u64_map *map);
int map_set(struct u64_map *map, uint64_t key, int32_t value); /* -1 without memory */
int32_t map_get(const struct u64_map *map, uint64_t key);      /* -1 if there is none */
void map_remove(struct u64_map *map, uint64_t key);
void map_clear(struct u64_map *map);

/* Makes room for one more element; returns the array, or NULL without memory (the old one stays).
 */
void *grown(void *array, size_t count, size_t *room, size_t size);

/* Intervals of stamps, added in ascending order of their begin. */
struct spans {
    struct span {
        uint64_t enter, leave; /* leave NEVER: never returned */
        uint64_t latest;       /* the latest leave up to here */
    } * span;
    size_t count, room;
};
int spans_add(struct spans *spans, uint64_t enter, uint64_t leave);
/* Whether one of them shares a moment with enter .. leave. */
bool spans_overlap(const struct spans *spans, uint64_t enter, uint64_t leave);
/* Whether one of them began before `stamp`. */
bool spans_before(const struct spans *spans, uint64_t stamp);

/* ---- what the calls are about ---- */

enum ending { END_NONE, END_CLEAN, END_UNUSED, END_DIRTY, END_DIED };

struct instance {
    uint64_t value;
    uint64_t born;        /* from here on its handle may be used */
    bool one_mode;        /* came from JetInit alone: one-instance mode */
    bool first_epoch;     /* existed before the restart phase */
    uint64_t init_enter;  /* first attempt to initialise; NEVER */
    uint64_t initialized; /* leave of the successful one; NEVER */
    uint64_t dead;        /* the handle is dead from here on; NEVER */
    enum ending ending;
    uint64_t attempt;      /* earliest enter of a full stop that may have succeeded; NEVER */
    uint64_t stopped;      /* earliest leave of a successful full stop; NEVER */
    uint64_t failed_stop;  /* earliest enter of a stop that failed; NEVER */
    uint64_t part_stop;    /* earliest enter of a successful stop of parts; NEVER */
    uint64_t resumed;      /* earliest enter of a successful resume of everything; NEVER */
    uint64_t first_denied; /* earliest leave of a denial by the stop; NEVER */
    uint64_t fatal;        /* earliest enter of a call that reported a fatal error; NEVER */
    bool lost;             /* it has said that it is of no use any more: its term is no clean end */
    uint64_t first_enter, first_leave; /* first successful stop, full ones first; NEVER */
    size_t stop_call;                  /* the call of `stopped` */
    size_t failed_stop_call;
    struct spans stops; /* successful stops of every kind */
    struct spans terms;
    uint64_t backup_attempt; /* earliest enter of what may abort a backup; NEVER */
    uint64_t backup_began;   /* leave of the begin of the backup under way; NEVER */
    bool backup_armed;       /* that backup was stopped */
    uint32_t backup_changes; /* calls that begin or end backups, counted at their enter */
    size_t backup_stop_call;
    uint64_t backup_begin;   /* enter of the begin of the backup under way */
    uint64_t backup_stopped; /* leave of the latest stop of a backup that succeeded; 0 */
    uint64_t failed_backup_stop; /* enter of the first stop of a backup that failed; NEVER */
    size_t failed_backup_stop_call;
    uint32_t backup_stops;   /* such stops under way */
};

struct cursor {
    uint64_t value;
    int level; /* transaction level at which it was opened */
    enum { CURSOR_OPEN, CURSOR_MAYBE, CURSOR_CLOSED } state;
};

struct opened {
    uint64_t dbid;
    int count;
};

struct session {
    uint64_t value;
    int32_t instance;
    uint64_t dead;    /* NEVER */
    int active;       /* calls inside */
    uint32_t entries; /* calls so far */
    uint32_t actor;   /* the one that used it first */
    bool many_actors;
    int level;
    bool level_known;
    int context;      /* 0 not set, 1 set, -1 unknown */
    bool had_context; /* a transaction may belong to a context: not every thread may end it */
    uint32_t context_actor;
    bool commit_lost; /* a commit never returned, or failed in a way that leaves it open */
    struct cursor *cursors;
    size_t cursor_count, cursor_room;
    struct opened *databases;
    size_t database_count, database_room;
    uint32_t transactions; /* begun so far */
    size_t first_write;    /* data.writes from here on can be of the last of them */
    size_t *pending; /* writes not yet committed, oldest first */
    size_t pending_count, pending_room;
};

enum phase {
    PHASE_NONE,
    PHASE_SETUP,
    PHASE_RACE,
    PHASE_CLEANUP,
    PHASE_TERM,
    PHASE_DISTURBED, /* a restart while something goes wrong: the undisturbed one follows */
    PHASE_RESTART,
    PHASE_VERIFY,
    PHASE_END
};

/* What the sweep found out about one call. */
struct meaning {
    int32_t instance, session; /* -1: none, or not known */
    uint32_t entry;            /* its number on the session */
    uint32_t backup_changes;
    uint8_t phase;
    bool busy;         /* the session was in use when it entered */
    bool shared;       /* another call on the session overlapped it */
    bool stale;        /* carried a handle that is none, or none any more */
    bool backup_armed; /* entered while a stopped backup was under way */
    bool reported;
    bool own; /* made by a step of the script */
};

/* Where a function's handles and bits are; -1: it has none. */
struct layout {
    int8_t in_instance, inout_instance, out_instance, in_sesid, out_sesid, in_dbid, out_dbid;
    int8_t in_tableid, out_tableid, grbit, table_struct;
};

/* ---- rows ---- */

enum fate { FATE_PENDING, FATE_DURABLE, FATE_LAZY, FATE_DISCARDED, FATE_EITHER };

struct write {
    int32_t table;
    enum fate fate;
    int64_t key, version;
    uint64_t stamp;
    int level;
    bool deleted;
    uint64_t session;  /* handle of the one that made it */
    uint64_t ending;   /* stamp at which its commit was entered; 0: not known, or none was */
    uint64_t committed; /* stamp at which its commit had returned; LAZY */
    uint64_t durable;   /* stamp at which it was so; 0: not */
    size_t commit;     /* which commit it went with, from 1; 0: a sure one, or none. LAZY and EITHER */
    int32_t instance;
    enum applied { APPLIED_UNKNOWN, APPLIED_YES, APPLIED_NO } applied; /* by what the restart found */
};

/* A row that an actor looked at. */
struct read {
    int32_t table;
    int64_t key, version;
    bool absent;
    uint64_t session, stamp;
    uint32_t transaction; /* of the session, from 1; 0: none, or not known */
};

struct row {
    int32_t table;
    int64_t key, version;
};

struct table {
    const char *name;
    int64_t preloaded; /* keys 1 .. this with version 0 */
    bool verified;     /* ROWS and ROWS_END were seen */
    bool complete;
    size_t row_begin, row_end; /* into rows, unsorted: the last round of verification */
};

struct data {
    struct write *writes;
    size_t write_count, write_room;
    struct read *reads;
    size_t read_count, read_room;
    struct row *rows;
    size_t row_count, row_room;
    struct table *tables;
    size_t table_count, table_room;
    uint8_t *unnoted; /* by actor: 1 an update, 2 a delete awaits its WRITE */
    size_t actors;
    uint64_t untracked, untracked_deletes;
    uint64_t cut_updates, cut_deletes; /* outside a transaction, and they never returned: each may have changed a row */
    size_t *lazy;      /* writes that were lazy when they were committed, in that order */
    size_t lazy_head, lazy_count, lazy_room;
    bool lazy_default; /* a parameter may have made commits lazy */
    size_t commits;    /* numbers given out */
    bool redefined;    /* somebody took tables or columns away: rows prove nothing any more */
    bool restored;     /* the rows found are those of a backup, */
    uint64_t as_of;    /* which has what was durable before this stamp */
};

/* ---- the case ---- */

struct judge {
    const struct shim_history *history;
    enum rpt_profile profile;
    struct rpt_judgement *out;
    size_t finding_room;
    bool no_memory;
    bool truncated; /* absence of a record proves nothing */
    enum phase phase;
    uint64_t now;           /* stamp of the return that the sweep is at */
    uint64_t restart;       /* stamp of the restart, NEVER */
    uint64_t process_began; /* stamp of the last new process, 0 for the first */
    bool recovery_off; /* some instance was told, or says, that it has none */
    bool recovery_on;  /* an instance says that it has one */
    uint8_t *probing; /* by actor: its calls are not those of its steps */
    size_t probing_room;
    struct layout layout[SHIM_FN_COUNT];
    struct meaning *meanings; /* one per call */
    struct instance *instances;
    size_t instance_count, instance_room;
    struct session *sessions;
    size_t session_count, session_room;
    struct u64_map instance_of, session_of; /* live handles */
    struct u64_map documented;              /* answers of the contract: function, code, states */
    struct spans terms, inits, restores;    /* of all instances */
    uint64_t any_attempt;                   /* of all instances */
    struct data data;
};

/* How often a finding was made so far; and that it was made `times` times more. */
uint64_t reported(struct judge *judge, enum rpt_verdict verdict, const char *clause,
                  enum shim_fn fn);
void report_more(struct judge *judge, enum rpt_verdict verdict, const char *clause,
                 enum shim_fn fn, uint64_t times);
/* Adds a finding, or counts one that is there already. `first`, `second`: calls, or SIZE_MAX. The
 * text is made (printf) only for a new one. */
void report(struct judge *judge, enum rpt_verdict verdict, const char *clause, enum shim_fn fn,
            size_t first, size_t second, const char *format, ...)
#if defined(__MINGW32__)
    __attribute__((format(__MINGW_PRINTF_FORMAT, 7, 8)));
#else
    __attribute__((format(printf, 7, 8)));
#endif

/* "JET_errInvalidSesid (-1104)"; `text` has room for CODE_TEXT bytes. Returns text. */
#define CODE_TEXT 96
const char *code_text(JET_ERR code, char *text);

bool is_unsupported(JET_ERR code);
static inline bool is_stop(enum shim_fn fn)
{
    return fn == SHIM_FN_JetStopService || fn == SHIM_FN_JetStopServiceInstance ||
           fn == SHIM_FN_JetStopServiceInstance2;
}
static inline bool is_term(enum shim_fn fn)
{
    return fn == SHIM_FN_JetTerm || fn == SHIM_FN_JetTerm2;
}
static inline bool is_init(enum shim_fn fn)
{
    return fn == SHIM_FN_JetInit || fn == SHIM_FN_JetInit2 || fn == SHIM_FN_JetInit3;
}
static inline bool is_commit(enum shim_fn fn)
{
    return fn == SHIM_FN_JetCommitTransaction || fn == SHIM_FN_JetCommitTransaction2;
}
/* The bits that a call passed; 0 if the function has none. */
uint32_t bits_of(const struct judge *judge, const struct shim_hist_call *call);
/* Whether a stop call asks for everything to be stopped. */
bool is_full_stop(const struct judge *judge, const struct shim_hist_call *call);

/* judge.c: whether the engine lacks a function that the plan names or set-up calls: then the script was not
 * played as it is meant. */
bool needed_is_unsupported(const struct judge *judge);

/* sweep.c: the first pass. */
int sweep(struct judge *judge);

/* session.c: what a finished call means for its session (never NULL). */
void session_follow(struct judge *judge, size_t index, struct session *session);
void session_fini(struct session *session);

/* data.c */
void data_event(struct judge *judge, const struct shim_hist_event *event);
/* At the end: a call that never returned; session NULL: of none that is known. */
void data_cut(struct judge *judge, const struct shim_hist_call *call, const struct session *session);
void data_changed(struct judge *judge, const struct shim_hist_call *call);
void data_commit(struct judge *judge, struct session *session,
                 bool lazy); /* before the level falls */
void data_rollback(struct judge *judge, struct session *session, int to_level);
void data_settle(struct judge *judge, struct session *session, enum fate fate);
/* A call that was entered at `entered` has flushed what had been committed before: of this session, or of
 * all (NULL). */
void data_flushed(struct judge *judge, const struct session *session, uint64_t entered);
void data_judge(struct judge *judge);
void data_fini(struct data *data);

/* isolation.c: a call that ends the transaction, or its levels above to_level, was entered at `entered` and succeeded;
 * before the data is told. */
void isolation_ends(struct judge *judge, struct session *session, int to_level, uint64_t entered,
                    bool commits);
void isolation_read(struct judge *judge, const struct shim_hist_event *event, int32_t table);
void isolation_judge(struct judge *judge); /* after the sweep, before the writes are put in another order */

/* backup.c: called at enter, at leave, and in the second pass. */
void backup_enter(struct judge *judge, size_t index);
void backup_leave(struct judge *judge, size_t index);
void backup_judge(struct judge *judge, size_t index);
/* The stamp before which a change must have been durable for the backup in this folder to have it, as the last
 * COPIED event for it tells; 0: that is not known. */
uint64_t backup_reaches(const struct judge *judge, const char *folder);

/* stop.c: the second pass. */
void stop_judge(struct judge *judge);

/* tables.c: the second pass. */
void tables_judge(struct judge *judge);

/* term.c: the second pass. */
void term_judge(struct judge *judge);

/* process.c */
bool ended_clean(const struct judge *judge, bool *any);
void process_judge(struct judge *judge);

#endif
