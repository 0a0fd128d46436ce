/* shims/schedule/schedule.h - decides when a thread goes on.
 *
 * At every entry into and return from the API an actor passes a decision point: it goes on, gives up
 * the processor, or sleeps for a moment. Who decides is a policy: random decisions from a seed,
 * decisions recorded before, or a function of one's own. What was decided is kept per actor and can
 * be had as text; replaying that text repeats the decisions of every actor, in its own order.
 *
 * A policy sees one actor at a time, never all of them: it perturbs. One that holds threads back
 * until others have come somewhere fits into the same interface: `decide` may wait.
 *
 * Text: a line "esecheck schedule 1", then per actor "actor N: d d d ...", each d being g (go), y
 * (yield) or sU (sleep U microseconds), d*K standing for K times d. Points beyond the text are g.
 *
 * Ownership: the hook's context belongs to the schedule; free it after the last call.
 * Thread safety: shim_schedule_hook for an actor before or on its thread; decisions of different actors share
 * nothing, so they order nothing (ThreadSanitizer sees the engine's races). Text when all are done.
 */
#ifndef ESECHECK_SHIMS_SCHEDULE_SCHEDULE_H
#define ESECHECK_SHIMS_SCHEDULE_SCHEDULE_H

#include <stddef.h>
#include <stdint.h>

#include "shims/call/call.h"

#define SHIM_SCHEDULE_ACTORS 256
#define SHIM_SLEEP_MAX 30000 /* microseconds */

enum shim_point { SHIM_POINT_ENTER, SHIM_POINT_LEAVE };

/* 0: go; 1: yield; n > 1: sleep n - 1 microseconds (at most SHIM_SLEEP_MAX). */
typedef uint16_t shim_decision;
#define SHIM_GO ((shim_decision)0)
#define SHIM_YIELD ((shim_decision)1)
#define SHIM_SLEEP(us) ((shim_decision)((us) + 1))

/* Decides for point number `index` (from 0) of an actor. Called on that actor's thread. */
typedef shim_decision (*shim_decide)(void *context, uint32_t actor, uint64_t index,
                                     enum shim_point point, const struct shim_call *call);

struct shim_schedule;

/* A policy of one's own. NULL without memory. */
struct shim_schedule *shim_schedule_new(shim_decide decide, void *context);
/* Random: of 1000 points `yields` yield and `sleeps` sleep up to `sleep_us`. The decision depends on
 * seed, actor and index alone. */
struct shim_schedule *shim_schedule_random(uint64_t seed, unsigned yields, unsigned sleeps,
                                           unsigned sleep_us);
/* What a text says. NULL with a message ("line 3: ..."). */
struct shim_schedule *shim_schedule_replay(const char *text, char *error, size_t error_size);
void shim_schedule_free(struct shim_schedule *schedule);

/* The hook for one actor (below SHIM_SCHEDULE_ACTORS; beyond, a hook that does nothing). */
struct shim_hook shim_schedule_hook(struct shim_schedule *schedule, uint32_t actor);

/* What was decided, as text (to be freed); NULL without memory. */
char *shim_schedule_text(const struct shim_schedule *schedule);

#endif
