/* Recovery: files that do not belong together, and where redo ends. */
#include "engine/tests/storage/log_support.h"

#include "engine/table/header.h"
#include "engine/table/schema.h"

#define PAGE LOG_PAGE

static struct log_rig files;
static struct rig rig;

static void setup(void)
{
    log_rig_open(&files, 64);
    snprintf(rig.path, sizeof rig.path, "%s/test.edb", files.folder);
}

static void teardown(void)
{
    log_rig_close(&files);
}

TestSuite(recovery_rules, .init = setup, .fini = teardown, .timeout = 60);

static void copy(struct log_rig *from, const char *name, struct log_rig *to, const char *new_name)
{
    char source[300], target[300];
    log_path(from, name, source);
    log_path(to, new_name, target);
    MUST(ese_file_copy(source, target));
}

/* Generations 1 to 4, of which 4 is the current one and not clean. */
static void write_generations(struct log_rig *log_rig)
{
    struct ese_log *log = log_start(log_rig);
    for (uint32_t n = 1; n <= 4; n++) {
        MUST(log_put(log, n, 300));
        MUST(ese_log_flush_to(log, ese_log_end(log)));
        if (n < 4) {
            MUST(ese_log_roll(log));
        }
    }
    MUST(ese_log_close(log, false));
    cr_assert(log_exists(log_rig, "edb00003.log"));
    cr_assert_not(log_exists(log_rig, "edb00004.log"));
}

Test(recovery_rules, a_file_of_another_log)
{
    struct log_rig others;
    log_rig_open(&others, 64);
    write_generations(&files);
    write_generations(&others);
    copy(&others, "edb00002.log", &files, "edb00002.log");
    MUST_BE(log_try(&files, 0), JET_errBadLogSignature);
    log_rig_close(&others);
}

Test(recovery_rules, a_file_of_another_generation)
{
    write_generations(&files);
    copy(&files, "edb00001.log", &files, "edb00002.log");
    MUST_BE(log_try(&files, 0), JET_errInvalidLogSequence);
}

Test(recovery_rules, files_behind_the_current_one)
{
    write_generations(&files);
    copy(&files, "edb00003.log", &files, "edb000ff.log");
    MUST_BE(log_try(&files, 0), JET_errInvalidLogSequence);
    cr_assert(log_exists(&files, "edb000ff.log"));
    files.config.delete_out_of_range = true;
    MUST(log_try(&files, 0));
    cr_assert_not(log_exists(&files, "edb000ff.log"));
}

/* Two continuations of the same file, of which the next file belongs to one. */
static void branch(bool longer)
{
    struct ese_log *log = log_start(&files);
    MUST(log_put(log, 1, 100));
    MUST(ese_log_close(log, true));
    copy(&files, "edb.log", &files, "kept");
    copy(&files, "edb.chk", &files, "kept.chk");
    log = log_start(&files);
    MUST(log_put(log, 3, longer ? 5000 : 200));
    MUST(ese_log_close(log, false));                /* not even written */
    log = log_start(&files);
    MUST(log_put(log, 3, longer ? 5000 : 200));
    MUST(ese_log_flush_to(log, ese_log_end(log)));
    MUST(ese_log_close(log, false));
    copy(&files, "edb.log", &files, "branch");
    copy(&files, "kept", &files, "edb.log");
    copy(&files, "kept.chk", &files, "edb.chk");
    log = log_start(&files);
    MUST(log_put(log, 2, 200));
    MUST(ese_log_flush_to(log, ese_log_end(log)));
    MUST(ese_log_roll(log));
    MUST(log_put(log, 4, 200));
    MUST(ese_log_flush_to(log, ese_log_end(log)));
    MUST(ese_log_close(log, false));
    copy(&files, "branch", &files, "edb00001.log");
    char chk[300];
    log_path(&files, "edb.chk", chk);
    MUST(ese_path_remove(chk));
    MUST_BE(log_try(&files, 0), JET_errInvalidLogSequence);
}

Test(recovery_rules, a_file_that_goes_on_longer_than_its_successor_says)
{
    branch(true);
}

Test(recovery_rules, a_file_that_ends_where_its_successor_says_and_is_another)
{
    branch(false);
}

