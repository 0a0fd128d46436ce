/* shims/record/read.c - from the mapping to a history, whatever is in the mapping.
 *
 * The engine that was tested has had the mapping in its memory, and may have written anywhere. So
 * every chunk is copied before it is looked at, every number is checked before it is used, and what
 * does not fit is left out and reported: a record that makes no sense costs the rest of its chunk
 * (nothing says where the next one begins), a stamp that two records claim costs both of them.
 */
#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "shims/printf.h"
#include "shims/record/layout.h"

#define REPORTS_MAX 20 /* damages told one by one */

struct reader {
    struct shim_history *history;
    size_t first_call, first_event; /* what the history held before */
    uint64_t last_stamp;            /* what the counter says */
    uint64_t tick0;
    double ns_per_tick;
    size_t chunk;
    unsigned actor;
    size_t damages;
    bool no_memory;
    _Alignas(8) unsigned char bytes[SHIM_CHUNK];
};

SHIM_PRINTF(2, 3) static void damage(struct reader *r, const char *format, ...) {
    char text[240];
    va_list list;
    if (r->damages++ >= REPORTS_MAX) {
        return;
    }
    va_start(list, format);
    vsnprintf(text, sizeof text, format, list);
    va_end(list);
    if (shim_history_add_event(r->history, SHIM_EVENT_TRUNCATED, "damage", text) == NULL) {
        r->no_memory = true;
    }
}

static uint64_t ns_of(const struct reader *r, uint64_t tick) {
    double ns = tick > r->tick0 ? (double)(tick - r->tick0) * r->ns_per_tick : 0.0;
    return ns < 9e15 ? (uint64_t)ns : UINT64_C(9000000000000000);
}

/* UTF-16 to UTF-8 of at most SHIM_BLOB_MAX bytes, cut between characters. */
static size_t to_utf8(unsigned char *to, const unsigned char *from, size_t size) {
    size_t length = 0;
    for (size_t i = 0; i + 2 <= size; i += 2) {
        uint32_t code = (uint32_t)(from[i] | from[i + 1] << 8);
        if (code >= 0xd800 && code <= 0xdbff && i + 4 <= size) {
            uint32_t low = (uint32_t)(from[i + 2] | from[i + 3] << 8);
            if (low >= 0xdc00 && low <= 0xdfff) {
                code = 0x10000 + ((code - 0xd800) << 10) + (low - 0xdc00);
                i += 2;
            }
        }
        if (code >= 0xd800 && code <= 0xdfff) {
            if (size == SHIM_RAW_MAX && i + 2 == size) {
                break; /* the first half of a pair that was cut */
            }
            code = 0xfffd;
        }
        size_t need = code < 0x80 ? 1 : code < 0x800 ? 2 : code < 0x10000 ? 3 : 4;
        if (length + need > SHIM_BLOB_MAX) {
            break;
        }
        static const unsigned char lead[] = {0, 0, 0xc0, 0xe0, 0xf0};
        for (size_t k = need; k > 1; k--) {
            to[length + k - 1] = (unsigned char)(0x80 | (code & 0x3f));
            code >>= 6;
        }
        to[length] = (unsigned char)(lead[need] | code);
        length += need;
    }
    return length;
}

/* The blobs of a call, in [at, end). NULL if they are well-formed, else what is wrong. */
static const char *read_blobs(struct reader *r, struct shim_hist_call *call,
                              const struct shim_capture *capture, const unsigned char *at,
                              const unsigned char *end) {
    unsigned next = 0;
    while (at < end) {
        struct shim_blob_record blob;
        unsigned char text[SHIM_BLOB_MAX];
        if ((size_t)(end - at) < sizeof blob) {
            return "a blob is cut";
        }
        memcpy(&blob, at, sizeof blob);
        at += sizeof blob;
        while (next < capture->blob_count && capture->blob[next].param != blob.param) {
            next++;
        }
        if (next == capture->blob_count || blob.room > SHIM_RAW_MAX || blob.size > blob.room ||
            blob.size > end - at || blob.filled > 1) {
            return "a blob makes no sense";
        }
        if (blob.filled) {
            const unsigned char *data = at;
            size_t size = blob.size;
            /* A column id in the place of a name is no text. */
            if (capture->blob[next].wide &&
                !(capture->blob[next].level != SHIM_NO_PARAM &&
                  (call->args[capture->blob[next].level] & 0x0fffffff) >= JET_ColInfoByColid)) {
                size = to_utf8(text, at, size);
                data = text;
            }
            if (shim_hist_call_set_blob(call, blob.param, data, size) != 0) {
                r->no_memory = true;
            }
        }
        size_t space = SHIM_BLOB_SPACE(blob.room) - sizeof blob;
        at = space < (size_t)(end - at) ? at + space : end; /* the last one may be cut */
        next++;
    }
    return NULL;
}

