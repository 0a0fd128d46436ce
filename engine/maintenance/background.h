/*
 * The background thread of a store: version clean-up, checkpoint, writing ahead of evictions, and the log of lazy commits.
 *
 * There is no thread until somebody pokes, and afterwards it sleeps until the next poke. It waits with a timeout only
 * while something has been announced that can wait a moment, and once for each announcement.
 */
#ifndef ESE_MAINTENANCE_BACKGROUND_H
#define ESE_MAINTENANCE_BACKGROUND_H

#include <stdbool.h>

#include <esent.h>

struct ese_store;
struct ese_background;

enum ese_task {
    ESE_TASK_VERSIONS = 1,                          /* a round of version clean-up */
    ESE_TASK_CHECKPOINT = 2,                        /* write what the checkpoint depth does not allow to be dirty */
    ESE_TASK_PAGES = 4,                             /* have clean pages for those who need frames */
    ESE_TASK_LOG = 8,                               /* make the log durable */
    ESE_TASK_DEPTH = 16,                            /* the checkpoint depth has changed: a checkpoint, due or not */
    ESE_TASK_GENERATION = 64,                       /* the log has a new file: the headers are to know */
    ESE_TASK_LATE = 32,                             /* a checkpoint if it is due, however long ago the last one was */
};

JET_ERR ese_background_create(struct ese_store *store, struct ese_background **background);
/* Ends the work under way as soon as it can be interrupted, and the thread. */
void ese_background_destroy(struct ese_background *background);

/* Does the tasks (enum ese_task) as soon as possible. Any thread, any lock held; takes microseconds. */
void ese_background_poke(struct ese_background *background, unsigned tasks);
/* While it is quiet tasks are only noted; afterwards the thread is woken, once, when there are any. For somebody who hands
 * out several tasks with locks held. Nests. */
void ese_background_quiet(struct ese_background *background, bool quiet);
/* Something is left behind that wants version clean-up, a durable log or a checkpoint within a second. Cheap. */
void ese_background_soon(struct ese_background *background);

/* ---- checkpoint.c ---------------------------------------------------------------------------------------- */

/* How much log there is between the end and the checkpoint, or dirty pages without a log, asks for a checkpoint. again: also when
 * the last try was a moment ago; what held the checkpoint then may be gone. */
bool ese_checkpoint_is_due(struct ese_store *store, bool again);
/* Writes and syncs pages until the depth is kept to (everything with `complete`), tells the databases' headers and moves the
 * checkpoint. One thread at a time. */
JET_ERR ese_checkpoint(struct ese_store *store, bool complete);

/* The log goes on in another file: a recovery would read it too, and the headers say so. */
JET_ERR ese_checkpoint_follow_log(struct ese_store *store);

#endif
