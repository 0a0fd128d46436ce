/* scenarios/command/options.c - the options of all commands, in one table. */
#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "scenarios/command/command.h"

static const struct {
    const char *name;
    const char *argument; /* NULL: takes none */
    const char *help;
} table[CMD_OPTION_COUNT] = {
    [CMD_ENGINE] = {"--engine", "FILE", "the engine (default: the reference engine)"},
    [CMD_PROFILE] = {"--profile", "P", "documented (default) or ese: what the promises are"},
    [CMD_SEED] = {"--seed", "N", "seed of everything random (default: 1)"},
    [CMD_REPEAT] = {"--repeat", "N", "runs per script (default: the script's own, else 5; crash: 1)"},
    [CMD_TIMEOUT] = {"--timeout", "SECONDS",
                     "limit of one run (default: 300); a hang is told after 30 s (faults: 60), at most half of it"},
    [CMD_FILTER] = {"--filter", "PATTERN", "only names that match (*, ?, [...])"},
    [CMD_SET] = {"--set", "JET_paramX=VALUE", "a parameter of every instance, before JetInit"},
    [CMD_PRE_INIT] = {"--pre-init", "SYMBOL", "a function of the engine's file to call first"},
    [CMD_KNOWN] = {"--known", "FILE", "expected failures: PATTERN[: VERDICT] # reason"},
    [CMD_REPORT] = {"--report", "DIRECTORY", "write junit.xml and histories/ there"},
    [CMD_VERBOSE] = {"-v", NULL, "more detail: calls per function, calls of every finding"},
    [CMD_FORMAT] = {"--format", "table|tsv", "how cells are printed (default: table)"},
    [CMD_SCHEDULES] = {"--schedules", "N", "how many schedules of each script (default: 1000; disturb: 100)"},
    [CMD_STRATEGY] = {"--strategy", "S",
                      "mix (default: random, delay, feedback, pos, surw by turns), one of these, pct,\n"
                      "bounded or disturb"},
    [CMD_DEPTH] = {"--depth", "D", "of pct (default: 3); preemptions of bounded (default: 2)"},
    [CMD_TIME] = {"--time", "SECONDS", "search for so long instead of so many schedules; faults: for each script at most"},
    [CMD_STEPS] = {"--steps", "N", "decisions after which a run is a livelock (default: 1000000; with faults: 10000000)"},
    [CMD_MEMORY] = {"--memory", NULL, "memory accesses too, of an engine that is built for it"},
    [CMD_NO_SHRINK] = {"--no-shrink", NULL, "leave the schedule of a finding as it is"},
    [CMD_JOBS] = {"--jobs", "N", "so many children at once (default: 1); races want a core each"},
    [CMD_SHARD] = {"--shard", "I/N", "only the I-th of N parts of the schedules or faults"},
    [CMD_STATES] = {"--states", "N|all", "how many crash states of each run (default: 240); all: every sync, with every loss"},
    [CMD_FAULTS] = {"--faults", NULL, "one operation of the engine goes wrong in each schedule"},
    [CMD_KINDS] = {"--kinds", "LIST", "what goes wrong: errors, ENOSPC ..., short, delay, flip, stale, lost, torn, or all of them"},
    [CMD_SCOPE] = {"--scope", "LIST", "where: setup, race, term, death, restart; pwrite, memory ...; JetX; actor:NAME; file:PATTERN"},
    [CMD_QUICK] = {"--quick", NULL, "one operation of each distinct call stack (over all scripts); one error each, if no --kinds says more"},
    [CMD_ALL] = {"--all", NULL, "go on after a finding; each distinct one is told once"},
    [CMD_FAULT] = {"--fault", "TEXT", "only this one, in the words of the script language"},
    [CMD_COUNT] = {"--count", NULL, "only play the clean runs and say how many faults there are to try, kind by kind"},
    [CMD_BRIEF] = {"--brief", NULL, "play the scripts short: repeats 6 times, tables of 150 rows, aims after 24 calls"},
    [CMD_CHECKER] = {"--checker", "PROGRAM", "what looks at each database file once it is recovered; exit code 0: it is sound"},
    [CMD_KEEP] = {"--keep", NULL, "keep the work directories of the runs"},
};

