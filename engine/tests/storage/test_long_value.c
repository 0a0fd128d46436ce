/* Long values: kept apart from the record, in parts, under transactions, and gone when nobody names them. */
#include <criterion/criterion.h>

#include "engine/table/long_value.h"
#include "engine/tests/storage/support.h"
#include "engine/verify/verify.h"

#define BIG 20000u

static struct rig rig;
static struct ese_trx one, two;
static struct ese_cursor *first, *second;
static JET_COLUMNID key, blob, more;
static unsigned char pattern[BIG], out[2 * BIG];

static void open_table(void)
{
    struct ese_column_info info;
    MUST(ese_cursor_open(&one, rig.database, "t", 0, &first));
    MUST(ese_cursor_open(&two, rig.database, "t", 0, &second));
    MUST(ese_table_column_by_name(first, "key", &info));
    key = info.columnid;
    MUST(ese_table_column_by_name(first, "blob", &info));
    blob = info.columnid;
    MUST(ese_table_column_by_name(first, "more", &info));
    more = info.columnid;
}

static void setup(void)
{
    const struct ese_column_def defs[] = {
        { .name = "key", .coltyp = JET_coltypLong },
        { .name = "blob", .coltyp = JET_coltypLongBinary },
        { .name = "more", .coltyp = JET_coltypLongText, .grbit = JET_bitColumnMultiValued | JET_bitColumnTagged },
    };
    const struct ese_index_def index = { .name = "primary", .key = "+key\0", .key_size = 6,
                                         .grbit = JET_bitIndexPrimary };
    struct ese_cursor *cursor;
    rig_open(&rig, 4096);
    session_begin(&rig, &one);
    session_begin(&rig, &two);
    MUST(ese_table_create(&one, rig.database, "t", 1, 100, 0, &cursor));
    for (unsigned i = 0; i < 3; i++) {
        MUST(ese_table_add_column(cursor, &defs[i], &(JET_COLUMNID){ 0 }));
    }
    MUST(ese_table_create_index(cursor, &index, NULL, NULL));
    ese_cursor_close(cursor);
    open_table();
    for (uint32_t i = 0; i < BIG; i++) {
        pattern[i] = (unsigned char)(i * 7 + i / 251);
    }
}

/* The file must be sound, and nothing may be stored that no record names. */
static void check_file(void)
{
    static struct ese_verify_report report;
    session_end(&one);
    session_end(&two);
    rig_stop(&rig);
    cr_assert_eq(ese_verify_file(rig.path, &report), ESE_VERIFY_GOOD, "%s", report.message);
    rig_start(&rig);
}

static void teardown(void)
{
    check_file();
    rig_close(&rig);
}

TestSuite(long_value, .init = setup, .fini = teardown);

static void insert(struct ese_cursor *cursor, int32_t number, uint32_t size)
{
    MUST(ese_cursor_prepare(cursor, JET_prepInsert));
    MUST(ese_cursor_set_column(cursor, key, &number, sizeof number, 0, NULL));
    MUST(ese_cursor_set_column(cursor, blob, pattern, size, 0, NULL));
    MUST(ese_cursor_update(cursor, NULL, 0, NULL));
}

static JET_ERR seek(struct ese_cursor *cursor, int32_t number)
{
    MUST(ese_cursor_make_key(cursor, &number, sizeof number, JET_bitNewKey));
    return ese_cursor_seek(cursor, JET_bitSeekEQ);
}

/* Size of the blob, after it was compared with the pattern shifted by `shift`. */
static uint32_t blob_of(struct ese_cursor *cursor, uint32_t shift)
{
    uint32_t size = 0;
    MUST(ese_cursor_retrieve(cursor, blob, out, sizeof out, &size, 0, NULL));
    for (uint32_t i = 0; i < size; i++) {
        cr_assert_eq(out[i], pattern[(i + shift) % BIG], "byte %u of %u", i, size);
    }
    return size;
}

