/* shims/preload/launch_posix.c - esecheck's side of a program under control. */
#include "shims/preload/launch.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/personality.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "shims/preload/launch_elf.h"

#define PATIENCE 10  /* seconds */
#define START_MS 30000

struct shim_launched {
    struct shim_program_shared *shared;
    struct shim_trace trace;     /* of the last run */
    pid_t pid;
    int control, output;
    int patience;                /* ms */
    char path[1024];
};

/* ---- is it a program that can be controlled? -------------------------------------------------------- */

static int look_at(const char *path, char *error, size_t error_size) {
    struct stat status;
    const char *wrong = NULL;
    if (stat(path, &status) != 0) {
        wrong = "no such program";
    } else if (S_ISDIR(status.st_mode)) {
        wrong = "is a directory, not a program";
    } else if (access(path, X_OK) != 0 || (status.st_mode & 0111) == 0) {
        wrong = "is not executable";
    } else if (((status.st_mode & S_ISUID) != 0 && status.st_uid != getuid()) ||
               ((status.st_mode & S_ISGID) != 0 && status.st_gid != getgid())) {
        wrong = "is set-user-ID or set-group-ID: the system lets nothing be preloaded there; run a copy "
                "without that bit";
    } else {
        wrong = shim_launch_elf(path);
    }
    if (wrong != NULL) {
        snprintf(error, error_size, "%s: %s", path, wrong);
    }
    return wrong != NULL ? -1 : 0;
}

int shim_launch_find(const char *name, char *path, size_t path_size, char *error, size_t error_size) {
    char candidate[4096], *absolute;
    const char *list = strchr(name, '/') != NULL ? "" : getenv("PATH");
    list = list != NULL ? list : "/usr/local/bin:/usr/bin:/bin";
    snprintf(candidate, sizeof candidate, "%s", name);
    for (const char *at = list; strchr(name, '/') == NULL;) {
        size_t length = strcspn(at, ":");
        snprintf(candidate, sizeof candidate, "%.*s/%s", length != 0 ? (int)length : 1, length != 0 ? at : ".", name);
        if (access(candidate, X_OK) == 0) {
            break;
        }
        if (at[length] == '\0') {
            snprintf(error, error_size, "%s: no such program in PATH", name);
            return -1;
        }
        at += length + 1;
    }
    if (look_at(candidate, error, error_size) != 0) {
        return -1;
    }
    absolute = realpath(candidate, NULL);
    if (absolute == NULL || strlen(absolute) >= path_size) {
        snprintf(error, error_size, "%s: %s", candidate, strerror(absolute == NULL ? errno : ENAMETOOLONG));
        free(absolute);
        return -1;
    }
    snprintf(path, path_size, "%s", absolute);
    free(absolute);
    return 0;
}

/* ---- start and stop --------------------------------------------------------------------------------- */

/* This process's environment with the object in it; heap, NULL without memory. The words before `kept` are heap, too. */
static char **environment_with(const struct shim_launch_options *options, const char *descriptors, size_t *made) {
    extern char **environ;
    size_t count = 0, used = 0;
    const char *preload = getenv("LD_PRELOAD"), *asan = getenv("ASAN_OPTIONS"),
               *lsan = getenv("LSAN_OPTIONS");
    while (environ[count] != NULL) {
        count++;
    }
    char **words = calloc(count + 5, sizeof words[0]);
    if (words == NULL) {
        return NULL;
    }
    bool whole = asprintf(&words[0], "LD_PRELOAD=%s%s%s", options->object, preload != NULL ? ":" : "",
                          preload != NULL ? preload : "") > 0 &&
                 asprintf(&words[1], SHIM_PROGRAM_ENVIRONMENT "=%s", descriptors) > 0 &&
                 /* Ours comes before the sanitizer's, on purpose; threads that are killed at the end leak. */
                 asprintf(&words[2], "ASAN_OPTIONS=detect_leaks=0:%s%sverify_asan_link_order=0",
                          asan != NULL ? asan : "", asan != NULL ? ":" : "") > 0 &&
                 asprintf(&words[3], "LSAN_OPTIONS=detect_leaks=0%s%s", lsan != NULL ? ":" : "",
                          lsan != NULL ? lsan : "") > 0;
    *made = 4;
    used = 4;
    for (size_t i = 0; i < count; i++) {
        if (strncmp(environ[i], "LD_PRELOAD=", 11) != 0 && strncmp(environ[i], "ASAN_OPTIONS=", 13) != 0 &&
            strncmp(environ[i], "LSAN_OPTIONS=", 13) != 0 &&
            strncmp(environ[i], SHIM_PROGRAM_ENVIRONMENT "=", sizeof SHIM_PROGRAM_ENVIRONMENT) != 0) {
            words[used++] = environ[i];
        }
    }
    if (!whole) {
        free(words);
        return NULL;
    }
    return words;
}

