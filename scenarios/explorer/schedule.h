/* scenarios/explorer/schedule.h - a finding as a small text file: what is needed to show it again.
 *
 *   esecheck schedule 2
 *   name commits
 *   engine /path/libesent.so
 *   build build-id 1234 of a program, too; empty: it has none
 *   profile documented
 *   strategy pct
 *   depth 3
 *   seed 7              of the strategy
 *   input-seed 1        of the script's random values
 *   steps 1000000
 *   memory 0
 *   set JET_paramX=1    any number of times
 *   fault EIO at fsync  what goes wrong (shims/fault/fault.h); none: nothing does
 *   verdict deadlock
 *   clause process.deadlock  the promise that was broken
 *   place ...           where: functions of a stack, waits of a deadlock; of a program "exit code 1", "SIGSEGV at ..."
 *   finding ...         in words
 *   plan                the script, each line after a tab
 *   program /path       in place of engine, build, profile and plan, when a program was explored
 *   argument ...        of it, from argv[0]; any number of times; \n and \\ stand for a new line and a backslash
 *   decisions           who went on at every decision with a choice, each line after a tab
 *   end
 */
#ifndef ESECHECK_SCENARIOS_EXPLORER_SCHEDULE_H
#define ESECHECK_SCENARIOS_EXPLORER_SCHEDULE_H

#include "scenarios/command/command.h"

#define SCN_SCHEDULE_MAGIC "esecheck schedule 2"

/* Texts are heap-allocated; free with scn_schedule_fini. */
struct scn_schedule_file {
    char *name, *engine, *build, *profile, *strategy, *verdict, *finding, *plan, *decisions;
    char *fault; /* or NULL */
    char *settings[CMD_MOST_SETTINGS];
    int setting_count;
    int plan_line;      /* of the file: the line above the plan's first */
    char *program;            /* NULL: a script */
    const char **arguments;   /* its words; heap, as the array is */
    int argument_count;
    char *clause, *place;     /* NULL: not said */
    unsigned depth;
    uint64_t seed, input_seed, steps;
    uint64_t between;   /* decisions between operations; 0, as in files that do not say it: none */
    bool memory;
};

/* 0, or -1 with a message. */
int scn_schedule_save(const struct scn_schedule_file *schedule, const char *path, char *error,
                      size_t error_size);
int scn_schedule_load(struct scn_schedule_file *schedule, const char *path, char *error,
                      size_t error_size);
void scn_schedule_fini(struct scn_schedule_file *schedule);
/* Whether the file begins with the magic line. */
bool scn_schedule_is(const char *path);

/* What a replay showed beside what the file holds, in a line or two on standard output. Verdict, promise and place have to be
 * the same; a place is not compared where it cannot be: offsets of another build (same_build false), or functions of a
 * stack on a machine without addr2line. Returns the exit code: CMD_BROKEN the same failure, CMD_CONFORMS none,
 * CMD_OTHER another one. */
struct scn_failure;
int scn_replay_tell(const struct scn_schedule_file *file, const struct scn_failure *failure, bool same_build);

/* Plays the schedule of a file again: the command `replay` for such files. */
int cmd_replay_schedule(struct cmd_options *options);

#endif
