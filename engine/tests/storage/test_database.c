/* Database files: create, attach, detach, restart; and what must never survive. */
#include <criterion/criterion.h>

#include <fcntl.h>
#include <unistd.h>

#include "engine/tests/storage/support.h"
#include "engine/table/schema.h"

static struct rig rig;
static struct ese_trx trx;
static struct pairs pairs;

static void setup(void)
{
    rig_open(&rig, 4096);
    session_begin(&rig, &trx);
    pairs_create(&rig, &trx, "pairs", &pairs);
}

static void teardown(void)
{
    session_end(&trx);
    rig_close(&rig);
}

TestSuite(database, .init = setup, .fini = teardown);

Test(database, create_refuses_what_is_there)
{
    struct ese_database *other;
    char path[300];
    MUST_BE(ese_database_create(rig.store, rig.path, 0, 0, &other), JET_errDatabaseDuplicate);
    snprintf(path, sizeof path, "%s/none/x.edb", rig.directory);
    MUST_BE(ese_database_create(rig.store, path, 0, 0, &other), JET_errInvalidPath);
    MUST_BE(ese_database_attach(rig.store, path, 0, 0, &other), JET_errFileNotFound);
    MUST_BE(ese_database_create(rig.store, rig.directory, 0, JET_bitDbOverwriteExisting, &other), JET_errInvalidPath);
    MUST_BE(ese_database_attach(rig.store, rig.path, 0, 0, &other), JET_wrnDatabaseAttached);
    cr_assert_eq(other, rig.database);
    MUST_BE(ese_database_find(rig.store, path, &other), JET_errDatabaseNotFound);
    snprintf(path, sizeof path, "%s/./../%s/test.edb", rig.directory, strrchr(rig.directory, '/') + 1);
    MUST(ese_database_find(rig.store, path, &other));
    cr_assert_eq(other, rig.database);
    cr_assert_eq(ese_database_by_id(rig.store, 1), rig.database);
    cr_assert_null(ese_database_by_id(rig.store, 2));
    cr_assert_null(ese_database_by_id(rig.store, 99));
}

Test(database, six_databases)
{
    struct ese_database *database[6];
    char path[300];
    for (unsigned i = 0; i < 5; i++) {
        snprintf(path, sizeof path, "%s/%u.edb", rig.directory, i);
        MUST(ese_database_create(rig.store, path, 0, 0, &database[i]));
        cr_assert_eq(ese_database_id(database[i]), i + 2);
    }
    snprintf(path, sizeof path, "%s/6.edb", rig.directory);
    MUST_BE(ese_database_create(rig.store, path, 0, 0, &database[5]), JET_errTooManyAttachedDatabases);
    cr_assert_not(ese_path_exists(path));
    MUST(ese_database_detach(database[2]));
    MUST(ese_database_create(rig.store, path, 0, 0, &database[5]));
    cr_assert_eq(ese_database_id(database[5]), 4);
}

/* The descriptor that is open for a file. */
static int descriptor_of(const char *path)
{
    char link[64], to[400];
    for (int fd = 3; fd < 200; fd++) {
        snprintf(link, sizeof link, "/proc/self/fd/%d", fd);
        ssize_t length = readlink(link, to, sizeof to - 1);
        to[length > 0 ? length : 0] = 0;
        if (strcmp(to, path) == 0) {
            return fd;
        }
    }
    return -1;
}

/* Log may go when the header has said that it is not needed; a failure must not be taken for that. */
Test(database, a_header_that_could_not_be_written_is_written_the_next_time)
{
    struct ese_header header;
    unsigned sound = 0;
    MUST(ese_database_require(rig.database, 2, 3));
    int fd = descriptor_of(rig.path), kept = dup(fd), full = open("/dev/full", O_RDWR);
    cr_assert(fd >= 0 && kept >= 0 && full >= 0);
    dup2(full, fd);
    cr_expect_lt(ese_database_require(rig.database, 5, 6), 0);
    dup2(kept, fd);
    MUST(ese_database_require(rig.database, 5, 6));
    MUST(ese_header_read(rig.database->file.file, &header, &sound));
    cr_expect_eq(header.gen_min, 5);
    cr_expect_eq(header.gen_max, 6);
    cr_expect_eq(sound, ESE_HEADER_MAIN | ESE_HEADER_SHADOW);
    close(kept);
    close(full);
}

