/* shims/preload/program.h - a program under control: what esecheck and the preload object say to each other.
 *
 * esecheck starts the program once, with libesecheck_schedule.so before all other libraries and without address
 * randomisation. Before the program's own constructors the object stops and becomes a server: for each byte that it
 * reads it forks, the fork goes on as the program, under control; when that has ended, the server writes a byte back.
 * So a schedule costs a fork and not the start of a program. Everything else stands in memory that all of them share.
 *
 * The program finds nothing of this: the descriptors are closed in it, LD_PRELOAD and ESECHECK_SCHEDULE are taken out
 * of its environment. Programs that it starts are not under control.
 *
 * Linux only.
 */
#ifndef ESECHECK_SHIMS_PRELOAD_PROGRAM_H
#define ESECHECK_SHIMS_PRELOAD_PROGRAM_H

#include <stdbool.h>
#include <stdint.h>

#include "shims/schedule/control.h"
#include "shims/schedule/watch.h"

/* "MEMORY CONTROL OUTPUT": numbers of descriptors; OUTPUT -1 when the program's output goes where esecheck's goes. */
#define SHIM_PROGRAM_ENVIRONMENT "ESECHECK_SCHEDULE"
#define SHIM_PROGRAM_VERSION 3u
#define SHIM_PROGRAM_TRACE ((size_t)4 << 20) /* decisions with a choice that are kept */
#define SHIM_PROGRAM_STORY ((size_t)2 << 20)
#define SHIM_PROGRAM_STACKS ((size_t)96 << 10)

enum shim_program_mode { SHIM_PROGRAM_SEARCH, SHIM_PROGRAM_REPLAY, SHIM_PROGRAM_FOLLOW };

struct shim_program_shared {
    uint32_t version;             /* of esecheck; the object refuses another one */
    /* Before the start. */
    int strategy;                 /* enum shim_strategy_kind */
    unsigned depth;
    /* Before each run. */
    enum shim_program_mode mode;
    uint64_t seed, steps;         /* steps: the bound; 0: the default */
    uint64_t between;             /* as of struct shim_control_options */
    bool memory, story;           /* story: write down what happened */
    /* During a run. */
    int child;                    /* its process */
    /* After it. */
    char refusal[300];            /* the server cannot go on: why */
    int status;                   /* as of waitpid */
    bool more;                    /* the strategy has something left to try */
    struct shim_run_result run;   /* outcome DONE unless the scheduler ended the run */
    struct shim_trace trace;      /* its `count` decisions are in `room` */
    char stacks[SHIM_PROGRAM_STACKS];    /* of a crash: text, frames as the guard writes them */
    size_t stacks_length;
    char place[400];                     /* of a deadlock: shim_story_place */
    char told[SHIM_PROGRAM_STORY];       /* shims/schedule/story.h */
    struct shim_watch watch;
    char given[SHIM_PROGRAM_TRACE];      /* before a run: what it follows, as text: decisions (REPLAY) or turns (FOLLOW) */
    uint8_t room[SHIM_PROGRAM_TRACE];
};

#endif
