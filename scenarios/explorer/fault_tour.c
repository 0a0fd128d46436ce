/* scenarios/explorer/fault_tour.c - the command: many scripts, in which order, and what is said of each. */
#include "scenarios/explorer/fault_campaign.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "scenarios/supervisor/platform.h"

static void tell_operations(const struct scn_fault_campaign *campaign)
{
    cmd_progress_clear();
    printf("%s%s: %zu operations", campaign->script->plan->name, campaign->brief ? " (short)" : "",
           campaign->clean.point_count);
    if (campaign->options->fault == NULL) {
        printf(", %zu of them in scope at %zu places", campaign->runs.points, campaign->runs.places);
    }
    if (campaign->runs.known > 0) {
        printf(" (%zu in scripts before)", campaign->runs.known);
    }
}

static void tell(const struct scn_fault_campaign *campaign)
{
    uint64_t ms = scn_milliseconds() - campaign->begin;
    tell_operations(campaign);
    if (campaign->runs.count == 0 && campaign->runs.known > 0) {
        printf("; all of them were tried before\n");
    } else {
        printf("; %zu of %zu faults, %zu came, %zu findings, %llu per second\n", campaign->done, scn_fault_share(campaign),
               campaign->came, campaign->findings, (unsigned long long)(campaign->done * 1000 / (ms + 1)));
    }
    if (campaign->done < scn_fault_share(campaign) && campaign->result == 0) {
        printf("  %s: %zu of them were not tried\n", scn_interrupted() ? "interrupted" : "the time is over",
               scn_fault_share(campaign) - campaign->done);
    }
    if (!campaign->ordered) {
        printf("  the threads of this engine cannot be controlled: operations are counted within actor and function\n");
    }
    if (campaign->elsewhere > 0) {
        printf("  %zu struck elsewhere than at the operation they were made for: the engine does not always do the same\n",
               campaign->elsewhere);
    }
    if (campaign->clean.overflow) {
        printf("  there are more operations than can be recorded; those at the end are not tried\n");
    }
    if (campaign->uncovered[0] != '\0') {
        printf("  not covered: what is stored into the writable shared mapping of %s passes no call\n",
               campaign->uncovered);
    }
    fflush(stdout); /* a line per script, as it comes */
}

/* What there is to try: a line for the script, then one per kind. */
static void tell_count(const struct scn_fault_campaign *campaign)
{
    struct { char kind[SHIM_FAULT_WORD]; size_t once, lasting; } kinds[SCN_MOST_KINDS];
    size_t count = 0;
    tell_operations(campaign);
    printf("; %zu faults; %llu ms without a fault\n", campaign->runs.count, (unsigned long long)campaign->clean_ms);
    for (size_t i = 0; i < campaign->runs.count; i++) {
        const char *text = campaign->runs.texts[i];
        size_t length = strcspn(text, " "), k = 0;
        while (k < count && (strncmp(kinds[k].kind, text, length) != 0 || kinds[k].kind[length] != '\0')) {
            k++;
        }
        if (k == count && count < SCN_MOST_KINDS) {
            snprintf(kinds[k].kind, sizeof kinds[k].kind, "%.*s", (int)length, text);
            kinds[k].once = kinds[k].lasting = 0;
            count++;
        }
        bool lasting = strstr(text, " lasting") != NULL;
        if (k < count) {
            kinds[k].once += !lasting;
            kinds[k].lasting += lasting;
        }
    }
    for (size_t k = 0; k < count; k++) {
        printf("  %-8s %8zu once %8zu lasting\n", kinds[k].kind, kinds[k].once, kinds[k].lasting);
    }
    fflush(stdout);
}

/* ---- all scripts ---- */

struct tour {
    struct cmd_options *options;
    const char *work;
    struct scn_fault_campaign *campaigns; /* as the scripts come */
    size_t count;
    atomic_size_t next;
    atomic_bool failed;
};

static void open_campaign(struct scn_fault_campaign *campaign, struct cmd_options *options, const struct cmd_script *script,
                          bool brief, struct rpt_case *c)
{
    char command[CMD_PATH * 3];
    campaign->options = options;
    campaign->script = script;
    campaign->brief = brief;
    campaign->c = c;
    pthread_mutex_init(&campaign->lock, NULL);
    if (brief) {
        scn_plan_make_brief(script->plan);
    }
    if (c->name == NULL) {
        scn_fault_again(campaign, "", command, sizeof command);
        c->suite = cmd_copy("faults");
        c->name = cmd_copy(script->plan->name);
        c->command = cmd_copy(command);
    }
}