/* Its number may be that of a database whose departure the log does not know. */
Test(database, none_comes_when_the_store_is_broken)
{
    struct ese_database *other = NULL;
    char first[300], second[300];
    snprintf(first, sizeof first, "%s/first.edb", rig.directory);
    snprintf(second, sizeof second, "%s/second.edb", rig.directory);
    MUST(ese_database_create(rig.store, first, 0, 0, &other));
    MUST(ese_database_detach(other));
    rig.store->broken = true;
    MUST_BE(ese_database_attach(rig.store, first, 0, 0, &other), JET_errInstanceUnavailable);
    MUST_BE(ese_database_create(rig.store, second, 0, 0, &other), JET_errInstanceUnavailable);
    cr_assert_not(ese_path_exists(second));
    rig.store->broken = false;
    MUST(ese_database_attach(rig.store, first, 0, 0, &other));
}

Test(database, another_instance_cannot_have_it)
{
    struct rig other = rig;
    struct ese_database *database;
    rig_start(&other);
    MUST_BE(ese_database_attach(other.store, rig.path, 0, 0, &database), JET_errDatabaseSharingViolation);
    MUST_BE(ese_database_attach(other.store, rig.path, 0, JET_bitDbReadOnly, &database),
            JET_errDatabaseSharingViolation);
    MUST_BE(ese_database_create(other.store, rig.path, 0, JET_bitDbOverwriteExisting, &database),
            JET_errDatabaseSharingViolation);
    MUST(ese_database_detach(rig.database));
    MUST(ese_database_attach(other.store, rig.path, 0, 0, &database));
    MUST(ese_store_close(other.store, ESE_CLOSE_COMPLETE));
}

Test(database, detach_waits_for_nobody)
{
    struct ese_cursor *cursor;
    struct ese_trx other;
    session_begin(&rig, &other);
    ese_database_pin(rig.database);
    MUST_BE(ese_database_detach(rig.database), JET_errDatabaseInUse);
    ese_database_unpin(rig.database);
    MUST(ese_cursor_open(&other, rig.database, "pairs", 0, &cursor));
    MUST_BE(ese_database_detach(rig.database), JET_errDatabaseInUse);
    ese_cursor_close(cursor);
    MUST(ese_trx_begin(&trx, 0));
    pairs_open(&rig, &trx, "pairs", &pairs);
    MUST(pairs_insert(&pairs, 1, "x"));
    ese_cursor_close(pairs.cursor);
    MUST_BE(ese_database_detach(rig.database), JET_errDatabaseInUse);
    MUST(ese_trx_commit(&trx, 0));
    MUST(ese_trx_begin(&other, 0));
    MUST(ese_database_detach(rig.database));
    MUST(ese_trx_commit(&other, 0));
    MUST(ese_database_attach(rig.store, rig.path, 0, 0, &rig.database));
    session_end(&other);
}

Test(database, a_database_that_was_not_closed_is_refused)
{
    struct ese_database *database;
    struct ese_database_file_info info;
    session_end(&trx);
    MUST_BE(ese_store_close(rig.store, ESE_CLOSE_DIRTY), JET_errDirtyShutdown);
    MUST(ese_database_file_info(rig.path, &info));
    cr_assert(info.header.state == JET_dbstateDirtyShutdown);
    cr_assert_eq(info.header.page_size, 4096);
    rig_start(&rig);
    MUST_BE(ese_database_attach(rig.store, rig.path, 0, 0, &database), JET_errDatabaseDirtyShutdown);
    MUST(ese_database_create(rig.store, rig.path, 0, JET_bitDbOverwriteExisting, &database));
    MUST(ese_database_detach(database));
    MUST(ese_database_file_info(rig.path, &info));
    cr_assert_eq(info.header.state, JET_dbstateCleanShutdown);
    session_begin(&rig, &trx);
}

Test(database, closing_dirty_with_open_transactions_is_clean_for_memory)
{
    pairs_open(&rig, &trx, "pairs", &pairs);
    MUST(ese_trx_begin(&trx, 0));
    MUST(pairs_insert(&pairs, 1, "x"));
    ese_cursor_close(pairs.cursor);
    MUST_BE(ese_store_close(rig.store, ESE_CLOSE_DIRTY), JET_errDirtyShutdown);
    rig_start(&rig);
    session_begin(&rig, &trx);
}

