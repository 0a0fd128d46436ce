/* scenarios/supervisor/story.h - reads what happened in a run: the text of shims/schedule/story.h, after
 * scn_symbolise.
 */
#ifndef ESECHECK_SCENARIOS_SUPERVISOR_STORY_H
#define ESECHECK_SCENARIOS_SUPERVISOR_STORY_H

#include <stddef.h>
#include <stdio.h>

#include "shims/schedule/control.h"
#include "shims/schedule/watch.h"

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
