/* scenarios/supervisor/perturb.c - a hook that disturbs the order of threads, from a seed. */
#include "scenarios/supervisor/perturb.h"

#include <stdatomic.h>
#include <stdlib.h>

#include "scenarios/runner/world.h"
#include "shims/record/record.h"

#define SCN_YIELD_IN 8      /* one call in so many yields */
#define SCN_REST_IN 64      /* one in so many rests */
#define SCN_LONGEST_REST 400 /* microseconds */

struct scn_perturb {
    /* One generator per actor: each is used by its actor's thread only. */
    uint64_t random[SHIM_MAX_ACTORS][4];
};

static void disturb(struct scn_perturb *perturb, uint32_t actor)
{
    uint64_t *random = perturb->random[actor % SHIM_MAX_ACTORS];
    uint64_t draw = scn_random_next(random);
    if (actor == 0) {
        return; /* set-up and verification are nobody's race */
    }
    if (draw % SCN_REST_IN == 0) {
        scn_sleep_us(draw / SCN_REST_IN % SCN_LONGEST_REST);
    } else if (draw % SCN_YIELD_IN == 0) {
        scn_yield();
    }
}

static void around(void *context, struct shim_call *call)
{
    disturb(context, call->actor);
}

struct scn_perturb *scn_perturb_new(uint64_t seed, struct shim_hook *hook)
{
    struct scn_perturb *perturb = calloc(1, sizeof *perturb);
    for (uint32_t i = 0; perturb != NULL && i < SHIM_MAX_ACTORS; i++) {
        scn_random_seed(perturb->random[i], seed, (uint64_t)1 << 32 | i);
    }
    *hook = (struct shim_hook){.enter = around, .leave = around, .context = perturb};
    return perturb;
}

void scn_perturb_free(struct scn_perturb *perturb)
{
    free(perturb);
}
