/* shims/preload/stacks.c - stacks and places in a program under control, as text for esecheck.
 *
 * A frame is written as "module(+0xoffset)[address]", which esecheck turns into function and line.
 */
#include "shims/preload/inside.h"

#include <dlfcn.h>
#include <execinfo.h>
#include <link.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#define FRAMES 48
#define SIGNAL_STACK ((size_t)128 << 10)

static char program_file[1024];
static const void *own_base;

static size_t append(char *text, size_t length, size_t size, const char *format, ...)
    __attribute__((format(printf, 4, 5)));
static size_t append(char *text, size_t length, size_t size, const char *format, ...) {
    va_list arguments;
    va_start(arguments, format);
    int wrote = vsnprintf(text + length, size - length, format, arguments);
    va_end(arguments);
    return wrote < 0 || (size_t)wrote >= size - length ? length : length + (size_t)wrote;
}

/* "module(+0x1234)[0x7f...]" of a return address: the call, not where it returns to. False: nothing is known, or
 * the place is in this object. */
static bool place_of(const void *site, char *text, size_t size) {
    Dl_info info;
    struct link_map *map = NULL;
    const char *call = (const char *)site - 1;
    if (site == NULL || dladdr1(call, &info, (void **)&map, RTLD_DL_LINKMAP) == 0 || map == NULL ||
        info.dli_fbase == own_base) {
        return false;
    }
    const char *name = map->l_name[0] == '/' ? map->l_name : program_file;
    snprintf(text, size, "%s(+0x%zx)[%p]", name, (size_t)call - (size_t)map->l_addr, site);
    return true;
}

void shim_program_stacks_prepare(void) {
    void *frame[2];
    Dl_info info;
    ssize_t length = readlink("/proc/self/exe", program_file, sizeof program_file - 1);
    program_file[length > 0 ? length : 0] = '\0';
    if (dladdr((const void *)&program_file, &info) != 0) {
        own_base = info.dli_fbase;
    }
    (void)backtrace(frame, 2); /* the first call loads libgcc_s */
}

void shim_program_stack(const char *what) {
    void *frame[FRAMES];
    char place[1200];
    int count = backtrace(frame, FRAMES);
    char *text = shim_program->stacks;
    size_t length = shim_program->stacks_length;
    if (what != NULL) {
        length = append(text, length, SHIM_PROGRAM_STACKS, "%s\n", what);
    }
    for (int i = 0; i < count; i++) {
        if (place_of(frame[i], place, sizeof place)) {
            length = append(text, length, SHIM_PROGRAM_STACKS, "%s\n", place);
        }
    }
    shim_program->stacks_length = length;
}

static void crashed(int number) {
    char what[80];
    int thread = shim_control_thread();
    if (!shim_ct.active) {
        (void)raise(number); /* of a fork of the program */
        return;
    }
    shim_watch_end();
    shim_ct.aborting = true; /* nothing decides any more */
    snprintf(what, sizeof what, "thread %d, SIG%s:", thread, sigabbrev_np(number));
    shim_program_stack(what);
    (void)raise(number);
}

void shim_program_catch_crashes(void) {
    static const int deadly[] = {SIGSEGV, SIGBUS, SIGFPE, SIGILL, SIGABRT};
    struct sigaction action = {.sa_handler = crashed,
                               .sa_flags = SA_ONSTACK | SA_NODEFER | (int)SA_RESETHAND};
    stack_t stack = {.ss_size = SIGNAL_STACK};
    if (dlsym(RTLD_DEFAULT, "__asan_init") != NULL) {
        return; /* it tells more */
    }
    stack.ss_sp = mmap(NULL, SIGNAL_STACK, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    if (stack.ss_sp != MAP_FAILED) {
        (void)sigaltstack(&stack, NULL);
    }
    for (size_t i = 0; i < sizeof deadly / sizeof deadly[0]; i++) {
        (void)sigaction(deadly[i], &action, NULL);
    }
}
