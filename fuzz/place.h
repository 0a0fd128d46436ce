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

/* To be called from LLVMFuzzerInitialize by a target that works elsewhere: what libFuzzer keeps still goes to where the
 * process was started. */
void fuzz_keep_artifacts_here(int *argc, char ***argv);
/* The current directory becomes PLACE/name until fuzz_come_back: an engine that was given no paths writes there. */
void fuzz_work_in(const char *name);
void fuzz_come_back(void);

#endif
