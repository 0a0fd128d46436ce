/* shims/record/record.c - making and opening a recorder, and everything else that is not hot. */
#include "shims/record/record.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "shims/record/layout.h"

_Static_assert(sizeof(struct shim_control) <= SHIM_SLOTS_AT, "control page");
_Static_assert(SHIM_SLOTS_AT + SHIM_MAX_ACTORS * sizeof(struct shim_slot) <= SHIM_CHUNK, "slots");
_Static_assert(SHIM_FN_COUNT <= 0x3ff && (int)SHIM_EVENT_COUNT <= 0x3ff, "code in a head");
_Static_assert(sizeof(struct shim_event_record) + SHIM_NAME_MAX + SHIM_TEXT_MAX + 64 < SHIM_CHUNK,
               "an event fits into a chunk");

/* Part of the file that is taken from the file system at creation: a page costs about 2 microseconds,
 * which would otherwise fall on the calls. Later chunks are taken one by one. */
#define RESERVED_PART 32

static struct shim_control *control_of(const struct shim_recorder *recorder) {
    return (struct shim_control *)(void *)recorder->map.base;
}

static struct shim_recorder *new_recorder(const char *path, char *error, size_t error_size) {
    struct shim_recorder *recorder = calloc(1, sizeof *recorder);
    if (recorder == NULL) {
        snprintf(error, error_size, "%s: out of memory", path);
    }
    return recorder;
}

int shim_recorder_create(const char *path, size_t bytes, struct shim_recorder **recorder,
                         char *error, size_t error_size) {
    size_t chunks = bytes / SHIM_CHUNK;
    if (chunks < 2) {
        snprintf(error, error_size, "%s: a recorder needs at least %u bytes", path,
                 (unsigned)(2 * SHIM_CHUNK));
        return -1;
    }
    struct shim_recorder *made = new_recorder(path, error, error_size);
    if (made == NULL) {
        return -1;
    }
    if (shim_map_create(&made->map, path, chunks * SHIM_CHUNK, error, error_size) != 0) {
        free(made);
        return -1;
    }
    made->chunks = chunks - 1;
    size_t reserved = (made->chunks / RESERVED_PART + 2) * SHIM_CHUNK;
    reserved = reserved < made->map.size ? reserved : made->map.size;
    if (!shim_map_reserve(&made->map, 0, reserved)) {
        snprintf(error, error_size, "%s: no space left on the device", path);
        shim_recorder_close(made);
        return -1;
    }
    struct shim_control *control = control_of(made);
    made->tick0 = control->tick0 = shim_hot_ticks();
    made->ns0 = control->ns0 = shim_map_clock();
    control->version = SHIM_RECORD_VERSION;
    control->chunk = (uint32_t)SHIM_CHUNK;
    control->size = made->map.size;
    control->magic = SHIM_RECORD_MAGIC;
    *recorder = made;
    return 0;
}

int shim_recorder_open(const char *path, struct shim_recorder **recorder, char *error,
                       size_t error_size) {
    struct shim_recorder *made = new_recorder(path, error, error_size);
    if (made == NULL) {
        return -1;
    }
    if (shim_map_open(&made->map, path, error, error_size) != 0) {
        free(made);
        return -1;
    }
    const struct shim_control *control = control_of(made);
    if (made->map.size < 2 * SHIM_CHUNK || control->magic != SHIM_RECORD_MAGIC ||
        control->version != SHIM_RECORD_VERSION || control->chunk != SHIM_CHUNK ||
        control->size != made->map.size) {
        snprintf(error, error_size, "%s: is no file that a recorder of this esecheck made", path);
        shim_recorder_close(made);
        return -1;
    }
    made->chunks = made->map.size / SHIM_CHUNK - 1;
    made->tick0 = control->tick0;
    made->ns0 = control->ns0;
    *recorder = made;
    return 0;
}

void shim_recorder_close(struct shim_recorder *recorder) {
    if (recorder != NULL) {
        shim_map_close(&recorder->map);
        free(recorder);
    }
}

struct shim_recorder_actor *shim_recorder_actor(struct shim_recorder *recorder, uint32_t number,
                                                const char *name) {
    if (number >= SHIM_MAX_ACTORS) {
        return NULL;
    }
    struct shim_recorder_actor *actor = calloc(1, sizeof *actor);
    if (actor == NULL) {
        return NULL;
    }
    actor->recorder = recorder;
    actor->actor = number;
    actor->control = control_of(recorder);
    actor->slot = (struct shim_slot *)(void *)(recorder->map.base + SHIM_SLOTS_AT) + number;
    actor->captures = shim_captures();
    shim_record_event(actor, SHIM_EVENT_ACTOR, name, NULL, NULL);
    return actor;
}

void shim_recorder_actor_free(struct shim_recorder_actor *actor) {
    free(actor);
}

struct shim_hook shim_record_hook(struct shim_recorder_actor *actor) {
    return (struct shim_hook){shim_hot_enter, shim_hot_leave, actor};
}

/* What of a text is kept: 0 for none, else 1 more than its length. */
static uint32_t kept(const char *text, size_t max) {
    return text == NULL ? 0 : (uint32_t)strnlen(text, max) + 1;
}

void shim_record_event(struct shim_recorder_actor *actor, enum shim_event_kind kind,
                       const char *name, const char *text, const int64_t value[4]) {
    shim_hot_event(actor, kind, name, kept(name, SHIM_NAME_MAX), text, kept(text, SHIM_TEXT_MAX),
                   value);
}
