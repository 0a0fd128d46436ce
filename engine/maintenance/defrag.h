/*
 * Online defragmentation of one instance.
 *
 * Two kinds of work. A task goes over all trees of one database, in passes, on a thread of its own; at most one per
 * database. And tables can be named one by one: they queue up for a single further thread, which is there while the
 * queue is not empty. Each step is small (engine/tree/tree.h, tidying); between steps a thread looks whether it should end.
 * A thread that has nothing to do waits for a signal or has ended: nothing polls.
 *
 * An error in one tree ends the work on that tree and no other.
 *
 * Functions may be called from any thread and take no lock of the caller's floor; those that wait must be called
 * without locks, because the completion routine may call whatever it likes. Waiting for oneself (from the
 * completion routine) is left out, so nothing deadlocks.
 */
#ifndef ESE_MAINTENANCE_DEFRAG_H
#define ESE_MAINTENANCE_DEFRAG_H

#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>

#include <esent.h>

#include "engine/os/os.h"
#include "engine/table/store.h"

struct ese_database;
struct ese_defrag;
struct ese_defrag_request;

struct ese_defrag_options {
    bool space_only;                                /* the chain of free pages only */
    bool partial;                                   /* also fill pages up from neighbours that do not fit as a whole */
    uint32_t passes;                                /* 0: until stopped */
    uint32_t seconds;                               /* 0: no limit */
    /* Called once when the task ends for whatever reason, on its thread, before anybody is told that it has ended.
     * May be NULL. */
    void (*completed)(void *arg);
    void *arg;
};

struct ese_defrag_worker {
    struct ese_thread *thread;                      /* to be joined; NULL: none */
    bool running;
    bool finishing;                                 /* only the completion routine is left */
    _Atomic bool term;                              /* end soon */
    _Atomic uint64_t id;                            /* of the thread while it runs */
    struct ese_cond wake;
};

struct ese_defrag_task {
    struct ese_defrag_worker worker;
    struct ese_defrag *owner;
    struct ese_database *database;
    struct ese_defrag_options options;
    uint32_t passes;                                /* completed */
    uint64_t started, deadline;                     /* ese_time_ms; deadline 0 = none */
    uint32_t holds;                                 /* starts do nothing */
};

struct ese_defrag {
    struct ese_mutex mutex;                         /* all below but atomics; nothing else is locked inside */
    struct ese_cond settled;                        /* some worker ended, or finished a request */
    struct ese_defrag_task task[ESE_DATABASE_MAX];
    struct ese_defrag_worker queue_worker;
    struct ese_defrag_request *queue, *current;
    _Atomic bool cancel;                            /* the current request is not wanted any more */
    _Atomic bool paused;                            /* the queue rests */
    _Atomic bool closed;                            /* nothing starts any more */
    _Atomic uint32_t live;                          /* workers that may have to be waited for */
};

JET_ERR ese_defrag_init(struct ese_defrag *defrag);
void ese_defrag_fini(struct ese_defrag *defrag);    /* after ese_defrag_close */

/* JET_wrnDefragAlreadyRunning; JET_errSuccess without a start while the database is held or after ese_defrag_close
 * (options->completed is not called then); JET_errOutOfThreads. *started says whether it runs. The caller keeps
 * the database from being detached during the call. */
JET_ERR ese_defrag_start(struct ese_defrag *defrag, struct ese_database *database,
                         const struct ese_defrag_options *options, bool *started);
/* Ends the task and waits for it. JET_wrnDefragNotRunning. *passes and *seconds are what it took; 0 when there was none. */
JET_ERR ese_defrag_stop(struct ese_defrag *defrag, uint32_t database, uint32_t *passes, uint32_t *seconds);

/* Queues one table, or all of them (NULL), unless they wait already. Success without effect like above. */
JET_ERR ese_defrag_queue(struct ese_defrag *defrag, struct ese_database *database, const char *table);
/* The queue rests, or goes on. Does not wait; the step that is under way is finished. */
void ese_defrag_pause(struct ese_defrag *defrag, bool paused);

/* Nothing starts any more; ends everything and waits for it. Costs next to nothing when nothing runs. */
void ese_defrag_close(struct ese_defrag *defrag);
/* The same for one database until released. False, and nothing happened: the caller is its task. */
bool ese_defrag_hold(struct ese_defrag *defrag, uint32_t database);
void ese_defrag_release(struct ese_defrag *defrag, uint32_t database);

/* The calling thread is one of the workers (so it runs a completion routine). */
bool ese_defrag_is_caller(const struct ese_defrag *defrag);

/* ---- defrag_pass.c --------------------------------------------------------------------------------------- */

/* One pass over the database (table NULL) or one table, until keep_going says no. JET_errObjectNotFound. */
JET_ERR ese_defrag_pass(struct ese_database *database, const char *table, const struct ese_defrag_options *options,
                        bool (*keep_going)(void *arg), void *arg);

#endif
