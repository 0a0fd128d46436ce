/* scenarios/runner/runner.c - the phases of a run, and the threads of its actors. */
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "scenarios/runner/world.h"
#include "shims/fault/fault.h"

#define SCN_GATE_TIMEOUT_US 20000000u
#define SCN_AIM_TIMEOUT_US 2000000u
#define SCN_STACK (1u << 20)

static void phase(struct scn_world *world, const char *name)
{
    shim_faults_state(name);
    scn_event(world->runner, SHIM_EVENT_PHASE, name, NULL, 0, 0, 0, 0);
}

struct scn_player *scn_player_new(struct scn_world *world, const struct scn_actor *plan, int copy,
                                  uint32_t number, const char *name)
{
    struct scn_player *player = malloc(sizeof *player);
    unsigned char *arena = player != NULL ? malloc(SCN_ARENA) : NULL;
    if (arena == NULL) {
        free(player);
        return NULL;
    }
    memset(player, 0, offsetof(struct scn_player, open));
    player->databases.size = player->logs.size = 0;
    player->world = world;
    player->plan = plan;
    player->copy = copy;
    player->making = -1;
    player->number = number;
    snprintf(player->name, sizeof player->name, "%s", name);
    player->env.arena = arena;
    scn_random_seed(player->random, world->options->seed, number);
    for (int i = 0; i < SCN_KIND_COUNT; i++) {
        player->stale[i] = SCN_NIL;
    }
    player->recording = shim_recorder_actor(world->options->recorder, number, name);
    if (player->recording == NULL) {
        scn_player_free(player);
        return NULL;
    }
    player->caller.table = world->options->table;
    player->caller.actor = number;
    player->caller.hooks[player->caller.hook_count++] = shim_record_hook(player->recording);
    for (int i = 0; i < world->options->hook_count && player->caller.hook_count < SHIM_MAX_HOOKS;
         i++) {
        player->caller.hooks[player->caller.hook_count++] = world->options->hooks[i];
    }
    if (shim_faults_started() && player->caller.hook_count < SHIM_MAX_HOOKS) {
        player->caller.hooks[player->caller.hook_count++] = shim_fault_hook();
    }
    if (scn_controlled() && player->caller.hook_count < SHIM_MAX_HOOKS) {
        player->caller.hooks[player->caller.hook_count++] = scn_control_hook(player);
    }
    return player;
}

void scn_player_free(struct scn_player *player)
{
    if (player != NULL) {
        if (player->recording != NULL) {
            shim_recorder_actor_free(player->recording);
        }
        free(player->env.arena);
        free(player);
    }
}

/* What the fixture needs to know that does not change: the actor's instance, its first database and
 * the first table in that. */
static void fill_env(struct scn_player *player)
{
    const struct scn_world *world = player->world;
    const struct scn_plan *plan = world->plan;
    int instance = player->plan != NULL ? player->plan->instance : 0, database = -1;
    player->env.actor = player->number;
    player->env.unique = (uint64_t)player->number << 32;
    player->env.directory = world->directory;
    player->env.table = "rows";
    if (instance < plan->instance_count) {
        player->env.instance_name = plan->instances[instance].name;
        player->env.directory = world->instances[instance].directory;
    }
    for (int d = 0; d < plan->database_count && database < 0; d++) {
        if (plan->databases[d].instance == instance) {
            database = d;
        }
    }
    if (database >= 0) {
        scn_database_path(world, database, player->database, sizeof player->database);
    } else {
        snprintf(player->database, sizeof player->database, "%.900s" "main.edb",
                 player->env.directory);
    }
    player->env.database = player->database;
    for (int t = plan->table_count - 1; t >= 0; t--) {
        if (plan->tables[t].database == database) {
            player->env.table = plan->tables[t].name;
        }
    }
}

static void *play_actor(void *argument)
{
    struct scn_player *player = argument;
    struct scn_world *world = player->world;
    const struct scn_actor *plan = player->plan;
    int open;
    scn_name_thread(plan->name);
    if (world->options->thread_start != NULL) {
        world->options->thread_start(player->number);
    }
    atomic_fetch_add_explicit(&world->ready, 1, memory_order_relaxed);
    while ((open = atomic_load_explicit(&world->start, memory_order_acquire)) == 0) {
        scn_yield();
    }
    if (open != 1) {
        return NULL;
    }
    player->own = true;
    scn_play(player, plan->steps);
    if (player->denied && !player->probed && world->options->probe_calls >= 0) {
        scn_play_probe(player, world->options->probe_calls > 0 ? world->options->probe_calls
                                                               : SCN_DEFAULT_PROBES);
    }
    scn_event(player, SHIM_EVENT_PHASE, "cleanup", NULL, 1, 0, 0, 0);
    player->own = plan->has_cleanup;
    if (plan->has_cleanup) {
        scn_event(player, SHIM_EVENT_PROBING, NULL, NULL, 0, 0, 0, 0);
        scn_play(player, plan->cleanup);
    } else {
        scn_event(player, SHIM_EVENT_PROBING, NULL, NULL, 1, 0, 0, 0);
        scn_cleanup(player);
    }
    atomic_store_explicit(&player->doing, SCN_OVER, memory_order_relaxed);
    scn_moved(world);
    return NULL;
}

