/* shims/schedule/pool_posix.c - threads that are kept for the runs to come.
 *
 * In user space (turn_posix.c) a thread of the system sleeps while its stack and its thread-local memory are used by the
 * lender. A kept one sleeps for good: when a routine is done, what was lent stays where it was left, in the loop of
 * run_all, and the next routine goes on there. So a thread costs no system call. The first that is free is taken, so
 * the same run gets the same ones.
 */
#include "shims/schedule/inside.h"

#include <stdlib.h>

struct shim_ct_kept {
    struct shim_ct_thread bed;       /* of it: ready, turn, context and pointer */
    struct shim_ct_thread *thread;   /* of the run, or NULL: free */
    pthread_t handle;
    void *result;                    /* what the routine returned */
    char *stack;                     /* to sleep on */
    struct shim_ct_kept *next;
};

static struct shim_ct_kept *all;     /* in order of making */
static int process;                  /* in which they are */

static void *run_all(void *argument) {
    struct shim_ct_kept *kept = argument;
    shim_ct_lie_down(&kept->bed, kept->stack);
    for (;;) {
        kept->result = shim_ct_routine(kept->thread);
        shim_ct_leave(kept->thread); /* comes back for another one */
    }
    return NULL;
}

/* One more, asleep; NULL when there can be none. */
static struct shim_ct_kept *make(void) {
    struct shim_ct_kept *kept = calloc(1, sizeof *kept);
    if (kept != NULL && (kept->stack = malloc(SHIM_CT_PARKING)) != NULL &&
        pthread_create(&kept->handle, NULL, run_all, kept) == 0) {
        (void)pthread_detach(kept->handle);
        shim_ct_await_word(&kept->bed.ready);
        return kept;
    }
    if (kept != NULL) {
        free(kept->stack);
        free(kept);
    }
    return NULL;
}

int shim_ct_pool_lend(struct shim_ct_thread *made) {
    struct shim_ct_kept **at = &all;
    if (process != shim_ct_process()) { /* a fork has none of them */
        process = shim_ct_process();
        all = NULL;
    }
    while (*at != NULL && (*at)->thread != NULL) {
        at = &(*at)->next;
    }
    if (*at == NULL && (*at = make()) == NULL) {
        return -1;
    }
    struct shim_ct_kept *kept = *at;
    kept->thread = made;
    made->kept = kept;
    made->handle = kept->handle;
    made->context = kept->bed.context;
    made->pointer = kept->bed.pointer;
    made->started = true;
    return 0;
}

void shim_ct_pool_leave(struct shim_ct_thread *self, struct shim_ct_thread *next) {
    struct shim_ct_kept *kept = self->kept;
    if (self->detached) {
        (void)shim_ct_pool_take_back(self);
    }
    shim_ct_lend_to(&kept->bed.context, next);
}

void *shim_ct_pool_take_back(struct shim_ct_thread *thread) {
    struct shim_ct_kept *kept = thread->kept;
    thread->kept = NULL;
    kept->thread = NULL;
    return kept->result;
}
