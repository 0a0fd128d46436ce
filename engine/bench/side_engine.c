/* Our side: the engine as an application uses it, through its public API. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <esent.h>

#include "engine/bench/bench.h"

enum { CACHE_PAGES = 16384 };

struct bench_database {
    JET_INSTANCE instance;
    JET_SESID sesid;
    JET_DBID dbid;
    char path[512];
};

struct bench_connection {
    JET_SESID sesid;
    JET_DBID dbid;
    JET_TABLEID tableid;
    JET_COLUMNID key, value;
    JET_GRBIT commit;
    bool in_transaction;
};

#define MUST(call)                                                                                 \
    do {                                                                                           \
        JET_ERR got_ = (call);                                                                     \
        if (got_ < JET_errSuccess) {                                                               \
            bench_die("%s returned %ld", #call, (long)got_);                                       \
        }                                                                                          \
    } while (0)

static void create_table(struct bench_database *database)
{
    JET_COLUMNCREATE_A columns[] = {
        {.cbStruct = sizeof columns[0],
         .szColumnName = "key",
         .coltyp = JET_coltypLongLong,
         .grbit = JET_bitColumnNotNULL},
        {.cbStruct = sizeof columns[0],
         .szColumnName = "value",
         .coltyp = JET_coltypBinary,
         .cbMax = BENCH_VALUE_SIZE},
    };
    char key[] = "+key\0";
    JET_INDEXCREATE_A index = {.cbStruct = sizeof index,
                               .szIndexName = "primary",
                               .szKey = key,
                               .cbKey = sizeof key,
                               .grbit = JET_bitIndexPrimary | JET_bitIndexUnique,
                               .ulDensity = 100};
    JET_TABLECREATE_A create = {.cbStruct = sizeof create,
                                .szTableName = "rows",
                                .ulPages = 1,
                                .ulDensity = 100,
                                .rgcolumncreate = columns,
                                .cColumns = 2,
                                .rgindexcreate = &index,
                                .cIndexes = 1};
    MUST(JetCreateTableColumnIndexA(database->sesid, database->dbid, &create));
    MUST(JetCloseTable(database->sesid, create.tableid));
}

static struct bench_database *engine_open(const char *directory)
{
    static unsigned count;
    struct bench_database *database = calloc(1, sizeof *database);
    char name[32], path[512], temporary[512];
    snprintf(name, sizeof name, "bench-%u", count++);
    snprintf(path, sizeof path, "%s/", directory);
    snprintf(temporary, sizeof temporary, "%s/tmp.edb", directory);
    JET_INSTANCE *instance = &database->instance;
    MUST(JetCreateInstanceA(instance, name));
    MUST(JetSetSystemParameterA(instance, 0, JET_paramSystemPath, 0, path));
    MUST(JetSetSystemParameterA(instance, 0, JET_paramLogFilePath, 0, path));
    MUST(JetSetSystemParameterA(instance, 0, JET_paramTempPath, 0, temporary));
    MUST(JetSetSystemParameterA(instance, 0, JET_paramCircularLog, 1, NULL));
    MUST(JetSetSystemParameterA(instance, 0, JET_paramMaxVerPages, 1024, NULL));
    MUST(JetSetSystemParameterA(instance, 0, JET_paramCacheSizeMax, CACHE_PAGES, NULL));
    MUST(JetInit(instance));
    MUST(JetBeginSessionA(*instance, &database->sesid, NULL, NULL));
    snprintf(database->path, sizeof database->path, "%s/rows.edb", directory);
    MUST(JetCreateDatabaseA(database->sesid, database->path, NULL, &database->dbid, 0));
    create_table(database);
    return database;
}

static void engine_close(struct bench_database *database)
{
    MUST(JetTerm(database->instance));
    free(database);
}

static struct bench_connection *engine_connect(struct bench_database *database, bool durable)
{
    struct bench_connection *connection = calloc(1, sizeof *connection);
    JET_COLUMNDEF column;
    connection->commit = durable ? 0 : JET_bitCommitLazyFlush;
    MUST(JetBeginSessionA(database->instance, &connection->sesid, NULL, NULL));
    JET_SESID sesid = connection->sesid;
    MUST(JetOpenDatabaseA(sesid, database->path, NULL, &connection->dbid, 0));
    MUST(JetOpenTableA(sesid, connection->dbid, "rows", NULL, 0, 0, &connection->tableid));
    MUST(JetGetTableColumnInfoA(sesid, connection->tableid, "key", &column, sizeof column,
                                JET_ColInfo));
    connection->key = column.columnid;
    MUST(JetGetTableColumnInfoA(sesid, connection->tableid, "value", &column, sizeof column,
                                JET_ColInfo));
    connection->value = column.columnid;
    return connection;
}

static void engine_disconnect(struct bench_connection *connection)
{
    MUST(JetCommitTransaction(connection->sesid, JET_bitWaitAllLevel0Commit));
    MUST(JetEndSession(connection->sesid, 0));
    free(connection);
}

static void engine_insert(struct bench_connection *connection, int64_t first, unsigned count)
{
    JET_SESID sesid = connection->sesid;
    JET_TABLEID tableid = connection->tableid;
    unsigned char value[BENCH_VALUE_SIZE];
    MUST(JetBeginTransaction(sesid));
    for (int64_t key = first; key < first + (int64_t)count; key++) {
        bench_value(key, value);
        MUST(JetPrepareUpdate(sesid, tableid, JET_prepInsert));
        MUST(JetSetColumn(sesid, tableid, connection->key, &key, sizeof key, 0, NULL));
        MUST(JetSetColumn(sesid, tableid, connection->value, value, sizeof value, 0, NULL));
        MUST(JetUpdate(sesid, tableid, NULL, 0, NULL));
    }
    MUST(JetCommitTransaction(sesid, connection->commit));
}

static void engine_begin(struct bench_connection *connection)
{
    MUST(JetBeginTransaction2(connection->sesid, JET_bitTransactionReadOnly));
    connection->in_transaction = true;
}

static void engine_commit(struct bench_connection *connection)
{
    MUST(JetCommitTransaction(connection->sesid, 0));
    connection->in_transaction = false;
}

static void engine_read(struct bench_connection *connection, int64_t key)
{
    unsigned char value[BENCH_VALUE_SIZE];
    JET_ULONG size = 0;
    bool alone = !connection->in_transaction;
    if (alone) {
        engine_begin(connection);
    }
    MUST(JetMakeKey(connection->sesid, connection->tableid, &key, sizeof key, JET_bitNewKey));
    MUST(JetSeek(connection->sesid, connection->tableid, JET_bitSeekEQ));
    MUST(JetRetrieveColumn(connection->sesid, connection->tableid, connection->value, value,
                           sizeof value, &size, 0, NULL));
    if (alone) {
        engine_commit(connection);
    }
    if (size != sizeof value || memcmp(value, &key, sizeof key) != 0) {
        bench_die("the row %lld was read wrongly", (long long)key);
    }
}

static unsigned engine_scan(struct bench_connection *connection, int64_t key, unsigned count)
{
    JET_SESID sesid = connection->sesid;
    JET_TABLEID tableid = connection->tableid;
    unsigned char value[BENCH_VALUE_SIZE];
    int64_t seen = 0, limit = key + (int64_t)count;
    unsigned rows = 0;
    JET_RETRIEVECOLUMN columns[] = {
        {.columnid = connection->key, .pvData = &seen, .cbData = sizeof seen, .itagSequence = 1},
        {.columnid = connection->value, .pvData = value, .cbData = sizeof value, .itagSequence = 1},
    };
    engine_begin(connection);
    MUST(JetMakeKey(sesid, tableid, &key, sizeof key, JET_bitNewKey));
    MUST(JetSeek(sesid, tableid, JET_bitSeekGE));
    MUST(JetMakeKey(sesid, tableid, &limit, sizeof limit, JET_bitNewKey));
    JET_ERR err = JetSetIndexRange(sesid, tableid, JET_bitRangeUpperLimit);
    while (err == JET_errSuccess) {
        MUST(JetRetrieveColumns(sesid, tableid, columns, 2));
        if (seen != key + (int64_t)rows || memcmp(value, &seen, sizeof seen) != 0) {
            bench_die("the row %lld was read wrongly", (long long)key + rows);
        }
        rows++;
        err = JetMove(sesid, tableid, JET_MoveNext, 0);
    }
    if (err != JET_errNoCurrentRecord) {
        bench_die("JetMove returned %ld", (long)err);
    }
    engine_commit(connection);
    return rows;
}

const struct bench_side bench_engine = {
    .name = "engine",
    .open = engine_open,
    .close = engine_close,
    .connect = engine_connect,
    .disconnect = engine_disconnect,
    .insert = engine_insert,
    .begin = engine_begin,
    .commit = engine_commit,
    .read = engine_read,
    .scan = engine_scan,
};
