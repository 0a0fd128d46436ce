/* What results imply, per session: each contradiction, and the twin without it. */
#include "reports/tests/story.h"

#include <criterion/criterion.h>

#define WRONG(clause, fn) must_find(&s, RPT_DOCUMENTED, RPT_WRONG_CODE, clause, SHIM_FN_##fn)
#define FINE              must_conform(&s, RPT_DOCUMENTED)

Test(session, second_rollback_after_level_0_must_fail)
{
    struct story s;
    has_everything(&s);
    calls(&s, 1, 0, JetBeginTransaction, SESSION);
    calls(&s, 1, 0, JetRollback, SESSION, 0);
    calls(&s, 1, 0, JetRollback, SESSION, 0);
    WRONG("trans.not-in-transaction", JetRollback);
    has_everything(&s);
    calls(&s, 1, 0, JetBeginTransaction, SESSION);
    calls(&s, 1, 0, JetRollback, SESSION, 0);
    calls(&s, 1, JET_errNotInTransaction, JetRollback, SESSION, 0);
    FINE;
}

Test(session, a_rollback_inside_a_transaction_is_inside_one)
{
    struct story s;
    has_everything(&s);
    calls(&s, 1, 0, JetBeginTransaction, SESSION);
    calls(&s, 1, JET_errNotInTransaction, JetRollback, SESSION, 0);
    WRONG("trans.not-in-transaction", JetRollback);
}

Test(session, commit_outside_a_transaction)
{
    struct story s;
    has_everything(&s);
    calls(&s, 1, 0, JetCommitTransaction, SESSION, 0);
    WRONG("trans.not-in-transaction", JetCommitTransaction);
    has_everything(&s);
    calls(&s, 1, JET_errNotInTransaction, JetCommitTransaction, SESSION, 0);
    calls(&s, 1, 0, JetCommitTransaction, SESSION, JET_bitWaitAllLevel0Commit);
    calls(&s, 1, 0, JetCommitTransaction2, SESSION, JET_bitWaitLastLevel0Commit, 0, 0);
    FINE;
}

Test(session, levels_nest)
{
    struct story s;
    has_everything(&s);
    calls(&s, 1, 0, JetBeginTransaction, SESSION);
    calls(&s, 1, 0, JetBeginTransaction2, SESSION, 0);
    calls(&s, 1, 0, JetBeginTransaction3, SESSION, 0, 0);
    calls(&s, 1, 0, JetCommitTransaction, SESSION, 0);
    calls(&s, 1, 0, JetRollback, SESSION, 0);
    calls(&s, 1, 0, JetCommitTransaction2, SESSION, 0, 0, 0);
    calls(&s, 1, JET_errNotInTransaction, JetRollback, SESSION, 0);
    calls(&s, 1, 0, JetBeginTransaction, SESSION);
    calls(&s, 1, 0, JetBeginTransaction, SESSION);
    calls(&s, 1, 0, JetRollback, SESSION, JET_bitRollbackAll);
    calls(&s, 1, JET_errNotInTransaction, JetRollback, SESSION, 0);
    FINE;
    has_everything(&s);
    calls(&s, 1, 0, JetBeginTransaction, SESSION);
    calls(&s, 1, 0, JetBeginTransaction, SESSION);
    calls(&s, 1, 0, JetRollback, SESSION, JET_bitRollbackAll);
    calls(&s, 1, 0, JetRollback, SESSION, 0);
    WRONG("trans.not-in-transaction", JetRollback);
}

Test(session, a_denied_commit_leaves_the_transaction)
{
    struct story s;
    has_everything(&s);
    calls(&s, 1, 0, JetBeginTransaction, SESSION);
    calls(&s, 2, 0, JetStopServiceInstance, INSTANCE);
    calls(&s, 1, STOPPED, JetCommitTransaction, SESSION, 0);
    calls(&s, 1, 0, JetRollback, SESSION, 0);
    calls(&s, 1, JET_errNotInTransaction, JetRollback, SESSION, 0);
    calls(&s, 1, 0, JetEndSession, SESSION, 0);
    FINE;
    has_everything(&s);
    calls(&s, 1, 0, JetBeginTransaction, SESSION);
    calls(&s, 2, 0, JetStopServiceInstance, INSTANCE);
    calls(&s, 1, STOPPED, JetCommitTransaction, SESSION, 0);
    calls(&s, 1, JET_errNotInTransaction, JetRollback, SESSION, 0);
    WRONG("trans.not-in-transaction", JetRollback);
}

Test(session, level_7_is_the_deepest)
{
    for (int deeper = 0; deeper < 2; deeper++) {
        struct story s;
        has_everything(&s);
        for (int level = 0; level < 7; level++) {
            calls(&s, 1, 0, JetBeginTransaction, SESSION);
        }
        calls(&s, 1, deeper ? 0 : JET_errTransTooDeep, JetBeginTransaction, SESSION);
        if (deeper) {
            WRONG("trans.depth", JetBeginTransaction);
        } else {
            FINE;
        }
    }
    struct story s;
    has_everything(&s);
    calls(&s, 1, 0, JetBeginTransaction, SESSION);
    calls(&s, 1, JET_errTransTooDeep, JetBeginTransaction, SESSION);
    WRONG("trans.depth", JetBeginTransaction);
}

