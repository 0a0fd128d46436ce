/* scenarios/runner/control.c - what a run does otherwise when its threads are under control.
 *
 * Actors that wait for each other poll; under control that would fill the schedule with decisions that decide
 * nothing, so they park, and everything that they could wait for tells them.
 */
#include "shims/schedule/control.h"

#include "scenarios/runner/world.h"

static const char gates; /* its address is what actors that wait for gates are parked on */

bool scn_controlled(void)
{
    return shim_control_thread() >= 0;
}

void scn_wait_signal(uint64_t us)
{
    shim_control_park(&gates, us * 1000u);
}

void scn_signalled(void)
{
    shim_control_unpark(&gates);
}

void scn_wait_aim(struct scn_player *player, const struct scn_aim *aim, uint64_t us)
{
    player->aiming = aim;
    shim_control_park(&player->aiming, us * 1000u);
    player->aiming = NULL;
}

void scn_moved(const struct scn_world *world)
{
    for (int p = 0; p < world->player_count && scn_controlled(); p++) {
        const struct scn_player *player = world->players[p];
        if (player->aiming != NULL && scn_aim_is_reached(player, player->aiming)) {
            shim_control_unpark(&player->aiming);
        }
    }
}

static void enter(void *context, struct shim_call *call)
{
    scn_moved(((const struct scn_player *)context)->world);
    shim_control_point(SHIM_OP_ENTER, shim_function(call->fn), false);
}

static void leave(void *context, struct shim_call *call)
{
    (void)context;
    shim_control_point(SHIM_OP_LEAVE, shim_function(call->fn), false);
}

struct shim_hook scn_control_hook(struct scn_player *player)
{
    return (struct shim_hook){.enter = enter, .leave = leave, .context = player};
}
