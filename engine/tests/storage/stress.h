/* storage_stress: what its parts share. */
#ifndef ESE_TESTS_STORAGE_STRESS_H
#define ESE_TESTS_STORAGE_STRESS_H

#include "engine/tests/storage/support.h"

extern struct rig stress_rig;
extern _Atomic bool stress_stop;

struct worker { struct ese_thread *thread; uint64_t seed; unsigned number; };

uint32_t stress_dice(struct worker *worker, uint32_t sides);
void stress_die(const char *what, long long a, long long b);

/* ---- stress_papers.c ------------------------------------------------------------------------------------- */

extern _Atomic uint64_t stress_papers, stress_readings;
void stress_make_papers(struct ese_trx *trx);
void stress_write_papers(void *worker);
void stress_read_papers(void *worker);
/* Reads all of them once, in every index. */
void stress_check_papers(struct ese_trx *trx);

#endif