/* In the new process. */
static void become(const struct shim_launch_options *options, char **environment, const int *keep, size_t count) {
    sigset_t none;
    int input = open("/dev/null", O_RDONLY);
    struct stat status;
    sigemptyset(&none);
    sigprocmask(SIG_SETMASK, &none, NULL);
    for (int number = 1; number < 32; number++) {
        signal(number, SIG_DFL);
    }
    (void)prctl(PR_SET_PDEATHSIG, SIGKILL);
    if (fstat(0, &status) != 0 || !S_ISREG(status.st_mode)) {
        dup2(input, 0);
    }
    for (size_t i = 0; i < count; i++) {
        if (keep[i] >= 0) {
            fcntl(keep[i], F_SETFD, 0);
        }
    }
    int before = personality(0xffffffff);
    if (before >= 0) {
        personality((unsigned long)before | ADDR_NO_RANDOMIZE);
    }
    execve(options->path, (char *const *)(uintptr_t)options->words, environment);
    _exit(127);
}

/* Waits for a byte of the server; the byte, 0 when it is gone, -1 after `ms` without. */
static int await_byte(int descriptor, int ms) {
    struct pollfd wait = {.fd = descriptor, .events = POLLIN};
    char byte = 0;
    int ready;
    while ((ready = poll(&wait, 1, ms)) < 0 && errno == EINTR) {
    }
    if (ready == 0) {
        return -1;
    }
    ssize_t got;
    while ((got = read(descriptor, &byte, 1)) < 0 && errno == EINTR) {
    }
    return got == 1 ? byte : 0;
}

static int is_up(struct shim_launched *launched, char *error, size_t error_size) {
    int byte = await_byte(launched->control, START_MS), status;
    if (byte == 'r') {
        return 0;
    }
    if (byte == 'x') {
        snprintf(error, error_size, "%s: %s", launched->path, launched->shared->refusal);
        return -1;
    }
    char *said = shim_launch_output(launched, 300);
    if (byte == 0 && waitpid(launched->pid, &status, 0) == launched->pid) {
        launched->pid = 0;
        snprintf(error, error_size,
                 "%s: ended before it could be controlled (%s %d); the preloaded object was not loaded, or refused%s%.300s",
                 launched->path, WIFSIGNALED(status) ? "signal" : "exit code",
                 WIFSIGNALED(status) ? WTERMSIG(status) : WEXITSTATUS(status),
                 said != NULL && said[0] != '\0' ? ": " : "", said != NULL ? said : "");
    } else {
        snprintf(error, error_size, "%s: does not come to its beginning", launched->path);
    }
    free(said);
    return -1;
}

int shim_launch_start(const struct shim_launch_options *options, struct shim_launched **result, char *error,
                      size_t error_size) {
    struct shim_launched *launched = calloc(1, sizeof *launched);
    int pair[2] = {-1, -1}, memory = memfd_create("esecheck-schedule", MFD_CLOEXEC);
    char descriptors[60];
    char **environment = NULL;
    size_t made = 0;
    if (launched == NULL || memory < 0 || socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, pair) != 0) {
        snprintf(error, error_size, "cannot prepare to start a program: %s", strerror(errno));
        free(launched);
        return -1;
    }
    launched->output = options->show ? -1 : memfd_create("esecheck-output", MFD_CLOEXEC);
    launched->control = pair[0];
    launched->patience = (int)(options->patience != 0 ? options->patience : PATIENCE) * 1000;
    snprintf(launched->path, sizeof launched->path, "%s", options->path);
    void *shared = ftruncate(memory, sizeof *launched->shared) == 0
                       ? mmap(NULL, sizeof *launched->shared, PROT_READ | PROT_WRITE, MAP_SHARED, memory, 0)
                       : MAP_FAILED;
    launched->shared = shared != MAP_FAILED ? shared : NULL;
    snprintf(descriptors, sizeof descriptors, "%d %d %d", memory, pair[1], launched->output);
    environment = environment_with(options, descriptors, &made);
    if (launched->shared != NULL && environment != NULL) {
        launched->shared->version = SHIM_PROGRAM_VERSION;
        launched->shared->strategy = (int)options->strategy;
        launched->shared->depth = options->depth;
        launched->shared->memory = options->memory;
        launched->shared->steps = options->steps;
        launched->pid = fork();
        if (launched->pid == 0) {
            int keep[] = {memory, pair[1], launched->output};
            if (launched->output >= 0) {
                dup2(launched->output, 1);
                dup2(launched->output, 2);
            }
            become(options, environment, keep, 3);
        }
    }
    for (size_t i = 0; environment != NULL && i < made; i++) {
        free(environment[i]);
    }
    free(environment);
    close(memory);
    close(pair[1]);
    if (launched->pid <= 0) {
        snprintf(error, error_size, "%s: cannot be started: %s", options->path, strerror(errno));
    } else if (is_up(launched, error, error_size) == 0) {
        *result = launched;
        return 0;
    }
    shim_launch_stop(launched);
    return -1;
}

