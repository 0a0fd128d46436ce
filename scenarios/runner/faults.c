/* scenarios/runner/faults.c - the step that makes the operating system fail the engine.
 *
 * What a fault did shows in its history: NOTE "fault" when it is placed, and NOTE SCN_FAULT_MISSED at the end of the race
 * if no operation went wrong by it; then the run did not exercise what the script is about.
 */
#include <string.h>

#include "scenarios/runner/world.h"
#include "shims/fault/fault.h"

/* The numbers of the copies of the actor that the fault names. */
static void resolve(const struct scn_world *world, struct shim_fault *fault)
{
    for (int p = 0; p < world->player_count; p++) {
        const struct scn_player *player = world->players[p];
        if (player->plan != NULL && strcmp(player->plan->name, fault->actor) == 0) {
            if (fault->actor_count == 0) {
                fault->actor_first = player->number;
            }
            fault->actor_count = player->number - fault->actor_first + 1;
        }
    }
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
    struct shim_fault fault = *step->u.fault;
    resolve(player->world, &fault);
    shim_fault_print(&fault, text, sizeof text);
    int number = shim_faults_place(&fault);
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
