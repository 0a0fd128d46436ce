/* Recovery: what is there after a crash, and what is said when files do not fit together. */
#include "engine/tests/storage/log_support.h"

#include "engine/table/header.h"
#include "engine/table/schema.h"
#include "engine/tree/space.h"
#include "engine/verify/verify.h"

#define PAGE 4096

static struct log_rig files;
static struct rig rig;
static struct ese_trx trx;
static struct pairs pairs;

static JET_ERR start(JET_GRBIT grbit)
{
    const struct ese_store_config config = { .page_size = PAGE, .extend_pages = 16, .checkpoint_depth = 64u << 20 };
    struct ese_log *log;
    MUST(ese_store_open(&config, &rig.store));
    JET_ERR err = ese_recover(rig.store, &files.config, grbit, &log);
    if (err != JET_errSuccess) {
        MUST_BE(ese_store_close(rig.store, ESE_CLOSE_DIRTY), JET_errDirtyShutdown);
        rig.store = NULL;
    }
    return err;
}

static void begin(void)
{
    session_begin(&rig, &trx);
    pairs_open(&rig, &trx, "pairs", &pairs);
}

static void attach(void)
{
    MUST(ese_database_attach(rig.store, rig.path, 0, 0, &rig.database));
    begin();
}

/* As if the process had been killed now. */
static void crash(void)
{
    MUST_BE(ese_store_close(rig.store, ESE_CLOSE_DIRTY), JET_errDirtyShutdown);
    rig.store = NULL;
}

static void end(void)
{
    session_end(&trx);
    MUST(ese_store_close(rig.store, ESE_CLOSE_COMPLETE));
    rig.store = NULL;
}

static void insert(int32_t first, int32_t count)
{
    MUST(ese_trx_begin(&trx, 0));
    for (int32_t i = first; i < first + count; i++) {
        MUST(pairs_insert(&pairs, i, "some text that is not too short"));
    }
    MUST(ese_trx_commit(&trx, 0));
}

static void setup(void)
{
    log_rig_open(&files, 256);
    snprintf(rig.path, sizeof rig.path, "%s/test.edb", files.folder);
    MUST(start(0));
    MUST(ese_database_create(rig.store, rig.path, 0, 0, &rig.database));
    session_begin(&rig, &trx);
    pairs_create(&rig, &trx, "pairs", &pairs);
    session_end(&trx);
    begin();
    insert(0, 100);
}

static void teardown(void)
{
    log_rig_close(&files);
}

TestSuite(recovery, .init = setup, .fini = teardown, .timeout = 60);

static void sound(void)
{
    struct ese_verify_report report;
    cr_assert_eq(ese_verify_file(rig.path, &report), ESE_VERIFY_GOOD, "%s", report.message);
    cr_assert_not(report.dirty);
    cr_assert_eq(report.lost_pages, 0, "%u pages are lost", report.lost_pages);
}

static void recovered(uint64_t records)
{
    MUST(start(0));
    sound();
    attach();
    cr_assert_eq(pairs_count(&pairs), records);
    end();
    sound();
}

/* A clean end, then a second stay whose beginning the checkpoint has passed. */
static void second_stay(void)
{
    end();
    MUST(start(0));
    attach();
    insert(100, 50);
    session_end(&trx);
    MUST(ese_store_flush(rig.store));
}

static void copy(const char *from, const char *to)
{
    struct ese_file *source, *target;
    uint64_t size;
    MUST(ese_file_open(from, ESE_FILE_READ_ONLY, &source));
    MUST(ese_file_size(source, &size));
    void *bytes = malloc((size_t)size);
    MUST(ese_file_read(source, 0, bytes, (size_t)size));
    MUST(ese_file_open(to, ESE_FILE_CREATE | ESE_FILE_TRUNCATE, &target));
    MUST(ese_file_write(target, 0, bytes, (size_t)size));
    ese_file_close(source);
    ese_file_close(target);
    free(bytes);
}