/* A fault kills the process: the last thing it says. Any thread may be struck, so it writes with an end of its own. */
static void note_kill(void *context)
{
    const struct scn_world *world = context;
    struct shim_recorder_actor *end = shim_recorder_actor(world->options->recorder, 0, "runner");
    if (end != NULL) {
        shim_record_event(end, SHIM_EVENT_KILL, SCN_KILLED_BY_SCRIPT, "by a fault", NULL);
    }
}

static int make_players(struct scn_world *world)
{
    const struct scn_plan *plan = world->plan;
    int count = 0;
    for (int a = 0; a < plan->actor_count; a++) {
        count += plan->actors[a].count;
    }
    world->players = calloc((size_t)count + 1, sizeof world->players[0]);
    if (world->players == NULL) {
        return -1;
    }
    for (int a = 0; a < plan->actor_count; a++) {
        for (int c = 0; c < plan->actors[a].count; c++) {
            char name[96];
            snprintf(name, sizeof name, plan->actors[a].count > 1 ? "%s.%d" : "%s",
                     plan->actors[a].name, c);
            struct scn_player *player = scn_player_new(
                world, &plan->actors[a], c, (uint32_t)world->player_count + 1, name);
            if (player == NULL) {
                return -1;
            }
            fill_env(player);
            world->players[world->player_count++] = player;
        }
    }
    return 0;
}

/* Starts all actors behind one gate, opens it, and waits for them. */
static int race(struct scn_world *world)
{
    pthread_attr_t attributes;
    int started = 0;
    if (pthread_attr_init(&attributes) != 0) {
        return -1;
    }
    pthread_attr_setstacksize(&attributes, SCN_STACK);
    if (scn_controlled()) { /* who begins when is the strategy's business */
        atomic_store_explicit(&world->start, 1, memory_order_release);
    }
    while (started < world->player_count &&
           scn_thread_start(&world->players[started]->thread, &attributes, play_actor,
                            world->players[started]) == 0) {
        scn_thread_name(world->players[started]->thread, world->players[started]->name);
        started++;
    }
    while (!scn_controlled() && atomic_load_explicit(&world->ready, memory_order_relaxed) < started) {
        scn_yield();
    }
    bool all = started == world->player_count;
    atomic_store_explicit(&world->start, all ? 1 : 2, memory_order_release);
    for (int i = 0; i < started; i++) {
        scn_thread_join(world->players[i]->thread);
    }
    pthread_attr_destroy(&attributes);
    return all ? 0 : -1;
}

static int world_init(struct scn_world *world, const struct scn_plan *plan,
                      const struct scn_run_options *options)
{
    size_t length = strlen(options->directory);
    bool closed = length > 0 && (options->directory[length - 1] == '/' ||
                                 options->directory[length - 1] == SCN_SEPARATOR[0]);
    snprintf(world->directory, sizeof world->directory, "%.900s%s", options->directory,
             closed ? "" : SCN_SEPARATOR);
    world->plan = plan;
    world->options = options;
    world->gate_timeout_us =
        options->gate_timeout_us != 0 ? options->gate_timeout_us : SCN_GATE_TIMEOUT_US;
    world->aim_timeout_us =
        options->aim_timeout_us != 0 ? options->aim_timeout_us : SCN_AIM_TIMEOUT_US;
    atomic_init(&world->unique, SCN_FIRST_UNIQUE);
    atomic_init(&world->version, 1);
    world->instance_count = plan->instance_count;
    for (int i = 0; i < SCN_MAX_LIVES; i++) {
        atomic_init(&world->instances[i].handle, SCN_NIL);
        world->instances[i].plan = i < plan->instance_count ? i : -1;
    }
    for (int i = 0; i < plan->instance_count; i++) {
        snprintf(world->instances[i].directory, sizeof world->instances[i].directory,
                 "%.900s%.64s" SCN_SEPARATOR, world->directory, plan->instances[i].name);
    }
    for (int i = 0; i < SCN_KIND_COUNT; i++) {
        world->stale[i] = SCN_NIL;
    }
    for (int a = 0; a < plan->actor_count; a++) {
        scn_collect_gates(world, plan->actors[a].steps);
        scn_collect_gates(world, plan->actors[a].cleanup);
    }
    scn_collect_gates(world, plan->after.death);
    scn_collect_gates(world, plan->after.restart);
    scn_callbacks_reset();
    world->tables = calloc((size_t)plan->table_count + 1, sizeof world->tables[0]);
    world->given = calloc((size_t)plan->expect_count + 1, sizeof world->given[0]);
    if (world->tables == NULL || world->given == NULL || pthread_mutex_init(&world->lock, NULL) != 0) {
        free(world->tables);
        free(world->given);
        return -1;
    }
    world->runner = scn_player_new(world, NULL, 0, 0, "runner");
    if (world->runner == NULL) {
        pthread_mutex_destroy(&world->lock);
        free(world->tables);
        free(world->given);
        return -1;
    }
    fill_env(world->runner);
    shim_faults_before_kill(note_kill, world);
    return 0;
}

