/* scenarios/runner/call.c - one call of an actor: arguments, the call itself, what follows. */
#include <stdio.h>
#include <string.h>

#include "reports/contract/contract.h"
#include "scenarios/language/language.h"
#include "scenarios/runner/world.h"

#define SCN_MAX_OBJECTS 64 /* OBJECT events per actor: names in loops would flood the history */

void scn_event(struct scn_player *player, enum shim_event_kind kind, const char *name,
               const char *text, int64_t v0, int64_t v1, int64_t v2, int64_t v3)
{
    shim_record_event(player->recording, kind, name, text, (int64_t[4]){v0, v1, v2, v3});
}

void *scn_arena(struct scn_player *player, size_t size)
{
    struct scn_env *env = &player->env;
    size_t at = (env->arena_used + 15u) & ~(size_t)15u;
    if (at + size > SCN_ARENA) {
        return NULL;
    }
    env->arena_used = at + size;
    memset(env->arena + at, 0, size);
    return env->arena + at;
}

void scn_refresh_env(struct scn_player *player)
{
    struct scn_env *env = &player->env;
    env->instance = scn_current_value(player, SCN_KIND_INSTANCE);
    env->sesid = scn_current_value(player, SCN_KIND_SESSION);
    env->dbid = (JET_DBID)scn_current_value(player, SCN_KIND_DATABASE);
    env->tableid = scn_current_value(player, SCN_KIND_CURSOR);
    env->snapid = scn_current_value(player, SCN_KIND_SNAPSHOT);
    env->file = scn_current_value(player, SCN_KIND_FILE);
    env->arena_used = 0;
    const struct scn_open *cursor = scn_current(player, SCN_KIND_CURSOR);
    const struct scn_world *world = player->world;
    int table = cursor != NULL ? cursor->table : -1;
    if (table < 0 && world->plan->table_count > 0) {
        table = 0;
    }
    if (table >= 0) {
        const JET_COLUMNID *columns = world->tables[table].columns;
        env->columnid_key = columns[0];
        env->columnid_version = columns[1];
        env->columnid_owner = columns[2];
        env->columnid_payload = columns[3];
    }
}

bool scn_is_stop(enum shim_fn fn)
{
    return fn == SHIM_FN_JetStopService || fn == SHIM_FN_JetStopServiceInstance ||
           fn == SHIM_FN_JetStopServiceInstance2;
}

static bool stops_a_backup(enum shim_fn fn)
{
    return fn == SHIM_FN_JetStopBackup || fn == SHIM_FN_JetStopBackupInstance;
}

static bool shuts_the_gate(const struct shim_call *call)
{
    if (call->fn == SHIM_FN_JetStopServiceInstance2) {
        return (uint32_t)call->args[1] == JET_bitStopServiceAll;
    }
    return scn_is_stop(call->fn);
}

/* Memory that the engine handed out goes back at once, unless a name holds it. */
static void free_handed_out(struct scn_player *player, const struct shim_call *call)
{
    int param = shim_param_with_role(call->fn, SHIM_ROLE_OUT_POINTER);
    if (param < 0 || call->args[param] == 0 || call->fn == SHIM_FN_JetEnumerateColumns) {
        return;
    }
    uint64_t memory = *(const uint64_t *)(uintptr_t)call->args[param];
    if (memory != 0) {
        scn_invoke(player, SHIM_FN_JetFreeBuffer, SHIM_PLAIN, &memory, NULL, -1);
    }
}

