/* shims/preload/tests/freed.c - memory is used after another thread has freed it, if that one comes between. */
#include <pthread.h>
#include <stdlib.h>

static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static int *shared;

static int *take(void) {
    pthread_mutex_lock(&lock);
    int *now = shared;
    pthread_mutex_unlock(&lock);
    return now;
}

static void *frees(void *unused) {
    int *mine = take();
    pthread_mutex_lock(&lock);
    shared = NULL;
    pthread_mutex_unlock(&lock);
    free(mine);
    return unused;
}

int main(void) {
    pthread_t thread;
    shared = calloc(1, sizeof *shared);
    if (shared == NULL || pthread_create(&thread, NULL, frees, NULL) != 0) {
        return 2;
    }
    int *mine = take();
    pthread_mutex_lock(&lock);
    if (mine != NULL) {
        *mine = 1;
    }
    pthread_mutex_unlock(&lock);
    return pthread_join(thread, NULL);
}
