/* scenarios/explorer/campaign.h - inside of the explorer: one script under many schedules. */
#ifndef ESECHECK_SCENARIOS_EXPLORER_CAMPAIGN_H
#define ESECHECK_SCENARIOS_EXPLORER_CAMPAIGN_H

#include <pthread.h>

#include "scenarios/command/command.h"

/* Of the calls of a schedule: a table of 20,000 rows takes most of it. */
#define SCN_SCHEDULE_RECORDER_BYTES ((size_t)32 << 20)

/* What a run showed. Two runs show the same when verdict, promise and place are the same. */
struct scn_failure {
    enum rpt_verdict verdict;
    enum shim_fn fn;             /* or SHIM_FN_NONE */
    const struct rpt_clause *clause;
    char place[200];             /* where it went wrong, the same in every run: functions of a stack, waits of a deadlock */
    char text[1000];
};

/* Judges; the failure's verdict is RPT_CONFORMS when nothing is broken. 0, or -1 without memory. */
int scn_failure_of(const struct shim_history *history, enum rpt_profile profile,
                   struct scn_failure *failure);
/* Finds where it was: what tells two failures of one promise apart. */
void scn_failure_place(const struct shim_history *history, struct scn_failure *failure);
bool scn_same_failure(const struct scn_failure *a, const struct scn_failure *b);

/* A schedule that was tried. */
struct scn_trial {
    struct scn_failure failure;
    bool ran;
    enum shim_run how;
    uint64_t steps;
    size_t decisions;
    char *trace, *turns;         /* heap: what was decided; the same as turns (shims/schedule/turns.h) */
    char *story;                 /* heap: with scn_schedules.story */
    struct shim_history history; /* when asked for, else empty */
};
void scn_trial_fini(struct scn_trial *trial);

/* ---- trial.c ---- */

/* Plays schedules in one child after the other; `trials` gets what each showed, with their histories if `keep`. job:
 * engine, plan and so on; its schedules' mode (REPLAY: texts are decisions, FOLLOW: turns), memory, steps and story
 * count. With job->faults each has the fault texts[0]. At most SCN_TRIALS. 0, or an exit code after a message. */
#define SCN_TRIALS 32
int scn_try(struct scn_job *job, enum rpt_profile profile, const char *const *texts, size_t count,
            bool keep, struct scn_trial *trials);

/* The same with a fault for each; NULL: job->faults is NULL and nothing goes wrong. */
int scn_try_faults(struct scn_job *job, enum rpt_profile profile, const char *const *texts,
                   const char *const *faults, size_t count, bool keep, struct scn_trial *trials);

/* Whether two failures are the same to whoever asks. */
typedef bool scn_likeness(const struct scn_failure *a, const struct scn_failure *b);

/* Looks for a failure that is alike in so many schedules by the strategy of job->schedules, whose mode is another one
 * then; nothing may go wrong. *trial is a run that shows it, with its turns; not `ran` when there is none. Adds to *runs how many
 * schedules there were. 0, or an exit code after a message. */
int scn_search(struct scn_job *job, enum rpt_profile profile, size_t count, const struct scn_failure *like,
               scn_likeness *alike, struct scn_trial *trial, int *runs);

/* ---- shrink.c ---- */

/* Plays turns, up to SCN_TRIALS of them, and says what each showed; 0, or an exit code after a message. */
typedef int (*scn_play_turns)(void *context, const char *const *turns, size_t count,
                              struct scn_trial *trials);
/* What goes on, for a person that waits. */
typedef void (*scn_shrink_progress)(void *context, size_t preemptions, int tries);

struct scn_shrinking {
    scn_play_turns play;
    scn_shrink_progress progress; /* or NULL */
    void *context;
    int most;                    /* tries; 0: SCN_SHRINK_TRIES */
    uint64_t milliseconds;       /* 0: SCN_SHRINK_MS */
    int tries;                   /* out */
};
#define SCN_SHRINK_TRIES 2000
#define SCN_SHRINK_MS 20000

/* Takes turns away from a schedule as long as the failure stays: preemptions first, then changes of thread. Replaces
 * *trial, whose turns must be those of a run. Stops at the bounds, at ^C, and when there is nothing left to leave
 * out. 0, or the exit code of `play`. */
int scn_shrink(struct scn_shrinking *shrinking, struct scn_trial *trial);

/* Number of changes from one thread to another in turns, and of those at which the first could have gone on. */
size_t scn_switches(const char *turns);
size_t scn_preemptions(const char *turns);

/* ---- story.c ---- */

/* What happened in a run (scenarios/supervisor/story.h), readable, and what every thread was doing when it ended so. */
void scn_show_story(FILE *out, const char *story, enum shim_run how);

/* A script into a new case of the suite, and one more for every finding but the first; *results (to be finished with
 * scn_results_fini, whatever is returned) is what it came to. */
struct scn_results;
int scn_campaign(struct cmd_options *options, const char *work, const struct cmd_script *script,
                 struct rpt_suite *suite, struct scn_results *results);

#endif
