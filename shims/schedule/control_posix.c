/* shims/schedule/control_posix.c - the controlled scheduler: decisions, threads, the end of a run.
 *
 * Compiled without instrumentation. Whoever has the turn touches shim_ct, nobody else does.
 */
#include "shims/schedule/inside.h"

#include <errno.h>
#include <stdlib.h>

#define GAPS 11 /* powers of two, in accesses, from which the gap to the next decision between operations is drawn */

struct shim_ct shim_ct;
static __thread struct shim_ct_thread *self_of_thread;

/* ---- who is there -------------------------------------------------------------------------------- */

struct shim_ct_thread *shim_ct_self(void) {
    return shim_ct.active && !shim_ct.aborting && !shim_ct.busy ? self_of_thread : NULL;
}

int shim_control_thread(void) {
    struct shim_ct_thread *self = shim_ct_self();
    return self == NULL ? -1 : shim_ct_number(self);
}

uint64_t shim_control_time(void) {
    return shim_ct.now;
}

/* ---- objects ------------------------------------------------------------------------------------- */

static uint32_t slot_of(const void *key) {
    uint64_t word = (uint64_t)(size_t)key * 0x9E3779B97F4A7C15u;
    return (uint32_t)(word >> 40) & (SHIM_CT_SLOTS - 1);
}

struct shim_ct_object *shim_ct_find(const void *key, enum shim_ct_kind kind, bool *made) {
    struct shim_ct_object *reuse = NULL;
    uint32_t at = slot_of(key);
    *made = false;
    for (; shim_ct.slot[at] != 0; at = (at + 1) & (SHIM_CT_SLOTS - 1)) {
        struct shim_ct_object *object = &shim_ct.object[shim_ct.slot[at] - 1];
        if (object->key == key && object->kind == kind) {
            return object;
        }
        if (object->key == NULL && reuse == NULL) {
            reuse = object;
        }
    }
    if (reuse == NULL) {
        if (shim_ct.objects == SHIM_CT_OBJECTS) {
            shim_ct_end(shim_ct_self(), SHIM_RUN_REFUSED,
                        "more locks and semaphores than the model has room for");
            return NULL;
        }
        reuse = &shim_ct.object[shim_ct.objects++];
        shim_ct.slot[at] = (uint16_t)shim_ct.objects;
    }
    reuse->key = key;
    reuse->kind = kind;
    reuse->owner = SHIM_CT_NOBODY;
    reuse->depth = reuse->readers = reuse->arrived = 0;
    reuse->value = 0;
    reuse->recursive = reuse->normal = reuse->robust = reuse->orphan = reuse->writers_first = false;
    reuse->shared = false;
    reuse->reader = SHIM_CT_NOBODY;
    reuse->taken = NULL;
    *made = true;
    return reuse;
}

void shim_ct_forget(const void *key) {
    for (uint32_t at = slot_of(key); shim_ct.slot[at] != 0; at = (at + 1) & (SHIM_CT_SLOTS - 1)) {
        struct shim_ct_object *object = &shim_ct.object[shim_ct.slot[at] - 1];
        if (object->key == key) {
            object->key = NULL;
        }
    }
}

#define OUTSIDE_MS 2000 /* of real time */
#define LAST_MS 500     /* for the signal of a child that has just ended */

/* ---- decisions ----------------------------------------------------------------------------------- */

static void mix(uint64_t word) {
    uint64_t hash = (shim_ct.hash ^ word) * 0x9E3779B97F4A7C15u;
    shim_ct.hash = hash ^ hash >> 29;
}

/* Whether time may leap to where the thread waits for. */
static bool can_leap(const struct shim_ct_thread *thread) {
    return thread->deadline != SHIM_CT_NEVER && !thread->harness && thread->outside == NULL &&
           thread->deadline - shim_ct.now <= SHIM_CONTROL_LEAP_NS && thread->deadline - shim_ct.now <= shim_ct.leaps;
}