/* The arguments, as they are stored from `at` on. Returns the place behind them, or NULL. */
static const unsigned char *read_args(struct shim_hist_call *call, unsigned count, uint32_t widths,
                                      const unsigned char *at, const unsigned char *end) {
    const unsigned char *start = at;
    if (widths >> 2 * count != 0) {
        return NULL;
    }
    for (unsigned i = 0; i < count; i++) {
        enum shim_width width = (enum shim_width)(widths >> 2 * i & 3);
        size_t size = width == SHIM_WIDTH_0 ? 0 : width == SHIM_WIDTH_64 ? 8 : 4;
        uint32_t half;
        if (size > (size_t)(end - at)) {
            return NULL;
        }
        if (size == 8) {
            memcpy(&call->args[i], at, 8);
        } else if (size == 4) {
            memcpy(&half, at, 4);
            call->args[i] = width == SHIM_WIDTH_SIGNED ? (uint64_t)(int64_t)(int32_t)half : half;
        }
        at += size;
    }
    at += (size_t)-(at - start) & 7;
    return at <= end ? at : NULL;
}

/* Fills `call`, which is empty. Returns what is wrong, or NULL. */
static const char *fill_call(struct reader *r, struct shim_hist_call *call,
                             const unsigned char *start, size_t size, uint64_t head) {
    struct shim_call_record record;
    const unsigned char *at = start + sizeof record, *end = start + size;
    const struct shim_capture *capture = &(*shim_captures())[call->fn][call->variant];
    if (size < sizeof record || size > capture->room) {
        return "wrong size";
    }
    memcpy(&record, start, sizeof record);
    if (record.enter == 0 || (record.leave != 0 && record.leave <= record.enter)) {
        return "impossible stamps";
    }
    call->enter = record.enter;
    call->enter_ns = ns_of(r, record.enter_tick);
    if (record.leave != 0) {
        uint64_t took = record.took < SHIM_TOOK_LONG ? record.took
                                                     : (uint64_t)(record.took - SHIM_TOOK_LONG) << 20;
        call->leave = record.leave;
        call->leave_ns = ns_of(r, record.enter_tick + took);
        call->result = (JET_ERR)record.result;
    }
    at = read_args(call, capture->args, SHIM_HEAD_WIDTHS(head), at, end);
    if (at == NULL || (size_t)(end - at) < 8u * (size_t)capture->out_count) {
        return "wrong size";
    }
    for (unsigned i = 0; i < capture->out_count; i++, at += 8) {
        unsigned param = capture->out[i].param;
        if (call->args[param] != 0 && (record.leave != 0 || capture->out[i].at_entry)) {
            memcpy(&call->outs[param], at, 8);
            call->outs_valid |= (uint32_t)1 << param;
        }
    }
    return read_blobs(r, call, capture, at, end);
}

static const char *read_call(struct reader *r, const unsigned char *at, size_t size, uint64_t head) {
    enum shim_fn fn = (enum shim_fn)SHIM_HEAD_CODE(head);
    enum shim_variant variant = (enum shim_variant)SHIM_HEAD_VARIANT(head);
    if ((unsigned)fn >= SHIM_FN_COUNT || (unsigned)variant >= SHIM_VARIANT_COUNT ||
        !shim_function_has(fn, variant)) {
        return "no such function";
    }
    struct shim_hist_call *call = shim_history_add_call(r->history);
    if (call == NULL) {
        r->no_memory = true;
        return NULL;
    }
    call->fn = fn;
    call->variant = variant;
    call->actor = r->actor;
    const char *wrong = fill_call(r, call, at, size, head);
    if (wrong != NULL) {
        for (int param = 0; param < SHIM_MAX_ARGS; param++) {
            free(call->blob[param]);
        }
        r->history->call_count--;
    }
    return wrong;
}

static const char *read_event(struct reader *r, const unsigned char *at, size_t size,
                              uint64_t head) {
    struct shim_event_record record;
    char name[SHIM_NAME_MAX + 1], text[SHIM_TEXT_MAX + 1];
    unsigned kind = SHIM_HEAD_CODE(head);
    if (kind >= SHIM_EVENT_COUNT || size < sizeof record) {
        return "no such event";
    }
    memcpy(&record, at, sizeof record);
    if (record.name_size > sizeof name || record.text_size > sizeof text ||
        sizeof record + record.name_size + record.text_size > size || record.stamp == 0) {
        return "an event that makes no sense";
    }
    if (record.name_size != 0) {
        memcpy(name, at + sizeof record, record.name_size - 1);
        name[record.name_size - 1] = '\0';
    }
    if (record.text_size != 0) {
        memcpy(text, at + sizeof record + record.name_size, record.text_size - 1);
        text[record.text_size - 1] = '\0';
    }
    struct shim_hist_event *event =
        shim_history_add_event(r->history, (enum shim_event_kind)kind,
                               record.name_size != 0 ? name : NULL,
                               record.text_size != 0 ? text : NULL);
    if (event == NULL) {
        r->no_memory = true;
        return NULL;
    }
    event->stamp = record.stamp;
    event->ns = ns_of(r, record.tick);
    event->actor = r->actor;
    memcpy(event->value, record.value, sizeof event->value);
    return NULL;
}

