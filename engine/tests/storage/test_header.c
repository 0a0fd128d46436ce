/* The header of a database and its copy: one of them can be damaged in any byte, and both say the truth. */
#include <criterion/criterion.h>

#include "engine/table/header.h"
#include "engine/table/schema.h"
#include "engine/tests/storage/support.h"
#include "engine/verify/verify.h"

#define PAGE 2048

static struct rig rig;

static void setup(void)
{
    rig_open(&rig, PAGE);
    rig_stop(&rig);
}

static void teardown(void)
{
    rig_close(&rig);
}

TestSuite(header, .init = setup, .fini = teardown);

static void flip(uint64_t offset)
{
    unsigned char byte;
    struct ese_file *file;
    MUST(ese_file_open(rig.path, 0, &file));
    MUST(ese_file_read(file, offset, &byte, 1));
    byte ^= 0x55;
    MUST(ese_file_write(file, offset, &byte, 1));
    ese_file_close(file);
}

static JET_ERR read_it(struct ese_header *header, unsigned *sound)
{
    struct ese_file *file;
    MUST(ese_file_open(rig.path, ESE_FILE_READ_ONLY, &file));
    JET_ERR err = ese_header_read(file, header, sound);
    ese_file_close(file);
    return err;
}

Test(header, either_copy_may_be_damaged_in_any_byte)
{
    struct ese_header good, header;
    unsigned sound;
    MUST(read_it(&good, &sound));
    cr_assert_eq(sound, ESE_HEADER_MAIN | ESE_HEADER_SHADOW);
    for (uint32_t at = 0; at < PAGE; at++) {
        for (unsigned copy = 0; copy < 2; copy++) {
            flip(copy * PAGE + at);
            JET_ERR err = read_it(&header, &sound);
            cr_assert_eq(err, JET_errSuccess, "byte %u of copy %u: %d", at, copy, err);
            cr_assert_eq(sound, copy == 0 ? ESE_HEADER_SHADOW : ESE_HEADER_MAIN, "byte %u of copy %u", at, copy);
            cr_assert(ese_signature_same(&header.signature, &good.signature));
            cr_assert_eq(header.state, good.state);
            flip(copy * PAGE + at);
        }
    }
    for (uint32_t at = 0; at < PAGE; at++) {        /* one answer, whether the magic number is among what is damaged or not */
        flip(at);
        flip(PAGE + (at * 7 + 60) % PAGE);
        MUST_BE(read_it(&header, &sound), JET_errDatabaseCorrupted);
        cr_assert_eq(sound, 0);
        flip(at);
        flip(PAGE + (at * 7 + 60) % PAGE);
    }
}

Test(header, garbage_of_any_length_is_no_database)
{
    static const uint32_t sizes[] = { 0, 1, 100, PAGE - 1, PAGE, 2 * PAGE, 100000 };
    static unsigned char garbage[100000];
    ese_random_bytes(garbage, sizeof garbage);
    for (size_t i = 0; i < 2 * sizeof sizes / sizeof sizes[0]; i++) {
        struct ese_header header;
        struct ese_file *file;
        if (i % 2 != 0) {
            ese_put32(garbage + ESE_HEADER_FIELD_MAGIC, ESE_HEADER_MAGIC);
            ese_put32(garbage + ESE_HEADER_FIELD_PAGE_SIZE, PAGE);
        }
        MUST(ese_file_open(rig.path, ESE_FILE_TRUNCATE, &file));
        MUST(ese_file_write(file, 0, garbage, sizes[i / 2]));
        ese_file_close(file);
        MUST_BE(read_it(&header, NULL), JET_errDatabaseCorrupted);
    }
}