/* The threads whose pending operation can be done now. */
static uint32_t candidates(struct shim_choice *choice, const struct shim_ct_thread *self) {
    bool leaps = shim_ct.leaps != 0 && (shim_ct.hash >> 20) % SHIM_CONTROL_LEAPS == 0;
    choice->count = 0;
    choice->current = -1;
    for (uint32_t i = 0; i < shim_ct.threads; i++) {
        struct shim_ct_thread *thread = &shim_ct.thread[i];
        if (shim_ct.free[i] || (thread->state == SHIM_CT_READY && !shim_ct_is_locked_out(thread) &&
                                (shim_ct_enabled(thread) || (leaps && can_leap(thread))))) {
            if (thread == self) {
                choice->current = (int)choice->count;
            }
            choice->event[choice->count++] = &thread->event;
        }
    }
    return choice->count;
}

/* Moves the clock to the earliest deadline somebody waits for. False: nobody waits for time. */
static bool pass_time(void) {
    uint64_t earliest = SHIM_CT_NEVER;
    for (uint32_t i = 0; i < shim_ct.threads; i++) {
        const struct shim_ct_thread *thread = &shim_ct.thread[i];
        if (thread->state == SHIM_CT_READY && thread->deadline < earliest) {
            earliest = thread->deadline;
        }
    }
    if (shim_ct.alarm < earliest && shim_ct_alarm_counts != NULL && shim_ct_alarm_counts()) {
        earliest = shim_ct.alarm;
    }
    if (earliest == SHIM_CT_NEVER) {
        return false;
    }
    if (earliest > shim_ct.now) {
        shim_ct.now = earliest;
    }
    return true;
}

/* The thread goes on: if it waits for a time, that has come. */
static void leap(const struct shim_ct_thread *thread) {
    if (!shim_ct_enabled(thread) && thread->outside == NULL && thread->deadline != SHIM_CT_NEVER) {
        shim_ct.leaps -= thread->deadline - shim_ct.now;
        shim_ct.now = thread->deadline;
    }
}

static struct shim_choice choice; /* too big for small stacks; belongs to who has the turn */

/* Nobody can go on now: until somebody's deadline. False: that is of no use. */
static bool wait_for_time(const struct shim_ct_thread *self) {
    if (!pass_time()) {
        return false;
    }
    if (shim_ct.alarm <= shim_ct.now && shim_ct_alarm_due != NULL) {
        shim_ct_alarm_due();
    }
    return candidates(&choice, self) != 0;
}

/* Sends in the model what has come from outside. */
static bool take_arrived(void) {
    if (__atomic_load_n(&shim_ct.arrived, __ATOMIC_RELAXED) == 0 || shim_ct_send_arrived == NULL) {
        return false;
    }
    shim_ct_send_arrived();
    return true;
}

/* For what comes from outside of the program: a while of real time. False: nobody waits for that, or in vain. */
static bool wait_outside(const struct shim_ct_thread *self) {
    uint64_t end = 0, last = 0;
    for (;;) {
        bool waits = shim_ct.forked && shim_ct_has_children != NULL && shim_ct_has_children();
        if (take_arrived() && candidates(&choice, self) != 0) {
            return true;
        }
        choice.count = 0;
        choice.current = -1;
        for (uint32_t i = 0; i < shim_ct.threads; i++) {
            struct shim_ct_thread *thread = &shim_ct.thread[i];
            if (thread->state == SHIM_CT_READY && thread->outside != NULL) {
                waits = true;
                if (thread->outside(thread->outside_argument)) {
                    choice.current = thread == self ? (int)choice.count : choice.current;
                    choice.event[choice.count++] = &thread->event;
                }
            }
        }
        if (choice.count != 0) {
            return true;
        }
        if (!waits && !shim_ct.forked) {
            return false;
        }
        uint64_t now = shim_ct_nap();
        end = end == 0 ? now + OUTSIDE_MS : end;
        last = waits ? 0 : last == 0 ? now + LAST_MS : last;
        if (now >= end || (last != 0 && now >= last)) {
            return false;
        }
    }
}

