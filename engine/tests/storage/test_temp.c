/* Temporary tables: phases, duplicates, transactions, and the file they lie in. */
#include <criterion/criterion.h>

#include "engine/table/temp.h"
#include "support.h"

static const JET_COLUMNDEF columns[] = {
    { .cbStruct = sizeof(JET_COLUMNDEF), .coltyp = JET_coltypLong, .grbit = JET_bitColumnTTKey },
    { .cbStruct = sizeof(JET_COLUMNDEF), .coltyp = JET_coltypText, .cbMax = 20 },
};

static JET_ERR try_open(struct rig *rig, struct ese_trx *trx, JET_GRBIT grbit, struct pairs *pairs)
{
    struct ese_temp_def def = { .columns = columns, .count = 2, .grbit = grbit };
    JET_COLUMNID ids[2];
    JET_ERR err = ese_temp_open(rig->store, trx, &def, ids, &pairs->cursor);
    pairs->key = ids[0];
    pairs->value = ids[1];
    return err;
}

/* All keys in order, as text. */
static const char *listing(struct pairs *pairs)
{
    static char text[400];
    size_t at = 0;
    text[0] = '\0';
    for (JET_ERR err = ese_cursor_move(pairs->cursor, (int32_t)JET_MoveFirst, 0); err == JET_errSuccess && at < 380;
         err = ese_cursor_move(pairs->cursor, JET_MoveNext, 0)) {
        at += (size_t)snprintf(text + at, sizeof text - at, "%d ", (int)pairs_key(pairs));
    }
    return text;
}

static void temp_path(const struct rig *rig, char *path, size_t size)
{
    snprintf(path, size, "%s/tmp.edb", rig->directory);
}

Test(temp, a_sort_orders_and_drops_duplicates)
{
    struct rig rig;
    struct ese_trx trx;
    struct pairs sort;
    rig_open(&rig, 4096);
    session_begin(&rig, &trx);
    MUST(try_open(&rig, &trx, JET_bitTTUnique, &sort));
    cr_expect_eq(ese_temp_phase(sort.cursor), ESE_TEMP_INSERT);
    static const int32_t keys[] = { 5, 3, 9, 3, -2, 5, 7 };
    for (unsigned i = 0; i < sizeof keys / sizeof keys[0]; i++) {
        MUST(pairs_insert(&sort, keys[i], "x"));
    }
    ese_temp_end_insert(sort.cursor);
    cr_expect_eq(ese_temp_phase(sort.cursor), ESE_TEMP_SORTED);
    cr_expect_str_eq(listing(&sort), "-2 3 5 7 9 ");
    cr_expect_eq(ese_temp_records(sort.cursor), 5);
    session_end(&trx);
    rig_close(&rig);
}

Test(temp, a_forward_only_sort_keeps_duplicates_unless_told)
{
    struct rig rig;
    struct ese_trx trx;
    struct pairs all, unique;
    rig_open(&rig, 4096);
    session_begin(&rig, &trx);
    MUST(try_open(&rig, &trx, JET_bitTTForwardOnly, &all));
    MUST(try_open(&rig, &trx, JET_bitTTForwardOnly | JET_bitTTUnique, &unique));
    for (int32_t i = 0; i < 6; i++) {
        MUST(pairs_insert(&all, i % 3, "x"));
        MUST(pairs_insert(&unique, i % 3, "x"));
    }
    MUST(ese_temp_finish(all.cursor));
    MUST(ese_temp_finish(unique.cursor));
    cr_expect_str_eq(listing(&all), "0 0 1 1 2 2 ");
    cr_expect_str_eq(listing(&unique), "0 1 2 ");
    session_end(&trx);
    rig_close(&rig);
}

Test(temp, what_cannot_be_forward_only_is_refused)
{
    struct rig rig;
    struct ese_trx trx;
    struct pairs sort;
    struct ese_cursor *cursor;
    JET_COLUMNID id;
    rig_open(&rig, 4096);
    session_begin(&rig, &trx);
    static const JET_GRBIT bits[] = { JET_bitTTIndexed, JET_bitTTUpdatable, JET_bitTTScrollable,
                                      JET_bitTTForceMaterialization };
    for (unsigned i = 0; i < 4; i++) {
        MUST_BE(try_open(&rig, &trx, JET_bitTTForwardOnly | bits[i], &sort), JET_errCannotMaterializeForwardOnlySort);
    }
    JET_COLUMNDEF no_key = { .cbStruct = sizeof no_key, .coltyp = JET_coltypLong };
    struct ese_temp_def def = { .columns = &no_key, .count = 1, .grbit = JET_bitTTForwardOnly };
    MUST_BE(ese_temp_open(rig.store, &trx, &def, &id, &cursor), JET_errCannotMaterializeForwardOnlySort);
    JET_COLUMNDEF longs = { .cbStruct = sizeof longs, .coltyp = JET_coltypLongText, .grbit = JET_bitColumnTTKey };
    def.columns = &longs;
    MUST_BE(ese_temp_open(rig.store, &trx, &def, &id, &cursor), JET_errCannotMaterializeForwardOnlySort);
    def.grbit |= JET_bitTTIntrinsicLVsOnly;
    MUST(ese_temp_open(rig.store, &trx, &def, &id, &cursor));
    session_end(&trx);
    rig_close(&rig);
}