JET_ERR scn_invoke(struct scn_player *player, enum shim_fn fn, enum shim_variant variant,
                   const uint64_t *args, const char *bind, int table)
{
    struct shim_call call = {.fn = fn, .variant = variant};
    memcpy(call.args, args, (size_t)shim_function(fn)->param_count * sizeof args[0]);
    uint64_t begin = scn_now_us();
    JET_ERR result = shim_invoke(&player->caller, &call);
    call.result = result;
    player->last_us = scn_now_us() - begin;
    if (player->last_us >
        atomic_load_explicit(&player->world->longest_us[fn], memory_order_relaxed)) {
        atomic_store_explicit(&player->world->longest_us[fn], player->last_us,
                              memory_order_relaxed);
    }
    if (player->own) {
        scn_count_given(player, fn, result);
    }
    atomic_store_explicit(&player->finished[fn],
                          atomic_load_explicit(&player->finished[fn], memory_order_relaxed) + 1,
                          memory_order_relaxed);
    scn_moved(player->world);
    player->calls++;
    player->failed += result < 0;
    if (scn_is_stop(fn)) {
        player->stops = true;
        if (result >= 0 && shuts_the_gate(&call)) {
            atomic_store_explicit(&player->world->stopped, true, memory_order_relaxed);
        }
    } else if (result == RPT_STOP_CODE) {
        player->denied = true;
        player->step_denied = true;
    }
    scn_follow(player, &call, bind, table);
    if (result >= 0) {
        scn_keep_list(player, &call);
    }
    if (result >= 0 && bind == NULL) {
        free_handed_out(player, &call);
    }
    return result;
}

JET_ERR scn_invoke_default(struct scn_player *player, enum shim_fn fn,
                           const struct scn_given *given, int count)
{
    uint64_t args[SHIM_MAX_ARGS] = {0};
    enum shim_variant variant = shim_function_default_variant(fn);
    const struct shim_function *function = shim_function(fn);
    scn_refresh_env(player);
    for (int i = 0; i < function->param_count; i++) {
        if (scn_fixture_arg(fn, variant, i, &player->env, &args[i]) != 0) {
            return JET_errOutOfMemory;
        }
        for (int g = 0; g < count; g++) {
            if (strcmp(given[g].param, function->params[i].name) == 0) {
                args[i] = given[g].value;
            }
        }
    }
    return scn_invoke(player, fn, variant, args, NULL, -1);
}

/* Instances are shown by the one parameter that every stop shares; readable in every state. */
void scn_show_state(struct scn_player *player, uint64_t instance, int after)
{
    uint64_t depth = 0;
    char text[32];
    const struct scn_instance_state *state = scn_instance_of(player->world, instance);
    if (state == NULL || !atomic_load_explicit(&state->alive, memory_order_relaxed)) {
        return; /* nothing is seen of an instance that is not there */
    }
    if (scn_watches_stops(player->world)) {
        scn_show_parameters(player, instance, after);
        return;
    }
    JET_ERR result = scn_invoke(player, SHIM_FN_JetGetSystemParameter,
                                shim_function_default_variant(SHIM_FN_JetGetSystemParameter),
                                (uint64_t[SHIM_MAX_ARGS]){instance, SCN_NIL,
                                                          JET_paramCheckpointDepthMax,
                                                          (uintptr_t)&depth, 0, 0},
                                NULL, -1);
    if (result < 0) {
        return;
    }
    snprintf(text, sizeof text, "%llu", (unsigned long long)depth);
    scn_event(player, SHIM_EVENT_PROBE, "JET_paramCheckpointDepthMax", text, after,
              (int64_t)instance, (int64_t)depth, 0);
}

/* Whether the call wants a folder there: a plain name is then one of the run. */
static bool names_folder(const struct scn_call *step, const struct shim_param *param)
{
    static const char *const folders[] = {"szBackupPath", "szSource", "sz", "szDest",
                                          "szCheckpointFilePath", "szLogPath", "szBackupLogPath"};
    for (size_t i = 0; i < sizeof folders / sizeof folders[0]; i++) {
        if (strcmp(param->name, folders[i]) == 0) {
            return true;
        }
    }
    int of = shim_param_find(step->fn, "paramid");
    for (int i = 0; step->fn == SHIM_FN_JetSetSystemParameter && i < step->arg_count; i++) {
        int64_t number = step->args[i].value.number;
        if (step->args[i].param == of && strcmp(param->name, "szParam") == 0) {
            return number == JET_paramSystemPath || number == JET_paramTempPath ||
                   number == JET_paramLogFilePath;
        }
    }
    return false;
}

