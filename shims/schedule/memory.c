/* shims/schedule/memory.c - memory accesses as decision points.
 *
 * The functions that -fsanitize=thread makes the compiler call, as an own runtime: code compiled so but
 * not linked with ThreadSanitizer asks the scheduler before an access to memory that threads share. A
 * program that contains this file exports them (ENABLE_EXPORTS), so that modules loaded later find them.
 *
 * Which accesses: every atomic one; of the others those to memory (in words of 8 bytes) that two threads
 * have touched in this run, one of them writing. The first of a word's threads goes on without a question
 * until the second comes, so memory that a thread keeps to itself costs no decision; and because the
 * rule looks at nothing but this run, the same decisions lead to the same questions again. The variables of modules, which
 * nobody has to make, count as touched by a thread of their own unless the first thread touched them while it was alone: else two
 * threads that share nothing but a counter would each do all they do with it at once. Of memory from calloc that its
 * maker did not touch this is not known. Accesses
 * within 256 KiB above the own stack pointer, up to where the stack begins, are the thread's own and pass: a variable on one
 * thread's stack that another one uses is seen from the other side only.
 *
 * Memory that the code gave back (freed.h) is watched: a use of it ends the process, told before it happens. What was
 * known of it is forgotten, so the next to have it begins anew.
 *
 * Not together with ThreadSanitizer itself in one program.
 */
#include <link.h>
#include <stdint.h>
#include <string.h>

#include "shims/library/module.h"
#include "shims/schedule/freed.h"
#include "shims/schedule/inside.h"

#define OWN_STACK (256u << 10)
#define WORDS_OF_ONE 512u     /* words of one access that are looked at: a page */
#define WORDS 512u            /* of a page */
#define PAGES 8192u           /* that are told apart: 32 MiB */
#define SLOTS 16384u          /* power of two, more than pages */
#define STATICS 512u          /* modules, more or less */

/* What is known of the words of a page in this run: 0, or 1 + the thread that touched it first, and the flags. In order
 * of first touch, for every schedule of a script is a fork, which pays for each page of this table that it writes. */
#define LOADER 0xffu          /* in place of a thread: what was there from the beginning */
#define SHARED 0x100u         /* another thread touched it, too */
#define WRITTEN 0x200u        /* since then */
#define FREED 0x400u          /* by the code under test; whoever had it before does not count any more */
#define ENDS (64u << 10)      /* bytes of a large block that are watched, at its beginning and its end */
static struct page {
    uint64_t number;          /* address / 4096 */
    uint16_t word[WORDS];
} pages[PAGES];
static uint32_t page_count;
static uint32_t slots[SLOTS]; /* `mark` << 16, and 1 + index in `pages`: what other runs left is not there */
static uint64_t run;
static uint32_t mark;         /* of the run, 1 to 65535 */
static struct page *latest;   /* that was looked at */

/* Where the variables of modules lie. */
static struct { uintptr_t begin, end; } statics[STATICS];
static uint32_t static_count;
static bool statics_known;

static int note_statics(struct dl_phdr_info *info, size_t size, void *unused) {
    (void)size;
    (void)unused;
    for (unsigned i = 0; i < info->dlpi_phnum && static_count < STATICS; i++) {
        const ElfW(Phdr) *segment = &info->dlpi_phdr[i];
        if (segment->p_type == PT_LOAD && (segment->p_flags & PF_W) != 0) {
            statics[static_count].begin = info->dlpi_addr + segment->p_vaddr;
            statics[static_count].end = statics[static_count].begin + segment->p_memsz;
            static_count++;
        }
    }
    return 0;
}

static void find_statics(void) {
    static_count = 0;
    dl_iterate_phdr(note_statics, NULL);
    statics_known = true;
}

static bool is_static(uintptr_t address) {
    for (uint32_t i = 0; i < static_count; i++) {
        if (address >= statics[i].begin && address < statics[i].end) {
            return true;
        }
    }
    return false;
}

static void begin_run(void) {
    if (!statics_known) {
        find_statics();
    }
    run = shim_ct.run;
    mark = 1 + (uint32_t)(run % 65535);
    page_count = 0;
    latest = NULL;
    for (uint32_t i = 0; mark == 1 && i < SLOTS; i++) { /* the marks begin again */
        slots[i] = 0;
    }
}

