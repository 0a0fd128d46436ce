/* Rows after the restart. */
#include "reports/tests/story.h"

#include <criterion/criterion.h>

#define LOST(clause) must_find(&s, RPT_DOCUMENTED, RPT_LOST_DATA, clause, SHIM_FN_NONE)
#define FINE         must_conform(&s, RPT_DOCUMENTED)
#define FOUND(...)                                                                                 \
    (const int64_t[])                                                                              \
    {                                                                                              \
        __VA_ARGS__                                                                                \
    }

static void begin(struct story *s)
{
    calls(s, 1, 0, JetBeginTransaction, SESSION);
}

static void commit(struct story *s, uint32_t bits)
{
    calls(s, 1, 0, JetCommitTransaction, SESSION, bits);
}

/* Rows 1 .. 3 with version 0 in table "rows". */
static void has_rows(struct story *s)
{
    has_everything(s);
    struct shim_hist_event *made = event(s, SHIM_EVENT_PRELOAD, "rows", NULL);
    made->value[0] = 3;
}

/* The instance ends with `bits`, answering `result`, and is started again. */
static void restarts(struct story *s, uint32_t bits, JET_ERR result)
{
    phase(s, "term");
    calls(s, 0, result, JetTerm2, INSTANCE, bits);
    phase(s, "restart");
    has_instance(s, INSTANCE + 1);
    phase(s, "verify");
}

static void ends_clean(struct story *s)
{
    restarts(s, JET_bitTermComplete, 0);
}

Test(data, nothing_written_nothing_lost)
{
    struct story s;
    has_rows(&s);
    ends_clean(&s);
    rows_found(&s, FOUND(1, 2, 3), FOUND(0, 0, 0), 3, 1);
    FINE;
    has_rows(&s);
    ends_clean(&s);
    rows_found(&s, FOUND(1, 3), FOUND(0, 0), 2, 1);
    LOST("data.committed");
}

/* A damaged history may claim any number of rows; each missing one counts, none takes time. */
Test(data, missing_rows_are_counted_not_visited, .timeout = 20)
{
    const int64_t many[] = {3, (int64_t)1 << 60, INT64_MAX};
    for (size_t i = 0; i < sizeof many / sizeof many[0]; i++) {
        struct story s;
        has_everything(&s);
        struct shim_hist_event *made = event(&s, SHIM_EVENT_PRELOAD, "rows", NULL);
        made->value[0] = many[i];
        ends_clean(&s);
        rows_found(&s, FOUND(2), FOUND(0), 1, 1);
        struct rpt_judgement judgement;
        shim_history_sort(&s.history);
        cr_assert_eq(rpt_judge(&s.history, RPT_DOCUMENTED, &judgement), 0);
        cr_assert_eq(judgement.verdict, RPT_LOST_DATA);
        uint64_t rows = (uint64_t)(many[i] < INT64_MAX ? many[i] : INT64_MAX - 1);
        cr_expect_eq(judgement.findings[0].times, rows - 1);
        rpt_judgement_fini(&judgement);
        shim_history_fini(&s.history);
    }
}

Test(data, committed_rows_are_there)
{
    struct story s;
    for (int lost = 0; lost < 2; lost++) {
        has_rows(&s);
        begin(&s);
        row_written(&s, 1, SESSION, 2, 77, 0);
        row_written(&s, 1, SESSION, 9, 78, 0);
        row_written(&s, 1, SESSION, 3, 0, 1);
        commit(&s, 0);
        ends_clean(&s);
        if (lost) {
            rows_found(&s, FOUND(1, 2, 3), FOUND(0, 0, 0), 3, 1);
            LOST("data.committed");
        } else {
            rows_found(&s, FOUND(9, 1, 2), FOUND(78, 0, 77), 3, 1);
            FINE;
        }
    }
}

