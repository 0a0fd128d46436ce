/* JetExternalRestore and JetExternalRestore2: their arguments, and the log of a running instance that they roll forward to. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <criterion/criterion.h>
#include <esent.h>

#include "backup_support.h"

/* A streamed backup of ten rows, and the running instance, which has five more. */
struct place {
    struct test_table table;
    char folder[600], target[1400], log[512], name[64];
    JET_LOGINFO info;
};

static void insert(const struct test_table *table, JET_LONG from, JET_LONG to)
{
    for (JET_LONG i = from; i <= to; i++) {
        cr_assert_eq(test_insert(table->sesid, table->tableid, table->id, i), JET_errSuccess);
    }
}

static void prepare(struct place *place, bool circular)
{
    JET_INSTANCE i = test_create();
    cr_assert_eq(JetSetSystemParameterA(&i, 0, JET_paramCircularLog, circular, NULL), 0);
    cr_assert_eq(JetInit(&i), JET_errSuccess);
    test_open_table_in(&place->table, i);
    snprintf(place->name, sizeof place->name, "instance-0");
    snprintf(place->folder, sizeof place->folder, "%s", test_new_folder("stream"));
    insert(&place->table, 1, 10);
    test_stream(i, place->folder, 0, &place->info);
    insert(&place->table, 11, 15);
    snprintf(place->target, sizeof place->target, "%s",
             test_copy_path(place->folder, place->table.path));
    cr_assert_eq(JetGetSystemParameterA(i, 0, JET_paramLogFilePath, NULL, place->log,
                                        sizeof place->log), JET_errSuccess);
}

/* Every try begins with the untouched copy. */
static JET_ERR restore(struct place *place, const char *home_name, char *name, char *log,
                       char *checkpoint, JET_LOGINFO *info)
{
    char home[600], command[4000], copy[1500];
    snprintf(home, sizeof home, "%s", test_new_folder(home_name));
    snprintf(copy, sizeof copy, "%s/restored.edb", home);
    snprintf(command, sizeof command, "cp %s %s", place->target, copy);
    cr_assert_eq(system(command), 0);
    JET_RSTMAP map = {.szDatabaseName = place->table.path, .szNewDatabaseName = copy};
    return JetExternalRestore2(home, home, &map, 1, place->folder, info, name, log, checkpoint, NULL);
}

static JET_LONG rows_in(struct place *place, const char *home_name)
{
    char path[700];
    JET_LONG rows[TEST_WRITERS];
    snprintf(path, sizeof path, "%s/restored.edb", test_path(home_name));
    test_verify(path);
    test_count_rows(path, &place->table, rows);
    return rows[0];
}

Test(restore_target, a_running_instance)
{
    struct place place;
    char unknown[] = "nobody", path[700];
    prepare(&place, false);
    char *log = place.log, *name = place.name;
    cr_expect_eq(restore(&place, "a", NULL, log, NULL, NULL), JET_errInvalidParameter);
    cr_expect_eq(restore(&place, "b", NULL, NULL, log, NULL), JET_errInvalidParameter);
    cr_expect_eq(restore(&place, "c", name, log, log, NULL), JET_errInvalidParameter);
    cr_expect_eq(restore(&place, "d", unknown, NULL, NULL, NULL), JET_errBadRestoreTargetInstance);
    JET_LOGINFO other = place.info;
    strcpy(other.szBaseName, "abc");
    cr_expect_eq(restore(&place, "e", name, NULL, NULL, &other), JET_errBadRestoreTargetInstance);
    other = place.info;
    other.cbSize--;
    cr_expect_eq(restore(&place, "f", NULL, NULL, NULL, &other), JET_errInvalidParameter);

    cr_expect_eq(restore(&place, "plain", NULL, NULL, NULL, &place.info), JET_errSuccess);
    cr_expect_eq(rows_in(&place, "plain"), 10);
    JET_ERR err = restore(&place, "by-log", NULL, log, log, &place.info);
    cr_expect_eq(err, JET_wrnTargetInstanceRunning, "%d", (int)err);
    cr_expect_eq(rows_in(&place, "by-log"), 15, "with all that is committed by now");
    insert(&place.table, 16, 17);
    cr_expect_eq(restore(&place, "by-name", name, NULL, NULL, NULL), JET_wrnTargetInstanceRunning);
    cr_expect_eq(rows_in(&place, "by-name"), 17);

    /* Wide; in the middle of somebody's transaction. */
    cr_assert_eq(JetBeginTransaction(place.table.sesid), JET_errSuccess);
    insert(&place.table, 18, 20);
    char home[600], command[4000];
    snprintf(home, sizeof home, "%s", test_new_folder("wide"));
    snprintf(path, sizeof path, "%s/restored.edb", home);
    snprintf(command, sizeof command, "cp %s %s", place.target, path);
    cr_assert_eq(system(command), 0);
    JET_RSTMAP_W map = {.szDatabaseName = test_wide(place.table.path),
                        .szNewDatabaseName = test_wide(path)};
    JET_LOGINFO_W info = {.cbSize = sizeof info, .ulGenLow = place.info.ulGenLow,
                          .ulGenHigh = place.info.ulGenHigh, .szBaseName = {'e', 'd', 'b'}};
    err = JetExternalRestore2W(test_wide(home), test_wide(home), &map, 1, test_wide(place.folder),
                               &info, NULL, test_wide(log), test_wide(log), NULL);
    cr_expect_eq(err, JET_wrnTargetInstanceRunning, "%d", (int)err);
    cr_expect_eq(rows_in(&place, "wide"), 17, "what was not committed is not there");
    cr_assert_eq(JetCommitTransaction(place.table.sesid, 0), JET_errSuccess);

    /* What the target itself would answer. */
    cr_assert_eq(JetStopServiceInstance(place.table.instance), JET_errSuccess);
    cr_expect_eq(restore(&place, "stopped", name, NULL, NULL, NULL),
                 JET_errClientRequestToStopJetService);
    cr_assert_eq(JetTerm(place.table.instance), JET_errSuccess);

    /* Nobody runs there any more: the restore itself takes place there, with the log it finds. */
    cr_expect_eq(restore(&place, "gone", name, NULL, NULL, NULL), JET_errBadRestoreTargetInstance);
    err = restore(&place, "there", NULL, log, log, &place.info);
    cr_expect_eq(err, JET_errSuccess, "%d", (int)err);
    cr_expect_eq(rows_in(&place, "there"), 20);
}

