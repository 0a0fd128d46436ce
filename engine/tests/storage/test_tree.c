/* The B+ tree against a model: same keys, same data, same order, whatever is done to it; and an operation that fails
 * half-way leaves nothing behind. */
#include <criterion/criterion.h>
#include <stdlib.h>

#include "engine/tests/storage/support.h"
#include "engine/table/schema.h"
#include "engine/tree/node.h"

#define KEYS 600

struct model { bool there[KEYS]; uint32_t data_size[KEYS]; unsigned char fill[KEYS]; };

static uint64_t seed;

static uint32_t dice(uint32_t sides)
{
    seed = seed * 6364136223846793005u + 1442695040888963407u;
    return (uint32_t)(seed >> 33) % sides;
}

/* Keys of different lengths, some of them beginnings of others. */
static uint32_t key_of(uint32_t number, unsigned char *key)
{
    uint32_t size = 3 + number % 7 * 11;
    memset(key, 'k', size);
    key[0] = (unsigned char)(number >> 8);
    key[1] = (unsigned char)number;
    return size;
}

static struct ese_tree *new_tree(struct rig *rig)
{
    struct ese_change change;
    struct ese_tree *tree;
    uint32_t root;
    ese_change_begin(&change, rig->store->cache, &rig->database->file);
    MUST(ese_tree_format(&rig->database->space, &change, &root));
    MUST(ese_change_commit(&change, NULL));
    MUST(ese_database_tree(rig->database, root, &tree));
    return tree;
}

static void compare(struct ese_tree *tree, const struct model *model)
{
    struct ese_place place;
    struct ese_node node;
    unsigned char key[128];
    MUST(ese_tree_first(tree, &place));
    for (uint32_t i = 0; i < KEYS; i++) {
        if (!model->there[i]) {
            continue;
        }
        cr_assert_not_null(place.leaf, "key %u is missing", i);
        ese_place_node(&place, &node);
        uint32_t size = key_of(i, key);
        cr_assert_eq(ese_key_compare(node.key, node.key_size, key, size), 0, "another key where %u should be", i);
        cr_assert_eq(node.data_size, model->data_size[i]);
        for (uint32_t k = 0; k < node.data_size; k++) {
            cr_assert_eq(node.data[k], model->fill[i]);
        }
        MUST(ese_tree_next(tree, &place));
    }
    cr_assert_null(place.leaf, "a key too many");
    MUST(ese_tree_last(tree, &place));
    for (uint32_t i = KEYS; i-- != 0;) {
        if (model->there[i]) {
            cr_assert_not_null(place.leaf);
            ese_place_node(&place, &node);
            uint32_t size = key_of(i, key);
            cr_assert_eq(ese_key_compare(node.key, node.key_size, key, size), 0);
            MUST(ese_tree_prev(tree, &place));
        }
    }
    cr_assert_null(place.leaf);
}

static JET_ERR one_step(struct ese_tree *tree, struct model *model, uint32_t biggest)
{
    unsigned char key[128], data[ESE_PAGE_SIZE_MAX];
    uint32_t number = dice(KEYS), size = key_of(number, key), data_size = dice(10) == 0 ? dice(biggest) : dice(60);
    unsigned char fill = (unsigned char)dice(256);
    bool remove = model->there[number] && dice(2) == 0;
    struct ese_change change;
    memset(data, fill, data_size);
    ese_tree_begin(tree, &change);
    JET_ERR err;
    if (remove) {
        err = ese_tree_remove(tree, &change, key, size);
    } else if (model->there[number]) {
        err = ese_tree_set(tree, &change, key, size, data, data_size, 0);
    } else {
        err = ese_tree_insert(tree, &change, key, size, data, data_size, 0);
    }
    err = ese_change_end(&change, err, NULL);
    if (err == JET_errSuccess) {
        model->there[number] = !remove;
        model->data_size[number] = data_size;
        model->fill[number] = fill;
    }
    return err;
}

