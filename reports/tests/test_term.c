/* A term that is to be refused while transactions are open. */
#include "reports/tests/story.h"

#include <criterion/criterion.h>

#define OTHER   (SESSION + 1)
#define IGNORED must_find(&s, RPT_DOCUMENTED, RPT_WRONG_CODE, "term.active-transaction", SHIM_FN_JetTerm2)
#define FINE    must_conform(&s, RPT_DOCUMENTED)

Test(term, a_complete_one_does_not_pass_an_open_transaction)
{
    struct story s;
    has_everything(&s);
    calls(&s, 1, 0, JetBeginTransaction, SESSION);
    calls(&s, 2, 0, JetTerm2, INSTANCE, JET_bitTermComplete);
    IGNORED;
    has_everything(&s); /* nor one that begins beside it */
    size_t term = enters(&s, 2, JetTerm2, INSTANCE, JET_bitTermComplete | JET_bitTermStopBackup);
    calls(&s, 1, 0, JetBeginTransaction, SESSION);
    back(&s, term, 0);
    IGNORED;
    has_everything(&s); /* whose end is refused */
    term = enters(&s, 2, JetTerm2, INSTANCE, JET_bitTermComplete);
    calls(&s, 1, 0, JetBeginTransaction, SESSION);
    calls(&s, 1, JET_errTermInProgress, JetCommitTransaction, SESSION, 0);
    back(&s, term, 0);
    IGNORED;
}

Test(term, others_may)
{
    struct story s;
    has_everything(&s);
    calls(&s, 1, 0, JetBeginTransaction, SESSION);
    calls(&s, 2, JET_errTooManyActiveUsers, JetTerm2, INSTANCE, JET_bitTermComplete);
    calls(&s, 1, 0, JetRollback, SESSION, 0);
    calls(&s, 2, 0, JetTerm2, INSTANCE, JET_bitTermComplete);
    FINE;
    has_everything(&s);
    calls(&s, 1, 0, JetBeginTransaction, SESSION);
    calls(&s, 2, 0, JetTerm2, INSTANCE, JET_bitTermAbrupt);
    FINE;
    has_everything(&s); /* its end may have come first */
    calls(&s, 1, 0, JetBeginTransaction, SESSION);
    size_t end = enters(&s, 1, JetCommitTransaction, SESSION, 0);
    calls(&s, 2, 0, JetTerm2, INSTANCE, JET_bitTermComplete);
    back(&s, end, 0);
    FINE;
    has_everything(&s); /* it may have been too late */
    size_t begin = enters(&s, 1, JetBeginTransaction, SESSION);
    calls(&s, 2, 0, JetTerm2, INSTANCE, JET_bitTermComplete);
    back(&s, begin, 0);
    FINE;
    has_everything(&s); /* another instance */
    has_instance(&s, INSTANCE + 1);
    has_session(&s, 2, INSTANCE + 1, OTHER);
    calls(&s, 2, 0, JetBeginTransaction, OTHER);
    calls(&s, 1, 0, JetTerm2, INSTANCE, JET_bitTermComplete);
    FINE;
}