/* The next thread to go. NULL: the run has to end, *outcome says how. */
static struct shim_ct_thread *decide(const struct shim_ct_thread *self, enum shim_run *outcome) {
    if (++shim_ct.steps > shim_ct.steps_max) {
        *outcome = SHIM_RUN_LIVELOCK;
        return NULL;
    }
    shim_ct.now += SHIM_CONTROL_TICK;
    if (shim_ct.alarm <= shim_ct.now && shim_ct_alarm_due != NULL) {
        shim_ct_alarm_due();
    }
    (void)take_arrived();
    if (candidates(&choice, self) == 0 && !wait_for_time(self) && !wait_outside(self)) {
        *outcome = SHIM_RUN_DEADLOCK;
        return NULL;
    }
    choice.step = shim_ct.steps - 1;
    uint32_t pick = shim_ct.strategy->choose(shim_ct.strategy, &choice);
    if (pick >= choice.count) {
        *outcome = SHIM_RUN_DIVERGED;
        return NULL;
    }
    const struct shim_event *event = choice.event[pick];
    leap(&shim_ct.thread[event->thread]);
    if (choice.count > 1 && shim_ct.trace != NULL) {
        if (shim_ct.trace->count < shim_ct.trace->room) {
            shim_ct.trace->thread[shim_ct.trace->count++] = (uint8_t)event->thread;
        } else {
            shim_ct.trace->full = true;
        }
    }
    mix((uint64_t)event->thread << 8 | (uint64_t)event->op);
    if (shim_ct.watch != NULL) {
        shim_watch_decided(&choice, pick, self);
    }
    return &shim_ct.thread[event->thread];
}

/* Somebody that is still to be unwound: threads first, thread 0 last. NULL: nobody. */
static struct shim_ct_thread *left_over(void) {
    for (uint32_t i = shim_ct.threads; i-- != 0;) {
        if (shim_ct.thread[i].state == SHIM_CT_READY) {
            return &shim_ct.thread[i];
        }
    }
    return NULL;
}

void shim_ct_end(struct shim_ct_thread *self, enum shim_run outcome, const char *why) {
    if (!shim_ct.aborting) {
        shim_ct.outcome = outcome;
        shim_ct.why = why;
        shim_ct_explain(shim_ct.failure, sizeof shim_ct.failure);
        if (shim_ct.watch != NULL) {
            shim_watch_end();
        }
        shim_ct.aborting = true;
    }
    if (shim_ct.over != NULL) {
        shim_ct.over(self != NULL ? self : shim_ct.gone);
    }
    if (self != NULL) {
        if (self->rounds == 0) {
            shim_watch_stack(self);
        }
        self->state = SHIM_CT_RUNNING;
        if (self->rounds == 0) { /* else it is in its thread-local destructors, and goes on to its end */
            longjmp(self->escape, 1);
        }
    }
}

/* Passes the turn to where decide says, and comes back with it. */
static void pass_turn(struct shim_ct_thread *self) {
    enum shim_run outcome = SHIM_RUN_DONE;
    self->state = SHIM_CT_READY;
    shim_ct.free[shim_ct_number(self)] = shim_ct_is_free(self);
    struct shim_ct_thread *next = decide(self, &outcome);
    if (next == NULL) {
        shim_ct_end(self, outcome, NULL);
    } else if (next != self) {
        shim_ct_pass_turn(self, next);
        if (shim_ct.aborting) {
            shim_ct_end(self, SHIM_RUN_FAILED, NULL);
        }
    }
    if (shim_ct.gone != NULL && shim_ct.over != NULL) {
        shim_ct_await_gone();
    }
    self->state = SHIM_CT_RUNNING;
}

