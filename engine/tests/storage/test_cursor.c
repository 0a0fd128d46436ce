/* Cursors: moving, seeking, ranges, counting, bookmarks; setting and reading columns of every type. */
#include <criterion/criterion.h>

#include "engine/tests/storage/support.h"

static struct rig rig;
static struct ese_trx trx;
static struct pairs pairs;
static char text[300];

static void setup(void)
{
    rig_open(&rig, 4096);
    session_begin(&rig, &trx);
    pairs_create(&rig, &trx, "pairs", &pairs);
    pairs_open(&rig, &trx, "pairs", &pairs);
    for (int32_t i = 10; i <= 50; i += 10) {
        snprintf(text, sizeof text, "value %d", i);
        MUST(pairs_insert(&pairs, i, text));
    }
}

static void teardown(void)
{
    session_end(&trx);
    rig_close(&rig);
}

TestSuite(cursor, .init = setup, .fini = teardown);

static JET_ERR seek(int32_t key, JET_GRBIT grbit)
{
    MUST(ese_cursor_make_key(pairs.cursor, &key, sizeof key, JET_bitNewKey));
    return ese_cursor_seek(pairs.cursor, grbit);
}

Test(cursor, move)
{
    MUST(ese_cursor_move(pairs.cursor, JET_MoveFirst, 0));
    cr_assert_eq(pairs_key(&pairs), 10);
    MUST(ese_cursor_move(pairs.cursor, 3, 0));
    cr_assert_eq(pairs_key(&pairs), 40);
    MUST(ese_cursor_move(pairs.cursor, JET_MovePrevious, 0));
    cr_assert_eq(pairs_key(&pairs), 30);
    MUST(ese_cursor_move(pairs.cursor, 0, 0));
    MUST(ese_cursor_move(pairs.cursor, JET_MoveLast, 0));
    cr_assert_eq(pairs_key(&pairs), 50);
    MUST_BE(ese_cursor_move(pairs.cursor, JET_MoveNext, 0), JET_errNoCurrentRecord);
    MUST_BE(ese_cursor_move(pairs.cursor, 0, 0), JET_errNoCurrentRecord);
    MUST_BE(ese_cursor_move(pairs.cursor, JET_MoveNext, 0), JET_errNoCurrentRecord);
    MUST(ese_cursor_move(pairs.cursor, JET_MovePrevious, 0));
    cr_assert_eq(pairs_key(&pairs), 50);
    MUST_BE(ese_cursor_move(pairs.cursor, -5, 0), JET_errNoCurrentRecord);
    MUST(ese_cursor_move(pairs.cursor, 1, 0));
    cr_assert_eq(pairs_key(&pairs), 10);
}

Test(cursor, seek_in_all_six_ways)
{
    static const struct { JET_GRBIT grbit; int32_t key; JET_ERR err; int32_t found; } cases[] = {
        { JET_bitSeekEQ, 30, JET_errSuccess, 30 }, { JET_bitSeekEQ, 35, JET_errRecordNotFound, 0 },
        { JET_bitSeekEQ | JET_bitCheckUniqueness, 30, JET_wrnUniqueKey, 30 },
        { JET_bitSeekGE, 30, JET_errSuccess, 30 }, { JET_bitSeekGE, 35, JET_wrnSeekNotEqual, 40 },
        { JET_bitSeekGE, 55, JET_errRecordNotFound, 0 }, { JET_bitSeekGT, 30, JET_errSuccess, 40 },
        { JET_bitSeekGT, 5, JET_errSuccess, 10 }, { JET_bitSeekGT, 50, JET_errRecordNotFound, 0 },
        { JET_bitSeekLE, 30, JET_errSuccess, 30 }, { JET_bitSeekLE, 35, JET_wrnSeekNotEqual, 30 },
        { JET_bitSeekLE, 5, JET_errRecordNotFound, 0 }, { JET_bitSeekLT, 30, JET_errSuccess, 20 },
        { JET_bitSeekLT, 10, JET_errRecordNotFound, 0 }, { JET_bitSeekLT, 99, JET_errSuccess, 50 },
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        cr_assert_eq(seek(cases[i].key, cases[i].grbit), cases[i].err, "case %zu", i);
        if (cases[i].err >= JET_errSuccess) {
            cr_assert_eq(pairs_key(&pairs), cases[i].found, "case %zu", i);
        }
    }
    MUST_BE(ese_cursor_seek(pairs.cursor, JET_bitSeekEQ), JET_errKeyNotMade);
    MUST_BE(ese_cursor_seek(pairs.cursor, 0), JET_errInvalidParameter);
}

