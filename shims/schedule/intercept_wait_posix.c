/* shims/schedule/intercept_wait_posix.c - descriptors that threads under control wait for.
 *
 * A thread that would wait in the system lets others go on until the
 * descriptor is ready; when nobody else can go on, the program waits a while for the world outside.
 */
#include "shims/schedule/intercept.h"

#include <errno.h>
#include <fcntl.h>
#include <mqueue.h>
#include <poll.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <sys/select.h>
#include <sys/socket.h>

#define NAMES(X)                                                                                   \
    X(poll) X(ppoll) X(select) X(pselect) X(epoll_wait) X(epoll_pwait) X(accept) X(accept4)        \
    X(connect) X(recv) X(recvfrom) X(recvmsg) X(recvmmsg) X(send) X(sendto) X(sendmsg) X(sendmmsg) \
    X(epoll_pwait2) X(eventfd_read) X(eventfd_write) X(mq_send) X(mq_timedsend) X(mq_receive)      \
    X(mq_timedreceive) X(__poll_chk) X(__ppoll_chk) X(__recv_chk) X(__recvfrom_chk)
/* What _FORTIFY_SOURCE makes of some of these: `room` is the size of the object behind the pointer. */
int __poll_chk(struct pollfd *fds, nfds_t count, int ms, size_t room);
int __ppoll_chk(struct pollfd *fds, nfds_t count, const struct timespec *time, const sigset_t *mask, size_t room);
ssize_t __recv_chk(int fd, void *to, size_t size, size_t room, int how);
ssize_t __recvfrom_chk(int fd, void *restrict to, size_t size, size_t room, int how, struct sockaddr *restrict from,
                       socklen_t *restrict length);
NAMES(SHIM_CT_DECLARE)

bool shim_ct_await_outside(struct shim_ct_thread *self, bool (*outside)(const void *argument), const void *argument,
                           uint64_t deadline, const void *site) {
    self->outside = outside;
    self->outside_argument = argument;
    self->may_cancel = self->interruptible = true;
    bool in_time = shim_ct_point_by(self, SHIM_OP_FILE, argument, false, deadline, site);
    self->may_cancel = self->interruptible = false;
    self->outside = NULL;
    shim_ct_test_cancel(self);
    return in_time;
}

static uint64_t deadline_in(int ms) {
    return ms < 0 ? SHIM_CT_NEVER : shim_ct.now + (uint64_t)ms * 1000000u;
}

static uint64_t deadline_after(const struct timespec *time) {
    return time == NULL ? SHIM_CT_NEVER : shim_ct.now + shim_ct_nanoseconds(time);
}

/* For several descriptors: SA_RESTART changes nothing here, and a mask (or NULL) counts while it lasts. True: a handler
 * ended it. */
static bool await_several(struct shim_ct_thread *self, bool (*outside)(const void *argument), const void *argument,
                          const sigset_t *mask, uint64_t deadline, const void *site) {
    uint64_t before = shim_ct_wait_with != NULL ? shim_ct_wait_with(self, mask) : self->blocked;
    self->ends_always = true;
    (void)shim_ct_await_outside(self, outside, argument, deadline, site);
    self->ends_always = false;
    self->blocked = before;
    if (self->interrupted) {
        errno = EINTR;
    }
    return self->interrupted;
}

/* ---- one descriptor -------------------------------------------------------------------------------- */

static bool is_ready(const void *argument) {
    struct pollfd one = *(const struct pollfd *)argument;
    return REAL(poll)(&one, 1, 0) != 0;
}

static int await_fd_by(struct shim_ct_thread *self, int fd, short events, bool may_wait, uint64_t deadline,
                       const void *site) {
    struct pollfd one = {.fd = fd, .events = events};
    if (self == NULL) {
        return 0;
    }
    shim_ct_test_cancel(self);
    if (is_ready(&one) || !may_wait || (fcntl(fd, F_GETFL) & O_NONBLOCK) != 0) {
        return 0;
    }
    (void)shim_ct_await_outside(self, is_ready, &one, deadline, site);
    if (self->interrupted) {
        errno = EINTR;
        return -1;
    }
    if (deadline != SHIM_CT_NEVER && !is_ready(&one)) {
        errno = ETIMEDOUT;
        return -1;
    }
    return 0;
}

