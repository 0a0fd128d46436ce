/* shims/fault/memory_posix.c - the blocks of memory that an engine has, by the call stack that made them.
 *
 * A table of addresses with open places; a block whose place would be too far away is not followed, so leaks may be
 * missed and are never made up. What libc itself allocates for an engine (a directory stream) is not seen.
 */
#include <sched.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>

#include "shims/fault/inside.h"

#define PLACES (1u << 18)
#define FARTHEST 64
#define KEPT_FRAMES 10

struct block {
    uintptr_t address; /* 0: free; 1: was one */
    size_t size;
    uint64_t stack;
    void *frames[KEPT_FRAMES];
    int frame_count;
};

#define GROUP 64 /* places that are looked at together */

static struct block *blocks; /* PLACES */
static bool touched[PLACES / GROUP]; /* groups that ever had a block: the others need no look, and no memory */
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

static struct block *place(uintptr_t address, bool make) {
    uint64_t at = (address >> 4) * 0x9E3779B97F4A7C15u >> 40;
    struct block *open = NULL;
    for (unsigned i = 0; i < FARTHEST; i++) {
        struct block *block = &blocks[(at + i) % PLACES];
        if (block->address == address) {
            return block;
        }
        if (open == NULL && block->address <= 1) {
            open = block;
        }
        if (block->address == 0) {
            break;
        }
    }
    return make ? open : NULL;
}

void shim_fault_block_made(void *made, size_t size) {
    void *frames[SHIM_FAULT_FRAMES];
    if (made == NULL || blocks == NULL || (shim_fault_is_on() & SHIM_ON_MEMORY) == 0) {
        return;
    }
    int count = shim_fault_stack(frames, SHIM_FAULT_FRAMES);
    uint64_t stack = shim_fault_stack_hash(frames, count);
    take();
    struct block *block = place((uintptr_t)made, true);
    if (block != NULL) {
        touched[(size_t)(block - blocks) / GROUP] = true;
        block->address = (uintptr_t)made;
        block->size = size;
        block->stack = stack;
        block->frame_count = count < KEPT_FRAMES ? count : KEPT_FRAMES;
        memcpy(block->frames, frames, (size_t)block->frame_count * sizeof frames[0]);
    }
    give();
}

void shim_fault_block_gone(void *gone) {
    if (gone == NULL || blocks == NULL || (shim_fault_is_on() & SHIM_ON_MEMORY) == 0) {
        return;
    }
    take();
    struct block *block = place((uintptr_t)gone, false);
    if (block != NULL) {
        block->address = 1;
    }
    give();
}

void shim_fault_range_gone(void *begin, size_t size) {
    uintptr_t from = (uintptr_t)begin, to = from + size;
    if (blocks == NULL || (shim_fault_is_on() & SHIM_ON_MEMORY) == 0) {
        return;
    }
    take();
    struct block *block = place(from, false);
    bool whole = block != NULL && block->address == from && block->size >= size;
    if (whole) {
        block->address = 1;
    }
    for (size_t i = 0; !whole && i < PLACES; i++) {
        if (i % GROUP == 0 && !touched[i / GROUP]) {
            i += GROUP - 1;
        } else if (blocks[i].address > 1 && blocks[i].address < to && blocks[i].address + blocks[i].size > from) {
            blocks[i].address = 1;
        }
    }
    give();
}

void shim_faults_follow_memory(void) {
    if (blocks == NULL) {
        void *made = mmap(NULL, PLACES * sizeof *blocks, PROT_READ | PROT_WRITE,
                          MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
        blocks = made == MAP_FAILED ? NULL : made;
    } else {
        take();
        for (size_t i = 0; i < PLACES; i += GROUP) {
            if (touched[i / GROUP]) {
                memset(&blocks[i], 0, GROUP * sizeof *blocks);
            }
        }
        give();
    }
    if (blocks != NULL) {
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
    for (size_t i = 0; blocks != NULL && i < PLACES && count < room; i++) {
        if (i % GROUP == 0 && !touched[i / GROUP]) {
            i += GROUP - 1;
        } else if (blocks[i].address > 1) {
            out[count++] = (struct shim_fault_block){blocks[i].stack, 1, blocks[i].size};
        }
    }
    give();
    qsort(out, count, sizeof *out, by_stack);
    for (size_t i = 0; i < count; i++) {
        if (kept > 0 && out[kept - 1].stack == out[i].stack) {
            out[kept - 1].blocks++;
            out[kept - 1].bytes += out[i].bytes;
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
            shown = shown == 0 ? left[i].stack : shown;
        }
    }
    for (size_t i = 0; log != NULL && log->leaked > 0 && i < PLACES; i++) {
        if (touched[i / GROUP] && blocks[i].address > 1 && blocks[i].stack == shown) {
            memcpy(log->leak_frames, blocks[i].frames, sizeof blocks[i].frames);
            log->leak_frame_count = blocks[i].frame_count;
            break;
        }
    }
}