/* Runs the handlers of pending signals, in which there may be decisions. False: there are none, it is cancelled. */
static bool take_signals(struct shim_ct_thread *self) {
    if ((self->pending & ~self->blocked) == 0 || shim_ct_take_signals == NULL) {
        return false;
    }
    struct shim_event event = self->event;
    struct shim_ct_object *object = self->object;
    uint64_t deadline = self->deadline, awaited = self->awaited;
    bool parked = self->parked, interruptible = self->interruptible, may_cancel = self->may_cancel, late = self->late;
    bool ends_always = self->ends_always;
    bool (*outside)(const void *argument) = self->outside;
    const void *outside_argument = self->outside_argument;
    int target = self->target;
    self->parked = self->interruptible = self->may_cancel = false;
    self->outside = NULL;
    self->awaited = 0;
    self->target = -1;
    bool ends = shim_ct_take_signals(self);
    self->event = event;
    self->event.number = ++shim_ct.events;
    self->object = object;
    self->deadline = deadline;
    self->parked = parked;
    self->interruptible = interruptible;
    self->may_cancel = may_cancel;
    self->late = late;
    self->ends_always = ends_always;
    self->outside = outside;
    self->outside_argument = outside_argument;
    self->awaited = awaited;
    self->target = target;
    self->interrupted = ends && interruptible;
    return true;
}

/* Random bits for what the thread does next, which depend on nothing that others did. */
static uint64_t draw_of(const struct shim_ct_thread *self) {
    uint64_t bits = (shim_ct.between ^ (uint64_t)shim_ct_number(self) << 56 ^ self->points << 20) * 0x9E3779B97F4A7C15u;
    bits = (bits ^ bits >> 31) * 0xBF58476D1CE4E5B9u;
    return bits ^ bits >> 29;
}

/* Asynchronous cancellation, in the middle of what the thread is about to do. */
static void end_at_once(struct shim_ct_thread *self) {
    if (self->cancelled && !self->uncancellable) {
        self->parked = self->interruptible = self->late = false;
        self->parked_on = NULL;
        self->outside = NULL;
        self->awaited = 0;
        self->target = -1;
        shim_ct_test_cancel(self);
    }
}

static bool announce(struct shim_ct_thread *self, enum shim_op op, const void *key, bool write,
                     struct shim_ct_object *object, uint64_t deadline, const void *site) {
    self->event.op = op;
    self->event.write = write;
    self->event.object = key;
    self->event.site = site;
    self->event.number = ++shim_ct.events;
    self->object = object;
    self->deadline = deadline;
    self->interrupted = false;
    pass_turn(self);
    while (shim_ct_disturbed(self) && take_signals(self) && !self->interrupted) {
        pass_turn(self);
    }
    bool in_time = self->deadline > shim_ct.now;
    self->deadline = SHIM_CT_NEVER;
    if (op != SHIM_OP_FILE && op != SHIM_OP_GO_ON) {
        self->points++;
        if (shim_ct.memory && shim_ct.between != 0) {
            self->gap = self->width = 1u << draw_of(self) % GAPS;
        }
    }
    if (self->asynchronous && !self->may_cancel && !shim_ct.aborting) { /* else the operation looks itself */
        end_at_once(self);
    }
    return in_time;
}

bool shim_ct_point(struct shim_ct_thread *self, enum shim_op op, const void *object, bool write,
                   const void *site) {
    return announce(self, op, object, write, NULL, SHIM_CT_NEVER, site);
}

bool shim_ct_point_by(struct shim_ct_thread *self, enum shim_op op, const void *object, bool write,
                      uint64_t deadline, const void *site) {
    return announce(self, op, object, write, NULL, deadline, site);
}

bool shim_ct_point_on(struct shim_ct_thread *self, enum shim_op op, struct shim_ct_object *object,
                      bool write, uint64_t deadline, const void *site) {
    return announce(self, op, object == NULL ? NULL : object->key, write, object, deadline, site);
}

void shim_ct_go_on(struct shim_ct_thread *self, const void *site) {
    if (shim_ct.between == 0) {
        return;
    }
    uint64_t bits = shim_ct.between == SHIM_CONTROL_BETWEEN_ALL ? 0 : draw_of(self) >> 32;
    if (shim_ct.memory) {
        self->gap = self->width = bits % 2 == 0 ? 1 : self->width;
    } else if (bits % 4 == 0) {
        int kept = errno;
        announce(self, SHIM_OP_GO_ON, NULL, false, NULL, SHIM_CT_NEVER, site);
        errno = kept;
    }
}

