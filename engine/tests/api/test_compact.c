/* JetCompact: what it copies, what it tells on the way, and when it refuses. */
#include <criterion/criterion.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "engine/tests/api/support.h"

#define LONG_SIZE 20000

/* A table whose database is full of holes and of long values, attached and closed. */
static void prepare(struct test_table *table, JET_COLUMNID *text, JET_COLUMNID *number)
{
    static char value[LONG_SIZE];
    test_open_table(table);
    JET_COLUMNDEF def = {.cbStruct = sizeof def, .coltyp = JET_coltypLongBinary};
    JET_COLUMNDEF automatic = {.cbStruct = sizeof automatic,
                               .coltyp = JET_coltypLong,
                               .grbit = JET_bitColumnAutoincrement};
    cr_assert_eq(JetAddColumnA(table->sesid, table->tableid, "long", &def, NULL, 0, text), 0);
    cr_assert_eq(JetAddColumnA(table->sesid, table->tableid, "number", &automatic, NULL, 0, number),
                 0);
    for (JET_LONG i = 0; i < 2000; i++) {
        cr_assert_eq(JetPrepareUpdate(table->sesid, table->tableid, JET_prepInsert), 0);
        cr_assert_eq(JetSetColumn(table->sesid, table->tableid, table->id, &i, sizeof i, 0, NULL),
                     0);
        if (i % 100 == 0) {
            memset(value, 'a' + (int)(i / 100), sizeof value);
            cr_assert_eq(
                JetSetColumn(table->sesid, table->tableid, *text, value, sizeof value, 0, NULL), 0);
        }
        cr_assert_eq(JetUpdate(table->sesid, table->tableid, NULL, 0, NULL), 0);
    }
    cr_assert_eq(JetMove(table->sesid, table->tableid, JET_MoveFirst, 0), 0);
    for (JET_LONG i = 0; i < 2000; i++) {
        if (i % 20 != 0) {
            cr_assert_eq(JetDelete(table->sesid, table->tableid), 0);
        }
        (void)JetMove(table->sesid, table->tableid, JET_MoveNext, 0);
    }
    cr_assert_eq(JetCloseTable(table->sesid, table->tableid), 0);
    cr_assert_eq(JetCloseDatabase(table->sesid, table->dbid, 0), 0);
}

static struct {
    unsigned begun, progressed, completed, failed;
    JET_ULONG done, total;
    bool backwards;
    unsigned stop_at;
} seen;

static JET_ERR JET_CALL watch(JET_SESID sesid, JET_SNP snp, JET_SNT snt, void *data)
{
    (void)sesid;
    cr_expect_eq(snp, (JET_SNP)JET_snpCompact);
    seen.begun += snt == JET_sntBegin;
    seen.completed += snt == JET_sntComplete;
    seen.failed += snt == JET_sntFail;
    if (snt == JET_sntProgress) {
        const JET_SNPROG *progress = data;
        cr_expect_eq(progress->cbStruct, sizeof *progress);
        cr_expect_leq(progress->cunitDone, progress->cunitTotal);
        seen.backwards = seen.backwards || progress->cunitDone < seen.done;
        seen.done = progress->cunitDone;
        seen.total = progress->cunitTotal;
        seen.progressed++;
        if (seen.stop_at != 0 && seen.progressed == seen.stop_at) {
            return -7;
        }
    }
    return 0;
}

static uint64_t bytes_of(const char *path)
{
    uint64_t bytes = 0;
    cr_expect_eq(JetGetDatabaseFileInfoA(path, &bytes, sizeof bytes, JET_DbInfoFilesize), 0);
    return bytes;
}

