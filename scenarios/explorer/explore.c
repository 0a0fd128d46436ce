/* scenarios/explorer/explore.c - the command: every script, by strategy or disturbed. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "scenarios/command/command.h"
#include "scenarios/explorer/campaign.h"
#include "scenarios/explorer/results.h"
#include "scenarios/explorer/faults.h"
#include "scenarios/explorer/program.h"
#include "scenarios/supervisor/platform.h"
#include "shims/library/library.h"
#include "shims/schedule/control.h"

#define DISTURB "disturb"
#define DISTURBED 100   /* runs of a script, when nothing else is said */
#define SCHEDULES 1000

/* Whether there are memory accesses to decide about: 0, or an exit code after a message. */
static int find_memory(const struct cmd_options *options)
{
    struct shim_library_info info;
    char error[CMD_MESSAGE];
    if (!shim_control_has_memory()) {
        return cmd_fail(CMD_NOTHING, "--memory: this esecheck has no hooks for memory accesses, ThreadSanitizer "
                                     "has them; take the esecheck of another build");
    }
    if (shim_library_inspect(options->engine_path, &info, error, sizeof error) != 0) {
        return cmd_fail(CMD_NOTHING, "%s", error);
    }
    return info.memory ? 0
                       : cmd_fail(CMD_NOTHING,
                                  "--memory: %s does not tell of its memory accesses; compile it with "
                                  "-fsanitize=thread and link it without (the preset explore does so: "
                                  "cmake --preset explore && cmake --build --preset explore, then "
                                  "build/explore/bin/esecheck explore --memory), or leave --memory out",
                                  options->engine_path);
}

/* What --faults goes with: 0, or an exit code after a message. */
static int check_faults(const struct cmd_options *options)
{
    const char *strategy = options->strategy != NULL ? options->strategy : "";
    struct scn_fault_kinds kinds;
    struct scn_fault_scope scope;
    char error[CMD_MESSAGE];
    if (!options->faults) {
        return options->kinds == NULL && options->scope == NULL
                   ? 0
                   : cmd_fail(CMD_USAGE, "%s says which faults; it goes with --faults",
                              options->kinds != NULL ? "--kinds" : "--scope");
    }
    if (strcmp(strategy, DISTURB) == 0) {
        return cmd_fail(CMD_USAGE, "--faults needs a strategy under control, not " DISTURB ": operations are counted "
                                   "in schedules that can be repeated");
    }
    if (strcmp(strategy, "bounded") == 0) {
        return cmd_fail(CMD_USAGE, "the bounded search goes through the schedules of one and the same run; it takes no "
                                   "--faults, by which each run is another (to search with one given fault, write it "
                                   "into the script: `fault` in scenarios/README.md)");
    }
    return scn_fault_kinds_parse(options->kinds, false, &kinds, error, sizeof error) != 0 ||
                   scn_fault_scope_parse(options->scope, &scope, error, sizeof error) != 0
               ? cmd_fail(CMD_USAGE, "%s", error)
               : 0;
}

/* Options that would mean nothing with the strategy: 0, or an exit code after a message. */
static int check_strategy(const struct cmd_options *options, bool disturb)
{
    const char *strategy = options->strategy != NULL ? options->strategy : "mix";
    const char *controlled = !disturb                ? NULL
                             : options->time != 0    ? "--time"
                             : options->shards != 0  ? "--shard"
                             : options->steps != 0   ? "--steps"
                             : options->memory       ? "--memory"
                             : options->all          ? "--all"
                             : options->no_shrink    ? "--no-shrink"
                                                     : NULL;
    if (controlled != NULL) {
        return cmd_fail(CMD_USAGE, "%s needs a strategy under control, not " DISTURB, controlled);
    }
    if (options->depth != 0 && strcmp(strategy, "pct") != 0 && strcmp(strategy, "bounded") != 0) {
        return cmd_fail(CMD_USAGE, "--depth goes with --strategy pct or bounded, not with %s", strategy);
    }
    if (options->repeat != 0 && !disturb && !options->behind_dashes) {
        return cmd_fail(CMD_USAGE, "--repeat is for `esecheck run`; how often a script is played here --schedules says");
    }
    return 0;
}