Test(recovery, committed_is_there_uncommitted_is_not)
{
    MUST(ese_trx_begin(&trx, 0));
    for (int32_t i = 0; i < 100; i += 3) {
        MUST(pairs_delete(&pairs, i));
    }
    for (int32_t i = 1; i < 100; i += 3) {
        MUST(pairs_set(&pairs, i, "changed by nobody, and much longer than it was before, so that pages split here"));
    }
    MUST(ese_trx_begin(&trx, 0));
    MUST(pairs_insert(&pairs, 0, "deleted and inserted again"));
    MUST(pairs_insert(&pairs, 5000, "rolled back"));
    MUST(ese_trx_rollback(&trx, 0));
    MUST(pairs_insert(&pairs, 3, "deleted and inserted again"));
    MUST(ese_log_flush_to(ese_store_log(rig.store), ese_log_end(ese_store_log(rig.store))));
    crash();
    MUST(start(0));
    attach();
    for (int32_t i = 0; i < 100; i++) {
        char text[200];
        MUST(pairs_seek(&pairs, i));
        cr_assert_str_eq(pairs_value(&pairs, text, sizeof text), "some text that is not too short");
    }
    cr_assert_eq(pairs_count(&pairs), 100);
    end();
    sound();
}

Test(recovery, may_be_repeated_and_stopped_before_undo)
{
    MUST(ese_trx_begin(&trx, 0));
    MUST(pairs_insert(&pairs, 700, "never committed"));
    MUST(ese_log_flush_to(ese_store_log(rig.store), ese_log_end(ese_store_log(rig.store))));
    crash();
    MUST_BE(start(JET_bitRecoveryWithoutUndo), JET_errRecoveredWithoutUndo);
    MUST_BE(start(JET_bitRecoveryWithoutUndo), JET_errRecoveredWithoutUndo);
    recovered(100);
}

Test(recovery, a_table_being_made_is_gone_and_a_dropped_one_leaves_no_pages)
{
    struct pairs other;
    session_end(&trx);
    session_begin(&rig, &trx);
    pairs_create(&rig, &trx, "dropped", &other);
    pairs_open(&rig, &trx, "dropped", &other);
    for (int32_t i = 0; i < 2000; i++) {
        MUST(pairs_insert(&other, i, "text text text text text text text text text text"));
    }
    ese_cursor_close(other.cursor);
    struct ese_trx reader;                          /* its snapshot keeps the pages from being freed */
    session_begin(&rig, &reader);
    MUST(ese_trx_begin(&reader, 0));
    MUST(ese_table_delete(&trx, rig.database, "dropped"));
    MUST(ese_trx_begin(&trx, 0));
    pairs_create(&rig, &trx, "unfinished", &other);
    MUST(ese_log_flush_to(ese_store_log(rig.store), ese_log_end(ese_store_log(rig.store))));
    crash();
    recovered(100);
}

Test(recovery, a_database_made_after_the_checkpoint_is_made_again)
{
    crash();
    MUST(ese_path_remove(rig.path));
    recovered(100);
}

Test(recovery, a_torn_page_is_rebuilt_from_the_log)
{
    second_stay();
    begin();
    insert(200, 300);
    session_end(&trx);
    MUST(ese_cache_flush(rig.store->cache, NULL));
    crash();
    /* Written since the checkpoint, but half of it was lost. */
    uint64_t size;
    struct ese_file *file;
    MUST(ese_file_open(rig.path, ESE_FILE_READ_ONLY, &file));
    MUST(ese_file_size(file, &size));
    ese_file_close(file);
    log_flip(rig.path, (uint64_t)ESE_SPACE_PAGE * PAGE + 2000, 0xFF);
    recovered(450);
}

