/* A base of sound files, and the use of what became of it. */
#include "engine/tests/proof/damage.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { NAMES = 3 };

static const char *const column_names[NAMES] = {"key", "word", "body"};

uint32_t damage_body(unsigned table, uint32_t key, unsigned char *body)
{
    struct proof_random random = proof_random(table + 77, key);
    uint32_t size = 20 + proof_dice(&random, 150);
    if (table == 1 && key % 20 == 3) {
        size = 4000 + proof_dice(&random, DAMAGE_BODY_MAX - 4000);
    }
    for (uint32_t i = 0; i < size; i++) {
        body[i] = (unsigned char)proof_next(&random);
    }
    return size;
}

JET_INSTANCE damage_start(const char *directory, JET_ERR *err)
{
    MUST(proof_set(JET_instanceNil, JET_paramDatabasePageSize, DAMAGE_PAGE));
    JET_INSTANCE instance = proof_create(directory, "damage");
    MUST(proof_set(instance, JET_paramCacheSizeMax, 256));
    MUST(proof_set(instance, JET_paramDbExtensionSize, 4)); /* hardly a page is unused */
    MUST(proof_set(instance, JET_paramLogFileSize, 64));
    MUST(proof_set(instance, JET_paramMaxVerPages, 1024));
    *err = JetInit(&instance);
    return instance;
}

/* ---- the base -------------------------------------------------------------------------------- */

static void insert_rows(JET_SESID sesid, JET_DBID dbid, unsigned table, unsigned from, unsigned to)
{
    static unsigned char body[DAMAGE_BODY_MAX];
    char name[16];
    JET_TABLEID tableid;
    JET_COLUMNID columns[NAMES];
    snprintf(name, sizeof name, "t%u", table);
    MUST(JetOpenTableA(sesid, dbid, name, NULL, 0, 0, &tableid));
    for (unsigned i = 0; i < NAMES; i++) {
        JET_COLUMNDEF column = {.cbStruct = sizeof column};
        MUST(JetGetTableColumnInfoA(sesid, tableid, column_names[i], &column, sizeof column,
                                    JET_ColInfo));
        columns[i] = column.columnid;
    }
    for (unsigned key = from; key < to; key++) {
        JET_LONG number = (JET_LONG)key, word = (JET_LONG)(key * 7 % 31);
        uint32_t size = damage_body(table, key, body);
        MUST(JetBeginTransaction(sesid));
        MUST(JetPrepareUpdate(sesid, tableid, JET_prepInsert));
        MUST(JetSetColumn(sesid, tableid, columns[0], &number, sizeof number, 0, NULL));
        MUST(JetSetColumn(sesid, tableid, columns[1], &word, sizeof word, 0, NULL));
        MUST(JetSetColumn(sesid, tableid, columns[2], body, size, 0, NULL));
        MUST(JetUpdate(sesid, tableid, NULL, 0, NULL));
        MUST(JetCommitTransaction(sesid, key + 1 < to ? JET_bitCommitLazyFlush : 0));
    }
    MUST(JetCloseTable(sesid, tableid));
}

static void create_table(JET_SESID sesid, JET_DBID dbid, unsigned table)
{
    static const JET_COLTYP types[NAMES] = {JET_coltypLong, JET_coltypLong, JET_coltypLongBinary};
    char name[16];
    JET_TABLEID tableid;
    snprintf(name, sizeof name, "t%u", table);
    MUST(JetCreateTableA(sesid, dbid, name, 1, 80, &tableid));
    for (unsigned i = 0; i < NAMES; i++) {
        JET_COLUMNDEF column = {.cbStruct = sizeof column, .coltyp = types[i]};
        JET_COLUMNID columnid;
        MUST(JetAddColumnA(sesid, tableid, column_names[i], &column, NULL, 0, &columnid));
    }
    MUST(JetCreateIndexA(sesid, tableid, "primary", JET_bitIndexPrimary | JET_bitIndexUnique,
                         "+key\0", 6, 80));
    JET_ERR err = JetCreateIndexA(sesid, tableid, "word", 0, "+word\0", 7, 80);
    if (err != JET_errFeatureNotAvailable) {
        MUST(err);
    }
    MUST(JetCloseTable(sesid, tableid));
}

struct making {
    const struct damage_base *base;
    bool attach_only;
};

