/* shims/preload/tests/cases_process.c - right programs: what belongs to the process. */
#include "shims/preload/tests/cases.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/auxv.h>
#include <sys/random.h>
#include <sys/select.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/time.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static pthread_t seen_by;
static volatile sig_atomic_t seen;
static int started;

static void sees(int number) {
    seen_by = pthread_self();
    seen = number;
}

static void handle(int number, int flags) {
    struct sigaction action = {.sa_handler = sees, .sa_flags = flags};
    CHECK(sigaction(number, &action, NULL) == 0);
}

/* ---- signals ---- */

static void *waits_signalled(void *unused) {
    pthread_mutex_lock(&lock);
    started = 1;
    pthread_mutex_unlock(&lock);
    pause();
    CHECK(seen == SIGUSR1 && pthread_equal(seen_by, pthread_self()));
    return unused;
}

static int has_started(void) {
    pthread_mutex_lock(&lock);
    int now = started;
    pthread_mutex_unlock(&lock);
    return now;
}

static void signal_to_thread(void) {
    handle(SIGUSR1, 0);
    pthread_t thread = case_start(waits_signalled, NULL);
    sigset_t set;
    sigemptyset(&set);
    sigaddset(&set, SIGUSR1);
    while (!has_started()) {
        sched_yield();
    }
    /* Between the flag and pause() it would be lost, as ever: so again and again. */
    while (pthread_tryjoin_np(thread, NULL) == EBUSY) {
        CHECK(pthread_kill(thread, SIGUSR1) == 0);
    }
}

static void *takes(void *unused) {
    sigset_t set;
    int number = 0;
    sigemptyset(&set);
    sigaddset(&set, SIGUSR2);
    CHECK(sigwait(&set, &number) == 0 && number == SIGUSR2);
    return unused;
}

static void signal_wait(void) {
    sigset_t set, old;
    sigemptyset(&set);
    sigaddset(&set, SIGUSR2);
    CHECK(pthread_sigmask(SIG_BLOCK, &set, &old) == 0 && sigismember(&old, SIGUSR2) == 0);
    pthread_t thread = case_start(takes, NULL);
    CHECK(kill(getpid(), SIGUSR2) == 0);
    case_join(thread);
    struct timespec soon = {.tv_nsec = 1000000};
    CHECK(sigtimedwait(&set, NULL, &soon) == -1 && errno == EAGAIN);
    CHECK(raise(SIGUSR2) == 0 && sigpending(&old) == 0 && sigismember(&old, SIGUSR2) == 1);
    CHECK(sigtimedwait(&set, NULL, &soon) == SIGUSR2);
}

static void *sends(void *target) {
    CHECK(pthread_kill(*(pthread_t *)target, SIGUSR1) == 0);
    return NULL;
}

static void signal_interrupts(void) {
    pthread_t self = pthread_self();
    handle(SIGUSR1, 0);
    sigset_t set, old;
    sigemptyset(&set);
    sigaddset(&set, SIGUSR1);
    CHECK(pthread_sigmask(SIG_BLOCK, &set, &old) == 0);
    pthread_t thread = case_start(sends, &self);
    CHECK(sigsuspend(&old) == -1 && errno == EINTR && seen == SIGUSR1);
    case_join(thread);
}

static void *nothing(void *unused) {
    return unused;
}

static void alarms(void) {
    struct timespec begin, end;
    struct itimerval timer = {.it_value.tv_sec = 3};
    pthread_t thread = case_start(nothing, NULL);
    handle(SIGALRM, 0);
    clock_gettime(CLOCK_MONOTONIC, &begin);
    CHECK(setitimer(ITIMER_REAL, &timer, NULL) == 0);
    CHECK(alarm(2) == 3);
    CHECK(sleep(1000) >= 997 && seen == SIGALRM);
    clock_gettime(CLOCK_MONOTONIC, &end);
    CHECK(end.tv_sec - begin.tv_sec >= 1 && end.tv_sec - begin.tv_sec <= 3);
    case_join(thread);
}

/* ---- other processes ---- */

static void *forks(void *unused) {
    int status = 0;
    pid_t child = fork();
    if (child == 0) {
        pthread_t thread;
        _exit(pthread_create(&thread, NULL, nothing, NULL) == 0 && pthread_join(thread, NULL) == 0 ? 7 : 8);
    }
    CHECK(child > 0 && waitpid(child, &status, 0) == child);
    CHECK(WIFEXITED(status) && WEXITSTATUS(status) == 7);
    return unused;
}

