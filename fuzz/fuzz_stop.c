/* fuzz/fuzz_stop.c - libFuzzer targets: sequences of API calls with stops; fuzz_schedule is the same file with
 * play_controlled.c instead of play_free.c.
 *
 * An input is a plan (plan_from_bytes.h). It is run by the same runner through the same calls as a
 * script, in this process: libFuzzer is the supervisor and reports crashes, hangs, leaks and what
 * the sanitizers see. The history goes to the same judge; a broken promise is printed with the
 * calls involved and the plan as a script, and ends the process, so that libFuzzer keeps the input.
 *
 * The engine is the file in the environment variable ESECHECK_ENGINE, else the reference engine of
 * this build. Every input starts with fresh files and fresh instances. The databases with the
 * tables of a plan are made once per shape and copied. With ESECHECK_FUZZ_HISTORY=FILE the history
 * of a finding is saved, for `esecheck judge`.
 *
 * Codes that no page lists are no finding here unless ESECHECK_FUZZ_CODES is set: the pages do not
 * foresee most of the arguments that a fuzzer finds (deleting a column that is not there, for one),
 * and the target is about stops.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "fuzz/format.h"
#include "fuzz/engine.h"
#include "fuzz/place.h"
#include "fuzz/plan_from_bytes.h"
#include "fuzz/play.h"
#include "reports/judge/judge.h"
#include "reports/render/render.h"
#include "scenarios/language/language.h"
#include "scenarios/runner/runner.h"
#include "shims/library/library.h"
#include "shims/record/record.h"

#define RECORD_BYTES (6u << 20) /* much more than a plan of this size can fill */
#define AIM_US 2000
#define SNAPSHOT_MS 50
#define GATE_US (5 * 1000 * 1000)

int LLVMFuzzerInitialize(int *argc, char ***argv);
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static struct shim_library *engine;

_Noreturn static void give_up(const char *what, const char *more)
{
    fprintf(stderr, "fuzz_stop: %s: %s\n", what, more);
    abort();
}

int LLVMFuzzerInitialize(int *argc, char ***argv)
{
    fuzz_keep_artifacts_here(argc, argv);
    engine = fuzz_engine("fuzz_stop");
    /* An actor that waits for its own freeze, or a term for an actor's snapshot, shall not take long. */
    struct shim_caller caller = {.table = shim_library_table(engine)};
    shim_callv(&caller, SHIM_FN_JetSetSystemParameter, SHIM_A,
               (uint64_t[SHIM_MAX_ARGS]){0, 0, JET_paramOSSnapshotTimeout, SNAPSHOT_MS, 0});
    fuzz_play_init(engine);
    return 0;
}

/* Runs a plan in PLACE/run, as in the directory of a child: an instance may have no path of its own. If `history` is
 * not NULL, it is read from the recorder's file. */
static void run(const struct scn_plan *plan, struct scn_run_options *options,
                struct shim_history *history)
{
    char error[512] = "";
    char record[1024], directory[1024];
    struct shim_recorder *reading = NULL, *writing = NULL;
    snprintf(record, sizeof record, "%s", fuzz_path("record"));
    snprintf(directory, sizeof directory, "%s", fuzz_path("run"));
    fuzz_empty_directory("run");
    unlink(record);
    if (shim_recorder_create(record, RECORD_BYTES, &reading, error, sizeof error) ||
        shim_recorder_open(record, &writing, error, sizeof error))
        give_up("no recorder", error);
    options->table = shim_library_table(engine);
    options->recorder = writing;
    options->directory = directory;
    options->aim_timeout_us = AIM_US;
    options->gate_timeout_us = GATE_US;
    options->probe_calls = FUZZ_PROBES;
    fuzz_work_in("run");
    enum scn_run_result result = scn_run(plan, options, error, sizeof error);
    fuzz_come_back();
    shim_recorder_close(writing);
    if (result != SCN_RUN_DONE) {
        scn_print(stderr, plan);
        give_up("the plan could not be run", error);
    }
    if (history && shim_recorder_read(reading, history, error, sizeof error))
        give_up("the record cannot be read", error);
    shim_recorder_close(reading);
}

/* Terminates what a plan has left behind, in whatever state: the runner keeps count of some dozens
 * of instances, a plan may create more, and none must live on in the next run. */
static void sweep(const struct shim_history *history)
{
    struct shim_caller caller = {.table = shim_library_table(engine)};
    for (size_t i = 0; i < history->call_count; i++) {
        const struct shim_hist_call *call = &history->calls[i];
        int at = shim_param_with_role(call->fn, SHIM_ROLE_OUT_INSTANCE);
        if (at < 0)
            at = shim_param_with_role(call->fn, SHIM_ROLE_INOUT_INSTANCE);
        if (at >= 0 && call->leave && call->result >= 0 && (call->outs_valid >> at & 1))
            shim_callv(&caller, SHIM_FN_JetTerm2, SHIM_PLAIN,
                       (uint64_t[SHIM_MAX_ARGS]){call->outs[at], JET_bitTermDirty});
    }
}