void shim_launch_stop(struct shim_launched *launched) {
    if (launched == NULL) {
        return;
    }
    if (launched->shared != NULL && launched->shared->child > 0) {
        (void)kill(-launched->shared->child, SIGKILL);
    }
    close(launched->control); /* the server ends */
    if (launched->pid > 0) {
        (void)kill(launched->pid, SIGKILL);
        while (waitpid(launched->pid, NULL, 0) < 0 && errno == EINTR) {
        }
    }
    if (launched->output >= 0) {
        close(launched->output);
    }
    if (launched->shared != NULL) {
        munmap(launched->shared, sizeof *launched->shared);
    }
    free(launched);
}

/* ---- runs --------------------------------------------------------------------------------------------- */

void shim_launch_between(struct shim_launched *launched, uint64_t between) {
    launched->shared->between = between;
}

int shim_launch_run(struct shim_launched *launched, enum shim_program_mode mode, uint64_t seed,
                    const char *given, bool story, struct shim_launch_result *result, char *error,
                    size_t error_size) {
    struct shim_program_shared *shared = launched->shared;
    uint64_t seen = 0;
    int quiet = 0, byte;
    *result = (struct shim_launch_result){.run = &shared->run};
    shared->mode = mode;
    shared->seed = seed;
    shared->story = story;
    if (given != NULL && strlen(given) >= sizeof shared->given) {
        snprintf(error, error_size, "%s: the schedule is too long", launched->path);
        return -1;
    }
    strcpy(shared->given, given != NULL ? given : "");
    if (send(launched->control, "g", 1, MSG_NOSIGNAL) != 1) {
        snprintf(error, error_size, "%s: its server has ended", launched->path);
        return -1;
    }
    while ((byte = await_byte(launched->control, 250)) < 0) {
        volatile uint64_t *steps = &shared->run.steps;
        quiet = *steps == seen ? quiet + 250 : 0;
        seen = *steps;
        if (quiet >= launched->patience && shared->child > 0) {
            /* First so that it can write its stack. */
            (void)kill(shared->child, result->hung ? SIGKILL : SIGABRT);
            result->hung = true;
            quiet = launched->patience - 2000;
        }
    }
    if (byte != 'd') {
        snprintf(error, error_size, "%s: %s", launched->path,
                 byte == 'x' ? shared->refusal : "its server has ended");
        return -1;
    }
    launched->trace = (struct shim_trace){.thread = shared->room,
                                          .count = shared->trace.count,
                                          .room = SHIM_PROGRAM_TRACE,
                                          .full = shared->trace.full};
    result->trace = &launched->trace;
    result->status = shared->status;
    result->more = shared->more;
    result->stacks = shared->stacks;
    result->place = shared->place;
    result->story = shared->told;
    result->watch = &shared->watch;
    result->turns = (struct shim_turns){.turn = shared->watch.turn,
                                        .count = shared->watch.turns.count,
                                        .full = shared->watch.turns.full};
    return 0;
}

char *shim_launch_output(struct shim_launched *launched, size_t most) {
    struct stat status;
    char *text = malloc(most + 1);
    size_t length = 0;
    if (text != NULL && launched->output >= 0 && fstat(launched->output, &status) == 0) {
        off_t from = status.st_size > (off_t)most ? status.st_size - (off_t)most : 0;
        ssize_t got = pread(launched->output, text, most, from);
        length = got > 0 ? (size_t)got : 0;
    }
    if (text != NULL) {
        text[length] = '\0';
    }
    return text;
}
