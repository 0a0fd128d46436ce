/* Tables that somebody has open: who deletes them, and who has them for himself. */
#include "reports/tests/story.h"

#include <criterion/criterion.h>
#include <string.h>

#define OTHER  (SESSION + 1)
#define MORE   (CURSOR + 1)
#define DELETED(clause) must_find(&s, RPT_DOCUMENTED, RPT_WRONG_CODE, clause, SHIM_FN_JetDeleteTable)
#define SHARED          must_find(&s, RPT_DOCUMENTED, RPT_WRONG_CODE, "table.deny-read", SHIM_FN_JetOpenTable)
#define FINE            must_conform(&s, RPT_DOCUMENTED)

static void named(struct story *s, size_t call, const char *table)
{
    cr_assert_eq(shim_hist_call_set_blob(&s->history.calls[call], 2, table, strlen(table)), 0);
}

static void begins(struct story *s)
{
    has_everything(s);
    has_session(s, 2, INSTANCE, OTHER);
    has_database(s, 2, OTHER, DBID);
}

static size_t opens(struct story *s, uint32_t actor, uint64_t sesid, const char *table, uint32_t grbit)
{
    size_t at = enters(s, actor, JetOpenTable, sesid, DBID, 1, 0, 0, grbit, 1);
    named(s, at, table);
    return at;
}

static void opened(struct story *s, size_t at, uint64_t tableid)
{
    wrote(s, at, 6, tableid);
    back(s, at, 0);
}

static size_t deletes(struct story *s, const char *table)
{
    size_t at = enters(s, 1, JetDeleteTable, SESSION, DBID, 1);
    named(s, at, table);
    return at;
}

Test(tables, nobody_deletes_what_another_session_has_open)
{
    struct story s;
    begins(&s);
    opened(&s, opens(&s, 2, OTHER, "lines", 0), MORE);
    back(&s, deletes(&s, "LINES"), 0);
    calls(&s, 2, 0, JetCloseTable, OTHER, MORE);
    DELETED("table.in-use");
    begins(&s); /* opened while the deletion is under way */
    size_t deletion = deletes(&s, "lines");
    opened(&s, opens(&s, 2, OTHER, "lines", 0), MORE);
    back(&s, deletion, 0);
    DELETED("table.in-use");
}

Test(tables, deletions_that_may_be_right)
{
    struct story s;
    begins(&s);
    opened(&s, opens(&s, 2, OTHER, "lines", 0), MORE);
    back(&s, deletes(&s, "lines"), JET_errTableInUse);
    back(&s, deletes(&s, "words"), 0); /* another table */
    calls(&s, 2, 0, JetCloseTable, OTHER, MORE);
    back(&s, deletes(&s, "lines"), 0);
    FINE;
    begins(&s); /* it may be closed by then */
    opened(&s, opens(&s, 2, OTHER, "lines", 0), MORE);
    size_t closing = enters(&s, 2, JetCloseTable, OTHER, MORE);
    back(&s, deletes(&s, "lines"), 0);
    back(&s, closing, 0);
    FINE;
    begins(&s); /* or by the end of its transaction */
    calls(&s, 2, 0, JetBeginTransaction, OTHER);
    opened(&s, opens(&s, 2, OTHER, "lines", 0), MORE);
    closing = enters(&s, 2, JetRollback, OTHER, 0);
    back(&s, deletes(&s, "lines"), 0);
    back(&s, closing, 0);
    FINE;
    begins(&s); /* opened after the deletion: another one of that name, for all that is known */
    size_t opening = opens(&s, 2, OTHER, "lines", 0);
    back(&s, deletes(&s, "lines"), 0);
    opened(&s, opening, MORE);
    FINE;
    begins(&s); /* somebody makes tables */
    size_t making = enters(&s, 2, JetCreateTable, OTHER, DBID, 1, 1, 80, 1);
    opened(&s, opens(&s, 3, OTHER, "lines", 0), MORE);
    back(&s, deletes(&s, "lines"), 0);
    wrote(&s, making, 5, MORE + 1);
    back(&s, making, 0);
    FINE;
}

Test(tables, who_denies_others_to_read_is_alone)
{
    struct story s;
    begins(&s);
    opened(&s, opens(&s, 2, OTHER, "lines", JET_bitTableDenyRead), MORE);
    opened(&s, opens(&s, 1, SESSION, "lines", 0), MORE + 1);
    SHARED;
    begins(&s);
    opened(&s, opens(&s, 2, OTHER, "lines", 0), MORE);
    opened(&s, opens(&s, 1, SESSION, "Lines", JET_bitTableDenyRead), MORE + 1);
    SHARED;
    begins(&s);
    opened(&s, opens(&s, 2, OTHER, "lines", JET_bitTableDenyRead), MORE);
    opened(&s, opens(&s, 1, SESSION, "words", JET_bitTableDenyRead), MORE + 1);
    back(&s, opens(&s, 1, SESSION, "lines", 0), JET_errTableLocked);
    opened(&s, opens(&s, 2, OTHER, "lines", 0), MORE + 2); /* by the session itself */
    calls(&s, 2, 0, JetCloseTable, OTHER, MORE);
    calls(&s, 2, 0, JetCloseTable, OTHER, MORE + 2);
    opened(&s, opens(&s, 1, SESSION, "lines", 0), MORE + 3);
    FINE;
}