static void random_work(uint32_t page_size, uint64_t from)
{
    struct rig rig;
    static struct model model;
    memset(&model, 0, sizeof model);
    seed = from;
    rig_open(&rig, page_size);
    struct ese_tree *tree = new_tree(&rig);
    for (unsigned i = 0; i < 6000; i++) {
        MUST(one_step(tree, &model, ese_tree_node_max(page_size) - 128));
        if (i % 500 == 499) {
            compare(tree, &model);
        }
    }
    compare(tree, &model);
    uint32_t before = ese_database_free_pages(rig.database);
    MUST(ese_tree_destroy(tree));
    cr_assert_gt(ese_database_free_pages(rig.database), before);
    /* Nothing but the header, the space page and the catalog is in use then. */
    cr_assert_eq(ese_database_page_count(rig.database) - ese_database_free_pages(rig.database), 3);
    rig_close(&rig);
}

Test(tree, random_work_agrees_with_the_model_in_small_pages)
{
    random_work(2048, 1);
    random_work(2048, 2);
}

Test(tree, random_work_agrees_with_the_model_in_large_pages)
{
    random_work(32768, 3);
}

Test(tree, find_stops_at_the_nearest_key)
{
    struct rig rig;
    struct ese_place place;
    struct ese_node node;
    bool exact;
    rig_open(&rig, 4096);
    struct ese_tree *tree = new_tree(&rig);
    for (unsigned i = 10; i < 5000; i += 10) {
        const unsigned char key[2] = { (unsigned char)(i >> 8), (unsigned char)i };
        struct ese_change change;
        ese_tree_begin(tree, &change);
        MUST(ese_tree_insert(tree, &change, key, 2, "datadatadatadata", 16, 0));
        MUST(ese_change_commit(&change, NULL));
    }
    for (unsigned i = 0; i < 5010; i++) {
        const unsigned char key[2] = { (unsigned char)(i >> 8), (unsigned char)i };
        unsigned up = i == 0 ? 10 : (i + 9) / 10 * 10, down = i < 10 ? 0 : (i - 1) / 10 * 10;
        MUST(ese_tree_find(tree, key, 2, &place, &exact));
        cr_assert_eq(exact, i % 10 == 0 && i != 0 && i < 5000);
        if (up < 5000) {
            ese_place_node(&place, &node);
            cr_assert_eq((unsigned)(node.key[0] << 8 | node.key[1]), up);
        } else {
            cr_assert_null(place.leaf);
        }
        ese_place_release(&place);
        MUST(ese_tree_find_before(tree, key, 2, false, &place));
        if (down == 0) {
            cr_assert_null(place.leaf);
        } else {
            ese_place_node(&place, &node);
            cr_assert_eq((unsigned)(node.key[0] << 8 | node.key[1]), down > 4990 ? 4990 : down);
        }
        ese_place_release(&place);
    }
    rig_close(&rig);
}

static uint32_t allowance;

static bool allow_some(void *arg, size_t size)
{
    (void)arg;
    (void)size;
    return allowance != 0 && --allowance != 0;
}

Test(tree, an_operation_that_runs_out_of_memory_changes_nothing)
{
    struct rig rig;
    static struct model model;
    uint32_t failed = 0;
    memset(&model, 0, sizeof model);
    seed = 4;
    rig_open(&rig, 2048);
    struct ese_tree *tree = new_tree(&rig);
    for (unsigned i = 0; i < 3000; i++) {
        allowance = 1 + dice(12);
        ese_alloc_set_filter(allow_some, NULL);
        JET_ERR err = one_step(tree, &model, 1000);
        ese_alloc_set_filter(NULL, NULL);
        cr_assert(err == JET_errSuccess || err == JET_errOutOfMemory, "error %d", err);
        failed += err != JET_errSuccess ? 1 : 0;
    }
    cr_assert_gt(failed, 100);
    compare(tree, &model);
    rig_close(&rig);
}

Test(tree, a_record_that_fits_no_page_is_refused)
{
    struct rig rig;
    struct ese_change change;
    unsigned char data[ESE_PAGE_SIZE_MAX] = { 0 };
    rig_open(&rig, 4096);
    struct ese_tree *tree = new_tree(&rig);
    uint32_t most = ese_tree_node_max(4096) - 1;
    ese_tree_begin(tree, &change);
    MUST_BE(ese_change_end(&change, ese_tree_insert(tree, &change, "k", 1, data, most + 1, 0), NULL),
            JET_errRecordTooBig);
    ese_tree_begin(tree, &change);
    MUST(ese_change_end(&change, ese_tree_insert(tree, &change, "k", 1, data, most, 0), NULL));
    rig_close(&rig);
}
