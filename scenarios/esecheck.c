/* scenarios/esecheck.c - the program: finds the command and hands over. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#ifdef __GLIBC__
#include <malloc.h>
#endif

#include "scenarios/command/command.h"

#define BIT(option) ((uint64_t)1 << (option))
#define HOW (BIT(CMD_ENGINE) | BIT(CMD_PROFILE) | BIT(CMD_SET) | BIT(CMD_PRE_INIT))
#define RUNNING                                                                                    \
    (HOW | BIT(CMD_SEED) | BIT(CMD_REPEAT) | BIT(CMD_TIMEOUT) | BIT(CMD_FILTER) | BIT(CMD_KNOWN) | \
     BIT(CMD_REPORT) | BIT(CMD_VERBOSE) | BIT(CMD_KEEP) | BIT(CMD_JOBS))

static const struct cmd_command commands[] = {
    {"all", "", "run the whole script library and the matrix of the API", NULL, RUNNING, 0, 0,
     cmd_all},
    {"run", "[FILE...]", "run scripts; without files, the library",
     "A FILE is a script (scenarios/README.md) or a directory of them. Each script is run several\n"
     "times, each time in a process of its own, and each history is judged.\n",
     RUNNING, 0, -1, cmd_run},
    {"matrix", "", "call every public function in every state around a stop",
     "Prints function, state, expected and observed result, and verdict.\n",
     HOW | BIT(CMD_FORMAT) | BIT(CMD_FILTER) | BIT(CMD_KNOWN) | BIT(CMD_REPORT) |
         BIT(CMD_TIMEOUT) | BIT(CMD_SEED) | BIT(CMD_VERBOSE) | BIT(CMD_KEEP),
     0, 0, cmd_matrix},
    {"judge", "FILE...", "judge saved histories again",
     "Needs no engine: a history holds all that the verdict depends on.\n",
     BIT(CMD_PROFILE) | BIT(CMD_VERBOSE), 1, -1, cmd_judge},
    {"replay", "FILE", "run a saved schedule, crash state, or the plan and seed of a saved history again",
     "Of a schedule that `explore` found, or a state of `crash`: exit code 1 when the failure shows again, 0 when it does\n"
     "not, 4 when a decision could not be repeated (the message says which), 5 when another failure shows.\n",
     HOW | BIT(CMD_TIMEOUT) | BIT(CMD_REPORT) | BIT(CMD_VERBOSE) | BIT(CMD_KEEP), 1, 1, cmd_replay},
    {"explore", "FILE... | -- PROGRAM [ARGUMENT...]", "run scripts, or a program, under many schedules, each chosen and repeatable",
     "One thread runs at a time; at every lock, wait, file operation and API call a strategy says who\n"
     "goes on. Stops at the first broken promise, deadlock or livelock of a script, plays it again,\n"
     "makes it shorter, shows the changes of thread that are left, and with --report writes\n"
     "NAME.schedule for `esecheck replay`. --strategy disturb leaves the threads free and makes them\n"
     "yield and rest around their calls. Linux only, but for disturb.\n"
     "--faults lets the operating system fail one operation of the engine in each schedule; --kinds and\n"
     "--scope as of `esecheck faults`, and the same is fine. A finding's file says which fault; what is\n"
     "shown is made as small as it goes: no fault at all, a simpler or earlier one, fewer changes of thread.\n\n"
     "-- PROGRAM explores any dynamically linked program with threads: a bug is a non-zero exit code, a signal, a\n"
     "sanitizer's report, a deadlock, a livelock (--steps), or --timeout seconds (10) without a decision. Each\n"
     "schedule is a fork of the program before its beginning: files that it leaves are there in the next. Clocks,\n"
     "random numbers and process numbers are virtual.\n",
     RUNNING | BIT(CMD_SCHEDULES) | BIT(CMD_STRATEGY) | BIT(CMD_DEPTH) | BIT(CMD_TIME) |
         BIT(CMD_STEPS) | BIT(CMD_MEMORY) | BIT(CMD_NO_SHRINK) | BIT(CMD_SHARD) | BIT(CMD_ALL) | BIT(CMD_FAULTS) |
         BIT(CMD_KINDS) | BIT(CMD_SCOPE), 1, -1, cmd_explore},
    {"merge", "DIRECTORY...", "join what parts of an exploration (--shard) reported",
     "Each DIRECTORY is one that `explore --report` wrote. The parts have to be of the same exploration: engine\n"
     "build, script, strategy, seed, number of parts and of schedules. Distinct interleavings and coverage are those of\n"
     "all together, equal findings become one; junit.xml, explore.json and the schedules of the findings go into the\n"
     "folder of --report. A part that is missing is named. Exit code as that of `explore`.\n",
     BIT(CMD_REPORT) | BIT(CMD_KNOWN) | BIT(CMD_VERBOSE), 1, -1, cmd_merge},
    {"faults", "FILE...", "have every operation go wrong, one at a time, and judge what comes of it",
     "Plays a script once without a fault and counts what the engine asks the operating system for; then once\n"
     "per operation, kind of fault and mode (once; from there on), under one fixed schedule. A documented error or full\n"
     "success is fine; a crash, a hang, a leak, an undocumented code, lost commits, an instance that cannot end or\n"
     "start again, a stop that failed and changed something are findings; each comes with the line that shows\n"
     "it again. What a restart cannot do for a fault an undisturbed one must do afterwards. Default kinds: all errors\n"
     "and short transfers; default scope: all but setup. Linux only.\n",
     (RUNNING & ~BIT(CMD_REPEAT)) | BIT(CMD_KINDS) | BIT(CMD_SCOPE) | BIT(CMD_QUICK) | BIT(CMD_FAULT) |
         BIT(CMD_COUNT) | BIT(CMD_BRIEF) | BIT(CMD_SHARD) | BIT(CMD_TIME) | BIT(CMD_STEPS), 1, -1, cmd_faults},
    {"crash", "[FILE...]", "cut the power at many moments of scripts, and look at what is left",
     "Each script is run once (or as often as --repeat says), with what the engine writes recorded, and judged as\n"
     "`esecheck run` does. Then the files are rebuilt as a power cut could have left them, with what was not\n"
     "synced kept, dropped, reordered, torn or turned to garbage; the engine is started on them, and what it\n"
     "finds is compared with what it had acknowledged. A quarter of the --states cuts are second ones, of a\n"
     "recovery; of the others two thirds lie just before a sync, spread evenly over all of them (most runs have\n"
     "more syncs than the default tries), the rest anywhere. Only --states all takes every sync with every loss;\n"
     "half as many cuts anywhere, and those of recoveries, come in addition. With --report the first state with\n"
     "the gravest verdict is kept in crash/NAME: its files, and what `esecheck replay crash/NAME/state` needs to\n"
     "play it again. Linux only.\n",
     RUNNING | BIT(CMD_STATES) | BIT(CMD_CHECKER), 0, -1, cmd_crash},
    {"list", "[FILE...]", "list the scripts of the library", NULL,
     BIT(CMD_FILTER) | BIT(CMD_VERBOSE), 0, -1, cmd_list},
    {"report", "DIRECTORY", "judge and show a report directory again", NULL,
     BIT(CMD_PROFILE) | BIT(CMD_VERBOSE) | BIT(CMD_KNOWN), 1, 1, cmd_report},
};
#define COMMANDS (sizeof commands / sizeof commands[0])

static void usage(FILE *out)
{
    fprintf(out, "usage: esecheck COMMAND [OPTION...] [FILE...]\n\n"
                 "Tests engines that speak the Extensible Storage Engine API (ESENT) for what they\n"
                 "promise around a stop.\n\n");
    for (size_t i = 0; i < COMMANDS; i++) {
        fprintf(out, "  %-8s %s\n", commands[i].name, commands[i].summary);
    }
    fprintf(out, "\n`esecheck help COMMAND` shows the options of a command.\n"
                 "Exit codes: 0 conforms, 1 a promise was broken, 2 usage or bad input,\n"
                 "3 no engine or nothing exercised, 4 the harness failed; of replay: 4 the schedule\n"
                 "diverged, 5 another failure than the finding.\n");
}

static const struct cmd_command *find(const char *name)
{
    for (size_t i = 0; i < COMMANDS; i++) {
        if (strcmp(commands[i].name, name) == 0) {
            return &commands[i];
        }
    }
    return NULL;
}

static int help(int argc, char **argv)
{
    const struct cmd_command *command = argc > 2 ? find(argv[2]) : NULL;
    if (argc > 2 && command == NULL) {
        return cmd_fail(CMD_USAGE, "unknown command %s; `esecheck --help` lists them", argv[2]);
    }
    if (command != NULL) {
        cmd_help(command);
    } else {
        usage(stdout);
    }
    return CMD_CONFORMS;
}

int main(int argc, char **argv)
{
    if (argc < 2) {
        usage(stderr);
        return CMD_USAGE;
    }
    if (strcmp(argv[1], "--child") == 0) {
        return scn_child_main(argc, argv);
    }
#ifdef __GLIBC__
    /* Histories of some MB come and go thousands of times: their memory stays. */
    mallopt(M_MMAP_THRESHOLD, 64 << 20);
    mallopt(M_TRIM_THRESHOLD, 128 << 20);
#endif
    if (strcmp(argv[1], "--version") == 0) {
        printf("esecheck %s\n", ESECHECK_VERSION);
        return CMD_CONFORMS;
    }
    if (strcmp(argv[1], "--help") == 0 || strcmp(argv[1], "-h") == 0 ||
        strcmp(argv[1], "help") == 0) {
        return help(argc, argv);
    }
    const struct cmd_command *command = find(argv[1]);
    if (command == NULL) {
        return cmd_fail(CMD_USAGE, "unknown command %s; `esecheck --help` lists them", argv[1]);
    }
    struct cmd_options options;
    int result = cmd_parse(command, argc, argv, &options);
    if (result == 0 && options.help) {
        cmd_help(command);
    } else if (result == 0) {
        if ((command->options & BIT(CMD_ENGINE)) != 0) { /* it runs children */
            scn_interrupt_install();
        }
        result = command->run(&options);
        cmd_progress_clear();
    }
    free(options.files);
    if (fflush(stdout) != 0 && result == CMD_CONFORMS) {
        result = cmd_fail(CMD_HARNESS, "standard output cannot be written");
    }
    if (scn_interrupted()) {
        scn_interrupt_finish();
    }
    return result;
}
