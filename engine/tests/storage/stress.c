/*
 * Many sessions at once for some seconds (argument, default 2; second argument: seed; an odd one has a cache that is far too
 * small). Promises checked:
 *   - money moved between accounts in transactions is never made or lost, whatever snapshot looks at it;
 *   - of two sessions that change the same record one gets a write conflict;
 *   - what a transaction rolled back is not there, what it committed is, also after a restart;
 *   - tables come and go without disturbing anybody, and the file stays sound;
 *   - cutting the end of the file off at any moment changes nothing; temporary tables hold what was put in;
 *   - long values and secondary indexes agree with their records in every snapshot (stress_papers.c);
 *   - all of that with a log (by the seed) and without;
 *   - online defragmentation, started and stopped at any moment, changes nothing of all that, and tells that it has
 *     ended once for each start;
 *   - between a freeze of the store and its thaw nothing is written, and afterwards everybody goes on.
 * A plain program: it runs under every sanitizer and on Windows.
 */
#include <stdlib.h>

#include "engine/maintenance/defrag.h"
#include "engine/table/temp.h"
#include "engine/tests/storage/stress.h"
#include "engine/verify/verify.h"

#define ACCOUNTS 60
#define START 1000
#define MAX_THREADS 16
#define PATIENCE_MS 120000                          /* until every worker has done something */

struct rig stress_rig;
_Atomic bool stress_stop;
static _Atomic uint64_t transfers, conflicts, sums, churned, tables, aborted, defragmented, sorted, frozen;
static uint64_t base_seed;

uint32_t stress_dice(struct worker *worker, uint32_t sides)
{
    worker->seed = worker->seed * 6364136223846793005u + 1442695040888963407u;
    return (uint32_t)(worker->seed >> 33) % sides;
}

void stress_die(const char *what, long long a, long long b)
{
    fprintf(stderr, "storage_stress: %s (%lld, %lld); seed %llu\n", what, a, b, (unsigned long long)base_seed);
    fflush(stderr);
    abort();
}

static int32_t balance(struct pairs *pairs, int32_t account)
{
    char text[64];
    JET_ERR err = pairs_seek(pairs, account);
    if (err != JET_errSuccess) {
        stress_die("an account cannot be found", account, err);
    }
    return (int32_t)strtol(pairs_value(pairs, text, sizeof text), NULL, 10);
}

/* Balances are text of changing length, so that records grow and shrink. */
static JET_ERR set_balance(struct pairs *pairs, int32_t account, int32_t value)
{
    char text[64];
    snprintf(text, sizeof text, "%d %.*s", value, (int)(value & 31), "...............................");
    return pairs_set(pairs, account, text);
}

static void move_money(void *arg)
{
    struct worker *worker = arg;
    struct ese_trx trx;
    struct pairs pairs;
    session_begin(&stress_rig, &trx);
    pairs_open(&stress_rig, &trx, "accounts", &pairs);
    while (!stress_stop) {
        int32_t from = (int32_t)stress_dice(worker, ACCOUNTS), to = (int32_t)stress_dice(worker, ACCOUNTS);
        int32_t amount = (int32_t)stress_dice(worker, 50);
        MUST(ese_trx_begin(&trx, 0));
        bool nested = stress_dice(worker, 4) == 0;
        if (nested) {
            MUST(ese_trx_begin(&trx, 0));
        }
        JET_ERR err = set_balance(&pairs, from, balance(&pairs, from) - amount);
        if (err == JET_errSuccess) {
            err = set_balance(&pairs, to, balance(&pairs, to) + amount);
        }
        if (err != JET_errSuccess && err != JET_errWriteConflict) {
            stress_die("a transfer failed", err, from);
        }
        if (err == JET_errSuccess && stress_dice(worker, 5) != 0) {
            if (nested) {
                MUST(ese_trx_commit(&trx, 0));
            }
            MUST(ese_trx_commit(&trx, 0));
            transfers++;
        } else {
            MUST(ese_trx_rollback(&trx, JET_bitRollbackAll));
            if (err != JET_errSuccess) {
                conflicts++;
            } else {
                aborted++;
            }
        }
    }
    session_end(&trx);
}