/* A change outside a transaction is one of its own: of one that never returned, either may be the outcome. */
Test(data, a_change_that_never_returned_may_be_there)
{
    static const struct {
        bool transaction, deletes;
        int64_t keys[5], versions[5];
        int count;
        const char *lost; /* NULL: fine */
    } cases[] = {
        {false, false, {1, 2, 3, 9}, {0, 0, 0, 5}, 4, NULL},
        {false, false, {1, 2, 3}, {0, 0, 0}, 3, NULL},
        {false, false, {1, 2, 3}, {0, 6, 0}, 3, NULL},
        {false, false, {1, 2, 3, 9}, {0, 6, 0, 5}, 4, "data.uncommitted"}, /* it was one change */
        {false, false, {1, 2}, {0, 0}, 2, "data.committed"},
        {true, false, {1, 2, 3, 9}, {0, 0, 0, 5}, 4, "data.uncommitted"},
        {false, true, {1, 2}, {0, 0}, 2, NULL},
        {false, true, {1}, {0}, 1, "data.committed"},
        {true, true, {1, 2}, {0, 0}, 2, "data.committed"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        struct story s;
        has_rows(&s);
        if (cases[i].transaction) {
            begin(&s);
        }
        if (cases[i].deletes) {
            enters(&s, 1, JetDelete, SESSION, CURSOR);
        } else {
            enters(&s, 1, JetUpdate, SESSION, CURSOR, 0, 0, 0);
        }
        event(&s, SHIM_EVENT_KILL, "power", NULL);
        event(&s, SHIM_EVENT_RESTART, NULL, NULL);
        phase(&s, "verify");
        rows_found(&s, cases[i].keys, cases[i].versions, cases[i].count, 1);
        if (cases[i].lost != NULL) {
            must_find(&s, RPT_DOCUMENTED, RPT_LOST_DATA, cases[i].lost, SHIM_FN_NONE);
        } else {
            FINE;
        }
    }
}

Test(data, the_last_commit_wins)
{
    struct story s;
    for (int old = 0; old < 2; old++) {
        has_rows(&s);
        for (int64_t version = 5; version < 8; version++) {
            begin(&s);
            row_written(&s, 1, SESSION, 1, version, 0);
            commit(&s, 0);
        }
        ends_clean(&s);
        rows_found(&s, FOUND(1, 2, 3), FOUND(old ? 6 : 7, 0, 0), 3, 1);
        if (old) {
            LOST("data.committed");
        } else {
            FINE;
        }
    }
}

Test(data, what_was_taken_away_is_not_missed)
{
    struct story s;
    for (int taken = 0; taken < 2; taken++) {
        has_rows(&s);
        begin(&s);
        calls(&s, 1, taken ? 0 : JET_errTableInUse, JetDeleteTable, SESSION, DBID, 0x5000);
        commit(&s, 0);
        ends_clean(&s);
        calls(&s, 0, JET_errObjectNotFound, JetOpenTable, SESSION, DBID, 0x5000, 0, 0, 0, 0x6000);
        if (taken) {
            rows_found(&s, FOUND(0), FOUND(0), 0, 0);
            FINE;
        } else {
            must_find(&s, RPT_DOCUMENTED, RPT_CANNOT_RESTART, "restart.clean",
                      SHIM_FN_JetOpenTable);
        }
    }
}

/* A call that a cut met outside of any transaction is its own commit, and may have come to pass. */
Test(data, what_was_being_taken_away_is_not_missed)
{
    struct story s;
    for (int inside = 0; inside < 2; inside++) {
        has_rows(&s);
        if (inside) {
            begin(&s);
        }
        enters(&s, 1, JetDeleteTable, SESSION, DBID, 0x5000);
        event(&s, SHIM_EVENT_KILL, "power", NULL);
        event(&s, SHIM_EVENT_RESTART, NULL, NULL);
        phase(&s, "verify");
        calls(&s, 0, JET_errObjectNotFound, JetOpenTable, SESSION, DBID, 0x5000, 0, 0, 0, 0x6000);
        if (inside) {
            must_find(&s, RPT_DOCUMENTED, RPT_CANNOT_RESTART, "restart.recovery", SHIM_FN_JetOpenTable);
        } else {
            rows_found(&s, FOUND(0), FOUND(0), 0, 0);
            FINE;
        }
    }
}

Test(data, rolled_back_rows_are_not_there)
{
    struct story s;
    for (int kept = 0; kept < 2; kept++) {
        has_rows(&s);
        begin(&s);
        row_written(&s, 1, SESSION, 1, 5, 0);
        calls(&s, 1, 0, JetRollback, SESSION, 0);
        ends_clean(&s);
        rows_found(&s, FOUND(1, 2, 3), FOUND(kept ? 5 : 0, 0, 0), 3, 1);
        if (kept) {
            LOST("data.uncommitted");
        } else {
            FINE;
        }
    }
}

Test(data, a_denied_commit_has_not_committed)
{
    struct story s;
    for (int kept = 0; kept < 2; kept++) {
        has_rows(&s);
        begin(&s);
        row_written(&s, 1, SESSION, 1, 5, 0);
        calls(&s, 2, 0, JetStopServiceInstance, INSTANCE);
        calls(&s, 1, STOPPED, JetCommitTransaction, SESSION, 0);
        calls(&s, 1, 0, JetEndSession, SESSION, 0);
        ends_clean(&s);
        rows_found(&s, FOUND(1, 2, 3), FOUND(kept ? 5 : 0, 0, 0), 3, 1);
        if (kept) {
            LOST("data.uncommitted");
        } else {
            FINE;
        }
    }
}

Test(data, inner_levels_hand_down_or_discard)
{
    struct story s;
    for (int wrong = 0; wrong < 2; wrong++) {
        has_rows(&s);
        begin(&s);
        row_written(&s, 1, SESSION, 1, 5, 0);
        begin(&s);
        row_written(&s, 1, SESSION, 2, 6, 0);
        commit(&s, 0);
        begin(&s);
        row_written(&s, 1, SESSION, 3, 7, 0);
        calls(&s, 1, 0, JetRollback, SESSION, 0);
        commit(&s, 0);
        ends_clean(&s);
        rows_found(&s, FOUND(1, 2, 3), FOUND(5, 6, wrong ? 7 : 0), 3, 1);
        if (wrong) {
            LOST("data.uncommitted");
        } else {
            FINE;
        }
    }
    has_rows(&s); /* an inner commit alone makes nothing durable */
    begin(&s);
    begin(&s);
    row_written(&s, 1, SESSION, 2, 6, 0);
    commit(&s, 0);
    calls(&s, 1, 0, JetRollback, SESSION, 0);
    ends_clean(&s);
    rows_found(&s, FOUND(1, 2, 3), FOUND(0, 6, 0), 3, 1);
    LOST("data.uncommitted");
}

Test(data, a_commit_that_never_returned_may_have_happened)
{
    struct story s;
    for (int kept = 0; kept < 2; kept++) {
        has_rows(&s);
        begin(&s);
        row_written(&s, 1, SESSION, 1, 5, 0);
        enters(&s, 1, JetCommitTransaction, SESSION, 0);
        event(&s, SHIM_EVENT_KILL, NULL, NULL);
        event(&s, SHIM_EVENT_RESTART, NULL, NULL);
        phase(&s, "restart");
        has_instance(&s, INSTANCE);
        phase(&s, "verify");
        rows_found(&s, FOUND(1, 2, 3), FOUND(kept ? 5 : 0, 0, 0), 3, 1);
        FINE;
    }
}

Test(data, a_commit_seen_to_return_after_its_session_ended_counts)
{
    struct story s;
    has_rows(&s);
    begin(&s);
    row_written(&s, 1, SESSION, 1, 5, 0);
    size_t late = enters(&s, 1, JetCommitTransaction, SESSION, 0);
    phase(&s, "term");
    calls(&s, 0, 0, JetTerm, INSTANCE);
    back(&s, late, 0);
    phase(&s, "restart");
    has_instance(&s, INSTANCE + 1);
    phase(&s, "verify");
    rows_found(&s, FOUND(1, 2, 3), FOUND(0, 0, 0), 3, 1);
    LOST("data.committed");
}

Test(data, lazy_commits_need_a_clean_end)
{
    struct story s;
    for (int clean = 0; clean < 2; clean++) {
        has_rows(&s);
        begin(&s);
        row_written(&s, 1, SESSION, 1, 5, 0);
        commit(&s, JET_bitCommitLazyFlush);
        if (clean) {
            ends_clean(&s);
        } else {
            restarts(&s, JET_bitTermDirty, JET_errDirtyShutdown);
        }
        rows_found(&s, FOUND(1, 2, 3), FOUND(0, 0, 0), 3, 1);
        if (clean) {
            LOST("data.committed");
        } else {
            FINE;
        }
    }
    has_rows(&s);
    begin(&s);
    row_written(&s, 1, SESSION, 1, 5, 0);
    commit(&s, JET_bitCommitLazyFlush);
    restarts(&s, JET_bitTermDirty, JET_errDirtyShutdown);
    rows_found(&s, FOUND(1, 2, 3), FOUND(5, 0, 0), 3, 1);
    FINE;
}

/* A call that waits for what was committed before makes it durable: of the session, or of all. */
Test(data, lazy_commits_that_were_waited_for_survive_a_dirty_end)
{
    static const struct {
        uint32_t bits;
        enum rpt_profile profile;
        int of_other, lost;
    } waits[] = {{JET_bitWaitLastLevel0Commit, RPT_DOCUMENTED, 0, 1},
                 {JET_bitWaitLastLevel0Commit, RPT_DOCUMENTED, 1, 0},
                 {JET_bitWaitAllLevel0Commit, RPT_DOCUMENTED, 0, 1},
                 {JET_bitWaitAllLevel0Commit, RPT_DOCUMENTED, 1, 1},
                 {0, RPT_DOCUMENTED, 1, 0},
                 {0, RPT_ESE, 1, 1}};
    struct story s;
    for (size_t i = 0; i < sizeof waits / sizeof waits[0]; i++) {
        has_rows(&s);
        has_session(&s, 2, INSTANCE, SESSION + 7);
        begin(&s);
        row_written(&s, 1, SESSION, 1, 5, 0);
        commit(&s, JET_bitCommitLazyFlush);
        uint64_t sesid = waits[i].of_other ? SESSION + 7 : SESSION;
        uint32_t actor = waits[i].of_other ? 2 : 1;
        if (waits[i].bits == 0) {
            calls(&s, actor, 0, JetBeginTransaction, sesid);
        }
        calls(&s, actor, 0, JetCommitTransaction, sesid, waits[i].bits);
        restarts(&s, JET_bitTermDirty, JET_errDirtyShutdown);
        rows_found(&s, FOUND(1, 2, 3), FOUND(0, 0, 0), 3, 1);
        if (waits[i].lost) {
            must_find(&s, waits[i].profile, RPT_LOST_DATA, "data.committed", SHIM_FN_NONE);
        } else {
            must_conform(&s, waits[i].profile);
        }
    }
}

Test(data, durable_commits_survive_a_dirty_end)
{
    struct story s;
    has_rows(&s);
    begin(&s);
    row_written(&s, 1, SESSION, 1, 5, 0);
    commit(&s, 0);
    restarts(&s, JET_bitTermDirty, JET_errDirtyShutdown);
    rows_found(&s, FOUND(1, 2, 3), FOUND(0, 0, 0), 3, 1);
    LOST("data.committed");
}

Test(data, uncommitted_rows_do_not_survive_a_death)
{
    struct story s;
    has_rows(&s);
    begin(&s);
    row_written(&s, 1, SESSION, 1, 5, 0);
    event(&s, SHIM_EVENT_KILL, NULL, NULL);
    event(&s, SHIM_EVENT_RESTART, NULL, NULL);
    phase(&s, "restart");
    has_instance(&s, INSTANCE);
    phase(&s, "verify");
    rows_found(&s, FOUND(1, 2, 3), FOUND(5, 0, 0), 3, 1);
    LOST("data.uncommitted");
}

Test(data, rows_out_of_nowhere)
{
    struct story s;
    has_rows(&s);
    ends_clean(&s);
    rows_found(&s, FOUND(1, 2, 3, 4), FOUND(0, 0, 0, 0), 4, 1);
    LOST("data.uncommitted");
    has_rows(&s); /* unless somebody changed rows without a note */
    begin(&s);
    calls(&s, 1, 0, JetUpdate, SESSION, CURSOR, 0, 0, 0);
    commit(&s, 0);
    ends_clean(&s);
    rows_found(&s, FOUND(1, 2, 3, 4), FOUND(0, 0, 0, 0), 4, 1);
    FINE;
}

Test(data, the_same_key_twice)
{
    struct story s;
    has_rows(&s);
    ends_clean(&s);
    rows_found(&s, FOUND(1, 2, 2, 3), FOUND(0, 0, 0, 0), 4, 1);
    LOST("data.committed");
}

Test(data, two_sessions_take_turns)
{
    struct story s;
    for (int old = 0; old < 2; old++) {
        has_rows(&s);
        has_session(&s, 2, INSTANCE, SESSION + 1);
        begin(&s);
        row_written(&s, 1, SESSION, 1, 5, 0);
        calls(&s, 2, 0, JetBeginTransaction, SESSION + 1);
        row_written(&s, 2, SESSION + 1, 2, 6, 0);
        commit(&s, 0);
        calls(&s, 2, 0, JetRollback, SESSION + 1, 0);
        calls(&s, 2, 0, JetBeginTransaction, SESSION + 1);
        row_written(&s, 2, SESSION + 1, 1, 8, 0);
        calls(&s, 2, 0, JetCommitTransaction, SESSION + 1, 0);
        ends_clean(&s);
        rows_found(&s, FOUND(1, 2, 3), FOUND(old ? 5 : 8, 0, 0), 3, 1);
        if (old) {
            LOST("data.committed");
        } else {
            FINE;
        }
    }
}

Test(data, without_verification_no_verdict)
{
    struct story s;
    has_rows(&s);
    begin(&s);
    row_written(&s, 1, SESSION, 1, 5, 0);
    commit(&s, 0);
    FINE;
}

Test(data, an_unreadable_table_after_a_clean_end)
{
    struct story s;
    has_rows(&s);
    ends_clean(&s);
    rows_found(&s, FOUND(1), FOUND(0), 1, 0);
    must_find(&s, RPT_DOCUMENTED, RPT_CANNOT_RESTART, "restart.clean", SHIM_FN_NONE);
}

/* ---- databases that were restored from a backup ---- */

/* Row 1 becomes 5, the backup's log files are listed, row 1 becomes 6; then the backup is restored. */
static void backed_up(struct story *s, uint32_t bits)
{
    has_rows(s);
    begin(s);
    row_written(s, 1, SESSION, 1, 5, 0);
    commit(s, bits);
    calls(s, 1, 0, JetGetLogInfoInstance, INSTANCE, 1, 1, 1);
    begin(s);
    row_written(s, 1, SESSION, 1, 6, 0);
    commit(s, 0);
    event(s, SHIM_EVENT_COPIED, "kept", NULL)->actor = 1;
    s->history.events[s->history.event_count - 1].value[0] = 1;
    phase(s, "term");
    calls(s, 0, 0, JetTerm2, INSTANCE, JET_bitTermComplete);
    event(s, SHIM_EVENT_RESTORED, "kept", NULL);
    phase(s, "restart");
    has_instance(s, INSTANCE + 1);
    phase(s, "verify");
}

Test(data, a_backup_has_what_was_durable_when_its_logs_were_listed)
{
    static const struct {
        uint32_t bits;
        int64_t version;
        bool fine;
    } cases[] = {{0, 0, false},
                 {0, 5, true},
                 {0, 6, true},
                 {JET_bitCommitLazyFlush, 0, true},
                 {JET_bitCommitLazyFlush, 5, true},
                 {JET_bitCommitLazyFlush, 7, false}};
    struct story s;
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        backed_up(&s, cases[i].bits);
        rows_found(&s, FOUND(1, 2, 3), FOUND(cases[i].version, 0, 0), 3, 1);
        if (cases[i].fine) {
            FINE;
        } else {
            LOST("data.committed");
        }
    }
}

