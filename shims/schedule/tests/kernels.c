/* shims/schedule/tests/kernels.c - small programs with one concurrency bug each.
 *
 * The shapes are those of the public benchmark for schedule exploration (SCTBench and what it took from
 * others), written anew. Each kernel puts its statics right, starts its threads, joins them, and calls
 * kernel_fail when the bug has shown; kernel_size is how many threads of the repeated kind it
 * starts. A module of its own: its imports are redirected, its memory accesses are decision points.
 */
#include "shims/schedule/tests/kernels.h"

#include <pthread.h>
#include <semaphore.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

void (*kernel_fail)(const char *message);
int kernel_size = 3;

#define THREADS 128
static pthread_t thread[THREADS];
static int threads;

static void start(void *(*run)(void *), intptr_t number) {
    pthread_create(&thread[threads++], NULL, run, (void *)number);
}

static void join_all(void) {
    for (int i = 0; i < threads; i++) {
        pthread_join(thread[i], NULL);
    }
    threads = 0;
}

#define MUTEX(name) static pthread_mutex_t name
#define RESET(name) pthread_mutex_init(&name, NULL)

MUTEX(first);
MUTEX(second);
static volatile int a, b, data1, data2;

/* ---- lost update on an account ------------------------------------------------------------------- */

static void *deposit(void *unused) {
    (void)unused;
    int balance = a;
    a = balance + 100;
    return NULL;
}

EXPORT void kernel_account(void *unused);
void kernel_account(void *unused) {
    (void)unused;
    threads = a = 0;
    start(deposit, 0);
    start(deposit, 1);
    join_all();
    CHECK(a == 200, "a deposit was lost");
}

/* The same with a variable that nobody touches before the threads do. */
static volatile int fresh;

static void *deposit_first(void *unused) {
    (void)unused;
    int balance = fresh;
    fresh = balance + 100;
    return NULL;
}

EXPORT void kernel_fresh(void *unused);
void kernel_fresh(void *unused) {
    static int expected;
    (void)unused;
    threads = 0;
    start(deposit_first, 0);
    start(deposit_first, 1);
    join_all();
    int is = fresh, should = expected + 200;
    expected = is;
    CHECK(is == should, "a deposit was lost");
}

/* ---- lazy initialisation without a lock ----------------------------------------------------------- */

static void *use_lazily(void *unused) {
    (void)unused;
    if (data1 == 0) {
        data1 = 1;
        data2++;
    }
    return NULL;
}

EXPORT void kernel_lazy(void *unused);
void kernel_lazy(void *unused) {
    (void)unused;
    threads = data1 = data2 = 0;
    start(use_lazily, 0);
    start(use_lazily, 1);
    join_all();
    CHECK(data2 == 1, "initialised twice");
}

/* ---- two locks in two orders ---------------------------------------------------------------------- */

static void *one_two(void *unused) {
    (void)unused;
    pthread_mutex_lock(&first);
    pthread_mutex_lock(&second);
    a++;
    pthread_mutex_unlock(&second);
    pthread_mutex_unlock(&first);
    return NULL;
}

static void *two_one(void *unused) {
    (void)unused;
    pthread_mutex_lock(&second);
    pthread_mutex_lock(&first);
    a++;
    pthread_mutex_unlock(&first);
    pthread_mutex_unlock(&second);
    return NULL;
}

EXPORT void kernel_deadlock(void *unused);
void kernel_deadlock(void *unused) {
    (void)unused;
    threads = 0;
    RESET(first);
    RESET(second);
    start(one_two, 0);
    start(two_one, 0);
    join_all();
}

/* ---- two-stage update ----------------------------------------------------------------------------- */

static void *stage_writer(void *unused) {
    (void)unused;
    pthread_mutex_lock(&first);
    data1 = 1;
    pthread_mutex_unlock(&first);
    pthread_mutex_lock(&second);
    data2 = data1 + 1;
    pthread_mutex_unlock(&second);
    return NULL;
}

static void *stage_reader(void *unused) {
    (void)unused;
    pthread_mutex_lock(&first);
    if (data1 == 0) {
        pthread_mutex_unlock(&first);
        return NULL;
    }
    int seen = data1;
    pthread_mutex_unlock(&first);
    pthread_mutex_lock(&second);
    int other = data2;
    pthread_mutex_unlock(&second);
    CHECK(other == seen + 1, "the second stage was not reached");
    return NULL;
}

EXPORT void kernel_twostage(void *unused);
void kernel_twostage(void *unused) {
    (void)unused;
    threads = data1 = data2 = 0;
    RESET(first);
    RESET(second);
    for (int i = 0; i < kernel_size - 1; i++) {
        start(stage_writer, i);
    }
    start(stage_reader, 0);
    join_all();
}

