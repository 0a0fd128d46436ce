/* Recovery: orders of things in log and headers that a crash meets seldom. */
#include "engine/tests/storage/log_support.h"

#include "engine/table/header.h"
#include "engine/table/schema.h"

#define PAGE 4096
#define COMMITTERS 4
#define COMMITS 300

static struct log_rig files;
static struct rig rig;

static JET_ERR start(struct log_rig *log_rig)
{
    const struct ese_store_config config = { .page_size = PAGE, .extend_pages = 16, .checkpoint_depth = 64u << 20 };
    struct ese_log *log;
    MUST(ese_store_open(&config, &rig.store));
    JET_ERR err = ese_recover(rig.store, &log_rig->config, 0, &log);
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

static void end(void)
{
    MUST(ese_store_close(rig.store, ESE_CLOSE_COMPLETE));
    rig.store = NULL;
}

static void setup(void)
{
    log_rig_open(&files, 256);
    snprintf(rig.path, sizeof rig.path, "%s/test.edb", files.folder);
    MUST(start(&files));
    MUST(ese_database_create(rig.store, rig.path, 0, 0, &rig.database));
}

static void teardown(void)
{
    log_rig_close(&files);
}

TestSuite(recovery_order, .init = setup, .fini = teardown, .timeout = 60);

static JET_ERR log_note(enum ese_log_undo_kind kind, uint64_t transaction)
{
    ese_lsn position;
    const struct ese_log_undo undo = { .transaction = transaction, .kind = kind, .root = ESE_CATALOG_ROOT, .key = "never",
                                       .key_size = 5 };
    const struct ese_log_change change = { .database = 1, .page_size = PAGE, .undo = &undo };
    JET_ERR err = ese_log_change(ese_store_log(rig.store), &change, &position);
    return err == JET_errSuccess ? ese_log_flush_to(ese_store_log(rig.store), position) : err;
}

Test(recovery_order, a_compensation_without_its_note_is_damage)
{
    MUST(log_note(ESE_UNDO_COMPENSATE, 77));
    crash();
    MUST_BE(start(&files), JET_errLogFileCorrupt);
    MUST_BE(start(&files), JET_errLogFileCorrupt);
}

Test(recovery_order, a_compensation_of_another_tree_is_damage)
{
    ese_lsn position;
    const struct ese_log_undo other = { .transaction = 77, .kind = ESE_UNDO_COMPENSATE, .root = ESE_CATALOG_ROOT + 1 };
    const struct ese_log_change change = { .database = 1, .page_size = PAGE, .undo = &other };
    MUST(log_note(ESE_UNDO_DELETE, 77));
    MUST(ese_log_change(ese_store_log(rig.store), &change, &position));
    MUST(ese_log_flush_to(ese_store_log(rig.store), position));
    crash();
    MUST_BE(start(&files), JET_errLogFileCorrupt);
}

/* Its notes may be before the checkpoint. */
Test(recovery_order, a_compensation_of_a_transaction_that_ended_is_not)
{
    MUST(log_note(ESE_UNDO_COMPENSATE, 77));
    MUST(ese_log_rollback_done(ese_store_log(rig.store), 77));
    MUST(log_note(ESE_UNDO_COMPENSATE, 78));
    MUST(ese_log_commit(ese_store_log(rig.store), 78, 0, 0, NULL, NULL));
    crash();
    MUST(start(&files));
    end();
}

static void keep_file(const char *path, void **bytes, uint64_t *size)
{
    struct ese_file *file;
    MUST(ese_file_open(path, ESE_FILE_READ_ONLY, &file));
    MUST(ese_file_size(file, size));
    *bytes = malloc((size_t)*size);
    MUST(ese_file_read(file, 0, *bytes, (size_t)*size));
    ese_file_close(file);
}

static void put_back(const char *path, void *bytes, uint64_t size)
{
    struct ese_file *file;
    MUST(ese_file_open(path, ESE_FILE_CREATE | ESE_FILE_TRUNCATE, &file));
    MUST(ese_file_write(file, 0, bytes, (size_t)size));
    ese_file_close(file);
    free(bytes);
}

/* The log had the attach, the file not yet: its header still speaks of the log it was last attached in. */
Test(recovery_order, a_database_that_came_from_another_log)
{
    struct log_rig others;
    struct ese_header header;
    struct ese_file *file;
    JET_SIGNATURE ours;
    void *bytes;
    uint64_t size;
    end();
    keep_file(rig.path, &bytes, &size);
    log_rig_open(&others, 256);
    MUST(start(&others));
    MUST(ese_database_attach(rig.store, rig.path, 0, 0, &rig.database));
    ese_log_signature(ese_store_log(rig.store), &ours);
    crash();
    put_back(rig.path, bytes, size);
    MUST(start(&others));
    MUST(ese_database_attach(rig.store, rig.path, 0, 0, &rig.database));
    end();
    MUST(ese_file_open(rig.path, ESE_FILE_READ_ONLY, &file));
    MUST(ese_header_read(file, &header, NULL));
    ese_file_close(file);
    cr_assert_eq(memcmp(&header.log_signature, &ours, 28), 0);
    cr_assert_eq(header.state, ESE_STATE_CLEAN);
    log_rig_close(&others);
}

/* The same, but the attach is before the checkpoint: it is a copy of somebody else's. */
Test(recovery_order, a_copy_from_another_log_is_refused)
{
    struct log_rig others;
    struct ese_trx trx;
    struct pairs pairs;
    void *bytes;
    uint64_t size;
    end();
    keep_file(rig.path, &bytes, &size);
    log_rig_open(&others, 256);
    MUST(start(&others));
    MUST(ese_database_attach(rig.store, rig.path, 0, 0, &rig.database));
    session_begin(&rig, &trx);
    pairs_create(&rig, &trx, "pairs", &pairs);
    session_end(&trx);
    MUST(ese_store_flush(rig.store));
    crash();
    put_back(rig.path, bytes, size);
    MUST_BE(start(&others), JET_errDatabaseLogSetMismatch);
    log_rig_close(&others);
}

/* Whatever position a header names is durable by then. */
static JET_ERR watch_header(void *arg, enum ese_file_call call, uint64_t end_of_bytes)
{
    unsigned *seen = arg;
    if (call == ESE_FILE_CALL_WRITE && end_of_bytes <= 2 * PAGE && rig.database->header.state == ESE_STATE_CLEAN) {
        ++*seen;
        if (rig.database->header.consistent.position > ese_log_durable(ese_store_log(rig.store))) {
            abort();
        }
    }
    return JET_errSuccess;
}

Test(recovery_order, a_clean_header_speaks_of_durable_log_only)
{
    char second[300];
    struct ese_trx trx;
    struct pairs pairs;
    struct ese_database *first = rig.database;
    unsigned seen = 0;
    snprintf(second, sizeof second, "%s/second.edb", files.folder);
    session_begin(&rig, &trx);
    pairs_create(&rig, &trx, "pairs", &pairs);
    session_end(&trx);
    MUST(ese_database_create(rig.store, second, 0, 0, &rig.database));
    struct ese_database *leaves = rig.database;
    rig.database = first;
    session_begin(&rig, &trx);
    pairs_open(&rig, &trx, "pairs", &pairs);
    MUST(ese_trx_begin(&trx, 0));
    MUST(pairs_insert(&pairs, 1, "not yet durable"));
    MUST(ese_trx_commit(&trx, JET_bitCommitLazyFlush));
    rig.database = leaves;
    ese_file_set_filter(watch_header, &seen);
    MUST(ese_database_detach(leaves));
    ese_file_set_filter(NULL, NULL);
    cr_assert_gt(seen, 0);
    session_end(&trx);
    end();
}

/* ---- numbers of commits ---------------------------------------------------------------------------------- */

static struct { struct ese_log *log; _Atomic uint32_t next; } committing;

static void commit_all(void *arg)
{
    (void)arg;
    for (unsigned i = 0; i < COMMITS; i++) {
        uint32_t n = ++committing.next;
        MUST(log_put(committing.log, n, 40000));    /* so much that appends wait for the writer */
        MUST(ese_log_commit(committing.log, n, JET_bitCommitLazyFlush, 0, NULL, NULL));
    }
}

Test(recovery_order, commits_are_numbered_in_their_order)
{
    struct log_rig own;
    struct ese_thread *thread[COMMITTERS];
    struct ese_log_reader reader;
    struct ese_log_read read;
    struct ese_log_survey survey;
    uint64_t number = 0;
    end();
    log_rig_open(&own, 2048);
    committing.log = log_start(&own);
    for (unsigned i = 0; i < COMMITTERS; i++) {
        MUST(ese_thread_create(commit_all, NULL, &thread[i]));
    }
    for (unsigned i = 0; i < COMMITTERS; i++) {
        ese_thread_join(thread[i]);
    }
    uint32_t last = ese_lsn_generation(ese_log_end(committing.log));
    MUST(ese_log_close(committing.log, true));
    MUST(ese_log_survey(&own.names, &survey));
    MUST(ese_log_reader_open(&reader, &own.names, &survey, 1, last));
    JET_ERR err;
    while ((err = ese_log_reader_next(&reader, &read)) == JET_errSuccess) {
        if (read.kind == ESE_RECORD_COMMIT) {
            number++;
            cr_assert_eq(ese_get64(read.bytes + ESE_RECORD_HEADER + 8), number);
        }
    }
    cr_assert_eq(err, JET_errNoCurrentRecord);
    cr_assert_eq(number, COMMITTERS * COMMITS);
    ese_log_reader_close(&reader);
    ese_log_survey_fini(&survey);
    log_rig_close(&own);
}

/* ---- what a recovery relies on lasts before it does anything ---------------------------------------------- */

static enum ese_file_call first_call;
static unsigned file_calls;

static JET_ERR note_first(void *arg, enum ese_file_call call, uint64_t end)
{
    (void)arg;
    (void)end;
    first_call = file_calls++ == 0 ? call : first_call;
    return JET_errSuccess;
}

/* A process that was killed had written log that it never synced; the power may fail while the next one recovers. */
Test(recovery_order, the_log_lasts_before_pages_rely_on_it)
{
    MUST(ese_log_commit(ese_store_log(rig.store), 77, 0, 0, NULL, NULL));
    crash();
    ese_file_set_filter(note_first, NULL);
    MUST(start(&files));
    ese_file_set_filter(NULL, NULL);
    cr_assert_gt(file_calls, 4);
    cr_assert_eq(first_call, ESE_FILE_CALL_SYNC);
    end();
}
