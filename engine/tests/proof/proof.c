#include "engine/tests/proof/proof.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "engine/tests/remove_tree.h"

#define CODE_FAILED 99

struct proof proof;

static double started;
static uint64_t current_round;
static pid_t parent;

/* ---- the run --------------------------------------------------------------------------------- */

static _Noreturn void usage(void)
{
    fprintf(stderr,
            "usage: %s [--seed N] [--count N] [--first N] [--seconds S] [--directory DIR]\n"
            "       [--clean-restarts] [--verbose] [--keep]\n",
            proof.program);
    exit(2);
}

static bool take_flag(const char *argument)
{
    const struct {
        const char *name;
        bool *flag;
    } flags[] = {
        {"--clean-restarts", &proof.clean}, {"--verbose", &proof.verbose}, {"--keep", &proof.keep}};
    for (size_t i = 0; i < sizeof flags / sizeof flags[0]; i++) {
        if (strcmp(argument, flags[i].name) == 0) {
            *flags[i].flag = true;
            return true;
        }
    }
    return false;
}

void proof_begin(int argc, char **argv, uint64_t count, double seconds, uint64_t nightly_count,
                 double nightly_seconds)
{
    const char *tier = getenv("ESECHECK_TIER"), *base = getenv("TMPDIR");
    bool nightly = tier != NULL && strcmp(tier, "nightly") == 0;
    bool quick = tier != NULL && strcmp(tier, "quick") == 0;
    base = base != NULL ? base : "/tmp";
    base = proof.memory && access("/dev/shm", W_OK) == 0 ? "/dev/shm" : base;
    started = proof_now();
    parent = getpid();
    proof.program = argv[0];
    proof.count = nightly ? nightly_count : count;
    proof.seconds = nightly ? nightly_seconds : quick ? seconds / 3 : seconds;
    proof.seed = (uint64_t)time(NULL) * 1000 + (uint64_t)parent % 1000;
    for (int i = 1; i < argc; i++) {
        if (take_flag(argv[i])) {
            continue;
        }
        if (i + 1 == argc) {
            usage();
        }
        const char *name = argv[i++], *value = argv[i];
        if (strcmp(name, "--seed") == 0) {
            proof.seed = strtoull(value, NULL, 10);
        } else if (strcmp(name, "--count") == 0) {
            proof.count = strtoull(value, NULL, 10);
        } else if (strcmp(name, "--first") == 0) {
            proof.first = strtoull(value, NULL, 10);
        } else if (strcmp(name, "--seconds") == 0) {
            proof.seconds = strtod(value, NULL);
        } else if (strcmp(name, "--directory") == 0) {
            base = value;
        } else {
            usage();
        }
    }
    const char *slash = strrchr(proof.program, '/');
    snprintf(proof.directory, sizeof proof.directory, "%s/%s-XXXXXX", base,
             slash != NULL ? slash + 1 : proof.program);
    if (mkdtemp(proof.directory) == NULL) {
        fprintf(stderr, "%s: cannot make a directory in %s\n", proof.program, base);
        exit(2);
    }
}

int proof_end(const char *format, ...)
{
    va_list list;
    if (!proof.keep) {
        proof_remove(proof.directory);
    }
    va_start(list, format);
    vprintf(format, list);
    va_end(list);
    printf("; seed %llu, %.1f s\n", (unsigned long long)proof.seed, proof_now() - started);
    return 0;
}

void proof_round(uint64_t round)
{
    current_round = round;
}

void proof_fail(const char *format, ...)
{
    va_list list;
    char text[1024];
    va_start(list, format);
    vsnprintf(text, sizeof text, format, list);
    va_end(list);
    fflush(stdout);
    fprintf(stderr, "FAILED: %s; files: %s; repeat: %s --seed %llu --first %llu%s\n", text,
            proof.directory, proof.program, (unsigned long long)proof.seed,
            (unsigned long long)current_round, proof.clean ? " --clean-restarts" : "");
    fflush(stderr);
    if (getpid() != parent) {
        _exit(CODE_FAILED);
    }
    exit(1);
}