/* Reads the copy of a chunk in r->bytes. */
static void read_chunk(struct reader *r) {
    const struct shim_chunk *header = (const struct shim_chunk *)(const void *)r->bytes;
    if (header->magic != SHIM_CHUNK_MAGIC || header->actor >= SHIM_MAX_ACTORS) {
        damage(r, "part %zu of the recording is damaged at its beginning; it is left out", r->chunk);
        return;
    }
    r->actor = (unsigned)header->actor;
    uint64_t last = 0;
    for (size_t at = sizeof *header; at + 8 <= SHIM_CHUNK;) {
        uint64_t head, stamp;
        memcpy(&head, r->bytes + at, 8);
        if (head == 0) {
            return;
        }
        size_t size = SHIM_HEAD_SIZE(head);
        const char *wrong = NULL;
        if (head >> 56 != SHIM_HEAD_MARK || size < 24 || size > SHIM_CHUNK - at ||
            SHIM_HEAD_ACTOR(head) != r->actor) {
            wrong = "no record";
        } else {
            memcpy(&stamp, r->bytes + at + 8, 8);
            if (stamp <= last) {
                wrong = "a stamp out of order";
            } else if (SHIM_HEAD_KIND(head) == SHIM_RECORD_CALL) {
                wrong = read_call(r, r->bytes + at, size, head);
            } else if (SHIM_HEAD_KIND(head) == SHIM_RECORD_EVENT) {
                wrong = read_event(r, r->bytes + at, size, head);
            } else {
                wrong = "no such kind of record";
            }
            last = stamp;
        }
        if (r->no_memory) {
            return;
        }
        if (wrong != NULL) {
            damage(r, "part %zu of the recording (actor %u) is damaged at byte %zu: %s; the rest of "
                      "the part is left out", r->chunk, r->actor, at, wrong);
            return;
        }
        at += size;
    }
}

static int compare_stamps(const void *a, const void *b) {
    uint64_t x = *(const uint64_t *)a, y = *(const uint64_t *)b;
    return (x > y) - (x < y);
}

static bool claimed_twice(const uint64_t *twice, size_t count, uint64_t stamp) {
    return bsearch(&stamp, twice, count, sizeof *twice, compare_stamps) != NULL;
}

static void drop_calls(struct reader *r, const uint64_t *twice, size_t twice_count) {
    struct shim_history *history = r->history;
    size_t kept = r->first_call;
    for (size_t i = r->first_call; i < history->call_count; i++) {
        struct shim_hist_call *call = &history->calls[i];
        if (claimed_twice(twice, twice_count, call->enter) ||
            (call->leave != 0 && claimed_twice(twice, twice_count, call->leave))) {
            for (int param = 0; param < SHIM_MAX_ARGS; param++) {
                free(call->blob[param]);
            }
            continue;
        }
        history->calls[kept++] = *call;
    }
    history->call_count = kept;
}

static void drop_events(struct reader *r, const uint64_t *twice, size_t twice_count) {
    struct shim_history *history = r->history;
    size_t kept = r->first_event;
    for (size_t i = r->first_event; i < history->event_count; i++) {
        struct shim_hist_event *event = &history->events[i];
        if (event->stamp != 0 && claimed_twice(twice, twice_count, event->stamp)) {
            free(event->name);
            free(event->text);
            continue;
        }
        history->events[kept++] = *event;
    }
    history->event_count = kept;
}

/* Marks a stamp. False: it was marked, or was never drawn. */
static bool is_first(uint64_t *seen, uint64_t last, uint64_t stamp) {
    if (stamp > last || (seen[stamp / 64] >> (stamp % 64) & 1) != 0) {
        return false;
    }
    seen[stamp / 64] |= (uint64_t)1 << (stamp % 64);
    return true;
}

