/* scenarios/explorer/fault_campaign.h - one script of `esecheck faults`: the run without a fault, then those with one.
 * faults.c plays it, fault_tour.c says in which order and what it came to.
 */
#ifndef ESECHECK_SCENARIOS_EXPLORER_FAULT_CAMPAIGN_H
#define ESECHECK_SCENARIOS_EXPLORER_FAULT_CAMPAIGN_H

#include <pthread.h>

#include "scenarios/explorer/faults.h"

#define SCN_FAULT_JOBS 64  /* at most */
#define SCN_FAULT_SEEN 512 /* findings that are told apart */

/* A finding that was told. */
struct scn_fault_seen {
    enum rpt_verdict verdict;
    enum shim_fn fn;
    const struct rpt_clause *clause;
    uint64_t stack;
    uint8_t operation;
    size_t finding; /* of the case */
};

struct scn_fault_campaign {
    struct cmd_options *options;
    const struct cmd_script *script;
    const char *build;           /* of the engine */
    struct rpt_case *c;          /* of the script; with --quick its short form has the same */
    bool brief;
    bool ordered;
    struct scn_seen *met; /* --quick: by the scripts before this one; or NULL */
    struct scn_fault_runs runs;
    size_t *again;              /* of these: what was left behind has to be looked at closely */
    size_t again_count;
    bool closely;
    struct scn_faulted clean;
    pthread_mutex_t lock;        /* all below */
    struct scn_fault_seen seen[SCN_FAULT_SEEN];
    size_t seen_count, next, done, came, findings;
    size_t elsewhere;            /* that struck where the run without a fault was not */
    char *details;               /* stacks and replay lines of the findings, or NULL */
    size_t details_size;
    uint64_t begin, clean_ms;
    int result;
    enum rpt_verdict told;       /* why there are no runs, or RPT_CONFORMS */
    char message[CMD_MESSAGE], uncovered[256];
    atomic_bool stop;
};

/* The line that shows it again: with that fault, or ("") the whole script. */
void scn_fault_again(const struct scn_fault_campaign *campaign, const char *fault, char *command, size_t size);
/* Each 0, or an exit code after a message; the runs are made for what the clean run showed. */
int scn_fault_play_clean(struct scn_fault_campaign *campaign, const char *work);
int scn_fault_make_runs(struct scn_fault_campaign *campaign);
int scn_fault_play(struct scn_fault_campaign *campaign, const char *work);
/* How many faults are to be tried: with --shard that part of them. */
size_t scn_fault_share(const struct scn_fault_campaign *campaign);

#endif
