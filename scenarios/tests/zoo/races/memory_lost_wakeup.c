/* A call that comes while another is under way waits for its end, without a lock: it says that it waits after it has
 * looked, and the other one may have ended in between. Nothing but atomics is involved, so nothing but
 * `explore --memory` can put a thread between the look and the word. */
#include "scenarios/tests/zoo/zoo.h"

#include <linux/futex.h>
#include <sys/syscall.h>
#include <unistd.h>

static _Atomic int busy, waiting, ended; /* ended: futex, counts up for those who wait */

static void leave(void)
{
    atomic_store(&busy, 0);
    if (atomic_load(&waiting) != 0) {
        atomic_store(&waiting, 0);
        atomic_fetch_add(&ended, 1);
        syscall(SYS_futex, &ended, FUTEX_WAKE_PRIVATE, 64, NULL, NULL, 0);
    }
}

static void enter(void)
{
    for (int nobody = 0; !atomic_compare_exchange_strong(&busy, &nobody, 1); nobody = 0) {
        int seen = atomic_load(&ended);
        atomic_store(&waiting, 1); /* too late, when the other one has left since */
        syscall(SYS_futex, &ended, FUTEX_WAIT_PRIVATE, seen, NULL, NULL, 0);
    }
}

bool zoo_before(struct zoo_call *call, JET_ERR *result)
{
    if (call->fn != SHIM_FN_JetBeginTransaction) {
        return false;
    }
    enter();
    *result = zoo_forward(call);
    leave();
    return true;
}