/* ---- reorder: a and b set by many, looked at by one ------------------------------------------------ */

static void *set_both(void *unused) {
    (void)unused;
    a = 1;
    b = -1;
    return NULL;
}

static void *check_both(void *unused) {
    (void)unused;
    CHECK((a == 0 && b == 0) || (a == 1 && b == -1), "half set"); /* up to four reads */
    return NULL;
}

EXPORT void kernel_reorder(void *unused);
void kernel_reorder(void *unused) {
    (void)unused;
    threads = a = b = 0;
    for (int i = 0; i < kernel_size; i++) {
        start(set_both, i);
    }
    start(check_both, 0);
    join_all();
}

/* ---- the wrong lock -------------------------------------------------------------------------------- */

static void *with_first(void *unused) {
    (void)unused;
    pthread_mutex_lock(&first);
    int before = a;
    a++;
    CHECK(a == before + 1, "changed under the lock");
    pthread_mutex_unlock(&first);
    return NULL;
}

static void *with_second(void *unused) {
    (void)unused;
    pthread_mutex_lock(&second);
    a++;
    pthread_mutex_unlock(&second);
    return NULL;
}

EXPORT void kernel_wronglock(void *unused);
void kernel_wronglock(void *unused) {
    (void)unused;
    threads = a = 0;
    RESET(first);
    RESET(second);
    start(with_first, 0);
    for (int i = 0; i < kernel_size; i++) {
        start(with_second, i);
    }
    join_all();
}

/* ---- a stack whose pop looks without the lock ------------------------------------------------------ */

static volatile int top, item[16];

static void *push_items(void *unused) {
    (void)unused;
    for (int i = 0; i < 3; i++) {
        pthread_mutex_lock(&first);
        item[top] = i + 1;
        top = top + 1;
        pthread_mutex_unlock(&first);
    }
    return NULL;
}

static void *pop_items(void *unused) {
    (void)unused;
    for (int i = 0; i < 3; i++) {
        if (top > 0) {
            pthread_mutex_lock(&first);
            top = top - 1;
            CHECK(top >= 0, "popped from an empty stack");
            pthread_mutex_unlock(&first);
        }
    }
    return NULL;
}

EXPORT void kernel_stack(void *unused);
void kernel_stack(void *unused) {
    (void)unused;
    threads = top = 0;
    RESET(first);
    start(push_items, 0);
    start(pop_items, 0);
    start(pop_items, 1);
    join_all();
}

/* ---- a driver whose stop races an operation in flight ---------------------------------------------- */

static volatile int stopping, idle, pending, stopped;

static void driver_leave(void) {
    pthread_mutex_lock(&first);
    pending--;
    int left = pending;
    pthread_mutex_unlock(&first);
    if (left == 0) {
        idle = 1;
    }
}

static void *driver_stop(void *unused) {
    (void)unused;
    stopping = 1;
    driver_leave();
    if (idle != 0) {
        stopped = 1;
    }
    return NULL;
}

EXPORT void kernel_stopflag(void *unused);
void kernel_stopflag(void *unused) {
    (void)unused;
    threads = stopping = idle = stopped = 0;
    pending = 1;
    RESET(first);
    start(driver_stop, 0);
    if (stopping == 0) {
        pthread_mutex_lock(&first);
        pending++;
        pthread_mutex_unlock(&first);
        CHECK(stopped == 0, "an operation runs on a stopped driver");
    }
    driver_leave();
    join_all();
}

/* ---- a token that is to go round once -------------------------------------------------------------- */

static volatile int token[4];

static void *pass_token(void *number) {
    int self = (int)(intptr_t)number;
    token[(self + 1) % 4] = token[self] + 1;
    return NULL;
}

EXPORT void kernel_token(void *unused);
void kernel_token(void *unused) {
    (void)unused;
    threads = 0;
    for (int i = 0; i < 4; i++) {
        token[i] = 0;
    }
    for (int i = 0; i < 3; i++) {
        start(pass_token, i);
    }
    join_all();
    CHECK(token[3] != 1 || token[2] != 1, "the token was passed before it came");
}

/* ---- a bounded buffer with `if` for `while` -------------------------------------------------------- */

static pthread_cond_t changed;
static volatile int filled, taken;

static void *produce(void *unused) {
    (void)unused;
    for (int i = 0; i < 2; i++) {
        pthread_mutex_lock(&first);
        if (filled == 1) {
            pthread_cond_wait(&changed, &first);
        }
        filled++;
        CHECK(filled <= 1, "the buffer overflowed");
        pthread_cond_signal(&changed);
        pthread_mutex_unlock(&first);
    }
    return NULL;
}

