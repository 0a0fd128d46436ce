/* shims/schedule/turns.h - a run as turns: a thread, and how far it comes before another one goes on.
 *
 * Text: "0@366 1@9 4@59!": thread 0 until it has done 366 steps in all, thread 1 until it has done 9, and so on; "!"
 * says that the turn began although the thread before it could have gone on: a preemption. A step is a decision
 * that the thread won, those with one candidate included.
 *
 * Because a turn says how far in all, and not how many steps more, a list from which turns were taken
 * away still means something: the thread makes up for them in its next turn. A turn whose thread cannot go on is
 * over before its time; when all turns are over, whoever runs goes on until it cannot, then the next by number. So
 * an empty list is the schedule without preemptions. It is how shrinking tries.
 */
#ifndef ESECHECK_SHIMS_SCHEDULE_TURNS_H
#define ESECHECK_SHIMS_SCHEDULE_TURNS_H

#include "shims/schedule/strategy.h"

struct shim_turn {
    uint32_t upto;     /* steps of the thread in all, from 1 */
    uint8_t thread;
    bool preempts;
};

struct shim_turns {
    struct shim_turn *turn;
    size_t count, room;
    bool full;         /* of a record: some are missing */
};

/* Heap-allocated; NULL without memory. */
char *shim_turns_text(const struct shim_turns *turns);
/* 0, or -1 with a message that names the word. Fills *turns; free(turns->turn). */
int shim_turns_parse(const char *text, struct shim_turns *turns, char *error, size_t error_size);
/* Number of turns that preempt. */
size_t shim_turns_preemptions(const struct shim_turns *turns);

/* Follows the turns, which must outlive it. NULL without memory; free with shim_strategy_free. */
struct shim_strategy *shim_strategy_turns(const struct shim_turns *turns);

#endif
