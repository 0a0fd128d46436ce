/* The checker accepts what the engine writes and finds every kind of damage. */
#include <criterion/criterion.h>

#include "engine/cache/page.h"
#include "engine/table/schema.h"
#include "engine/tests/storage/support.h"
#include "engine/tree/node.h"
#include "engine/tree/space.h"
#include "engine/verify/verify.h"

#define PAGE 2048

static struct rig rig;
static struct ese_verify_report report;

static void setup(void)
{
    struct ese_trx trx;
    struct pairs pairs;
    rig_open(&rig, PAGE);
    session_begin(&rig, &trx);
    pairs_create(&rig, &trx, "pairs", &pairs);
    pairs_create(&rig, &trx, "others", &pairs);
    pairs_open(&rig, &trx, "pairs", &pairs);
    for (int32_t i = 0; i < 3000; i++) {
        MUST(pairs_insert(&pairs, i * 7919 % 3000, "some text"));
    }
    for (int32_t i = 100; i < 1500; i++) {
        MUST(pairs_delete(&pairs, i));
    }
    session_end(&trx);
    rig_stop(&rig);
}

static void teardown(void)
{
    rig_close(&rig);
}

TestSuite(verify, .init = setup, .fini = teardown);

static void read_page(uint32_t page, unsigned char *data)
{
    struct ese_file *file;
    MUST(ese_file_open(rig.path, ESE_FILE_READ_ONLY, &file));
    MUST(ese_file_read(file, (uint64_t)page * PAGE, data, PAGE));
    ese_file_close(file);
}

/* Writes it with a right checksum: damage that only structure can tell. */
static void write_page(uint32_t page, unsigned char *data)
{
    struct ese_file *file;
    ese_put32(data + ESE_PAGE_CHECKSUM, ese_page_checksum(data, PAGE));
    MUST(ese_file_open(rig.path, 0, &file));
    MUST(ese_file_write(file, (uint64_t)page * PAGE, data, PAGE));
    ese_file_close(file);
}

/* A leaf with neighbours on both sides. */
static uint32_t find_leaf(unsigned char *data)
{
    for (uint32_t page = 3;; page++) {
        read_page(page, data);
        if (data[ESE_PAGE_KIND] == ESE_PAGE_LEAF && ese_get32(data + ESE_PAGE_LEFT) != 0 &&
            ese_get32(data + ESE_PAGE_RIGHT) != 0 && ese_page_count(data) > 4) {
            return page;
        }
    }
}

static void expect_damage(const char *part)
{
    cr_assert_eq(ese_verify_file(rig.path, &report), ESE_VERIFY_DAMAGED, "%s was not found", part);
    cr_assert_not_null(strstr(report.message, part), "'%s' does not say '%s'", report.message, part);
}

Test(verify, a_clean_file_is_sound)
{
    cr_assert_eq(ese_verify_file(rig.path, &report), ESE_VERIFY_GOOD, "%s", report.message);
    cr_assert_not(report.dirty);
    cr_assert_eq(report.trees, 3);
    cr_assert_eq(report.page_size, PAGE);
    cr_assert_eq(report.lost_pages, 0);
    cr_assert_gt(report.free_pages, 10);
    /* 1600 records, and in the catalog per table: name, table, two columns, index. */
    cr_assert_eq(report.records, 1600 + 10);
}

Test(verify, flipped_bits)
{
    unsigned char data[PAGE];
    struct ese_file *file;
    uint32_t leaf = find_leaf(data);
    data[PAGE / 2] ^= 1;
    MUST(ese_file_open(rig.path, 0, &file));
    MUST(ese_file_write(file, (uint64_t)leaf * PAGE, data, PAGE));
    ese_file_close(file);
    expect_damage("checksum");
}

