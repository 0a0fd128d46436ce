/* reports/judge/sweep.c - the first pass: along the stamps, resolving handles.
 *
 * A handle's value means an instance or session from the return of the call that gave it out to the
 * return of the call that ended it; afterwards the value may be given out again and means something
 * else. While the ending call is under way other calls with the handle may go either way; they are
 * resolved to the old meaning, and the rules allow for the overlap.
 */
#include <stdlib.h>
#include <string.h>

#include "reports/judge/internal.h"

#define MOST_PROBING 65536 /* actors */

uint32_t bits_of(const struct judge *judge, const struct shim_hist_call *call)
{
    int at = judge->layout[call->fn].grbit;
    return at < 0 ? 0 : (uint32_t)call->args[at];
}

bool is_full_stop(const struct judge *judge, const struct shim_hist_call *call)
{
    return is_stop(call->fn) &&
           (call->fn != SHIM_FN_JetStopServiceInstance2 || bits_of(judge, call) == 0);
}

/* The value of parameter `at` after the return, if it was read; 0 if not. */
static uint64_t out_value(const struct shim_hist_call *call, int at)
{
    return at >= 0 && (call->outs_valid >> at & 1) != 0 ? call->outs[at] : 0;
}

static int32_t sole_instance(const struct judge *judge)
{
    for (size_t i = judge->instance_count; i-- > 0;) {
        const struct instance *instance = &judge->instances[i];
        if (instance->one_mode && instance->dead == NEVER) {
            return (int32_t)i;
        }
    }
    return -1;
}

static struct instance *new_instance(struct judge *judge, uint64_t value, uint64_t born,
                                     bool one_mode)
{
    struct instance *bigger =
        grown(judge->instances, judge->instance_count, &judge->instance_room, sizeof *bigger);
    if (bigger == NULL || map_set(&judge->instance_of, value, (int32_t)judge->instance_count)) {
        judge->instances = bigger != NULL ? bigger : judge->instances;
        judge->no_memory = true;
        return NULL;
    }
    judge->instances = bigger;
    struct instance *instance = &judge->instances[judge->instance_count++];
    memset(instance, 0, sizeof *instance);
    instance->value = value;
    instance->born = born;
    instance->one_mode = one_mode;
    instance->first_epoch = judge->restart == NEVER;
    instance->init_enter = instance->initialized = instance->dead = NEVER;
    instance->attempt = instance->stopped = instance->failed_stop = instance->part_stop = NEVER;
    instance->resumed = instance->first_denied = instance->fatal = NEVER;
    instance->first_enter = instance->first_leave = NEVER;
    instance->backup_attempt = instance->backup_began = instance->failed_backup_stop = NEVER;
    return instance;
}

static struct session *new_session(struct judge *judge, uint64_t value, int32_t instance,
                                   uint32_t actor)
{
    struct session *bigger =
        grown(judge->sessions, judge->session_count, &judge->session_room, sizeof *bigger);
    if (bigger == NULL || map_set(&judge->session_of, value, (int32_t)judge->session_count)) {
        judge->sessions = bigger != NULL ? bigger : judge->sessions;
        judge->no_memory = true;
        return NULL;
    }
    judge->sessions = bigger;
    struct session *session = &judge->sessions[judge->session_count++];
    memset(session, 0, sizeof *session);
    session->value = value;
    session->instance = instance;
    session->dead = NEVER;
    session->actor = actor;
    session->level_known = true;
    return session;
}

/* The end of a session discards what is open, once no call is inside any more: a commit may be
 * stamped as returned after the call that ended its session. */
static void settle(struct judge *judge, struct session *session)
{
    if (session->dead != NEVER && session->active == 0) {
        data_settle(judge, session, session->commit_lost ? FATE_EITHER : FATE_DISCARDED);
    }
}

static void end_session(struct judge *judge, int32_t index, uint64_t stamp)
{
    struct session *session = &judge->sessions[index];
    if (session->dead != NEVER) {
        return;
    }
    session->dead = stamp;
    if (map_get(&judge->session_of, session->value) == index) {
        map_remove(&judge->session_of, session->value);
    }
    settle(judge, session);
}

