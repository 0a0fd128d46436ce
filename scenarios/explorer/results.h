/* scenarios/explorer/results.h - what an exploration of one script came to, as a file, so that parts can be joined.
 *
 *   esecheck exploration 1
 *   name small
 *   engine /path/libesent.so
 *   build build-id 1234
 *   profile documented
 *   strategy random
 *   setup ...            what else has to be the same in parts that belong together
 *   seed 1
 *   shard 2/3            0/0: it was no part
 *   asked 100            schedules of all parts together; 0: as many as there was time for
 *   schedules 33
 *   decisions 12345      of all schedules together
 *   exhausted 0
 *   complete 1           0: it ended with its first finding, or was interrupted
 *   finding deadlock     any number of times, followed by
 *   clause process.deadlock
 *   place ...            where
 *   text ...
 *   fault ...            what went wrong, if something was made to
 *   found-seed 57
 *   times 3
 *   schedule small.schedule
 *   history small.jsonl
 *   interleavings        hashes, after tabs: those seen; the union over parts is exact
 *   places
 *   conflicts
 *   end
 */
#ifndef ESECHECK_SCENARIOS_EXPLORER_RESULTS_H
#define ESECHECK_SCENARIOS_EXPLORER_RESULTS_H

#include <stdbool.h>
#include <stdio.h>

#include "scenarios/explorer/seen.h"

#define SCN_RESULTS_SUFFIX ".exploration"

/* Texts are heap-allocated or NULL. */
struct scn_found {
    char *verdict, *clause, *place, *text, *fault, *schedule, *history;
    uint64_t seed, times;
};
struct scn_results {
    char *name, *engine, *build, *profile, *strategy, *setup;
    uint64_t seed, shard, shards, asked, schedules, decisions;
    bool exhausted, complete;
    struct scn_found *found;
    size_t found_count;
    struct scn_seen interleavings, places, conflicts;
};

/* A new finding, zeroed; NULL without memory. */
struct scn_found *scn_results_add(struct scn_results *results);
/* What an outcome says it covered first (scenarios/supervisor/story.h). 0, or -1 without memory. */
int scn_results_cover(struct scn_results *results, const char *coverage);
/* 0, or -1 with a message that names file and line. */
int scn_results_save(const struct scn_results *results, const char *path, char *error, size_t error_size);
int scn_results_load(struct scn_results *results, const char *path, char *error, size_t error_size);
void scn_results_fini(struct scn_results *results);

/* Joins a part of the same exploration: counts are added, sets united, equal findings become one. 0, or -1 with a message
 * that says what differs. */
int scn_results_join(struct scn_results *results, const struct scn_results *part, char *error, size_t error_size);

/* All explorations of a report, for machines: explore.json in the folder (NULL: none). 0, or CMD_USAGE after a message. */
int scn_results_write_json(const char *report, const struct scn_results *results, size_t count);

#endif
