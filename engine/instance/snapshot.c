#include "engine/instance/snapshot.h"

#include "engine/backup/snapshot.h"

enum state { NO_SESSION, PREPARED, FROZEN, THAWED, TIMED_OUT };

struct member {
    struct member *next;
    struct ese_instance *instance; /* with a reference */
};

static struct {
    struct ese_mutex lock;
    struct ese_cond changed; /* state, members */
    JET_ERR made;            /* what became of changed */

    JET_OSSNAPID id; /* of the session, or of the last one */
    enum state state;
    bool incremental, copy, continues;
    bool named;    /* members were named one by one */
    bool deserted; /* the last member has terminated */
    struct member *members;
    struct ese_running *frozen; /* what the members had attached then */

    struct ese_thread *timer; /* of the freeze; to be joined without the lock */
    uint32_t freeze;          /* its number */
    uint64_t deadline;        /* of ese_time_ms */
} session = {.lock = ESE_MUTEX_INIT};

static struct ese_once once = ESE_ONCE_INIT;

static void make(void)
{
    session.made = ese_cond_init(&session.changed);
}

/* ---- members: lock held ---------------------------------------------------------------------- */

/* Where the instance is; at the end when it is none of them. */
static struct member **find(const struct ese_instance *instance)
{
    struct member **link = &session.members;
    while (*link != NULL && (*link)->instance != instance) {
        link = &(*link)->next;
    }
    return link;
}

/* Takes a reference over. */
static JET_ERR add(struct ese_instance *instance)
{
    struct member *made = ese_alloc(sizeof *made);
    if (made == NULL) {
        ese_instance_unref(instance);
        return JET_errOutOfMemory;
    }
    *made = (struct member){.instance = instance};
    *find(NULL) = made;
    return JET_errSuccess;
}

static void drop(struct member **link)
{
    struct member *gone = *link;
    *link = gone->next;
    ese_instance_unref(gone->instance);
    ese_free(gone);
}

/* Claims and freezes of all end with it. */
static void drop_all(void)
{
    while (session.members != NULL) {
        ese_snapshot_release(&session.members->instance->backup);
        drop(&session.members);
    }
}

/* The session is over. The timer, if any, is the caller's to join once the lock is given back. */
static struct ese_thread *finish(void)
{
    struct ese_thread *timer = session.timer;
    drop_all();
    ese_running_free(session.frozen);
    session.frozen = NULL;
    session.timer = NULL;
    session.state = NO_SESSION;
    ese_cond_broadcast(&session.changed);
    return timer;
}

static void join(struct ese_thread *timer)
{
    if (timer != NULL) {
        ese_thread_join(timer);
    }
}

static JET_ERR check(JET_OSSNAPID id)
{
    return session.state != NO_SESSION && id == session.id ? JET_errSuccess
                                                           : JET_errOSSnapshotInvalidSnapId;
}

/* ---- prepare --------------------------------------------------------------------------------- */

/* All instances that run join. *any: there is one. */
static JET_ERR add_running(bool join_them, bool *any)
{
    uint64_t *handles = NULL;
    JET_ERR err = ese_instance_handles(&handles);
    *any = false;
    for (size_t i = 0; err == JET_errSuccess && handles[i] != 0; i++) {
        struct ese_instance *instance = ese_instance_find(handles[i]);
        if (instance == NULL) {
            continue;
        }
        bool runs = ese_backup_is_allowed(&instance->backup);
        *any = *any || runs;
        if (runs && join_them) {
            err = add(instance);
        } else {
            ese_instance_unref(instance);
        }
    }
    ese_free(handles);
    return err;
}

