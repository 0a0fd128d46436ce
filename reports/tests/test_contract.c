/* The tables of the contract against the data they were made from. */
#include <stdlib.h>
#include <string.h>

#include "reports/tests/story.h"
#include "reports/tests/tsv.h"

#include <criterion/criterion.h>

static enum rpt_rule rule_named(const char *name)
{
    if (strcmp(name, "denied") == 0) {
        return RPT_DENIED;
    }
    return strcmp(name, "open") == 0 ? RPT_OPEN
                                     : RPT_ALLOWED; /* allowed, ungated, unaffected, ... */
}

/* The first part of a gate's name in gate.tsv for each of ours. */
static const char *const gates[] = {
    [RPT_GATE_SESID] = "SESID",
    [RPT_GATE_SESID_DBID] = "SESID+DBID",
    [RPT_GATE_SESID_IGNORE] = "SESID/ignore-stop",
    [RPT_GATE_SESID_DBID_IGNORE] = "SESID+DBID/ignore-stop",
    [RPT_GATE_INST] = "INST",
    [RPT_GATE_INST_VIA_SESID] = "INST(via sesid)",
    [RPT_GATE_INST_NOINIT] = "INST-NOINIT",
    [RPT_GATE_INIT] = "INIT",
    [RPT_GATE_TERM] = "TERM",
    [RPT_GATE_FIND] = "FIND",
    [RPT_GATE_LEGACY_INST] = "ONEINST+INST",
    [RPT_GATE_LEGACY_FIND] = "ONEINST+FIND",
    [RPT_GATE_LEGACY_INIT] = "ONEINST-SET+INIT",
    [RPT_GATE_NONE] = "NONE",
    [RPT_GATE_STUB] = "STUB",
    [RPT_GATE_MIXED] = "MIXED",
};

Test(contract, rules_of_every_function)
{
    struct tsv tsv = tsv_read("gate.tsv");
    bool seen[SHIM_FN_COUNT] = {false};
    cr_assert_eq(tsv.rows, 212);
    cr_assert_eq(SHIM_FN_COUNT, 212);
    for (size_t i = 0; i < tsv.rows; i++) {
        const char *const *row = tsv.row[i];
        enum shim_variant variant;
        enum shim_fn fn = shim_function_find(row[0], &variant);
        cr_assert_neq(fn, SHIM_FN_NONE, "%s", row[0]);
        cr_assert_not(seen[fn]);
        seen[fn] = true;
        cr_assert_eq(shim_function(fn)->is_public, strcmp(row[1], "yes") == 0, "%s", row[0]);
        const char *gate = gates[rpt_contract_gate(fn)];
        bool whole = rpt_contract_gate(fn) <= RPT_GATE_INST_NOINIT;
        cr_assert(whole ? strcmp(row[2], gate) == 0 : strncmp(row[2], gate, strlen(gate)) == 0,
                  "%s: %s is not %s", row[0], row[2], gate);
        cr_assert_gt(strlen(rpt_gate_name(rpt_contract_gate(fn))), 3);
        cr_assert_eq(rpt_contract_after_stop(RPT_DOCUMENTED, fn), rule_named(row[3]), "%s", row[0]);
        cr_assert_eq(rpt_contract_after_stop(RPT_ESE, fn), rule_named(row[5]), "%s", row[0]);
        cr_assert_eq(rpt_contract_after_stop_backup(RPT_ESE, fn), rule_named(row[6]), "%s", row[0]);
        if (strcmp(row[6], "denied") == 0) {
            cr_assert_eq(rpt_contract_after_stop_backup(RPT_DOCUMENTED, fn), RPT_DENIED);
        } else {
            cr_assert_neq(rpt_contract_after_stop_backup(RPT_DOCUMENTED, fn), RPT_DENIED);
        }
    }
    tsv_free(&tsv);
}

Test(contract, documented_profile_counts)
{
    int count[3] = {0}, count_public[3] = {0};
    for (int fn = 0; fn < SHIM_FN_COUNT; fn++) {
        enum rpt_rule rule = rpt_contract_after_stop(RPT_DOCUMENTED, (enum shim_fn)fn);
        count[rule]++;
        count_public[rule] += shim_function((enum shim_fn)fn)->is_public;
    }
    cr_assert_eq(count[RPT_ALLOWED] + count[RPT_DENIED] + count[RPT_OPEN], 212);
    cr_assert_eq(count[RPT_ALLOWED], 13); /* six that the page names, two terms, five stops */
    cr_assert_eq(count_public[RPT_ALLOWED], 13);
    cr_assert_eq(count_public[RPT_ALLOWED] + count_public[RPT_DENIED] + count_public[RPT_OPEN],
                 161);
    cr_assert_eq(
        rpt_contract_after_stop_backup(RPT_DOCUMENTED, SHIM_FN_JetEndExternalBackupInstance),
        RPT_ALLOWED);
    cr_assert_eq(
        rpt_contract_after_stop_backup(RPT_DOCUMENTED, SHIM_FN_JetBeginExternalBackupInstance),
        RPT_OPEN);
}

