/* scenarios/supervisor/symbols_windows.c - names for the frames of a stack: none; module and offset are
 * what there is. */
#include "scenarios/supervisor/platform.h"

char *scn_symbolise(char *stacks)
{
    return stacks;
}

bool scn_can_symbolise(void)
{
    return false;
}

bool scn_symbol_of_data(const char *module, uint64_t address, char *name, size_t size)
{
    (void)module, (void)address, (void)name, (void)size;
    return false;
}