/* Each record in a chunk of its own. */
static void put_chunks(const uint32_t numbers[3])
{
    struct ese_log *log = log_start(&files);
    for (unsigned i = 0; i < 3; i++) {
        MUST(log_put(log, numbers[i], 300));
        MUST(ese_log_flush_to(log, ese_log_end(log)));
    }
    MUST(ese_log_close(log, false));
}

/* A chunk that was once written there in another life of the file is not taken for what follows. */
Test(recovery_rules, a_chunk_of_another_continuation)
{
    static const uint32_t ours[] = { 1, 2, 4 }, theirs[] = { 1, 9, 3 };
    uint32_t changes, commits;
    uint64_t third = 0;
    MUST(ese_log_close(log_start(&files), true));
    copy(&files, "edb.log", &files, "kept");
    copy(&files, "edb.chk", &files, "kept.chk");
    put_chunks(theirs);
    copy(&files, "edb.log", &files, "theirs");
    copy(&files, "kept", &files, "edb.log");
    copy(&files, "kept.chk", &files, "edb.chk");
    put_chunks(ours);
    char path[300], other[300];
    struct ese_file *to, *from;
    unsigned char sectors[2 * ESE_LOG_SECTOR];
    log_path(&files, "edb.log", path);
    log_path(&files, "theirs", other);
    MUST(ese_file_open(path, 0, &to));
    MUST(ese_file_open(other, ESE_FILE_READ_ONLY, &from));
    for (uint64_t at = ESE_LOG_SECTOR, chunks = 0; chunks < 3; at += ESE_LOG_SECTOR) {
        MUST(ese_file_read(to, at, sectors, ESE_LOG_SECTOR));
        if (ese_get32(sectors) == ESE_CHUNK_MAGIC && ++chunks == 3) {
            third = at;
        }
    }
    MUST(ese_file_read(from, third, sectors, sizeof sectors));
    cr_assert_eq(ese_get32(sectors), ESE_CHUNK_MAGIC);
    MUST(ese_file_write(to, third, sectors, sizeof sectors));
    ese_file_close(from);
    ese_file_close(to);
    MUST(log_read_all(&files, 300, &changes, &commits));
    cr_assert_eq(changes, 2);
}

Test(recovery_rules, a_file_of_another_size_than_it_says)
{
    static const char *const names[] = { "edb00001.log", "edb00002.log", "edb.log" };
    write_generations(&files);
    for (size_t i = 0; i < 3; i++) {
        char path[300];
        struct ese_file *file;
        copy(&files, names[i], &files, "kept");
        log_path(&files, names[i], path);
        for (uint64_t size = 60u << 10; size <= 68u << 10; size += 8u << 10) {
            MUST(ese_file_open(path, 0, &file));
            MUST(ese_file_set_size(file, size));
            ese_file_close(file);
            MUST_BE(log_try(&files, 0), JET_errLogFileSizeMismatch);
            copy(&files, "kept", &files, names[i]);
        }
    }
    MUST(log_try(&files, 0));
}

Test(recovery_rules, a_file_of_another_size_than_the_others)
{
    struct log_rig others;
    log_rig_open(&others, 128);
    write_generations(&files);
    write_generations(&others);
    copy(&others, "edb00002.log", &files, "edb00002.log");
    MUST_BE(log_try(&files, 0), JET_errLogFileSizeMismatch);
    log_rig_close(&others);
}

Test(recovery_rules, a_checkpoint_that_is_further_than_the_log)
{
    struct ese_log *log = log_start(&files);
    MUST(log_put(log, 1, 100));
    MUST(ese_log_flush_to(log, ese_log_end(log)));
    MUST(ese_log_close(log, false));
    copy(&files, "edb.log", &files, "kept");
    log = log_start(&files);
    MUST(log_put(log, 2, 100));
    MUST(ese_log_flush_to(log, ese_log_end(log)));
    MUST(ese_log_set_checkpoint(log, ese_log_end(log)));
    MUST(ese_log_close(log, false));
    MUST(ese_log_file_remove(&files.names, ESE_LOG_CLOSED, 1));
    copy(&files, "kept", &files, "edb.log");
    MUST_BE(log_try(&files, 0), JET_errMissingLogFile);
}