Test(session, contexts_are_set_once)
{
    struct story s;
    has_everything(&s);
    calls(&s, 1, 0, JetSetSessionContext, SESSION, 5);
    calls(&s, 1, 0, JetSetSessionContext, SESSION, 6);
    WRONG("context.set", JetSetSessionContext);
    has_everything(&s);
    calls(&s, 1, JET_errSessionContextAlreadySet, JetSetSessionContext, SESSION, 6);
    WRONG("context.set", JetSetSessionContext);
    has_everything(&s);
    calls(&s, 1, 0, JetSetSessionContext, SESSION, 5);
    calls(&s, 1, JET_errSessionContextAlreadySet, JetSetSessionContext, SESSION, 6);
    calls(&s, 2, JET_errSessionContextAlreadySet, JetSetSessionContext, SESSION, 6);
    calls(&s, 2, JET_errSessionContextNotSetByThisThread, JetResetSessionContext, SESSION);
    calls(&s, 1, 0, JetResetSessionContext, SESSION);
    calls(&s, 1, JET_errSessionContextNotSetByThisThread, JetResetSessionContext, SESSION);
    calls(&s, 2, 0, JetSetSessionContext, SESSION, 6);
    FINE;
}

Test(session, contexts_are_reset_by_their_thread)
{
    struct story s;
    has_everything(&s);
    calls(&s, 1, 0, JetResetSessionContext, SESSION);
    WRONG("context.reset", JetResetSessionContext);
    has_everything(&s);
    calls(&s, 1, 0, JetSetSessionContext, SESSION, 5);
    calls(&s, 2, 0, JetResetSessionContext, SESSION);
    WRONG("context.reset", JetResetSessionContext);
    has_everything(&s);
    calls(&s, 1, 0, JetSetSessionContext, SESSION, 5);
    calls(&s, 1, JET_errSessionContextNotSetByThisThread, JetResetSessionContext, SESSION);
    WRONG("context.reset", JetResetSessionContext);
}

Test(session, databases_are_closed_while_open)
{
    struct story s;
    has_everything(&s);
    calls(&s, 1, 0, JetCloseDatabase, SESSION, DBID, 0);
    calls(&s, 1, 0, JetCloseDatabase, SESSION, DBID, 0);
    WRONG("database.open", JetCloseDatabase);
    static const JET_ERR codes[] = {JET_errInvalidDatabaseId, JET_errDatabaseNotFound};
    for (int i = 0; i < 2; i++) {
        has_everything(&s);
        calls(&s, 1, codes[i], JetCloseDatabase, SESSION, DBID, 0);
        WRONG("database.open", JetCloseDatabase);
        has_everything(&s);
        has_database(&s, 1, SESSION, DBID);
        calls(&s, 1, 0, JetCloseDatabase, SESSION, DBID, 0);
        calls(&s, 1, 0, JetCloseDatabase, SESSION, DBID, 0);
        calls(&s, 1, codes[i], JetCloseDatabase, SESSION, DBID, 0);
        FINE;
    }
    has_everything(&s);
    calls(&s, 1, JET_errInvalidDatabaseId, JetOpenTable, SESSION, DBID, 1, 0, 0, 0, 1);
    WRONG("handle.valid", JetOpenTable);
}

Test(session, cursors_are_closed_while_open)
{
    struct story s;
    has_everything(&s);
    calls(&s, 1, 0, JetCloseTable, SESSION, CURSOR);
    calls(&s, 1, 0, JetCloseTable, SESSION, CURSOR);
    WRONG("cursor.open", JetCloseTable);
    has_everything(&s);
    calls(&s, 1, JET_errInvalidTableId, JetCloseTable, SESSION, CURSOR);
    WRONG("cursor.open", JetCloseTable);
    has_everything(&s);
    calls(&s, 1, JET_errInvalidTableId, JetMove, SESSION, CURSOR, 0, 0);
    WRONG("handle.valid", JetMove);
    has_everything(&s);
    calls(&s, 1, 0, JetCloseTable, SESSION, CURSOR);
    calls(&s, 1, JET_errInvalidTableId, JetCloseTable, SESSION, CURSOR);
    has_cursor(&s, 1, SESSION, CURSOR);
    calls(&s, 1, 0, JetMove, SESSION, CURSOR, 0, 0);
    calls(&s, 1, 0, JetCloseTable, SESSION, CURSOR);
    FINE;
}

