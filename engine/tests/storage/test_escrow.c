/* Escrow columns: several sessions add to one number at once; each sees its own part, and takes back its own only. */
#include <criterion/criterion.h>

#include "engine/table/schema.h"
#include "engine/tests/storage/support.h"

static struct rig rig;
static struct ese_trx one, two, three;
static struct ese_cursor *a, *b, *c;
static JET_COLUMNID key, count, wide, text;

static void create(JET_GRBIT extra)
{
    const int32_t zero = 0;
    const int64_t wide_zero = 0;
    const struct ese_column_def defs[] = {
        { .name = "key", .coltyp = JET_coltypLong },
        { .name = "count", .coltyp = JET_coltypLong, .grbit = JET_bitColumnFixed | JET_bitColumnEscrowUpdate | extra,
          .default_value = &zero, .default_size = 4 },
        { .name = "wide", .coltyp = JET_coltypLongLong, .grbit = JET_bitColumnEscrowUpdate,
          .default_value = &wide_zero, .default_size = 8 },
        { .name = "text", .coltyp = JET_coltypText },
    };
    const struct ese_index_def index = { .name = "primary", .key = "+key\0", .key_size = 6,
                                         .grbit = JET_bitIndexPrimary };
    JET_COLUMNID *ids[] = { &key, &count, &wide, &text };
    struct ese_cursor *cursor;
    MUST(ese_table_create(&one, rig.database, "t", 1, 100, 0, &cursor));
    for (unsigned i = 0; i < 4; i++) {
        MUST(ese_table_add_column(cursor, &defs[i], ids[i]));
    }
    MUST(ese_table_create_index(cursor, &index, NULL, NULL));
    ese_cursor_close(cursor);
}

static void open_all(void)
{
    MUST(ese_cursor_open(&one, rig.database, "t", 0, &a));
    MUST(ese_cursor_open(&two, rig.database, "t", 0, &b));
    MUST(ese_cursor_open(&three, rig.database, "t", 0, &c));
}

static void insert(int32_t number, const int32_t *value)
{
    MUST(ese_cursor_prepare(a, JET_prepInsert));
    MUST(ese_cursor_set_column(a, key, &number, 4, 0, NULL));
    if (value != NULL) {
        MUST(ese_cursor_set_column(a, count, value, 4, 0, NULL));
    }
    MUST(ese_cursor_update(a, NULL, 0, NULL));
}

static void setup(void)
{
    rig_open(&rig, 4096);
    session_begin(&rig, &one);
    session_begin(&rig, &two);
    session_begin(&rig, &three);
}

static void teardown(void)
{
    session_end(&one);
    session_end(&two);
    session_end(&three);
    rig_close(&rig);
}

TestSuite(escrow, .init = setup, .fini = teardown);

static void start(JET_GRBIT extra)
{
    create(extra);
    open_all();
    insert(1, NULL);
    MUST(ese_cursor_move(a, JET_MoveFirst, 0));
    MUST(ese_cursor_move(b, JET_MoveFirst, 0));
    MUST(ese_cursor_move(c, JET_MoveFirst, 0));
}

static JET_ERR add(struct ese_cursor *cursor, int32_t delta, int32_t *old)
{
    return ese_cursor_escrow(cursor, count, &delta, 4, old, old != NULL ? 4 : 0, NULL, 0);
}

static int32_t seen(struct ese_cursor *cursor)
{
    int32_t value = -999;
    MUST(ese_cursor_retrieve(cursor, count, &value, 4, NULL, 0, NULL));
    return value;
}

/* The table on the page of JetEscrowUpdate, step by step. */
Test(escrow, two_sessions_on_one_number)
{
    int32_t old = -1;
    start(0);
    MUST(ese_trx_begin(&one, 0));
    MUST(add(a, 4, &old));
    cr_assert_eq(old, 0);
    cr_assert_eq(seen(a), 4);
    MUST(ese_trx_begin(&two, 0));
    cr_assert_eq(seen(b), 0);
    MUST(add(b, 3, &old));
    cr_assert_eq(old, 4);
    cr_assert_eq(seen(b), 3);
    MUST(add(a, 2, &old));
    cr_assert_eq(old, 7);
    MUST(add(a, -7, &old));
    cr_assert_eq(old, 9);
    cr_assert_eq(seen(b), 3);
    cr_assert_eq(seen(a), -1);
    MUST(ese_trx_rollback(&two, 0));
    cr_assert_eq(seen(a), -1);
    cr_assert_eq(seen(c), 0);
    MUST(ese_trx_commit(&one, 0));
    cr_assert_eq(seen(c), -1);
}

