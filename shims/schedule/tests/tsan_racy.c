/* shims/schedule/tests/tsan_racy.c - a race and, beside it, an access that is none. */
#include <pthread.h>
#include <stddef.h>

static int without_lock, with_lock;
static pthread_mutex_t mutex = PTHREAD_MUTEX_INITIALIZER;

static void *forgotten(void *unused) {
    (void)unused;
    without_lock++;
    return NULL;
}

static void *worker(void *unused) {
    pthread_mutex_lock(&mutex);
    with_lock++;
    pthread_mutex_unlock(&mutex);
    return forgotten(unused);
}

__attribute__((visibility("default"))) void racy(void *unused);
void racy(void *unused) {
    pthread_t thread[2];
    (void)unused;
    for (int i = 0; i < 2; i++) {
        pthread_create(&thread[i], NULL, worker, NULL);
    }
    for (int i = 0; i < 2; i++) {
        pthread_join(thread[i], NULL);
    }
}
