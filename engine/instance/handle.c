/*
 * Handle tables: chunks of slots that are never freed, so a lookup may read any slot at any time.
 * The state of a slot is one 64-bit word
 *
 *   generation (32) | live (1) | references (31)
 *
 * that only compare-and-swap and fetch-and-add change; the object's address is written before the
 * word that makes it live and is read only under a reference.
 */
#include "engine/instance/handle.h"

#include "engine/os/os.h"

enum {
    CHUNK_SLOTS = 1024,
    CHUNK_COUNT = 1024,
    KIND_COUNT = 3,
};

#define WORD_LIVE ((uint64_t)1 << 31)
#define WORD_REFS (WORD_LIVE - 1)
#define NO_SLOT   UINT32_MAX

struct slot {
    _Atomic uint64_t word;
    _Atomic uint64_t owner;
    _Atomic uint64_t holder; /* the handle by which somebody holds the object; 0: nobody */
    void *object;
    void (*destroy)(void *);
    uint32_t next_free;
    char apart[20]; /* what two threads use at once lies in different cache lines */
};

struct ese_handle_table {
    _Atomic(struct slot *) chunks[CHUNK_COUNT];
    struct ese_mutex lock; /* guards free_head and used */
    uint32_t free_head;
    uint32_t used; /* slots ever taken into service */
    _Atomic size_t count;
};

static struct ese_handle_table tables[KIND_COUNT] = {
    {.lock = ESE_MUTEX_INIT, .free_head = NO_SLOT},
    {.lock = ESE_MUTEX_INIT, .free_head = NO_SLOT},
    {.lock = ESE_MUTEX_INIT, .free_head = NO_SLOT},
};

struct ese_handle_table *ese_handle_table(enum ese_handle_kind kind)
{
    return &tables[(int)kind - (int)ESE_HANDLE_INSTANCE];
}

static uint64_t word_of(uint32_t generation, bool live, uint32_t refs)
{
    return (uint64_t)generation << 32 | (live ? WORD_LIVE : 0) | refs;
}

static uint32_t generation_of(uint64_t word)
{
    return (uint32_t)(word >> 32);
}

/* The slot a handle value names, or NULL when there is none: wrong kind, or a slot that was never
 * in service. */
static struct slot *find_slot(enum ese_handle_kind kind, uint64_t handle)
{
    uint32_t index = (uint32_t)(handle & 0xFFFFFF);
    if (handle >> 56 != (uint64_t)kind || index >= (uint32_t)CHUNK_SLOTS * CHUNK_COUNT) {
        return NULL;
    }
    struct slot *chunk = atomic_load_explicit(&ese_handle_table(kind)->chunks[index / CHUNK_SLOTS],
                                              memory_order_acquire);
    return chunk == NULL ? NULL : &chunk[index % CHUNK_SLOTS];
}

/* Takes a slot off the free list or into service; NO_SLOT when there is no memory or no room. Holds
 * the lock. */
static uint32_t take_slot(struct ese_handle_table *table)
{
    uint32_t index = table->free_head;
    if (index != NO_SLOT) {
        struct slot *chunk =
            atomic_load_explicit(&table->chunks[index / CHUNK_SLOTS], memory_order_relaxed);
        table->free_head = chunk[index % CHUNK_SLOTS].next_free;
        return index;
    }
    if (table->used == (uint32_t)CHUNK_SLOTS * CHUNK_COUNT) {
        return NO_SLOT;
    }
    index = table->used;
    if (index % CHUNK_SLOTS == 0) {
        struct slot *chunk = ese_calloc(CHUNK_SLOTS, sizeof *chunk);
        if (chunk == NULL) {
            return NO_SLOT;
        }
        for (size_t i = 0; i < CHUNK_SLOTS; i++) {
            atomic_init(&chunk[i].word, word_of(1, false, 0));
        }
        atomic_store_explicit(&table->chunks[index / CHUNK_SLOTS], chunk, memory_order_release);
    }
    table->used++;
    return index;
}

uint64_t ese_handle_publish(enum ese_handle_kind kind, uint64_t owner, void *object,
                            void (*destroy)(void *))
{
    struct ese_handle_table *table = ese_handle_table(kind);
    ese_mutex_lock(&table->lock);
    uint32_t index = take_slot(table);
    ese_mutex_unlock(&table->lock);
    if (index == NO_SLOT) {
        return 0;
    }
    struct slot *slot = &atomic_load_explicit(&table->chunks[index / CHUNK_SLOTS],
                                              memory_order_relaxed)[index % CHUNK_SLOTS];
    uint32_t generation = generation_of(atomic_load_explicit(&slot->word, memory_order_relaxed));
    atomic_store_explicit(&slot->owner, owner, memory_order_relaxed);
    slot->object = object;
    slot->destroy = destroy;
    atomic_fetch_add_explicit(&table->count, 1, memory_order_relaxed);
    atomic_store_explicit(&slot->word, word_of(generation, true, 1), memory_order_release);
    return (uint64_t)kind << 56 | (uint64_t)generation << 24 | index;
}

