/* engine_model: one run, in a child process. */
#include "engine/tests/proof/model_engine.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum kind {
    BEGIN,
    COMMIT,
    ROLLBACK,
    INSERT,
    REPLACE,
    DELETE,
    LOCK,
    CANCEL,
    SEEK,
    MOVE,
    RETRIEVE,
    COUNT,
    RANGE,
    DUMP,
    INDEX,
    BOOKMARK,
    IDLE,
    ESCROW,
    SCHEMA,
    REOPEN,
    KINDS
};

static const unsigned weights[KINDS] = {
    [BEGIN] = 10,   [COMMIT] = 7, [ROLLBACK] = 4, [INSERT] = 14, [REPLACE] = 16,
    [DELETE] = 8,   [LOCK] = 4,   [CANCEL] = 2,   [SEEK] = 26,   [MOVE] = 26,
    [RETRIEVE] = 6, [COUNT] = 5,  [RANGE] = 6,    [DUMP] = 3,    [INDEX] = 4,
    [BOOKMARK] = 3, [IDLE] = 2,   [SCHEMA] = 2,   [REOPEN] = 1,
    [ESCROW] = 10,
};

struct model_step model_step(uint64_t seed, unsigned number)
{
    struct proof_random random = proof_random(seed, number);
    struct model_step step = {.session = proof_dice(&random, SESSIONS),
                              .table = proof_dice(&random, TABLES)};
    unsigned total = 0;
    for (unsigned kind = 0; kind < KINDS; kind++) {
        total += weights[kind];
    }
    unsigned pick = proof_dice(&random, total);
    while (pick >= weights[step.kind]) {
        pick -= weights[step.kind++];
    }
    for (unsigned i = 0; i < 8; i++) {
        step.r[i] = (uint32_t)proof_next(&random);
    }
    return step;
}

/* ---- what was expected ----------------------------------------------------------------------- */

void model_mismatch(struct play *play, const char *format, ...)
{
    va_list list;
    va_start(list, format);
    vsnprintf(play->run->failure->text, sizeof play->run->failure->text, format, list);
    va_end(list);
    play->run->failure->step = play->now;
    play->run->failure->failed = true;
    if (play->run->trace) {
        printf("    MISMATCH: %s\n", play->run->failure->text);
        fflush(stdout);
    }
    _exit(MODEL_MISMATCH);
}

static void trace(const struct play *play, JET_ERR got, const char *text)
{
    if (play->run->trace) {
        printf("    #%u %s = %ld\n", play->now, text, (long)got);
        fflush(stdout);
    }
}

JET_ERR model_expect_any(struct play *play, JET_ERR got, const JET_ERR *want, unsigned count,
                         const char *format, ...)
{
    char text[256], wanted[128] = "";
    va_list list;
    va_start(list, format);
    vsnprintf(text, sizeof text, format, list);
    va_end(list);
    trace(play, got, text);
    for (unsigned i = 0; i < count; i++) {
        if (got == want[i]) {
            return got;
        }
        size_t used = strlen(wanted);
        snprintf(wanted + used, sizeof wanted - used, "%s%ld", i > 0 ? " or " : "", (long)want[i]);
    }
    model_mismatch(play, "%s returned %ld, must return %s", text, (long)got, wanted);
}

JET_ERR model_expect(struct play *play, JET_ERR got, JET_ERR want, const char *format, ...)
{
    char text[256];
    va_list list;
    if (got == want && !play->run->trace) {
        return got;
    }
    va_start(list, format);
    vsnprintf(text, sizeof text, format, list);
    va_end(list);
    trace(play, got, text);
    if (got != want) {
        model_mismatch(play, "%s returned %ld, must return %ld", text, (long)got, (long)want);
    }
    return got;
}

/* ---- the engine ------------------------------------------------------------------------------ */

static const struct {
    const char *name;
    JET_COLTYP type;
    JET_GRBIT grbit;
} columns[COLUMN_COUNT] = {
    [COLUMN_KEY] = {"key", JET_coltypLong, 0},
    [COLUMN_A] = {"a", JET_coltypLong, 0},
    [COLUMN_U] = {"u", JET_coltypLong, JET_bitColumnTagged},
    [COLUMN_BODY] = {"body", JET_coltypLongBinary, 0},
    [COLUMN_VALUES] = {"values", JET_coltypLong, JET_bitColumnTagged | JET_bitColumnMultiValued},
    [COLUMN_LONG] = {"long", JET_coltypLongBinary, 0},
    [COLUMN_VERSION] = {"version", JET_coltypLong, JET_bitColumnVersion},
    [COLUMN_NUMBER] = {"number", JET_coltypLong, JET_bitColumnAutoincrement},
};

