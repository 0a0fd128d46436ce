/* fuzz/fuzz_backup.c - libFuzzer target: the calls of the backup family in any order.
 *
 * An input is a list of steps, two bytes each: what is called, and with which arguments. One database
 * with some rows is attached; two sessions may write. The calls come one after another, or, as the
 * first byte says, from two threads that share the steps. What is looked for:
 *
 *   - crashes, leaks and what the sanitizers see
 *   - codes that no page lists for the call (contract.h, profile ese where it says more)
 *   - one thread: a read, an open or a list that works although the running backup was stopped; an
 *     end that is refused while a backup runs; a database whose header counts a stopped backup
 *   - an instance that cannot be ended: whatever runs, JetTerm2 with Abrupt ends it, once nobody is
 *     in a transaction
 *
 * The engine is the file in the environment variable ESECHECK_ENGINE, else the reference engine of
 * this build.
 */
#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "fuzz/engine.h"
#include "fuzz/place.h"
#include "reports/contract/contract.h"
#include "shims/library/library.h"

#define MOST_STEPS 64
#define ROOM       (64 * 1024)

int LLVMFuzzerInitialize(int *argc, char ***argv);
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static struct shim_library *engine;
static _Alignas(4096) unsigned char rooms[2][ROOM];

/* What one thread knows, and what all do. */
struct actor {
    struct world *world;
    struct shim_caller caller;
    unsigned number;
    uint64_t sesid, tableid;
    uint32_t column;
    uint64_t handle;
    char list[8192];
    int level; /* of its transaction */
    int32_t row;
};

struct world {
    uint64_t instance;
    char database[1100];
    const uint8_t *steps;
    size_t count;
    _Atomic size_t next;
    bool alone; /* one thread: the order of the calls is that of the steps */
    bool running, stopped, service_stopped;
    unsigned folders;
};

_Noreturn static void broken(const char *what, const char *fn, long code)
{
    fprintf(stderr, "fuzz_backup: %s: %s: %ld\n", what, fn, code);
    abort();
}

/* Codes of the family that the pages leave out, each for its calls in general; the source of the original has them
 * (backup.cxx), and so does the ABI's description. */
static bool is_known(JET_ERR err)
{
    switch (err) {
    case JET_errBackupInProgress:
    case JET_errBackupDirectoryNotEmpty:
    case JET_errInvalidBackupSequence:
    case JET_errLogFileNotCopied:
    case JET_errMissingFileToBackup:
    case JET_errMissingFullBackup:
    case JET_errBackupAbortByServer:
    case JET_errNoBackup:
    case JET_errInvalidGrbit:
    case JET_errDatabaseInUse:
    case JET_errInvalidPath: return true;
    default: return false;
    }
}

/* Makes a call; one whose code nobody documents is a finding. */
static JET_ERR call(struct actor *actor, enum shim_fn fn, const uint64_t *args)
{
    JET_ERR err = shim_callv(&actor->caller, fn, SHIM_PLAIN, args);
    enum rpt_state state = actor->world->service_stopped ? RPT_STATE_STOPPED : RPT_STATE_NONE;
    bool open = !actor->world->alone; /* another thread may just be stopping */
    if (!is_known(err) && !rpt_contract_documents(RPT_DOCUMENTED, fn, state, err) &&
        !rpt_contract_documents(RPT_ESE, fn, state, err) &&
        !(open && rpt_contract_documents(RPT_ESE, fn, RPT_STATE_STOPPED, err)))
        broken("a code that no page lists", shim_function(fn)->name, err);
    return err;
}
#define CALL(actor, fn, ...) call(actor, SHIM_FN_##fn, (uint64_t[SHIM_MAX_ARGS]){__VA_ARGS__})
#define P(pointer) (uint64_t)(uintptr_t)(pointer)

static void must(JET_ERR err, const char *what)
{
    if (err < JET_errSuccess)
        broken("the preparation failed", what, err);
}