Test(recovery, a_missing_database_is_an_error_or_done_without)
{
    second_stay();
    crash();
    log_rename(&files, "test.edb", "away.edb");
    MUST_BE(start(0), JET_errAttachedDatabaseMismatch);
    log_rename(&files, "away.edb", "test.edb");
    recovered(150);
    MUST(start(0));
    attach();
    session_end(&trx);
    crash();
    log_rename(&files, "test.edb", "away.edb");
    MUST(start(JET_bitReplayIgnoreMissingDB));
    MUST(ese_store_close(rig.store, ESE_CLOSE_COMPLETE));
    MUST(start(0));
    MUST(ese_store_close(rig.store, ESE_CLOSE_COMPLETE));
}

Test(recovery, a_database_that_moved_is_found_by_the_map)
{
    char moved[300];
    second_stay();
    begin();
    insert(1000, 10);
    crash();
    log_rename(&files, "test.edb", "moved.edb");
    log_path(&files, "moved.edb", moved);
    const struct ese_log_map map = { rig.path, moved }, other = { "/nowhere/else.edb", moved };
    files.config.map_count = 1;
    files.config.map = &other;
    MUST_BE(start(0), JET_errAttachedDatabaseMismatch);
    files.config.map = &map;
    MUST(start(0));
    files.config.map_count = 0;
    cr_assert_lt(strlen(moved), sizeof rig.path);
    memcpy(rig.path, moved, strlen(moved) + 1);
    sound();
    attach();
    cr_assert_eq(pairs_count(&pairs), 160);
    end();
}

Test(recovery, another_database_in_its_place_is_refused)
{
    char other[300], kept[300];
    log_path(&files, "other.edb", other);
    log_path(&files, "kept.edb", kept);
    struct ese_database *second;
    MUST(ese_database_create(rig.store, other, 0, 0, &second));
    MUST(ese_database_detach(second));
    second_stay();
    crash();
    copy(rig.path, kept);
    copy(other, rig.path);
    MUST_BE(start(0), JET_errAttachedDatabaseMismatch);
    copy(kept, rig.path);
    recovered(150);
}

Test(recovery, an_older_copy_is_not_taken_for_the_database)
{
    char kept[300];
    log_path(&files, "kept.edb", kept);
    end();
    copy(rig.path, kept);
    MUST(start(0));
    attach();
    insert(100, 50);
    session_end(&trx);
    MUST(ese_store_flush(rig.store));
    crash();
    copy(kept, rig.path);
    MUST_BE(start(0), JET_errConsistentTimeMismatch);
}

Test(recovery, logs_behind_the_database_are_refused)
{
    char name[300], kept[300];
    end();
    log_path(&files, "edb.log", name);
    log_path(&files, "kept.log", kept);
    MUST(start(0));
    attach();
    insert(100, 1);
    copy(name, kept);
    insert(200, 50);
    session_end(&trx);
    MUST(ese_store_close(rig.store, ESE_CLOSE_COMPLETE));
    copy(kept, name);
    log_path(&files, "edb.chk", kept);
    MUST(ese_path_remove(kept));
    MUST_BE(start(0), JET_errConsistentTimeMismatch);
}

/* Many generations, of which the last ones are needed. */
static void many_generations(void)
{
    second_stay();
    begin();
    for (int32_t i = 0; i < 40; i++) {
        insert(10000 + i * 300, 300);
    }
    crash();
}

Test(recovery, a_generation_that_is_needed_and_missing_is_an_error)
{
    char name[30] = "";
    many_generations();
    struct ese_log_survey survey;
    MUST(ese_log_survey(&files.names, &survey));
    cr_assert_gt(survey.count, 3);
    snprintf(name, sizeof name, "edb%05x.log", survey.generation[survey.count - 2]);
    uint32_t oldest = survey.generation[survey.count - 1];
    ese_log_survey_fini(&survey);
    log_rename(&files, name, "away");
    MUST_BE(start(0), JET_errMissingLogFile);
    log_rename(&files, "away", name);
    log_rename(&files, "edb.log", "away");
    MUST_BE(start(0), JET_errMissingLogFile);
    log_rename(&files, "away", "edb.log");
    /* Without a checkpoint and with only the last files: the database knows that it needs more. */
    char chk[300];
    log_path(&files, "edb.chk", chk);
    MUST(ese_path_remove(chk));
    MUST(ese_log_survey(&files.names, &survey));
    for (uint32_t i = 0; i < survey.count && survey.generation[i] < oldest; i++) {
        MUST(ese_log_file_remove(&files.names, ESE_LOG_CLOSED, survey.generation[i]));
    }
    ese_log_survey_fini(&survey);
    MUST_BE(start(0), JET_errRequiredLogFilesMissing);
}