static JET_ERR prepare(JET_OSSNAPID *id, JET_GRBIT grbit)
{
    bool any;
    if (session.state != NO_SESSION) {
        return JET_errOSSnapshotInvalidSequence;
    }
    session.named = (grbit & JET_bitExplicitPrepare) != 0;
    JET_ERR err = add_running(!session.named, &any);
    if (err == JET_errSuccess && !any) {
        err = JET_errNotInitialized;
    }
    if (err != JET_errSuccess) {
        drop_all();
        return err;
    }
    session.incremental = (grbit & JET_bitIncrementalSnapshot) != 0;
    session.copy = (grbit & JET_bitCopySnapshot) != 0;
    session.continues = (grbit & JET_bitContinueAfterThaw) != 0;
    session.deserted = false;
    session.state = PREPARED;
    *id = ++session.id;
    return JET_errSuccess;
}

JET_ERR ese_snapshot_prepare(JET_OSSNAPID *id, JET_GRBIT grbit)
{
    const JET_GRBIT known = JET_bitIncrementalSnapshot | JET_bitCopySnapshot |
                            JET_bitContinueAfterThaw | JET_bitExplicitPrepare;
    if ((grbit & ~known) != 0 || id == NULL) {
        return JET_errInvalidParameter;
    }
    ese_once_run(&once, make);
    if (session.made != JET_errSuccess) {
        return session.made;
    }
    struct ese_thread *timer = NULL;
    ese_mutex_lock(&session.lock);
    if (session.state != NO_SESSION && session.deserted) {
        timer = finish(); /* nobody is left whom it could concern */
    }
    JET_ERR err = prepare(id, grbit);
    ese_mutex_unlock(&session.lock);
    join(timer);
    return err;
}

static JET_ERR name(JET_OSSNAPID id, struct ese_instance *instance)
{
    JET_ERR err = check(id);
    if (err != JET_errSuccess) {
        return err;
    }
    if (session.state != PREPARED) {
        return JET_errOSSnapshotInvalidSequence;
    }
    if ((session.named && *find(instance) != NULL) || !ese_backup_is_allowed(&instance->backup) ||
        ese_backup_in_progress(&instance->backup)) {
        return JET_errOSSnapshotNotAllowed;
    }
    struct ese_instance *reference = ese_instance_find(instance->handle);
    if (reference == NULL) {
        return JET_errOSSnapshotNotAllowed;
    }
    if (!session.named) {
        drop_all();
        session.named = true;
        ese_cond_broadcast(&session.changed);
    }
    return add(reference);
}

JET_ERR ese_snapshot_name(JET_OSSNAPID id, struct ese_instance *instance)
{
    ese_mutex_lock(&session.lock);
    JET_ERR err = name(id, instance);
    ese_mutex_unlock(&session.lock);
    return err;
}

/* ---- freeze ---------------------------------------------------------------------------------- */

/* The thread of a freeze: ends it when nobody else does in time. */
static void watch(void *arg)
{
    const uint32_t mine = (uint32_t)(uintptr_t)arg;
    ese_mutex_lock(&session.lock);
    while (session.state == FROZEN && session.freeze == mine) {
        uint64_t now = ese_time_ms();
        if (now >= session.deadline) {
            drop_all();
            session.state = TIMED_OUT;
            ese_cond_broadcast(&session.changed);
        } else {
            uint64_t left = session.deadline - now;
            (void)ese_cond_wait_for(&session.changed, &session.lock, (uint32_t)left);
        }
    }
    ese_mutex_unlock(&session.lock);
}

static uint64_t timeout_ms(void)
{
    ese_mutex_lock(&ese_process.lock);
    uint64_t timeout = ese_param_number(ese_process_params(), ESE_JET_paramOSSnapshotTimeout);
    ese_mutex_unlock(&ese_process.lock);
    return timeout;
}

static bool is_circular(struct ese_instance *instance)
{
    ese_mutex_lock(&ese_process.lock);
    bool circular = ese_param_number(&instance->params, ESE_JET_paramCircularLog) != 0;
    ese_mutex_unlock(&ese_process.lock);
    return circular;
}

