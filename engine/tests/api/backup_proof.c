#include "engine/tests/api/backup_proof.h"

#include <errno.h>
#include <pthread.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "engine/tests/remove_tree.h"

static char folder[256];

_Noreturn void proof_fail(const char *file, int line, const char *what, JET_ERR err)
{
    printf("%s:%d: %s: %ld\n", file, line, what, (long)err);
    fflush(stdout);
    _exit(1);
}

void proof_set_folder(const char *path)
{
    snprintf(folder, sizeof folder, "%s", path);
}

const char *proof_path(const char *name)
{
    static _Thread_local char paths[8][512];
    static _Thread_local unsigned next;
    char *path = paths[next++ % 8];
    snprintf(path, sizeof paths[0], "%s/%s", folder, name);
    return path;
}

const char *proof_fresh(const char *name)
{
    const char *path = proof_path(name);
    int gone = remove_tree(path);
    if ((gone != 0 && errno != ENOENT) || mkdir(path, 0700) != 0) {
        proof_fail(__FILE__, __LINE__, path, 0);
    }
    return path;
}

unsigned proof_random(unsigned below)
{
    static _Thread_local unsigned state;
    if (state == 0) {
        struct timespec now;
        clock_gettime(CLOCK_REALTIME, &now);
        state = (unsigned)now.tv_nsec | 1;
    }
    state ^= state << 13;
    state ^= state >> 17;
    state ^= state << 5;
    return state % below;
}

JET_INSTANCE proof_create(const char *name, const char *log_name, bool circular)
{
    JET_INSTANCE i = JET_instanceNil;
    const char *log = proof_path(log_name);
    MUST(JetCreateInstanceA(&i, name));
    MUST(JetSetSystemParameterA(&i, 0, JET_paramSystemPath, 0, log));
    MUST(JetSetSystemParameterA(&i, 0, JET_paramLogFilePath, 0, log));
    MUST(JetSetSystemParameterA(&i, 0, JET_paramTempPath, 0, log));
    MUST(JetSetSystemParameterA(&i, 0, JET_paramCreatePathIfNotExist, 1, NULL));
    MUST(JetSetSystemParameterA(&i, 0, JET_paramLogFileSize, 128, NULL));
    MUST(JetSetSystemParameterA(&i, 0, JET_paramCheckpointDepthMax, 262144, NULL));
    MUST(JetSetSystemParameterA(&i, 0, JET_paramCircularLog, circular, NULL));
    MUST(JetSetSystemParameterA(&i, 0, JET_paramMaxSessions, 32, NULL));
    return i;
}

static void make_table(JET_SESID sesid, JET_DBID dbid, bool maybe_there)
{
    JET_COLUMNCREATE_A columns[] = {
        {.cbStruct = sizeof columns[0], .szColumnName = "id", .coltyp = JET_coltypLong,
         .grbit = JET_bitColumnNotNULL},
        {.cbStruct = sizeof columns[0], .szColumnName = "text", .coltyp = JET_coltypText, .cbMax = 100,
         .cp = 1252},
    };
    char key[] = "+id\0";
    JET_INDEXCREATE_A index = {.cbStruct = sizeof index, .szIndexName = "primary", .szKey = key,
                               .cbKey = sizeof key, .ulDensity = 90,
                               .grbit = JET_bitIndexPrimary | JET_bitIndexUnique};
    JET_TABLECREATE_A create = {.cbStruct = sizeof create, .szTableName = "rows", .ulPages = 1,
                                .ulDensity = 80, .rgcolumncreate = columns, .cColumns = 2,
                                .rgindexcreate = &index, .cIndexes = 1};
    JET_ERR err = JetCreateTableColumnIndexA(sesid, dbid, &create);
    if (err != JET_errTableDuplicate || !maybe_there) {
        MUST(err);
        MUST(JetCloseTable(sesid, create.tableid));
    }
}

