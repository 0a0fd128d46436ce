/* Not wrong, but not always the same: a session takes memory up to seven times more, as the processor's clock will have it.
 * The operations behind it have other numbers in each run. What libc and the kernel know is under control: clocks, numbers
 * by chance, the process's number. */
#include "scenarios/tests/zoo/zoo.h"

#include <stdlib.h>

static unsigned ticks(void)
{
#if defined __x86_64__ || defined __i386__
    return (unsigned)(__builtin_ia32_rdtsc() >> 5);
#elif defined __aarch64__
    unsigned long count;
    __asm__ volatile("mrs %0, cntvct_el0" : "=r"(count));
    return (unsigned)count;
#else
#error "a clock that no call reads"
#endif
}

bool zoo_before(struct zoo_call *call, JET_ERR *result)
{
    if (call->fn != SHIM_FN_JetBeginSession)
        return false;
    *result = JET_errOutOfMemory;
    for (unsigned i = ticks() % 8; i > 0; i--) {
        void *volatile block = malloc(100);
        if (block == NULL)
            return true;
        free(block);
    }
    return false;
}
