/* When the operating system fails a call in the middle: the engine says so, takes no error for an answer ("there is nothing
 * there"), and starts on the same files once the trouble is over. readdir, stat and fdatasync of this program stand before
 * libc's. */
#include <criterion/criterion.h>
#include <dirent.h>
#include <dlfcn.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "engine/tests/api/support.h"

enum call { NO_CALL, READDIR, STAT, SYNC };

static _Thread_local enum call armed; /* only the test's thread is hit */
static _Thread_local unsigned left;
static unsigned hits;

static bool fails(enum call call)
{
    if (armed != call || left-- != 0) {
        return false;
    }
    armed = NO_CALL; /* just this one */
    hits++;
    errno = call == SYNC ? ENOSPC : EIO;
    return true;
}

/* The next definition of a symbol; through memory, for a function is no object. */
#define REAL(name)                                                                                                     \
    static __typeof__(name) *real_##name;                                                                              \
    static void find_##name(void)                                                                                      \
    {                                                                                                                  \
        void *found = dlsym(RTLD_NEXT, #name);                                                                         \
        memcpy(&real_##name, &found, sizeof found);                                                                    \
    }
REAL(readdir)
REAL(stat)
REAL(fdatasync)

__attribute__((visibility("default"))) struct dirent *readdir(DIR *directory)
{
    if (real_readdir == NULL) {
        find_readdir();
    }
    return fails(READDIR) ? NULL : real_readdir(directory);
}

__attribute__((visibility("default"))) int stat(const char *restrict path, struct stat *restrict to)
{
    if (real_stat == NULL) {
        find_stat();
    }
    return fails(STAT) ? -1 : real_stat(path, to);
}

__attribute__((visibility("default"))) int fdatasync(int file)
{
    if (real_fdatasync == NULL) {
        find_fdatasync();
    }
    return fails(SYNC) ? -1 : real_fdatasync(file);
}

static void fail_the(enum call call, unsigned number)
{
    armed = call;
    left = number;
}

static JET_INSTANCE create(const char *folder)
{
    static unsigned count;
    char name[32];
    JET_INSTANCE instance = JET_instanceNil;
    snprintf(name, sizeof name, "again-%u", count++);
    cr_assert_eq(JetCreateInstanceA(&instance, name), JET_errSuccess);
    const JET_ULONG folders[] = {JET_paramSystemPath, JET_paramLogFilePath, JET_paramTempPath};
    cr_assert_eq(JetSetSystemParameterA(&instance, 0, JET_paramCreatePathIfNotExist, 1, NULL), JET_errSuccess);
    cr_assert_eq(JetSetSystemParameterA(&instance, 0, JET_paramLogFileSize, 64, NULL), JET_errSuccess);
    for (size_t i = 0; i < sizeof folders / sizeof folders[0]; i++) {
        cr_assert_eq(JetSetSystemParameterA(&instance, 0, folders[i], 0, folder), JET_errSuccess);
    }
    return instance;
}

/* How many rows a store has that was left in the middle; JetInit is made with the fault that is armed. */
static JET_ERR start_and_count(const char *folder, const char *path, JET_LONG *rows)
{
    JET_INSTANCE instance = create(folder);
    JET_ERR err = JetInit(&instance);
    armed = NO_CALL;
    if (err < JET_errSuccess) {
        JetTerm(instance);
        return err;
    }
    JET_SESID sesid = test_session(instance);
    JET_DBID dbid;
    JET_TABLEID tableid;
    err = JetAttachDatabaseA(sesid, path, 0);
    cr_assert_geq(err, JET_errSuccess, "JetAttachDatabase %d", (int)err);
    cr_assert_eq(JetOpenDatabaseA(sesid, path, NULL, &dbid, 0), JET_errSuccess);
    cr_assert_eq(JetOpenTableA(sesid, dbid, "rows", NULL, 0, 0, &tableid), JET_errSuccess);
    *rows = 0;
    for (err = JetMove(sesid, tableid, JET_MoveFirst, 0); err == JET_errSuccess;
         err = JetMove(sesid, tableid, JET_MoveNext, 0)) {
        ++*rows;
    }
    JetTerm2(instance, JET_bitTermDirty); /* the next start has to recover, too */
    return JET_errSuccess;
}

/* Keeps folder and database as they are, or puts them back. */
static void copy(const char *folder, const char *path, bool back)
{
    char command[4096];
    const char *kept = test_path("kept");
    if (back) {
        snprintf(command, sizeof command, "rm -rf %s && cp -r %s %s && cp %s.kept %s", folder, kept, folder, path, path);
    } else {
        snprintf(command, sizeof command, "cp -r %s %s && cp %s %s.kept", folder, kept, path, path);
    }
    cr_assert_eq(system(command), 0, "%s", command);
}

/* Leaves a store that a start must recover, with 30 rows in the log; then one start for every call of that kind that a
 * start makes, in which this one fails. */
static void start_while_one_fails(enum call call)
{
    struct test_table table;
    char folder[512];
    snprintf(folder, sizeof folder, "%s", test_path("store"));
    JET_LONG rows = 0;
    JET_INSTANCE instance = create(folder);
    cr_assert_eq(JetInit(&instance), JET_errSuccess);
    test_open_table_in(&table, instance);
    for (JET_LONG i = 0; i < 30; i++) {
        cr_assert_eq(test_insert(table.sesid, table.tableid, table.id, i), JET_errSuccess);
    }
    cr_assert_eq(JetTerm2(instance, JET_bitTermDirty), JET_errDirtyShutdown);
    copy(folder, table.path, false);
    unsigned before = UINT32_MAX;
    for (unsigned n = 0; before != hits && n < 200; n++) {
        before = hits;
        copy(folder, table.path, true);
        fail_the(call, n);
        JET_ERR err = start_and_count(folder, table.path, &rows);
        cr_expect(err == JET_errSuccess || err == JET_errDiskIO, "call %u: %d", n, (int)err);
        cr_expect(err != JET_errSuccess || rows == 30, "call %u: %d rows", n, (int)rows);
        err = start_and_count(folder, table.path, &rows);
        cr_assert_eq(err, JET_errSuccess, "after call %u had failed: %d", n, (int)err);
        cr_assert_eq(rows, 30, "after call %u had failed: %d rows", n, (int)rows);
    }
    cr_expect_gt(hits, 3u);
    cr_expect_eq(before, hits, "so many calls?");
}

Test(os_errors, a_folder_that_cannot_be_read_to_its_end_is_not_taken_for_empty)
{
    start_while_one_fails(READDIR);
}

Test(os_errors, a_file_that_cannot_be_looked_at_is_not_taken_for_missing)
{
    start_while_one_fails(STAT);
}

/* How many databases there are below a folder. */
static int count_databases(const char *folder)
{
    char command[1024], line[1024];
    int count = 0;
    snprintf(command, sizeof command, "find %s -name '*.edb*'", folder);
    FILE *found = popen(command, "r");
    cr_assert_not_null(found);
    while (fgets(line, sizeof line, found) != NULL) {
        count++;
    }
    pclose(found);
    return count;
}

/* Two databases whose files have one name: in a backup each has its own, and whether a name is taken is asked. */
Test(os_errors, a_name_that_cannot_be_looked_at_in_a_backup_is_not_taken_for_free)
{
    JET_INSTANCE instance = create(test_path("store"));
    char folder[512];
    cr_assert_eq(JetInit(&instance), JET_errSuccess);
    JET_SESID sesid = test_session(instance);
    for (int i = 0; i < 2; i++) {
        JET_DBID dbid;
        snprintf(folder, sizeof folder, "%s", test_path(i == 0 ? "one" : "two"));
        cr_assert_eq(mkdir(folder, 0700), 0);
        strcat(folder, "/data.edb");
        cr_assert_eq(JetCreateDatabaseA(sesid, folder, NULL, &dbid, 0), JET_errSuccess);
    }
    unsigned before = UINT32_MAX; /* every backup makes a log file more, so there is no end to the calls */
    for (unsigned n = 0; before != hits && n < 24; n++) {
        before = hits;
        snprintf(folder, sizeof folder, "%s%u", test_path("backup-"), n);
        cr_assert_eq(mkdir(folder, 0700), 0);
        fail_the(STAT, n);
        JET_ERR err = JetBackupInstanceA(instance, folder, 0, NULL);
        armed = NO_CALL;
        cr_expect(err == JET_errSuccess || err == JET_errDiskIO, "call %u: %d", n, (int)err);
        cr_expect(err != JET_errSuccess || count_databases(folder) == 2, "call %u: %d databases", n,
                  count_databases(folder));
    }
    cr_expect_gt(hits, 3u);
    cr_expect_eq(JetTerm(instance), JET_errSuccess);
}

Test(os_errors, indexes_whose_commit_fails_leave_no_transaction_behind)
{
    struct test_table table;
    test_open_table(&table);
    char key[] = "+text\0";
    JET_INDEXCREATE_A index = {.cbStruct = sizeof index,
                               .szIndexName = "by text",
                               .szKey = key,
                               .cbKey = sizeof key,
                               .ulDensity = 80};
    fail_the(SYNC, 0);
    cr_expect_lt(JetCreateIndex2A(table.sesid, table.tableid, &index, 1), JET_errSuccess);
    cr_expect_eq(hits, 1u);
    JET_ERR err = JetRollback(table.sesid, 0);
    cr_expect_eq(err, JET_errInstanceUnavailableDueToFatalLogDiskFull, "%d", (int)err);
    JetTerm2(table.instance, JET_bitTermDirty);
}
