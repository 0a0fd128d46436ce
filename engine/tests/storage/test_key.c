/* Values of every column type: stored, read back, and in the order of the type when they are keys. */
#include <criterion/criterion.h>
#include <stdlib.h>

#include "engine/tests/storage/support.h"
#include "engine/table/schema.h"

static struct rig rig;
static struct ese_trx trx;

static void setup(void)
{
    rig_open(&rig, 8192);
    session_begin(&rig, &trx);
}

static void teardown(void)
{
    session_end(&trx);
    rig_close(&rig);
}

TestSuite(key, .init = setup, .fini = teardown);

struct one { struct ese_cursor *cursor; JET_COLUMNID id; };

static void make(struct one *one, const char *name, JET_COLTYP coltyp, JET_GRBIT grbit, uint16_t code_page, bool down)
{
    const struct ese_column_def column = { .name = "c", .coltyp = coltyp, .grbit = grbit, .code_page = code_page,
                                           .max_size = (grbit & JET_bitColumnFixed) != 0 ? 10 : 0 };
    const struct ese_index_def index = { .name = "i", .key = down ? "-c\0" : "+c\0", .key_size = 4,
                                         .grbit = JET_bitIndexPrimary };
    MUST(ese_table_create(&trx, rig.database, name, 1, 100, 0, &one->cursor));
    MUST(ese_table_add_column(one->cursor, &column, &one->id));
    MUST(ese_table_create_index(one->cursor, &index, NULL, NULL));
}

static JET_ERR put(struct one *one, const void *data, uint32_t size, JET_GRBIT grbit)
{
    MUST(ese_cursor_prepare(one->cursor, JET_prepInsert));
    JET_ERR err = ese_cursor_set_column(one->cursor, one->id, data, size, grbit, NULL);
    if (err >= JET_errSuccess) {
        err = ese_cursor_update(one->cursor, NULL, 0, NULL);
    }
    if (err < JET_errSuccess) {
        MUST(ese_cursor_prepare(one->cursor, JET_prepCancel));
    }
    return err;
}

/* Puts the values in (they come in ascending order) from the middle outwards and expects them back in order. */
static void in_order(const char *name, JET_COLTYP coltyp, const void *values, uint32_t size, uint32_t count, bool down)
{
    struct one one;
    unsigned char out[16];
    uint32_t actual;
    make(&one, name, coltyp, 0, 0, down);
    for (uint32_t i = 0; i < count; i++) {
        uint32_t pick = (i * 7 + 3) % count;
        MUST(put(&one, (const char *)values + pick * size, size, 0));
    }
    MUST(ese_cursor_move(one.cursor, down ? JET_MoveLast : JET_MoveFirst, 0));
    for (uint32_t i = 0; i < count; i++) {
        MUST(ese_cursor_retrieve(one.cursor, one.id, out, sizeof out, &actual, 0, NULL));
        cr_assert_eq(actual, size);
        cr_assert_eq(memcmp(out, (const char *)values + i * size, size), 0, "%s: value %u is out of order", name, i);
        MUST_BE(ese_cursor_move(one.cursor, down ? -1 : 1, 0), i + 1 < count ? JET_errSuccess : JET_errNoCurrentRecord);
    }
    ese_cursor_close(one.cursor);
}