/* A killed engine is one that has simply ended. */
static int make(void *arg)
{
    const struct making *making = arg;
    const char *directory = proof_path(DAMAGE_PLACE);
    char path[800];
    JET_ERR err;
    JET_INSTANCE instance = damage_start(directory, &err);
    JET_SESID sesid;
    JET_DBID dbid;
    MUST(err);
    snprintf(path, sizeof path, "%s/damage.edb", directory);
    MUST(JetBeginSessionA(instance, &sesid, NULL, NULL));
    if (making->attach_only) {
        err = JetAttachDatabaseA(sesid, path, 0);
        if (err == JET_errDatabaseDirtyShutdown) {
            return 3;
        }
        MUST(err);
        MUST(JetTerm(instance));
        return 0;
    }
    MUST(JetCreateDatabaseA(sesid, path, NULL, &dbid, 0));
    for (unsigned table = 0; table < DAMAGE_TABLES; table++) {
        create_table(sesid, dbid, table);
        insert_rows(sesid, dbid, table, 0, DAMAGE_ROWS);
    }
    MUST(JetTerm(instance));
    if (making->base->dirty) {
        instance = damage_start(directory, &err);
        MUST(err);
        MUST(JetBeginSessionA(instance, &sesid, NULL, NULL));
        MUST(JetAttachDatabaseA(sesid, path, 0));
        MUST(JetOpenDatabaseA(sesid, path, NULL, &dbid, 0));
        for (unsigned table = 0; table < DAMAGE_TABLES; table++) {
            insert_rows(sesid, dbid, table, DAMAGE_ROWS, DAMAGE_ROWS + DAMAGE_LATER);
        }
        _exit(0);
    }
    return 0;
}

/* The files are made and used in one and the same place, because the log names the database by its
 * path; in between they are kept elsewhere. */
bool damage_make_base(struct damage_base *base, const char *name, bool dirty)
{
    struct making making = {.base = base};
    char place[700];
    snprintf(place, sizeof place, "%s", proof_path(DAMAGE_PLACE));
    snprintf(base->directory, sizeof base->directory, "%s", proof_path("%s", name));
    base->dirty = dirty;
    base->rows = DAMAGE_ROWS + (dirty ? DAMAGE_LATER : 0);
    proof_remove(place);
    proof_make(place);
    proof_must_be_well(proof_wait(proof_start(make, &making), 60), "making the files");
    proof_copy(place, base->directory);
    if (dirty) {
        making.attach_only = true;
        struct proof_child_end end = proof_wait(proof_start(make, &making), 60);
        if (end.kind == PROOF_EXITED && end.code == 3) {
            return false;
        }
        proof_must_be_well(end, "recovery of undamaged files");
    }
    return true;
}

/* ---- using damaged files --------------------------------------------------------------------- */

struct use {
    const struct damage_trial *trial;
    JET_SESID sesid;
    JET_DBID dbid;
    bool failed; /* an error was reported while the table was read */
};

/* Notes whether an error was reported. */
static JET_ERR note(struct use *use, JET_ERR err)
{
    if (err < JET_errSuccess && err != JET_errNoCurrentRecord) {
        use->failed = true;
        atomic_store(&use->trial->seen->reported, true);
    }
    return err;
}

/* Reads the row the cursor is on; false when that gave an error. */
static bool read_row(struct use *use, JET_TABLEID tableid, unsigned table,
                     const JET_COLUMNID columns[NAMES], bool *there)
{
    static unsigned char body[DAMAGE_BODY_MAX + 8], want[DAMAGE_BODY_MAX];
    JET_LONG key = -1, word = -1;
    JET_ULONG size = 0;
    if (note(use, JetRetrieveColumn(use->sesid, tableid, columns[0], &key, sizeof key, NULL, 0,
                                    NULL)) < 0 ||
        note(use, JetRetrieveColumn(use->sesid, tableid, columns[1], &word, sizeof word, NULL, 0,
                                    NULL)) < 0 ||
        note(use, JetRetrieveColumn(use->sesid, tableid, columns[2], body, sizeof body, &size, 0,
                                    NULL)) < 0) {
        return false;
    }
    if (use->trial->damage->resealed) {
        return true;
    }
    unsigned rows = use->trial->base->rows;
    if (key < 0 || key >= (JET_LONG)rows || word != key * 7 % 31 ||
        size != damage_body(table, (uint32_t)key, want) || memcmp(body, want, size) != 0) {
        proof_fail("%s: a wrong row is read without an error: table %u, key %ld, word %ld, %lu "
                   "bytes",
                   use->trial->damage->text, table, (long)key, (long)word, (unsigned long)size);
    }
    if (there[key]) {
        proof_fail("%s: the row %ld of table %u is there twice", use->trial->damage->text,
                   (long)key, table);
    }
    there[key] = true;
    atomic_fetch_add(&use->trial->seen->rows, 1);
    return true;
}