/* From here on databases neither come nor go. The one that cannot be had leaves the session. */
static JET_ERR claim_all(void)
{
    for (struct member **link = &session.members; *link != NULL; link = &(*link)->next) {
        struct ese_instance *instance = (*link)->instance;
        JET_ERR err = JET_errOSSnapshotNotAllowed;
        ese_mutex_lock(&instance->attach);
        if (ese_backup_is_allowed(&instance->backup)) {
            err = ese_snapshot_claim(&instance->backup, instance->store);
        }
        ese_mutex_unlock(&instance->attach);
        if (err != JET_errSuccess) {
            drop(link);
            ese_cond_broadcast(&session.changed);
            return err;
        }
    }
    return JET_errSuccess;
}

static JET_ERR freeze_all(JET_ERR (*use)(void *arg, const struct ese_running *list), void *arg)
{
    struct ese_running *list = NULL;
    JET_ERR err = claim_all();
    for (struct member *at = session.members; at != NULL && err == JET_errSuccess; at = at->next) {
        err = ese_running_add(at->instance, &list);
    }
    for (struct member *at = session.members; at != NULL && err == JET_errSuccess; at = at->next) {
        err = ese_snapshot_freeze(&at->instance->backup, at->instance->store,
                                  is_circular(at->instance), session.incremental);
    }
    if (err == JET_errSuccess) {
        session.freeze++;
        session.deadline = ese_time_ms() + timeout_ms();
        err = ese_thread_create(watch, (void *)(uintptr_t)session.freeze, &session.timer);
    }
    if (err == JET_errSuccess) {
        err = use(arg, list);
    }
    if (err == JET_errSuccess) {
        session.frozen = list;
        session.state = FROZEN;
        return JET_errSuccess;
    }
    for (struct member *at = session.members; at != NULL; at = at->next) {
        ese_snapshot_release(&at->instance->backup);
    }
    ese_running_free(list);
    return err;
}

JET_ERR ese_snapshot_start(JET_OSSNAPID id, JET_ERR (*use)(void *arg, const struct ese_running *list),
                           void *arg)
{
    struct ese_thread *timer = NULL;
    ese_mutex_lock(&session.lock);
    JET_ERR err = check(id);
    if (err == JET_errSuccess && session.state != PREPARED) {
        err = JET_errOSSnapshotInvalidSequence;
    }
    if (err == JET_errSuccess) {
        err = freeze_all(use, arg);
        if (err != JET_errSuccess) {
            timer = session.timer;
            session.timer = NULL;
        }
    }
    ese_mutex_unlock(&session.lock);
    join(timer);
    return err;
}

/* What was attached at the freeze of those that are still in the session. */
static JET_ERR use_frozen(JET_ERR (*use)(void *arg, const struct ese_running *list), void *arg)
{
    for (struct ese_running **link = &session.frozen; *link != NULL;) {
        struct ese_running *at = *link;
        const struct member *member = session.members;
        while (member != NULL && member->instance->handle != at->handle) {
            member = member->next;
        }
        if (member != NULL) {
            link = &at->next;
        } else {
            *link = at->next;
            at->next = NULL;
            ese_running_free(at);
        }
    }
    return use(arg, session.frozen);
}

JET_ERR ese_snapshot_members(JET_OSSNAPID id, JET_ERR (*use)(void *arg, const struct ese_running *list),
                             void *arg)
{
    ese_mutex_lock(&session.lock);
    JET_ERR err = check(id);
    if (err == JET_errSuccess && session.state == PREPARED) {
        struct ese_running *list = NULL;
        for (struct member *at = session.members; at != NULL && err == JET_errSuccess; at = at->next) {
            err = ese_running_add(at->instance, &list);
        }
        err = err == JET_errSuccess ? use(arg, list) : err;
        ese_running_free(list);
    } else if (err == JET_errSuccess) {
        err = use_frozen(use, arg);
    }
    ese_mutex_unlock(&session.lock);
    return err;
}

/* ---- thaw, truncate, end --------------------------------------------------------------------- */

