/* The page cache: it keeps to its bound and still forgets nothing. */
#include <criterion/criterion.h>

#include "engine/cache/cache.h"
#include "engine/table/schema.h"
#include "engine/tests/storage/support.h"
#include "engine/verify/verify.h"

#define LIMIT 64

static struct rig rig;
static struct ese_trx trx;
static struct pairs pairs;
static char text[200];

static void setup(void)
{
    memset(text, 'x', sizeof text - 1);
    rig_open_small(&rig, 2048, LIMIT);
    session_begin(&rig, &trx);
    pairs_create(&rig, &trx, "pairs", &pairs);
    pairs_open(&rig, &trx, "pairs", &pairs);
}

static void teardown(void)
{
    session_end(&trx);
    rig_close(&rig);
}

TestSuite(cache, .init = setup, .fini = teardown);

static struct ese_cache *cache_of(void)
{
    return rig.store->cache;
}

/* A permutation of 0 .. 2^15 - 1: neighbours are far apart. */
static int32_t scatter(int32_t i)
{
    return (i * 20077 + 12345) & 0x7FFF;
}

static void check_file(void)
{
    struct ese_verify_report report;
    cr_assert_eq(ese_verify_file(rig.path, &report), ESE_VERIFY_GOOD, "%s", report.message);
}

Test(cache, a_database_far_larger_than_the_cache_works, .timeout = 60)
{
    const int32_t rows = 20000;
    uint32_t most = 0;
    for (int32_t i = 0; i < rows; i++) {
        MUST(pairs_insert(&pairs, scatter(i), text));
        uint32_t pages = ese_cache_pages(cache_of());
        most = pages > most ? pages : most;
    }
    cr_assert_leq(most, LIMIT + 16, "%u pages kept", most);
    cr_assert_gt(ese_database_page_count(rig.database), 1000);
    for (int32_t i = 0; i < rows; i += 7) {
        MUST(pairs_set(&pairs, scatter(i), "changed"));
    }
    for (int32_t i = 3; i < rows; i += 7) {
        MUST(pairs_delete(&pairs, scatter(i)));
    }
    cr_assert_eq(pairs_count(&pairs), (uint64_t)(rows - (rows + 3) / 7));
    session_end(&trx);
    rig_restart(&rig, ESE_CLOSE_COMPLETE);
    session_begin(&rig, &trx);
    pairs_open(&rig, &trx, "pairs", &pairs);
    char value[256];
    for (int32_t i = 0; i < rows; i++) {
        JET_ERR err = pairs_seek(&pairs, scatter(i));
        cr_assert_eq(err, i % 7 == 3 ? JET_errRecordNotFound : JET_errSuccess, "row %d: %d", i, err);
        if (err == JET_errSuccess) {
            cr_assert_str_eq(pairs_value(&pairs, value, sizeof value), i % 7 == 0 ? "changed" : text);
        }
    }
    session_end(&trx);
    rig_stop(&rig);
    check_file();
    rig_start(&rig);
    session_begin(&rig, &trx);
}

Test(cache, a_rollback_finds_its_pages_again)
{
    for (int32_t i = 0; i < 2000; i++) {
        MUST(pairs_insert(&pairs, scatter(i), text));
    }
    MUST(ese_trx_begin(&trx, 0));
    for (int32_t i = 0; i < 2000; i++) {
        MUST(i % 2 == 0 ? pairs_delete(&pairs, scatter(i)) : pairs_set(&pairs, scatter(i), "other"));
        MUST(pairs_insert(&pairs, scatter(i + 2000), text));
    }
    MUST(ese_trx_rollback(&trx, 0));
    cr_assert_eq(pairs_count(&pairs), 2000);
    char value[256];
    for (int32_t i = 0; i < 2000; i++) {
        MUST(pairs_seek(&pairs, scatter(i)));
        cr_assert_str_eq(pairs_value(&pairs, value, sizeof value), text);
    }
}

Test(cache, many_cursors_walk_through_a_small_cache)
{
    enum { CURSORS = 200, ROWS = 3000 };
    static struct pairs many[CURSORS];
    for (int32_t i = 0; i < ROWS; i++) {
        MUST(pairs_insert(&pairs, i, text));
    }
    for (int32_t k = 0; k < CURSORS; k++) {
        pairs_open(&rig, &trx, "pairs", &many[k]);
        MUST(pairs_seek(&many[k], k * (ROWS / CURSORS)));
    }
    for (int32_t step = 1; step < ROWS / CURSORS; step++) {
        for (int32_t k = 0; k < CURSORS; k++) {
            MUST(ese_cursor_move(many[k].cursor, JET_MoveNext, 0));
            cr_assert_eq(pairs_key(&many[k]), k * (ROWS / CURSORS) + step);
        }
    }
    cr_assert_leq(ese_cache_pages(cache_of()), LIMIT + 16);
}

Test(cache, pinned_pages_stay_and_the_bound_comes_back)
{
    enum { PINNED = 2 * LIMIT };
    struct ese_buffer *pinned[PINNED], *other;
    unsigned char *data[PINNED];
    for (int32_t i = 0; i < 4000; i++) {
        MUST(pairs_insert(&pairs, i, text));
    }
    for (uint32_t i = 0; i < PINNED; i++) {
        MUST(ese_cache_get(cache_of(), &rig.database->file, 10 + i, &pinned[i]));
        data[i] = pinned[i]->data;
    }
    cr_assert_gt(ese_cache_pages(cache_of()), LIMIT);
    for (uint32_t i = 0; i < 100; i++) {
        MUST(ese_cache_get(cache_of(), &rig.database->file, 10 + PINNED + i, &other));
        ese_cache_put(other);
    }
    for (uint32_t i = 0; i < PINNED; i++) {
        cr_assert_eq(pinned[i]->data, data[i]);
        cr_assert_eq(ese_get32(data[i] + ESE_PAGE_NUMBER), 10 + i);
        ese_cache_put(pinned[i]);
    }
    for (uint32_t i = 0; i < 3; i++) {
        MUST(ese_cache_get(cache_of(), &rig.database->file, 400 + i, &other));
        ese_cache_put(other);
    }
    cr_assert_leq(ese_cache_pages(cache_of()), LIMIT);
}

