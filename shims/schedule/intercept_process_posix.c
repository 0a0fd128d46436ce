/* shims/schedule/intercept_process_posix.c - what a program under control asks about itself, and other processes.
 *
 * For whole programs (the preload object). Numbers of the process and its threads, of processors, and random
 * numbers are the same in every run. A fork is not under control, and nothing that it starts; to replace the
 * program itself is refused.
 */
#include "shims/schedule/intercept.h"

#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <sys/sysinfo.h>
#include <sys/times.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#define PROCESSORS 4
#define RANDOM_NAMES(X) X(fopen) X(fopen64)
#define NAMES(X)                                                                                   \
    X(get_nprocs) X(get_nprocs_conf) X(sysconf) X(sched_getaffinity) \
    X(pthread_getaffinity_np) X(fork) X(vfork) X(execve) X(execv) X(execvp) X(execvpe) X(fexecve) X(execl) X(execlp) X(execle) \
    X(wait) X(waitpid) X(wait4) X(waitid) X(clock) X(times) X(timespec_get) X(getcpu)     \
    X(clone) RANDOM_NAMES(X)
NAMES(SHIM_CT_DECLARE)

/* ---- numbers --------------------------------------------------------------------------------------- */

static int my_get_nprocs(void) {
    return shim_ct_self() == NULL ? REAL(get_nprocs)() : PROCESSORS;
}

static int my_get_nprocs_conf(void) {
    return shim_ct_self() == NULL ? REAL(get_nprocs_conf)() : PROCESSORS;
}

static long my_sysconf(int name) {
    bool processors = name == _SC_NPROCESSORS_ONLN || name == _SC_NPROCESSORS_CONF;
    return shim_ct_self() == NULL || !processors ? REAL(sysconf)(name) : PROCESSORS;
}

static int affinity(size_t size, cpu_set_t *set) {
    memset(set, 0, size);
    for (size_t i = 0; i < PROCESSORS && i < size * 8; i++) {
        CPU_SET_S(i, size, set);
    }
    return 0;
}

static int my_sched_getaffinity(pid_t process, size_t size, cpu_set_t *set) {
    return shim_ct_self() == NULL ? REAL(sched_getaffinity)(process, size, set) : affinity(size, set);
}

static int my_pthread_getaffinity_np(pthread_t thread, size_t size, cpu_set_t *set) {
    return shim_ct_self() == NULL ? REAL(pthread_getaffinity_np)(thread, size, set) : affinity(size, set);
}

static int my_getcpu(unsigned *cpu, unsigned *node) {
    if (shim_ct_self() == NULL) {
        return REAL(getcpu)(cpu, node);
    }
    if (cpu != NULL) {
        *cpu = 0;
    }
    if (node != NULL) {
        *node = 0;
    }
    return 0;
}

static clock_t my_clock(void) {
    struct timespec now;
    if (shim_ct_self() == NULL) {
        return REAL(clock)();
    }
    (void)clock_gettime(CLOCK_MONOTONIC, &now); /* is virtual */
    return (clock_t)((shim_ct.now) / (SHIM_CT_SECOND / CLOCKS_PER_SEC));
}

static clock_t my_times(struct tms *times_) {
    if (shim_ct_self() == NULL) {
        return REAL(times)(times_);
    }
    clock_t now = my_clock() / (CLOCKS_PER_SEC / 100);
    *times_ = (struct tms){.tms_utime = now};
    return now;
}

static int my_timespec_get(struct timespec *time, int base) {
    if (shim_ct_self() == NULL || base != TIME_UTC) {
        return REAL(timespec_get)(time, base);
    }
    return clock_gettime(CLOCK_REALTIME, time) == 0 ? base : 0;
}

/* ---- random numbers -------------------------------------------------------------------------------- */

/* libc has these since 2.36; where it has not, a program that does calls its own. */
#define EXPORT __attribute__((visibility("default")))
#define ELSE(type, name, call)                                                                     \
    if (shim_ct_self() == NULL) {                                                                  \
        return ((type)(size_t)shim_ct_next(name)) call;                                            \
    }
EXPORT uint32_t arc4random(void);
EXPORT uint32_t arc4random(void) {
    uint32_t number;
    ELSE(uint32_t (*)(void), "arc4random", ())
    shim_ct_random_bytes(&number, sizeof number);
    return number;
}
EXPORT void arc4random_buf(void *buffer, size_t size);
EXPORT void arc4random_buf(void *buffer, size_t size) {
    if (shim_ct_self() == NULL) {
        ((void (*)(void *, size_t))(size_t)shim_ct_next("arc4random_buf"))(buffer, size);
    } else {
        shim_ct_random_bytes(buffer, size);
    }
}
EXPORT uint32_t arc4random_uniform(uint32_t bound);
EXPORT uint32_t arc4random_uniform(uint32_t bound) {
    ELSE(uint32_t (*)(uint32_t), "arc4random_uniform", (bound))
    return bound < 2 ? 0 : arc4random() % bound;
}

/* std::random_device of libstdc++, which asks the processor. */
EXPORT unsigned _ZNSt13random_device9_M_getvalEv(void *device);
EXPORT unsigned _ZNSt13random_device9_M_getvalEv(void *device) {
    ELSE(unsigned (*)(void *), "_ZNSt13random_device9_M_getvalEv", (device))
    return arc4random();
}

static FILE *my_fopen(const char *restrict path, const char *restrict mode) {
    int file = shim_ct_self() == NULL ? -1 : shim_ct_open_random(path);
    return file >= 0 ? fdopen(file, "r") : REAL(fopen)(path, mode);
}

