/* storage_powercut: the makings of compacted, copied and grown database files, cut at every moment. */
#ifndef ESE_TESTS_STORAGE_POWER_DIRECTED_H
#define ESE_TESTS_STORAGE_POWER_DIRECTED_H

#include <stdint.h>

/* In a process of its own. How many folders were not as they may be; each is told on stderr. */
int power_directed(uint64_t seed);

#endif
