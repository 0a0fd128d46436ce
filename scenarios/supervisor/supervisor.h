/* scenarios/supervisor/supervisor.h - the child process, its watchdog, and what its death means.
 *
 * Every engine runs in a child: a fresh exec of this program. The parent watches the recorder's
 * progress; no entry and no return on any thread for the hang limit (not counting waits that the
 * contract allows) is a hang. The child's death becomes an event in the history, never the end of
 * the run. After a crash, hang or kill a second child tries to restart on the same files.
 */
#ifndef ESECHECK_SCENARIOS_SUPERVISOR_SUPERVISOR_H
#define ESECHECK_SCENARIOS_SUPERVISOR_SUPERVISOR_H

#include <stdatomic.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "scenarios/language/plan.h"
#include "shims/fault/fault.h"
#include "shims/history/history.h"
#include "shims/schedule/control.h"

/* Schedules under control (shims/schedule/control.h), one per plan of a batch, all of the same plan. */
enum scn_schedules_mode {
    SCN_SCHEDULES_SEARCH, /* by a strategy, with seeds seed + first + n * stride for n = 0, 1 ... */
    SCN_SCHEDULES_REPLAY, /* traces[n], exactly */
    SCN_SCHEDULES_FOLLOW  /* traces[n], as turns (shims/schedule/turns.h), as far as they can be had */
};

struct scn_outcome {
    bool ran;                    /* the run came to its threads at all */
    enum shim_run how;
    bool more, full;             /* the strategy has more to try; the trace is not complete */
    uint64_t steps, hash;
    size_t decisions;            /* of the trace */
    char message[1024];
    char place[400];             /* of a deadlock: where the threads wait, the same in every run; else "" */
    char *trace, *turns;         /* heap: decisions; unless it searched, turns */
    char *coverage, *story;      /* heap: what it covered first; with scn_schedules.story, what happened (story.h), with
                                    names for places */
    char *picture;               /* heap: with a story, what every thread was doing when it got stuck; else NULL */
};

struct scn_schedules {
    enum scn_schedules_mode mode;
    int strategy;                /* enum shim_strategy_kind */
    unsigned depth;              /* 0: the strategy's own */
    uint64_t seed, steps;        /* steps 0: SHIM_CONTROL_STEPS */
    uint64_t first, stride;
    bool memory, story;
    bool hold;                   /* SEARCH: threads on which something goes wrong are held up (shims/schedule/hold.h) */
    uint64_t between;            /* decisions between operations: as of struct shim_control_options */
    bool vary_between;           /* SEARCH: they change from time to time: scn_between */
    bool vary;                   /* SEARCH: the script's random values change from time to time: scn_input_seed */
    bool first_follows;          /* the first plan leaves out what cannot be repeated, whatever the mode */
    const char *const *traces;
    struct scn_outcome outcome;  /* of the plan that `done` is called for; ran: false if there is none */
    atomic_bool *stop;           /* set: the batch ends after the present plan; or NULL */
};

/* The seed of the random values of a script in a schedule: `seed`, and with vary another one after every 16 schedules. */
uint64_t scn_input_seed(const struct scn_schedules *schedules, uint64_t seed, uint64_t number);

/* The decisions between operations of the schedule with that seed. */
uint64_t scn_between(const struct scn_schedules *schedules, uint64_t seed);

void scn_outcome_fini(struct scn_outcome *outcome);

/* A fault per plan of a batch, all of the same plan (shims/fault/fault.h). The first plan of a batch runs without, others may:
 * what these leave behind is what is usual. */
struct scn_faulted {
    bool known, complete;        /* the run wrote something down at all, and up to its end */
    struct shim_fault_log log;   /* without points */
    int descriptors, threads;    /* more than before the run, once everything had ended */
    char descriptor[256];        /* file of one of them */
    char *stack, *leak_stack;    /* heap: of what went wrong first, of memory that is left; for scn_symbolise */
    struct shim_fault_point *points; /* heap: of a run without a fault, when they were to be recorded */
    size_t point_count;
    bool overflow;               /* there were more */
};
struct scn_faults {
    const char *const *texts;    /* "": none, as [0] is; NULL: `choose` says it */
    /* Called on the batch's thread for one plan after the other, a few plans ahead of `done`. The text lasts until the
     * next call. */
    const char *(*choose)(void *context, size_t index);
    void *context;
    bool record;                 /* the points of the runs without a fault */
    bool lean;                   /* call stacks of memory are not looked at where that can wait: log.unsure */
    bool plain_without;          /* a run without a fault is as if there were no faults at all: nothing more is looked at
                                    around its stops */
    struct scn_faulted outcome;  /* of the plan that `done` is called for */
    bool keep;                   /* `done` sets it: the plan's directory stays, if the job keeps directories at all */
};
void scn_faulted_fini(struct scn_faulted *faulted);
/* Whether a child's addresses can be the same in every run; if not, replays may diverge. */
bool scn_addresses_can_be_fixed(void);

