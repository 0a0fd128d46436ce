/* scenarios/explorer/distinct.c - a set of hashes. */
#include "scenarios/explorer/distinct.h"

#include <stdlib.h>

#define LOOK 64u

int scn_distinct_init(struct scn_distinct *distinct)
{
    distinct->count = 0;
    distinct->hashes = calloc(SCN_DISTINCT, sizeof distinct->hashes[0]);
    return distinct->hashes != NULL ? 0 : -1;
}

void scn_distinct_fini(struct scn_distinct *distinct)
{
    free(distinct->hashes);
    distinct->hashes = NULL;
}

void scn_distinct_add(struct scn_distinct *distinct, uint64_t hash)
{
    hash += hash == 0;
    for (uint32_t i = 0; i < LOOK; i++) {
        uint64_t *slot = &distinct->hashes[(hash + i) % SCN_DISTINCT];
        if (*slot == hash) {
            return;
        }
        if (*slot == 0) {
            *slot = hash;
            break;
        }
    }
    distinct->count++;
}
