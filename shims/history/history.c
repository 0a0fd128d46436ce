/* shims/history/history.c - the history in memory. */
#include "shims/history/history.h"

#include <stdlib.h>
#include <string.h>

static const char *const event_names[SHIM_EVENT_COUNT] = {
#define X(id, name) name,
    SHIM_EVENTS(X)
#undef X
};

const char *shim_event_name(enum shim_event_kind kind) {
    return (unsigned)kind < SHIM_EVENT_COUNT ? event_names[kind] : "?";
}

enum shim_event_kind shim_event_find(const char *name) {
    int kind = 0;
    while (kind < SHIM_EVENT_COUNT && strcmp(event_names[kind], name) != 0) {
        kind++;
    }
    return (enum shim_event_kind)kind;
}

void shim_history_init(struct shim_history *history) {
    memset(history, 0, sizeof *history);
    history->header.version = SHIM_HISTORY_VERSION;
}

void shim_history_shorten(struct shim_history *history, size_t calls, size_t events) {
    while (history->call_count > calls) {
        struct shim_hist_call *call = &history->calls[--history->call_count];
        for (int param = 0; param < SHIM_MAX_ARGS; param++) {
            free(call->blob[param]);
        }
    }
    while (history->event_count > events) {
        struct shim_hist_event *event = &history->events[--history->event_count];
        free(event->name);
        free(event->text);
    }
}

void shim_history_fini(struct shim_history *history) {
    struct shim_hist_header *header = &history->header;
    char *texts[] = {header->engine, header->engine_build, header->harness, header->script,
                     header->plan,   header->profile,      header->command};
    for (size_t i = 0; i < sizeof texts / sizeof texts[0]; i++) {
        free(texts[i]);
    }
    shim_history_shorten(history, 0, 0);
    free(history->calls);
    free(history->events);
    shim_history_init(history);
}

/* Makes room for one more element of `size` bytes. Returns the array, or NULL (the old one stays). */
static void *grow(void *array, size_t count, size_t *room, size_t size) {
    if (count < *room) {
        return array;
    }
    size_t wanted = *room == 0 ? 64 : *room + *room / 2;
    if (wanted > SIZE_MAX / size) {
        return NULL;
    }
    void *grown = realloc(array, wanted * size);
    if (grown != NULL) {
        *room = wanted;
    }
    return grown;
}

struct shim_hist_call *shim_history_add_call(struct shim_history *history) {
    void *grown =
        grow(history->calls, history->call_count, &history->call_room, sizeof *history->calls);
    if (grown == NULL) {
        return NULL;
    }
    history->calls = grown;
    struct shim_hist_call *call = &history->calls[history->call_count++];
    memset(call, 0, sizeof *call);
    return call;
}

struct shim_hist_event *shim_history_add_event(struct shim_history *history,
                                               enum shim_event_kind kind, const char *name,
                                               const char *text) {
    void *grown =
        grow(history->events, history->event_count, &history->event_room, sizeof *history->events);
    if (grown == NULL) {
        return NULL;
    }
    history->events = grown;
    struct shim_hist_event *event = &history->events[history->event_count];
    memset(event, 0, sizeof *event);
    event->kind = kind;
    if (shim_history_set(&event->name, name) != 0 || shim_history_set(&event->text, text) != 0) {
        free(event->name);
        return NULL;
    }
    history->event_count++;
    return event;
}

uint64_t shim_history_last_stamp(const struct shim_history *history) {
    uint64_t last = 0;
    for (size_t i = 0; i < history->call_count; i++) {
        const struct shim_hist_call *call = &history->calls[i];
        uint64_t stamp = call->leave > call->enter ? call->leave : call->enter;
        last = stamp > last ? stamp : last;
    }
    for (size_t i = 0; i < history->event_count; i++) {
        last = history->events[i].stamp > last ? history->events[i].stamp : last;
    }
    return last;
}

static int compare_calls(const void *a, const void *b) {
    uint64_t x = ((const struct shim_hist_call *)a)->enter;
    uint64_t y = ((const struct shim_hist_call *)b)->enter;
    return (x > y) - (x < y);
}

static int compare_events(const void *a, const void *b) {
    uint64_t x = ((const struct shim_hist_event *)a)->stamp;
    uint64_t y = ((const struct shim_hist_event *)b)->stamp;
    return (x > y) - (x < y);
}

/* What was appended in order needs no sorting: the look at it is a hundredth of the work. */
static void sort(void *array, size_t count, size_t size, int (*compare)(const void *, const void *)) {
    const char *at = array;
    for (size_t i = 1; i < count; i++) {
        if (compare(at + (i - 1) * size, at + i * size) > 0) {
            qsort(array, count, size, compare);
            return;
        }
    }
}

void shim_history_sort(struct shim_history *history) {
    uint64_t last = 0;
    for (size_t i = 0; i < history->event_count; i++) {
        if (history->events[i].stamp == 0) {
            last = last != 0 ? last : shim_history_last_stamp(history);
            history->events[i].stamp = ++last;
        }
    }
    sort(history->calls, history->call_count, sizeof *history->calls, compare_calls);
    sort(history->events, history->event_count, sizeof *history->events, compare_events);
}

int shim_history_set(char **field, const char *text) {
    char *copy = NULL;
    if (text != NULL) {
        size_t size = strlen(text) + 1;
        copy = malloc(size);
        if (copy == NULL) {
            return -1;
        }
        memcpy(copy, text, size);
    }
    free(*field);
    *field = copy;
    return 0;
}

int shim_hist_call_set_blob(struct shim_hist_call *call, int param, const void *data, size_t size) {
    size = size > SHIM_BLOB_MAX ? SHIM_BLOB_MAX : size;
    uint8_t *copy = malloc(size == 0 ? 1 : size);
    if (copy == NULL) {
        return -1;
    }
    if (size != 0) {
        memcpy(copy, data, size);
    }
    free(call->blob[param]);
    call->blob[param] = copy;
    call->blob_size[param] = (uint8_t)size;
    return 0;
}