/* The snapshot was taken while everything stood still: the databases remember it. */
static struct ese_thread *finish_well(void)
{
    for (struct member *at = session.members; at != NULL; at = at->next) {
        ese_snapshot_note(&at->instance->backup, session.copy);
    }
    return finish();
}

JET_ERR ese_snapshot_stop(JET_OSSNAPID id)
{
    struct ese_thread *timer = NULL;
    ese_mutex_lock(&session.lock);
    JET_ERR err = check(id);
    if (err == JET_errSuccess && session.state == FROZEN) {
        for (struct member *at = session.members; at != NULL; at = at->next) {
            ese_snapshot_thaw(&at->instance->backup, session.continues);
        }
        timer = session.timer;
        session.timer = NULL;
        session.state = THAWED;
        ese_cond_broadcast(&session.changed);
        if (!session.continues) {
            (void)finish_well();
        }
    } else if (err == JET_errSuccess && session.state == TIMED_OUT) {
        err = JET_errOSSnapshotTimeOut;
        timer = session.continues ? NULL : finish();
    } else if (err == JET_errSuccess) {
        err = JET_errOSSnapshotInvalidSequence;
    }
    ese_mutex_unlock(&session.lock);
    join(timer);
    return err;
}

JET_ERR ese_snapshot_truncate_logs(JET_OSSNAPID id, struct ese_instance *instance, bool all_attached)
{
    ese_mutex_lock(&session.lock);
    JET_ERR err = check(id);
    if (err == JET_errSuccess && (session.state != THAWED || session.copy ||
                                  (instance != NULL && *find(instance) == NULL))) {
        err = JET_errOSSnapshotInvalidSequence;
    }
    for (struct member *at = session.members; err == JET_errSuccess && at != NULL; at = at->next) {
        if (all_attached && (instance == NULL || at->instance == instance)) {
            err = ese_snapshot_truncate(&at->instance->backup);
        }
    }
    ese_mutex_unlock(&session.lock);
    return err;
}

JET_ERR ese_snapshot_end(JET_OSSNAPID id, bool aborted)
{
    struct ese_thread *timer = NULL;
    ese_mutex_lock(&session.lock);
    JET_ERR err = check(id);
    if (err == JET_errSuccess && session.state == FROZEN && !aborted) {
        err = JET_errOSSnapshotInvalidSequence;
    } else if (err == JET_errSuccess) {
        err = session.state == TIMED_OUT && !aborted ? JET_errOSSnapshotTimeOut : JET_errSuccess;
        timer = session.state == THAWED && !aborted ? finish_well() : finish();
    }
    ese_mutex_unlock(&session.lock);
    join(timer);
    return err;
}

/* ---- terminations ---------------------------------------------------------------------------- */

void ese_snapshot_outwait(struct ese_instance *instance)
{
    const uint64_t deadline = ese_time_ms() + timeout_ms();
    ese_mutex_lock(&session.lock);
    for (uint64_t now = ese_time_ms();
         *find(instance) != NULL && (session.state == FROZEN || now < deadline); now = ese_time_ms()) {
        if (session.state == FROZEN) {
            ese_cond_wait(&session.changed, &session.lock); /* it ends, in time or by timeout */
        } else {
            (void)ese_cond_wait_for(&session.changed, &session.lock, (uint32_t)(deadline - now));
        }
    }
    ese_mutex_unlock(&session.lock);
}

void ese_snapshot_leave(struct ese_instance *instance)
{
    ese_mutex_lock(&session.lock);
    struct member **link = find(instance);
    if (*link != NULL) {
        ese_snapshot_abandon(&instance->backup);
        drop(link);
        session.deserted = session.members == NULL;
        if (session.deserted && session.state == FROZEN) {
            session.state = TIMED_OUT; /* there is nothing that could be kept frozen any longer */
        }
        ese_cond_broadcast(&session.changed);
    }
    ese_mutex_unlock(&session.lock);
}
