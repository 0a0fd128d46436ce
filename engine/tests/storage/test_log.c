/* The log's writer and reader: what was made durable is read back, what was torn is cut, what was damaged is an error. */
#include "engine/tests/storage/log_support.h"

#include <stdlib.h>

static struct log_rig rig;

static void setup(void)
{
    log_rig_open(&rig, 64);
}

static void teardown(void)
{
    ese_file_set_filter(NULL, NULL);
    log_rig_close(&rig);
}

TestSuite(log, .init = setup, .fini = teardown, .timeout = 60);

Test(log, a_page_is_logged_as_its_difference_or_whole)
{
    static unsigned char before[LOG_PAGE], after[LOG_PAGE], page[LOG_PAGE];
    for (unsigned n = 0; n < 200; n++) {
        struct ese_record record;
        struct ese_change_view view;
        struct ese_page_view one;
        srand(n);
        for (unsigned i = 0; i < LOG_PAGE; i++) {
            before[i] = (unsigned char)(i > 1000 && i < 3000 ? 0 : rand());
        }
        ese_put64(before + ESE_PAGE_LSN, n + 77);
        memcpy(after, before, LOG_PAGE);
        for (unsigned i = 0; i < n; i++) {
            after[(unsigned)rand() % LOG_PAGE] ^= (unsigned char)rand();
        }
        const struct ese_log_page pages[] = { { n + 3, before, after, n % 3 == 0, NULL, 0 } };
        const struct ese_log_change change = { .database = 2, .page_size = LOG_PAGE, .pages = pages, .page_count = 1 };
        MUST(ese_record_change(&record, &change));
        cr_assert(ese_record_view_change(record.bytes, record.size, &view));
        cr_assert(ese_record_next_page(&view, LOG_PAGE, &one));
        cr_assert_eq(one.page, n + 3);
        if (n % 3 == 0) {
            cr_assert(one.image);
            memset(page, 0xAA, sizeof page);
            cr_assert(n > 3 || record.size < LOG_PAGE - 500, "the hole is logged");
        } else {
            memcpy(page, before, sizeof page);
            cr_assert(one.image || one.before == n + 77);
        }
        ese_page_view_apply(&one, page, LOG_PAGE);
        memcpy(page, after, 16);                    /* checksum and position are recovery's */
        cr_assert_arr_eq(page, after, LOG_PAGE, "change %u", n);
        ese_record_free(&record);
    }
}

Test(log, what_was_written_is_read_back_in_order_over_many_files)
{
    uint32_t changes, commits;
    struct ese_log *log = log_start(&rig);
    for (uint32_t n = 1; n <= 2000; n++) {
        MUST(log_put(log, n, 700));
        if (n % 10 == 0) {
            MUST(ese_log_commit(log, n, n % 20 == 0 ? 0 : JET_bitCommitLazyFlush, 0, NULL, NULL));
        }
    }
    MUST(ese_log_close(log, true));
    cr_assert(log_exists(&rig, "edb00010.log"), "1.4 MB do not fit into 16 files of 64 KB");
    MUST(log_read_all(&rig, 700, &changes, &commits));
    cr_assert_eq(changes, 2000);
    cr_assert_eq(commits, 200);
}

Test(log, a_record_may_be_longer_than_a_file)
{
    uint32_t changes, commits;
    struct ese_log *log = log_start(&rig);
    for (uint32_t n = 1; n <= 5; n++) {
        MUST(log_put(log, n, 300000));
        MUST(ese_log_commit(log, n, 0, 0, NULL, NULL));
    }
    MUST(ese_log_close(log, true));
    MUST(log_read_all(&rig, 300000, &changes, &commits));
    cr_assert_eq(changes, 5);
    cr_assert_eq(commits, 5);
}