Test(escrow, commits_in_any_order_and_snapshots_between)
{
    start(0);
    MUST(ese_trx_begin(&one, 0));
    MUST(add(a, 1, NULL));
    MUST(ese_trx_begin(&two, 0));
    MUST(add(b, 10, NULL));
    MUST(ese_trx_commit(&two, 0));
    MUST(ese_trx_begin(&three, 0));
    cr_assert_eq(seen(c), 10, "the older addition below is not committed");
    MUST(ese_trx_commit(&one, 0));
    cr_assert_eq(seen(c), 10);
    MUST(ese_vstore_cleanup(ese_store_versions(rig.store), NULL, NULL));
    cr_assert_eq(seen(c), 10);
    MUST(add(c, 100, NULL));
    cr_assert_eq(seen(c), 110);
    MUST(ese_trx_begin(&three, 0));
    MUST(add(c, 1000, NULL));
    MUST(ese_trx_rollback(&three, 0));
    cr_assert_eq(seen(c), 110);
    MUST(ese_trx_commit(&three, 0));
    cr_assert_eq(seen(a), 111);
}

Test(escrow, every_other_change_conflicts)
{
    start(0);
    MUST(ese_trx_begin(&one, 0));
    MUST(ese_trx_begin(&two, 0));
    MUST(add(a, 1, NULL));
    MUST_BE(ese_cursor_prepare(b, JET_prepReplace), JET_errWriteConflict);
    MUST_BE(ese_cursor_delete(b), JET_errWriteConflict);
    MUST_BE(ese_cursor_check_conflict(b), JET_errWriteConflict);
    MUST_BE(ese_cursor_lock(b, JET_bitReadLock), JET_errWriteConflict);
    MUST(add(b, 1, NULL));
    MUST_BE(ese_cursor_prepare(a, JET_prepReplace), JET_errWriteConflict);
    MUST(ese_trx_rollback(&two, 0));
    MUST(ese_cursor_prepare(a, JET_prepReplace));
    MUST(ese_cursor_set_column(a, text, "grown", 5, 0, NULL));
    MUST_BE(ese_cursor_set_column(a, count, &(int32_t){ 5 }, 4, 0, NULL), JET_errInvalidColumnType);
    MUST_BE(add(a, 1, NULL), JET_errAlreadyPrepared);
    MUST(ese_cursor_update(a, NULL, 0, NULL));
    MUST(ese_trx_begin(&two, 0));
    MUST_BE(add(b, 1, NULL), JET_errWriteConflict);
    MUST(ese_trx_rollback(&two, 0));
    MUST(add(a, 1, NULL));
    cr_assert_eq(seen(a), 2);
    MUST(ese_trx_rollback(&one, 0));
    cr_assert_eq(seen(a), 0);
}

Test(escrow, what_is_refused)
{
    int64_t eight = 1;
    int32_t four = 1;
    start(0);
    MUST_BE(add(a, 1, NULL), JET_errNotInTransaction);
    MUST(ese_trx_begin(&one, 0));
    MUST_BE(ese_cursor_escrow(a, text, &four, 4, NULL, 0, NULL, 0), JET_errInvalidOperation);
    MUST_BE(ese_cursor_escrow(a, key, &four, 4, NULL, 0, NULL, 0), JET_errInvalidOperation);
    MUST_BE(ese_cursor_escrow(a, 99, &four, 4, NULL, 0, NULL, 0), JET_errColumnNotFound);
    MUST_BE(ese_cursor_escrow(a, count, &eight, 8, NULL, 0, NULL, 0), JET_errInvalidBufferSize);
    MUST_BE(ese_cursor_escrow(a, count, &four, 4, &eight, 3, NULL, 0), JET_errInvalidBufferSize);
    MUST_BE(ese_cursor_escrow(a, count, &four, 4, NULL, 0, NULL, 4), JET_errInvalidGrbit);
    MUST(ese_cursor_escrow(a, wide, &eight, 8, NULL, 0, NULL, 0));
    int64_t value;
    MUST(ese_cursor_retrieve(a, wide, &value, 8, NULL, 0, NULL));
    cr_assert_eq(value, 1);
    MUST_BE(ese_cursor_move(a, JET_MoveNext, 0), JET_errNoCurrentRecord);
    MUST_BE(add(a, 1, NULL), JET_errNoCurrentRecord);
    MUST(ese_trx_commit(&one, 0));
    MUST(ese_trx_begin(&two, JET_bitTransactionReadOnly));
    MUST_BE(add(b, 1, NULL), JET_errTransReadOnly);
}