static void end_instance(struct judge *judge, int32_t index, uint64_t stamp, enum ending ending)
{
    struct instance *instance = &judge->instances[index];
    if (instance->dead != NEVER) {
        return;
    }
    instance->dead = stamp;
    instance->ending = ending;
    if (map_get(&judge->instance_of, instance->value) == index) {
        map_remove(&judge->instance_of, instance->value);
    }
    for (size_t i = 0; i < judge->session_count; i++) {
        if (judge->sessions[i].instance == index) {
            end_session(judge, (int32_t)i, stamp);
        }
    }
}

/* An instance may be used before the call that makes it is seen to return: its handle is in the
 * caller's memory by then. So it exists from the entry of a creation that is going to succeed,
 * unless its value still means another one. */
static void announce(struct judge *judge, const struct shim_hist_call *call, bool init)
{
    const struct layout *layout = &judge->layout[call->fn];
    uint64_t value = out_value(call, init ? layout->inout_instance : layout->out_instance);
    if (call->leave != 0 && call->result >= 0 && value != 0 &&
        map_get(&judge->instance_of, value) < 0) {
        struct instance *made = new_instance(judge, value, call->enter, init);
        if (made != NULL && init) {
            made->init_enter = call->enter;
        }
    }
}

/* Finds what the handles of a call mean at its entry. */
static void resolve(struct judge *judge, const struct shim_hist_call *call, struct meaning *meaning)
{
    const struct layout *layout = &judge->layout[call->fn];
    meaning->instance = meaning->session = -1;
    if (layout->in_sesid >= 0) {
        uint64_t value = call->args[layout->in_sesid];
        meaning->session = map_get(&judge->session_of, value);
        if (meaning->session >= 0) {
            meaning->instance = judge->sessions[meaning->session].instance;
        } else if (layout->in_instance < 0 && layout->inout_instance < 0) {
            meaning->stale = true;
        }
    }
    if (layout->in_instance >= 0) {
        int32_t found = map_get(&judge->instance_of, call->args[layout->in_instance]);
        if (found < 0) {
            found = sole_instance(judge); /* one-instance mode: the value does not matter */
        }
        if (found >= 0) {
            meaning->instance = found;
        } else if (meaning->instance < 0) {
            meaning->stale = true;
        }
    } else if (layout->inout_instance >= 0) {
        int32_t found = map_get(&judge->instance_of, out_value(call, layout->inout_instance));
        meaning->instance = found >= 0 ? found : sole_instance(judge);
    } else if (shim_function(call->fn)->handle == SHIM_HANDLE_LEGACY) {
        meaning->instance = sole_instance(judge);
    }
}

static bool is_restore(enum shim_fn fn)
{
    return fn == SHIM_FN_JetRestore || fn == SHIM_FN_JetRestore2 ||
           fn == SHIM_FN_JetRestoreInstance || fn == SHIM_FN_JetExternalRestore ||
           fn == SHIM_FN_JetExternalRestore2;
}

static void enter(struct judge *judge, size_t index)
{
    const struct shim_hist_call *call = &judge->history->calls[index];
    struct meaning *meaning = &judge->meanings[index];
    uint64_t leave = call->leave != 0 ? call->leave : NEVER;
    meaning->phase = (uint8_t)judge->phase;
    meaning->own = call->actor != 0 && (call->actor >= judge->probing_room ||
                                        judge->probing[call->actor] == 0);
    if (is_init(call->fn) || judge->layout[call->fn].out_instance >= 0) {
        announce(judge, call, is_init(call->fn));
    }
    resolve(judge, call, meaning);
    int failed = 0;
    if (is_term(call->fn)) {
        failed |= spans_add(&judge->terms, call->enter, leave);
        if (meaning->instance >= 0) {
            failed |= spans_add(&judge->instances[meaning->instance].terms, call->enter, leave);
        }
    }
    if (is_init(call->fn)) {
        failed |= spans_add(&judge->inits, call->enter, leave);
        if (meaning->instance >= 0 && judge->instances[meaning->instance].init_enter == NEVER) {
            judge->instances[meaning->instance].init_enter = call->enter;
        }
    }
    if (is_restore(call->fn)) {
        failed |= spans_add(&judge->restores, call->enter, leave);
    }
    judge->no_memory |= failed != 0;
    if (meaning->session >= 0) {
        struct session *session = &judge->sessions[meaning->session];
        meaning->busy = session->active > 0;
        meaning->entry = ++session->entries;
        session->active++;
        session->many_actors |= session->actor != call->actor;
        session->commit_lost |= call->leave == 0 && is_commit(call->fn);
    }
    backup_enter(judge, index);
}

