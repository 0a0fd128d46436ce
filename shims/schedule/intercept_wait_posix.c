/* shims/schedule/intercept_wait_posix.c - descriptors that threads under control wait for.
 *
 * For whole programs (the preload object). A thread that would wait in the system lets others go on until the
 * descriptor is ready; when nobody else can go on, the program waits a while for the world outside.
 */
#include "shims/schedule/intercept.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/select.h>
#include <sys/socket.h>

#define NAMES(X)                                                                                   \
    X(poll) X(ppoll) X(select) X(pselect) X(epoll_wait) X(epoll_pwait) X(accept) X(accept4)        \
    X(connect) X(recv) X(recvfrom) X(recvmsg) X(send) X(sendto) X(sendmsg)
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

/* ---- one descriptor -------------------------------------------------------------------------------- */

static bool is_ready(const void *argument) {
    struct pollfd one = *(const struct pollfd *)argument;
    return REAL(poll)(&one, 1, 0) != 0;
}

int shim_ct_await_fd(struct shim_ct_thread *self, int fd, short events, bool may_wait, const void *site) {
    struct pollfd one = {.fd = fd, .events = events};
    if (self == NULL) {
        return 0;
    }
    shim_ct_test_cancel(self);
    if (is_ready(&one) || !may_wait || (fcntl(fd, F_GETFL) & O_NONBLOCK) != 0) {
        return 0;
    }
    (void)shim_ct_await_outside(self, is_ready, &one, SHIM_CT_NEVER, site);
    if (self->interrupted) {
        errno = EINTR;
        return -1;
    }
    return 0;
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

static int poll_by(struct shim_ct_thread *self, struct pollfd *fds, nfds_t count, uint64_t deadline,
                   const void *site) {
    struct polled polled = {fds, count};
    (void)shim_ct_await_outside(self, any_polled, &polled, deadline, site);
    if (self->interrupted) {
        errno = EINTR;
        return -1;
    }
    return REAL(poll)(fds, count, 0);
}

static int my_poll(struct pollfd *fds, nfds_t count, int ms) {
    struct shim_ct_thread *self = shim_ct_self();
    return self == NULL ? REAL(poll)(fds, count, ms) : poll_by(self, fds, count, deadline_in(ms), SITE);
}

/* The mask is the model's business. */
static int my_ppoll(struct pollfd *fds, nfds_t count, const struct timespec *time, const sigset_t *mask) {
    struct shim_ct_thread *self = shim_ct_self();
    if (self == NULL || (time != NULL && !shim_ct_is_time(time))) {
        return REAL(ppoll)(fds, count, time, mask);
    }
    return poll_by(self, fds, count, time == NULL ? SHIM_CT_NEVER : shim_ct.now + shim_ct_nanoseconds(time), SITE);
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

static int select_by(struct shim_ct_thread *self, const struct selected *selected, uint64_t deadline,
                     const void *site) {
    fd_set found[3];
    (void)shim_ct_await_outside(self, any_selected, selected, deadline, site);
    if (self->interrupted) {
        errno = EINTR;
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
    return select_by(self, &selected, time == NULL ? SHIM_CT_NEVER : shim_ct.now + ns, SITE);
}

static int my_pselect(int count, fd_set *restrict in, fd_set *restrict out, fd_set *restrict other,
                      const struct timespec *restrict time, const sigset_t *restrict mask) {
    struct shim_ct_thread *self = shim_ct_self();
    struct selected selected = {count, {in, out, other}};
    if (self == NULL || (time != NULL && !shim_ct_is_time(time))) {
        return REAL(pselect)(count, in, out, other, time, mask);
    }
    return select_by(self, &selected, time == NULL ? SHIM_CT_NEVER : shim_ct.now + shim_ct_nanoseconds(time), SITE);
}

static int epoll_by(struct shim_ct_thread *self, int fd, struct epoll_event *events, int most, int ms,
                    const void *site) {
    struct pollfd one = {.fd = fd, .events = POLLIN}; /* an epoll is ready when one of its descriptors is */
    (void)shim_ct_await_outside(self, is_ready, &one, deadline_in(ms), site);
    if (self->interrupted) {
        errno = EINTR;
        return -1;
    }
    return REAL(epoll_wait)(fd, events, most, 0);
}

static int my_epoll_wait(int fd, struct epoll_event *events, int most, int ms) {
    struct shim_ct_thread *self = shim_ct_self();
    return self == NULL ? REAL(epoll_wait)(fd, events, most, ms) : epoll_by(self, fd, events, most, ms, SITE);
}

static int my_epoll_pwait(int fd, struct epoll_event *events, int most, int ms, const sigset_t *mask) {
    struct shim_ct_thread *self = shim_ct_self();
    return self == NULL ? REAL(epoll_pwait)(fd, events, most, ms, mask) : epoll_by(self, fd, events, most, ms, SITE);
}

SHIM_CT_WAYS_IN(waits, NAMES)
