/* shims/preload/tests/cases_names.c - right programs: the less usual names of what others do already. */
#include "shims/preload/tests/cases.h"

#include <errno.h>
#include <semaphore.h>
#include <signal.h>
#include <stddef.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/sysinfo.h>
#include <sys/time.h>
#include <sys/times.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <threads.h>
#include <time.h>
#include <unistd.h>

static void *nothing(void *unused) {
    return unused;
}

/* ---- time ---- */

static pthread_rwlock_t rw = PTHREAD_RWLOCK_INITIALIZER;
static void *finds_locked(void *unused) {
    struct timespec soon;
    clock_gettime(CLOCK_MONOTONIC, &soon);
    soon.tv_sec += 100;
    CHECK(pthread_rwlock_clockwrlock(&rw, CLOCK_MONOTONIC, &soon) == ETIMEDOUT);
    clock_gettime(CLOCK_REALTIME, &soon);
    soon.tv_sec += 100;
    CHECK(pthread_rwlock_timedrdlock(&rw, &soon) == ETIMEDOUT);
    return unused;
}
static void times_(void) {
    struct timeval begin, end;
    struct timespec long_, until;
    struct tms used;
    unsigned cpu = 9, node = 9;
    CHECK(gettimeofday(&begin, NULL) == 0 && pthread_rwlock_wrlock(&rw) == 0);
    case_join(case_start(finds_locked, NULL));
    clock_gettime(CLOCK_MONOTONIC, &until);
    until.tv_sec += 100;
    long_ = (struct timespec){.tv_sec = 100};
    CHECK(clock_nanosleep(CLOCK_MONOTONIC, TIMER_ABSTIME, &until, NULL) == 0);
    CHECK(clock_nanosleep(CLOCK_REALTIME, 0, &long_, NULL) == 0);
    CHECK(gettimeofday(&end, NULL) == 0 && end.tv_sec - begin.tv_sec >= 400 && end.tv_sec - begin.tv_sec < 402);
    CHECK(clock() >= 400 * CLOCKS_PER_SEC && times(&used) >= 40000);
    CHECK(get_nprocs() == 4 && get_nprocs_conf() == 4 && getcpu(&cpu, &node) == 0 && cpu == 0 && node == 0);
}

/* ---- threads and children ---- */

static sem_t ended;
static int ends(void *unused) {
    (void)unused;
    return sem_post(&ended);
}
static void c11_detached(void) {
    thrd_t thread = 0;
    CHECK(sem_init(&ended, 0, 0) == 0 && thrd_create(&thread, ends, NULL) == thrd_success);
    CHECK(thrd_detach(thread) == thrd_success && sem_wait(&ended) == 0);
}

static pid_t child(int code) {
    pid_t process = vfork();
    if (process == 0) {
        _exit(code);
    }
    return process;
}
static void children(void) {
    int status;
    siginfo_t info = {.si_pid = 0};
    struct rusage usage;
    pthread_t thread = case_start(nothing, NULL);
    pid_t process = child(3);
    CHECK(wait(&status) == process && WEXITSTATUS(status) == 3);
    process = child(4);
    CHECK(wait4(process, &status, 0, &usage) == process && WEXITSTATUS(status) == 4);
    process = child(5);
    CHECK(waitid(P_PID, (id_t)process, &info, WEXITED) == 0 && info.si_pid == process && info.si_status == 5);
    case_join(thread);
}

static void *sends(void *unused) {
    CHECK(kill(getpid(), SIGUSR1) == 0);
    return unused;
}
static void signal_info(void) {
    sigset_t set;
    siginfo_t info;
    sigemptyset(&set);
    sigaddset(&set, SIGUSR1);
    CHECK(pthread_sigmask(SIG_BLOCK, &set, NULL) == 0);
    pthread_t thread = case_start(sends, NULL);
    CHECK(sigwaitinfo(&set, &info) == SIGUSR1 && info.si_signo == SIGUSR1);
    case_join(thread);
}

/* ---- sockets ---- */

static struct sockaddr_un address = {.sun_family = AF_UNIX};
static socklen_t address_length;
static void *connects(void *unused) {
    char bytes[4] = "";
    struct iovec vector = {bytes, 2};
    struct msghdr message = {.msg_iov = &vector, .msg_iovlen = 1};
    int end = socket(AF_UNIX, SOCK_STREAM, 0);
    CHECK(connect(end, (const struct sockaddr *)&address, address_length) == 0);
    CHECK(recvmsg(end, &message, 0) == 2 && memcmp(bytes, "ab", 2) == 0);
    CHECK(sendto(end, "cd", 2, 0, NULL, 0) == 2 && close(end) == 0);
    return unused;
}
static void server(void) {
    char bytes[4];
    struct iovec vector = {bytes, 2};
    struct msghdr message = {.msg_iov = &vector, .msg_iovlen = 1};
    struct epoll_event event = {.events = EPOLLIN};
    struct mmsghdr several = {.msg_hdr = message};
    int listens = socket(AF_UNIX, SOCK_STREAM, 0), watcher = epoll_create1(0);
    address_length = sizeof address;
    CHECK(bind(listens, (const struct sockaddr *)&address, offsetof(struct sockaddr_un, sun_path)) == 0);
    CHECK(getsockname(listens, (struct sockaddr *)&address, &address_length) == 0 && listen(listens, 1) == 0);
    for (int i = 0; i < 2; i++) {
        pthread_t thread = case_start(connects, NULL);
        int end = i == 0 ? accept(listens, NULL, NULL) : accept4(listens, NULL, NULL, SOCK_CLOEXEC);
        CHECK(end >= 0 && epoll_ctl(watcher, EPOLL_CTL_ADD, end, &event) == 0);
        memcpy(bytes, "ab", 2);
        CHECK(i == 0 ? sendmsg(end, &message, 0) == 2 : sendmmsg(end, &several, 1, 0) == 1);
        CHECK(epoll_wait(watcher, &event, 1, -1) == 1);
        CHECK(recvfrom(end, bytes, 2, 0, NULL, NULL) == 2 && memcmp(bytes, "cd", 2) == 0 && close(end) == 0);
        case_join(thread);
    }
    close(listens);
    close(watcher);
}

const struct case_row case_names[] = {{"times", times_},
                                      {"c11-detached", c11_detached},
                                      {"children", children},
                                      {"signal-info", signal_info},
                                      {"server", server},
                                      {NULL, NULL}};
