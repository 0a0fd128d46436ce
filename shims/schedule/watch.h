/* shims/schedule/watch.h - what a run under control did, for people: turns, places, and what every thread was doing.
 *
 * A watch is memory that the caller has cleared (shim_watch_clear) and that shim_control_run fills; it may be shared
 * with the process that reads it. Addresses in it are those of the process that ran. Large: make it with
 * shim_storage_new, of which only the pages that are used count.
 *
 * Coverage: a place is an operation at an address of the code under test; a conflict is an ordered pair of places at
 * which two threads worked on the same object one directly after the other, one of them changing it. What this watch
 * sees for the first time since it was made is listed per run.
 *
 * Filled on whatever thread has the turn. POSIX only.
 */
#ifndef ESECHECK_SHIMS_SCHEDULE_WATCH_H
#define ESECHECK_SHIMS_SCHEDULE_WATCH_H

#include "shims/schedule/turns.h"

#define SHIM_WATCH_TURNS (1u << 18)
#define SHIM_WATCH_STORY 4096      /* turns that are told in full */
#define SHIM_WATCH_FRAMES 24
#define SHIM_WATCH_MAKERS 6
#define SHIM_WATCH_NAME 64
#define SHIM_WATCH_NOTES 8
#define SHIM_WATCH_NEW 4096
#define SHIM_WATCH_SEEN (1u << 18)

struct shim_function;

/* A synchronisation object as it was at the moment; kind is enum shim_ct_kind, -1: none. */
struct shim_watch_object {
    int kind;
    const void *key;
    uint32_t number;                              /* of its kind, from 1, in order of making; 0: made unseen */
    const void *maker[SHIM_WATCH_MAKERS];         /* return addresses where it was made, innermost first */
    const struct shim_function *made_in;          /* API call in progress then, or NULL */
    int owner;                                    /* thread that holds it, -1: nobody */
    bool reads;                                   /* the owner (one of `readers`) reads only */
    uint32_t readers;
    const void *taken;                            /* where it was taken */
};

/* An operation: done, or about to be. */
struct shim_watch_op {
    enum shim_op op;
    bool write, timed;                            /* timed: a wait that ends by itself */
    const void *object, *site;
    int target;                                   /* JOIN: the thread, else -1 */
    const struct shim_function *call;             /* API call in progress, or NULL */
    char file[SHIM_WATCH_NAME];                   /* FILE: its name, or empty */
    struct shim_watch_object what;
};

enum shim_watch_why { SHIM_WATCH_FIRST, SHIM_WATCH_PREEMPTED, SHIM_WATCH_BLOCKED, SHIM_WATCH_YIELDED, SHIM_WATCH_ENDED };

/* One turn: who, what first and last, and what became of the thread before. */
struct shim_watch_turn {
    uint32_t thread, steps;
    uint32_t calls;                               /* API calls that it finished */
    const struct shim_function *first_call, *last_call; /* of those it was in */
    struct shim_watch_op first, last;
    enum shim_watch_why why;                      /* the thread before goes no further */
    uint32_t before;                              /* that thread, unless FIRST */
    struct shim_watch_op pending;                 /* what it is about to do, unless ENDED */
};

enum shim_watch_state { SHIM_WATCH_READY, SHIM_WATCH_RUNS, SHIM_WATCH_OVER };

struct shim_watch_thread {
    char name[SHIM_WATCH_NAME];                   /* empty: the code under test made it */
    const void *run, *site;                       /* its routine, and where it was created */
    const void *bottom[SHIM_WATCH_MAKERS];        /* outermost frames of its first stack, outermost last */
    enum shim_watch_state state;
    bool able;                                    /* it could have gone on */
    struct shim_watch_op pending;
    uint64_t steps, recent;                       /* in all; in the last quarter of the bound */
    int frame_count;
    const void *frame[SHIM_WATCH_FRAMES];         /* innermost first */
};

struct shim_watch_place {
    enum shim_op op, before_op;
    const void *site, *before;                    /* before: of a conflict, the place that came first */
    bool conflict;
    uint64_t hash;                                /* of programs: shim_coverage_hash, the addresses mean nothing elsewhere */
};

/* What somebody else did to a thread (shim_watch_note). */
struct shim_watch_note {
    uint32_t turn, thread;                        /* turn: how many were begun then */
    const struct shim_function *call;
    char text[200];
    const void *frame[SHIM_WATCH_MAKERS];
};

struct shim_watch {
    bool keep;                                    /* set by the caller: turns are wanted */
    bool story;                                   /* set by the caller, with keep: turns are told, objects and threads have names */
    uint64_t runs;                                /* number of this run, from 1 */
    uint64_t quarter;                             /* steps from which `recent` counts */
    struct shim_turns turns;                      /* .turn is `turn` below */
    struct shim_turn_sites sites;
    size_t story_count;
    uint32_t notes;
    struct shim_watch_note note[SHIM_WATCH_NOTES];
    uint32_t threads;
    uint32_t new_count;                           /* places and conflicts that are new with this run */
    bool new_full;
    struct shim_watch_thread thread[SHIM_CONTROL_THREADS];
    struct shim_watch_place fresh[SHIM_WATCH_NEW];
    uint64_t seen[SHIM_WATCH_SEEN];               /* hashes; 0: free */
    struct shim_watch_turn told[SHIM_WATCH_STORY];
    struct shim_turn turn[SHIM_WATCH_TURNS];
};

/* Of the thread that calls and has the turn, with return addresses, innermost first: what happened to it. The first
 * SHIM_WATCH_NOTES of a run are kept. */
void shim_watch_note(struct shim_watch *watch, const char *text, void *const *frames, int count);

/* Before each run. */
void shim_watch_clear(struct shim_watch *watch);

#endif