/* NULL when there is no room. */
static struct page *page_of(uint64_t number) {
    uint32_t at = (uint32_t)(number * 0x9E3779B97F4A7C15u >> 40) & (SLOTS - 1);
    if (latest != NULL && latest->number == number) {
        return latest;
    }
    for (; slots[at] >> 16 == mark; at = (at + 1) & (SLOTS - 1)) {
        struct page *page = &pages[(slots[at] & 0xffffu) - 1];
        if (page->number == number) {
            return latest = page;
        }
    }
    if (page_count == PAGES) {
        return NULL;
    }
    struct page *made = &pages[page_count++];
    slots[at] = mark << 16 | page_count;
    made->number = number;
    for (uint32_t i = 0; i < WORDS; i++) {
        made->word[i] = 0;
    }
    return latest = made;
}

static void mark_words(uintptr_t at, size_t size, uint16_t with) {
    if (run != shim_ct.run) {
        begin_run();
    }
    for (uintptr_t word = at / 8; word < (at + size) / 8; word++) {
        struct page *page = page_of(word / WORDS);
        if (page != NULL) {
            page->word[word % WORDS] = with;
        }
    }
}

static void note_block(const void *block, size_t size, uint16_t with) {
    if (shim_ct.memory) {
        uintptr_t at = (uintptr_t)block;
        mark_words(at, size < ENDS ? size : ENDS, with);
        if (size > ENDS) {
            mark_words(at + size - ENDS, ENDS, with);
        }
    }
}

void shim_ct_memory_gone(const void *block, size_t size) {
    note_block(block, size, FREED);
}

void shim_ct_memory_back(const void *block, size_t size) {
    note_block(block, size, 0);
}

/* Whether threads share the word and somebody writes it. */
static bool is_shared(uintptr_t at, uint32_t thread, bool write) {
    struct page *page = page_of(at / WORDS);
    if (page == NULL) {
        return true; /* no room to know better */
    }
    uint32_t word = page->word[at % WORDS];
    if (word == 0 && shim_ct.threads > 1 && is_static(at * 8)) {
        word = LOADER;
    }
    if (word == 0) {
        word = thread + 1;
    } else {
        word |= (word & 0xffu) != thread + 1 ? SHARED : 0;
        /* What its first thread wrote before is how it was made: to read that orders nothing. */
        word |= (word & SHARED) != 0 && write ? WRITTEN : 0;
    }
    page->word[at % WORDS] = (uint16_t)word;
    return (word & WRITTEN) != 0;
}

static bool is_freed(uintptr_t first, uintptr_t last) {
    for (uintptr_t word = first; word <= last; word++) {
        const struct page *page = page_of(word / WORDS);
        if (page != NULL && (page->word[word % WORDS] & FREED) != 0) {
            return true;
        }
    }
    return false;
}

/* Bytes above `frame` that are the calling thread's own. libc puts what pthread_self points to at the beginning of a stack,
 * but for that of the main thread; behind it anything may be, for one the variables of a module. */
static inline uintptr_t own_bytes(uintptr_t frame) {
#if defined(__x86_64__)
    uintptr_t begin;
    __asm__("movq %%fs:0, %0" : "=r"(begin));
#else
    uintptr_t begin = (uintptr_t)pthread_self();
#endif
    return begin - frame < OWN_STACK ? begin - frame : OWN_STACK;
}

static void ask(const void *address, size_t size, bool write, enum shim_op op, const void *site) {
    struct shim_ct_thread *self;
    if (!shim_ct.memory || (self = shim_ct_self()) == NULL) {
        return;
    }
    uintptr_t at = (uintptr_t)address, frame = (uintptr_t)__builtin_frame_address(0);
    if (at - frame < OWN_STACK && at - frame < own_bytes(frame)) {
        return;
    }
    uintptr_t first = at / 8, last = (at + (size != 0 ? size : 1) - 1) / 8;
    last = last - first < WORDS_OF_ONE ? last : first + WORDS_OF_ONE - 1;
    if (run != shim_ct.run) {
        begin_run();
    }
    bool shared = op == SHIM_OP_ATOMIC;
    for (uintptr_t word = first; op != SHIM_OP_ATOMIC && word <= last; word++) {
        shared = is_shared(word, (uint32_t)shim_ct_number(self), write) || shared;
    }
    if (shared) {
        shim_ct_point(self, op, address, write, site);
        if (write) {
            shim_ct_go_on(self, site);
        }
    } else if (self->gap != 0 && --self->gap == 0) {
        uint64_t points = self->points;
        uint32_t next = self->width * 2;
        shim_ct_point(self, op, address, write, site);
        self->points = points;
        self->gap = self->width = next;
    }
    if (shim_freed_used != NULL && is_freed(first, last)) {
        shim_freed_used(address, size, write, site);
    }
}

