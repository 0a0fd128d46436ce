/*
 * Handles: what callers hold instead of pointers.
 *
 * A handle is a 64-bit value made of the kind of object, a slot number and the slot's generation.
 * Looking one up reads only the engine's own tables, so nil, stale, foreign and random values are
 * recognised without touching memory that they name. A slot's generation moves on when its object
 * dies; a handle value is therefore never given out twice (a slot whose generation is used up is
 * taken out of service).
 *
 *   bits 62..56  kind        bits 55..24  generation, never 0        bits 23..0  slot
 *
 * Objects are counted. Publishing gives the table one reference, every successful acquire one more;
 * retiring takes the handle out of circulation and drops the table's reference. The object is
 * destroyed by whoever drops the last one.
 *
 * An object can also be held: by one caller at a time, with a single atomic operation and without a
 * reference, because whoever retires the handle of such an object must be its holder. Holding
 * outlives the handle: until it is let go of, the slot is nobody else's.
 *
 * Thread safety: all functions may be called from any thread; acquire, release and hold take no lock.
 */
#ifndef ESE_INSTANCE_HANDLE_H
#define ESE_INSTANCE_HANDLE_H

#include <stdatomic.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "engine/os/os.h"

enum ese_handle_kind {
    ESE_HANDLE_INSTANCE = 0x51,
    ESE_HANDLE_SESSION = 0x52,
    ESE_HANDLE_CURSOR = 0x53,
};

/* ---- inside ---------------------------------------------------------------------------------- */

/*
 * A table is chunks of slots that are never freed, so a lookup may read any slot at any time. The
 * state of a slot is one 64-bit word
 *
 *   generation (32) | live (1) | references (31)
 *
 * that only compare-and-swap and fetch-and-add change; the object's address is written before the
 * word that makes it live and is read only under a reference or a hold.
 */
enum { ESE_HANDLE_CHUNK = 1024, ESE_HANDLE_CHUNKS = 1024, ESE_HANDLE_KINDS = 3 };

#define ESE_HANDLE_LIVE ((uint64_t)1 << 31)

struct ese_handle_slot {
    _Atomic uint64_t word;
    _Atomic uint64_t owner;
    _Atomic uint64_t holder; /* the handle by which somebody holds the object; 0: nobody */
    _Atomic(void *) object;
    void (*destroy)(void *);
    uint32_t next_free;
    char apart[20]; /* what two threads use at once lies in different cache lines */
};

struct ese_handle_table {
    _Atomic(struct ese_handle_slot *) chunks[ESE_HANDLE_CHUNKS];
    struct ese_mutex lock; /* guards free_head and used */
    uint32_t free_head;
    uint32_t used; /* slots ever taken into service */
    _Atomic size_t count;
};

/* By kind; they live as long as the process. */
extern struct ese_handle_table ese_handle_tables[ESE_HANDLE_KINDS];

static inline struct ese_handle_table *ese_handle_table(enum ese_handle_kind kind)
{
    return &ese_handle_tables[(int)kind - (int)ESE_HANDLE_INSTANCE];
}

static inline uint32_t ese_handle_generation(uint64_t word)
{
    return (uint32_t)(word >> 32);
}

/* The slot a handle value names, or NULL when there is none: wrong kind, or a slot that was never
 * in service. */
static inline struct ese_handle_slot *ese_handle_slot(enum ese_handle_kind kind, uint64_t handle)
{
    uint32_t index = (uint32_t)(handle & 0xFFFFFF);
    if (handle >> 56 != (uint64_t)kind || index >= (uint32_t)ESE_HANDLE_CHUNK * ESE_HANDLE_CHUNKS) {
        return NULL;
    }
    struct ese_handle_slot *chunk = atomic_load_explicit(
        &ese_handle_table(kind)->chunks[index / ESE_HANDLE_CHUNK], memory_order_acquire);
    return chunk == NULL ? NULL : &chunk[index % ESE_HANDLE_CHUNK];
}