void proof_open(JET_INSTANCE instance, bool made, JET_SESID *sesid, JET_DBID *dbid)
{
    const char *path = proof_path("data.edb");
    MUST(JetBeginSessionA(instance, sesid, NULL, NULL));
    JET_ERR err = made ? JET_errDatabaseDuplicate : JetCreateDatabaseA(*sesid, path, NULL, dbid, 0);
    bool there = err == JET_errDatabaseDuplicate;
    if (there) {
        MUST(JetAttachDatabaseA(*sesid, path, 0));
        MUST(JetOpenDatabaseA(*sesid, path, NULL, dbid, 0));
    } else {
        MUST(err);
    }
    if (!made) {
        make_table(*sesid, *dbid, there);
    }
}

/* ---- writers --------------------------------------------------------------------------------- */

struct writer {
    JET_INSTANCE instance;
    struct proof_acknowledged *acknowledged;
    _Atomic bool *stop;
    int number;
    pthread_t thread;
};

struct proof_writers {
    _Atomic bool stop;
    struct writer writer[WRITERS];
};

struct view {
    JET_SESID sesid;
    JET_TABLEID tableid;
    JET_COLUMNID id, text;
};

static JET_ERR look(JET_SESID sesid, JET_DBID dbid, struct view *view)
{
    JET_COLUMNDEF column;
    view->sesid = sesid;
    JET_ERR err = JetOpenTableA(sesid, dbid, "rows", NULL, 0, 0, &view->tableid);
    if (err == JET_errSuccess) {
        err = JetGetTableColumnInfoA(sesid, view->tableid, "id", &column, sizeof column, 0);
        view->id = column.columnid;
    }
    if (err == JET_errSuccess) {
        err = JetGetTableColumnInfoA(sesid, view->tableid, "text", &column, sizeof column, 0);
        view->text = column.columnid;
    }
    return err;
}

/* The number of rows the writer has there. */
static JET_ERR find_last(const struct view *view, int number, JET_LONG *last)
{
    JET_LONG key = (number + 1) * STRIDE;
    JET_ERR err = JetMakeKey(view->sesid, view->tableid, &key, sizeof key, JET_bitNewKey);
    if (err == JET_errSuccess) {
        err = JetSeek(view->sesid, view->tableid, JET_bitSeekLT);
    }
    *last = 0;
    if (err == JET_errSuccess) {
        err = JetRetrieveColumn(view->sesid, view->tableid, view->id, &key, sizeof key, NULL, 0, NULL);
        *last = key / STRIDE == number ? key % STRIDE : 0;
    }
    return err == JET_errRecordNotFound ? JET_errSuccess : err;
}

static JET_ERR insert(const struct view *view, JET_LONG key)
{
    char text[80];
    memset(text, 'a' + key % 26, sizeof text);
    JET_ERR err = JetPrepareUpdate(view->sesid, view->tableid, JET_prepInsert);
    if (err == JET_errSuccess) {
        err = JetSetColumn(view->sesid, view->tableid, view->id, &key, sizeof key, 0, NULL);
    }
    if (err == JET_errSuccess) {
        err = JetSetColumn(view->sesid, view->tableid, view->text, text, sizeof text, 0, NULL);
    }
    return err == JET_errSuccess ? JetUpdate(view->sesid, view->tableid, NULL, 0, NULL) : err;
}

static JET_ERR write_some(struct writer *writer, const struct view *view, JET_LONG *row)
{
    JET_ERR err = JetBeginTransaction(view->sesid);
    for (int n = 0; n < 4 && err == JET_errSuccess; n++) {
        err = insert(view, writer->number * STRIDE + ++*row);
    }
    bool lazy = *row % 32 != 0;
    if (err == JET_errSuccess) {
        err = JetCommitTransaction(view->sesid, lazy ? JET_bitCommitLazyFlush : 0);
    }
    if (err == JET_errSuccess && !lazy) {
        atomic_store(&writer->acknowledged->rows[writer->number], *row);
    }
    return err;
}