bool shim_ct_park(struct shim_ct_thread *self, struct shim_ct_object *object, uint64_t deadline,
                  const void *site) {
    self->parked = true;
    self->parked_on = object;
    self->woken = false;
    self->arrival = ++shim_ct.arrivals;
    announce(self, SHIM_OP_WAIT, object->key, true, object, deadline, site);
    self->parked = false;
    self->parked_on = NULL;
    return self->woken;
}

uint32_t shim_ct_wake(const struct shim_ct_object *object, uint32_t most) {
    uint32_t woken = 0;
    while (woken < most) {
        struct shim_ct_thread *first = NULL;
        for (uint32_t i = 0; i < shim_ct.threads; i++) {
            struct shim_ct_thread *thread = &shim_ct.thread[i];
            if (thread->parked_on == object && !thread->woken && (first == NULL || thread->arrival < first->arrival)) {
                first = thread;
            }
        }
        if (first == NULL) {
            break;
        }
        first->woken = true;
        woken++;
    }
    return woken;
}

void shim_control_point(enum shim_op op, const void *object, bool write) {
    struct shim_ct_thread *self = shim_ct_self();
    if (self != NULL) {
        shim_ct_point(self, op, object, write, __builtin_return_address(0));
    }
}

void shim_control_fail(const char *message) {
    struct shim_ct_thread *self = shim_ct_self();
    if (self != NULL) {
        shim_ct_end(self, SHIM_RUN_FAILED, message);
    }
}

/* ---- threads ------------------------------------------------------------------------------------- */

struct shim_ct_thread *shim_ct_thread_add(const void *site) {
    if (shim_ct.threads == SHIM_CONTROL_THREADS) {
        shim_ct_end(shim_ct_self(), SHIM_RUN_REFUSED, "more threads than the scheduler can control");
        return NULL;
    }
    struct shim_ct_thread *thread = &shim_ct.thread[shim_ct.threads];
    thread->turn = thread->ready = 0;
    thread->started = false;
    thread->state = SHIM_CT_READY;
    thread->object = NULL;
    thread->deadline = SHIM_CT_NEVER;
    thread->parked = thread->woken = false;
    thread->has_handle = thread->joined = thread->detached = false;
    thread->target = -1;
    thread->run = NULL;
    thread->run_c11 = NULL;
    thread->rounds = 0;
    thread->points = 0;
    thread->gap = thread->width = 0;
    thread->parked_on = NULL;
    thread->cancelled = thread->uncancellable = thread->asynchronous = thread->may_cancel = false;
    thread->interrupted = thread->interruptible = thread->late = thread->ends_always = false;
    thread->pending = thread->awaited = 0;
    thread->handlers = 0;
    thread->blocked = self_of_thread != NULL ? self_of_thread->blocked : 0;
    thread->outside = NULL;
    thread->harness = false;
    thread->name[0] = '\0';
    thread->made = site;
    thread->kept = NULL;
    thread->system = 0;
    thread->call = NULL;
    thread->event.thread = shim_ct.threads;
    thread->event.op = SHIM_OP_START;
    thread->event.write = false;
    thread->event.object = thread;
    thread->event.site = site;
    thread->event.number = ++shim_ct.events;
    shim_ct.free[shim_ct.threads] = true;
    shim_ct.threads++;
    return thread;
}

static pthread_key_t exit_key;
static pthread_once_t exit_once = PTHREAD_ONCE_INIT;

/* Robust mutexes of a thread that has ended can be locked again, with another result. */
static void orphan_mutexes(const struct shim_ct_thread *self) {
    for (uint32_t i = 0; i < shim_ct.objects; i++) {
        struct shim_ct_object *object = &shim_ct.object[i];
        if (object->key != NULL && object->robust && object->owner == shim_ct_number(self)) {
            object->owner = SHIM_CT_NOBODY;
            object->depth = 0;
            object->orphan = true;
        }
    }
}

