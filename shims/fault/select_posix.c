/* shims/fault/select_posix.c - which operation goes wrong: the faults that are placed, their counts, the log. */
#include <errno.h>
#include <fnmatch.h>
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "shims/fault/inside.h"
#include "shims/schedule/control.h"

#define STACKS 4096 /* that a fault for distinct ones tells apart; a power of two */

_Atomic unsigned shim_fault_on;

/* A fault and what it came to. */
struct placed {
    struct shim_fault fault;
    _Atomic uint64_t matched, fired;
    atomic_bool lifted;
    _Atomic uint64_t stacks[STACKS]; /* hashes that it met; 0: free */
};

/* Everything there is. */
static struct {
    struct shim_library *library;
    struct placed placed[SHIM_FAULT_MOST];
    atomic_int count;
    _Atomic(struct shim_fault_log *) log;
    char state[SHIM_FAULT_WORD];
    atomic_int state_number;              /* in the log */
    _Atomic uint64_t operations[SHIM_LIBC_COUNT];
    atomic_int pending[SHIM_FN_COUNT];    /* threads inside each function */
    int imports[SHIM_LIBC_COUNT];
    void (*watch)(void *context, const struct shim_fault_event *event);
    void *watch_context;
    void (*before_kill)(void *context);
    void *before_kill_context;
} all;

static _Thread_local int inside; /* API function + 1 that this thread is in, or 0 */
static _Thread_local uint32_t actor = SHIM_NO_ACTOR;

static void turn(unsigned bit, bool on) {
    if (on) {
        atomic_fetch_or(&shim_fault_on, bit);
    } else {
        atomic_fetch_and(&shim_fault_on, ~bit);
    }
}

/* ---- matching ---- */

static uint64_t mix(uint64_t x) {
    x ^= x >> 30;
    x *= 0xBF58476D1CE4E5B9u;
    x ^= x >> 27;
    x *= 0x94D049BB133111EBu;
    return x ^ x >> 31;
}

void shim_fault_path(int fd, char *path, size_t size) {
    char link[40];
    snprintf(link, sizeof link, "/proc/self/fd/%d", fd);
    ssize_t length = fd < 0 ? -1 : readlink(link, path, size - 1);
    path[length < 0 ? 0 : length] = '\0';
}

static const char *path_of(const struct shim_operand *operand, char *room, size_t size) {
    if (operand->path != NULL) {
        return operand->path;
    }
    if (room[0] == '\0') {
        shim_fault_path(operand->fd, room, size);
    }
    return room;
}

static bool file_matches(const char *pattern, const char *path) {
    const char *name = strrchr(path, '/');
    if (strchr(pattern, '/') == NULL && name != NULL) {
        path = name + 1;
    }
    return fnmatch(pattern, path, 0) == 0;
}

static bool actor_matches(const struct shim_fault *fault) {
    if (fault->actor_count != 0) {
        return actor != SHIM_NO_ACTOR && actor >= fault->actor_first &&
               actor - fault->actor_first < fault->actor_count;
    }
    return fault->actor[0] == '\0' || (strcmp(fault->actor, "engine") == 0 && actor == SHIM_NO_ACTOR);
}

static bool matches(const struct shim_fault *fault, const struct shim_operand *operand, char *room,
                    size_t size) {
    return (fault->operations >> operand->operation & 1) != 0 &&
           (fault->inside == SHIM_FN_NONE || inside == (int)fault->inside + 1) &&
           (fault->during == SHIM_FN_NONE ||
            atomic_load_explicit(&all.pending[fault->during], memory_order_relaxed) > 0) &&
           (fault->state[0] == '\0' || strcmp(fault->state, all.state) == 0) && actor_matches(fault) &&
           (fault->kind != SHIM_FAULT_STALE || operand->stale) &&
           (fault->file[0] == '\0' || file_matches(fault->file, path_of(operand, room, size)));
}