static void abandon(enum ese_close_mode mode)
{
    pairs_open(&rig, &trx, "pairs", &pairs);
    for (int32_t i = 0; i < 100; i++) {
        MUST(pairs_insert(&pairs, i, "committed"));
    }
    MUST(ese_trx_begin(&trx, 0));
    for (int32_t i = 0; i < 200; i++) {
        if (i < 100) {
            MUST(pairs_set(&pairs, i, "not committed"));
        } else {
            MUST(pairs_insert(&pairs, i, "not committed"));
        }
    }
    MUST(ese_store_flush(rig.store));
    session_end(&trx);
    rig_restart(&rig, mode);
    session_begin(&rig, &trx);
    pairs_open(&rig, &trx, "pairs", &pairs);
    cr_assert_eq(pairs_count(&pairs), 100);
    char text[40];
    for (int32_t i = 0; i < 100; i++) {
        MUST(pairs_seek(&pairs, i));
        cr_assert_str_eq(pairs_value(&pairs, text, sizeof text), "committed");
    }
}

Test(database, what_was_rolled_back_does_not_survive)
{
    abandon(ESE_CLOSE_COMPLETE);
    session_end(&trx);
    session_begin(&rig, &trx);
    pairs_open(&rig, &trx, "pairs", &pairs);
    for (int32_t i = 0; i < 100; i++) {
        MUST(pairs_delete(&pairs, i));
    }
    abandon(ESE_CLOSE_ABRUPT);
}

Test(database, read_only)
{
    struct ese_cursor *cursor;
    pairs_open(&rig, &trx, "pairs", &pairs);
    MUST(pairs_insert(&pairs, 1, "x"));
    ese_cursor_close(pairs.cursor);
    MUST(ese_database_detach(rig.database));
    MUST(ese_database_attach(rig.store, rig.path, 0, JET_bitDbReadOnly, &rig.database));
    cr_assert(ese_database_read_only(rig.database));
    MUST_BE(ese_cursor_open(&trx, rig.database, "pairs", JET_bitTableUpdatable, &cursor), JET_errDatabaseFileReadOnly);
    pairs_open(&rig, &trx, "pairs", &pairs);
    cr_assert_eq(pairs_count(&pairs), 1);
    MUST_BE(pairs_insert(&pairs, 2, "x"), JET_errDatabaseFileReadOnly);
    MUST_BE(ese_table_create(&trx, rig.database, "t", 1, 100, 0, &cursor), JET_errDatabaseFileReadOnly);
    MUST_BE(ese_table_delete(&trx, rig.database, "pairs"), JET_errDatabaseFileReadOnly);
    ese_cursor_close(pairs.cursor);
    struct rig other = rig;
    struct ese_database *database;
    rig_start(&other);
    MUST(ese_database_attach(other.store, rig.path, 0, JET_bitDbReadOnly, &database));
    MUST_BE(ese_store_close(other.store, ESE_CLOSE_COMPLETE), JET_errSuccess);
}

Test(database, the_page_size_must_fit)
{
    struct rig other = rig;
    struct ese_database *database;
    MUST(ese_database_detach(rig.database));
    other.page_size = 8192;
    rig_start(&other);
    MUST_BE(ese_database_attach(other.store, rig.path, 0, 0, &database), JET_errPageSizeMismatch);
    MUST(ese_store_close(other.store, ESE_CLOSE_COMPLETE));
    struct ese_store_config config = { .page_size = 5000 };
    MUST_BE(ese_store_open(&config, &other.store), JET_errInvalidParameter);
}

static void change_byte(const char *path, uint64_t offset)
{
    struct ese_file *file;
    unsigned char byte;
    MUST(ese_file_open(path, 0, &file));
    MUST(ese_file_read(file, offset, &byte, 1));
    byte ^= 0x10;
    MUST(ese_file_write(file, offset, &byte, 1));
    ese_file_close(file);
}

