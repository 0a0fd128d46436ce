/* shims/record/layout.h - inside of shims/record: how the mapping is laid out.
 *
 *   0                 control page: identity, stamp counter, chunk counter
 *   SHIM_SLOTS_AT     one slot of activity per actor
 *   SHIM_CHUNK * 1    chunk 0: header, records
 *   SHIM_CHUNK * 2    chunk 1 ...
 *
 * A chunk belongs to one actor. Its records follow each other without gaps; the word 0 ends them. A
 * record becomes visible with the store of its first word, a return with the store of `leave`, both
 * of them after everything they cover. So whatever moment a process dies at, what is visible is whole.
 *
 * All words are in the byte order of the machine: writer and reader are the same machine.
 */
#ifndef ESECHECK_SHIMS_RECORD_LAYOUT_H
#define ESECHECK_SHIMS_RECORD_LAYOUT_H

#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>

#include "shims/record/map.h"
#include "shims/record/record.h"

#define SHIM_RECORD_MAGIC UINT64_C(0x3143455248434553) /* "SECHREC1" */
#define SHIM_CHUNK_MAGIC UINT64_C(0x4b4e554843455345)  /* "ESECHUNK" */
#define SHIM_RECORD_VERSION 1u
#define SHIM_CHUNK ((size_t)65536)
#define SHIM_SLOTS_AT ((size_t)4096)

struct shim_control {
    uint64_t magic;
    uint32_t version;
    uint32_t chunk;
    uint64_t size;
    uint64_t tick0, ns0;                    /* both clocks at creation */
    _Alignas(64) _Atomic uint64_t stamp;    /* the last one drawn */
    _Alignas(64) _Atomic uint64_t chunks;   /* chunks taken, or more when none is left */
    _Alignas(64) _Atomic uint32_t full;
};

struct shim_slot {
    _Alignas(64) _Atomic uint64_t calls;    /* finished */
    _Atomic uint32_t inside;                /* function + 1, or 0 */
};

struct shim_chunk {
    uint64_t magic;
    uint64_t actor;
    uint64_t spare[2];
};

/* First word of a record: size in words, kind, variant, function or event kind, actor, and for each
 * argument in two bits how it is stored (enum shim_width). Memory is what recording costs most, so
 * words that are 0 or fit into 32 bits take no more than that. */
#define SHIM_HEAD_MARK 0xe5u
#define SHIM_HEAD(size, kind, variant, code, actor, widths)                                        \
    ((uint64_t)((size) / 8) | (uint64_t)(kind) << 12 | (uint64_t)(variant) << 14 |                 \
     (uint64_t)(code) << 16 | (uint64_t)(actor) << 26 | (uint64_t)(widths) << 34 |                 \
     (uint64_t)SHIM_HEAD_MARK << 56)
#define SHIM_HEAD_SIZE(head) ((size_t)((head)&0xfff) * 8)
#define SHIM_HEAD_KIND(head) ((unsigned)((head) >> 12 & 3))
#define SHIM_HEAD_VARIANT(head) ((unsigned)((head) >> 14 & 3))
#define SHIM_HEAD_CODE(head) ((unsigned)((head) >> 16 & 0x3ff))
#define SHIM_HEAD_ACTOR(head) ((unsigned)((head) >> 26 & 0xff))
#define SHIM_HEAD_WIDTHS(head) ((uint32_t)((head) >> 34 & 0xfffff))

enum { SHIM_RECORD_CALL = 1, SHIM_RECORD_EVENT = 2 };
enum shim_width { SHIM_WIDTH_0, SHIM_WIDTH_UNSIGNED, SHIM_WIDTH_SIGNED, SHIM_WIDTH_64 };

/* Followed by the arguments without gaps (up to a multiple of 8), one word per `out` of the capture,
 * blobs. An out was read if its pointer was not null; before the return, if it is an INOUT. */
struct shim_call_record {
    _Atomic uint64_t head;
    uint64_t enter, enter_tick;
    _Atomic uint64_t leave;
    int32_t result;
    uint32_t took; /* ticks until the return; above SHIM_TOOK_LONG in units of 2^20 */
};
#define SHIM_TOOK_LONG UINT32_C(0x80000000)

/* Followed by data; header and data together take a multiple of 8 bytes. The last blob of a call may
 * be cut behind its `size`. */
struct shim_blob_record {
    uint8_t param;
    uint8_t filled; /* 0: an OUT_ blob that was not written */
    uint8_t size;   /* bytes that count */
    uint8_t room;   /* bytes reserved */
};
#define SHIM_BLOB_SPACE(room) ((sizeof(struct shim_blob_record) + (room) + 7) & ~(size_t)7)

/* Followed by name and text. Sizes are 1 more than the length; 0: none. */
struct shim_event_record {
    _Atomic uint64_t head;
    uint64_t stamp, tick;
    int64_t value[4];
    uint32_t name_size, text_size;
};

#define SHIM_NAME_MAX 1024
#define SHIM_TEXT_MAX 16384

/* What to keep of a function's arguments, made once from the roles in jet_api.def. */
enum shim_blob_kind { SHIM_BLOB_IN_TEXT, SHIM_BLOB_IN_DATA, SHIM_BLOB_OUT_TEXT, SHIM_BLOB_OUT_DATA };

#define SHIM_NO_PARAM 0xff
#define SHIM_RAW_MAX (2 * SHIM_BLOB_MAX) /* UTF-16 is kept as it is; the reader converts */

struct shim_capture {
    uint8_t args, out_count, blob_count;
    uint16_t room; /* bytes of the largest record */
    struct {
        uint8_t param;
        uint8_t width;    /* 4 or 8 bytes */
        uint8_t at_entry; /* INOUT: read before the call as well */
        uint16_t offset;  /* of the value behind the pointer */
    } out[SHIM_MAX_ARGS];
    struct {
        uint8_t param;
        uint8_t kind;
        uint8_t wide;   /* text is UTF-16 */
        uint8_t size;   /* parameter with its size */
        uint8_t actual; /* parameter that points to the size written */
        uint8_t level;  /* parameter that tells whether it is text or a JET_COLUMNID * */
    } blob[SHIM_MAX_ARGS];
};

typedef struct shim_capture shim_capture_table[SHIM_FN_COUNT][SHIM_VARIANT_COUNT];
/* The table; made at the first call (thread-safe). */
const shim_capture_table *shim_captures(void);

struct shim_recorder {
    struct shim_map map;
    size_t chunks;        /* room */
    uint64_t tick0, ns0;  /* own copy: nobody else can smash it */
};

#define SHIM_DEPTH 16 /* calls inside callbacks of calls ... that are recorded */

struct shim_recorder_actor {
    unsigned char *at, *end; /* what is left of the actor's chunk */
    struct shim_control *control;
    struct shim_slot *slot;
    const shim_capture_table *captures;
    struct shim_recorder *recorder;
    uint32_t actor;
    unsigned depth; /* calls entered and not left */
    struct shim_open_call {
        struct shim_call_record *record; /* NULL: not recorded */
        uint64_t *outs;
        unsigned char *blobs, *end;
        uint32_t inside;
    } open[SHIM_DEPTH];
};

/* record_hot.c */
void shim_hot_enter(void *context, struct shim_call *call);
void shim_hot_leave(void *context, struct shim_call *call);
void shim_hot_event(struct shim_recorder_actor *actor, enum shim_event_kind kind, const char *name,
                    uint32_t name_size, const char *text, uint32_t text_size,
                    const int64_t value[4]);
uint64_t shim_hot_ticks(void);

#endif
