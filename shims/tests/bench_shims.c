/* shims/tests/bench_shims.c - what the way through the shims costs.
 *
 *   bench_shims [DIRECTORY]   where the recording goes; default $TMPDIR or /tmp
 *
 * For some functions: ns per call made directly, through shim_invoke, and recorded, each the best of
 * several rounds; then recorded by two threads at once, and recorded in a run so long that most of
 * the recording has to be taken from the file system in passing. The promise is at most 100 ns added
 * per recorded call. Exit code 0; 2 if the recording cannot be made.
 */
#define JET_NO_NAME_MAP
#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "shims/record/map.h"
#include "shims/record/record.h"

#define CALLS 50000
#define LONG 500000
#define ROUNDS 15
#define ROOM ((size_t)256 << 20)

static volatile uint64_t sink;

static __attribute__((noinline)) JET_ERR JET_CALL move(JET_SESID sesid, JET_TABLEID tableid,
                                                       JET_LONG row, JET_GRBIT grbit) {
    sink = sesid + tableid + (uint32_t)row + grbit;
    return 0;
}

static __attribute__((noinline)) JET_ERR JET_CALL commit(JET_SESID sesid, JET_GRBIT grbit) {
    sink = sesid + grbit;
    return 0;
}

static __attribute__((noinline)) JET_ERR JET_CALL set(JET_SESID sesid, JET_TABLEID tableid,
                                                      JET_COLUMNID columnid, const void *data,
                                                      JET_ULONG size, JET_GRBIT grbit,
                                                      JET_SETINFO *info) {
    sink = sesid + tableid + columnid + (uintptr_t)data + size + grbit + (uintptr_t)info;
    return 0;
}

static __attribute__((noinline)) JET_ERR JET_CALL retrieve(JET_SESID sesid, JET_TABLEID tableid,
                                                           JET_COLUMNID columnid, void *data,
                                                           JET_ULONG size, JET_ULONG *actual,
                                                           JET_GRBIT grbit, JET_RETINFO *info) {
    sink = sesid + tableid + columnid + size + grbit + (uintptr_t)info;
    *(uint64_t *)data = sink;
    *actual = 8;
    return 0;
}

static uint64_t buffer[8];
static JET_ULONG actual;
/* Through volatile pointers, as an application calls a library. */
static JET_ERR(JET_CALL *volatile move_entry)(JET_SESID, JET_TABLEID, JET_LONG, JET_GRBIT) = move;
static JET_ERR(JET_CALL *volatile commit_entry)(JET_SESID, JET_GRBIT) = commit;
static JET_ERR(JET_CALL *volatile set_entry)(JET_SESID, JET_TABLEID, JET_COLUMNID, const void *,
                                             JET_ULONG, JET_GRBIT, JET_SETINFO *) = set;
static JET_ERR(JET_CALL *volatile retrieve_entry)(JET_SESID, JET_TABLEID, JET_COLUMNID, void *,
                                                  JET_ULONG, JET_ULONG *, JET_GRBIT,
                                                  JET_RETINFO *) = retrieve;

static void direct(enum shim_fn fn, int calls) {
    for (int i = 0; i < calls; i++) {
        switch (fn) {
        case SHIM_FN_JetCommitTransaction:
            commit_entry(1, 2);
            break;
        case SHIM_FN_JetMove:
            move_entry(1, 2, 1, 0);
            break;
        case SHIM_FN_JetSetColumn:
            set_entry(1, 2, 3, buffer, 8, 0, NULL);
            break;
        default:
            retrieve_entry(1, 2, 3, buffer, sizeof buffer, &actual, 0, NULL);
            break;
        }
    }
}

static void through(struct shim_caller *caller, enum shim_fn fn, int calls) {
    uint64_t data = (uint64_t)(uintptr_t)buffer;
    struct shim_call call = {.fn = fn, .args = {1, 2, 1, 0}};
    if (fn == SHIM_FN_JetSetColumn) {
        memcpy(call.args, (uint64_t[]){1, 2, 3, data, 8, 0, 0}, 7 * 8);
    } else if (fn == SHIM_FN_JetRetrieveColumn) {
        memcpy(call.args,
               (uint64_t[]){1, 2, 3, data, sizeof buffer, (uint64_t)(uintptr_t)&actual, 0, 0},
               8 * 8);
    }
    for (int i = 0; i < calls; i++) {
        shim_invoke(caller, &call);
    }
}

static struct shim_table table;
static char path[600];
static struct shim_recorder *created, *recorder;
static atomic_int ready;

