/* reports/contract/contract.c - the tables, and how they are asked. */
#include "reports/contract/contract.h"

#include <string.h>

/* ---- rules
 * -------------------------------------------------------------------------------------------- */

struct row {
    enum rpt_gate gate;
    enum rpt_rule after_stop[2];        /* by profile */
    enum rpt_rule after_stop_backup[2]; /* by profile */
};

static const struct row rows[SHIM_FN_COUNT] = {
#define RPT_FUNCTION(fn, gate, documented, ese, backup_documented, backup_ese)                     \
    [SHIM_FN_##fn] = {RPT_GATE_##gate,                                                             \
                      {RPT_##documented, RPT_##ese},                                               \
                      {RPT_##backup_documented, RPT_##backup_ese}},
#include "reports/contract/functions.def"
#undef RPT_FUNCTION
};

static const char *const gate_names[] = {
    [RPT_GATE_SESID] = "session",
    [RPT_GATE_SESID_DBID] = "session+database",
    [RPT_GATE_SESID_IGNORE] = "session, ignores the stop",
    [RPT_GATE_SESID_DBID_IGNORE] = "session+database, ignores the stop",
    [RPT_GATE_INST] = "instance",
    [RPT_GATE_INST_VIA_SESID] = "instance of the session",
    [RPT_GATE_INST_NOINIT] = "instance, initialised or not",
    [RPT_GATE_INIT] = "init",
    [RPT_GATE_TERM] = "term",
    [RPT_GATE_FIND] = "look-up only",
    [RPT_GATE_LEGACY_INST] = "sole instance",
    [RPT_GATE_LEGACY_FIND] = "sole instance, look-up only",
    [RPT_GATE_LEGACY_INIT] = "sole instance, init",
    [RPT_GATE_NONE] = "none",
    [RPT_GATE_STUB] = "stub",
    [RPT_GATE_MIXED] = "mixed",
};

static const char *const profile_names[] = {[RPT_DOCUMENTED] = "documented", [RPT_ESE] = "ese"};

bool rpt_profile_find(const char *name, enum rpt_profile *profile)
{
    for (int i = RPT_DOCUMENTED; i <= RPT_ESE; i++) {
        if (strcmp(name, profile_names[i]) == 0) {
            *profile = (enum rpt_profile)i;
            return true;
        }
    }
    return false;
}

const char *rpt_profile_name(enum rpt_profile profile)
{
    return profile_names[profile];
}

enum rpt_gate rpt_contract_gate(enum shim_fn fn)
{
    return rows[fn].gate;
}

const char *rpt_gate_name(enum rpt_gate gate)
{
    return gate_names[gate];
}

enum rpt_rule rpt_contract_after_stop(enum rpt_profile profile, enum shim_fn fn)
{
    return rows[fn].after_stop[profile];
}

enum rpt_rule rpt_contract_after_stop_backup(enum rpt_profile profile, enum shim_fn fn)
{
    return rows[fn].after_stop_backup[profile];
}

/* ---- return codes
 * ------------------------------------------------------------------------------------- */

struct pair {
    int16_t fn;
    int16_t deviation;
    JET_ERR code;
};

static const struct pair returns[] = {
#define RPT_RETURN(fn, code) {SHIM_FN_##fn, 0, code},
#include "reports/contract/returns.inc"
#undef RPT_RETURN
};

static const struct pair silent[] = {
#define RPT_SILENT(fn, code, deviation, page) {SHIM_FN_##fn, deviation, code},
#include "reports/contract/silent.inc"
#undef RPT_SILENT
};

static const struct pair observed[] = {
#define RPT_OBSERVED(fn, code) {SHIM_FN_##fn, 0, code},
#include "reports/contract/observed.inc"
#undef RPT_OBSERVED
};

static const struct pair deviations_of[] = {
#define RPT_DEVIATION(number, text)
#define RPT_DEVIATION_OF(fn, code, number) {SHIM_FN_##fn, number, code},
#include "reports/contract/deviations.inc"
#undef RPT_DEVIATION
#undef RPT_DEVIATION_OF
};

/* What a function carries; `to` of general.inc. */
enum {
    TO_SESSION = 1,
    TO_DATABASE = 2,
    TO_CURSOR = 4,
    TO_INSTANCE = 8,
    TO_LEGACY = 16,
    TO_TIED = 32, /* to an instance, by whatever handle */
    TO_PARAMETERS = 64,
    TO_GRBIT = 128,
    TO_TEXT = 256,
    TO_SIZED = 512,
    TO_ANY = 1024,
    TO_FILES = 2048 /* works on an instance's files without having its handle: snapshots, restores */
};

enum {
    IN_STOPPED = 1 << RPT_STATE_STOPPED,
    IN_TERMINATING = 1 << RPT_STATE_TERMINATING,
    IN_TERMINATED = 1 << RPT_STATE_TERMINATED,
    IN_NOT_INITIALIZED = 1 << RPT_STATE_NOT_INITIALIZED,
    IN_EVERY = (1 << RPT_STATE_COUNT) - 1
};

struct general {
    JET_ERR code;
    unsigned to;
    unsigned states;
};

static const struct general general[] = {
#define SESSION                             TO_SESSION
#define DATABASE                            TO_DATABASE
#define CURSOR                              TO_CURSOR
#define INSTANCE                            TO_INSTANCE
#define LEGACY                              TO_LEGACY
#define TIED                                TO_TIED
#define PARAMETERS                          TO_PARAMETERS
#define GRBIT                               TO_GRBIT
#define TEXT                                TO_TEXT
#define SIZED                               TO_SIZED
#define ANY                                 TO_ANY
#define FILES                               TO_FILES
#define STOPPED                             IN_STOPPED
#define TERMINATING                         IN_TERMINATING
#define TERMINATED                          IN_TERMINATED
#define NOT_INITIALIZED                     IN_NOT_INITIALIZED
#define EVERY                               IN_EVERY
#define RPT_GENERAL(code, to, states, page) {code, to, states},
#include "reports/contract/general.inc"
#undef RPT_GENERAL
};

static unsigned carries(enum shim_fn fn)
{
    const struct shim_function *f = shim_function(fn);
    unsigned what = TO_ANY;
    what |= fn == SHIM_FN_JetIntersectIndexes ? (unsigned)TO_CURSOR : 0; /* in its JET_INDEXRANGEs */
    switch (f->handle) {
    case SHIM_HANDLE_CURSOR:
    case SHIM_HANDLE_DATABASE:
    case SHIM_HANDLE_SESSION:
        what |= TO_SESSION | TO_TIED;
        break;
    case SHIM_HANDLE_INSTANCE:
        what |= TO_INSTANCE | TO_TIED;
        break;
    case SHIM_HANDLE_LEGACY:
        what |= TO_LEGACY | TO_TIED;
        break;
    case SHIM_HANDLE_SNAPSHOT:
        what |= TO_FILES;
        break;
    case SHIM_HANDLE_NONE:
        what |= fn == SHIM_FN_JetExternalRestore || fn == SHIM_FN_JetExternalRestore2 ? (unsigned)TO_FILES : 0;
        break;
    }
    if (!f->is_public) { /* their parameters are not listed */
        return what | TO_PARAMETERS | TO_GRBIT | TO_TEXT | TO_SIZED;
    }
    for (int i = 0; i < f->param_count; i++) {
        what |= TO_PARAMETERS;
        switch (f->params[i].role) {
        case SHIM_ROLE_IN_SESID:
            what |= TO_SESSION | TO_TIED;
            break;
        case SHIM_ROLE_IN_DBID:
            what |= TO_DATABASE;
            break;
        case SHIM_ROLE_IN_TABLEID:
            what |= TO_CURSOR;
            break;
        case SHIM_ROLE_IN_INSTANCE:
        case SHIM_ROLE_INOUT_INSTANCE:
            what |= TO_INSTANCE | TO_TIED;
            break;
        case SHIM_ROLE_IN_GRBIT:
            what |= TO_GRBIT;
            break;
        case SHIM_ROLE_IN_TEXT:
            what |= TO_TEXT;
            break;
        case SHIM_ROLE_IN_SIZE:
            what |= TO_SIZED;
            break;
        case SHIM_ROLE_IN_STRUCT:
        case SHIM_ROLE_INOUT_STRUCT: /* structs carry names, sizes and bits of their own */
            what |= TO_TEXT | TO_GRBIT | TO_SIZED;
            break;
        default:
            break;
        }
    }
    return what;
}

/* Functions whose page has no table of codes of its own: the page of the base form speaks for them.
 */
static enum shim_fn base_form(enum shim_fn fn)
{
    switch (fn) {
    case SHIM_FN_JetInit2:
    case SHIM_FN_JetInit3:
    case SHIM_FN_JetInit4:
        return SHIM_FN_JetInit;
    case SHIM_FN_JetDefragment3:
        return SHIM_FN_JetDefragment2;
    case SHIM_FN_JetGetSessionParameter:
        return SHIM_FN_JetSetSessionParameter;
    default:
        return SHIM_FN_NONE;
    }
}

static const struct pair *find(const struct pair *pairs, size_t count, enum shim_fn fn,
                               JET_ERR code)
{
    for (size_t i = 0; i < count; i++) {
        if (pairs[i].code == code && pairs[i].fn == (int)fn) {
            return &pairs[i];
        }
    }
    return NULL;
}

#define FIND(table, fn, code) find(table, sizeof table / sizeof table[0], fn, code)

static bool on_a_page(enum shim_fn fn, JET_ERR code)
{
    enum shim_fn base = base_form(fn);
    return FIND(returns, fn, code) != NULL || FIND(silent, fn, code) != NULL ||
           (base != SHIM_FN_NONE && on_a_page(base, code));
}

static bool in_general(enum shim_fn fn, enum rpt_state state, JET_ERR code)
{
    unsigned what = carries(fn);
    for (size_t i = 0; i < sizeof general / sizeof general[0]; i++) {
        if (general[i].code == code && (general[i].to & what) != 0 &&
            (general[i].states & (1u << state)) != 0) {
            return true;
        }
    }
    return false;
}

bool rpt_contract_documents(enum rpt_profile profile, enum shim_fn fn, enum rpt_state state,
                            JET_ERR code)
{
    if (code == JET_errSuccess || on_a_page(fn, code) || in_general(fn, state, code)) {
        return true;
    }
    return profile == RPT_ESE && FIND(observed, fn, code) != NULL;
}

/* ---- deviations and clauses
 * --------------------------------------------------------------------------- */

int rpt_contract_deviation(enum shim_fn fn, JET_ERR code)
{
    const struct pair *found = FIND(deviations_of, fn, code);
    if (found == NULL) {
        found = FIND(silent, fn, code);
    }
    if (found != NULL && found->deviation != 0) {
        return found->deviation;
    }
    if (code == RPT_STOP_CODE && rows[fn].after_stop[RPT_ESE] == RPT_DENIED &&
        FIND(returns, fn, code) == NULL) {
        return 4;
    }
    if (code == RPT_STOP_CODE && rows[fn].after_stop[RPT_DOCUMENTED] == RPT_OPEN &&
        rows[fn].after_stop[RPT_ESE] == RPT_ALLOWED) {
        return 1;
    }
    return 0;
}

static const char *const deviation_texts[] = {
#define RPT_DEVIATION(number, text) [number] = text,
#define RPT_DEVIATION_OF(fn, code, number)
#include "reports/contract/deviations.inc"
#undef RPT_DEVIATION
#undef RPT_DEVIATION_OF
};

const char *rpt_deviation_text(int number)
{
    if (number < 1 || (size_t)number >= sizeof deviation_texts / sizeof deviation_texts[0]) {
        return NULL;
    }
    return deviation_texts[number];
}

static const struct rpt_clause clauses[] = {
#define RPT_CLAUSE(id, page, text) {id, page, text},
#include "reports/contract/clauses.inc"
#undef RPT_CLAUSE
};

const struct rpt_clause *rpt_clause_find(const char *id)
{
    for (size_t i = 0; i < sizeof clauses / sizeof clauses[0]; i++) {
        if (strcmp(clauses[i].id, id) == 0) {
            return &clauses[i];
        }
    }
    return NULL;
}

const struct rpt_clause *rpt_clause_all(size_t *count)
{
    *count = sizeof clauses / sizeof clauses[0];
    return clauses;
}
