/* scenarios/runner/kill_windows.c - the end of this process, with nothing put away. */
#include <windows.h>

#include "scenarios/runner/world.h"

#define KILLED 137 /* what a shell shows of a process that was killed */

void scn_die(void)
{
    TerminateProcess(GetCurrentProcess(), KILLED);
    for (;;) {
        Sleep(1000);
    }
}
