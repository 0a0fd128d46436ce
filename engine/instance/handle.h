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

enum ese_handle_kind {
    ESE_HANDLE_INSTANCE = 0x51,
    ESE_HANDLE_SESSION = 0x52,
    ESE_HANDLE_CURSOR = 0x53,
};

struct ese_handle_table;

/* The table of a kind; tables live as long as the process. */
struct ese_handle_table *ese_handle_table(enum ese_handle_kind kind);

/*
 * Gives the object a handle. destroy is called with the object when its last reference is dropped,
 * by the thread that drops it. owner is the handle of what the object is part of, or 0. Returns 0
 * when memory or slots have run out; the object is then untouched.
 */
uint64_t ese_handle_publish(enum ese_handle_kind kind, uint64_t owner, void *object,
                            void (*destroy)(void *));

/* The object of a live handle, with a reference for the caller, or NULL for any other value. */
void *ese_handle_acquire(enum ese_handle_kind kind, uint64_t handle);

/* The owner of a live handle; false for any other value. It may be dead a moment later. */
bool ese_handle_owner(enum ese_handle_kind kind, uint64_t handle, uint64_t *owner);

/* The object of a live handle without a reference, or NULL: for callers without whom the handle
 * cannot be retired, because they have hold of its owner. */
void *ese_handle_peek(enum ese_handle_kind kind, uint64_t handle);

/* Holds the object of a live handle: NULL when the handle is dead, or *taken when somebody else holds
 * it. All holders of the handle see what the ones before did. */
void *ese_handle_hold(enum ese_handle_kind kind, uint64_t handle, bool *taken);
void ese_handle_let_go(enum ese_handle_kind kind, uint64_t handle);
/* Whether somebody holds it now. */
bool ese_handle_is_held(enum ese_handle_kind kind, uint64_t handle);

/* Drops a reference that acquire gave for this handle. */
void ese_handle_release(enum ese_handle_kind kind, uint64_t handle);

/* Ends the life of a handle. True for exactly one caller; every other caller and every dead handle
 * gets false. withdraw leaves the table's reference to the caller, who releases it later. */
bool ese_handle_retire(enum ese_handle_kind kind, uint64_t handle);
bool ese_handle_withdraw(enum ese_handle_kind kind, uint64_t handle);

/* Handles of the kind that are live or still referenced: 0 when nothing leaked. */
size_t ese_handle_count(enum ese_handle_kind kind);

#endif
