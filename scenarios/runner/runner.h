/* scenarios/runner/runner.h - plan to history, in this process.
 *
 * Runs in the child. Phases: setup (actor 0 creates instances, databases, tables, rows), race (one
 * thread per actor), cleanup (each actor its own), term (actor 0), restart and verify (actor 0: the
 * tables are read again). All calls go through shim_invoke with the recorder's hook.
 */
#ifndef ESECHECK_SCENARIOS_RUNNER_RUNNER_H
#define ESECHECK_SCENARIOS_RUNNER_RUNNER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "scenarios/language/plan.h"
#include "shims/library/library.h"
#include "shims/record/record.h"

struct scn_run_options {
    const struct shim_table *table;
    struct shim_recorder *recorder;
    const char *directory;       /* an empty directory of this run, absolute */
    uint64_t seed;
    const struct scn_setting *settings; /* --set, applied to every instance before JetInit */
    int setting_count;
    void (*pre_init)(void);      /* --pre-init symbol of the engine, or NULL */
    uint64_t aim_timeout_us;     /* 0: default (2 s) */
    const struct shim_hook *hooks; /* further hooks (schedule, fault), inside the recorder's */
    int hook_count;
    bool verify_only;            /* a second child after a death: restart and verify only */
    bool no_verify;              /* neither restart nor verify: plans that change no rows (matrix) */
    uint64_t gate_timeout_us;    /* longest wait at a gate or in an endless repeat; 0: 20 s */
    int probe_calls;             /* further calls after an actor's first denial; 0: 2,000; -1: none */
    const char *template_directory; /* databases that set-up copies instead of making them, or NULL:
                                       NAME.edb for every database of the plan */
    void (*thread_start)(uint32_t actor); /* called first on the thread of every actor, or NULL */
    bool control;                /* plays the plan's control: full stops and the like are left out by the
                                    script's own `only` blocks */
    bool may_kill;               /* a kill step may end this process */
    const struct shim_fault *fault; /* placed before set-up, or NULL */
    bool watch_stops;            /* more is looked at before and after stops that may fail: runs with faults */
    void (*ended)(void);         /* called when the run's instances have ended, before anything is started or restored, or NULL */
    bool keep_databases;         /* set-up and term only: makes the files for template_directory */
};

/* The name of the NOTE event for a fault of the script by which nothing went wrong. */
#define SCN_FAULT_MISSED "fault missed"

/* The name of the NOTE event for an instance that no term has ended. */
#define SCN_NOT_ENDED "not ended"

/* The name of the KILL event that a kill step leaves. */
#define SCN_KILLED_BY_SCRIPT "script"

/* Whether `left RELATION right`. */
bool scn_holds(int64_t left, enum scn_relation relation, int64_t right);

enum scn_run_result {
    SCN_RUN_DONE,        /* the history is complete; the judge decides */
    SCN_RUN_UNSUPPORTED, /* set-up needs a function that the engine lacks or calls a stub */
    SCN_RUN_SETUP_FAILED,/* set-up could not be done: nothing was exercised (error says what) */
    SCN_RUN_HARNESS      /* out of threads or memory: the harness failed */
};

enum scn_run_result scn_run(const struct scn_plan *plan, const struct scn_run_options *options,
                            char *error, size_t error_size);

#endif