Test(cache, a_page_in_a_group_is_not_written)
{
    struct ese_buffer *buffer;
    unsigned char page[2048];
    MUST(ese_store_flush(rig.store));
    MUST(ese_cache_take(cache_of(), &rig.database->file, ESE_CATALOG_ROOT, false, &buffer));
    unsigned char before = buffer->data[2000];
    buffer->data[2000] = (unsigned char)(before + 1);
    MUST(ese_cache_clean(cache_of(), 0));
    MUST(ese_file_read(rig.database->file.file, ESE_CATALOG_ROOT * 2048, page, sizeof page));
    cr_assert_eq(page[2000], before);
    ese_cache_give_back(buffer, true);
    MUST(ese_cache_flush(cache_of(), &rig.database->file));
    MUST(ese_file_read(rig.database->file.file, ESE_CATALOG_ROOT * 2048, page, sizeof page));
    cr_assert_eq(page[2000], (unsigned char)(before + 1));
    cr_assert(ese_page_is_intact(page, sizeof page, ESE_CATALOG_ROOT));
    MUST(ese_cache_take(cache_of(), &rig.database->file, ESE_CATALOG_ROOT, false, &buffer));
    buffer->data[2000] = before;
    ese_cache_give_back(buffer, true);
}

static JET_ERR refused = JET_errDiskFull;

static JET_ERR refuse(struct ese_cache_file *file, ese_lsn newest)
{
    (void)file;
    (void)newest;
    return refused;
}

/* Nothing can be written for a while: what fits goes on, what does not gets the error, and nothing is lost. */
Test(cache, pages_that_cannot_be_written_stay_dirty)
{
    int32_t inserted = 0;
    JET_ERR err = JET_errSuccess;
    JET_ERR (*const usual)(struct ese_cache_file *, ese_lsn) = rig.database->file.before_write;
    for (; inserted < 500; inserted++) {
        MUST(pairs_insert(&pairs, inserted, text));
    }
    rig.database->file.before_write = refuse;
    while (err == JET_errSuccess && inserted < 5000) {
        err = pairs_insert(&pairs, inserted, text);
        inserted += err == JET_errSuccess ? 1 : 0;
    }
    cr_assert_eq(err, JET_errDiskFull);
    uint32_t dirty = ese_cache_dirty_pages(cache_of());
    MUST_BE(ese_cache_flush(cache_of(), NULL), JET_errDiskFull);
    /* The background may be in the middle of a try of its own, or have made more pages dirty. */
    for (int left = 500; left > 0 && ese_cache_dirty_pages(cache_of()) < dirty; left--) {
        ese_sleep_ms(10);
    }
    cr_assert_geq(ese_cache_dirty_pages(cache_of()), dirty);
    refused = JET_errSuccess;
    rig.database->file.before_write = usual;
    MUST(pairs_insert(&pairs, inserted++, text));
    cr_assert_eq(pairs_count(&pairs), (uint64_t)inserted);
    MUST(ese_store_flush(rig.store));
    cr_assert_eq(ese_cache_dirty_pages(cache_of()), 0);
}

Test(cache, the_bound_can_be_changed)
{
    for (int32_t i = 0; i < 3000; i++) {
        MUST(pairs_insert(&pairs, i, text));
    }
    ese_store_set_cache_limit(rig.store, 4 * LIMIT);
    pairs_count(&pairs);
    cr_assert_gt(ese_cache_pages(cache_of()), 3 * LIMIT);
    ese_store_set_cache_limit(rig.store, LIMIT / 2);
    uint64_t start = ese_time_ms();
    while (ese_cache_pages(cache_of()) > LIMIT / 2 && ese_time_ms() - start < 5000) {
        ese_sleep_ms(5);
    }
    cr_assert_leq(ese_cache_pages(cache_of()), LIMIT / 2);
    cr_assert_eq(pairs_count(&pairs), 3000);
}

/* ---- several threads ------------------------------------------------------------------------------------- */

struct reader { struct ese_thread *thread; uint32_t seed, bad; };

static void read_pages(void *arg)
{
    struct reader *reader = arg;
    for (uint32_t i = 0; i < 30000; i++) {
        reader->seed = reader->seed * 1664525u + 1013904223u;
        uint32_t page = ESE_CATALOG_ROOT + (reader->seed >> 8) % 200;
        struct ese_buffer *buffer;
        if (ese_cache_get(cache_of(), &rig.database->file, page, &buffer) != JET_errSuccess) {
            reader->bad++;
            continue;
        }
        reader->bad += ese_get32(buffer->data + ESE_PAGE_NUMBER) != page ? 1 : 0;
        ese_cache_put(buffer);
    }
}

Test(cache, threads_that_fight_for_frames_get_the_right_pages, .timeout = 60)
{
    struct reader readers[4] = { 0 };
    for (int32_t i = 0; i < 3000; i++) {
        MUST(pairs_insert(&pairs, i, text));
    }
    for (uint32_t i = 0; i < 4; i++) {
        readers[i].seed = i + 1;
        MUST(ese_thread_create(read_pages, &readers[i], &readers[i].thread));
    }
    for (uint32_t i = 0; i < 4; i++) {
        ese_thread_join(readers[i].thread);
        cr_assert_eq(readers[i].bad, 0);
    }
}
