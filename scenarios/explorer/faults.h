/* scenarios/explorer/faults.h - one script with one fault after the other; only for this folder.
 *
 * A run without a fault gives the points: every operation, in order. From them come the runs, each a fault as
 * text (shims/fault/fault.h) that hits one of them.
 */
#ifndef ESECHECK_SCENARIOS_EXPLORER_FAULTS_H
#define ESECHECK_SCENARIOS_EXPLORER_FAULTS_H

#include "scenarios/command/command.h"
#include "scenarios/explorer/seen.h"

#define SCN_MOST_KINDS 32
#define SCN_MOST_SCOPE 32

/* Which kinds of faults are tried (--kinds). */
struct scn_fault_kinds {
    struct {
        enum shim_fault_kind kind;
        int error;
    } kinds[SCN_MOST_KINDS];
    int count;
    bool first_only; /* of the errors that an operation can give only the first: when nothing was asked for */
};

/* Which operations (--scope): words of one sort are alternatives, sorts restrict each other. */
struct scn_fault_scope {
    uint64_t operations;                        /* 0: all */
    char states[SCN_MOST_SCOPE][SHIM_FAULT_WORD];
    int state_count;
    bool states_unsaid;                         /* no state was named: all but setup are meant */
    enum shim_fn fns[SCN_MOST_SCOPE];
    int fn_count;
    char actors[SCN_MOST_SCOPE][SHIM_FAULT_WORD];
    int actor_count;
    char files[SCN_MOST_SCOPE][SHIM_FAULT_WORD];
    int file_count;
};

/* 0, or -1 with a message. NULL is the default. */
int scn_fault_kinds_parse(const char *text, bool quick, struct scn_fault_kinds *kinds, char *error,
                          size_t error_size);
int scn_fault_scope_parse(const char *text, struct scn_fault_scope *scope, char *error, size_t error_size);

/* The parts of a run's text. actor: "runner", "engine", NAME or NAME.COPY (maybe in `name`). set_kind: from the kinds, by
 * its number. can_last: an error that, when it lasts, is no livelock by itself. */
const char *scn_fault_actor(const struct scn_plan *plan, uint32_t number, char *name, size_t size);
bool scn_fault_in_scope(const struct scn_plan *plan, const struct scn_faulted *clean,
                        const struct scn_fault_scope *scope, const struct shim_fault_point *point);
/* Faults end with the instances; those that are for what follows then begin with it. That state, or NULL. */
const char *scn_fault_later_state(const struct scn_faulted *clean, const struct shim_fault_point *point);
void scn_fault_set_kind(struct shim_fault *fault, const struct scn_fault_kinds *kinds, int number);
bool scn_fault_can_last(enum shim_operation operation, const struct shim_fault *fault);

/* The runs for the points in scope: heap-allocated texts. A place is a call stack, an operation and a state of the run.
 * met: not NULL: the first point of each place only, and of those only the places that are not in there (the scripts of a
 * command before this one had them); they are added. ordered: operations come in the same order in every run, so
 * they are counted in all; else within their actor and function. Returns 0, or -1 without memory. */
struct scn_fault_runs {
    char **texts;
    uint64_t *stacks;      /* where the run without a fault was then (shim_fault_point.stack) */
    size_t count, room;
    size_t points, places; /* in scope; how many places they have */
    size_t known;          /* places that another script has had, where one of the kinds is possible */
};
int scn_fault_runs_make(const struct scn_plan *plan, const struct scn_faulted *clean,
                        const struct scn_fault_kinds *kinds, const struct scn_fault_scope *scope,
                        struct scn_seen *met, bool ordered, struct scn_fault_runs *runs);
void scn_fault_runs_fini(struct scn_fault_runs *runs);

/* ---- brief.c ---- */

/* Makes a script short, so that it makes fewer operations: counted repeats come at most 6 times, others 100 times,
 * tables have at most 150 rows, aims wait for at most 24 calls. What it calls, and its places, stay (nearly: README). */
void scn_plan_make_brief(struct scn_plan *plan);

/* ---- fault_verdict.c ---- */

/* What is wrong with a run: one text per finding, heap-allocated. */
struct scn_fault_verdict {
    struct {
        enum rpt_verdict verdict;
        enum shim_fn fn;
        const struct rpt_clause *clause;
        char *text;
    } findings[16];
    int count;
};
/* Makes the script's own expectations hold. Returns whether an instance could not be ended. */
bool scn_fault_soften(struct shim_history *history);
/* Judges a run with that fault ("" for none). What the script expects beyond the contract does not count. 0, or -1
 * without memory. */
int scn_fault_judge(struct shim_history *history, const struct scn_faulted *faulted, const char *fault,
                    enum rpt_profile profile, struct scn_fault_verdict *verdict);
void scn_fault_verdict_fini(struct scn_fault_verdict *verdict);

#endif