/* The thread has ended but for its return to the system: others go on. */
void shim_ct_leave(struct shim_ct_thread *self) {
    enum shim_run outcome = SHIM_RUN_DONE;
    struct shim_ct_thread *next;
    self->state = SHIM_CT_DONE;
    shim_ct.free[shim_ct_number(self)] = false;
    self_of_thread = NULL;
    shim_ct.gone = self;
    orphan_mutexes(self);
    next = shim_ct.aborting ? left_over() : decide(self, &outcome);
    if (next == NULL && !shim_ct.aborting) {
        shim_ct_end(NULL, outcome, NULL);
        next = left_over();
    }
    shim_ct_leave_turn(self, next);
}

/* Thread-local destructors run in rounds; ours asks for one more until the last, so that those of the
 * code under test have run under control. */
static void at_exit(void *thread) {
    struct shim_ct_thread *self = thread;
    self->uncancellable = true; /* it ends already */
    if (++self->rounds < 4) {
        (void)pthread_setspecific(exit_key, self);
        return;
    }
    if (self == &shim_ct.thread[0]) { /* main called pthread_exit: the process lives as long as the others */
        shim_ct_point(self, SHIM_OP_FINISH, NULL, false, NULL);
        exit(0);
    }
    shim_ct_leave(self);
}

static void make_exit_key(void) {
    (void)pthread_key_create(&exit_key, at_exit);
}

void *shim_ct_thread_body(void *thread) {
    struct shim_ct_thread *self = thread;
    shim_ct_note_system(self);
    shim_ct_await_turn(self);
    if (shim_ct.gone != NULL && shim_ct.over != NULL && !shim_ct.aborting) {
        shim_ct_await_gone();
    }
    (void)pthread_setspecific(exit_key, self);
    return shim_ct_routine(self);
}

void *shim_ct_routine(struct shim_ct_thread *self) {
    void *volatile result = NULL;
    self->state = SHIM_CT_RUNNING;
    self_of_thread = self;
    int escaped = _setjmp(self->escape);
    if (escaped == SHIM_CT_CANCELED) {
        return PTHREAD_CANCELED;
    }
    if (escaped == 0) {
        if (shim_ct.aborting) {
            longjmp(self->escape, 1);
        }
        if (self->run != NULL) {
            result = self->run(self->argument);
        } else {
            result = (void *)(intptr_t)self->run_c11(self->argument);
        }
    }
    return result;
}

/* ---- a run --------------------------------------------------------------------------------------- */

static void clear(void) {
    for (uint32_t i = 0; i < shim_ct.threads; i++) {
        shim_ct.thread[i].state = SHIM_CT_FREE;
    }
    if (shim_ct.objects != 0) {
        for (uint32_t i = 0; i < SHIM_CT_SLOTS; i++) {
            shim_ct.slot[i] = 0;
        }
    }
    shim_ct.threads = 0;
    shim_ct.objects = 0;
    shim_ct.steps = shim_ct.now = shim_ct.events = shim_ct.arrivals = 0;
    shim_ct.hash = shim_ct.random = 0x243F6A8885A308D3u;
    shim_ct.aborting = shim_ct.forked = false;
    shim_ct.outcome = SHIM_RUN_DONE;
    shim_ct.why = NULL;
    shim_ct.failure[0] = '\0';
    shim_ct.gone = NULL;
    shim_ct.signals = shim_ct.arrived = shim_ct.alarm_interval = 0;
    shim_ct.alarm = SHIM_CT_NEVER;
}

/* Threads that nobody joined: all are gone from the system when the run is over. */
static void join_rest(void) {
    for (uint32_t i = 1; i < shim_ct.threads; i++) {
        struct shim_ct_thread *thread = &shim_ct.thread[i];
        if (thread->has_handle && !thread->joined && thread->kept != NULL) {
            (void)shim_ct_pool_take_back(thread);
        } else if (thread->has_handle && !thread->joined && !thread->detached) {
            (void)pthread_join(thread->handle, NULL);
        } else if (thread->detached && thread->system != 0) { /* it sleeps in what the next run will use */
            shim_ct_await_system(thread->system);
        }
    }
}

