/*
 * bench_engine [--directory DIR] [--seconds S] [--rounds N] [--only TEXT] [--engine-only]
 *
 * The engine's speed as ratios against SQLite, on the same rows, in one run on one machine: a
 * 64-bit integer key and a value of 100 bytes. SQLite keeps a write-ahead log; durable is
 * synchronous = FULL against plain JetCommitTransaction, lazy is NORMAL against
 * JET_bitCommitLazyFlush. Both have 64 MiB of cache and read what they return; two threads are two
 * connections or sessions on one table.
 *
 * The two take turns in short rounds, N (default 9) of S seconds (default 0.25) each, so that what
 * else the machine does meets both alike. Printed are the medians: of the rates, of the ratio of the
 * rates within a round, and of the same ratio by processor time (user and system, all threads of
 * the process), which a busy machine disturbs least but which does not see waiting. Nothing is
 * judged: absolute rates belong to the machine and its disk, ratios say something.
 *
 *   --directory DIR   where the files go; default: bench_files beside the program
 *   --only TEXT       the operations whose name contains TEXT
 *   --engine-only     no SQLite: for a profiler
 *
 * The last row is the life of an empty instance (JetCreateInstance, JetInit, JetTerm) on /dev/shm.
 */
#include <pthread.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include <esent.h>

#include "engine/bench/bench.h"
#include "engine/tests/remove_tree.h"

#define ROWS    100000 /* there before reads are measured */
#define RANGE   1000   /* rows of a scan */
#define BATCH   100
#define THREADS 2
#define LIVES   101
#define ROUNDS  99 /* most of them */
#define WARM_UP 20 /* turns of each thread before its first round is timed */

enum kind { INSERT, READ, READ_INSIDE, SCAN };

static const struct operation {
    const char *name;
    enum kind kind;
    bool durable;
    unsigned threads, batch;
} operations[] = {
    {"commit of one row, durable, 1 thread", INSERT, true, 1, 1},
    {"commit of one row, durable, 2 threads", INSERT, true, 2, 1},
    {"commit of one row, lazy, 1 thread", INSERT, false, 1, 1},
    {"commit of one row, lazy, 2 threads", INSERT, false, 2, 1},
    {"rows, 100 a transaction, durable, 1 thread", INSERT, true, 1, BATCH},
    {"rows, 100 a transaction, durable, 2 threads", INSERT, true, 2, BATCH},
    {"rows, 100 a transaction, lazy, 1 thread", INSERT, false, 1, BATCH},
    {"rows, 100 a transaction, lazy, 2 threads", INSERT, false, 2, BATCH},
    {"point reads, a transaction each, 1 thread", READ, false, 1, 1},
    {"point reads, a transaction each, 2 threads", READ, false, 2, 1},
    {"point reads in one transaction, 1 thread", READ_INSIDE, false, 1, 1},
    {"rows of range scans, 2 columns, 1 thread", SCAN, false, 1, RANGE},
    {"rows of range scans, 2 columns, 2 threads", SCAN, false, 2, RANGE},
};

struct worker {
    const struct bench_side *side;
    const struct operation *operation;
    struct bench_connection *connection;
    int64_t next; /* key of the next new row */
    uint64_t random, done;
    double end;
    pthread_t thread;
};

static char directory[256];
static double seconds = 0.25;
static unsigned rounds = 9;

void bench_die(const char *format, ...)
{
    va_list list;
    fflush(stdout);
    fprintf(stderr, "bench_engine: ");
    va_start(list, format);
    vfprintf(stderr, format, list);
    va_end(list);
    fprintf(stderr, "\n");
    exit(1);
}

void bench_value(int64_t key, unsigned char value[BENCH_VALUE_SIZE])
{
    memset(value, (int)(key & 0xFF), BENCH_VALUE_SIZE);
    memcpy(value, &key, sizeof key);
}

static double now(void)
{
    struct timespec time;
    clock_gettime(CLOCK_MONOTONIC, &time);
    return (double)time.tv_sec + (double)time.tv_nsec / 1e9;
}

static void fresh_directory(const char *path)
{
    remove_tree(path);
    if (mkdir(path, 0777) != 0) {
        bench_die("cannot make the directory %s", path);
    }
}

/* A key of a row that exists. */
static int64_t pick(struct worker *worker, unsigned most)
{
    worker->random = worker->random * 6364136223846793005u + 1442695040888963407u;
    return (int64_t)((worker->random >> 33) % most);
}