int LLVMFuzzerInitialize(int *argc, char ***argv)
{
    (void)argc;
    (void)argv;
    engine = fuzz_engine("fuzz_backup");
    return 0;
}

/* ---- the instance ---------------------------------------------------------------------------- */

static void set(struct actor *actor, uint32_t id, uint64_t value, const char *text)
{
    must(CALL(actor, JetSetSystemParameter, P(&actor->world->instance), 0, id, value, P(text)),
         "JetSetSystemParameter");
}

static void start(struct actor *actor, const char *folder)
{
    struct world *world = actor->world;
    must(CALL(actor, JetCreateInstance, P(&world->instance), P("fuzz")), "JetCreateInstance");
    set(actor, JET_paramSystemPath, 0, folder);
    set(actor, JET_paramLogFilePath, 0, folder);
    set(actor, JET_paramTempPath, 0, folder);
    set(actor, JET_paramLogFileSize, 64, NULL);
    set(actor, JET_paramMaxTemporaryTables, 0, NULL);
    must(CALL(actor, JetInit, P(&world->instance)), "JetInit");
}

static void open_session(struct actor *actor)
{
    uint32_t dbid = 0;
    JET_COLUMNDEF column = {.cbStruct = sizeof column};
    must(CALL(actor, JetBeginSession, actor->world->instance, P(&actor->sesid), 0, 0), "session");
    must(CALL(actor, JetAttachDatabase, actor->sesid, P(actor->world->database), 0), "attach");
    must(CALL(actor, JetOpenDatabase, actor->sesid, P(actor->world->database), 0, P(&dbid), 0),
         "JetOpenDatabase");
    must(CALL(actor, JetOpenTable, actor->sesid, dbid, P("rows"), 0, 0, 0, P(&actor->tableid)),
         "JetOpenTable");
    must(CALL(actor, JetGetTableColumnInfo, actor->sesid, actor->tableid, P("id"), P(&column),
              sizeof column, JET_ColInfo),
         "JetGetTableColumnInfo");
    actor->column = column.columnid;
}

static JET_ERR insert(struct actor *actor)
{
    int32_t value = ++actor->row;
    JET_ERR err = CALL(actor, JetPrepareUpdate, actor->sesid, actor->tableid, JET_prepInsert);
    if (err == JET_errSuccess)
        err = CALL(actor, JetSetColumn, actor->sesid, actor->tableid, actor->column, P(&value),
                   sizeof value, 0, 0);
    return err == JET_errSuccess ? CALL(actor, JetUpdate, actor->sesid, actor->tableid, 0, 0, 0)
                                 : err;
}

/* PLACE/template.edb: a table with some rows. Made once. */
static void make_template(void)
{
    static bool made;
    struct world world = {.alone = true};
    struct actor actor = {.world = &world, .caller = {.table = shim_library_table(engine)}};
    uint32_t dbid = 0;
    JET_COLUMNDEF column = {.cbStruct = sizeof column, .coltyp = JET_coltypLong};
    char path[1100];
    if (made)
        return;
    made = true;
    fuzz_empty_directory("make");
    snprintf(path, sizeof path, "%s", fuzz_path("template.edb"));
    start(&actor, fuzz_path("make"));
    must(CALL(&actor, JetBeginSession, world.instance, P(&actor.sesid), 0, 0), "session");
    must(CALL(&actor, JetCreateDatabase, actor.sesid, P(path), 0, P(&dbid), 0), "create");
    must(CALL(&actor, JetCreateTable, actor.sesid, dbid, P("rows"), 1, 80, P(&actor.tableid)),
         "JetCreateTable");
    must(CALL(&actor, JetAddColumn, actor.sesid, actor.tableid, P("id"), P(&column), 0, 0,
              P(&actor.column)),
         "JetAddColumn");
    for (int i = 0; i < 200; i++)
        must(insert(&actor), "insert");
    must(CALL(&actor, JetTerm, world.instance), "JetTerm");
}