static void add_up(void *arg)
{
    struct worker *worker = arg;
    struct ese_trx trx;
    struct pairs pairs;
    session_begin(&stress_rig, &trx);
    pairs_open(&stress_rig, &trx, "accounts", &pairs);
    while (!stress_stop) {
        MUST(ese_trx_begin(&trx, JET_bitTransactionReadOnly));
        for (unsigned round = 0; round < 3; round++) {
            char text[64];
            long long sum = 0, seen = 0;
            bool back = stress_dice(worker, 2) == 0;
            JET_ERR err = ese_cursor_move(pairs.cursor, back ? JET_MoveLast : JET_MoveFirst, 0);
            while (err == JET_errSuccess) {
                sum += strtol(pairs_value(&pairs, text, sizeof text), NULL, 10);
                seen++;
                err = ese_cursor_move(pairs.cursor, back ? -1 : 1, 0);
            }
            if (err != JET_errNoCurrentRecord || seen != ACCOUNTS || sum != (long long)ACCOUNTS * START) {
                stress_die("a snapshot does not add up", sum, seen);
            }
        }
        MUST(ese_trx_commit(&trx, 0));
        sums++;
    }
    session_end(&trx);
}

/* Inserts and deletes its own keys in a table shared with its like, keeping count of what must be there. */
static void churn(void *arg)
{
    struct worker *worker = arg;
    struct ese_trx trx;
    struct pairs pairs;
    static bool there[2][400];
    bool *mine = there[worker->number], kept[400];
    session_begin(&stress_rig, &trx);
    pairs_open(&stress_rig, &trx, "churn", &pairs);
    while (!stress_stop) {
        memcpy(kept, mine, sizeof kept);
        MUST(ese_trx_begin(&trx, 0));
        for (unsigned i = 0; i < 20; i++) {
            uint32_t pick = stress_dice(worker, 400);
            int32_t key = (int32_t)(pick * 2 + worker->number);
            char text[201];
            uint32_t size = stress_dice(worker, 200);
            memset(text, 'x', size);
            text[size] = '\0';
            JET_ERR err = mine[pick] ? stress_dice(worker, 2) == 0 ? pairs_set(&pairs, key, text) : pairs_delete(&pairs, key)
                                     : pairs_insert(&pairs, key, text);
            if (err != JET_errSuccess) {
                stress_die("a record nobody else touches", key, err);
            }
            mine[pick] = pairs_seek(&pairs, key) == JET_errSuccess;
        }
        if (stress_dice(worker, 3) == 0) {
            MUST(ese_trx_rollback(&trx, 0));
            memcpy(mine, kept, sizeof kept);
        } else {
            MUST(ese_trx_commit(&trx, 0));
        }
        for (uint32_t i = 0; i < 400; i += 37) {
            JET_ERR err = pairs_seek(&pairs, (int32_t)(i * 2 + worker->number));
            if ((err == JET_errSuccess) != mine[i]) {
                stress_die("a record is there or not against what was committed", i, err);
            }
        }
        churned++;
    }
    session_end(&trx);
}

static void define(void *arg)
{
    struct worker *worker = arg;
    struct ese_trx trx;
    struct pairs pairs;
    session_begin(&stress_rig, &trx);
    for (unsigned i = 0; !stress_stop; i++) {
        char name[32];
        snprintf(name, sizeof name, "table %u", i % 5);
        MUST(ese_trx_begin(&trx, 0));
        pairs_create(&stress_rig, &trx, name, &pairs);
        pairs_open(&stress_rig, &trx, name, &pairs);
        for (int32_t k = 0; k < 50; k++) {
            MUST(pairs_insert(&pairs, k, "some text that takes some room in the page"));
        }
        ese_cursor_close(pairs.cursor);
        if (stress_dice(worker, 2) == 0) {
            MUST(ese_trx_rollback(&trx, 0));
        } else {
            MUST(ese_trx_commit(&trx, 0));
            MUST(ese_table_delete(&trx, stress_rig.database, name));
        }
        tables++;
    }
    session_end(&trx);
}

static JET_ERR keep_counting(void *arg)
{
    (void)arg;
    return stress_stop ? JET_errClientRequestToStopJetService : JET_errSuccess;
}

/* What an instance does on the side. */
static void maintain(void *arg)
{
    struct worker *worker = arg;
    struct ese_trx trx;
    struct pairs pairs;
    uint64_t count;
    session_begin(&stress_rig, &trx);
    pairs_open(&stress_rig, &trx, "churn", &pairs);
    while (!stress_stop) {
        uint32_t pages;
        switch (stress_dice(worker, 6)) {
        case 4: MUST(ese_database_shrink(stress_rig.database, 0, &pages)); break;
        case 0: MUST(ese_vstore_cleanup(ese_store_versions(stress_rig.store), NULL, NULL)); break;
        case 1: ese_store_signal_cleanup(stress_rig.store); break;
        case 2: ese_store_set_checkpoint_depth(stress_rig.store, stress_dice(worker, 2) == 0 ? 16384 : 1u << 20); break;
        case 3: MUST(ese_store_flush(stress_rig.store)); break;
        default:
            if (ese_cursor_move(pairs.cursor, JET_MoveFirst, 0) == JET_errSuccess) {
                JET_ERR err = ese_cursor_count(pairs.cursor, 0, keep_counting, NULL, &count);
                if (err != JET_errSuccess && err != JET_errClientRequestToStopJetService &&
                    err != JET_errRecordDeleted) {
                    stress_die("counting failed", err, 0);
                }
            }
        }
        ese_sleep_ms(stress_dice(worker, 3));
    }
    session_end(&trx);
}

