/* shims/schedule/memory.c - memory accesses as decision points.
 *
 * The functions that -fsanitize=thread makes the compiler call, as an own runtime: code compiled so but
 * not linked with ThreadSanitizer asks the scheduler before every access to memory that other threads
 * may reach. A program that contains this file exports them (ENABLE_EXPORTS), so that modules loaded
 * later find them. Accesses within 256 KiB above the own stack pointer are the thread's own and
 * pass: a variable on one thread's stack that another one uses is seen from the other side only.
 *
 * Not together with ThreadSanitizer itself in one program.
 */
#include <stdint.h>
#include <string.h>

#include "shims/schedule/inside.h"

#define OWN_STACK (256u << 10)

static void touch(const void *address, bool write, enum shim_op op, const void *site) {
    struct shim_ct_thread *self;
    if (!shim_ct.memory || (self = shim_ct_self()) == NULL) {
        return;
    }
    uintptr_t at = (uintptr_t)address, frame = (uintptr_t)__builtin_frame_address(0);
    if (at - frame < OWN_STACK) {
        return;
    }
    shim_ct_point(self, op, address, write, site);
}

#define SITE __builtin_return_address(0)
#define EXPORT __attribute__((visibility("default")))
#define HOOK(result, name, ...)                                                                    \
    EXPORT result name(__VA_ARGS__);                                                               \
    EXPORT result name(__VA_ARGS__)

HOOK(void, __tsan_init, void) {}
HOOK(void, __tsan_func_entry, void *caller) { (void)caller; }
HOOK(void, __tsan_func_exit, void) {}
HOOK(void, __tsan_vptr_update, void **at, void *value) {
    if (*at != value) {
        touch(at, true, SHIM_OP_WRITE, SITE);
    }
}
HOOK(void, __tsan_vptr_read, void **at) { touch(at, false, SHIM_OP_READ, SITE); }
HOOK(void, __tsan_read_range, void *at, unsigned long size) {
    if (size != 0) {
        touch(at, false, SHIM_OP_READ, SITE);
    }
}
HOOK(void, __tsan_write_range, void *at, unsigned long size) {
    if (size != 0) {
        touch(at, true, SHIM_OP_WRITE, SITE);
    }
}