/* Whether each stamp was drawn and is claimed once, as in every recording that nobody wrote over. */
static bool stamps_are_sound(const struct reader *r) {
    const struct shim_history *history = r->history;
    size_t calls = history->call_count - r->first_call, events = history->event_count - r->first_event;
    if (r->last_stamp / 16 > 2 * calls + events) { /* a counter that was overwritten */
        return false;
    }
    uint64_t *seen = calloc((size_t)(r->last_stamp / 64) + 1, sizeof *seen);
    bool sound = seen != NULL;
    for (size_t i = r->first_call; sound && i < history->call_count; i++) {
        const struct shim_hist_call *call = &history->calls[i];
        sound = is_first(seen, r->last_stamp, call->enter) &&
                (call->leave == 0 || is_first(seen, r->last_stamp, call->leave));
    }
    for (size_t i = r->first_event; sound && i < history->event_count; i++) {
        uint64_t stamp = history->events[i].stamp;
        sound = stamp == 0 || is_first(seen, r->last_stamp, stamp);
    }
    free(seen);
    return sound;
}

/* Leaves out what claims a stamp that another record claims too, or one that was never drawn. */
static void check_stamps(struct reader *r) {
    struct shim_history *history = r->history;
    if (stamps_are_sound(r)) {
        return;
    }
    size_t count = 0, twice = 0;
    uint64_t *stamps = calloc(history->call_count * 2 + history->event_count + 1, sizeof *stamps);
    if (stamps == NULL) {
        r->no_memory = true;
        return;
    }
    for (size_t i = r->first_call; i < history->call_count; i++) {
        stamps[count++] = history->calls[i].enter;
        if (history->calls[i].leave != 0) {
            stamps[count++] = history->calls[i].leave;
        }
    }
    for (size_t i = r->first_event; i < history->event_count; i++) {
        if (history->events[i].stamp != 0) {
            stamps[count++] = history->events[i].stamp;
        }
    }
    qsort(stamps, count, sizeof *stamps, compare_stamps);
    /* A counter below the number of stamps was itself overwritten and says nothing. */
    uint64_t limit = r->last_stamp >= count ? r->last_stamp : UINT64_MAX;
    for (size_t i = 0; i < count; i++) {
        bool bad = stamps[i] > limit || (i + 1 < count && stamps[i] == stamps[i + 1]);
        if (bad && (twice == 0 || stamps[twice - 1] != stamps[i])) {
            stamps[twice++] = stamps[i]; /* never beyond what was already read */
        }
    }
    if (twice != 0) {
        drop_calls(r, stamps, twice);
        drop_events(r, stamps, twice);
        damage(r, "%zu stamps were never drawn or are claimed twice; these records are left out",
               twice);
    }
    free(stamps);
}

/* The rate of the tick counter, from both clocks then and now. */
static double measure_rate(const struct shim_recorder *recorder) {
    uint64_t ticks, ns;
    do { /* a short run: wait until the rate can be told to a few thousandths */
        ns = shim_map_clock() - recorder->ns0;
        ticks = shim_hot_ticks() - recorder->tick0;
    } while (ns < 1000000);
    double rate = ticks == 0 ? 0.0 : (double)ns / (double)ticks;
    return rate > 0.0 && rate < 1e6 ? rate : 0.0;
}

int shim_recorder_read(const struct shim_recorder *recorder, struct shim_history *history,
                       char *error, size_t error_size) {
    const struct shim_control *control =
        (const struct shim_control *)(const void *)recorder->map.base;
    struct reader *r = calloc(1, sizeof *r);
    if (r == NULL) {
        snprintf(error, error_size, "out of memory");
        return -1;
    }
    r->history = history;
    r->first_call = history->call_count;
    r->first_event = history->event_count;
    r->tick0 = recorder->tick0;
    r->ns_per_tick = measure_rate(recorder);
    r->last_stamp = atomic_load(&control->stamp);
    uint64_t taken = atomic_load(&control->chunks);
    for (r->chunk = 0; r->chunk < recorder->chunks && !r->no_memory; r->chunk++) {
        const unsigned char *chunk = recorder->map.base + (r->chunk + 1) * SHIM_CHUNK;
        static const struct shim_chunk nothing;
        bool empty = memcmp(chunk, &nothing, sizeof nothing) == 0;
        if (empty && r->chunk >= taken) {
            break;
        }
        if (!empty) {
            memcpy(r->bytes, chunk, SHIM_CHUNK);
            read_chunk(r);
        }
    }
    if (!r->no_memory) {
        check_stamps(r);
    }
    if (r->damages > REPORTS_MAX) {
        char text[80];
        snprintf(text, sizeof text, "%zu further damages", r->damages - REPORTS_MAX);
        shim_history_add_event(history, SHIM_EVENT_TRUNCATED, "damage", text);
    }
    if (atomic_load(&control->full) != 0 &&
        shim_history_add_event(history, SHIM_EVENT_TRUNCATED, "full",
                               "the recorder ran out of space; later calls are missing") == NULL) {
        r->no_memory = true;
    }
    shim_history_sort(history);
    bool good = !r->no_memory;
    if (!good) {
        snprintf(error, error_size, "out of memory while reading the recording");
    }
    free(r);
    return good ? 0 : -1;
}
