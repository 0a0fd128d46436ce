/* shims/schedule/tests/kernels_memory.c - what code does with memory that it gave back, and a wait that ends by the clock.
 *
 * kernel_size says which of them; a module together with kernels.c.
 */
#include <errno.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#define EXPORT __attribute__((visibility("default")))

extern void (*kernel_fail)(const char *message);
extern int kernel_size;

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
