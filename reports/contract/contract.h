/* reports/contract/contract.h - the promises, as tables.
 *
 * Two profiles: `documented` is what the documentation pages state, `ese` is what Microsoft's engine
 * does. Where the documentation is silent or contradicts itself the documented profile is open: any
 * of the readings conforms.
 *
 * Thread safety: constant data.
 */
#ifndef ESECHECK_REPORTS_CONTRACT_CONTRACT_H
#define ESECHECK_REPORTS_CONTRACT_CONTRACT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <esent.h>

#include "shims/call/api.h"

enum rpt_profile { RPT_DOCUMENTED, RPT_ESE };

/* What a profile says about a function after a stop. */
enum rpt_rule {
    RPT_ALLOWED, /* must not be refused because of the stop */
    RPT_DENIED,  /* must be refused with the stop's code */
    RPT_OPEN     /* nothing is promised */
};

/* The gate that a function passes in the original (gate.tsv); for reports and for the matrix. */
enum rpt_gate {
    RPT_GATE_SESID, RPT_GATE_SESID_DBID, RPT_GATE_SESID_IGNORE, RPT_GATE_SESID_DBID_IGNORE,
    RPT_GATE_INST, RPT_GATE_INST_VIA_SESID, RPT_GATE_INST_NOINIT, RPT_GATE_INIT, RPT_GATE_TERM,
    RPT_GATE_FIND, RPT_GATE_LEGACY_INST, RPT_GATE_LEGACY_FIND, RPT_GATE_LEGACY_INIT,
    RPT_GATE_NONE, RPT_GATE_STUB, RPT_GATE_MIXED
};

/* States of an instance in which pages promise something of every call. */
enum rpt_state {
    RPT_STATE_NONE,           /* running */
    RPT_STATE_STOPPED,        /* JetStopServiceInstance or Instance2(All) returned success */
    RPT_STATE_TERMINATING,    /* a JetTerm is in progress */
    RPT_STATE_TERMINATED,     /* JetTerm returned success: handle is dead */
    RPT_STATE_NOT_INITIALIZED,/* created only */
    RPT_STATE_COUNT
};

bool rpt_profile_find(const char *name, enum rpt_profile *profile);
const char *rpt_profile_name(enum rpt_profile profile);

enum rpt_gate rpt_contract_gate(enum shim_fn fn);
const char *rpt_gate_name(enum rpt_gate gate);

/* The rule for `fn` after a successful JetStopServiceInstance or Instance2(All). */
enum rpt_rule rpt_contract_after_stop(enum rpt_profile profile, enum shim_fn fn);
/* The code of a denial by that stop: JET_errClientRequestToStopJetService. */
#define RPT_STOP_CODE JET_errClientRequestToStopJetService

/* The same for a stopped backup. `aborted` becomes JET_errBackupAbortByServer or JET_errNoBackup. */
enum rpt_rule rpt_contract_after_stop_backup(enum rpt_profile profile, enum shim_fn fn);

/* Whether `code` may come from `fn` in `state`: it is on the function's page (JetInit2/3,
 * JetDefragment3, JetGetSessionParameter take the base form's), or on a page that speaks for all calls
 * in that state (stop, term, not initialised, session sharing, out of memory ...), or, in profile
 * ese, it was seen from the original (observed). Success (0) always may. */
bool rpt_contract_documents(enum rpt_profile profile, enum shim_fn fn, enum rpt_state state,
                            JET_ERR code);

/* Numbered deviation of documentation from source (semantics: 1..44) that explains why the profiles
 * differ about `fn`, or 0. rpt_deviation_text(n) is one own sentence about it, or NULL. */
int rpt_contract_deviation(enum shim_fn fn, JET_ERR code);
const char *rpt_deviation_text(int number);

/* A clause: the promise in own words, with the page that makes it. */
struct rpt_clause {
    const char *id;   /* "stop.denied" */
    const char *page; /* documentation page, "jetstopserviceinstance-function" */
    const char *text; /* one own sentence */
};
const struct rpt_clause *rpt_clause_find(const char *id); /* NULL if unknown */
const struct rpt_clause *rpt_clause_all(size_t *count);

#endif
