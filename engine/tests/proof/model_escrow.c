/* engine_model: numbers that several sessions add to at the same time, in a table of their own. Nothing conflicts there: a
 * session sees what was committed when its transaction began and its own additions, and is told the sum of all. */
#include "engine/tests/proof/model_engine.h"

/* ---- the model ------------------------------------------------------------------------------- */

void model_sums_begin(struct model *model, unsigned session)
{
    struct model_sums *sums = &model->sums;
    unsigned level = model->sessions[session].level; /* the new one */
    for (unsigned i = 0; i < SUMS; i++) {
        if (level == 1) {
            sums->base[session][i] = sums->committed[i];
        }
        sums->part[session][level][i] = 0;
    }
}

void model_sums_commit(struct model *model, unsigned session)
{
    struct model_sums *sums = &model->sums;
    unsigned level = model->sessions[session].level; /* that it comes down to */
    for (unsigned i = 0; i < SUMS; i++) {
        int32_t *to = level == 0 ? &sums->committed[i] : &sums->part[session][level][i];
        *to += sums->part[session][level + 1][i];
    }
}

static int32_t sees(const struct model *model, unsigned session, unsigned i)
{
    unsigned level = model->sessions[session].level;
    int32_t value = level == 0 ? model->sums.committed[i] : model->sums.base[session][i];
    for (unsigned at = 1; at <= level; at++) {
        value += model->sums.part[session][at][i];
    }
    return value;
}

static int32_t sum_of_all(const struct model *model, unsigned i)
{
    int32_t value = model->sums.committed[i];
    for (unsigned session = 0; session < SESSIONS; session++) {
        for (unsigned at = 1; at <= model->sessions[session].level; at++) {
            value += model->sums.part[session][at][i];
        }
    }
    return value;
}

/* ---- the engine ------------------------------------------------------------------------------ */

void model_sums_create(JET_SESID sesid, JET_DBID dbid)
{
    JET_TABLEID tableid;
    JET_COLUMNID key, sum;
    JET_LONG zero = 0;
    JET_COLUMNDEF number = {.cbStruct = sizeof number, .coltyp = JET_coltypLong};
    JET_COLUMNDEF escrow = {.cbStruct = sizeof escrow,
                            .coltyp = JET_coltypLong,
                            .grbit = JET_bitColumnFixed | JET_bitColumnEscrowUpdate};
    MUST(JetCreateTableA(sesid, dbid, "sums", 1, 80, &tableid));
    MUST(JetAddColumnA(sesid, tableid, "key", &number, NULL, 0, &key));
    MUST(JetAddColumnA(sesid, tableid, "sum", &escrow, &zero, sizeof zero, &sum));
    MUST(JetCreateIndexA(sesid, tableid, "primary", JET_bitIndexPrimary, "+key\0", 6, 80));
    MUST(JetBeginTransaction(sesid));
    for (JET_LONG i = 0; i < SUMS; i++) {
        MUST(JetPrepareUpdate(sesid, tableid, JET_prepInsert));
        MUST(JetSetColumn(sesid, tableid, key, &i, sizeof i, 0, NULL));
        MUST(JetUpdate(sesid, tableid, NULL, 0, NULL));
    }
    MUST(JetCommitTransaction(sesid, 0));
    MUST(JetCloseTable(sesid, tableid));
}

void model_sums_open(struct play *play, unsigned session)
{
    JET_COLUMNDEF column = {.cbStruct = sizeof column};
    MUST(JetOpenTableA(play->sesid[session], play->dbid[session], "sums", NULL, 0, 0,
                       &play->sums[session]));
    MUST(JetGetTableColumnInfoA(play->sesid[session], play->sums[session], "sum", &column,
                                sizeof column, JET_ColInfo));
    play->sum_column = column.columnid;
}

static void look(struct play *play, unsigned session, unsigned i)
{
    JET_LONG value = 0;
    MUST(JetRetrieveColumn(play->sesid[session], play->sums[session], play->sum_column, &value,
                           sizeof value, NULL, 0, NULL));
    if (value != sees(&play->model, session, i)) {
        model_mismatch(play, "s%u: sum %u is %ld, must be %d", session, i, (long)value,
                       sees(&play->model, session, i));
    }
}

static void go_to(struct play *play, unsigned session, unsigned i)
{
    JET_LONG key = (JET_LONG)i;
    MUST(JetMakeKey(play->sesid[session], play->sums[session], &key, sizeof key, JET_bitNewKey));
    MUST(JetSeek(play->sesid[session], play->sums[session], JET_bitSeekEQ));
}

void model_escrow(struct play *play, const struct model_step *step)
{
    unsigned session = step->session, i = step->r[0] % SUMS;
    const struct model_session *at = &play->model.sessions[session];
    JET_LONG delta = (JET_LONG)(step->r[1] % 200) - 100, old = 0;
    JET_ULONG size = 0;
    JET_ERR want = at->level == 0  ? JET_errNotInTransaction
                   : at->read_only ? JET_errTransReadOnly
                                   : JET_errSuccess;
    go_to(play, session, i);
    look(play, session, i);
    model_expect(play,
                 JetEscrowUpdate(play->sesid[session], play->sums[session], play->sum_column,
                                 &delta, sizeof delta, &old, sizeof old, &size, 0),
                 want, "s%u JetEscrowUpdate(sum %u, %ld)", session, i, (long)delta);
    if (want != JET_errSuccess) {
        return;
    }
    if (old != sum_of_all(&play->model, i) || size != sizeof old) {
        model_mismatch(play, "s%u: JetEscrowUpdate says sum %u was %ld, not %d", session, i,
                       (long)old, sum_of_all(&play->model, i));
    }
    play->model.sums.part[session][at->level][i] += delta;
    look(play, session, i);
}

void model_sums_check(struct play *play, unsigned session)
{
    for (unsigned i = 0; i < SUMS; i++) {
        go_to(play, session, i);
        look(play, session, i);
    }
}