/* Whether the stack is new to the fault. When the table is full nothing is. */
static bool is_new(struct placed *placed, uint64_t stack) {
    stack += stack == 0;
    for (uint64_t i = 0; i < STACKS; i++) {
        _Atomic uint64_t *slot = &placed->stacks[(stack + i) % STACKS];
        uint64_t empty = 0;
        if (atomic_compare_exchange_strong(slot, &empty, stack)) {
            return true;
        }
        if (empty == stack) {
            return false;
        }
    }
    return false;
}

/* Counts an operation that the fault is about. True if it goes wrong. */
static bool strikes(struct placed *placed, uint64_t stack) {
    const struct shim_fault *fault = &placed->fault;
    if (fault->stacks && !is_new(placed, stack)) {
        return false;
    }
    uint64_t number = atomic_fetch_add_explicit(&placed->matched, 1, memory_order_relaxed) + 1;
    if (number < fault->first || (fault->times != 0 && number - fault->first >= fault->times)) {
        return false;
    }
    return fault->chance == 0 || mix(fault->seed * 0x9E3779B97F4A7C15u + number) % 1000000 < fault->chance;
}

/* ---- the log ---- */

/* Index + 1 of the path, which is noted when it is new and there is room; else 0. */
static uint16_t number_of(struct shim_fault_log *log, const char *path) {
    static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
    if (path[0] == '\0') {
        return 0;
    }
    pthread_mutex_lock(&lock);
    uint32_t i = 0, count = atomic_load(&log->path_count);
    while (i < count && strncmp(log->paths[i], path, sizeof log->paths[i] - 1) != 0) {
        i++;
    }
    if (i == count && i < SHIM_FAULT_PATHS) {
        snprintf(log->paths[i], sizeof log->paths[i], "%s", path);
        atomic_store(&log->path_count, i + 1);
    }
    pthread_mutex_unlock(&lock);
    return i < SHIM_FAULT_PATHS ? (uint16_t)(i + 1) : 0;
}

static struct shim_fault_point point_of(struct shim_fault_log *log, const struct shim_operand *operand,
                                        uint64_t stack, const char *path) {
    return (struct shim_fault_point){.operation = (uint8_t)operand->operation,
                                     .state = (uint8_t)atomic_load(&all.state_number),
                                     .fn = (int16_t)(inside - 1),
                                     .actor = actor,
                                     .stack = stack,
                                     .stale = operand->stale,
                                     .file = number_of(log, path)};
}

static void note_fired(struct shim_fault_log *log, const struct shim_operand *operand, uint64_t stack,
                       void *const *frames, int frame_count, const char *path) {
    if (log == NULL || atomic_fetch_add(&log->fired, 1) != 0) {
        return;
    }
    log->first = point_of(log, operand, stack, path);
    log->first_number = atomic_load(&all.operations[operand->operation]);
    memcpy(log->frames, frames, (size_t)frame_count * sizeof *frames);
    log->frame_count = frame_count;
    snprintf(log->path, sizeof log->path, "%s", path);
}

static void record(struct shim_fault_log *log, const struct shim_operand *operand, uint64_t stack,
                   const char *path) {
    uint64_t number = atomic_fetch_add_explicit(&log->point_count, 1, memory_order_relaxed);
    if (number < log->room) {
        log->points[number] = point_of(log, operand, stack, path);
    }
}