Test(cursor, a_failed_seek_stands_where_the_record_would_be)
{
    MUST_BE(seek(35, JET_bitSeekEQ), JET_errRecordNotFound);
    MUST_BE(ese_cursor_move(pairs.cursor, 0, 0), JET_errNoCurrentRecord);
    MUST(ese_cursor_move(pairs.cursor, JET_MoveNext, 0));
    cr_assert_eq(pairs_key(&pairs), 40);
    MUST_BE(seek(35, JET_bitSeekEQ), JET_errRecordNotFound);
    MUST(ese_cursor_move(pairs.cursor, JET_MovePrevious, 0));
    cr_assert_eq(pairs_key(&pairs), 30);
    MUST_BE(seek(50, JET_bitSeekGT), JET_errRecordNotFound);
    MUST(ese_cursor_move(pairs.cursor, JET_MovePrevious, 0));
    cr_assert_eq(pairs_key(&pairs), 50);
}

Test(cursor, keys_are_made_part_by_part)
{
    int32_t key = 30;
    char out[32];
    uint32_t actual;
    MUST_BE(ese_cursor_make_key(pairs.cursor, &key, sizeof key, 0), JET_errKeyNotMade);
    MUST_BE(ese_cursor_make_key(pairs.cursor, &key, 3, JET_bitNewKey), JET_errInvalidBufferSize);
    MUST(ese_cursor_make_key(pairs.cursor, &key, sizeof key, JET_bitNewKey));
    MUST_BE(ese_cursor_make_key(pairs.cursor, &key, sizeof key, 0), JET_errKeyIsMade);
    MUST(ese_cursor_retrieve_key(pairs.cursor, out, sizeof out, &actual, JET_bitRetrieveCopy));
    cr_assert_eq(actual, 5);
    MUST(ese_cursor_make_key(pairs.cursor, out, actual, JET_bitNormalizedKey));
    MUST(ese_cursor_seek(pairs.cursor, JET_bitSeekEQ));
    cr_assert_eq(pairs_key(&pairs), 30);
    MUST_BE(ese_cursor_retrieve_key(pairs.cursor, out, 2, &actual, 0), JET_wrnBufferTruncated);
    cr_assert_eq(actual, 5);
}

Test(cursor, ranges_end_a_walk)
{
    int32_t key = 40;
    MUST(seek(20, JET_bitSeekEQ));
    MUST(ese_cursor_make_key(pairs.cursor, &key, sizeof key, JET_bitNewKey));
    MUST(ese_cursor_set_range(pairs.cursor, JET_bitRangeUpperLimit | JET_bitRangeInclusive));
    MUST(ese_cursor_move(pairs.cursor, 2, 0));
    cr_assert_eq(pairs_key(&pairs), 40);
    MUST_BE(ese_cursor_move(pairs.cursor, 1, 0), JET_errNoCurrentRecord);
    MUST_BE(ese_cursor_move(pairs.cursor, 1, 0), JET_errNoCurrentRecord);
    MUST(ese_cursor_move(pairs.cursor, -1, 0));
    cr_assert_eq(pairs_key(&pairs), 40);

    MUST(seek(20, JET_bitSeekEQ));
    MUST(ese_cursor_make_key(pairs.cursor, &key, sizeof key, JET_bitNewKey));
    MUST(ese_cursor_set_range(pairs.cursor, JET_bitRangeUpperLimit));
    MUST_BE(ese_cursor_move(pairs.cursor, 2, 0), JET_errNoCurrentRecord);
    key = 5;
    MUST(seek(20, JET_bitSeekEQ));
    MUST(ese_cursor_make_key(pairs.cursor, &key, sizeof key, JET_bitNewKey));
    MUST_BE(ese_cursor_set_range(pairs.cursor, JET_bitRangeUpperLimit), JET_errNoCurrentRecord);
    MUST(ese_cursor_reset_range(pairs.cursor)); /* the new range is in effect; any other failure leaves none */
    MUST(seek(20, JET_bitSeekEQ));
    key = 40;
    MUST(ese_cursor_make_key(pairs.cursor, &key, sizeof key, JET_bitNewKey));
    MUST(ese_cursor_set_range(pairs.cursor, JET_bitRangeUpperLimit));
    MUST_BE(ese_cursor_set_range(pairs.cursor, JET_bitRangeUpperLimit), JET_errKeyNotMade);
    MUST_BE(ese_cursor_reset_range(pairs.cursor), JET_errInvalidOperation);
    MUST(seek(30, JET_bitSeekEQ | JET_bitSetIndexRange));
    MUST_BE(ese_cursor_move(pairs.cursor, 1, 0), JET_errNoCurrentRecord);
    MUST(ese_cursor_reset_range(pairs.cursor));
    MUST_BE(ese_cursor_reset_range(pairs.cursor), JET_errInvalidOperation);
}

