/* shims/tests/bench_stop.c - what a stop costs, and what it saves.
 *
 *   bench_stop ENGINE [DIRECTORY [ROUNDS]]   an engine as a shared library; where its files go, default
 *                                            $TMPDIR or /tmp; rounds of every measurement, default 3
 *
 * Cost: the time of JetStopServiceInstance while four threads insert rows and commit lazily, one stop per
 * life of an instance, 10 lives to a round: median, 90th percentile, longest.
 * Saving: an instance with ROWS rows in its cache that were never flushed is given REST_MS to rest, after a
 * stop or without one. Then either JetTerm is timed, or the process is killed and another one looks at what is
 * to be redone: the log generations that the database's header requires, and the time of the JetInit
 * that recovers. Each is the median of the rounds; the last column is after the stop / without it.
 *
 * The engine lives in child processes only. Exit code 0; 2 for usage, or if something could not be measured
 * (an engine without recovery has nothing to redo: those lines say so). POSIX only.
 */
#define JET_NO_NAME_MAP
#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "shims/call/call.h"
#include "shims/library/library.h"
#include "shims/tests/remove_tree.h"

#define WRITERS 4
#define LIVES 10
#define MOST_MS 20     /* of writing before a stop */
#define ROWS 40000
#define ROW_BYTES 400
#define BATCH 100      /* rows in a transaction */
#define REST_MS 1500
#define LOG_KIB 1024
#define CACHE_PAGES 16384
#define MOST_SAMPLES 1000
#define PATH 512

struct result {
    double us[LIVES];
    uint32_t generations;
    JET_ERR error;
};

struct bench {
    const char *engine, *directory;
    struct shim_caller caller;
    JET_INSTANCE instance;
    char path[PATH];
};

static double now_us(void) {
    struct timespec time;
    clock_gettime(CLOCK_MONOTONIC, &time);
    return (double)time.tv_sec * 1e6 + (double)time.tv_nsec / 1e3;
}

static void rest_ms(double ms) {
    struct timespec time = {(time_t)(ms / 1e3), (long)(ms * 1e6) % 1000000000};
    nanosleep(&time, NULL);
}

#define CALL(bench, fn, ...)                                                                       \
    shim_callv(&(bench)->caller, SHIM_FN_##fn, shim_function_default_variant(SHIM_FN_##fn),          \
               (uint64_t[SHIM_MAX_ARGS]){__VA_ARGS__})

/* Ends the child with what went wrong. */
static void must(JET_ERR result, const char *what) {
    if (result < 0) {
        fprintf(stderr, "bench_stop: %s gave %d %s\n", what, (int)result,
                shim_error_name(result) != NULL ? shim_error_name(result) : "");
        _exit(2);
    }
}

static void set_number(struct bench *b, uint64_t instance, uint32_t param, uint64_t value) {
    uint64_t cell = instance;
    CALL(b, JetSetSystemParameter, instance != 0 ? (uintptr_t)&cell : 0, JET_sesidNil, param, value,
         0);
}

static void set_path(struct bench *b, uint32_t param) {
    uint64_t cell = b->instance;
    must(CALL(b, JetSetSystemParameter, (uintptr_t)&cell, JET_sesidNil, param, 0,
              (uintptr_t)b->directory),
         "setting a path");
}

static void start(struct bench *b) {
    must(CALL(b, JetCreateInstance, (uintptr_t)&b->instance, (uintptr_t) "bench"),
         "JetCreateInstance");
    set_path(b, JET_paramSystemPath);
    set_path(b, JET_paramTempPath);
    set_path(b, JET_paramLogFilePath);
    set_number(b, b->instance, JET_paramLogFileSize, LOG_KIB);
    set_number(b, b->instance, JET_paramMaxVerPages, 4096);
    must(CALL(b, JetInit, (uintptr_t)&b->instance), "JetInit");
    snprintf(b->path, sizeof b->path, "%sbench.edb", b->directory);
}

struct cursor {
    JET_SESID sesid;
    JET_DBID dbid;
    JET_TABLEID tableid;
    JET_COLUMNID key, data;
};

