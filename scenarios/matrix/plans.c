/* scenarios/matrix/plans.c - the plan of a cell, written as a script.
 *
 * Cells are scripts like any other, so that one that failed can be saved, read and run by itself. The
 * caller's explicit, empty clean-up marks the end of its steps in the history: the call in question
 * is its last call of the function before that.
 */
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "scenarios/fixture/fixture.h"
#include "scenarios/language/language.h"
#include "scenarios/matrix/matrix.h"

#define SCRIPT_ROOM 16384
/* The databases of the template: one for every cell, and one for the call that JetTerm waits for. */
#define SMALL "database data\ntable rows in data rows 20\n"
#define LARGE "database large\ntable many in large rows 60000\n"
#define BITS(x) "JET_bitStopService" x

#define NEEDS_NO_INSTANCE 0x80000000u    /* beside SCN_NEED_*: the process has none yet */
#define NEEDS_OTHER_INSTANCE 0x40000000u /* a second one, so that the process stays in multi-instance mode */

struct script {
    char text[SCRIPT_ROOM];
    size_t used;
    bool full;
};

__attribute__((format(printf, 2, 3))) static void add(struct script *script, const char *format,
                                                      ...)
{
    va_list arguments;
    va_start(arguments, format);
    int length = vsnprintf(script->text + script->used, SCRIPT_ROOM - script->used, format,
                           arguments);
    va_end(arguments);
    if (length < 0 || (size_t)length >= SCRIPT_ROOM - script->used) {
        script->full = true;
    } else {
        script->used += (size_t)length;
    }
}

const char *scn_matrix_state_name(enum scn_matrix_state state)
{
    static const char *const names[] = {
#define X(id, name) name,
        SCN_MATRIX_STATES(X)
#undef X
    };
    return names[state];
}

/* The parameter that carries the handle of a function's kind, or -1. */
static int handle_param(enum shim_fn fn)
{
    static const enum shim_role roles[][2] = {
        [SHIM_HANDLE_NONE] = {SHIM_ROLE_COUNT, SHIM_ROLE_COUNT},
        [SHIM_HANDLE_LEGACY] = {SHIM_ROLE_COUNT, SHIM_ROLE_COUNT},
        [SHIM_HANDLE_INSTANCE] = {SHIM_ROLE_IN_INSTANCE, SHIM_ROLE_INOUT_INSTANCE},
        [SHIM_HANDLE_SESSION] = {SHIM_ROLE_IN_SESID, SHIM_ROLE_COUNT},
        [SHIM_HANDLE_DATABASE] = {SHIM_ROLE_IN_DBID, SHIM_ROLE_COUNT},
        [SHIM_HANDLE_CURSOR] = {SHIM_ROLE_IN_TABLEID, SHIM_ROLE_COUNT},
        [SHIM_HANDLE_SNAPSHOT] = {SHIM_ROLE_IN_SNAPID, SHIM_ROLE_COUNT},
    };
    enum shim_handle handle = shim_function(fn)->handle;
    for (int i = 0; i < 2; i++) {
        if (roles[handle][i] != SHIM_ROLE_COUNT) {
            int param = shim_param_with_role(fn, roles[handle][i]);
            if (param >= 0) {
                return param;
            }
        }
    }
    return -1;
}

bool scn_state_needs_running(enum scn_matrix_state state)
{
    return state >= SCN_STATE_STOPPED && state <= SCN_STATE_TERMINATING;
}

bool scn_state_of_backup(enum scn_matrix_state state)
{
    return state >= SCN_STATE_BACKUP && state <= SCN_STATE_BACKUP_NEXT;
}

/* The functions to which a backup of somebody's means something. */
static bool concerns_backup(enum shim_fn fn, enum scn_matrix_state state)
{
    switch (fn) {
    case SHIM_FN_JetBackup:
    case SHIM_FN_JetBackupInstance:
    case SHIM_FN_JetBeginExternalBackup:
    case SHIM_FN_JetBeginExternalBackupInstance:
    case SHIM_FN_JetStopBackup:
    case SHIM_FN_JetStopBackupInstance:
        return true;
    case SHIM_FN_JetAttachDatabase:
    case SHIM_FN_JetAttachDatabase2:
    case SHIM_FN_JetDetachDatabase:
    case SHIM_FN_JetDetachDatabase2:
    case SHIM_FN_JetTerm:
    case SHIM_FN_JetTerm2:
    case SHIM_FN_JetStopServiceInstance:
    case SHIM_FN_JetCommitTransaction:
        return state != SCN_STATE_BACKUP_NEXT;
    default: /* those that need a backup have one in their control, too */
        return shim_function(fn)->is_public && (scn_fixture(fn)->needs & SCN_NEED_BACKUP) != 0 &&
               state != SCN_STATE_BACKUP;
    }
}

