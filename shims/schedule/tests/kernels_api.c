/* shims/schedule/tests/kernels_api.c - right programs about time, ends of threads and answers of locks.
 *
 * Part of the module of kernels (kernels.c says how they run). */
#include "shims/schedule/tests/kernels.h"

#include <errno.h>
#include <pthread.h>
#include <sched.h>
#include <semaphore.h>
#include <stddef.h>
#include <stdint.h>
#include <threads.h>
#include <time.h>
#include <unistd.h>

/* ---- time ---------------------------------------------------------------------------------------- */

static volatile int order[3], next;

static void *sleeper(void *number) {
    sleep((unsigned)(3 - (intptr_t)number) * 3600);
    order[next++] = (int)(intptr_t)number;
    return NULL;
}

EXPORT void kernel_sleepers(void *unused);
void kernel_sleepers(void *unused) {
    pthread_t thread[3];
    pthread_mutex_t mutex = PTHREAD_MUTEX_INITIALIZER;
    pthread_cond_t cond = PTHREAD_COND_INITIALIZER;
    struct timespec before, after;
    (void)unused;
    next = 0;
    clock_gettime(CLOCK_MONOTONIC, &before);
    for (intptr_t i = 0; i < 3; i++) {
        pthread_create(&thread[i], NULL, sleeper, (void *)i);
    }
    for (int i = 0; i < 3; i++) {
        pthread_join(thread[i], NULL);
    }
    clock_gettime(CLOCK_MONOTONIC, &after);
    CHECK(order[0] == 2 && order[1] == 1 && order[2] == 0, "sleepers woke in the wrong order");
    CHECK(after.tv_sec - before.tv_sec >= 3 * 3600, "the clock did not see the sleep");
    CHECK(after.tv_sec - before.tv_sec < 3 * 3600 + 10, "the clock ran away");
    after.tv_sec += 100;
    pthread_mutex_lock(&mutex);
    CHECK(pthread_cond_timedwait(&cond, &mutex, &after) == ETIMEDOUT, "nobody signalled");
    pthread_mutex_unlock(&mutex);
    clock_gettime(CLOCK_MONOTONIC, &before);
    CHECK(before.tv_sec >= after.tv_sec, "the wait ended early");
}

EXPORT void kernel_spinner(void *unused);
void kernel_spinner(void *unused) {
    (void)unused;
    for (;;) {
        sched_yield();
    }
}

/* ---- ends of threads ------------------------------------------------------------------------------- */

static pthread_key_t key;
static pthread_mutex_t key_mutex;
static volatile int destroyed;

static void destroy(void *value) {
    (void)value;
    pthread_mutex_lock(&key_mutex); /* under control: else nobody would hand the turn on */
    destroyed++;
    pthread_mutex_unlock(&key_mutex);
}

static void *with_key(void *number) {
    pthread_setspecific(key, number);
    if ((intptr_t)number == 2) {
        pthread_exit((void *)7);
    }
    return NULL;
}

EXPORT void kernel_keys(void *unused);
void kernel_keys(void *unused) {
    pthread_t thread[3];
    void *result = NULL;
    (void)unused;
    destroyed = 0;
    pthread_mutex_init(&key_mutex, NULL);
    pthread_key_create(&key, destroy);
    for (intptr_t i = 0; i < 3; i++) {
        pthread_create(&thread[i], NULL, with_key, (void *)(i + 1));
    }
    for (int i = 0; i < 3; i++) {
        pthread_join(thread[i], &result);
        CHECK(result == (i == 1 ? (void *)7 : NULL), "a thread's result was lost");
    }
    CHECK(destroyed == 3, "a destructor did not run before its thread had ended");
    pthread_key_delete(key);
}

static mtx_t c11_mutex;
static cnd_t c11_cond;
static once_flag c11_once = ONCE_FLAG_INIT;
static volatile int c11_made, c11_ready;

static void c11_make(void) {
    c11_made++;
}

static int c11_thread(void *number) {
    call_once(&c11_once, c11_make);
    mtx_lock(&c11_mutex);
    c11_ready++;
    cnd_broadcast(&c11_cond);
    while (c11_ready < 3) {
        cnd_wait(&c11_cond, &c11_mutex);
    }
    mtx_unlock(&c11_mutex);
    thrd_yield();
    return (int)(intptr_t)number;
}

EXPORT void kernel_c11(void *unused);
void kernel_c11(void *unused) {
    thrd_t thread[3];
    (void)unused;
    c11_ready = 0;
    mtx_init(&c11_mutex, mtx_plain);
    cnd_init(&c11_cond);
    for (intptr_t i = 0; i < 3; i++) {
        CHECK(thrd_create(&thread[i], c11_thread, (void *)(i * 5)) == thrd_success, "no thread");
    }
    for (int i = 0; i < 3; i++) {
        int result = -1;
        CHECK(thrd_join(thread[i], &result) == thrd_success && result == i * 5, "a wrong result");
    }
    CHECK(c11_made == 1, "made twice");
    cnd_destroy(&c11_cond);
    mtx_destroy(&c11_mutex);
}

/* ---- answers --------------------------------------------------------------------------------------- */