static void create_table(struct play *play, JET_SESID sesid, JET_DBID dbid, unsigned table)
{
    static const struct {
        const char *name, *key;
        JET_ULONG size;
        JET_GRBIT grbit;
    } indexes[] = {
        {"a", "+a\0", 4, 0},
        {"u", "+u\0", 4, JET_bitIndexUnique | JET_bitIndexIgnoreNull},
        {"values", "+values\0", 9, 0},
    };
    JET_TABLEID tableid;
    char name[16];
    snprintf(name, sizeof name, "t%u", table);
    MUST(JetCreateTableA(sesid, dbid, name, 1, 80, &tableid));
    for (unsigned i = 0; i < COLUMN_COUNT; i++) {
        JET_COLUMNDEF column = {
            .cbStruct = sizeof column, .coltyp = columns[i].type, .grbit = columns[i].grbit};
        JET_COLUMNID columnid;
        MUST(JetAddColumnA(sesid, tableid, columns[i].name, &column, NULL, 0, &columnid));
    }
    MUST(JetCreateIndexA(sesid, tableid, "primary", JET_bitIndexPrimary | JET_bitIndexUnique,
                         "+key\0", 6, 80));
    play->has_indexes = true;
    for (unsigned i = 0; i < sizeof indexes / sizeof indexes[0] && play->has_indexes; i++) {
        JET_ERR err = JetCreateIndexA(sesid, tableid, indexes[i].name, indexes[i].grbit,
                                      indexes[i].key, indexes[i].size, 80);
        if (err == JET_errFeatureNotAvailable) {
            play->has_indexes = false;
            break;
        }
        MUST(err);
    }
    MUST(JetCloseTable(sesid, tableid));
}

static void try_long_value(struct play *play)
{
    JET_SESID sesid = play->sesid[0];
    JET_TABLEID tableid = play->cursors[0][0].tableid;
    JET_LONG zero = 0;
    MUST(JetBeginTransaction(sesid));
    MUST(JetPrepareUpdate(sesid, tableid, JET_prepInsert));
    MUST(JetSetColumn(sesid, tableid, play->columns[0][COLUMN_KEY], &zero, sizeof zero, 0, NULL));
    JET_ERR err =
        JetSetColumn(sesid, tableid, play->columns[0][COLUMN_LONG], play->body, LONG_MAX, 0, NULL);
    err = err < JET_errSuccess ? err : JetUpdate(sesid, tableid, NULL, 0, NULL);
    play->has_long_values = err >= JET_errSuccess;
    MUST(JetRollback(sesid, 0));
}

static void start(struct play *play)
{
    static const JET_ULONG pages[] = {2048, 2048, 4096, 8192, 32768};
    static bool set; /* of the process, and kept by it */
    if (!set) {
        set = true;
        MUST(proof_set(JET_instanceNil, JET_paramDatabasePageSize, pages[play->run->seed % 5]));
    }
    play->instance = proof_create(play->run->directory, "model");
    MUST(proof_set(play->instance, JET_paramMaxVerPages, 1024));
    MUST(proof_set(play->instance, JET_paramLogFileSize, 256));
    MUST(proof_set(play->instance, JET_paramCircularLog, 1));
    MUST(JetInit(&play->instance));
}

void model_open_all(struct play *play)
{
    char path[700], name[16];
    snprintf(path, sizeof path, "%s/model.edb", play->run->directory);
    for (unsigned session = 0; session < SESSIONS; session++) {
        MUST(JetBeginSessionA(play->instance, &play->sesid[session], NULL, NULL));
        JET_SESID sesid = play->sesid[session];
        if (session == 0) {
            MUST(JetAttachDatabaseA(sesid, path, 0));
        }
        MUST(JetOpenDatabaseA(sesid, path, NULL, &play->dbid[session], 0));
        for (unsigned table = 0; table < TABLES; table++) {
            struct cursor *cursor = &play->cursors[session][table];
            *cursor = (struct cursor){.where = NOWHERE};
            snprintf(name, sizeof name, "t%u", table);
            MUST(JetOpenTableA(sesid, play->dbid[session], name, NULL, 0, 0, &cursor->tableid));
            for (unsigned i = 0; i < COLUMN_COUNT; i++) {
                JET_COLUMNDEF column = {.cbStruct = sizeof column};
                MUST(JetGetTableColumnInfoA(sesid, cursor->tableid, columns[i].name, &column,
                                            sizeof column, JET_ColInfo));
                play->columns[table][i] = column.columnid;
            }
        }
        model_sums_open(play, session);
    }
}

static void create(struct play *play)
{
    char path[700];
    JET_SESID sesid;
    JET_DBID dbid;
    snprintf(path, sizeof path, "%s/model.edb", play->run->directory);
    start(play);
    MUST(JetBeginSessionA(play->instance, &sesid, NULL, NULL));
    MUST(JetCreateDatabaseA(sesid, path, NULL, &dbid, 0));
    for (unsigned table = 0; table < TABLES; table++) {
        create_table(play, sesid, dbid, table);
    }
    model_sums_create(sesid, dbid);
    MUST(JetCloseDatabase(sesid, dbid, 0));
    MUST(JetDetachDatabaseA(sesid, path));
    MUST(JetEndSession(sesid, 0));
    model_open_all(play);
    try_long_value(play);
}

