/* scenarios/supervisor/restarts_posix.c - many restarts in forks of one child that has loaded the engine.
 *
 * Two pipes with names lie in the job's directory. Into `ask` the parent writes a byte per restart: 'v', or 'r' if what
 * the engine writes is to be recorded. Out of `answer` it reads how the fork ended, as waitpid says it. All else are files,
 * as with other children: plan-0, calls-after-0, run-0, result-0. When a fork dies, so does the child, after its answer: what
 * the guard wrote is about that fork alone.
 */
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "scenarios/language/language.h"
#include "scenarios/supervisor/death.h"
#include "scenarios/supervisor/job.h"
#include "scenarios/supervisor/restarts.h"
#include "scenarios/supervisor/supervisor.h"
#include "shims/library/library.h"
#include "shims/record/record.h"

#define ASK "ask"
#define ANSWER "answer"
#define RECORDER_BYTES ((size_t)256 << 20)
#define POLL_MS 20

enum ending { RESTART_DONE, RESTART_DIED, RESTART_STUCK, RESTART_INTERRUPTED, RESTART_NOT_SERVED };

struct scn_restarts {
    struct scn_job job;
    bool plain;                  /* a child per restart */
    struct scn_process *process; /* the child; NULL: none yet, or none any more */
    int ask, answer;
    struct shim_recorder *recorder; /* of the restart that is under way */
    scn_fill fill;
    void *context;
    uint64_t hang_ms, timeout_ms, begun;
};

static const char *below(const struct scn_restarts *restarts, const char *name, char *path)
{
    snprintf(path, SCN_JOB_PATH, "%.900s/%s", restarts->job.directory, name);
    return path;
}

/* ---- the child ---- */

static void fork_one(int answer, void (*play)(void *context, bool record), void *context, bool record)
{
    int status = -1;
    pid_t id = fork();
    if (id == 0) {
        prctl(PR_SET_PDEATHSIG, SIGKILL);
        play(context, record);
        _exit(0);
    }
    while (id > 0 && waitpid(id, &status, 0) < 0 && errno == EINTR) {
    }
    if (write(answer, &status, sizeof status) != (ssize_t)sizeof status || status != 0) {
        _exit(0);
    }
}

int scn_restarts_serve(const char *directory, void (*play)(void *context, bool record), void *context)
{
    char path[SCN_JOB_PATH], order;
    snprintf(path, sizeof path, "%.900s/" ASK, directory);
    int ask = open(path, O_RDONLY | O_CLOEXEC);
    snprintf(path, sizeof path, "%.900s/" ANSWER, directory);
    int answer = open(path, O_WRONLY | O_CLOEXEC);
    ssize_t got = -1;
    while (ask >= 0 && answer >= 0) {
        got = read(ask, &order, 1);
        if (got == 1) {
            fork_one(answer, play, context, order == 'r');
        } else if (got == 0 || errno != EINTR) {
            break;
        }
    }
    return got == 0 ? 0 : -1;
}

/* ---- the parent ---- */

static void close_file(int *file)
{
    if (*file >= 0) {
        close(*file);
    }
    *file = -1;
}

static void stop_child(struct scn_restarts *restarts)
{
    close_file(&restarts->ask);
    close_file(&restarts->answer);
    if (restarts->process != NULL) {
        scn_process_kill(restarts->process);
        scn_process_free(restarts->process);
        restarts->process = NULL;
    }
}

/* A pipe that is open at both ends here never makes anybody wait for the other to come. */
static int pipe_named(const struct scn_restarts *restarts, const char *name)
{
    char path[SCN_JOB_PATH];
    remove(below(restarts, name, path));
    return mkfifo(path, 0600) == 0 ? open(path, O_RDWR | O_CLOEXEC) : -1;
}

static int write_plan(const struct scn_restarts *restarts)
{
    char path[SCN_JOB_PATH];
    FILE *file = fopen(below(restarts, "plan-0", path), "w");
    int failed = file == NULL ? -1 : scn_print_placed(file, restarts->job.plan);
    return file != NULL && fclose(file) != 0 ? -1 : failed;
}

static int start_child(struct scn_restarts *restarts, char *error, size_t error_size)
{
    char own[SCN_JOB_PATH], output[SCN_JOB_PATH], path[SCN_JOB_PATH];
    struct scn_sanitizer_environment environment;
    const char *const guard[] = {"crash", "stacks", "output"};
    for (size_t i = 0; i < sizeof guard / sizeof guard[0]; i++) {
        remove(below(restarts, guard[i], path));
    }
    restarts->ask = pipe_named(restarts, ASK);
    restarts->answer = pipe_named(restarts, ANSWER);
    if (restarts->ask < 0 || restarts->answer < 0 || write_plan(restarts) != 0) {
        snprintf(error, error_size, "%.300s: %s", restarts->job.directory, strerror(errno));
        return -1;
    }
    if (scn_own_path(own, sizeof own) != 0 ||
        scn_job_write(&restarts->job, restarts->job.directory, 1, restarts->hang_ms, true, error, error_size) != 0) {
        return -1;
    }
    const char *arguments[] = {own, "--child", restarts->job.directory, "0", NULL};
    scn_sanitizer_environment(&environment, restarts->job.directory);
    return scn_process_start(arguments, restarts->job.directory, below(restarts, "output", output),
                             environment.variables, &restarts->process, error, error_size);
}

static int run_directory(struct scn_restarts *restarts, char *path, char *error, size_t error_size)
{
    below(restarts, "run-0", path);
    if (scn_directory_make(restarts->job.directory) != 0 || scn_directory_make(path) != 0) {
        snprintf(error, error_size, "%.300s: the work directory cannot be written", path);
        return -1;
    }
    return 0;
}