bool scn_cell_exists(enum shim_fn fn, enum scn_matrix_state state)
{
    bool bad_handle = state == SCN_STATE_STALE || state == SCN_STATE_NIL ||
                      state == SCN_STATE_GARBAGE;
    /* What runs a backup cannot be frozen, nor what has no log, as instances of the one-instance mode here. */
    bool other = state == SCN_STATE_FROZEN &&
                 (scn_fixture(fn)->needs & (SCN_NEED_BACKUP | SCN_NEED_LEGACY)) != 0;
    if (scn_state_of_backup(state)) {
        return concerns_backup(fn, state);
    }
    return shim_function(fn)->is_public && (!bad_handle || handle_param(fn) >= 0) && !other;
}

static void steps(struct script *script, const char *lines)
{
    while (lines != NULL && *lines != '\0') {
        size_t length = strcspn(lines, "\n");
        add(script, "    %.*s\n", (int)length, lines);
        lines += length + (lines[length] == '\n');
    }
}

static bool has_snapshot(const struct scn_fixture *fixture)
{
    return (fixture->needs & SCN_NEED_SNAPSHOT) != 0 ||
           (fixture->before != NULL && strstr(fixture->before, "JetOSSnapshotPrepare") != NULL);
}

#define SOLE "    JetSetSystemParameter pinstance=null paramid=JET_param"

/* The sole instance of one-instance mode: without a log, which leaves no files; or with one, in a folder of the run, and the
 * database attached. What is set here stays set for the cells that follow in the same process. */
static void sole_instance(struct script *script, bool with_file, bool with_large)
{
    if (!with_file) {
        add(script, SOLE "Recovery szParam=\"off\"\n    JetInit pinstance=null\n");
        return;
    }
    add(script, SOLE "Recovery szParam=\"on\"\n" SOLE "CreatePathIfNotExist lParam=1\n"
                SOLE "LogFileSize lParam=64\n" SOLE "SystemPath szParam=\"sole\"\n"
                SOLE "LogFilePath szParam=\"sole\"\n" SOLE "TempPath szParam=\"sole\"\n"
                "    JetInit pinstance=null\n    JetBeginSession\n    JetAttachDatabase\n"
                "%s    JetEndSession\n",
        with_large ? "    JetAttachDatabase szFilename=\"large\"\n" : ""); /* not under a backup */
}

/* A backup; in the state behind a stopped one, after one. */
static void begin_backup(struct script *script, bool legacy, enum scn_matrix_state state)
{
    const char *of = legacy ? "" : "Instance";
    if (state == SCN_STATE_BACKUP_NEXT) {
        add(script,
            "    JetBeginExternalBackup%s\n    JetStopBackup%s\n    JetEndExternalBackup%s\n", of, of,
            of);
    }
    add(script, "    JetBeginExternalBackup%s\n", of);
}

static bool ends_instance(const struct scn_fixture *fixture)
{
    return fixture->before != NULL && strstr(fixture->before, "JetTerm instance=null") != NULL;
}

/* What SCN_NEED_* asks for, in the order in which it can be had. */
static void needs(struct script *script, const struct scn_fixture *fixture, unsigned need,
                  enum scn_matrix_state state)
{
    if ((need & SCN_NEED_LEGACY) != 0) {
        sole_instance(script, (need & SCN_NEED_FILE) != 0, state == SCN_STATE_TERMINATING);
    }
    if ((need & (SCN_NEED_SESSION | SCN_NEED_DATABASE | SCN_NEED_CURSOR | SCN_NEED_TRANSACTION |
                 SCN_NEED_UPDATE | SCN_NEED_CONTEXT | SCN_NEED_KEY)) != 0) {
        add(script, "    JetBeginSession\n");
    }
    if ((need & (SCN_NEED_DATABASE | SCN_NEED_CURSOR | SCN_NEED_UPDATE | SCN_NEED_KEY)) != 0) {
        add(script, "    JetAttachDatabase\n    JetOpenDatabase\n");
    }
    if ((need & SCN_NEED_CONTEXT) != 0) {
        add(script, "    JetSetSessionContext ulContext=7\n");
    }
    if ((need & (SCN_NEED_TRANSACTION | SCN_NEED_UPDATE)) != 0) {
        add(script, "    JetBeginTransaction\n");
    }
    if ((need & (SCN_NEED_CURSOR | SCN_NEED_UPDATE | SCN_NEED_KEY)) != 0) {
        add(script, "    JetOpenTable\n    JetMove cRow=JET_MoveFirst\n");
    }
    if ((need & SCN_NEED_KEY) != 0) {
        add(script, "    JetMakeKey\n");
    }
    if ((need & SCN_NEED_UPDATE) != 0) {
        add(script, "    JetPrepareUpdate prep=JET_prepInsert\n    JetSetColumn\n");
    }
    if ((need & SCN_NEED_BACKUP) != 0) {
        begin_backup(script, (need & SCN_NEED_LEGACY) != 0, state);
    }
    if (has_snapshot(fixture) && state == SCN_STATE_FROZEN) {
        return; /* there is one at a time */
    }
    if ((need & SCN_NEED_SNAPSHOT) != 0) {
        add(script, "    JetOSSnapshotPrepare\n");
    }
    steps(script, fixture->before);
}