static void copy_template(const char *to)
{
    static char bytes[1 << 16];
    FILE *from = fopen(fuzz_path("template.edb"), "rb"), *file = fopen(to, "wb");
    size_t size;
    if (!from || !file)
        broken("the template cannot be copied", to, 0);
    while ((size = fread(bytes, 1, sizeof bytes, from)) > 0)
        fwrite(bytes, 1, size, file);
    fclose(from);
    fclose(file);
}

/* ---- what is known --------------------------------------------------------------------------- */

/* After every call that looks at the backup. */
static JET_ERR note(struct actor *actor, JET_ERR err, const char *fn)
{
    struct world *world = actor->world;
    if (world->alone && world->running && world->stopped && err == JET_errSuccess)
        broken("it works although the backup was stopped", fn, err);
    if (err == JET_errNoBackup)
        world->running = world->stopped = false;
    return err;
}

static JET_BKINFO full_backup(struct actor *actor)
{
    JET_DBINFOMISC misc;
    memset(&misc, 0, sizeof misc);
    (void)CALL(actor, JetGetDatabaseFileInfo, P(actor->world->database), P(&misc), sizeof misc,
               JET_DbInfoMisc);
    return misc.bkinfoFullPrev;
}

static void end_backup(struct actor *actor, uint8_t arg)
{
    struct world *world = actor->world;
    bool was = world->running, stopped = world->stopped;
    JET_BKINFO before = full_backup(actor), after;
    bool plain = arg % 4 == 0;
    uint64_t grbit = arg % 4;
    JET_ERR err = plain ? CALL(actor, JetEndExternalBackupInstance, world->instance)
                        : CALL(actor, JetEndExternalBackupInstance2, world->instance, grbit);
    if (!world->alone || world->service_stopped)
        return;
    if (!plain && grbit == 3) {
        if (err != JET_errInvalidParameter)
            broken("both ends at once", "JetEndExternalBackupInstance2", err);
        return;
    }
    if (err != JET_errNoBackup && (err != JET_errSuccess || !was))
        broken("an end", "JetEndExternalBackupInstance", err);
    after = full_backup(actor);
    if (stopped && memcmp(&before, &after, sizeof before) != 0)
        broken("a stopped backup counts", "JetEndExternalBackupInstance", err);
    world->running = world->stopped = false;
}

/* ---- steps ----------------------------------------------------------------------------------- */

static JET_ERR read_some(struct actor *actor, uint8_t arg)
{
    static const uint32_t sizes[] = {ROOM, 3 * 4096, 2 * 4096, 4096, 4097, 0};
    uint64_t handle = actor->handle + (arg >> 6 == 3);
    uint32_t actual = 0, size = sizes[arg % 6];
    uint32_t shift = (arg >> 4 & 3) == 3 && size < ROOM ? 8 : 0;
    JET_ERR err = CALL(actor, JetReadFileInstance, actor->world->instance, handle,
                       P(rooms[actor->number] + shift), size, P(&actual));
    if (actual > size)
        broken("more than was asked for", "JetReadFileInstance", actual);
    (void)note(actor, err, "JetReadFileInstance");
    return err == JET_errSuccess && actual == 0 ? JET_errNoCurrentRecord : err;
}

static JET_ERR open_file(struct actor *actor, const char *name)
{
    uint32_t low = 0, high = 0;
    uint64_t handle = 0;
    JET_ERR err = CALL(actor, JetOpenFileInstance, actor->world->instance, P(name), P(&handle),
                       P(&low), P(&high));
    if (err == JET_errSuccess)
        actor->handle = handle;
    return note(actor, err, "JetOpenFileInstance");
}

static void copy_all(struct actor *actor)
{
    const char *end = actor->list + sizeof actor->list - 1;
    for (const char *at = actor->list; at < end && *at; at += strlen(at) + 1) {
        JET_ERR err = open_file(actor, at);
        for (int i = 0; i < 100 && err == JET_errSuccess; i++)
            err = read_some(actor, 0);
        (void)CALL(actor, JetCloseFileInstance, actor->world->instance, actor->handle);
    }
}

