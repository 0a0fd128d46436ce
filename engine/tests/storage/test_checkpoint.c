/* Pages, log and headers together: what is written when, and what the checkpoint may pass. */
#include <criterion/criterion.h>

#include "engine/log/recover.h"
#include "engine/table/schema.h"
#include "engine/tests/storage/support.h"

#define PAGE 2048
#define LOG_FILE (128u * 1024)

static struct rig rig;
static struct ese_log *log_file;
static struct ese_trx trx;
static struct pairs pairs;
static char text[200];
static int32_t next;

static void start(uint32_t cache_pages, uint64_t depth)
{
    struct ese_store_config config = { .page_size = PAGE, .cache_pages = cache_pages, .extend_pages = 16,
                                       .checkpoint_depth = depth };
    const struct ese_log_config log_config = { .log_path = rig.directory, .system_path = rig.directory, .base = "edb",
                                               .file_size = LOG_FILE, .buffer_size = 64u * 1024, .page_size = PAGE,
                                               .circular = true, .legacy_names = true };
    MUST(ese_store_open(&config, &rig.store));
    MUST(ese_recover(rig.store, &log_config, 0, &log_file));
}

static void begin(uint32_t cache_pages, uint64_t depth)
{
    memset(text, 'x', sizeof text - 1);
    next = 0;
    rig_open(&rig, PAGE);
    rig_stop(&rig);
    MUST(ese_path_remove(rig.path));
    start(cache_pages, depth);
    MUST(ese_database_create(rig.store, rig.path, 0, 0, &rig.database));
    session_begin(&rig, &trx);
    pairs_create(&rig, &trx, "pairs", &pairs);
    pairs_open(&rig, &trx, "pairs", &pairs);
}

static void end(void)
{
    session_end(&trx);
    rig_close(&rig);
}

static void insert(int32_t rows)
{
    MUST(ese_trx_begin(&trx, 0));
    for (int32_t i = 0; i < rows; i++, next++) {
        MUST(pairs_insert(&pairs, (next * 20077) & 0xFFFF, text));
    }
    MUST(ese_trx_commit(&trx, JET_bitCommitLazyFlush));
}

static bool wait_until(bool (*done)(void))
{
    uint64_t begun = ese_time_ms();
    while (!done() && ese_time_ms() - begun < 5000) {
        ese_sleep_ms(2);
    }
    return done();
}

/* Greatest generation of a page in the file, headers left out. */
static uint32_t newest_generation(void)
{
    struct ese_file *file;
    uint64_t size;
    uint32_t newest = 0;
    unsigned char page[PAGE];
    MUST(ese_file_open(rig.path, ESE_FILE_READ_ONLY, &file));
    MUST(ese_file_size(file, &size));
    for (uint64_t at = 2 * PAGE; at < size; at += PAGE) {
        MUST(ese_file_read(file, at, page, PAGE));
        uint32_t generation = ese_lsn_generation(ese_get64(page + ESE_PAGE_LSN));
        newest = generation > newest ? generation : newest;
    }
    ese_file_close(file);
    return newest;
}

static struct ese_header header_in_file(void)
{
    struct ese_database_file_info info;
    MUST(ese_database_file_info(rig.path, &info));
    return info.header;
}

/* ---- the write-ahead rule -------------------------------------------------------------------------------- */

static JET_ERR (*usual)(struct ese_cache_file *file, ese_lsn newest);
static uint32_t early, asked;

static JET_ERR watch_write(struct ese_cache_file *file, ese_lsn newest)
{
    asked++;
    early += ese_log_durable(log_file) < newest ? 1 : 0;
    return usual(file, newest);
}

Test(checkpoint, a_page_goes_to_the_file_behind_its_log, .timeout = 60)
{
    begin(48, 1u << 20);
    early = asked = 0;
    usual = rig.database->file.before_write;
    rig.database->file.before_write = watch_write;
    for (int32_t i = 0; i < 30; i++) {
        insert(100);
    }
    cr_assert_gt(asked, 30, "evictions have to write");
    cr_assert_eq(early, 0);
    rig.database->file.before_write = usual;
    end();
}