double proof_now(void)
{
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (double)now.tv_sec + (double)now.tv_nsec / 1e9;
}

bool proof_time_is_over(void)
{
    return proof.seconds > 0 && proof_now() - started > proof.seconds;
}

/* ---- chance ---------------------------------------------------------------------------------- */

uint64_t proof_mix(uint64_t a, uint64_t b)
{
    uint64_t mixed = a * 0x9E3779B97F4A7C15u + b + 0x632BE59BD9B4E019u;
    mixed = (mixed ^ mixed >> 30) * 0xBF58476D1CE4E5B9u;
    mixed = (mixed ^ mixed >> 27) * 0x94D049BB133111EBu;
    return mixed ^ mixed >> 31;
}

struct proof_random proof_random(uint64_t seed, uint64_t stream)
{
    return (struct proof_random){proof_mix(seed, stream)};
}

uint64_t proof_next(struct proof_random *random)
{
    random->state += 0x9E3779B97F4A7C15u;
    return proof_mix(random->state, 0);
}

uint32_t proof_dice(struct proof_random *random, uint32_t sides)
{
    return (uint32_t)((proof_next(random) >> 32) * sides >> 32);
}

bool proof_one_in(struct proof_random *random, uint32_t n)
{
    return proof_dice(random, n) == 0;
}

/* ---- files ----------------------------------------------------------------------------------- */

const char *proof_path(const char *format, ...)
{
    static char paths[8][1024];
    static unsigned next;
    char *path = paths[next++ % 8], rest[512];
    va_list list;
    va_start(list, format);
    vsnprintf(rest, sizeof rest, format, list);
    va_end(list);
    snprintf(path, sizeof paths[0], "%.500s/%s", proof.directory, rest);
    return path;
}

void proof_remove(const char *path)
{
    remove_tree(path);
}

void proof_make(const char *path)
{
    if (mkdir(path, 0777) != 0) {
        proof_fail("cannot make %s: %s", path, strerror(errno));
    }
}

static int by_name(const void *a, const void *b)
{
    return strcmp(a, b);
}

unsigned proof_list(const char *path, char names[][64], unsigned most)
{
    unsigned count = 0;
    DIR *directory = opendir(path);
    if (directory == NULL) {
        return 0;
    }
    for (struct dirent *entry; count < most && (entry = readdir(directory)) != NULL;) {
        if (entry->d_name[0] != '.' && strlen(entry->d_name) < 64) {
            snprintf(names[count++], 64, "%.63s", entry->d_name);
        }
    }
    closedir(directory);
    qsort(names, count, 64, by_name);
    return count;
}

unsigned char *proof_load(const char *path, size_t *size)
{
    FILE *file = fopen(path, "rb");
    unsigned char *data = NULL;
    if (file == NULL) {
        return NULL;
    }
    fseek(file, 0, SEEK_END);
    long length = ftell(file);
    rewind(file);
    if (length >= 0 && (data = malloc((size_t)length + 1)) != NULL) {
        *size = fread(data, 1, (size_t)length, file);
    }
    fclose(file);
    return data;
}

void proof_store(const char *path, const void *data, size_t size)
{
    FILE *file = fopen(path, "wb");
    if (file == NULL || fwrite(data, 1, size, file) != size || fclose(file) != 0) {
        proof_fail("cannot write %s: %s", path, strerror(errno));
    }
}

void proof_copy(const char *from, const char *to)
{
    char names[256][64], source[1200], target[1200];
    proof_remove(to);
    proof_make(to);
    unsigned count = proof_list(from, names, 256);
    for (unsigned i = 0; i < count; i++) {
        size_t size = 0;
        snprintf(source, sizeof source, "%.1100s/%.63s", from, names[i]);
        snprintf(target, sizeof target, "%.1100s/%.63s", to, names[i]);
        unsigned char *data = proof_load(source, &size);
        if (data == NULL) {
            proof_fail("cannot read %s", source);
        }
        proof_store(target, data, size);
        free(data);
    }
}

/* ---- children -------------------------------------------------------------------------------- */

