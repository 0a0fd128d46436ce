/* What the tests of backup and restore share: writers that never pause, both sides of a streaming backup, and what is in it. */
#ifndef ESE_TESTS_API_BACKUP_SUPPORT_H
#define ESE_TESTS_API_BACKUP_SUPPORT_H

#include <pthread.h>
#include <stdatomic.h>

#include "support.h"

#define TEST_WRITERS 4
#define TEST_STRIDE  1000000 /* keys of a writer: number * stride + 1, 2, ... */

struct test_writer {
    const struct test_table *table;
    _Atomic int *stop;
    _Atomic JET_LONG committed; /* 1..committed are */
    int number;
    pthread_t thread;
};

void test_start_writers(struct test_writer *writers, const struct test_table *table,
                        _Atomic int *stop);
void test_join_writers(struct test_writer *writers, _Atomic int *stop);
/* Until every writer has committed so many rows more. */
void test_wait_for_writers(struct test_writer *writers, JET_LONG rows);

/* folder/the name of path, in static storage. */
const char *test_copy_path(const char *folder, const char *path);
/* The files that test_backup_list names, or a whole backup, read into a folder. */
extern char test_backup_list[8192];
void test_copy_files(JET_INSTANCE instance, const char *folder);
void test_stream(JET_INSTANCE instance, const char *folder, JET_GRBIT grbit, JET_LOGINFO *info);
/* The same; acknowledged: what each writer had committed just before the log files were asked for. */
void test_stream_under(JET_INSTANCE instance, const char *folder, JET_GRBIT grbit,
                       JET_LOGINFO *info, struct test_writer *writers, JET_LONG *acknowledged);
void test_sample(struct test_writer *writers, JET_LONG *committed);
/* A new folder in the test's; as test_path. */
const char *test_new_folder(const char *name);

/* eseverify accepts the database. */
void test_verify(const char *path);
/* Rows of each writer: 1..n without a gap; n. */
void test_count_rows(const char *path, const struct test_table *table, JET_LONG *rows);
/* JetExternalRestore of the table's database at target, with the logs in folder, in a new folder called name. */
JET_ERR test_external(const char *folder, const char *name, const struct test_table *table,
                      const char *target, JET_LONG low, JET_LONG high);

#endif