static uint64_t stored_entries(void)
{
    uint64_t leaves, nodes = 0;
    MUST(ese_vstore_cleanup(ese_store_versions(rig.store), NULL, NULL));
    struct ese_tree *tree = first->table->long_tree;
    if (tree == NULL) {
        return 0;
    }
    ese_rwlock_read(&tree->lock);
    MUST(ese_tree_stats(tree, &leaves, &nodes));
    ese_rwlock_read_unlock(&tree->lock);
    return nodes;
}

Test(long_value, small_values_stay_in_the_record_and_great_ones_leave_it)
{
    insert(first, 1, ESE_LONG_INTRINSIC_MAX);
    cr_assert_eq(stored_entries(), 0);
    insert(first, 2, ESE_LONG_INTRINSIC_MAX + 1);
    cr_assert_eq(stored_entries(), 2);
    insert(first, 3, BIG);
    uint32_t chunk = ese_long_chunk(rig.database);
    cr_assert_eq(stored_entries(), 2 + 1 + (BIG + chunk - 1) / chunk);
    MUST(seek(first, 1));
    cr_assert_eq(blob_of(first, 0), ESE_LONG_INTRINSIC_MAX);
    MUST(seek(first, 2));
    cr_assert_eq(blob_of(first, 0), ESE_LONG_INTRINSIC_MAX + 1);
    MUST(seek(first, 3));
    cr_assert_eq(blob_of(first, 0), BIG);
}

Test(long_value, parts_are_read_by_offset)
{
    uint32_t actual;
    insert(first, 1, BIG);
    MUST(seek(first, 1));
    const uint32_t offsets[] = { 0, 1, 4000, 8191, BIG - 10, BIG, BIG + 5 };
    for (unsigned i = 0; i < sizeof offsets / sizeof offsets[0]; i++) {
        JET_RETINFO retinfo = { sizeof retinfo, offsets[i], 1, 0 };
        uint32_t rest = offsets[i] < BIG ? BIG - offsets[i] : 0, part = rest < 5000 ? rest : 5000;
        MUST_BE(ese_cursor_retrieve(first, blob, out, 5000, &actual, 0, &retinfo),
                part < rest ? JET_wrnBufferTruncated : JET_errSuccess);
        cr_assert_eq(actual, rest);
        cr_assert_arr_eq(out, pattern + (rest != 0 ? offsets[i] : 0), part);
    }
}

static void replace(struct ese_cursor *cursor, const void *data, uint32_t size, JET_GRBIT grbit, uint32_t offset)
{
    JET_SETINFO setinfo = { sizeof setinfo, offset, 1 };
    MUST(ese_cursor_prepare(cursor, JET_prepReplace));
    MUST(ese_cursor_set_column(cursor, blob, data, size, grbit, &setinfo));
    MUST(ese_cursor_update(cursor, NULL, 0, NULL));
}

Test(long_value, append_overwrite_and_resize)
{
    insert(first, 1, 100);
    MUST(seek(first, 1));
    replace(first, pattern + 100, 900, JET_bitSetAppendLV, 0);
    cr_assert_eq(blob_of(first, 0), 1000);
    replace(first, pattern + 1000, 9000, JET_bitSetAppendLV, 0);
    cr_assert_eq(blob_of(first, 0), 10000);
    replace(first, pattern + 10000, 500, JET_bitSetAppendLV, 0);
    cr_assert_eq(blob_of(first, 0), 10500);
    memset(out, 0xEE, 6000);
    replace(first, out, 6000, JET_bitSetOverwriteLV, 3000);
    replace(first, pattern + 3000, 6000, JET_bitSetOverwriteLV, 3000);
    cr_assert_eq(blob_of(first, 0), 10500);
    replace(first, pattern + 9000, 1000, JET_bitSetOverwriteLV | JET_bitSetSizeLV, 9000);
    cr_assert_eq(blob_of(first, 0), 10000);
    replace(first, NULL, 5000, JET_bitSetSizeLV, 0);
    cr_assert_eq(blob_of(first, 0), 5000);
    replace(first, NULL, 9000, JET_bitSetSizeLV, 0);
    uint32_t size;
    MUST(ese_cursor_retrieve(first, blob, out, sizeof out, &size, 0, NULL));
    cr_assert_eq(size, 9000);
    cr_assert_arr_eq(out, pattern, 5000);
    for (uint32_t i = 5000; i < 9000; i++) {
        cr_assert_eq(out[i], 0, "what was cut off must not come back");
    }
    JET_SETINFO beyond = { sizeof beyond, 9001, 1 };
    MUST(ese_cursor_prepare(first, JET_prepReplace));
    MUST_BE(ese_cursor_set_column(first, blob, "x", 1, JET_bitSetOverwriteLV, &beyond), JET_errColumnNoChunk);
    MUST_BE(ese_cursor_set_column(first, blob, NULL, 0x80000000u, JET_bitSetSizeLV, NULL), JET_errColumnTooBig);
    MUST_BE(ese_cursor_set_column(first, blob, pattern, 1025, JET_bitSetIntrinsicLV, NULL), JET_errColumnTooBig);
    MUST(ese_cursor_prepare(first, JET_prepCancel));
}