static bool disturbed(const struct cmd_options *options)
{
    return options->strategy != NULL && strcmp(options->strategy, DISTURB) == 0;
}

static int disturb_script(struct cmd_options *options, const char *work, const struct cmd_script *script,
                          struct rpt_suite *suite)
{
    return cmd_run_script(options, work, script, true, suite);
}

static int explore_scripts(struct cmd_options *options, const char *work, const struct cmd_scripts *scripts,
                           struct rpt_suite *suite)
{
    struct scn_results *results = calloc(scripts->count + 1, sizeof *results);
    int result = results == NULL ? cmd_fail(CMD_HARNESS, "out of memory") : 0;
    size_t done = 0;
    for (; result == 0 && done < scripts->count && !scn_interrupted(); done++) {
        result = scn_campaign(options, work, &scripts->scripts[done], suite, &results[done]);
    }
    if (result == 0) {
        result = scn_results_write_json(options->report, results, done);
    }
    for (size_t i = 0; i < done; i++) {
        scn_results_fini(&results[i]);
    }
    free(results);
    return result;
}

static int play_scripts(struct cmd_options *options, const char *work, struct rpt_suite *suite)
{
    struct cmd_scripts scripts;
    int result = options->memory ? find_memory(options) : 0;
    if (result == 0 && (result = cmd_scripts_load(options, &scripts)) == 0) {
        result = disturbed(options) ? cmd_each_script(options, work, &scripts, disturb_script, suite)
                                    : explore_scripts(options, work, &scripts, suite);
        cmd_scripts_free(&scripts);
    }
    return result;
}

void cmd_warn_of_addresses(void)
{
    if (!scn_addresses_can_be_fixed()) {
        fprintf(stderr, "esecheck: address randomisation cannot be turned off here; a replay may diverge\n");
    }
}

int cmd_explore(struct cmd_options *options)
{
    bool disturb = disturbed(options);
    if (!shim_control_is_available() && (!disturb || options->behind_dashes)) {
        return cmd_fail(CMD_NOTHING, "explore is not available on this platform: threads can be controlled on Linux; "
                                     "here --strategy " DISTURB " plays scripts with delays by chance");
    }
    if (options->strategy != NULL && strcmp(options->strategy, "bounded") == 0 &&
        (options->jobs > 1 || options->shards > 1)) {
        return cmd_fail(CMD_USAGE, "the bounded search goes through schedules in order; it takes neither "
                                   "--jobs nor --shard");
    }
    if (check_strategy(options, disturb) != 0) {
        return CMD_USAGE;
    }
    if (options->behind_dashes) {
        const char *engines_alone = options->engine != NULL        ? "--engine"
                                    : options->faults              ? "--faults"
                                    : options->kinds != NULL       ? "--kinds"
                                    : options->scope != NULL       ? "--scope"
                                    : options->setting_count != 0  ? "--set"
                                    : options->pre_init != NULL    ? "--pre-init"
                                                                   : NULL;
        return options->before_dashes != 0
                   ? cmd_fail(CMD_USAGE, "scripts and a program: name either scripts, or -- and a program")
               : engines_alone != NULL
                   ? cmd_fail(CMD_USAGE, "%s is for engines: programs are explored without it", engines_alone)
                   : cmd_explore_program(options);
    }
    if (options->schedules == 0 && options->time == 0) {
        options->schedules = disturb ? DISTURBED : SCHEDULES;
    }
    if (!disturb) {
        cmd_warn_of_addresses();
    }
    const int result = check_faults(options);
    return result != 0 ? result
                       : cmd_with_suite(options, disturb ? CMD_WORK_ON_DISK : CMD_WORK_IN_MEMORY, play_scripts);
}
