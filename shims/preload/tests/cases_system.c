/* shims/preload/tests/cases_system.c - right programs: what threads ask the system for, by libc and past it. */
#include "shims/preload/tests/cases.h"

#include <errno.h>
#include <fcntl.h>
#include <mqueue.h>
#include <poll.h>
#include <sched.h>
#include <semaphore.h>
#include <setjmp.h>
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <sys/ipc.h>
#include <sys/mman.h>
#include <sys/msg.h>
#include <sys/resource.h>
#include <sys/select.h>
#include <sys/sem.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/time.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static volatile sig_atomic_t seen;

static void sees(int number) {
    seen = number;
}

static void *nothing(void *unused) {
    return unused;
}

/* ---- signals that end a wait ---- */

static void *sends(void *target) {
    CHECK(pthread_kill(*(pthread_t *)target, SIGUSR1) == 0);
    return NULL;
}

/* A handler by signal() restarts what can be restarted; these waits it ends, with their own masks. */
static void wait_masks(void) {
    pthread_t self = pthread_self();
    sigset_t set, old;
    CHECK(signal(SIGUSR1, sees) != SIG_ERR);
    sigemptyset(&set);
    sigaddset(&set, SIGUSR1);
    CHECK(pthread_sigmask(SIG_BLOCK, &set, &old) == 0);
    int watcher = epoll_create1(0);
    for (int i = 0; i < 4; i++) {
        struct epoll_event event;
        seen = 0;
        pthread_t thread = case_start(sends, &self);
        CHECK((i == 0   ? sigsuspend(&old)
               : i == 1 ? ppoll(NULL, 0, NULL, &old)
               : i == 2 ? pselect(0, NULL, NULL, NULL, NULL, &old)
                        : epoll_pwait(watcher, &event, 1, -1, &old)) == -1);
        CHECK(errno == EINTR && seen == SIGUSR1);
        case_join(thread);
    }
    struct timespec time = {.tv_sec = 1000};
    struct epoll_event event;
    CHECK(epoll_pwait2(watcher, &event, 1, &time, NULL) == 0);
}

static void *waits_seen(void *unused) {
    struct timespec nap = {.tv_nsec = 1000};
    while (!seen) {
        nanosleep(&nap, NULL);
    }
    return unused;
}
/* A thread that has ended may have had the same pthread_t. */
static void signal_after_detached(void) {
    CHECK(signal(SIGUSR1, sees) != SIG_ERR);
    pthread_t thread = case_start(nothing, NULL);
    CHECK(pthread_detach(thread) == 0);
    usleep(1000);
    thread = case_start(waits_seen, NULL);
    CHECK(pthread_kill(thread, SIGUSR1) == 0);
    case_join(thread);
    seen = 0;
    CHECK(tgkill(getpid(), gettid(), SIGUSR1) == 0 && seen == SIGUSR1);
}

/* All threads are stopped by a signal, in whose handler they wait for another one. */
static sem_t stopped;
static volatile sig_atomic_t go_on;
static int turns, enough;
static void stops(int number) {
    sigset_t set;
    (void)number;
    sem_post(&stopped);
    sigfillset(&set);
    sigdelset(&set, SIGUSR2);
    while (!go_on) {
        sigsuspend(&set);
    }
    sem_post(&stopped);
}
static void *takes_turns(void *unused) {
    for (int i = 0; i == 0;) {
        pthread_mutex_lock(&lock);
        turns++;
        i = enough;
        pthread_mutex_unlock(&lock);
    }
    return unused;
}
static void signal_stops_all(void) {
    struct sigaction stop = {.sa_handler = stops, .sa_flags = SA_RESTART};
    pthread_t threads[2];
    CHECK(sem_init(&stopped, 0, 0) == 0 && signal(SIGUSR2, sees) != SIG_ERR);
    sigfillset(&stop.sa_mask);
    CHECK(sigaction(SIGUSR1, &stop, NULL) == 0);
    for (int i = 0; i < 2; i++) {
        threads[i] = case_start(takes_turns, NULL);
    }
    for (int i = 0; i < 2; i++) {
        CHECK(pthread_kill(threads[i], SIGUSR1) == 0);
    }
    CHECK(sem_wait(&stopped) == 0 && sem_wait(&stopped) == 0);
    int before = turns;
    sched_yield();
    CHECK(turns == before);
    go_on = 1;
    for (int i = 0; i < 2; i++) {
        CHECK(pthread_kill(threads[i], SIGUSR2) == 0);
    }
    CHECK(sem_wait(&stopped) == 0 && sem_wait(&stopped) == 0);
    pthread_mutex_lock(&lock);
    enough = 1;
    pthread_mutex_unlock(&lock);
    case_join(threads[0]);
    case_join(threads[1]);
}

