/* scenarios/tests/zoo/zoo_base.c - the body that all animals share.
 *
 * Made from jet_api.def in passes: first, per exported name, a function that turns words back into
 * C arguments and calls the engine; then the exported functions themselves, which turn their
 * arguments into words, ask the animal and forward.
 */
#include "scenarios/tests/zoo/zoo.h"

#include <dlfcn.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#undef JET_API

typedef void (*zoo_entry)(void);

static zoo_entry engine_entry[SHIM_FN_COUNT][SHIM_VARIANT_COUNT];
static struct zoo_map session_instance; /* session -> instance */
static struct zoo_map running_instance; /* instance -> 1, from JetInit to the term */
static struct zoo_map stopped_instance; /* instance -> 1 */

/* ---- lists over parameters: ZOO_EACH(M, p0, p1 ...) is M(0, p0), M(1, p1) ... ---- */

#define ZOO_EACH1(M, a) M(0, a)
#define ZOO_EACH2(M, a, b) M(0, a), M(1, b)
#define ZOO_EACH3(M, a, b, c) ZOO_EACH2(M, a, b), M(2, c)
#define ZOO_EACH4(M, a, b, c, d) ZOO_EACH3(M, a, b, c), M(3, d)
#define ZOO_EACH5(M, a, b, c, d, e) ZOO_EACH4(M, a, b, c, d), M(4, e)
#define ZOO_EACH6(M, a, b, c, d, e, f) ZOO_EACH5(M, a, b, c, d, e), M(5, f)
#define ZOO_EACH7(M, a, b, c, d, e, f, g) ZOO_EACH6(M, a, b, c, d, e, f), M(6, g)
#define ZOO_EACH8(M, a, b, c, d, e, f, g, h) ZOO_EACH7(M, a, b, c, d, e, f, g), M(7, h)
#define ZOO_EACH9(M, a, b, c, d, e, f, g, h, i) ZOO_EACH8(M, a, b, c, d, e, f, g, h), M(8, i)
#define ZOO_EACH10(M, a, b, c, d, e, f, g, h, i, j)                                                \
    ZOO_EACH9(M, a, b, c, d, e, f, g, h, i), M(9, j)
#define ZOO_PICK(a, b, c, d, e, f, g, h, i, j, name, ...) name
#define ZOO_EACH(M, ...)                                                                           \
    ZOO_PICK(__VA_ARGS__, ZOO_EACH10, ZOO_EACH9, ZOO_EACH8, ZOO_EACH7, ZOO_EACH6, ZOO_EACH5,       \
             ZOO_EACH4, ZOO_EACH3, ZOO_EACH2, ZOO_EACH1, none)                                     \
    (M, __VA_ARGS__)

#define ZOO_TYPE_OF(type, name, role) type
#define ZOO_NAME_OF(type, name, role) name
#define ZOO_DECL_OF(type, name, role) type name
#define ZOO_TYPE(i, p) ZOO_TYPE_OF p
#define ZOO_DECL(i, p) ZOO_DECL_OF p
#define ZOO_WORD(i, p) (uint64_t)(uintptr_t)(ZOO_NAME_OF p)
#define ZOO_BACK(i, p) (ZOO_TYPE_OF p)(uintptr_t)(call->args[i])

/* ---- which exported names a row has: ZOO_<pass>_<names> ---- */

#define ZOO_PASS_PLAIN(M, base, ...) M(base, base, SHIM_PLAIN, __VA_ARGS__)
#define ZOO_PASS_A(M, base, ...) M(base, base##A, SHIM_A, __VA_ARGS__)
#define ZOO_PASS_W(M, base, ...) M(base, base##W, SHIM_W, __VA_ARGS__)
#define ZOO_PASS_NO(M, base, ...)
#define ZOO_P_PLAIN ZOO_PASS_PLAIN
#define ZOO_P_AW ZOO_PASS_PLAIN
#define ZOO_P_AW_ONLY ZOO_PASS_NO
#define ZOO_P_W_ONLY ZOO_PASS_NO
#define ZOO_A_PLAIN ZOO_PASS_NO
#define ZOO_A_AW ZOO_PASS_A
#define ZOO_A_AW_ONLY ZOO_PASS_A
#define ZOO_A_W_ONLY ZOO_PASS_NO
#define ZOO_W_PLAIN ZOO_PASS_NO
#define ZOO_W_AW ZOO_PASS_W
#define ZOO_W_AW_ONLY ZOO_PASS_W
#define ZOO_W_W_ONLY ZOO_PASS_W