/* A handle of the function's kind that was valid and is not any more. */
static void make_stale(struct script *script, enum shim_fn fn)
{
    switch (shim_function(fn)->handle) {
    case SHIM_HANDLE_INSTANCE:
        add(script, "    JetCreateInstance szInstanceName=\"gone\" -> gone\n"
                    "    JetTerm instance=gone\n");
        break;
    case SHIM_HANDLE_SESSION:
        add(script, "    JetBeginSession -> gone\n    JetEndSession sesid=gone\n");
        break;
    case SHIM_HANDLE_DATABASE:
        add(script, "    JetCloseDatabase\n");
        break;
    case SHIM_HANDLE_CURSOR:
        add(script, "    JetOpenTable -> gone\n    JetCloseTable tableid=gone\n");
        break;
    case SHIM_HANDLE_SNAPSHOT:
        add(script, "    JetOSSnapshotPrepare -> gone\n    JetOSSnapshotAbort snapId=gone\n");
        break;
    default:
        break;
    }
}

static void bring_about(struct script *script, enum shim_fn fn, enum scn_matrix_state state)
{
    const struct scn_fixture *fixture = scn_fixture(fn);
    bool legacy = (fixture->needs & SCN_NEED_LEGACY) != 0;
    bool in_transaction =
        (fixture->needs & (SCN_NEED_TRANSACTION | SCN_NEED_UPDATE)) != 0 ||
        (fixture->before != NULL && strstr(fixture->before, "JetBeginTransaction") != NULL);
    static const char *const stops[SCN_STATE_COUNT][2] = {
        [SCN_STATE_STOPPED_ALL] = {BITS("All")},
        [SCN_STATE_TASKS] = {BITS("BackgroundUserTasks")},
        [SCN_STATE_CACHES] = {BITS("QuiesceCaches")},
        [SCN_STATE_BOTH] = {BITS("BackgroundUserTasks") " | " BITS("QuiesceCaches")},
        [SCN_STATE_TASKS_RESUMED] = {BITS("BackgroundUserTasks"),
                                     BITS("Resume") " | " BITS("BackgroundUserTasks")},
        [SCN_STATE_CACHES_RESUMED] = {BITS("QuiesceCaches"),
                                      BITS("Resume") " | " BITS("QuiesceCaches")},
        [SCN_STATE_BOTH_RESUMED] = {BITS("BackgroundUserTasks") " | " BITS("QuiesceCaches"),
                                    BITS("Resume") " | " BITS("BackgroundUserTasks") " | " BITS(
                                        "QuiesceCaches")},
        [SCN_STATE_BOTH_RESUMED_ALL] = {BITS("BackgroundUserTasks") " | " BITS("QuiesceCaches"),
                                        BITS("Resume")},
        [SCN_STATE_ALL_RESUMED_TASKS] = {BITS("All"),
                                         BITS("Resume") " | " BITS("BackgroundUserTasks")},
        [SCN_STATE_ALL_RESUMED_CACHES] = {BITS("All"),
                                          BITS("Resume") " | " BITS("QuiesceCaches")},
        [SCN_STATE_ALL_RESUMED_BOTH] = {BITS("All"), BITS("Resume") " | " BITS(
                                                         "BackgroundUserTasks") " | " BITS(
                                                         "QuiesceCaches")},
        [SCN_STATE_ALL_RESUMED] = {BITS("All"), BITS("Resume")},
    };
    if (state == SCN_STATE_STOPPED) {
        add(script, legacy ? "    JetStopService\n" : "    JetStopServiceInstance\n");
    } else if (state == SCN_STATE_TERMINATED) {
        if (in_transaction) {
            add(script, "    JetRollback\n");
        }
        if (has_snapshot(fixture)) {
            add(script, "    JetOSSnapshotAbort\n"); /* else the term waits for its end */
        }
        add(script, "    JetTerm\n");
    } else if (state == SCN_STATE_TERMINATING) {
        add(script, "    signal ready\n    aim JetTerm\n    pause 300\n");
    } else if (state == SCN_STATE_FROZEN) {
        /* A call that waits for the thaw gets it by the timeout. */
        add(script, "    JetSetSystemParameter paramid=JET_paramOSSnapshotTimeout lParam=%d\n"
                    "    JetOSSnapshotPrepare\n    JetOSSnapshotFreeze\n", SCN_MATRIX_FREEZE_MS);
    } else if (state == SCN_STATE_STALE) {
        make_stale(script, fn);
    } else if (scn_state_of_backup(state)) {
        bool has = (fixture->needs & SCN_NEED_BACKUP) != 0;
        if (!has && state != SCN_STATE_BACKUP_NEXT) {
            begin_backup(script, legacy, state);
        } else if (!has) {
            add(script, legacy ? "    JetBeginExternalBackup\n    JetStopBackup\n"
                                 "    JetEndExternalBackup\n"
                               : "    JetBeginExternalBackupInstance\n    JetStopBackupInstance\n"
                                 "    JetEndExternalBackupInstance\n");
        }
        if (state == SCN_STATE_BACKUP_STOPPED) {
            add(script, legacy ? "    JetStopBackup\n" : "    JetStopBackupInstance\n");
        }
    }
    for (int i = 0; i < 2 && stops[state][i] != NULL; i++) {
        add(script, "    JetStopServiceInstance2 grbit=%s\n", stops[state][i]);
    }
}