Test(verify, a_page_in_the_wrong_place)
{
    unsigned char data[PAGE];
    struct ese_file *file;
    uint32_t leaf = find_leaf(data);
    MUST(ese_file_open(rig.path, 0, &file));
    MUST(ese_file_write(file, (uint64_t)ese_get32(data + ESE_PAGE_RIGHT) * PAGE, data, PAGE));
    ese_file_close(file);
    (void)leaf;
    expect_damage("checksum or number");
}

Test(verify, keys_out_of_order)
{
    unsigned char data[PAGE];
    uint32_t leaf = find_leaf(data);
    uint16_t slot = ese_get16(data + ESE_PAGE_BODY + 2);
    ese_put16(data + ESE_PAGE_BODY + 2, ese_get16(data + ESE_PAGE_BODY + 4));
    ese_put16(data + ESE_PAGE_BODY + 4, slot);
    write_page(leaf, data);
    expect_damage("out of order");
}

Test(verify, a_key_outside_its_page)
{
    unsigned char data[PAGE];
    uint32_t leaf = find_leaf(data);
    data[ese_page_slot(data, 0) + ESE_NODE_HEAD] = 0;
    write_page(leaf, data);
    expect_damage("does not belong");
}

Test(verify, neighbours_that_do_not_agree)
{
    unsigned char data[PAGE];
    uint32_t leaf = find_leaf(data);
    ese_put32(data + ESE_PAGE_LEFT, leaf);
    write_page(leaf, data);
    expect_damage("left neighbour");
    leaf = find_leaf(data);
    ese_put32(data + ESE_PAGE_RIGHT, 0);
    write_page(leaf, data);
    expect_damage("neighbour");
}

Test(verify, an_impossible_layout)
{
    unsigned char data[PAGE];
    uint32_t leaf = find_leaf(data);
    ese_put16(data + ESE_PAGE_BODY, PAGE - 1);
    write_page(leaf, data);
    expect_damage("layout");
}

Test(verify, a_page_of_another_tree)
{
    unsigned char data[PAGE];
    uint32_t leaf = find_leaf(data);
    ese_put32(data + ESE_PAGE_ROOT, 2);
    write_page(leaf, data);
    expect_damage("belongs to tree");
}

Test(verify, free_pages_that_are_not)
{
    unsigned char data[PAGE], leaf_data[PAGE];
    uint32_t leaf = find_leaf(leaf_data);
    read_page(ESE_SPACE_PAGE, data);
    data[ESE_SPACE_BITS + leaf / 8] ^= (unsigned char)(1u << leaf % 8);
    write_page(ESE_SPACE_PAGE, data);
    expect_damage("used twice");
    data[ESE_SPACE_BITS + leaf / 8] ^= (unsigned char)(1u << leaf % 8);
    ese_put32(data + ESE_SPACE_FREE_COUNT, ese_get32(data + ESE_SPACE_FREE_COUNT) + 1);
    write_page(ESE_SPACE_PAGE, data);
    expect_damage("are free; space page 2 says");
    ese_put32(data + ESE_SPACE_FREE_COUNT, ese_get32(data + ESE_SPACE_FREE_COUNT) - 1);
    data[ESE_SPACE_BITS] ^= 1;
    write_page(ESE_SPACE_PAGE, data);
    expect_damage("page 0 is called free");
    data[ESE_SPACE_BITS] ^= 1;
    ese_put32(data + ESE_SPACE_FIRST, 8);
    write_page(ESE_SPACE_PAGE, data);
    expect_damage("not the space map");
}

Test(verify, a_lost_page)
{
    unsigned char data[PAGE];
    read_page(ESE_SPACE_PAGE, data);
    uint32_t page = ESE_SPACE_PAGE + 1;
    while ((data[ESE_SPACE_BITS + page / 8] >> page % 8 & 1) == 0) {
        page++;
    }
    data[ESE_SPACE_BITS + page / 8] ^= (unsigned char)(1u << page % 8);
    ese_put32(data + ESE_SPACE_FREE_COUNT, ese_get32(data + ESE_SPACE_FREE_COUNT) - 1);
    write_page(ESE_SPACE_PAGE, data);
    expect_damage("1 pages are lost");
    cr_assert_eq(report.lost_pages, 1);
}

