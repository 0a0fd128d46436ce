/* Passes of a defragmentation under the eyes of sessions: whoever looks sees exactly the rows of his snapshot, before,
 * during and after; and pages come back only when nobody needs them. */
#include <criterion/criterion.h>

#include "engine/maintenance/defrag.h"
#include "engine/table/schema.h"
#include "engine/tests/storage/support.h"
#include "engine/verify/verify.h"

#define ROWS 20000

static struct rig rig;

static bool go_on(void *arg)
{
    (void)arg;
    return true;
}

static void pass(void)
{
    const struct ese_defrag_options options = { .partial = true };
    MUST(ese_defrag_pass(rig.database, NULL, &options, go_on, NULL));
}

static void check_rows(struct pairs *table, int32_t step)
{
    char text[64], wanted[64];
    int32_t number = 0;
    JET_ERR err = ese_cursor_move(table->cursor, JET_MoveFirst, 0);
    for (; err == JET_errSuccess; number += step) {
        cr_assert_eq(pairs_key(table), number);
        snprintf(wanted, sizeof wanted, "the row %d, and a few bytes more", (int)number);
        cr_assert_str_eq(pairs_value(table, text, sizeof text), wanted);
        err = ese_cursor_move(table->cursor, JET_MoveNext, 0);
    }
    MUST_BE(err, JET_errNoCurrentRecord);
    cr_assert_eq(number, ROWS);
}

/* Rows in a mixed order; delete_some leaves one in ten, again in a mixed order. */
static void insert_all(struct ese_trx *trx, struct pairs *table)
{
    char text[64];
    for (int32_t i = 0; i < ROWS; i++) {
        int32_t number = (int32_t)((int64_t)i * 7919 % ROWS);
        if (i % 500 == 0) {
            MUST(ese_trx_begin(trx, 0));
        }
        snprintf(text, sizeof text, "the row %d, and a few bytes more", (int)number);
        MUST(pairs_insert(table, number, text));
        if (i % 500 == 499) {
            MUST(ese_trx_commit(trx, 0));
        }
    }
}

static void delete_some(struct ese_trx *trx, struct pairs *table)
{
    for (int32_t i = 0; i < ROWS; i++) {
        int32_t number = (int32_t)((int64_t)i * 4801 % ROWS);
        if (i % 1000 == 0) {
            MUST(ese_trx_begin(trx, 0));
        }
        if (number % 10 != 0) {
            MUST(pairs_delete(table, number));
        }
        if (i % 1000 == 999) {
            MUST(ese_trx_commit(trx, 0));
        }
    }
}

Test(defrag, snapshots_keep_their_rows_and_the_pages_come_back_after_them)
{
    struct ese_trx writer, reader;
    struct pairs mine, theirs;
    struct ese_verify_report report;
    uint64_t leaves, nodes;
    rig_open(&rig, 4096);
    session_begin(&rig, &writer);
    session_begin(&rig, &reader);
    pairs_create(&rig, &writer, "t", &mine);
    pairs_open(&rig, &writer, "t", &mine);
    insert_all(&writer, &mine);
    pairs_open(&rig, &reader, "t", &theirs);
    MUST(ese_trx_begin(&reader, 0));
    delete_some(&writer, &mine);
    pass();
    check_rows(&mine, 10);
    check_rows(&theirs, 1);
    MUST(ese_trx_commit(&reader, 0));
    uint32_t free_pages = ese_database_free_pages(rig.database);
    pass();
    check_rows(&theirs, 10);
    struct ese_tree *tree = mine.cursor->table->tree;
    ese_rwlock_read(&tree->lock);
    MUST(ese_tree_stats(tree, &leaves, &nodes));
    ese_rwlock_read_unlock(&tree->lock);
    cr_expect_eq(nodes, ROWS / 10);
    /* A row takes some 70 bytes. */
    cr_expect_lt(leaves, ROWS / 10 / 40, "%u leaves for %u rows", (unsigned)leaves, ROWS / 10);
    cr_expect_gt(ese_database_free_pages(rig.database), free_pages + 100);
    session_end(&reader);
    session_end(&writer);
    rig_stop(&rig);
    cr_expect_eq(ese_verify_file(rig.path, &report), ESE_VERIFY_GOOD, "%s", report.message);
    cr_expect_eq(report.lost_pages, 0);
    rig_close(&rig);
}

