/* scenarios/runner/handles.c - what an actor has open.
 *
 * The harness follows results just far enough to fill in handles that a script leaves out and to
 * clean up afterwards; what results must be is the judge's business. An actor follows what it
 * opened itself: handles that came through a shared variable are used, not owned.
 */
#include <string.h>

#include "reports/judge/judge.h"
#include "scenarios/runner/world.h"

bool scn_kind_of_role(enum shim_role role, enum scn_kind *kind)
{
    switch (role) {
    case SHIM_ROLE_IN_INSTANCE:
    case SHIM_ROLE_OUT_INSTANCE:
    case SHIM_ROLE_INOUT_INSTANCE:
        *kind = SCN_KIND_INSTANCE;
        return true;
    case SHIM_ROLE_IN_SESID:
    case SHIM_ROLE_OUT_SESID:
        *kind = SCN_KIND_SESSION;
        return true;
    case SHIM_ROLE_IN_DBID:
    case SHIM_ROLE_OUT_DBID:
        *kind = SCN_KIND_DATABASE;
        return true;
    case SHIM_ROLE_IN_TABLEID:
    case SHIM_ROLE_OUT_TABLEID:
        *kind = SCN_KIND_CURSOR;
        return true;
    case SHIM_ROLE_IN_COLUMNID:
    case SHIM_ROLE_OUT_COLUMNID:
        *kind = SCN_KIND_COLUMN;
        return true;
    case SHIM_ROLE_IN_SNAPID:
    case SHIM_ROLE_OUT_SNAPID:
        *kind = SCN_KIND_SNAPSHOT;
        return true;
    case SHIM_ROLE_IN_LS:
    case SHIM_ROLE_OUT_LS:
        *kind = SCN_KIND_LS;
        return true;
    case SHIM_ROLE_IN_FILE:
    case SHIM_ROLE_OUT_FILE:
        *kind = SCN_KIND_FILE;
        return true;
    case SHIM_ROLE_IN_HANDLE:
    case SHIM_ROLE_OUT_HANDLE:
        *kind = SCN_KIND_HANDLE;
        return true;
    default:
        return false;
    }
}

struct scn_instance_state *scn_instance_of(struct scn_world *world, uint64_t handle)
{
    struct scn_instance_state *found = NULL;
    pthread_mutex_lock(&world->lock);
    for (int i = 0; i < world->instance_count; i++) {
        struct scn_instance_state *state = &world->instances[i];
        if (atomic_load_explicit(&state->handle, memory_order_relaxed) == handle) {
            found = state;
            if (atomic_load_explicit(&state->alive, memory_order_relaxed)) {
                break; /* engines use handle values again: a living one wins */
            }
        }
    }
    pthread_mutex_unlock(&world->lock);
    return found;
}

struct scn_instance_state *scn_instance_add(struct scn_world *world, uint64_t handle, int plan)
{
    struct scn_instance_state *state = NULL;
    pthread_mutex_lock(&world->lock);
    if (plan >= 0) {
        state = &world->instances[plan];
    } else if (world->instance_count < SCN_MAX_LIVES) {
        state = &world->instances[world->instance_count++];
        state->plan = -1;
    } else { /* in place of one that has ended */
        for (int i = world->plan->instance_count; i < SCN_MAX_LIVES && state == NULL; i++) {
            bool alive = atomic_load_explicit(&world->instances[i].alive, memory_order_relaxed);
            state = alive ? NULL : &world->instances[i];
        }
    }
    if (state != NULL) {
        atomic_store_explicit(&state->handle, handle, memory_order_relaxed);
        atomic_store_explicit(&state->alive, true, memory_order_relaxed);
    }
    pthread_mutex_unlock(&world->lock);
    return state;
}

struct scn_open *scn_find_open(struct scn_player *player, enum scn_kind kind, uint64_t value)
{
    for (int i = player->open_count - 1; i >= 0; i--) {
        if (player->open[i].kind == kind && player->open[i].value == value) {
            return &player->open[i];
        }
    }
    return NULL;
}

struct scn_open *scn_current(struct scn_player *player, enum scn_kind kind)
{
    for (int i = player->open_count - 1; i >= 0; i--) {
        if (player->open[i].kind == kind && !player->open[i].named) {
            return &player->open[i];
        }
    }
    return NULL;
}

