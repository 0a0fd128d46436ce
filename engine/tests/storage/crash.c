/*
 * The engine is killed at random moments while several sessions write; again and again, also while it recovers. After each
 * kill a fresh process recovers and compares. Promises checked:
 *   - a transaction whose durable commit was acknowledged is there, complete;
 *   - lazy commits are there up to some point of each session's order, and nothing behind it: every session's records are
 *     exactly what they were after one of its transactions, none earlier than the last acknowledged durable one;
 *   - rolled back and unfinished transactions left nothing;
 *   - online defragmentation, which runs all the time in every other round, changes nothing of that;
 *   - a database whose making, attaching, detaching or removal was interrupted can be used again;
 *   - values are whole, also long ones of several pages;
 *   - the database is clean and sound, no page is lost, and a table in the middle of its making or deletion is whole or gone.
 *
 *     storage_crash [kills] [seed]
 *
 * A plain program for POSIX: it forks.
 */
#include <signal.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "engine/log/recover.h"
#include "engine/maintenance/defrag.h"
#include "engine/tests/storage/aftermath.h"
#include "engine/tests/storage/support.h"

#define WRITERS 4
#define SLOTS 300
#define OPS_MAX 8
#define VALUE_ROOM 20000
#define VALUE_USUAL 160
#define PASSING 60

/* What one writer has in its records: number of the transaction that wrote the slot, 0: no record. */
struct state { uint32_t slot[SLOTS]; };

struct writer {
    _Atomic uint32_t started;                       /* transactions begun in this round */
    _Atomic uint32_t durable;                       /* the last one acknowledged as durable */
    struct state base;                              /* when the round began */
};

/* Outlives the killed process. */
static struct shared {
    struct writer writer[WRITERS];
    uint64_t seed;                                  /* of the round */
    uint32_t page_size, file_kb, cache_pages;
    bool circular, created;
    _Atomic uint32_t ready, rounds, lost_lazy, kept, in_recovery;
} *shared;

static struct rig rig;

static void die(const char *what, long long a, long long b)
{
    fprintf(stderr, "storage_crash: %s (%lld, %lld); round %u, seed %llu, folder %s\n", what, a, b, shared->rounds,
            (unsigned long long)shared->seed, rig.directory);
    fflush(stderr);
    _exit(3);
}

/* ---- the engine ------------------------------------------------------------------------------------------ */

static void open_store(void)
{
    const struct ese_store_config config = { .page_size = shared->page_size, .cache_pages = shared->cache_pages,
                                             .extend_pages = 16, .checkpoint_depth = 256u << 10 };
    const struct ese_log_config log_config = {
        .log_path = rig.directory, .system_path = rig.directory, .base = "edb", .file_size = shared->file_kb << 10,
        .buffer_size = 64u << 10, .page_size = shared->page_size, .circular = shared->circular, .legacy_names = true,
        .prepare_ahead = true };
    struct ese_log *log;
    MUST(ese_store_open(&config, &rig.store));
    MUST(ese_recover(rig.store, &log_config, 0, &log));
}

/* ---- writers --------------------------------------------------------------------------------------------- */

struct plan { uint32_t count, slot[OPS_MAX]; bool remove[OPS_MAX]; bool give_up, lazy, nested; };

/* What transaction number s of a writer does; the same for the writer and for who checks. */
static struct plan make_plan(unsigned writer, uint32_t s)
{
    uint64_t seed = aftermath_mix(aftermath_mix(shared->seed, writer), s);
    struct plan plan = { .count = 1 + aftermath_dice(&seed, OPS_MAX) };
    for (uint32_t i = 0; i < plan.count; i++) {
        plan.slot[i] = aftermath_dice(&seed, SLOTS);
        plan.remove[i] = aftermath_dice(&seed, 3) == 0;
    }
    plan.give_up = aftermath_dice(&seed, 8) == 0;
    plan.lazy = aftermath_dice(&seed, 2) == 0;
    plan.nested = aftermath_dice(&seed, 4) == 0;
    return plan;
}