Test(log, it_goes_on_after_a_clean_end)
{
    JET_SIGNATURE first, again;
    uint64_t number = 0;
    uint32_t changes, commits;
    for (uint32_t life = 0; life < 10; life++) {
        struct ese_log *log = log_start(&rig);
        ese_log_signature(log, life == 0 ? &first : &again);
        for (uint32_t n = 1; n <= 20; n++) {
            MUST(log_put(log, life * 20 + n, 500));
        }
        MUST(ese_log_commit(log, 1, 0, 0, &number, NULL));
        cr_assert_eq(number, life + 1, "commits are numbered through");
        MUST(ese_log_close(log, true));
    }
    cr_assert_arr_eq(&first, &again, sizeof first);
    MUST(log_read_all(&rig, 500, &changes, &commits));
    cr_assert_eq(changes, 200);
    cr_assert_eq(commits, 10);
}

Test(log, lazy_commits_are_lost_with_the_process_durable_ones_are_not)
{
    uint32_t changes, commits;
    struct ese_log *log = log_start(&rig);
    MUST(log_put(log, 1, 100));
    MUST(ese_log_commit(log, 1, 0, 0, NULL, NULL));
    MUST(log_put(log, 2, 100));
    MUST(ese_log_commit(log, 2, JET_bitCommitLazyFlush, 0, NULL, NULL));
    MUST(ese_log_close(log, false));
    MUST(log_read_all(&rig, 100, &changes, &commits));
    cr_assert_eq(changes, 1);
    cr_assert_eq(commits, 1);
    log = log_start(&rig);
    MUST(log_put(log, 2, 100));
    MUST(ese_log_commit(log, 2, 0, 0, NULL, NULL));
    MUST(ese_log_close(log, true));
    MUST(log_read_all(&rig, 100, &changes, &commits));
    cr_assert_eq(changes, 2, "the new life follows the old one's end");
    cr_assert_eq(commits, 2);
}

Test(log, a_lazy_commit_becomes_durable_by_itself)
{
    ese_lsn position;
    struct ese_log *log = log_start(&rig);
    MUST(ese_log_commit(log, 1, JET_bitCommitLazyFlush, 20, NULL, &position));
    uint64_t until = ese_time_ms() + 20000;
    while (ese_log_durable(log) < position) {
        cr_assert_lt(ese_time_ms(), until, "it stays volatile for ever");
        ese_sleep_ms(5);
    }
    MUST(ese_log_close(log, true));
}

/* ---- damage ---------------------------------------------------------------------------------------------- */

/* Every byte of everything that was written is turned once. What is read then is what was written, or less of it with an
 * error; only the last chunk may be missing without one. */
Test(log, every_damaged_byte_is_noticed)
{
    char path[300];
    uint32_t changes, commits;
    struct ese_log *log = log_start(&rig);
    for (uint32_t n = 1; n <= 5; n++) {
        MUST(log_put(log, n, 40));
        MUST(ese_log_commit(log, n, 0, 0, NULL, NULL));
    }
    uint32_t end = ese_lsn_offset(ese_log_end(log));
    MUST(ese_log_close(log, false));
    log_path(&rig, "edb.log", path);
    unsigned cut = 0, refused = 0;
    for (uint32_t at = 0; at < end; at++) {
        unsigned char bits = (unsigned char)(1u << at % 8);
        log_flip(path, at, bits);
        JET_ERR err = log_read_all(&rig, 40, &changes, &commits);
        if (err == JET_errSuccess && changes == 4) {
            cut++;
            cr_assert_gt(at, end - 256, "byte %u", at);
        } else if (err == JET_errSuccess) {
            cr_assert_eq(changes, 5, "byte %u: %u changes", at, changes);
        } else {
            refused++;
            cr_assert(err == JET_errLogFileCorrupt || err == JET_errBadLogVersion || err == JET_errInvalidLogSequence,
                      "byte %u: error %d", at, err);
        }
        log_flip(path, at, bits);
    }
    cr_assert_gt(cut, 100);
    cr_assert_gt(refused, 900, "header and four chunks");
}

