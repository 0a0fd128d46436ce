/* shims/record/record_hot.c - what happens at every call.
 *
 * Compiled without any sanitizer, and it calls nothing that one intercepts (CMakeLists.txt sets the
 * flags, a test looks at the object's symbols): if ThreadSanitizer saw the stamp counter, every call
 * would happen before the next one, and no race of an engine would be left to report. So there is no
 * memcpy here, and structs are not assigned.
 *
 * The stamp of an entry is drawn as the last thing before the call, that of a return as the first
 * thing after it: the interval of a call holds the call and as little else as possible.
 */
#include "shims/record/layout.h"

#define RELAXED memory_order_relaxed
#define RELEASE memory_order_release

/* A word at any address, of memory that has another type. */
typedef uint64_t __attribute__((aligned(1), may_alias)) any_u64;
typedef uint32_t __attribute__((aligned(1), may_alias)) any_u32;
typedef uint16_t __attribute__((aligned(1), may_alias)) any_u16;

uint64_t shim_hot_ticks(void) {
#if defined(__x86_64__)
    return __builtin_ia32_rdtsc();
#else
    return shim_map_clock();
#endif
}

static uint64_t draw_stamp(struct shim_recorder_actor *actor) {
    return atomic_fetch_add_explicit(&actor->control->stamp, 1, memory_order_seq_cst) + 1;
}

uint64_t shim_recorder_stamp(struct shim_recorder *recorder) {
    struct shim_control *control = (struct shim_control *)(void *)recorder->map.base;
    return atomic_fetch_add_explicit(&control->stamp, 1, memory_order_seq_cst) + 1;
}

static void copy(unsigned char *to, const unsigned char *from, size_t size) {
    for (; size >= 8; size -= 8, to += 8, from += 8) {
        *(any_u64 *)to = *(const any_u64 *)from;
    }
    for (; size > 0; size--) {
        *to++ = *from++;
    }
}

/* Takes the next free chunk. False if there is none. */
static __attribute__((noinline)) bool take_chunk(struct shim_recorder_actor *actor) {
    struct shim_recorder *recorder = actor->recorder;
    actor->at = actor->end = NULL;
    if (atomic_load_explicit(&actor->control->full, RELAXED) != 0) {
        return false;
    }
    uint64_t chunk = atomic_fetch_add_explicit(&actor->control->chunks, 1, RELAXED);
    size_t offset = (size_t)(chunk + 1) * SHIM_CHUNK;
    if (chunk >= recorder->chunks || !shim_map_reserve(&recorder->map, offset, SHIM_CHUNK)) {
        atomic_store_explicit(&actor->control->full, 1, RELAXED);
        return false;
    }
    struct shim_chunk *header = (struct shim_chunk *)(void *)(recorder->map.base + offset);
    header->actor = actor->actor;
    header->magic = SHIM_CHUNK_MAGIC;
    actor->at = recorder->map.base + offset + sizeof *header;
    actor->end = recorder->map.base + offset + SHIM_CHUNK;
    return true;
}

/* A place for `size` bytes plus the word 0 that ends the chunk's records. */
static unsigned char *room_for(struct shim_recorder_actor *actor, size_t size) {
    if ((size_t)(actor->end - actor->at) < size + 8 && !take_chunk(actor)) {
        return NULL;
    }
    return actor->at;
}

/* Copies text up to its end or `max` bytes; returns the bytes copied. */
static size_t copy_text(unsigned char *to, const unsigned char *from, size_t max, bool wide) {
    size_t size = 0;
    if (wide) {
        while (size + 2 <= max && *(const any_u16 *)(from + size) != 0) {
            *(any_u16 *)(to + size) = *(const any_u16 *)(from + size);
            size += 2;
        }
    } else {
        while (size < max && from[size] != 0) {
            to[size] = from[size];
            size++;
        }
    }
    return size;
}

