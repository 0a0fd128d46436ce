/* shims/fault/memory_posix.c - the blocks of memory that an engine has, by the call stack that made them.
 *
 * Campaigns fork a process for every run, and each page that a run touches is a fault and a copy: so blocks and stacks lie
 * side by side as they come, and neighbours in memory have neighbouring places in the table of addresses. A block whose
 * place would be too far away is not followed: leaks may be missed and are never made up. What libc itself allocates
 * for an engine (a directory stream) is not seen.
 */
#include <sched.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>

#include "shims/fault/inside.h"

#define PLACES (1u << 20)
#define FARTHEST 64
#define BLOCKS (1u << 18)
#define STACKS (1u << 13)
#define KEPT_FRAMES 10
#define SIZES 64
#define GONE UINT32_MAX

struct block {
    uintptr_t address; /* 0: free, and `size` is the number + 1 of the next free one */
    size_t size;
    uint32_t stack;    /* in all->stacks */
};

struct stack {
    uint64_t hash;
    void *frames[KEPT_FRAMES];
    int frame_count;
};

/* Everything there is. */
static struct memory {
    uint32_t block_count, stack_count;
    size_t free;                      /* a block's number + 1, or 0 */
    bool lean;                        /* stacks are looked at for blocks of these sizes only */
    size_t sizes[SIZES], size_count;
    struct stack stacks[STACKS];      /* from 1 on; 0 is all that were not looked at */
    uint16_t stack_places[STACKS * 2]; /* a stack's number; 0: free */
    struct block blocks[BLOCKS];
    uint32_t places[PLACES];          /* a block's number + 1; 0: free; GONE: was one */
} *all;
static atomic_flag lock = ATOMIC_FLAG_INIT;

/* Never held across anything that waits or allocates. */
static void take(void) {
    while (atomic_flag_test_and_set_explicit(&lock, memory_order_acquire)) {
        sched_yield();
    }
}

static void give(void) {
    atomic_flag_clear_explicit(&lock, memory_order_release);
}

/* Where the address is in the table, or with `make` could be; or NULL. */
static uint32_t *place(uintptr_t address, bool make) {
    uint64_t at = (address >> 4) + (address >> 24) * 0x9E3779B97F4A7C15u;
    uint32_t *open = NULL;
    for (unsigned i = 0; i < FARTHEST; i++) {
        uint32_t *number = &all->places[(at + i) % PLACES];
        if (*number != 0 && *number != GONE && all->blocks[*number - 1].address == address) {
            return number;
        }
        if (open == NULL && (*number == 0 || *number == GONE)) {
            open = number;
        }
        if (*number == 0) {
            break;
        }
    }
    return make ? open : NULL;
}

/* 0: there is no room for another one. */
static uint32_t number_of_stack(uint64_t hash, void *const *frames, int count) {
    uint64_t at = hash;
    while (all->stack_places[at % (STACKS * 2)] != 0) {
        uint32_t known = all->stack_places[at++ % (STACKS * 2)];
        if (all->stacks[known].hash == hash) {
            return known;
        }
    }
    if (all->stack_count + 1 == STACKS) {
        return 0;
    }
    struct stack *stack = &all->stacks[++all->stack_count];
    stack->hash = hash;
    stack->frame_count = count < KEPT_FRAMES ? count : KEPT_FRAMES;
    memcpy(stack->frames, frames, (size_t)stack->frame_count * sizeof frames[0]);
    all->stack_places[at % (STACKS * 2)] = (uint16_t)all->stack_count;
    return all->stack_count;
}

/* A number + 1, or 0. */
static uint32_t free_block(void) {
    uint32_t number = (uint32_t)all->free;
    if (number != 0) {
        all->free = all->blocks[number - 1].size;
        return number;
    }
    return all->block_count < BLOCKS ? ++all->block_count : 0;
}

static void remove_block(uint32_t *number) {
    struct block *block = &all->blocks[*number - 1];
    block->address = 0;
    block->size = all->free;
    all->free = *number;
    *number = GONE;
}

static bool wants_stack(size_t size) {
    bool wanted = !all->lean;
    for (size_t i = 0; !wanted && i < all->size_count; i++) {
        wanted = all->sizes[i] == size;
    }
    return wanted;
}

void shim_fault_block_made(void *made, size_t size) {
    void *frames[SHIM_FAULT_FRAMES];
    if (made == NULL || all == NULL || (shim_fault_is_on() & SHIM_ON_MEMORY) == 0) {
        return;
    }
    bool wanted = wants_stack(size);
    int count = wanted ? shim_fault_stack(frames, SHIM_FAULT_FRAMES) : 0;
    uint64_t hash = wanted ? shim_fault_stack_hash(frames, count) : 0;
    take();
    uint32_t stack = wanted ? number_of_stack(hash, frames, count) : 0, *number = place((uintptr_t)made, true);
    bool room = number != NULL && (!wanted || stack != 0);
    uint32_t block = !room ? 0 : *number == 0 || *number == GONE ? free_block() : *number;
    if (block != 0) {
        *number = block;
        all->blocks[block - 1] = (struct block){(uintptr_t)made, size, stack};
    }
    give();
}

