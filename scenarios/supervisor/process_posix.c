/* scenarios/supervisor/process_posix.c - a child, its end, and the stacks of its threads. */
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <spawn.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "scenarios/supervisor/guard_signal.h"
#include "scenarios/supervisor/platform.h"
#include "scenarios/supervisor/restarts.h"
#include "scenarios/supervisor/supervisor.h"

#define SCN_STACK_WAIT_MS 300  /* for one thread */
#define SCN_STACKS_WAIT_MS 2000 /* for all */

extern char **environ;

struct scn_process {
    pid_t pid;
    bool ended;
    int status;
};

static bool same_variable(const char *a, const char *b)
{
    size_t length = strcspn(a, "=");
    return strncmp(a, b, length + 1) == 0;
}

/* environ with additions; the array is the caller's, the strings are not. */
static char **environment_with(const char *const *additions)
{
    size_t count = 0, extra = 0, at = 0;
    while (environ[count] != NULL) {
        count++;
    }
    while (additions[extra] != NULL) {
        extra++;
    }
    char **result = calloc(count + extra + 1, sizeof result[0]);
    for (size_t i = 0; result != NULL && i < count; i++) {
        bool replaced = false;
        for (size_t j = 0; j < extra; j++) {
            replaced = replaced || same_variable(additions[j], environ[i]);
        }
        if (!replaced) {
            result[at++] = environ[i];
        }
    }
    for (size_t j = 0; result != NULL && j < extra; j++) {
        result[at++] = (char *)(uintptr_t)additions[j];
    }
    return result;
}

/* The children of a child that dies become this process's, which then can wait for them. */
static void adopt_orphans(void)
{
#ifdef PR_SET_CHILD_SUBREAPER
    (void)prctl(PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0);
#endif
}

int scn_process_start(const char *const *arguments, const char *directory, const char *output,
                      const char *const *environment, struct scn_process **process, char *error,
                      size_t error_size)
{
    posix_spawn_file_actions_t actions;
    posix_spawnattr_t attributes;
    sigset_t defaults;
    struct scn_process *new = calloc(1, sizeof *new);
    char **variables = environment_with(environment);
    int failed = new == NULL || variables == NULL ? ENOMEM : 0;
    adopt_orphans();
    if (failed == 0) {
        posix_spawn_file_actions_init(&actions);
        posix_spawnattr_init(&attributes);
        posix_spawn_file_actions_addopen(&actions, 0, "/dev/null", O_RDONLY, 0);
        posix_spawn_file_actions_addopen(&actions, 1, output, O_WRONLY | O_CREAT | O_APPEND, 0666);
        posix_spawn_file_actions_adddup2(&actions, 1, 2);
        posix_spawn_file_actions_addchdir_np(&actions, directory);
        sigemptyset(&defaults);
        posix_spawnattr_setsigmask(&attributes, &defaults);
        sigaddset(&defaults, SIGINT);
        sigaddset(&defaults, SIGTERM);
        sigaddset(&defaults, SIGHUP);
        sigaddset(&defaults, SIGPIPE);
        posix_spawnattr_setsigdefault(&attributes, &defaults);
        posix_spawnattr_setpgroup(&attributes, 0);
        posix_spawnattr_setflags(&attributes, POSIX_SPAWN_SETPGROUP | POSIX_SPAWN_SETSIGDEF |
                                                  POSIX_SPAWN_SETSIGMASK);
        failed = posix_spawn(&new->pid, arguments[0], &actions, &attributes,
                             (char *const *)(uintptr_t)arguments, variables);
        posix_spawn_file_actions_destroy(&actions);
        posix_spawnattr_destroy(&attributes);
    }
    free(variables);
    if (failed != 0) {
        snprintf(error, error_size, "%s: cannot be started: %s", arguments[0], strerror(failed));
        free(new);
        return -1;
    }
    *process = new;
    return 0;
}

static const char *signal_name(int number)
{
    const char *name = sigabbrev_np(number);
    return name != NULL ? name : "?";
}