/* Looking at the clock costs as much as a read: it is done once a turn, of some operations. */
static void turn(struct worker *worker)
{
    const struct bench_side *side = worker->side;
    const struct operation *operation = worker->operation;
    switch (operation->kind) {
    case INSERT:
        side->insert(worker->connection, worker->next, operation->batch);
        worker->next += operation->batch;
        worker->done += operation->batch;
        break;
    case READ:
    case READ_INSIDE:
        if (operation->kind == READ_INSIDE) {
            side->begin(worker->connection);
        }
        for (unsigned i = 0; i < BATCH; i++) {
            side->read(worker->connection, pick(worker, ROWS));
        }
        if (operation->kind == READ_INSIDE) {
            side->commit(worker->connection);
        }
        worker->done += BATCH;
        break;
    case SCAN:
        worker->done += side->scan(worker->connection, pick(worker, ROWS - RANGE), RANGE);
        break;
    }
}

static void *work(void *arg)
{
    struct worker *worker = arg;
    while (now() < worker->end) {
        turn(worker);
    }
    return NULL;
}

static void fill(struct bench_database *database, const struct bench_side *side)
{
    struct bench_connection *connection = side->connect(database, false);
    for (int64_t key = 0; key < ROWS; key += BATCH) {
        side->insert(connection, key, BATCH);
    }
    side->disconnect(connection);
}

/* A side with its database and connections. */
struct contender {
    const struct bench_side *side;
    const struct operation *operation;
    struct bench_database *database;
    struct worker workers[THREADS];
    char directory[300];
};

struct result {
    double rate;      /* done a second */
    double processor; /* seconds of processor for one */
};

static double processor_time(void)
{
    struct rusage usage;
    getrusage(RUSAGE_SELF, &usage);
    return (double)(usage.ru_utime.tv_sec + usage.ru_stime.tv_sec) +
           (double)(usage.ru_utime.tv_usec + usage.ru_stime.tv_usec) / 1e6;
}

static void enter(struct contender *contender, const struct bench_side *side,
                  const struct operation *operation)
{
    contender->side = side;
    contender->operation = operation;
    snprintf(contender->directory, sizeof contender->directory, "%s/%s", directory, side->name);
    fresh_directory(contender->directory);
    contender->database = side->open(contender->directory);
    if (operation->kind != INSERT) {
        fill(contender->database, side);
    }
    memset(contender->workers, 0, sizeof contender->workers);
    for (unsigned i = 0; i < operation->threads; i++) {
        struct worker *worker = &contender->workers[i];
        worker->side = side;
        worker->operation = operation;
        worker->connection = side->connect(contender->database, operation->durable);
        worker->random = i + 1;
        worker->next = (int64_t)i << 32; /* each thread adds at its own place */
        for (unsigned turns = 0; turns < WARM_UP; turns++) {
            turn(worker);
        }
    }
}

static void retire(struct contender *contender)
{
    for (unsigned i = 0; i < contender->operation->threads; i++) {
        contender->side->disconnect(contender->workers[i].connection);
    }
    contender->side->close(contender->database);
}

static struct result one_round(struct contender *contender)
{
    unsigned threads = contender->operation->threads;
    double processor = processor_time(), start = now();
    uint64_t done = 0;
    for (unsigned i = 0; i < threads; i++) {
        struct worker *worker = &contender->workers[i];
        worker->done = 0;
        worker->end = start + seconds;
        if (pthread_create(&worker->thread, NULL, work, worker) != 0) {
            bench_die("cannot start a thread");
        }
    }
    for (unsigned i = 0; i < threads; i++) {
        pthread_join(contender->workers[i].thread, NULL);
        done += contender->workers[i].done;
    }
    struct result result = {(double)done / (now() - start),
                            (processor_time() - processor) / (double)done};
    return result;
}

/* What is written lies about and is tidied up in the background: who adds rows begins every round
 * anew, so that the tidying of one side never falls into a round of the other. */
static struct result measure(struct contender *contender, const struct bench_side *side,
                             const struct operation *operation)
{
    if (operation->kind != INSERT) {
        return one_round(contender);
    }
    enter(contender, side, operation);
    struct result result = one_round(contender);
    retire(contender);
    return result;
}

static int by_size(const void *a, const void *b)
{
    const double *left = a, *right = b;
    return (*left > *right) - (*left < *right);
}

static double median(double *values, unsigned count)
{
    qsort(values, count, sizeof *values, by_size);
    return values[count / 2];
}

