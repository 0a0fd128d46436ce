/* What a power cut may leave of the checkpoint file still leads to logs that are there, and so do the headers. */
#include "engine/tests/storage/log_support.h"

#include "engine/maintenance/background.h"
#include "engine/table/schema.h"

#define COPIES 2

struct image { unsigned char copy[COPIES][ESE_LOG_SECTOR]; };

static struct log_rig rig;
static struct image lasts;                          /* the file when something was last synced */

static void read_image(struct image *image)
{
    struct ese_file *file;
    memset(image, 0, sizeof *image);
    if (ese_log_file_open(&rig.names, ESE_LOG_CHECKPOINT, 0, ESE_FILE_READ_ONLY, &file) != JET_errSuccess) {
        return;
    }
    for (unsigned i = 0; i < COPIES; i++) {
        (void)ese_file_read(file, i * ESE_LOG_SECTOR, image->copy[i], ESE_LOG_SECTOR);
    }
    ese_file_close(file);
}

static void write_image(const struct image *image)
{
    struct ese_file *file;
    MUST(ese_log_file_open(&rig.names, ESE_LOG_CHECKPOINT, 0, 0, &file));
    MUST(ese_file_write(file, 0, image, sizeof *image));
    ese_file_close(file);
}

static JET_ERR watch(void *arg, enum ese_file_call call, uint64_t end)
{
    (void)arg;
    (void)end;
    if (call == ESE_FILE_CALL_SYNC) {
        read_image(&lasts);
    }
    return JET_errSuccess;
}

static void setup(void)
{
    log_rig_open(&rig, 64);
    ese_file_set_filter(watch, NULL);
}

static void teardown(void)
{
    ese_file_set_filter(NULL, NULL);
    log_rig_close(&rig);
}

TestSuite(checkpoint_file, .init = setup, .fini = teardown, .timeout = 60);

static uint32_t oldest_there(void)
{
    struct ese_log_survey survey;
    MUST(ese_log_survey(&rig.names, &survey));
    uint32_t oldest = survey.count != 0 ? survey.generation[0] : 0;
    ese_log_survey_fini(&survey);
    if (oldest == 0) {
        struct ese_file *file;
        struct ese_log_header header;
        MUST(ese_log_file_open(&rig.names, ESE_LOG_CURRENT, 0, ESE_FILE_READ_ONLY, &file));
        MUST(ese_log_header_read(file, &header));
        ese_file_close(file);
        ese_log_entries_clear(header.database);
        oldest = header.generation;
    }
    return oldest;
}

/* Each copy that was not synced is as it was before, as it is now, or garbage. */
static void every_loss_is_harmless(const char *when)
{
    struct image now, made;
    uint32_t oldest = oldest_there();
    read_image(&now);
    for (unsigned way = 0; way < 9; way++) {
        for (unsigned i = 0; i < COPIES; i++) {
            unsigned what = i == 0 ? way % 3 : way / 3;
            bool written = memcmp(now.copy[i], lasts.copy[i], ESE_LOG_SECTOR) != 0;
            memcpy(made.copy[i], what == 0 ? now.copy[i] : lasts.copy[i], ESE_LOG_SECTOR);
            if (written && what == 2) {
                memset(made.copy[i], 0xA5, ESE_LOG_SECTOR);
            }
        }
        struct ese_checkpoint checkpoint;
        bool found;
        write_image(&made);
        MUST(ese_checkpoint_read(&rig.names, &checkpoint, &found));
        cr_assert(!found || ese_lsn_generation(checkpoint.redo_from) >= oldest,
                  "%s, way %u: recovery wants %u, the oldest is %u", when, way, ese_lsn_generation(checkpoint.redo_from),
                  oldest);
    }
    write_image(&now);
}

static void move_on(struct ese_log *log, uint32_t *n, unsigned generations)
{
    for (unsigned i = 0; i < generations; i++) {
        MUST(log_put(log, ++*n, 500));
        MUST(ese_log_roll(log));
        MUST(log_put(log, ++*n, 500));
        MUST(ese_log_flush_to(log, ese_log_end(log)));
    }
}