static uint64_t load(const unsigned char *from, unsigned width) {
    return width == 8 ? *(const any_u64 *)from : *(const any_u32 *)from;
}

static uint64_t min(uint64_t a, uint64_t b) {
    return a < b ? a : b;
}

/* JET_ColInfoByColid, JET_ColInfoBaseByColid, with or without the bits above the level. */
static bool by_columnid(const struct shim_capture *capture, unsigned i, const uint64_t *args) {
    if (capture->blob[i].level == SHIM_NO_PARAM) {
        return false;
    }
    uint32_t level = (uint32_t)args[capture->blob[i].level] & 0x0fffffffu;
    return level == JET_ColInfoByColid || level == JET_ColInfoBaseByColid;
}

/* Keeps, or for results reserves, blob `i` at `at`. Returns the place behind it. */
static unsigned char *enter_blob(unsigned char *at, const struct shim_capture *capture, unsigned i,
                                 const uint64_t *args) {
    const unsigned char *from = (const unsigned char *)(uintptr_t)args[capture->blob[i].param];
    if (from == NULL) {
        return at;
    }
    struct shim_blob_record *blob = (struct shim_blob_record *)(void *)at;
    unsigned char *to = at + sizeof *blob;
    size_t size = 0, room;
    switch (capture->blob[i].kind) {
    case SHIM_BLOB_IN_TEXT:
        if (by_columnid(capture, i, args)) {
            copy(to, from, size = sizeof(JET_COLUMNID));
        } else {
            size = copy_text(to, from, capture->blob[i].wide ? SHIM_RAW_MAX : SHIM_BLOB_MAX,
                             capture->blob[i].wide);
        }
        room = size;
        break;
    case SHIM_BLOB_IN_DATA:
        if (capture->blob[i].size != SHIM_NO_PARAM) {
            size = (size_t)min((uint32_t)args[capture->blob[i].size], SHIM_BLOB_MAX);
        }
        copy(to, from, size);
        room = size;
        break;
    default:
        if (capture->blob[i].size == SHIM_NO_PARAM) {
            return at;
        }
        room = (size_t)min((uint32_t)args[capture->blob[i].size],
                           capture->blob[i].wide ? SHIM_RAW_MAX : SHIM_BLOB_MAX);
        break;
    }
    blob->param = capture->blob[i].param;
    blob->filled = capture->blob[i].kind <= SHIM_BLOB_IN_DATA;
    blob->size = (uint8_t)size;
    blob->room = (uint8_t)room;
    return at + SHIM_BLOB_SPACE(room);
}

/* Stores the arguments at `at`; *widths becomes how. Returns the place behind them. */
static unsigned char *enter_args(unsigned char *at, unsigned count, const uint64_t *args,
                                 uint32_t *widths) {
    uint32_t how = 0;
    for (unsigned i = 0; i < count; i++) {
        uint64_t word = args[i];
        if (word == 0) {
            continue;
        }
        if (word <= UINT32_MAX) {
            *(any_u32 *)at = (uint32_t)word;
            at += 4;
            how |= (uint32_t)SHIM_WIDTH_UNSIGNED << 2 * i;
        } else if ((int64_t)word == (int32_t)word) {
            *(any_u32 *)at = (uint32_t)word;
            at += 4;
            how |= (uint32_t)SHIM_WIDTH_SIGNED << 2 * i;
        } else {
            *(any_u64 *)at = word;
            at += 8;
            how |= (uint32_t)SHIM_WIDTH_64 << 2 * i;
        }
    }
    *widths = how;
    return at + (-(uintptr_t)at & 7);
}