Test(long_value, other_sessions_see_the_old_value_until_the_commit)
{
    insert(first, 1, BIG);
    MUST(seek(first, 1));
    MUST(seek(second, 1));
    MUST(ese_trx_begin(&two, 0));
    cr_assert_eq(blob_of(second, 0), BIG);
    MUST(ese_trx_begin(&one, 0));
    replace(first, pattern + 5, 6000, 0, 0);
    cr_assert_eq(blob_of(first, 5), 6000);
    cr_assert_eq(blob_of(second, 0), BIG);
    MUST(ese_trx_commit(&one, 0));
    cr_assert_eq(blob_of(second, 0), BIG, "a snapshot keeps the old value");
    MUST(ese_vstore_cleanup(ese_store_versions(rig.store), NULL, NULL));
    cr_assert_eq(blob_of(second, 0), BIG);
    MUST_BE(ese_cursor_prepare(second, JET_prepReplace), JET_errWriteConflict);
    MUST(ese_trx_commit(&two, 0));
    cr_assert_eq(blob_of(second, 5), 6000);
    MUST(ese_trx_begin(&two, 0));
    MUST(ese_cursor_delete(first));
    cr_assert_eq(blob_of(second, 5), 6000, "... and a deleted record's");
    MUST(ese_trx_commit(&two, 0));
    cr_assert_eq(stored_entries(), 0);
}

Test(long_value, rollback_brings_the_old_value_back)
{
    insert(first, 1, BIG);
    uint64_t entries = stored_entries();
    MUST(ese_trx_begin(&one, 0));
    MUST(seek(first, 1));
    replace(first, pattern + BIG - 10, 10, JET_bitSetAppendLV, 0);
    MUST(ese_trx_begin(&one, 0));
    replace(first, NULL, 3000, JET_bitSetSizeLV, 0);
    cr_assert_eq(blob_of(first, 0), 3000);
    MUST(ese_trx_rollback(&one, 0));
    uint32_t size;
    MUST(ese_cursor_retrieve(first, blob, NULL, 0, &size, 0, NULL) == JET_wrnBufferTruncated ? 0 : -1);
    cr_assert_eq(size, BIG + 10);
    MUST(ese_trx_rollback(&one, 0));
    cr_assert_eq(blob_of(first, 0), BIG);
    cr_assert_eq(stored_entries(), entries);
    MUST(ese_trx_begin(&one, 0));
    insert(first, 2, BIG);
    MUST(ese_cursor_delete(first));
    MUST(ese_trx_rollback(&one, 0));
    MUST(seek(first, 1));
    cr_assert_eq(blob_of(first, 0), BIG);
    cr_assert_eq(stored_entries(), entries);
}

Test(long_value, a_cancelled_update_leaves_nothing)
{
    MUST(ese_trx_begin(&one, 0));
    MUST(ese_cursor_prepare(first, JET_prepInsert));
    MUST(ese_cursor_set_column(first, key, &(int32_t){ 1 }, 4, 0, NULL));
    MUST(ese_cursor_set_column(first, blob, pattern, BIG, 0, NULL));
    uint32_t size;
    MUST(ese_cursor_retrieve(first, blob, out, sizeof out, &size, JET_bitRetrieveCopy, NULL));
    cr_assert_eq(size, BIG);
    cr_assert_arr_eq(out, pattern, BIG);
    MUST(ese_cursor_prepare(first, JET_prepCancel));
    MUST(ese_trx_commit(&one, 0));
    cr_assert_eq(stored_entries(), 0);
}