Test(checkpoint_file, no_copy_is_written_over_the_one_that_lasts)
{
    uint32_t n = 0;
    rig.config.circular = true;
    for (unsigned life = 0; life < 4; life++) {
        struct ese_log *log = log_start(&rig);
        for (unsigned round = 0; round < 4; round++) {
            move_on(log, &n, 3);
            ese_lsn here = ese_log_end(log);
            move_on(log, &n, 1);
            MUST(ese_log_set_checkpoint(log, here));
            every_loss_is_harmless("after files went");
            for (unsigned i = 0; i < round; i++) {
                MUST(ese_log_set_checkpoint(log, here + i + 1));
                every_loss_is_harmless("after the checkpoint moved");
            }
        }
        MUST(ese_log_close(log, life % 2 == 0));
        if (life % 2 == 0) {
            read_image(&lasts);                     /* the system got around to it */
        }
    }
}

/* A clean end and a new beginning in the same file each write a copy that nobody syncs. */
Test(checkpoint_file, an_end_and_a_beginning_leave_one_that_lasts)
{
    uint32_t n = 0;
    rig.config.circular = true;
    for (unsigned i = 0; i < 3; i++) {
        struct ese_log *log = log_start(&rig);
        move_on(log, &n, 3);
        MUST(ese_log_set_checkpoint(log, ese_log_end(log)));
        MUST(ese_log_close(log, true));
        every_loss_is_harmless("after a clean end");
        log = log_start(&rig);
        every_loss_is_harmless("after a beginning");
        MUST(ese_log_close(log, true));
    }
}

Test(checkpoint_file, truncating_a_log_needs_a_checkpoint_that_lasts)
{
    uint32_t n = 0;
    struct ese_log *log = log_start(&rig);
    move_on(log, &n, 3);
    ese_lsn here = ese_log_end(log);
    move_on(log, &n, 2);
    MUST(ese_log_set_checkpoint(log, here));
    cr_assert_eq(oldest_there(), 1, "linear logging keeps all");
    MUST(ese_log_truncate(log));
    cr_assert_eq(oldest_there(), ese_lsn_generation(here));
    every_loss_is_harmless("after the files went");
    MUST(ese_log_close(log, true));
}

/* ---- names ----------------------------------------------------------------------------------------------- */

static uint32_t named, early;                       /* generation of the current file when names last lasted */

static uint32_t current_generation(void)
{
    struct ese_file *file;
    struct ese_log_header header;
    uint32_t generation = 0;
    if (ese_log_file_open(&rig.names, ESE_LOG_CURRENT, 0, ESE_FILE_READ_ONLY, &file) == JET_errSuccess) {
        if (ese_log_header_read(file, &header) == JET_errSuccess) {
            generation = header.generation;
            ese_log_entries_clear(header.database);
        }
        ese_file_close(file);
    }
    return generation;
}

static JET_ERR watch_names(void *arg, enum ese_file_call call, uint64_t end)
{
    struct ese_checkpoint checkpoint;
    bool found = false;
    (void)arg;
    (void)end;
    if (call == ESE_FILE_CALL_SYNC_FOLDER) {
        named = current_generation();
    } else if (call == ESE_FILE_CALL_SYNC) {
        MUST(ese_checkpoint_read(&rig.names, &checkpoint, &found));
        early += found && ese_lsn_generation(checkpoint.redo_from) > named ? 1 : 0;
    }
    return JET_errSuccess;
}

/* A recovery begins a file, and its checkpoint is in it before anything else is. */
Test(checkpoint_file, no_checkpoint_lasts_before_the_name_of_its_file)
{
    uint32_t n = 0;
    rig.config.circular = true;
    struct ese_log *log = log_start(&rig);
    move_on(log, &n, 2);
    named = current_generation();
    ese_file_set_filter(watch_names, NULL);
    for (unsigned life = 0; life < 4; life++) {
        MUST(log_put(log, ++n, 500));
        MUST(ese_log_commit(log, n, 0, 0, NULL, NULL));
        MUST(ese_log_close(log, false));
        log = log_start(&rig);
    }
    MUST(ese_log_close(log, true));
    cr_assert_eq(early, 0);
}

