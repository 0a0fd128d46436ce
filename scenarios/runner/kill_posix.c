/* scenarios/runner/kill_posix.c - the end of this process, with nothing put away. */
#include <signal.h>
#include <unistd.h>

#include "scenarios/runner/world.h"

void scn_die(void)
{
    kill(getpid(), SIGKILL);
    for (;;) {
        pause(); /* the other threads may be faster in dying */
    }
}