/* Great values move into the database while they are being set; what was moved goes when the update does. */
Test(long_value, values_too_great_for_memory)
{
    uint32_t total = 0;
    for (unsigned round = 0; round < 2; round++) {
        MUST(ese_trx_begin(&one, 0));
        MUST(ese_cursor_prepare(first, JET_prepInsert));
        MUST(ese_cursor_set_column(first, key, &(int32_t){ 1 }, 4, 0, NULL));
        for (total = 0; total < 40000000; total += BIG) {
            MUST(ese_cursor_set_column(first, blob, pattern, BIG, JET_bitSetAppendLV, NULL));
        }
        if (round == 0) {
            MUST(ese_cursor_prepare(first, JET_prepCancel));
            MUST(ese_trx_commit(&one, 0));
            cr_assert_eq(stored_entries(), 0);
        } else {
            MUST(ese_cursor_update(first, NULL, 0, NULL));
            MUST(ese_trx_commit(&one, 0));
        }
    }
    MUST(seek(first, 1));
    for (uint32_t at = 0; at < total; at += 5 * BIG) {
        JET_RETINFO retinfo = { sizeof retinfo, at, 1, 0 };
        uint32_t size;
        MUST_BE(ese_cursor_retrieve(first, blob, out, BIG, &size, 0, &retinfo),
                total - at == BIG ? JET_errSuccess : JET_wrnBufferTruncated);
        cr_assert_eq(size, total - at);
        cr_assert_arr_eq(out, pattern, BIG);
    }
}

Test(long_value, a_copied_record_has_values_of_its_own)
{
    insert(first, 1, BIG);
    MUST(seek(first, 1));
    MUST(ese_cursor_prepare(first, JET_prepInsertCopy));
    MUST(ese_cursor_set_column(first, key, &(int32_t){ 2 }, 4, 0, NULL));
    MUST(ese_cursor_update(first, NULL, 0, NULL));
    MUST(ese_cursor_delete(first));
    MUST(seek(first, 2));
    cr_assert_eq(blob_of(first, 0), BIG);
    uint64_t entries = stored_entries();
    MUST(ese_cursor_prepare(first, JET_prepInsertCopyDeleteOriginal));
    MUST(ese_cursor_set_column(first, key, &(int32_t){ 3 }, 4, 0, NULL));
    MUST(ese_cursor_update(first, NULL, 0, NULL));
    MUST_BE(seek(first, 2), JET_errRecordNotFound);
    MUST(seek(first, 3));
    cr_assert_eq(blob_of(first, 0), BIG);
    cr_assert_eq(stored_entries(), entries);
}

Test(long_value, a_failed_update_can_go_on)
{
    insert(first, 1, BIG);
    MUST(ese_cursor_prepare(first, JET_prepInsert));
    MUST(ese_cursor_set_column(first, key, &(int32_t){ 1 }, 4, 0, NULL));
    MUST(ese_cursor_set_column(first, blob, pattern + 3, 9000, 0, NULL));
    MUST_BE(ese_cursor_update(first, NULL, 0, NULL), JET_errKeyDuplicate);
    uint32_t size;
    MUST(ese_cursor_retrieve(first, blob, out, sizeof out, &size, JET_bitRetrieveCopy, NULL));
    cr_assert_eq(size, 9000);
    MUST(ese_cursor_set_column(first, key, &(int32_t){ 2 }, 4, 0, NULL));
    MUST(ese_cursor_update(first, NULL, 0, NULL));
    MUST(seek(first, 2));
    cr_assert_eq(blob_of(first, 3), 9000);
}