int shim_ct_await_fd(struct shim_ct_thread *self, int fd, short events, bool may_wait, const void *site) {
    return await_fd_by(self, fd, events, may_wait, SHIM_CT_NEVER, site);
}

#define POINT(fd, write)                                                                           \
    if (self != NULL) {                                                                            \
        shim_ct_point(self, SHIM_OP_FILE, (const void *)(size_t)((unsigned)(fd) + 1u), write, SITE); \
    }
#define ON_SOCKET(type, name, parameters, arguments, fd, event, write, flags)                      \
    static type my_##name parameters {                                                             \
        struct shim_ct_thread *self = shim_ct_self();                                              \
        POINT(fd, write)                                                                           \
        if (shim_ct_await_fd(self, fd, event, ((flags)&MSG_DONTWAIT) == 0, SITE) != 0) {           \
            return -1;                                                                             \
        }                                                                                          \
        return REAL(name) arguments;                                                               \
    }
ON_SOCKET(int, accept, (int fd, struct sockaddr *restrict to, socklen_t *restrict size), (fd, to, size), fd, POLLIN,
          true, 0)
ON_SOCKET(int, accept4, (int fd, struct sockaddr *restrict to, socklen_t *restrict size, int how),
          (fd, to, size, how), fd, POLLIN, true, 0)
ON_SOCKET(ssize_t, recv, (int fd, void *to, size_t size, int how), (fd, to, size, how), fd, POLLIN, true, how)
ON_SOCKET(ssize_t, recvfrom,
          (int fd, void *restrict to, size_t size, int how, struct sockaddr *restrict from, socklen_t *restrict length),
          (fd, to, size, how, from, length), fd, POLLIN, true, how)
ON_SOCKET(ssize_t, recvmsg, (int fd, struct msghdr *message, int how), (fd, message, how), fd, POLLIN, true, how)
ON_SOCKET(ssize_t, send, (int fd, const void *from, size_t size, int how), (fd, from, size, how), fd, POLLOUT, true,
          how)
ON_SOCKET(ssize_t, sendto,
          (int fd, const void *from, size_t size, int how, const struct sockaddr *to, socklen_t length),
          (fd, from, size, how, to, length), fd, POLLOUT, true, how)
ON_SOCKET(ssize_t, sendmsg, (int fd, const struct msghdr *message, int how), (fd, message, how), fd, POLLOUT, true,
          how)

ON_SOCKET(ssize_t, __recv_chk, (int fd, void *to, size_t size, size_t room, int how), (fd, to, size, room, how), fd,
          POLLIN, true, how)
ON_SOCKET(ssize_t, __recvfrom_chk,
          (int fd, void *restrict to, size_t size, size_t room, int how, struct sockaddr *restrict from,
           socklen_t *restrict length),
          (fd, to, size, room, how, from, length), fd, POLLIN, true, how)
ON_SOCKET(int, sendmmsg, (int fd, struct mmsghdr *messages, unsigned count, int how), (fd, messages, count, how), fd,
          POLLOUT, true, how)
ON_SOCKET(int, eventfd_read, (int fd, eventfd_t *value), (fd, value), fd, POLLIN, true, 0)
ON_SOCKET(int, eventfd_write, (int fd, eventfd_t value), (fd, value), fd, POLLOUT, true, 0)
ON_SOCKET(ssize_t, mq_receive, (mqd_t fd, char *to, size_t size, unsigned *priority), (fd, to, size, priority), fd,
          POLLIN, true, 0)
ON_SOCKET(int, mq_send, (mqd_t fd, const char *from, size_t size, unsigned priority), (fd, from, size, priority), fd,
          POLLOUT, true, 0)

