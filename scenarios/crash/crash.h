/* scenarios/crash/crash.h - what the files of this room share. */
#ifndef ESECHECK_SCENARIOS_CRASH_CRASH_H
#define ESECHECK_SCENARIOS_CRASH_CRASH_H

#include "scenarios/command/command.h"
#include "shims/disk/disk.h"

#define CRASH_STATES 240 /* of a run, unless --states says otherwise */
#define CRASH_ALL (-1)   /* --states all */
#define CRASH_RECORDER_BYTES ((size_t)32 << 20) /* of a restart: reading the tables */

/* A power cut, and what was lost by it. */
struct crash_state {
    size_t at; /* the operation that the power is cut before */
    enum shim_disk_loss loss;
    uint64_t seed;
    int again; /* so many cuts during the recovery from this one */
};

/* ---- states.c ---- */
/* What may be cut: operations first to end. Between set-up, before which nothing was acknowledged that a restart could be
 * held to, and the run's own end: recovery after a restart in the same run is not cut. */
void crash_range(const struct shim_disk *disk, const struct shim_history *history, size_t *first, size_t *end);
/* Which cuts: `wanted` of them, or CRASH_ALL (before every sync with every loss, and half as many anywhere), in ascending
 * order; the second cuts of `again` are counted among them. Heap memory, or NULL without memory. */
struct crash_state *crash_choose(const struct shim_disk *disk, size_t first, size_t end, int wanted, bool again,
                                 uint64_t seed, size_t *count);

/* ---- play.c ---- */
/* A recorded run, and where its states are played. */
struct crash_round {
    struct cmd_options *options;
    const struct scn_job *job;            /* of the restart; job->disk: where recordings of restarts go */
    const char *name;
    const struct shim_disk *disk;
    const struct shim_history *history;   /* of the run */
    uint64_t base;                        /* what a stamp of `disk` is in `history`: so much more */
    const char *recording;                /* file of `disk` */
    struct rpt_case *c;
};
/* The job of a restart after `job`, with a copy of its plan: the script's blocks `after death` and `after restart` speak of
 * the run's own end. */
void crash_restart_job(const struct scn_job *job, struct scn_plan *plan, struct scn_job *restart);
/* All of them, judged into the case. *played: how many, with second cuts. 0 or an exit code. */
int crash_play(const struct crash_round *round, const struct crash_state *states, size_t count, size_t *played);

/* "the power was cut before operation 385, writing main/edb.chk at 0, 512 bytes; what was not synced: kept" */
#define CRASH_TEXT 400
void crash_describe(const struct shim_disk *disk, const struct crash_state *state, char *text, size_t size);
/* A line on standard output if in the run, or a recovery, something was noticed that is not recorded. */
void crash_tell_uncovered(const char *name, const char *where, const char *uncovered);

/* ---- checker.c ---- */
/* Makes options->checker absolute, in `path`. 0, or CMD_USAGE after a message: there is no such program. */
int crash_find_checker(struct cmd_options *options, char *path, size_t size);
/* If there is a checker and the restart behind the stamp `cut` ended well: a NOTE for each database that it finds wrong. 0, or
 * -1 with a message. */
int crash_check(const struct crash_round *round, struct shim_history *history, uint64_t cut, char *error,
                size_t error_size);

/* ---- keep.c ---- */
/* Into the report: the files of a state, and what `esecheck replay` needs to make them again; the case's command becomes
 * that. 0, or an exit code. */
int crash_keep(const struct crash_round *round, const struct crash_state *state);
/* Whether a file is such a state; and plays it again. */
bool cmd_crash_is_state(const char *path);
int cmd_replay_crash(struct cmd_options *options);

#endif