#define ACCESS(size)                                                                               \
    HOOK(void, __tsan_read##size, void *at) { touch(at, false, SHIM_OP_READ, SITE); }               \
    HOOK(void, __tsan_write##size, void *at) { touch(at, true, SHIM_OP_WRITE, SITE); }              \
    HOOK(void, __tsan_volatile_read##size, void *at) { touch(at, false, SHIM_OP_READ, SITE); }      \
    HOOK(void, __tsan_volatile_write##size, void *at) { touch(at, true, SHIM_OP_WRITE, SITE); }     \
    HOOK(void, __tsan_read_write##size, void *at) {                                                 \
        touch(at, false, SHIM_OP_READ, SITE);                                                      \
        touch(at, true, SHIM_OP_WRITE, SITE);                                                      \
    }
ACCESS(1) ACCESS(2) ACCESS(4) ACCESS(8) ACCESS(16)

#define UNALIGNED(size)                                                                            \
    HOOK(void, __tsan_unaligned_read##size, void *at) { touch(at, false, SHIM_OP_READ, SITE); }     \
    HOOK(void, __tsan_unaligned_write##size, void *at) { touch(at, true, SHIM_OP_WRITE, SITE); }    \
    HOOK(void, __tsan_unaligned_volatile_read##size, void *at) {                                    \
        touch(at, false, SHIM_OP_READ, SITE);                                                      \
    }                                                                                              \
    HOOK(void, __tsan_unaligned_volatile_write##size, void *at) {                                   \
        touch(at, true, SHIM_OP_WRITE, SITE);                                                      \
    }                                                                                              \
    HOOK(void, __tsan_unaligned_read_write##size, void *at) {                                       \
        touch(at, false, SHIM_OP_READ, SITE);                                                      \
        touch(at, true, SHIM_OP_WRITE, SITE);                                                      \
    }
UNALIGNED(2) UNALIGNED(4) UNALIGNED(8) UNALIGNED(16)

HOOK(void *, __tsan_memcpy, void *to, const void *from, size_t size) {
    touch(from, false, SHIM_OP_READ, SITE);
    touch(to, true, SHIM_OP_WRITE, SITE);
    return memcpy(to, from, size);
}
HOOK(void *, __tsan_memmove, void *to, const void *from, size_t size) {
    touch(from, false, SHIM_OP_READ, SITE);
    touch(to, true, SHIM_OP_WRITE, SITE);
    return memmove(to, from, size);
}
HOOK(void *, __tsan_memset, void *to, int value, size_t size) {
    touch(to, true, SHIM_OP_WRITE, SITE);
    return memset(to, value, size);
}

/* One thread runs at a time, so the strongest order is as cheap as any; weaker ones have no other
 * behaviours here (the scheduler explores interleavings, not reorderings of the memory model). */
#define ATOMIC(bits, type)                                                                         \
    HOOK(type, __tsan_atomic##bits##_load, const volatile type *at, int order) {                    \
        (void)order;                                                                               \
        touch((const void *)at, false, SHIM_OP_ATOMIC, SITE);                                       \
        return __atomic_load_n(at, __ATOMIC_SEQ_CST);                                               \
    }                                                                                              \
    HOOK(void, __tsan_atomic##bits##_store, volatile type *at, type value, int order) {             \
        (void)order;                                                                               \
        touch((const void *)at, true, SHIM_OP_ATOMIC, SITE);                                        \
        __atomic_store_n(at, value, __ATOMIC_SEQ_CST);                                              \
    }                                                                                              \
    CHANGE(bits, type, exchange, __atomic_exchange_n)                                               \
    CHANGE(bits, type, fetch_add, __atomic_fetch_add)                                               \
    CHANGE(bits, type, fetch_sub, __atomic_fetch_sub)                                               \
    CHANGE(bits, type, fetch_and, __atomic_fetch_and)                                               \
    CHANGE(bits, type, fetch_or, __atomic_fetch_or)                                                 \
    CHANGE(bits, type, fetch_xor, __atomic_fetch_xor)                                               \
    CHANGE(bits, type, fetch_nand, __atomic_fetch_nand)                                             \
    COMPARE(bits, type, strong)                                                                    \
    COMPARE(bits, type, weak)                                                                      \
    HOOK(type, __tsan_atomic##bits##_compare_exchange_val, volatile type *at, type expected,        \
         type value, int order, int failure) {                                                     \
        (void)order;                                                                               \
        (void)failure;                                                                             \
        touch((const void *)at, true, SHIM_OP_ATOMIC, SITE);                                        \
        __atomic_compare_exchange_n(at, &expected, value, 0, __ATOMIC_SEQ_CST, __ATOMIC_SEQ_CST);   \
        return expected;                                                                           \
    }
#define CHANGE(bits, type, name, builtin)                                                          \
    HOOK(type, __tsan_atomic##bits##_##name, volatile type *at, type value, int order) {            \
        (void)order;                                                                               \
        touch((const void *)at, true, SHIM_OP_ATOMIC, SITE);                                        \
        return builtin(at, value, __ATOMIC_SEQ_CST);                                                \
    }
#define COMPARE(bits, type, strength)                                                              \
    HOOK(int, __tsan_atomic##bits##_compare_exchange_##strength, volatile type *at,                 \
         type *expected, type value, int order, int failure) {                                     \
        (void)order;                                                                               \
        (void)failure;                                                                             \
        touch((const void *)at, true, SHIM_OP_ATOMIC, SITE);                                        \
        return __atomic_compare_exchange_n(at, expected, value, 0, __ATOMIC_SEQ_CST,                \
                                           __ATOMIC_SEQ_CST);                                      \
    }
ATOMIC(8, uint8_t) ATOMIC(16, uint16_t) ATOMIC(32, uint32_t) ATOMIC(64, uint64_t)

HOOK(void, __tsan_atomic_thread_fence, int order) {
    (void)order;
    touch(&shim_ct.memory, true, SHIM_OP_ATOMIC, SITE);
}
HOOK(void, __tsan_atomic_signal_fence, int order) { (void)order; }
