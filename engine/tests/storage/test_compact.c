/* Copying databases: full pages, repair of what is damaged, polling. */
#include <criterion/criterion.h>

#include "engine/table/compact.h"
#include "engine/table/schema.h"
#include "engine/verify/verify.h"
#include "support.h"

#define PAGE 2048
#define ROWS 3000

static void fill(struct rig *rig, struct ese_trx *trx)
{
    struct pairs pairs;
    session_begin(rig, trx);
    pairs_create(rig, trx, "rows", &pairs);
    pairs_open(rig, trx, "rows", &pairs);
    MUST(ese_trx_begin(trx, 0));
    for (int32_t i = 0; i < ROWS; i++) {
        MUST(pairs_insert(&pairs, (i * 7919) % ROWS, "text of some length, so that pages fill"));
    }
    MUST(ese_trx_commit(trx, 0));
    ese_cursor_close(pairs.cursor);
}

static void copy_path(const struct rig *rig, char *path, size_t size)
{
    snprintf(path, size, "%s/copy.edb", rig->directory);
}

struct seen { uint64_t records, pages; unsigned trees; };

static JET_ERR copied(void *arg, const struct ese_compact_tree *tree)
{
    struct seen *seen = arg;
    if (tree->part == ESE_COMPACT_RECORDS) {
        seen->records += tree->entries;
        seen->pages += tree->pages;
    }
    seen->trees++;
    return JET_errSuccess;
}

Test(compact, the_copy_is_sound_and_its_pages_are_full)
{
    struct rig rig;
    struct ese_trx trx;
    struct seen seen = { .trees = 0 };
    struct ese_verify_report report;
    char path[256];
    rig_open(&rig, PAGE);
    fill(&rig, &trx);
    copy_path(&rig, path, sizeof path);
    struct ese_compact how = { .copied = copied, .arg = &seen };
    MUST(ese_database_compact(&trx, rig.database, path, &how));
    cr_expect_eq(seen.records, ROWS);
    cr_expect_eq(ese_verify_file(path, &report), ESE_VERIFY_GOOD, "%s", report.message);
    cr_expect_eq(report.lost_pages, 0);
    cr_expect_eq(report.free_pages, 0);
    cr_expect_lt(report.pages, ese_database_page_count(rig.database) - ese_database_free_pages(rig.database));
    session_end(&trx);
    rig_close(&rig);
}

/* What others have not committed is not in the copy, and what they deleted is. */
Test(compact, only_what_is_committed_is_copied)
{
    struct rig rig;
    struct ese_trx trx, other;
    struct pairs pairs;
    struct seen seen = { .trees = 0 };
    char path[256];
    rig_open(&rig, PAGE);
    fill(&rig, &trx);
    session_begin(&rig, &other);
    pairs_open(&rig, &other, "rows", &pairs);
    MUST(ese_trx_begin(&other, 0));
    MUST(pairs_insert(&pairs, ROWS + 5, "not yet"));
    MUST(pairs_delete(&pairs, 7));
    copy_path(&rig, path, sizeof path);
    struct ese_compact how = { .copied = copied, .arg = &seen };
    MUST(ese_database_compact(&trx, rig.database, path, &how));
    cr_expect_eq(seen.records, ROWS);
    session_end(&other);
    session_end(&trx);
    rig_close(&rig);
}

static uint32_t root_of(struct rig *rig, struct ese_trx *trx)
{
    struct pairs pairs;
    pairs_open(rig, trx, "rows", &pairs);
    uint32_t root = pairs.cursor->table->tree->root;
    ese_cursor_close(pairs.cursor);
    return root;
}

/* Overwrites a leaf in the middle of the table with rubbish. */
static void damage(struct rig *rig, uint32_t root)
{
    unsigned char page[PAGE], leaf[PAGE];
    struct ese_file *file;
    rig_stop(rig);
    MUST(ese_file_open(rig->path, 0, &file));
    MUST(ese_file_read(file, (uint64_t)root * PAGE, page, PAGE));
    cr_assert_gt(page[ESE_PAGE_HEIGHT], 0);
    uint32_t victim = root;
    while (page[ESE_PAGE_HEIGHT] != 0) {
        uint32_t at = ese_get16(page + ESE_PAGE_BODY + 2 * (ese_get16(page + ESE_PAGE_COUNT) / 2));
        victim = ese_get32(page + at + 5 + ese_get16(page + at));
        MUST(ese_file_read(file, (uint64_t)victim * PAGE, page, PAGE));
    }
    memset(leaf, 0x5A, sizeof leaf);
    MUST(ese_file_write(file, (uint64_t)victim * PAGE, leaf, PAGE));
    ese_file_close(file);
    rig_start(rig);
    MUST(ese_database_attach(rig->store, rig->path, 0, 0, &rig->database));
}

Test(compact, repair_saves_what_lies_on_both_sides_of_the_damage)
{
    struct rig rig;
    struct ese_trx trx;
    struct seen seen = { .trees = 0 };
    struct ese_verify_report report;
    char path[256];
    rig_open(&rig, PAGE);
    fill(&rig, &trx);
    uint32_t root = root_of(&rig, &trx);
    session_end(&trx);
    damage(&rig, root);
    session_begin(&rig, &trx);
    copy_path(&rig, path, sizeof path);
    struct ese_compact how = { .copied = copied, .arg = &seen };
    MUST_BE(ese_database_compact(&trx, rig.database, path, &how), JET_errReadVerifyFailure);
    cr_expect(!ese_path_exists(path));
    how.repair = true;
    seen.records = 0;
    MUST(ese_database_compact(&trx, rig.database, path, &how));
    cr_expect_lt(seen.records, ROWS);
    cr_expect_gt(seen.records, ROWS - 100);
    cr_expect_eq(ese_verify_file(path, &report), ESE_VERIFY_GOOD, "%s", report.message);
    session_end(&trx);
    MUST(ese_store_close(rig.store, ESE_CLOSE_COMPLETE));
    rig.store = NULL;
    rig_close(&rig);
}