static bool is_handle_in(enum shim_role role)
{
    return role == SHIM_ROLE_IN_INSTANCE || role == SHIM_ROLE_INOUT_INSTANCE ||
           role == SHIM_ROLE_IN_SESID || role == SHIM_ROLE_IN_DBID ||
           role == SHIM_ROLE_IN_TABLEID || role == SHIM_ROLE_IN_SNAPID;
}

/* Whether the fixture's arguments give this parameter a value themselves. */
static bool gives(const char *args, const char *param)
{
    size_t length = strlen(param);
    for (const char *at = args; at != NULL && (at = strstr(at, param)) != NULL; at += length) {
        if ((at == args || at[-1] == ' ') && at[length] == '=') {
            return true;
        }
    }
    return false;
}

/* The fixture's arguments without those that give `param` a value. */
static void args_without(struct script *script, const char *args, const char *param)
{
    size_t length = strlen(param);
    const char *at = args;
    while (at != NULL && (at = strstr(at, param)) != NULL &&
           ((at != args && at[-1] != ' ') || at[length] != '=')) {
        at += length;
    }
    if (at == NULL) {
        add(script, " %s", args);
        return;
    }
    const char *end = at + strcspn(at, " ");
    add(script, " %.*s%s", (int)(at - args), args, end);
}

static void call(struct script *script, const struct scn_fixture *fixture,
                 enum scn_matrix_state state)
{
    const struct shim_function *function = shim_function(fixture->fn);
    int handle = handle_param(fixture->fn);
    const char *bad = state == SCN_STATE_STALE     ? "stale"
                      : state == SCN_STATE_NIL     ? "nil"
                      : state == SCN_STATE_GARBAGE ? "garbage"
                                                   : NULL;
    add(script, "    %s",
        shim_function_export(fixture->fn, shim_function_default_variant(fixture->fn)));
    if (bad != NULL) {
        const char *name = function->params[handle].name;
        add(script, " %s=%s", name, bad);
        if (fixture->args != NULL) {
            args_without(script, fixture->args, name);
        }
    } else {
        /* After a term every handle that the caller had is dead; they are what is passed. */
        for (int i = 0; state == SCN_STATE_TERMINATED && i < function->param_count; i++) {
            if (is_handle_in(function->params[i].role) &&
                !gives(fixture->args, function->params[i].name)) {
                add(script, " %s=stale", function->params[i].name);
            }
        }
        if (fixture->args != NULL) {
            add(script, " %s", fixture->args);
        }
    }
    add(script, "\n");
}