Test(log, a_chunk_that_is_gone_is_noticed_by_those_behind_it)
{
    char path[300];
    struct ese_log *log = log_start(&rig);
    for (uint32_t n = 1; n <= 5; n++) {
        MUST(log_put(log, n, 40));
        MUST(ese_log_commit(log, n, 0, 0, NULL, NULL));
    }
    MUST(ese_log_close(log, true));
    log_path(&rig, "edb.log", path);
    log_zero(path, 3 * ESE_LOG_SECTOR, ESE_LOG_SECTOR);
    uint32_t changes, commits;
    MUST_BE(log_read_all(&rig, 40, &changes, &commits), JET_errLogFileCorrupt);
    log_path(&rig, "edb.chk", path);
    MUST(ese_path_remove(path));
    MUST_BE(log_try(&rig, 0), JET_errLogFileCorrupt);
}

Test(log, what_a_checkpoint_saw_must_be_there)
{
    char path[300];
    struct ese_log *log = log_start(&rig);
    MUST(log_put(log, 1, 40));
    MUST(ese_log_commit(log, 1, 0, 0, NULL, NULL));
    MUST(log_put(log, 2, 40));
    MUST(ese_log_commit(log, 2, 0, 0, NULL, NULL));
    MUST(ese_log_set_checkpoint(log, ese_log_end(log)));
    MUST(ese_log_close(log, false));
    log_path(&rig, "edb.log", path);
    log_zero(path, 2 * ESE_LOG_SECTOR, ESE_LOG_SECTOR);
    MUST_BE(log_try(&rig, 0), JET_errLogFileCorrupt);
    MUST(log_try(&rig, JET_bitReplayIgnoreLostLogs));
}

Test(log, a_damaged_or_missing_checkpoint_costs_nothing)
{
    char path[300];
    uint32_t changes, commits;
    struct ese_log *log = log_start(&rig);
    for (uint32_t n = 1; n <= 300; n++) {
        MUST(log_put(log, n, 700));
    }
    MUST(ese_log_close(log, true));
    MUST(log_try(&rig, 0));                         /* now there are two copies */
    log_path(&rig, "edb.chk", path);
    for (uint32_t at = 0; at < 2 * ESE_LOG_SECTOR; at += 13) {
        log_flip(path, at, 0x10);
        log_flip(path, (at + ESE_LOG_SECTOR + 5) % (2 * ESE_LOG_SECTOR), 0x04);
        MUST(log_try(&rig, 0));
    }
    MUST(ese_path_remove(path));
    MUST(log_try(&rig, 0));
    MUST(log_read_all(&rig, 700, &changes, &commits));
    cr_assert_eq(changes, 300);
}

/* ---- files ----------------------------------------------------------------------------------------------- */

Test(log, circular_logging_keeps_files_from_the_checkpoint_on)
{
    rig.config.circular = true;
    struct ese_log *log = log_start(&rig);
    ese_lsn middle = 0;
    for (uint32_t n = 1; n <= 600; n++) {
        MUST(log_put(log, n, 700));
        middle = n == 300 ? ese_log_end(log) : middle;
    }
    MUST(ese_log_flush_to(log, ese_log_end(log)));
    cr_assert(log_exists(&rig, "edb00001.log"));
    MUST(ese_log_set_checkpoint(log, middle));
    cr_assert_not(log_exists(&rig, "edb00001.log"));
    char name[30];
    snprintf(name, sizeof name, "edb%05x.log", ese_lsn_generation(middle));
    cr_assert(log_exists(&rig, name));
    MUST(ese_log_close(log, true));
    cr_assert_not(log_exists(&rig, name));
    MUST(log_try(&rig, 0));
}

Test(log, reserves_and_the_checkpoint_are_made_under_the_names_users_know)
{
    MUST(log_try(&rig, 0));
    cr_assert(log_exists(&rig, "edb.log"));
    cr_assert(log_exists(&rig, "edb.chk"));
    cr_assert(log_exists(&rig, "edbres00001.jrs"));
    cr_assert(log_exists(&rig, "edbres00002.jrs"));
    cr_assert_not(log_exists(&rig, "edbtmp.log"));
}

Test(log, without_legacy_names_files_end_in_jtx_and_jcp)
{
    rig.config.legacy_names = false;
    MUST(log_try(&rig, 0));
    cr_assert(log_exists(&rig, "edb.jtx"));
    cr_assert(log_exists(&rig, "edb.jcp"));
    rig.config.legacy_names = true;
    MUST(log_try(&rig, 0));
    cr_assert_not(log_exists(&rig, "edb.log"), "a log that is there keeps its names");
}

