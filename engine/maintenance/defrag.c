/* Starting and ending online defragmentation: the threads. What they do to trees is in defrag_pass.c. */
#include "engine/maintenance/defrag.h"

#include <string.h>

#include "engine/table/database.h"

#define PASS_MS_LEAST 3600000u                      /* without a limit a pass begins once in an hour (as the original) */

struct ese_defrag_request {
    struct ese_defrag_request *next;
    struct ese_database *database;
    uint32_t id;                                    /* of the database */
    char *table;                                    /* NULL: all of them */
};

static void free_request(struct ese_defrag_request *request)
{
    if (request != NULL) {
        ese_free(request->table);
        ese_free(request);
    }
}

/* ---- life ------------------------------------------------------------------------------------------------ */

static struct ese_defrag_worker *worker_of(struct ese_defrag *defrag, unsigned index)
{
    return index < ESE_DATABASE_MAX ? &defrag->task[index].worker : &defrag->queue_worker;
}

static void fini_some(struct ese_defrag *defrag, unsigned workers)
{
    while (workers-- != 0) {
        ese_cond_fini(&worker_of(defrag, workers)->wake);
    }
    ese_cond_fini(&defrag->settled);
    ese_mutex_fini(&defrag->mutex);
}

JET_ERR ese_defrag_init(struct ese_defrag *defrag)
{
    memset(defrag, 0, sizeof *defrag);
    JET_ERR err = ese_mutex_init(&defrag->mutex);
    if (err != JET_errSuccess) {
        return err;
    }
    err = ese_cond_init(&defrag->settled);
    if (err != JET_errSuccess) {
        ese_mutex_fini(&defrag->mutex);
        return err;
    }
    for (unsigned i = 0; i <= ESE_DATABASE_MAX; i++) {
        err = ese_cond_init(&worker_of(defrag, i)->wake);
        if (err != JET_errSuccess) {
            fini_some(defrag, i);
            return err;
        }
    }
    for (unsigned i = 0; i < ESE_DATABASE_MAX; i++) {
        defrag->task[i].owner = defrag;
    }
    return JET_errSuccess;
}

void ese_defrag_fini(struct ese_defrag *defrag)
{
    fini_some(defrag, ESE_DATABASE_MAX + 1);
}

/* ---- workers --------------------------------------------------------------------------------------------- */

/* Mutex held; given back for a moment. Joins a thread that has nothing more to do, and in turn one that somebody else
 * has meanwhile launched and that is through already. */
static void reap(struct ese_defrag *defrag, struct ese_defrag_worker *worker)
{
    while (!worker->running && worker->thread != NULL) {
        struct ese_thread *thread = worker->thread;
        worker->thread = NULL;
        ese_mutex_unlock(&defrag->mutex);
        ese_thread_join(thread);
        ese_mutex_lock(&defrag->mutex);
        defrag->live--;
    }
}

/* Mutex held. The worker is not running and reaped. */
static JET_ERR launch(struct ese_defrag *defrag, struct ese_defrag_worker *worker, void (*run)(void *arg), void *arg)
{
    worker->term = false;
    worker->finishing = false;
    worker->running = true;
    defrag->live++;
    JET_ERR err = ese_thread_create(run, arg, &worker->thread);
    if (err != JET_errSuccess) {
        worker->running = false;
        defrag->live--;
    }
    return err;
}

static void ask_to_end(struct ese_defrag_worker *worker)
{
    worker->term = true;
    ese_cond_signal(&worker->wake);
}

/* Mutex held. */
static void await(struct ese_defrag *defrag, struct ese_defrag_worker *worker)
{
    if (worker->running && worker->id == ese_thread_id()) {
        return;
    }
    while (worker->running) {
        ese_cond_wait(&defrag->settled, &defrag->mutex);
    }
    reap(defrag, worker);
}

/* The end of a thread: the last it does with the object. */
static void sign_off(struct ese_defrag *defrag, struct ese_defrag_worker *worker)
{
    worker->running = false;
    worker->id = 0;
    ese_cond_broadcast(&defrag->settled);
    ese_mutex_unlock(&defrag->mutex);
}

/* ---- tasks: whole databases ------------------------------------------------------------------------------ */

static bool task_goes_on(void *arg)
{
    struct ese_defrag_task *task = arg;
    return !task->worker.term && (task->deadline == 0 || ese_time_ms() < task->deadline);
}

/* Until the next pass is due. */
static void rest(struct ese_defrag_task *task, uint64_t due)
{
    if (task->deadline != 0 && task->deadline < due) {
        due = task->deadline;
    }
    ese_mutex_lock(&task->owner->mutex);
    for (uint64_t now = ese_time_ms(); !task->worker.term && now < due; now = ese_time_ms()) {
        ese_cond_wait_for(&task->worker.wake, &task->owner->mutex, (uint32_t)(due - now));
    }
    ese_mutex_unlock(&task->owner->mutex);
}

