/* scenarios/runner/setup.c - brings the plan's world about.
 *
 * For every instance of the plan: a directory of its own, JetCreateInstance, parameters, JetInit;
 * for every database on it JetCreateDatabase; for every table JetCreateTableColumnIndex and its rows,
 * all with a session of the runner that is ended afterwards. The databases stay attached. An
 * instance that the plan wants `created` or `none` is initialised for its databases, terminated,
 * and created again or left to the actors.
 */
#include <stdio.h>
#include <string.h>

#include "scenarios/runner/world.h"

#define SCN_ROWS_PER_TRANSACTION 500

/* Sizes that keep a run small, and room for as many actors as a plan can have. An engine that does not
 * know one of them is left with its own default. */
static const struct {
    uint32_t param;
    uint64_t value;
} sizes[] = {
    {JET_paramCreatePathIfNotExist, 1},
    {JET_paramMaxSessions, 600},
    {JET_paramMaxOpenTables, 4096},
    {JET_paramMaxCursors, 8192},
    {JET_paramMaxVerPages, 4096},
    {JET_paramLogFileSize, 512},
    {JET_paramDbExtensionSize, 16},
    {JET_paramNoInformationEvent, 1},
    {JET_paramEventLoggingLevel, JET_EventLoggingDisable},
};

int scn_setup_failed(struct scn_world *world, enum shim_fn fn, const char *what, JET_ERR result)
{
    const char *name = shim_error_name(result);
    world->failure = result;
    if (result == SHIM_ERR_MISSING) {
        snprintf(world->message, sizeof world->message, "the engine does not export %s",
                 shim_function(fn)->name);
    } else if (result == SHIM_ERR_STUB) {
        snprintf(world->message, sizeof world->message, "%s is a stub of the engine",
                 shim_function(fn)->name);
    } else {
        snprintf(world->message, sizeof world->message, "%s for %.100s gave %d%s%s",
                 shim_function(fn)->name, what, (int)result, name != NULL ? " " : "",
                 name != NULL ? name : "");
    }
    return -1;
}

static JET_ERR call(struct scn_world *world, enum shim_fn fn, const uint64_t *args, int table)
{
    uint64_t all[SHIM_MAX_ARGS] = {0};
    memcpy(all, args, (size_t)shim_function(fn)->param_count * sizeof all[0]);
    return scn_invoke(world->runner, fn, shim_function_default_variant(fn), all, NULL, table);
}

void scn_database_path(const struct scn_world *world, int database, char *path, size_t size)
{
    const struct scn_database *plan = &world->plan->databases[database];
    snprintf(path, size, "%s%s.edb", world->instances[plan->instance].directory, plan->name);
}

static JET_ERR set(struct scn_player *player, uint64_t handle, uint32_t param, uint64_t number,
                   const char *text)
{
    uint64_t cell = handle;
    return scn_invoke(player, SHIM_FN_JetSetSystemParameter,
                      shim_function_default_variant(SHIM_FN_JetSetSystemParameter),
                      (uint64_t[SHIM_MAX_ARGS]){(uintptr_t)&cell, SCN_NIL, param, number,
                                                (uintptr_t)text},
                      NULL, -1);
}

static int set_list(struct scn_player *player, uint64_t handle, const struct scn_setting *settings,
                    int count)
{
    for (int i = 0; i < count; i++) {
        const struct scn_value *value = &settings[i].value;
        bool text = value->kind == SCN_VALUE_TEXT;
        JET_ERR result = set(player, handle, (uint32_t)settings[i].param,
                             text ? 0 : (uint64_t)value->number, text ? value->text : NULL);
        if (result < 0) {
            return scn_setup_failed(player->world, SHIM_FN_JetSetSystemParameter,
                                    settings[i].param_name, result);
        }
    }
    return 0;
}