static inline bool ese_handle_is_live(struct ese_handle_slot *slot, uint64_t handle)
{
    uint64_t word = atomic_load_explicit(&slot->word, memory_order_acquire);
    return (word & ESE_HANDLE_LIVE) != 0 &&
           ese_handle_generation(word) == (uint32_t)(handle >> 24 & 0xFFFFFFFF);
}

void *ese_handle_hold_contended(struct ese_handle_slot *slot, uint64_t handle, uint64_t holder,
                                bool *taken);

/* ---- use ------------------------------------------------------------------------------------- */

/*
 * Gives the object a handle. destroy is called with the object when its last reference is dropped,
 * by the thread that drops it. owner is the handle of what the object is part of, or 0. Returns 0
 * when memory or slots have run out; the object is then untouched.
 */
uint64_t ese_handle_publish(enum ese_handle_kind kind, uint64_t owner, void *object,
                            void (*destroy)(void *));

/* The same for an object without an owner, held by the caller: nobody comes by the handle before it is
 * let go of. */
uint64_t ese_handle_publish_held(enum ese_handle_kind kind, void *object, void (*destroy)(void *));

/* The object of a live handle, with a reference for the caller, or NULL for any other value. */
void *ese_handle_acquire(enum ese_handle_kind kind, uint64_t handle);

/* The object of a live handle, without a reference, and its owner; NULL for any other value. Both are
 * good only for callers without whom the handle cannot be retired, because they have hold of its
 * owner; others learn who the owner is, or was a moment ago: the second look at the word sees to it
 * that all belongs to this generation. */
static inline void *ese_handle_peek(enum ese_handle_kind kind, uint64_t handle, uint64_t *owner)
{
    struct ese_handle_slot *slot = ese_handle_slot(kind, handle);
    if (slot == NULL || !ese_handle_is_live(slot, handle)) {
        return NULL;
    }
    void *object = atomic_load_explicit(&slot->object, memory_order_relaxed);
    *owner = atomic_load_explicit(&slot->owner, memory_order_acquire);
    return ese_handle_is_live(slot, handle) ? object : NULL;
}

/* Holds the object of a live handle: NULL when the handle is dead, or *taken when somebody else holds
 * it. All holders of the handle see what the ones before did. */
static inline void *ese_handle_hold(enum ese_handle_kind kind, uint64_t handle, bool *taken)
{
    struct ese_handle_slot *slot = ese_handle_slot(kind, handle);
    uint64_t holder = 0;
    *taken = false;
    if (slot == NULL) {
        return NULL;
    }
    if (!atomic_compare_exchange_strong(&slot->holder, &holder, handle)) {
        return ese_handle_hold_contended(slot, handle, holder, taken);
    }
    if (ese_handle_is_live(slot, handle)) {
        return atomic_load_explicit(&slot->object, memory_order_relaxed);
    }
    atomic_store_explicit(&slot->holder, 0, memory_order_release);
    return NULL;
}

static inline void ese_handle_let_go(struct ese_handle_slot *slot)
{
    atomic_store_explicit(&slot->holder, 0, memory_order_release);
}

/* Whether somebody holds it now. */
static inline bool ese_handle_is_held(enum ese_handle_kind kind, uint64_t handle)
{
    struct ese_handle_slot *slot = ese_handle_slot(kind, handle);
    return slot != NULL && atomic_load(&slot->holder) == handle;
}

/* Drops a reference that acquire gave for this handle. */
void ese_handle_release(enum ese_handle_kind kind, uint64_t handle);

/* Ends the life of a handle. True for exactly one caller; every other caller and every dead handle
 * gets false. withdraw leaves the table's reference to the caller, who releases it later. */
bool ese_handle_retire(enum ese_handle_kind kind, uint64_t handle);
bool ese_handle_withdraw(enum ese_handle_kind kind, uint64_t handle);

/* Handles of the kind that are live or still referenced: 0 when nothing leaked. */
size_t ese_handle_count(enum ese_handle_kind kind);

#endif
