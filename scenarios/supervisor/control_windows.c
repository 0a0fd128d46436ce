/* scenarios/supervisor/control_windows.c - threads cannot be controlled on this platform. */
#include "scenarios/supervisor/control.h"

#include <stdio.h>

void scn_control_fix_addresses(char **argv)
{
    (void)argv;
}

bool scn_addresses_can_be_fixed(void)
{
    return false;
}

struct scn_control *scn_control_new(const struct scn_schedules *schedules, struct shim_library *library,
                                    const char *directory, char *error, size_t error_size)
{
    (void)schedules, (void)library, (void)directory;
    snprintf(error, error_size, "threads cannot be controlled on this platform; use Linux");
    return NULL;
}

void scn_control_free(struct scn_control *control)
{
    (void)control;
}

enum scn_job_result scn_control_fork(struct scn_control *control, size_t number,
                                     enum scn_job_result (*play)(void *context, size_t number,
                                                                 char *error, size_t error_size),
                                     void *context, char *error, size_t error_size)
{
    (void)control;
    return play(context, number, error, error_size);
}

enum scn_run_result scn_control_run(struct scn_control *control, const struct scn_plan *plan,
                                    const struct scn_run_options *options, char *error,
                                    size_t error_size)
{
    (void)control;
    return scn_run(plan, options, error, error_size);
}