Test(log, a_log_of_another_version_is_refused_or_where_it_may_be_replaced)
{
    unsigned char bytes[ESE_LOG_SECTOR];
    char path[300];
    struct ese_file *file;
    MUST(log_try(&rig, 0));
    log_path(&rig, "edb.log", path);
    MUST(ese_file_open(path, 0, &file));
    MUST(ese_file_read(file, 0, bytes, sizeof bytes));
    ese_put32(bytes + 8, ESE_LOG_VERSION + 1);
    ese_log_header_seal(bytes, sizeof bytes, 0);
    MUST(ese_file_write(file, 0, bytes, sizeof bytes));
    ese_file_close(file);
    MUST_BE(log_try(&rig, 0), JET_errBadLogVersion);
    rig.config.delete_old = true;
    MUST(log_try(&rig, 0));
    rig.config.delete_old = false;
    MUST(log_try(&rig, 0));
}

struct load { struct ese_log *log; uint32_t thread; };

static void commit_many(void *arg)
{
    struct load *load = arg;
    for (uint32_t i = 1; i <= 200; i++) {
        unsigned char bytes[600];
        ese_lsn position, end;
        memset(bytes, (int)i, sizeof bytes);
        const struct ese_log_undo undo = { .transaction = load->thread, .kind = ESE_UNDO_REPLACE, .root = i,
                                           .before = bytes, .before_size = sizeof bytes, .key = bytes };
        const struct ese_log_change change = { .database = 1, .page_size = LOG_PAGE, .undo = &undo };
        MUST(ese_log_change(load->log, &change, &position));
        MUST(ese_log_commit(load->log, load->thread, 0, 0, NULL, &end));
        if (ese_log_durable(load->log) < end || end <= position) {
            abort();
        }
    }
}

/* Long enough for others to come and wait, on whatever disk. */
static JET_ERR take_time(void *arg, enum ese_file_call call, uint64_t end)
{
    (void)arg;
    (void)end;
    if (call == ESE_FILE_CALL_SYNC) {
        ese_sleep_ms(1);
    }
    return JET_errSuccess;
}

Test(log, files_change_under_load_and_commits_share_syncs)
{
    struct ese_thread *thread[4];
    struct load load[4];
    uint32_t seen[4] = { 0 }, commits = 0;
    rig.config.prepare_ahead = true;
    struct ese_log *log = log_start(&rig);
    ese_file_set_filter(take_time, NULL);
    for (uint32_t i = 0; i < 4; i++) {
        load[i] = (struct load){ log, i };
        MUST(ese_thread_create(commit_many, &load[i], &thread[i]));
    }
    for (uint32_t i = 0; i < 4; i++) {
        ese_thread_join(thread[i]);
    }
    uint64_t syncs = ese_log_syncs(log);
    MUST(ese_log_close(log, true));
    ese_file_set_filter(NULL, NULL);
    struct ese_log_survey survey;
    struct ese_log_reader reader;
    struct ese_log_read read;
    JET_ERR err;
    MUST(ese_log_survey(&rig.names, &survey));
    MUST(ese_log_reader_open(&reader, &rig.names, &survey, 1, survey.count + 1));
    while ((err = ese_log_reader_next(&reader, &read)) == JET_errSuccess) {
        struct ese_change_view view;
        if (read.kind == ESE_RECORD_CHANGE) {
            cr_assert(ese_record_view_change(read.bytes, read.size, &view));
            cr_assert_eq(view.undo.root, ++seen[view.undo.transaction], "each thread's records are in its order");
        } else if (read.kind == ESE_RECORD_COMMIT) {
            cr_assert_eq(ese_get64(read.bytes + ESE_RECORD_HEADER + 8), ++commits, "commits are numbered in order");
        }
    }
    cr_assert_eq(err, JET_errNoCurrentRecord);
    cr_assert_eq(commits, 800);
    cr_assert_gt(survey.count, 6);
    cr_assert_lt(syncs, 800 + survey.count, "%llu syncs", (unsigned long long)syncs);
    ese_log_reader_close(&reader);
    ese_log_survey_fini(&survey);
}