struct play {
    const struct scn_plan *plan;
    struct scn_run_options *options;
    struct shim_history *history;
};

static void run_only(void *context)
{
    struct play *play = context;
    run(play->plan, play->options, play->history);
}

/* The directory with the databases of this plan's shape, made when it is first asked for. */
static const char *databases(const struct scn_plan *plan)
{
    static bool made[FUZZ_ROW_COUNTS][2];
    static char path[1024];
    char name[64];
    int rows = 0, second = plan->instance_count > 1;
    while (fuzz_row_counts[rows] != plan->tables[0].rows)
        rows++;
    snprintf(name, sizeof name, "databases-%d-%d", rows, second);
    if (!made[rows][second]) {
        struct scn_run_options options = {.keep_databases = true};
        fuzz_play(run_only, &(struct play){plan, &options, NULL}, NULL, 0); /* what it covers must not depend on luck either */
        if (rename(fuzz_path("run"), fuzz_path(name)))
            give_up("the databases cannot be kept", name);
        made[rows][second] = true;
    }
    snprintf(path, sizeof path, "%s", fuzz_path(name));
    return path;
}

/* Saves the history of a finding where ESECHECK_FUZZ_HISTORY says, with all that is known. */
static void save(const struct scn_plan *plan, struct shim_history *history, uint64_t seed)
{
    const char *path = getenv("ESECHECK_FUZZ_HISTORY");
    char error[512], *text = NULL;
    size_t size;
    if (!path || !*path)
        return;
    FILE *out = open_memstream(&text, &size);
    if (!out || scn_print(out, plan) || fclose(out) ||
        shim_history_set(&history->header.plan, text) ||
        shim_history_set(&history->header.engine, shim_library_path(engine)) ||
        shim_history_set(&history->header.engine_build, shim_library_info(engine)->build) ||
        shim_history_set(&history->header.harness, "fuzz_stop") ||
        shim_history_set(&history->header.profile, rpt_profile_name(RPT_DOCUMENTED)))
        give_up("out of memory", "no header");
    free(text);
    history->header.seed = seed;
    if (shim_history_save(history, path, error, sizeof error))
        fprintf(stderr, "fuzz_stop: %s\n", error);
}

static void report(const struct scn_plan *plan, struct shim_history *history,
                   const struct rpt_judgement *judgement, uint64_t seed)
{
    fprintf(stderr, "fuzz_stop: a promise was broken: %s\n",
            rpt_verdict_name(judgement->verdict));
    rpt_render_findings(stderr, history, judgement, false);
    fprintf(stderr, "\n# esecheck run THIS-FILE --seed %llu\n", (unsigned long long)seed);
    scn_print(stderr, plan);
    if (fuzz_decisions() != NULL)
        fprintf(stderr, "# decisions: %s\n", fuzz_decisions());
    save(plan, history, seed);
}

static bool is_finding(const struct rpt_judgement *judgement)
{
    static int codes = -1;
    if (codes < 0)
        codes = getenv("ESECHECK_FUZZ_CODES") != NULL;
    for (size_t i = 0; i < judgement->finding_count; i++) {
        enum rpt_verdict verdict = judgement->findings[i].verdict;
        if (rpt_verdict_is_broken(verdict) && (codes || verdict != RPT_UNDOCUMENTED_CODE))
            return true;
    }
    return false;
}

static void run_and_sweep(void *context)
{
    struct play *play = context;
    run(play->plan, play->options, play->history);
    sweep(play->history);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    size_t plan_size = fuzz_plan_bytes(data, size);
    struct scn_plan *plan = fuzz_plan_from_bytes(data, plan_size);
    uint64_t seed = fuzz_seed_of_bytes(data, plan_size);
    struct shim_history history;
    struct rpt_judgement judgement;
    if (!plan)
        give_up("out of memory", "no plan");
    shim_history_init(&history);
    struct scn_run_options options = {.seed = seed, .template_directory = databases(plan)};
    struct play play = {plan, &options, &history};
    fuzz_play(run_and_sweep, &play, data + plan_size, size - plan_size);
    if (rpt_judge(&history, RPT_DOCUMENTED, &judgement))
        give_up("out of memory", "no judgement");
    if (is_finding(&judgement)) {
        report(plan, &history, &judgement, seed);
        abort();
    }
    rpt_judgement_fini(&judgement);
    shim_history_fini(&history);
    scn_plan_free(plan);
    return 0;
}