Test(checkpoint, the_header_knows_the_newest_generation_in_the_file, .timeout = 60)
{
    begin(48, 64u << 20);
    uint32_t highest = 0;
    for (int32_t i = 0; i < 20; i++) {
        insert(200);
        struct ese_header header = header_in_file();
        uint32_t newest = newest_generation();
        cr_assert_leq(newest, header_in_file().gen_max);
        cr_assert_leq(header.gen_min, header.gen_max);
        cr_assert_gt(header.gen_min, 0);
        cr_assert_leq(header.gen_min, ese_lsn_generation(ese_log_checkpoint(log_file)) + 1);
        highest = newest > highest ? newest : highest;
    }
    cr_assert_gt(highest, 2, "the log has several generations");
    end();
}

/* ---- what the checkpoint may pass ------------------------------------------------------------------------ */

Test(checkpoint, a_page_needs_its_log_until_it_was_synced)
{
    begin(0, 64u << 20);
    struct ese_cache *cache = rig.store->cache;
    MUST(ese_store_flush(rig.store));
    cr_assert_eq(ese_cache_oldest(cache), UINT64_MAX);
    ese_lsn before = ese_log_end(log_file);
    insert(1);
    ese_lsn oldest = ese_cache_oldest(cache);
    cr_assert_eq(oldest, before);
    insert(1);
    cr_assert_eq(ese_cache_oldest(cache), oldest, "later changes do not move it");
    MUST(ese_cache_flush(cache, NULL));
    cr_assert_eq(ese_cache_dirty_pages(cache), 0);
    cr_assert_eq(ese_cache_oldest(cache), oldest, "written is not synced");
    MUST(ese_cache_sync(cache, NULL));
    cr_assert_eq(ese_cache_oldest(cache), UINT64_MAX);
    end();
}

Test(checkpoint, an_open_transaction_holds_it)
{
    begin(0, 64u << 20);
    insert(10);
    MUST(ese_store_flush(rig.store));
    ese_lsn before = ese_log_checkpoint(log_file);
    struct ese_trx other;
    struct pairs mine;
    session_begin(&rig, &other);
    pairs_open(&rig, &other, "pairs", &mine);
    MUST(ese_trx_begin(&other, 0));
    MUST(pairs_insert(&mine, 1000000, text));
    ese_lsn first = ese_vstore_oldest_lsn(rig.store->vstore);
    insert(500);
    MUST(ese_store_flush(rig.store));
    cr_assert_geq(ese_log_checkpoint(log_file), before);
    cr_assert_leq(ese_log_checkpoint(log_file), first);
    MUST(ese_trx_commit(&other, 0));
    MUST(ese_store_flush(rig.store));
    cr_assert_gt(ese_log_checkpoint(log_file), first);
    session_end(&other);
    end();
}

static bool depth_is_kept(void)
{
    return ese_log_bytes_between(log_file, ese_log_checkpoint(log_file), ese_log_end(log_file)) <=
           rig.store->checkpoint_depth;
}

Test(checkpoint, it_follows_the_log_within_the_depth, .timeout = 60)
{
    begin(0, 512u * 1024);
    for (int32_t i = 0; i < 10; i++) {
        insert(500);
        cr_assert(wait_until(depth_is_kept), "%llu bytes behind",
                  (unsigned long long)ese_log_bytes_between(log_file, ese_log_checkpoint(log_file),
                                                            ese_log_end(log_file)));
    }
    cr_assert_gt(ese_lsn_generation(ese_log_checkpoint(log_file)), 3);
    cr_assert_eq(header_in_file().gen_min, ese_lsn_generation(ese_log_checkpoint(log_file)));
    end();
}

static bool nothing_is_dirty(void)
{
    struct ese_header header = header_in_file();
    return ese_cache_dirty_pages(rig.store->cache) == 0 && header.gen_min == header.gen_max &&
           ese_log_checkpoint(log_file) == ese_log_end(log_file);
}