/* The real one would wait for the second message, too. */
static int my_recvmmsg(int fd, struct mmsghdr *messages, unsigned count, int how, struct timespec *time) {
    struct shim_ct_thread *self = shim_ct_self();
    unsigned got = 0;
    int more;
    if (self == NULL || (time != NULL && !shim_ct_is_time(time))) {
        return REAL(recvmmsg)(fd, messages, count, how, time);
    }
    uint64_t deadline = time != NULL ? shim_ct.now + shim_ct_nanoseconds(time) : SHIM_CT_NEVER;
    POINT(fd, true)
    do {
        if (await_fd_by(self, fd, POLLIN, (how & MSG_DONTWAIT) == 0, deadline, SITE) != 0) {
            errno = errno == ETIMEDOUT ? EAGAIN : errno;
            return got != 0 ? (int)got : -1;
        }
        more = REAL(recvmmsg)(fd, messages + got, count - got, how | MSG_WAITFORONE, NULL);
        got += more > 0 ? (unsigned)more : 0;
    } while (more > 0 && got < count && (how & (MSG_DONTWAIT | MSG_WAITFORONE)) == 0);
    return got != 0 ? (int)got : more;
}

/* ---- message queues: their descriptors can be polled ---- */

static ssize_t my_mq_timedreceive(mqd_t queue, char *restrict to, size_t size, unsigned *restrict priority,
                                  const struct timespec *restrict time) {
    struct shim_ct_thread *self = shim_ct_self();
    if (self == NULL || !shim_ct_is_time(time)) {
        return REAL(mq_timedreceive)(queue, to, size, priority, time);
    }
    POINT(queue, true)
    return await_fd_by(self, queue, POLLIN, true, shim_ct_until(time), SITE) != 0
               ? -1
               : REAL(mq_receive)(queue, to, size, priority);
}

static int my_mq_timedsend(mqd_t queue, const char *from, size_t size, unsigned priority, const struct timespec *time) {
    struct shim_ct_thread *self = shim_ct_self();
    if (self == NULL || !shim_ct_is_time(time)) {
        return REAL(mq_timedsend)(queue, from, size, priority, time);
    }
    POINT(queue, true)
    return await_fd_by(self, queue, POLLOUT, true, shim_ct_until(time), SITE) != 0
               ? -1
               : REAL(mq_send)(queue, from, size, priority);
}

/* A connection to a thread of the same program is made without its help, up to the length of its queue. */
static int my_connect(int fd, const struct sockaddr *to, socklen_t length) {
    struct shim_ct_thread *self = shim_ct_self();
    POINT(fd, true)
    return REAL(connect)(fd, to, length);
}

/* ---- several --------------------------------------------------------------------------------------- */

struct polled {
    struct pollfd *fds;
    nfds_t count;
};

static bool any_polled(const void *argument) {
    const struct polled *polled = argument;
    return REAL(poll)(polled->fds, polled->count, 0) != 0;
}

static int poll_by(struct shim_ct_thread *self, struct pollfd *fds, nfds_t count, const sigset_t *mask,
                   uint64_t deadline, const void *site) {
    struct polled polled = {fds, count};
    return await_several(self, any_polled, &polled, mask, deadline, site) ? -1 : REAL(poll)(fds, count, 0);
}

static int my_poll(struct pollfd *fds, nfds_t count, int ms) {
    struct shim_ct_thread *self = shim_ct_self();
    return self == NULL ? REAL(poll)(fds, count, ms) : poll_by(self, fds, count, NULL, deadline_in(ms), SITE);
}

static int my___poll_chk(struct pollfd *fds, nfds_t count, int ms, size_t room) {
    struct shim_ct_thread *self = shim_ct_self();
    return self == NULL || room / sizeof *fds < count ? REAL(__poll_chk)(fds, count, ms, room)
                                                      : poll_by(self, fds, count, NULL, deadline_in(ms), SITE);
}

static int my___ppoll_chk(struct pollfd *fds, nfds_t count, const struct timespec *time, const sigset_t *mask,
                          size_t room) {
    struct shim_ct_thread *self = shim_ct_self();
    if (self == NULL || room / sizeof *fds < count || (time != NULL && !shim_ct_is_time(time))) {
        return REAL(__ppoll_chk)(fds, count, time, mask, room);
    }
    return poll_by(self, fds, count, mask, deadline_after(time), SITE);
}

