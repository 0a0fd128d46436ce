/* scenarios/supervisor/disturb.c - random schedules for all actors of a run, as one hook.
 *
 * The hooks run inside the recorder's: a pause between the recorded entry and the engine is part of the
 * call, as if the thread had lost the processor there, and widens what can overlap.
 */
#include "scenarios/supervisor/disturb.h"

#include <stdlib.h>

#include "shims/schedule/schedule.h"

#define YIELDS 120  /* of 1000 decision points */
#define SLEEPS 15
#define SLEEP_US 400

struct scn_disturb {
    struct shim_schedule *schedule;
    struct shim_hook hooks[SHIM_SCHEDULE_ACTORS];
};

static struct shim_hook *hook_of(struct scn_disturb *disturb, const struct shim_call *call)
{
    return call->actor != 0 && call->actor < SHIM_SCHEDULE_ACTORS ? &disturb->hooks[call->actor]
                                                                  : NULL;
}

static void enter(void *context, struct shim_call *call)
{
    struct shim_hook *hook = hook_of(context, call);
    if (hook != NULL && hook->enter != NULL) {
        hook->enter(hook->context, call);
    }
}

static void leave(void *context, struct shim_call *call)
{
    struct shim_hook *hook = hook_of(context, call);
    if (hook != NULL && hook->leave != NULL) {
        hook->leave(hook->context, call);
    }
}

struct scn_disturb *scn_disturb_new(uint64_t seed, struct shim_hook *hook)
{
    struct scn_disturb *disturb = calloc(1, sizeof *disturb);
    if (disturb == NULL) {
        return NULL;
    }
    disturb->schedule = shim_schedule_random(seed, YIELDS, SLEEPS, SLEEP_US);
    if (disturb->schedule == NULL) {
        free(disturb);
        return NULL;
    }
    for (uint32_t i = 0; i < SHIM_SCHEDULE_ACTORS; i++) {
        disturb->hooks[i] = shim_schedule_hook(disturb->schedule, i);
    }
    *hook = (struct shim_hook){.enter = enter, .leave = leave, .context = disturb};
    return disturb;
}

void scn_disturb_free(struct scn_disturb *disturb)
{
    if (disturb != NULL) {
        shim_schedule_free(disturb->schedule);
        free(disturb);
    }
}