Test(recovery, a_crash_in_the_middle_of_a_change_of_files_is_no_loss)
{
    many_generations();
    log_rename(&files, "edb.log", "edbtmp.log");
    recovered(150 + 40 * 300);
}

Test(recovery, a_damaged_log_is_an_error_and_changes_nothing)
{
    char path[300];
    many_generations();
    struct ese_log_survey survey;
    MUST(ese_log_survey(&files.names, &survey));
    char name[30];
    snprintf(name, sizeof name, "edb%05x.log", survey.generation[survey.count - 1]);
    ese_log_survey_fini(&survey);
    log_path(&files, name, path);
    log_flip(path, 5000, 1);
    MUST_BE(start(0), JET_errLogFileCorrupt);
    MUST_BE(start(0), JET_errLogFileCorrupt);
    log_flip(path, 5000, 1);
    recovered(150 + 40 * 300);
}

Test(recovery, logs_of_another_size_are_recovered_and_then_an_error_or_replaced)
{
    crash();
    files.config.file_size = 128u << 10;
    MUST_BE(start(0), JET_errLogFileSizeMismatchDatabasesConsistent);
    sound();
    MUST_BE(start(0), JET_errLogFileSizeMismatchDatabasesConsistent);
    files.config.delete_mismatched = true;
    recovered(100);
}

Test(recovery, another_page_size_is_refused)
{
    crash();
    files.config.page_size = 8192;
    MUST_BE(start(0), JET_errPageSizeMismatch);
    files.config.page_size = PAGE;
    recovered(100);
}

Test(recovery, without_its_log_a_dirty_database_is_refused)
{
    char path[300];
    struct ese_database *database;
    second_stay();
    crash();
    log_path(&files, "edb.log", path);
    MUST(ese_path_remove(path));
    MUST(start(0));
    MUST_BE(ese_database_attach(rig.store, rig.path, 0, 0, &database), JET_errDatabaseDirtyShutdown);
    MUST(ese_store_close(rig.store, ESE_CLOSE_COMPLETE));
}

Test(recovery, a_log_in_use_is_not_touched)
{
    struct ese_store *kept = rig.store;
    MUST_BE(start(0), JET_errFileAccessDenied);
    rig.store = kept;
    end();
    recovered(100);
}

Test(recovery, a_new_log_does_not_mind_positions_of_an_old_one)
{
    char path[300];
    many_generations();
    recovered(150 + 40 * 300);
    struct ese_log_survey survey;
    MUST(ese_log_survey(&files.names, &survey));
    for (uint32_t i = 0; i < survey.count; i++) {
        MUST(ese_log_file_remove(&files.names, ESE_LOG_CLOSED, survey.generation[i]));
    }
    ese_log_survey_fini(&survey);
    log_path(&files, "edb.log", path);
    MUST(ese_path_remove(path));
    MUST(start(0));
    attach();
    for (int32_t i = 0; i < 40; i++) {
        MUST(pairs_set(&pairs, 10000 + i * 300, "changed in a log whose positions are small again"));
    }
    insert(500000, 100);
    crash();
    MUST(start(0));
    attach();
    char text[100];
    for (int32_t i = 0; i < 40; i++) {
        MUST(pairs_seek(&pairs, 10000 + i * 300));
        cr_assert_str_eq(pairs_value(&pairs, text, sizeof text), "changed in a log whose positions are small again");
    }
    cr_assert_eq(pairs_count(&pairs), 250 + 40 * 300);
    end();
    sound();
}