/* The process dies and another one takes over. */
static void is_killed(struct story *s)
{
    event(s, SHIM_EVENT_KILL, "power", NULL);
    event(s, SHIM_EVENT_RESTART, NULL, NULL);
    phase(s, "restart");
    has_instance(s, INSTANCE + 1);
    phase(s, "verify");
}

/* A commit that was under way, or that nobody waited for: all of it or nothing. */
Test(data, no_half_transactions)
{
    const int64_t found[][2] = {{0, 0}, {5, 6}, {5, 0}, {0, 6}};
    for (int lazy = 0; lazy < 2; lazy++) {
        for (int i = 0; i < 4; i++) {
            struct story s;
            has_rows(&s);
            begin(&s);
            row_written(&s, 1, SESSION, 1, 5, 0);
            row_written(&s, 1, SESSION, 2, 6, 0);
            if (lazy) {
                commit(&s, JET_bitCommitLazyFlush);
            } else {
                call_(&s, 1, SHIM_FN_JetCommitTransaction, (const uint64_t[]){SESSION, 0}, 2);
            }
            is_killed(&s);
            rows_found(&s, FOUND(1, 2, 3), FOUND(found[i][0], found[i][1], 0), 3, 1);
            if (i < 2) {
                FINE;
            } else {
                LOST("data.atomic");
            }
        }
    }
}