cpu_set_t shim_ct_bind_to_one(void) {
    cpu_set_t before, one;
    CPU_ZERO(&before);
    CPU_ZERO(&one);
    if (sched_getaffinity(0, sizeof before, &before) == 0) {
        int cpu = sched_getcpu();
        CPU_SET(cpu < 0 ? 0 : (size_t)cpu, &one);
        (void)sched_setaffinity(0, sizeof one, &one);
    }
    return before;
}

bool shim_control_is_available(void) {
    return true;
}

bool shim_control_has_memory(void) {
    return shim_ct_redirect_memory != NULL;
}

int shim_control_redirect_memory(struct shim_module *module) {
    return shim_ct_redirect_memory != NULL ? shim_ct_redirect_memory(module) : 0;
}

struct shim_ct_thread *shim_ct_begin(const struct shim_control_options *options, struct shim_strategy *strategy,
                                     struct shim_trace *trace, void (*over)(struct shim_ct_thread *self)) {
    (void)pthread_once(&exit_once, make_exit_key);
    clear();
    shim_ct.over = over;
    shim_ct.run++;
    shim_ct.steps_max = options->steps != 0 ? options->steps : SHIM_CONTROL_STEPS;
    shim_ct.memory = options->memory;
    shim_ct.leaps = options->leaps ? SHIM_CONTROL_LEAPT_NS : 0;
    shim_ct.between = options->between;
    shim_ct.strategy = strategy;
    shim_ct.trace = trace;
    shim_ct.watch = options->watch;
    shim_ct.previous = 0;
    if (trace != NULL) {
        trace->count = 0;
        trace->full = false;
    }
    struct shim_ct_thread *self = shim_ct_thread_add(NULL);
    self->state = SHIM_CT_RUNNING;
    self_of_thread = self;
    if (shim_ct.watch != NULL) {
        shim_watch_begin();
    }
    self->handle = pthread_self();
    if (over != NULL) {
        (void)pthread_setspecific(exit_key, self);
    }
    shim_ct_begin_turns(self, options->swift);
    shim_ct.reuse = shim_ct.swift && options->reuse;
    shim_ct.active = true;
    return self;
}

enum shim_run shim_control_run(const struct shim_control_options *options,
                               struct shim_strategy *strategy, struct shim_trace *trace,
                               void (*body)(void *argument), void *argument,
                               struct shim_run_result *result) {
    cpu_set_t before;
    if (options->one_cpu) {
        before = shim_ct_bind_to_one();
    }
    struct shim_ct_thread *self = shim_ct_begin(options, strategy, trace, NULL);
    if (_setjmp(self->escape) == 0) {
        body(argument);
        shim_ct_point(self, SHIM_OP_FINISH, NULL, false, NULL);
    } else {
        struct shim_ct_thread *next;
        while ((next = left_over()) != NULL) {
            self->state = SHIM_CT_READY;
            shim_ct_pass_turn(self, next);
            self->state = SHIM_CT_RUNNING;
        }
    }
    if (shim_ct.watch != NULL && !shim_ct.aborting) {
        shim_watch_end();
    }
    self->state = SHIM_CT_DONE;
    shim_ct.active = false;
    self_of_thread = NULL;
    join_rest();
    if (options->one_cpu) {
        (void)sched_setaffinity(0, sizeof before, &before);
    }
    result->outcome = shim_ct.outcome;
    result->steps = shim_ct.steps;
    result->hash = shim_ct.hash;
    result->threads = shim_ct.threads;
    for (size_t i = 0; i < sizeof result->message; i++) {
        result->message[i] = i < sizeof shim_ct.failure ? shim_ct.failure[i] : '\0';
    }
    return shim_ct.outcome;
}