static void follow(struct state *state, const struct plan *plan, uint32_t s)
{
    for (uint32_t i = 0; i < plan->count && !plan->give_up; i++) {
        uint32_t *slot = &state->slot[plan->slot[i]];
        *slot = plan->remove[i] && *slot != 0 ? 0 : s;
    }
}

static int32_t key_of(unsigned writer, uint32_t slot)
{
    return (int32_t)(slot * WRITERS + writer);      /* neighbours in the tree belong to different writers */
}

static void apply(struct pairs *pairs, struct state *state, unsigned writer, const struct plan *plan, uint32_t s)
{
    for (uint32_t i = 0; i < plan->count; i++) {
        char text[VALUE_ROOM];
        uint32_t *slot = &state->slot[plan->slot[i]];
        int32_t key = key_of(writer, plan->slot[i]);
        aftermath_value(text, VALUE_ROOM, VALUE_USUAL, plan->slot[i], s);
        if (*slot == 0) {
            MUST(pairs_insert(pairs, key, text));
            *slot = s;
        } else if (plan->remove[i]) {
            MUST(pairs_delete(pairs, key));
            *slot = 0;
        } else {
            MUST(pairs_set(pairs, key, text));
            *slot = s;
        }
    }
}

static void write_for_ever(void *arg)
{
    unsigned number = (unsigned)(uintptr_t)arg;
    struct writer *writer = &shared->writer[number];
    struct state state = writer->base;
    struct ese_trx trx;
    struct pairs pairs;
    session_begin(&rig, &trx);
    pairs_open(&rig, &trx, "pairs", &pairs);
    for (uint32_t s = 1;; s++) {
        struct plan plan = make_plan(number, s);
        struct state before = state;
        writer->started = s;
        MUST(ese_trx_begin(&trx, 0));
        if (plan.nested) {
            struct state kept = state;
            struct plan other = make_plan(number, s + 1000000);
            MUST(ese_trx_begin(&trx, 0));
            apply(&pairs, &kept, number, &other, s);
            MUST(ese_trx_rollback(&trx, 0));
        }
        apply(&pairs, &state, number, &plan, s);
        if (plan.give_up) {
            MUST(ese_trx_rollback(&trx, 0));
            state = before;
            continue;
        }
        MUST(ese_trx_commit(&trx, plan.lazy ? JET_bitCommitLazyFlush : 0));
        if (!plan.lazy) {
            writer->durable = s;
        }
    }
}

/* Tables are made, filled and deleted. */
static void build_for_ever(void *arg)
{
    struct ese_trx trx;
    (void)arg;
    session_begin(&rig, &trx);
    for (uint32_t i = 0;; i++) {
        bool keep = aftermath_mix(shared->seed, i) % 4 != 0;
        MUST(ese_trx_begin(&trx, 0));
        aftermath_pass(&rig, &trx, PASSING);
        if (!keep) {
            MUST(ese_trx_rollback(&trx, 0));
            continue;
        }
        MUST(ese_trx_commit(&trx, 0));
        MUST(ese_table_delete(&trx, rig.database, AFTERMATH_PASSING));
    }
}

static bool go_on(void *arg)
{
    (void)arg;
    return true;
}

static void tidy_for_ever(void *arg)
{
    (void)arg;
    for (uint32_t i = 0;; i++) {
        const struct ese_defrag_options options = { .partial = i % 4 != 0 };
        MUST(ese_defrag_pass(rig.database, NULL, &options, go_on, NULL));
    }
}

static void write_until_killed(void)
{
    open_store();
    if (!shared->created) {
        struct ese_trx trx;
        struct pairs pairs;
        MUST(ese_database_create(rig.store, rig.path, 0, 0, &rig.database));
        session_begin(&rig, &trx);
        pairs_create(&rig, &trx, "pairs", &pairs);
        session_end(&trx);
        shared->created = true;
    } else {
        struct ese_trx trx;
        MUST(ese_database_attach(rig.store, rig.path, 0, 0, &rig.database));
        session_begin(&rig, &trx);
        JET_ERR err = ese_table_delete(&trx, rig.database, AFTERMATH_PASSING);
        if (err != JET_errObjectNotFound) {
            MUST(err);
        }
        session_end(&trx);
    }
    struct ese_thread *thread;
    for (uintptr_t i = 0; i < WRITERS; i++) {
        MUST(ese_thread_create(write_for_ever, (void *)i, &thread));
    }
    MUST(ese_thread_create(build_for_ever, NULL, &thread));
    if (shared->rounds % 2 != 0) {
        MUST(ese_thread_create(tidy_for_ever, NULL, &thread));
    }
    shared->ready = 1;
    for (;;) {
        pause();
    }
}