Test(session, a_rollback_closes_the_cursors_of_its_level)
{
    for (int closed = 0; closed < 2; closed++) { /* nobody can tell from here: both are right */
        struct story s;
        has_everything(&s);
        calls(&s, 1, 0, JetBeginTransaction, SESSION);
        has_cursor(&s, 1, SESSION, CURSOR + 1);
        calls(&s, 1, 0, JetRollback, SESSION, 0);
        calls(&s, 1, closed ? JET_errInvalidTableId : 0, JetCloseTable, SESSION, CURSOR + 1);
        calls(&s, 1, 0, JetCloseTable, SESSION, CURSOR);
        FINE;
    }
    struct story s; /* but one opened before stays */
    has_everything(&s);
    calls(&s, 1, 0, JetBeginTransaction, SESSION);
    calls(&s, 1, 0, JetRollback, SESSION, 0);
    calls(&s, 1, JET_errInvalidTableId, JetCloseTable, SESSION, CURSOR);
    WRONG("cursor.open", JetCloseTable);
    has_everything(&s); /* and a committed one belongs to the level below */
    calls(&s, 1, 0, JetBeginTransaction, SESSION);
    has_cursor(&s, 1, SESSION, CURSOR + 1);
    calls(&s, 1, 0, JetCommitTransaction, SESSION, 0);
    calls(&s, 1, 0, JetBeginTransaction, SESSION);
    calls(&s, 1, 0, JetRollback, SESSION, 0);
    calls(&s, 1, JET_errInvalidTableId, JetCloseTable, SESSION, CURSOR + 1);
    WRONG("cursor.open", JetCloseTable);
}

Test(session, a_live_session_is_valid)
{
    struct story s;
    has_everything(&s);
    calls(&s, 1, JET_errInvalidSesid, JetGetVersion, SESSION, 1);
    WRONG("handle.valid", JetGetVersion);
    has_everything(&s);
    calls(&s, 1, JET_errInvalidSesid, JetGetVersion, SESSION + 9, 1);
    size_t ending = enters(&s, 2, JetEndSession, SESSION, 0);
    calls(&s, 1, JET_errInvalidSesid, JetGetVersion, SESSION, 1);
    back(&s, ending, 0);
    FINE;
}

Test(session, sharing_takes_two)
{
    struct story s;
    has_everything(&s);
    calls(&s, 1, JET_errSessionSharingViolation, JetGetVersion, SESSION, 1);
    WRONG("session.sharing", JetGetVersion);
    has_everything(&s);
    size_t counting = enters(&s, 1, JetIndexRecordCount, SESSION, CURSOR, 1, 0);
    calls(&s, 2, JET_errSessionSharingViolation, JetRollback, SESSION, 0);
    calls(&s, 2, 0, JetStopServiceInstance, INSTANCE);
    back(&s, counting, STOPPED);
    calls(&s, 2, JET_errSessionSharingViolation, JetEndSession, SESSION, 0);
    FINE;
}

Test(session, in_use_takes_a_context)
{
    struct story s;
    has_everything(&s);
    calls(&s, 1, JET_errSessionInUse, JetEndSession, SESSION, 0);
    WRONG("session.end", JetEndSession);
    has_everything(&s);
    calls(&s, 2, 0, JetSetSessionContext, SESSION, 4);
    calls(&s, 2, 0, JetStopServiceInstance, INSTANCE);
    calls(&s, 1, JET_errSessionInUse, JetEndSession, SESSION, 0);
    calls(&s, 1, JET_errSessionContextNotSetByThisThread, JetResetSessionContext, SESSION);
    FINE;
}

Test(session, overlapping_calls_on_one_session_are_not_checked)
{
    struct story s;
    has_everything(&s);
    size_t begin = enters(&s, 1, JetBeginTransaction, SESSION);
    size_t rollback = enters(&s, 2, JetRollback, SESSION, 0);
    back(&s, rollback, 0); /* after the begin, before it was seen to return */
    back(&s, begin, 0);
    calls(&s, 1, JET_errNotInTransaction, JetRollback, SESSION, 0);
    calls(&s, 1, 0, JetBeginTransaction, SESSION);
    calls(&s, 1, 0, JetRollback, SESSION, 0);
    FINE;
}

Test(session, cursors_of_created_tables_are_known_too)
{
    struct story s;
    has_everything(&s);
    size_t created = enters(&s, 1, JetCreateTableColumnIndex, SESSION, DBID, 1);
    wrote(&s, created, 2, CURSOR + 4);
    back(&s, created, 0);
    calls(&s, 1, JET_errInvalidTableId, JetMove, SESSION, CURSOR + 4, 0, 0);
    WRONG("handle.valid", JetMove);
}

/* A termination may take a session with it before the call that began the session is seen to return. */
Test(session, one_that_began_beside_a_termination_may_be_gone)
{
    struct story s;
    for (int term = 0; term < 2; term++) {
        has_everything(&s);
        size_t at = enters(&s, 2, JetBeginSession, INSTANCE, 1, 0, 0);
        if (term) {
            calls(&s, 1, 0, JetTerm2, INSTANCE, JET_bitTermComplete);
        }
        wrote(&s, at, 1, SESSION + 1);
        back(&s, at, 0);
        calls(&s, 2, JET_errInvalidSesid, JetGetVersion, SESSION + 1, 1);
        if (term) {
            FINE;
        } else {
            WRONG("handle.valid", JetGetVersion);
        }
    }
}
