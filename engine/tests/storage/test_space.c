/* Space: maps of free pages, growth, and cutting the end of a file off. */
#include <criterion/criterion.h>

#include "engine/table/schema.h"
#include "engine/tree/space.h"
#include "engine/verify/verify.h"
#include "support.h"

#define PAGE 2048
#define STRETCH ESE_SPACE_STRETCH(PAGE)

static uint32_t take(struct rig *rig, uint32_t count, uint32_t *pages)
{
    unsigned char *data;
    uint32_t last = 0;
    for (uint32_t i = 0; i < count; i++) {
        struct ese_change change;
        ese_change_begin(&change, rig->database->store->cache, &rig->database->file);
        JET_ERR err = ese_space_alloc(&rig->database->space, &change, &last, &data);
        if (err == JET_errSuccess) {
            data[ESE_PAGE_KIND] = ESE_PAGE_LEAF;
        }
        MUST(ese_change_end(&change, err, NULL));
        if (pages != NULL) {
            pages[i] = last;
        }
    }
    return last;
}

static JET_ERR give(struct rig *rig, uint32_t page)
{
    struct ese_change change;
    ese_change_begin(&change, rig->database->store->cache, &rig->database->file);
    return ese_change_end(&change, ese_space_free(&rig->database->space, &change, page), NULL);
}

static uint64_t room;                               /* of the disk, in bytes */

static JET_ERR refuse(void *arg, enum ese_file_call call, uint64_t end)
{
    (void)arg;
    return call == ESE_FILE_CALL_RESERVE && end > room ? JET_errDiskFull : JET_errSuccess;
}

static void counts(struct rig *rig, uint32_t *owned, uint32_t *unused)
{
    MUST(ese_space_counts(&rig->database->space, owned, unused));
}

Test(space, the_lowest_free_page_comes_first)
{
    struct rig rig;
    uint32_t pages[20];
    rig_open(&rig, PAGE);
    take(&rig, 20, pages);
    for (unsigned i = 1; i < 20; i++) {
        cr_assert_eq(pages[i], pages[i - 1] + 1);
    }
    MUST(give(&rig, pages[17]));
    MUST(give(&rig, pages[4]));
    MUST(give(&rig, pages[9]));
    cr_expect_eq(take(&rig, 1, NULL), pages[4]);
    cr_expect_eq(take(&rig, 1, NULL), pages[9]);
    cr_expect_eq(take(&rig, 1, NULL), pages[17]);
    cr_expect_eq(take(&rig, 1, NULL), pages[19] + 1);
    rig_close(&rig);
}

Test(space, what_cannot_be_freed_is_refused)
{
    struct rig rig;
    rig_open(&rig, PAGE);
    uint32_t page = take(&rig, 1, NULL);
    MUST(give(&rig, page));
    MUST_BE(give(&rig, page), JET_errSPAvailExtCorrupted);
    MUST_BE(give(&rig, ESE_SPACE_PAGE), JET_errSPAvailExtCorrupted);
    MUST_BE(give(&rig, page + 1), JET_errSPAvailExtCorrupted);
    rig_close(&rig);
}

Test(space, a_group_that_fails_gives_its_pages_back)
{
    struct rig rig;
    struct ese_change change;
    unsigned char *data;
    uint32_t page, again, owned, unused, owned_after, unused_after;
    rig_open(&rig, PAGE);
    counts(&rig, &owned, &unused);
    ese_change_begin(&change, rig.database->store->cache, &rig.database->file);
    MUST(ese_space_alloc(&rig.database->space, &change, &page, &data));
    MUST(ese_space_alloc(&rig.database->space, &change, &again, &data));
    MUST(ese_space_free(&rig.database->space, &change, page));
    ese_change_abort(&change);
    counts(&rig, &owned_after, &unused_after);
    cr_expect_eq(owned, owned_after);
    cr_expect_eq(unused, unused_after);
    cr_expect_eq(take(&rig, 1, NULL), page);
    rig_close(&rig);
}

/* Over the border of a stretch, where a second map begins, and back below it. */
Test(space, maps_come_and_go_with_their_stretches)
{
    struct rig rig;
    static uint32_t pages[STRETCH + 100];
    uint32_t owned, unused, actual;
    rig_open(&rig, PAGE);
    take(&rig, STRETCH + 100, pages);
    bool skipped = true;
    for (uint32_t i = 0; i < STRETCH + 100; i++) {
        skipped = skipped && pages[i] != STRETCH;   /* the second map */
    }
    cr_expect(skipped);
    for (uint32_t i = STRETCH / 2; i < STRETCH + 100; i++) {
        MUST(give(&rig, pages[i]));
    }
    counts(&rig, &owned, &unused);
    cr_expect_geq(unused, STRETCH / 2 + 100);
    MUST(ese_space_shrink(&rig.database->space, 0, &actual));
    cr_expect_eq(actual, pages[STRETCH / 2 - 1] + 1);
    cr_expect_eq(ese_database_file_size(rig.database), (uint64_t)actual * PAGE);
    counts(&rig, &owned, &unused);
    cr_expect_eq(owned, actual);
    cr_expect_eq(unused, 0);
    cr_expect_eq(take(&rig, STRETCH, pages), STRETCH + STRETCH / 2 + 4);
    rig_close(&rig);
}

