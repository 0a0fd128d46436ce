/* shims/preload/preload.c - the recorder around a program that nobody rebuilt.
 *
 *   LD_PRELOAD=libesecheck-preload.so ESECHECK_HISTORY=file.jsonl program
 *
 * The object exports every public name of the API and so stands before the engine that the program
 * is linked against; the real functions are what the dynamic linker finds next. Every call is
 * recorded into FILE.recording, which survives the program, and when the program ends by itself the
 * history is saved as FILE and the recording removed. Of a program that died the recording is left.
 *
 * Calls that the engine makes to its own exported names are its own business: they go straight on. They
 * are known by where they return to: into the engine, or, when the engine jumped instead of calling,
 * into this object.
 *
 * Each thread that calls is an actor, in the order of their first calls. Without ESECHECK_HISTORY, in
 * forked and in started children, and for threads beyond SHIM_MAX_ACTORS, calls pass unrecorded.
 */
#define JET_NO_NAME_MAP
#include <dlfcn.h>
#include <link.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "shims/call/call.h"
#include "shims/call/rows.h"
#include "shims/record/record.h"

#define ROOM ((size_t)256 << 20)
#define EXPORT __attribute__((visibility("default")))

/* One thread that calls. */
struct actor {
    struct shim_recorder_actor *recording; /* NULL: its calls pass unrecorded */
    struct shim_caller caller;
};

static struct shim_table table;
static struct shim_recorder *recorder; /* NULL: nothing is recorded */
static char *history_path, *recording_path;
static pthread_key_t key; /* a thread's struct actor; frees it when the thread ends */
static atomic_uint actors;
static bool usable;

static void say(const char *what, const char *detail) {
    fprintf(stderr, "esecheck-preload: %s%s%s\n", what, detail == NULL ? "" : ": ",
            detail == NULL ? "" : detail);
}

static void free_actor(void *pointer) {
    struct actor *actor = pointer;
    shim_recorder_actor_free(actor->recording);
    free(actor);
}

/* In a forked child: the recording belongs to the parent. */
static void forget(void) {
    recorder = NULL;
    struct actor *actor = pthread_getspecific(key);
    if (actor != NULL) {
        actor->caller.hook_count = 0;
    }
}

/* Where a module lies in memory. */
struct range {
    uintptr_t inside; /* an address that identifies it */
    uintptr_t start, end;
};
static struct range engine_range, own_range;

static int find_range(struct dl_phdr_info *info, size_t size, void *context) {
    struct range *range = context;
    uintptr_t start = UINTPTR_MAX, end = 0;
    (void)size;
    for (unsigned i = 0; i < info->dlpi_phnum; i++) {
        if (info->dlpi_phdr[i].p_type == PT_LOAD) {
            uintptr_t from = (uintptr_t)info->dlpi_addr + info->dlpi_phdr[i].p_vaddr;
            start = from < start ? from : start;
            end = from + info->dlpi_phdr[i].p_memsz > end ? from + info->dlpi_phdr[i].p_memsz : end;
        }
    }
    if (range->inside < start || range->inside >= end) {
        return 0;
    }
    range->start = start;
    range->end = end;
    return 1;
}

static bool lies_in(const struct range *range, uintptr_t address) {
    return address >= range->start && address < range->end;
}

/* Finds what the program would have called. */
static void find_engine(void) {
    for (int fn = 0; fn < SHIM_FN_COUNT; fn++) {
        for (int variant = 0; variant < SHIM_VARIANT_COUNT; variant++) {
            const char *name = shim_function_export((enum shim_fn)fn, (enum shim_variant)variant);
            void *found = name == NULL ? NULL : dlsym(RTLD_NEXT, name);
            memcpy(&table.entry[fn][variant], &found, sizeof found);
            engine_range.inside = found == NULL ? engine_range.inside : (uintptr_t)found;
        }
    }
    own_range.inside = (uintptr_t)&own_range;
    dl_iterate_phdr(find_range, &engine_range);
    dl_iterate_phdr(find_range, &own_range);
}

static void start_recording(const char *path) {
    char error[512];
    size_t size = strlen(path) + sizeof ".recording";
    history_path = strdup(path);
    recording_path = malloc(size);
    if (history_path == NULL || recording_path == NULL) {
        say("out of memory", NULL);
        return;
    }
    snprintf(recording_path, size, "%s.recording", path);
    if (shim_recorder_create(recording_path, ROOM, &recorder, error, sizeof error) != 0) {
        say(error, NULL);
        recorder = NULL;
    }
}

__attribute__((constructor)) static void begin(void) {
    const char *path = getenv("ESECHECK_HISTORY");
    find_engine();
    usable = pthread_key_create(&key, free_actor) == 0;
    if (!usable || path == NULL || path[0] == '\0') {
        return;
    }
    start_recording(path);
    unsetenv("ESECHECK_HISTORY"); /* or a program that this one starts would take the same file */
    pthread_atfork(NULL, NULL, forget);
}