Test(key, numbers_sort_by_value)
{
    static const uint8_t bytes[] = { 0, 1, 127, 128, 255 };
    static const int16_t shorts[] = { INT16_MIN, -256, -1, 0, 255, INT16_MAX };
    static const uint16_t words[] = { 0, 255, 256, 0x8000, 0xFFFF };
    static const int32_t longs[] = { INT32_MIN, -70000, -1, 0, 1, 70000, INT32_MAX };
    static const uint32_t dwords[] = { 0, 256, 0x7FFFFFFF, 0x80000000, 0xFFFFFFFF };
    static const int64_t quads[] = { INT64_MIN, -1, 0, 1, INT64_MAX };
    static const uint64_t uquads[] = { 0, 1, (uint64_t)INT64_MAX, UINT64_MAX };
    static const float singles[] = { -1e30f, -2.5f, -1e-9f, 0, 1e-9f, 2.5f, 1e30f, 2e30f };
    static const double doubles[] = { -1e300, -2.5, -1e-9, 0, 1e-9, 2.5, 1e300 , 2e300};
    in_order("byte", JET_coltypUnsignedByte, bytes, 1, 5, false);
    in_order("short", JET_coltypShort, shorts, 2, 6, false);
    in_order("ushort", JET_coltypUnsignedShort, words, 2, 5, true);
    in_order("long", JET_coltypLong, longs, 4, 6, true);
    in_order("ulong", JET_coltypUnsignedLong, dwords, 4, 5, false);
    in_order("currency", JET_coltypCurrency, quads, 8, 5, false);
    in_order("longlong", JET_coltypLongLong, quads, 8, 5, true);
    in_order("ulonglong", JET_coltypUnsignedLongLong, uquads, 8, 4, false);
    in_order("single", JET_coltypIEEESingle, singles, 4, 8, false);
    in_order("double", JET_coltypIEEEDouble, doubles, 8, 8, true);
    in_order("date", JET_coltypDateTime, doubles, 8, 8, false);
}

Test(key, null_and_empty_come_first)
{
    struct one one;
    char out[8];
    uint32_t actual;
    make(&one, "t", JET_coltypText, 0, 1252, false);
    MUST(put(&one, "a", 1, 0));
    MUST(put(&one, NULL, 0, JET_bitSetZeroLength));
    MUST(put(&one, NULL, 0, 0));
    MUST(ese_cursor_move(one.cursor, JET_MoveFirst, 0));
    MUST_BE(ese_cursor_retrieve(one.cursor, one.id, out, sizeof out, &actual, 0, NULL), JET_wrnColumnNull);
    MUST(ese_cursor_move(one.cursor, 1, 0));
    MUST(ese_cursor_retrieve(one.cursor, one.id, out, sizeof out, &actual, 0, NULL));
    cr_assert_eq(actual, 0);
    MUST(ese_cursor_make_key(one.cursor, NULL, 0, JET_bitNewKey));
    MUST(ese_cursor_seek(one.cursor, JET_bitSeekEQ));
    MUST_BE(ese_cursor_retrieve(one.cursor, one.id, out, sizeof out, &actual, 0, NULL), JET_wrnColumnNull);
    MUST(ese_cursor_make_key(one.cursor, NULL, 0, JET_bitNewKey | JET_bitKeyDataZeroLength));
    MUST(ese_cursor_seek(one.cursor, JET_bitSeekEQ));
    MUST(ese_cursor_retrieve(one.cursor, one.id, out, sizeof out, &actual, 0, NULL));
}

Test(key, text_does_not_mind_case)
{
    struct one one;
    make(&one, "t", JET_coltypText, 0, 1252, false);
    MUST(put(&one, "Hello", 5, 0));
    MUST_BE(put(&one, "hELLO", 5, 0), JET_errKeyDuplicate);
    MUST(put(&one, "Hell", 4, 0));
    MUST(ese_cursor_make_key(one.cursor, "HELLO", 5, JET_bitNewKey));
    MUST(ese_cursor_seek(one.cursor, JET_bitSeekEQ));
    MUST(ese_cursor_move(one.cursor, -1, 0));
    ese_cursor_close(one.cursor);

    static const uint16_t upper[] = { 'A', 0xC9, 'z' }, lower[] = { 'a', 0xE9, 'Z' };
    make(&one, "u", JET_coltypText, 0, 1200, false);
    MUST(put(&one, upper, sizeof upper, 0));
    MUST_BE(put(&one, lower, sizeof lower, 0), JET_errKeyDuplicate);
}

Test(key, binary_sorts_by_bytes_and_length)
{
    static const char *const values[] = { "\x01", "\x01\x01", "\x01\x01\x01\x01\x01\x01\x01\x01",
                                          "\x01\x01\x01\x01\x01\x01\x01\x01\x01", "\x01\x02", "\xFF" };
    struct one one;
    char out[16];
    uint32_t actual;
    make(&one, "b", JET_coltypBinary, 0, 0, false);
    for (unsigned i = 6; i-- != 0;) {
        MUST(put(&one, values[i], (uint32_t)strlen(values[i]), 0));
    }
    MUST(ese_cursor_move(one.cursor, JET_MoveFirst, 0));
    for (unsigned i = 0; i < 6; i++) {
        MUST(ese_cursor_retrieve(one.cursor, one.id, out, sizeof out, &actual, 0, NULL));
        cr_assert_eq(actual, strlen(values[i]), "value %u", i);
        cr_assert_eq(memcmp(out, values[i], actual), 0, "value %u", i);
        (void)ese_cursor_move(one.cursor, 1, 0);
    }
}