int scn_configure(struct scn_player *player, struct scn_instance_state *state, uint64_t handle)
{
    static const uint32_t paths[] = {JET_paramSystemPath, JET_paramTempPath,
                                     JET_paramLogFilePath};
    struct scn_world *world = player->world;
    if (state->directory[0] == '\0') { /* not in the plan: its own place all the same */
        pthread_mutex_lock(&world->lock);
        snprintf(state->directory, sizeof state->directory, "%.900sextra-%d" SCN_SEPARATOR,
                 world->directory, (int)(state - world->instances));
        pthread_mutex_unlock(&world->lock);
        scn_make_directory(state->directory);
    }
    for (size_t i = 0; i < sizeof paths / sizeof paths[0]; i++) {
        JET_ERR result = set(player, handle, paths[i], 0, state->directory);
        if (result < 0) {
            return scn_setup_failed(world, SHIM_FN_JetSetSystemParameter, "a path", result);
        }
    }
    for (size_t i = 0; i < sizeof sizes / sizeof sizes[0]; i++) {
        set(player, handle, sizes[i].param, sizes[i].value, NULL);
    }
    /* Without it an engine refuses local storage (JetSetLS). */
    set(player, handle, JET_paramRuntimeCallback, (uintptr_t)scn_fixture_callback, NULL);
    if (state->plan >= 0) {
        const struct scn_instance *plan = &world->plan->instances[state->plan];
        if (set_list(player, handle, plan->settings, plan->setting_count) != 0) {
            return -1;
        }
    }
    return set_list(player, handle, world->options->settings, world->options->setting_count);
}

/* Has the instance say whether it recovers: then what a dirty end may leave is known. */
static void ask_for_recovery(struct scn_world *world, uint64_t handle)
{
    char text[64] = "";
    uint64_t number = 0;
    call(world, SHIM_FN_JetGetSystemParameter,
         (uint64_t[]){handle, SCN_NIL, JET_paramRecovery, (uintptr_t)&number, (uintptr_t)text,
                      sizeof text},
         -1);
}

int scn_create_instance(struct scn_world *world, int instance, bool init)
{
    const char *name = world->plan->instances[instance].name;
    struct scn_instance_state *state = &world->instances[instance];
    uint64_t handle = SCN_NIL;
    scn_make_directory(state->directory);
    world->failure = 0;
    world->runner->making = instance; /* scn_follow configures it */
    JET_ERR result = call(world, SHIM_FN_JetCreateInstance,
                          (uint64_t[]){(uintptr_t)&handle, (uintptr_t)name}, -1);
    world->runner->making = -1;
    if (result < 0) {
        return scn_setup_failed(world, SHIM_FN_JetCreateInstance, name, result);
    }
    scn_event(world->runner, SHIM_EVENT_OBJECT, name, "instance", (int64_t)handle, 0, 0, 0);
    if (world->failure < 0) {
        return -1; /* of scn_configure */
    }
    if (init) {
        result = call(world, SHIM_FN_JetInit, (uint64_t[]){(uintptr_t)&handle}, -1);
        if (result < 0) {
            return scn_setup_failed(world, SHIM_FN_JetInit, name, result);
        }
        ask_for_recovery(world, handle);
    }
    return 0;
}

/* The table of fixed shape, with its columns learned. */
static int create_table(struct scn_world *world, uint64_t sesid, uint64_t dbid, int table,
                        uint64_t *tableid)
{
    static const JET_COLTYP types[SCN_COLUMNS] = {JET_coltypCurrency, JET_coltypLong,
                                                  JET_coltypLong, JET_coltypBinary};
    JET_COLUMNCREATE_A columns[SCN_COLUMNS];
    JET_INDEXCREATE_A index = {.cbStruct = sizeof index};
    JET_TABLECREATE_A create = {.cbStruct = sizeof create};
    char names[SCN_COLUMNS][32], key[40], index_name[] = "primary", table_name[SCN_MAX_WORD + 1];
    memset(columns, 0, sizeof columns);
    for (int i = 0; i < SCN_COLUMNS; i++) {
        snprintf(names[i], sizeof names[i], "%s", scn_fixture_columns[i]);
        columns[i].cbStruct = sizeof columns[i];
        columns[i].szColumnName = names[i];
        columns[i].coltyp = types[i];
        columns[i].cbMax = types[i] == JET_coltypBinary ? 128 : 0;
    }
    /* "+key\0\0" */
    memset(key, 0, sizeof key);
    snprintf(key, sizeof key - 1, "+%s", names[0]);
    index.szIndexName = index_name;
    index.szKey = key;
    index.cbKey = (JET_ULONG)strlen(key) + 2;
    index.grbit = JET_bitIndexPrimary;
    index.ulDensity = 80;
    snprintf(table_name, sizeof table_name, "%s", world->plan->tables[table].name);
    create.szTableName = table_name;
    create.ulPages = 4;
    create.ulDensity = 80;
    create.rgcolumncreate = columns;
    create.cColumns = SCN_COLUMNS;
    create.rgindexcreate = &index;
    create.cIndexes = 1;
    JET_ERR result = call(world, SHIM_FN_JetCreateTableColumnIndex,
                          (uint64_t[]){sesid, dbid, (uintptr_t)&create}, table);
    if (result < 0) {
        return scn_setup_failed(world, SHIM_FN_JetCreateTableColumnIndex, table_name, result);
    }
    for (int i = 0; i < SCN_COLUMNS; i++) {
        world->tables[table].columns[i] = columns[i].columnid;
    }
    world->tables[table].known = true;
    *tableid = create.tableid;
    return 0;
}

