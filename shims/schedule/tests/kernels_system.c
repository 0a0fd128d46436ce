/* shims/schedule/tests/kernels_system.c - what an engine asks the system for, and what it must not.
 *
 * Part of the module of kernels (kernels.c says how they run). */
#include "shims/schedule/tests/kernels.h"

#include <fcntl.h>
#include <poll.h>
#include <pthread.h>
#include <signal.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/eventfd.h>
#include <sys/random.h>
#include <sys/syscall.h>
#include <unistd.h>

EXPORT uint32_t kernel_numbers_seen[4];

/* ---- numbers of the process, and random ones ------------------------------------------------------ */

static void *asks(void *unused) {
    int file = open("/dev/urandom", O_RDONLY | O_CLOEXEC);
    CHECK(gettid() == getpid() + 1 && getpid() == (pid_t)syscall(SYS_getpid), "these are not virtual");
    CHECK(read(file, &kernel_numbers_seen[1], 4) == 4 && close(file) == 0, "/dev/urandom cannot be read");
    CHECK(getentropy(&kernel_numbers_seen[2], 4) == 0, "no entropy");
    CHECK(getrandom(&kernel_numbers_seen[3], 4, 0) == 4, "nothing random");
    kernel_numbers_seen[0] = (uint32_t)getpid();
    return unused;
}

EXPORT void kernel_numbers(void *unused);
void kernel_numbers(void *unused) {
    pthread_t thread;
    (void)unused;
    pthread_create(&thread, NULL, asks, NULL);
    pthread_join(thread, NULL);
}

/* ---- descriptors ----------------------------------------------------------------------------------- */

static int ends[2], event;

static void *feeds(void *unused) {
    CHECK(write(ends[1], "a", 1) == 1 && eventfd_write(event, 2) == 0, "nothing was written");
    return unused;
}

EXPORT void kernel_descriptors(void *unused);
void kernel_descriptors(void *unused) {
    pthread_t thread;
    eventfd_t value = 0;
    char byte = 0;
    (void)unused;
    event = eventfd(0, 0);
    CHECK(pipe(ends) == 0 && event >= 0, "no pipe");
    struct pollfd one = {.fd = event, .events = POLLIN};
    CHECK(poll(&one, 1, 3600000) == 0, "nobody has written yet");
    pthread_create(&thread, NULL, feeds, NULL);
    CHECK(read(ends[0], &byte, 1) == 1 && byte == 'a', "the pipe was empty");
    CHECK(poll(&one, 1, -1) == 1 && eventfd_read(event, &value) == 0 && value == 2, "no event");
    pthread_join(thread, NULL);
    close(event);
    close(ends[0]);
    close(ends[1]);
}

/* ---- signals, processes ---------------------------------------------------------------------------- */

EXPORT void kernel_masks(void *unused);
void kernel_masks(void *unused) {
    sigset_t all, before;
    (void)unused;
    sigfillset(&all);
    CHECK(pthread_sigmask(SIG_BLOCK, &all, &before) == 0 && sigismember(&before, SIGUSR1) == 0, "it was blocked");
    CHECK(pthread_sigmask(SIG_BLOCK, NULL, &before) == 0 && sigismember(&before, SIGUSR1) == 1, "it is not blocked");
}

EXPORT void kernel_forks(void *unused);
void kernel_forks(void *unused) {
    (void)unused;
    if (fork() == 0) {
        _exit(0);
    }
}

EXPORT void kernel_alarms(void *unused);
void kernel_alarms(void *unused) {
    (void)unused;
    alarm(3600);
}

EXPORT void kernel_signals(void *unused);
void kernel_signals(void *unused) {
    (void)unused;
    pthread_kill(pthread_self(), SIGWINCH);
}