static void open_table(struct bench *b, struct cursor *c, int create) {
    must(CALL(b, JetBeginSession, b->instance, (uintptr_t)&c->sesid, 0, 0), "JetBeginSession");
    if (create) {
        must(CALL(b, JetCreateDatabase, c->sesid, (uintptr_t)b->path, 0, (uintptr_t)&c->dbid, 0),
             "JetCreateDatabase");
        JET_COLUMNCREATE_A columns[2] = {
            {.cbStruct = sizeof columns[0], .szColumnName = (char[]){"key"},
             .coltyp = JET_coltypCurrency},
            {.cbStruct = sizeof columns[0], .szColumnName = (char[]){"data"},
             .coltyp = JET_coltypLongBinary}};
        JET_INDEXCREATE_A index = {.cbStruct = sizeof index,
                                   .szIndexName = (char[]){"primary"},
                                   .szKey = (char[]){"+key\0"},
                                   .cbKey = 6,
                                   .grbit = JET_bitIndexPrimary,
                                   .ulDensity = 90};
        JET_TABLECREATE_A table = {.cbStruct = sizeof table,
                                   .szTableName = (char[]){"rows"},
                                   .ulPages = 16,
                                   .ulDensity = 90,
                                   .rgcolumncreate = columns,
                                   .cColumns = 2,
                                   .rgindexcreate = &index,
                                   .cIndexes = 1};
        must(CALL(b, JetCreateTableColumnIndex, c->sesid, c->dbid, (uintptr_t)&table),
             "JetCreateTableColumnIndex");
        must(CALL(b, JetCloseTable, c->sesid, table.tableid), "JetCloseTable");
    } else {
        must(CALL(b, JetOpenDatabase, c->sesid, (uintptr_t)b->path, 0, (uintptr_t)&c->dbid, 0),
             "JetOpenDatabase");
    }
    must(CALL(b, JetOpenTable, c->sesid, c->dbid, (uintptr_t) "rows", 0, 0, 0,
              (uintptr_t)&c->tableid),
         "JetOpenTable");
    JET_COLUMNDEF def = {.cbStruct = sizeof def};
    must(CALL(b, JetGetTableColumnInfo, c->sesid, c->tableid, (uintptr_t) "key", (uintptr_t)&def,
              sizeof def, JET_ColInfo),
         "JetGetTableColumnInfo");
    c->key = def.columnid;
    must(CALL(b, JetGetTableColumnInfo, c->sesid, c->tableid, (uintptr_t) "data", (uintptr_t)&def,
              sizeof def, JET_ColInfo),
         "JetGetTableColumnInfo");
    c->data = def.columnid;
}

static JET_ERR insert(struct bench *b, const struct cursor *c, int64_t key) {
    unsigned char data[ROW_BYTES];
    memset(data, (int)(key & 0xFF), sizeof data);
    JET_ERR result = CALL(b, JetPrepareUpdate, c->sesid, c->tableid, JET_prepInsert);
    if (result >= 0) {
        result = CALL(b, JetSetColumn, c->sesid, c->tableid, c->key, (uintptr_t)&key, sizeof key, 0,
                      0);
    }
    if (result >= 0) {
        result = CALL(b, JetSetColumn, c->sesid, c->tableid, c->data, (uintptr_t)data, sizeof data,
                      0, 0);
    }
    return result < 0 ? result : CALL(b, JetUpdate, c->sesid, c->tableid, 0, 0, 0);
}

/* ---- the cost ---- */

struct writer {
    struct bench *bench;
    pthread_t thread;
    int number;
    atomic_int *ready;
};

static void *write_rows(void *argument) {
    struct writer *w = argument;
    struct bench own = *w->bench;
    struct cursor c = {0};
    open_table(&own, &c, 0);
    atomic_fetch_add(w->ready, 1);
    for (int64_t i = 0;; i++) {
        JET_ERR result = CALL(&own, JetBeginTransaction, c.sesid);
        if (result >= 0) {
            result = insert(&own, &c, i * WRITERS + w->number);
        }
        if (result >= 0) {
            result = CALL(&own, JetCommitTransaction, c.sesid, JET_bitCommitLazyFlush);
        }
        if (result == JET_errClientRequestToStopJetService) {
            break;
        }
        must(result, "a writer's call");
    }
    CALL(&own, JetRollback, c.sesid, 0);
    must(CALL(&own, JetEndSession, c.sesid, 0), "JetEndSession");
    return NULL;
}