static int my_ppoll(struct pollfd *fds, nfds_t count, const struct timespec *time, const sigset_t *mask) {
    struct shim_ct_thread *self = shim_ct_self();
    if (self == NULL || (time != NULL && !shim_ct_is_time(time))) {
        return REAL(ppoll)(fds, count, time, mask);
    }
    return poll_by(self, fds, count, mask, deadline_after(time), SITE);
}

struct selected {
    int count;
    fd_set *set[3];
};

static int select_now(const struct selected *selected, fd_set *found) {
    struct timeval none = {0, 0};
    for (int i = 0; i < 3; i++) {
        if (selected->set[i] != NULL) {
            found[i] = *selected->set[i];
        }
    }
    return REAL(select)(selected->count, selected->set[0] != NULL ? &found[0] : NULL,
                        selected->set[1] != NULL ? &found[1] : NULL, selected->set[2] != NULL ? &found[2] : NULL,
                        &none);
}

static bool any_selected(const void *argument) {
    fd_set found[3];
    return select_now(argument, found) != 0;
}

static int select_by(struct shim_ct_thread *self, const struct selected *selected, const sigset_t *mask,
                     uint64_t deadline, const void *site) {
    fd_set found[3];
    if (await_several(self, any_selected, selected, mask, deadline, site)) {
        return -1;
    }
    int result = select_now(selected, found);
    for (int i = 0; i < 3; i++) {
        if (selected->set[i] != NULL && result >= 0) {
            *selected->set[i] = found[i];
        }
    }
    return result;
}

static int my_select(int count, fd_set *restrict in, fd_set *restrict out, fd_set *restrict other,
                     struct timeval *restrict time) {
    struct shim_ct_thread *self = shim_ct_self();
    struct selected selected = {count, {in, out, other}};
    if (self == NULL) {
        return REAL(select)(count, in, out, other, time);
    }
    uint64_t ns = time == NULL ? 0 : (uint64_t)time->tv_sec * SHIM_CT_SECOND + (uint64_t)time->tv_usec * 1000;
    return select_by(self, &selected, NULL, time == NULL ? SHIM_CT_NEVER : shim_ct.now + ns, SITE);
}

static int my_pselect(int count, fd_set *restrict in, fd_set *restrict out, fd_set *restrict other,
                      const struct timespec *restrict time, const sigset_t *restrict mask) {
    struct shim_ct_thread *self = shim_ct_self();
    struct selected selected = {count, {in, out, other}};
    if (self == NULL || (time != NULL && !shim_ct_is_time(time))) {
        return REAL(pselect)(count, in, out, other, time, mask);
    }
    return select_by(self, &selected, mask, deadline_after(time), SITE);
}

static int epoll_by(struct shim_ct_thread *self, int fd, struct epoll_event *events, int most, const sigset_t *mask,
                    uint64_t deadline, const void *site) {
    struct pollfd one = {.fd = fd, .events = POLLIN}; /* an epoll is ready when one of its descriptors is */
    return await_several(self, is_ready, &one, mask, deadline, site) ? -1 : REAL(epoll_wait)(fd, events, most, 0);
}

static int my_epoll_wait(int fd, struct epoll_event *events, int most, int ms) {
    struct shim_ct_thread *self = shim_ct_self();
    return self == NULL ? REAL(epoll_wait)(fd, events, most, ms)
                        : epoll_by(self, fd, events, most, NULL, deadline_in(ms), SITE);
}

static int my_epoll_pwait(int fd, struct epoll_event *events, int most, int ms, const sigset_t *mask) {
    struct shim_ct_thread *self = shim_ct_self();
    return self == NULL ? REAL(epoll_pwait)(fd, events, most, ms, mask)
                        : epoll_by(self, fd, events, most, mask, deadline_in(ms), SITE);
}

static int my_epoll_pwait2(int fd, struct epoll_event *events, int most, const struct timespec *time,
                           const sigset_t *mask) {
    struct shim_ct_thread *self = shim_ct_self();
    return self == NULL || (time != NULL && !shim_ct_is_time(time))
               ? REAL(epoll_pwait2)(fd, events, most, time, mask)
               : epoll_by(self, fd, events, most, mask, deadline_after(time), SITE);
}

SHIM_CT_WAYS_IN(waits, NAMES)