static void compare(const struct operation *operation, bool engine_only)
{
    static double ours[ROUNDS], theirs[ROUNDS], ratio[ROUNDS], processor[ROUNDS];
    struct contender engine = {0}, sqlite = {0};
    bool reads = operation->kind != INSERT;
    fresh_directory(directory);
    if (reads) {
        enter(&engine, &bench_engine, operation);
    }
    if (reads && !engine_only) {
        enter(&sqlite, &bench_sqlite, operation);
    }
    for (unsigned i = 0; i < rounds; i++) {
        struct result mine = {0}, its = {0};
        if (i % 2 == 0 || engine_only) {
            mine = measure(&engine, &bench_engine, operation);
        }
        if (!engine_only) {
            its = measure(&sqlite, &bench_sqlite, operation);
        }
        if (i % 2 != 0 && !engine_only) {
            mine = measure(&engine, &bench_engine, operation);
        }
        ours[i] = mine.rate;
        theirs[i] = its.rate;
        ratio[i] = mine.rate / its.rate;
        processor[i] = its.processor / mine.processor;
    }
    printf("%-44s %12.0f ", operation->name, median(ours, rounds));
    if (engine_only) {
        printf("%12s %8s %10s\n", "-", "-", "-");
    } else {
        printf("%12.0f %8.2f %10.2f\n", median(theirs, rounds), median(ratio, rounds),
               median(processor, rounds));
    }
    fflush(stdout);
    if (reads) {
        retire(&engine);
    }
    if (reads && !engine_only) {
        retire(&sqlite);
    }
}

/* ---- the life of an empty instance ----------------------------------------------------------- */

static void must(const char *what, JET_ERR err)
{
    if (err < JET_errSuccess) {
        bench_die("%s returned %ld", what, (long)err);
    }
}

static void measure_lives(void)
{
    char folder[] = "/dev/shm/bench-engine-XXXXXX", path[64], temporary[64];
    double times[LIVES];
    if (mkdtemp(folder) == NULL) {
        printf("%-44s skipped: /dev/shm cannot be written\n", "life of an empty instance");
        return;
    }
    for (unsigned i = 0; i < LIVES; i++) {
        JET_INSTANCE instance = JET_instanceNil;
        snprintf(path, sizeof path, "%s/", folder);
        snprintf(temporary, sizeof temporary, "%s/tmp.edb", folder);
        double start = now();
        must("JetCreateInstance", JetCreateInstanceA(&instance, "life"));
        must("JetSetSystemParameter",
             JetSetSystemParameterA(&instance, 0, JET_paramSystemPath, 0, path));
        must("JetSetSystemParameter",
             JetSetSystemParameterA(&instance, 0, JET_paramLogFilePath, 0, path));
        must("JetSetSystemParameter",
             JetSetSystemParameterA(&instance, 0, JET_paramTempPath, 0, temporary));
        must("JetInit", JetInit(&instance));
        must("JetTerm", JetTerm(instance));
        times[i] = (now() - start) * 1e6;
    }
    remove_tree(folder);
    double first = times[0];
    qsort(times, LIVES, sizeof times[0], by_size);
    printf(
        "life of an empty instance on /dev/shm: %.0f us (median of %d; the first, which makes the "
        "files: %.0f us)\n",
        times[LIVES / 2], LIVES, first);
}

/* ---- the program ----------------------------------------------------------------------------- */

static void default_directory(void)
{
    ssize_t size = readlink("/proc/self/exe", directory, sizeof directory - 16);
    if (size < 0) {
        bench_die("cannot find out where the program is; use --directory");
    }
    directory[size] = '\0';
    char *slash = strrchr(directory, '/');
    snprintf(slash, sizeof directory - (size_t)(slash - directory), "/bench_files");
}

int main(int argc, char **argv)
{
    bool engine_only = false;
    const char *only = "";
    default_directory();
    for (int i = 1; i < argc; i++) {
        if (strcmp(argv[i], "--engine-only") == 0) {
            engine_only = true;
        } else if (strcmp(argv[i], "--directory") == 0 && i + 1 < argc) {
            snprintf(directory, sizeof directory, "%s/bench_files", argv[++i]);
        } else if (strcmp(argv[i], "--seconds") == 0 && i + 1 < argc) {
            seconds = strtod(argv[++i], NULL);
        } else if (strcmp(argv[i], "--rounds") == 0 && i + 1 < argc) {
            rounds = (unsigned)strtoul(argv[++i], NULL, 10);
        } else if (strcmp(argv[i], "--only") == 0 && i + 1 < argc) {
            only = argv[++i];
        } else {
            rounds = 0;
        }
        if (rounds == 0 || rounds > ROUNDS) {
            fprintf(stderr, "usage: bench_engine [--directory DIR] [--seconds S] [--rounds N] "
                            "[--only TEXT] [--engine-only]\n");
            return 2;
        }
    }
    printf("%-44s %12s %12s %8s %10s\n", "operation", "engine/s", "SQLite/s", "ratio",
           "by cpu");
    for (size_t i = 0; i < sizeof operations / sizeof operations[0]; i++) {
        if (strstr(operations[i].name, only) != NULL) {
            compare(&operations[i], engine_only);
        }
    }
    remove_tree(directory);
    if (strstr("life of an empty instance", only) != NULL) {
        measure_lives();
    }
    return 0;
}
