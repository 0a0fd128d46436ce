/* scenarios/runner/verify.c - the end of a run: term, restart, and what is in the tables.
 *
 * Term ends what actors left: JetTerm first, then the harder forms, so that a restart can be tried
 * even after sessions were left in a transaction. Restart creates every instance of the plan that
 * has tables again, on the same files, and reads the tables from first to last row. What must
 * be there is for the judge.
 *
 * A fault that is meant for the restart disturbs a restart that goes before that one: the same calls, in a phase of its
 * own, and what it reads is not noted. The other one follows with nothing going wrong, and has to succeed.
 */
#include <string.h>

#include "scenarios/runner/world.h"

static JET_ERR call(struct scn_world *world, enum shim_fn fn, const uint64_t *args, int table)
{
    uint64_t all[SHIM_MAX_ARGS] = {0};
    memcpy(all, args, (size_t)shim_function(fn)->param_count * sizeof all[0]);
    return scn_invoke(world->runner, fn, shim_function_default_variant(fn), all, NULL, table);
}

void scn_term(struct scn_world *world, struct scn_instance_state *state)
{
    uint64_t handle = atomic_load(&state->handle);
    call(world, SHIM_FN_JetTerm, (uint64_t[]){handle}, -1);
    if (atomic_load(&state->alive)) {
        call(world, SHIM_FN_JetTerm2, (uint64_t[]){handle, JET_bitTermAbrupt}, -1);
    }
    if (atomic_load(&state->alive)) {
        call(world, SHIM_FN_JetTerm2, (uint64_t[]){handle, JET_bitTermDirty}, -1);
    }
}

void scn_term_all(struct scn_world *world)
{
    for (int i = 0; i < world->instance_count; i++) {
        if (atomic_load(&world->instances[i].alive)) {
            scn_term(world, &world->instances[i]);
        }
    }
}

/* One row: 1, 0 at the end of the table, -1 if the scan cannot go on. */
static int read_row(struct scn_world *world, uint64_t sesid, uint64_t tableid, int table,
                    int64_t index)
{
    int64_t key = 0;
    int32_t version = 0;
    uint32_t actual = 0;
    const JET_COLUMNID *columns = world->tables[table].columns;
    uint64_t where = (uint64_t)(int64_t)(index == 0 ? (int32_t)JET_MoveFirst : JET_MoveNext);
    JET_ERR result = call(world, SHIM_FN_JetMove, (uint64_t[]){sesid, tableid, where, 0}, -1);
    if (result == JET_errNoCurrentRecord) {
        return 0;
    }
    if (result >= 0) {
        result = call(world, SHIM_FN_JetRetrieveColumn,
                      (uint64_t[]){sesid, tableid, columns[0], (uintptr_t)&key, sizeof key,
                                   (uintptr_t)&actual, 0, 0},
                      -1);
    }
    if (result >= 0) {
        result = call(world, SHIM_FN_JetRetrieveColumn,
                      (uint64_t[]){sesid, tableid, columns[1], (uintptr_t)&version, sizeof version,
                                   (uintptr_t)&actual, 0, 0},
                      -1);
    }
    if (result < 0) {
        return -1;
    }
    if (!world->disturbed) {
        scn_event(world->runner, SHIM_EVENT_ROW, world->plan->tables[table].name, NULL, key, version, 0, 0);
    }
    return 1;
}

static void read_table(struct scn_world *world, uint64_t sesid, uint64_t dbid, int table)
{
    const char *name = world->plan->tables[table].name;
    uint64_t tableid = SCN_NIL;
    int64_t rows = 0;
    int more = -1;
    if (!world->disturbed) {
        scn_event(world->runner, SHIM_EVENT_ROWS, name, NULL, 1, 0, 0, 0);
    }
    if (call(world, SHIM_FN_JetOpenTable,
             (uint64_t[]){sesid, dbid, (uintptr_t)name, 0, 0, 0, (uintptr_t)&tableid},
             table) >= 0) {
        if (scn_learn_columns(world->runner, tableid, table) == 0) {
            while ((more = read_row(world, sesid, tableid, table, rows)) == 1) {
                rows++;
            }
        }
        call(world, SHIM_FN_JetCloseTable, (uint64_t[]){sesid, tableid}, -1);
    }
    if (!world->disturbed) {
        scn_event(world->runner, SHIM_EVENT_ROWS_END, name, NULL, rows, more == 0, 0, 0);
    }
}

static void read_database(struct scn_world *world, uint64_t sesid, int database)
{
    char path[SCN_PATH * 2];
    JET_DBID dbid = JET_dbidNil;
    scn_database_path(world, database, path, sizeof path);
    if (call(world, SHIM_FN_JetAttachDatabase, (uint64_t[]){sesid, (uintptr_t)path, 0}, -1) < 0 ||
        call(world, SHIM_FN_JetOpenDatabase,
             (uint64_t[]){sesid, (uintptr_t)path, 0, (uintptr_t)&dbid, 0}, -1) < 0) {
        return;
    }
    for (int t = 0; t < world->plan->table_count; t++) {
        if (world->plan->tables[t].database == database) {
            read_table(world, sesid, dbid, t);
        }
    }
    call(world, SHIM_FN_JetCloseDatabase, (uint64_t[]){sesid, dbid, 0}, -1);
    call(world, SHIM_FN_JetDetachDatabase, (uint64_t[]){sesid, (uintptr_t)path}, -1);
}

