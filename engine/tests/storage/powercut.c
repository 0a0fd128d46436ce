/*
 * The power fails. Sessions write while everything the engine does to files is recorded (power.h); then the folder is
 * built as the power could have left it at sampled moments, the engine recovers from it, and what was promised by then is
 * looked for: acknowledged durable commits, whole transactions in each session's order, sound files, whole tables.
 *
 *     storage_powercut [moments] [seed]
 *
 * Between the phases of a recording the engine ends cleanly or is left as a killed process leaves it; so recoveries are
 * recorded, too. Log, checkpoint and databases lie in three folders. Names in one folder change in order: a rename never
 * lasts without those before it. A plain program for POSIX.
 */
#include <signal.h>
#include <stdlib.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "engine/log/internal.h"
#include "engine/tests/storage/aftermath.h"
#include "engine/tests/storage/power.h"
#include "engine/tests/storage/power_directed.h"
#include "engine/tests/storage/support.h"

#define WRITERS 3u
#define SLOTS 60u
#define OPS_MAX 6u
#define VALUE_ROOM 12000
#define VALUE_USUAL 90
#define PASSING 30
#define PHASES 3u
#define PHASE_MS 120
#define ROUND_MOMENTS 40u                           /* so many from one recording */
#define BEGINNING 90u                              /* every third time only of so many events, and a short recording */

/* What is recorded beside the files' events; of each kind the greatest value counts. */
enum { STARTED = 0, DURABLE = WRITERS, CREATED = 2 * WRITERS, SECOND_CREATED };

static struct rig rig;
static char second_path[300], system_path[300];
static uint64_t round_seed;
static uint32_t file_kb, cache_pages, depth_kb;
static bool circular;
static _Atomic bool stop;
static uint32_t last_done[WRITERS];
static bool beginning;
static bool dirty;                                  /* how the last phase ended */
/* Transactions that were only in memory when a phase ended dirty: no file ever knew of them. */
static struct { uint32_t from, to; } lost[WRITERS][PHASES];

struct plan { uint32_t count, slot[OPS_MAX]; bool remove[OPS_MAX]; bool give_up, lazy; };

static struct plan make_plan(uint32_t writer, uint32_t s)
{
    uint64_t seed = aftermath_mix(aftermath_mix(round_seed, writer), s);
    struct plan plan = { .count = 1 + aftermath_dice(&seed, OPS_MAX) };
    for (uint32_t i = 0; i < plan.count; i++) {
        plan.slot[i] = aftermath_dice(&seed, SLOTS);
        plan.remove[i] = aftermath_dice(&seed, 3) == 0;
    }
    plan.give_up = aftermath_dice(&seed, 8) == 0;
    plan.lazy = aftermath_dice(&seed, 2) == 0;
    return plan;
}

static bool is_lost(uint32_t writer, uint32_t s)
{
    for (uint32_t i = 0; i < PHASES; i++) {
        if (s >= lost[writer][i].from && s < lost[writer][i].to) {
            return true;
        }
    }
    return false;
}

static void follow(uint32_t *state, uint32_t writer, const struct plan *plan, uint32_t s)
{
    if (is_lost(writer, s)) {
        return;
    }
    for (uint32_t i = 0; i < plan->count && !plan->give_up; i++) {
        uint32_t *slot = &state[plan->slot[i]];
        *slot = plan->remove[i] && *slot != 0 ? 0 : s;
    }
}

static int32_t key_of(uint32_t writer, uint32_t slot)
{
    return (int32_t)(slot * WRITERS + writer);
}

/* ---- the engine at work ---------------------------------------------------------------------------------- */

static JET_ERR open_store(void)
{
    const struct ese_store_config config = { .page_size = rig.page_size, .cache_pages = cache_pages, .extend_pages = 16,
                                             .checkpoint_depth = depth_kb << 10 };
    const struct ese_log_config log_config = {
        .log_path = rig.directory, .system_path = system_path, .base = "edb", .file_size = file_kb << 10,
        .buffer_size = 64u << 10, .page_size = rig.page_size, .circular = circular, .legacy_names = true,
        .prepare_ahead = true };
    struct ese_log *log;
    MUST(ese_store_open(&config, &rig.store));
    return ese_recover(rig.store, &log_config, 0, &log);
}