/* ---- a database that leaves ------------------------------------------------------------------------------ */

static struct rig store_rig;
static uint64_t detaching;                          /* the thread that detaches; 0: not yet or not any more */
static _Atomic bool moved;
static struct ese_thread *mover;

static void move_checkpoint(void *arg)
{
    struct ese_log *log = ese_store_log(store_rig.store);
    (void)arg;
    for (uint64_t i = 1; i <= 3; i++) {
        MUST(ese_log_roll(log));
        MUST(ese_log_commit(log, 1000 + i, 0, 0, NULL, NULL));
    }
    MUST(ese_checkpoint(store_rig.store, false));
    moved = true;
}

static JET_ERR during_detach(void *arg, enum ese_file_call call, uint64_t end)
{
    (void)arg;
    if (detaching != ese_thread_id() || call != ESE_FILE_CALL_WRITE || end > 2 * LOG_PAGE) {
        return JET_errSuccess;
    }
    /* The header is about to say CLEAN, and all pages are in the file: nothing else holds the checkpoint. */
    detaching = 0;
    MUST(ese_thread_create(move_checkpoint, NULL, &mover));
    for (unsigned i = 0; i < 100 && !moved; i++) {
        ese_sleep_ms(5);                            /* it may have to wait for the header; then this goes on */
    }
    struct ese_database_file_info info;
    MUST(ese_database_file_info(store_rig.path, &info));
    uint32_t wanted = ese_lsn_generation(ese_log_checkpoint(ese_store_log(store_rig.store)));
    cr_assert(info.header.state == ESE_STATE_DIRTY, "the test came too late");
    cr_assert_geq(info.header.gen_min, wanted, "the file wants log from %u on, the checkpoint is in %u",
                  info.header.gen_min, wanted);
    return JET_errSuccess;
}

Test(checkpoint_file, the_header_of_a_leaving_database_is_not_left_behind)
{
    const struct ese_store_config config = { .page_size = LOG_PAGE, .extend_pages = 16, .checkpoint_depth = 64u << 20 };
    struct ese_log *log;
    rig.config.circular = true;
    MUST(ese_store_open(&config, &store_rig.store));
    MUST(ese_recover(store_rig.store, &rig.config, 0, &log));
    snprintf(store_rig.path, sizeof store_rig.path, "%s/test.edb", rig.folder);
    MUST(ese_database_create(store_rig.store, store_rig.path, 0, 0, &store_rig.database));
    ese_file_set_filter(during_detach, NULL);
    detaching = ese_thread_id();
    MUST(ese_database_detach(store_rig.database));
    cr_assert_not_null(mover);
    ese_thread_join(mover);
    cr_assert(moved);
    ese_file_set_filter(NULL, NULL);
    MUST(ese_store_close(store_rig.store, ESE_CLOSE_COMPLETE));
}

/* ---- a log that begins ----------------------------------------------------------------------------------- */

static unsigned syncs_before_record;
static bool record_written;

static JET_ERR watch_beginning(void *arg, enum ese_file_call call, uint64_t end)
{
    (void)arg;
    syncs_before_record += call == ESE_FILE_CALL_SYNC && !record_written ? 1 : 0;
    record_written = record_written || (call == ESE_FILE_CALL_WRITE && end > 2 * ESE_LOG_SECTOR);
    return JET_errSuccess;
}

/* A header that is torn while a record is there says that something is lost, when nothing ever was durable. */
Test(checkpoint_file, the_header_of_a_new_log_lasts_before_the_first_record)
{
    ese_file_set_filter(watch_beginning, NULL);
    struct ese_log *log = log_start(&rig);
    MUST(log_put(log, 1, 500));
    cr_assert_eq(syncs_before_record, 0, "nothing was written yet");
    MUST(ese_log_flush_to(log, ese_log_end(log)));
    cr_assert(record_written);
    cr_assert_eq(syncs_before_record, 1);
    MUST(ese_log_close(log, true));
    ese_file_set_filter(NULL, NULL);
}
