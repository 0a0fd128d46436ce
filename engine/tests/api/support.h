/* What the tests of the API share: folders that go away again, and instances in them. */
#ifndef ESE_TESTS_API_SUPPORT_H
#define ESE_TESTS_API_SUPPORT_H

#include <stddef.h>
#include <stdint.h>

#include <esent.h>

/* A fresh folder below the system's temporary one, with a separator at its end. Removed when the
 * process ends. */
const char *test_folder(void);

/* folder/name, in one of a few rotating buffers. */
const char *test_path(const char *name);

/* An instance with its paths in a folder of its own; the names differ from call to call. Fails the
 * test on error. */
JET_INSTANCE test_create(void);
JET_INSTANCE test_start(void); /* created and initialised */
JET_SESID test_session(JET_INSTANCE instance);

/* A session with a database and a table "rows" in it: columns "id" (long, the primary key) and
 * "text". */
struct test_table {
    JET_INSTANCE instance;
    JET_SESID sesid;
    JET_DBID dbid;
    JET_TABLEID tableid;
    JET_COLUMNID id, text;
    char path[512];
};
void test_open_table(struct test_table *table);
/* The same in an instance that runs; 0 in one-instance mode. */
void test_open_table_in(struct test_table *table, JET_INSTANCE instance);
/* UTF-16, in one of a few rotating buffers. ASCII only. */
JET_WCHAR *test_wide(const char *text);
/* Inserts a row; the first error, or JET_errSuccess. */
JET_ERR test_insert(JET_SESID sesid, JET_TABLEID tableid, JET_COLUMNID id, JET_LONG value);

/* What is left in the engine's handle tables cannot be asked from outside; what can is whether an
 * instance lives. */
JET_ULONG test_running_instances(void);

#endif