/* Text for a parameter: names of the plan's databases and of folders of the run become paths, everything else stays. */
static int text_argument(struct scn_player *player, const struct scn_call *step,
                         const struct shim_param *param, const char *text, uint64_t *value)
{
    const struct scn_plan *plan = player->world->plan;
    char path[SCN_PATH];
    for (int i = 0; i < plan->database_count; i++) {
        bool names_file = strstr(param->name, "Filename") != NULL ||
                          strstr(param->name, "DatabaseName") != NULL ||
                          strstr(param->name, "szDatabaseSrc") != NULL;
        if (names_file && strcmp(plan->databases[i].name, text) == 0) {
            scn_database_path(player->world, i, path, sizeof path);
            text = path;
        }
    }
    if (names_folder(step, param) && text[0] != '\0' && strpbrk(text, "/\\") == NULL) {
        scn_folder_path(player->world, text, path, sizeof path);
        text = path;
    }
    return scn_fixture_text(step->variant, text, &player->env, value);
}

/* The word for one given argument. Behind a pointer that the call reads (JetInit's pinstance, the
 * value of JetGetSystemParameter) the word lies in the arena. */
static int given_argument(struct scn_player *player, const struct scn_call *step,
                          const struct scn_arg *arg, uint64_t *value)
{
    const struct shim_param *param = &shim_function(step->fn)->params[arg->param];
    enum scn_kind kind = SCN_KIND_COUNT;
    scn_kind_of_role(param->role, &kind);
    if (arg->value.kind == SCN_VALUE_TEXT) {
        return text_argument(player, step, param, arg->value.text, value);
    }
    *value = scn_value_number(player, &arg->value, kind);
    if (param->role == SHIM_ROLE_IN_CONTEXT && *value == SCN_NIL) {
        *value = 0; /* the call that should have given the memory failed: there is none to free */
    } else if (arg->value.kind != SCN_VALUE_NULL && (param->role == SHIM_ROLE_INOUT_INSTANCE ||
                                              param->role == SHIM_ROLE_INOUT_API_PTR)) {
        uint64_t *cell = scn_arena(player, sizeof *cell);
        if (cell == NULL) {
            return -1;
        }
        *cell = *value;
        *value = (uintptr_t)cell;
    } else if (param->width == 4) {
        bool is_signed = strcmp(param->type, "JET_LONG") == 0;
        *value = is_signed ? (uint64_t)(int64_t)(int32_t)*value : *value & UINT32_MAX;
    }
    return 0;
}

/* A field may lie in a larger struct than the default buffer is for. */
static int room_for_field(struct scn_player *player, const struct scn_call *step, uint64_t *args)
{
    const struct shim_function *function = shim_function(step->fn);
    struct scn_field field;
    if (step->field == NULL || !scn_field_find(step->fn, step->field, &field) ||
        function->params[field.param].role != SHIM_ROLE_OUT_DATA) {
        return 0;
    }
    void *room = scn_arena(player, field.size);
    if (room == NULL) {
        return -1;
    }
    args[field.param] = (uintptr_t)room;
    for (int i = field.param + 1; i < function->param_count; i++) {
        if (function->params[i].role == SHIM_ROLE_IN_SIZE) {
            args[i] = field.size;
            break;
        }
    }
    return 0;
}

static int make_arguments(struct scn_player *player, const struct scn_call *step, uint64_t *args)
{
    const struct shim_function *function = shim_function(step->fn);
    for (int i = 0; i < function->param_count; i++) {
        const struct scn_arg *given = NULL;
        for (int g = 0; g < step->arg_count; g++) {
            if (step->args[g].param == i) {
                given = &step->args[g];
            }
        }
        int failed = given != NULL ? given_argument(player, step, given, &args[i])
                                   : scn_fixture_arg(step->fn, step->variant, i, &player->env,
                                                     &args[i]);
        if (failed != 0) {
            return -1;
        }
    }
    return room_for_field(player, step, args);
}

