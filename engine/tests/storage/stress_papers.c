/*
 * A table with long values and secondary indexes. Writers insert, change and delete records, each record by whoever comes
 * first; readers see in every snapshot:
 *   - as many entries in each index as there are records, each leading to a record with that key, in order;
 *   - a long value that is whole: its bytes and its length follow from the number in the record, so does its beginning.
 */
#include <stdlib.h>

#include "engine/tests/storage/stress.h"

#define KEYS 80
#define LONGEST 9000

_Atomic uint64_t stress_papers, stress_readings;

struct papers { struct ese_cursor *cursor; JET_COLUMNID key, number, mark, text; };

static uint32_t length_of(int32_t number)
{
    return (uint32_t)number * 2654435761u % LONGEST;
}

static void open_papers(struct ese_trx *trx, struct papers *papers)
{
    static const char *const names[] = { "key", "number", "mark", "text" };
    JET_COLUMNID *const ids[] = { &papers->key, &papers->number, &papers->mark, &papers->text };
    struct ese_column_info info;
    MUST(ese_cursor_open(trx, stress_rig.database, "papers", 0, &papers->cursor));
    for (unsigned i = 0; i < 4; i++) {
        MUST(ese_table_column_by_name(papers->cursor, names[i], &info));
        *ids[i] = info.columnid;
    }
}

void stress_make_papers(struct ese_trx *trx)
{
    static const struct ese_column_def columns[] = {
        { .name = "key", .coltyp = JET_coltypLong }, { .name = "number", .coltyp = JET_coltypLong },
        { .name = "mark", .coltyp = JET_coltypLong }, { .name = "text", .coltyp = JET_coltypLongBinary },
    };
    static const struct ese_index_def indexes[] = {
        { .name = "first", .key = "+key\0", .key_size = 6, .grbit = JET_bitIndexPrimary },
        { .name = "numbers", .key = "-number\0+key\0", .key_size = 14, .grbit = JET_bitIndexUnique },
        { .name = "marks", .key = "+mark\0", .key_size = 7 },
        { .name = "texts", .key = "+text\0", .key_size = 7 },
    };
    struct ese_cursor *cursor;
    MUST(ese_table_create(trx, stress_rig.database, "papers", 1, 80, 0, &cursor));
    for (unsigned i = 0; i < 4; i++) {
        MUST(ese_table_add_column(cursor, &columns[i], NULL));
    }
    for (unsigned i = 0; i < 4; i++) {
        MUST(ese_table_create_index(cursor, &indexes[i], NULL, NULL));
    }
    ese_cursor_close(cursor);
}

/* ---- writing --------------------------------------------------------------------------------------------- */

static JET_ERR fill(const struct papers *papers, int32_t number)
{
    static const uint32_t most = LONGEST;
    unsigned char *text = malloc(most + 4);
    int32_t mark = number % 7;
    uint32_t size = 4 + length_of(number);
    memset(text, number & 0xFF, most + 4);
    memcpy(text, &number, sizeof number);
    JET_ERR err = ese_cursor_set_column(papers->cursor, papers->number, &number, sizeof number, 0, NULL);
    if (err == JET_errSuccess) {
        err = ese_cursor_set_column(papers->cursor, papers->mark, &mark, sizeof mark, 0, NULL);
    }
    if (err == JET_errSuccess) {
        err = ese_cursor_set_column(papers->cursor, papers->text, text, size, 0, NULL);
    }
    free(text);
    return err;
}

static JET_ERR write_one(struct worker *worker, const struct papers *papers)
{
    int32_t key = (int32_t)stress_dice(worker, KEYS), number = (int32_t)stress_dice(worker, 1u << 20);
    MUST(ese_cursor_make_key(papers->cursor, &key, sizeof key, JET_bitNewKey));
    JET_ERR err = ese_cursor_seek(papers->cursor, JET_bitSeekEQ);
    bool there = err == JET_errSuccess;
    if (there && stress_dice(worker, 4) == 0) {
        return ese_cursor_delete(papers->cursor);
    }
    if (!there && err != JET_errRecordNotFound) {
        return err;
    }
    err = ese_cursor_prepare(papers->cursor, there ? JET_prepReplace : JET_prepInsert);
    if (err != JET_errSuccess) {
        return err;
    }
    if (!there) {
        err = ese_cursor_set_column(papers->cursor, papers->key, &key, sizeof key, 0, NULL);
    }
    if (err == JET_errSuccess) {
        err = fill(papers, number);
    }
    if (err == JET_errSuccess) {
        err = ese_cursor_update(papers->cursor, NULL, 0, NULL);
    }
    if (err != JET_errSuccess) {
        (void)ese_cursor_prepare(papers->cursor, JET_prepCancel);
    }
    return err;
}

