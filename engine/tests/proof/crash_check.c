/* What must be there after a crash, compared with what is. */
#include "engine/tests/proof/crash.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct expected {
    uint32_t heads[WRITERS];
    struct crash_state states[WRITERS];
};

struct row {
    JET_LONG writer, key, version;
    unsigned char body[BODY_MAX];
    JET_ULONG size;
};

struct reader {
    const struct crash_setup *setup;
    struct crash_engine engine;
    JET_SESID sesid;
    JET_DBID dbid;
    struct expected expected;
    struct row row;
    unsigned char body[BODY_MAX];
};

static void read_row(struct reader *reader, JET_TABLEID tableid, const JET_COLUMNID columns[4])
{
    struct row *row = &reader->row;
    JET_LONG *const numbers[] = {&row->writer, &row->key, &row->version};
    for (unsigned i = 0; i < 3; i++) {
        MUST(JetRetrieveColumn(reader->sesid, tableid, columns[i], numbers[i], sizeof *numbers[i],
                               NULL, 0, NULL));
    }
    row->size = 0;
    MUST(JetRetrieveColumn(reader->sesid, tableid, columns[3], row->body, sizeof row->body,
                           &row->size, 0, NULL));
}

/* The row is one that must be there, complete. */
static void check_row(struct reader *reader, unsigned table, bool seen[WRITERS][KEYS],
                      const char *index)
{
    const struct row *row = &reader->row;
    if (row->writer < 0 || row->writer >= WRITERS || row->key < 0 || row->key >= KEYS) {
        proof_fail("rows%u, index %s: the row (%ld, %ld) was never written", table, index,
                   (long)row->writer, (long)row->key);
    }
    unsigned writer = (unsigned)row->writer, key = (unsigned)row->key;
    uint32_t must = reader->expected.states[writer].rows[table][key];
    if (seen[writer][key]) {
        proof_fail("rows%u, index %s: the row (%u, %u) is there twice", table, index, writer, key);
    }
    seen[writer][key] = true;
    if ((uint32_t)row->version != must) {
        proof_fail("rows%u, index %s: the row (%u, %u) is of transaction %ld; after transaction %u "
                   "it must be of %u (0: not there)",
                   table, index, writer, key, (long)row->version, reader->expected.heads[writer],
                   must);
    }
    uint32_t size = crash_body(reader->setup->seed, writer, table, key, must,
                               reader->engine.long_values, reader->body);
    if (size != row->size || memcmp(row->body, reader->body, size) != 0) {
        proof_fail("rows%u, index %s: the row (%u, %u) of transaction %u has another body (%u "
                   "bytes, must be %u)",
                   table, index, writer, key, must, (unsigned)row->size, size);
    }
}

static void check_all_seen(const struct reader *reader, unsigned table, bool seen[WRITERS][KEYS],
                           const char *index)
{
    for (unsigned writer = 0; writer < WRITERS; writer++) {
        for (unsigned key = 0; key < KEYS; key++) {
            uint32_t must = reader->expected.states[writer].rows[table][key];
            if (must != 0 && !seen[writer][key]) {
                proof_fail("rows%u, index %s: the row (%u, %u) of transaction %u is missing; the "
                           "writer's last transaction is %u",
                           table, index, writer, key, must, reader->expected.heads[writer]);
            }
        }
    }
}

/* The whole table, in the order of an index. */
static void check_table(struct reader *reader, unsigned table, const char *index)
{
    bool seen[WRITERS][KEYS] = {{false}};
    char name[16];
    JET_TABLEID tableid;
    JET_LONG last = -1;
    snprintf(name, sizeof name, "rows%u", table);
    MUST(JetOpenTableA(reader->sesid, reader->dbid, name, NULL, 0, 0, &tableid));
    const JET_COLUMNID columns[] = {crash_column(reader->sesid, tableid, "writer"),
                                    crash_column(reader->sesid, tableid, "key"),
                                    crash_column(reader->sesid, tableid, "version"),
                                    crash_column(reader->sesid, tableid, "body")};
    MUST(JetSetCurrentIndexA(reader->sesid, tableid, index));
    JET_ERR err = JetMove(reader->sesid, tableid, JET_MoveFirst, 0);
    for (; err == JET_errSuccess; err = JetMove(reader->sesid, tableid, JET_MoveNext, 0)) {
        read_row(reader, tableid, columns);
        check_row(reader, table, seen, index);
        if (strcmp(index, "version") == 0) {
            if (reader->row.version < last) {
                proof_fail("rows%u: the index %s is out of order", table, index);
            }
            last = reader->row.version;
        }
    }
    if (err != JET_errNoCurrentRecord) {
        proof_fail("rows%u, index %s: JetMove returned %ld", table, index, (long)err);
    }
    check_all_seen(reader, table, seen, index);
    MUST(JetCloseTable(reader->sesid, tableid));
}

