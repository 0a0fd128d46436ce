/* scenarios/supervisor/faulted.h - what becomes of a run with a fault, in a file that outlives it; only for this room.
 *
 * The parent makes the file (faulted-N), the child maps it and writes into it while the run goes on, the parent reads it when
 * the run is over, whatever its end was. What runs without a fault left behind is in `usual`, in the child's directory.
 */
#ifndef ESECHECK_SCENARIOS_SUPERVISOR_FAULTED_H
#define ESECHECK_SCENARIOS_SUPERVISOR_FAULTED_H

#include "scenarios/supervisor/supervisor.h"

/* The parent. 0 or -1; what cannot be read is not `known`. */
int scn_faulted_create(const char *path, bool record);
void scn_faulted_read(const char *path, struct scn_faulted *faulted);

/* The child: around the run. NULL when the file is not there; the run goes on without. usual: NULL, or memory is followed
 * in the lean way (shim_faults_follow_memory). */
struct scn_faulted_page;
struct scn_faulted_page *scn_faulted_begin(const char *path, bool record, const char *usual);
/* `clean`: this was a run without a fault; what it left more of than any before it is added to the usual. */
void scn_faulted_end(struct scn_faulted_page *page, const char *usual, bool clean);

#endif