void scn_exit_of_status(int status, struct scn_exit *how)
{
    how->by_signal = WIFSIGNALED(status);
    if (how->by_signal) {
        how->code = WTERMSIG(status);
        snprintf(how->name, sizeof how->name, "SIG%s", signal_name((int)how->code));
    } else {
        how->code = WEXITSTATUS(status);
        snprintf(how->name, sizeof how->name, "exit code %d", (int)how->code);
    }
}

bool scn_process_ended(struct scn_process *process, struct scn_exit *how)
{
    if (!process->ended && waitpid(process->pid, &process->status, WNOHANG) == process->pid) {
        process->ended = true;
    }
    if (!process->ended) {
        return false;
    }
    scn_exit_of_status(process->status, how);
    return true;
}

static off_t size_of(const char *path)
{
    struct stat status;
    return stat(path, &status) == 0 ? status.st_size : 0;
}

static bool ends_with_marker(const char *path)
{
    char *tail = scn_read_tail(path, strlen(SCN_STACK_END));
    bool whole = tail != NULL && strcmp(tail, SCN_STACK_END) == 0;
    free(tail);
    return whole;
}

static void note(const char *path, const char *format, const char *first, const char *second)
{
    FILE *file = fopen(path, "a");
    if (file != NULL) {
        fprintf(file, format, first, second);
        fclose(file);
    }
}

static void one_stack(pid_t pid, const char *thread, const char *path, uint64_t end)
{
    char comm[128], *name;
    snprintf(comm, sizeof comm, "/proc/%d/task/%.20s/comm", (int)pid, thread);
    name = scn_read_tail(comm, 64);
    if (name != NULL) {
        name[strcspn(name, "\n")] = '\0';
    }
    note(path, "thread %s %s\n", thread, name != NULL ? name : "");
    free(name);
    off_t before = size_of(path);
    if (syscall(SYS_tgkill, pid, (pid_t)atoi(thread), SCN_STACK_SIGNAL) != 0) {
        return;
    }
    uint64_t wait = scn_milliseconds() + SCN_STACK_WAIT_MS;
    while (scn_milliseconds() < wait && scn_milliseconds() < end) {
        if (size_of(path) > before && ends_with_marker(path)) {
            return;
        }
        scn_rest_milliseconds(2);
    }
    note(path, "%s%s", "(no answer)\n", "");
}

void scn_process_stacks(struct scn_process *process, const char *path)
{
    char tasks[64];
    uint64_t end = scn_milliseconds() + SCN_STACKS_WAIT_MS;
    snprintf(tasks, sizeof tasks, "/proc/%d/task", (int)process->pid);
    DIR *directory = opendir(tasks);
    struct dirent *entry;
    while (directory != NULL && (entry = readdir(directory)) != NULL &&
           scn_milliseconds() < end) {
        if (entry->d_name[0] != '.') {
            one_stack(process->pid, entry->d_name, path, end);
        }
    }
    if (directory != NULL) {
        closedir(directory);
    }
}

void scn_process_kill(struct scn_process *process)
{
    if (process->ended) {
        return;
    }
    kill(-process->pid, SIGKILL);
    kill(process->pid, SIGKILL);
    while (waitpid(process->pid, &process->status, 0) < 0 && errno == EINTR) {
    }
    process->ended = true;
    /* What it had forked is ours now (adopt_orphans), and may still hold locks on files until it is gone. */
    while (waitpid(-process->pid, NULL, 0) > 0 || errno == EINTR) {
    }
}

void scn_process_free(struct scn_process *process)
{
    free(process);
}

static volatile sig_atomic_t interrupted;

static void on_interrupt(int number)
{
    interrupted = number;
}

void scn_interrupt_install(void)
{
    static const int signals[] = {SIGINT, SIGTERM, SIGHUP};
    struct sigaction action = {.sa_handler = on_interrupt, .sa_flags = (int)SA_RESETHAND};
    sigemptyset(&action.sa_mask);
    for (size_t i = 0; i < sizeof signals / sizeof signals[0]; i++) {
        sigaction(signals[i], &action, NULL);
    }
    signal(SIGPIPE, SIG_IGN); /* a closed reader shows as a failed write */
}

bool scn_interrupted(void)
{
    return interrupted != 0;
}

void scn_interrupt_finish(void)
{
    signal(interrupted, SIG_DFL);
    raise(interrupted);
}
