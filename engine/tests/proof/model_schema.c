/* engine_model: definitions that change while no transaction is open. */
#include "engine/tests/proof/model_engine.h"

#include <stdio.h>
#include <string.h>

#define DEFAULT_OF(n) (1000 + (JET_LONG)(n))

static void add_column(struct play *play, const struct model_step *step, bool keep)
{
    JET_SESID sesid = play->sesid[step->session];
    JET_COLUMNDEF column = {.cbStruct = sizeof column, .coltyp = JET_coltypLong};
    JET_COLUMNID columnid;
    char name[16];
    unsigned number = play->added[step->table];
    JET_LONG value = DEFAULT_OF(number);
    if (number == COLUMNS_MAX) {
        return;
    }
    snprintf(name, sizeof name, "added%u", number);
    MUST(JetBeginTransaction(sesid));
    model_expect(play,
                 JetAddColumnA(sesid, play->cursors[step->session][step->table].tableid, name,
                               &column, &value, sizeof value, &columnid),
                 JET_errSuccess, "s%u JetAddColumn(t%u, %s)", step->session, step->table, name);
    if (keep) {
        MUST(JetCommitTransaction(sesid, JET_bitCommitLazyFlush));
        play->added[step->table]++;
    } else {
        MUST(JetRollback(sesid, 0));
    }
}

/* An index on the bodies comes or goes. */
static void change_index(struct play *play, const struct model_step *step, bool keep)
{
    JET_SESID sesid = play->sesid[step->session];
    JET_TABLEID tableid = play->cursors[step->session][step->table].tableid;
    bool *there = &play->extra_index[step->table];
    static const char key[] = "-body\0+key\0";
    if (!play->has_indexes) {
        return;
    }
    MUST(JetBeginTransaction(sesid));
    JET_ERR err = *there ? JetDeleteIndexA(sesid, tableid, "extra")
                         : JetCreateIndexA(sesid, tableid, "extra", 0, key, sizeof key, 80);
    model_expect(play, err, JET_errSuccess, "s%u %s(t%u, extra)", step->session,
                 *there ? "JetDeleteIndex" : "JetCreateIndex", step->table);
    if (keep) {
        MUST(JetCommitTransaction(sesid, JET_bitCommitLazyFlush));
        *there = !*there;
    } else {
        MUST(JetRollback(sesid, 0));
    }
}

static void change_table(struct play *play, const struct model_step *step, bool keep)
{
    JET_SESID sesid = play->sesid[step->session];
    JET_DBID dbid = play->dbid[step->session];
    JET_TABLEID tableid;
    MUST(JetBeginTransaction(sesid));
    if (play->extra_table) {
        model_expect(play, JetDeleteTableA(sesid, dbid, "extra"), JET_errSuccess,
                     "s%u JetDeleteTable(extra)", step->session);
    } else {
        model_expect(play, JetCreateTableA(sesid, dbid, "extra", 1, 80, &tableid), JET_errSuccess,
                     "s%u JetCreateTable(extra)", step->session);
        MUST(JetCloseTable(sesid, tableid));
    }
    if (keep) {
        MUST(JetCommitTransaction(sesid, JET_bitCommitLazyFlush));
        play->extra_table = !play->extra_table;
    } else {
        MUST(JetRollback(sesid, 0));
    }
    JET_ERR err = JetOpenTableA(sesid, dbid, "extra", NULL, 0, 0, &tableid);
    model_expect(play, err, play->extra_table ? JET_errSuccess : JET_errObjectNotFound,
                 "s%u JetOpenTable(extra)", step->session);
    if (err == JET_errSuccess) {
        MUST(JetCloseTable(sesid, tableid));
    }
}

void model_schema(struct play *play, const struct model_step *step)
{
    bool keep = step->r[1] % 3 != 0;
    for (unsigned session = 0; session < SESSIONS; session++) {
        if (play->model.sessions[session].level != 0) {
            return;
        }
    }
    switch (step->r[0] % 3) {
    case 0:
        add_column(play, step, keep);
        break;
    case 1:
        change_index(play, step, keep);
        break;
    default:
        change_table(play, step, keep);
        break;
    }
}

static unsigned entries(struct play *play, unsigned session, JET_TABLEID tableid, const char *index)
{
    unsigned count = 0;
    model_expect(play, JetSetCurrentIndexA(play->sesid[session], tableid, index), JET_errSuccess,
                 "s%u JetSetCurrentIndex(%s)", session, index);
    JET_ERR err = JetMove(play->sesid[session], tableid, (JET_LONG)JET_MoveFirst, 0);
    for (; err == JET_errSuccess; err = JetMove(play->sesid[session], tableid, 1, 0)) {
        count++;
    }
    model_expect(play, err, JET_errNoCurrentRecord, "s%u end of index %s", session, index);
    return count;
}

/* Every index has the entries it must have, and rows have the defaults of columns added later. */
void model_check_schema(struct play *play, unsigned session, unsigned table)
{
    uint32_t keys[KEYS];
    unsigned rows = model_order(&play->model, session, table, false, keys), values = 0;
    JET_TABLEID tableid;
    char name[16];
    snprintf(name, sizeof name, "t%u", table);
    MUST(JetOpenTableA(play->sesid[session], play->dbid[session], name, NULL, 0, 0, &tableid));
    const struct {
        const char *name;
        bool there;
        unsigned entries;
    } indexes[] = {{"a", play->has_indexes, rows},
                   {"u", play->has_indexes, 0},
                   {"values", play->has_indexes, 0},
                   {"extra", play->extra_index[table], rows}};
    unsigned with_u = 0;
    for (unsigned i = 0; i < rows; i++) {
        struct model_row row = model_see(&play->model, session, table, keys[i]);
        with_u += row.u_null ? 0 : 1;
        for (unsigned v = 0; v < row.values; v++) { /* equal values of a row have one entry */
            bool again = false;
            for (unsigned w = 0; w < v; w++) {
                again = again || row.value[w] == row.value[v];
            }
            values += again ? 0 : 1;
        }
        values += row.values == 0 ? 1 : 0; /* NULL has one, too */
    }
    for (unsigned i = 0; i < sizeof indexes / sizeof indexes[0]; i++) {
        unsigned want = i == 1 ? with_u : i == 2 ? values : indexes[i].entries;
        unsigned got = indexes[i].there ? entries(play, session, tableid, indexes[i].name) : want;
        if (got != want) {
            model_mismatch(play, "s%u: index %s of t%u has %u entries, must have %u", session,
                           indexes[i].name, table, got, want);
        }
    }
    MUST(JetSetCurrentIndexA(play->sesid[session], tableid, NULL));
    for (unsigned i = 0; rows > 0 && i < play->added[table]; i++) {
        JET_COLUMNDEF column = {.cbStruct = sizeof column};
        JET_LONG value = 0;
        snprintf(name, sizeof name, "added%u", i);
        MUST(JetGetTableColumnInfoA(play->sesid[session], tableid, name, &column, sizeof column,
                                    JET_ColInfo));
        MUST(JetRetrieveColumn(play->sesid[session], tableid, column.columnid, &value, sizeof value,
                               NULL, 0, NULL));
        if (value != DEFAULT_OF(i)) {
            model_mismatch(play, "s%u: column %s of t%u is %ld, not its default", session, name,
                           table, (long)value);
        }
    }
    MUST(JetCloseTable(play->sesid[session], tableid));
}
