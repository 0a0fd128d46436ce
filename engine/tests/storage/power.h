/*
 * What a power cut may leave of a folder. While recording every write, sync and change of names that the engine makes there is
 * kept, in order; power_cut then builds the folder as it could have been found had the power failed at some moment: what was
 * not synced by then is there, gone, torn at sectors of 512 bytes, or garbage; of the changes of names since the folder was
 * synced the later ones are undone. A file whose name was never synced is gone, whatever was synced in it.
 *
 * POSIX only; needs the linker's --wrap for the calls of file_posix.c (see CMakeLists.txt). One folder and two in it, which
 * are there from the beginning, each with an order of names of its own; any thread.
 */
#ifndef ESE_TESTS_STORAGE_POWER_H
#define ESE_TESTS_STORAGE_POWER_H

#include <stdbool.h>
#include <stdint.h>

#define POWER_DATA "data"
#define POWER_SYSTEM "system"

void power_record(const char *folder);              /* empty so far; syncs take no time but sync_us from now on */
void power_stop(void);
/* Something the program was told or did happens now; returns its number, events count from 0. */
uint32_t power_event(uint32_t kind, uint32_t value);
uint32_t power_events(void);
/* The greatest value of all events of the kind before the cut; 0: none. */
uint32_t power_greatest(uint32_t kind, uint32_t cut);
void power_mark(void);                              /* what comes now is worth more looks */
/* A moment worth looking at: behind a mark, near a change of names or a sync, or any. */
uint32_t power_choose(uint64_t *seed);

/* Of what was not synced: all is there; nothing; each write or part of it, a little garbage; the same, more garbage. */
enum power_loss { POWER_KEEPS_ALL, POWER_DROPS_ALL, POWER_TEARS, POWER_ROTS, POWER_LOSSES };
/* The folder as it may be found when the power failed behind event cut - 1. */
void power_cut(uint32_t cut, enum power_loss loss, uint64_t seed);

#endif