void shim_hot_enter(void *context, struct shim_call *call) {
    struct shim_recorder_actor *actor = context;
    const struct shim_capture *capture = &(*actor->captures)[call->fn][call->variant];
    unsigned depth = actor->depth++;
    struct shim_call_record *record = NULL;
    unsigned char *end = NULL;
    uint32_t widths = 0;
    if (depth < SHIM_DEPTH) {
        struct shim_open_call *open = &actor->open[depth];
        record = (struct shim_call_record *)(void *)room_for(actor, capture->room);
        open->record = record;
        open->inside = (uint32_t)call->fn + 1;
        if (record != NULL) {
            end = enter_args((unsigned char *)(record + 1), capture->args, call->args, &widths);
            uint64_t *outs = (uint64_t *)(void *)end;
            for (unsigned i = 0; i < capture->out_count; i++) {
                const unsigned char *from =
                    (const unsigned char *)(uintptr_t)call->args[capture->out[i].param];
                if (capture->out[i].at_entry && from != NULL) {
                    outs[i] = load(from, capture->out[i].width);
                }
            }
            open->outs = outs;
            end = open->blobs = (unsigned char *)(outs + capture->out_count);
            for (unsigned i = 0; i < capture->blob_count; i++) {
                end = enter_blob(end, capture, i, call->args);
            }
            actor->at = open->end = end;
        }
    }
    atomic_store_explicit(&actor->slot->inside, (uint32_t)call->fn + 1, RELAXED);
    uint64_t ticks = shim_hot_ticks();
    uint64_t stamp = draw_stamp(actor);
    if (record != NULL) {
        size_t size = (size_t)(end - (unsigned char *)record);
        record->enter_tick = ticks;
        record->enter = stamp;
        atomic_store_explicit(&record->head,
                              SHIM_HEAD(size, SHIM_RECORD_CALL, call->variant, call->fn,
                                        actor->actor, widths),
                              RELEASE);
    }
}

/* Fills the reserved blobs of results. Returns the place behind what is used of the record. */
static unsigned char *leave_blobs(unsigned char *at, const struct shim_capture *capture,
                                  const struct shim_call *call) {
    unsigned char *used = at;
    for (unsigned i = 0; i < capture->blob_count; i++) {
        const unsigned char *from =
            (const unsigned char *)(uintptr_t)call->args[capture->blob[i].param];
        if (from == NULL || (capture->blob[i].kind >= SHIM_BLOB_OUT_TEXT &&
                             capture->blob[i].size == SHIM_NO_PARAM)) {
            continue;
        }
        struct shim_blob_record *blob = (struct shim_blob_record *)(void *)at;
        unsigned char *to = at + sizeof *blob;
        if (capture->blob[i].kind >= SHIM_BLOB_OUT_TEXT && call->result >= 0) {
            uint64_t size = (uint32_t)call->args[capture->blob[i].size];
            if (capture->blob[i].kind == SHIM_BLOB_OUT_TEXT) {
                size = copy_text(to, from, (size_t)min(size, blob->room), capture->blob[i].wide);
            } else {
                uint64_t actual = capture->blob[i].actual == SHIM_NO_PARAM
                                      ? 0
                                      : call->args[capture->blob[i].actual];
                if (actual != 0) {
                    size = min(size, *(const any_u32 *)(uintptr_t)actual);
                }
                size = min(size, blob->room);
                copy(to, from, (size_t)size);
            }
            blob->size = (uint8_t)size;
            blob->filled = 1;
        }
        used = at + SHIM_BLOB_SPACE(blob->size);
        at += SHIM_BLOB_SPACE(blob->room);
    }
    return used;
}