static void close_campaign(struct scn_fault_campaign *campaign)
{
    free(campaign->details);
    scn_fault_runs_fini(&campaign->runs);
    scn_faulted_fini(&campaign->clean);
    pthread_mutex_destroy(&campaign->lock);
}

static void *play_cleans(void *context)
{
    struct tour *tour = context;
    for (size_t i; (i = atomic_fetch_add(&tour->next, 1)) < tour->count && !atomic_load(&tour->failed) &&
                   !scn_interrupted();) {
        struct scn_fault_campaign *campaign = &tour->campaigns[i];
        uint64_t begin = scn_milliseconds();
        cmd_progress("%.24s: without a fault", campaign->script->plan->name);
        campaign->result = scn_fault_play_clean(campaign, tour->work);
        campaign->clean_ms = scn_milliseconds() - begin;
        if (campaign->result != 0) {
            atomic_store(&tour->failed, true);
        }
    }
    return NULL;
}

/* All the runs without a fault: as many at once as there are jobs. 0, or an exit code. */
static int play_all_cleans(struct tour *tour)
{
    pthread_t threads[SCN_FAULT_JOBS];
    int jobs = tour->options->jobs > 0 ? tour->options->jobs : 1, started = 0, result = 0;
    while (started < jobs && started < SCN_FAULT_JOBS &&
           pthread_create(&threads[started], NULL, play_cleans, tour) == 0) {
        started++;
    }
    for (int i = 0; i < started; i++) {
        pthread_join(threads[i], NULL);
    }
    cmd_progress_clear();
    for (size_t i = 0; i < tour->count && result == 0; i++) {
        result = tour->campaigns[i].result;
    }
    return started == 0 ? cmd_fail(CMD_HARNESS, "no thread") : result < 0 ? cmd_fail(CMD_HARNESS, "out of memory") : result;
}

static int play_script(struct scn_fault_campaign *campaign, const char *work)
{
    int result = 0;
    campaign->begin = scn_milliseconds();
    if (campaign->told != RPT_CONFORMS) {
        result = cmd_case_note(campaign->c, campaign->told, SHIM_FN_NONE, campaign->message);
    } else if (campaign->findings == 0 && (result = scn_fault_make_runs(campaign)) == 0 && campaign->options->count) {
        tell_count(campaign);
    } else if (campaign->findings == 0 && result == 0) {
        result = scn_fault_play(campaign, work);
        tell(campaign);
        if (result == 0 && campaign->came == 0 && campaign->runs.count > 0 && !scn_interrupted()) {
            result = cmd_case_note(campaign->c, RPT_NOT_EXERCISED, SHIM_FN_NONE, "no fault came");
        } else if (result == 0 && campaign->runs.count == 0 && campaign->runs.known == 0 &&
                   (!campaign->brief || campaign->options->brief)) { /* else the whole form says it */
            result = cmd_case_note(campaign->c, RPT_NOT_EXERCISED, SHIM_FN_NONE,
                                   "no operation in scope can go wrong in such a way");
        }
    }
    campaign->c->repeats += (int)campaign->done;
    campaign->c->seconds += (double)(scn_milliseconds() - campaign->begin + campaign->clean_ms) / 1000.0;
    if (campaign->details != NULL && campaign->c->stacks != NULL) { /* behind those of the short form */
        size_t size = strlen(campaign->c->stacks) + campaign->details_size + 1;
        char *both = realloc(campaign->c->stacks, size);
        if (both != NULL) {
            memcpy(both + strlen(both), campaign->details, campaign->details_size + 1);
            campaign->c->stacks = both;
        }
    } else if (campaign->details != NULL) {
        campaign->c->stacks = campaign->details;
        campaign->details = NULL;
    }
    return result < 0 ? cmd_fail(CMD_HARNESS, "out of memory") : result;
}

static int by_operations(const void *a, const void *b)
{
    const struct scn_fault_campaign *left = *(struct scn_fault_campaign *const *)a, *right = *(struct scn_fault_campaign *const *)b;
    return left->clean.point_count != right->clean.point_count
               ? (left->clean.point_count < right->clean.point_count ? -1 : 1)
               : strcmp(left->script->plan->name, right->script->plan->name) != 0
                     ? strcmp(left->script->plan->name, right->script->plan->name)
                     : (int)right->brief - (int)left->brief;
}

