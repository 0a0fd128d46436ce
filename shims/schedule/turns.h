/* shims/schedule/turns.h - a run as turns: a thread, and how far it comes before another one goes on.
 *
 * Text: "0@* 4@59/7ffff7d1#2 5@37! 1@9": thread 0 until it cannot go on, thread 4 until it is about to do its second
 * operation at the place 0x7ffff7d1, thread 5 until it has done 37 steps in all, and so on; "!" says that the turn began
 * although the thread before it could have gone on: a preemption. A step is a decision that the thread won, those
 * with one candidate included. Where there is a place, the steps are for people only: a place is the same one also when
 * other turns are, the number of steps to it seldom.
 *
 * Because a turn says how far in all, and not how many steps more, a list from which turns were
 * taken away still means something: the thread makes up for them in its next turn. A turn whose thread cannot go on is
 * over before its time, one whose thread does not exist yet waits for it. When nothing is said, whoever runs goes on
 * until it cannot or yields, then the next by number: an empty list is the schedule without preemptions. It is how
 * shrinking tries. Places are addresses: of this machine, and of runs with the same files.
 */
#ifndef ESECHECK_SHIMS_SCHEDULE_TURNS_H
#define ESECHECK_SHIMS_SCHEDULE_TURNS_H

#include "shims/schedule/strategy.h"

#define SHIM_TURN_WHOLE UINT32_MAX

struct shim_turn {
    uint32_t upto;     /* steps of the thread in all, from 1; SHIM_TURN_WHOLE: until it cannot go on */
    uint32_t nth;      /* time that it is at `site` */
    uintptr_t site;    /* 0: steps count */
    uint8_t thread;
    bool preempts;
};

struct shim_turns {
    struct shim_turn *turn;
    size_t count, room;
    bool full;         /* of a record: some are missing */
};

/* The place of an operation: where the code under test asks for it; of API calls, the function. */
static inline uintptr_t shim_turn_site(const struct shim_event *event) {
    bool call = event->op == SHIM_OP_ENTER || event->op == SHIM_OP_LEAVE;
    return ((uintptr_t)(call ? event->object : event->site) << 5) + (uintptr_t)event->op;
}

/* How often each thread did an operation at each place; for about as many as fit. Zeroed is empty. */
#define SHIM_TURN_SITES 8192u
struct shim_turn_sites {
    struct shim_turn_count {
        uintptr_t site;
        uint32_t thread, count;
    } slot[SHIM_TURN_SITES];
};
uint32_t *shim_turn_count(struct shim_turn_sites *sites, uint32_t thread, uintptr_t site);

/* Heap-allocated; NULL without memory. */
char *shim_turns_text(const struct shim_turns *turns);
/* 0, or -1 with a message that names the word. Fills *turns; free(turns->turn). */
int shim_turns_parse(const char *text, struct shim_turns *turns, char *error, size_t error_size);
/* Number of turns that preempt. */
size_t shim_turns_preemptions(const struct shim_turns *turns);

/* Follows the turns, which must outlive it. NULL without memory; free with shim_strategy_free. */
struct shim_strategy *shim_strategy_turns(const struct shim_turns *turns);

#endif
