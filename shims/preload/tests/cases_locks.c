/* shims/preload/tests/cases_locks.c - right programs: what threads wait with. */
#include "shims/preload/tests/cases.h"

#include <errno.h>
#include <limits.h>
#include <linux/futex.h>
#include <semaphore.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdint.h>
#include <sys/syscall.h>
#include <threads.h>
#include <time.h>
#include <unistd.h>

static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static pthread_cond_t changed = PTHREAD_COND_INITIALIZER;
static int counter, ready;

static struct timespec in_ms(clockid_t clock, long ms) {
    struct timespec time;
    CHECK(clock_gettime(clock, &time) == 0);
    time.tv_sec += ms / 1000;
    time.tv_nsec += ms % 1000 * 1000000;
    time.tv_sec += time.tv_nsec / 1000000000;
    time.tv_nsec %= 1000000000;
    return time;
}

/* ---- mutexes of all kinds ---- */

static void *add_ten(void *mutex) {
    for (int i = 0; i < 10; i++) {
        CHECK(pthread_mutex_lock(mutex) == 0);
        int now = counter;
        counter = now + 1;
        CHECK(pthread_mutex_unlock(mutex) == 0);
    }
    return NULL;
}

static void mutex(void) {
    pthread_t a = case_start(add_ten, &lock), b = case_start(add_ten, &lock);
    case_join(a);
    case_join(b);
    CHECK(counter == 20);
}

static void *is_busy(void *mutex) {
    struct timespec soon = in_ms(CLOCK_REALTIME, 5), steady = in_ms(CLOCK_MONOTONIC, 5);
    CHECK(pthread_mutex_trylock(mutex) == EBUSY);
    CHECK(pthread_mutex_timedlock(mutex, &soon) == ETIMEDOUT);
    CHECK(pthread_mutex_clocklock(mutex, CLOCK_MONOTONIC, &steady) == ETIMEDOUT);
    return NULL;
}

static void mutex_kinds(void) {
    pthread_mutexattr_t attributes;
    pthread_mutex_t recursive, checking;
    pthread_mutexattr_init(&attributes);
    pthread_mutexattr_settype(&attributes, PTHREAD_MUTEX_RECURSIVE);
    pthread_mutex_init(&recursive, &attributes);
    pthread_mutexattr_settype(&attributes, PTHREAD_MUTEX_ERRORCHECK);
    pthread_mutex_init(&checking, &attributes);
    CHECK(pthread_mutex_lock(&recursive) == 0 && pthread_mutex_lock(&recursive) == 0);
    CHECK(pthread_mutex_unlock(&recursive) == 0);
    case_join(case_start(is_busy, &recursive));
    CHECK(pthread_mutex_unlock(&recursive) == 0 && pthread_mutex_unlock(&recursive) == EPERM);
    CHECK(pthread_mutex_lock(&checking) == 0 && pthread_mutex_lock(&checking) == EDEADLK);
    case_join(case_start(is_busy, &checking));
    CHECK(pthread_mutex_unlock(&checking) == 0 && pthread_mutex_unlock(&checking) == EPERM);
    CHECK(pthread_mutex_destroy(&recursive) == 0 && pthread_mutex_destroy(&checking) == 0);
}

static void *dies_with(void *mutex) {
    CHECK(pthread_mutex_lock(mutex) == 0);
    return NULL;
}

static void mutex_robust(void) {
    pthread_mutexattr_t attributes;
    pthread_mutex_t robust;
    pthread_mutexattr_init(&attributes);
    pthread_mutexattr_setrobust(&attributes, PTHREAD_MUTEX_ROBUST);
    pthread_mutex_init(&robust, &attributes);
    pthread_t thread = case_start(dies_with, &robust);
    struct timespec soon = in_ms(CLOCK_REALTIME, 1000000);
    case_join(thread);
    CHECK(pthread_mutex_timedlock(&robust, &soon) == EOWNERDEAD);
    CHECK(pthread_mutex_consistent(&robust) == 0);
    CHECK(pthread_mutex_unlock(&robust) == 0);
    case_join(case_start(dies_with, &robust));
    CHECK(pthread_mutex_trylock(&robust) == EOWNERDEAD);
    CHECK(pthread_mutex_unlock(&robust) == 0);
    CHECK(pthread_mutex_lock(&robust) == ENOTRECOVERABLE);
}

