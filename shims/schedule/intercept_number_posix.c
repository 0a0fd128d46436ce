/* shims/schedule/intercept_number_posix.c - what code asks about itself, and calls that take the number of a process or thread.
 *
 * The numbers that code under control knows of itself are virtual, the same in every run: to the system they would be those of somebody else. Here
 * they mean the caller.
 */
#include "shims/schedule/intercept.h"

#include <sched.h>
#include <sys/resource.h>
#include <unistd.h>

#define NAMES(X)                                                                                   \
    X(getpid) X(getppid) X(gettid) X(getentropy) X(sched_getcpu) X(sched_setaffinity) X(sched_setscheduler) X(sched_getscheduler) X(sched_setparam) X(sched_getparam) \
    X(sched_rr_get_interval) X(setpriority) X(getpriority) X(getpgid) X(setpgid) X(getsid) X(prlimit) X(prlimit64)
NAMES(SHIM_CT_DECLARE)

static pid_t my_getpid(void) {
    return shim_ct_self() == NULL ? REAL(getpid)() : SHIM_CT_PROCESS;
}

static pid_t my_getppid(void) {
    return shim_ct_self() == NULL ? REAL(getppid)() : SHIM_CT_PROCESS - 1;
}

static pid_t my_gettid(void) {
    struct shim_ct_thread *self = shim_ct_self();
    return self == NULL ? REAL(gettid)() : SHIM_CT_PROCESS + shim_ct_number(self);
}

static int my_sched_getcpu(void) {
    return shim_ct_self() == NULL ? REAL(sched_getcpu)() : 0;
}

static int my_getentropy(void *buffer, size_t size) {
    if (shim_ct_self() == NULL) {
        return REAL(getentropy)(buffer, size);
    }
    shim_ct_random_bytes(buffer, size);
    return 0;
}

static pid_t meant(pid_t number) {
    bool ours = shim_ct_self() != NULL && number >= SHIM_CT_PROCESS && number < SHIM_CT_PROCESS + (int)shim_ct.threads;
    return ours ? 0 : number;
}

#define ON_NUMBER(type, name, parameters, arguments)                                               \
    static type my_##name parameters {                                                             \
        return REAL(name) arguments;                                                               \
    }
ON_NUMBER(int, sched_setaffinity, (pid_t who, size_t size, const cpu_set_t *set), (meant(who), size, set))
ON_NUMBER(int, sched_setscheduler, (pid_t who, int how, const struct sched_param *what), (meant(who), how, what))
ON_NUMBER(int, sched_getscheduler, (pid_t who), (meant(who)))
ON_NUMBER(int, sched_setparam, (pid_t who, const struct sched_param *what), (meant(who), what))
ON_NUMBER(int, sched_getparam, (pid_t who, struct sched_param *what), (meant(who), what))
ON_NUMBER(int, sched_rr_get_interval, (pid_t who, struct timespec *time), (meant(who), time))
ON_NUMBER(int, setpriority, (__priority_which_t which, id_t who, int priority),
          (which, which == PRIO_PROCESS ? (id_t)meant((pid_t)who) : who, priority))
ON_NUMBER(int, getpriority, (__priority_which_t which, id_t who),
          (which, which == PRIO_PROCESS ? (id_t)meant((pid_t)who) : who))
ON_NUMBER(pid_t, getpgid, (pid_t who), (meant(who)))
ON_NUMBER(int, setpgid, (pid_t who, pid_t group), (meant(who), meant(group)))
ON_NUMBER(pid_t, getsid, (pid_t who), (meant(who)))
ON_NUMBER(int, prlimit,
          (pid_t who, enum __rlimit_resource what, const struct rlimit *new, struct rlimit *old),
          (meant(who), what, new, old))
ON_NUMBER(int, prlimit64,
          (pid_t who, enum __rlimit_resource what, const struct rlimit64 *new, struct rlimit64 *old),
          (meant(who), what, new, old))

SHIM_CT_WAYS_IN(numbers, NAMES)
