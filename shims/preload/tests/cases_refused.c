/* shims/preload/tests/cases_refused.c - programs that do what the scheduler cannot control: they are told so. */
#include "shims/preload/tests/cases.h"

#include <linux/futex.h>
#include <sched.h>
#include <signal.h>
#include <stddef.h>
#include <sys/mman.h>
#include <sys/signalfd.h>
#include <sys/syscall.h>
#include <sys/time.h>
#include <sys/timerfd.h>
#include <time.h>
#include <unistd.h>

static void *nothing(void *unused) {
    return unused;
}

static void replaces_itself(void) {
    case_join(case_start(nothing, NULL));
    execl("/bin/true", "true", (char *)NULL);
}

static void timer(void) {
    timer_t made;
    struct sigevent event = {.sigev_notify = SIGEV_SIGNAL, .sigev_signo = SIGUSR1};
    case_join(case_start(nothing, NULL));
    (void)timer_create(CLOCK_MONOTONIC, &event, &made);
}

static void processor_timer(void) {
    struct itimerval time = {.it_value.tv_sec = 1};
    case_join(case_start(nothing, NULL));
    (void)setitimer(ITIMER_PROF, &time, NULL);
}

static void signal_with_value(void) {
    case_join(case_start(nothing, NULL));
    (void)sigqueue(getpid(), SIGUSR1, (union sigval){.sival_int = 1});
}

static void requeue(void) {
    static int from, to;
    case_join(case_start(nothing, NULL));
    (void)syscall(SYS_futex, &from, FUTEX_CMP_REQUEUE_PRIVATE, 1, 1, &to, 0);
}

static void too_many(void) {
    pthread_attr_t attributes;
    pthread_t thread;
    pthread_attr_init(&attributes);
    pthread_attr_setstacksize(&attributes, 65536);
    for (int i = 0; i < 200; i++) {
        CHECK(pthread_create(&thread, &attributes, nothing, NULL) == 0);
        CHECK(pthread_join(thread, NULL) == 0);
    }
}

static void timer_descriptor(void) {
    case_join(case_start(nothing, NULL));
    (void)timerfd_create(CLOCK_MONOTONIC, 0);
}

static void signal_descriptor(void) {
    sigset_t set;
    case_join(case_start(nothing, NULL));
    sigemptyset(&set);
    sigaddset(&set, SIGUSR1);
    (void)signalfd(-1, &set, 0);
}

static int runs(void *unused) {
    (void)unused;
    return 0;
}
static void cloned(void) {
    static char stack[65536];
    case_join(case_start(nothing, NULL));
    (void)clone(runs, stack + sizeof stack, CLONE_VM | CLONE_FS | CLONE_FILES, NULL);
}

static pthread_t first;
static void *joins_first(void *unused) {
    (void)case_join(first);
    return unused;
}
static void join_of_main(void) {
    first = pthread_self();
    (void)case_start(joins_first, NULL);
    pthread_exit(NULL);
}

/* A child signals it, which nobody here sees. */
static void shared_condition(void) {
    struct shared {
        pthread_mutex_t mutex;
        pthread_cond_t cond;
    } *shared = mmap(NULL, 4096, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    pthread_mutexattr_t mutex;
    pthread_condattr_t cond;
    pthread_mutexattr_init(&mutex);
    pthread_condattr_init(&cond);
    pthread_mutexattr_setpshared(&mutex, PTHREAD_PROCESS_SHARED);
    pthread_condattr_setpshared(&cond, PTHREAD_PROCESS_SHARED);
    CHECK(pthread_mutex_init(&shared->mutex, &mutex) == 0 && pthread_cond_init(&shared->cond, &cond) == 0);
    case_join(case_start(nothing, NULL));
    if (fork() == 0) {
        _exit(0);
    }
    pthread_mutex_lock(&shared->mutex);
    pthread_cond_wait(&shared->cond, &shared->mutex);
}

const struct case_row case_refused[] = {{"exec", replaces_itself},
                                        {"timer", timer},
                                        {"timer-of-processor", processor_timer},
                                        {"signal-with-value", signal_with_value},
                                        {"futex-requeue", requeue},
                                        {"too-many-threads", too_many},
                                        {"timer-descriptor", timer_descriptor},
                                        {"signal-descriptor", signal_descriptor},
                                        {"clone", cloned},
                                        {"join-of-main", join_of_main},
                                        {"shared-condition", shared_condition},
                                        {NULL, NULL}};