/* ---- pass 1: from words to the engine ---- */

#define ZOO_FORWARD(base, export, variant_, ...)                                                   \
    static JET_ERR forward_##export(const struct zoo_call *call)                                   \
    {                                                                                              \
        typedef JET_ERR(JET_CALL * engine_fn)(ZOO_EACH(ZOO_TYPE, __VA_ARGS__));                    \
        return ((engine_fn)engine_entry[SHIM_FN_##base][variant_])(                                \
            ZOO_EACH(ZOO_BACK, __VA_ARGS__));                                                      \
    }
#define ZOO_FORWARD0(base)                                                                         \
    static JET_ERR forward_##base(const struct zoo_call *call)                                     \
    {                                                                                              \
        typedef JET_ERR(JET_CALL * engine_fn)(void);                                               \
        (void)call;                                                                                \
        return ((engine_fn)engine_entry[SHIM_FN_##base][SHIM_PLAIN])();                            \
    }
#define ZOO_FORWARD0_PUBLIC(base) ZOO_FORWARD0(base)
#define ZOO_FORWARD0_PRIVATE(base)

#define JET_API0(visibility, base, names, handle, version) ZOO_FORWARD0_##visibility(base)
#define JET_API(visibility, base, names, handle, version, ...)                                     \
    ZOO_P_##names(ZOO_FORWARD, base, __VA_ARGS__)
#define JET_TX(name) name##_A
#include "jet_api.def"
#undef JET_API0
#undef JET_API
#define JET_API0(visibility, base, names, handle, version)
#define JET_API(visibility, base, names, handle, version, ...)                                     \
    ZOO_A_##names(ZOO_FORWARD, base, __VA_ARGS__)
#include "jet_api.def"
#undef JET_API
#undef JET_TX
#define JET_API(visibility, base, names, handle, version, ...)                                     \
    ZOO_W_##names(ZOO_FORWARD, base, __VA_ARGS__)
#define JET_TX(name) name##_W
#include "jet_api.def"
#undef JET_API0
#undef JET_API
#undef JET_TX

/* ---- pass 2: tables ---- */

enum zoo_handle {
    ZOO_HANDLE_NONE,
    ZOO_HANDLE_LEGACY,
    ZOO_HANDLE_INSTANCE,
    ZOO_HANDLE_SESSION,
    ZOO_HANDLE_DATABASE,
    ZOO_HANDLE_CURSOR,
    ZOO_HANDLE_SNAPSHOT
};

struct zoo_export {
    enum shim_fn fn;
    enum shim_variant variant;
    const char *name;
    JET_ERR (*forward)(const struct zoo_call *call);
};

#define ZOO_ROW(base, export, variant_, ...)                                                       \
    {SHIM_FN_##base, variant_, #export, forward_##export},
#define ZOO_ROW0_PUBLIC(base) {SHIM_FN_##base, SHIM_PLAIN, #base, forward_##base},
#define ZOO_ROW0_PRIVATE(base)

static const struct zoo_export exports[] = {
#define JET_API0(visibility, base, names, handle, version) ZOO_ROW0_##visibility(base)
#define JET_API(visibility, base, names, handle, version, ...)                                     \
    ZOO_P_##names(ZOO_ROW, base, none) ZOO_A_##names(ZOO_ROW, base, none)                          \
        ZOO_W_##names(ZOO_ROW, base, none)
#include "jet_api.def"
#undef JET_API0
#undef JET_API
};

static const enum zoo_handle handle_kind[SHIM_FN_COUNT] = {
#define JET_API0(visibility, base, names, handle, version)                                         \
    [SHIM_FN_##base] = ZOO_HANDLE_##handle,
#define JET_API(visibility, base, names, handle, version, ...)                                     \
    [SHIM_FN_##base] = ZOO_HANDLE_##handle,
#include "jet_api.def"
#undef JET_API0
#undef JET_API
};

static JET_ERR (*forwarder[SHIM_FN_COUNT][SHIM_VARIANT_COUNT])(const struct zoo_call *call);

/* ---- loading the engine ---- */

/* Path of the engine: $ESECHECK_ZOO_ENGINE, else libesent.so beside or above this library. */
static void engine_path(char *path, size_t size)
{
    const char *from_environment = getenv("ESECHECK_ZOO_ENGINE");
    if (from_environment && *from_environment) {
        snprintf(path, size, "%s", from_environment);
        return;
    }
    Dl_info self;
    const char *slash = NULL;
    if (dladdr(handle_kind, &self) && self.dli_fname)
        slash = strrchr(self.dli_fname, '/');
    int length = slash ? (int)(slash + 1 - self.dli_fname) : 0;
    snprintf(path, size, "%.*slibesent.so", length, self.dli_fname);
    if (access(path, R_OK))
        snprintf(path, size, "%.*s../libesent.so", length, self.dli_fname);
}

__attribute__((constructor)) static void load_engine(void)
{
    char path[4096];
    engine_path(path, sizeof path);
    void *library = dlopen(path, RTLD_NOW | RTLD_LOCAL);
    if (!library) {
        fprintf(stderr, "zoo: cannot load the engine: %s\n", dlerror());
        return;
    }
    for (size_t i = 0; i < sizeof exports / sizeof exports[0]; i++) {
        const struct zoo_export *e = &exports[i];
        void *symbol = dlsym(library, e->name);
        if (!symbol) {
            fprintf(stderr, "zoo: %s lacks %s\n", path, e->name);
            continue;
        }
        memcpy(&engine_entry[e->fn][e->variant], &symbol, sizeof symbol);
        forwarder[e->fn][e->variant] = e->forward;
    }
}

/* ---- what animals may ask ---- */

void zoo_map_set(struct zoo_map *map, uint64_t key, uint64_t value)
{
    unsigned used = atomic_load(&map->used);
    unsigned place = ZOO_MAP_SLOTS;
    for (unsigned i = 0; i < used && place == ZOO_MAP_SLOTS; i++)
        if (atomic_load(&map->slot[i].key) == key)
            place = i;
    for (unsigned i = 0; i < used && place == ZOO_MAP_SLOTS; i++) {
        uint64_t empty = 0;
        if (atomic_compare_exchange_strong(&map->slot[i].key, &empty, key))
            place = i;
    }
    if (place == ZOO_MAP_SLOTS) {
        place = atomic_fetch_add(&map->used, 1);
        if (place >= ZOO_MAP_SLOTS) {
            fprintf(stderr, "zoo: more than %d handles at once\n", ZOO_MAP_SLOTS);
            abort();
        }
        uint64_t empty = 0;
        if (!atomic_compare_exchange_strong(&map->slot[place].key, &empty, key)) {
            zoo_map_set(map, key, value); /* another thread took the new slot as an empty one */
            return;
        }
    }
    atomic_store(&map->slot[place].value, value);
}

void zoo_map_remove(struct zoo_map *map, uint64_t key)
{
    unsigned used = atomic_load(&map->used);
    for (unsigned i = 0; key && i < used && i < ZOO_MAP_SLOTS; i++)
        if (atomic_load(&map->slot[i].key) == key) {
            atomic_store(&map->slot[i].value, 0);
            atomic_store(&map->slot[i].key, 0);
        }
}

uint64_t zoo_map_get(struct zoo_map *map, uint64_t key)
{
    unsigned used = atomic_load(&map->used);
    for (unsigned i = 0; key && i < used && i < ZOO_MAP_SLOTS; i++)
        if (atomic_load(&map->slot[i].key) == key)
            return atomic_load(&map->slot[i].value);
    return 0;
}

JET_ERR zoo_forward(const struct zoo_call *call)
{
    if (!forwarder[call->fn][call->variant])
        return JET_errInternalError;
    return forwarder[call->fn][call->variant](call);
}

JET_ERR zoo_engine(enum shim_fn fn, uint64_t first, uint64_t second)
{
    struct zoo_call call = {.fn = fn, .variant = SHIM_PLAIN, .args = {first, second}};
    return zoo_forward(&call);
}

bool zoo_is_stop(const struct zoo_call *call)
{
    if (call->fn == SHIM_FN_JetStopService)
        return true;
    return (call->fn == SHIM_FN_JetStopServiceInstance ||
            (call->fn == SHIM_FN_JetStopServiceInstance2 && (uint32_t)call->args[1] == 0)) &&
           zoo_map_get(&running_instance, call->args[0]) != 0;
}

bool zoo_is_running(JET_INSTANCE instance)
{
    return zoo_map_get(&running_instance, instance) != 0;
}

bool zoo_is_commit(const struct zoo_call *call)
{
    return call->fn == SHIM_FN_JetCommitTransaction || call->fn == SHIM_FN_JetCommitTransaction2;
}

bool zoo_is_refusable(const struct zoo_call *call)
{
    switch (call->fn) {
    case SHIM_FN_JetRollback:
    case SHIM_FN_JetCloseTable:
    case SHIM_FN_JetEndSession:
    case SHIM_FN_JetCloseDatabase:
    case SHIM_FN_JetDetachDatabase:
    case SHIM_FN_JetDetachDatabase2:
    case SHIM_FN_JetResetSessionContext:
        return false;
    case SHIM_FN_JetBeginSession:
    case SHIM_FN_JetGetInstanceMiscInfo:
    case SHIM_FN_JetBackupInstance:
    case SHIM_FN_JetBeginExternalBackupInstance:
    case SHIM_FN_JetGetAttachInfoInstance:
    case SHIM_FN_JetOpenFileInstance:
    case SHIM_FN_JetReadFileInstance:
    case SHIM_FN_JetCloseFileInstance:
    case SHIM_FN_JetGetLogInfoInstance:
    case SHIM_FN_JetGetLogInfoInstance2:
    case SHIM_FN_JetGetTruncateLogInfoInstance:
    case SHIM_FN_JetTruncateLogInstance:
    case SHIM_FN_JetEndExternalBackupInstance:
    case SHIM_FN_JetEndExternalBackupInstance2:
        return true;
    default:
        return handle_kind[call->fn] == ZOO_HANDLE_SESSION ||
               handle_kind[call->fn] == ZOO_HANDLE_DATABASE ||
               handle_kind[call->fn] == ZOO_HANDLE_CURSOR;
    }
}

static JET_INSTANCE instance_of(const struct zoo_call *call)
{
    switch (handle_kind[call->fn]) {
    case ZOO_HANDLE_SESSION:
    case ZOO_HANDLE_DATABASE:
    case ZOO_HANDLE_CURSOR:
        return zoo_map_get(&session_instance, call->args[0]);
    case ZOO_HANDLE_INSTANCE:
        if (call->fn == SHIM_FN_JetInit || call->fn == SHIM_FN_JetInit2 ||
            call->fn == SHIM_FN_JetInit3 || call->fn == SHIM_FN_JetSetSystemParameter)
            return 0; /* a pointer to one, and nothing that an animal is interested in */
        return call->args[0];
    default:
        return 0;
    }
}

bool zoo_stopped(const struct zoo_call *call)
{
    return zoo_map_get(&stopped_instance, call->instance) != 0;
}

void zoo_note_stop(const struct zoo_call *call)
{
    if (call->instance)
        zoo_map_set(&stopped_instance, call->instance, 1);
}

/* ---- the exported functions ---- */

__attribute__((weak)) bool zoo_before(struct zoo_call *call, JET_ERR *result)
{
    (void)call;
    (void)result;
    return false;
}

__attribute__((weak)) JET_ERR zoo_after(const struct zoo_call *call, JET_ERR result)
{
    (void)call;
    return result;
}

/* Keeps the maps, from results that the caller is given. */
static void follow(const struct zoo_call *call, JET_ERR result)
{
    if (result < 0) {
        if (call->fn == SHIM_FN_JetEndSession && call->instance)
            zoo_map_set(&session_instance, call->args[0], call->instance);
        return;
    }
    switch (call->fn) {
    case SHIM_FN_JetBeginSession:
    case SHIM_FN_JetDupSession:
        zoo_map_set(&session_instance, *(JET_SESID *)(uintptr_t)call->args[1], call->instance);
        break;
    case SHIM_FN_JetInit:
    case SHIM_FN_JetInit2:
    case SHIM_FN_JetInit3:
        if (call->args[0])
            zoo_map_set(&running_instance, *(JET_INSTANCE *)(uintptr_t)call->args[0], 1);
        break;
    case SHIM_FN_JetTerm:
    case SHIM_FN_JetTerm2:
        zoo_map_remove(&running_instance, call->args[0]);
        zoo_map_remove(&stopped_instance, call->args[0]);
        break;
    default:
        if (zoo_is_stop(call))
            zoo_note_stop(call);
        break;
    }
}

static JET_ERR zoo_call(struct zoo_call *call)
{
    JET_ERR result;
    call->instance = instance_of(call);
    /* Before the call: afterwards another thread may have been given the same handle. */
    if (call->fn == SHIM_FN_JetEndSession)
        zoo_map_remove(&session_instance, call->args[0]);
    if (!zoo_before(call, &result))
        result = zoo_after(call, zoo_forward(call));
    follow(call, result);
    return result;
}

#define ZOO_PUBLIC __attribute__((visibility("default")))

#define ZOO_EXPORT(base, export, variant_, ...)                                                    \
    ZOO_PUBLIC JET_ERR JET_CALL export(ZOO_EACH(ZOO_DECL, __VA_ARGS__))                            \
    {                                                                                              \
        struct zoo_call call = {SHIM_FN_##base, variant_, 0, {ZOO_EACH(ZOO_WORD, __VA_ARGS__)}};   \
        return zoo_call(&call);                                                                    \
    }
#define ZOO_EXPORT0_PUBLIC(base)                                                                   \
    ZOO_PUBLIC JET_ERR JET_CALL base(void)                                                         \
    {                                                                                              \
        struct zoo_call call = {SHIM_FN_##base, SHIM_PLAIN, 0, {0}};                               \
        return zoo_call(&call);                                                                    \
    }
#define ZOO_EXPORT0_PRIVATE(base)

#define JET_API0(visibility, base, names, handle, version) ZOO_EXPORT0_##visibility(base)
#define JET_API(visibility, base, names, handle, version, ...)                                     \
    ZOO_P_##names(ZOO_EXPORT, base, __VA_ARGS__)
#define JET_TX(name) name##_A
#include "jet_api.def"
#undef JET_API0
#undef JET_API
#define JET_API0(visibility, base, names, handle, version)
#define JET_API(visibility, base, names, handle, version, ...)                                     \
    ZOO_A_##names(ZOO_EXPORT, base, __VA_ARGS__)
#include "jet_api.def"
#undef JET_API
#undef JET_TX
#define JET_API(visibility, base, names, handle, version, ...)                                     \
    ZOO_W_##names(ZOO_EXPORT, base, __VA_ARGS__)
#define JET_TX(name) name##_W
#include "jet_api.def"
#undef JET_API0
#undef JET_API
#undef JET_TX
