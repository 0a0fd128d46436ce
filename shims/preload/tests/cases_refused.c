/* shims/preload/tests/cases_refused.c - programs that do what the scheduler cannot control: they are told so. */
#include "shims/preload/tests/cases.h"

#include <linux/futex.h>
#include <signal.h>
#include <stddef.h>
#include <sys/syscall.h>
#include <sys/time.h>
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

const struct case_row case_refused[] = {{"exec", replaces_itself},
                                        {"timer", timer},
                                        {"timer-of-processor", processor_timer},
                                        {"signal-with-value", signal_with_value},
                                        {"futex-requeue", requeue},
                                        {"too-many-threads", too_many},
                                        {NULL, NULL}};