EXPORT void kernel_answers(void *unused);
void kernel_answers(void *unused) {
    pthread_mutexattr_t attributes;
    pthread_mutex_t normal, recursive, checked;
    pthread_rwlock_t lock = PTHREAD_RWLOCK_INITIALIZER;
    struct timespec soon;
    sem_t sem;
    (void)unused;
    pthread_mutexattr_init(&attributes);
    pthread_mutex_init(&normal, &attributes);
    pthread_mutexattr_settype(&attributes, PTHREAD_MUTEX_RECURSIVE);
    pthread_mutex_init(&recursive, &attributes);
    pthread_mutexattr_settype(&attributes, PTHREAD_MUTEX_ERRORCHECK);
    pthread_mutex_init(&checked, &attributes);
    sem_init(&sem, 0, 1);

    CHECK(pthread_mutex_lock(&normal) == 0 && pthread_mutex_trylock(&normal) == EBUSY, "normal");
    clock_gettime(CLOCK_REALTIME, &soon);
    soon.tv_sec += 5;
    CHECK(pthread_mutex_timedlock(&normal, &soon) == ETIMEDOUT, "normal, timed");
    CHECK(pthread_mutex_unlock(&normal) == 0 && pthread_mutex_trylock(&normal) == 0, "free again");
    pthread_mutex_unlock(&normal);
    CHECK(pthread_mutex_lock(&recursive) == 0 && pthread_mutex_lock(&recursive) == 0 &&
              pthread_mutex_trylock(&recursive) == 0, "recursive");
    pthread_mutex_unlock(&recursive);
    pthread_mutex_unlock(&recursive);
    pthread_mutex_unlock(&recursive);
    CHECK(pthread_mutex_unlock(&checked) == EPERM, "not locked");
    CHECK(pthread_mutex_lock(&checked) == 0 && pthread_mutex_lock(&checked) == EDEADLK, "twice");
    pthread_mutex_unlock(&checked);

    CHECK(pthread_rwlock_rdlock(&lock) == 0 && pthread_rwlock_tryrdlock(&lock) == 0, "two readers");
    CHECK(pthread_rwlock_trywrlock(&lock) == EBUSY, "a writer beside readers");
    pthread_rwlock_unlock(&lock);
    pthread_rwlock_unlock(&lock);
    CHECK(pthread_rwlock_wrlock(&lock) == 0 && pthread_rwlock_tryrdlock(&lock) == EBUSY, "writer");
    CHECK(pthread_rwlock_wrlock(&lock) == EDEADLK, "writer twice");
    pthread_rwlock_unlock(&lock);

    CHECK(sem_wait(&sem) == 0, "semaphore");
    errno = 0;
    CHECK(sem_trywait(&sem) == -1 && errno == EAGAIN, "an empty semaphore");
    clock_gettime(CLOCK_REALTIME, &soon);
    soon.tv_sec += 5;
    CHECK(sem_timedwait(&sem, &soon) == -1 && errno == ETIMEDOUT, "an empty semaphore, timed");
    CHECK(sem_post(&sem) == 0 && sem_trywait(&sem) == 0, "posted");
    sem_destroy(&sem);
    pthread_mutexattr_destroy(&attributes);
}

/* ---- threads end in every way but pthread_exit -------------------------------------------------------- */

static pthread_mutex_t ends_lock = PTHREAD_MUTEX_INITIALIZER;
static int ended;

static void *returns(void *value) {
    return value;
}

static void *counts(void *unused) {
    pthread_mutex_lock(&ends_lock);
    ended++;
    pthread_mutex_unlock(&ends_lock);
    return unused;
}

static void *is_cancelled(void *unused) {
    struct timespec long_time = {.tv_sec = 1000};
    while (nanosleep(&long_time, NULL) == 0) {
        pthread_testcancel();
    }
    return unused;
}

EXPORT void kernel_ends(void *unused);
void kernel_ends(void *unused) {
    static int values[2];
    pthread_t first, second, third;
    void *result = NULL;
    (void)unused;
    ended = 0;
    for (int round = 0; round < 3; round++) {
        pthread_create(&first, NULL, returns, &values[0]);
        pthread_create(&second, NULL, returns, &values[1]);
        if (pthread_equal(first, second)) {
            kernel_fail("two threads at once are the same");
        }
        pthread_join(second, &result);
        if (result != &values[1]) {
            kernel_fail("the second returned something else");
        }
        pthread_create(&third, NULL, is_cancelled, NULL);
        if (pthread_equal(first, third)) {
            kernel_fail("a thread that nobody has joined was used again");
        }
        pthread_join(first, &result);
        if (result != &values[0]) {
            kernel_fail("the first returned something else");
        }
        pthread_cancel(third);
        pthread_join(third, &result);
        if (result != PTHREAD_CANCELED) {
            kernel_fail("was not cancelled");
        }
        pthread_create(&first, NULL, counts, NULL);
        pthread_detach(first);
    }
    for (int here = 0; here < 3;) {
        pthread_mutex_lock(&ends_lock);
        here = ended;
        pthread_mutex_unlock(&ends_lock);
        sched_yield();
    }
}

/* ---- more memory than the scheduler tells words of apart ---------------------------------------------- */

#define WIDE_PAGES 9000
#define WIDE_PAGE 4096
static char wide[(WIDE_PAGES + 1) * WIDE_PAGE];

static void *adds_far_away(void *unused) {
    volatile int *far = (volatile int *)(void *)&wide[WIDE_PAGES * WIDE_PAGE];
    int was = *far;
    *far = was + 1;
    return unused;
}

/* An update is lost in memory behind that which fits. */
EXPORT void kernel_wide(void *unused);
void kernel_wide(void *unused) {
    volatile int *far = (volatile int *)(void *)&wide[WIDE_PAGES * WIDE_PAGE];
    pthread_t thread[2];
    (void)unused;
    for (int i = 0; i < WIDE_PAGES; i++) {
        *(volatile char *)&wide[i * WIDE_PAGE] = 1;
    }
    *far = 0;
    for (int i = 0; i < 2; i++) {
        pthread_create(&thread[i], NULL, adds_far_away, NULL);
    }
    for (int i = 0; i < 2; i++) {
        pthread_join(thread[i], NULL);
    }
    CHECK(*far == 2, "an update was lost");
}