static JET_ERR third_time(void *arg)
{
    return ++*(int *)arg == 3 ? JET_errClientRequestToStopJetService : JET_errSuccess;
}

Test(cursor, count)
{
    uint64_t count;
    int asked = 0;
    int32_t key = 40;
    MUST(ese_cursor_move(pairs.cursor, JET_MoveFirst, 0));
    MUST(ese_cursor_count(pairs.cursor, 0, NULL, NULL, &count));
    cr_assert_eq(count, 5);
    MUST(ese_cursor_count(pairs.cursor, 2, NULL, NULL, &count));
    cr_assert_eq(count, 2);
    MUST_BE(ese_cursor_count(pairs.cursor, 0, third_time, &asked, &count), JET_errClientRequestToStopJetService);
    cr_assert_eq(count, 2, "what was counted before the stop stays");
    MUST(ese_cursor_make_key(pairs.cursor, &key, sizeof key, JET_bitNewKey));
    MUST(ese_cursor_set_range(pairs.cursor, JET_bitRangeUpperLimit));
    MUST(ese_cursor_count(pairs.cursor, 0, NULL, NULL, &count));
    cr_assert_eq(count, 3);
    cr_assert_eq(pairs_key(&pairs), 10, "counting does not move");
    MUST_BE(ese_cursor_move(pairs.cursor, -1, 0), JET_errNoCurrentRecord);
    MUST_BE(ese_cursor_count(pairs.cursor, 0, NULL, NULL, &count), JET_errNoCurrentRecord);
}

Test(cursor, bookmarks)
{
    unsigned char mark[64];
    uint32_t size;
    MUST(seek(30, JET_bitSeekEQ));
    MUST(ese_cursor_get_bookmark(pairs.cursor, mark, sizeof mark, &size));
    MUST_BE(ese_cursor_get_bookmark(pairs.cursor, mark, 1, &size), JET_errBufferTooSmall);
    MUST(ese_cursor_move(pairs.cursor, JET_MoveFirst, 0));
    MUST(ese_cursor_goto_bookmark(pairs.cursor, mark, size));
    cr_assert_eq(pairs_key(&pairs), 30);
    MUST(ese_cursor_delete(pairs.cursor));
    MUST_BE(ese_cursor_move(pairs.cursor, 0, 0), JET_errRecordDeleted);
    MUST_BE(ese_cursor_delete(pairs.cursor), JET_errRecordDeleted);
    MUST(ese_cursor_move(pairs.cursor, 1, 0));
    cr_assert_eq(pairs_key(&pairs), 40);
    MUST_BE(ese_cursor_goto_bookmark(pairs.cursor, mark, size), JET_errRecordDeleted);
    cr_assert_eq(pairs_key(&pairs), 40);
    MUST_BE(ese_cursor_goto_bookmark(pairs.cursor, NULL, 0), JET_errInvalidBookmark);
}

Test(cursor, update_returns_the_bookmark)
{
    unsigned char mark[64];
    uint32_t size = 0;
    int32_t key = 99;
    MUST(ese_cursor_prepare(pairs.cursor, JET_prepInsert));
    MUST_BE(ese_cursor_prepare(pairs.cursor, JET_prepInsert), JET_errAlreadyPrepared);
    MUST(ese_cursor_set_column(pairs.cursor, pairs.key, &key, sizeof key, 0, NULL));
    MUST_BE(ese_cursor_update(pairs.cursor, mark, 2, &size), JET_errBufferTooSmall);
    MUST(ese_cursor_update(pairs.cursor, mark, sizeof mark, &size));
    MUST_BE(ese_cursor_update(pairs.cursor, mark, sizeof mark, &size), JET_errUpdateNotPrepared);
    MUST(ese_cursor_goto_bookmark(pairs.cursor, mark, size));
    cr_assert_eq(pairs_key(&pairs), 99);
    MUST_BE(ese_cursor_retrieve(pairs.cursor, pairs.value, text, sizeof text, &size, 0, NULL), JET_wrnColumnNull);
    cr_assert_eq(size, 0);
}

Test(cursor, a_failed_update_stays_prepared)
{
    int32_t key = 30;
    MUST(ese_cursor_prepare(pairs.cursor, JET_prepInsert));
    MUST(ese_cursor_set_column(pairs.cursor, pairs.key, &key, sizeof key, 0, NULL));
    MUST_BE(ese_cursor_update(pairs.cursor, NULL, 0, NULL), JET_errKeyDuplicate);
    key = 31;
    MUST(ese_cursor_set_column(pairs.cursor, pairs.key, &key, sizeof key, 0, NULL));
    MUST(ese_cursor_update(pairs.cursor, NULL, 0, NULL));
    cr_assert_eq(pairs_count(&pairs), 6);
}