/* What was written over proves nothing: it may have been rolled back before. */
Test(data, a_transaction_that_ended_somehow_is_not_a_half_one)
{
    struct story s;
    has_rows(&s);
    begin(&s);
    row_written(&s, 1, SESSION, 1, 5, 0);
    row_written(&s, 1, SESSION, 2, 6, 0);
    calls(&s, 1, JET_errLogWriteFail, JetCommitTransaction, SESSION, 0);
    calls(&s, 1, 0, JetEndSession, SESSION, 0);
    has_session(&s, 2, INSTANCE, SESSION + 1);
    calls(&s, 2, 0, JetBeginTransaction, SESSION + 1);
    row_written(&s, 2, SESSION + 1, 1, 9, 0);
    calls(&s, 2, 0, JetCommitTransaction, SESSION + 1, 0);
    is_killed(&s);
    rows_found(&s, FOUND(1, 2, 3), FOUND(9, 0, 0), 3, 1);
    FINE;
}

Test(data, lazy_commits_are_lost_from_the_last_one_on)
{
    for (int there = 0; there < 8; there++) {
        struct story s;
        has_rows(&s);
        for (int64_t key = 1; key <= 3; key++) {
            begin(&s);
            row_written(&s, 1, SESSION, key, 10 + key, 0);
            commit(&s, JET_bitCommitLazyFlush);
        }
        is_killed(&s);
        rows_found(&s, FOUND(1, 2, 3), FOUND(there & 1 ? 11 : 0, there & 2 ? 12 : 0, there & 4 ? 13 : 0), 3,
                   1);
        if ((there & (there + 1)) == 0) { /* 0, 1, 3, 7 */
            FINE;
        } else {
            LOST("data.order");
        }
    }
}