int scn_learn_columns(struct scn_player *player, uint64_t tableid, int table)
{
    uint64_t sesid = scn_current_value(player, SCN_KIND_SESSION);
    for (int i = 0; i < SCN_COLUMNS; i++) {
        JET_COLUMNDEF def = {.cbStruct = sizeof def};
        JET_ERR result = scn_invoke(
            player, SHIM_FN_JetGetTableColumnInfo,
            shim_function_default_variant(SHIM_FN_JetGetTableColumnInfo),
            (uint64_t[SHIM_MAX_ARGS]){sesid, tableid, (uintptr_t)scn_fixture_columns[i],
                                      (uintptr_t)&def, sizeof def, JET_ColInfo},
            NULL, -1);
        if (result < 0) {
            return scn_setup_failed(player->world, SHIM_FN_JetGetTableColumnInfo,
                                    scn_fixture_columns[i], result);
        }
        player->world->tables[table].columns[i] = def.columnid;
    }
    player->world->tables[table].known = true;
    return 0;
}

static int preload(struct scn_world *world, uint64_t sesid, uint64_t tableid, int table)
{
    int64_t rows = world->plan->tables[table].rows;
    const char *name = world->plan->tables[table].name;
    JET_ERR result = 0;
    for (int64_t key = 1; key <= rows && result >= 0; key++) {
        if ((key - 1) % SCN_ROWS_PER_TRANSACTION == 0) {
            result = call(world, SHIM_FN_JetBeginTransaction, (uint64_t[]){sesid}, -1);
        }
        if (result >= 0) {
            result = scn_row_add(world->runner, table, tableid, key, 0);
        }
        if (result >= 0 && (key % SCN_ROWS_PER_TRANSACTION == 0 || key == rows)) {
            result = call(world, SHIM_FN_JetCommitTransaction, (uint64_t[]){sesid, 0}, -1);
        }
    }
    if (result < 0) {
        return scn_setup_failed(world, SHIM_FN_JetUpdate, name, result);
    }
    scn_event(world->runner, SHIM_EVENT_PRELOAD, name, NULL, rows, 0, 0, 0);
    return 0;
}

static int open_table(struct scn_world *world, uint64_t sesid, uint64_t dbid, int table,
                      uint64_t *tableid)
{
    const char *name = world->plan->tables[table].name;
    JET_ERR result =
        call(world, SHIM_FN_JetOpenTable,
             (uint64_t[]){sesid, dbid, (uintptr_t)name, 0, 0, 0, (uintptr_t)tableid}, table);
    if (result < 0) {
        return scn_setup_failed(world, SHIM_FN_JetOpenTable, name, result);
    }
    scn_event(world->runner, SHIM_EVENT_PRELOAD, name, NULL, world->plan->tables[table].rows, 0, 0,
              0);
    return scn_learn_columns(world->runner, *tableid, table);
}

static int tables_of(struct scn_world *world, uint64_t sesid, uint64_t dbid, int database)
{
    for (int t = 0; t < world->plan->table_count; t++) {
        uint64_t tableid = SCN_NIL;
        if (world->plan->tables[t].database != database) {
            continue;
        }
        if (world->options->template_directory != NULL) {
            if (open_table(world, sesid, dbid, t, &tableid) != 0) {
                return -1;
            }
        } else if (create_table(world, sesid, dbid, t, &tableid) != 0 ||
                   preload(world, sesid, tableid, t) != 0) {
            return -1;
        }
        call(world, SHIM_FN_JetCloseTable, (uint64_t[]){sesid, tableid}, -1);
    }
    return 0;
}