Test(cursor, replace_and_copies)
{
    int32_t key = 31;
    MUST(seek(30, JET_bitSeekEQ));
    MUST(ese_cursor_prepare(pairs.cursor, JET_prepReplace));
    MUST(ese_cursor_set_column(pairs.cursor, pairs.value, "new", 3, 0, NULL));
    cr_assert_str_eq(pairs_value(&pairs, text, sizeof text), "value 30");
    uint32_t actual;
    MUST(ese_cursor_retrieve(pairs.cursor, pairs.value, text, sizeof text, &actual, JET_bitRetrieveCopy, NULL));
    cr_assert_eq(actual, 3);
    MUST(ese_cursor_update(pairs.cursor, NULL, 0, NULL));
    cr_assert_str_eq(pairs_value(&pairs, text, sizeof text), "new");

    MUST(ese_cursor_prepare(pairs.cursor, JET_prepReplace));
    MUST(ese_cursor_set_column(pairs.cursor, pairs.key, &key, sizeof key, 0, NULL));
    MUST_BE(ese_cursor_update(pairs.cursor, NULL, 0, NULL), JET_errRecordPrimaryChanged);
    MUST(ese_cursor_prepare(pairs.cursor, JET_prepCancel));
    MUST_BE(ese_cursor_prepare(pairs.cursor, JET_prepCancel), JET_errUpdateNotPrepared);
    MUST_BE(ese_cursor_prepare(pairs.cursor, 77), JET_errInvalidParameter);

    MUST(ese_cursor_prepare(pairs.cursor, JET_prepInsertCopy));
    MUST(ese_cursor_set_column(pairs.cursor, pairs.key, &key, sizeof key, 0, NULL));
    MUST(ese_cursor_update(pairs.cursor, NULL, 0, NULL));
    MUST(pairs_seek(&pairs, 31));
    cr_assert_str_eq(pairs_value(&pairs, text, sizeof text), "new");
    key = 32;
    MUST(ese_cursor_prepare(pairs.cursor, JET_prepInsertCopyDeleteOriginal));
    MUST(ese_cursor_set_column(pairs.cursor, pairs.key, &key, sizeof key, 0, NULL));
    MUST(ese_cursor_update(pairs.cursor, NULL, 0, NULL));
    MUST_BE(pairs_seek(&pairs, 31), JET_errRecordNotFound);
    MUST(pairs_seek(&pairs, 32));
    cr_assert_eq(pairs_count(&pairs), 6);
}

Test(cursor, a_replace_without_lock_finds_out_at_the_update)
{
    struct ese_trx other;
    struct pairs others;
    session_begin(&rig, &other);
    pairs_open(&rig, &other, "pairs", &others);
    MUST(seek(30, JET_bitSeekEQ));
    MUST(ese_cursor_prepare(pairs.cursor, JET_prepReplaceNoLock));
    MUST(ese_cursor_set_column(pairs.cursor, pairs.value, "mine", 4, 0, NULL));
    MUST(pairs_set(&others, 30, "theirs"));
    MUST_BE(ese_cursor_update(pairs.cursor, NULL, 0, NULL), JET_errWriteConflict);
    session_end(&other);
}

Test(cursor, sharing)
{
    struct ese_trx other;
    struct ese_cursor *cursor, *deny, *copy;
    session_begin(&rig, &other);
    MUST_BE(ese_cursor_open(&other, rig.database, "nothing", 0, &cursor), JET_errObjectNotFound);
    MUST_BE(ese_cursor_open(&other, rig.database, " x", 0, &cursor), JET_errInvalidName);
    MUST_BE(ese_cursor_open(&other, rig.database, "pairs", JET_bitTableDenyRead, &cursor), JET_errTableInUse);
    MUST(ese_cursor_dup(pairs.cursor, 0, &copy));
    MUST(ese_cursor_move(copy, JET_MoveFirst, 0));
    ese_cursor_close(copy);
    ese_cursor_close(pairs.cursor);
    MUST(ese_cursor_open(&other, rig.database, "pairs", JET_bitTableDenyWrite, &deny));
    MUST_BE(ese_cursor_open(&trx, rig.database, "pairs", 0, &cursor), JET_errTableLocked);
    MUST(ese_cursor_open(&trx, rig.database, "pairs", JET_bitTableReadOnly, &cursor));
    MUST_BE(ese_cursor_prepare(cursor, JET_prepInsert), JET_errPermissionDenied);
    ese_cursor_close(deny);
    session_end(&other);
}