static void world_fini(struct scn_world *world)
{
    shim_faults_before_kill(NULL, NULL);
    for (int i = 0; i < world->player_count; i++) {
        scn_player_free(world->players[i]);
    }
    free(world->players);
    scn_player_free(world->runner);
    free(world->tables);
    free(world->given);
    pthread_mutex_destroy(&world->lock);
}

/* What goes wrong goes wrong until the instances have ended, unless it is meant for what follows then. What could not
 * end until then may try again without: false. */
static bool lift_faults(struct scn_world *world)
{
    const struct shim_fault *fault = world->options->fault;
    bool ended = true;
    shim_faults_clear();
    if (fault != NULL && scn_fault_is_later(fault)) {
        scn_place_fault(world->plan, fault);
    }
    for (int i = 0; i < world->instance_count; i++) {
        ended = ended && !atomic_load(&world->instances[i].alive);
    }
    return ended;
}

/* Ends what is left; says so if that cannot be done. */
static void end_instances(struct scn_world *world)
{
    scn_end_snapshots(world);
    scn_term_all(world);
    if (!lift_faults(world)) {
        scn_term_all(world);
    }
    for (int i = 0; i < world->instance_count; i++) {
        if (atomic_load(&world->instances[i].alive)) {
            scn_event(world->runner, SHIM_EVENT_NOTE, SCN_NOT_ENDED, "no form of JetTerm ended it", i, 0, 0, 0);
        }
    }
}

static enum scn_run_result play(struct scn_world *world, char *error, size_t error_size)
{
    const struct scn_run_options *options = world->options;
    if (scn_plan_has_faults(world->plan) && !shim_faults_started()) {
        snprintf(error, error_size, "faults are not possible here");
        return SCN_RUN_UNSUPPORTED;
    }
    if (options->verify_only) {
        scn_verify(world);
        phase(world, "end");
        return SCN_RUN_DONE;
    }
    if (options->fault != NULL) {
        scn_place_fault(world->plan, options->fault);
    }
    phase(world, "setup");
    if (options->control) {
        scn_event(world->runner, SHIM_EVENT_NOTE, "control", "the plan's control run", 0, 0, 0, 0);
    }
    if (options->pre_init != NULL) {
        options->pre_init();
    }
    if (scn_setup(world) != 0) {
        JET_ERR failure = world->failure;
        snprintf(error, error_size, "%s", world->message);
        scn_event(world->runner, SHIM_EVENT_NOTE, "setup", error, failure, 0, 0, 0);
        end_instances(world);
        if (options->fault != NULL && !options->no_verify) {
            scn_start_again(world);
        }
        return failure == SHIM_ERR_MISSING || failure == SHIM_ERR_STUB ||
                       failure == JET_errFeatureNotAvailable
                   ? SCN_RUN_UNSUPPORTED
                   : SCN_RUN_SETUP_FAILED;
    }
    if (!options->keep_databases) {
        phase(world, "race");
        if (make_players(world) != 0 || race(world) != 0) {
            snprintf(error, error_size, "out of memory or threads for the actors");
            return SCN_RUN_HARNESS;
        }
        scn_judge_given(world);
        scn_judge_faults(world);
    }
    phase(world, "term");
    end_instances(world);
    if (options->ended != NULL) {
        options->ended();
    }
    if (!options->no_verify && !options->keep_databases) {
        scn_verify(world);
    }
    phase(world, "end");
    return SCN_RUN_DONE;
}

enum scn_run_result scn_run(const struct scn_plan *plan, const struct scn_run_options *options,
                            char *error, size_t error_size)
{
    struct scn_world *world = calloc(1, sizeof *world);
    if (world == NULL || world_init(world, plan, options) != 0) {
        free(world);
        snprintf(error, error_size, "out of memory, or the recorder has no room for the runner");
        return SCN_RUN_HARNESS;
    }
    enum scn_run_result result = play(world, error, error_size);
    world_fini(world);
    free(world);
    return result;
}