uint64_t scn_current_value(struct scn_player *player, enum scn_kind kind)
{
    struct scn_open *open = scn_current(player, kind);
    if (open != NULL) {
        return open->value;
    }
    if (kind == SCN_KIND_INSTANCE && player->plan != NULL) {
        return atomic_load_explicit(&player->world->instances[player->plan->instance].handle,
                                    memory_order_relaxed);
    }
    if (kind == SCN_KIND_INSTANCE && player->plan == NULL && player->making < 0 &&
        atomic_load_explicit(&player->world->instances[0].alive, memory_order_relaxed)) {
        return atomic_load_explicit(&player->world->instances[0].handle, memory_order_relaxed);
    }
    return SCN_NIL;
}

static struct scn_open *add(struct scn_player *player, enum scn_kind kind, uint64_t value,
                            bool named)
{
    if (player->open_count == SCN_MAX_OPEN) {
        return NULL;
    }
    struct scn_open *open = &player->open[player->open_count++];
    *open = (struct scn_open){.kind = kind, .value = value, .table = -1, .named = named};
    return open;
}

static void drop_at(struct scn_player *player, int index)
{
    player->stale[player->open[index].kind] = player->open[index].value;
    player->open_count--;
    memmove(&player->open[index], &player->open[index + 1],
            (size_t)(player->open_count - index) * sizeof player->open[0]);
}

static void drop(struct scn_player *player, enum scn_kind kind, uint64_t value)
{
    for (int i = player->open_count - 1; i >= 0; i--) {
        if (player->open[i].kind == kind && player->open[i].value == value) {
            drop_at(player, i);
            return;
        }
    }
}

/* Everything of a session: what JetEndSession closes. */
static void drop_session(struct scn_player *player, uint64_t sesid)
{
    for (int i = player->open_count - 1; i >= 0; i--) {
        enum scn_kind kind = player->open[i].kind;
        if ((kind == SCN_KIND_CURSOR || kind == SCN_KIND_DATABASE) &&
            player->open[i].sesid == sesid) {
            drop_at(player, i);
        }
    }
    drop(player, SCN_KIND_SESSION, sesid);
}

static void drop_instance(struct scn_player *player, uint64_t instance)
{
    for (int i = player->open_count - 1; i >= 0; i--) {
        if (i < player->open_count && player->open[i].kind == SCN_KIND_SESSION &&
            player->open[i].instance == instance) {
            drop_session(player, player->open[i].value);
            i = player->open_count; /* several entries have gone: begin again */
        }
    }
    drop(player, SCN_KIND_INSTANCE, instance);
    player->stale[SCN_KIND_INSTANCE] = instance;
}

/* One use of the database less; with the last, its cursors are closed. */
static void drop_database(struct scn_player *player, uint64_t sesid, uint64_t dbid)
{
    int uses = 0, last = -1;
    for (int i = 0; i < player->open_count; i++) {
        const struct scn_open *open = &player->open[i];
        if (open->kind == SCN_KIND_DATABASE && open->value == dbid && open->sesid == sesid) {
            uses++;
            last = i;
        }
    }
    if (last >= 0) {
        drop_at(player, last);
    }
    for (int i = player->open_count - 1; uses == 1 && i >= 0; i--) {
        if (player->open[i].kind == SCN_KIND_CURSOR && player->open[i].sesid == sesid) {
            drop_at(player, i);
        }
    }
}

/* A rollback closes the cursors of the levels it leaves; a commit hands them down. */
static void leave_level(struct scn_player *player, uint64_t sesid, int level, bool rolled_back)
{
    for (int i = player->open_count - 1; i >= 0; i--) {
        struct scn_open *open = &player->open[i];
        if (open->kind == SCN_KIND_SESSION && open->value == sesid) {
            open->level = level;
        } else if (open->kind == SCN_KIND_CURSOR && open->sesid == sesid &&
                   open->level > level) {
            if (rolled_back) {
                drop_at(player, i);
            } else {
                open->level = level;
            }
        }
    }
}

static int level_of(struct scn_player *player, uint64_t sesid)
{
    struct scn_open *session = scn_find_open(player, SCN_KIND_SESSION, sesid);
    return session != NULL ? session->level : 0;
}