/* The mutex of a wait: what locking it again says is what the wait says. */
static pthread_mutex_t handed;
static void *dies_signalling(void *unused) {
    CHECK(pthread_mutex_lock(&handed) == 0);
    ready = 1;
    CHECK(pthread_cond_signal(&changed) == 0);
    return unused;
}

static void cond_mutexes(void) {
    pthread_mutexattr_t attributes;
    pthread_mutex_t checking;
    int result = 0;
    pthread_mutexattr_init(&attributes);
    pthread_mutexattr_setrobust(&attributes, PTHREAD_MUTEX_ROBUST);
    pthread_mutex_init(&handed, &attributes);
    CHECK(pthread_mutex_lock(&handed) == 0);
    pthread_t thread = case_start(dies_signalling, NULL);
    while (!ready) {
        result = pthread_cond_wait(&changed, &handed);
    }
    CHECK(result == EOWNERDEAD && pthread_mutex_consistent(&handed) == 0 && pthread_mutex_unlock(&handed) == 0);
    case_join(thread);
    pthread_mutexattr_init(&attributes);
    pthread_mutexattr_settype(&attributes, PTHREAD_MUTEX_ERRORCHECK);
    pthread_mutex_init(&checking, &attributes);
    CHECK(pthread_cond_wait(&changed, &checking) == EPERM);
}

/* A time that is none is looked at only when the mutex is not free. */
static void *is_invalid(void *mutex) {
    struct timespec none = {.tv_nsec = -1};
    CHECK(pthread_mutex_timedlock(mutex, &none) == EINVAL && pthread_mutex_clocklock(mutex, 77, &none) == EINVAL);
    return NULL;
}
static void mutex_no_time(void) {
    struct timespec none = {.tv_nsec = -1};
    CHECK(pthread_mutex_timedlock(&lock, &none) == 0);
    pthread_t a = case_start(is_invalid, &lock), b = case_start(add_ten, &lock);
    case_join(a);
    CHECK(pthread_mutex_unlock(&lock) == 0);
    case_join(b);
}

static pthread_spinlock_t spin;
static void *spin_ten(void *unused) {
    for (int i = 0; i < 10; i++) {
        CHECK(pthread_spin_lock(&spin) == 0);
        counter++;
        CHECK(pthread_spin_unlock(&spin) == 0);
    }
    return unused;
}

static void spin_lock(void) {
    CHECK(pthread_spin_init(&spin, PTHREAD_PROCESS_PRIVATE) == 0);
    pthread_t a = case_start(spin_ten, NULL), b = case_start(spin_ten, NULL);
    case_join(a);
    case_join(b);
    CHECK(counter == 20 && pthread_spin_trylock(&spin) == 0 && pthread_spin_trylock(&spin) == EBUSY);
}

/* ---- read-write locks ---- */

static pthread_rwlock_t rw = PTHREAD_RWLOCK_INITIALIZER;

static void *reads(void *unused) {
    struct timespec soon = in_ms(CLOCK_MONOTONIC, 5);
    CHECK(pthread_rwlock_rdlock(&rw) == 0);
    CHECK(counter % 2 == 0);
    CHECK(pthread_rwlock_unlock(&rw) == 0);
    int result = pthread_rwlock_clockrdlock(&rw, CLOCK_MONOTONIC, &soon);
    CHECK(result == 0 || result == ETIMEDOUT);
    CHECK(result != 0 || (counter % 2 == 0 && pthread_rwlock_unlock(&rw) == 0));
    return unused;
}

static void *writes(void *unused) {
    for (int i = 0; i < 5; i++) {
        struct timespec soon = in_ms(CLOCK_REALTIME, 1000000);
        CHECK((i % 2 != 0 ? pthread_rwlock_wrlock(&rw) : pthread_rwlock_timedwrlock(&rw, &soon)) == 0);
        counter++;
        sched_yield();
        counter++;
        CHECK(pthread_rwlock_unlock(&rw) == 0);
    }
    return unused;
}

static void rwlock(void) {
    pthread_t a = case_start(reads, NULL), b = case_start(writes, NULL), c = case_start(reads, NULL);
    case_join(a);
    case_join(b);
    case_join(c);
    CHECK(counter == 10 && pthread_rwlock_tryrdlock(&rw) == 0 && pthread_rwlock_trywrlock(&rw) == EBUSY);
}

/* ---- condition variables ---- */

static void *sets_ready(void *unused) {
    CHECK(pthread_mutex_lock(&lock) == 0);
    ready = 1;
    CHECK(pthread_cond_broadcast(&changed) == 0);
    CHECK(pthread_mutex_unlock(&lock) == 0);
    return unused;
}