/* What the value of an option has to be. */
static const char *right_value(enum cmd_option option)
{
    switch (option) {
    case CMD_PROFILE:
        return "documented or ese";
    case CMD_FORMAT:
        return "table or tsv";
    case CMD_SHARD:
        return "I/N, the I-th of N parts, with I from 1 to N";
    case CMD_STATES:
        return "a number from 1 to 100000000, or all";
    case CMD_SEED:
        return "a number from 0 on";
    case CMD_SCHEDULES:
        return "a number from 1 to 100000000";
    case CMD_STEPS:
        return "a number from 1 to 1000000000";
    case CMD_DEPTH:
        return "a number from 1 to 16";
    case CMD_JOBS:
        return "a number from 1 to 64";
    default: /* --repeat, --timeout, --time */
        return "a number from 1 to 1000000";
    }
}

int cmd_fail(int code, const char *format, ...)
{
    va_list arguments;
    cmd_progress_clear();
    fputs("esecheck: ", stderr);
    va_start(arguments, format);
    vfprintf(stderr, format, arguments);
    va_end(arguments);
    fputc('\n', stderr);
    return code;
}

void cmd_help(const struct cmd_command *command)
{
    printf("usage: esecheck %s%s%s%s\n\nTo %s.\n%s%s\n", command->name,
           command->options != 0 ? " [OPTION...]" : "", command->arguments[0] != '\0' ? " " : "",
           command->arguments, command->summary, command->help != NULL ? "\n" : "",
           command->help != NULL ? command->help : "");
    for (int i = 0; i < CMD_OPTION_COUNT; i++) {
        char left[48];
        if ((command->options & (uint64_t)1 << i) != 0) {
            snprintf(left, sizeof left, "%s%s%s", table[i].name,
                     table[i].argument != NULL ? " " : "",
                     table[i].argument != NULL ? table[i].argument : "");
            printf("  %-24s %s\n", left, table[i].help);
        }
    }
}

static bool number(const char *text, uint64_t most, uint64_t *value)
{
    char *end;
    errno = 0;
    if (text[0] < '0' || text[0] > '9') {
        return false;
    }
    unsigned long long parsed = strtoull(text, &end, 0);
    *value = parsed;
    return errno == 0 && *end == '\0' && parsed <= most;
}

static bool take_shard(struct cmd_options *options, const char *value)
{
    char first[24];
    const char *slash = strchr(value, '/');
    if (slash == NULL || (size_t)(slash - value) >= sizeof first) {
        return false;
    }
    snprintf(first, sizeof first, "%.*s", (int)(slash - value), value);
    return number(first, 1000000, &options->shard) && number(slash + 1, 1000000, &options->shards) &&
           options->shard > 0 && options->shard <= options->shards;
}

static int take(struct cmd_options *options, enum cmd_option option, const char *value)
{
    uint64_t parsed = 0;
    struct scn_setting setting;
    char error[CMD_MESSAGE];
    bool fine = true;
    switch (option) {
    case CMD_ENGINE:
        options->engine = value;
        break;
    case CMD_PROFILE:
        fine = rpt_profile_find(value, &options->profile);
        options->profile_given = true;
        break;
    case CMD_SEED:
        fine = number(value, UINT64_MAX, &options->seed);
        break;
    case CMD_REPEAT:
        fine = number(value, 1000000, &parsed) && parsed > 0;
        options->repeat = (int)parsed;
        break;
    case CMD_TIMEOUT:
        fine = number(value, 1000000, &parsed) && parsed > 0;
        options->timeout = (unsigned)parsed;
        break;
    case CMD_FILTER:
        options->filter = value;
        break;
    case CMD_SET:
        if (scn_setting_parse(value, &setting, error, sizeof error) != 0) {
            return cmd_fail(CMD_USAGE, "%s", error);
        }
        free((void *)(uintptr_t)setting.param_name);
        free((void *)(uintptr_t)setting.value.text);
        if (options->setting_count == CMD_MOST_SETTINGS) {
            return cmd_fail(CMD_USAGE, "more than %d times --set", CMD_MOST_SETTINGS);
        }
        options->settings[options->setting_count++] = value;
        break;
    case CMD_PRE_INIT:
        options->pre_init = value;
        break;
    case CMD_KNOWN:
        options->known = value;
        break;
    case CMD_REPORT:
        options->report = value;
        break;
    case CMD_VERBOSE:
        options->verbose = true;
        break;
    case CMD_FORMAT:
        options->format = value;
        fine = strcmp(value, "table") == 0 || strcmp(value, "tsv") == 0;
        break;
    case CMD_SCHEDULES:
        fine = number(value, 100000000, &parsed) && parsed > 0;
        options->schedules = (int)parsed;
        break;
    case CMD_STRATEGY:
        options->strategy = value;
        if (shim_strategy_find(value) < 0 && strcmp(value, "disturb") != 0) {
            return cmd_fail(CMD_USAGE, "--strategy %s: the value must be mix, random, pct, pos, "
                                       "surw, feedback, delay, bounded or disturb", value);
        }
        break;
    case CMD_DEPTH:
        fine = number(value, 16, &parsed) && parsed > 0;
        options->depth = (int)parsed;
        break;
    case CMD_TIME:
        fine = number(value, 1000000, &options->time) && options->time > 0;
        break;
    case CMD_STEPS:
        fine = number(value, 1000000000, &options->steps) && options->steps > 0;
        break;
    case CMD_MEMORY:
        options->memory = true;
        break;
    case CMD_NO_SHRINK:
        options->no_shrink = true;
        break;
    case CMD_JOBS:
        fine = number(value, 64, &parsed) && parsed > 0;
        options->jobs = (int)parsed;
        break;
    case CMD_SHARD:
        fine = take_shard(options, value);
        break;
    case CMD_STATES:
        fine = strcmp(value, "all") == 0 || (number(value, 100000000, &parsed) && parsed > 0);
        options->states = parsed > 0 ? (int)parsed : -1;
        break;
    case CMD_CHECKER:
        options->checker = value;
        break;
    case CMD_FAULTS:
        options->faults = true;
        break;
    case CMD_KINDS:
        options->kinds = value;
        break;
    case CMD_SCOPE:
        options->scope = value;
        break;
    case CMD_QUICK:
        options->quick = true;
        break;
    case CMD_FAULT:
        options->fault = value;
        break;
    case CMD_KEEP:
        options->keep = true;
        break;
    case CMD_COUNT:
        options->count = true;
        break;
    case CMD_BRIEF:
        options->brief = true;
        break;
    case CMD_ALL:
        options->all = true;
        break;
    case CMD_OPTION_COUNT:
        break;
    }
    if (!fine) {
        return cmd_fail(CMD_USAGE, "%s %s: the value must be %s", table[option].name, value, right_value(option));
    }
    return 0;
}

