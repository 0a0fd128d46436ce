#include "engine/instance/handle.h"

#include "engine/os/os.h"

#define WORD_REFS (ESE_HANDLE_LIVE - 1)
#define NO_SLOT   UINT32_MAX

struct ese_handle_table ese_handle_tables[ESE_HANDLE_KINDS] = {
    {.lock = ESE_MUTEX_INIT, .free_head = NO_SLOT},
    {.lock = ESE_MUTEX_INIT, .free_head = NO_SLOT},
    {.lock = ESE_MUTEX_INIT, .free_head = NO_SLOT},
};

static uint64_t word_of(uint32_t generation, bool live, uint32_t refs)
{
    return (uint64_t)generation << 32 | (live ? ESE_HANDLE_LIVE : 0) | refs;
}

/* Takes a slot off the free list or into service; NO_SLOT when there is no memory or no room. Holds
 * the lock. */
static uint32_t take_slot(struct ese_handle_table *table)
{
    uint32_t index = table->free_head;
    if (index != NO_SLOT) {
        struct ese_handle_slot *chunk =
            atomic_load_explicit(&table->chunks[index / ESE_HANDLE_CHUNK], memory_order_relaxed);
        table->free_head = chunk[index % ESE_HANDLE_CHUNK].next_free;
        return index;
    }
    if (table->used == (uint32_t)ESE_HANDLE_CHUNK * ESE_HANDLE_CHUNKS) {
        return NO_SLOT;
    }
    index = table->used;
    if (index % ESE_HANDLE_CHUNK == 0) {
        struct ese_handle_slot *chunk = ese_calloc(ESE_HANDLE_CHUNK, sizeof *chunk);
        if (chunk == NULL) {
            return NO_SLOT;
        }
        for (size_t i = 0; i < ESE_HANDLE_CHUNK; i++) {
            atomic_init(&chunk[i].word, word_of(1, false, 0));
        }
        atomic_store_explicit(&table->chunks[index / ESE_HANDLE_CHUNK], chunk, memory_order_release);
    }
    table->used++;
    return index;
}

static uint64_t publish(enum ese_handle_kind kind, uint64_t owner, void *object,
                        void (*destroy)(void *), bool held)
{
    struct ese_handle_table *table = ese_handle_table(kind);
    ese_mutex_lock(&table->lock);
    uint32_t index = take_slot(table);
    ese_mutex_unlock(&table->lock);
    if (index == NO_SLOT) {
        return 0;
    }
    struct ese_handle_slot *slot =
        &atomic_load_explicit(&table->chunks[index / ESE_HANDLE_CHUNK],
                              memory_order_relaxed)[index % ESE_HANDLE_CHUNK];
    uint32_t generation =
        ese_handle_generation(atomic_load_explicit(&slot->word, memory_order_relaxed));
    atomic_store_explicit(&slot->owner, owner, memory_order_relaxed);
    atomic_store_explicit(&slot->object, object, memory_order_relaxed);
    slot->destroy = destroy;
    atomic_fetch_add_explicit(&table->count, 1, memory_order_relaxed);
    uint64_t handle = (uint64_t)kind << 56 | (uint64_t)generation << 24 | index, nobody = 0;
    while (held && !atomic_compare_exchange_strong(&slot->holder, &nobody, handle)) {
        ese_thread_yield(); /* a handle of a former generation */
        nobody = 0;
    }
    atomic_store_explicit(&slot->word, word_of(generation, true, 1), memory_order_release);
    return handle;
}

uint64_t ese_handle_publish(enum ese_handle_kind kind, uint64_t owner, void *object,
                            void (*destroy)(void *))
{
    return publish(kind, owner, object, destroy, false);
}

uint64_t ese_handle_publish_held(enum ese_handle_kind kind, void *object, void (*destroy)(void *))
{
    return publish(kind, 0, object, destroy, true);
}