static FILE *my_fopen64(const char *restrict path, const char *restrict mode) {
    return my_fopen(path, mode);
}

/* ---- other processes ------------------------------------------------------------------------------- */

static pid_t my_fork(void) {
    struct shim_ct_thread *self = shim_ct_self();
    if (self == NULL) {
        return REAL(fork)();
    }
    shim_ct_point(self, SHIM_OP_CREATE, NULL, true, SITE);
    shim_ct_watch_children();
    pid_t child = REAL(fork)();
    if (child == 0) {
        shim_ct.active = false;
        shim_ct_real_mask(self);
    }
    shim_ct.forked = shim_ct.forked || child > 0;
    return child;
}

/* The two are the same but for time: who returns from here must have a stack of its own. */
static pid_t my_vfork(void) {
    return my_fork();
}

SHIM_CT_NO_CLONE("clone: a thread or process that libc does not know")

static void refuse_exec(void) {
    struct shim_ct_thread *self = shim_ct_self();
    if (self != NULL) {
        shim_ct_end(self, SHIM_RUN_REFUSED, "exec: the program replaces itself; name the program that does the work");
    }
}

static int my_execve(const char *path, char *const words[], char *const environment[]) {
    refuse_exec();
    return REAL(execve)(path, words, environment);
}
static int my_execv(const char *path, char *const words[]) {
    refuse_exec();
    return REAL(execv)(path, words);
}
static int my_execvp(const char *file, char *const words[]) {
    refuse_exec();
    return REAL(execvp)(file, words);
}
static int my_execvpe(const char *file, char *const words[], char *const environment[]) {
    refuse_exec();
    return REAL(execvpe)(file, words, environment);
}
static int my_fexecve(int file, char *const words[], char *const environment[]) {
    refuse_exec();
    return REAL(fexecve)(file, words, environment);
}

#define MOST_WORDS 1024
/* The words of execl and its like, from the first on; the environment behind them if `environment`. */
#define COLLECT(first, environment)                                                                \
    char *words[MOST_WORDS + 1];                                                                   \
    size_t count = 0;                                                                              \
    va_list list;                                                                                  \
    va_start(list, first);                                                                         \
    for (const char *word = first; word != NULL && count < MOST_WORDS; word = va_arg(list, const char *)) { \
        words[count++] = (char *)(uintptr_t)word;                                                  \
    }                                                                                              \
    words[count] = NULL;                                                                           \
    environment;                                                                                   \
    va_end(list);
static int my_execl(const char *path, const char *first, ...) {
    COLLECT(first, (void)0)
    return my_execv(path, words);
}
static int my_execlp(const char *file, const char *first, ...) {
    COLLECT(first, (void)0)
    return my_execvp(file, words);
}
static int my_execle(const char *path, const char *first, ...) {
    COLLECT(first, char *const *environment = va_arg(list, char *const *))
    return my_execve(path, words, environment);
}

bool shim_ct_has_children(void) {
    siginfo_t info = {.si_pid = 0};
    return REAL(waitid)(P_ALL, 0, &info, WEXITED | WNOHANG | WNOWAIT) == 0 && info.si_pid == 0;
}

struct child {
    idtype_t type;
    id_t id;
    int options;
};

static bool has_ended(const void *argument) {
    const struct child *child = argument;
    siginfo_t info = {.si_pid = 0};
    int options = (child->options & (WEXITED | WSTOPPED | WCONTINUED)) | WNOHANG | WNOWAIT;
    return REAL(waitid)(child->type, child->id, &info, options) != 0 || info.si_pid != 0;
}

/* Comes back when the real call does not have to wait: others go first, for children take their own time. */
static void await_child(struct shim_ct_thread *self, idtype_t type, id_t id, int options, const void *site) {
    struct child child = {type, id, options};
    self->late = true;
    shim_ct_await_outside(self, has_ended, &child, SHIM_CT_NEVER, site);
    self->late = false;
}

static idtype_t type_of(pid_t process) {
    return process > 0 ? P_PID : process == -1 ? P_ALL : P_PGID;
}

static void await_process(struct shim_ct_thread *self, pid_t process, int options, const void *site) {
    if (self != NULL && (options & WNOHANG) == 0) {
        await_child(self, type_of(process), (id_t)(process < -1 ? -process : process > 0 ? process : 0),
                    WEXITED | ((options & WUNTRACED) != 0 ? WSTOPPED : 0) |
                        ((options & WCONTINUED) != 0 ? WCONTINUED : 0),
                    site);
    }
}

static pid_t my_waitpid(pid_t process, int *status, int options) {
    await_process(shim_ct_self(), process, options, SITE);
    return REAL(waitpid)(process, status, options);
}
static pid_t my_wait(int *status) {
    await_process(shim_ct_self(), -1, 0, SITE);
    return REAL(wait)(status);
}
static pid_t my_wait4(pid_t process, int *status, int options, struct rusage *usage) {
    await_process(shim_ct_self(), process, options, SITE);
    return REAL(wait4)(process, status, options, usage);
}
static int my_waitid(idtype_t type, id_t id, siginfo_t *info, int options) {
    struct shim_ct_thread *self = shim_ct_self();
    if (self != NULL && (options & WNOHANG) == 0) {
        await_child(self, type, id, options, SITE);
    }
    return REAL(waitid)(type, id, info, options);
}

SHIM_CT_WAYS_IN(process, NAMES)
