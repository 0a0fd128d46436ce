/* scenarios/tests/zoo/zoo.h - engines that are wrong on purpose.
 *
 * An animal is a shared library that exports every public name of the API, hands each call on to
 * the reference engine and breaks exactly one promise on the way. It shows that the checker can
 * see that promise being broken: every animal must be reported, with the verdict that
 * animals.tsv names for it.
 *
 * zoo_base.c makes the exports from jet_api.def and loads the engine; an animal is one file in
 * animals/ that defines one or both of the functions below. Nothing here may race: an animal runs
 * under ThreadSanitizer too, and shows there what it is wrong about and nothing else. So the little
 * state that there is lives in atomics.
 *
 * The engine is the file in the environment variable ESECHECK_ZOO_ENGINE, else libesent.so in the
 * animal's own directory or the one above.
 */
#ifndef ESECHECK_SCENARIOS_TESTS_ZOO_H
#define ESECHECK_SCENARIOS_TESTS_ZOO_H

#include <stdatomic.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define JET_NO_NAME_MAP /* the exports themselves are named here, not their A forms */
#include <esent.h>

#include "shims/call/api.h"

struct zoo_call {
    enum shim_fn fn;
    enum shim_variant variant;
    JET_INSTANCE instance;        /* that the call is about, by argument or session; 0: unknown */
    uint64_t args[SHIM_MAX_ARGS]; /* in C order, 64 bits each; what is forwarded */
};

/* The animal, before a call reaches the engine. True: the animal answers with *result itself and
 * the engine never sees the call. An animal that does not define it forwards everything. */
bool zoo_before(struct zoo_call *call, JET_ERR *result);
/* The animal, after the engine (not zoo_before) has answered. Returns what the caller gets; an
 * animal that does not define it changes nothing. */
JET_ERR zoo_after(const struct zoo_call *call, JET_ERR result);

/* Hands a call to the engine. */
JET_ERR zoo_forward(const struct zoo_call *call);
/* The same for a plain function with one or two arguments that are words. */
JET_ERR zoo_engine(enum shim_fn fn, uint64_t first, uint64_t second);

/* Whether the call is a stop that shuts the gate: JetStopService, or for an instance that is running
 * JetStopServiceInstance, or JetStopServiceInstance2 with grbit 0. */
bool zoo_is_stop(const struct zoo_call *call);
/* Whether this is an instance between its JetInit and its term. */
bool zoo_is_running(JET_INSTANCE instance);
/* Whether an engine whose service is stopped refuses the call: it needs a session and is not one of
 * the clean-up functions, or it begins a session. */
bool zoo_is_refusable(const struct zoo_call *call);
/* Whether the call commits a transaction, in either form. */
bool zoo_is_commit(const struct zoo_call *call);

/* A small map from handles (not 0) to words, for animals that remember something. Lock-free; a
 * handle must not be set by two threads at once. */
#define ZOO_MAP_SLOTS 1024
struct zoo_map {
    atomic_uint used; /* slots below this were ever used */
    struct {
        _Atomic uint64_t key, value;
    } slot[ZOO_MAP_SLOTS];
};
void zoo_map_set(struct zoo_map *map, uint64_t key, uint64_t value);
void zoo_map_remove(struct zoo_map *map, uint64_t key);
uint64_t zoo_map_get(struct zoo_map *map, uint64_t key); /* 0 if it is not there */

/* The instances whose service the caller has reason to think stopped: zoo_base.c notes a stop when
 * the animal (or the engine) has answered it with success, and forgets it at the term. */
bool zoo_stopped(const struct zoo_call *call);
/* For animals that keep the stop from the engine: notes it at once. */
void zoo_note_stop(const struct zoo_call *call);

/* For animals that leave out steps of the stop: answers full stops itself and turns calls away as the gate of a
 * stopped engine would, but the engine hears nothing of it; so calls that are inside hear nothing either. Of the stop's
 * other steps it takes those named. True: the call is answered. */
#define ZOO_SHORTEN_DEPTH  1u /* of the checkpoint: the engine flushes */
#define ZOO_CLEAN_VERSIONS 2u
#define ZOO_END_DEFRAG     4u /* of the database that was created first */
bool zoo_gate(struct zoo_call *call, JET_ERR *result, unsigned steps);
void zoo_set_depth(JET_INSTANCE instance, uint64_t bytes);

/* Whether this is the first JetMove in a process that has made no table: the look at the rows after a
 * restart. zoo_change_a_row then deletes the row at `where` on the call's cursor, or (again) adds one whose key is
 * one higher, in a transaction of its own; returns the first error. */
bool zoo_is_first_scan(const struct zoo_call *call);
JET_ERR zoo_change_a_row(const struct zoo_call *call, JET_LONG where, bool again);

#endif