Test(long_value, a_record_that_gets_too_big_gives_up_its_long_values)
{
    MUST(ese_cursor_prepare(first, JET_prepInsert));
    MUST(ese_cursor_set_column(first, key, &(int32_t){ 1 }, 4, 0, NULL));
    MUST(ese_cursor_set_column(first, blob, pattern, 1000, 0, NULL));
    for (unsigned i = 0; i < 150; i++) {
        JET_SETINFO setinfo = { sizeof setinfo, 0, 0 };
        MUST(ese_cursor_set_column(first, more, pattern + i, 900, 0, &setinfo));
    }
    MUST(ese_cursor_update(first, NULL, 0, NULL));
    MUST(seek(first, 1));
    cr_assert_eq(blob_of(first, 0), 1000);
    for (unsigned i = 0; i < 150; i++) {
        JET_RETINFO retinfo = { sizeof retinfo, 0, i + 1, 0 };
        uint32_t size;
        MUST(ese_cursor_retrieve(first, more, out, sizeof out, &size, 0, &retinfo));
        cr_assert_eq(size, 900);
        cr_assert_arr_eq(out, pattern + i, 900);
    }
}

Test(long_value, damage_is_told)
{
    insert(first, 1, BIG);
    MUST(seek(first, 1));
    struct ese_tree *tree = first->table->long_tree;
    unsigned char chunk_key[12] = { 0, 0, 0, 0, 0, 0, 0, 1, 0, 0, 0, 0 };
    uint32_t chunk = ese_long_chunk(rig.database);
    chunk_key[10] = (unsigned char)(chunk >> 8);
    chunk_key[11] = (unsigned char)chunk;
    MUST(ese_vstore_cleanup(ese_store_versions(rig.store), NULL, NULL));
    MUST(ese_entry_remove_raw(tree, chunk_key, sizeof chunk_key));
    uint32_t size;
    MUST_BE(ese_cursor_retrieve(first, blob, out, sizeof out, &size, 0, NULL), JET_errLVCorrupted);
    MUST(ese_entry_put_raw(tree, chunk_key, sizeof chunk_key, pattern + chunk, chunk));
    cr_assert_eq(blob_of(first, 0), BIG);
}

/* ---- the model ------------------------------------------------------------------------------------------- */

#define KEYS 6
#define VALUES 4
#define LEVELS 3

struct modelled { uint32_t count, size[VALUES]; unsigned char seed[VALUES]; bool there; };
static struct modelled model[LEVELS + 1][KEYS];

static unsigned char byte_of(unsigned char seed, uint32_t at)
{
    return (unsigned char)(seed * 31 + at * 13 + at / 1000);
}

static void fill(unsigned char seed, uint32_t size)
{
    for (uint32_t i = 0; i < size; i++) {
        out[i] = byte_of(seed, i);
    }
}

static void compare(struct ese_cursor *cursor, const struct modelled *wanted, int32_t number)
{
    JET_ERR err = seek(cursor, number);
    if (!wanted->there) {
        MUST_BE(err, JET_errRecordNotFound);
        return;
    }
    MUST(err);
    for (uint32_t i = 0; i <= wanted->count; i++) {
        JET_RETINFO retinfo = { sizeof retinfo, 0, i + 1, 0 };
        uint32_t size = 0;
        err = ese_cursor_retrieve(cursor, more, out, sizeof out, &size, 0, &retinfo);
        if (i == wanted->count) {
            MUST_BE(err, JET_wrnColumnNull);
            break;
        }
        MUST(err);
        cr_assert_eq(size, wanted->size[i], "record %d value %u: %u bytes, not %u", number, i, size, wanted->size[i]);
        for (uint32_t at = 0; at < size; at++) {
            cr_assert_eq(out[at], byte_of(wanted->seed[i], at));
        }
    }
}

