/* scenarios/supervisor/job.h - what a parent tells its child, and the answer; only for this room.
 *
 * The job is a text file of `key=value` lines; the result is a word on the first line and a message
 * on the second. Both are written to a temporary name and renamed, so that they are whole or absent.
 */
#ifndef ESECHECK_SCENARIOS_SUPERVISOR_JOB_H
#define ESECHECK_SCENARIOS_SUPERVISOR_JOB_H

#include "scenarios/supervisor/supervisor.h"

#define SCN_JOB_PATH 1280
#define SCN_JOB_MESSAGE 1024
#define SCN_JOB_SETTINGS 64
#ifdef _WIN32
#define SCN_JOB_SEPARATOR "\\"
#else
#define SCN_JOB_SEPARATOR "/"
#endif

/* The job as the child reads it. Free with scn_job_orders_fini. */
struct scn_job_orders {
    char *engine, *pre_init, *template_directory, *make_template, *disk;
    uint64_t seed, gate_timeout_us;
    size_t end;                     /* plans first .. end - 1 */
    int probe_calls;
    bool no_verify, verify_only, perturb, keep_directory, control, same_plan, restarts;
    bool faults, record_faults, lean_faults; /* fault-N says which */
    bool plain_without;
    bool controlled;                /* schedules counts */
    struct scn_schedules schedules;
    struct scn_setting settings[SCN_JOB_SETTINGS];
    int setting_count;
};

int scn_job_write(const struct scn_job *job, const char *directory, size_t end, uint64_t hang_ms,
                  bool verify_only, char *error, size_t error_size);
int scn_job_read(struct scn_job_orders *orders, const char *directory, char *error,
                 size_t error_size);
void scn_job_orders_fini(struct scn_job_orders *orders);

int scn_result_write(const char *path, enum scn_job_result result, const char *message);
enum scn_job_result scn_result_read(const char *path, char *message, size_t size);

/* The limits of a job, in milliseconds: nothing moves; the whole. */
void scn_job_limits(const struct scn_job *job, uint64_t *hang_ms, uint64_t *timeout_ms);

/* Fills the header of a history: engine, build, script, plan, seed. 0, or -1 without memory. */
int scn_job_header(const struct scn_job *job, const struct scn_plan *plan,
                   struct shim_history *history);

/* The seed of one repeat; the first repeat has the job's own. */
uint64_t scn_seed_of_repeat(uint64_t seed, int repeat);

#endif
