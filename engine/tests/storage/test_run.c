/* Reading ahead (engine/transaction/run.h). */
#include <criterion/criterion.h>

#include "engine/table/schema.h"
#include "engine/tests/storage/support.h"

/* Steps forward are answered from records read ahead; what the transaction itself changes must be seen all the same, and
 * what others commit meanwhile must not. */
Test(run, steps_see_own_changes_ahead_and_nobody_elses)
{
    struct rig rig;
    struct ese_trx mine, theirs;
    struct pairs table, other;
    char text[64];
    rig_open(&rig, 4096);
    session_begin(&rig, &mine);
    session_begin(&rig, &theirs);
    pairs_create(&rig, &mine, "t", &table);
    pairs_open(&rig, &mine, "t", &table);
    pairs_open(&rig, &theirs, "t", &other);
    for (int32_t i = 0; i < 200; i++) {
        MUST(pairs_insert(&table, i * 2, "old"));
    }
    MUST(ese_trx_begin(&mine, 0));
    MUST(ese_cursor_move(table.cursor, JET_MoveFirst, 0));
    struct pairs second;
    pairs_open(&rig, &mine, "t", &second);
    int32_t expected = 0;
    for (unsigned steps = 0;; steps++) {
        int32_t at = pairs_key(&table);
        cr_assert_eq(at, expected, "at %d, not %d", (int)at, (int)expected);
        cr_assert_str_eq(pairs_value(&table, text, sizeof text), at % 2 != 0 || at % 50 == 12 ? "mine" : "old");
        expected = at % 2 != 0 ? at + 1 : at + 2;
        if (at % 50 == 10) {                        /* right ahead: one changed, one gone, one new */
            MUST(pairs_set(&second, at + 2, "mine"));
            MUST(pairs_delete(&second, at + 4));
            MUST(pairs_insert(&second, at + 5, "mine"));
        } else if (at % 50 == 12) {
            expected = at + 3;
        } else if (at % 50 == 30) {                 /* a level of its own, rolled back */
            MUST(ese_trx_begin(&mine, 0));
            MUST(pairs_delete(&second, at + 2));
            MUST(ese_cursor_move(second.cursor, JET_MoveNext, 0));
            MUST(ese_trx_rollback(&mine, 0));
        } else if (at % 50 == 20) {
            MUST(pairs_set(&other, at + 2, "theirs"));
            MUST(pairs_delete(&other, at + 4));
            MUST(pairs_insert(&other, at + 5, "theirs"));
        }
        JET_ERR err = ese_cursor_move(table.cursor, JET_MoveNext, 0);
        if (err != JET_errSuccess) {
            MUST_BE(err, JET_errNoCurrentRecord);
            cr_assert_eq(expected, 400);
            break;
        }
    }
    MUST(ese_trx_commit(&mine, 0));
    MUST(ese_trx_begin(&mine, 0));
    MUST(pairs_seek(&table, 22));
    cr_assert_str_eq(pairs_value(&table, text, sizeof text), "theirs");
    session_end(&theirs);
    session_end(&mine);
    rig_close(&rig);
}