static void open_by(struct actor *actor, uint8_t arg)
{
    const char *name = actor->list;
    switch (arg % 6) {
    case 0:
    case 1: name = actor->world->database; break;
    case 2: name = "nobody-knows-it"; break;
    case 3: name = ""; break;
    case 4: name += strlen(name) + 1 < sizeof actor->list - 1 ? strlen(name) + 1 : 0; break;
    default: break;
    }
    (void)open_file(actor, name);
}

static void list_by(struct actor *actor, uint8_t op, uint8_t arg)
{
    uint64_t i = actor->world->instance;
    uint32_t actual = 0, size = arg % 8 == 7 ? 5 : (uint32_t)sizeof actor->list - 2;
    JET_LOGINFO info = {.cbSize = sizeof info - (arg % 16 == 15)};
    memset(actor->list, 0, sizeof actor->list);
    if (op == 0)
        (void)note(actor, CALL(actor, JetGetAttachInfoInstance, i, P(actor->list), size, P(&actual)),
                   "JetGetAttachInfoInstance");
    else if (op == 1)
        (void)note(actor, CALL(actor, JetGetTruncateLogInfoInstance, i, P(actor->list), size,
                               P(&actual)),
                   "JetGetTruncateLogInfoInstance");
    else if (arg % 2 == 0)
        (void)note(actor, CALL(actor, JetGetLogInfoInstance, i, P(actor->list), size, P(&actual)),
                   "JetGetLogInfoInstance");
    else
        (void)note(actor, CALL(actor, JetGetLogInfoInstance2, i, P(actor->list), size, P(&actual),
                               P(&info)),
                   "JetGetLogInfoInstance2");
}

static void begin_backup(struct actor *actor, uint8_t arg)
{
    static const uint64_t bits[] = {0, 0, 0, JET_bitBackupIncremental, JET_bitBackupAtomic, 0x8000};
    struct world *world = actor->world;
    JET_ERR err = CALL(actor, JetBeginExternalBackupInstance, world->instance, bits[arg % 6]);
    if (world->alone && err == JET_errBackupInProgress && !world->running)
        broken("nobody has begun it", "JetBeginExternalBackupInstance", err);
    if (err == JET_errSuccess) {
        world->running = true;
        world->stopped = false;
    }
}

static void back_up(struct actor *actor, uint8_t arg)
{
    static const uint64_t bits[] = {0, JET_bitBackupAtomic, JET_bitBackupIncremental, 0x100};
    char name[32], path[1100];
    snprintf(name, sizeof name, "run/backup-%u-%u", actor->number, arg / 64u);
    snprintf(path, sizeof path, "%s", fuzz_path(name));
    JET_ERR err = CALL(actor, JetBackupInstance, actor->world->instance,
                       arg % 8 == 7 ? 0 : P(path), bits[arg % 4], 0);
    if (err == JET_errSuccess && actor->world->alone && actor->world->running)
        actor->world->running = false; /* an error had ended that one */
}

static void use(struct actor *actor, uint8_t arg)
{
    switch (arg % 8) {
    case 0:
        if (CALL(actor, JetBeginTransaction, actor->sesid) == JET_errSuccess)
            actor->level++;
        break;
    case 1:
        if (actor->level != 0 &&
            CALL(actor, JetCommitTransaction, actor->sesid, 0) == JET_errSuccess)
            actor->level--;
        break;
    case 2: (void)CALL(actor, JetDetachDatabase, actor->sesid, P(actor->world->database)); break;
    case 3: (void)CALL(actor, JetAttachDatabase, actor->sesid, P(actor->world->database), 0); break;
    default:
        for (int i = 0; i < arg / 4; i++)
            (void)insert(actor);
        break;
    }
}

