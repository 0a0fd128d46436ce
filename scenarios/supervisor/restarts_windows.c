/* scenarios/supervisor/restarts_windows.c - there is no fork: each restart has a child of its own. */
#include <stdlib.h>

#include "scenarios/supervisor/restarts.h"
#include "scenarios/supervisor/supervisor.h"

struct scn_restarts {
    const struct scn_job *job;
    scn_fill fill;
    void *context;
};

struct scn_restarts *scn_restarts_new(const struct scn_job *job)
{
    struct scn_restarts *restarts = calloc(1, sizeof *restarts);
    if (restarts != NULL) {
        restarts->job = job;
    }
    return restarts;
}

void scn_restarts_free(struct scn_restarts *restarts)
{
    free(restarts);
}

int scn_restarts_begin(struct scn_restarts *restarts, scn_fill fill, void *context, bool record, char *error,
                       size_t error_size)
{
    (void)record, (void)error, (void)error_size;
    restarts->fill = fill;
    restarts->context = context;
    return 0;
}

enum scn_job_result scn_restarts_end(struct scn_restarts *restarts, struct shim_history *history, uint64_t last,
                                     char *error, size_t error_size)
{
    (void)last;
    return scn_supervise_restart(restarts->job, restarts->fill, restarts->context, history, error, error_size);
}

int scn_restarts_serve(const char *directory, void (*play)(void *context, bool record), void *context)
{
    (void)directory, (void)play, (void)context;
    return -1;
}
