/* shims/history/load.c - reads what save.c wrote, and believes nothing.
 *
 * Whatever is not exactly a history is refused with file and line: the judge may rely on what it
 * gets. Refused are also files whose parts contradict each other.
 */
#include <errno.h>
#include <inttypes.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include "shims/history/history.h"
#include "shims/history/json.h"
#include "shims/printf.h"

#define LINE_MAX_BYTES ((size_t)64 << 20)

struct loader {
    struct shim_history *history;
    struct shim_json_arena *arena;
    const char *path;
    FILE *file;
    size_t line;
    char *bytes; /* the line, without its end */
    size_t size, room;
    bool ended; /* the end line was read */
    char *error;
    size_t error_size;
};

SHIM_PRINTF(2, 3) static bool refuse(struct loader *l, const char *format, ...) {
    char what[240];
    va_list list;
    va_start(list, format);
    vsnprintf(what, sizeof what, format, list);
    va_end(list);
    snprintf(l->error, l->error_size, "%s:%zu: %s", l->path, l->line, what);
    return false;
}

/* Reads the next line. False at the end of the file or with a message in l->error. */
static bool next_line(struct loader *l) {
    l->size = 0;
    l->line++;
    for (;;) {
        int c = getc(l->file);
        if (c == EOF && ferror(l->file)) {
            return refuse(l, "cannot be read: %s", strerror(errno));
        }
        if (c == EOF) {
            return l->size != 0 && refuse(l, "the file ends in the middle of a line; it was cut");
        }
        if (l->line == 1 && l->size == 0 && c != '{') {
            return refuse(l, "not a history: the first line has to be a JSON object");
        }
        if (c == '\n') {
            return true;
        }
        if (l->size == l->room) {
            size_t room = l->room == 0 ? 4096 : l->room * 2;
            char *grown = room > LINE_MAX_BYTES ? NULL : realloc(l->bytes, room);
            if (grown == NULL) {
                return refuse(l, "the line is too long for a history");
            }
            l->bytes = grown;
            l->room = room;
        }
        l->bytes[l->size++] = (char)c;
    }
}

/* Members. Each takes `key` out of `object`; false with a message if it is missing or no such value
 * (optional ones may be missing). */
static bool take_unsigned(struct loader *l, struct shim_json *object, const char *key,
                          uint64_t limit, uint64_t *value) {
    struct shim_json *member = shim_json_take(object, key);
    if (member == NULL) {
        return refuse(l, "\"%s\" is missing", key);
    }
    if (!shim_json_unsigned(member, value) || *value > limit) {
        return refuse(l, "\"%s\" must be a number from 0 to %" PRIu64, key, limit);
    }
    return true;
}

static bool take_text(struct loader *l, struct shim_json *object, const char *key, char **field) {
    struct shim_json *member = shim_json_take(object, key);
    if (member == NULL) {
        return true;
    }
    if (member->kind != SHIM_JSON_TEXT) {
        return refuse(l, "\"%s\" must be text", key);
    }
    return shim_history_set(field, member->text) == 0 || refuse(l, "out of memory");
}

static bool nothing_left(struct loader *l, const struct shim_json *object, const char *what) {
    const struct shim_json *member = shim_json_untaken(object);
    return member == NULL || refuse(l, "unknown member \"%.40s\" in %s", member->key, what);
}

static bool load_header(struct loader *l, struct shim_json *line) {
    struct shim_hist_header *header = &l->history->header;
    uint64_t version, repeat;
    struct shim_json *format = shim_json_take(line, "format");
    if (format == NULL || format->kind != SHIM_JSON_TEXT ||
        strcmp(format->text, "esecheck history") != 0) {
        return refuse(l, "not a history: the first line must say \"format\":\"esecheck history\"");
    }
    if (!take_unsigned(l, line, "version", INT32_MAX, &version)) {
        return false;
    }
    if (version != SHIM_HISTORY_VERSION) {
        return refuse(l, "history version %" PRIu64 "; this esecheck reads version %d", version,
                      SHIM_HISTORY_VERSION);
    }
    header->version = SHIM_HISTORY_VERSION;
    if (!take_text(l, line, "engine", &header->engine) ||
        !take_text(l, line, "engine_build", &header->engine_build) ||
        !take_text(l, line, "harness", &header->harness) ||
        !take_text(l, line, "script", &header->script) ||
        !take_text(l, line, "plan", &header->plan) ||
        !take_text(l, line, "profile", &header->profile) ||
        !take_text(l, line, "command", &header->command) ||
        !take_unsigned(l, line, "seed", UINT64_MAX, &header->seed) ||
        !take_unsigned(l, line, "repeat", INT32_MAX, &repeat)) {
        return false;
    }
    header->repeat = (int)repeat;
    return nothing_left(l, line, "the header");
}