void *ese_handle_acquire(enum ese_handle_kind kind, uint64_t handle)
{
    struct ese_handle_slot *slot = ese_handle_slot(kind, handle);
    if (slot == NULL) {
        return NULL;
    }
    uint32_t generation = (uint32_t)(handle >> 24 & 0xFFFFFFFF);
    uint64_t word = atomic_load_explicit(&slot->word, memory_order_acquire);
    do {
        if (ese_handle_generation(word) != generation || (word & ESE_HANDLE_LIVE) == 0) {
            return NULL;
        }
    } while (!atomic_compare_exchange_weak_explicit(&slot->word, &word, word + 1,
                                                    memory_order_acq_rel, memory_order_acquire));
    return atomic_load_explicit(&slot->object, memory_order_relaxed);
}

/* A handle of a generation that is gone holds the slot for a moment, until it has seen that: who has a
 * live one waits for it. */
void *ese_handle_hold_contended(struct ese_handle_slot *slot, uint64_t handle, uint64_t holder,
                                bool *taken)
{
    do {
        if (holder == handle) {
            *taken = true;
            return NULL;
        }
        if (!ese_handle_is_live(slot, handle)) {
            return NULL;
        }
        ese_thread_yield();
        holder = 0;
    } while (!atomic_compare_exchange_strong(&slot->holder, &holder, handle));
    if (ese_handle_is_live(slot, handle)) {
        return atomic_load_explicit(&slot->object, memory_order_relaxed);
    }
    atomic_store_explicit(&slot->holder, 0, memory_order_release);
    return NULL;
}

/* Returns a slot whose object is gone to the free list under its next generation. */
static void free_slot(struct ese_handle_table *table, struct ese_handle_slot *slot, uint32_t index,
                      uint32_t generation)
{
    atomic_fetch_sub_explicit(&table->count, 1, memory_order_relaxed);
    if (generation == UINT32_MAX) {
        return;
    }
    atomic_store_explicit(&slot->word, word_of(generation + 1, false, 0), memory_order_release);
    ese_mutex_lock(&table->lock);
    slot->next_free = table->free_head;
    table->free_head = index;
    ese_mutex_unlock(&table->lock);
}

void ese_handle_release(enum ese_handle_kind kind, uint64_t handle)
{
    struct ese_handle_slot *slot = ese_handle_slot(kind, handle);
    uint64_t before = atomic_fetch_sub_explicit(&slot->word, 1, memory_order_acq_rel);
    if ((before & WORD_REFS) == 1) {
        slot->destroy(atomic_load_explicit(&slot->object, memory_order_relaxed));
        free_slot(ese_handle_table(kind), slot, (uint32_t)(handle & 0xFFFFFF),
                  ese_handle_generation(before));
    }
}

bool ese_handle_withdraw(enum ese_handle_kind kind, uint64_t handle)
{
    struct ese_handle_slot *slot = ese_handle_slot(kind, handle);
    if (slot == NULL) {
        return false;
    }
    uint32_t generation = (uint32_t)(handle >> 24 & 0xFFFFFFFF);
    uint64_t word = atomic_load_explicit(&slot->word, memory_order_acquire);
    do {
        if (ese_handle_generation(word) != generation || (word & ESE_HANDLE_LIVE) == 0) {
            return false;
        }
    } while (!atomic_compare_exchange_weak_explicit(&slot->word, &word, word & ~ESE_HANDLE_LIVE,
                                                    memory_order_acq_rel, memory_order_acquire));
    return true;
}

bool ese_handle_retire(enum ese_handle_kind kind, uint64_t handle)
{
    if (!ese_handle_withdraw(kind, handle)) {
        return false;
    }
    ese_handle_release(kind, handle);
    return true;
}

size_t ese_handle_count(enum ese_handle_kind kind)
{
    return atomic_load_explicit(&ese_handle_table(kind)->count, memory_order_relaxed);
}