Test(recovery_rules, the_file_of_the_checkpoint_is_missing)
{
    write_generations(&files);
    MUST(ese_log_file_remove(&files.names, ESE_LOG_CLOSED, 1));
    MUST_BE(log_try(&files, 0), JET_errMissingLogFile);
}

Test(recovery_rules, the_checkpoint_of_another_log_is_nobodys)
{
    struct log_rig others;
    log_rig_open(&others, 64);
    write_generations(&files);
    write_generations(&others);
    struct ese_log *log = log_start(&others);
    MUST(log_put(log, 9, 100));
    MUST(ese_log_roll(log));
    MUST(log_put(log, 10, 100));
    MUST(ese_log_flush_to(log, ese_log_end(log)));
    MUST(ese_log_set_checkpoint(log, ese_log_end(log)));
    MUST(ese_log_close(log, false));
    copy(&others, "edb.chk", &files, "edb.chk");
    MUST(log_try(&files, 0));
    log_rig_close(&others);
}

/* ---- with a database ------------------------------------------------------------------------------------- */

static JET_ERR start(void)
{
    const struct ese_store_config config = { .page_size = PAGE, .extend_pages = 16, .checkpoint_depth = 64u << 20 };
    struct ese_log *log;
    MUST(ese_store_open(&config, &rig.store));
    JET_ERR err = ese_recover(rig.store, &files.config, 0, &log);
    if (err != JET_errSuccess) {
        MUST_BE(ese_store_close(rig.store, ESE_CLOSE_DIRTY), JET_errDirtyShutdown);
        rig.store = NULL;
    }
    return err;
}

static void crash(void)
{
    MUST_BE(ese_store_close(rig.store, ESE_CLOSE_DIRTY), JET_errDirtyShutdown);
    rig.store = NULL;
}

/* Greatest position of a page in the file. */
static ese_lsn newest_page(void)
{
    struct ese_file *file;
    uint64_t size;
    ese_lsn newest = 0;
    unsigned char page[PAGE];
    MUST(ese_file_open(rig.path, ESE_FILE_READ_ONLY, &file));
    MUST(ese_file_size(file, &size));
    for (uint64_t at = 2 * PAGE; at + PAGE <= size; at += PAGE) {
        MUST(ese_file_read(file, at, page, PAGE));
        newest = ese_get64(page + ESE_PAGE_LSN) > newest ? ese_get64(page + ESE_PAGE_LSN) : newest;
    }
    ese_file_close(file);
    return newest;
}

Test(recovery_rules, redo_ends_where_it_is_told_to)
{
    struct ese_trx trx;
    struct pairs pairs;
    ese_lsn half = 0;
    MUST(start());
    MUST(ese_database_create(rig.store, rig.path, 0, 0, &rig.database));
    session_begin(&rig, &trx);
    pairs_create(&rig, &trx, "pairs", &pairs);
    pairs_open(&rig, &trx, "pairs", &pairs);
    for (int32_t i = 0; i < 200; i++) {
        MUST(pairs_insert(&pairs, i, "a text"));
        half = i == 99 ? ese_log_end(ese_store_log(rig.store)) : half;
    }
    MUST(ese_log_flush_to(ese_store_log(rig.store), ese_log_end(ese_store_log(rig.store))));
    crash();
    files.config.stop_at = half;
    for (unsigned i = 0; i < 2; i++) {
        MUST_BE(start(), JET_errRecoveredWithoutUndo);
        cr_assert_leq(newest_page(), half);
        cr_assert_gt(newest_page(), 0);
    }
    files.config.stop_at = 0;
    MUST(start());
    MUST(ese_database_attach(rig.store, rig.path, 0, 0, &rig.database));
    session_begin(&rig, &trx);
    pairs_open(&rig, &trx, "pairs", &pairs);
    cr_assert_eq(pairs_count(&pairs), 200);
    session_end(&trx);
    MUST(ese_store_close(rig.store, ESE_CLOSE_COMPLETE));
}

/* Logs a difference of the catalog's page that was made from the state at position `from`, and sets the page in the file to
 * position `now`; then it is not possible to tell what the page should be. */
