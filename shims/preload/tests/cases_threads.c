/* shims/preload/tests/cases_threads.c - right programs: how threads begin and end. */
#include "shims/preload/tests/cases.h"

#include <errno.h>
#include <fcntl.h>
#include <semaphore.h>
#include <stddef.h>
#include <stdlib.h>
#include <time.h>
#include <unistd.h>

static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static pthread_cond_t never = PTHREAD_COND_INITIALIZER;
static int counter;

static void *exits(void *value) {
    pthread_exit(value);
}

static void exit_of_thread(void) {
    int value = 0;
    CHECK(case_join(case_start(exits, &value)) == &value);
}

static void *counts(void *unused) {
    pthread_mutex_lock(&lock);
    counter++;
    pthread_mutex_unlock(&lock);
    return unused;
}

static void detached(void) {
    pthread_t thread = case_start(counts, NULL);
    CHECK(pthread_detach(thread) == 0);
    for (int now = 0; now == 0;) {
        pthread_mutex_lock(&lock);
        now = counter;
        pthread_mutex_unlock(&lock);
        sched_yield();
    }
}

/* The process goes on until the other thread has ended, and ends with 0. */
static void *ends_last(void *unused) {
    struct timespec nap = {.tv_sec = 1};
    nanosleep(&nap, NULL);
    CHECK(counter == 1); /* main's destructor has run */
    return unused;
}
static void counts_value(void *unused) {
    counts(unused);
}
static void exit_of_main(void) {
    pthread_key_t key;
    CHECK(pthread_key_create(&key, counts_value) == 0 && pthread_setspecific(key, &lock) == 0);
    (void)case_start(ends_last, NULL);
    pthread_exit(NULL);
}

static void join_timed(void) {
    struct timespec now;
    void *result = NULL;
    pthread_mutex_lock(&lock);
    pthread_t thread = case_start(counts, NULL);
    CHECK(pthread_tryjoin_np(thread, &result) == EBUSY);
    clock_gettime(CLOCK_REALTIME, &now);
    now.tv_sec++;
    CHECK(pthread_timedjoin_np(thread, &result, &now) == ETIMEDOUT);
    pthread_mutex_unlock(&lock);
    clock_gettime(CLOCK_MONOTONIC, &now);
    now.tv_sec += 1000;
    CHECK(pthread_clockjoin_np(thread, &result, CLOCK_MONOTONIC, &now) == 0);
}

/* A destructor locks: it is under control, too. */
static pthread_key_t key;
static void destroys(void *value) {
    CHECK(value == &key);
    counts(NULL);
}
static void *has_value(void *unused) {
    CHECK(pthread_setspecific(key, &key) == 0);
    return unused;
}
static void destructors(void) {
    CHECK(pthread_key_create(&key, destroys) == 0);
    pthread_t a = case_start(has_value, NULL), b = case_start(has_value, NULL);
    case_join(a);
    case_join(b);
    CHECK(counter == 2);
}

/* ---- cancellation ---- */

static void gives_back(void *unused) {
    counter++;
    CHECK(pthread_mutex_unlock(&lock) == 0);
    (void)unused;
}

static void *waits_for_ever(void *unused) {
    pthread_mutex_lock(&lock);
    pthread_cleanup_push(gives_back, NULL);
    for (;;) {
        pthread_cond_wait(&never, &lock);
    }
    pthread_cleanup_pop(1);
    return unused;
}

static void cancel_wait(void) {
    pthread_t thread = case_start(waits_for_ever, NULL);
    CHECK(pthread_cancel(thread) == 0);
    CHECK(case_join(thread) == PTHREAD_CANCELED);
    CHECK(pthread_mutex_trylock(&lock) == 0 && counter <= 1);
}

static void *sleeps_long(void *unused) {
    sleep(1000);
    return unused;
}
static void *reads_nothing(void *pipe_) {
    char byte;
    CHECK(read(*(int *)pipe_, &byte, 1) == 1);
    return NULL;
}
static void *tests(void *unused) {
    for (;;) {
        pthread_testcancel();
    }
    return unused;
}
static sem_t nobody_posts;
static void *waits_sem(void *unused) {
    CHECK(sem_wait(&nobody_posts) == 0);
    return unused;
}
static void cancel_points(void) {
    int ends[2];
    CHECK(pipe(ends) == 0 && sem_init(&nobody_posts, 0, 0) == 0);
    pthread_t all[] = {case_start(sleeps_long, NULL), case_start(reads_nothing, &ends[0]), case_start(tests, NULL),
                       case_start(waits_sem, NULL)};
    for (int i = 0; i < 4; i++) {
        CHECK(pthread_cancel(all[i]) == 0);
    }
    CHECK(case_join(all[1]) == PTHREAD_CANCELED && case_join(all[2]) == PTHREAD_CANCELED);
    CHECK(case_join(all[3]) == PTHREAD_CANCELED);
    (void)case_join(all[0]); /* may have slept to its end in virtual time */
}

static sem_t may_go;
static void *refuses_to_die(void *unused) {
    int before;
    CHECK(pthread_setcancelstate(PTHREAD_CANCEL_DISABLE, &before) == 0 && before == PTHREAD_CANCEL_ENABLE);
    CHECK(sem_post(&may_go) == 0);
    sleep(5);
    pthread_testcancel();
    counts(NULL);
    CHECK(pthread_setcancelstate(PTHREAD_CANCEL_ENABLE, &before) == 0 && before == PTHREAD_CANCEL_DISABLE);
    pthread_testcancel();
    CHECK(0);
    return unused;
}
static void cancel_disabled(void) {
    CHECK(sem_init(&may_go, 0, 0) == 0);
    pthread_t thread = case_start(refuses_to_die, NULL);
    CHECK(sem_wait(&may_go) == 0);
    CHECK(pthread_cancel(thread) == 0);
    CHECK(case_join(thread) == PTHREAD_CANCELED && counter == 1);
}

static void *spins(void *unused) {
    CHECK(pthread_setcanceltype(PTHREAD_CANCEL_ASYNCHRONOUS, NULL) == 0);
    for (;;) {
        sched_yield();
    }
    return unused;
}
static void *opens(void *unused) {
    for (;;) {
        close(open("/dev/null", O_WRONLY));
    }
    return unused;
}
static sem_t always;
static void *takes(void *unused) {
    for (;;) {
        CHECK(sem_wait(&always) == 0 && sem_post(&always) == 0);
    }
    return unused;
}
static void cancel_busy(void) {
    CHECK(sem_init(&always, 0, 1) == 0);
    pthread_t all[] = {case_start(spins, NULL), case_start(opens, NULL), case_start(takes, NULL)};
    for (int i = 0; i < 3; i++) {
        CHECK(pthread_cancel(all[i]) == 0);
    }
    for (int i = 0; i < 3; i++) {
        CHECK(case_join(all[i]) == PTHREAD_CANCELED);
    }
}

static void *joins_itself(void *unused) {
    CHECK(pthread_join(pthread_self(), NULL) == EDEADLK);
    return unused;
}
static void join_self(void) {
    case_join(case_start(joins_itself, NULL));
}

const struct case_row case_threads[] = {{"thread-exit", exit_of_thread},
                                        {"thread-detached", detached},
                                        {"thread-exit-of-main", exit_of_main},
                                        {"thread-join-timed", join_timed},
                                        {"thread-destructors", destructors},
                                        {"cancel-wait", cancel_wait},
                                        {"cancel-points", cancel_points},
                                        {"cancel-disabled", cancel_disabled},
                                        {"cancel-busy", cancel_busy},
                                        {"join-self", join_self},
                                        {NULL, NULL}};