static void run_task(void *arg)
{
    struct ese_defrag_task *task = arg;
    struct ese_defrag *defrag = task->owner;
    task->worker.id = ese_thread_id();
    ese_thread_stand_back();
    while (task_goes_on(task)) {
        uint64_t began = ese_time_ms();
        /* What one tree or table suffers from is met again by whoever uses it. */
        (void)ese_defrag_pass(task->database, NULL, &task->options, task_goes_on, task);
        if (!task_goes_on(task)) {
            break;
        }
        ese_mutex_lock(&defrag->mutex);
        uint32_t passes = ++task->passes;
        ese_mutex_unlock(&defrag->mutex);
        if (task->options.passes != 0 && passes >= task->options.passes) {
            break;
        }
        if (task->options.passes == 0) {
            rest(task, began + PASS_MS_LEAST);
        }
    }
    ese_mutex_lock(&defrag->mutex);
    task->worker.finishing = true;
    ese_mutex_unlock(&defrag->mutex);
    if (task->options.completed != NULL) {
        task->options.completed(task->options.arg);
    }
    ese_mutex_lock(&defrag->mutex);
    sign_off(defrag, &task->worker);
}

JET_ERR ese_defrag_start(struct ese_defrag *defrag, struct ese_database *database,
                         const struct ese_defrag_options *options, bool *started)
{
    struct ese_defrag_task *task = &defrag->task[ese_database_id(database) - 1];
    JET_ERR err = JET_errSuccess;
    *started = false;
    ese_mutex_lock(&defrag->mutex);
    if (task->worker.finishing) {
        await(defrag, &task->worker);               /* it has said its last word, or is about to: for a stop it is over */
    }
    reap(defrag, &task->worker);
    if (task->worker.running) {
        err = JET_wrnDefragAlreadyRunning;
    } else if (!defrag->closed && task->holds == 0) {
        task->database = database;
        task->options = *options;
        task->passes = 0;
        task->started = ese_time_ms();
        task->deadline = options->seconds != 0 ? task->started + options->seconds * (uint64_t)1000 : 0;
        err = launch(defrag, &task->worker, run_task, task);
        *started = err == JET_errSuccess;
    }
    ese_mutex_unlock(&defrag->mutex);
    return err;
}

JET_ERR ese_defrag_stop(struct ese_defrag *defrag, uint32_t database, uint32_t *passes, uint32_t *seconds)
{
    struct ese_defrag_task *task = &defrag->task[database - 1];
    JET_ERR err = JET_wrnDefragNotRunning;
    *passes = *seconds = 0;
    ese_mutex_lock(&defrag->mutex);
    if (task->worker.running && !task->worker.finishing && !task->worker.term) {
        uint64_t started = task->started;
        ask_to_end(&task->worker);
        await(defrag, &task->worker);
        *passes = task->passes;
        *seconds = (uint32_t)((ese_time_ms() - started) / 1000);
        err = JET_errSuccess;
    }
    ese_mutex_unlock(&defrag->mutex);
    return err;
}

/* ---- the queue: tables by name --------------------------------------------------------------------------- */

static bool queue_goes_on(void *arg)
{
    struct ese_defrag *defrag = arg;
    return !defrag->queue_worker.term && !defrag->cancel && !defrag->paused;
}

/* Mutex held. Waits while the queue rests. NULL: nothing is left to do, or the thread should end. */
static struct ese_defrag_request *take_request(struct ese_defrag *defrag)
{
    while (defrag->paused && !defrag->queue_worker.term && defrag->queue != NULL) {
        ese_cond_wait(&defrag->queue_worker.wake, &defrag->mutex);
    }
    struct ese_defrag_request *request = defrag->queue_worker.term ? NULL : defrag->queue;
    if (request != NULL) {
        defrag->queue = request->next;
        defrag->cancel = false;
        defrag->current = request;
    }
    return request;
}

static void run_queue(void *arg)
{
    static const struct ese_defrag_options options = { .partial = true };
    struct ese_defrag *defrag = arg;
    struct ese_defrag_request *request;
    defrag->queue_worker.id = ese_thread_id();
    ese_thread_stand_back();
    ese_mutex_lock(&defrag->mutex);
    while ((request = take_request(defrag)) != NULL) {
        ese_mutex_unlock(&defrag->mutex);
        (void)ese_defrag_pass(request->database, request->table, &options, queue_goes_on, defrag);
        ese_mutex_lock(&defrag->mutex);
        defrag->current = NULL;
        if (defrag->paused && !defrag->cancel) {
            request->next = defrag->queue;          /* interrupted: from its beginning when the rest is over */
            defrag->queue = request;
        } else {
            free_request(request);
        }
        ese_cond_broadcast(&defrag->settled);
    }
    sign_off(defrag, &defrag->queue_worker);
}

