/* shims/preload/tests/leaks.c - a right program with LeakSanitizer, which would look for leaks at its end. */
#include <pthread.h>
#include <stdlib.h>

static void *volatile lost;

static void *allocates(void *unused) {
    lost = malloc(10);
    return unused;
}

int main(void) {
    pthread_t a, b;
    if (pthread_create(&a, NULL, allocates, NULL) != 0 || pthread_create(&b, NULL, allocates, NULL) != 0) {
        return 2;
    }
    pthread_join(a, NULL);
    pthread_join(b, NULL);
    lost = NULL;
    return 0;
}
