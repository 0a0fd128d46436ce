/* shims/preload/schedule.c - libesecheck_schedule.so: any multi-threaded program under control (program.h).
 *
 * The operations are those of shims/schedule, exported here under the names that the program calls. Control begins
 * in __libc_start_main, before the program's constructors, and ends with the process. Constructors of libraries
 * have run by then, once for all schedules.
 */
#include "shims/preload/inside.h"

#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/auxv.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "shims/schedule/intercept.h"
#include "shims/schedule/story.h"
#include "shims/schedule/turns.h"

#define OWN_NAME "libesecheck_schedule.so"
#define FIRST_DESCRIPTOR 900 /* ours are out of the program's way */

struct shim_program_shared *shim_program;

static struct shim_strategy *searching; /* of all runs that search */
static struct shim_strategy *inner;     /* of this run */
static struct shim_trace decisions;     /* what it follows, or */
static struct shim_turns turns;
static struct shim_strategy watching;   /* notes what was decided */
static struct shim_ct_thread *collector;
static int control = -1, output = -1;

void *shim_ct_next(const char *name) {
    void *found = dlsym(RTLD_NEXT, name);
    if (found == NULL) {
        static const char text[] = "esecheck: a function that the program calls is in no library behind "
                                   OWN_NAME ": ";
        (void)!syscall(SYS_write, 2, text, sizeof text - 1);
        (void)!syscall(SYS_write, 2, name, strlen(name));
        (void)!syscall(SYS_write, 2, "\n", 1);
        _exit(127);
    }
    return found;
}

/* ---- what a run does ------------------------------------------------------------------------------ */

/* For esecheck, which sees that the run goes on. */
static uint32_t choose(struct shim_strategy *strategy, const struct shim_choice *choice) {
    uint32_t pick = inner->choose(inner, choice);
    (void)strategy;
    shim_program->run.steps = shim_ct.steps;
    shim_program->run.hash = shim_ct.hash;
    shim_program->run.threads = shim_ct.threads;
    return pick;
}

static bool sleeps(const struct shim_ct_thread *thread) {
    return thread->state == SHIM_CT_READY && thread->event.op != SHIM_OP_START;
}

/* The scheduler ended the run: the first thread that comes here has every thread write its stack, and ends the
 * process. */
static void over(struct shim_ct_thread *self) {
    if (self->state != SHIM_CT_DONE) {
        shim_watch_stack(self);
    }
    if (collector != NULL) {
        shim_ct_pass_turn(self, collector);
    }
    collector = self;
    shim_program->run.outcome = shim_ct.outcome;
    memcpy(shim_program->run.message, shim_ct.failure, sizeof shim_program->run.message);
    for (uint32_t i = 0; i < shim_ct.threads; i++) {
        struct shim_ct_thread *thread = &shim_ct.thread[i];
        if (thread != self && sleeps(thread)) {
            shim_ct_pass_turn(self, thread);
        }
    }
    syscall(SYS_exit_group, 0);
    __builtin_unreachable();
}

/* In a child of the program, before its own handlers: the other threads are not there. */
static void uncontrolled(void) {
    shim_ct.active = false;
}

/* The program ends by itself. */
static void ended(void) {
    if (shim_ct.active && !shim_ct.aborting) {
        shim_watch_end();
    }
}

/* ---- the server ----------------------------------------------------------------------------------- */

static void refuse(const char *why) {
    snprintf(shim_program->refusal, sizeof shim_program->refusal, "%s", why);
    (void)!syscall(SYS_write, control, "x", 1);
    _exit(0);
}

/* Descriptor 0 of a fork: a file is read from its beginning by each. */
static void fresh_input(void) {
    struct stat status;
    int input = fstat(0, &status) == 0 && S_ISREG(status.st_mode) ? open("/proc/self/fd/0", O_RDONLY) : -1;
    if (input > 0) {
        (void)dup2(input, 0);
        (void)close(input);
    }
}

static void begin(void) {
    struct shim_control_options how = {.steps = shim_program->steps,
                                       .memory = shim_program->memory,
                                       .between = shim_program->between,
                                       .swift = dlsym(RTLD_DEFAULT, "__asan_init") == NULL,
                                       .watch = &shim_program->watch};
    (void)prctl(PR_SET_PDEATHSIG, SIGKILL);
    (void)setpgid(0, 0);
    (void)close(control);
    fresh_input();
    if (output >= 0) {
        (void)dup2(output, 1);
        (void)dup2(output, 2);
        (void)close(output);
    }
    shim_program_catch_crashes();
    (void)atexit(ended);
    (void)pthread_atfork(NULL, NULL, uncontrolled);
    shim_ct_bind_to_one();
    watching = (struct shim_strategy){.choose = choose};
    struct shim_ct_thread *first = shim_ct_begin(&how, &watching, &shim_program->trace, over);
    snprintf(first->name, sizeof first->name, "main");
}

static void follow(void) {
    char error[200];
    if (shim_program->mode == SHIM_PROGRAM_SEARCH) {
        inner = searching;
    } else if (shim_program->mode == SHIM_PROGRAM_REPLAY) {
        inner = shim_trace_parse(shim_program->given, &decisions, error, sizeof error) == 0
                    ? shim_strategy_replay(&decisions)
                    : NULL;
    } else {
        inner = shim_turns_parse(shim_program->given, &turns, error, sizeof error) == 0 ? shim_strategy_turns(&turns)
                                                                                      : NULL;
    }
    if (inner == NULL) {
        refuse("what is to be repeated cannot be read");
    }
}