/* With --quick a place is tried where it costs least: scripts with few operations come first. */
static int play_scripts(struct tour *tour)
{
    struct scn_seen met = {.slot = NULL};
    struct scn_fault_campaign **order = malloc((tour->count + 1) * sizeof(struct scn_fault_campaign *));
    int result = order == NULL ? cmd_fail(CMD_HARNESS, "out of memory") : play_all_cleans(tour);
    for (size_t i = 0; order != NULL && i < tour->count; i++) {
        order[i] = &tour->campaigns[i];
        order[i]->met = tour->options->quick ? &met : NULL;
    }
    if (result == 0 && tour->options->quick) {
        qsort(order, tour->count, sizeof(struct scn_fault_campaign *), by_operations);
    }
    for (size_t i = 0; result == 0 && i < tour->count && !scn_interrupted(); i++) {
        result = play_script(order[i], tour->work);
    }
    scn_seen_fini(&met);
    free(order);
    return result;
}

/* A campaign per script; with --quick before it one with the short script, which has most of the places and costs little. */
static int open_tour(struct tour *tour, const struct cmd_scripts *scripts, const struct cmd_scripts *brief,
                     struct rpt_suite *suite)
{
    size_t first = suite->case_count;
    tour->campaigns = calloc(scripts->count + brief->count + 1, sizeof *tour->campaigns);
    for (size_t i = 0; i < scripts->count; i++) {
        if (tour->campaigns == NULL || rpt_suite_add(suite) == NULL) {
            return cmd_fail(CMD_HARNESS, "out of memory");
        }
    }
    for (size_t i = 0; i < scripts->count + brief->count; i++, tour->count++) {
        bool full = i < scripts->count;
        size_t number = full ? i : i - scripts->count;
        tour->campaigns[i].build = suite->engine_build;
        open_campaign(&tour->campaigns[i], tour->options, full ? &scripts->scripts[number] : &brief->scripts[number],
                      !full || tour->options->brief, &suite->cases[first + number]);
    }
    return 0;
}

/* Whether the fault that is given can be meant for each of the scripts: 0 or an exit code. */
static int check_given(const struct cmd_options *options, const struct cmd_scripts *scripts)
{
    struct shim_fault fault;
    char error[CMD_MESSAGE];
    if (options->fault == NULL) {
        return 0;
    }
    if (shim_fault_parse(options->fault, &fault, error, sizeof error) != 0) {
        return cmd_fail(CMD_USAGE, "--fault: %s", error);
    }
    if (fault.kind == SHIM_FAULT_KILL && scn_fault_is_later(&fault)) {
        return cmd_fail(CMD_USAGE, "--fault: kill makes no sense in state %s: it ends setup, race or term", fault.state);
    }
    for (size_t i = 0; i < scripts->count; i++) {
        const struct scn_plan *plan = scripts->scripts[i].plan;
        char names[CMD_MESSAGE / 2] = "";
        if (scn_plan_has_actor_of(plan, &fault)) {
            continue;
        }
        for (int a = 0; a < plan->actor_count; a++) {
            size_t used = strlen(names);
            snprintf(names + used, sizeof names - used, "%s, ", plan->actors[a].name);
        }
        return cmd_fail(CMD_USAGE, "--fault: %s has no actor %s; there are %sengine and runner", scripts->scripts[i].path,
                        fault.actor, names);
    }
    return 0;
}

static int take_tour(struct cmd_options *options, const char *work, struct rpt_suite *suite)
{
    struct cmd_scripts scripts, brief = {.count = 0};
    struct tour tour = {.options = options, .work = work};
    bool both = options->quick && !options->brief;
    int result = cmd_scripts_load(options, &scripts);
    if (result != 0) {
        return result;
    }
    if ((result = check_given(options, &scripts)) != 0) {
        cmd_scripts_free(&scripts);
        return result;
    }
    if (both && (result = cmd_scripts_load(options, &brief)) != 0) {
        cmd_scripts_free(&scripts);
        return result;
    }
    result = open_tour(&tour, &scripts, &brief, suite);
    if (result == 0) {
        result = play_scripts(&tour);
    }
    for (size_t i = 0; i < tour.count; i++) {
        close_campaign(&tour.campaigns[i]);
    }
    free(tour.campaigns);
    cmd_scripts_free(&scripts);
    if (both) {
        cmd_scripts_free(&brief);
    }
    return result;
}

int cmd_faults(struct cmd_options *options)
{
    struct scn_fault_kinds kinds;
    struct scn_fault_scope scope;
    char error[CMD_MESSAGE];
    if (scn_fault_kinds_parse(options->kinds, options->quick, &kinds, error, sizeof error) != 0 ||
        scn_fault_scope_parse(options->scope, &scope, error, sizeof error) != 0) {
        return cmd_fail(CMD_USAGE, "%s", error);
    }
    return cmd_with_suite(options, CMD_WORK_IN_MEMORY, take_tour);
}
