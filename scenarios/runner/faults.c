/* scenarios/runner/faults.c - the step that makes the operating system fail the engine, and what is looked at around a
 * stop that may fail.
 *
 * What a fault did shows in its history: NOTE "fault" when it is placed, and NOTE SCN_FAULT_MISSED at the end of the race
 * if no operation went wrong by it; then the run did not exercise what the script is about.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "scenarios/runner/world.h"
#include "shims/fault/fault.h"

int scn_place_fault(const struct scn_plan *plan, const struct shim_fault *fault)
{
    struct shim_fault resolved = *fault;
    scn_plan_find_actor(plan, fault->actor, &resolved.actor_first, &resolved.actor_count);
    return shim_faults_place(&resolved);
}

void scn_play_fault(struct scn_player *player, const struct scn_step *step)
{
    char text[SHIM_FAULT_TEXT];
    if (step->u.fault == NULL) {
        scn_judge_faults(player->world);
        shim_faults_lift();
        scn_event(player, SHIM_EVENT_NOTE, "fault", "off", step->pos.line, 0, 0, 0);
        return;
    }
    shim_fault_print(step->u.fault, text, sizeof text);
    if (step->u.fault->kind == SHIM_FAULT_KILL && !scn_may_kill(player)) {
        return;
    }
    struct shim_fault staged = *step->u.fault;
    staged.staged = true;
    int number = scn_place_fault(player->world->plan, &staged);
    scn_event(player, SHIM_EVENT_NOTE, number < 0 ? SCN_FAULT_MISSED : "fault", text, step->pos.line, 0,
              0, 0);
    if (number >= 0) {
        player->faults[number] = step->pos.line;
    }
}

void scn_judge_faults(struct scn_world *world)
{
    for (int p = 0; p < world->player_count; p++) {
        struct scn_player *player = world->players[p];
        for (int i = 0; i < SHIM_FAULT_MOST; i++) {
            if (player->faults[i] != 0 && shim_faults_fired(i) == 0) {
                scn_event(world->runner, SHIM_EVENT_NOTE, SCN_FAULT_MISSED, "no operation went wrong by it",
                          player->faults[i], 0, 0, 0);
            }
            player->faults[i] = 0;
        }
    }
}

/* ---- stops that fail ---- */

bool scn_watches_stops(const struct scn_world *world)
{
    return world->options->watch_stops || scn_plan_has_faults(world->plan);
}

/* Numbers that a step of a stop could set: how much of the cache may be dirty, what goes on in the background. None of
 * them changes by itself. One that the engine does not know is left out. */
static const uint32_t parameters[] = {
    JET_paramCheckpointDepthMax, JET_paramCacheSizeMin,       JET_paramCacheSizeMax,     JET_paramStartFlushThreshold,
    JET_paramStopFlushThreshold, JET_paramEnableOnlineDefrag, JET_paramMaxVerPages,      JET_paramPreferredVerPages,
    JET_paramCircularLog,        JET_paramMaxSessions,        JET_paramMaxOpenTables,    JET_paramMaxCursors,
    JET_paramLogBuffers,         JET_paramRecovery,           JET_paramDbExtensionSize};

void scn_show_parameters(struct scn_player *player, uint64_t instance, int after)
{
    char text[400] = "";
    size_t used = 0;
    int64_t reads = 0;
    for (size_t i = 0; i < sizeof parameters / sizeof parameters[0]; i++) {
        uint64_t number = 0;
        char string[64] = "";
        JET_ERR result = scn_invoke(player, SHIM_FN_JetGetSystemParameter,
                                    shim_function_default_variant(SHIM_FN_JetGetSystemParameter),
                                    (uint64_t[SHIM_MAX_ARGS]){instance, SCN_NIL, parameters[i], (uintptr_t)&number,
                                                              (uintptr_t)string, sizeof string},
                                    NULL, -1);
        reads++;
        if (result == JET_errInvalidParameter || result == JET_errFeatureNotAvailable) {
            continue;
        }
        if (result < 0) {
            return; /* what could not be read cannot be compared */
        }
        string[sizeof string - 1] = '\0';
        used += (size_t)snprintf(text + used, sizeof text - used, "%s%u=%llu%.20s", used > 0 ? " " : "",
                                 (unsigned)parameters[i], (unsigned long long)number, string);
    }
    scn_event(player, SHIM_EVENT_PROBE, "parameters", text, after, (int64_t)instance, 0, reads);
}

static JET_ERR probe(struct scn_player *player, enum shim_fn fn, const uint64_t *args)
{
    uint64_t all[SHIM_MAX_ARGS] = {0};
    memcpy(all, args, (size_t)shim_function(fn)->param_count * sizeof all[0]);
    return scn_invoke(player, fn, shim_function_default_variant(fn), all, NULL, -1);
}

void scn_probe_failed_stop(struct scn_player *player, uint64_t instance)
{
    const struct scn_instance_state *state = scn_instance_of(player->world, instance);
    uint64_t sesid = SCN_NIL;
    uint32_t actual = 0;
    char names[2048];
    bool own = player->own;
    if (state == NULL || !atomic_load_explicit(&state->alive, memory_order_relaxed)) {
        return;
    }
    player->own = false;
    scn_event(player, SHIM_EVENT_PROBING, NULL, NULL, 1, 0, 0, 0);
    probe(player, SHIM_FN_JetGetAttachInfoInstance,
          (uint64_t[]){instance, (uintptr_t)names, sizeof names, (uintptr_t)&actual});
    if (probe(player, SHIM_FN_JetBeginSession, (uint64_t[]){instance, (uintptr_t)&sesid, 0, 0}) >= 0) {
        uint32_t version = 0;
        probe(player, SHIM_FN_JetGetVersion, (uint64_t[]){sesid, (uintptr_t)&version});
        if (probe(player, SHIM_FN_JetBeginTransaction, (uint64_t[]){sesid}) >= 0) {
            probe(player, SHIM_FN_JetCommitTransaction, (uint64_t[]){sesid, 0});
        }
        probe(player, SHIM_FN_JetEndSession, (uint64_t[]){sesid, 0});
    }
    scn_event(player, SHIM_EVENT_PROBING, NULL, NULL, 0, 0, 0, 0);
    player->own = own;
}
