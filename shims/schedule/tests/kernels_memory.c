/* shims/schedule/tests/kernels_memory.c - what code does with memory that it gave back, and a wait that ends by the clock.
 *
 * Also what only two words at once, or a function of libc, reads and writes. kernel_size says which of them; a module together with kernels.c.
 */
#include "shims/schedule/tests/kernels.h"

#include <errno.h>
#include <pthread.h>
#include <semaphore.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

static char *volatile block, *volatile other;

EXPORT void kernel_freed(void *unused);
void kernel_freed(void *unused) {
    (void)unused;
    block = malloc(100);
    memset(block, 1, 100);
    switch (kernel_size) {
    case 0: /* nothing is wrong */
        other = realloc(block, 300);
        if (other[99] != 1) {
            kernel_fail("realloc lost what the block had");
        }
        block = other;
        break;
    case 1:
        free(block);
        break;
    case 2:
        other = block;
        free(block);
        other[50] = 2;
        return;
    case 3:
        other = block;
        block = realloc(block, 200);
        other[60] = 2;
        break;
    case 4:
        other = block;
        free(block);
        if (other[40] == 1) {
            kernel_fail("freed memory is as it was");
        }
        return;
    default:
        break;
    }
    free(block);
}

static pthread_mutex_t mutex;
static pthread_cond_t cond;
static volatile int busy;

static void *wait_for_time(void *unused) {
    struct timespec until;
    (void)unused;
    clock_gettime(CLOCK_REALTIME, &until);
    until.tv_nsec += 100000000;
    if (until.tv_nsec >= 1000000000) {
        until.tv_nsec -= 1000000000;
        until.tv_sec++;
    }
    pthread_mutex_lock(&mutex);
    int result = pthread_cond_timedwait(&cond, &mutex, &until);
    if (result == ETIMEDOUT && busy) {
        kernel_fail("time passed while others worked");
    }
    pthread_mutex_unlock(&mutex);
    return NULL;
}

EXPORT void kernel_timer(void *unused);
void kernel_timer(void *unused) {
    pthread_t thread;
    (void)unused;
    pthread_mutex_init(&mutex, NULL);
    pthread_cond_init(&cond, NULL);
    busy = 1;
    pthread_create(&thread, NULL, wait_for_time, NULL);
    for (int i = 0; i < 300; i++) {
        pthread_mutex_lock(&mutex);
        busy = i < 299;
        pthread_mutex_unlock(&mutex);
    }
    pthread_join(thread, NULL);
}

/* A pointer and its tag in one, as lock-free code has them. */
__extension__ typedef unsigned __int128 wide;
static _Alignas(16) wide tagged;

static void *add_to_tagged(void *unused) {
    wide seen = __atomic_load_n(&tagged, __ATOMIC_SEQ_CST);
    wide next = seen + ((wide)1 << 64 | 1);
    (void)unused;
    switch (kernel_size) {
    case 0:
        while (!__atomic_compare_exchange_n(&tagged, &seen, seen + ((wide)1 << 64 | 1), 0, __ATOMIC_SEQ_CST,
                                            __ATOMIC_SEQ_CST)) {
        }
        break;
    case 1: /* another thread's addition comes between */
        __atomic_store_n(&tagged, next, __ATOMIC_SEQ_CST);
        break;
    case 2:
        __atomic_fetch_add(&tagged, (wide)1 << 64 | 1, __ATOMIC_SEQ_CST);
        break;
    default:
        (void)__atomic_exchange_n(&tagged, next, __ATOMIC_SEQ_CST);
        break;
    }
    return NULL;
}

EXPORT void kernel_tagged(void *unused);
void kernel_tagged(void *unused) {
    pthread_t thread[2];
    (void)unused;
    __atomic_store_n(&tagged, 0, __ATOMIC_SEQ_CST);
    for (int i = 0; i < 2; i++) {
        pthread_create(&thread[i], NULL, add_to_tagged, NULL);
    }
    for (int i = 0; i < 2; i++) {
        pthread_join(thread[i], NULL);
    }
    wide after = __atomic_load_n(&tagged, __ATOMIC_SEQ_CST);
    if ((uint64_t)after != 2 || (uint64_t)(after >> 64) != 2) {
        kernel_fail("an update of two words was lost");
    }
}