Test(compact, everything_is_in_the_copy_and_the_holes_are_not)
{
    struct test_table table;
    JET_COLUMNID text, number;
    char to[600], value[LONG_SIZE + 1];
    JET_ULONG size = 0;
    prepare(&table, &text, &number);
    snprintf(to, sizeof to, "%s", test_path("copy.edb"));
    cr_assert_eq(JetCompactA(table.sesid, table.path, to, watch, NULL, 0), 0);
    cr_expect_eq(seen.begun, 1u);
    cr_expect_eq(seen.completed, 1u);
    cr_expect_eq(seen.failed, 0u);
    cr_expect_geq(seen.progressed, 3u);
    cr_expect(!seen.backwards);
    cr_expect_eq(seen.done, seen.total);
    cr_assert_eq(JetDetachDatabaseA(table.sesid, table.path), 0);
    cr_expect_lt(bytes_of(to), bytes_of(table.path));

    JET_DBINFOMISC misc;
    cr_expect_eq(JetGetDatabaseFileInfoA(to, &misc, sizeof misc, JET_DbInfoMisc), 0);
    cr_expect_eq(misc.dbstate, (JET_ULONG)JET_dbstateCleanShutdown);
    cr_assert_eq(JetAttachDatabaseA(table.sesid, to, 0), 0);
    cr_assert_eq(JetOpenDatabaseA(table.sesid, to, NULL, &table.dbid, 0), 0);
    cr_assert_eq(JetOpenTableA(table.sesid, table.dbid, "rows", NULL, 0, 0, &table.tableid), 0);
    JET_ERR err = JetMove(table.sesid, table.tableid, JET_MoveFirst, 0);
    for (JET_LONG i = 0; i < 2000; i += 20) {
        JET_LONG id = -1;
        cr_assert_eq(err, 0);
        cr_expect_eq(
            JetRetrieveColumn(table.sesid, table.tableid, table.id, &id, sizeof id, NULL, 0, NULL),
            0);
        cr_expect_eq(id, i);
        err = JetRetrieveColumn(table.sesid, table.tableid, text, value, sizeof value, &size, 0,
                                NULL);
        cr_expect_eq(err, i % 100 == 0 ? 0 : JET_wrnColumnNull);
        if (err == 0) {
            cr_expect_eq(size, (JET_ULONG)LONG_SIZE);
            cr_expect_eq(value[LONG_SIZE - 1], 'a' + (int)(i / 100));
        }
        err = JetMove(table.sesid, table.tableid, JET_MoveNext, 0);
    }
    cr_expect_eq(err, JET_errNoCurrentRecord);
    JET_LONG next = 0;
    cr_expect_eq(test_insert(table.sesid, table.tableid, table.id, 5000), 0);
    cr_expect_eq(JetMove(table.sesid, table.tableid, JET_MoveLast, 0), 0);
    cr_expect_eq(
        JetRetrieveColumn(table.sesid, table.tableid, number, &next, sizeof next, NULL, 0, NULL),
        0);
    cr_expect_gt(next, 2000, "the counter goes on");
    cr_expect_eq(JetTerm(table.instance), 0);
}

Test(compact, a_source_attached_read_only_will_do)
{
    struct test_table table;
    JET_COLUMNID text, number;
    char to[600];
    prepare(&table, &text, &number);
    snprintf(to, sizeof to, "%s", test_path("copy.edb"));
    cr_assert_eq(JetDetachDatabaseA(table.sesid, table.path), 0);
    cr_expect_eq(JetCompactA(table.sesid, table.path, to, NULL, NULL, 0), JET_errDatabaseNotFound);
    cr_assert_eq(JetAttachDatabaseA(table.sesid, table.path, JET_bitDbReadOnly), 0);
    cr_expect_eq(JetCompactA(table.sesid, table.path, to, NULL, NULL, 0), 0);
    cr_expect_eq(JetTerm(table.instance), 0);
}