static bool waits(const struct ese_defrag *defrag, uint32_t database, const char *table)
{
    const struct ese_defrag_request *at = defrag->queue;
    while (at != NULL && (at->id != database || (at->table != NULL && (table == NULL || strcmp(at->table, table) != 0)))) {
        at = at->next;
    }
    return at != NULL;
}

/* Mutex held. The request, which is no longer in the queue; NULL if it was not any more. */
static struct ese_defrag_request *take_off(struct ese_defrag *defrag, const struct ese_defrag_request *request)
{
    struct ese_defrag_request **at = &defrag->queue, *found;
    while (*at != NULL && *at != request) {
        at = &(*at)->next;
    }
    found = *at;
    if (found != NULL) {
        *at = found->next;
    }
    return found;
}

JET_ERR ese_defrag_queue(struct ese_defrag *defrag, struct ese_database *database, const char *table)
{
    struct ese_defrag_request *made = ese_calloc(1, sizeof *made);
    if (made == NULL) {
        return JET_errOutOfMemory;
    }
    made->database = database;
    made->id = ese_database_id(database);
    made->table = table != NULL ? ese_strdup(table) : NULL;
    if (table != NULL && made->table == NULL) {
        ese_free(made);
        return JET_errOutOfMemory;
    }
    JET_ERR err = JET_errSuccess;
    ese_mutex_lock(&defrag->mutex);
    if (!defrag->closed && defrag->task[made->id - 1].holds == 0 && !waits(defrag, made->id, table)) {
        struct ese_defrag_request **end = &defrag->queue;
        while (*end != NULL) {
            end = &(*end)->next;
        }
        *end = made;
        reap(defrag, &defrag->queue_worker);
        if (!defrag->queue_worker.running && defrag->queue != NULL) {
            err = launch(defrag, &defrag->queue_worker, run_queue, defrag);
        }
        made = err == JET_errSuccess ? NULL : take_off(defrag, made); /* nobody would ever take it */
    }
    ese_mutex_unlock(&defrag->mutex);
    free_request(made);
    return err;
}

void ese_defrag_pause(struct ese_defrag *defrag, bool paused)
{
    ese_mutex_lock(&defrag->mutex);
    defrag->paused = paused;
    ese_cond_signal(&defrag->queue_worker.wake);
    ese_mutex_unlock(&defrag->mutex);
}

/* Mutex held. Takes the requests of a database (0: of all) off the queue and sees to it that none is under way. */
static void clear_queue(struct ese_defrag *defrag, uint32_t database)
{
    for (struct ese_defrag_request **at = &defrag->queue; *at != NULL;) {
        struct ese_defrag_request *request = *at;
        if (database != 0 && request->id != database) {
            at = &request->next;
            continue;
        }
        *at = request->next;
        free_request(request);
    }
    if (defrag->queue == NULL) {
        ese_cond_signal(&defrag->queue_worker.wake);
    }
    while (defrag->current != NULL && (database == 0 || defrag->current->id == database)) {
        defrag->cancel = true;
        ese_cond_wait(&defrag->settled, &defrag->mutex);
    }
}

/* ---- ending ---------------------------------------------------------------------------------------------- */

void ese_defrag_close(struct ese_defrag *defrag)
{
    /* Whoever starts something sets live and looks at closed under the mutex; so it is seen here or not started. */
    ese_mutex_lock(&defrag->mutex);
    defrag->closed = true;
    if (defrag->live != 0) {
        for (unsigned i = 0; i <= ESE_DATABASE_MAX; i++) {
            if (worker_of(defrag, i)->running) {
                ask_to_end(worker_of(defrag, i));
            }
        }
        clear_queue(defrag, 0);
        for (unsigned i = 0; i <= ESE_DATABASE_MAX; i++) {
            await(defrag, worker_of(defrag, i));
        }
    }
    ese_mutex_unlock(&defrag->mutex);
}

bool ese_defrag_hold(struct ese_defrag *defrag, uint32_t database)
{
    struct ese_defrag_task *task = &defrag->task[database - 1];
    ese_mutex_lock(&defrag->mutex);
    if (task->worker.running && task->worker.id == ese_thread_id()) {
        ese_mutex_unlock(&defrag->mutex);
        return false;
    }
    task->holds++;
    if (task->worker.running) {
        ask_to_end(&task->worker);
    }
    clear_queue(defrag, database);
    await(defrag, &task->worker);
    ese_mutex_unlock(&defrag->mutex);
    return true;
}

void ese_defrag_release(struct ese_defrag *defrag, uint32_t database)
{
    ese_mutex_lock(&defrag->mutex);
    defrag->task[database - 1].holds--;
    ese_mutex_unlock(&defrag->mutex);
}

bool ese_defrag_is_caller(const struct ese_defrag *defrag)
{
    if (defrag->live == 0) {
        return false;
    }
    uint64_t self = ese_thread_id();
    bool found = defrag->queue_worker.id == self;
    for (unsigned i = 0; i < ESE_DATABASE_MAX && !found; i++) {
        found = defrag->task[i].worker.id == self;
    }
    return found;
}