/* A tree of three levels that belongs to nothing but the drop that was announced; its root. */
static uint32_t announce(void)
{
    struct ese_trx trx;
    uint32_t root;
    struct ese_tree *tree;
    rig_start(&rig);
    MUST(ese_database_attach(rig.store, rig.path, 0, 0, &rig.database));
    session_begin(&rig, &trx);
    MUST(ese_trx_begin(&trx, 0));
    MUST(ese_database_new_tree(&trx, rig.database, &root));
    MUST(ese_database_tree(rig.database, root, &tree));
    for (uint32_t i = 0; i < 4000; i++) {
        unsigned char key[60] = { [58] = (unsigned char)(i >> 8), [59] = (unsigned char)i };
        MUST(ese_entry_insert(&trx, tree, key, sizeof key, "data", 4));
    }
    MUST(ese_database_announce_drop(&trx, rig.database, root));
    MUST(ese_trx_commit(&trx, 0));
    session_end(&trx);
    rig_stop(&rig);
    return root;
}

static void good_but_dropping(const char *when)
{
    cr_assert_eq(ese_verify_file(rig.path, &report), ESE_VERIFY_GOOD, "%s: %s", when, report.message);
    cr_assert_eq(report.dropping, 1);
    cr_assert_eq(report.lost_pages, 0);
}

static void free_page(uint32_t page)
{
    unsigned char data[PAGE];
    read_page(ESE_SPACE_PAGE, data);
    data[ESE_SPACE_BITS + page / 8] ^= (unsigned char)(1u << page % 8);
    ese_put32(data + ESE_SPACE_FREE_COUNT, ese_get32(data + ESE_SPACE_FREE_COUNT) + 1);
    write_page(ESE_SPACE_PAGE, data);
}

Test(verify, a_drop_that_was_begun)
{
    unsigned char top[PAGE], inner[PAGE];
    uint32_t root = announce();
    good_but_dropping("nothing is gone yet");
    read_page(root, top);
    cr_assert_eq(top[ESE_PAGE_HEIGHT], 2, "the test wants three levels");
    uint32_t last = ese_page_child(top, ese_page_count(top) - 1);
    /* As the drop takes it away: leaves from the right, then the page above them. */
    for (read_page(last, inner); ese_page_count(inner) != 0;) {
        free_page(ese_page_child(inner, ese_page_count(inner) - 1));
        ese_page_delete(inner, ese_page_count(inner) - 1);
        write_page(last, inner);
        good_but_dropping("leaves go");
    }
    ese_page_delete(top, ese_page_count(top) - 1);
    write_page(root, top);
    expect_damage("lost");                          /* nobody calls that page free */
    free_page(last);
    good_but_dropping("a page above leaves went");
    uint32_t other = ese_page_child(top, 0);
    read_page(other, inner);
    ese_put32(inner + ESE_PAGE_ROOT, root + 1);
    write_page(other, inner);
    expect_damage("being dropped");
}

Test(verify, a_file_cut_short)
{
    struct ese_file *file;
    MUST(ese_file_open(rig.path, 0, &file));
    MUST(ese_file_set_size(file, 20 * PAGE));
    ese_file_close(file);
    expect_damage("need more");
    MUST(ese_file_open(rig.path, 0, &file));
    MUST(ese_file_set_size(file, 100));
    ese_file_close(file);
    expect_damage("header");
}

Test(verify, what_is_no_database)
{
    unsigned char data[PAGE] = "hello";
    struct ese_file *file;
    MUST(ese_file_open(rig.path, ESE_FILE_TRUNCATE, &file));
    MUST(ese_file_write(file, 0, data, PAGE));
    ese_file_close(file);
    expect_damage("not a database");
    cr_assert_eq(ese_verify_file("/nowhere/at/all.edb", &report), ESE_VERIFY_UNREADABLE);
}
