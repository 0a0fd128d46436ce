/* Cache, checkpoint and header as a caller sees them: parameters, JET_DbInfoMisc, and what a stop does to them. */
#include <criterion/criterion.h>
#include <string.h>
#include <unistd.h>

#include "engine/tests/api/support.h"

static JET_API_PTR get(JET_INSTANCE instance, JET_ULONG id)
{
    JET_API_PTR value = 0;
    cr_assert_eq(JetGetSystemParameterA(instance, 0, id, &value, NULL, 0), JET_errSuccess);
    return value;
}

static void set(JET_INSTANCE instance, JET_ULONG id, JET_API_PTR value)
{
    cr_assert_eq(JetSetSystemParameterA(&instance, 0, id, value, NULL), JET_errSuccess);
}

static void insert_many(struct test_table *table, JET_LONG from, JET_LONG count)
{
    cr_assert_eq(JetBeginTransaction(table->sesid), JET_errSuccess);
    for (JET_LONG i = from; i < from + count; i++) {
        cr_assert_eq(test_insert(table->sesid, table->tableid, table->id, i), JET_errSuccess);
        if (i % 1000 == 999) {
            cr_assert_eq(JetCommitTransaction(table->sesid, JET_bitCommitLazyFlush), JET_errSuccess);
            cr_assert_eq(JetBeginTransaction(table->sesid), JET_errSuccess);
        }
    }
    cr_assert_eq(JetCommitTransaction(table->sesid, JET_bitCommitLazyFlush), JET_errSuccess);
}

static JET_DBINFOMISC4 misc_of(const char *path)
{
    JET_DBINFOMISC4 misc;
    cr_assert_eq(JetGetDatabaseFileInfoA(path, &misc, sizeof misc, JET_DbInfoMisc), JET_errSuccess);
    return misc;
}

/* Asks until the answer is yes, for five seconds. */
#define WAIT_FOR(condition)                                                                        \
    do {                                                                                           \
        for (int left_ = 500; left_ > 0 && !(condition); left_--) {                                \
            usleep(10000);                                                                         \
        }                                                                                          \
        cr_assert(condition);                                                                      \
    } while (0)

Test(cache, its_size_follows_the_parameters)
{
    struct test_table table;
    set(JET_instanceNil, JET_paramCacheSizeMax, 64);
    test_open_table(&table);
    insert_many(&table, 0, 30000);
    cr_expect_leq(get(table.instance, JET_paramCacheSize), 80);
    cr_expect_gt(get(table.instance, JET_paramCacheSize), 32);
    set(JET_instanceNil, JET_paramCacheSizeMax, 400);
    insert_many(&table, 30000, 30000);
    cr_expect_gt(get(table.instance, JET_paramCacheSize), 100);
    set(JET_instanceNil, JET_paramCacheSize, 50);
    WAIT_FOR(get(table.instance, JET_paramCacheSize) <= 50);
    set(JET_instanceNil, JET_paramCacheSizeMin, 200);
    JET_ULONG count = 0;
    cr_expect_eq(JetMove(table.sesid, table.tableid, JET_MoveFirst, 0), JET_errSuccess);
    cr_expect_eq(JetIndexRecordCount(table.sesid, table.tableid, &count, 0), JET_errSuccess);
    cr_expect_eq(count, 60000);
    cr_expect_gt(get(table.instance, JET_paramCacheSize), 100);
    cr_expect_eq(JetTerm(table.instance), JET_errSuccess);
}

Test(cache, misc_says_what_the_header_says)
{
    struct test_table table;
    test_open_table(&table);
    JET_DBINFOMISC4 online, file;
    JET_DBINFOMISC old;
    cr_assert_eq(JetGetDatabaseInfoA(table.sesid, table.dbid, &online, sizeof online, JET_DbInfoMisc), 0);
    file = misc_of(table.path);
    cr_expect_eq(memcmp(&online.signDb, &file.signDb, sizeof file.signDb), 0);
    cr_expect_eq(file.dbstate, JET_dbstateDirtyShutdown);
    cr_expect_gt(file.genMinRequired, 0);
    cr_expect_geq(file.genMaxRequired, file.genMinRequired);
    cr_expect_gt(file.lgposAttach.lGeneration, 0);
    cr_expect_neq(file.logtimeAttach.bYear, 0);
    cr_expect_neq(file.signLog.ulRandom, 0);
    cr_assert_eq(JetGetDatabaseFileInfoA(table.path, &old, sizeof old, JET_DbInfoMisc), JET_errSuccess);
    cr_expect_eq(old.cbPageSize, file.cbPageSize);
    cr_expect_eq(JetGetDatabaseFileInfoA(table.path, &file, sizeof(JET_DBINFOMISC2), JET_DbInfoMisc), 0);
    cr_expect_eq(JetGetDatabaseFileInfoA(table.path, &file, sizeof(JET_DBINFOMISC3), JET_DbInfoMisc), 0);
    cr_expect_eq(JetGetDatabaseFileInfoA(table.path, &file, sizeof file - 1, JET_DbInfoMisc),
                 JET_errInvalidBufferSize);
    cr_assert_eq(JetTerm(table.instance), JET_errSuccess);
    file = misc_of(table.path);
    cr_expect_eq(file.dbstate, JET_dbstateCleanShutdown);
    cr_expect_eq(file.genMinRequired, 0);
    cr_expect_eq(file.genMaxRequired, 0);
    cr_expect_gt(file.lgposConsistent.lGeneration, 0);
    cr_expect_neq(file.logtimeDetach.bYear, 0);
}

/* More log than a few of the smallest files, and a depth that lets all of it stand. */
static void open_deep(struct test_table *table)
{
    set(JET_instanceNil, JET_paramLogFileSize, 128);
    test_open_table(table);
    set(table->instance, JET_paramCheckpointDepthMax, 1 << 30);
    insert_many(table, 0, 20000);
}

static int64_t to_redo(const struct test_table *table)
{
    JET_DBINFOMISC4 misc = misc_of(table->path);
    return (int64_t)misc.genMaxRequired - misc.genMinRequired;
}

Test(cache, a_stop_leaves_nothing_to_redo, .timeout = 60)
{
    struct test_table table;
    open_deep(&table);
    WAIT_FOR(to_redo(&table) > 0);
    cr_assert_eq(JetStopServiceInstance(table.instance), JET_errSuccess);
    cr_expect_eq(get(table.instance, JET_paramCheckpointDepthMax), 16384);
    WAIT_FOR(to_redo(&table) == 0);
    cr_expect_eq(JetTerm(table.instance), JET_errSuccess);
}

Test(cache, quiesced_caches_are_flushed_and_the_parameter_stays, .timeout = 60)
{
    struct test_table table;
    open_deep(&table);
    WAIT_FOR(to_redo(&table) > 0);
    cr_assert_eq(JetStopServiceInstance2(table.instance, JET_bitStopServiceQuiesceCaches), JET_errSuccess);
    cr_expect_eq(get(table.instance, JET_paramCheckpointDepthMax), 1 << 30);
    WAIT_FOR(to_redo(&table) == 0);
    cr_assert_eq(JetStopServiceInstance2(table.instance,
                                         JET_bitStopServiceResume | JET_bitStopServiceQuiesceCaches), 0);
    insert_many(&table, 200000, 20000);
    WAIT_FOR(to_redo(&table) > 0);
    cr_expect_eq(JetTerm(table.instance), JET_errSuccess);
}