Test(contract, knows_every_documented_return)
{
    struct tsv tsv = tsv_read("documented-returns.tsv");
    cr_assert_eq(tsv.rows, 1586);
    for (size_t i = 0; i < tsv.rows; i++) {
        const char *const *row = tsv.row[i];
        char name[64];
        enum shim_variant variant;
        snprintf(name, sizeof name, "%s", row[0]);
        enum shim_fn fn = shim_function_find(name, &variant);
        cr_assert_neq(fn, SHIM_FN_NONE, "%s", row[0]);
        cr_assert(rpt_contract_documents(RPT_DOCUMENTED, fn, RPT_STATE_NONE, atoi(row[2])), "%s %s",
                  row[0], row[1]);
    }
    tsv_free(&tsv);
}

/* Every public function says something, and not everything. */
Test(contract, does_not_document_everything)
{
    for (int i = 0; i < SHIM_FN_COUNT; i++) {
        enum shim_fn fn = (enum shim_fn)i;
        int known = 0;
        for (JET_ERR code = -4100; code < 2200; code++) {
            known += rpt_contract_documents(RPT_DOCUMENTED, fn, RPT_STATE_NONE, code);
        }
        cr_assert_geq(known, 2, "%s", shim_function(fn)->name);
        cr_assert_leq(known, 110, "%s documents %d codes", shim_function(fn)->name, known);
    }
    cr_assert_not(rpt_contract_documents(RPT_DOCUMENTED, SHIM_FN_JetMove, RPT_STATE_NONE,
                                         JET_errKeyDuplicate));
    cr_assert_not(rpt_contract_documents(RPT_DOCUMENTED, SHIM_FN_JetGetThreadStats,
                                         RPT_STATE_STOPPED, STOPPED));
}

Test(contract, states_have_their_codes)
{
    cr_assert(
        rpt_contract_documents(RPT_DOCUMENTED, SHIM_FN_JetOpenTable, RPT_STATE_STOPPED, STOPPED));
    cr_assert_not(
        rpt_contract_documents(RPT_DOCUMENTED, SHIM_FN_JetOpenTable, RPT_STATE_NONE, STOPPED));
    cr_assert(rpt_contract_documents(RPT_DOCUMENTED, SHIM_FN_JetCloseTable, RPT_STATE_TERMINATING,
                                     JET_errTermInProgress));
    cr_assert_not(rpt_contract_documents(RPT_DOCUMENTED, SHIM_FN_JetCloseTable, RPT_STATE_NONE,
                                         JET_errTermInProgress));
    cr_assert(rpt_contract_documents(RPT_DOCUMENTED, SHIM_FN_JetOpenTable, RPT_STATE_TERMINATED,
                                     JET_errNotInitialized));
    cr_assert(rpt_contract_documents(RPT_DOCUMENTED, SHIM_FN_JetGetVersion, RPT_STATE_NONE,
                                     JET_errInvalidSesid));
    cr_assert_not(rpt_contract_documents(RPT_DOCUMENTED, SHIM_FN_JetGetVersion, RPT_STATE_NONE,
                                         JET_errInvalidTableId));
    cr_assert(rpt_contract_documents(RPT_DOCUMENTED, SHIM_FN_JetMove, RPT_STATE_NONE,
                                     JET_errInvalidTableId));
    cr_assert(rpt_contract_documents(RPT_DOCUMENTED, SHIM_FN_JetIntersectIndexes, RPT_STATE_NONE,
                                     JET_errInvalidTableId));
}

/* A file that may not be touched is a matter of calls that need one by its name; records do not. */
Test(contract, access_to_files_is_for_calls_that_name_them)
{
    static const enum shim_fn by_name[] = {SHIM_FN_JetBackupInstance,       SHIM_FN_JetGetLogInfoInstance,
                                           SHIM_FN_JetGetLogInfoInstance2,  SHIM_FN_JetTruncateLogInstance,
                                           SHIM_FN_JetRestoreInstance,      SHIM_FN_JetExternalRestore,
                                           SHIM_FN_JetCompact,              SHIM_FN_JetOSSnapshotTruncateLog};
    static const enum shim_fn by_row[] = {SHIM_FN_JetUpdate, SHIM_FN_JetCreateTable, SHIM_FN_JetMove,
                                          SHIM_FN_JetReadFileInstance};
    for (size_t i = 0; i < sizeof by_name / sizeof by_name[0]; i++) {
        cr_assert(rpt_contract_documents(RPT_DOCUMENTED, by_name[i], RPT_STATE_NONE, JET_errFileAccessDenied));
    }
    for (size_t i = 0; i < sizeof by_row / sizeof by_row[0]; i++) {
        cr_assert_not(rpt_contract_documents(RPT_DOCUMENTED, by_row[i], RPT_STATE_NONE, JET_errFileAccessDenied));
    }
    cr_assert(rpt_contract_documents(RPT_DOCUMENTED, SHIM_FN_JetOSSnapshotTruncateLog, RPT_STATE_NONE,
                                     JET_errOSSnapshotInvalidSnapId));
    cr_assert_not(rpt_contract_documents(RPT_DOCUMENTED, SHIM_FN_JetOSSnapshotPrepare, RPT_STATE_NONE,
                                         JET_errOSSnapshotInvalidSnapId));
}