int proof_start(int (*work)(void *arg), void *arg)
{
    fflush(stdout);
    fflush(stderr);
    pid_t child = fork();
    if (child < 0) {
        proof_fail("cannot fork: %s", strerror(errno));
    }
    if (child == 0) {
        int code = work(arg);
        fflush(stdout);
        fflush(stderr);
        exit(code); /* through the sanitizers' last checks */
    }
    return child;
}

static struct proof_child_end end_of(int status)
{
    struct proof_child_end end = {PROOF_EXITED, WEXITSTATUS(status)};
    if (WIFSIGNALED(status)) {
        end.kind = PROOF_KILLED;
        end.code = WTERMSIG(status);
    }
    return end;
}

struct proof_child_end proof_wait(int child, double seconds)
{
    double deadline = proof_now() + seconds;
    int status = 0;
    useconds_t pause = 200;
    while (waitpid(child, &status, WNOHANG) == 0) {
        if (proof_now() > deadline) {
            kill(child, SIGABRT);
            usleep(200000);
            kill(child, SIGKILL);
            waitpid(child, &status, 0);
            return (struct proof_child_end){PROOF_HUNG, 0};
        }
        usleep(pause);
        pause = pause < 5000 ? pause * 2 : pause;
    }
    return end_of(status);
}

struct proof_child_end proof_kill(int child)
{
    int status = 0;
    kill(child, SIGKILL);
    waitpid(child, &status, 0);
    return end_of(status);
}

void proof_must_be_well(struct proof_child_end end, const char *what)
{
    if (end.kind == PROOF_EXITED && end.code == CODE_FAILED) {
        exit(1); /* it has said why */
    }
    if (end.kind == PROOF_HUNG) {
        proof_fail("%s hangs", what);
    }
    if (end.kind == PROOF_KILLED) {
        proof_fail("%s died of signal %d", what, end.code);
    }
    if (end.code != 0) {
        proof_fail("%s ended with code %d", what, end.code);
    }
}

int proof_verify(const char *database, char *out, size_t size)
{
    int lines[2], status = 0;
    fflush(stdout);
    fflush(stderr);
    if (pipe(lines) != 0) {
        proof_fail("cannot make a pipe");
    }
    pid_t child = fork();
    if (child == 0) {
        dup2(lines[1], 1);
        dup2(lines[1], 2);
        close(lines[0]);
        close(lines[1]);
        alarm(120);
        execl(PROOF_ESEVERIFY, "eseverify", database, (char *)NULL);
        _exit(127);
    }
    close(lines[1]);
    size_t used = 0;
    char buffer[4096];
    for (ssize_t got; (got = read(lines[0], buffer, sizeof buffer)) > 0;) {
        size_t part = out != NULL && used + 1 < size ? size - 1 - used : 0;
        part = part < (size_t)got ? part : (size_t)got;
        if (part > 0) {
            memcpy(out + used, buffer, part);
            used += part;
        }
    }
    if (out != NULL && size > 0) {
        out[used] = '\0';
    }
    close(lines[0]);
    waitpid(child, &status, 0);
    return WIFEXITED(status) ? WEXITSTATUS(status) : 1000 + WTERMSIG(status);
}

/* ---- the engine ------------------------------------------------------------------------------ */

JET_INSTANCE proof_create(const char *directory, const char *name)
{
    JET_INSTANCE instance = JET_instanceNil;
    char path[1100];
    MUST(JetCreateInstanceA(&instance, name));
    snprintf(path, sizeof path, "%s/", directory);
    MUST(JetSetSystemParameterA(&instance, 0, JET_paramSystemPath, 0, path));
    MUST(JetSetSystemParameterA(&instance, 0, JET_paramLogFilePath, 0, path));
    snprintf(path, sizeof path, "%s/tmp.edb", directory);
    MUST(JetSetSystemParameterA(&instance, 0, JET_paramTempPath, 0, path));
    return instance;
}

JET_ERR proof_set(JET_INSTANCE instance, JET_ULONG parameter, JET_API_PTR value)
{
    return JetSetSystemParameterA(instance == JET_instanceNil ? NULL : &instance, 0, parameter,
                                  value, NULL);
}