static void *consume(void *unused) {
    (void)unused;
    for (int i = 0; i < 2; i++) {
        pthread_mutex_lock(&first);
        if (filled == 0) {
            pthread_cond_wait(&changed, &first);
        }
        filled--;
        taken++;
        CHECK(filled >= 0, "taken from an empty buffer");
        pthread_cond_signal(&changed);
        pthread_mutex_unlock(&first);
    }
    return NULL;
}

EXPORT void kernel_buffer(void *unused);
void kernel_buffer(void *unused) {
    (void)unused;
    threads = filled = taken = 0;
    RESET(first);
    pthread_cond_init(&changed, NULL);
    start(produce, 0);
    start(consume, 0);
    start(produce, 1);
    start(consume, 1);
    join_all();
}

/* ---- a work-stealing queue that forgets to look again ----------------------------------------------- */

static volatile int head, tail, task[8], done[8];

static void *own_queue(void *unused) {
    (void)unused;
    for (int i = 0; i < 3; i++) {
        task[tail] = i;
        tail = tail + 1;
    }
    while (true) {
        int at = tail - 1;
        tail = at;
        if (head > at) { /* a thief may have taken the last one just now */
            tail = at + 1;
            return NULL;
        }
        done[task[at]]++;
    }
}

static void *steal(void *unused) {
    (void)unused;
    for (int i = 0; i < 2; i++) {
        pthread_mutex_lock(&first);
        int at = head;
        if (at < tail) {
            head = at + 1;
            done[task[at]]++;
        }
        pthread_mutex_unlock(&first);
    }
    return NULL;
}

EXPORT void kernel_stealing(void *unused);
void kernel_stealing(void *unused) {
    (void)unused;
    threads = head = tail = 0;
    for (int i = 0; i < 8; i++) {
        task[i] = done[i] = 0;
    }
    RESET(first);
    start(own_queue, 0);
    start(steal, 0);
    join_all();
    for (int i = 0; i < 3; i++) {
        CHECK(done[i] == 1, "a task was done twice or never");
    }
}

/* ---- a string buffer whose length is read before its text ------------------------------------------- */

static char text[16];
static volatile int length;

static void *erase(void *unused) {
    (void)unused;
    pthread_mutex_lock(&first);
    length = 0;
    pthread_mutex_unlock(&first);
    return NULL;
}

static void *append(void *unused) {
    (void)unused;
    pthread_mutex_lock(&first);
    int size = length;
    pthread_mutex_unlock(&first);
    pthread_mutex_lock(&first);
    CHECK(size <= length, "copied beyond the end");
    pthread_mutex_unlock(&first);
    return NULL;
}

EXPORT void kernel_string(void *unused);
void kernel_string(void *unused) {
    (void)unused;
    threads = 0;
    length = 8;
    text[0] = 'x';
    RESET(first);
    start(append, 0);
    start(erase, 0);
    join_all();
}

/* ---- right programs: nothing is to be found in them -------------------------------------------------- */

static sem_t room, filled_slots;
static pthread_rwlock_t gate;
static pthread_barrier_t meeting;
static pthread_once_t once;
static volatile int made, sum;

static void make(void) {
    made++;
}

static void *careful(void *number) {
    pthread_once(&once, make);
    pthread_barrier_wait(&meeting);
    sem_wait(&room);
    pthread_rwlock_wrlock(&gate);
    sum += (int)(intptr_t)number;
    pthread_rwlock_unlock(&gate);
    sem_post(&room);
    pthread_rwlock_rdlock(&gate);
    CHECK(sum > 0 && made == 1, "a right program went wrong");
    pthread_rwlock_unlock(&gate);
    sem_post(&filled_slots);
    return NULL;
}

EXPORT void kernel_right(void *unused);
void kernel_right(void *unused) {
    (void)unused;
    threads = made = sum = 0;
    once = (pthread_once_t)PTHREAD_ONCE_INIT;
    sem_init(&room, 0, 2);
    sem_init(&filled_slots, 0, 0);
    pthread_rwlock_init(&gate, NULL);
    pthread_barrier_init(&meeting, NULL, 3);
    for (int i = 1; i <= 3; i++) {
        start(careful, i);
    }
    for (int i = 0; i < 3; i++) {
        sem_wait(&filled_slots);
    }
    join_all();
    CHECK(sum == 6, "a right program lost an addition");
    pthread_barrier_destroy(&meeting);
    pthread_rwlock_destroy(&gate);
    sem_destroy(&room);
    sem_destroy(&filled_slots);
}