static void cond(void) {
    pthread_t a = case_start(sets_ready, NULL);
    CHECK(pthread_mutex_lock(&lock) == 0);
    while (!ready) {
        CHECK(pthread_cond_wait(&changed, &lock) == 0);
    }
    CHECK(pthread_mutex_unlock(&lock) == 0);
    case_join(a);
}

static void cond_timed(void) {
    struct timespec begin = in_ms(CLOCK_MONOTONIC, 0), soon = in_ms(CLOCK_REALTIME, 50);
    CHECK(pthread_mutex_lock(&lock) == 0);
    CHECK(pthread_cond_timedwait(&changed, &lock, &soon) == ETIMEDOUT);
    soon = in_ms(CLOCK_MONOTONIC, 50);
    CHECK(pthread_cond_clockwait(&changed, &lock, CLOCK_MONOTONIC, &soon) == ETIMEDOUT);
    soon = in_ms(CLOCK_MONOTONIC, 0);
    CHECK((soon.tv_sec - begin.tv_sec) * 1000 + (soon.tv_nsec - begin.tv_nsec) / 1000000 >= 100);
    pthread_t a = case_start(sets_ready, NULL);
    soon = in_ms(CLOCK_REALTIME, 3600000);
    while (!ready) {
        CHECK(pthread_cond_timedwait(&changed, &lock, &soon) == 0);
    }
    CHECK(pthread_mutex_unlock(&lock) == 0);
    case_join(a);
}

/* ---- semaphores, barriers, once ---- */

static sem_t sem;
static void *posts(void *unused) {
    CHECK(sem_post(&sem) == 0);
    return unused;
}

static void semaphore(void) {
    struct timespec soon = in_ms(CLOCK_REALTIME, 5);
    CHECK(sem_init(&sem, 0, 0) == 0);
    CHECK(sem_trywait(&sem) == -1 && errno == EAGAIN);
    CHECK(sem_timedwait(&sem, &soon) == -1 && errno == ETIMEDOUT);
    soon = in_ms(CLOCK_MONOTONIC, 5);
    CHECK(sem_clockwait(&sem, CLOCK_MONOTONIC, &soon) == -1 && errno == ETIMEDOUT);
    pthread_t a = case_start(posts, NULL), b = case_start(posts, NULL);
    CHECK(sem_wait(&sem) == 0 && sem_wait(&sem) == 0);
    case_join(a);
    case_join(b);
}

static pthread_barrier_t barrier;
static atomic_int serial;
static void *meets(void *unused) {
    counter++;
    int result = pthread_barrier_wait(&barrier);
    CHECK(counter == 3 && (result == 0 || result == PTHREAD_BARRIER_SERIAL_THREAD));
    serial += result == PTHREAD_BARRIER_SERIAL_THREAD;
    return unused;
}

static void barriers(void) {
    CHECK(pthread_barrier_init(&barrier, NULL, 3) == 0);
    pthread_t a = case_start(meets, NULL), b = case_start(meets, NULL);
    meets(NULL);
    case_join(a);
    case_join(b);
    CHECK(serial == 1 && pthread_barrier_destroy(&barrier) == 0);
}

static pthread_once_t made_once = PTHREAD_ONCE_INIT;
static void initialise(void) {
    counter++;
    sched_yield();
    ready = 1;
}
static void *needs_it(void *unused) {
    CHECK(pthread_once(&made_once, initialise) == 0);
    CHECK(ready == 1 && counter == 1);
    return unused;
}
static void once(void) {
    pthread_t a = case_start(needs_it, NULL), b = case_start(needs_it, NULL);
    case_join(a);
    case_join(b);
}

/* A routine that is left by a cancellation begins anew in the next thread. */
static pthread_once_t left_once = PTHREAD_ONCE_INIT;
static void is_left(void) {
    counter++;
    if (counter < 3) {
        CHECK(pthread_cancel(pthread_self()) == 0);
        pthread_testcancel();
        CHECK(0);
    }
    sched_yield();
    ready = 1;
}
static void *leaves(void *unused) {
    CHECK(pthread_once(&left_once, is_left) == 0);
    CHECK(ready == 1);
    return unused;
}
static void once_left(void) {
    pthread_t threads[4];
    int left = 0;
    for (int i = 0; i < 4; i++) {
        threads[i] = case_start(leaves, NULL);
    }
    for (int i = 0; i < 4; i++) {
        left += case_join(threads[i]) == PTHREAD_CANCELED;
    }
    CHECK(left == 2 && counter == 3);
}

