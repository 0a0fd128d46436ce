/* shims/schedule/freed_posix.c - freed blocks are filled, kept, and looked at again. */
#include "shims/schedule/freed.h"

#include <errno.h>
#include <malloc.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "shims/library/module.h"
#include "shims/schedule/control.h"

#define BLOCKS 8192u               /* that are kept, power of two */
#define BYTES ((size_t)16 << 20)   /* in all */
#define CHAINS 8192u               /* power of two */
#define FILL 0xDBu
#define FILLED ((size_t)8 << 10)    /* bytes of a block: more of a large one costs a schedule its page faults */

struct block {
    unsigned char *at;
    size_t size;
    const void *site;  /* who freed it */
    uint32_t next;     /* in its chain: 1 + index; 0: none */
};

/* In order of freeing: `first` is the oldest. */
static struct block blocks[BLOCKS];
static uint32_t first, count;
static size_t bytes;
static uint32_t chain[CHAINS]; /* 1 + index in `blocks`; 0: none */

static __typeof__(free) *real_free = free;
static __typeof__(malloc) *real_malloc = malloc;
static __typeof__(realloc) *real_realloc = realloc;

static uint32_t *chain_of(const void *at) {
    return &chain[(uint32_t)((uint64_t)(size_t)at * 0x9E3779B97F4A7C15u >> 40) & (CHAINS - 1)];
}

static const struct block *find(const void *at) {
    uint32_t i = *chain_of(at);
    while (i != 0 && blocks[i - 1].at != at) {
        i = blocks[i - 1].next;
    }
    return i != 0 ? &blocks[i - 1] : NULL;
}

/* The process ends: nothing that comes after the use of freed memory means anything. */
__attribute__((noreturn)) static void tell(const char *what, const struct block *block, const void *site) {
    char text[256], by[64] = "";
    if (site != NULL) {
        snprintf(by, sizeof by, ", now by the code at %p", site);
    }
    int length = snprintf(text, sizeof text, "freed memory was %s: a block of %zu bytes, freed by the code at %p%s\n", what,
                          block->size, block->site, by);
    if (length > 0 && write(STDERR_FILENO, text, (size_t)length) < 0) {
        abort();
    }
    abort();
}

static size_t filled_of(size_t size) {
    return size < FILLED ? size : FILLED;
}

static void look_at(const struct block *block) {
    const uint64_t filled = 0x0101010101010101u * FILL;
    for (size_t i = 0; i + 8 <= filled_of(block->size); i += 8) {
        uint64_t word;
        memcpy(&word, block->at + i, 8);
        if (word != filled) {
            tell("written to", block, NULL);
        }
    }
}

static void give_back_oldest(void) {
    struct block *block = &blocks[first];
    look_at(block);
    uint32_t *link = chain_of(block->at);
    while (*link != first + 1) {
        link = &blocks[*link - 1].next;
    }
    *link = block->next;
    if (shim_ct_memory_back != NULL) {
        shim_ct_memory_back(block->at, block->size);
    }
    bytes -= block->size;
    void *at = block->at;
    first = (first + 1) & (BLOCKS - 1);
    count--;
    real_free(at);
}

static void keep(void *gone, const void *site) {
    const struct block *twice = find(gone);
    if (twice != NULL) {
        tell("freed again", twice, site);
    }
    size_t size = malloc_usable_size(gone);
    if (size > SHIM_FREED_MOST) {
        real_free(gone);
        return;
    }
    while (count == BLOCKS || (count > 0 && bytes + size > BYTES)) {
        give_back_oldest();
    }
    uint32_t index = (first + count++) & (BLOCKS - 1);
    uint32_t *link = chain_of(gone);
    blocks[index] = (struct block){gone, size, site, *link};
    *link = index + 1;
    bytes += size;
    memset(gone, (int)FILL, filled_of(size));
    if (shim_ct_memory_gone != NULL) {
        shim_ct_memory_gone(gone, size);
    }
}

static void my_free(void *gone) {
    int error = errno;
    if (gone != NULL && shim_control_thread() >= 0) {
        keep(gone, __builtin_return_address(0));
    } else {
        real_free(gone);
    }
    errno = error;
}

static void *move(void *block, size_t size, const void *site) {
    if (block == NULL || size == 0 || shim_control_thread() < 0) {
        return real_realloc(block, size);
    }
    size_t before = malloc_usable_size(block);
    const struct block *gone = find(block);
    if (gone != NULL) {
        tell("moved", gone, site);
    }
    void *moved = real_malloc(size);
    if (moved != NULL) {
        memcpy(moved, block, before < size ? before : size);
        keep(block, site);
    }
    return moved;
}

static void *my_realloc(void *block, size_t size) {
    return move(block, size, __builtin_return_address(0));
}

static void *my_reallocarray(void *block, size_t members, size_t size) {
    size_t total;
    if (__builtin_mul_overflow(members, size, &total)) {
        errno = ENOMEM;
        return NULL;
    }
    return move(block, total, __builtin_return_address(0));
}

int shim_freed_redirect(struct shim_module *module) {
    if (shim_sanitizer_of_this_program() != SHIM_SAN_NONE) {
        return 0;
    }
    return shim_module_redirect(module, "free", (shim_entry)my_free, NULL) +
           shim_module_redirect(module, "realloc", (shim_entry)my_realloc, NULL) +
           shim_module_redirect(module, "reallocarray", (shim_entry)my_reallocarray, NULL);
}

void shim_freed_check(void) {
    for (uint32_t i = 0; i < count; i++) {
        look_at(&blocks[(first + i) & (BLOCKS - 1)]);
    }
}

void shim_freed_used(const void *address, size_t size, bool write, const void *site) {
    const unsigned char *at = address;
    for (uint32_t i = 0; i < count; i++) {
        const struct block *block = &blocks[(first + i) & (BLOCKS - 1)];
        if (at + size > block->at && at < block->at + block->size) {
            tell(write ? "written to" : "read", block, site);
        }
    }
    abort();
}