void shim_hot_leave(void *context, struct shim_call *call) {
    struct shim_recorder_actor *actor = context;
    uint64_t stamp = draw_stamp(actor);
    uint64_t ticks = shim_hot_ticks();
    unsigned depth = --actor->depth;
    unsigned known = depth < SHIM_DEPTH ? depth : SHIM_DEPTH;
    uint32_t outer = known > 0 ? actor->open[known - 1].inside : 0;
    atomic_store_explicit(&actor->slot->inside, outer, RELAXED);
    atomic_store_explicit(&actor->slot->calls,
                          atomic_load_explicit(&actor->slot->calls, RELAXED) + 1, RELAXED);
    struct shim_open_call *open = &actor->open[known];
    if (depth >= SHIM_DEPTH || open->record == NULL) {
        return;
    }
    const struct shim_capture *capture = &(*actor->captures)[call->fn][call->variant];
    struct shim_call_record *record = open->record;
    for (unsigned i = 0; i < capture->out_count; i++) {
        const unsigned char *from =
            (const unsigned char *)(uintptr_t)call->args[capture->out[i].param];
        if (from != NULL) {
            open->outs[i] = load(from + capture->out[i].offset, capture->out[i].width);
        }
    }
    if (capture->blob_count != 0) {
        unsigned char *used = leave_blobs(open->blobs, capture, call);
        /* Space that was reserved in vain is given back if nothing follows. It is still zero. */
        if (actor->at == open->end && used < open->end) {
            uint64_t head = atomic_load_explicit(&record->head, RELAXED) & ~(uint64_t)0xfff;
            actor->at = used;
            head |= (uint64_t)(used - (unsigned char *)record) / 8;
            atomic_store_explicit(&record->head, head, RELEASE);
        }
    }
    uint64_t took = ticks - record->enter_tick;
    if (took >= SHIM_TOOK_LONG) {
        took = SHIM_TOOK_LONG | min(took >> 20, SHIM_TOOK_LONG - 1);
    }
    /* The next entry writes there, and its stamp waits for these stores. */
    __builtin_prefetch(actor->at, 1);
    __builtin_prefetch(actor->at + 64, 1);
    record->took = (uint32_t)took;
    record->result = call->result;
    atomic_store_explicit(&record->leave, stamp, RELEASE);
}

void shim_hot_event(struct shim_recorder_actor *actor, enum shim_event_kind kind, const char *name,
                    uint32_t name_size, const char *text, uint32_t text_size,
                    const int64_t value[4]) {
    size_t size = sizeof(struct shim_event_record) + name_size + text_size;
    size = (size + 7) & ~(size_t)7;
    struct shim_event_record *record =
        (struct shim_event_record *)(void *)room_for(actor, size);
    uint64_t stamp = draw_stamp(actor);
    if (record == NULL) {
        return;
    }
    unsigned char *to = (unsigned char *)(record + 1);
    if (name_size != 0) {
        copy(to, (const unsigned char *)name, name_size - 1);
    }
    if (text_size != 0) {
        copy(to + name_size, (const unsigned char *)text, text_size - 1);
    }
    for (unsigned i = 0; i < 4; i++) {
        record->value[i] = value == NULL ? 0 : value[i];
    }
    record->name_size = name_size;
    record->text_size = text_size;
    record->tick = shim_hot_ticks();
    record->stamp = stamp;
    actor->at += size;
    atomic_store_explicit(&record->head,
                          SHIM_HEAD(size, SHIM_RECORD_EVENT, 0, kind, actor->actor, 0), RELEASE);
}

uint64_t shim_recorder_progress(const struct shim_recorder *recorder) {
    const struct shim_control *control =
        (const struct shim_control *)(const void *)recorder->map.base;
    return atomic_load_explicit(&control->stamp, RELAXED);
}

enum shim_fn shim_recorder_inside(const struct shim_recorder *recorder, uint32_t actor,
                                  uint64_t *calls) {
    if (actor >= SHIM_MAX_ACTORS) {
        if (calls != NULL) {
            *calls = 0;
        }
        return SHIM_FN_NONE;
    }
    const struct shim_slot *slot =
        (const struct shim_slot *)(const void *)(recorder->map.base + SHIM_SLOTS_AT) + actor;
    if (calls != NULL) {
        *calls = atomic_load_explicit(&slot->calls, RELAXED);
    }
    uint32_t inside = atomic_load_explicit(&slot->inside, RELAXED);
    return inside == 0 || inside > SHIM_FN_COUNT ? SHIM_FN_NONE : (enum shim_fn)(inside - 1);
}
