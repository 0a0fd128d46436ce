/* Random changes to a table with secondary indexes, with nested transactions and rollbacks, against a plain array: every index
 * lists the records as the sorted array does, also for somebody who still sees an older state. */
#include <criterion/criterion.h>
#include <stdlib.h>

#include "engine/tests/storage/support.h"
#include "engine/verify/verify.h"

#define KEYS 60
#define LEVELS 4
#define STEPS 1500

struct row { bool there; int32_t number; char text[12]; };
struct model { struct row row[KEYS]; };

static struct rig rig;
static struct ese_trx writer, reader;
static struct ese_cursor *cursor;
static JET_COLUMNID key_id, number_id, text_id;
static uint64_t state = 42;

static uint32_t dice(uint32_t sides)
{
    state = state * 6364136223846793005u + 1442695040888963407u;
    return (uint32_t)(state >> 33) % sides;
}

static void create_index(const char *name, const char *key, uint32_t size, JET_GRBIT grbit, uint32_t key_most)
{
    const struct ese_index_def def = { .name = name, .key = key, .key_size = size, .grbit = grbit,
                                       .key_most = key_most };
    MUST(ese_table_create_index(cursor, &def, NULL, NULL));
}

static JET_COLUMNID add(const char *name, JET_COLTYP coltyp)
{
    const struct ese_column_def def = { .name = name, .coltyp = coltyp, .code_page = 1252 };
    JET_COLUMNID id;
    MUST(ese_table_add_column(cursor, &def, &id));
    return id;
}

static void make(void)
{
    rig_open(&rig, 2048);
    session_begin(&rig, &writer);
    session_begin(&rig, &reader);
    MUST(ese_table_create(&writer, rig.database, "t", 1, 100, 0, &cursor));
    key_id = add("key", JET_coltypLong);
    number_id = add("number", JET_coltypLong);
    text_id = add("text", JET_coltypText);
    create_index("primary", "+key\0", 6, JET_bitIndexPrimary, 0);
    create_index("number", "+number\0", 9, JET_bitIndexIgnoreNull, 0);
    create_index("down", "-number\0+text\0", 15, 0, 0);
    create_index("pair", "+text\0+key\0", 12, JET_bitIndexUnique, 0);
    ese_cursor_close(cursor);
    MUST(ese_cursor_open(&writer, rig.database, "t", 0, &cursor));
}

/* ---- order in the model ---------------------------------------------------------------------------------- */

static const struct model *sorting;

static int by_key(int a, int b)
{
    return (a > b) - (a < b);
}

static int by_number(const void *a, const void *b)
{
    const struct row *x = &sorting->row[*(const int *)a], *y = &sorting->row[*(const int *)b];
    return x->number != y->number ? (x->number > y->number) - (x->number < y->number)
                                  : by_key(*(const int *)a, *(const int *)b);
}

/* NULL (-1) sorts last when descending. */
static int by_down(const void *a, const void *b)
{
    const struct row *x = &sorting->row[*(const int *)a], *y = &sorting->row[*(const int *)b];
    int order = x->number != y->number ? (x->number < y->number) - (x->number > y->number) : strcmp(x->text, y->text);
    return order != 0 ? order : by_key(*(const int *)a, *(const int *)b);
}

static int by_pair(const void *a, const void *b)
{
    int order = strcmp(sorting->row[*(const int *)a].text, sorting->row[*(const int *)b].text);
    return order != 0 ? order : by_key(*(const int *)a, *(const int *)b);
}

static void compare(struct ese_trx *trx, const struct model *model, const char *index, bool nulls,
                    int (*order)(const void *, const void *))
{
    int wanted[KEYS];
    uint32_t count = 0, seen = 0;
    struct ese_cursor *at;
    for (int i = 0; i < KEYS; i++) {
        if (model->row[i].there && (nulls || model->row[i].number >= 0)) {
            wanted[count++] = i;
        }
    }
    sorting = model;
    qsort(wanted, count, sizeof wanted[0], order);
    MUST(ese_cursor_open(trx, rig.database, "t", 0, &at));
    MUST(ese_cursor_set_index(at, index));
    JET_ERR err = ese_cursor_move(at, JET_MoveFirst, 0);
    while (err == JET_errSuccess) {
        int32_t key;
        MUST(ese_cursor_retrieve(at, key_id, &key, sizeof key, NULL, 0, NULL));
        cr_assert_lt(seen, count, "index %s has an entry too many", index);
        cr_assert_eq(key, wanted[seen], "index %s: record %d at place %u, not %d", index, key, seen, wanted[seen]);
        seen++;
        err = ese_cursor_move(at, 1, 0);
    }
    MUST_BE(err, JET_errNoCurrentRecord);
    cr_assert_eq(seen, count, "index %s lacks %u entries", index, count - seen);
    /* And back. */
    err = ese_cursor_move(at, JET_MoveLast, 0);
    while (err == JET_errSuccess) {
        seen--;
        err = ese_cursor_move(at, -1, 0);
    }
    cr_assert_eq(seen, 0);
    ese_cursor_close(at);
}