/* Sorts and temporary tables, inside and outside of transactions. */
static void sort(void *arg)
{
    static const JET_COLUMNDEF columns[] = {
        { .coltyp = JET_coltypLong, .grbit = JET_bitColumnTTKey }, { .coltyp = JET_coltypText },
    };
    static const JET_GRBIT bits[] = { JET_bitTTUnique, JET_bitTTForwardOnly | JET_bitTTUnique,
                                      JET_bitTTForceMaterialization, JET_bitTTUpdatable | JET_bitTTIndexed };
    struct worker *worker = arg;
    struct ese_trx trx;
    struct pairs pairs;
    JET_COLUMNID ids[2];
    session_begin(&stress_rig, &trx);
    while (!stress_stop) {
        struct ese_temp_def def = { .columns = columns, .count = 2, .grbit = bits[stress_dice(worker, 4)] };
        bool inside = stress_dice(worker, 2) == 0, rolled_back = stress_dice(worker, 2) == 0;
        uint32_t rows = stress_dice(worker, 300), step = 1 + 2 * stress_dice(worker, 100);
        if (inside) {
            MUST(ese_trx_begin(&trx, 0));
        }
        MUST(ese_temp_open(stress_rig.store, &trx, &def, ids, &pairs.cursor));
        pairs.key = ids[0];
        pairs.value = ids[1];
        for (uint32_t i = 0; i < rows; i++) {
            MUST(pairs_insert(&pairs, (int32_t)(i * step % 1024), "sorted"));
        }
        MUST(ese_temp_finish(pairs.cursor));
        if (pairs_count(&pairs) != rows) {
            stress_die("rows of a sort", (long long)pairs_count(&pairs), rows);
        }
        ese_cursor_close(pairs.cursor);
        if (inside) {
            MUST(rolled_back ? ese_trx_rollback(&trx, 0) : ese_trx_commit(&trx, 0));
        }
        sorted++;
    }
    session_end(&trx);
}

static void count_end(void *arg)
{
    *(unsigned *)arg += 1;                          /* the thread ends before anybody reads it */
}

static void defragment(void *arg)
{
    static struct ese_defrag defrag;
    struct worker *worker = arg;
    uint32_t id = ese_database_id(stress_rig.database), passes, seconds;
    MUST(ese_defrag_init(&defrag));
    while (!stress_stop) {
        unsigned ends = 0;
        bool started;
        struct ese_defrag_options options = { .partial = stress_dice(worker, 2) == 0, .space_only = stress_dice(worker, 8) == 0,
                                              .passes = stress_dice(worker, 3), .completed = count_end, .arg = &ends };
        MUST(ese_defrag_start(&defrag, stress_rig.database, &options, &started));
        if (!started) {
            stress_die("a defragmentation did not start", 0, 0);
        }
        if (stress_dice(worker, 4) == 0) {
            MUST(ese_defrag_queue(&defrag, stress_rig.database, stress_dice(worker, 2) == 0 ? "churn" : NULL));
            ese_defrag_pause(&defrag, stress_dice(worker, 3) == 0);
        }
        ese_sleep_ms(stress_dice(worker, 30));
        if (stress_dice(worker, 2) == 0) {
            (void)ese_defrag_stop(&defrag, id, &passes, &seconds);
        }
        if (!ese_defrag_hold(&defrag, id)) {
            stress_die("the caller seems to be the defragmentation", 0, 0);
        }
        if (ends != 1) {
            stress_die("ends of one defragmentation", ends, 0);
        }
        ese_defrag_release(&defrag, id);
        defragmented++;
    }
    ese_defrag_close(&defrag);
    ese_defrag_fini(&defrag);
}

