/* scenarios/supervisor/guard_posix.c - the child's side of a crash, and stacks on request.
 *
 * The handlers run in a process whose memory the engine may have destroyed: they use two file
 * descriptors opened beforehand, write(2) and backtrace_symbols_fd, nothing else. If even that hangs,
 * an alarm ends the process. Where a sanitizer is built in, crashes are left to it: it says more.
 */
#include <execinfo.h>
#include <fcntl.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <unistd.h>

#include "scenarios/supervisor/guard_signal.h"
#include "scenarios/supervisor/platform.h"

#define SCN_FRAMES 64
#define SCN_HANDLER_STACK (64u * 1024u)
#define SCN_HANDLER_SECONDS 5

#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
#define SCN_SANITIZED 1
#elif defined(__has_feature)
#if __has_feature(address_sanitizer) || __has_feature(thread_sanitizer)
#define SCN_SANITIZED 1
#endif
#endif

#define SCN_OWN_FRAMES 3 /* put_stack, the handler, the system's trampoline */

static int crash_file = -1, stack_file = -1;
static _Thread_local uint32_t this_actor;

static void put(int file, const char *text)
{
    size_t length = strlen(text);
    if (write(file, text, length) != (ssize_t)length) {
        return; /* nothing can be done about it here */
    }
}

__attribute__((noinline)) static void put_stack(int file)
{
    void *frames[SCN_FRAMES];
    int count = backtrace(frames, SCN_FRAMES);
    int own = count > SCN_OWN_FRAMES ? SCN_OWN_FRAMES : 0;
    backtrace_symbols_fd(frames + own, count - own, file);
}

static void on_request(int number)
{
    (void)number;
    put_stack(stack_file);
    put(stack_file, SCN_STACK_END);
}

#ifndef SCN_SANITIZED
static const char *name_of(int number)
{
    switch (number) {
    case SIGSEGV:
        return "SIGSEGV";
    case SIGBUS:
        return "SIGBUS";
    case SIGILL:
        return "SIGILL";
    case SIGFPE:
        return "SIGFPE";
    case SIGABRT:
        return "SIGABRT";
    case SIGSYS:
        return "SIGSYS";
    default:
        return "signal";
    }
}

static void put_hex(int file, uintptr_t value)
{
    char text[19] = "0x";
    for (int i = 0; i < 16; i++) {
        text[2 + i] = "0123456789abcdef"[value >> (60 - 4 * i) & 15];
    }
    text[18] = '\0';
    put(file, text);
}

/* Installed with SA_RESETHAND: the signal comes again after the return and then kills. */
static void on_crash(int number, siginfo_t *info, void *context)
{
    (void)context;
    alarm(SCN_HANDLER_SECONDS);
    if (this_actor != 0) {
        char text[] = "actor 000\n"; /* there are at most 255 */
        text[6] = (char)('0' + this_actor / 100 % 10);
        text[7] = (char)('0' + this_actor / 10 % 10);
        text[8] = (char)('0' + this_actor % 10);
        put(crash_file, text);
    }
    put(crash_file, name_of(number));
    put(crash_file, " at address ");
    put_hex(crash_file, (uintptr_t)info->si_addr);
    put(crash_file, "\n");
    put_stack(crash_file);
    raise(number);
}

static void guard_signals(void)
{
    static const int signals[] = {SIGSEGV, SIGBUS, SIGILL, SIGFPE, SIGABRT, SIGSYS};
    struct sigaction action = {.sa_sigaction = on_crash,
                               .sa_flags = SA_SIGINFO | SA_ONSTACK | (int)SA_RESETHAND |
                                           SA_NODEFER};
    sigemptyset(&action.sa_mask);
    for (size_t i = 0; i < sizeof signals / sizeof signals[0]; i++) {
        sigaction(signals[i], &action, NULL);
    }
}
#endif

void scn_guard_thread(uint32_t actor)
{
    this_actor = actor;
#ifndef SCN_SANITIZED
    /* Lives as long as the thread can crash, which may be after its last call: never freed. */
    static _Thread_local char *stack;
    if (stack == NULL) {
        stack = malloc(SCN_HANDLER_STACK);
        stack_t alternative = {.ss_sp = stack, .ss_size = SCN_HANDLER_STACK};
        if (stack != NULL) {
            sigaltstack(&alternative, NULL);
        }
    }
#endif
}

void scn_guard_install(const char *crash, const char *stacks)
{
    struct rlimit none = {0, 0};
    struct sigaction action = {.sa_handler = on_request, .sa_flags = SA_RESTART};
    void *frame;
    setrlimit(RLIMIT_CORE, &none);
    prctl(PR_SET_PDEATHSIG, SIGKILL);
    crash_file = open(crash, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0666);
    stack_file = open(stacks, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0666);
    backtrace(&frame, 1); /* loads what it needs now, not in a handler */
    sigemptyset(&action.sa_mask);
    sigaction(SCN_STACK_SIGNAL, &action, NULL);
#ifndef SCN_SANITIZED
    guard_signals();
#endif
    scn_guard_thread(0);
}