/* What no access of the compiler's reads: `text` is looked at by functions of libc alone. */
static char text[16];
static const char *volatile versions[] = {"first", "second"};

static void *rewrite(void *unused) {
    (void)unused;
    switch (kernel_size) {
    case 0: strcpy(text, versions[1]); break;
    case 1: (void)!stpcpy(text, versions[1]); break;
    case 2: strncpy(text, versions[1], sizeof text - 1); break;
    default: memcpy(text, versions[1], 7); break;
    }
    return NULL;
}

/* Whether `text` is version n. */
static int text_is(int n) {
    const char *with = versions[n];
    size_t size = n == 0 ? 5 : 6;
    switch (kernel_size) {
    case 0: return strcmp(text, with) == 0;
    case 1: return strncmp(text, with, sizeof text) == 0;
    case 2: return strlen(text) == size;
    case 3: return memcmp(text, with, size) == 0;
    default: return memchr(text, with[0], 1) != NULL;
    }
}

EXPORT void kernel_text(void *unused);
void kernel_text(void *unused) {
    pthread_t thread;
    (void)unused;
    memcpy(text, versions[0], 6);
    pthread_create(&thread, NULL, rewrite, NULL);
    int is_second = text_is(1); /* behind this it may change */
    int is_first = text_is(0);
    pthread_join(thread, NULL);
    if (!is_first && !is_second) {
        kernel_fail("a text was changed between two looks at it");
    }
}

/* Who lets another thread go on, and looks behind that at what this one does at once. */
static int done_by_other;
static pthread_rwlock_t gate;
static sem_t post;
static pthread_spinlock_t spin;

static void *goes_on(void *unused) {
    (void)unused;
    switch (kernel_size) {
    case 1: pthread_mutex_lock(&mutex); break;
    case 2: pthread_rwlock_rdlock(&gate); break;
    case 3: sem_wait(&post); break;
    case 4: pthread_spin_lock(&spin); break;
    case 5:
        pthread_mutex_lock(&mutex);
        while (busy) {
            pthread_cond_wait(&cond, &mutex);
        }
        break;
    default: break;
    }
    done_by_other = 1;
    switch (kernel_size) {
    case 1:
    case 5: pthread_mutex_unlock(&mutex); break;
    case 2: pthread_rwlock_unlock(&gate); break;
    case 4: pthread_spin_unlock(&spin); break;
    default: break;
    }
    return NULL;
}

EXPORT void kernel_behind(void *unused);
void kernel_behind(void *unused) {
    pthread_t thread;
    (void)unused;
    done_by_other = 0;
    busy = 1;
    pthread_mutex_init(&mutex, NULL);
    pthread_cond_init(&cond, NULL);
    pthread_rwlock_init(&gate, NULL);
    sem_init(&post, 0, 0);
    pthread_spin_init(&spin, 0);
    switch (kernel_size) {
    case 1: pthread_mutex_lock(&mutex); break;
    case 2: pthread_rwlock_wrlock(&gate); break;
    case 4: pthread_spin_lock(&spin); break;
    default: break;
    }
    pthread_create(&thread, NULL, goes_on, NULL);
    switch (kernel_size) {
    case 1: pthread_mutex_unlock(&mutex); break;
    case 2: pthread_rwlock_unlock(&gate); break;
    case 3: sem_post(&post); break;
    case 4: pthread_spin_unlock(&spin); break;
    case 5:
        pthread_mutex_lock(&mutex);
        busy = 0;
        pthread_mutex_unlock(&mutex);
        pthread_cond_signal(&cond);
        break;
    default: break;
    }
    int seen = done_by_other;
    pthread_join(thread, NULL);
    sem_destroy(&post);
    pthread_rwlock_destroy(&gate);
    if (seen != 0) {
        kernel_fail("the other thread was faster");
    }
}