/* Now and then everything that writes has to wait, and nothing becomes durable meanwhile. */
static void freeze_and_thaw(void *arg)
{
    struct worker *worker = arg;
    struct ese_log *log = ese_store_log(stress_rig.store);
    while (!stress_stop && log != NULL) {
        uint32_t last;
        ese_sleep_ms(stress_dice(worker, 100));
        MUST(ese_store_freeze(stress_rig.store, stress_dice(worker, 2) == 0, &last));
        ese_lsn durable = ese_log_durable(log), checkpoint = ese_log_checkpoint(log);
        ese_sleep_ms(stress_dice(worker, 10));
        if (ese_log_durable(log) != durable || ese_log_checkpoint(log) != checkpoint) {
            stress_die("something was written in a freeze", (long long)durable, (long long)checkpoint);
        }
        ese_store_thaw(stress_rig.store);
        frozen++;
    }
}

static void prepare(void)
{
    struct ese_trx trx;
    struct pairs pairs;
    session_begin(&stress_rig, &trx);
    pairs_create(&stress_rig, &trx, "accounts", &pairs);
    pairs_open(&stress_rig, &trx, "accounts", &pairs);
    for (int32_t i = 0; i < ACCOUNTS; i++) {
        MUST(pairs_insert(&pairs, i, "1000"));
    }
    pairs_create(&stress_rig, &trx, "churn", &pairs);
    stress_make_papers(&trx);
    session_end(&trx);
}

static void check_after_restart(void)
{
    struct ese_trx trx;
    struct pairs pairs;
    struct ese_verify_report report;
    long long sum = 0;
    rig_restart(&stress_rig, ESE_CLOSE_COMPLETE);
    session_begin(&stress_rig, &trx);
    pairs_open(&stress_rig, &trx, "accounts", &pairs);
    for (int32_t i = 0; i < ACCOUNTS; i++) {
        sum += balance(&pairs, i);
    }
    if (sum != (long long)ACCOUNTS * START) {
        stress_die("after the restart the accounts do not add up", sum, 0);
    }
    stress_check_papers(&trx);
    session_end(&trx);
    rig_stop(&stress_rig);
    if (ese_verify_file(stress_rig.path, &report) != ESE_VERIFY_GOOD || report.lost_pages != 0) {
        fprintf(stderr, "storage_stress: %s; %u pages lost\n", report.message, report.lost_pages);
        exit(1);
    }
}

/* On a busy machine some worker may have got nothing for the seconds that were asked for. */
static bool all_was_done(void)
{
    return transfers != 0 && sums != 0 && churned != 0 && tables != 0 && defragmented != 0 && sorted != 0 &&
           stress_papers != 0 && stress_readings != 0 && (frozen != 0 || base_seed % 3 == 0);
}

int main(int argc, char **argv)
{
    static void (*const work[])(void *) = { move_money, move_money, move_money, add_up, add_up, churn, churn, define,
                                            maintain, defragment, freeze_and_thaw, sort, stress_write_papers,
                                            stress_write_papers, stress_read_papers };
    struct worker workers[MAX_THREADS];
    unsigned count = sizeof work / sizeof work[0], churners = 0;
    long seconds = argc > 1 ? strtol(argv[1], NULL, 10) : 2;
    base_seed = argc > 2 ? strtoull(argv[2], NULL, 10) : ese_time_ms();
    (base_seed % 3 != 0 ? rig_open_logged : rig_open_small)(&stress_rig, 2048, base_seed % 2 != 0 ? 32 : 0);
    prepare();
    for (unsigned i = 0; i < count; i++) {
        workers[i].seed = base_seed + i * 1000003u;
        workers[i].number = work[i] == churn ? churners++ : i;
        MUST(ese_thread_create(work[i], &workers[i], &workers[i].thread));
    }
    ese_sleep_ms((uint32_t)seconds * 1000);
    for (unsigned waited = 0; waited < PATIENCE_MS && !all_was_done(); waited += 20) {
        ese_sleep_ms(20);
    }
    stress_stop = true;
    for (unsigned i = 0; i < count; i++) {
        ese_thread_join(workers[i].thread);
    }
    check_after_restart();
    rig_close(&stress_rig);
    printf("storage_stress: %llu transfers, %llu conflicts, %llu rolled back, %llu sums, %llu rounds of churn, "
           "%llu tables, %llu sorts, %llu defragmentations, %llu papers read %llu times, "
           "%llu freezes; seed %llu\n",
           (unsigned long long)transfers, (unsigned long long)conflicts, (unsigned long long)aborted,
           (unsigned long long)sums, (unsigned long long)churned, (unsigned long long)tables,
           (unsigned long long)sorted, (unsigned long long)defragmented, (unsigned long long)stress_papers,
           (unsigned long long)stress_readings, (unsigned long long)frozen, (unsigned long long)base_seed);
    if (!all_was_done()) {
        stress_die("some of the work was never done", (long long)transfers, (long long)sums);
    }
    return 0;
}
