/* Transactions: what a session sees, who may change what, what a rollback leaves, what clean-up removes. */
#include <criterion/criterion.h>

#include "engine/tests/storage/support.h"
#include "engine/table/schema.h"

static struct rig rig;
static struct ese_trx one, two;
static struct pairs first, second;
static char text[300];

static void setup(void)
{
    rig_open(&rig, 4096);
    session_begin(&rig, &one);
    session_begin(&rig, &two);
    pairs_create(&rig, &one, "pairs", &first);
    pairs_open(&rig, &one, "pairs", &first);
    pairs_open(&rig, &two, "pairs", &second);
    MUST(pairs_insert(&first, 1, "old"));
}

static void teardown(void)
{
    session_end(&one);
    session_end(&two);
    rig_close(&rig);
}

TestSuite(transaction, .init = setup, .fini = teardown);

static const char *seen(struct pairs *pairs, int32_t key)
{
    JET_ERR err = pairs_seek(pairs, key);
    return err == JET_errSuccess ? pairs_value(pairs, text, sizeof text) : err == JET_errRecordNotFound ? "-" : "?";
}

Test(transaction, uncommitted_changes_are_seen_by_their_session_only)
{
    MUST(ese_trx_begin(&one, 0));
    MUST(pairs_set(&first, 1, "new"));
    MUST(pairs_insert(&first, 2, "two"));
    cr_assert_str_eq(seen(&first, 1), "new");
    cr_assert_str_eq(seen(&second, 1), "old");
    cr_assert_str_eq(seen(&second, 2), "-");
    cr_assert_eq(pairs_count(&first), 2);
    cr_assert_eq(pairs_count(&second), 1);
    MUST(ese_trx_commit(&one, 0));
    cr_assert_str_eq(seen(&second, 1), "new");
    cr_assert_str_eq(seen(&second, 2), "two");
}

Test(transaction, a_snapshot_does_not_see_later_commits)
{
    MUST(ese_trx_begin(&two, 0));
    MUST(pairs_set(&first, 1, "new"));
    MUST(pairs_insert(&first, 2, "two"));
    cr_assert_str_eq(seen(&second, 1), "old");
    cr_assert_str_eq(seen(&second, 2), "-");
    MUST(pairs_delete(&first, 1));
    cr_assert_str_eq(seen(&second, 1), "old");
    MUST(pairs_insert(&first, 1, "again"));
    cr_assert_str_eq(seen(&second, 1), "old");
    MUST(ese_vstore_cleanup(ese_store_versions(rig.store), NULL, NULL));
    cr_assert_str_eq(seen(&second, 1), "old");
    cr_assert_eq(pairs_count(&second), 1);
    MUST(ese_trx_rollback(&two, 0));
    cr_assert_str_eq(seen(&second, 1), "again");
}

Test(transaction, the_first_writer_wins)
{
    MUST(ese_trx_begin(&one, 0));
    MUST(ese_trx_begin(&two, 0));
    MUST(pairs_set(&first, 1, "first"));
    MUST_BE(pairs_set(&second, 1, "second"), JET_errWriteConflict);
    MUST_BE(pairs_delete(&second, 1), JET_errWriteConflict);
    MUST(ese_trx_commit(&one, 0));
    /* Committed after the other's snapshot: still a conflict. */
    MUST_BE(pairs_set(&second, 1, "second"), JET_errWriteConflict);
    MUST(ese_trx_rollback(&two, 0));
    MUST(pairs_set(&second, 1, "second"));
    cr_assert_str_eq(seen(&first, 1), "second");
}

Test(transaction, a_prepared_replace_keeps_others_off)
{
    MUST(ese_trx_begin(&one, 0));
    MUST(pairs_seek(&first, 1));
    MUST(ese_cursor_prepare(first.cursor, JET_prepReplace));
    MUST(ese_trx_begin(&two, 0));
    MUST_BE(pairs_set(&second, 1, "second"), JET_errWriteConflict);
    MUST(ese_cursor_prepare(first.cursor, JET_prepCancel));
    MUST(ese_trx_commit(&one, 0));
    MUST(pairs_set(&second, 1, "second"));
}

Test(transaction, inserting_what_another_inserts_is_a_duplicate)
{
    MUST(ese_trx_begin(&one, 0));
    MUST(ese_trx_begin(&two, 0));
    MUST(pairs_insert(&first, 7, "first"));
    MUST_BE(pairs_insert(&second, 7, "second"), JET_errKeyDuplicate);
    MUST(ese_trx_rollback(&one, 0));
    MUST(pairs_insert(&second, 7, "second"));
}