/* One word of "args" or "out": signed numbers and "0x..." alike. */
static bool word_of(const struct shim_json *value, uint64_t *word) {
    int64_t number;
    if (shim_json_signed(value, &number)) {
        *word = (uint64_t)number;
        return true;
    }
    return shim_json_unsigned(value, word);
}

static bool load_args(struct loader *l, struct shim_json *line, struct shim_hist_call *call) {
    const struct shim_function *function = shim_function(call->fn);
    struct shim_json *args = shim_json_take(line, "args");
    if (args == NULL || args->kind != SHIM_JSON_OBJECT) {
        return refuse(l, "\"args\" is missing or no object");
    }
    for (int i = 0; i < function->param_count; i++) {
        struct shim_json *value = shim_json_take(args, function->params[i].name);
        if (value == NULL || !word_of(value, &call->args[i])) {
            return refuse(l, "argument \"%s\" of %s is missing or no 64-bit number",
                          function->params[i].name, function->name);
        }
    }
    return nothing_left(l, args, "\"args\"");
}

static bool load_outs(struct loader *l, struct shim_json *line, struct shim_hist_call *call) {
    struct shim_json *outs = shim_json_take(line, "out");
    if (outs == NULL) {
        return true;
    }
    if (outs->kind != SHIM_JSON_OBJECT) {
        return refuse(l, "\"out\" must be an object");
    }
    for (const struct shim_json *value = outs->first; value != NULL; value = value->next) {
        int param = shim_param_find(call->fn, value->key);
        if (param < 0 || !word_of(value, &call->outs[param])) {
            return refuse(l, "\"%.40s\" in \"out\" is no parameter or no 64-bit number", value->key);
        }
        call->outs_valid |= (uint32_t)1 << param;
    }
    return true;
}

