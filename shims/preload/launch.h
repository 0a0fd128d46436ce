/* shims/preload/launch.h - starts a program under control and has it run, schedule by schedule (program.h).
 *
 * Thread safety: one thread at a time uses a struct shim_program; several of them may be in use at once, but
 * they are started one after the other. Linux; elsewhere start says that it is not available.
 */
#ifndef ESECHECK_SHIMS_PRELOAD_LAUNCH_H
#define ESECHECK_SHIMS_PRELOAD_LAUNCH_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "shims/preload/program.h"

struct shim_launched;

/* Finds `name` as a shell would, and looks whether it can be put under control: 0 and its absolute path, or -1 with a
 * message (not found, not executable, a script, statically linked, set-user-ID, ThreadSanitizer ...). */
int shim_launch_find(const char *name, char *path, size_t path_size, char *error, size_t error_size);

/* Whether the program itself tells of its memory accesses; its libraries may, too. */
bool shim_launch_has_memory(const char *path);

struct shim_launch_options {
    const char *object;             /* libesecheck_schedule.so */
    const char *path;               /* of the program, absolute */
    const char *const *words;       /* its arguments, from argv[0], NULL at the end */
    enum shim_strategy_kind strategy;
    unsigned depth;                 /* 0: of the strategy */
    uint64_t steps;                 /* bound of decisions; 0: the default */
    unsigned patience;              /* seconds without a decision after which a run hangs; 0: 10 */
    bool memory;                    /* accesses of code compiled for it are decision points */
    bool show;                      /* the program's output goes where this process's goes */
};

/* One run that is over. Texts belong to the launched program, until the next run. */
struct shim_launch_result {
    int status;                     /* as of waitpid */
    bool hung;                      /* it was killed: no decision for too long */
    bool more;                      /* false: the strategy has tried everything */
    const struct shim_run_result *run;
    const struct shim_trace *trace; /* what was decided */
    const char *stacks;             /* of a crash */
    const char *place;              /* of a deadlock */
    const char *story;              /* shims/schedule/story.h, if it was asked for */
    const struct shim_watch *watch; /* what this copy of the program covered for the first time: `fresh` */
    struct shim_turns turns;
};

/* 0, or -1 with a message. Free with shim_launch_stop. */
int shim_launch_start(const struct shim_launch_options *options, struct shim_launched **launched, char *error,
                      size_t error_size);
/* A run: by the strategy (given NULL), repeating decisions (REPLAY: text of a trace), or as far as turns go (FOLLOW).
 * 0, or -1 with a message: the program cannot be run any more. */
int shim_launch_run(struct shim_launched *launched, enum shim_program_mode mode, uint64_t seed,
                    const char *given, bool story, struct shim_launch_result *result, char *error,
                    size_t error_size);
/* Decisions between operations in the runs to come: as of struct shim_control_options; none before the first call. */
void shim_launch_between(struct shim_launched *launched, uint64_t between);
/* What the program wrote in the last run, its end if that is long; heap, NULL without memory. "" with `show`. */
char *shim_launch_output(struct shim_launched *launched, size_t most);
void shim_launch_stop(struct shim_launched *launched);

#endif