/* A stop that ended, or never returned, is remembered with its instance. */
static void note_stop(struct judge *judge, size_t index)
{
    const struct shim_hist_call *call = &judge->history->calls[index];
    int32_t at = judge->meanings[index].instance;
    bool returned = call->leave != 0, succeeded = returned && call->result >= 0;
    bool full = is_full_stop(judge, call);
    if (at < 0) {
        return;
    }
    struct instance *instance = &judge->instances[at];
    if (full && (!returned || succeeded)) {
        instance->attempt = call->enter < instance->attempt ? call->enter : instance->attempt;
        judge->any_attempt = call->enter < judge->any_attempt ? call->enter : judge->any_attempt;
    }
    if (returned && !succeeded && call->enter < instance->failed_stop) {
        instance->failed_stop = call->enter;
        instance->failed_stop_call = index;
    }
    if (!succeeded) {
        return;
    }
    judge->out->stops++;
    uint32_t bits = bits_of(judge, call);
    if (full) {
        if (call->leave < instance->stopped) {
            instance->stopped = call->leave;
            instance->stop_call = index;
        }
    } else if ((bits & JET_bitStopServiceResume) == 0) {
        instance->part_stop = call->enter < instance->part_stop ? call->enter : instance->part_stop;
        if ((bits & 0x8u) != 0 && call->enter < instance->fatal) {
            instance->fatal = call->enter; /* the log is gone: what follows is a fatal error */
        }
    }
}

static void initialised(struct judge *judge, size_t index)
{
    const struct shim_hist_call *call = &judge->history->calls[index];
    struct meaning *meaning = &judge->meanings[index];
    uint64_t value = out_value(call, judge->layout[call->fn].inout_instance);
    if (meaning->instance < 0 || judge->instances[meaning->instance].dead != NEVER) {
        struct instance *made = new_instance(judge, value, call->leave, true);
        if (made == NULL) {
            return;
        }
        made->init_enter = call->enter;
        meaning->instance = (int32_t)(made - judge->instances);
    }
    struct instance *instance = &judge->instances[meaning->instance];
    if (instance->initialized == NEVER) {
        instance->initialized = call->leave;
    }
}

static void terminated(struct judge *judge, size_t index)
{
    const struct shim_hist_call *call = &judge->history->calls[index];
    int32_t at = judge->meanings[index].instance;
    if (at < 0 || (call->result < 0 && rpt_term_refused(call->result, true))) {
        return;
    }
    enum ending ending = END_DIRTY;
    if (call->result >= 0) {
        ending = judge->instances[at].initialized == NEVER        ? END_UNUSED
                 : (bits_of(judge, call) & JET_bitTermDirty) != 0 ? END_DIRTY
                 : judge->instances[at].lost                      ? END_DIRTY
                                                                  : END_CLEAN;
    }
    end_instance(judge, at, call->leave, ending);
}

static bool is_fatal(JET_ERR result)
{
    switch (result) {
    case JET_errLogWriteFail:
    case JET_errLogDiskFull:
    case JET_errDiskFull:
    case JET_errDiskIO:
    case JET_errReadVerifyFailure:
    case JET_errRollbackError:
    case JET_errOutOfMemory:
    case JET_errInternalError:
        return true;
    default:
        return false;
    }
}

