/* scenarios/supervisor/symbols_windows.c - names for the frames of a stack: none; module and offset are
 * what there is. */
#include "scenarios/supervisor/platform.h"

char *scn_symbolise(char *stacks)
{
    return stacks;
}