/* The option that a word names ("--seed" or "--seed=1"), or CMD_OPTION_COUNT. */
static enum cmd_option option_named(const char *word, const char **value)
{
    size_t length = strcspn(word, "=");
    *value = word[length] == '=' ? word + length + 1 : NULL;
    for (int i = 0; i < CMD_OPTION_COUNT; i++) {
        if (strlen(table[i].name) == length && strncmp(table[i].name, word, length) == 0) {
            return (enum cmd_option)i;
        }
    }
    if (strcmp(word, "--verbose") == 0) {
        return CMD_VERBOSE;
    }
    return CMD_OPTION_COUNT;
}

int cmd_parse(const struct cmd_command *command, int argc, char **argv,
              struct cmd_options *options)
{
    bool only_files = false;
    memset(options, 0, sizeof *options);
    options->seed = 1;
    snprintf(options->program, sizeof options->program, "%s", argv[0]);
    options->files = calloc((size_t)argc + 1, sizeof options->files[0]);
    if (options->files == NULL) {
        return cmd_fail(CMD_HARNESS, "out of memory");
    }
    for (int i = 2; i < argc; i++) {
        const char *word = argv[i], *value;
        if (only_files || word[0] != '-' || word[1] == '\0') {
            options->files[options->file_count++] = word;
            continue;
        }
        if (strcmp(word, "--") == 0) {
            only_files = options->behind_dashes = true;
            options->before_dashes = options->file_count;
            continue;
        }
        if (strcmp(word, "--help") == 0 || strcmp(word, "-h") == 0) {
            options->help = true;
            return 0;
        }
        enum cmd_option option = option_named(word, &value);
        if (option == CMD_OPTION_COUNT || (command->options & (uint64_t)1 << option) == 0) {
            return cmd_fail(CMD_USAGE, "unknown option %s; `esecheck help %s` lists them", word,
                            command->name);
        }
        if (table[option].argument == NULL && value != NULL) {
            return cmd_fail(CMD_USAGE, "%s takes no value", table[option].name);
        }
        if (table[option].argument != NULL && value == NULL && ++i == argc) {
            return cmd_fail(CMD_USAGE, "%s needs a value: %s", word, table[option].argument);
        }
        int result = take(options, option, value != NULL ? value : argv[i]);
        if (result != 0) {
            return result;
        }
    }
    if (options->file_count < command->least_files ||
        (command->most_files >= 0 && options->file_count > command->most_files)) {
        return cmd_fail(CMD_USAGE, "usage: esecheck %s [OPTION...] %s", command->name,
                        command->arguments);
    }
    return 0;
}