static void compare_all(struct ese_trx *trx, const struct model *model)
{
    compare(trx, model, "number", false, by_number);
    compare(trx, model, "down", true, by_down);
    compare(trx, model, "pair", true, by_pair);
}

/* ---- changes --------------------------------------------------------------------------------------------- */

static void set_columns(struct row *row)
{
    row->number = dice(8) == 0 ? -1 : (int32_t)dice(10);
    snprintf(row->text, sizeof row->text, "%c%u", 'a' + (int)dice(3), dice(4));
    MUST(ese_cursor_set_column(cursor, number_id, &row->number, row->number < 0 ? 0 : 4, 0, NULL));
    MUST(ese_cursor_set_column(cursor, text_id, row->text, (uint32_t)strlen(row->text), 0, NULL));
}

static void change_row(struct model *model)
{
    int32_t key = (int32_t)dice(KEYS);
    struct row *row = &model->row[key];
    if (!row->there) {
        MUST(ese_cursor_prepare(cursor, JET_prepInsert));
        MUST(ese_cursor_set_column(cursor, key_id, &key, sizeof key, 0, NULL));
        set_columns(row);
        row->there = true;
        MUST(ese_cursor_update(cursor, NULL, 0, NULL));
        return;
    }
    MUST(ese_cursor_set_index(cursor, NULL));
    MUST(ese_cursor_make_key(cursor, &key, sizeof key, JET_bitNewKey));
    MUST(ese_cursor_seek(cursor, JET_bitSeekEQ));
    int32_t other = (int32_t)dice(KEYS);
    if (dice(3) == 0) {
        MUST(ese_cursor_delete(cursor));
        row->there = false;
    } else if (dice(4) == 0 && !model->row[other].there) {
        MUST(ese_cursor_prepare(cursor, JET_prepInsertCopyDeleteOriginal));
        MUST(ese_cursor_set_column(cursor, key_id, &other, sizeof other, 0, NULL));
        MUST(ese_cursor_update(cursor, NULL, 0, NULL));
        model->row[other] = *row;
        row->there = false;
    } else {
        MUST(ese_cursor_prepare(cursor, JET_prepReplace));
        set_columns(row);
        MUST(ese_cursor_update(cursor, NULL, 0, NULL));
    }
}

Test(index_model, indexes_agree_with_a_sorted_array)
{
    struct model level[LEVELS + 1], seen;
    struct ese_verify_report report;
    unsigned depth = 0;
    memset(level, 0, sizeof level);
    memset(&seen, 0, sizeof seen);
    make();
    MUST(ese_trx_begin(&reader, 0));
    for (uint32_t i = 0; i < STEPS; i++) {
        uint32_t pick = dice(20);
        if (pick == 0 && depth < LEVELS) {
            MUST(ese_trx_begin(&writer, 0));
            level[depth + 1] = level[depth];
            depth++;
        } else if (pick == 1 && depth != 0) {
            MUST(ese_trx_commit(&writer, 0));
            level[depth - 1] = level[depth];
            depth--;
        } else if (pick == 2 && depth != 0) {
            MUST(ese_trx_rollback(&writer, 0));
            depth--;
        } else if (pick == 3 && depth == 0) {
            MUST(ese_trx_commit(&reader, 0));
            MUST(ese_trx_begin(&reader, 0));
            seen = level[0];
        } else {
            change_row(&level[depth]);
        }
        if (i % 25 == 0) {
            compare_all(&writer, &level[depth]);
            compare_all(&reader, &seen);
        }
    }
    while (depth != 0) {
        MUST(ese_trx_rollback(&writer, 0));
        depth--;
    }
    compare_all(&writer, &level[0]);
    session_end(&writer);
    session_end(&reader);
    rig_stop(&rig);
    enum ese_verdict verdict = ese_verify_file(rig.path, &report);
    cr_assert_eq(verdict, ESE_VERIFY_GOOD, "%s", report.message);
    rig_start(&rig);
    rig_close(&rig);
}
