/* shims/schedule/story.h - what a watch (watch.h) saw, as text that outlives the process.
 *
 * To be written where the watched run was, or in the process that it was forked from: only there addresses have
 * names. scenarios/supervisor/story.h reads it. Lines with a place ("/lib/x.so(+0x12)[0x7f...]") are for
 * scn_symbolise to replace; "-" is no place, "?" memory of no module; a list of them ends with ".".
 *
 *   thread NUMBER STATE ABLE STEPS RECENT NAME, then places: routine, creation; list: outermost frames; op; list: stack
 *   turn THREAD STEPS CALLS WHY BEFORE FIRST-CALL LAST-CALL, then op first, op last, op pending
 *   note TURN THREAD CALL TEXT, then list: stack; TURN: how many turns were begun when it happened
 *   op OP WRITE TIMED TARGET CALL FILE, then: place, "object KIND NUMBER OWNER READS READERS CALL KEY", "data PLACE",
 *   place where it was taken, list: where it was made
 */
#ifndef ESECHECK_SHIMS_SCHEDULE_STORY_H
#define ESECHECK_SHIMS_SCHEDULE_STORY_H

#include <stdio.h>

#include "shims/schedule/control.h"
#include "shims/schedule/watch.h"

void shim_story_write(FILE *file, const struct shim_watch *watch);
/* Where the threads of a deadlock wait (those of the circle; if there is none, the harness's own), sorted: it is the
 * same whichever run shows it. "" if it was none. */
void shim_story_place(const struct shim_watch *watch, enum shim_run how, char *text, size_t size);
/* What the run covered first: "p HASH" per place, "c HASH" per conflict; the hashes are the same wherever the same
 * files are loaded. */
void shim_coverage_write(FILE *file, const struct shim_watch *watch);
uint64_t shim_coverage_hash(const struct shim_watch_place *place);

#endif