void model_close_all(struct play *play, bool stop)
{
    for (unsigned session = 0; session < SESSIONS; session++) {
        if (play->model.sessions[session].level > 0) {
            model_rollback(&play->model, session, true);
            MUST(JetRollback(play->sesid[session], JET_bitRollbackAll));
        }
    }
    if (stop) {
        MUST(JetStopServiceInstance(play->instance));
    }
    model_expect(play, JetTerm(play->instance), JET_errSuccess, "JetTerm%s",
                 stop ? " after JetStopServiceInstance" : "");
}

/* ---- steps ----------------------------------------------------------------------------------- */

void model_view_changed(struct play *play, unsigned session)
{
    bool committed = play->model.sessions[session].level == 0;
    for (unsigned other = 0; other < SESSIONS; other++) {
        bool sees = other == session || (committed && play->model.sessions[other].level == 0);
        for (unsigned table = 0; table < TABLES && sees; table++) {
            struct cursor *cursor = &play->cursors[other][table];
            cursor->where = cursor->by_a ? NOWHERE : cursor->where;
        }
    }
}

static void begin(struct play *play, const struct model_step *step)
{
    struct model_session *session = &play->model.sessions[step->session];
    bool read_only = session->level == 0 && step->r[0] % 12 == 0;
    if (session->level == LEVELS_MAX || (session->level > 0 && step->r[0] % 3 != 0)) {
        return;
    }
    model_expect(play,
                 JetBeginTransaction2(play->sesid[step->session],
                                      read_only ? JET_bitTransactionReadOnly : 0),
                 JET_errSuccess, "s%u JetBeginTransaction(%s)", step->session,
                 read_only ? "read only" : "");
    model_begin(&play->model, step->session, read_only);
    model_view_changed(play, step->session);
}

static void finish(struct play *play, const struct model_step *step, bool commit)
{
    struct model_session *session = &play->model.sessions[step->session];
    JET_SESID sesid = play->sesid[step->session];
    bool all = !commit && step->r[0] % 2 == 0;
    JET_ERR want = session->level == 0 ? JET_errNotInTransaction : JET_errSuccess;
    JET_ERR err =
        commit ? JetCommitTransaction(sesid, step->r[0] % 20 == 0 ? 0 : JET_bitCommitLazyFlush)
               : JetRollback(sesid, all ? JET_bitRollbackAll : 0);
    model_expect(play, err, want, "s%u %s(%s)", step->session,
                 commit ? "JetCommitTransaction" : "JetRollback", all ? "all" : "");
    if (want != JET_errSuccess) {
        return;
    }
    if (commit) {
        model_commit(&play->model, step->session);
    } else {
        model_rollback(&play->model, step->session, all);
    }
    model_view_changed(play, step->session);
}

static void idle(struct play *play, const struct model_step *step)
{
    JET_ERR err = JetIdle(play->sesid[step->session], 0);
    if (err < JET_errSuccess) {
        model_mismatch(play, "s%u: JetIdle returned %ld", step->session, (long)err);
    }
}

/* Sometimes only: it costs as much as a hundred other steps. */
static void reopen(struct play *play, const struct model_step *step)
{
    if (step->r[0] % 3 != 0) {
        return;
    }
    model_close_all(play, step->r[1] % 2 == 0);
    start(play);
    model_open_all(play);
    for (unsigned table = 0; table < TABLES; table++) {
        struct model_step all = {.session = step->session, .table = table};
        model_dump(play, &all);
    }
    model_sums_check(play, step->session);
}

static void perform(struct play *play, const struct model_step *step)
{
    switch ((enum kind)step->kind) {
    case BEGIN:
        begin(play, step);
        break;
    case COMMIT:
        finish(play, step, true);
        break;
    case ROLLBACK:
        finish(play, step, false);
        break;
    case INSERT:
        model_insert(play, step);
        break;
    case REPLACE:
        model_replace(play, step);
        break;
    case DELETE:
        model_delete(play, step);
        break;
    case LOCK:
        model_lock_row(play, step);
        break;
    case CANCEL:
        model_cancel(play, step);
        break;
    case SEEK:
        model_seek(play, step);
        break;
    case MOVE:
        model_move(play, step);
        break;
    case RETRIEVE:
        model_retrieve(play, step);
        break;
    case COUNT:
        model_count(play, step);
        break;
    case RANGE:
        model_range(play, step);
        break;
    case DUMP:
        model_dump(play, step);
        break;
    case INDEX:
        model_index(play, step);
        break;
    case BOOKMARK:
        model_bookmark(play, step);
        break;
    case IDLE:
        idle(play, step);
        break;
    case ESCROW:
        model_escrow(play, step);
        break;
    case SCHEMA:
        model_schema(play, step);
        break;
    case REOPEN:
        reopen(play, step);
        break;
    case KINDS:
        break;
    }
}

int model_run(void *arg)
{
    const struct model_run *run = arg;
    static struct play whole; /* so that what hangs on it is no leak */
    struct play *play = &whole;
    play->run = run;
    create(play);
    for (unsigned i = 0; i < run->steps; i++) {
        if (run->skip == NULL || !run->skip[i]) {
            struct model_step step = model_step(run->seed, i);
            play->now = i;
            run->failure->step = i;
            perform(play, &step);
        }
    }
    model_close_all(play, false);
    return 0;
}