static void prefixes(JET_COLTYP coltyp, const char *name)
{
    static const char *const values[] = { "ab", "abc", "abcdefgh", "abcdefghi", "abd", "b" };
    struct one one;
    uint64_t count;
    make(&one, name, coltyp, 0, 1252, false);
    for (unsigned i = 0; i < 6; i++) {
        MUST(put(&one, values[i], (uint32_t)strlen(values[i]), 0));
    }
    /* All that begin with abc: from the lower wildcard to the upper one. */
    MUST(ese_cursor_make_key(one.cursor, "abc", 3, JET_bitNewKey | JET_bitPartialColumnStartLimit));
    cr_assert_geq(ese_cursor_seek(one.cursor, JET_bitSeekGE), JET_errSuccess);
    MUST(ese_cursor_make_key(one.cursor, "abc", 3, JET_bitNewKey | JET_bitPartialColumnEndLimit));
    MUST(ese_cursor_set_range(one.cursor, JET_bitRangeUpperLimit));
    MUST(ese_cursor_count(one.cursor, 0, NULL, NULL, &count));
    cr_assert_eq(count, 3, "%s: %llu", name, (unsigned long long)count);
    MUST(ese_cursor_make_key(one.cursor, "abc", 3, JET_bitNewKey | JET_bitSubStrLimit));
    MUST_BE(ese_cursor_seek(one.cursor, JET_bitSeekLE), JET_wrnSeekNotEqual);
    char out[16];
    uint32_t actual;
    MUST(ese_cursor_retrieve(one.cursor, one.id, out, sizeof out, &actual, 0, NULL));
    cr_assert_eq(actual, 9);
    MUST(ese_cursor_make_key(one.cursor, "abc", 3, JET_bitNewKey | JET_bitStrLimit));
    MUST_BE(ese_cursor_make_key(one.cursor, "abc", 3, 0), JET_errKeyIsMade);
    MUST_BE(ese_cursor_make_key(one.cursor, "abc", 3, JET_bitNewKey | JET_bitStrLimit | JET_bitFullColumnEndLimit),
            JET_errInvalidGrbit);
    ese_cursor_close(one.cursor);
}

Test(key, wildcards_find_prefixes)
{
    prefixes(JET_coltypText, "text");
    prefixes(JET_coltypBinary, "binary");
}

Test(key, columns_of_fixed_length_are_padded)
{
    struct one one;
    char out[16];
    uint32_t actual;
    make(&one, "f", JET_coltypText, JET_bitColumnFixed, 1252, false);
    MUST(put(&one, "ab", 2, 0));
    MUST_BE(put(&one, "ab        ", 10, 0), JET_errKeyDuplicate);
    MUST_BE(put(&one, "12345678901", 11, 0), JET_errInvalidBufferSize);
    MUST(ese_cursor_make_key(one.cursor, "AB", 2, JET_bitNewKey));
    MUST(ese_cursor_seek(one.cursor, JET_bitSeekEQ));
    MUST(ese_cursor_retrieve(one.cursor, one.id, out, sizeof out, &actual, 0, NULL));
    cr_assert_eq(actual, 10);
    cr_assert_eq(memcmp(out, "ab        ", 10), 0);
}

