/* scenarios/runner/cleanup.c - how an actor puts its things away when the script does not say.
 *
 * First JetOSSnapshotAbort for its snapshots. Then per session, the youngest first: JetRollback until it is outside any transaction,
 * JetResetSessionContext if this actor set it, JetCloseTable for its cursors, JetCloseDatabase for its
 * databases, JetEndSession. All of these stay allowed after a stop, so all of them are judged. Databases stay
 * attached: others may use them. What belongs to an instance that is gone is left alone. While a
 * termination is in progress nothing can be put away, and a session left in a transaction would make
 * it fail: then the actor tries again until the termination is over.
 */
#include "scenarios/runner/world.h"

#define SCN_TERM_REST_US 1000
#define SCN_TERM_MOST_US 3000000

static bool instance_is_alive(struct scn_player *player, uint64_t instance)
{
    struct scn_instance_state *state = scn_instance_of(player->world, instance);
    return state == NULL || atomic_load_explicit(&state->alive, memory_order_relaxed);
}

static JET_ERR plain(struct scn_player *player, enum shim_fn fn, uint64_t first, uint64_t second)
{
    for (uint64_t waited = 0;; waited += SCN_TERM_REST_US) {
        JET_ERR result = scn_invoke(player, fn, shim_function_default_variant(fn),
                                    (uint64_t[SHIM_MAX_ARGS]){first, second}, NULL, -1);
        if (result != JET_errTermInProgress || waited > SCN_TERM_MOST_US) {
            return result;
        }
        scn_sleep_us(SCN_TERM_REST_US);
    }
}

/* The youngest thing of this kind that hangs on the session, or SCN_NIL. */
static uint64_t youngest(const struct scn_player *player, enum scn_kind kind, uint64_t sesid)
{
    for (int i = player->open_count - 1; i >= 0; i--) {
        if (player->open[i].kind == kind && player->open[i].sesid == sesid) {
            return player->open[i].value;
        }
    }
    return SCN_NIL;
}

/* Takes an entry off the list if the call that should have closed it failed. */
static void forget(struct scn_player *player, enum scn_kind kind, uint64_t value)
{
    struct scn_open *open = scn_find_open(player, kind, value);
    if (open != NULL) {
        *open = player->open[player->open_count - 1];
        player->open_count--;
    }
}

static void end_session(struct scn_player *player, uint64_t sesid)
{
    struct scn_open *session = scn_find_open(player, SCN_KIND_SESSION, sesid);
    bool context = session->context;
    /* A transaction that was begun under a context belongs to it: first the one, then the other. */
    for (int level = session->level; level > 0; level--) {
        if (plain(player, SHIM_FN_JetRollback, sesid, 0) < 0) {
            break;
        }
    }
    if (context) {
        plain(player, SHIM_FN_JetResetSessionContext, sesid, 0);
    }
    for (uint64_t value; (value = youngest(player, SCN_KIND_CURSOR, sesid)) != SCN_NIL;) {
        if (plain(player, SHIM_FN_JetCloseTable, sesid, value) < 0) {
            forget(player, SCN_KIND_CURSOR, value);
        }
    }
    for (uint64_t value; (value = youngest(player, SCN_KIND_DATABASE, sesid)) != SCN_NIL;) {
        if (plain(player, SHIM_FN_JetCloseDatabase, sesid, value) < 0) {
            forget(player, SCN_KIND_DATABASE, value);
        }
    }
    if (plain(player, SHIM_FN_JetEndSession, sesid, 0) < 0) {
        forget(player, SCN_KIND_SESSION, sesid);
    }
}

/* What is frozen could hold up everything after it. */
static void end_snapshots(struct scn_player *player)
{
    for (int i = player->open_count - 1; i >= 0; i--) {
        if (player->open[i].kind == SCN_KIND_SNAPSHOT) {
            uint64_t snapshot = player->open[i].value;
            if (plain(player, SHIM_FN_JetOSSnapshotAbort, snapshot, 0) < 0) {
                forget(player, SCN_KIND_SNAPSHOT, snapshot);
            }
            i = player->open_count;
        }
    }
}

void scn_cleanup(struct scn_player *player)
{
    end_snapshots(player);
    for (int i = player->open_count - 1; i >= 0; i = player->open_count - 1) {
        struct scn_open *open = &player->open[i];
        /* Sessions end last of what hangs on them: look for the youngest one. */
        int session = i;
        while (session >= 0 && player->open[session].kind != SCN_KIND_SESSION) {
            session--;
        }
        if (session >= 0) {
            open = &player->open[session];
            if (instance_is_alive(player, open->instance)) {
                end_session(player, open->value);
            } else {
                forget(player, SCN_KIND_SESSION, open->value);
            }
        } else {
            /* A cursor or database of somebody else's session, a file of a backup, an instance
             * (the term phase ends those): not this actor's to close. */
            player->open_count--;
        }
    }
}

void scn_end_snapshots(struct scn_world *world)
{
    for (int p = 0; p < world->player_count; p++) {
        const struct scn_player *player = world->players[p];
        for (int i = 0; i < player->open_count; i++) {
            if (player->open[i].kind == SCN_KIND_SNAPSHOT) {
                plain(world->runner, SHIM_FN_JetOSSnapshotAbort, player->open[i].value, 0);
            }
        }
    }
}
