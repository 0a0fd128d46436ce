/* shims/history/file.h - files that are there whole or not at all: written under another name, which ends in ".part",
 * then given theirs. A file that was there before stays until then. */
#ifndef ESECHECK_SHIMS_HISTORY_FILE_H
#define ESECHECK_SHIMS_HISTORY_FILE_H

#include <stddef.h>
#include <stdio.h>

/* Puts out what goes into the file; the stream remembers its own errors. 0, or -1 with errno set if something else failed. */
typedef int (*shim_file_writer)(FILE *out, const void *context);

/* Returns 0, or -1 after a message in `error` that begins with the path; then nothing new is there. */
int shim_file_write(const char *path, shim_file_writer writer, const void *context, char *error, size_t error_size);

/* The same with the bytes of another file. */
int shim_file_copy(const char *from, const char *to, char *error, size_t error_size);

/* Renames `from` to `to` in one step, in place of any file `to`. Returns 0, or -1 with errno set. */
int shim_replace_file(const char *from, const char *to);

#endif