Test(header, attaching_repairs_a_copy)
{
    struct ese_header header;
    struct ese_verify_report report;
    unsigned sound;
    for (unsigned copy = 0; copy < 2; copy++) {
        flip(copy * PAGE + 77);
        cr_assert_eq(ese_verify_file(rig.path, &report), ESE_VERIFY_DAMAGED);
        cr_assert_not_null(strstr(report.message, "header"), "%s", report.message);
        rig_start(&rig);
        MUST(ese_database_attach(rig.store, rig.path, 0, 0, &rig.database));
        MUST(read_it(&header, &sound));
        cr_assert_eq(sound, ESE_HEADER_MAIN | ESE_HEADER_SHADOW);
        cr_assert_eq(header.state, JET_dbstateDirtyShutdown);
        rig_stop(&rig);
        cr_assert_eq(ese_verify_file(rig.path, &report), ESE_VERIFY_GOOD, "%s", report.message);
    }
}

Test(header, read_only_writes_nothing)
{
    struct ese_header header;
    unsigned sound;
    flip(77);
    rig_start(&rig);
    MUST(ese_database_attach(rig.store, rig.path, 0, JET_bitDbReadOnly, &rig.database));
    MUST(read_it(&header, &sound));
    cr_assert_eq(sound, ESE_HEADER_SHADOW);
    cr_assert_eq(header.state, JET_dbstateCleanShutdown);
    rig_stop(&rig);
    flip(77);
}

static void write_header(const struct ese_header *header)
{
    struct ese_file *file;
    MUST(ese_file_open(rig.path, 0, &file));
    MUST(ese_header_write_new(file, header));
    ese_file_close(file);
}

Test(header, every_field_is_kept)
{
    struct ese_header header, again;
    unsigned sound;
    MUST(read_it(&header, &sound));
    cr_assert_eq(header.page_size, PAGE);
    header.gen_min = 0x01020304;
    header.gen_max = 0x05060708;
    header.consistent.position = 0x1122334455667788;
    header.attach.position = 0x2233445566778899;
    header.detach.position = 0x33445566778899AA;
    ese_header_now(&header.gen_max_time);
    header.consistent.time = header.attach.time = header.detach.time = header.gen_max_time;
    header.log_signature = header.signature;
    header.log_signature.ulRandom++;
    snprintf(header.collation, sizeof header.collation, "%063d", 7);
    write_header(&header);
    memset(&again, 0xEE, sizeof again);
    MUST(read_it(&again, &sound));
    cr_assert_eq(again.gen_min, header.gen_min);
    cr_assert_eq(again.gen_max, header.gen_max);
    cr_assert_eq(memcmp(&again.consistent, &header.consistent, sizeof header.consistent), 0);
    cr_assert_eq(memcmp(&again.attach, &header.attach, sizeof header.attach), 0);
    cr_assert_eq(memcmp(&again.detach, &header.detach, sizeof header.detach), 0);
    cr_assert_eq(memcmp(&again.gen_max_time, &header.gen_max_time, sizeof header.gen_max_time), 0);
    cr_assert(ese_signature_same(&again.log_signature, &header.log_signature));
    cr_assert_str_eq(again.collation, header.collation);
}

Test(header, another_collation_is_refused)
{
    struct ese_header header;
    struct ese_database *database;
    MUST(read_it(&header, NULL));
    snprintf(header.collation, sizeof header.collation, "another 99");
    write_header(&header);
    rig_start(&rig);
    MUST_BE(ese_database_attach(rig.store, rig.path, 0, 0, &database), JET_errSecondaryIndexCorrupted);
    MUST_BE(ese_database_attach(rig.store, rig.path, 0, JET_bitDbReadOnly | JET_bitDbDeleteCorruptIndexes, &database),
            JET_errSecondaryIndexCorrupted);
    MUST(ese_database_attach(rig.store, rig.path, 0, JET_bitDbDeleteCorruptIndexes, &database));
    rig_stop(&rig);
    rig_start(&rig);
    MUST(ese_database_attach(rig.store, rig.path, 0, 0, &database));
    rig_stop(&rig);
}