struct shim_fate shim_fault_meet(const struct shim_operand *operand) {
    struct shim_fate fate = {.hit = false};
    struct shim_fault_log *log = atomic_load_explicit(&all.log, memory_order_acquire);
    int kept = errno, frame_count = 0, count = atomic_load_explicit(&all.count, memory_order_acquire);
    void *frames[SHIM_FAULT_FRAMES];
    char room[256] = "";
    uint64_t stack = 0;
    bool wanted = log != NULL && log->points != NULL, wants_stack = wanted && log->stacks;
    atomic_fetch_add_explicit(&all.operations[operand->operation], 1, memory_order_relaxed);
    if (log != NULL) {
        atomic_fetch_add_explicit(&log->operations, 1, memory_order_relaxed);
    }
    for (int i = 0; i < count; i++) {
        wants_stack = wants_stack || all.placed[i].fault.stacks;
    }
    if (wants_stack) {
        frame_count = shim_fault_stack(frames, SHIM_FAULT_FRAMES);
        stack = shim_fault_stack_hash(frames, frame_count);
    }
    if (wanted) {
        record(log, operand, stack, path_of(operand, room, sizeof room));
    }
    for (int i = 0; i < count; i++) {
        struct placed *placed = &all.placed[i];
        if (atomic_load_explicit(&placed->lifted, memory_order_relaxed) || !matches(&placed->fault, operand, room, sizeof room) || !strikes(placed, stack)) {
            continue;
        }
        if (!wants_stack) {
            frame_count = shim_fault_stack(frames, SHIM_FAULT_FRAMES);
            stack = shim_fault_stack_hash(frames, frame_count);
        }
        uint64_t fired = atomic_fetch_add(&placed->fired, 1);
        const char *path = path_of(operand, room, sizeof room);
        note_fired(placed->fault.staged ? NULL : log, operand, stack, frames, frame_count, path);
        if (all.watch != NULL) {
            all.watch(all.watch_context,
                      &(struct shim_fault_event){&placed->fault, operand->operation, path, frames, frame_count});
        }
        if (placed->fault.kind == SHIM_FAULT_KILL) {
            if (all.before_kill != NULL) {
                all.before_kill(all.before_kill_context);
            }
            kill(getpid(), SIGKILL);
        } else if (placed->fault.kind == SHIM_FAULT_DELAY) {
            shim_control_sleep(placed->fault.delay_us * UINT64_C(1000)); /* in virtual time under control */
        } else if (!fate.hit) {
            fate = (struct shim_fate){.hit = true,
                                      .kind = placed->fault.kind,
                                      .error = placed->fault.error,
                                      .draw = mix(placed->fault.seed + fired + 1)};
        }
    }
    errno = kept;
    return fate;
}

bool shim_fault_fails(enum shim_operation operation, int fd, const char *path) {
    struct shim_operand operand = {.operation = operation, .fd = fd, .path = path};
    struct shim_fate fate = shim_fault_meet(&operand);
    if (!fate.hit || fate.kind != SHIM_FAULT_ERROR) {
        return false;
    }
    errno = fate.error;
    return true;
}

/* ---- from outside ---- */

static void redirect_one(void *context, const char *name, enum shim_operation operation, shim_entry mine,
                         void *real) {
    shim_entry before = NULL;
    int *total = context;
    int slots = shim_library_redirect(all.library, name, mine, &before);
    if (slots > 0 && real != NULL && before != NULL && before != mine) {
        memcpy(real, &before, sizeof before);
    }
    all.imports[operation] += slots;
    *total += slots;
}

int shim_faults_start(struct shim_library *library, char *error, size_t error_size) {
    int total = 0;
    if (all.library == library) {
        return 0;
    }
    shim_faults_stop();
    shim_fault_stack_prepare();
    all.library = library;
    shim_fault_files_redirect(redirect_one, &total);
    shim_fault_others_redirect(redirect_one, &total);
    if (total == 0) {
        all.library = NULL;
        snprintf(error, error_size,
                 "%s: imports none of the operations that can be made to go wrong (open, pwrite, malloc, ...)",
                 shim_library_path(library));
        return -1;
    }
    return 0;
}

bool shim_faults_started(void) {
    return all.library != NULL;
}

void shim_faults_stop(void) {
    shim_faults_clear();
    shim_faults_record(NULL);
    all.library = NULL;
    memset(all.imports, 0, sizeof all.imports);
    all.state[0] = '\0';
}

/* What is overwritten is kept for faults of that kind, and for a log that is to have which reads they could meet. */
static void turn_stale(void) {
    const struct shim_fault_log *log = atomic_load(&all.log);
    bool wanted = log != NULL && log->stales;
    for (int i = 0; i < atomic_load(&all.count) && !wanted; i++) {
        wanted = all.placed[i].fault.kind == SHIM_FAULT_STALE;
    }
    turn(SHIM_ON_STALE, wanted);
}