Test(checkpoint, a_depth_of_next_to_nothing_flushes_everything, .timeout = 60)
{
    begin(0, 64u << 20);
    insert(3000);
    struct ese_header header = header_in_file();
    cr_assert_gt(ese_cache_dirty_pages(rig.store->cache), 300);
    cr_assert_lt(ese_lsn_generation(ese_log_checkpoint(log_file)), 3);
    ese_store_set_checkpoint_depth(rig.store, 16384);
    cr_assert(wait_until(nothing_is_dirty));
    cr_assert_gt(header_in_file().gen_min, header.gen_min);
    end();
}

/* A crash behind all that: everything committed durably is there, and what was flushed is not done again. */
Test(checkpoint, what_was_flushed_needs_no_log_and_what_was_not_comes_back, .timeout = 60)
{
    begin(64, 4u << 20);
    insert(1000);
    MUST(ese_store_flush(rig.store));
    insert(1000);
    MUST(ese_trx_commit(&trx, JET_bitWaitLastLevel0Commit));
    session_end(&trx);
    MUST_BE(ese_store_close(rig.store, ESE_CLOSE_DIRTY), JET_errDirtyShutdown);
    struct ese_header header = header_in_file();
    cr_assert_eq(header.state, JET_dbstateDirtyShutdown);
    cr_assert_gt(header.gen_min, 1);
    start(64, 4u << 20);
    cr_assert_eq(header_in_file().state, JET_dbstateCleanShutdown);
    cr_assert_eq(header_in_file().gen_max, 0);
    MUST(ese_database_attach(rig.store, rig.path, 0, 0, &rig.database));
    session_begin(&rig, &trx);
    pairs_open(&rig, &trx, "pairs", &pairs);
    cr_assert_eq(pairs_count(&pairs), 2000);
    end();
}

/* ---- the background -------------------------------------------------------------------------------------- */

static bool versions_are_gone(void)
{
    return !ese_vstore_has_versions(rig.store->vstore);
}

static bool log_is_durable(void)
{
    return ese_log_durable(log_file) >= trx.committed;
}

Test(checkpoint, versions_and_lazy_commits_are_looked_after)
{
    begin(0, 64u << 20);
    insert(10);
    cr_assert(wait_until(log_is_durable));
    cr_assert(wait_until(versions_are_gone));
    end();
}

Test(checkpoint, pages_that_are_not_logged_hold_nothing_back)
{
    begin(0, 64u << 20);
    struct ese_database *database;
    char path[300];
    snprintf(path, sizeof path, "%s/unlogged", rig.directory);
    MUST(ese_store_flush(rig.store));
    MUST(ese_database_create_unlisted(rig.store, ESE_DATABASE_TEMP, path, JET_bitDbOverwriteExisting, &database));
    cr_assert_gt(ese_cache_dirty_pages(rig.store->cache), 0);
    cr_assert_eq(ese_cache_oldest(rig.store->cache), UINT64_MAX);
    MUST(ese_cache_flush(rig.store->cache, &database->file));
    cr_assert_eq(ese_cache_oldest(rig.store->cache), UINT64_MAX);
    ese_database_free(database);
    end();
}

static bool header_follows_log(void)
{
    return header_in_file().gen_max == ese_lsn_generation(ese_log_durable(log_file));
}

Test(checkpoint, the_header_follows_the_log_when_no_page_is_written, .timeout = 60)
{
    begin(0, 64u << 20);
    insert(2000);
    MUST(ese_trx_commit(&trx, JET_bitWaitAllLevel0Commit));
    uint32_t generation = ese_lsn_generation(ese_log_durable(log_file));
    cr_assert_gt(generation, 3);
    insert(400);                                    /* the watch looks every 64 KiB */
    cr_assert(wait_until(header_follows_log) || header_in_file().gen_max >= generation);
    cr_assert_lt(header_in_file().gen_min, generation);
    end();
}