Test(key, sizes_of_values_are_checked)
{
    struct one one;
    char big[300] = { 0 };
    uint32_t actual;
    make(&one, "l", JET_coltypLong, 0, 0, false);
    MUST_BE(put(&one, big, 3, 0), JET_errInvalidBufferSize);
    MUST_BE(put(&one, big, 5, 0), JET_errInvalidBufferSize);
    ese_cursor_close(one.cursor);
    make(&one, "b", JET_coltypBinary, 0, 0, false);
    MUST(ese_cursor_prepare(one.cursor, JET_prepInsert));
    MUST_BE(ese_cursor_set_column(one.cursor, one.id, big, 300, 0, NULL), JET_wrnColumnMaxTruncated);
    MUST(ese_cursor_retrieve(one.cursor, one.id, big, sizeof big, &actual, JET_bitRetrieveCopy, NULL));
    cr_assert_eq(actual, 255);
    MUST_BE(ese_cursor_set_column(one.cursor, 77, big, 3, 0, NULL), JET_errColumnNotFound);
    MUST_BE(ese_cursor_set_column(one.cursor, one.id, NULL, 3, 0, NULL), JET_errInvalidParameter);
    MUST_BE(ese_cursor_set_column(one.cursor, one.id, big, 3, 0x80000000u, NULL), JET_errInvalidGrbit);
}

Test(key, long_columns_grow_in_pieces_beyond_the_page)
{
    const struct ese_column_def column = { .name = "lv", .coltyp = JET_coltypLongBinary };
    struct one one;
    char chunk[1000], out[9000];
    uint32_t actual;
    memset(chunk, 'x', sizeof chunk);
    MUST(ese_table_create(&trx, rig.database, "lv", 1, 100, 0, &one.cursor));
    MUST(ese_table_add_column(one.cursor, &column, &one.id));
    MUST(ese_cursor_prepare(one.cursor, JET_prepInsert));
    for (unsigned i = 0; i < 8; i++) {
        MUST(ese_cursor_set_column(one.cursor, one.id, chunk, sizeof chunk, JET_bitSetAppendLV, NULL));
    }
    const JET_SETINFO at = { sizeof at, 10, 1 };
    MUST(ese_cursor_set_column(one.cursor, one.id, "yy", 2, JET_bitSetOverwriteLV, &at));
    MUST(ese_cursor_update(one.cursor, NULL, 0, NULL));
    MUST(ese_cursor_move(one.cursor, JET_MoveFirst, 0));
    MUST(ese_cursor_retrieve(one.cursor, one.id, out, sizeof out, &actual, 0, NULL));
    cr_assert_eq(actual, 8000);
    cr_assert_eq(out[9], 'x');
    cr_assert_eq(out[11], 'y');
    JET_RETINFO from = { sizeof from, 7990, 1, 0 };
    MUST(ese_cursor_retrieve(one.cursor, one.id, out, sizeof out, &actual, 0, &from));
    cr_assert_eq(actual, 10);
    MUST_BE(ese_cursor_retrieve(one.cursor, one.id, out, 100, &actual, 0, NULL), JET_wrnBufferTruncated);
    cr_assert_eq(actual, 8000);
}

Test(key, tagged_columns_have_several_values)
{
    const struct ese_column_def column = { .name = "t", .coltyp = JET_coltypText,
                                           .grbit = JET_bitColumnTagged | JET_bitColumnMultiValued };
    struct one one;
    char out[10];
    JET_SETINFO set = { sizeof set, 0, 0 };
    MUST(ese_table_create(&trx, rig.database, "t", 1, 100, 0, &one.cursor));
    MUST(ese_table_add_column(one.cursor, &column, &one.id));
    MUST(ese_cursor_prepare(one.cursor, JET_prepInsert));
    MUST(ese_cursor_set_column(one.cursor, one.id, "a", 1, 0, &set));
    MUST(ese_cursor_set_column(one.cursor, one.id, "b", 1, 0, &set));
    MUST(ese_cursor_set_column(one.cursor, one.id, "c", 1, 0, &set));
    MUST_BE(ese_cursor_set_column(one.cursor, one.id, "b", 1, JET_bitSetUniqueMultiValues, &set),
            JET_errMultiValuedDuplicate);
    set.itagSequence = 2;
    MUST(ese_cursor_set_column(one.cursor, one.id, NULL, 0, 0, &set));
    MUST(ese_cursor_update(one.cursor, NULL, 0, NULL));
    MUST(ese_cursor_move(one.cursor, JET_MoveFirst, 0));
    JET_RETRIEVECOLUMN get[2] = { { .columnid = one.id, .itagSequence = 0 },
                                  { .columnid = one.id, .itagSequence = 2, .pvData = out, .cbData = sizeof out } };
    MUST(ese_cursor_retrieve_columns(one.cursor, get, 2));
    cr_assert_eq(get[0].itagSequence, 2);
    cr_assert_eq(get[1].cbActual, 1);
    cr_assert_eq(out[0], 'c');
    JET_RETINFO third = { sizeof third, 0, 3, 0 };
    MUST_BE(ese_cursor_retrieve(one.cursor, one.id, out, sizeof out, NULL, 0, &third), JET_wrnColumnNull);
    third.itagSequence = 0;
    MUST_BE(ese_cursor_retrieve(one.cursor, one.id, out, sizeof out, NULL, 0, &third), JET_errBadItagSequence);
}

