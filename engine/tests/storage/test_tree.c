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

static void tidy_all(struct ese_tree *tree, struct ese_tidy *tidy, bool partial)
{
    bool done = false;
    memset(tidy, 0, sizeof *tidy);
    tidy->tree = tree;
    tidy->partial = partial;
    for (unsigned i = 0; !done; i++) {
        cr_assert_lt(i, 100000, "the walk does not end");
        MUST(ese_tree_tidy(tidy, &done));
    }
}

static void random_work(uint32_t page_size, uint64_t from)
{
    struct rig rig;
    static struct model model;
    memset(&model, 0, sizeof model);
    seed = from;
    rig_open(&rig, page_size);
    struct ese_tree *tree = new_tree(&rig);
    static struct ese_tidy walk, whole;
    bool done = true;
    for (unsigned i = 0; i < 6000; i++) {
        MUST(one_step(tree, &model, ese_tree_node_max(page_size) - 128));
        if (done) {
            memset(&walk, 0, sizeof walk);
            walk.tree = tree;
            walk.partial = dice(2) == 0;
        }
        if (dice(4) == 0) {
            MUST(ese_tree_tidy(&walk, &done));
        }
        if (i % 500 == 499) {
            compare(tree, &model);
            tidy_all(tree, &whole, true);
            compare(tree, &model);
        }
    }
    compare(tree, &model);
    uint32_t before = ese_database_free_pages(rig.database);
    MUST(ese_tree_destroy(tree));
    cr_assert_gt(ese_database_free_pages(rig.database), before);
    /* Nothing but the two headers, the space page and the catalog is in use then. */
    cr_assert_eq(ese_database_page_count(rig.database) - ese_database_free_pages(rig.database), 4);
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
    static struct ese_tidy walk;
    for (unsigned i = 0; i < 3000; i++) {
        bool done = true;
        allowance = 1 + dice(12);
        MUST(ese_cache_shrink(rig.store->cache));   /* gives spare blocks back */
        ese_alloc_set_filter(allow_some, NULL);
        JET_ERR err = one_step(tree, &model, 1000);
        if (err == JET_errSuccess && walk.tree != NULL) {
            err = ese_tree_tidy(&walk, &done);
        }
        ese_alloc_set_filter(NULL, NULL);
        if (done || err != JET_errSuccess) {
            memset(&walk, 0, sizeof walk);
            walk.tree = tree;
            walk.partial = true;
        }
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

/* ---- tidying --------------------------------------------------------------------------------------------- */

static void put(struct ese_tree *tree, uint32_t number, unsigned flags)
{
    const unsigned char key[4] = { (unsigned char)(number >> 24), (unsigned char)(number >> 16),
                                   (unsigned char)(number >> 8), (unsigned char)number };
    char data[100];
    struct ese_change change;
    memset(data, (int)(number & 127), sizeof data);
    ese_tree_begin(tree, &change);
    MUST(ese_change_end(&change, ese_tree_insert(tree, &change, key, 4, data, sizeof data, flags), NULL));
}

static unsigned height_of(struct ese_tree *tree)
{
    struct ese_buffer *root;
    MUST(ese_cache_get(tree->space->cache, tree->space->file, tree->root, &root));
    unsigned height = root->data[ESE_PAGE_HEIGHT];
    ese_cache_put(root);
    return height;
}

#define ROWS 20000u

/* Nine of ten nodes are flagged, in no order; kept says which flagged ones somebody still sees. */
static void fill_with_rubbish(struct ese_tree *tree)
{
    for (uint32_t i = 0; i < ROWS; i++) {
        uint32_t number = (uint32_t)((uint64_t)i * 7919 % ROWS);
        put(tree, number, number % 10 == 0 ? 0 : ESE_NODE_DELETED);
    }
}

static void count_and_check(struct ese_tree *tree, uint32_t step, uint64_t *leaves)
{
    struct ese_place place;
    struct ese_node node;
    uint64_t nodes;
    uint32_t number = 0;
    MUST(ese_tree_first(tree, &place));
    while (place.leaf != NULL) {
        ese_place_node(&place, &node);
        cr_assert_eq((uint32_t)node.key[0] << 24 | (uint32_t)node.key[1] << 16 | (uint32_t)node.key[2] << 8 | node.key[3],
                     number);
        cr_assert_eq(node.data[99], number & 127);
        number += step;
        MUST(ese_tree_next(tree, &place));
    }
    cr_assert_eq(number, ROWS);
    MUST(ese_tree_stats(tree, leaves, &nodes));
    cr_assert_eq(nodes, ROWS / step);
}

Test(tree, tidying_a_sparse_tree_leaves_little_more_than_the_rows_need)
{
    struct rig rig;
    static struct ese_tidy tidy;
    uint64_t leaves;
    rig_open(&rig, 4096);
    struct ese_tree *tree = new_tree(&rig);
    fill_with_rubbish(tree);
    unsigned height = height_of(tree);
    uint32_t free_before = ese_database_free_pages(rig.database), freed = 0;
    for (unsigned round = 0; round < 4; round++) {
        tidy_all(tree, &tidy, true);
        freed += (uint32_t)tidy.freed;
    }
    cr_assert_eq(tidy.freed + tidy.filled + tidy.removed, 0, "the fourth round still found work");
    count_and_check(tree, 10, &leaves);
    uint64_t least = (ROWS / 10 * ese_node_size(4, 100) + 4055) / 4056;
    cr_assert_leq(leaves, least + least / 8 + 1, "%llu leaves for what fits in %llu", (unsigned long long)leaves,
                  (unsigned long long)least);
    cr_assert_lt(height_of(tree), height, "the tree lost no level");
    cr_assert_eq(ese_database_free_pages(rig.database) - free_before, freed, "not every page came back");
    rig_close(&rig);
}

static bool keep_odd(const struct ese_tree *tree, const struct ese_node *node)
{
    (void)tree;
    return node->key[3] % 2 != 0;
}

Test(tree, tidying_leaves_what_somebody_keeps)
{
    struct rig rig;
    static struct ese_tidy tidy;
    uint64_t leaves, nodes;
    bool done = false;
    rig_open(&rig, 2048);
    struct ese_tree *tree = new_tree(&rig);
    fill_with_rubbish(tree);
    memset(&tidy, 0, sizeof tidy);
    tidy.tree = tree;
    tidy.kept = keep_odd;
    while (!done) {
        MUST(ese_tree_tidy(&tidy, &done));
    }
    MUST(ese_tree_stats(tree, &leaves, &nodes));
    cr_assert_eq(tidy.removed, ROWS / 2 - ROWS / 10);
    cr_assert_eq(nodes, ROWS - tidy.removed);
    cr_assert_eq(tidy.filled, 0, "nobody asked for it");
    rig_close(&rig);
}

Test(tree, tidying_frees_a_tree_of_nothing_but_rubbish_to_its_root)
{
    struct rig rig;
    static struct ese_tidy tidy;
    uint64_t leaves, nodes;
    rig_open(&rig, 2048);
    struct ese_tree *tree = new_tree(&rig);
    for (uint32_t i = 0; i < 3000; i++) {
        put(tree, i, ESE_NODE_DELETED);
    }
    tidy_all(tree, &tidy, false);
    MUST(ese_tree_stats(tree, &leaves, &nodes));
    cr_assert_eq(nodes, 0);
    cr_assert_eq(height_of(tree), 0);
    /* Two headers, space page, catalog, root. */
    cr_assert_eq(ese_database_page_count(rig.database) - ese_database_free_pages(rig.database), 5);
    put(tree, 1, 0);
    rig_close(&rig);
}