void shim_fault_block_gone(void *gone) {
    if (gone == NULL || all == NULL || (shim_fault_is_on() & SHIM_ON_MEMORY) == 0) {
        return;
    }
    take();
    uint32_t *number = place((uintptr_t)gone, false);
    if (number != NULL) {
        remove_block(number);
    }
    give();
}

void shim_fault_range_gone(void *begin, size_t size) {
    uintptr_t from = (uintptr_t)begin, to = from + size;
    if (all == NULL || (shim_fault_is_on() & SHIM_ON_MEMORY) == 0) {
        return;
    }
    take();
    uint32_t *first = place(from, false);
    bool whole = first != NULL && all->blocks[*first - 1].size >= size;
    if (whole) {
        remove_block(first);
    }
    for (uint32_t i = 0; !whole && i < all->block_count; i++) {
        const struct block *block = &all->blocks[i];
        if (block->address != 0 && block->address < to && block->address + block->size > from) {
            remove_block(place(block->address, false));
        }
    }
    give();
}

void shim_faults_follow_memory(const struct shim_fault_block *usual, size_t usual_count) {
    if (all != NULL) {
        take(); /* threads that were left behind may still look */
        madvise(all, sizeof *all, MADV_DONTNEED);
        give();
    } else {
        void *made = mmap(NULL, sizeof *all, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
        all = made == MAP_FAILED ? NULL : made;
    }
    if (all != NULL) {
        all->lean = usual != NULL && usual_count <= SIZES;
        for (size_t i = 0; all->lean && i < usual_count; i++) {
            all->lean = usual[i].size != 0; /* one of several sizes */
            all->sizes[all->size_count++] = usual[i].size;
        }
        atomic_fetch_or(&shim_fault_on, (unsigned)SHIM_ON_MEMORY);
    }
}

static int by_stack(const void *a, const void *b) {
    uint64_t left = ((const struct shim_fault_block *)a)->stack, right = ((const struct shim_fault_block *)b)->stack;
    return left < right ? -1 : left > right;
}

size_t shim_faults_blocks(struct shim_fault_block *out, size_t room) {
    size_t count = 0, kept = 0;
    take();
    for (uint32_t i = 0; all != NULL && i < all->block_count && count < room; i++) {
        if (all->blocks[i].address != 0) {
            out[count++] = (struct shim_fault_block){all->stacks[all->blocks[i].stack].hash, 1, all->blocks[i].size,
                                                     all->blocks[i].size};
        }
    }
    give();
    qsort(out, count, sizeof *out, by_stack);
    for (size_t i = 0; i < count; i++) {
        if (kept > 0 && out[kept - 1].stack == out[i].stack) {
            out[kept - 1].blocks++;
            out[kept - 1].bytes += out[i].bytes;
            out[kept - 1].size = out[kept - 1].size == out[i].size ? out[i].size : 0;
        } else {
            out[kept++] = out[i];
        }
    }
    return kept;
}

static uint64_t usual_of(const struct shim_fault_block *usual, size_t count, uint64_t stack) {
    for (size_t i = 0; i < count; i++) {
        if (usual[i].stack == stack) {
            return usual[i].blocks;
        }
    }
    return 0;
}

void shim_faults_look_for_leaks(const struct shim_fault_block *usual, size_t usual_count) {
    static struct shim_fault_block left[1 << 14];
    struct shim_fault_log *log = shim_fault_log_now();
    size_t count = shim_faults_blocks(left, sizeof left / sizeof left[0]);
    uint64_t shown = 0;
    for (size_t i = 0; log != NULL && i < count; i++) {
        uint64_t expected = usual_of(usual, usual_count, left[i].stack);
        if (left[i].blocks > expected) {
            log->leaked += left[i].blocks - expected;
            log->leaked_bytes += left[i].bytes / left[i].blocks * (left[i].blocks - expected);
            log->unsure = log->unsure || left[i].stack == 0;
            shown = shown == 0 ? left[i].stack : shown;
        }
    }
    for (uint32_t i = 1; log != NULL && log->leaked > 0 && i <= all->stack_count; i++) {
        if (all->stacks[i].hash == shown) {
            memcpy(log->leak_frames, all->stacks[i].frames, sizeof all->stacks[i].frames);
            log->leak_frame_count = all->stacks[i].frame_count;
            break;
        }
    }
}