static void prepare(void) {
    memset(&shim_program->run, 0, sizeof shim_program->run);
    shim_program->run.outcome = SHIM_RUN_DONE;
    shim_program->trace = (struct shim_trace){.thread = shim_program->room, .room = SHIM_PROGRAM_TRACE};
    shim_program->stacks_length = 0;
    shim_program->stacks[0] = shim_program->told[0] = '\0';
    shim_program->more = true;
    shim_watch_clear(&shim_program->watch);
    shim_program->watch.keep = shim_program->mode != SHIM_PROGRAM_SEARCH;
    shim_program->watch.story = shim_program->story;
    follow();
    inner->begin(inner, shim_program->seed);
    if (output >= 0) {
        (void)!ftruncate(output, 0);
        (void)lseek(output, 0, SEEK_SET);
    }
}

/* After the run, in the server: the names of addresses are the same here. */
static void conclude(void) {
    shim_program->more = inner->end(inner, shim_program->run.steps);
    shim_story_place(&shim_program->watch, shim_program->run.outcome, shim_program->place, sizeof shim_program->place);
    for (uint32_t i = 0; i < shim_program->watch.new_count; i++) {
        shim_program->watch.fresh[i].hash = shim_coverage_hash(&shim_program->watch.fresh[i]);
    }
    if (shim_program->story) {
        FILE *file = fmemopen(shim_program->told, SHIM_PROGRAM_STORY - 1, "w");
        if (file != NULL) {
            shim_story_write(file, &shim_program->watch);
            (void)fclose(file);
        }
    }
    if (inner != searching) {
        shim_strategy_free(inner);
        free(decisions.thread);
        free(turns.turn);
        decisions.thread = NULL;
        turns.turn = NULL;
    }
}

/* Returns in each fork, to go on as the program. */
static void serve(void) {
    char byte = 'r';
    for (;;) {
        if (write(control, &byte, 1) != 1 || read(control, &byte, 1) != 1) {
            _exit(0);
        }
        prepare();
        pid_t child = fork();
        if (child == 0) {
            begin();
            return;
        }
        if (child < 0) {
            refuse("no process for a schedule");
        }
        shim_program->child = child;
        while (waitpid(child, &shim_program->status, 0) < 0 && errno == EINTR) {
        }
        (void)kill(-child, SIGKILL); /* what it has started and left */
        shim_program->child = 0;
        conclude();
        byte = 'd';
    }
}

/* ---- the way in ----------------------------------------------------------------------------------- */

/* Takes `name` out of the environment. In LD_PRELOAD this object alone is taken out. */
static void clean(char **environment) {
    char **to = environment;
    for (char **from = environment; *from != NULL; from++) {
        if (strncmp(*from, SHIM_PROGRAM_ENVIRONMENT "=", sizeof SHIM_PROGRAM_ENVIRONMENT) == 0) {
            continue;
        }
        if (strncmp(*from, "LD_PRELOAD=", 11) == 0) {
            char *rest = strstr(*from, OWN_NAME);
            rest = rest != NULL ? rest + strlen(OWN_NAME) : *from + 11;
            rest += strspn(rest, ": ");
            if (*rest == '\0') {
                continue;
            }
            memmove(*from + 11, rest, strlen(rest) + 1);
        }
        *to++ = *from;
    }
    *to = NULL;
}

static int out_of_the_way(int descriptor) {
    int moved = descriptor < 0 ? -1 : fcntl(descriptor, F_DUPFD_CLOEXEC, FIRST_DESCRIPTOR);
    if (moved < 0 && descriptor >= 0) {
        moved = fcntl(descriptor, F_DUPFD_CLOEXEC, 100);
    }
    if (moved >= 0) {
        (void)close(descriptor);
    }
    return moved >= 0 ? moved : descriptor;
}

/* Whether the process has threads: a library's constructor started them. */
static bool has_threads(void) {
    struct stat status;
    return stat("/proc/self/task", &status) == 0 && status.st_nlink > 3;
}

static void enter(char **environment) {
    const char *words = getenv(SHIM_PROGRAM_ENVIRONMENT);
    int memory = -1;
    if (words == NULL || sscanf(words, "%d %d %d", &memory, &control, &output) != 3) {
        return;
    }
    void *shared = mmap(NULL, sizeof *shim_program, PROT_READ | PROT_WRITE, MAP_SHARED, memory, 0);
    (void)close(memory);
    clean(environment);
    (void)memset((void *)(size_t)getauxval(AT_RANDOM), 0x5A, 16); /* libc has taken what it needs */
    if (shared == MAP_FAILED || ((struct shim_program_shared *)shared)->version != SHIM_PROGRAM_VERSION) {
        return; /* esecheck says what is missing */
    }
    shim_program = shared;
    control = out_of_the_way(control);
    output = out_of_the_way(output);
    if (has_threads()) {
        refuse("a library of the program starts threads before the program begins: they cannot be controlled");
    }
    searching = shim_strategy_new((enum shim_strategy_kind)shim_program->strategy, shim_program->depth);
    if (searching == NULL) {
        refuse("out of memory");
    }
    shim_program_stacks_prepare();
    serve();
}

typedef int main_function(int count, char **words, char **environment);
typedef int start_function(main_function *start, int count, char **words, void (*init)(void), void (*fini)(void),
                           void (*rtld_fini)(void), void *stack_end);
start_function __libc_start_main __attribute__((visibility("default")));
int __libc_start_main(main_function *start, int count, char **words, void (*init)(void), void (*fini)(void),
                      void (*rtld_fini)(void), void *stack_end) {
    start_function *real = (start_function *)(size_t)shim_ct_next("__libc_start_main");
    enter(words + count + 1);
    return real(start, count, words, init, fini, rtld_fini, stack_end);
}