Test(space, shrinking_stops_where_it_is_told_and_at_pages_in_use)
{
    struct rig rig;
    uint32_t pages[200], actual, grown;
    rig_open(&rig, PAGE);
    take(&rig, 200, pages);
    MUST(ese_space_shrink(&rig.database->space, 0, &actual));
    cr_expect_eq(actual, pages[199] + 1);
    for (unsigned i = 100; i < 200; i++) {
        MUST(give(&rig, pages[i]));
    }
    MUST(ese_space_shrink(&rig.database->space, pages[150], &actual));
    cr_expect_eq(actual, pages[150]);
    MUST(ese_space_shrink(&rig.database->space, 10, &actual));
    cr_expect_eq(actual, pages[100]);
    MUST(ese_space_grow(&rig.database->space, 500, &grown));
    cr_expect_geq(grown, 500);
    MUST(ese_space_shrink(&rig.database->space, 400, &actual));
    cr_expect_eq(actual, 400);
    rig_close(&rig);
}

Test(space, a_database_that_was_cut_is_sound_and_goes_on)
{
    struct rig rig;
    struct ese_trx trx;
    struct pairs pairs;
    struct ese_verify_report report;
    uint32_t actual;
    rig_open(&rig, PAGE);
    session_begin(&rig, &trx);
    pairs_create(&rig, &trx, "rows", &pairs);
    pairs_open(&rig, &trx, "rows", &pairs);
    for (int32_t i = 0; i < 3000; i++) {
        MUST(pairs_insert(&pairs, i, "some text that takes a little room"));
    }
    for (int32_t i = 100; i < 3000; i++) {
        MUST(pairs_delete(&pairs, i));
    }
    MUST(ese_vstore_cleanup(ese_store_versions(rig.store), NULL, NULL));
    uint64_t before = ese_database_file_size(rig.database);
    MUST(ese_space_shrink(&rig.database->space, 0, &actual));
    cr_expect_lt(ese_database_file_size(rig.database), before / 4);
    for (int32_t i = 100; i < 300; i++) {
        MUST(pairs_insert(&pairs, i, "again"));
    }
    session_end(&trx);
    rig_stop(&rig);
    cr_expect_eq(ese_verify_file(rig.path, &report), ESE_VERIFY_GOOD, "%s", report.message);
    cr_expect_eq(report.lost_pages, 0);
    rig_start(&rig);
    MUST(ese_database_attach(rig.store, rig.path, 0, 0, &rig.database));
    session_begin(&rig, &trx);
    pairs_open(&rig, &trx, "rows", &pairs);
    cr_expect_eq(pairs_count(&pairs), 300);
    session_end(&trx);
    rig_close(&rig);
}

Test(space, a_bound_is_kept)
{
    struct rig rig;
    struct ese_change change;
    unsigned char *data;
    uint32_t page, actual;
    rig_open(&rig, PAGE);
    rig.database->space.pages_max = 10;
    JET_ERR err;
    do {
        ese_change_begin(&change, rig.database->store->cache, &rig.database->file);
        err = ese_change_end(&change, ese_space_alloc(&rig.database->space, &change, &page, &data), NULL);
    } while (err == JET_errSuccess);
    cr_expect_eq(err, JET_errOutOfDatabaseSpace);
    cr_expect_eq(page, 9);
    MUST_BE(ese_space_grow(&rig.database->space, 11, &actual), JET_errOutOfDatabaseSpace);
    rig_close(&rig);
}

Test(space, a_page_is_given_out_only_when_the_disk_has_room_for_it)
{
    struct rig rig;
    struct ese_change change;
    uint32_t owned, unused, page, got = 0, actual = 0;
    unsigned char *data;
    JET_ERR err = JET_errSuccess;
    rig_open(&rig, PAGE);
    counts(&rig, &owned, &unused);
    room = 1000 * PAGE;
    ese_file_set_filter(refuse, NULL);
    while (err == JET_errSuccess && got < 2000) {
        ese_change_begin(&change, rig.database->store->cache, &rig.database->file);
        err = ese_space_alloc(&rig.database->space, &change, &page, &data);
        err = ese_change_end(&change, err, NULL);
        got += err == JET_errSuccess;
    }
    cr_expect_eq(err, JET_errDiskFull);
    cr_expect_eq(page, 999, "got %u", page);
    MUST_BE(ese_space_grow(&rig.database->space, 1001, &actual), JET_errDiskFull);
    room = 2000 * PAGE;
    cr_expect_eq(take(&rig, 1, NULL), 1000);
    ese_file_set_filter(NULL, NULL);
    rig_close(&rig);
}