static bool has_tables(const struct scn_plan *plan, int instance)
{
    for (int t = 0; t < plan->table_count; t++) {
        if (plan->databases[plan->tables[t].database].instance == instance) {
            return true;
        }
    }
    return false;
}

/* The block `after restart`: on a session, with the first database of the first instance open. What its
 * steps leave open goes with the session. */
static void after_restart(struct scn_world *world)
{
    struct scn_player *runner = world->runner;
    const struct scn_after *after = &world->plan->after;
    char path[SCN_PATH * 2];
    uint64_t sesid = SCN_NIL, handle = atomic_load(&world->instances[0].handle);
    JET_DBID dbid = JET_dbidNil;
    if (!after->has_restart) {
        return;
    }
    if (call(world, SHIM_FN_JetBeginSession, (uint64_t[]){handle, (uintptr_t)&sesid, 0, 0}, -1) < 0) {
        return;
    }
    if (world->plan->database_count > 0 && world->plan->databases[0].instance == 0) {
        scn_database_path(world, 0, path, sizeof path);
        if (call(world, SHIM_FN_JetAttachDatabase, (uint64_t[]){sesid, (uintptr_t)path, 0}, -1) >= 0) {
            call(world, SHIM_FN_JetOpenDatabase,
                 (uint64_t[]){sesid, (uintptr_t)path, 0, (uintptr_t)&dbid, 0}, -1);
        }
    }
    scn_play(runner, after->restart);
    scn_cleanup(runner);
}

static void verify_instance(struct scn_world *world, int instance)
{
    uint64_t sesid = SCN_NIL;
    shim_faults_state("restart");
    scn_event(world->runner, SHIM_EVENT_PHASE, world->disturbed ? "disturbed" : "restart", NULL, 0, 0, 0, 0);
    if (scn_create_instance(world, instance, true) != 0) {
        scn_event(world->runner, SHIM_EVENT_NOTE, "restart", world->message, 0, 0, 0, 0);
        scn_term_all(world);
        return;
    }
    if (!world->disturbed) {
        scn_event(world->runner, SHIM_EVENT_PHASE, "verify", NULL, 0, 0, 0, 0);
    }
    if (instance == 0 && !world->restarted) {
        after_restart(world);
    }
    uint64_t handle = atomic_load(&world->instances[instance].handle);
    if (call(world, SHIM_FN_JetBeginSession, (uint64_t[]){handle, (uintptr_t)&sesid, 0, 0}, -1) >=
        0) {
        for (int d = 0; d < world->plan->database_count; d++) {
            if (world->plan->databases[d].instance == instance) {
                read_database(world, sesid, d);
            }
        }
        call(world, SHIM_FN_JetEndSession, (uint64_t[]){sesid, 0}, -1);
    }
    scn_term(world, &world->instances[instance]);
}

/* Whether an instance of the plan is there still; that is noted. */
static bool any_alive(struct scn_world *world)
{
    for (int i = 0; i < world->instance_count; i++) {
        if (atomic_load(&world->instances[i].alive)) {
            scn_event(world->runner, SHIM_EVENT_NOTE, "term",
                      "an instance could not be terminated: no restart", 0, 0, 0, 0);
            return true;
        }
    }
    return false;
}

static void restart(struct scn_world *world)
{
    for (int i = 0; i < world->plan->instance_count; i++) {
        if (has_tables(world->plan, i) || (i == 0 && world->plan->after.has_restart)) {
            verify_instance(world, i);
        }
    }
}

void scn_start_again(struct scn_world *world)
{
    for (int i = 0; i < world->plan->instance_count && !any_alive(world); i++) {
        scn_event(world->runner, SHIM_EVENT_PHASE, "restart", NULL, 0, 0, 0, 0);
        scn_create_instance(world, i, true);
        scn_term_all(world);
    }
}

void scn_verify(struct scn_world *world)
{
    const struct shim_fault *fault = world->options->fault;
    if (any_alive(world)) {
        return;
    }
    world->runner->open_count = 0;
    if (world->plan->after.has_death) {
        shim_faults_state("death");
        bool disturbs = fault != NULL && strcmp(fault->state, "death") == 0;
        scn_event(world->runner, SHIM_EVENT_PHASE, disturbs ? "disturbed" : "death", NULL, 0, 0, 0, 0);
        scn_play(world->runner, world->plan->after.death);
        world->runner->open_count = 0;
    }
    if (fault != NULL && strcmp(fault->state, "restart") == 0) {
        world->disturbed = true;
        restart(world);
        world->disturbed = false;
        world->restarted = true;
        world->runner->open_count = 0;
    }
    if (fault != NULL && scn_fault_is_later(fault)) {
        shim_faults_clear();
        scn_term_all(world);
        if (any_alive(world)) {
            scn_event(world->runner, SHIM_EVENT_NOTE, SCN_NOT_ENDED, "no form of JetTerm ended it", 0, 0, 0, 0);
            return;
        }
    }
    restart(world);
}