static void write_on(void *arg)
{
    uint32_t writer = (uint32_t)(uintptr_t)arg, state[SLOTS] = { 0 }, s = 0;
    struct ese_trx trx;
    struct pairs pairs;
    while (s < last_done[writer]) {
        struct plan plan = make_plan(writer, ++s);
        follow(state, writer, &plan, s);
    }
    session_begin(&rig, &trx);
    pairs_open(&rig, &trx, "pairs", &pairs);
    while (!stop) {
        struct plan plan = make_plan(writer, ++s);
        uint32_t now[SLOTS];
        memcpy(now, state, sizeof now);
        (void)power_event(STARTED + writer, s);
        MUST(ese_trx_begin(&trx, 0));
        for (uint32_t i = 0; i < plan.count; i++) {
            char text[VALUE_ROOM];
            uint32_t *slot = &now[plan.slot[i]];
            int32_t key = key_of(writer, plan.slot[i]);
            aftermath_value(text, VALUE_ROOM, VALUE_USUAL, plan.slot[i], s);
            MUST(*slot == 0 ? pairs_insert(&pairs, key, text)
                 : plan.remove[i] ? pairs_delete(&pairs, key) : pairs_set(&pairs, key, text));
            *slot = plan.remove[i] && *slot != 0 ? 0 : s;
        }
        if (plan.give_up) {
            MUST(ese_trx_rollback(&trx, 0));
            continue;
        }
        MUST(ese_trx_commit(&trx, plan.lazy ? JET_bitCommitLazyFlush : 0));
        memcpy(state, now, sizeof state);
        if (!plan.lazy) {
            (void)power_event(DURABLE + writer, s);
        }
    }
    last_done[writer] = s;
    session_end(&trx);
}

static void build_on(void *arg)
{
    struct ese_trx trx;
    (void)arg;
    session_begin(&rig, &trx);
    while (!stop) {
        MUST(ese_trx_begin(&trx, 0));
        aftermath_pass(&rig, &trx, PASSING);
        MUST(ese_trx_commit(&trx, JET_bitCommitLazyFlush));
        MUST(ese_table_delete(&trx, rig.database, AFTERMATH_PASSING));
    }
    session_end(&trx);
}

/* A second database comes and goes. */
static void visit_on(void *arg)
{
    struct ese_database *other;
    (void)arg;
    while (!stop) {
        JET_ERR err = ese_database_attach(rig.store, second_path, 0, 0, &other);
        if (err == JET_errFileNotFound) {
            err = ese_database_create(rig.store, second_path, 0, 0, &other);
        }
        MUST(err);
        (void)power_event(SECOND_CREATED, 1);
        MUST(ese_database_detach(other));
    }
}

static void fail(const char *what, long long a, long long b)
{
    fprintf(stderr, "  %s (%lld, %lld)\n", what, a, b);
    fflush(stderr);
    _exit(3);
}

/* Which of the writer's transactions from..to was the last one that the records know of. */
static uint32_t look_for(struct pairs *pairs, uint32_t writer, uint32_t from, uint32_t to)
{
    uint32_t found[SLOTS], model[SLOTS] = { 0 }, last = UINT32_MAX;
    for (uint32_t slot = 0; slot < SLOTS; slot++) {
        found[slot] = aftermath_read(pairs, key_of(writer, slot), VALUE_ROOM, VALUE_USUAL, slot, fail);
    }
    for (uint32_t s = 0; s <= to; s++) {
        if (s != 0) {
            struct plan plan = make_plan(writer, s);
            follow(model, writer, &plan, s);
        }
        if (s >= from && memcmp(model, found, sizeof model) == 0) {
            last = s;
        }
    }
    if (last == UINT32_MAX) {
        fail("no transaction left the records as they are", writer, from);
    }
    return last;
}