Test(restore_target, one_with_circular_logging_is_not_rolled_forward)
{
    struct place place;
    prepare(&place, true);
    cr_expect_eq(restore(&place, "a", place.name, NULL, NULL, &place.info), JET_errSuccess);
    cr_expect_eq(rows_in(&place, "a"), 10);
    cr_assert_eq(JetTerm(place.table.instance), JET_errSuccess);
}

/* A log file between the backup's and the target's is gone. */
Test(restore_target, a_gap_is_an_error)
{
    struct place place;
    prepare(&place, false);
    struct test_table *table = &place.table;
    cr_assert_eq(JetBackupInstance(table->instance, NULL, 0, NULL), JET_errSuccess);
    cr_assert_eq(restore(&place, "close", place.name, NULL, NULL, &place.info),
                 JET_wrnTargetInstanceRunning);
    char file[700];
    snprintf(file, sizeof file, "%s/edb%05X.jtx", place.log, (unsigned)place.info.ulGenHigh + 1);
    if (access(file, F_OK) != 0) {
        snprintf(file, sizeof file, "%s/edb%05X.log", place.log, (unsigned)place.info.ulGenHigh + 1);
    }
    cr_assert_eq(unlink(file), 0, "%s", file);
    JET_ERR err = restore(&place, "gap", place.name, NULL, NULL, &place.info);
    cr_expect_eq(err, JET_errMissingLogFile, "%d", (int)err);
    cr_assert_eq(JetTerm(table->instance), JET_errSuccess);
}

Test(restore_target, arguments)
{
    struct place place;
    char home[600], nowhere[] = "/nowhere/at/all", copy[1500];
    prepare(&place, false);
    snprintf(home, sizeof home, "%s", test_new_folder("home"));
    snprintf(copy, sizeof copy, "%s", place.target);
    JET_RSTMAP map = {.szDatabaseName = place.table.path, .szNewDatabaseName = copy};
    char *folder = place.folder;
    cr_expect_eq(JetExternalRestore(NULL, home, &map, 1, folder, 0, 0, NULL), JET_errInvalidParameter);
    cr_expect_eq(JetExternalRestore(home, NULL, &map, 1, folder, 0, 0, NULL), JET_errInvalidParameter);
    cr_expect_eq(JetExternalRestore(home, home, &map, 1, NULL, 0, 0, NULL), JET_errInvalidParameter);
    cr_expect_eq(JetExternalRestore(home, home, NULL, 1, folder, 0, 0, NULL), JET_errInvalidParameter);
    cr_expect_eq(JetExternalRestore(home, home, &map, -1, folder, 0, 0, NULL), JET_errInvalidParameter);
    cr_expect_eq(JetExternalRestore(home, home, &map, 1, folder, 9, 8, NULL), JET_errInvalidParameter);
    cr_expect_eq(JetExternalRestore(home, home, &map, 1, nowhere, 0, 0, NULL), JET_errInvalidPath);
    cr_expect_eq(JetExternalRestore(home, nowhere, &map, 1, folder, 0, 0, NULL), JET_errInvalidPath);
    map.szNewDatabaseName = nowhere;
    cr_expect_eq(JetExternalRestore(home, home, &map, 1, folder, 0, 0, NULL), JET_errFileNotFound);
    map.szNewDatabaseName = copy;
    const JET_LONG low = (JET_LONG)place.info.ulGenLow, high = (JET_LONG)place.info.ulGenHigh;
    cr_expect_eq(JetExternalRestore(home, home, &map, 1, folder, low, high + 1, NULL),
                 JET_errMissingLogFile);
    cr_expect_eq(JetExternalRestore(home, home, &map, 1, folder, high + 1, high + 1, NULL),
                 JET_errStartingRestoreLogTooHigh);
    JET_ERR err = JetExternalRestore(place.log, place.log, &map, 1, folder, low, high, NULL);
    cr_expect(err == JET_errLogFilePathInUse || err == JET_errSystemPathInUse, "%d", (int)err);
    cr_expect_eq(JetExternalRestore(home, home, &map, 1, folder, low, high, NULL), JET_errSuccess);
    cr_assert_eq(JetTerm(place.table.instance), JET_errSuccess);
}