/* The engine starts and ends all the time, and a second database comes and goes with it. */
static void come_and_go(void)
{
    char second[300];
    struct ese_database *other;
    snprintf(second, sizeof second, "%s/second.edb", rig.directory);
    for (unsigned i = 0;; i++) {
        open_store();
        MUST(ese_database_attach(rig.store, rig.path, 0, 0, &rig.database));
        JET_ERR err = ese_database_attach(rig.store, second, 0, 0, &other);
        /* Dirty, or empty: what a create left. It takes nothing else for that, so a file that is really damaged stays one. */
        if (err == JET_errFileNotFound || err == JET_errDatabaseDirtyShutdown || err == JET_errDatabaseCorrupted) {
            err = ese_database_create(rig.store, second, 0, 0, &other);
        }
        MUST(err);
        if (i % 2 == 0) {
            MUST(ese_database_detach(other));
        }
        if (i % 5 == 4) {
            MUST_BE(ese_store_close(rig.store, ESE_CLOSE_DIRTY), JET_errDirtyShutdown);
        } else {
            MUST(ese_store_close(rig.store, ESE_CLOSE_COMPLETE));
        }
        if (i % 4 == 2) {
            open_store();
            MUST(ese_store_close(rig.store, ESE_CLOSE_COMPLETE));
            (void)ese_path_remove(second);
        }
    }
}

/* ---- checking -------------------------------------------------------------------------------------------- */

static void read_state(struct pairs *pairs, unsigned writer, struct state *state)
{
    for (uint32_t slot = 0; slot < SLOTS; slot++) {
        state->slot[slot] = aftermath_read(pairs, key_of(writer, slot), VALUE_ROOM, VALUE_USUAL, slot, die);
    }
}

/* The records of the writer are those after one of the transactions that may have been the last. Numbers in records that an
 * earlier round wrote are known from its end. */
static void check_writer(struct pairs *pairs, unsigned number)
{
    struct writer *writer = &shared->writer[number];
    struct state found, model = writer->base;
    read_state(pairs, number, &found);
    uint32_t durable = writer->durable, started = writer->started;
    for (uint32_t s = 0; s <= started; s++) {
        if (s != 0) {
            struct plan plan = make_plan(number, s);
            follow(&model, &plan, s);
        }
        if (s >= durable && memcmp(&model, &found, sizeof model) == 0) {
            shared->kept += s;
            shared->lost_lazy += started - s;
            return;
        }
    }
    for (uint32_t slot = 0; slot < SLOTS; slot++) {
        if (model.slot[slot] != found.slot[slot]) {
            fprintf(stderr, "  writer %u slot %u: %u, not %u\n", number, slot, found.slot[slot], model.slot[slot]);
        }
    }
    die("no transaction left the records as they are", number, durable);
}

static void check(void)
{
    struct ese_trx trx;
    struct pairs pairs;
    open_store();
    if (!shared->created) {
        return;                                     /* killed before there was anything */
    }
    aftermath_sound(rig.path, "after recovery", die);
    MUST(ese_database_attach(rig.store, rig.path, 0, 0, &rig.database));
    session_begin(&rig, &trx);
    pairs_open(&rig, &trx, "pairs", &pairs);
    for (unsigned i = 0; i < WRITERS; i++) {
        check_writer(&pairs, i);
    }
    for (unsigned i = 0; i < WRITERS; i++) {
        struct writer *writer = &shared->writer[i];
        read_state(&pairs, i, &writer->base);
        writer->started = writer->durable = 0;
    }
    uint32_t rest = 0;
    for (unsigned i = 0; i < WRITERS; i++) {
        for (uint32_t slot = 0; slot < SLOTS; slot++) {
            rest += shared->writer[i].base.slot[slot] != 0;
        }
    }
    if (pairs_count(&pairs) != rest) {
        die("there are more records than anybody has written", (long long)pairs_count(&pairs), rest);
    }
    session_end(&trx);
    aftermath_passed(&rig, PASSING, die);
    MUST(ese_store_close(rig.store, ESE_CLOSE_COMPLETE));
    aftermath_sound(rig.path, "after a clean end", die);
}