int shim_faults_place(const struct shim_fault *fault) {
    int number = 0, count = atomic_load(&all.count);
    while (number < count && !atomic_load(&all.placed[number].lifted)) {
        number++;
    }
    if (all.library == NULL || number == SHIM_FAULT_MOST || fault->operations == 0) {
        return -1;
    }
    struct placed *placed = &all.placed[number];
    placed->fault = *fault;
    atomic_store(&placed->matched, 0);
    atomic_store(&placed->fired, 0);
    for (int i = 0; i < STACKS; i++) {
        atomic_store_explicit(&placed->stacks[i], 0, memory_order_relaxed);
    }
    atomic_store(&placed->lifted, false);
    atomic_store_explicit(&all.count, number < count ? count : number + 1, memory_order_release);
    turn(SHIM_ON_FAULTS, true);
    turn_stale();
    return number;
}

void shim_faults_lift(void) {
    int others = 0, count = atomic_load(&all.count);
    for (int i = 0; i < count; i++) {
        others += !all.placed[i].fault.staged;
        if (all.placed[i].fault.staged) {
            atomic_store(&all.placed[i].lifted, true);
        }
    }
    if (others == 0) {
        shim_faults_clear();
    }
}

void shim_faults_clear(void) {
    atomic_store(&all.count, 0);
    turn(SHIM_ON_FAULTS | SHIM_ON_STALE, false);
    shim_fault_stale_forget();
    turn_stale(); /* from here on, as for a fault that is placed now */
}

void shim_faults_watch(void (*watch)(void *context, const struct shim_fault_event *event), void *context) {
    all.watch = watch;
    all.watch_context = context;
}

void shim_faults_before_kill(void (*last)(void *context), void *context) {
    all.before_kill = last;
    all.before_kill_context = context;
}

uint64_t shim_faults_matched(int number) {
    return number < 0 || number >= SHIM_FAULT_MOST ? 0 : atomic_load(&all.placed[number].matched);
}

uint64_t shim_faults_fired(int number) {
    return number < 0 || number >= SHIM_FAULT_MOST ? 0 : atomic_load(&all.placed[number].fired);
}

int shim_faults_imports(enum shim_operation operation) {
    return all.imports[operation];
}

void shim_faults_record(struct shim_fault_log *log) {
    turn(SHIM_ON_RECORD, false);
    for (int op = 0; op < SHIM_LIBC_COUNT; op++) {
        atomic_store(&all.operations[op], 0);
    }
    atomic_store_explicit(&all.log, log, memory_order_release);
    if (log != NULL) {
        shim_faults_state(all.state);
        turn(SHIM_ON_RECORD, true);
    }
    turn_stale();
}

struct shim_fault_log *shim_fault_log_now(void) {
    return atomic_load_explicit(&all.log, memory_order_acquire);
}

void shim_faults_state(const char *state) {
    struct shim_fault_log *log = atomic_load(&all.log);
    if (state != all.state) {
        snprintf(all.state, sizeof all.state, "%s", state);
    }
    uint32_t room = sizeof log->states / sizeof log->states[0];
    if (log == NULL) {
        return;
    }
    uint32_t i = 0, known = atomic_load(&log->state_count);
    while (i < known && strcmp(log->states[i], state) != 0) {
        i++;
    }
    if (i == known && i < room) {
        snprintf(log->states[i], sizeof log->states[i], "%s", state);
        atomic_store(&log->state_count, known + 1);
    }
    atomic_store(&all.state_number, i < room ? (int)i : 0);
}

/* A callback's call lies inside another one: what was before is put back. */
static void enter(void *context, struct shim_call *call) {
    (void)context;
    call->scratch[call->hook] = (void *)(intptr_t)inside;
    inside = (int)call->fn + 1;
    actor = call->actor;
    atomic_fetch_add_explicit(&all.pending[call->fn], 1, memory_order_relaxed);
}

static void leave(void *context, struct shim_call *call) {
    (void)context;
    atomic_fetch_sub_explicit(&all.pending[call->fn], 1, memory_order_relaxed);
    inside = (int)(intptr_t)call->scratch[call->hook];
    actor = inside != 0 ? call->actor : SHIM_NO_ACTOR;
}

struct shim_hook shim_fault_hook(void) {
    return (struct shim_hook){enter, leave, NULL};
}