/* Whether the script left out a handle that the call is about, or names one, and the actor has none: what
 * should have given it was refused. Such a call would say nothing but that nil is no handle. */
static bool lacks_handle(const struct scn_call *step, const uint64_t *args)
{
    static const struct {
        enum shim_role role;
        uint64_t nil;
    } handles[] = {{SHIM_ROLE_IN_SESID, SCN_NIL},
                   {SHIM_ROLE_IN_DBID, JET_dbidNil},
                   {SHIM_ROLE_IN_TABLEID, SCN_NIL}};
    enum shim_handle kind = shim_function(step->fn)->handle;
    if (kind != SHIM_HANDLE_SESSION && kind != SHIM_HANDLE_DATABASE && kind != SHIM_HANDLE_CURSOR) {
        return false;
    }
    for (size_t i = 0; i < sizeof handles / sizeof handles[0]; i++) {
        int param = shim_param_with_role(step->fn, handles[i].role);
        bool meant = false;
        for (int g = 0; g < step->arg_count; g++) {
            meant = meant || (step->args[g].param == param &&
                              step->args[g].value.kind != SCN_VALUE_NAME);
        }
        if (param >= 0 && !meant && args[param] == handles[i].nil) {
            return true;
        }
    }
    return false;
}

/* The result that `-> name` takes. */
static bool bound_result(const struct scn_call *step, const uint64_t *args, JET_ERR result,
                         uint64_t *value, const char **role_name)
{
    struct scn_field field;
    if (step->field != NULL) { /* whatever the call returned: what counts is what it left there */
        if (result == SHIM_ERR_MISSING || result == SHIM_ERR_STUB ||
            !scn_field_find(step->fn, step->field, &field) || args[field.param] == 0) {
            return false;
        }
        uint32_t narrow = 0;
        *value = 0;
        const unsigned char *at = (const unsigned char *)(uintptr_t)args[field.param];
        if (field.width == 8) {
            memcpy(value, at + field.offset, sizeof *value);
        } else {
            memcpy(&narrow, at + field.offset, sizeof narrow);
            *value = narrow;
        }
        *role_name = step->field;
        return true;
    }
    if (result < 0) {
        return false;
    }
    int param = scn_bind_param(step->fn);
    if (param < 0 || args[param] == 0) {
        return false;
    }
    enum shim_role role = shim_function(step->fn)->params[param].role;
    const void *cell = (const void *)(uintptr_t)args[param];
    bool narrow = role == SHIM_ROLE_OUT_DBID || role == SHIM_ROLE_OUT_COLUMNID ||
                  role == SHIM_ROLE_OUT_INT || role == SHIM_ROLE_OUT_SIZE ||
                  role == SHIM_ROLE_OUT_GRBIT;
    *value = narrow ? *(const uint32_t *)cell : *(const uint64_t *)cell;
    *role_name = shim_role_name(role);
    return true;
}

/* Expectations that fail are always noted, those that hold once per step and actor. */
static void note_expectation(struct scn_player *player, const struct scn_step *step,
                             const JET_ERR *expected, int expected_count, enum scn_in in,
                             JET_ERR result)
{
    const struct scn_call *call = &step->u.call;
    bool held = false;
    char name[128], text[256];
    size_t used;
    if (result == SHIM_ERR_MISSING || result == SHIM_ERR_STUB ||
        result == JET_errFeatureNotAvailable) {
        return; /* the engine does not have the function: the judge says that */
    }
    for (int i = 0; i < expected_count; i++) {
        held = held || expected[i] == result;
    }
    if (held) {
        for (int i = 0; i < player->held_count; i++) {
            if (player->held[i] == expected) {
                return;
            }
        }
        if (player->held_count < (int)(sizeof player->held / sizeof player->held[0])) {
            player->held[player->held_count++] = expected;
        }
    }
    const char *code = shim_error_name(result);
    snprintf(name, sizeof name, "%s in line %d", shim_function(call->fn)->name, step->pos.line);
    used = (size_t)snprintf(text, sizeof text, "gave %d%s%s; the script expects", (int)result,
                            code != NULL ? " " : "", code != NULL ? code : "");
    for (int i = 0; i < expected_count && used < sizeof text; i++) {
        code = shim_error_name(expected[i]);
        used += (size_t)snprintf(text + used, sizeof text - used, "%s %d%s%s",
                                 i == 0 ? "" : " or", (int)expected[i],
                                 code != NULL ? " " : "", code != NULL ? code : "");
    }
    scn_event(player, SHIM_EVENT_EXPECT, name, text, held, 0, in, 0);
}