/* One change of one value of a prepared record, in the model as well. */
static void change_value(struct modelled *now)
{
    static const uint32_t sizes[] = { 10, 900, 1024, 1025, 3000, 4066, 4067, 9000, 15000 };
    uint32_t size = sizes[(unsigned)rand() % 9], which = (unsigned)rand() % VALUES;
    JET_SETINFO setinfo = { sizeof setinfo, 0, which + 1 };
    bool there = which < now->count;
    uint32_t at = there ? which : now->count;
    if (there && rand() % 4 == 0) {                 /* NULL takes it out of the sequence */
        MUST(ese_cursor_set_column(first, more, NULL, 0, 0, &setinfo));
        now->count--;
        memmove(&now->size[at], &now->size[at + 1], (now->count - at) * sizeof now->size[0]);
        memmove(&now->seed[at], &now->seed[at + 1], now->count - at);
        return;
    }
    if (there && rand() % 2 == 0) {                 /* cut or lengthened, its beginning stays */
        uint32_t old = now->size[at];
        fill(now->seed[at], size);
        if (size > old) {
            setinfo.ibLongValue = old;
            MUST(ese_cursor_set_column(first, more, out + old, size - old,
                                       rand() % 2 != 0 ? JET_bitSetAppendLV : JET_bitSetOverwriteLV, &setinfo));
        } else {
            MUST(ese_cursor_set_column(first, more, NULL, size, JET_bitSetSizeLV, &setinfo));
        }
        now->size[at] = size;
        return;
    }
    now->seed[at] = (unsigned char)rand();
    now->size[at] = size;
    now->count += there ? 0 : 1;
    fill(now->seed[at], size);
    MUST(ese_cursor_set_column(first, more, out, size, rand() % 5 == 0 ? JET_bitSetSeparateLV : 0, &setinfo));
}

static void change_record(struct modelled *record, int32_t number)
{
    struct modelled now = *record;
    if (record->there && rand() % 6 == 0) {
        MUST(seek(first, number));
        MUST(ese_cursor_delete(first));
        memset(record, 0, sizeof *record);
        return;
    }
    if (record->there) {
        MUST(seek(first, number));
        MUST(ese_cursor_prepare(first, rand() % 3 == 0 ? JET_prepReplaceNoLock : JET_prepReplace));
    } else {
        MUST(ese_cursor_prepare(first, JET_prepInsert));
        MUST(ese_cursor_set_column(first, key, &number, sizeof number, 0, NULL));
        now.there = true;
    }
    for (int i = rand() % 4; i >= 0; i--) {
        change_value(&now);
    }
    if (rand() % 6 == 0) {
        MUST(ese_cursor_prepare(first, JET_prepCancel));
        return;
    }
    MUST(ese_cursor_update(first, NULL, 0, NULL));
    *record = now;
}

/* Session one changes records in nested transactions, session two looks on from a snapshot. */
Test(long_value, model)
{
    unsigned level = 0;
    struct modelled snapshot[KEYS];
    memset(model, 0, sizeof model);
    memset(snapshot, 0, sizeof snapshot);
    srand(20251122);
    MUST(ese_trx_begin(&two, 0));
    for (unsigned step = 0; step < 1500; step++) {
        int what = rand() % 16;
        if (what == 0 && level < LEVELS) {
            MUST(ese_trx_begin(&one, 0));
            memcpy(model[level + 1], model[level], sizeof model[level]);
            level++;
        } else if (what == 1 && level > 0) {
            MUST(ese_trx_commit(&one, 0));
            memcpy(model[level - 1], model[level], sizeof model[level]);
            level--;
        } else if (what == 2 && level > 0) {
            MUST(ese_trx_rollback(&one, 0));
            level--;
        } else if (what == 3 && level == 0) {
            MUST(ese_trx_commit(&two, 0));
            MUST(ese_trx_begin(&two, 0));
            memcpy(snapshot, model[0], sizeof snapshot);
        } else if (what == 4) {
            MUST(ese_vstore_cleanup(ese_store_versions(rig.store), NULL, NULL));
        } else {
            int32_t number = rand() % KEYS;
            change_record(&model[level][number], number);
        }
        int32_t looked = rand() % KEYS;
        compare(first, &model[level][looked], looked);
        compare(second, &snapshot[looked], looked);
    }
    while (level > 0) {
        MUST(ese_trx_rollback(&one, 0));
        level--;
    }
    MUST(ese_trx_commit(&two, 0));
    uint64_t wanted = 0;
    for (int32_t i = 0; i < KEYS; i++) {
        compare(first, &model[0][i], i);
        if (model[0][i].there) {
            MUST(seek(first, i));
            MUST(ese_cursor_delete(first));
        }
    }
    cr_assert_eq(stored_entries(), wanted, "what no record names any more is gone");
}
