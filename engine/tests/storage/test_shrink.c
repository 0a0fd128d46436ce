/* A file that was cut short, and a crash afterwards: the log may speak of pages that are not there any more. */
#include <criterion/criterion.h>

#include "engine/log/recover.h"
#include "engine/table/schema.h"
#include "engine/verify/verify.h"
#include "support.h"

#define PAGE 2048

static struct rig rig;
static struct ese_log *log_file;

static JET_ERR start(void)
{
    struct ese_store_config config = { .page_size = PAGE, .extend_pages = 16, .checkpoint_depth = 1u << 30 };
    const struct ese_log_config log_config = { .log_path = rig.directory, .system_path = rig.directory, .base = "edb",
                                               .file_size = 1u << 20, .buffer_size = 1u << 16, .page_size = PAGE,
                                               .legacy_names = true };
    MUST(ese_store_open(&config, &rig.store));
    return ese_recover(rig.store, &log_config, 0, &log_file);
}

static void insert(struct ese_trx *trx, struct pairs *pairs, int32_t from, int32_t to)
{
    MUST(ese_trx_begin(trx, 0));
    for (int32_t i = from; i < to; i++) {
        MUST(pairs_insert(pairs, i, "a row of the table that goes away again"));
    }
    MUST(ese_trx_commit(trx, 0));
}

/* The page of the table's last leaf is logged whole, then as a difference. Both are in the file before the checkpoint is
 * set between them; so the recovery meets the difference alone. */
Test(shrink, a_crash_after_the_cut_is_recovered)
{
    struct ese_trx trx;
    struct pairs keep, victim;
    struct ese_verify_report report;
    uint32_t actual;
    rig_open(&rig, PAGE);
    rig_stop(&rig);
    MUST(ese_path_remove(rig.path));
    MUST(start());
    MUST(ese_database_create(rig.store, rig.path, 0, 0, &rig.database));
    session_begin(&rig, &trx);
    pairs_create(&rig, &trx, "keep", &keep);
    pairs_open(&rig, &trx, "keep", &keep);
    insert(&trx, &keep, 0, 50);
    pairs_create(&rig, &trx, "victim", &victim);
    pairs_open(&rig, &trx, "victim", &victim);
    insert(&trx, &victim, 0, 500);
    ese_lsn between = ese_log_end(log_file);
    insert(&trx, &victim, 500, 502);
    MUST(ese_database_flush(rig.database));
    MUST(ese_log_set_checkpoint(log_file, between));
    ese_cursor_close(victim.cursor);
    uint64_t before = ese_database_file_size(rig.database);
    MUST(ese_table_delete(&trx, rig.database, "victim"));
    MUST(ese_vstore_cleanup(ese_store_versions(rig.store), NULL, NULL));
    MUST(ese_space_shrink(&rig.database->space, 0, &actual));
    cr_assert_lt(ese_database_file_size(rig.database), before / 2, "%u of %u", actual, (unsigned)(before / PAGE));
    insert(&trx, &keep, 50, 70);
    MUST(ese_log_flush_to(log_file, ese_log_end(log_file)));
    session_end(&trx);
    MUST_BE(ese_store_close(rig.store, ESE_CLOSE_DIRTY), JET_errDirtyShutdown);

    MUST(start());
    MUST(ese_database_attach(rig.store, rig.path, 0, 0, &rig.database));
    session_begin(&rig, &trx);
    pairs_open(&rig, &trx, "keep", &keep);
    cr_expect_eq(pairs_count(&keep), 70);
    session_end(&trx);
    rig_stop(&rig);
    cr_expect_eq(ese_verify_file(rig.path, &report), ESE_VERIFY_GOOD, "%s", report.message);
    rig_close(&rig);
}
