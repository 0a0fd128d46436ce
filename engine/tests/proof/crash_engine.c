/* What the writing and the checking process have in common. */
#include "engine/tests/proof/crash.h"

#include <stdio.h>
#include <string.h>

JET_COLUMNID crash_column(JET_SESID sesid, JET_TABLEID tableid, const char *name)
{
    JET_COLUMNDEF column = {.cbStruct = sizeof column};
    MUST(JetGetTableColumnInfoA(sesid, tableid, name, &column, sizeof column, JET_ColInfo));
    return column.columnid;
}

JET_INSTANCE crash_start(const struct crash_setup *setup)
{
    MUST(proof_set(JET_instanceNil, JET_paramDatabasePageSize, setup->page_size));
    JET_INSTANCE instance = proof_create(setup->directory, "crash");
    MUST(proof_set(instance, JET_paramCacheSizeMax, setup->cache_pages));
    MUST(proof_set(instance, JET_paramMaxVerPages, 4096));
    MUST(proof_set(instance, JET_paramMaxSessions, 64));
    MUST(proof_set(instance, JET_paramLogFileSize, setup->log_kib));
    MUST(proof_set(instance, JET_paramCircularLog, setup->circular));
    MUST(proof_set(instance, JET_paramCheckpointDepthMax, setup->checkpoint_depth));
    atomic_fetch_add(&setup->shared->inits, 1);
    MUST(JetInit(&instance));
    return instance;
}

JET_ERR crash_attach(const struct crash_setup *setup, JET_SESID sesid, JET_DBID *dbid)
{
    JET_ERR err = JetAttachDatabaseA(sesid, setup->database, 0);
    return err < JET_errSuccess ? err : JetOpenDatabaseA(sesid, setup->database, NULL, dbid, 0);
}

/* Makes the secondary indexes; an engine without them does without. */
static void create_indexes(JET_SESID sesid, JET_TABLEID tableid, unsigned table)
{
    static const struct {
        const char *name, *key;
        JET_ULONG size;
        unsigned from; /* the first table that has it */
        JET_GRBIT grbit;
    } indexes[] = {
        {"version", "+version\0", 10, 1, 0},
        {"body", "-body\0+version\0", 16, 2, 0},
        {"unique", "+key\0-writer\0", 14, 2, JET_bitIndexUnique},
    };
    for (size_t i = 0; i < sizeof indexes / sizeof indexes[0]; i++) {
        if (table < indexes[i].from) {
            continue;
        }
        JET_ERR err = JetCreateIndexA(sesid, tableid, indexes[i].name, indexes[i].grbit,
                                      indexes[i].key, indexes[i].size, 80);
        if (err == JET_errFeatureNotAvailable) {
            return;
        }
        MUST(err);
    }
}

static JET_COLUMNID add_column(JET_SESID sesid, JET_TABLEID tableid, const char *name,
                               JET_COLTYP type)
{
    JET_COLUMNDEF column = {.cbStruct = sizeof column, .coltyp = type};
    JET_COLUMNID columnid = 0;
    MUST(JetAddColumnA(sesid, tableid, name, &column, NULL, 0, &columnid));
    return columnid;
}

static void create_rows_table(JET_SESID sesid, JET_DBID dbid, unsigned table)
{
    JET_TABLEID tableid;
    char name[16];
    static const char key[] = "+writer\0+key\0";
    snprintf(name, sizeof name, "rows%u", table);
    MUST(JetCreateTableA(sesid, dbid, name, 1, 80, &tableid));
    add_column(sesid, tableid, "writer", JET_coltypLong);
    add_column(sesid, tableid, "key", JET_coltypLong);
    add_column(sesid, tableid, "version", JET_coltypLong);
    add_column(sesid, tableid, "body", JET_coltypLongBinary);
    MUST(JetCreateIndexA(sesid, tableid, "primary", JET_bitIndexPrimary | JET_bitIndexUnique, key,
                         sizeof key, 80));
    create_indexes(sesid, tableid, table);
    MUST(JetCloseTable(sesid, tableid));
}

/* A table of pairs, key and value, with the values given. */
static void create_pairs(JET_SESID sesid, JET_DBID dbid, const char *name, JET_LONG count,
                         JET_LONG value)
{
    JET_TABLEID tableid;
    static const char key[] = "+key\0";
    MUST(JetCreateTableA(sesid, dbid, name, 1, 80, &tableid));
    JET_COLUMNID column = add_column(sesid, tableid, "key", JET_coltypLong);
    JET_COLUMNID value_column = add_column(sesid, tableid, "value", JET_coltypLong);
    MUST(JetCreateIndexA(sesid, tableid, "primary", JET_bitIndexPrimary | JET_bitIndexUnique, key,
                         sizeof key, 80));
    for (JET_LONG i = 0; i < count; i++) {
        MUST(JetPrepareUpdate(sesid, tableid, JET_prepInsert));
        MUST(JetSetColumn(sesid, tableid, column, &i, sizeof i, 0, NULL));
        MUST(JetSetColumn(sesid, tableid, value_column, &value, sizeof value, 0, NULL));
        MUST(JetUpdate(sesid, tableid, NULL, 0, NULL));
    }
    MUST(JetCloseTable(sesid, tableid));
}

