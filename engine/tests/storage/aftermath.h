/*
 * What storage_crash and storage_powercut share: dice that can be thrown again, values that tell who wrote them, a table that
 * comes and goes, and the look at what is left. `fail` ends the process with a message.
 */
#ifndef ESE_TESTS_STORAGE_AFTERMATH_H
#define ESE_TESTS_STORAGE_AFTERMATH_H

#include <stdlib.h>
#include <sys/types.h>

#include "engine/tests/storage/support.h"

#define AFTERMATH_PASSING "passing"

typedef void aftermath_fail(const char *what, long long a, long long b);

uint64_t aftermath_mix(uint64_t a, uint64_t b);
uint32_t aftermath_dice(uint64_t *seed, uint32_t sides);

/* The value that transaction s writes to a slot: "slot/s" and dots, below `usual` of them, or up to a full room. */
void aftermath_value(char *text, uint32_t room, uint32_t usual, uint32_t slot, uint32_t s);
/* The s of the record with this key, 0: there is none. */
uint32_t aftermath_read(struct pairs *pairs, int32_t key, uint32_t room, uint32_t usual, uint32_t slot,
                        aftermath_fail *fail);

/* In a transaction: makes the table AFTERMATH_PASSING with so many rows. */
void aftermath_pass(struct rig *rig, struct ese_trx *trx, int32_t rows);
/* It is gone, or has them all. */
void aftermath_passed(struct rig *rig, uint64_t rows, aftermath_fail *fail);

/* The file is clean and sound, and no page is lost. */
void aftermath_sound(const char *path, const char *when, aftermath_fail *fail);

/* fork, or the end of the program. */
pid_t aftermath_fork(void);
/* Whether the process ended by itself, with 0; *status: how it ended. */
bool aftermath_wait(pid_t child, int *status);

/* With all that is in it. */
JET_ERR aftermath_remove(const char *directory);

#endif
