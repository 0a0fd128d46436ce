/*
 * api_life: whole lives of instances, the regular and the irregular ones. Nothing is checked beyond
 * the answers; under AddressSanitizer the program fails when a life leaves memory behind.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <esent.h>

#include "engine/tests/remove_tree.h"

static const char *current;

#define MUST(call, answer)                                                                         \
    do {                                                                                           \
        JET_ERR got_ = (call);                                                                     \
        if (got_ != (answer)) {                                                                    \
            printf("%s:%d: %s: %s is %ld\n", __FILE__, __LINE__, current, #call, (long)got_);      \
            exit(1);                                                                               \
        }                                                                                          \
    } while (0)

static char folder[] = "/tmp/esent-life-XXXXXX";

static JET_INSTANCE create(void)
{
    JET_INSTANCE instance = JET_instanceNil;
    MUST(JetCreateInstance2A(&instance, "life", "display", 0), 0);
    MUST(JetSetSystemParameterA(&instance, 0, JET_paramSystemPath, 0, folder), 0);
    MUST(JetSetSystemParameterA(&instance, 0, JET_paramLogFilePath, 0, folder), 0);
    return instance;
}

static void use(JET_INSTANCE instance, const char *file, JET_SESID *sesid)
{
    JET_DBID dbid;
    JET_TABLEID tableid;
    JET_COLUMNID columnid;
    JET_COLUMNDEF column = {.cbStruct = sizeof column, .coltyp = JET_coltypLong};
    JET_ULONG count;
    JET_INSTANCE_INFO_W *infos;
    MUST(JetBeginSessionA(instance, sesid, NULL, NULL), 0);
    MUST(JetCreateDatabaseA(*sesid, file, NULL, &dbid, JET_bitDbOverwriteExisting), 0);
    MUST(JetOpenDatabaseA(*sesid, file, NULL, &dbid, 0), 0);
    MUST(JetBeginTransaction(*sesid), 0);
    MUST(JetCreateTableA(*sesid, dbid, "table", 1, 80, &tableid), 0);
    MUST(JetCreateTableA(*sesid, dbid, "table", 1, 80, &tableid), JET_errTableDuplicate);
    MUST(JetOpenTableA(*sesid, dbid, "none", NULL, 0, 0, &tableid), JET_errObjectNotFound);
    MUST(JetCommitTransaction(*sesid, 0), 0);
    MUST(JetGetInstanceInfoW(&count, &infos), 0);
    MUST(JetFreeBuffer((char *)infos), 0);
    MUST(JetCreateTableA(*sesid, dbid, "more", 1, 80, &tableid), 0);
    MUST(JetAddColumnA(*sesid, tableid, "value", &column, NULL, 0, &columnid), 0);
    for (int i = 0; i < 50; i++) {
        MUST(JetPrepareUpdate(*sesid, tableid, JET_prepInsert), 0);
        MUST(JetSetColumn(*sesid, tableid, columnid, &i, sizeof i, 0, NULL), 0);
        MUST(JetUpdate(*sesid, tableid, NULL, 0, NULL), 0);
    }
}

int main(void)
{
    if (mkdtemp(folder) == NULL) {
        return 1;
    }
    char file[64];
    snprintf(file, sizeof file, "%s/life.edb", folder);
    const struct {
        const char *name;
        JET_GRBIT term;
        JET_ERR answer;
    } ends[] = {
        {"complete", JET_bitTermComplete, JET_errSuccess},
        {"abrupt", JET_bitTermAbrupt, JET_errSuccess},
        {"dirty", JET_bitTermDirty, JET_errDirtyShutdown},
    };
    for (size_t end = 0; end < sizeof ends / sizeof ends[0]; end++) {
        for (int stop = 0; stop < 2; stop++) {
            current = ends[end].name;
            JET_INSTANCE instance = create();
            JET_SESID sesid;
            MUST(JetInit(&instance), 0);
            use(instance, file, &sesid);
            if (stop) {
                MUST(JetStopServiceInstance(instance), 0);
            }
            MUST(JetTerm2(instance, ends[end].term), ends[end].answer);
        }
    }
    current = "dirty in a transaction";
    JET_INSTANCE instance = create();
    JET_SESID sesid;
    MUST(JetInit(&instance), 0);
    use(instance, file, &sesid);
    MUST(JetBeginTransaction(sesid), 0);
    MUST(JetTerm(instance), JET_errTooManyActiveUsers);
    MUST(JetTerm2(instance, JET_bitTermDirty), JET_errDirtyShutdown);

    current = "never initialised";
    instance = create();
    MUST(JetTerm(instance), 0);
    remove_tree(folder);
    return 0;
}