static double one_life(struct bench *b, unsigned ms) {
    struct writer writers[WRITERS];
    struct cursor c = {0};
    atomic_int ready = 0;
    start(b);
    open_table(b, &c, 1);
    for (int i = 0; i < WRITERS; i++) {
        writers[i] = (struct writer){.bench = b, .number = i, .ready = &ready};
        if (pthread_create(&writers[i].thread, NULL, write_rows, &writers[i]) != 0) {
            must(JET_errOutOfThreads, "a thread");
        }
    }
    while (atomic_load(&ready) < WRITERS) {
        rest_ms(0.2);
    }
    rest_ms(ms);
    double begin = now_us();
    must(CALL(b, JetStopServiceInstance, b->instance), "JetStopServiceInstance");
    double took = now_us() - begin;
    for (int i = 0; i < WRITERS; i++) {
        pthread_join(writers[i].thread, NULL);
    }
    must(CALL(b, JetEndSession, c.sesid, 0), "JetEndSession");
    must(CALL(b, JetTerm, b->instance), "JetTerm");
    return took;
}

/* ---- the saving ---- */

static void fill(struct bench *b, int stop) {
    struct cursor c = {0};
    set_number(b, 0, JET_paramCacheSizeMax, CACHE_PAGES);
    start(b);
    open_table(b, &c, 1);
    for (int64_t i = 0; i < ROWS; i += BATCH) {
        must(CALL(b, JetBeginTransaction, c.sesid), "JetBeginTransaction");
        for (int64_t k = i; k < i + BATCH; k++) {
            must(insert(b, &c, k), "an insert");
        }
        must(CALL(b, JetCommitTransaction, c.sesid,
                  i + BATCH < ROWS ? JET_bitCommitLazyFlush : 0),
             "JetCommitTransaction");
    }
    if (stop) {
        must(CALL(b, JetStopServiceInstance, b->instance), "JetStopServiceInstance");
    }
    rest_ms(REST_MS);
    must(CALL(b, JetEndSession, c.sesid, 0), "JetEndSession");
}

static void recover(struct bench *b, struct result *result) {
    JET_DBINFOMISC4 misc;
    char path[PATH];
    memset(&misc, 0, sizeof misc);
    snprintf(path, sizeof path, "%sbench.edb", b->directory);
    result->error = CALL(b, JetGetDatabaseFileInfo, (uintptr_t)path, (uintptr_t)&misc, sizeof misc,
                         JET_DbInfoMisc);
    result->generations = misc.genMaxRequired - misc.genMinRequired;
    double begin = now_us();
    start(b);
    result->us[0] = now_us() - begin;
    struct cursor c = {0};
    must(CALL(b, JetBeginSession, b->instance, (uintptr_t)&c.sesid, 0, 0), "JetBeginSession");
    JET_ERR attached = CALL(b, JetAttachDatabase, c.sesid, (uintptr_t)b->path, 0);
    if (attached < 0) {
        result->error = attached;
    }
    must(CALL(b, JetTerm, b->instance), "JetTerm");
}

enum work { LATENCY, TERM, KILL, RECOVER };

static void work(struct bench *b, enum work what, int stop, unsigned seed, int out) {
    struct result result;
    memset(&result, 0, sizeof result);
    srand(seed);
    switch (what) {
    case LATENCY:
        for (int i = 0; i < LIVES; i++) {
            char path[PATH];
            snprintf(path, sizeof path, "%slife-%u-%d/", b->directory, seed, i);
            struct bench life = *b;
            life.directory = path;
            mkdir(path, 0777);
            result.us[i] = one_life(&life, (unsigned)rand() % MOST_MS);
        }
        break;
    case TERM: {
        fill(b, stop);
        double begin = now_us();
        must(CALL(b, JetTerm, b->instance), "JetTerm");
        result.us[0] = now_us() - begin;
        break;
    }
    case KILL:
        fill(b, stop);
        kill(getpid(), SIGKILL);
        break;
    case RECOVER:
        recover(b, &result);
        break;
    }
    if (write(out, &result, sizeof result) != (ssize_t)sizeof result) {
        _exit(2);
    }
}

/* Runs in a child with the engine. 0, or -1. */
static int in_child(const char *engine, const char *directory, enum work what, int stop,
                    unsigned seed, struct result *result) {
    int ends[2], status = 0;
    memset(result, 0, sizeof *result);
    fflush(stdout);
    if (pipe(ends) != 0) {
        return -1;
    }
    pid_t child = fork();
    if (child == 0) {
        char error[512];
        struct shim_library *library;
        close(ends[0]);
        if (shim_library_open(engine, &library, error, sizeof error) != 0) {
            fprintf(stderr, "bench_stop: %s\n", error);
            _exit(2);
        }
        struct bench b = {.engine = engine, .directory = directory};
        b.caller.table = shim_library_table(library);
        b.caller.actor = 1;
        work(&b, what, stop, seed, ends[1]);
        _exit(0);
    }
    close(ends[1]);
    bool told = child > 0 && read(ends[0], result, sizeof *result) == (ssize_t)sizeof *result;
    close(ends[0]);
    if (child < 0 || waitpid(child, &status, 0) != child) {
        return -1;
    }
    if (what == KILL) {
        return WIFSIGNALED(status) && WTERMSIG(status) == SIGKILL ? 0 : -1;
    }
    return told && WIFEXITED(status) && WEXITSTATUS(status) == 0 ? 0 : -1;
}