static int hex_digit(char c) {
    return c >= '0' && c <= '9' ? c - '0' : c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

static bool load_blob(struct loader *l, struct shim_json *value, struct shim_hist_call *call) {
    uint8_t bytes[SHIM_BLOB_MAX];
    const void *data = bytes;
    size_t size = 0;
    int param = shim_param_find(call->fn, value->key);
    if (param < 0) {
        return refuse(l, "\"%.40s\" in \"blob\" is no parameter", value->key);
    }
    if (value->kind == SHIM_JSON_TEXT) {
        data = value->text;
        size = value->text_size;
    } else {
        struct shim_json *hex = shim_json_take(value, "hex");
        if (hex == NULL || hex->kind != SHIM_JSON_TEXT || value->count != 1 ||
            hex->text_size % 2 != 0) {
            return refuse(l, "blob \"%s\" must be text or {\"hex\":\"...\"}", value->key);
        }
        size = hex->text_size / 2;
        for (size_t i = 0; i < size && i < sizeof bytes; i++) {
            int high = hex_digit(hex->text[2 * i]), low = hex_digit(hex->text[2 * i + 1]);
            if (high < 0 || low < 0) {
                return refuse(l, "blob \"%s\" has a digit that is not hexadecimal", value->key);
            }
            bytes[i] = (uint8_t)(high << 4 | low);
        }
    }
    if (size > SHIM_BLOB_MAX) {
        return refuse(l, "blob \"%s\" is longer than %d bytes", value->key, SHIM_BLOB_MAX);
    }
    return shim_hist_call_set_blob(call, param, data, size) == 0 || refuse(l, "out of memory");
}

static bool load_times(struct loader *l, struct shim_json *line, struct shim_hist_call *call) {
    struct shim_json *ns = shim_json_take(line, "ns");
    size_t wanted = call->leave != 0 ? 2 : 1;
    if (ns == NULL || ns->kind != SHIM_JSON_ARRAY || ns->count != wanted ||
        !shim_json_unsigned(ns->first, &call->enter_ns) ||
        (wanted == 2 && !shim_json_unsigned(ns->first->next, &call->leave_ns))) {
        return refuse(l, "\"ns\" must be an array of %d times", (int)wanted);
    }
    return true;
}

static bool load_call(struct loader *l, struct shim_json *line, const struct shim_json *name) {
    struct shim_hist_call *call = shim_history_add_call(l->history);
    if (call == NULL) {
        return refuse(l, "out of memory");
    }
    if (name->kind == SHIM_JSON_TEXT) {
        call->fn = shim_function_find(name->text, &call->variant);
    }
    if (name->kind != SHIM_JSON_TEXT || call->fn == SHIM_FN_NONE ||
        strcmp(name->text, shim_function_export(call->fn, call->variant)) != 0) {
        call->fn = (enum shim_fn)0;
        return refuse(l, "unknown function \"%.60s\"", name->kind == SHIM_JSON_TEXT ? name->text : "");
    }
    uint64_t actor;
    if (!take_unsigned(l, line, "actor", UINT32_MAX, &actor) ||
        !take_unsigned(l, line, "enter", UINT64_MAX, &call->enter)) {
        return false;
    }
    call->actor = (uint32_t)actor;
    if (call->enter == 0) {
        return refuse(l, "stamps begin at 1");
    }
    struct shim_json *leave = shim_json_take(line, "leave");
    struct shim_json *result = shim_json_take(line, "result");
    if ((leave == NULL) != (result == NULL)) {
        return refuse(l, "\"leave\" and \"result\" belong together");
    }
    if (leave != NULL) {
        int64_t code;
        if (!shim_json_unsigned(leave, &call->leave) || !shim_json_signed(result, &code) ||
            code < INT32_MIN || code > INT32_MAX) {
            return refuse(l, "\"leave\" or \"result\" is no number in range");
        }
        if (call->leave <= call->enter) {
            return refuse(l, "the call left (%" PRIu64 ") before it entered (%" PRIu64 ")",
                          call->leave, call->enter);
        }
        call->result = (JET_ERR)code;
    }
    if (!load_times(l, line, call) || !load_args(l, line, call) || !load_outs(l, line, call)) {
        return false;
    }
    struct shim_json *blobs = shim_json_take(line, "blob");
    if (blobs != NULL && blobs->kind != SHIM_JSON_OBJECT) {
        return refuse(l, "\"blob\" must be an object");
    }
    for (struct shim_json *blob = blobs == NULL ? NULL : blobs->first; blob != NULL;
         blob = blob->next) {
        if (!load_blob(l, blob, call)) {
            return false;
        }
    }
    return nothing_left(l, line, "a call");
}

static bool load_event(struct loader *l, struct shim_json *line, const struct shim_json *name) {
    enum shim_event_kind kind =
        name->kind == SHIM_JSON_TEXT ? shim_event_find(name->text) : SHIM_EVENT_COUNT;
    if (kind == SHIM_EVENT_COUNT) {
        return refuse(l, "unknown event \"%.60s\"", name->kind == SHIM_JSON_TEXT ? name->text : "");
    }
    struct shim_hist_event *event = shim_history_add_event(l->history, kind, NULL, NULL);
    if (event == NULL) {
        return refuse(l, "out of memory");
    }
    uint64_t actor;
    if (!take_unsigned(l, line, "actor", UINT32_MAX, &actor) ||
        !take_unsigned(l, line, "stamp", UINT64_MAX, &event->stamp) ||
        !take_unsigned(l, line, "ns", UINT64_MAX, &event->ns) ||
        !take_text(l, line, "name", &event->name) || !take_text(l, line, "text", &event->text)) {
        return false;
    }
    event->actor = (uint32_t)actor;
    if (event->stamp == 0) {
        return refuse(l, "stamps begin at 1");
    }
    const struct shim_json *values = shim_json_take(line, "value");
    if (values != NULL && (values->kind != SHIM_JSON_ARRAY || values->count > 4)) {
        return refuse(l, "\"value\" must be an array of at most four numbers");
    }
    int64_t *slot = event->value;
    for (const struct shim_json *value = values == NULL ? NULL : values->first; value != NULL;
         value = value->next) {
        if (!shim_json_signed(value, slot++)) {
            return refuse(l, "\"value\" must be an array of 64-bit numbers");
        }
    }
    if (kind == SHIM_EVENT_PRELOAD &&
        (event->value[0] < 0 || event->value[0] > SHIM_PRELOAD_MAX)) {
        return refuse(l, "a table was made with 0 to %d rows, not %lld", SHIM_PRELOAD_MAX,
                      (long long)event->value[0]);
    }
    return nothing_left(l, line, "an event");
}

static bool load_end(struct loader *l, struct shim_json *line) {
    uint64_t calls, events;
    if (!take_unsigned(l, line, "calls", SIZE_MAX, &calls) ||
        !take_unsigned(l, line, "events", SIZE_MAX, &events)) {
        return false;
    }
    if (calls != l->history->call_count || events != l->history->event_count) {
        return refuse(l, "the file had %" PRIu64 " calls and %" PRIu64 " events; here are %" PRIu64
                      " and %" PRIu64,
                      calls, events, (uint64_t)l->history->call_count,
                      (uint64_t)l->history->event_count);
    }
    l->ended = true;
    return nothing_left(l, line, "the last line");
}

static bool load_line(struct loader *l) {
    char what[200];
    struct shim_json *line = shim_json_parse(l->arena, l->bytes, l->size, what, sizeof what);
    if (line == NULL) {
        return refuse(l, "%s", what);
    }
    if (line->kind != SHIM_JSON_OBJECT) {
        return refuse(l, "every line of a history is an object");
    }
    if (l->line == 1) {
        return load_header(l, line);
    }
    if (l->ended) {
        return refuse(l, "a line after the last one");
    }
    const struct shim_json *kind = shim_json_take(line, "call");
    if (kind != NULL) {
        return load_call(l, line, kind);
    }
    kind = shim_json_take(line, "event");
    if (kind != NULL) {
        return load_event(l, line, kind);
    }
    if (shim_json_take(line, "end") != NULL) {
        return load_end(l, line);
    }
    return refuse(l, "neither a call nor an event nor the end");
}

static int compare_stamps(const void *a, const void *b) {
    uint64_t x = *(const uint64_t *)a, y = *(const uint64_t *)b;
    return (x > y) - (x < y);
}

/* No stamp may be used twice. */
static bool check_stamps(struct loader *l) {
    const struct shim_history *history = l->history;
    size_t count = 0;
    uint64_t *stamps = calloc(history->call_count * 2 + history->event_count + 1, sizeof *stamps);
    if (stamps == NULL) {
        return refuse(l, "out of memory");
    }
    for (size_t i = 0; i < history->call_count; i++) {
        stamps[count++] = history->calls[i].enter;
        if (history->calls[i].leave != 0) {
            stamps[count++] = history->calls[i].leave;
        }
    }
    for (size_t i = 0; i < history->event_count; i++) {
        stamps[count++] = history->events[i].stamp;
    }
    qsort(stamps, count, sizeof *stamps, compare_stamps);
    bool good = true;
    for (size_t i = 1; i < count && good; i++) {
        if (stamps[i] == stamps[i - 1]) {
            good = refuse(l, "stamp %" PRIu64 " is used twice", stamps[i]);
        }
    }
    free(stamps);
    return good;
}

int shim_history_load(struct shim_history *history, const char *path, char *error,
                      size_t error_size) {
    struct loader l = {.history = history, .path = path, .error = error, .error_size = error_size};
    bool good = false;
    error[0] = '\0';
    l.file = fopen(path, "rb");
    if (l.file == NULL) {
        snprintf(error, error_size, "%s: cannot be opened: %s", path, strerror(errno));
        return -1;
    }
    l.arena = shim_json_arena_new();
    if (l.arena == NULL) {
        snprintf(error, error_size, "%s: out of memory", path);
        goto done;
    }
    while (next_line(&l)) {
        if (!load_line(&l)) {
            goto done;
        }
    }
    if (error[0] != '\0') {
        goto done;
    }
    if (!l.ended) {
        refuse(&l, l.line == 1 ? "the file is empty" : "the last line is missing; the file was cut");
        goto done;
    }
    good = check_stamps(&l);
    if (good) {
        shim_history_sort(history);
    }
done:
    fclose(l.file);
    shim_json_arena_free(l.arena);
    free(l.bytes);
    return good ? 0 : -1;
}
