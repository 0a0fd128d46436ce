/*
 * The thread that writes what lazy commits left in memory, makes the next file ahead, and tells who asked what has become
 * durable. It exists from the first time it is needed, and sleeps without a time limit while nothing waits.
 */
#include "engine/log/internal.h"

/* Somebody wants to know, and there is something he does not know. */
static bool is_news(const struct ese_log *log)
{
    return log->on_durable != NULL && !log->told_failure &&
           (log->durable_commits > log->told_commits || log->failed != JET_errSuccess);
}

void ese_log_tell(struct ese_log *log)
{
    if (!is_news(log)) {
        return;
    }
    bool lost = log->failed != JET_errSuccess;
    uint64_t commits = log->durable_commits;
    log->told_commits = commits;
    log->told_failure = lost;
    ese_mutex_unlock(&log->mutex);
    log->on_durable(log->on_durable_arg, &log->signature, commits, lost);
    ese_mutex_lock(&log->mutex);
}

static void run(void *arg)
{
    struct ese_log *log = arg;
    ese_mutex_lock(&log->mutex);
    while (!log->flusher_stop) {
        uint64_t now = ese_time_ms();
        if (is_news(log)) {
            ese_log_tell(log);
        } else if (log->prepare) {
            ese_log_prepare(log);
        } else if (log->deadline == 0) {
            ese_cond_wait(&log->flusher_wake, &log->mutex);
        } else if (log->deadline > now) {
            (void)ese_cond_wait_for(&log->flusher_wake, &log->mutex, (uint32_t)(log->deadline - now));
        } else {
            log->deadline = 0;
            /* A failure is remembered by the log; the next one who needs it is told. */
            (void)ese_log_write_to(log, log->end, true);
        }
    }
    ese_mutex_unlock(&log->mutex);
}

/* Without a thread lazy commits are written by the next one who writes, and the next file is made when it is needed. */
static void start(struct ese_log *log)
{
    if (log->flusher == NULL && !log->flusher_stop) {
        (void)ese_thread_create(run, log, &log->flusher);
    }
}

void ese_log_promise(struct ese_log *log, uint32_t within_ms)
{
    uint64_t deadline = ese_time_ms() + within_ms;
    if (log->deadline != 0 && log->deadline <= deadline) {
        return;
    }
    log->deadline = deadline;
    start(log);
    ese_cond_signal(&log->flusher_wake);
}

void ese_log_want_prepared(struct ese_log *log)
{
    log->prepare = true;
    start(log);
    if (log->flusher == NULL) {
        log->prepare = false;
    }
    ese_cond_signal(&log->flusher_wake);
}

void ese_log_tell_soon(struct ese_log *log)
{
    if (is_news(log)) {
        start(log);                                 /* without a thread whoever closes the log tells */
        ese_cond_signal(&log->flusher_wake);
    }
}

void ese_log_stop_flusher(struct ese_log *log)
{
    ese_mutex_lock(&log->mutex);
    log->flusher_stop = true;
    struct ese_thread *thread = log->flusher;
    ese_cond_signal(&log->flusher_wake);
    ese_mutex_unlock(&log->mutex);
    if (thread != NULL) {
        ese_thread_join(thread);
    }
}