struct scn_job {
    const struct scn_plan *plan;
    const char *script;          /* file it came from, or NULL */
    const char *engine;          /* path */
    const char *engine_build;    /* of the engine, when it is known already; or NULL */
    const char *profile;
    const char *work_directory;  /* the job makes its own directory below it */
    const char *directory;       /* or takes this one and leaves it (not its files), one job after the other: logs
                                    of engines hold full paths, so a restart has to be where the run was; NULL */
    uint64_t seed;
    int repeat;
    const char *const *settings; /* --set NAME=VALUE as given */
    int setting_count;
    const char *pre_init;        /* symbol or NULL */
    unsigned hang_seconds;       /* 0: 30 */
    unsigned timeout_seconds;    /* whole run; 0: 300 */
    bool keep_directory;
    const char *command;         /* shows it again; copied into the header */
    bool no_verify;              /* as in scn_run_options */
    int probe_calls;
    const char *template_directory;
    const char *make_template;   /* only makes databases, and leaves them in this directory */
    size_t recorder_bytes;       /* 0: 256 MiB */
    const char *disk;            /* absolute; what the engine writes is recorded there (shims/disk), or NULL */
    bool control;                /* plays the plan's control */
    struct scn_faults *faults;   /* NULL: nothing goes wrong but what the script says */
    struct scn_schedules *schedules; /* NULL: threads run as they like */
    bool perturb;                /* a schedule hook disturbs the threads, from the seed */
    bool restarts;               /* set by scn_restarts_new for its own child */
};

enum scn_job_result {
    SCN_JOB_DONE,
    SCN_JOB_UNSUPPORTED,         /* set-up needs what the engine does not have */
    SCN_JOB_SETUP_FAILED,        /* set-up failed otherwise */
    SCN_JOB_ENGINE_UNUSABLE,
    SCN_JOB_HARNESS,
    SCN_JOB_INTERRUPTED          /* ^C; everything is cleaned up */
};

/* Runs the job in a child and reads what it left into `history` (initialised). SCN_JOB_DONE: judge
 * it. Otherwise a message is in `error`. */
enum scn_job_result scn_supervise(const struct scn_job *job, struct shim_history *history,
                                  char *error, size_t error_size);

/* Many small jobs that differ in their plan, in as few children as possible: a child goes on from
 * plan to plan until it dies; the plan that it died in is judged as usual and a new child takes the
 * rest. `done` is called once per plan, in order, on the calling thread; it may take the history's
 * content. Returns SCN_JOB_DONE, or why the rest was not run (with a message). `plans` NULL: each is
 * job->plan, which is unused else.
 * Thread safety: several batches may run at once, each on its own thread. */
typedef void (*scn_job_done)(void *context, size_t index, enum scn_job_result result,
                             struct shim_history *history, const char *message);
enum scn_job_result scn_supervise_batch(const struct scn_job *job,
                                        const struct scn_plan *const *plans, size_t count,
                                        scn_job_done done, void *context, char *error,
                                        size_t error_size);

/* The restart alone, as after a death: `fill` puts files into the (emptied) directory that the engine works
 * in, a child starts the engine on them and reads the tables of job->plan, and what was seen is appended to
 * `history` (sorted), behind a RESTART event. The header is filled. Results and thread safety as above. */
typedef int (*scn_fill)(void *context, const char *directory, char *error, size_t error_size);
enum scn_job_result scn_supervise_restart(const struct scn_job *job, scn_fill fill, void *context,
                                          struct shim_history *history, char *error, size_t error_size);

/* Many restarts, one after the other in the same directory (job->directory, which is to be given): a child loads the engine
 * once and has a fork of itself do each. Where that cannot be done (Windows, sanitizers) each is a
 * scn_supervise_restart; so is one that hangs, for its stacks. What `job` points to must live as long. `fill` finds in the
 * directory what the restart before has left. record: what the engine writes goes to job->disk, if this can be done. */
struct scn_restarts;
struct scn_restarts *scn_restarts_new(const struct scn_job *job); /* NULL without memory */
void scn_restarts_free(struct scn_restarts *restarts);
/* Fills the directory and lets it go. 0, or -1 with a message; each needs its scn_restarts_end. */
int scn_restarts_begin(struct scn_restarts *restarts, scn_fill fill, void *context, bool record, char *error,
                       size_t error_size);
/* Waits for the end, and appends what was seen as scn_supervise_restart does; `last` is the last stamp of the history.
 * `fill` may be called once more. */
enum scn_job_result scn_restarts_end(struct scn_restarts *restarts, struct shim_history *history, uint64_t last,
                                     char *error, size_t error_size);

/* One NAME=VALUE of --set. Returns 0, or -1 with a message; text points into `text`'s copy, which
 * lives as long as the process. */
int scn_setting_parse(const char *text, struct scn_setting *setting, char *error,
                      size_t error_size);

/* From now on ^C and the like end children and leave no files; scn_interrupted says that it came. */
void scn_interrupt_install(void);
bool scn_interrupted(void);
/* Ends this program the way the interrupt would have. */
void scn_interrupt_finish(void);

/* Absolute path of a new, empty directory for jobs, to be removed with scn_work_directory_remove; below TMPDIR when that
 * is set. memory: otherwise in a file system in memory, where there is one with room. */
int scn_work_directory_new(char *path, size_t size, char *error, size_t error_size);
int scn_memory_directory_new(char *path, size_t size, char *error, size_t error_size);
void scn_work_directory_remove(const char *path);

/* Absolute form of a path that exists; 0 or -1. And of this program. */
int scn_absolute_path(const char *path, char *absolute, size_t size);
int scn_own_path(char *path, size_t size);

/* The child's side: main() hands over when argv[1] is "--child". Returns the exit code. */
int scn_child_main(int argc, char **argv);

#endif