/* The table of the plan that a call opens, by the name it was given, or -1. */
static int table_opened(const struct scn_player *player, const struct scn_call *step)
{
    const struct scn_plan *plan = player->world->plan;
    const char *name = player->env.table;
    int param = shim_param_find(step->fn, "szTableName");
    if (param < 0) {
        return -1;
    }
    for (int i = 0; i < step->arg_count; i++) {
        if (step->args[i].param == param) {
            name = step->args[i].value.kind == SCN_VALUE_TEXT ? step->args[i].value.text : "";
        }
    }
    for (int i = 0; name != NULL && i < plan->table_count; i++) {
        if (strcmp(plan->tables[i].name, name) == 0) {
            return i;
        }
    }
    return -1;
}

void scn_play_call(struct scn_player *player, const struct scn_step *step)
{
    const struct scn_call *call = &step->u.call;
    uint64_t args[SHIM_MAX_ARGS] = {0};
    bool stop = scn_is_stop(call->fn);
    uint64_t instance = SCN_NIL;

    scn_refresh_env(player);
    if (make_arguments(player, call, args) != 0) {
        scn_event(player, SHIM_EVENT_NOTE, "arguments too large", shim_function(call->fn)->name, 0,
                  0, 0, 0);
        return;
    }
    if (lacks_handle(call, args)) {
        return;
    }
    if (stop || stops_a_backup(call->fn)) {
        instance = player->env.instance;
        if (shim_function(call->fn)->param_count > 0 && scn_instance_of(player->world, args[0]) != NULL) {
            instance = args[0];
        }
    }
    if (stop) {
        if (!player->shown_before) {
            scn_show_state(player, instance, 0);
        }
        player->shown_before = false;
    }
    const char *name = call->field != NULL ? NULL : call->bind; /* of what the call gives out */
    JET_ERR result = scn_invoke(player, call->fn, call->variant, args, name,
                                table_opened(player, call));
    if (result == SHIM_ERR_MISSING) {
        scn_event(player, SHIM_EVENT_NOTE, "missing", shim_function(call->fn)->name, 0, 0, 0, 0);
    }
    if (stop) {
        scn_show_state(player, instance, 1);
    }
    if (result < 0 && (stop || stops_a_backup(call->fn)) && scn_watches_stops(player->world)) {
        scn_probe_failed_stop(player, instance);
    }
    if (result >= 0) {
        scn_note_backup(player, call);
    }
    if (call->expected_count > 0) {
        note_expectation(player, step, call->expected, call->expected_count, SCN_IN_ANY, result);
    }
    if (call->in_expected_count > 0) {
        note_expectation(player, step, call->in_expected, call->in_expected_count, call->in,
                         result);
    }
    uint64_t value;
    const char *kind;
    if (call->bind != NULL && bound_result(call, args, result, &value, &kind)) {
        scn_bind(player, call->bind, value);
        if (player->objects < SCN_MAX_OBJECTS) {
            player->objects++;
            scn_event(player, SHIM_EVENT_OBJECT, call->bind, kind, (int64_t)value, 0, 0, 0);
        }
    }
}
