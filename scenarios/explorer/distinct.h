/* scenarios/explorer/distinct.h - how many different interleavings have been seen. */
#ifndef ESECHECK_SCENARIOS_EXPLORER_DISTINCT_H
#define ESECHECK_SCENARIOS_EXPLORER_DISTINCT_H

#include <stdint.h>

#define SCN_DISTINCT (1u << 20) /* that are told apart; beyond, some count twice */

struct scn_distinct {
    uint64_t *hashes;
    uint64_t count;
};

int scn_distinct_init(struct scn_distinct *distinct); /* 0, or -1 without memory */
void scn_distinct_fini(struct scn_distinct *distinct);
void scn_distinct_add(struct scn_distinct *distinct, uint64_t hash);

#endif