static void go_on_from(uint32_t phase)
{
    struct ese_trx trx;
    struct pairs pairs;
    session_begin(&rig, &trx);
    pairs_open(&rig, &trx, "pairs", &pairs);
    for (uint32_t i = 0; i < WRITERS; i++) {
        uint32_t durable = power_greatest(DURABLE + i, power_events());
        lost[i][phase].from = look_for(&pairs, i, durable, last_done[i]) + 1;
        lost[i][phase].to = last_done[i] + 1;
    }
    session_end(&trx);
}

/* What a killed process had written last is in the system's memory only, and the next one reads it there. */
static void write_unsynced(void)
{
    struct ese_log *log = ese_store_log(rig.store);
    ese_mutex_lock(&log->mutex);
    ese_log_close_chunk(log);
    MUST(ese_log_write_to(log, log->end, false));
    ese_mutex_unlock(&log->mutex);
}

static void work(uint32_t phase)
{
    static void (*const run[])(void *arg) = { build_on, visit_on };
    struct ese_thread *thread[WRITERS + 2];
    uint64_t seed = aftermath_mix(round_seed, 1000 + phase);
    power_mark();
    MUST(open_store());
    power_mark();
    if (phase == 0) {
        struct ese_trx trx;
        struct pairs pairs;
        MUST(ese_database_create(rig.store, rig.path, 0, 0, &rig.database));
        (void)power_event(CREATED, 1);
        session_begin(&rig, &trx);
        pairs_create(&rig, &trx, "pairs", &pairs);
        session_end(&trx);
        (void)power_event(CREATED, 2);
    } else {
        MUST(ese_database_attach(rig.store, rig.path, 0, 0, &rig.database));
        if (dirty) {
            go_on_from(phase);
        }
    }
    stop = false;
    for (uintptr_t i = 0; i < WRITERS; i++) {
        MUST(ese_thread_create(write_on, (void *)i, &thread[i]));
    }
    for (unsigned i = 0; i < 2; i++) {
        MUST(ese_thread_create(run[i], NULL, &thread[WRITERS + i]));
    }
    const struct timespec time = { 0, (beginning ? PHASE_MS / 10 : PHASE_MS) * 1000000L };
    nanosleep(&time, NULL);
    stop = true;
    for (unsigned i = 0; i < WRITERS + 2; i++) {
        ese_thread_join(thread[i]);
    }
    dirty = phase + 1 == PHASES || aftermath_dice(&seed, 2) == 0;
    if (!dirty) {
        power_mark();
        MUST(ese_store_close(rig.store, ESE_CLOSE_COMPLETE));
        for (uint32_t i = 0; i < WRITERS; i++) {
            (void)power_event(DURABLE + i, last_done[i]);
        }
    } else {
        write_unsynced();
        MUST_BE(ese_store_close(rig.store, ESE_CLOSE_DIRTY), JET_errDirtyShutdown);
    }
}

/* ---- afterwards ------------------------------------------------------------------------------------------ */

static void look(uint32_t cut)
{
    struct ese_trx trx;
    struct pairs pairs;
    uint32_t created = power_greatest(CREATED, cut);
    MUST(open_store());
    JET_ERR err = ese_database_attach(rig.store, rig.path, 0, 0, &rig.database);
    if (created == 0 && err != JET_errSuccess) {
        err = ese_database_create(rig.store, rig.path, 0, JET_bitDbOverwriteExisting, &rig.database);
    }
    MUST(err);
    session_begin(&rig, &trx);
    if (created == 2) {
        pairs_open(&rig, &trx, "pairs", &pairs);
        for (uint32_t i = 0; i < WRITERS; i++) {
            (void)look_for(&pairs, i, power_greatest(DURABLE + i, cut), power_greatest(STARTED + i, cut));
        }
    }
    session_end(&trx);
    aftermath_passed(&rig, PASSING, fail);
    struct ese_database *other;
    err = ese_database_attach(rig.store, second_path, 0, 0, &other);
    if (power_greatest(SECOND_CREATED, cut) != 0) {
        MUST(err);
    }
    MUST(ese_store_close(rig.store, ESE_CLOSE_COMPLETE));
    aftermath_sound(rig.path, "afterwards", fail);
    if (err == JET_errSuccess) {
        aftermath_sound(second_path, "afterwards", fail);
    }
}

