/* shims/preload/tests/memory.c - an update that is lost between two accesses to a variable that nobody touched before: built so that
 * its accesses are decision points (--memory). */
#include <pthread.h>
#include <stdio.h>

static int balance;

static void *deposit(void *unused) {
    for (int i = 0; i < 2; i++) {
        balance += 10;
    }
    return unused;
}

int main(void) {
    pthread_t threads[2];
    for (int i = 0; i < 2; i++) {
        pthread_create(&threads[i], NULL, deposit, NULL);
    }
    for (int i = 0; i < 2; i++) {
        pthread_join(threads[i], NULL);
    }
    if (balance != 40) {
        printf("40 were deposited, the balance is %d\n", balance);
        return 3;
    }
    return 0;
}