/* The power failed before the first record: the header was never asked to last. */
Test(log, a_log_that_was_never_used_begins_anew)
{
    char path[300];
    log_path(&rig, "edb.log", path);
    MUST(ese_log_close(log_start(&rig), false));
    for (unsigned i = 0; i < 2; i++) {
        log_flip(path, i == 0 ? 300 : 0, 0x10);
        MUST(ese_log_close(log_start(&rig), false));
    }
    for (unsigned i = 0; i < 2; i++) {
        struct ese_file *file;
        MUST(ese_file_open(path, 0, &file));
        MUST(ese_file_set_size(file, i * 512));
        ese_file_close(file);
        MUST(ese_log_close(log_start(&rig), false));
    }
    log_zero(path, 0, 512);
    struct ese_log *log = log_start(&rig);
    MUST(ese_log_commit(log, 1, 0, 0, NULL, NULL));
    MUST(ese_log_close(log, false));
    log_flip(path, 300, 0x10);
    MUST_BE(log_try(&rig, 0), JET_errLogFileCorrupt);
    log_zero(path, 0, 512);
    MUST_BE(log_try(&rig, 0), JET_errLogFileCorrupt);
}

/* Lives that begin and end without a record write checkpoints, and still nothing else was asked to last: a file that was
 * made longer holds anything. */
Test(log, nor_do_lives_without_a_record_use_it)
{
    char path[300];
    struct ese_file *file;
    unsigned char noise[512];
    log_path(&rig, "edb.log", path);
    for (unsigned i = 0; i < 3; i++) {
        MUST(ese_log_close(log_start(&rig), true));
    }
    MUST(ese_file_open(path, 0, &file));
    for (uint64_t at = 0; at < 64 * 512; at += sizeof noise) {
        for (size_t i = 0; i < sizeof noise; i++) {
            noise[i] = (unsigned char)(at / 512 * 31 + i * 7 + 1);
        }
        MUST(ese_file_write(file, at, noise, sizeof noise));
    }
    ese_file_close(file);
    MUST(ese_log_close(log_start(&rig), true));
    MUST(ese_file_open(path, 0, &file));
    MUST(ese_file_set_size(file, 512));
    ese_file_close(file);
    MUST(ese_log_close(log_start(&rig), true));
    struct ese_log *log = log_start(&rig);
    MUST(ese_log_commit(log, 1, 0, 0, NULL, NULL));
    MUST(ese_log_close(log, true));
    MUST(ese_file_open(path, 0, &file));
    MUST(ese_file_write(file, 0, noise, sizeof noise));
    ese_file_close(file);
    MUST_BE(log_try(&rig, 0), JET_errLogFileCorrupt);
    log_zero(path, 512, 4096);
    MUST_BE(log_try(&rig, 0), JET_errLogFileCorrupt); /* its chunks are gone, too: but the checkpoint knows of them */
}

static unsigned syncs_before_write;
static bool wrote;

static JET_ERR count_syncs(void *arg, enum ese_file_call call, uint64_t end)
{
    (void)arg;
    wrote = wrote || (call == ESE_FILE_CALL_WRITE && end > 512);
    syncs_before_write += call == ESE_FILE_CALL_SYNC && !wrote;
    return JET_errSuccess;
}

/* What begin_life promises: a chunk is in no file whose header may be anything after a power cut. */
Test(log, the_first_record_of_a_later_life_waits_for_the_header)
{
    for (unsigned i = 0; i < 2; i++) {
        MUST(ese_log_close(log_start(&rig), true));
    }
    struct ese_log *log = log_start(&rig);
    syncs_before_write = 0;
    wrote = false;
    ese_file_set_filter(count_syncs, NULL);
    MUST(ese_log_commit(log, 1, 0, 0, NULL, NULL));
    ese_file_set_filter(NULL, NULL);
    cr_assert(wrote);
    cr_assert_eq(syncs_before_write, 1);
    MUST(ese_log_close(log, true));
}