static void save(struct shim_history *history, char *error, size_t error_size) {
    char program[4096];
    ssize_t length = readlink("/proc/self/exe", program, sizeof program - 1);
    program[length < 0 ? 0 : length] = '\0';
    if (shim_history_set(&history->header.script, "") != 0 ||
        shim_history_set(&history->header.engine, program) != 0 ||
        shim_history_set(&history->header.harness, "esecheck-preload") != 0 ||
        shim_recorder_read(recorder, history, error, error_size) != 0 ||
        shim_history_save(history, history_path, error, error_size) != 0) {
        say(error[0] == '\0' ? "out of memory" : error, recording_path);
    } else {
        unlink(recording_path);
    }
}

__attribute__((destructor)) static void end(void) {
    char error[512] = "";
    struct shim_history history;
    if (recorder != NULL) {
        shim_history_init(&history);
        save(&history, error, sizeof error);
        shim_history_fini(&history);
    }
}

/* The calling thread's actor, made at its first call. NULL if that is not possible. */
static struct actor *this_actor(void) {
    struct actor *actor = usable ? pthread_getspecific(key) : NULL;
    if (actor != NULL || !usable || recorder == NULL) {
        return actor;
    }
    unsigned number = atomic_fetch_add(&actors, 1);
    actor = calloc(1, sizeof *actor);
    if (actor == NULL || pthread_setspecific(key, actor) != 0) {
        free(actor);
        return NULL;
    }
    char name[32];
    snprintf(name, sizeof name, "thread %u", number);
    actor->caller.table = &table;
    actor->caller.actor = number;
    actor->recording = shim_recorder_actor(recorder, number, name);
    if (actor->recording != NULL) {
        actor->caller.hooks[0] = shim_record_hook(actor->recording);
        actor->caller.hook_count = 1;
    }
    return actor;
}

static JET_ERR through(enum shim_fn fn, enum shim_variant variant, const uint64_t *args, size_t size,
                       const void *return_address) {
    struct shim_caller unrecorded = {.table = &table};
    bool internal = lies_in(&engine_range, (uintptr_t)return_address) ||
                    lies_in(&own_range, (uintptr_t)return_address);
    struct actor *actor = internal ? NULL : this_actor();
    struct shim_call call;
    memset(&call, 0, sizeof call);
    call.fn = fn;
    call.variant = variant;
    if (size != 0) {
        memcpy(call.args, args, size);
    }
    JET_ERR result = shim_invoke(actor != NULL ? &actor->caller : &unrecorded, &call);
    /* A program linked against an engine without the function would not have started. */
    return result == SHIM_ERR_MISSING ? JET_errFeatureNotAvailable : result;
}

/* Every exported name, with its own parameters. */
#define DECLARE(i, tuple) SHIM_ROW_TYPE tuple SHIM_ROW_NAME tuple
#define WORD(i, tuple) (uint64_t)(uintptr_t)(SHIM_ROW_NAME tuple)
#define DEFINE(symbol, fn, variant, ...)                                                           \
    EXPORT JET_ERR JET_CALL symbol(SHIM_ROW_LIST(DECLARE, __VA_ARGS__)) {                          \
        const uint64_t args[] = {SHIM_ROW_LIST(WORD, __VA_ARGS__)};                                \
        return through(fn, variant, args, sizeof args, __builtin_return_address(0));               \
    }
#define DEFINE0(symbol, fn, variant)                                                               \
    EXPORT JET_ERR JET_CALL symbol(void) {                                                         \
        return through(fn, variant, NULL, 0, __builtin_return_address(0));                         \
    }

#define A_PLAIN(base, ...) DEFINE(base, SHIM_FN_##base, SHIM_PLAIN, __VA_ARGS__)
#define A_AW(base, ...)                                                                            \
    DEFINE(base, SHIM_FN_##base, SHIM_PLAIN, __VA_ARGS__)                                          \
    DEFINE(base##A, SHIM_FN_##base, SHIM_A, __VA_ARGS__)
#define A_AW_ONLY(base, ...) DEFINE(base##A, SHIM_FN_##base, SHIM_A, __VA_ARGS__)
#define A_W_ONLY(base, ...)
#define W_PLAIN(base, ...)
#define W_AW(base, ...) DEFINE(base##W, SHIM_FN_##base, SHIM_W, __VA_ARGS__)
#define W_AW_ONLY(base, ...) DEFINE(base##W, SHIM_FN_##base, SHIM_W, __VA_ARGS__)
#define W_W_ONLY(base, ...) DEFINE(base##W, SHIM_FN_##base, SHIM_W, __VA_ARGS__)
#define NO_PARAMETERS_PUBLIC(base) DEFINE0(base, SHIM_FN_##base, SHIM_PLAIN)
#define NO_PARAMETERS_PRIVATE(base)

#undef JET_API
#define JET_TX(name) name##_A
#define JET_API(visibility, base, names, handle, min_version, ...) A_##names(base, __VA_ARGS__)
#define JET_API0(visibility, base, names, handle, min_version) NO_PARAMETERS_##visibility(base)
#include "jet_api.def"
#undef JET_TX
#undef JET_API
#undef JET_API0

#define JET_TX(name) name##_W
#define JET_API(visibility, base, names, handle, min_version, ...) W_##names(base, __VA_ARGS__)
#define JET_API0(visibility, base, names, handle, min_version)
#include "jet_api.def"