/* Another one at the same place. */
static void once_again(void) {
    for (int i = 0; i < 2; i++) {
        made_once = PTHREAD_ONCE_INIT;
        counter = ready = 0;
        once();
    }
}

/* ---- futexes by syscall() ---- */

static int word;
static void *wakes(void *unused) {
    __atomic_store_n(&word, 1, __ATOMIC_SEQ_CST);
    CHECK(syscall(SYS_futex, &word, FUTEX_WAKE_PRIVATE, INT_MAX, NULL, NULL, 0) >= 0);
    return unused;
}
static void futex(void) {
    struct timespec little = {.tv_nsec = 1000000};
    CHECK(syscall(SYS_futex, &word, FUTEX_WAIT_PRIVATE, 0, &little, NULL, 0) == -1 && errno == ETIMEDOUT);
    CHECK(syscall(SYS_futex, &word, FUTEX_WAIT_PRIVATE, 7, NULL, NULL, 0) == -1 && errno == EAGAIN);
    pthread_t a = case_start(wakes, NULL);
    while (__atomic_load_n(&word, __ATOMIC_SEQ_CST) == 0) {
        long result = syscall(SYS_futex, &word, FUTEX_WAIT_PRIVATE, 0, NULL, NULL, 0);
        CHECK(result == 0 || errno == EAGAIN);
    }
    case_join(a);
}

static void other_word(int number) {
    (void)number;
    word = 1;
}
static void *signals(void *target) {
    CHECK(pthread_kill(*(pthread_t *)target, SIGUSR1) == 0);
    return NULL;
}
static void futex_signal(void) {
    struct sigaction action = {.sa_handler = other_word};
    pthread_t self = pthread_self();
    CHECK(sigaction(SIGUSR1, &action, NULL) == 0);
    pthread_t a = case_start(signals, &self);
    while (__atomic_load_n(&word, __ATOMIC_SEQ_CST) == 0) {
        long result = syscall(SYS_futex, &word, FUTEX_WAIT_PRIVATE, 0, NULL, NULL, 0);
        CHECK(result == -1 && (errno == EAGAIN || errno == EINTR));
    }
    case_join(a);
}

/* ---- C11 ---- */

static mtx_t c11_lock;
static cnd_t c11_changed;
static once_flag c11_once = ONCE_FLAG_INIT;
static int c11_thread(void *unused) {
    (void)unused;
    struct timespec nap = {.tv_nsec = 1000};
    call_once(&c11_once, initialise);
    CHECK(thrd_sleep(&nap, NULL) == 0);
    CHECK(mtx_lock(&c11_lock) == thrd_success);
    counter++;
    CHECK(cnd_signal(&c11_changed) == thrd_success);
    CHECK(mtx_unlock(&c11_lock) == thrd_success);
    thrd_yield();
    return 7;
}
static void c11(void) {
    thrd_t thread;
    int result = 0;
    struct timespec soon;
    CHECK(mtx_init(&c11_lock, mtx_timed) == thrd_success && cnd_init(&c11_changed) == thrd_success);
    CHECK(timespec_get(&soon, TIME_UTC) == TIME_UTC);
    soon.tv_sec += 3600;
    CHECK(mtx_timedlock(&c11_lock, &soon) == thrd_success);
    CHECK(thrd_create(&thread, c11_thread, NULL) == thrd_success);
    while (counter < 2) {
        CHECK(cnd_timedwait(&c11_changed, &c11_lock, &soon) == thrd_success);
    }
    CHECK(mtx_trylock(&c11_lock) == thrd_busy);
    CHECK(mtx_unlock(&c11_lock) == thrd_success);
    CHECK(thrd_join(thread, &result) == thrd_success && result == 7);
}

const struct case_row case_locks[] = {
    {"mutex", mutex},       {"mutex-kinds", mutex_kinds}, {"mutex-robust", mutex_robust},
    {"spin", spin_lock},    {"rwlock", rwlock},           {"cond", cond},
    {"cond-timed", cond_timed}, {"semaphore", semaphore}, {"barrier", barriers},
    {"once", once},         {"futex", futex},             {"c11", c11},
    {"cond-mutexes", cond_mutexes}, {"mutex-no-time", mutex_no_time}, {"once-left", once_left},
    {"once-again", once_again}, {"futex-signal", futex_signal},
    {NULL, NULL}};