static bool survives(uint32_t cut, enum power_loss loss, uint64_t seed)
{
    int status = 0;
    pid_t child = aftermath_fork();
    if (child == 0) {
        power_cut(cut, loss, seed);
        look(cut);
        _exit(0);
    }
    return aftermath_wait(child, &status);
}

/* One recording and some moments of it, in a process of its own. The number of moments at which the engine failed. */
static int round_of(uint64_t seed, uint32_t moments)
{
    static const uint32_t page_sizes[] = { 2048, 4096, 8192 };
    int failed = 0;
    round_seed = seed;
    rig.page_size = page_sizes[aftermath_dice(&seed, 3)];
    file_kb = aftermath_dice(&seed, 2) != 0 ? 64 : 256;
    cache_pages = aftermath_dice(&seed, 2) != 0 ? 64 : 0;
    depth_kb = aftermath_dice(&seed, 2) != 0 ? 64 : 512;
    circular = aftermath_dice(&seed, 2) != 0;
    beginning = round_seed % 3 == 0;
    const char *base = getenv("TMPDIR") != NULL ? getenv("TMPDIR") : "/tmp";
    snprintf(rig.directory, sizeof rig.directory, "%.100s/ese-power-%u-%016llx", base, ese_process_id(),
             (unsigned long long)seed);
    snprintf(rig.path, sizeof rig.path, "%.180s/" POWER_DATA "/test.edb", rig.directory);
    snprintf(second_path, sizeof second_path, "%s/" POWER_DATA "/second.edb", rig.directory);
    snprintf(system_path, sizeof system_path, "%s/" POWER_SYSTEM, rig.directory);
    MUST(ese_path_make_directories(system_path));
    char data[300];
    snprintf(data, sizeof data, "%s/" POWER_DATA, rig.directory);
    MUST(ese_path_make_directory(data));
    power_record(rig.directory);
    for (uint32_t phase = 0; phase < PHASES; phase++) {
        work(phase);
    }
    power_stop();
    for (uint32_t i = 0; i < moments; i++) {
        uint32_t cut = beginning ? aftermath_dice(&seed, BEGINNING) : power_choose(&seed);
        cut = cut < power_events() ? cut : power_events();
        enum power_loss loss = (enum power_loss)(i % POWER_LOSSES);
        if (!survives(cut, loss, seed)) {
            fprintf(stderr, "storage_powercut: round seed %llu, moment %u: cut %u of %u, loss %d; page size %u, log files "
                    "of %u KiB, %s\n", (unsigned long long)round_seed, i, cut, power_events(), (int)loss, rig.page_size,
                    file_kb, circular ? "circular" : "linear");
            failed++;
        }
    }
    MUST(aftermath_remove(rig.directory));
    return failed;
}

int main(int argc, char **argv)
{
    uint32_t moments = argc > 1 ? (uint32_t)strtoul(argv[1], NULL, 10) : 60, failed = 0;
    uint64_t seed = argc > 2 ? strtoull(argv[2], NULL, 10) : (uint64_t)time(NULL);
    bool begun = false;
    printf("storage_powercut: %u moments, seed %llu\n", moments, (unsigned long long)seed);
    for (uint32_t done = 0; done < moments; seed++) {
        uint32_t some = moments - done < ROUND_MOMENTS ? moments - done : ROUND_MOMENTS;
        bool directed = done == 0 && !begun;
        int status = 0;
        pid_t child = aftermath_fork();
        if (child == 0) {
            _exit(directed ? power_directed(seed) : round_of(seed, some));
        }
        begun = true;
        done += directed ? 0 : some;
        if (waitpid(child, &status, 0) != child || !WIFEXITED(status)) {
            fprintf(stderr, "storage_powercut: the recording failed, seed %llu\n", (unsigned long long)seed);
            return 1;
        }
        failed += (uint32_t)WEXITSTATUS(status);
    }
    printf("storage_powercut: %u of %u moments failed\n", failed, moments);
    return failed != 0;
}