Test(temp, definitions_are_checked)
{
    struct rig rig;
    struct ese_trx trx;
    struct ese_cursor *cursor;
    JET_COLUMNID ids[200];
    JET_COLUMNDEF many[200];
    rig_open(&rig, 4096);
    session_begin(&rig, &trx);
    memset(many, 0, sizeof many);
    struct ese_temp_def def = { .columns = many, .count = 1 };
    many[0].coltyp = 99;
    MUST_BE(ese_temp_open(rig.store, &trx, &def, ids, &cursor), JET_errInvalidColumnType);
    many[0].coltyp = JET_coltypText;
    many[0].cp = 437;
    MUST_BE(ese_temp_open(rig.store, &trx, &def, ids, &cursor), JET_errInvalidCodePage);
    many[0].cp = 1200;
    def.key_most = 254;
    MUST_BE(ese_temp_open(rig.store, &trx, &def, ids, &cursor), JET_errInvalidParameter);
    def.key_most = JET_cbKeyMost4KBytePage + 1;
    MUST_BE(ese_temp_open(rig.store, &trx, &def, ids, &cursor), JET_errInvalidParameter);
    def.key_most = 0;
    def.var_seg_most = 256;
    MUST_BE(ese_temp_open(rig.store, &trx, &def, ids, &cursor), JET_errInvalidParameter);
    def.var_seg_most = 0;
    for (unsigned i = 0; i < 200; i++) {
        many[i].coltyp = JET_coltypLong;
    }
    def.count = 200;
    MUST_BE(ese_temp_open(rig.store, &trx, &def, ids, &cursor), JET_errTooManyColumns);
    def.count = 127;
    MUST(ese_temp_open(rig.store, &trx, &def, ids, &cursor));
    for (uint32_t i = 0; i < 127; i++) {
        cr_expect_eq(ids[i], i + 1);
    }
    session_end(&trx);
    rig_close(&rig);
}

Test(temp, a_table_follows_its_transaction_and_a_sort_does_not)
{
    struct rig rig;
    struct ese_trx trx;
    struct pairs sort, table;
    rig_open(&rig, 4096);
    session_begin(&rig, &trx);
    MUST(try_open(&rig, &trx, JET_bitTTUpdatable | JET_bitTTIndexed | JET_bitTTScrollable, &sort));
    MUST(try_open(&rig, &trx, JET_bitTTErrorOnDuplicateInsertion, &table));
    cr_expect_eq(ese_temp_phase(table.cursor), ESE_TEMP_TABLE);
    MUST(ese_trx_begin(&trx, 0));
    MUST(pairs_insert(&sort, 1, "one"));
    MUST(pairs_insert(&sort, 1, "again"));          /* dropped */
    MUST(pairs_insert(&table, 1, "one"));
    MUST_BE(pairs_insert(&table, 1, "again"), JET_errKeyDuplicate);
    MUST(ese_trx_rollback(&trx, 0));
    cr_expect_str_eq(listing(&table), "");
    ese_temp_end_insert(sort.cursor);
    cr_expect_eq(ese_temp_phase(sort.cursor), ESE_TEMP_TABLE);
    cr_expect_str_eq(listing(&sort), "1 ");

    MUST(ese_trx_begin(&trx, 0));
    MUST(pairs_insert(&sort, 2, "two"));
    MUST(pairs_set(&sort, 1, "changed"));
    MUST(ese_trx_rollback(&trx, 0));
    cr_expect_str_eq(listing(&sort), "1 ");
    char text[20];
    MUST(pairs_seek(&sort, 1));
    cr_expect_str_eq(pairs_value(&sort, text, sizeof text), "one");
    MUST(pairs_delete(&sort, 1));
    cr_expect_str_eq(listing(&sort), "");
    session_end(&trx);
    rig_close(&rig);
}

Test(temp, without_versioning_nothing_is_taken_back)
{
    struct rig rig;
    struct ese_trx trx;
    struct pairs table;
    rig_open(&rig, 4096);
    MUST(ese_store_close(rig.store, ESE_CLOSE_COMPLETE));
    char path[256];
    temp_path(&rig, path, sizeof path);
    struct ese_store_config config = { .page_size = 4096, .checkpoint_depth = 1u << 20, .temp_path = path,
                                       .temp_sorts = 4, .temp_unversioned = true };
    MUST(ese_store_open(&config, &rig.store));
    session_begin(&rig, &trx);
    MUST(try_open(&rig, &trx, JET_bitTTForceMaterialization, &table));
    for (int32_t i = 0; i < 4; i++) {
        MUST(pairs_insert(&table, i, "x"));
    }
    MUST(ese_trx_begin(&trx, 0));
    MUST(pairs_insert(&table, 7, "new"));
    MUST(pairs_delete(&table, 2));
    MUST(pairs_set(&table, 3, "changed"));
    MUST(ese_trx_rollback(&trx, 0));
    cr_expect_str_eq(listing(&table), "0 1 3 7 ");
    char text[20];
    MUST(pairs_seek(&table, 3));
    cr_expect_str_eq(pairs_value(&table, text, sizeof text), "changed");
    cr_expect_eq(ese_vstore_bytes(ese_store_versions(rig.store)), 0);
    session_end(&trx);
    rig_close(&rig);
}