static _Atomic bool finished;

static void pass_for_ever(void *arg)
{
    (void)arg;
    while (!finished) {
        pass();
    }
}

Test(defrag, rows_are_exact_while_it_runs)
{
    struct ese_trx writer, reader;
    struct pairs mine, theirs;
    struct ese_thread *thread;
    rig_open(&rig, 2048);
    session_begin(&rig, &writer);
    session_begin(&rig, &reader);
    pairs_create(&rig, &writer, "t", &mine);
    pairs_open(&rig, &writer, "t", &mine);
    finished = false;
    MUST(ese_thread_create(pass_for_ever, NULL, &thread));
    insert_all(&writer, &mine);
    pairs_open(&rig, &reader, "t", &theirs);
    MUST(ese_trx_begin(&reader, 0));
    check_rows(&theirs, 1);
    delete_some(&writer, &mine);
    check_rows(&theirs, 1);
    check_rows(&mine, 10);
    MUST(ese_trx_commit(&reader, 0));
    check_rows(&theirs, 10);
    for (int32_t i = 0; i < ROWS; i += 10) {        /* backwards, one by one, while pages go under it */
        MUST(pairs_delete(&mine, ROWS - 10 - i));
        MUST_BE(pairs_seek(&theirs, ROWS - 10 - i), JET_errRecordNotFound);
    }
    cr_expect_eq(pairs_count(&theirs), 0);
    finished = true;
    ese_thread_join(thread);
    session_end(&reader);
    session_end(&writer);
    rig_close(&rig);
}

/* ---- threads --------------------------------------------------------------------------------------------- */

#define STARTERS 4
#define STARTS 4000

static void keep_starting(void *arg)
{
    const struct ese_defrag_options options = { .space_only = true, .passes = 1 };
    for (int i = 0; i < STARTS; i++) {
        bool started;
        (void)ese_defrag_start(arg, rig.database, &options, &started);
    }
}

/* Whoever starts a task joins the thread of the one before; several at once leave none behind. */
Test(defrag, every_thread_is_joined_whoever_starts_the_next, .timeout = 300)
{
    struct ese_defrag defrag;
    struct ese_thread *threads[STARTERS];
    rig_open(&rig, 4096);
    MUST(ese_defrag_init(&defrag));
    for (int i = 0; i < STARTERS; i++) {
        MUST(ese_thread_create(keep_starting, &defrag, &threads[i]));
    }
    for (int i = 0; i < STARTERS; i++) {
        ese_thread_join(threads[i]);
    }
    ese_defrag_close(&defrag);
    cr_expect_eq(defrag.live, 0);
    ese_defrag_fini(&defrag);
    rig_close(&rig);
}

static _Thread_local bool armed;
static _Thread_local int left;                      /* allocations of this thread that still work */

static bool allow(void *arg, size_t size)
{
    (void)arg;
    (void)size;
    return !armed || left-- > 0;
}

/* The thread for the queue cannot be made: the request is not left where nobody takes it, and would keep the next one for
 * the same table out. */
Test(defrag, a_queue_that_nobody_works_off_keeps_no_request)
{
    struct ese_defrag defrag;
    rig_open(&rig, 2048);
    ese_alloc_set_filter(allow, NULL);
    MUST(ese_defrag_init(&defrag));
    unsigned failures = 0;
    for (int allowed = 0; allowed < 10; allowed++) {
        left = allowed;
        armed = true;
        JET_ERR err = ese_defrag_queue(&defrag, rig.database, "t");
        armed = false;
        if (err != JET_errSuccess) {
            MUST_BE(err, JET_errOutOfMemory);
            cr_expect_null(defrag.queue, "with %d allocations", allowed);
            failures++;
        }
    }
    cr_expect_geq(failures, 3, "the request, its name, the thread");
    ese_defrag_close(&defrag);
    cr_expect_eq(defrag.live, 0);
    ese_defrag_fini(&defrag);
    ese_alloc_set_filter(NULL, NULL);
    rig_close(&rig);
}