static void check_accounts(struct reader *reader)
{
    JET_TABLEID tableid;
    long sum = 0, count = 0;
    MUST(JetOpenTableA(reader->sesid, reader->dbid, "accounts", NULL, 0, 0, &tableid));
    JET_COLUMNID column = crash_column(reader->sesid, tableid, "value");
    JET_ERR err = JetMove(reader->sesid, tableid, JET_MoveFirst, 0);
    for (; err == JET_errSuccess; err = JetMove(reader->sesid, tableid, JET_MoveNext, 0)) {
        JET_LONG value = 0;
        MUST(
            JetRetrieveColumn(reader->sesid, tableid, column, &value, sizeof value, NULL, 0, NULL));
        sum += value;
        count++;
    }
    if (err != JET_errNoCurrentRecord || count != ACCOUNTS || sum != (long)ACCOUNTS * MONEY) {
        proof_fail("half a transfer: %ld accounts hold %ld (JetMove: %ld)", count, sum, (long)err);
    }
    MUST(JetCloseTable(reader->sesid, tableid));
}

static void check_own(struct reader *reader, unsigned writer)
{
    const struct crash_state *state = &reader->expected.states[writer];
    char name[16];
    JET_TABLEID tableid;
    snprintf(name, sizeof name, "own%u", writer);
    JET_ERR err = JetOpenTableA(reader->sesid, reader->dbid, name, NULL, 0, 0, &tableid);
    if (state->own == 0) {
        if (err != JET_errObjectNotFound) {
            proof_fail("%s must not exist after transaction %u; JetOpenTable returned %ld", name,
                       reader->expected.heads[writer], (long)err);
        }
        return;
    }
    if (err < JET_errSuccess) {
        proof_fail("%s, made by transaction %u: JetOpenTable returned %ld", name, state->own,
                   (long)err);
    }
    JET_COLUMNID column = crash_column(reader->sesid, tableid, "number");
    uint32_t next = state->own_rows;
    err = JetMove(reader->sesid, tableid, JET_MoveFirst, 0);
    for (; err == JET_errSuccess; err = JetMove(reader->sesid, tableid, JET_MoveNext, 0)) {
        JET_LONG value = 0;
        MUST(
            JetRetrieveColumn(reader->sesid, tableid, column, &value, sizeof value, NULL, 0, NULL));
        if ((uint32_t)value != next++) {
            proof_fail("%s holds %ld, must hold %u", name, (long)value, next - 1);
        }
    }
    if (err != JET_errNoCurrentRecord || next != state->own_rows + OWN_ROWS) {
        proof_fail("%s holds %u rows, not %d (JetMove: %ld)", name, next - state->own_rows,
                   (int)OWN_ROWS, (long)err);
    }
    MUST(JetCloseTable(reader->sesid, tableid));
}

static void check_database(struct reader *reader)
{
    for (unsigned writer = 0; writer < WRITERS; writer++) {
        uint32_t head = crash_head(reader->sesid, reader->dbid, writer);
        crash_check_head(reader->setup, writer, head);
        reader->expected.heads[writer] = head;
        crash_replay(reader->setup->seed, writer, head, &reader->expected.states[writer]);
        check_own(reader, writer);
    }
    for (unsigned table = 0; table < TABLES; table++) {
        check_table(reader, table, "primary");
        if (reader->engine.indexes && table >= 1) {
            check_table(reader, table, "version");
        }
        if (reader->engine.indexes && table >= 2) {
            check_table(reader, table, "body");
            check_table(reader, table, "unique");
        }
    }
    check_accounts(reader);
}

int crash_check(void *arg)
{
    const struct crash_setup *setup = arg;
    struct reader *reader = calloc(1, sizeof *reader);
    bool created = atomic_load(&setup->shared->created);
    if (reader == NULL) {
        return 2;
    }
    reader->setup = setup;
    reader->engine.instance = crash_start(setup);
    if (created) {
        MUST(JetBeginSessionA(reader->engine.instance, &reader->sesid, NULL, NULL));
        JET_ERR err = crash_attach(setup, reader->sesid, &reader->dbid);
        if (err < JET_errSuccess) {
            proof_fail("after JetInit the database cannot be attached: %ld%s", (long)err,
                       err == JET_errDatabaseDirtyShutdown ? " (it was not recovered)" : "");
        }
        crash_features(reader->sesid, reader->dbid, &reader->engine);
        check_database(reader);
    }
    MUST(JetTerm(reader->engine.instance));
    for (unsigned writer = 0; created && writer < WRITERS; writer++) {
        atomic_store(&setup->shared->writers[writer].floor, reader->expected.heads[writer]);
    }
    free(reader);
    return 0;
}
