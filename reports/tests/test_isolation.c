/* What transactions see of each other and do to each other. */
#include "reports/tests/story.h"

#include <criterion/criterion.h>

#define OTHER (SESSION + 1)
#define LOST(clause) must_find(&s, RPT_DOCUMENTED, RPT_LOST_DATA, clause, SHIM_FN_NONE)
#define FINE         must_conform(&s, RPT_DOCUMENTED)

static void begins(struct story *s)
{
    has_everything(s);
    has_session(s, 2, INSTANCE, OTHER);
    calls(s, 1, 0, JetBeginTransaction, SESSION);
    calls(s, 2, 0, JetBeginTransaction, OTHER);
}

static void reads(struct story *s, uint32_t actor, uint64_t sesid, int64_t version, int absent)
{
    struct shim_hist_event *made = event(s, SHIM_EVENT_READ, "rows", NULL);
    made->actor = actor;
    made->value[0] = 2;
    made->value[1] = version;
    made->value[2] = absent;
    made->value[3] = (int64_t)sesid;
}

Test(isolation, the_first_writer_wins)
{
    struct story s;
    begins(&s);
    row_written(&s, 1, SESSION, 2, 77, 0);
    row_written(&s, 2, OTHER, 2, 78, 0);
    calls(&s, 1, 0, JetRollback, SESSION, 0);
    calls(&s, 2, 0, JetCommitTransaction, OTHER, 0);
    LOST("data.conflict");
}

Test(isolation, rows_and_transactions_that_have_nothing_to_do_with_each_other)
{
    struct story s;
    begins(&s);
    row_written(&s, 1, SESSION, 2, 77, 0);
    row_written(&s, 2, OTHER, 3, 78, 0); /* another row */
    calls(&s, 1, 0, JetCommitTransaction, SESSION, 0);
    calls(&s, 2, 0, JetCommitTransaction, OTHER, 0);
    FINE;
    begins(&s);
    row_written(&s, 1, SESSION, 2, 77, 0);
    calls(&s, 1, 0, JetRollback, SESSION, 0); /* over */
    row_written(&s, 2, OTHER, 2, 78, 0);
    calls(&s, 2, 0, JetCommitTransaction, OTHER, 0);
    FINE;
    begins(&s);
    row_written(&s, 1, SESSION, 2, 77, 0);
    size_t at = enters(&s, 1, JetCommitTransaction, SESSION, 0); /* may be over */
    row_written(&s, 2, OTHER, 2, 78, 0);
    back(&s, at, 0);
    calls(&s, 2, 0, JetCommitTransaction, OTHER, 0);
    FINE;
}

Test(isolation, a_level_that_is_rolled_back_holds_until_then)
{
    struct story s;
    for (int early = 0; early < 2; early++) {
        begins(&s);
        calls(&s, 1, 0, JetBeginTransaction, SESSION);
        row_written(&s, 1, SESSION, 2, 77, 0);
        if (early) {
            row_written(&s, 2, OTHER, 2, 78, 0);
        }
        calls(&s, 1, 0, JetRollback, SESSION, 0);
        if (!early) {
            row_written(&s, 2, OTHER, 2, 78, 0);
        }
        calls(&s, 1, 0, JetCommitTransaction, SESSION, 0);
        calls(&s, 2, 0, JetCommitTransaction, OTHER, 0);
        if (early) {
            LOST("data.conflict");
        } else {
            FINE;
        }
    }
}

Test(isolation, nobody_sees_what_is_not_committed)
{
    struct story s;
    for (int how = 0; how < 4; how++) { /* rolled back; committed later; committed before; one's own */
        begins(&s);
        row_written(&s, 1, SESSION, 2, 77, 0);
        if (how == 2) {
            calls(&s, 1, 0, JetCommitTransaction, SESSION, 0);
        }
        calls(&s, 2, 0, JetRollback, OTHER, 0);
        reads(&s, how == 3 ? 1 : 2, how == 3 ? SESSION : OTHER, 77, 0);
        if (how == 0 || how == 3) {
            calls(&s, 1, 0, JetRollback, SESSION, 0);
        } else if (how == 1) {
            calls(&s, 1, 0, JetCommitTransaction, SESSION, 0);
        }
        if (how < 2) {
            LOST("data.dirty-read");
        } else {
            FINE;
        }
    }
}

Test(isolation, a_transaction_sees_one_state)
{
    struct story s;
    for (int how = 0; how < 4; how++) { /* other version; gone; changed by itself; in another transaction */
        begins(&s);
        row_written(&s, 1, SESSION, 2, 77, 0);
        reads(&s, 2, OTHER, 0, 0);
        calls(&s, 1, 0, JetCommitTransaction, SESSION, 0);
        if (how == 2) {
            row_written(&s, 2, OTHER, 2, 78, 0);
        } else if (how == 3) {
            calls(&s, 2, 0, JetCommitTransaction, OTHER, 0);
            calls(&s, 2, 0, JetBeginTransaction, OTHER);
        }
        reads(&s, 2, OTHER, how == 2 ? 78 : how == 1 ? 0 : 77, how == 1);
        calls(&s, 2, 0, JetRollback, OTHER, 0);
        if (how < 2) {
            LOST("data.snapshot");
        } else {
            FINE;
        }
    }
}