#define SITE __builtin_return_address(0)
#define EXPORT __attribute__((visibility("default")))
#define HOOK(result, name, ...)                                                                    \
    EXPORT result name(__VA_ARGS__);                                                               \
    EXPORT result name(__VA_ARGS__)

HOOK(void, __tsan_init, void) { statics_known = false; } /* a module is there that was not */
HOOK(void, __tsan_func_entry, void *caller) { (void)caller; }
HOOK(void, __tsan_func_exit, void) {}
HOOK(void, __tsan_vptr_update, void **at, void *value) {
    if (*at != value) {
        ask(at, sizeof *at, true, SHIM_OP_WRITE, SITE);
    }
}
HOOK(void, __tsan_vptr_read, void **at) { ask(at, sizeof *at, false, SHIM_OP_READ, SITE); }
HOOK(void, __tsan_read_range, void *at, unsigned long size) {
    if (size != 0) {
        ask(at, size, false, SHIM_OP_READ, SITE);
    }
}
HOOK(void, __tsan_write_range, void *at, unsigned long size) {
    if (size != 0) {
        ask(at, size, true, SHIM_OP_WRITE, SITE);
    }
}

#define READ(name, size)                                                                           \
    HOOK(void, __tsan_##name##size, void *at) { ask(at, size, false, SHIM_OP_READ, SITE); }
#define WRITE(name, size)                                                                          \
    HOOK(void, __tsan_##name##size, void *at) { ask(at, size, true, SHIM_OP_WRITE, SITE); }
#define READ_WRITE(name, size)                                                                     \
    HOOK(void, __tsan_##name##size, void *at) {                                                    \
        ask(at, size, false, SHIM_OP_READ, SITE);                                                  \
        ask(at, size, true, SHIM_OP_WRITE, SITE);                                                  \
    }
#define ACCESS(size)                                                                               \
    READ(read, size) READ(volatile_read, size)                                                     \
    WRITE(write, size) WRITE(volatile_write, size) READ_WRITE(read_write, size)
ACCESS(1) ACCESS(2) ACCESS(4) ACCESS(8) ACCESS(16)
#define UNALIGNED(size)                                                                            \
    READ(unaligned_read, size) READ(unaligned_volatile_read, size)                                 \
    WRITE(unaligned_write, size) WRITE(unaligned_volatile_write, size)                             \
    READ_WRITE(unaligned_read_write, size)
UNALIGNED(2) UNALIGNED(4) UNALIGNED(8) UNALIGNED(16)

/* What the compiler leaves to libc; imports of memcpy and its like lead here, too. */
HOOK(void *, __tsan_memcpy, void *to, const void *from, size_t size) {
    ask(from, size, false, SHIM_OP_READ, SITE);
    ask(to, size, true, SHIM_OP_WRITE, SITE);
    return memcpy(to, from, size);
}
HOOK(void *, __tsan_memmove, void *to, const void *from, size_t size) {
    ask(from, size, false, SHIM_OP_READ, SITE);
    ask(to, size, true, SHIM_OP_WRITE, SITE);
    return memmove(to, from, size);
}
HOOK(void *, __tsan_memset, void *to, int value, size_t size) {
    ask(to, size, true, SHIM_OP_WRITE, SITE);
    return memset(to, value, size);
}

#ifndef SHIM_CT_PRELOAD
/* libc's own reads of strings and bytes: a comparison that another thread changes half of is as wrong as a read of the
 * compiler's. What ends with a zero is read up to and with it, or as far as `most` says. */
static void ask_text(const char *text, size_t most, const void *site) {
    size_t length = strnlen(text, most);
    ask(text, length < most ? length + 1 : length, false, SHIM_OP_READ, site);
}

static int read_memcmp(const void *left, const void *right, size_t size) {
    ask(left, size, false, SHIM_OP_READ, SITE);
    ask(right, size, false, SHIM_OP_READ, SITE);
    return memcmp(left, right, size);
}

static void *read_memchr(const void *at, int byte, size_t size) {
    const char *found = memchr(at, byte, size);
    ask(at, found != NULL ? (size_t)(found - (const char *)at) + 1 : size, false, SHIM_OP_READ, SITE);
    return memchr(at, byte, size);
}

static size_t read_strlen(const char *text) {
    ask_text(text, SIZE_MAX, SITE);
    return strlen(text);
}

static int read_strcmp(const char *left, const char *right) {
    ask_text(left, SIZE_MAX, SITE);
    ask_text(right, SIZE_MAX, SITE);
    return strcmp(left, right);
}

static int read_strncmp(const char *left, const char *right, size_t most) {
    ask_text(left, most, SITE);
    ask_text(right, most, SITE);
    return strncmp(left, right, most);
}

static char *copy_strcpy(char *to, const char *from) {
    ask_text(from, SIZE_MAX, SITE);
    ask(to, strlen(from) + 1, true, SHIM_OP_WRITE, SITE);
    return strcpy(to, from);
}

static char *copy_stpcpy(char *to, const char *from) {
    ask_text(from, SIZE_MAX, SITE);
    ask(to, strlen(from) + 1, true, SHIM_OP_WRITE, SITE);
    return stpcpy(to, from);
}

static char *copy_strncpy(char *to, const char *from, size_t size) {
    ask_text(from, size, SITE);
    ask(to, size, true, SHIM_OP_WRITE, SITE);
    return strncpy(to, from, size);
}

int shim_ct_redirect_memory(struct shim_module *module) {
    static const struct {
        const char *name;
        shim_entry entry;
    } calls[] = {
        {"memcpy", (shim_entry)__tsan_memcpy}, {"memmove", (shim_entry)__tsan_memmove},
        {"memset", (shim_entry)__tsan_memset}, {"memcmp", (shim_entry)read_memcmp},
        {"memchr", (shim_entry)read_memchr},   {"strlen", (shim_entry)read_strlen},
        {"strcmp", (shim_entry)read_strcmp},   {"strncmp", (shim_entry)read_strncmp},
        {"strcpy", (shim_entry)copy_strcpy},   {"stpcpy", (shim_entry)copy_stpcpy},
        {"strncpy", (shim_entry)copy_strncpy},
    };
    int changed = 0;
    find_statics(); /* before the forks */
    for (size_t i = 0; i < sizeof calls / sizeof calls[0]; i++) {
        changed += shim_module_redirect(module, calls[i].name, calls[i].entry, NULL);
    }
    return changed;
}
#endif

/* One thread runs at a time, so the strongest order is as cheap as any; weaker ones have no other
 * behaviours here (the scheduler explores interleavings, not reorderings of the memory model). */
#define ATOMIC(bits, type)                                                                         \
    HOOK(type, __tsan_atomic##bits##_load, const volatile type *at, int order) {                   \
        (void)order;                                                                               \
        ask((const void *)at, sizeof *at, false, SHIM_OP_ATOMIC, SITE);                            \
        return __atomic_load_n(at, __ATOMIC_SEQ_CST);                                              \
    }                                                                                              \
    HOOK(void, __tsan_atomic##bits##_store, volatile type *at, type value, int order) {            \
        (void)order;                                                                               \
        ask((const void *)at, sizeof *at, true, SHIM_OP_ATOMIC, SITE);                             \
        __atomic_store_n(at, value, __ATOMIC_SEQ_CST);                                             \
    }                                                                                              \
    CHANGE(bits, type, exchange, __atomic_exchange_n)                                              \
    CHANGE(bits, type, fetch_add, __atomic_fetch_add)                                              \
    CHANGE(bits, type, fetch_sub, __atomic_fetch_sub)                                              \
    CHANGE(bits, type, fetch_and, __atomic_fetch_and)                                              \
    CHANGE(bits, type, fetch_or, __atomic_fetch_or)                                                \
    CHANGE(bits, type, fetch_xor, __atomic_fetch_xor)                                              \
    CHANGE(bits, type, fetch_nand, __atomic_fetch_nand)                                            \
    COMPARE(bits, type, strong)                                                                    \
    COMPARE(bits, type, weak)                                                                      \
    HOOK(type, __tsan_atomic##bits##_compare_exchange_val, volatile type *at, type expected,       \
         type value, int order, int failure) {                                                     \
        (void)order;                                                                               \
        (void)failure;                                                                             \
        ask((const void *)at, sizeof *at, true, SHIM_OP_ATOMIC, SITE);                             \
        __atomic_compare_exchange_n(at, &expected, value, 0, __ATOMIC_SEQ_CST, __ATOMIC_SEQ_CST);  \
        return expected;                                                                           \
    }
#define CHANGE(bits, type, name, builtin)                                                          \
    HOOK(type, __tsan_atomic##bits##_##name, volatile type *at, type value, int order) {           \
        (void)order;                                                                               \
        ask((const void *)at, sizeof *at, true, SHIM_OP_ATOMIC, SITE);                             \
        return builtin(at, value, __ATOMIC_SEQ_CST);                                               \
    }
#define COMPARE(bits, type, strength)                                                              \
    HOOK(int, __tsan_atomic##bits##_compare_exchange_##strength, volatile type *at,                \
         type *expected, type value, int order, int failure) {                                     \
        (void)order;                                                                               \
        (void)failure;                                                                             \
        ask((const void *)at, sizeof *at, true, SHIM_OP_ATOMIC, SITE);                             \
        return __atomic_compare_exchange_n(at, expected, value, 0, __ATOMIC_SEQ_CST,               \
                                           __ATOMIC_SEQ_CST);                                      \
    }
ATOMIC(8, uint8_t) ATOMIC(16, uint16_t) ATOMIC(32, uint32_t) ATOMIC(64, uint64_t)

#if defined(__x86_64__)
/* Two words at once, as lock-free code has beside its pointers. Compilers leave the plain operations to libatomic, so all
 * of them are made of the one instruction there is. */
__extension__ typedef unsigned __int128 wide;
#define WIDE __attribute__((target("cx16")))
#define WIDE_CHANGE(name, result)                                                                  \
    WIDE HOOK(wide, __tsan_atomic128_##name, volatile wide *at, wide value, int order) {           \
        (void)order;                                                                               \
        ask((const void *)at, sizeof *at, true, SHIM_OP_ATOMIC, SITE);                             \
        wide old = *at, seen;                                                                      \
        while ((seen = __sync_val_compare_and_swap(at, old, (result))) != old) {                   \
            old = seen;                                                                            \
        }                                                                                          \
        return old;                                                                                \
    }
WIDE_CHANGE(exchange, value)
WIDE_CHANGE(fetch_add, old + value)
WIDE_CHANGE(fetch_sub, old - value)
WIDE_CHANGE(fetch_and, old & value)
WIDE_CHANGE(fetch_or, old | value)
WIDE_CHANGE(fetch_xor, old ^ value)
WIDE_CHANGE(fetch_nand, ~(old & value))

WIDE HOOK(wide, __tsan_atomic128_load, const volatile wide *at, int order) {
    (void)order;
    ask((const void *)at, sizeof *at, false, SHIM_OP_ATOMIC, SITE);
    return __sync_val_compare_and_swap((volatile wide *)(uintptr_t)at, 0, 0);
}

WIDE HOOK(void, __tsan_atomic128_store, volatile wide *at, wide value, int order) {
    (void)order;
    ask((const void *)at, sizeof *at, true, SHIM_OP_ATOMIC, SITE);
    for (wide old = *at, seen; (seen = __sync_val_compare_and_swap(at, old, value)) != old; old = seen) {
    }
}

WIDE HOOK(wide, __tsan_atomic128_compare_exchange_val, volatile wide *at, wide expected, wide value, int order, int failure) {
    (void)order;
    (void)failure;
    ask((const void *)at, sizeof *at, true, SHIM_OP_ATOMIC, SITE);
    return __sync_val_compare_and_swap(at, expected, value);
}

#define WIDE_COMPARE(strength)                                                                     \
    WIDE HOOK(int, __tsan_atomic128_compare_exchange_##strength, volatile wide *at, wide *expected, \
              wide value, int order, int failure) {                                                \
        wide old = *expected;                                                                      \
        (void)order;                                                                               \
        (void)failure;                                                                             \
        ask((const void *)at, sizeof *at, true, SHIM_OP_ATOMIC, SITE);                             \
        *expected = __sync_val_compare_and_swap(at, old, value);                                   \
        return *expected == old;                                                                   \
    }
WIDE_COMPARE(strong)
WIDE_COMPARE(weak)
#endif

HOOK(void, __tsan_atomic_thread_fence, int order) {
    (void)order;
    ask(&shim_ct.memory, 1, true, SHIM_OP_ATOMIC, SITE);
}
HOOK(void, __tsan_atomic_signal_fence, int order) { (void)order; }
