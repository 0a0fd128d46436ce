/* fuzz/place.h - where a fuzzing process keeps its files: a directory of its own on a memory file
 * system (/dev/shm) if there is one, gone when the process ends. Not thread-safe. */
#ifndef ESECHECK_FUZZ_PLACE_H
#define ESECHECK_FUZZ_PLACE_H

/* The directory, absolute, made at the first call; exits with a message if it cannot be made. */
const char *fuzz_place(void);
/* "PLACE/name", in static storage of which there are four. */
const char *fuzz_path(const char *name);
/* Makes PLACE/name an empty directory, whatever it was. */
void fuzz_empty_directory(const char *name);

#endif