Test(escrow, definitions_that_are_refused)
{
    const int32_t zero = 0;
    struct ese_column_def def = { .name = "n", .coltyp = JET_coltypLong, .grbit = JET_bitColumnEscrowUpdate };
    start(0);
    MUST_BE(ese_table_add_column(a, &def, NULL), JET_errInvalidGrbit); /* no default */
    def.default_value = &zero;
    def.default_size = 4;
    MUST_BE(ese_table_add_column(a, &def, NULL), JET_errExclusiveTableLockRequired);
    def.grbit |= JET_bitColumnVersion;
    MUST_BE(ese_table_add_column(a, &def, NULL), JET_errInvalidGrbit);
    def.grbit = JET_bitColumnDeleteOnZero;
    MUST_BE(ese_table_add_column(a, &def, NULL), JET_errInvalidGrbit);
    ese_cursor_close(b);
    ese_cursor_close(c);
    ese_cursor_close(a);
    MUST(ese_cursor_open(&one, rig.database, "t", JET_bitTableDenyRead, &a));
    def.grbit = JET_bitColumnEscrowUpdate;
    MUST_BE(ese_table_add_column(a, &def, NULL), JET_errTableNotEmpty);
}

Test(escrow, without_rollback)
{
    start(0);
    MUST(ese_trx_begin(&one, 0));
    MUST(ese_cursor_escrow(a, count, &(int32_t){ 5 }, 4, NULL, 0, NULL, JET_bitEscrowNoRollback));
    MUST(add(a, 1, NULL));
    MUST(ese_trx_rollback(&one, 0));
    cr_assert_eq(seen(a), 5);
}

Test(escrow, a_record_at_zero_is_deleted_when_nobody_needs_it)
{
    start(JET_bitColumnDeleteOnZero);
    insert(2, &(int32_t){ 3 });
    MUST(ese_cursor_move(a, JET_MoveLast, 0));
    MUST(ese_cursor_move(b, JET_MoveLast, 0));
    MUST(ese_trx_begin(&two, 0));
    MUST(ese_trx_begin(&one, 0));
    MUST(add(a, -3, NULL));
    MUST(ese_trx_commit(&one, 0));
    MUST(ese_vstore_cleanup(ese_store_versions(rig.store), NULL, NULL));
    cr_assert_eq(seen(b), 3);
    MUST(ese_trx_commit(&two, 0));
    MUST(ese_vstore_cleanup(ese_store_versions(rig.store), NULL, NULL));
    MUST_BE(ese_cursor_move(b, 0, 0), JET_errRecordDeleted);
    MUST(ese_cursor_move(a, JET_MoveFirst, 0));
    cr_assert_eq(seen(a), 0, "what was zero from the beginning stays");
    /* back from zero before anybody looked: it stays */
    MUST(ese_trx_begin(&one, 0));
    MUST(add(a, 1, NULL));
    MUST(add(a, -1, NULL));
    MUST(ese_trx_begin(&two, 0));
    MUST(ese_cursor_move(b, JET_MoveFirst, 0));
    MUST(add(b, 7, NULL));
    MUST(ese_trx_commit(&two, 0));
    MUST(ese_trx_commit(&one, 0));
    MUST(ese_vstore_cleanup(ese_store_versions(rig.store), NULL, NULL));
    cr_assert_eq(seen(b), 7);
}

/* Random additions of three sessions in nested transactions, against sums kept apart. */
Test(escrow, model)
{
    struct ese_trx *trx[] = { &one, &two, &three };
    int32_t committed = 0, part[3][4] = { { 0 } }, base[3] = { 0 };
    start(0);
    struct ese_cursor *cursor[] = { a, b, c };
    srand(7);
    for (unsigned step = 0; step < 3000; step++) {
        unsigned who = (unsigned)rand() % 3, level = ese_trx_level(trx[who]);
        int what = rand() % 10;
        if (what < 2 && level < 3) {
            if (level == 0) {
                base[who] = committed;
            }
            part[who][level + 1] = 0;
            MUST(ese_trx_begin(trx[who], 0));
        } else if (what == 2 && level > 0) {
            MUST(ese_trx_rollback(trx[who], 0));
        } else if (what == 3 && level > 0) {
            MUST(ese_trx_commit(trx[who], 0));
            if (level == 1) {
                committed += part[who][1];
            } else {
                part[who][level - 1] += part[who][level];
            }
        } else if (what == 4) {
            MUST(ese_vstore_cleanup(ese_store_versions(rig.store), NULL, NULL));
        } else if (level > 0) {
            int32_t delta = rand() % 100 - 50, stored = committed, old;
            for (unsigned i = 0; i < 3; i++) {
                for (unsigned l = 1; l <= ese_trx_level(trx[i]); l++) {
                    stored += part[i][l];
                }
            }
            MUST(add(cursor[who], delta, &old));
            cr_assert_eq(old, stored);
            part[who][level] += delta;
        }
        level = ese_trx_level(trx[who]);
        int32_t wanted = level == 0 ? committed : base[who];
        for (unsigned l = 1; l <= level; l++) {
            wanted += part[who][l];
        }
        cr_assert_eq(seen(cursor[who]), wanted, "step %u", step);
    }
}