static int open_recorder(void) {
    char error[700];
    /* As in a run: one process creates it, another one opens it and writes. */
    if (shim_recorder_create(path, ROOM, &created, error, sizeof error) != 0 ||
        shim_recorder_open(path, &recorder, error, sizeof error) != 0) {
        fprintf(stderr, "bench_shims: %s\n", error);
        return -1;
    }
    return 0;
}

struct worker {
    pthread_t thread;
    uint32_t number;
    int threads, calls;
    enum shim_fn fn;
    double ns;
};

static void *record_calls(void *argument) {
    struct worker *w = argument;
    struct shim_recorder_actor *actor = shim_recorder_actor(recorder, w->number, "bench");
    struct shim_caller caller = {
        .table = &table, .hooks = {shim_record_hook(actor)}, .hook_count = 1};
    atomic_fetch_add(&ready, 1);
    while (atomic_load(&ready) < w->threads) {
    }
    uint64_t start = shim_map_clock();
    through(&caller, w->fn, w->calls);
    w->ns = (double)(shim_map_clock() - start) / w->calls;
    shim_recorder_actor_free(actor);
    return NULL;
}

/* ns per call and thread; negative if it could not be measured. */
static double recorded(enum shim_fn fn, int threads, int calls) {
    struct worker workers[2];
    double worst = 0;
    if (open_recorder() != 0) {
        return -1;
    }
    atomic_store(&ready, 0);
    for (int i = 0; i < threads; i++) {
        workers[i] = (struct worker){.number = (uint32_t)i, .threads = threads, .calls = calls, .fn = fn};
        if (pthread_create(&workers[i].thread, NULL, record_calls, &workers[i]) != 0) {
            return -1;
        }
    }
    for (int i = 0; i < threads; i++) {
        pthread_join(workers[i].thread, NULL);
        worst = workers[i].ns > worst ? workers[i].ns : worst;
    }
    shim_recorder_close(recorder);
    shim_recorder_close(created);
    return worst;
}

int main(int argc, char **argv) {
    static const enum shim_fn fns[] = {SHIM_FN_JetCommitTransaction, SHIM_FN_JetMove,
                                       SHIM_FN_JetSetColumn, SHIM_FN_JetRetrieveColumn};
    const char *directory = argc > 1 ? argv[1] : getenv("TMPDIR");
    struct shim_caller caller = {.table = &table};
    table.entry[SHIM_FN_JetMove][SHIM_PLAIN] = (shim_entry)move;
    table.entry[SHIM_FN_JetCommitTransaction][SHIM_PLAIN] = (shim_entry)commit;
    table.entry[SHIM_FN_JetSetColumn][SHIM_PLAIN] = (shim_entry)set;
    table.entry[SHIM_FN_JetRetrieveColumn][SHIM_PLAIN] = (shim_entry)retrieve;
    snprintf(path, sizeof path, "%s/bench_shims.%lu", directory == NULL ? "/tmp" : directory,
             (unsigned long)shim_map_clock());
    printf("ns per call, best of %d rounds of %d calls\n", ROUNDS, CALLS);
    printf("%-22s %8s %8s %8s %8s %8s %8s %10s %8s\n", "function", "direct", "shims", "ratio",
           "recorded", "ratio", "added", "2 threads", "long");
    for (size_t f = 0; f < sizeof fns / sizeof fns[0]; f++) {
        double best[5] = {1e9, 1e9, 1e9, 1e9, 1e9};
        for (int round = 0; round < ROUNDS; round++) {
            double ns[5];
            uint64_t start = shim_map_clock();
            direct(fns[f], CALLS);
            uint64_t middle = shim_map_clock();
            through(&caller, fns[f], CALLS);
            ns[0] = (double)(middle - start) / CALLS;
            ns[1] = (double)(shim_map_clock() - middle) / CALLS;
            ns[2] = recorded(fns[f], 1, CALLS);
            ns[3] = recorded(fns[f], 2, CALLS);
            ns[4] = round % 5 == 0 ? recorded(fns[f], 1, LONG) : 1e9;
            for (int i = 0; i < 5; i++) {
                best[i] = ns[i] < best[i] ? ns[i] : best[i];
            }
        }
        if (best[2] < 0 || best[3] < 0 || best[4] < 0) {
            return 2;
        }
        printf("%-22s %8.1f %8.1f %8.1f %8.1f %8.1f %8.1f %10.1f %8.1f\n",
               shim_function(fns[f])->name, best[0], best[1], best[1] / best[0], best[2],
               best[2] / best[0], best[2] - best[0], best[3], best[4]);
    }
    remove(path);
    return 0;
}