/* Whether a result says that the instance is of no use any more, by its own code or because a rollback failed: it can only be terminated, and what a recovery makes of it
 * is what a crash would have left. */
static bool says_lost(const struct shim_hist_call *call)
{
    return call->result == JET_errInstanceUnavailable ||
           call->result == JET_errInstanceUnavailableDueToFatalLogDiskFull ||
           ((call->fn == SHIM_FN_JetRollback || call->fn == SHIM_FN_JetEndSession) && is_fatal(call->result));
}

static void note_recovery(struct judge *judge, const struct shim_hist_call *call)
{
    bool told = call->fn == SHIM_FN_JetGetSystemParameter;
    if ((call->fn != SHIM_FN_JetSetSystemParameter && !told) || call->result < 0 ||
        (uint32_t)call->args[2] != JET_paramRecovery || call->blob[4] == NULL) {
        return;
    }
    if (call->blob_size[4] >= 3 && memcmp(call->blob[4], "off", 3) == 0) {
        judge->recovery_off = true;
    } else if (told && call->blob_size[4] >= 2 && memcmp(call->blob[4], "on", 2) == 0) {
        judge->recovery_on = true;
    }
}

static void leave(struct judge *judge, size_t index)
{
    const struct shim_hist_call *call = &judge->history->calls[index];
    struct meaning *meaning = &judge->meanings[index];
    const struct layout *layout = &judge->layout[call->fn];
    judge->now = call->leave;
    if (meaning->session >= 0) {
        struct session *session = &judge->sessions[meaning->session];
        session->active--;
        meaning->shared = meaning->busy || session->entries != meaning->entry;
        session_follow(judge, index, session);
        settle(judge, session);
    }
    data_changed(judge, call);
    if (is_stop(call->fn)) {
        note_stop(judge, index);
    }
    if (call->result >= 0) {
        uint64_t made = out_value(call, layout->out_instance);
        int32_t known = made != 0 ? map_get(&judge->instance_of, made) : -1;
        if (made != 0 && (known < 0 || judge->instances[known].born != call->enter)) {
            new_instance(judge, made, call->leave,
                         false); /* the value meant another one at entry */
        }
        if (is_init(call->fn)) {
            initialised(judge, index);
        }
        if (layout->out_sesid >= 0 && out_value(call, layout->out_sesid) != 0) {
            new_session(judge, out_value(call, layout->out_sesid), meaning->instance, call->actor);
            if (meaning->instance >= 0 && judge->instances[meaning->instance].dead != NEVER) {
                end_session(judge, (int32_t)judge->session_count - 1, call->leave); /* it ended with its instance */
            }
        }
        if (call->fn == SHIM_FN_JetEndSession && meaning->session >= 0) {
            end_session(judge, meaning->session, call->leave);
        }
        note_recovery(judge, call);
    } else if (meaning->instance >= 0 && says_lost(call)) {
        judge->instances[meaning->instance].lost = true;
    }
    if (call->result < 0 && meaning->instance >= 0 && is_fatal(call->result) &&
               call->enter < judge->instances[meaning->instance].fatal) {
        judge->instances[meaning->instance].fatal = call->enter;
    }
    if (is_term(call->fn)) {
        terminated(judge, index);
    }
    backup_leave(judge, index);
}

static enum phase phase_named(const char *name)
{
    static const struct {
        const char *name;
        enum phase phase;
    } phases[] = {{"setup", PHASE_SETUP}, {"race", PHASE_RACE},       {"cleanup", PHASE_CLEANUP},
                  {"term", PHASE_TERM},   {"restart", PHASE_RESTART}, {"verify", PHASE_VERIFY},
                  {"death", PHASE_RESTART}, {"disturbed", PHASE_DISTURBED},
                  {"end", PHASE_END}};
    for (size_t i = 0; name != NULL && i < sizeof phases / sizeof phases[0]; i++) {
        if (strcmp(phases[i].name, name) == 0) {
            return phases[i].phase;
        }
    }
    return PHASE_NONE;
}