static int by_size(const void *a, const void *b) {
    double x = *(const double *)a, y = *(const double *)b;
    return (x > y) - (x < y);
}

static double part(double *values, int count, double share) {
    qsort(values, (size_t)count, sizeof *values, by_size);
    int at = (int)((double)count * share);
    return count > 0 ? values[at < count ? at : count - 1] : 0;
}

struct series {
    double value[2][MOST_SAMPLES]; /* without the stop, after it */
    int count[2];
};

static void add(struct series *s, int stop, double value) {
    if (s->count[stop] < MOST_SAMPLES) {
        s->value[stop][s->count[stop]++] = value;
    }
}

static void line(const char *what, const char *unit, double scale, struct series *s) {
    double without = part(s->value[0], s->count[0], 0.5) / scale;
    double after = part(s->value[1], s->count[1], 0.5) / scale;
    if (s->count[0] == 0 || s->count[1] == 0) {
        printf("%-34s not to be had from this engine\n", what);
        return;
    }
    printf("%-34s without the stop %9.1f %-4s after it %9.1f %-4s", what, without, unit, after, unit);
    if (without > 0) {
        printf(" ratio %.3f\n", after / without);
    } else {
        printf(" ratio -\n");
    }
}

int main(int argc, char **argv) {
    const char *top = argc > 2 ? argv[2] : getenv("TMPDIR");
    int rounds = argc > 3 ? atoi(argv[3]) : 3, failed = 0, count = 0;
    static struct series term, bytes, init;
    static double us[MOST_SAMPLES];
    char directory[PATH];
    struct result result;
    if (argc < 2 || argc > 4 || rounds < 1 || rounds * LIVES > MOST_SAMPLES) {
        fprintf(stderr, "usage: bench_stop ENGINE [DIRECTORY [ROUNDS]]\n");
        return 2;
    }
    snprintf(directory, sizeof directory, "%.400s/bench-stop-XXXXXX", top != NULL ? top : "/tmp");
    if (mkdtemp(directory) == NULL) {
        fprintf(stderr, "bench_stop: %s: %s\n", directory, strerror(errno));
        return 2;
    }
    for (int r = 0; r < rounds; r++) {
        char path[PATH];
        snprintf(path, sizeof path, "%.450s/latency-%d/", directory, r);
        mkdir(path, 0777);
        if (in_child(argv[1], path, LATENCY, 1, (unsigned)r, &result) != 0) {
            failed = 1;
        } else {
            for (int i = 0; i < LIVES; i++) {
                us[count++] = result.us[i];
            }
        }
        for (int stop = 0; stop < 2; stop++) {
            snprintf(path, sizeof path, "%.450s/term-%d-%d/", directory, r, stop);
            mkdir(path, 0777);
            if (in_child(argv[1], path, TERM, stop, (unsigned)r, &result) != 0) {
                failed = 1;
            } else {
                add(&term, stop, result.us[0]);
            }
            snprintf(path, sizeof path, "%.450s/kill-%d-%d/", directory, r, stop);
            mkdir(path, 0777);
            if (in_child(argv[1], path, KILL, stop, (unsigned)r, &result) != 0 ||
                in_child(argv[1], path, RECOVER, stop, (unsigned)r, &result) != 0) {
                failed = 1;
            } else if (result.error >= 0) {
                add(&bytes, stop, (double)result.generations * LOG_KIB);
                add(&init, stop, result.us[0]);
            }
        }
    }
    remove_tree(directory);
    if (count > 0) {
        double median = part(us, count, 0.5);
        printf("%-34s median %.1f us, 90th percentile %.1f us, longest %.1f us, of %d\n",
               "the stop under 4 writers", median, part(us, count, 0.9), us[count - 1], count);
    }
    line("JetTerm", "ms", 1e3, &term);
    line("log to redo after a kill", "KiB", 1, &bytes);
    line("the JetInit that recovers", "ms", 1e3, &init);
    return failed ? 2 : 0;
}