static void *write_on(void *arg)
{
    struct writer *writer = arg;
    struct view view;
    JET_DBID dbid;
    JET_LONG row = 0;
    JET_ERR err = JetBeginSessionA(writer->instance, &view.sesid, NULL, NULL);
    if (err == JET_errSuccess) {
        err = JetOpenDatabaseA(view.sesid, proof_path("data.edb"), NULL, &dbid, 0);
    }
    if (err == JET_errSuccess) {
        err = look(view.sesid, dbid, &view);
    }
    if (err == JET_errSuccess) {
        err = find_last(&view, writer->number, &row);
        row -= row % 4;
    }
    while (err == JET_errSuccess && !atomic_load(writer->stop)) {
        err = write_some(writer, &view, &row);
    }
    if (err != JET_errSuccess && err != JET_errClientRequestToStopJetService &&
        err != JET_errTermInProgress && err != JET_errInvalidSesid && err != JET_errNotInitialized &&
        err != JET_errInvalidTableId) {
        proof_fail(__FILE__, __LINE__, "a writer", err);
    }
    while (JetEndSession(view.sesid, 0) == JET_errTermInProgress) {
        sched_yield(); /* what is open makes the termination fail, then it can be taken back */
    }
    return NULL;
}

struct proof_writers *proof_write(JET_INSTANCE instance, struct proof_acknowledged *acknowledged)
{
    struct proof_writers *writers = calloc(1, sizeof *writers);
    for (int i = 0; i < WRITERS; i++) {
        struct writer *writer = &writers->writer[i];
        *writer = (struct writer){.instance = instance, .acknowledged = acknowledged,
                                  .stop = &writers->stop, .number = i};
        if (pthread_create(&writer->thread, NULL, write_on, writer) != 0) {
            proof_fail(__FILE__, __LINE__, "pthread_create", 0);
        }
    }
    return writers;
}

void proof_join(struct proof_writers *writers)
{
    atomic_store(&writers->stop, true);
    for (int i = 0; i < WRITERS; i++) {
        pthread_join(writers->writer[i].thread, NULL);
    }
    free(writers);
}

void proof_sample(const struct proof_acknowledged *acknowledged, long *rows)
{
    for (int i = 0; i < WRITERS; i++) {
        rows[i] = atomic_load(&acknowledged->rows[i]);
    }
}

/* ---- what is in it --------------------------------------------------------------------------- */

static void count(JET_SESID sesid, JET_DBID dbid, long *rows)
{
    struct view view;
    MUST(look(sesid, dbid, &view));
    memset(rows, 0, WRITERS * sizeof *rows);
    JET_ERR err = JetMove(sesid, view.tableid, JET_MoveFirst, 0);
    while (err == JET_errSuccess) {
        JET_LONG key = 0;
        MUST(JetRetrieveColumn(sesid, view.tableid, view.id, &key, sizeof key, NULL, 0, NULL));
        if (key % STRIDE != ++rows[key / STRIDE]) {
            proof_fail(__FILE__, __LINE__, "a row is missing before", key);
        }
        err = JetMove(sesid, view.tableid, JET_MoveNext, 0);
    }
    if (err != JET_errNoCurrentRecord) {
        MUST(err);
    }
}

void proof_check(const char *path, const long *at_least, const char *what)
{
    char command[1300];
    JET_SESID sesid;
    JET_DBID dbid;
    long rows[WRITERS];
    snprintf(command, sizeof command, "%s '%s' > '%s'", ESEVERIFY, path, proof_path("verify.out"));
    if (system(command) != 0) {
        snprintf(command, sizeof command, "cat '%s'", proof_path("verify.out"));
        (void)!system(command);
        proof_fail(__FILE__, __LINE__, what, -1);
    }
    JET_INSTANCE i = proof_create("check", "check-log", false);
    MUST(JetInit(&i));
    MUST(JetBeginSessionA(i, &sesid, NULL, NULL));
    MUST(JetAttachDatabaseA(sesid, path, 0));
    MUST(JetOpenDatabaseA(sesid, path, NULL, &dbid, 0));
    count(sesid, dbid, rows);
    for (int w = 0; w < WRITERS; w++) {
        if (rows[w] < at_least[w] || rows[w] % 4 != 0) {
            printf("%s: writer %d: %ld rows, %ld were acknowledged\n", what, w, rows[w], at_least[w]);
            proof_fail(__FILE__, __LINE__, path, 0);
        }
    }
    MUST(JetTerm(i));
    (void)proof_fresh("check-log");
}
