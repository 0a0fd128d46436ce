/* scenarios/runner/probe.c - the calls an actor goes on with after it was denied.
 *
 * A denial must not lift by itself, and what stays allowed must stay allowed. So a denied actor makes
 * a good number of further calls over all classes of the gate before it cleans up: calls that a
 * stop denies, calls that it allows, and calls that no gate guards. None of them changes what the
 * actor has open when the engine keeps the contract, and where an engine wrongly lets a call
 * in, its result is followed as usual and cleaned up.
 *
 * Which function comes next is random from the actor's seed; every list is also gone through once, in
 * order, so that few calls reach all of them.
 */
#include "scenarios/runner/world.h"

#define SCN_PROBE_NEEDS_SESSION 1u
#define SCN_PROBE_NEEDS_DATABASE 2u
#define SCN_PROBE_NEEDS_CURSOR 4u
#define SCN_PROBE_LEVEL_0 8u /* only outside a transaction */
#define SCN_PROBE_STOPPER 16u /* only by an actor that has stopped itself */
#define SCN_PROBE_INSTANCE 32u

struct probe {
    enum shim_fn fn;
    unsigned needs;
};

static const struct probe probes[] = {
    /* guarded by the session's gate */
    {SHIM_FN_JetBeginTransaction, SCN_PROBE_NEEDS_SESSION | SCN_PROBE_LEVEL_0},
    {SHIM_FN_JetBeginTransaction2, SCN_PROBE_NEEDS_SESSION | SCN_PROBE_LEVEL_0},
    {SHIM_FN_JetCommitTransaction, SCN_PROBE_NEEDS_SESSION | SCN_PROBE_LEVEL_0},
    {SHIM_FN_JetGetVersion, SCN_PROBE_NEEDS_SESSION},
    {SHIM_FN_JetIdle, SCN_PROBE_NEEDS_SESSION},
    {SHIM_FN_JetDupSession, SCN_PROBE_NEEDS_SESSION},
    {SHIM_FN_JetSetSessionContext, SCN_PROBE_NEEDS_SESSION},
    {SHIM_FN_JetAttachDatabase, SCN_PROBE_NEEDS_SESSION | SCN_PROBE_LEVEL_0},
    {SHIM_FN_JetOpenDatabase, SCN_PROBE_NEEDS_SESSION},
    {SHIM_FN_JetOpenTable, SCN_PROBE_NEEDS_DATABASE},
    {SHIM_FN_JetDupCursor, SCN_PROBE_NEEDS_CURSOR},
    {SHIM_FN_JetMove, SCN_PROBE_NEEDS_CURSOR},
    {SHIM_FN_JetMakeKey, SCN_PROBE_NEEDS_CURSOR},
    {SHIM_FN_JetSeek, SCN_PROBE_NEEDS_CURSOR},
    {SHIM_FN_JetRetrieveColumn, SCN_PROBE_NEEDS_CURSOR},
    {SHIM_FN_JetGetBookmark, SCN_PROBE_NEEDS_CURSOR},
    {SHIM_FN_JetIndexRecordCount, SCN_PROBE_NEEDS_CURSOR},
    {SHIM_FN_JetGetTableColumnInfo, SCN_PROBE_NEEDS_CURSOR},
    {SHIM_FN_JetPrepareUpdate, SCN_PROBE_NEEDS_CURSOR},
    {SHIM_FN_JetGetDatabaseInfo, SCN_PROBE_NEEDS_DATABASE},
    /* guarded by the instance's gate */
    {SHIM_FN_JetBeginSession, SCN_PROBE_INSTANCE},
    {SHIM_FN_JetGetInstanceMiscInfo, SCN_PROBE_INSTANCE},
    {SHIM_FN_JetBeginExternalBackupInstance, SCN_PROBE_INSTANCE},
    {SHIM_FN_JetTruncateLogInstance, SCN_PROBE_INSTANCE},
    /* allowed after a stop */
    {SHIM_FN_JetRollback, SCN_PROBE_NEEDS_SESSION},
    {SHIM_FN_JetResetSessionContext, SCN_PROBE_NEEDS_SESSION},
    {SHIM_FN_JetDetachDatabase, SCN_PROBE_NEEDS_DATABASE | SCN_PROBE_LEVEL_0},
    {SHIM_FN_JetRollback, SCN_PROBE_NEEDS_SESSION | SCN_PROBE_LEVEL_0},
    {SHIM_FN_JetResetSessionContext, SCN_PROBE_NEEDS_SESSION},
    /* not guarded */
    {SHIM_FN_JetGetSystemParameter, SCN_PROBE_INSTANCE},
    {SHIM_FN_JetGetThreadStats, 0},
    {SHIM_FN_JetGetInstanceInfo, 0},
    {SHIM_FN_JetStopServiceInstance, SCN_PROBE_STOPPER | SCN_PROBE_INSTANCE},
};
#define SCN_PROBE_COUNT ((int)(sizeof probes / sizeof probes[0]))

static bool fits(struct scn_player *player, const struct probe *probe)
{
    const struct scn_open *session = scn_current(player, SCN_KIND_SESSION);
    if ((probe->needs & (SCN_PROBE_NEEDS_SESSION | SCN_PROBE_NEEDS_DATABASE |
                         SCN_PROBE_NEEDS_CURSOR)) != 0 &&
        session == NULL) {
        return false;
    }
    if ((probe->needs & SCN_PROBE_NEEDS_DATABASE) != 0 &&
        scn_current(player, SCN_KIND_DATABASE) == NULL) {
        return false;
    }
    if ((probe->needs & SCN_PROBE_NEEDS_CURSOR) != 0 &&
        scn_current(player, SCN_KIND_CURSOR) == NULL) {
        return false;
    }
    if ((probe->needs & SCN_PROBE_LEVEL_0) != 0 && session != NULL && session->level > 0) {
        return false;
    }
    if ((probe->needs & SCN_PROBE_INSTANCE) != 0 &&
        scn_current_value(player, SCN_KIND_INSTANCE) == SCN_NIL) {
        return false;
    }
    return (probe->needs & SCN_PROBE_STOPPER) == 0 || player->stops;
}

/* Calls into an instance that is gone say nothing about its stop. */
static bool instance_is_alive(struct scn_player *player)
{
    uint64_t handle = scn_current_value(player, SCN_KIND_INSTANCE);
    const struct scn_instance_state *state = scn_instance_of(player->world, handle);
    return state != NULL && atomic_load_explicit(&state->alive, memory_order_relaxed);
}

void scn_play_probe(struct scn_player *player, int64_t calls)
{
    uint64_t end = player->calls + (uint64_t)(calls > 0 ? calls : 0);
    bool own = player->own;
    player->own = false;
    player->probed = true;
    scn_event(player, SHIM_EVENT_PROBING, NULL, NULL, 1, 0, 0, 0);
    /* JetGetThreadStats needs nothing, so every round makes progress. */
    for (int next = 0; player->calls < end && instance_is_alive(player); next++) {
        int at = next < SCN_PROBE_COUNT
                     ? next
                     : (int)scn_random_between(player->random, 0, SCN_PROBE_COUNT - 1);
        if (fits(player, &probes[at])) {
            scn_invoke_default(player, probes[at].fn, NULL, 0);
        }
    }
    scn_event(player, SHIM_EVENT_PROBING, NULL, NULL, 0, 0, 0, 0);
    player->own = own;
}