static sigjmp_buf back;
static void jumps(int number) {
    siglongjmp(back, number);
}
static void signal_jump(void) {
    case_join(case_start(nothing, NULL));
    CHECK(signal(SIGUSR1, jumps) != SIG_ERR);
    for (volatile int i = 0; i < 3; i++) {
        if (sigsetjmp(back, 1) == 0) {
            raise(SIGUSR1);
            CHECK(0);
        }
    }
}

static void alarm_us(void) {
    struct itimerval left;
    case_join(case_start(nothing, NULL));
    CHECK(signal(SIGALRM, sees) != SIG_ERR);
    CHECK(ualarm(900000, 0) == 0 && getitimer(ITIMER_REAL, &left) == 0 && left.it_value.tv_usec > 0);
    CHECK(pause() == -1 && errno == EINTR && seen == SIGALRM);
}

/* ---- descriptors ---- */

static int ends[2];
static mqd_t queue;
static void *adds(void *unused) {
    CHECK(eventfd_write(ends[0], 3) == 0);
    return unused;
}
static void events(void) {
    eventfd_t value = 0;
    ends[0] = eventfd(0, 0);
    pthread_t thread = case_start(adds, NULL);
    CHECK(eventfd_read(ends[0], &value) == 0 && value == 3);
    case_join(thread);
}

static void *queues(void *unused) {
    CHECK(mq_send(queue, "a", 1, 0) == 0 && mq_send(queue, "b", 1, 0) == 0);
    return unused;
}
static void queue_(void) {
    struct mq_attr attributes = {.mq_maxmsg = 1, .mq_msgsize = 8};
    struct timespec time;
    char bytes[8], name[40];
    snprintf(name, sizeof name, "/esecheck-case-%d", (int)syscall(SYS_getpgid, 0));
    queue = mq_open(name, O_CREAT | O_RDWR, 0600, &attributes);
    if (queue < 0) {
        case_join(case_start(nothing, NULL)); /* there are none here */
        return;
    }
    CHECK(mq_unlink(name) == 0 && clock_gettime(CLOCK_REALTIME, &time) == 0);
    time.tv_sec += 100;
    CHECK(mq_timedreceive(queue, bytes, 8, NULL, &time) == -1 && errno == ETIMEDOUT);
    pthread_t thread = case_start(queues, NULL);
    CHECK(mq_receive(queue, bytes, 8, NULL) == 1 && mq_receive(queue, bytes, 8, NULL) == 1 && bytes[0] == 'b');
    case_join(thread);
}

static int group;
static void *operates(void *unused) {
    struct sembuf give = {0, 1, 0};
    CHECK(semop(group, &give, 1) == 0 && semop(group, &give, 1) == 0);
    return unused;
}
static void system_v_semaphores(void) {
    struct sembuf take = {0, -2, 0};
    struct timespec time = {.tv_sec = 100};
    group = semget(IPC_PRIVATE, 1, 0600);
    if (group < 0) {
        case_join(case_start(nothing, NULL)); /* there are none here */
        return;
    }
    CHECK(semtimedop(group, &take, 1, &time) == -1 && errno == EAGAIN);
    pthread_t thread = case_start(operates, NULL);
    CHECK(semop(group, &take, 1) == 0 && semctl(group, 0, IPC_RMID) == 0);
    case_join(thread);
}

static void *sends_messages(void *unused) {
    struct {
        long type;
        char text;
    } message = {2, 'a'};
    CHECK(msgsnd(group, &message, 1, 0) == 0);
    message.type = 3;
    CHECK(msgsnd(group, &message, 1, 0) == 0);
    return unused;
}
static void system_v_messages(void) {
    struct {
        long type;
        char text;
    } message;
    group = msgget(IPC_PRIVATE, 0600);
    if (group < 0) {
        case_join(case_start(nothing, NULL)); /* there are none here */
        return;
    }
    pthread_t thread = case_start(sends_messages, NULL);
    CHECK(msgrcv(group, &message, 1, 3, 0) == 1 && message.type == 3 && msgrcv(group, &message, 1, 0, 0) == 1);
    case_join(thread);
    CHECK(msgctl(group, IPC_RMID, NULL) == 0);
}