Test(key, guids_bits_and_defaults)
{
    const struct ese_column_def defs[] = {
        { .name = "bit", .coltyp = JET_coltypBit },
        { .name = "guid", .coltyp = JET_coltypGUID },
        { .name = "n", .coltyp = JET_coltypLong, .default_value = "\x07\0\0", .default_size = 4 },
        { .name = "must", .coltyp = JET_coltypShort, .grbit = JET_bitColumnNotNULL },
        { .name = "auto", .coltyp = JET_coltypLong, .grbit = JET_bitColumnAutoincrement },
        { .name = "version", .coltyp = JET_coltypLong, .grbit = JET_bitColumnVersion },
    };
    JET_COLUMNID id[6];
    struct ese_cursor *cursor;
    unsigned char out[16];
    uint32_t actual;
    int32_t number, last = 0;
    MUST(ese_table_create(&trx, rig.database, "mixed", 1, 100, 0, &cursor));
    for (unsigned i = 0; i < 6; i++) {
        MUST(ese_table_add_column(cursor, &defs[i], &id[i]));
    }
    for (unsigned i = 0; i < 3; i++) {
        MUST(ese_cursor_prepare(cursor, JET_prepInsert));
        MUST(ese_cursor_set_column(cursor, id[0], "\x01", 1, 0, NULL));
        MUST(ese_cursor_set_column(cursor, id[1], "0123456789abcdef", 16, 0, NULL));
        MUST_BE(ese_cursor_update(cursor, NULL, 0, NULL), JET_errNullInvalid);
        MUST_BE(ese_cursor_set_column(cursor, id[3], NULL, 0, 0, NULL), JET_errNullInvalid);
        MUST(ese_cursor_set_column(cursor, id[3], "ab", 2, 0, NULL));
        MUST_BE(ese_cursor_set_column(cursor, id[4], "abcd", 4, 0, NULL), JET_errInvalidColumnType);
        MUST(ese_cursor_retrieve(cursor, id[4], &number, 4, NULL, JET_bitRetrieveCopy, NULL));
        cr_assert_gt(number, last);
        last = number;
        MUST(ese_cursor_update(cursor, NULL, 0, NULL));
    }
    MUST(ese_cursor_move(cursor, JET_MoveLast, 0));
    MUST(ese_cursor_retrieve(cursor, id[0], out, sizeof out, &actual, 0, NULL));
    cr_assert_eq(out[0], 0xFF);
    MUST(ese_cursor_retrieve(cursor, id[2], &number, 4, NULL, 0, NULL));
    cr_assert_eq(number, 7);
    MUST(ese_cursor_retrieve(cursor, id[2], &number, 4, NULL, JET_bitRetrieveIgnoreDefault, NULL));
    cr_assert_eq(number, 7, "that is for tagged columns");
    MUST(ese_cursor_prepare(cursor, JET_prepReplace));
    MUST(ese_cursor_set_column(cursor, id[2], NULL, 0, 0, NULL));
    MUST(ese_cursor_update(cursor, NULL, 0, NULL));
    MUST_BE(ese_cursor_retrieve(cursor, id[2], &number, 4, NULL, 0, NULL), JET_wrnColumnNull);
    MUST(ese_cursor_retrieve(cursor, id[5], &number, 4, NULL, 0, NULL));
    cr_assert_eq(number, 1);
}