/* A termination that must be refused: with a backup that runs, or in a transaction. */
static void try_to_end(struct actor *actor)
{
    struct world *world = actor->world;
    if (!world->alone || actor->level == 0)
        return;
    JET_ERR err = CALL(actor, JetTerm2, world->instance, JET_bitTermStopBackup);
    if (err != JET_errTooManyActiveUsers)
        broken("a transaction is open", "JetTerm2", err);
}

static void step(struct actor *actor, uint8_t op, uint8_t arg)
{
    struct world *world = actor->world;
    uint64_t i = world->instance;
    switch (op % 16) {
    case 0: begin_backup(actor, arg); break;
    case 1: list_by(actor, 0, arg); break;
    case 2: list_by(actor, 1, arg); break;
    case 3: list_by(actor, 2, arg); break;
    case 4: open_by(actor, arg); break;
    case 5: (void)read_some(actor, arg); break;
    case 6: (void)CALL(actor, JetCloseFileInstance, i, actor->handle + (arg % 8 == 7)); break;
    case 7: (void)note(actor, CALL(actor, JetTruncateLogInstance, i), "JetTruncateLogInstance"); break;
    case 8: end_backup(actor, arg); break;
    case 9:
    case 10:
        must(CALL(actor, JetStopBackupInstance, i), "JetStopBackupInstance");
        world->stopped = world->running;
        break;
    case 11: copy_all(actor); break;
    case 12: back_up(actor, arg); break;
    case 13: use(actor, arg); break;
    case 14: try_to_end(actor); break;
    default:
        if (arg == 255) {
            must(CALL(actor, JetStopServiceInstance, i), "JetStopServiceInstance");
            world->service_stopped = true;
        }
        break;
    }
}

static void *act(void *arg)
{
    struct actor *actor = arg;
    struct world *world = actor->world;
    size_t at;
    while ((at = atomic_fetch_add(&world->next, 1)) < world->count)
        step(actor, world->steps[2 * at], world->steps[2 * at + 1]);
    if (actor->level != 0) /* it belongs to this thread */
        must(CALL(actor, JetRollback, actor->sesid, JET_bitRollbackAll), "JetRollback");
    return NULL;
}

static void finish(struct actor *actors)
{
    static const uint64_t kinds[] = {JET_bitTermAbrupt, JET_bitTermStopBackup,
                                     JET_bitTermComplete | JET_bitTermStopBackup};
    struct world *world = actors[0].world;
    bool sure = world->alone && world->running && world->count % 2;
    if (sure) { /* the first error of a call may have ended the backup */
        JET_ERR err = CALL(&actors[0], JetTerm2, world->instance, JET_bitTermComplete);
        if (err == JET_errSuccess)
            return;
        if (err != JET_errBackupInProgress)
            broken("a backup runs", "JetTerm2", err);
    }
    JET_ERR err = CALL(&actors[0], JetTerm2, world->instance, kinds[world->count % 3]);
    if (err != JET_errSuccess)
        broken("the instance cannot end", "JetTerm2", err);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct world world = {.alone = size == 0 || data[0] % 4 != 0};
    struct actor actors[2] = {{.number = 0}, {.number = 1}};
    make_template();
    fuzz_empty_directory("run");
    snprintf(world.database, sizeof world.database, "%s", fuzz_path("run/data.edb"));
    copy_template(world.database);
    for (int a = 0; a < 2; a++) {
        actors[a].world = &world;
        actors[a].caller.table = shim_library_table(engine);
        actors[a].row = 1000 + 1000000 * a;
        if (a == 0)
            start(&actors[0], fuzz_path("run"));
        open_session(&actors[a]);
    }
    world.steps = data + (size != 0);
    world.count = size == 0 ? 0 : (size - 1) / 2;
    if (world.count > MOST_STEPS)
        world.count = MOST_STEPS;
    pthread_t other;
    bool two = !world.alone && pthread_create(&other, NULL, act, &actors[1]) == 0;
    (void)act(&actors[0]);
    if (two)
        pthread_join(other, NULL);
    finish(actors);
    return 0;
}