/* What _FORTIFY_SOURCE makes of read, recv and poll. */
ssize_t __read_chk(int fd, void *to, size_t size, size_t room);
ssize_t __recv_chk(int fd, void *to, size_t size, size_t room, int how);
int __poll_chk(struct pollfd *fds, nfds_t count, int ms, size_t room);
static void *writes_four(void *unused) {
    CHECK(write(ends[1], "ab", 2) == 2 && write(ends[1], "cd", 2) == 2);
    return unused;
}
static void fortified(void) {
    char bytes[8];
    CHECK(socketpair(AF_UNIX, SOCK_DGRAM, 0, ends) == 0);
    struct pollfd one = {.fd = ends[0], .events = POLLIN};
    CHECK(__poll_chk(&one, 1, 100000, sizeof one) == 0);
    pthread_t thread = case_start(writes_four, NULL);
    CHECK(__read_chk(ends[0], bytes, 2, sizeof bytes) == 2 && __recv_chk(ends[0], bytes, 8, sizeof bytes, 0) == 2);
    case_join(thread);
}

static void *writes_two(void *unused) {
    CHECK(send(ends[1], "a", 1, 0) == 1 && send(ends[1], "b", 1, 0) == 1);
    return unused;
}
static void messages(void) {
    char bytes[2];
    struct iovec vectors[2] = {{&bytes[0], 1}, {&bytes[1], 1}};
    struct mmsghdr both[2] = {{.msg_hdr = {.msg_iov = &vectors[0], .msg_iovlen = 1}},
                              {.msg_hdr = {.msg_iov = &vectors[1], .msg_iovlen = 1}}};
    CHECK(socketpair(AF_UNIX, SOCK_DGRAM, 0, ends) == 0);
    pthread_t thread = case_start(writes_two, NULL);
    CHECK(recvmmsg(ends[0], both, 2, 0, NULL) == 2 && bytes[0] == 'a' && bytes[1] == 'b');
    case_join(thread);
}

static void *locks_file(void *name) {
    struct flock whole = {.l_type = F_WRLCK};
    int file = open(name, O_RDWR);
    CHECK(file >= 0 && fcntl(file, F_OFD_SETLKW, &whole) == 0);
    sched_yield();
    CHECK(close(file) == 0);
    return NULL;
}
static void file_locks(void) {
    char name[40];
    int file = memfd_create("case", 0);
    snprintf(name, sizeof name, "/proc/self/fd/%d", file);
    pthread_t a = case_start(locks_file, name), b = case_start(locks_file, name);
    case_join(a);
    case_join(b);
}

/* ---- past libc ---- */

static int started;
static void *naps(void *unused) {
    struct timespec nap = {.tv_nsec = 100000};
    CHECK(syscall(SYS_nanosleep, &nap, NULL) == 0);
    CHECK(syscall(SYS_clock_nanosleep, CLOCK_MONOTONIC, 0, &nap, NULL) == 0);
    __atomic_store_n(&started, 1, __ATOMIC_SEQ_CST);
    return unused;
}
static void raw(void) {
    struct timespec libc, system;
    struct timeval day;
    CHECK(clock_gettime(CLOCK_MONOTONIC, &libc) == 0 && syscall(SYS_clock_gettime, CLOCK_MONOTONIC, &system) == 0);
    CHECK(system.tv_sec == libc.tv_sec && syscall(SYS_gettimeofday, &day, NULL) == 0 && day.tv_sec == libc.tv_sec);
    CHECK(getppid() == (pid_t)syscall(SYS_getppid));
    pthread_t thread = case_start(naps, NULL);
    while (!__atomic_load_n(&started, __ATOMIC_SEQ_CST)) {
        syscall(SYS_sched_yield);
    }
    case_join(thread);
}

/* What a thread knows of itself is no number of the system, but names it. */
static void *asks(void *unused) {
    cpu_set_t set;
    CHECK(sched_getscheduler(gettid()) == sched_getscheduler(0) && sched_getaffinity(0, sizeof set, &set) == 0);
    CHECK(getpgid(getpid()) == getpgid(0) && getsid(getpid()) == getsid(0));
    CHECK(getpriority(PRIO_PROCESS, (id_t)gettid()) == getpriority(PRIO_PROCESS, 0));
    return unused;
}
static void numbers(void) {
    case_join(case_start(asks, NULL));
}

/* ---- children ---- */

