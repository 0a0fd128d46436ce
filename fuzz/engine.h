/* fuzz/engine.h - the engine that is fuzzed. */
#ifndef ESECHECK_FUZZ_ENGINE_H
#define ESECHECK_FUZZ_ENGINE_H

#include "shims/library/library.h"

/* Loads the engine that $ESECHECK_ENGINE names, else FUZZ_DEFAULT_ENGINE; exits with a message of the fuzzer `name` if it
 * cannot be loaded. */
struct shim_library *fuzz_engine(const char *name);

#endif