/* Creates a database, or copies it from the template and attaches it. */
static int create_database(struct scn_world *world, uint64_t sesid, int database, JET_DBID *dbid)
{
    char path[SCN_PATH * 2], from[SCN_PATH * 2];
    const struct scn_database *plan = &world->plan->databases[database];
    enum shim_fn fn = SHIM_FN_JetCreateDatabase;
    JET_ERR result = 0;
    scn_database_path(world, database, path, sizeof path);
    if (world->options->template_directory != NULL) {
        snprintf(from, sizeof from, "%s" SCN_SEPARATOR "%s" SCN_SEPARATOR "%s.edb",
                 world->options->template_directory, world->plan->instances[plan->instance].name,
                 plan->name);
        if (scn_copy_file(from, path) != 0) {
            snprintf(world->message, sizeof world->message, "cannot copy %.200s", from);
            world->failure = JET_errFileNotFound;
            return -1;
        }
        fn = SHIM_FN_JetAttachDatabase;
        result = call(world, fn, (uint64_t[]){sesid, (uintptr_t)path, 0}, -1);
        if (result >= 0) {
            fn = SHIM_FN_JetOpenDatabase;
        }
    }
    if (result >= 0) {
        result = call(world, fn, (uint64_t[]){sesid, (uintptr_t)path, 0, (uintptr_t)dbid, 0}, -1);
    }
    return result < 0 ? scn_setup_failed(world, fn, plan->name, result) : 0;
}

static int databases_of(struct scn_world *world, int instance)
{
    uint64_t sesid = SCN_NIL, handle = atomic_load(&world->instances[instance].handle);
    JET_ERR result = call(world, SHIM_FN_JetBeginSession,
                          (uint64_t[]){handle, (uintptr_t)&sesid, 0, 0}, -1);
    if (result < 0) {
        return scn_setup_failed(world, SHIM_FN_JetBeginSession,
                                world->plan->instances[instance].name, result);
    }
    for (int d = 0; d < world->plan->database_count; d++) {
        JET_DBID dbid = JET_dbidNil;
        if (world->plan->databases[d].instance != instance) {
            continue;
        }
        if (create_database(world, sesid, d, &dbid) != 0 ||
            tables_of(world, sesid, dbid, d) != 0) {
            return -1;
        }
        call(world, SHIM_FN_JetCloseDatabase, (uint64_t[]){sesid, dbid, 0}, -1);
    }
    result = call(world, SHIM_FN_JetEndSession, (uint64_t[]){sesid, 0}, -1);
    return result < 0 ? scn_setup_failed(world, SHIM_FN_JetEndSession, "set-up", result) : 0;
}

static bool has_databases(const struct scn_plan *plan, int instance)
{
    for (int d = 0; d < plan->database_count; d++) {
        if (plan->databases[d].instance == instance) {
            return true;
        }
    }
    return false;
}

static int setup_instance(struct scn_world *world, int i)
{
    enum scn_instance_start start = world->plan->instances[i].start;
    bool databases = has_databases(world->plan, i);
    scn_make_directory(world->instances[i].directory);
    if (start == SCN_START_INIT || databases) {
        if (scn_create_instance(world, i, true) != 0 ||
            (databases && databases_of(world, i) != 0)) {
            return -1;
        }
        if (start == SCN_START_INIT) {
            return 0;
        }
        scn_term(world, &world->instances[i]);
        if (atomic_load(&world->instances[i].alive)) {
            return scn_setup_failed(world, SHIM_FN_JetTerm, world->plan->instances[i].name,
                                    JET_errInternalError);
        }
        atomic_store(&world->instances[i].handle, SCN_NIL);
    }
    return start == SCN_START_CREATED ? scn_create_instance(world, i, false) : 0;
}

int scn_setup(struct scn_world *world)
{
    for (int i = 0; i < world->plan->instance_count; i++) {
        if (setup_instance(world, i) != 0) {
            return -1;
        }
    }
    memcpy(world->stale, world->runner->stale, sizeof world->stale);
    return 0;
}