/* The cursor that JetCreateTableColumnIndex... and JetOpenTemporaryTable... leave in their struct. */
static bool cursor_in_struct(const struct shim_call *call, uint64_t *tableid)
{
    switch (call->fn) {
#define SCN_CURSOR_IN(fn_, struct_, arg_)                                                          \
    case SHIM_FN_##fn_:                                                                            \
        *tableid = ((const struct_ *)(uintptr_t)call->args[arg_])->tableid;                        \
        return true
        SCN_CURSOR_IN(JetCreateTableColumnIndex, JET_TABLECREATE_A, 2);
        SCN_CURSOR_IN(JetCreateTableColumnIndex2, JET_TABLECREATE2_A, 2);
        SCN_CURSOR_IN(JetCreateTableColumnIndex3, JET_TABLECREATE3_A, 2);
        SCN_CURSOR_IN(JetCreateTableColumnIndex4, JET_TABLECREATE4_A, 2);
        SCN_CURSOR_IN(JetOpenTemporaryTable, JET_OPENTEMPORARYTABLE, 1);
        SCN_CURSOR_IN(JetOpenTemporaryTable2, JET_OPENTEMPORARYTABLE2, 1);
#undef SCN_CURSOR_IN
    default:
        return false;
    }
}

static void opened(struct scn_player *player, const struct shim_call *call, enum scn_kind kind,
                   uint64_t value, const char *bind, int table)
{
    uint64_t sesid = SCN_NIL;
    int of = shim_param_with_role(call->fn, SHIM_ROLE_IN_SESID);
    if (of >= 0) {
        sesid = call->args[of];
    }
    struct scn_open *open = add(player, kind, value, bind != NULL);
    if (open == NULL) {
        return;
    }
    open->sesid = sesid;
    open->table = table;
    if (kind == SCN_KIND_SESSION) {
        of = shim_param_with_role(call->fn, SHIM_ROLE_IN_INSTANCE);
        const struct scn_open *from = scn_find_open(player, SCN_KIND_SESSION, sesid);
        open->instance = of >= 0 ? call->args[of]
                         : from != NULL
                             ? from->instance
                             : scn_current_value(player, SCN_KIND_INSTANCE);
    } else if (kind == SCN_KIND_CURSOR) {
        open->level = level_of(player, sesid);
        of = shim_param_with_role(call->fn, SHIM_ROLE_IN_TABLEID);
        if (of >= 0 && table < 0) {
            const struct scn_open *from = scn_find_open(player, SCN_KIND_CURSOR, call->args[of]);
            open->table = from != NULL ? from->table : -1;
        }
    }
}

/* A new instance that no name takes is the actor's instance of the plan, if that has none alive. Its
 * paths and settings are set at once, so that all files stay in the directory of the run. */
static void instance_given(struct scn_player *player, uint64_t handle, const char *bind,
                           bool configure)
{
    struct scn_world *world = player->world;
    int plan = player->making;
    if (bind == NULL && player->plan != NULL) {
        plan = player->plan->instance;
    }
    if (plan >= 0 &&
        atomic_load_explicit(&world->instances[plan].alive, memory_order_relaxed)) {
        plan = -1;
    }
    struct scn_instance_state *state = scn_instance_add(world, handle, plan);
    if (plan < 0) {
        add(player, SCN_KIND_INSTANCE, handle, bind != NULL);
    }
    if (state != NULL && configure) {
        scn_configure(player, state, handle);
    }
}

/* A handle gone, with everything that hung on it. */
static void follow_end(struct scn_player *player, const struct shim_call *call)
{
    const uint64_t *args = call->args;
    switch (call->fn) {
    case SHIM_FN_JetEndSession:
        drop_session(player, args[0]);
        break;
    case SHIM_FN_JetCloseTable:
        drop(player, SCN_KIND_CURSOR, args[1]);
        break;
    case SHIM_FN_JetCloseDatabase:
        drop_database(player, args[0], args[1]);
        break;
    case SHIM_FN_JetOSSnapshotEnd:
    case SHIM_FN_JetOSSnapshotAbort:
        drop(player, SCN_KIND_SNAPSHOT, args[0]);
        break;
    case SHIM_FN_JetCloseFile:
        drop(player, SCN_KIND_FILE, args[0]);
        break;
    case SHIM_FN_JetCloseFileInstance:
        drop(player, SCN_KIND_FILE, args[1]);
        break;
    case SHIM_FN_JetUnregisterCallback:
        drop(player, SCN_KIND_HANDLE, args[3]);
        break;
    default:
        break;
    }
}