struct scn_restarts *scn_restarts_new(const struct scn_job *job)
{
    struct scn_restarts *restarts = calloc(1, sizeof *restarts);
    if (restarts != NULL) {
        restarts->job = *job;
        restarts->job.restarts = true;
        restarts->plain = shim_sanitizer_of_this_program() != SHIM_SAN_NONE;
        restarts->ask = restarts->answer = -1;
        scn_job_limits(job, &restarts->hang_ms, &restarts->timeout_ms);
    }
    return restarts;
}

static void forget_recorder(struct scn_restarts *restarts)
{
    char path[SCN_JOB_PATH];
    if (restarts->recorder != NULL) {
        shim_recorder_close(restarts->recorder);
        restarts->recorder = NULL;
        remove(below(restarts, "calls-after-0", path));
    }
}

void scn_restarts_free(struct scn_restarts *restarts)
{
    if (restarts != NULL) {
        stop_child(restarts);
        forget_recorder(restarts);
        free(restarts);
    }
}

int scn_restarts_begin(struct scn_restarts *restarts, scn_fill fill, void *context, bool record, char *error,
                       size_t error_size)
{
    char path[SCN_JOB_PATH], order = record ? 'r' : 'v';
    restarts->fill = fill;
    restarts->context = context;
    if (restarts->plain) {
        return 0;
    }
    size_t bytes = restarts->job.recorder_bytes != 0 ? restarts->job.recorder_bytes : RECORDER_BYTES;
    if (run_directory(restarts, path, error, error_size) != 0 ||
        (restarts->process == NULL && start_child(restarts, error, error_size) != 0) ||
        fill(context, path, error, error_size) != 0) {
        return -1;
    }
    remove(below(restarts, "result-0", path));
    if (shim_recorder_create(below(restarts, "calls-after-0", path), bytes, &restarts->recorder, error,
                             error_size) != 0) {
        return -1;
    }
    restarts->begun = scn_milliseconds();
    if (write(restarts->ask, &order, 1) != 1) {
        snprintf(error, error_size, "the child cannot be asked: %s", strerror(errno));
        return -1;
    }
    return 0;
}

static enum ending await(struct scn_restarts *restarts, struct scn_exit *how)
{
    uint64_t moved = scn_milliseconds(), progress = UINT64_MAX;
    struct pollfd wanted = {.fd = restarts->answer, .events = POLLIN};
    int status;
    for (;;) {
        if (poll(&wanted, 1, POLL_MS) == 1 &&
            read(restarts->answer, &status, sizeof status) == (ssize_t)sizeof status) {
            scn_exit_of_status(status, how);
            return status == 0 ? RESTART_DONE : status == -1 ? RESTART_NOT_SERVED : RESTART_DIED;
        }
        uint64_t now = scn_milliseconds(), seen = shim_recorder_progress(restarts->recorder);
        moved = seen != progress ? now : moved;
        progress = seen;
        if (scn_interrupted()) {
            return RESTART_INTERRUPTED;
        }
        if (now - moved > restarts->hang_ms || now - restarts->begun > restarts->timeout_ms) {
            return RESTART_STUCK;
        }
        /* It ends behind its last answer: one more look for that. */
        if (scn_process_ended(restarts->process, how) && poll(&wanted, 1, 0) != 1) {
            return RESTART_NOT_SERVED;
        }
    }
}

static int take(struct scn_restarts *restarts, const struct scn_exit *died, struct shim_history *history,
                uint64_t last, char *error, size_t error_size)
{
    struct shim_history after;
    char path[SCN_JOB_PATH];
    shim_history_init(&after);
    int result = shim_recorder_read(restarts->recorder, &after, error, error_size);
    if (result == 0) {
        if (died != NULL || !scn_file_exists(below(restarts, "result-0", path))) {
            static const struct scn_exit silent = {.name = "exit code 0"};
            scn_note_death(&after, restarts->job.directory, 0, died != NULL ? died : &silent);
        }
        shim_history_sort(&after);
        scn_append_restart(history, &after, last);
        if (scn_job_header(&restarts->job, restarts->job.plan, history) != 0) {
            snprintf(error, error_size, "out of memory");
            result = -1;
        }
    }
    shim_history_fini(&after);
    return result;
}

enum scn_job_result scn_restarts_end(struct scn_restarts *restarts, struct shim_history *history, uint64_t last,
                                     char *error, size_t error_size)
{
    struct scn_exit how;
    struct scn_job alone = restarts->job;
    enum ending ending = restarts->plain ? RESTART_NOT_SERVED : await(restarts, &how);
    int result = 0;
    if (ending != RESTART_DONE) {
        stop_child(restarts);
    }
    if (ending == RESTART_INTERRUPTED) {
        forget_recorder(restarts);
        return SCN_JOB_INTERRUPTED;
    }
    if (ending == RESTART_DONE || ending == RESTART_DIED) {
        result = take(restarts, ending == RESTART_DIED ? &how : NULL, history, last, error, error_size);
        forget_recorder(restarts);
        return result != 0 ? SCN_JOB_HARNESS : SCN_JOB_DONE;
    }
    forget_recorder(restarts);
    if (alone.disk != NULL) {
        remove(alone.disk); /* of the one that came to nothing; the next is not recorded */
    }
    alone.restarts = false;
    return scn_supervise_restart(&alone, restarts->fill, restarts->context, history, error, error_size);
}