/* Whether a value that fits no page can be stored; says so in the pairs of "features". */
static JET_LONG try_long_value(JET_SESID sesid, JET_DBID dbid)
{
    static unsigned char body[BODY_MAX];
    JET_TABLEID tableid;
    JET_LONG zero = 0;
    MUST(JetBeginTransaction(sesid));
    MUST(JetOpenTableA(sesid, dbid, "rows0", NULL, 0, 0, &tableid));
    MUST(JetPrepareUpdate(sesid, tableid, JET_prepInsert));
    MUST(JetSetColumn(sesid, tableid, crash_column(sesid, tableid, "writer"), &zero, sizeof zero, 0,
                      NULL));
    MUST(JetSetColumn(sesid, tableid, crash_column(sesid, tableid, "key"), &zero, sizeof zero, 0,
                      NULL));
    JET_ERR err = JetSetColumn(sesid, tableid, crash_column(sesid, tableid, "body"), body,
                               sizeof body, 0, NULL);
    if (err >= JET_errSuccess) {
        err = JetUpdate(sesid, tableid, NULL, 0, NULL);
    }
    MUST(JetCloseTable(sesid, tableid));
    MUST(JetRollback(sesid, JET_bitRollbackAll));
    return err >= JET_errSuccess;
}

void crash_create(const struct crash_setup *setup, JET_SESID sesid)
{
    JET_DBID dbid;
    MUST(JetCreateDatabaseA(sesid, setup->database, NULL, &dbid, JET_bitDbOverwriteExisting));
    for (unsigned table = 0; table < TABLES; table++) {
        create_rows_table(sesid, dbid, table);
    }
    create_pairs(sesid, dbid, "heads", WRITERS, 0);
    create_pairs(sesid, dbid, "accounts", ACCOUNTS, MONEY);
    create_pairs(sesid, dbid, "features", 1, try_long_value(sesid, dbid));
    MUST(JetCloseDatabase(sesid, dbid, 0));
}

/* Cursor on the row of a table of pairs; the value comes back. */
static JET_LONG pair(JET_SESID sesid, JET_DBID dbid, const char *table, JET_LONG key)
{
    JET_TABLEID tableid;
    JET_LONG value = -1;
    MUST(JetOpenTableA(sesid, dbid, table, NULL, 0, 0, &tableid));
    MUST(JetMakeKey(sesid, tableid, &key, sizeof key, JET_bitNewKey));
    JET_ERR err = JetSeek(sesid, tableid, JET_bitSeekEQ);
    if (err != JET_errSuccess) {
        proof_fail("the row %ld of %s cannot be found: %ld", (long)key, table, (long)err);
    }
    MUST(JetRetrieveColumn(sesid, tableid, crash_column(sesid, tableid, "value"), &value,
                           sizeof value, NULL, 0, NULL));
    MUST(JetCloseTable(sesid, tableid));
    return value;
}

void crash_features(JET_SESID sesid, JET_DBID dbid, struct crash_engine *engine)
{
    JET_TABLEID tableid;
    engine->long_values = pair(sesid, dbid, "features", 0) != 0;
    MUST(JetOpenTableA(sesid, dbid, "rows1", NULL, 0, 0, &tableid));
    engine->indexes = JetSetCurrentIndexA(sesid, tableid, "version") >= JET_errSuccess;
    MUST(JetCloseTable(sesid, tableid));
}

uint32_t crash_head(JET_SESID sesid, JET_DBID dbid, unsigned writer)
{
    return (uint32_t)pair(sesid, dbid, "heads", (JET_LONG)writer);
}

void crash_check_head(const struct crash_setup *setup, unsigned writer, uint32_t head)
{
    uint32_t floor = atomic_load(&setup->shared->writers[writer].floor);
    uint32_t begun = atomic_load(&setup->shared->writers[writer].begun);
    if (head < floor) {
        proof_fail("writer %u: transaction %u was acknowledged as durable, but the last one there "
                   "is %u",
                   writer, floor, head);
    }
    if (head > begun) {
        proof_fail("writer %u: transaction %u is there, but the last one begun is %u", writer, head,
                   begun);
    }
}
