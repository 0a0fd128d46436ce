/* scenarios/runner/faults.c - the step that makes the operating system fail the engine.
 *
 * What a fault did shows in its history: NOTE "fault" when it is placed, and NOTE SCN_FAULT_MISSED at the end of the race
 * if no operation went wrong by it; then the run did not exercise what the script is about.
 */
#include <stdlib.h>
#include <string.h>

#include "scenarios/runner/world.h"
#include "shims/fault/fault.h"

/* The numbers of what the fault names: an actor with all its copies, NAME.COPY, or the runner. */
static void resolve(const struct scn_plan *plan, struct shim_fault *fault)
{
    uint32_t number = 1;
    const char *dot = strrchr(fault->actor, '.');
    size_t length = dot != NULL ? (size_t)(dot - fault->actor) : strlen(fault->actor);
    if (strcmp(fault->actor, "runner") == 0) {
        fault->actor_first = 0;
        fault->actor_count = 1;
    }
    for (int a = 0; a < plan->actor_count; a++) {
        const struct scn_actor *actor = &plan->actors[a];
        if (strlen(actor->name) == length && memcmp(actor->name, fault->actor, length) == 0) {
            fault->actor_first = dot != NULL ? number + (uint32_t)atoi(dot + 1) : number;
            fault->actor_count = dot != NULL ? 1 : (uint32_t)actor->count;
        }
        number += (uint32_t)actor->count;
    }
}

int scn_place_fault(const struct scn_plan *plan, const struct shim_fault *fault)
{
    struct shim_fault resolved = *fault;
    resolve(plan, &resolved);
    return shim_faults_place(&resolved);
}

void scn_play_fault(struct scn_player *player, const struct scn_step *step)
{
    char text[SHIM_FAULT_TEXT];
    if (step->u.fault == NULL) {
        scn_judge_faults(player->world);
        shim_faults_clear();
        scn_event(player, SHIM_EVENT_NOTE, "fault", "off", step->pos.line, 0, 0, 0);
        return;
    }
    shim_fault_print(step->u.fault, text, sizeof text);
    int number = scn_place_fault(player->world->plan, step->u.fault);
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
