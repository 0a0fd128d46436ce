/* shims/record/record.h - the hook that writes histories.
 *
 * The parent creates a file-backed mapping, the child that runs the engine opens it and writes every
 * entry before the call and every return after it, so that a crash, a kill or a smashed heap leaves
 * all that happened up to then. Reading distrusts the content: the engine may have written into it.
 *
 * The mapping has a control page (stamp counter, bump allocator) and chunks that belong to one actor
 * at a time; a record lies in one chunk. The hot path is compiled without sanitizers
 * (record_hot.c): a stamp that ThreadSanitizer can see would order all calls and hide the engine's
 * races.
 *
 * Thread safety: shim_recorder_actor once per thread; then the hook and shim_record_event on that
 * thread only.
 */
#ifndef ESECHECK_SHIMS_RECORD_RECORD_H
#define ESECHECK_SHIMS_RECORD_RECORD_H

#include <stddef.h>
#include <stdint.h>

#include "shims/call/call.h"
#include "shims/history/history.h"

struct shim_recorder;       /* the mapping, in parent or child */
struct shim_recorder_actor; /* one actor's writing end */

/* Parent: creates `path` with room for `bytes` (sparse; 256 MiB is the usual size, a call takes about
 * 50 to 120 bytes). A 32nd of it is taken at once, which costs some milliseconds for the usual size. The parent may write too (its own actor number): CRASH, KILL, RESTART ... then
 * lie between what its children recorded. Fastest on a file system in memory (/dev/shm). */
int shim_recorder_create(const char *path, size_t bytes, struct shim_recorder **recorder,
                         char *error, size_t error_size);
/* Child (or the same process): opens it for writing. */
int shim_recorder_open(const char *path, struct shim_recorder **recorder, char *error,
                       size_t error_size);
void shim_recorder_close(struct shim_recorder *recorder);

/* Child: a writing end for actor number `actor`, named `name` (written as an ACTOR event). */
struct shim_recorder_actor *shim_recorder_actor(struct shim_recorder *recorder, uint32_t actor,
                                                const char *name);
void shim_recorder_actor_free(struct shim_recorder_actor *actor);

/* The hook to put into a shim_caller of that actor's thread. */
struct shim_hook shim_record_hook(struct shim_recorder_actor *actor);

/* Writes an event now; name and text are copied (text is cut at 16 KiB). */
void shim_record_event(struct shim_recorder_actor *actor, enum shim_event_kind kind,
                       const char *name, const char *text, const int64_t value[4]);

/* Draws the next stamp of the run, on any thread: what else happened can be put in order with the calls. */
uint64_t shim_recorder_stamp(struct shim_recorder *recorder);

/* Activity, readable from any process at any time without order: the number of records so far
 * (for the watchdog), and what an actor is doing now: the function it is inside, or SHIM_FN_NONE
 * when it is in none. `calls` (may be NULL) becomes its number of finished calls. */
uint64_t shim_recorder_progress(const struct shim_recorder *recorder);
enum shim_fn shim_recorder_inside(const struct shim_recorder *recorder, uint32_t actor,
                                  uint64_t *calls);
#define SHIM_MAX_ACTORS 256

/* Parent: reads what is there into an initialised history (calls and events appended, sorted).
 * Damage is reported as a TRUNCATED event with text, never as a crash. Returns 0 or -1. */
int shim_recorder_read(const struct shim_recorder *recorder, struct shim_history *history,
                       char *error, size_t error_size);

#endif