static void forking(void) {
    pthread_t a = case_start(forks, NULL), b = case_start(forks, NULL);
    case_join(a);
    case_join(b);
    CHECK(system("exit 5") == 5 << 8);
}

/* ---- pipes and sockets between threads ---- */

static int ends[2];
static void *writes(void *unused) {
    CHECK(write(ends[1], "ab", 2) == 2);
    return unused;
}

static void pipes(void) {
    char bytes[2];
    struct pollfd one;
    CHECK(pipe(ends) == 0);
    one = (struct pollfd){.fd = ends[0], .events = POLLIN};
    CHECK(poll(&one, 1, 100) == 0);
    pthread_t thread = case_start(writes, NULL);
    CHECK(poll(&one, 1, -1) == 1 && read(ends[0], bytes, 1) == 1 && bytes[0] == 'a');
    case_join(thread);
    CHECK(read(ends[0], bytes, 1) == 1 && bytes[0] == 'b');
    thread = case_start(writes, NULL);
    CHECK(read(ends[0], bytes, 2) == 2);
    case_join(thread);
}

static void *answers(void *unused) {
    char byte;
    fd_set set;
    FD_ZERO(&set);
    FD_SET(ends[1], &set);
    CHECK(select(ends[1] + 1, &set, NULL, NULL, NULL) == 1 && recv(ends[1], &byte, 1, 0) == 1);
    CHECK(send(ends[1], &byte, 1, 0) == 1);
    return unused;
}

static void sockets(void) {
    char byte = 'x', back = 0;
    CHECK(socketpair(AF_UNIX, SOCK_STREAM, 0, ends) == 0);
    pthread_t thread = case_start(answers, NULL);
    CHECK(send(ends[0], &byte, 1, 0) == 1 && recv(ends[0], &back, 1, 0) == 1 && back == byte);
    case_join(thread);
}

/* ---- what is the same in every run: the hash is compared by the script that runs this ---- */

static void *mixes(void *hash) {
    unsigned bytes[7] = {0};
    struct timespec now;
    FILE *random = fopen("/dev/urandom", "r");
    CHECK(random != NULL && fread(&bytes[0], sizeof bytes[0], 1, random) == 1);
    fclose(random);
    CHECK(getrandom(&bytes[1], sizeof bytes[1], 0) == sizeof bytes[1]);
    CHECK(getentropy(&bytes[2], sizeof bytes[2]) == 0);
    int file = openat(AT_FDCWD, "/dev/urandom", O_RDONLY);
    CHECK(file >= 0 && read(file, &bytes[4], sizeof bytes[4]) == sizeof bytes[4] && close(file) == 0);
    memcpy(&bytes[5], (const void *)(size_t)getauxval(AT_RANDOM), sizeof bytes[5]);
    bytes[6] = (unsigned)sched_getcpu();
    srand((unsigned)time(NULL));
    bytes[3] = (unsigned)rand();
    clock_gettime(CLOCK_MONOTONIC, &now);
    for (int i = 0; i < 7; i++) {
        *(unsigned long *)hash = *(unsigned long *)hash * 31 + bytes[i];
    }
    *(unsigned long *)hash += (unsigned long)now.tv_nsec + (unsigned long)gettid() + (unsigned long)getpid();
    return NULL;
}

static void same(void) {
    unsigned long hash = (unsigned long)(size_t)&hash;
    void *memory = malloc(100);
    pthread_t thread = case_start(mixes, &hash);
    case_join(thread);
    CHECK(getpid() == (pid_t)syscall(SYS_getpid) && gettid() == getpid());
    printf("hash %lx\n", hash + (unsigned long)(size_t)memory + (unsigned long)sysconf(_SC_NPROCESSORS_ONLN));
    free(memory);
    fflush(stdout);
    if (getenv("ESECHECK_CASE_FAILS") != NULL) {
        exit(1);
    }
}

const struct case_row case_process[] = {{"signal-to-thread", signal_to_thread},
                                        {"signal-wait", signal_wait},
                                        {"signal-interrupts", signal_interrupts},
                                        {"signal-alarm", alarms},
                                        {"fork", forking},
                                        {"pipe", pipes},
                                        {"socket", sockets},
                                        {"same", same},
                                        {NULL, NULL}};