/* Walks over a table in one direction; what is missing must have been reported. */
static void walk(struct use *use, unsigned table, const char *index, bool forward)
{
    bool there[DAMAGE_ROWS + DAMAGE_LATER] = {false};
    const struct damage *damage = use->trial->damage;
    char name[16];
    JET_TABLEID tableid;
    JET_COLUMNID columns[NAMES] = {0};
    unsigned limit = 3 * (DAMAGE_ROWS + DAMAGE_LATER);
    use->failed = false;
    snprintf(name, sizeof name, "t%u", table);
    if (note(use, JetOpenTableA(use->sesid, use->dbid, name, NULL, 0, 0, &tableid)) < 0) {
        return;
    }
    for (unsigned i = 0; i < NAMES; i++) {
        JET_COLUMNDEF column = {.cbStruct = sizeof column};
        note(use, JetGetTableColumnInfoA(use->sesid, tableid, column_names[i], &column,
                                         sizeof column, JET_ColInfo));
        columns[i] = column.columnid;
    }
    JET_ERR err = JetSetCurrentIndexA(use->sesid, tableid, index);
    if (err == JET_errIndexNotFound && strcmp(index, "word") == 0) {
        goto close; /* an engine without secondary indexes, or one that lost it: see "primary" */
    }
    note(use, err);
    err = note(use,
               JetMove(use->sesid, tableid, (JET_LONG)(forward ? JET_MoveFirst : JET_MoveLast), 0));
    for (unsigned i = 0; err >= 0 && !use->failed && i < limit; i++) {
        if (read_row(use, tableid, table, columns, there)) {
            err = note(use, JetMove(use->sesid, tableid, forward ? 1 : -1, 0));
        }
    }
    for (unsigned key = 0; key < use->trial->base->rows && !use->failed && !damage->resealed;
         key++) {
        bool late = key >= DAMAGE_ROWS && damage->may_lose;
        if (!there[key] && !late) {
            proof_fail("%s: the row %u of table %u (index %s) is missing without an error",
                       damage->text, key, table, index);
        }
    }
    if (use->failed) {
        atomic_store(&use->trial->seen->corrupt, true);
    }
close:
    note(use, JetCloseTable(use->sesid, tableid));
}

/* Changes go through the damaged parts in their own ways. */
static void change(struct use *use, unsigned table)
{
    char name[16];
    JET_TABLEID tableid;
    snprintf(name, sizeof name, "t%u", table);
    if (JetOpenTableA(use->sesid, use->dbid, name, NULL, 0, 0, &tableid) < 0) {
        return;
    }
    JET_ERR err = JetBeginTransaction(use->sesid);
    for (int i = 0; i < 60 && err >= 0; i++) {
        JET_LONG key = (JET_LONG)(i * 5 % (DAMAGE_ROWS + DAMAGE_LATER));
        if (JetMakeKey(use->sesid, tableid, &key, sizeof key, JET_bitNewKey) < 0 ||
            JetSeek(use->sesid, tableid, JET_bitSeekGE) < 0) {
            continue;
        }
        if (i % 3 == 0) {
            JetDelete(use->sesid, tableid);
        } else if (JetPrepareUpdate(use->sesid, tableid, JET_prepReplace) >= 0) {
            JET_COLUMNDEF column = {.cbStruct = sizeof column};
            static unsigned char more[300];
            if (JetGetTableColumnInfoA(use->sesid, tableid, "body", &column, sizeof column,
                                       JET_ColInfo) >= 0) {
                JetSetColumn(use->sesid, tableid, column.columnid, more, sizeof more, 0, NULL);
            }
            if (JetUpdate(use->sesid, tableid, NULL, 0, NULL) < 0) {
                JetPrepareUpdate(use->sesid, tableid, JET_prepCancel);
            }
        }
    }
    JET_ERR ended = JetCommitTransaction(use->sesid, JET_bitCommitLazyFlush);
    if (ended < 0) {
        JetRollback(use->sesid, JET_bitRollbackAll);
    }
    JetCloseTable(use->sesid, tableid);
}

int damage_use(void *arg)
{
    const struct damage_trial *trial = arg;
    struct use use = {.trial = trial};
    char path[1200];
    JET_ERR err;
    JET_INSTANCE instance = damage_start(trial->directory, &err);
    snprintf(path, sizeof path, "%s/damage.edb", trial->directory);
    if (note(&use, err) < 0) {
        JetTerm(instance);
        return 0;
    }
    MUST(JetBeginSessionA(instance, &use.sesid, NULL, NULL));
    if (note(&use, JetAttachDatabaseA(use.sesid, path, 0)) >= 0 &&
        note(&use, JetOpenDatabaseA(use.sesid, path, NULL, &use.dbid, 0)) >= 0) {
        for (unsigned table = 0; table < DAMAGE_TABLES; table++) {
            walk(&use, table, "primary", true);
            walk(&use, table, "primary", false);
            walk(&use, table, "word", true);
        }
        for (unsigned table = 0; table < DAMAGE_TABLES; table++) {
            change(&use, table);
        }
        JetIdle(use.sesid, 0);
    }
    if (JetTerm(instance) < 0) {
        JetTerm2(instance, JET_bitTermDirty);
    }
    return 0;
}