Test(temp, sorts_are_counted_until_they_become_tables)
{
    struct rig rig;
    struct ese_trx trx;
    struct pairs sorts[5], table;
    rig_open(&rig, 4096);
    session_begin(&rig, &trx);
    for (unsigned i = 0; i < 4; i++) {
        MUST(try_open(&rig, &trx, JET_bitTTUnique, &sorts[i]));
    }
    MUST_BE(try_open(&rig, &trx, JET_bitTTUnique, &sorts[4]), JET_errTooManySorts);
    ese_cursor_close(sorts[3].cursor);
    for (unsigned i = 0; i < 20; i++) {
        MUST(try_open(&rig, &trx, JET_bitTTForceMaterialization, &table));
    }
    MUST(try_open(&rig, &trx, JET_bitTTUnique, &sorts[4]));
    session_end(&trx);
    MUST(try_open(&rig, &trx, JET_bitTTUnique, &sorts[4]));
    session_end(&trx);
    rig_close(&rig);
}

/* A table dropped in the middle of its transaction leaves versions behind that must find nothing to undo. */
Test(temp, closing_inside_a_transaction_survives_both_endings)
{
    struct rig rig;
    struct ese_trx trx;
    struct pairs table;
    rig_open(&rig, 4096);
    session_begin(&rig, &trx);
    for (unsigned round = 0; round < 20; round++) {
        MUST(ese_trx_begin(&trx, 0));
        MUST(try_open(&rig, &trx, JET_bitTTForceMaterialization, &table));
        for (int32_t i = 0; i < 200; i++) {
            MUST(pairs_insert(&table, i, "some text"));
        }
        MUST(pairs_delete(&table, 7));
        ese_cursor_close(table.cursor);
        MUST(round % 2 != 0 ? ese_trx_commit(&trx, 0) : ese_trx_rollback(&trx, 0));
        MUST(ese_vstore_cleanup(ese_store_versions(rig.store), NULL, NULL));
    }
    session_end(&trx);
    rig_close(&rig);
}

Test(temp, space_is_used_again)
{
    struct rig rig;
    struct ese_trx trx;
    struct pairs sort;
    char path[256];
    uint64_t first = 0;
    rig_open(&rig, 4096);
    session_begin(&rig, &trx);
    temp_path(&rig, path, sizeof path);
    for (unsigned round = 0; round < 4; round++) {
        MUST(try_open(&rig, &trx, JET_bitTTUnique, &sort));
        for (int32_t i = 0; i < 3000; i++) {
            MUST(pairs_insert(&sort, (i * 7919) % 3001, "some text"));
        }
        MUST(ese_temp_finish(sort.cursor));
        cr_expect_eq(pairs_count(&sort), 3000);
        struct ese_database *database = ese_cursor_database(sort.cursor);
        uint64_t size = ese_database_page_count(database);
        first = first == 0 ? size : first;
        cr_expect_eq(size, first);
        ese_cursor_close(sort.cursor);
    }
    session_end(&trx);
    rig_close(&rig);
}

Test(temp, the_file_is_made_late_and_removed)
{
    struct rig rig;
    struct ese_trx trx;
    struct pairs sort;
    char path[256];
    rig_open(&rig, 4096);
    temp_path(&rig, path, sizeof path);
    cr_expect(!ese_path_exists(path));
    session_begin(&rig, &trx);
    MUST(try_open(&rig, &trx, 0, &sort));
    cr_expect(ese_path_exists(path));
    session_end(&trx);
    rig_stop(&rig);
    cr_expect(!ese_path_exists(path));
    struct ese_file *left;
    MUST(ese_file_open(path, ESE_FILE_CREATE, &left)); /* as after a crash */
    ese_file_close(left);
    rig_start(&rig);
    cr_expect(!ese_path_exists(path));
    session_begin(&rig, &trx);
    MUST(try_open(&rig, &trx, 0, &sort));
    MUST_BE(ese_store_close(rig.store, ESE_CLOSE_DIRTY), JET_errDirtyShutdown);
    cr_expect(!ese_path_exists(path));
    rig.store = NULL;
    rig_close(&rig);
}

Test(temp, none_at_all_when_the_store_allows_none)
{
    struct rig rig;
    struct ese_trx trx;
    struct pairs sort;
    rig_open(&rig, 4096);
    rig_stop(&rig);
    struct ese_store_config config = { .page_size = 4096, .checkpoint_depth = 1u << 20 };
    MUST(ese_store_open(&config, &rig.store));
    session_begin(&rig, &trx);
    MUST_BE(try_open(&rig, &trx, JET_bitTTForceMaterialization, &sort), JET_errTooManySorts);
    rig_close(&rig);
}