static void note_probing(struct judge *judge, const struct shim_hist_event *event)
{
    if (event->actor >= MOST_PROBING) {
        return;
    }
    if (event->actor >= judge->probing_room) {
        size_t room = event->actor + 64u;
        uint8_t *bigger = realloc(judge->probing, room);
        if (bigger == NULL) {
            judge->no_memory = true;
            return;
        }
        memset(bigger + judge->probing_room, 0, room - judge->probing_room);
        judge->probing = bigger;
        judge->probing_room = room;
    }
    judge->probing[event->actor] = event->value[0] != 0;
}

static void see(struct judge *judge, const struct shim_hist_event *event)
{
    if (event->kind == SHIM_EVENT_PHASE) {
        judge->phase = phase_named(event->name);
        if ((judge->phase == PHASE_RESTART || judge->phase == PHASE_DISTURBED) && judge->restart == NEVER) {
            judge->restart = event->stamp;
        }
    } else if (event->kind == SHIM_EVENT_RESTART) { /* a new process: every handle is gone */
        for (size_t i = 0; i < judge->instance_count; i++) {
            end_instance(judge, (int32_t)i, event->stamp, END_DIED);
        }
        for (size_t i = 0; i < judge->session_count; i++) {
            end_session(judge, (int32_t)i, event->stamp);
        }
        map_clear(&judge->instance_of);
        map_clear(&judge->session_of);
        judge->process_began = event->stamp;
        judge->restart = judge->restart == NEVER ? event->stamp : judge->restart;
    } else if (event->kind == SHIM_EVENT_PROBING) {
        note_probing(judge, event);
    }
    data_event(judge, event);
}

struct return_ {
    uint64_t stamp;
    size_t index;
};

static int compare_returns(const void *a, const void *b)
{
    uint64_t x = ((const struct return_ *)a)->stamp, y = ((const struct return_ *)b)->stamp;
    return (x > y) - (x < y);
}

int sweep(struct judge *judge)
{
    const struct shim_history *history = judge->history;
    size_t returns = 0, call = 0, event = 0, at = 0;
    struct return_ *order = malloc((history->call_count + 1) * sizeof *order);
    if (order == NULL) {
        return -1;
    }
    for (size_t i = 0; i < history->call_count; i++) {
        if (history->calls[i].leave != 0) {
            order[returns++] = (struct return_){history->calls[i].leave, i};
        }
    }
    qsort(order, returns, sizeof *order, compare_returns);
    for (size_t i = 0; i < history->event_count; i++) {
        judge->truncated |= history->events[i].kind == SHIM_EVENT_TRUNCATED;
    }
    while (!judge->no_memory &&
           (call < history->call_count || at < returns || event < history->event_count)) {
        uint64_t next_enter = call < history->call_count ? history->calls[call].enter : NEVER;
        uint64_t next_leave = at < returns ? order[at].stamp : NEVER;
        uint64_t next_event = event < history->event_count ? history->events[event].stamp : NEVER;
        if (next_event <= next_enter && next_event <= next_leave) {
            see(judge, &history->events[event++]);
        } else if (next_enter <= next_leave) {
            enter(judge, call++);
        } else {
            leave(judge, order[at++].index);
        }
    }
    free(order);
    for (size_t i = 0; i < history->call_count; i++) {
        if (history->calls[i].leave != 0) {
            continue;
        }
        int32_t session = judge->meanings[i].session;
        data_cut(judge, &history->calls[i], session >= 0 ? &judge->sessions[session] : NULL);
        if (is_stop(history->calls[i].fn)) {
            note_stop(judge, i);
        }
    }
    for (size_t i = 0; i < judge->session_count; i++) {
        judge->sessions[i].active = 0;
        judge->sessions[i].dead =
            judge->sessions[i].dead == NEVER ? NEVER - 1 : judge->sessions[i].dead;
        settle(judge, &judge->sessions[i]);
    }
    return judge->no_memory ? -1 : 0;
}
