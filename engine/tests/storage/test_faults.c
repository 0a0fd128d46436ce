/* When memory runs out: the call says so, nothing is half-done, and afterwards everything goes on. */
#include <criterion/criterion.h>

#include "engine/tests/storage/support.h"
#include "engine/table/schema.h"

static _Thread_local bool armed;                    /* only the test's thread is hit, not the background's */
static _Thread_local uint32_t left;
static _Atomic uint32_t refused;

static bool allow(void *arg, size_t size)
{
    (void)arg;
    (void)size;
    if (!armed || left-- != 0) {
        return true;
    }
    armed = false;                                  /* just this one */
    refused++;
    return false;
}

static struct rig rig;
static struct ese_trx trx;
static struct pairs pairs;

static void setup(void)
{
    ese_alloc_set_filter(allow, NULL);
    rig_open(&rig, 2048);
    session_begin(&rig, &trx);
    pairs_create(&rig, &trx, "pairs", &pairs);
    pairs_open(&rig, &trx, "pairs", &pairs);
}

static void teardown(void)
{
    session_end(&trx);
    rig_close(&rig);
    ese_alloc_set_filter(NULL, NULL);
}

TestSuite(faults, .init = setup, .fini = teardown);

/* Runs the step with the n-th allocation refused, for n = 0, 1, 2 ... until it gets through. */
static void hit_every_allocation(JET_ERR (*step)(void), void (*check)(void))
{
    for (uint32_t n = 0;; n++) {                    /* a step may do without this or that one and succeed */
        uint32_t before = refused;
        left = n;
        armed = true;
        JET_ERR err = step();
        armed = false;
        if (refused == before) {
            MUST(err);
            cr_assert_gt(n, 0, "the step allocates nothing");
            return;
        }
        cr_assert(err == JET_errOutOfMemory || err >= JET_errSuccess, "error %d", err);
        if (check != NULL) {
            check();
        }
    }
}

static int32_t next;
static uint64_t expected;

static JET_ERR insert_many(void)
{
    JET_ERR err = ese_trx_begin(&trx, 0);
    if (err != JET_errSuccess) {
        return err;
    }
    for (int32_t i = 0; i < 30 && err == JET_errSuccess; i++) {
        err = pairs_insert(&pairs, next + i * 100, "text text text text text text text text");
    }
    if (err != JET_errSuccess) {
        /* Memory is back for the rollback: a failing one makes the instance unusable, which is another test. */
        armed = false;
        MUST(ese_trx_rollback(&trx, 0));
        return err;
    }
    next++;
    expected += 30;
    return ese_trx_commit(&trx, 0);
}

static void all_or_nothing(void)
{
    cr_assert_eq(pairs_count(&pairs), expected);
}

Test(faults, inserts_with_splits)
{
    while (next < 12) {
        hit_every_allocation(insert_many, all_or_nothing);
        all_or_nothing();
    }
}

static JET_ERR create_and_drop(void)
{
    static const struct ese_column_def column = { .name = "c", .coltyp = JET_coltypText, .default_value = "abc",
                                                  .default_size = 3 };
    static const struct ese_index_def index = { .name = "i", .key = "+c\0", .key_size = 4,
                                                .grbit = JET_bitIndexPrimary };
    struct ese_cursor *cursor;
    JET_ERR err = ese_table_create(&trx, rig.database, "new", 1, 100, 0, &cursor);
    if (err == JET_errSuccess) {
        err = ese_table_add_column(cursor, &column, NULL);
        if (err == JET_errSuccess) {
            err = ese_table_rename_column(cursor, "c", "d");
        }
        if (err == JET_errSuccess) {
            err = ese_table_rename_column(cursor, "d", "c");
        }
        if (err == JET_errSuccess) {
            err = ese_table_create_index(cursor, &index, NULL, NULL);
        }
        ese_cursor_close(cursor);
        if (err == JET_errSuccess) {
            err = ese_table_rename(&trx, rig.database, "new", "newer");
        }
        if (err == JET_errSuccess) {
            err = ese_table_delete(&trx, rig.database, "newer");
        }
    }
    armed = false;
    if (err != JET_errSuccess) {
        JET_ERR gone = ese_table_delete(&trx, rig.database, "new");
        if (gone == JET_errObjectNotFound) {
            gone = ese_table_delete(&trx, rig.database, "newer");
        }
        cr_assert(gone == JET_errSuccess || gone == JET_errObjectNotFound, "error %d", gone);
    }
    return err;
}

Test(faults, definitions)
{
    hit_every_allocation(create_and_drop, NULL);
    MUST(ese_vstore_cleanup(ese_store_versions(rig.store), NULL, NULL));
    cr_assert_eq(pairs_count(&pairs), 0);
}

static JET_ERR restart(void)
{
    struct ese_store_config config = { .page_size = 2048 };
    struct ese_store *store;
    struct ese_database *database;
    JET_ERR err = ese_store_open(&config, &store);
    if (err == JET_errSuccess) {
        err = ese_database_attach(store, rig.path, 0, 0, &database);
        armed = false;
        JET_ERR closed = ese_store_close(store, ESE_CLOSE_COMPLETE);
        err = err == JET_errSuccess ? closed : err;
    }
    return err;
}

Test(faults, opening)
{
    MUST(pairs_insert(&pairs, 1, "text"));
    session_end(&trx);
    MUST(ese_store_close(rig.store, ESE_CLOSE_COMPLETE));
    hit_every_allocation(restart, NULL);
    rig_start(&rig);
    MUST(ese_database_attach(rig.store, rig.path, 0, 0, &rig.database));
    session_begin(&rig, &trx);
    pairs_open(&rig, &trx, "pairs", &pairs);
    cr_assert_eq(pairs_count(&pairs), 1);
}

static JET_ERR fatal_cause;

static void on_fatal(void *arg, JET_ERR cause)
{
    (void)arg;
    fatal_cause = cause;
}

Test(faults, a_rollback_that_fails_is_fatal)
{
    struct ese_trx other;
    session_end(&trx);
    MUST(ese_store_close(rig.store, ESE_CLOSE_COMPLETE));
    struct ese_store_config config = { .page_size = 2048, .on_fatal = on_fatal };
    MUST(ese_store_open(&config, &rig.store));
    MUST(ese_database_attach(rig.store, rig.path, 0, 0, &rig.database));
    session_begin(&rig, &other);
    pairs_open(&rig, &other, "pairs", &pairs);
    MUST(ese_trx_begin(&other, 0));
    MUST(pairs_insert(&pairs, 1, "text"));
    MUST(ese_cache_shrink(rig.store->cache));       /* no block is left that the rollback could use */
    armed = true;
    left = 0;
    MUST_BE(ese_trx_rollback(&other, 0), JET_errOutOfMemory);
    armed = false;
    cr_assert_eq(fatal_cause, JET_errOutOfMemory);
    MUST_BE(ese_trx_rollback(&other, 0), JET_errOutOfMemory);
    MUST_BE(ese_trx_begin(&other, 0), JET_errRollbackError);
    MUST_BE(ese_trx_commit(&other, 0), JET_errMustRollback);
    ese_cursor_close(pairs.cursor);
    MUST_BE(ese_store_close(rig.store, ESE_CLOSE_DIRTY), JET_errDirtyShutdown);
    rig_start(&rig);
    session_begin(&rig, &trx);
}
