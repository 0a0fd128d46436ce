/* fuzz/input.h - files as bytes, for the programs of this room. */
#ifndef ESECHECK_FUZZ_INPUT_H
#define ESECHECK_FUZZ_INPUT_H

#include <stddef.h>
#include <stdint.h>

/* Reads at most `room` bytes of a file. Returns the number read, or -1 with a message on stderr. */
long fuzz_read_file(const char *path, uint8_t *bytes, size_t room);

#endif