/* ---- the parent ------------------------------------------------------------------------------------------ */

static void nap(uint64_t us)
{
    struct timespec time = { (time_t)(us / 1000000), (long)(us % 1000000) * 1000 };
    nanosleep(&time, NULL);
}

/* Runs it in a process of its own; kill_after_us 0: to its end. False: it was killed. */
static bool run(void (*what)(void), uint64_t kill_after_us)
{
    int status = 0;
    pid_t child = aftermath_fork();
    if (child == 0) {
        what();
        _exit(0);
    }
    if (kill_after_us != 0) {
        if (what == write_until_killed) {
            while (shared->ready == 0 && waitpid(child, &status, WNOHANG) == 0) {
                nap(1000);
            }
        }
        nap(kill_after_us);
        kill(child, SIGKILL);
    }
    if (aftermath_wait(child, &status)) {
        return true;
    }
    if (kill_after_us != 0 && WIFSIGNALED(status) && WTERMSIG(status) == SIGKILL) {
        return false;
    }
    fprintf(stderr, "storage_crash: the process failed (status %x)\n", (unsigned)status);
    exit(1);
}

int main(int argc, char **argv)
{
    unsigned kills = argc > 1 ? (unsigned)strtoul(argv[1], NULL, 10) : 5;
    uint64_t seed = argc > 2 ? strtoull(argv[2], NULL, 10) : 0;
    if (argc <= 2) {
        ese_random_bytes(&seed, sizeof seed);
        seed %= 1000000;
    }
    shared = mmap(NULL, sizeof *shared, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    const char *base = getenv("TMPDIR") != NULL ? getenv("TMPDIR") : "/tmp";
    snprintf(rig.directory, sizeof rig.directory, "%.120s/ese-crash-%u-%llu", base, ese_process_id(),
             (unsigned long long)seed);
    snprintf(rig.path, sizeof rig.path, "%s/test.edb", rig.directory);
    if (shared == MAP_FAILED || ese_path_make_directory(rig.directory) != JET_errSuccess) {
        return 2;
    }
    static const uint32_t pages[] = { 4096, 2048, 8192 };
    uint64_t own = aftermath_mix(seed, 99);
    shared->page_size = rig.page_size = pages[aftermath_dice(&own, 3)];
    shared->file_kb = aftermath_dice(&own, 2) == 0 ? 64 : 256;
    shared->cache_pages = aftermath_dice(&own, 2) == 0 ? 64 : 1000;
    shared->circular = aftermath_dice(&own, 2) == 0;
    for (unsigned i = 0; i < kills; i++) {
        shared->rounds = i;
        shared->seed = aftermath_mix(seed, i);
        shared->ready = 0;
        run(write_until_killed, 1 + aftermath_dice(&own, i % 4 == 0 ? 5000 : 300000));
        while (aftermath_dice(&own, 3) == 0) {
            shared->in_recovery += !run(open_store, 1 + aftermath_dice(&own, 20000));
        }
        run(check, 0);
        for (unsigned n = aftermath_dice(&own, 3); n != 0; n--) {
            run(come_and_go, 1 + aftermath_dice(&own, 100000));
        }
    }
    run(check, 0);
    printf("%u kills (seed %llu, pages of %u, files of %u KB, %u pages cached%s): %u transactions kept, %u unacknowledged "
           "lost, %u killed in recovery\n", kills, (unsigned long long)seed, shared->page_size, shared->file_kb,
           shared->cache_pages, shared->circular ? ", circular" : "", shared->kept, shared->lost_lazy,
           shared->in_recovery);
    (void)aftermath_remove(rig.directory);
    return 0;
}
