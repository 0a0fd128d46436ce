/* shims/schedule/intercept_sysv_posix.c - semaphores and message queues of System V.
 *
 * The real call never waits: when it would, others go on until it may succeed, and it is tried again.
 */
#include "shims/schedule/intercept.h"

#include <errno.h>
#include <sys/ipc.h>
#include <sys/msg.h>
#include <sys/sem.h>

#define NAMES(X) X(semop) X(semtimedop) X(msgsnd) X(msgrcv)
NAMES(SHIM_CT_DECLARE)

#define MOST_OPERATIONS 64

struct wanted {
    int id;
    const struct sembuf *operations;
    size_t count; /* of these; or of bytes */
};

static const void *of_id(int id) {
    return (const void *)((size_t)(unsigned)id << 1 | (size_t)1 << 62 | 1);
}

/* Waits until `ready`. 0, or -1 with EINTR, or with EAGAIN after the deadline. */
static int await(struct shim_ct_thread *self, bool (*ready)(const void *argument), const struct wanted *wanted,
                 uint64_t deadline, const void *site) {
    self->ends_always = true;
    bool in_time = shim_ct_await_outside(self, ready, wanted, deadline, site);
    self->ends_always = false;
    if (self->interrupted || (!in_time && !ready(wanted))) {
        errno = self->interrupted ? EINTR : EAGAIN;
        return -1;
    }
    return 0;
}

/* ---- semaphores ------------------------------------------------------------------------------------ */

/* Also when the semaphores are gone: the real call says so. */
static bool can_operate(const void *argument) {
    const struct wanted *wanted = argument;
    for (size_t i = 0; i < wanted->count; i++) {
        const struct sembuf *one = &wanted->operations[i];
        int value = one->sem_op <= 0 ? semctl(wanted->id, one->sem_num, GETVAL) : 0;
        if (value >= 0 && (one->sem_op == 0 ? value != 0 : one->sem_op < 0 && value < -one->sem_op)) {
            return false;
        }
    }
    return true;
}

static int operate(struct shim_ct_thread *self, int id, const struct sembuf *operations, size_t count,
                   uint64_t deadline, const void *site) {
    struct sembuf tried[MOST_OPERATIONS];
    struct wanted wanted = {id, operations, count};
    bool waits = true;
    for (size_t i = 0; i < count; i++) {
        waits = waits && (operations[i].sem_flg & IPC_NOWAIT) == 0;
        tried[i] = operations[i];
        tried[i].sem_flg = (short)(tried[i].sem_flg | IPC_NOWAIT);
    }
    shim_ct_point(self, SHIM_OP_FILE, of_id(id), true, site);
    int result;
    while ((result = REAL(semop)(id, tried, count)) != 0 && errno == EAGAIN && waits) {
        if (await(self, can_operate, &wanted, deadline, site) != 0) {
            return -1;
        }
    }
    return result;
}

static int my_semop(int id, struct sembuf *operations, size_t count) {
    struct shim_ct_thread *self = shim_ct_self();
    return self == NULL || count > MOST_OPERATIONS ? REAL(semop)(id, operations, count)
                                                   : operate(self, id, operations, count, SHIM_CT_NEVER, SITE);
}

static int my_semtimedop(int id, struct sembuf *operations, size_t count, const struct timespec *time) {
    struct shim_ct_thread *self = shim_ct_self();
    if (self == NULL || count > MOST_OPERATIONS || (time != NULL && !shim_ct_is_time(time))) {
        return REAL(semtimedop)(id, operations, count, time);
    }
    return operate(self, id, operations, count,
                   time != NULL ? shim_ct.now + shim_ct_nanoseconds(time) : SHIM_CT_NEVER, SITE);
}

/* ---- message queues -------------------------------------------------------------------------------- */

static bool has_messages(const void *argument) {
    struct msqid_ds queue;
    return msgctl(((const struct wanted *)argument)->id, IPC_STAT, &queue) != 0 || queue.msg_qnum != 0;
}

static bool has_room(const void *argument) {
    const struct wanted *wanted = argument;
    struct msqid_ds queue;
    return msgctl(wanted->id, IPC_STAT, &queue) != 0 || queue.__msg_cbytes + wanted->count <= queue.msg_qbytes;
}

static int my_msgsnd(int id, const void *message, size_t size, int how) {
    struct shim_ct_thread *self = shim_ct_self();
    struct wanted wanted = {id, NULL, size};
    int result;
    if (self == NULL || (how & IPC_NOWAIT) != 0) {
        return REAL(msgsnd)(id, message, size, how);
    }
    shim_ct_point(self, SHIM_OP_FILE, of_id(id), true, SITE);
    while ((result = REAL(msgsnd)(id, message, size, how | IPC_NOWAIT)) != 0 && errno == EAGAIN) {
        if (await(self, has_room, &wanted, SHIM_CT_NEVER, SITE) != 0) {
            return -1;
        }
    }
    return result;
}

/* Whether a message of the type is there is not known without taking it: with others in the queue this spins. */
static ssize_t my_msgrcv(int id, void *message, size_t size, long type, int how) {
    struct shim_ct_thread *self = shim_ct_self();
    struct wanted wanted = {id, NULL, 0};
    ssize_t result;
    if (self == NULL || (how & IPC_NOWAIT) != 0) {
        return REAL(msgrcv)(id, message, size, type, how);
    }
    shim_ct_point(self, SHIM_OP_FILE, of_id(id), true, SITE);
    while ((result = REAL(msgrcv)(id, message, size, type, how | IPC_NOWAIT)) < 0 && errno == ENOMSG) {
        if (await(self, has_messages, &wanted, SHIM_CT_NEVER, SITE) != 0) {
            return -1;
        }
    }
    return result;
}

SHIM_CT_WAYS_IN(sysv, NAMES)