Test(database, damage_is_found_when_it_is_read)
{
    struct ese_database *database;
    pairs_open(&rig, &trx, "pairs", &pairs);
    for (int32_t i = 0; i < 1000; i++) {
        MUST(pairs_insert(&pairs, i, "some text"));
    }
    ese_cursor_close(pairs.cursor);
    MUST(ese_database_detach(rig.database));

    change_byte(rig.path, 4096 + 100);              /* copy of the header */
    change_byte(rig.path, 100);                     /* header */
    MUST_BE(ese_database_attach(rig.store, rig.path, 0, 0, &database), JET_errDatabaseCorrupted);
    change_byte(rig.path, 100);
    change_byte(rig.path, 41);                      /* its magic number */
    MUST_BE(ese_database_attach(rig.store, rig.path, 0, 0, &database), JET_errDatabaseCorrupted);
    change_byte(rig.path, 41);
    change_byte(rig.path, ESE_CATALOG_ROOT * 4096 + 1000);
    MUST_BE(ese_database_attach(rig.store, rig.path, 0, 0, &database), JET_errReadVerifyFailure);
    change_byte(rig.path, ESE_CATALOG_ROOT * 4096 + 1000);
    change_byte(rig.path, 6 * 4096 + 2000);         /* a leaf of the table */
    MUST(ese_database_attach(rig.store, rig.path, 0, 0, &rig.database));
    pairs_open(&rig, &trx, "pairs", &pairs);
    JET_ERR err = ese_cursor_move(pairs.cursor, JET_MoveFirst, 0);
    while (err == JET_errSuccess) {
        err = ese_cursor_move(pairs.cursor, 1, 0);
    }
    cr_assert_eq(err, JET_errReadVerifyFailure);
}

Test(database, a_database_can_be_kept_small)
{
    char path[300], text[256];
    struct ese_database *kept = rig.database;
    struct pairs small;
    snprintf(path, sizeof path, "%s/small.edb", rig.directory);
    MUST(ese_database_create(rig.store, path, 20, 0, &rig.database));
    pairs_create(&rig, &trx, "t", &small);
    pairs_open(&rig, &trx, "t", &small);
    memset(text, 'x', 250);
    text[250] = '\0';
    JET_ERR err = JET_errSuccess;
    int32_t count = 0;
    while (err == JET_errSuccess && count < 1000) {
        err = pairs_insert(&small, count++, text);
    }
    cr_assert_eq(err, JET_errOutOfDatabaseSpace);
    cr_assert_eq(pairs_count(&small), (uint64_t)count - 1);
    MUST(pairs_set(&small, 1, "shorter"));
    ese_cursor_close(small.cursor);
    rig.database = kept;
}

Test(database, growing_and_sizes)
{
    uint32_t actual;
    struct ese_header header;
    MUST(ese_database_grow(rig.database, 100, &actual));
    cr_assert_geq(actual, 100);
    cr_assert_eq(ese_database_file_size(rig.database), (uint64_t)actual * 4096);
    ese_database_header(rig.database, &header);
    cr_assert_neq(header.signature.ulRandom, 0);
}

Test(database, lowering_the_checkpoint_depth_flushes)
{
    pairs_open(&rig, &trx, "pairs", &pairs);
    for (int32_t i = 0; i < 2000; i++) {
        MUST(pairs_insert(&pairs, i, "some text that makes pages dirty"));
    }
    cr_assert_gt(ese_store_dirty_bytes(rig.store), 16384);
    ese_store_set_checkpoint_depth(rig.store, 16384);
    uint64_t start = ese_time_ms();
    while (ese_store_dirty_bytes(rig.store) > 16384 && ese_time_ms() - start < 5000) {
        ese_sleep_ms(5);
    }
    cr_assert_leq(ese_store_dirty_bytes(rig.store), 16384);
    ese_store_set_checkpoint_depth(rig.store, 0);
    start = ese_time_ms();
    while (ese_store_dirty_bytes(rig.store) > 0 && ese_time_ms() - start < 5000) {
        ese_sleep_ms(5);
    }
    cr_assert_eq(ese_store_dirty_bytes(rig.store), 0);
}

Test(database, a_small_cache_drops_pages)
{
    char text[200];
    memset(text, 'x', sizeof text - 1);
    text[sizeof text - 1] = '\0';
    session_end(&trx);
    rig_stop(&rig);
    struct ese_store_config config = { .page_size = 4096, .cache_pages = 16 };
    MUST(ese_store_open(&config, &rig.store));
    MUST(ese_database_attach(rig.store, rig.path, 0, 0, &rig.database));
    session_begin(&rig, &trx);
    pairs_open(&rig, &trx, "pairs", &pairs);
    for (int32_t i = 0; i < 5000; i++) {
        MUST(pairs_insert(&pairs, i, text));
        if (i % 500 == 0) {
            MUST(ese_store_flush(rig.store));
        }
    }
    MUST(ese_store_flush(rig.store));
    cr_assert_eq(pairs_count(&pairs), 5000);
    cr_assert_lt(ese_cache_pages(rig.store->cache), 150, "%u pages kept", ese_cache_pages(rig.store->cache));
}