void *ese_handle_acquire(enum ese_handle_kind kind, uint64_t handle)
{
    struct slot *slot = find_slot(kind, handle);
    if (slot == NULL) {
        return NULL;
    }
    uint32_t generation = (uint32_t)(handle >> 24 & 0xFFFFFFFF);
    uint64_t word = atomic_load_explicit(&slot->word, memory_order_acquire);
    do {
        if (generation_of(word) != generation || (word & WORD_LIVE) == 0) {
            return NULL;
        }
    } while (!atomic_compare_exchange_weak_explicit(&slot->word, &word, word + 1,
                                                    memory_order_acq_rel, memory_order_acquire));
    return slot->object;
}

static bool is_live(uint64_t word, uint64_t handle)
{
    return generation_of(word) == (uint32_t)(handle >> 24 & 0xFFFFFFFF) && (word & WORD_LIVE) != 0;
}

/* A handle of a generation that is gone holds the slot for a moment, until it has seen that: who has a
 * live one waits for it. */
void *ese_handle_hold(enum ese_handle_kind kind, uint64_t handle, bool *taken)
{
    struct slot *slot = find_slot(kind, handle);
    uint64_t holder = 0;
    *taken = false;
    if (slot == NULL) {
        return NULL;
    }
    while (!atomic_compare_exchange_strong(&slot->holder, &holder, handle)) {
        if (holder == handle) {
            *taken = true;
            return NULL;
        }
        if (!is_live(atomic_load_explicit(&slot->word, memory_order_acquire), handle)) {
            return NULL;
        }
        ese_thread_yield();
        holder = 0;
    }
    if (is_live(atomic_load_explicit(&slot->word, memory_order_acquire), handle)) {
        return slot->object;
    }
    atomic_store_explicit(&slot->holder, 0, memory_order_release);
    return NULL;
}

void ese_handle_let_go(enum ese_handle_kind kind, uint64_t handle)
{
    atomic_store_explicit(&find_slot(kind, handle)->holder, 0, memory_order_release);
}

bool ese_handle_is_held(enum ese_handle_kind kind, uint64_t handle)
{
    struct slot *slot = find_slot(kind, handle);
    return slot != NULL && atomic_load(&slot->holder) == handle;
}

/* The second look at the word sees to it that the owner belongs to this generation. */
bool ese_handle_owner(enum ese_handle_kind kind, uint64_t handle, uint64_t *owner)
{
    struct slot *slot = find_slot(kind, handle);
    if (slot == NULL ||
        !is_live(atomic_load_explicit(&slot->word, memory_order_acquire), handle)) {
        return false;
    }
    *owner = atomic_load_explicit(&slot->owner, memory_order_acquire);
    return is_live(atomic_load_explicit(&slot->word, memory_order_acquire), handle);
}

void *ese_handle_peek(enum ese_handle_kind kind, uint64_t handle)
{
    struct slot *slot = find_slot(kind, handle);
    bool live = slot != NULL &&
                is_live(atomic_load_explicit(&slot->word, memory_order_acquire), handle);
    return live ? slot->object : NULL;
}

/* Returns a slot whose object is gone to the free list under its next generation. */
static void free_slot(struct ese_handle_table *table, struct slot *slot, uint32_t index,
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
    struct slot *slot = find_slot(kind, handle);
    uint64_t before = atomic_fetch_sub_explicit(&slot->word, 1, memory_order_acq_rel);
    if ((before & WORD_REFS) == 1) {
        slot->destroy(slot->object);
        free_slot(ese_handle_table(kind), slot, (uint32_t)(handle & 0xFFFFFF),
                  generation_of(before));
    }
}

bool ese_handle_withdraw(enum ese_handle_kind kind, uint64_t handle)
{
    struct slot *slot = find_slot(kind, handle);
    if (slot == NULL) {
        return false;
    }
    uint32_t generation = (uint32_t)(handle >> 24 & 0xFFFFFFFF);
    uint64_t word = atomic_load_explicit(&slot->word, memory_order_acquire);
    do {
        if (generation_of(word) != generation || (word & WORD_LIVE) == 0) {
            return false;
        }
    } while (!atomic_compare_exchange_weak_explicit(&slot->word, &word, word & ~WORD_LIVE,
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