/* ---- a disk that gets full, or breaks -------------------------------------------------------------------- */

static JET_ERR no_room(void *arg, enum ese_file_call call, uint64_t end)
{
    const unsigned *reserves = arg;
    (void)end;
    unsigned there = (unsigned)log_exists(&rig, "edbres00001.jrs") + (unsigned)log_exists(&rig, "edbres00002.jrs");
    return call == ESE_FILE_CALL_RESERVE && there >= *reserves ? JET_errDiskFull : JET_errSuccess;
}

/* The room of one reserve is needed, and there is no other. */
Test(log, on_a_full_disk_only_endings_are_logged)
{
    unsigned reserves = 2;
    ese_lsn position;
    log_rig_close(&rig);
    log_rig_open(&rig, 512);
    struct ese_log *log = log_start(&rig);
    MUST(log_put(log, 1, 100));
    MUST(ese_log_commit(log, 1, 0, 0, NULL, NULL));
    ese_file_set_filter(no_room, &reserves);
    MUST(log_put(log, 2, 300000));
    MUST(ese_log_flush_to(log, ese_log_end(log)));
    cr_assert_not(log_exists(&rig, "edbres00002.jrs"), "its room went to the log");
    MUST_BE(log_put(log, 3, 100), JET_errLogDiskFull);
    const struct ese_log_undo undo = { .transaction = 2, .kind = ESE_UNDO_COMPENSATE };
    const struct ese_log_change change = { .database = 1, .page_size = LOG_PAGE, .undo = &undo };
    MUST(ese_log_change(log, &change, &position));
    MUST(ese_log_rollback_done(log, 2));
    MUST(ese_log_flush_to(log, ese_log_end(log)));
    MUST(ese_log_close(log, true));
    ese_file_set_filter(NULL, NULL);
    MUST(log_try(&rig, 0));
}

Test(log, without_any_room_the_log_fails_for_good)
{
    unsigned reserves = 0;
    log_rig_close(&rig);
    log_rig_open(&rig, 512);
    struct ese_log *log = log_start(&rig);
    MUST(log_put(log, 1, 100));
    MUST(ese_log_commit(log, 1, 0, 0, NULL, NULL));
    ese_file_set_filter(no_room, &reserves);
    MUST(log_put(log, 2, 300000));
    MUST_BE(ese_log_flush_to(log, ese_log_end(log)), JET_errLogDiskFull);
    MUST_BE(ese_log_commit(log, 2, 0, 0, NULL, NULL), JET_errLogDiskFull);
    ese_file_set_filter(NULL, NULL);
    MUST_BE(ese_log_rollback_done(log, 2), JET_errLogDiskFull);
    MUST_BE(ese_log_close(log, true), JET_errLogDiskFull);
    uint32_t changes, commits;
    MUST(log_read_all(&rig, 100, &changes, &commits));
    cr_assert_eq(changes, 1);
    cr_assert_eq(commits, 1);
}

static JET_ERR broken(void *arg, enum ese_file_call call, uint64_t end)
{
    (void)end;
    return call == *(enum ese_file_call *)arg ? JET_errDiskIO : JET_errSuccess;
}

Test(log, a_failed_sync_or_write_is_never_forgotten)
{
    for (enum ese_file_call call = ESE_FILE_CALL_WRITE; call <= ESE_FILE_CALL_SYNC; call++) {
        struct ese_log *log = log_start(&rig);
        MUST(ese_log_commit(log, 1, 0, 0, NULL, NULL));
        ese_file_set_filter(broken, &call);
        MUST_BE(ese_log_commit(log, 2, 0, 0, NULL, NULL), JET_errLogWriteFail);
        ese_file_set_filter(NULL, NULL);
        MUST_BE(ese_log_commit(log, 3, 0, 0, NULL, NULL), JET_errLogWriteFail);
        MUST_BE(ese_log_flush_to(log, ese_log_end(log)), JET_errLogWriteFail);
        MUST(ese_log_close(log, false));
    }
}