static void follow_session(struct scn_player *player, const struct shim_call *call)
{
    uint64_t sesid = call->args[0];
    struct scn_open *session = scn_find_open(player, SCN_KIND_SESSION, sesid);
    if (session == NULL) {
        return;
    }
    switch (call->fn) {
    case SHIM_FN_JetBeginTransaction:
    case SHIM_FN_JetBeginTransaction2:
    case SHIM_FN_JetBeginTransaction3:
        session->level++;
        break;
    case SHIM_FN_JetCommitTransaction:
    case SHIM_FN_JetCommitTransaction2:
        if (session->level > 0) {
            leave_level(player, sesid, session->level - 1, false);
        }
        break;
    case SHIM_FN_JetRollback:
        if (session->level > 0) {
            bool all = (call->args[1] & JET_bitRollbackAll) != 0;
            leave_level(player, sesid, all ? 0 : session->level - 1, true);
        }
        break;
    case SHIM_FN_JetSetSessionContext:
        session->context = true;
        break;
    case SHIM_FN_JetResetSessionContext:
        session->context = false;
        break;
    default:
        break;
    }
}

static void follow_term(struct scn_player *player, const struct shim_call *call)
{
    /* Of the term without bits the error for a parameter means that there is no such instance any more. */
    if (call->result >= 0 || !rpt_term_refused(call->result, call->fn != SHIM_FN_JetTerm)) {
        struct scn_instance_state *state = scn_instance_of(player->world, call->args[0]);
        if (state != NULL) {
            atomic_store_explicit(&state->alive, false, memory_order_relaxed);
        }
        drop_instance(player, call->args[0]);
    }
}

void scn_follow(struct scn_player *player, const struct shim_call *call, const char *bind,
                int table)
{
    const struct shim_function *function = shim_function(call->fn);
    if (call->fn == SHIM_FN_JetTerm || call->fn == SHIM_FN_JetTerm2) {
        follow_term(player, call);
        return;
    }
    if (call->result < 0) {
        return;
    }
    uint64_t tableid;
    if (cursor_in_struct(call, &tableid)) {
        opened(player, call, SCN_KIND_CURSOR, tableid, bind, table);
    }
    bool first = true;
    for (int i = 0; i < function->param_count; i++) {
        enum shim_role role = function->params[i].role;
        enum scn_kind kind;
        const void *cell = (const void *)(uintptr_t)call->args[i];
        bool out = role == SHIM_ROLE_OUT_INSTANCE || role == SHIM_ROLE_OUT_SESID ||
                   role == SHIM_ROLE_OUT_DBID || role == SHIM_ROLE_OUT_TABLEID ||
                   role == SHIM_ROLE_OUT_SNAPID || role == SHIM_ROLE_OUT_FILE ||
                   role == SHIM_ROLE_OUT_HANDLE;
        if (!out || cell == NULL || !scn_kind_of_role(role, &kind)) {
            continue;
        }
        uint64_t value = kind == SCN_KIND_DATABASE ? *(const JET_DBID *)cell
                                                   : *(const uint64_t *)cell;
        if (kind == SCN_KIND_INSTANCE) {
            instance_given(player, value, first ? bind : NULL, true);
        } else {
            opened(player, call, kind, value, first ? bind : NULL, table);
        }
        first = false;
    }
    if (call->fn == SHIM_FN_JetInit || call->fn == SHIM_FN_JetInit2 ||
        call->fn == SHIM_FN_JetInit3) {
        const uint64_t *cell = (const uint64_t *)(uintptr_t)call->args[0];
        uint64_t handle = cell != NULL ? *cell : 0;
        if (scn_instance_of(player->world, handle) == NULL) {
            instance_given(player, handle, NULL, false);
        }
    }
    follow_session(player, call);
    follow_end(player, call);
}
