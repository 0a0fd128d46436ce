/* shims/library/library.h - loads an engine.
 *
 * An engine is any shared library that exports functions of jet_api.def. It is inspected before
 * it is loaded (file format, machine, exports, sanitizer runtime it needs), so that a wrong file
 * gives a message instead of a crash.
 *
 * Thread safety: open and close from one thread while no call is in flight.
 */
#ifndef ESECHECK_SHIMS_LIBRARY_LIBRARY_H
#define ESECHECK_SHIMS_LIBRARY_LIBRARY_H

#include <stdbool.h>
#include <stddef.h>

#include "shims/call/call.h"

enum shim_sanitizer { SHIM_SAN_NONE, SHIM_SAN_ADDRESS, SHIM_SAN_THREAD, SHIM_SAN_OTHER };

/* What a look at the file says, without loading it. Of an open library, `exported` and `missing`
 * count what can be called: on ELF also what the libraries that it needs export. */
struct shim_library_info {
    enum shim_sanitizer sanitizer; /* whose runtime it needs */
    bool memory;                   /* compiled with -fsanitize=thread, and this program has the hooks: control.h */
    int exported;                  /* names of public functions it exports */
    int missing;                   /* public functions of which it exports no name */
    char build[128];               /* "build-id 5f..." or "version 10.0.1.2", "" if none */
};

struct shim_library;
struct shim_module;

/* The sanitizer that this program itself was built with. */
enum shim_sanitizer shim_sanitizer_of_this_program(void);
const char *shim_sanitizer_name(enum shim_sanitizer sanitizer); /* "AddressSanitizer" ... */

/* Looks at `path` without loading it. Returns 0, or -1 with a message in `error` (missing file,
 * not a shared library, wrong machine, no function of the API, needs another esecheck: the
 * message names esecheck-asan or esecheck-tsan). */
int shim_library_inspect(const char *path, struct shim_library_info *info, char *error,
                         size_t error_size);

/* Inspects and loads. On success *library is to be closed with shim_library_close. */
int shim_library_open(const char *path, struct shim_library **library, char *error,
                      size_t error_size);
void shim_library_close(struct shim_library *library);

const struct shim_table *shim_library_table(const struct shim_library *library);
const struct shim_library_info *shim_library_info(const struct shim_library *library);
const char *shim_library_path(const struct shim_library *library);
/* Whether any name of the function is there. */
bool shim_library_has(const struct shim_library *library, enum shim_fn fn);
/* Any other symbol of the library (for --pre-init), or NULL. */
shim_entry shim_library_symbol(const struct shim_library *library, const char *name);

/* The loaded module itself, for what redirects many imports at once. Belongs to the library. */
struct shim_module *shim_library_module(struct shim_library *library);

/* Redirects an import of exactly the modules that loading the engine brought in (GOT slots and
 * initialised function pointers on ELF, import address table on PE): calls to `name` from them go
 * to `replacement`; *original is what they called before (may be NULL; untouched if nothing was
 * changed). Redirecting the same name again works: the last one counts, *original then is the one
 * before. Returns the number of slots changed. Undone by close. Not while a call is in flight. */
int shim_library_redirect(struct shim_library *library, const char *name, shim_entry replacement,
                          shim_entry *original);

#endif
