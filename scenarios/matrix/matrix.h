/* scenarios/matrix/matrix.h - every public function in every state around a stop.
 *
 * A cell is one function in one state. Its plan brings about what the function needs (from the
 * fixture), then the state, then makes the call. The cell in state `none` is the control: a
 * function is exercised only if its control call did its work, or if the fixture names the reason
 * why no success can be reached; otherwise all its other cells are not-exercised.
 */
#ifndef ESECHECK_SCENARIOS_MATRIX_MATRIX_H
#define ESECHECK_SCENARIOS_MATRIX_MATRIX_H

#include <stdbool.h>
#include <stddef.h>

#include "reports/judge/judge.h"
#include "scenarios/language/plan.h"
#include "scenarios/supervisor/supervisor.h"

#define SCN_MATRIX_STATES(X)                                                                       \
    X(NONE, "none")                                                                                \
    X(STOPPED, "stopped")                       /* JetStopServiceInstance */                       \
    X(STOPPED_ALL, "stopped-all")               /* Instance2(All) */                               \
    X(TASKS, "suspended-tasks")                 /* Instance2(BackgroundUserTasks) */               \
    X(CACHES, "suspended-caches")               /* Instance2(QuiesceCaches) */                     \
    X(BOTH, "suspended-both")                                                                      \
    X(TASKS_RESUMED, "resumed-tasks")           /* after it: Resume | BackgroundUserTasks */       \
    X(CACHES_RESUMED, "resumed-caches")                                                            \
    X(BOTH_RESUMED, "resumed-both")                                                                \
    X(BOTH_RESUMED_ALL, "resumed")              /* after both: Resume alone */                     \
    X(ALL_RESUMED_TASKS, "stopped-all-resumed-tasks")                                              \
    X(ALL_RESUMED_CACHES, "stopped-all-resumed-caches")                                            \
    X(ALL_RESUMED_BOTH, "stopped-all-resumed-both")                                                \
    X(ALL_RESUMED, "stopped-all-resumed")       /* Resume alone, which fails */                    \
    X(FROZEN, "snapshot-frozen")                /* between JetOSSnapshotFreeze and Thaw */         \
    X(BACKUP, "backup-running")                 /* for the functions that it concerns */           \
    X(BACKUP_STOPPED, "backup-stopped")         /* JetStopBackupInstance */                        \
    X(BACKUP_NEXT, "backup-after-stopped")      /* the next one */                                 \
    X(TERMINATING, "terminating")               /* a JetTerm waits for a long call */              \
    X(TERMINATED, "terminated")                                                                    \
    X(STALE, "stale-handle")                                                                       \
    X(NIL, "nil-handle")                                                                           \
    X(GARBAGE, "garbage-handle")

/* How long a freeze of the matrix lasts: the call begins in its first half. Calls that wait for the thaw take as long. */
#define SCN_MATRIX_FREEZE_MS 100

enum scn_matrix_state {
#define X(id, name) SCN_STATE_##id,
    SCN_MATRIX_STATES(X)
#undef X
    SCN_STATE_COUNT
};

const char *scn_matrix_state_name(enum scn_matrix_state state);

struct scn_cell {
    enum shim_fn fn;
    enum scn_matrix_state state;
    bool done;               /* `observed` was seen */
    bool reached;            /* the state was brought about before the call */
    JET_ERR observed;
    enum shim_fn failed_before; /* the last call of the caller before it that failed, or SHIM_FN_NONE */
    char expected[96];       /* for people: "success", "-1329 JET_err..." */
    enum rpt_verdict verdict;
    char *text;              /* why, or NULL; heap */
    double seconds;
    struct shim_history *history; /* of a cell that is broken; heap, or NULL */
};

struct scn_matrix {
    struct scn_cell *cells;
    size_t count;
};

struct scn_matrix_options {
    struct scn_job job;      /* engine, settings, work directory, time limits */
    enum rpt_profile profile;
    bool (*wanted)(void *context, const char *name); /* filter of "JetX/state"; NULL: all */
    void *context;
    void (*progress)(size_t done, size_t all);
};

/* Fills the matrix (zeroed before). SCN_JOB_DONE, or why not, with a message. */
enum scn_job_result scn_matrix_run(const struct scn_matrix_options *options,
                                   struct scn_matrix *matrix, char *error, size_t error_size);
void scn_matrix_free(struct scn_matrix *matrix);

/* ---- within the room ---- */

/* Whether the cell exists: functions that carry no handle have no bad handles, and a backup concerns few. */
bool scn_cell_exists(enum shim_fn fn, enum scn_matrix_state state);
/* Whether the state is one of a running instance: functions that want one that is only created find
 * it initialised then. */
bool scn_state_needs_running(enum scn_matrix_state state);
/* Whether the state is about a streaming backup. */
bool scn_state_of_backup(enum scn_matrix_state state);
/* The plan of a cell, or NULL with a message (a fixture that does not parse). */
struct scn_plan *scn_cell_plan(enum shim_fn fn, enum scn_matrix_state state, char *error,
                               size_t error_size);
/* The plan whose databases all cells start from. */
struct scn_plan *scn_matrix_template(char *error, size_t error_size);
/* Reads the result of the cell's call out of its history. */
void scn_cell_observe(struct scn_cell *cell, const struct shim_history *history);
/* Says what is expected and judges what was observed. `control`: the cell in state none. */
void scn_cell_expect(struct scn_cell *cell, const struct scn_cell *control,
                     enum rpt_profile profile);

#define SCN_MATRIX_CALLER "caller" /* the actor that makes the call */
#define SCN_MATRIX_LONG "long"     /* the one that JetTerm waits for */

#endif