Test(transaction, a_rollback_undoes_one_level_only)
{
    MUST(ese_trx_begin(&one, 0));
    MUST(pairs_set(&first, 1, "outer"));
    MUST(ese_trx_begin(&one, 0));
    MUST(pairs_set(&first, 1, "inner"));
    MUST(pairs_insert(&first, 2, "inner"));
    MUST(ese_trx_begin(&one, 0));
    MUST(pairs_delete(&first, 1));
    cr_assert_str_eq(seen(&first, 1), "-");
    MUST(ese_trx_commit(&one, 0));
    MUST(ese_trx_rollback(&one, 0));
    cr_assert_eq(ese_trx_level(&one), 1);
    cr_assert_str_eq(seen(&first, 1), "outer");
    cr_assert_str_eq(seen(&first, 2), "-");
    MUST(ese_trx_commit(&one, 0));
    cr_assert_str_eq(seen(&second, 1), "outer");
}

Test(transaction, a_level_that_was_committed_goes_with_the_outer_one)
{
    MUST(ese_trx_begin(&one, 0));
    MUST(pairs_set(&first, 1, "outer"));
    MUST(ese_trx_begin(&one, 0));
    MUST(pairs_set(&first, 1, "inner"));
    MUST(ese_trx_commit(&one, 0));
    MUST(ese_trx_begin(&one, 0));
    MUST(pairs_set(&first, 1, "third"));
    MUST(ese_trx_rollback(&one, 0));
    cr_assert_str_eq(seen(&first, 1), "inner");
    MUST(ese_trx_rollback(&one, JET_bitRollbackAll));
    cr_assert_str_eq(seen(&first, 1), "old");
}

Test(transaction, deleting_and_inserting_again_rolls_back)
{
    MUST(ese_trx_begin(&one, 0));
    MUST(pairs_delete(&first, 1));
    MUST(pairs_insert(&first, 1, "again, and longer than before"));
    MUST(pairs_delete(&first, 1));
    MUST(pairs_insert(&first, 1, "third"));
    cr_assert_str_eq(seen(&first, 1), "third");
    cr_assert_str_eq(seen(&second, 1), "old");
    MUST(ese_trx_rollback(&one, 0));
    cr_assert_str_eq(seen(&first, 1), "old");
}

Test(transaction, a_rollback_restores_many_records)
{
    for (int32_t i = 100; i < 1100; i++) {
        MUST(pairs_insert(&first, i, "before"));
    }
    MUST(ese_trx_begin(&one, 0));
    for (int32_t i = 100; i < 2100; i++) {
        memset(text, 'x', 200);
        text[200] = '\0';
        if (i >= 1100) {
            MUST(pairs_insert(&first, i, text));
        } else if (i % 2 == 0) {
            MUST(pairs_set(&first, i, text));
        } else {
            MUST(pairs_delete(&first, i));
        }
    }
    cr_assert_eq(pairs_count(&second), 1001);
    MUST(ese_trx_rollback(&one, 0));
    cr_assert_eq(pairs_count(&first), 1001);
    for (int32_t i = 100; i < 1100; i++) {
        cr_assert_str_eq(seen(&first, i), "before");
    }
}

Test(transaction, there_are_seven_levels)
{
    for (unsigned i = 1; i <= 7; i++) {
        MUST(ese_trx_begin(&one, 0));
        cr_assert_eq(ese_trx_level(&one), i);
    }
    MUST_BE(ese_trx_begin(&one, 0), JET_errTransTooDeep);
    MUST(pairs_insert(&first, 5, "deep"));
    MUST(ese_trx_rollback(&one, JET_bitRollbackAll));
    cr_assert_eq(ese_trx_level(&one), 0);
    MUST_BE(ese_trx_rollback(&one, 0), JET_errNotInTransaction);
    MUST_BE(ese_trx_commit(&one, 0), JET_errNotInTransaction);
    MUST_BE(ese_trx_commit(&one, 0x100), JET_errInvalidGrbit);
    MUST_BE(ese_trx_rollback(&one, 0x100), JET_errInvalidGrbit);
}

Test(transaction, a_read_only_transaction_changes_nothing)
{
    MUST(ese_trx_begin(&one, JET_bitTransactionReadOnly));
    MUST_BE(ese_cursor_prepare(first.cursor, JET_prepInsert), JET_errTransReadOnly);
    MUST_BE(pairs_delete(&first, 1), JET_errTransReadOnly);
    MUST(ese_trx_commit(&one, 0));
    MUST(pairs_insert(&first, 5, "x"));
}

Test(transaction, a_rollback_cancels_updates_prepared_inside)
{
    MUST(ese_trx_begin(&one, 0));
    MUST(ese_cursor_prepare(first.cursor, JET_prepInsert));
    MUST(ese_trx_rollback(&one, 0));
    cr_assert_not(ese_cursor_is_prepared(first.cursor));
    MUST(ese_cursor_prepare(first.cursor, JET_prepInsert));
    MUST(ese_trx_begin(&one, 0));
    MUST(ese_trx_rollback(&one, 0));
    cr_assert(ese_cursor_is_prepared(first.cursor));
}

