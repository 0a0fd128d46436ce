/* shims/preload/tests/cases_wrong.c - programs with a bug that some orders of their threads show. */
#include "shims/preload/tests/cases.h"

#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

static pthread_mutex_t first = PTHREAD_MUTEX_INITIALIZER, second = PTHREAD_MUTEX_INITIALIZER;
static int balance, *pointer;

static int read_balance(void) {
    pthread_mutex_lock(&first);
    int now = balance;
    pthread_mutex_unlock(&first);
    return now;
}

static void *deposit(void *amount) {
    int before = read_balance();
    pthread_mutex_lock(&first);
    balance = before + *(int *)amount;
    pthread_mutex_unlock(&first);
    return NULL;
}

static void lost_update(void) {
    int amounts[2] = {10, 20};
    pthread_t a = case_start(deposit, &amounts[0]), b = case_start(deposit, &amounts[1]);
    case_join(a);
    case_join(b);
    if (balance != 30) {
        fprintf(stderr, "30 were deposited, the balance is %d\n", balance);
        exit(3);
    }
}

static void *backwards(void *unused) {
    pthread_mutex_lock(&second);
    pthread_mutex_lock(&first);
    pthread_mutex_unlock(&first);
    pthread_mutex_unlock(&second);
    return unused;
}

static void deadlock(void) {
    pthread_t thread = case_start(backwards, NULL);
    pthread_mutex_lock(&first);
    pthread_mutex_lock(&second);
    pthread_mutex_unlock(&second);
    pthread_mutex_unlock(&first);
    case_join(thread);
}

static void *clears(void *unused) {
    pthread_mutex_lock(&first);
    pointer = NULL;
    pthread_mutex_unlock(&first);
    return unused;
}

static void crash(void) {
    int value = 1;
    pointer = &value;
    pthread_t thread = case_start(clears, NULL);
    pthread_mutex_lock(&first);
    int there = pointer != NULL;
    pthread_mutex_unlock(&first);
    pthread_mutex_lock(&first);
    *(there ? (int *volatile)pointer : &value) = 2;
    pthread_mutex_unlock(&first);
    case_join(thread);
}

static void *sets(void *unused) {
    pthread_mutex_lock(&first);
    balance = balance == 0 ? 2 : balance;
    pthread_mutex_unlock(&first);
    return unused;
}

/* Spins for ever when the other thread comes second. */
static void livelock(void) {
    pthread_t thread = case_start(sets, NULL);
    pthread_mutex_lock(&first);
    balance = balance == 0 ? 1 : balance;
    pthread_mutex_unlock(&first);
    while (read_balance() != 2) {
        sched_yield();
    }
    case_join(thread);
}

static void abort_(void) {
    pthread_t thread = case_start(sets, NULL);
    if (read_balance() == 2) {
        abort();
    }
    case_join(thread);
}

/* Each reads from the other's pipe before it writes: known to be a deadlock after a while of real time. */
static int here[2], there[2];
static void *reads_first(void *unused) {
    char byte;
    if (read(there[0], &byte, 1) == 1) {
        (void)!write(here[1], &byte, 1);
    }
    return unused;
}
static void pipes(void) {
    char byte = 0;
    if (pipe(here) != 0 || pipe(there) != 0) {
        exit(2);
    }
    pthread_t thread = case_start(reads_first, NULL), other = case_start(sets, NULL);
    if (read_balance() == 0) {
        (void)!write(there[1], &byte, 1);
    }
    (void)!read(here[0], &byte, 1);
    case_join(thread);
    case_join(other);
}

/* No decision ever again. */
static void hang(void) {
    pthread_t thread = case_start(sets, NULL);
    if (read_balance() == 2) {
        for (volatile int i = 0; i >= 0; i = i == 1000 ? 0 : i + 1) {
        }
    }
    case_join(thread);
}

/* Who comes first of three says how it ends. */
static void *claims(void *number) {
    pthread_mutex_lock(&first);
    balance = balance == 0 ? *(int *)number : balance;
    pthread_mutex_unlock(&first);
    return NULL;
}
static void two_ways(void) {
    int numbers[3] = {1, 2, 3};
    pthread_t threads[3];
    for (int i = 0; i < 3; i++) {
        threads[i] = case_start(claims, &numbers[i]);
    }
    for (int i = 0; i < 3; i++) {
        case_join(threads[i]);
    }
    if (balance != 1) {
        fprintf(stderr, "thread %d was the first\n", balance);
        exit(balance);
    }
}

/* The last of two frees what both have; the other one looks at it when it has given the lock back. */
static void *puts_down(void *unused) {
    pthread_mutex_lock(&first);
    bool last = --balance == 0;
    pthread_mutex_unlock(&first);
    if (last) {
        pointer = NULL;
    } else if (pointer == NULL) {
        fprintf(stderr, "it was gone behind the unlock\n");
        exit(3);
    }
    return unused;
}
static void behind_unlock(void) {
    balance = 2;
    pointer = &balance;
    pthread_t a = case_start(puts_down, NULL), b = case_start(puts_down, NULL);
    case_join(a);
    case_join(b);
}

/* Waiting unlocks a recursive mutex once. */
static pthread_mutex_t recursive = PTHREAD_RECURSIVE_MUTEX_INITIALIZER_NP;
static pthread_cond_t changed = PTHREAD_COND_INITIALIZER;
static void *changes(void *unused) {
    pthread_mutex_lock(&recursive);
    balance = 1;
    pthread_cond_signal(&changed);
    pthread_mutex_unlock(&recursive);
    return unused;
}
static void locked_twice(void) {
    pthread_mutex_lock(&recursive);
    pthread_mutex_lock(&recursive);
    pthread_t thread = case_start(changes, NULL);
    while (balance == 0) {
        pthread_cond_wait(&changed, &recursive);
    }
    case_join(thread);
}

/* A writer comes between the two locks of one reader, who then waits for the writer. */
static pthread_rwlock_t writers_first = PTHREAD_RWLOCK_WRITER_NONRECURSIVE_INITIALIZER_NP;
static void *writes(void *unused) {
    pthread_rwlock_wrlock(&writers_first);
    pthread_rwlock_unlock(&writers_first);
    return unused;
}
static void read_twice(void) {
    pthread_t thread = case_start(writes, NULL);
    pthread_rwlock_rdlock(&writers_first);
    sched_yield();
    pthread_rwlock_rdlock(&writers_first);
    pthread_rwlock_unlock(&writers_first);
    pthread_rwlock_unlock(&writers_first);
    case_join(thread);
}

/* Something else than the order of threads says how it ends: the number that the system has for the process. */
static void by_chance(void) {
    char number[20] = "";
    case_join(case_start(sets, NULL));
    if (readlink("/proc/self", number, sizeof number - 1) > 0 && atoi(number) / 3 % 2 != 0) {
        fprintf(stderr, "the number is not liked\n");
        exit(4);
    }
}

/* Nobody sends one. */
static void no_signal(void) {
    pthread_t thread = case_start(sets, NULL);
    pause();
    case_join(thread);
}

const struct case_row case_wrong[] = {{"lost-update", lost_update}, {"deadlock", deadlock}, {"crash", crash},
                                      {"livelock", livelock},       {"abort", abort_},      {"hang", hang},
                                      {"pipe-deadlock", pipes},     {"two-ways", two_ways},
                                      {"behind-unlock", behind_unlock},
                                      {"locked-twice", locked_twice}, {"read-twice", read_twice},
                                      {"no-signal", no_signal},     {"by-chance", by_chance},
                                      {NULL, NULL}};