/* A lazy commit may be gone after an instance ended that had said that it is of no use any more, though its term
 * succeeded; what it had said to be durable may not. */
Test(data, the_term_of_an_unavailable_instance_is_no_clean_end)
{
    static const struct {
        JET_ERR before, rollback, next;
        int fine;
    } ends[] = {{0, 0, 0, 0},
                {0, JET_errLogWriteFail, 0, 1},
                {JET_errLogWriteFail, 0, JET_errInstanceUnavailable, 1},
                {JET_errLogWriteFail, 0, JET_errLogWriteFail, 0}};
    for (size_t i = 0; i < sizeof ends / sizeof ends[0]; i++) {
        for (int lazy = 0; lazy < 2; lazy++) {
            struct story s;
            has_rows(&s);
            begin(&s);
            row_written(&s, 1, SESSION, 2, 7, 0);
            commit(&s, lazy ? JET_bitCommitLazyFlush : 0);
            begin(&s);
            calls(&s, 1, ends[i].before, JetIdle, SESSION, 0);
            calls(&s, 1, ends[i].rollback, JetRollback, SESSION, 0);
            calls(&s, 1, ends[i].next, JetIdle, SESSION, 0);
            restarts(&s, 0, JET_errSuccess);
            rows_found(&s, FOUND(1, 2, 3), FOUND(0, 0, 0), 3, 1);
            if (ends[i].fine && lazy) {
                FINE;
            } else {
                LOST("data.committed");
            }
        }
    }
}