Test(transaction, clean_up_removes_what_nobody_sees)
{
    struct ese_tree *tree = first.cursor->table->tree;
    uint64_t leaves, nodes;
    for (int32_t i = 10; i < 500; i++) {
        MUST(pairs_insert(&first, i, "some text"));
    }
    MUST(ese_trx_begin(&two, 0));
    for (int32_t i = 10; i < 500; i++) {
        MUST(pairs_delete(&first, i));
    }
    cr_assert(ese_vstore_has_versions(ese_store_versions(rig.store)));
    MUST(ese_vstore_cleanup(ese_store_versions(rig.store), NULL, NULL));
    cr_assert_eq(pairs_count(&second), 491, "the snapshot needs them");
    MUST(ese_trx_commit(&two, 0));
    MUST(ese_vstore_cleanup(ese_store_versions(rig.store), NULL, NULL));
    cr_assert_not(ese_vstore_has_versions(ese_store_versions(rig.store)));
    cr_assert_eq(ese_vstore_bytes(ese_store_versions(rig.store)), 0);
    MUST(ese_tree_stats(tree, &leaves, &nodes));
    cr_assert_eq(nodes, 1);
}

Test(transaction, the_background_thread_cleans_up_when_signalled)
{
    MUST(pairs_insert(&first, 2, "x"));
    MUST(pairs_delete(&first, 2));
    uint64_t start = ese_time_ms();
    ese_store_signal_cleanup(rig.store);
    while (ese_vstore_has_versions(ese_store_versions(rig.store)) && ese_time_ms() - start < 900) {
        ese_sleep_ms(5);
    }
    cr_assert_not(ese_vstore_has_versions(ese_store_versions(rig.store)));
}

static bool stop_soon(void *arg)
{
    return ++*(int *)arg <= 3;
}

Test(transaction, clean_up_that_is_stopped_goes_on_later)
{
    int asked = 0;
    MUST(ese_vstore_cleanup(ese_store_versions(rig.store), NULL, NULL));
    MUST(ese_trx_begin(&one, 0));
    for (int32_t i = 10; i < 20; i++) {
        MUST(pairs_insert(&first, i, "x"));
    }
    MUST(ese_trx_commit(&one, 0));
    MUST(ese_vstore_cleanup(ese_store_versions(rig.store), stop_soon, &asked));
    cr_assert(ese_vstore_has_versions(ese_store_versions(rig.store)) || asked < 3);
    MUST(ese_vstore_cleanup(ese_store_versions(rig.store), NULL, NULL));
    cr_assert_not(ese_vstore_has_versions(ese_store_versions(rig.store)));
    cr_assert_eq(pairs_count(&second), 11);
}

Test(transaction, locks)
{
    MUST(pairs_seek(&first, 1));
    MUST(pairs_seek(&second, 1));
    MUST_BE(ese_cursor_lock(first.cursor, JET_bitReadLock), JET_errNotInTransaction);
    MUST(ese_trx_begin(&one, 0));
    MUST(ese_trx_begin(&two, 0));
    MUST(ese_cursor_lock(first.cursor, JET_bitReadLock));
    MUST(ese_cursor_lock(second.cursor, JET_bitReadLock));
    MUST_BE(ese_cursor_lock(second.cursor, JET_bitWriteLock), JET_errWriteConflict);
    MUST_BE(pairs_set(&second, 1, "x"), JET_errWriteConflict);
    MUST(ese_trx_commit(&one, 0));
    MUST(ese_cursor_lock(second.cursor, JET_bitWriteLock));
    MUST(pairs_set(&second, 1, "x"));
}

Test(transaction, versions_have_a_bound)
{
    struct rig small;
    struct ese_trx trx;
    struct pairs pairs;
    rig_open(&small, 4096);
    MUST(ese_store_close(small.store, ESE_CLOSE_COMPLETE));
    struct ese_store_config config = { .page_size = 4096, .version_bytes = 20000 };
    MUST(ese_store_open(&config, &small.store));
    MUST(ese_database_attach(small.store, small.path, 0, 0, &small.database));
    session_begin(&small, &trx);
    pairs_create(&small, &trx, "t", &pairs);
    pairs_open(&small, &trx, "t", &pairs);
    MUST(ese_trx_begin(&trx, 0));
    JET_ERR err = JET_errSuccess;
    int32_t count = 0;
    while (count < 10000 && (err = pairs_insert(&pairs, count, "text")) == JET_errSuccess) {
        count++;
    }
    cr_assert_eq(err, JET_errVersionStoreOutOfMemory);
    MUST(ese_trx_rollback(&trx, 0));
    cr_assert_eq(pairs_count(&pairs), 0);
    MUST(pairs_insert(&pairs, 1, "text"));
    session_end(&trx);
    rig_close(&small);
}