static void head(struct script *script, const char *name, unsigned need, const char *data)
{
    bool none = (need & (SCN_NEED_LEGACY | NEEDS_NO_INSTANCE)) != 0;
    bool created = (need & SCN_NEED_CREATED) != 0;
    add(script, "scenario %s\ntitle \"a cell of the matrix\"\ninstance main%s\n", name,
        none      ? " none"
        : created ? " created"
                  : "");
    if ((need & NEEDS_OTHER_INSTANCE) != 0) {
        add(script, "instance other created\n");
    }
    add(script, "%s", data);
}

struct scn_plan *scn_cell_plan(enum shim_fn fn, enum scn_matrix_state state, char *error,
                               size_t error_size)
{
    const struct scn_fixture *fixture = scn_fixture(fn);
    struct script *script = calloc(1, sizeof *script);
    char name[128];
    struct scn_plan *plan = NULL;
    if (script == NULL) {
        snprintf(error, error_size, "out of memory");
        return NULL;
    }
    snprintf(name, sizeof name, "%s-%s", shim_function(fn)->name, scn_matrix_state_name(state));
    unsigned need = fixture->needs;
    if (scn_state_of_backup(state)) {
        need |= SCN_NEED_FILE;
    }
    bool data = (need & ~(SCN_NEED_INSTANCE | SCN_NEED_SNAPSHOT | SCN_NEED_CREATED |
                          SCN_NEED_LEGACY)) != 0;
    if (need == 0 && state == SCN_STATE_NONE) {
        need = NEEDS_NO_INSTANCE;
    } else if (state == SCN_STATE_TERMINATED &&
               shim_function(fn)->handle == SHIM_HANDLE_INSTANCE) {
        need |= NEEDS_OTHER_INSTANCE; /* else the last handle dies with the mode that it was for */
    }
    head(script, name, need, data ? SMALL : "");
    add(script, "%s", state == SCN_STATE_TERMINATING ? LARGE : "");
    bool snapshot = has_snapshot(fixture) || fn == SHIM_FN_JetOSSnapshotPrepare ||
                    state == SCN_STATE_FROZEN;
    add(script, "actor " SCN_MATRIX_CALLER "\n");
    if (snapshot && state == SCN_STATE_TERMINATING) {
        add(script, "    wait opened\n"); /* in a freeze nothing can be attached */
    }
    needs(script, fixture, need, state);
    if (ends_instance(fixture) &&
        (scn_state_needs_running(state) || state == SCN_STATE_TERMINATED)) {
        add(script, "    JetInit pinstance=null\n");
    }
    if ((need & SCN_NEED_CREATED) != 0 && scn_state_needs_running(state)) {
        add(script, "    JetInit\n");
    }
    bring_about(script, fn, state);
    call(script, fixture, state);
    add(script, "cleanup\n    %s\n", snapshot ? "JetOSSnapshotAbort" : "pause 0");
    if (state == SCN_STATE_FROZEN) {
        add(script, "    JetSetSystemParameter paramid=JET_paramOSSnapshotTimeout lParam=70000\n"); /* as it was */
    }
    add(script, "end\n");
    if (state == SCN_STATE_TERMINATING) {
        add(script, "actor " SCN_MATRIX_LONG "\n%s", snapshot ? "" : "    wait ready\n");
        add(script, "    JetBeginSession\n"
                    "    JetAttachDatabase szFilename=\"large\"\n"
                    "    JetOpenDatabase szFilename=\"large\"\n"
                    "    JetOpenTable szTableName=\"many\"\n"
                    "    JetMove cRow=JET_MoveFirst\n");
        add(script, "%s", snapshot ? "    signal opened\n    wait ready\n" : "");
        add(script, "    signal counting\n    JetIndexRecordCount\ncleanup\n"
                    "    pause 0\nend\n"
                    "actor terminator\n    wait counting\n    aim JetIndexRecordCount\n"
                    "    JetTerm\ncleanup\n    pause 0\nend\n");
    }
    add(script, "expect no-overlap\n");
    if (script->full) {
        snprintf(error, error_size, "%s: the script of the cell is too long", name);
    } else {
        plan = scn_parse(name, script->text, script->used, error, error_size);
    }
    free(script);
    return plan;
}

struct scn_plan *scn_matrix_template(char *error, size_t error_size)
{
    struct script *script = calloc(1, sizeof *script);
    struct scn_plan *plan = NULL;
    if (script != NULL) {
        head(script, "matrix-template", 0, SMALL LARGE);
        add(script, "actor nobody\n    pause 0\nend\nexpect no-overlap\n");
        plan = scn_parse("matrix-template", script->text, script->used, error, error_size);
        free(script);
    }
    return plan;
}