static int *shared;
static void before(void) {
    pthread_mutex_lock(&lock);
}
static void after(void) {
    pthread_mutex_unlock(&lock);
}
static void *counts(void *unused) {
    for (int i = 0; i < 3; i++) {
        pthread_mutex_lock(&lock);
        ++*shared;
        pthread_mutex_unlock(&lock);
    }
    return unused;
}
/* The child has one thread, also while its fork handlers run. */
static void fork_handlers(void) {
    int status;
    shared = mmap(NULL, 4096, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    CHECK(shared != MAP_FAILED && pthread_atfork(before, after, after) == 0);
    pthread_t a = case_start(counts, NULL), b = case_start(counts, NULL);
    pid_t child = fork();
    if (child == 0) {
        before();
        _exit(6);
    }
    CHECK(waitpid(child, &status, 0) == child && WIFEXITED(status) && WEXITSTATUS(status) == 6);
    case_join(a);
    case_join(b);
    CHECK(*shared == 6);
}

/* It has the mask and the handlers of the thread that made it. */
static void fork_signals(void) {
    sigset_t set;
    struct sigaction now;
    int status;
    case_join(case_start(nothing, NULL));
    sigemptyset(&set);
    sigaddset(&set, SIGUSR2);
    CHECK(pthread_sigmask(SIG_BLOCK, &set, NULL) == 0 && signal(SIGUSR1, sees) != SIG_ERR);
    pid_t child = fork();
    if (child == 0) {
        CHECK(sigprocmask(SIG_BLOCK, NULL, &set) == 0 && sigismember(&set, SIGUSR2) == 1);
        CHECK(sigaction(SIGUSR1, NULL, &now) == 0 && now.sa_handler == sees && raise(SIGUSR1) == 0);
        _exit(seen == SIGUSR1 ? 0 : 2);
    }
    CHECK(waitpid(child, &status, 0) == child && status == 0);
}

static void fork_semaphore(void) {
    sem_t *posted = mmap(NULL, 4096, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    CHECK(sem_init(posted, 1, 0) == 0 && sem_trywait(posted) == -1);
    pthread_t thread = case_start(nothing, NULL);
    pid_t child = fork();
    if (child == 0) {
        usleep(2000);
        _exit(sem_post(posted));
    }
    CHECK(sem_wait(posted) == 0);
    case_join(thread);
    CHECK(waitpid(child, NULL, 0) == child);
}

/* SIGCHLD by a handler, and by sigwait. */
static sem_t ended;
static void posts(int number, siginfo_t *info, void *context) {
    (void)number, (void)context;
    seen = info->si_pid;
    sem_post(&ended);
}
static void child_signal(void) {
    struct sigaction action = {.sa_sigaction = posts, .sa_flags = SA_SIGINFO | SA_RESTART}, now;
    sigset_t set;
    int number;
    CHECK(sem_init(&ended, 0, 0) == 0 && sigaction(SIGCHLD, &action, NULL) == 0);
    CHECK(sigaction(SIGCHLD, NULL, &now) == 0 && now.sa_sigaction == posts);
    shared = mmap(NULL, 4096, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    pthread_t a = case_start(counts, NULL), b = case_start(counts, NULL);
    pid_t child = fork();
    if (child == 0) {
        usleep(5000);
        _exit(0);
    }
    while (sem_wait(&ended) != 0) {
    }
    CHECK(seen == child && waitpid(child, NULL, 0) == child);
    CHECK(signal(SIGCHLD, SIG_DFL) != SIG_ERR);
    sigemptyset(&set);
    sigaddset(&set, SIGCHLD);
    CHECK(pthread_sigmask(SIG_BLOCK, &set, NULL) == 0);
    child = fork();
    if (child == 0) {
        usleep(5000);
        _exit(0);
    }
    CHECK(sigwait(&set, &number) == 0 && number == SIGCHLD && waitpid(child, NULL, 0) == child);
    case_join(a);
    case_join(b);
}

const struct case_row case_system[] = {{"wait-masks", wait_masks},       {"signal-after-detached", signal_after_detached},
                                       {"signal-stops-all", signal_stops_all}, {"signal-jump", signal_jump},
                                       {"signal-alarm-us", alarm_us},    {"eventfd", events},
                                       {"queue", queue_},                {"fortified", fortified},
                                       {"messages", messages},           {"file-locks", file_locks},
                                       {"system-v-semaphores", system_v_semaphores},
                                       {"system-v-messages", system_v_messages},
                                       {"numbers", numbers},
                                       {"raw", raw},                     {"fork-handlers", fork_handlers},
                                       {"fork-semaphore", fork_semaphore},
                                       {"fork-signals", fork_signals},
                                       {"child-signal", child_signal},   {NULL, NULL}};