Test(contract, base_forms_speak_for_the_others)
{
    cr_assert(rpt_contract_documents(RPT_DOCUMENTED, SHIM_FN_JetInit3, RPT_STATE_NONE,
                                     JET_errCheckpointCorrupt));
    cr_assert(rpt_contract_documents(RPT_DOCUMENTED, SHIM_FN_JetInit2, RPT_STATE_NONE,
                                     JET_errMissingLogFile));
    cr_assert(rpt_contract_documents(RPT_DOCUMENTED, SHIM_FN_JetDefragment3, RPT_STATE_NONE,
                                     JET_wrnDefragNotRunning) ==
              rpt_contract_documents(RPT_DOCUMENTED, SHIM_FN_JetDefragment2, RPT_STATE_NONE,
                                     JET_wrnDefragNotRunning));
}

Test(contract, what_was_seen_counts_in_profile_ese_only)
{
    cr_assert(rpt_contract_documents(RPT_ESE, SHIM_FN_JetCompact, RPT_STATE_NONE,
                                     JET_errDatabaseNotFound));
    cr_assert_not(rpt_contract_documents(RPT_DOCUMENTED, SHIM_FN_JetCompact, RPT_STATE_NONE,
                                         JET_errDatabaseNotFound));
}

Test(contract, deviations_are_numbered_1_to_44)
{
    for (int number = 1; number <= 44; number++) {
        cr_assert_not_null(rpt_deviation_text(number), "%d", number);
        cr_assert_gt(strlen(rpt_deviation_text(number)), 20);
    }
    cr_assert_null(rpt_deviation_text(0));
    cr_assert_null(rpt_deviation_text(45));
    cr_assert_null(rpt_deviation_text(-1));
    cr_assert_eq(rpt_contract_deviation(SHIM_FN_JetRollback, STOPPED), 2);
    cr_assert_eq(rpt_contract_deviation(SHIM_FN_JetTerm2, JET_errDirtyShutdown), 29);
    cr_assert_eq(rpt_contract_deviation(SHIM_FN_JetOpenTable, STOPPED), 4);
    cr_assert_eq(rpt_contract_deviation(SHIM_FN_JetGetInstanceInfo, STOPPED), 1);
    cr_assert_eq(rpt_contract_deviation(SHIM_FN_JetMove, JET_errNoCurrentRecord), 0);
}

Test(contract, clauses_are_unique_and_say_something)
{
    size_t count;
    const struct rpt_clause *all = rpt_clause_all(&count);
    cr_assert_gt(count, 20);
    for (size_t i = 0; i < count; i++) {
        cr_assert_eq(rpt_clause_find(all[i].id), &all[i], "%s", all[i].id);
        cr_assert_gt(strlen(all[i].text), 10);
        cr_assert_not_null(all[i].page);
    }
    cr_assert_null(rpt_clause_find("stop.nonsense"));
}

Test(contract, profiles_have_names)
{
    enum rpt_profile profile = RPT_DOCUMENTED;
    cr_assert(rpt_profile_find("ese", &profile));
    cr_assert_eq(profile, RPT_ESE);
    cr_assert_str_eq(rpt_profile_name(RPT_DOCUMENTED), "documented");
    cr_assert_not(rpt_profile_find("ESE", &profile));
}

Test(contract, results_fall_into_three_classes)
{
    cr_assert_eq(rpt_classify(SHIM_FN_JetMove, 0), RPT_ADMITTED);
    cr_assert_eq(rpt_classify(SHIM_FN_JetIdle, JET_wrnNoIdleActivity), RPT_ADMITTED);
    cr_assert_eq(rpt_classify(SHIM_FN_JetMove, JET_errNoCurrentRecord), RPT_ADMITTED);
    cr_assert_eq(rpt_classify(SHIM_FN_JetRollback, JET_errNotInTransaction), RPT_ADMITTED);
    cr_assert_eq(rpt_classify(SHIM_FN_JetMove, STOPPED), RPT_IS_DENIED);
    cr_assert_eq(rpt_classify(SHIM_FN_JetMove, JET_errInvalidSesid), RPT_SILENT);
    cr_assert_eq(rpt_classify(SHIM_FN_JetMove, JET_errInvalidTableId), RPT_SILENT);
    cr_assert_eq(rpt_classify(SHIM_FN_JetMove, JET_errSessionSharingViolation), RPT_SILENT);
    cr_assert_eq(rpt_classify(SHIM_FN_JetMove, JET_errTermInProgress), RPT_SILENT);
    cr_assert_eq(rpt_classify(SHIM_FN_JetMove, JET_errFeatureNotAvailable), RPT_SILENT);
}
