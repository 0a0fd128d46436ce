/* scenarios/supervisor/story.h - what a watch (shims/schedule/watch.h) saw, as text that outlives the process.
 *
 * To be written where the watched run was, or in the process that it was forked from: only there addresses have
 * names. scenarios/explorer/story.h reads it. Lines with a place ("/lib/x.so(+0x12)[0x7f...]") are what
 * scn_symbolise replaces; "-" is no place, "?" memory of no module; a list of them ends with ".".
 *
 *   thread NUMBER STATE ABLE STEPS RECENT NAME, then places: routine, creation; list: outermost frames; op; list: stack
 *   turn THREAD STEPS CALLS WHY BEFORE FIRST-CALL LAST-CALL, then op first, op last, op pending
 *   note TURN THREAD CALL TEXT, then list: stack; TURN: how many turns were begun when it happened
 *   op OP WRITE TIMED TARGET CALL FILE, then: place, "object KIND NUMBER OWNER READS READERS CALL KEY", "data PLACE",
 *   place where it was taken, list: where it was made
 */
#ifndef ESECHECK_SCENARIOS_SUPERVISOR_STORY_H
#define ESECHECK_SCENARIOS_SUPERVISOR_STORY_H

#include <stddef.h>
#include <stdio.h>

#include "shims/schedule/control.h"
#include "shims/schedule/watch.h"

void scn_story_write(FILE *file, const struct shim_watch *watch);
/* Where the threads of a deadlock wait (those of the circle; if there is none, the harness's own), sorted: it is the
 * same whichever run shows it. "" if it was none. */
void scn_story_place(const struct shim_watch *watch, enum shim_run how, char *text, size_t size);
/* What the run covered first: "p HASH" per place, "c HASH" per conflict; the hashes are the same wherever the same
 * files are loaded. */
void scn_coverage_write(FILE *file, const struct shim_watch *watch);

/* ---- reading, anywhere: story.c ---- */

/* Texts are inside of the story; "" where there is nothing to say. */
struct scn_story_op {
    enum shim_op op;
    bool write, timed;
    int target;                   /* JOIN: the thread, else -1 */
    const char *call, *file;      /* API function in progress; FILE: its name */
    const char *site;             /* "function at file.c:12", or module and offset */
    int kind, owner;              /* of the object: enum shim_ct_kind or -1; who holds it or -1 */
    bool reads;                   /* the owner is one of several readers */
    const char *taken;            /* where it was taken */
    char object[160];             /* "mutex gate", "mutex of make at log.c:41", "memory count+8" */
};
struct scn_story_thread {
    char name[80];                /* "writer.1", "flusher.c:run" */
    bool over, able, actor;
    uint64_t steps, recent;
    struct scn_story_op pending;
    const char *stack;            /* a line each */
};
struct scn_story_turn {
    uint32_t thread, steps, calls, before;
    enum shim_watch_why why;
    const char *first_call, *last_call;
    struct scn_story_op first, last, pending;
};
struct scn_story_note {
    uint32_t turn, thread;        /* turn: how many were begun */
    const char *call, *text;
    const char *site, *caller;    /* the innermost two functions */
};
struct scn_story {
    struct scn_story_thread *thread;
    size_t threads;
    struct scn_story_turn *turn;
    size_t turns;
    struct scn_story_note *note;
    size_t notes;
    char *text;
};
/* 0, or -1 when the text is none or there is no memory. Free with scn_story_fini. */
int scn_story_read(struct scn_story *story, const char *text);
void scn_story_fini(struct scn_story *story);

/* "lock mutex gate at f.c:12", "wait for writer.1 to end": what an operation does. */
void scn_story_say(const struct scn_story *story, const struct scn_story_op *op, char *text, size_t size);
/* What made the run end, in one line: who waits for whom; of a livelock, who did how much. */
void scn_story_explain(const struct scn_story *story, enum shim_run how, char *text, size_t size);
/* The wait-for graph and what every thread is doing, with its stack; heap, NULL without memory. */
char *scn_story_picture(const struct scn_story *story, enum shim_run how);
/* The threads of a circle of waiting, in order; 0: there is none. */
size_t scn_story_circle(const struct scn_story *story, uint32_t *threads, size_t room);

#endif