Test(compact, refusals_leave_nothing_behind)
{
    struct test_table table;
    JET_COLUMNID text, number;
    JET_CONVERT_A convert = {0};
    char to[600];
    prepare(&table, &text, &number);
    snprintf(to, sizeof to, "%s", test_path("copy.edb"));
    cr_expect_eq(JetCompactA(table.sesid, table.path, to, NULL, &convert, 0),
                 JET_errFeatureNotAvailable);
    cr_expect_eq(JetCompactA(table.sesid, table.path, table.path, NULL, NULL, 0),
                 JET_errDatabaseDuplicate);
    cr_expect_eq(JetCompactA(table.sesid, table.path, "", NULL, NULL, 0),
                 JET_errDatabaseInvalidName);
    char below[620];
    snprintf(below, sizeof below, "%s/x.edb", table.path);
    cr_expect_lt(JetCompactA(table.sesid, table.path, below, NULL, NULL, 0), 0);
    cr_assert_eq(JetBeginTransaction(table.sesid), 0);
    cr_expect_eq(JetCompactA(table.sesid, table.path, to, NULL, NULL, 0), JET_errInTransaction);
    cr_assert_eq(JetRollback(table.sesid, 0), 0);
    cr_assert_eq(JetOpenDatabaseA(table.sesid, table.path, NULL, &table.dbid, 0), 0);
    cr_expect_eq(JetCompactA(table.sesid, table.path, to, NULL, NULL, 0), JET_errDatabaseInUse);
    cr_assert_eq(JetCloseDatabase(table.sesid, table.dbid, 0), 0);

    seen.stop_at = 2;
    cr_expect_eq(JetCompactA(table.sesid, table.path, to, watch, NULL, 0), -7);
    cr_expect_eq(seen.failed, 1u);
    cr_expect_neq(access(to, F_OK), 0, "a half-made copy is removed");
    seen.stop_at = 0;
    cr_expect_eq(JetCompactA(table.sesid, table.path, to, NULL, NULL, 0), 0);
    cr_expect_eq(JetCompactA(table.sesid, table.path, to, NULL, NULL, 0), JET_errDatabaseDuplicate);
    cr_expect_eq(access(to, F_OK), 0, "but not one that was there before");
    cr_assert_eq(JetOpenDatabaseA(table.sesid, table.path, NULL, &table.dbid, 0), 0);
    cr_expect_eq(JetTerm(table.instance), 0);
}

Test(compact, statistics_are_written_where_the_program_runs)
{
    struct test_table table;
    JET_COLUMNID text, number;
    char to[600], line[200] = "";
    prepare(&table, &text, &number);
    snprintf(to, sizeof to, "%s", test_path("copy.edb"));
    cr_assert_eq(chdir(test_folder()), 0);
    cr_expect_eq(JetCompactA(table.sesid, table.path, to, NULL, NULL, JET_bitCompactStats), 0);
    FILE *file = fopen("DFRGINFO.TXT", "r");
    cr_assert_not_null(file);
    bool found = false;
    while (fgets(line, sizeof line, file) != NULL) {
        found = found || strncmp(line, "rows\trecords\t100\t", 17) == 0;
    }
    fclose(file);
    cr_expect(found);
    cr_expect_eq(JetTerm(table.instance), 0);
}

static JET_INSTANCE to_stop;

static JET_ERR JET_CALL stop_it(JET_SESID sesid, JET_SNP snp, JET_SNT snt, void *data)
{
    (void)sesid, (void)snp, (void)data;
    if (snt == JET_sntBegin) {
        cr_expect_eq(JetStopServiceInstance(to_stop), 0);
    }
    return 0;
}

Test(compact, a_stop_on_the_way_lets_it_finish)
{
    struct test_table table;
    JET_COLUMNID text, number;
    char to[600];
    prepare(&table, &text, &number);
    snprintf(to, sizeof to, "%s", test_path("copy.edb"));
    to_stop = table.instance;
    cr_expect_eq(JetCompactA(table.sesid, table.path, to, stop_it, NULL, 0), 0);
    cr_expect_eq(JetCompactA(table.sesid, table.path, to, NULL, NULL, 0),
                 JET_errClientRequestToStopJetService);
    cr_expect_eq(JetTerm(table.instance), 0);
}