void stress_write_papers(void *arg)
{
    struct worker *worker = arg;
    struct ese_trx trx;
    struct papers papers;
    session_begin(&stress_rig, &trx);
    open_papers(&trx, &papers);
    while (!stress_stop) {
        JET_ERR err = JET_errSuccess;
        MUST(ese_trx_begin(&trx, 0));
        for (uint32_t i = 1 + stress_dice(worker, 4); i > 0 && err == JET_errSuccess; i--) {
            err = write_one(worker, &papers);
        }
        /* A key that another inserted and the snapshot does not show is a conflict or a duplicate. */
        if (err != JET_errSuccess && err != JET_errWriteConflict && err != JET_errKeyDuplicate) {
            stress_die("a paper cannot be written", err, 0);
        }
        if (err == JET_errSuccess && stress_dice(worker, 5) != 0) {
            MUST(ese_trx_commit(&trx, 0));
            stress_papers++;
        } else {
            MUST(ese_trx_rollback(&trx, 0));
        }
    }
    session_end(&trx);
}

/* ---- reading --------------------------------------------------------------------------------------------- */

static int32_t number_at(const struct papers *papers, JET_COLUMNID column)
{
    int32_t number = -1;
    JET_ERR err = ese_cursor_retrieve(papers->cursor, column, &number, sizeof number, NULL, 0, NULL);
    if (err != JET_errSuccess) {
        stress_die("a number cannot be read", err, column);
    }
    return number;
}

static void check_text(const struct papers *papers, int32_t number, unsigned char *text)
{
    uint32_t size = 0, wanted = 4 + length_of(number);
    int32_t begins = -1;
    JET_ERR err = ese_cursor_retrieve(papers->cursor, papers->text, text, LONGEST + 4, &size, 0, NULL);
    memcpy(&begins, text, sizeof begins);
    if (err != JET_errSuccess || size != wanted || begins != number) {
        stress_die("a long value is not its record's", err, size);
    }
    for (uint32_t i = 4; i < size; i++) {
        if (text[i] != (number & 0xFF)) {
            stress_die("a long value is damaged", i, number);
        }
    }
}

/* One index from end to end; the records in it. order: what must not fall (1) or rise (-1); 0: nothing. */
static unsigned read_index(const struct papers *papers, const char *index, JET_COLUMNID column, int order,
                           unsigned char *text)
{
    unsigned count = 0;
    int32_t last = 0;
    MUST(ese_cursor_set_index(papers->cursor, index));
    JET_ERR err = ese_cursor_move(papers->cursor, JET_MoveFirst, 0);
    while (err == JET_errSuccess) {
        int32_t number = number_at(papers, papers->number), now = number_at(papers, column);
        if (count != 0 && ((order > 0 && now < last) || (order < 0 && now > last))) {
            stress_die("an index is out of order", last, now);
        }
        if (number_at(papers, papers->mark) != number % 7) {
            stress_die("half a change", number, number_at(papers, papers->mark));
        }
        check_text(papers, number, text);
        last = now;
        count++;
        err = ese_cursor_move(papers->cursor, 1, 0);
    }
    if (err != JET_errNoCurrentRecord) {
        stress_die("an index cannot be walked", err, count);
    }
    return count;
}

static void read_all(struct ese_trx *trx, const struct papers *papers, unsigned char *text)
{
    MUST(ese_trx_begin(trx, JET_bitTransactionReadOnly));
    unsigned records = read_index(papers, NULL, papers->key, 1, text);
    unsigned numbers = read_index(papers, "numbers", papers->number, -1, text);
    unsigned marks = read_index(papers, "marks", papers->mark, 1, text);
    unsigned texts = read_index(papers, "texts", papers->key, 0, text);
    if (numbers != records || marks != records || texts != records) {
        stress_die("indexes and table differ", records, (long long)numbers * 1000000 + marks * 1000 + texts);
    }
    MUST(ese_trx_commit(trx, 0));
}

void stress_read_papers(void *arg)
{
    struct ese_trx trx;
    struct papers papers;
    unsigned char *text = malloc(LONGEST + 4);
    (void)arg;
    session_begin(&stress_rig, &trx);
    open_papers(&trx, &papers);
    while (!stress_stop) {
        read_all(&trx, &papers, text);
        stress_readings++;
    }
    session_end(&trx);
    free(text);
}

void stress_check_papers(struct ese_trx *trx)
{
    struct papers papers;
    unsigned char *text = malloc(LONGEST + 4);
    open_papers(trx, &papers);
    read_all(trx, &papers, text);
    free(text);
}