static void forge(ese_lsn from, ese_lsn now)
{
    unsigned char before[PAGE], after[PAGE];
    struct ese_file *file;
    ese_lsn position;
    MUST(ese_file_open(rig.path, 0, &file));
    MUST(ese_file_read(file, (uint64_t)ESE_CATALOG_ROOT * PAGE, before, PAGE));
    ese_put64(before + ESE_PAGE_LSN, from);
    memcpy(after, before, PAGE);
    after[PAGE - 1] ^= 1;
    const struct ese_log_page page = { .page = ESE_CATALOG_ROOT, .before = before, .after = after };
    const struct ese_log_change change = { .database = 1, .page_size = PAGE, .pages = &page, .page_count = 1 };
    MUST(ese_log_change(ese_store_log(rig.store), &change, &position));
    MUST(ese_log_flush_to(ese_store_log(rig.store), position));
    crash();
    ese_put64(before + ESE_PAGE_LSN, now == UINT64_MAX ? position + 1000000 : now);
    ese_put32(before + ESE_PAGE_CHECKSUM, ese_page_checksum(before, PAGE));
    MUST(ese_file_write(file, (uint64_t)ESE_CATALOG_ROOT * PAGE, before, PAGE));
    ese_file_close(file);
}

static ese_lsn clean_database(void)
{
    MUST(start());
    MUST(ese_database_create(rig.store, rig.path, 0, 0, &rig.database));
    MUST(ese_database_detach(rig.database));
    MUST(ese_database_attach(rig.store, rig.path, 0, 0, &rig.database));
    MUST(ese_store_flush(rig.store));
    return ese_log_end(ese_store_log(rig.store));
}

Test(recovery_rules, a_page_that_is_older_than_the_log_says)
{
    ese_lsn end = clean_database();
    forge(end, end - 10);
    MUST_BE(start(), JET_errDbTimeTooOld);
}

Test(recovery_rules, a_page_that_is_between_two_states)
{
    ese_lsn end = clean_database();
    forge(end - 10, end - 5);
    MUST_BE(start(), JET_errDbTimeTooNew);
}

Test(recovery_rules, a_page_that_is_behind_the_log)
{
    ese_lsn end = clean_database();
    forge(end, UINT64_MAX);
    MUST_BE(start(), JET_errDbTimeBeyondMaxRequired);
}

Test(recovery_rules, a_page_that_fits)
{
    ese_lsn end = clean_database();
    forge(end, end);
    MUST(start());
    crash();
}

/* An older log beside a database that has changes of later files. */
Test(recovery_rules, a_database_ahead_of_its_log)
{
    struct ese_trx trx;
    struct pairs pairs;
    MUST(start());
    MUST(ese_database_create(rig.store, rig.path, 0, 0, &rig.database));
    MUST(ese_log_flush_to(ese_store_log(rig.store), ese_log_end(ese_store_log(rig.store))));
    copy(&files, "edb.log", &files, "kept");
    copy(&files, "edb.chk", &files, "kept.chk");
    session_begin(&rig, &trx);
    pairs_create(&rig, &trx, "pairs", &pairs);
    for (unsigned i = 0; i < 3; i++) {
        MUST(ese_log_roll(ese_store_log(rig.store)));
        MUST(ese_trx_begin(&trx, 0));
        pairs_open(&rig, &trx, "pairs", &pairs);
        MUST(pairs_insert(&pairs, (int32_t)i, "a text"));
        ese_cursor_close(pairs.cursor);
        MUST(ese_trx_commit(&trx, 0));
    }
    session_end(&trx);
    MUST(ese_cache_flush(rig.store->cache, NULL));
    crash();
    struct ese_log_survey survey;
    MUST(ese_log_survey(&files.names, &survey));
    for (uint32_t i = 0; i < survey.count; i++) {
        MUST(ese_log_file_remove(&files.names, ESE_LOG_CLOSED, survey.generation[i]));
    }
    ese_log_survey_fini(&survey);
    copy(&files, "kept", &files, "edb.log");
    copy(&files, "kept.chk", &files, "edb.chk");
    MUST_BE(start(), JET_errRequiredLogFilesMissing);
}