Test(header, an_interrupted_create_is_in_nobodys_way)
{
    struct ese_header header;
    struct ese_database *database;
    struct ese_verify_report report;
    MUST(read_it(&header, NULL));
    rig_start(&rig);
    MUST_BE(ese_database_create(rig.store, rig.path, 0, 0, &database), JET_errDatabaseDuplicate);
    header.state = ESE_STATE_NEW;
    write_header(&header);
    cr_assert_eq(ese_verify_file(rig.path, &report), ESE_VERIFY_DAMAGED);
    MUST_BE(ese_database_attach(rig.store, rig.path, 0, 0, &database), JET_errDatabaseDirtyShutdown);
    MUST(ese_database_create(rig.store, rig.path, 0, 0, &database));
    rig_stop(&rig);
    cr_assert_eq(ese_verify_file(rig.path, &report), ESE_VERIFY_GOOD, "%s", report.message);
}

static void cut(uint64_t size)
{
    struct ese_file *file;
    MUST(ese_file_open(rig.path, 0, &file));
    MUST(ese_file_set_size(file, size));
    ese_file_close(file);
}

/* It ended between the name of the file and its first write. */
Test(header, an_empty_file_is_in_nobodys_way)
{
    struct ese_database *database;
    struct ese_verify_report report;
    cut(0);
    rig_start(&rig);
    MUST_BE(ese_database_attach(rig.store, rig.path, 0, 0, &database), JET_errDatabaseCorrupted);
    MUST(ese_database_create(rig.store, rig.path, 0, 0, &database));
    rig_stop(&rig);
    cr_assert_eq(ese_verify_file(rig.path, &report), ESE_VERIFY_GOOD, "%s", report.message);
    cut(1);
    rig_start(&rig);
    MUST_BE(ese_database_create(rig.store, rig.path, 0, 0, &database), JET_errDatabaseDuplicate);
    rig_stop(&rig);
}

/* What recovery does with a create and the attach that ends it. */
Test(header, recovery_makes_and_unmakes)
{
    struct ese_header header;
    struct ese_database *database, *again;
    struct ese_log_database info = { .id = 3, .path = rig.path, .page_size = PAGE };
    MUST(read_it(&header, NULL));
    info.signature = header.signature;
    rig_start(&rig);
    info.signature.ulRandom++;
    MUST_BE(ese_database_open_for_recovery(rig.store, &info, false, &database), JET_errBadDbSignature);
    MUST_BE(ese_database_open_for_recovery(rig.store, &info, true, &database), JET_errBadDbSignature);
    info.signature = header.signature;
    MUST(ese_database_open_for_recovery(rig.store, &info, false, &database));
    cr_assert_eq(ese_database_id(database), 3);
    MUST(read_it(&header, NULL));
    cr_assert_eq(header.state, JET_dbstateDirtyShutdown);
    rig_stop(&rig);
    MUST(read_it(&header, NULL));
    cr_assert_eq(header.state, JET_dbstateCleanShutdown);

    MUST(ese_path_remove(rig.path));
    rig_start(&rig);
    MUST_BE(ese_database_open_for_recovery(rig.store, &info, false, &database), JET_errFileNotFound);
    MUST(ese_database_open_for_recovery(rig.store, &info, true, &database));
    MUST(read_it(&header, NULL));
    cr_assert_eq(header.state, JET_dbstateJustCreated);
    rig_stop(&rig);
    cr_assert_not(ese_path_exists(rig.path), "no attach followed");

    rig_start(&rig);
    MUST(ese_database_open_for_recovery(rig.store, &info, true, &database));
    MUST(ese_database_open_for_recovery(rig.store, &info, false, &again));
    cr_assert_eq(database, again);
    rig_stop(&rig);
    MUST(read_it(&header, NULL));
    cr_assert_eq(header.state, JET_dbstateCleanShutdown);
    cr_assert(ese_signature_same(&header.signature, &info.signature));
}
