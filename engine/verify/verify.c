/* The checker: see verify.h. It reads the whole file once into memory page by page and walks the trees from the catalog. */
#include "engine/verify/check.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#include "engine/table/header.h"
#include "engine/table/long_value.h"

#define CATALOG_ROOT 3
#define HEIGHT_MAX 32

enum use { UNSEEN, IN_TREE, MAP, FREE };

bool ese_check_fail(struct check *check, const char *format, ...)
{
    if (!check->failed) {
        va_list arguments;
        va_start(arguments, format);
        vsnprintf(check->report->message, sizeof check->report->message, format, arguments);
        va_end(arguments);
        check->failed = true;
    }
    return false;
}

static bool read_page(struct check *check, uint32_t page, unsigned char *data)
{
    uint32_t size = check->report->page_size;
    JET_ERR err = ese_file_read(check->file, (uint64_t)page * size, data, size);
    if (err != JET_errSuccess) {
        return ese_check_fail(check, "page %u cannot be read (error %d); the file is too short or the disk failed", page, (int)err);
    }
    if (!ese_page_is_intact(data, size, page)) {
        return ese_check_fail(check, ese_page_is_zero(data, size) ? "page %u was never written"
                                                        : "page %u is damaged: its checksum or number is wrong", page);
    }
    return true;
}

static bool claim(struct check *check, uint32_t page, enum use use)
{
    if (page < ESE_SPACE_PAGE + 1 || page >= check->report->pages) {
        return ese_check_fail(check, "a link leads to page %u; the database has %u pages", page, check->report->pages);
    }
    if (check->use[page] != UNSEEN) {
        return ese_check_fail(check, "page %u is used twice", page);
    }
    check->use[page] = (unsigned char)use;
    return true;
}

static bool check_leaf_links(struct check *check, uint32_t page, const unsigned char *data, uint32_t *right)
{
    if (ese_get32(data + ESE_PAGE_LEFT) != check->leaf_before) {
        return ese_check_fail(check, "leaf %u names %u as its left neighbour; it is %u", page, ese_get32(data + ESE_PAGE_LEFT),
                    check->leaf_before);
    }
    if (check->leaf_before != 0 && *right != page) {
        return ese_check_fail(check, "leaf %u names %u as its right neighbour; it is %u", check->leaf_before, *right, page);
    }
    check->leaf_before = page;
    *right = ese_get32(data + ESE_PAGE_RIGHT);
    return true;
}

static bool check_order(struct check *check, uint32_t page, const struct ese_node *node)
{
    if (check->any_key &&
        ese_key_compare(check->last_key, check->last_key_size, node->key, node->key_size) >= 0) {
        return ese_check_fail(check, "keys in leaf %u are out of order", page);
    }
    memcpy(check->last_key, node->key, node->key_size);
    check->last_key_size = node->key_size;
    check->any_key = true;
    return true;
}

struct bound { const unsigned char *key; uint32_t size; };

static bool check_bounds(struct check *check, uint32_t page, const struct ese_node *node, const struct bound *low,
                         const struct bound *high)
{
    if ((low->key != NULL && ese_key_compare(node->key, node->key_size, low->key, low->size) < 0) ||
        (high->key != NULL && ese_key_compare(node->key, node->key_size, high->key, high->size) >= 0)) {
        return ese_check_fail(check, "a key in page %u does not belong there: searches would miss it", page);
    }
    return true;
}

/* Visits leaves' nodes when visit is not NULL. */
struct walk {
    uint32_t root;
    uint32_t right;                                 /* right link of the last leaf */
    bool (*visit)(struct check *check, const struct ese_node *node);
};

static bool walk_page(struct check *check, struct walk *walk, uint32_t page, int height, const struct bound *low,
                      const struct bound *high)
{
    if (!claim(check, page, IN_TREE)) {
        return false;
    }
    unsigned char *data = ese_alloc(check->report->page_size);
    if (data == NULL) {
        return ese_check_fail(check, "out of memory");
    }
    bool good = read_page(check, page, data);
    if (good && !ese_page_is_sound(data, check->report->page_size)) {
        good = ese_check_fail(check, "the layout of page %u is impossible", page);
    }
    if (good && ese_get32(data + ESE_PAGE_ROOT) != walk->root) {
        good = ese_check_fail(check, "page %u belongs to tree %u but hangs in tree %u", page, ese_get32(data + ESE_PAGE_ROOT),
                    walk->root);
    }
    if (good && height >= 0 && data[ESE_PAGE_HEIGHT] != height) {
        good = ese_check_fail(check, "page %u has height %u; it should be %d", page, data[ESE_PAGE_HEIGHT], height);
    }
    bool leaf = good && data[ESE_PAGE_KIND] == ESE_PAGE_LEAF;
    if (good && (leaf != (data[ESE_PAGE_HEIGHT] == 0) || data[ESE_PAGE_HEIGHT] >= HEIGHT_MAX)) {
        good = ese_check_fail(check, "page %u has an impossible height", page);
    }
    if (leaf) {
        good = check_leaf_links(check, page, data, &walk->right);
    } else if (good && ese_page_count(data) == 0) {
        good = ese_check_fail(check, "inner page %u is empty", page);
    }
    for (uint32_t i = 0; good && i < ese_page_count(data); i++) {
        struct ese_node node;
        ese_page_node(data, i, &node);
        if (leaf) {
            good = check_bounds(check, page, &node, low, high) && check_order(check, page, &node);
            if (good && (node.flags & ESE_NODE_DELETED) == 0) {
                check->report->records++;
                good = walk->visit == NULL || walk->visit(check, &node);
            }
            continue;
        }
        struct bound from = i == 0 ? *low : (struct bound){ node.key, node.key_size }, to = *high;
        struct ese_node next;
        if (i + 1 < ese_page_count(data)) {
            ese_page_node(data, i + 1, &next);
            to = (struct bound){ next.key, next.key_size };
        }
        good = (i == 0 || check_bounds(check, page, &node, low, high)) &&
               walk_page(check, walk, ese_page_child(data, i), data[ESE_PAGE_HEIGHT] - 1, &from, &to);
    }
    ese_free(data);
    return good;
}

bool ese_check_tree(struct check *check, uint32_t root, bool (*visit)(struct check *check, const struct ese_node *))
{
    struct walk walk = { root, 0, visit };
    const struct bound open = { NULL, 0 };
    unsigned char *outer = check->last_key;
    check->last_key = ese_alloc(ESE_PAGE_SIZE_MAX);
    if (check->last_key == NULL) {
        check->last_key = outer;
        return ese_check_fail(check, "out of memory");
    }
    uint32_t outer_size = check->last_key_size, outer_leaf = check->leaf_before;
    bool outer_any = check->any_key;
    check->any_key = false;
    check->leaf_before = 0;
    check->report->trees++;
    bool good = walk_page(check, &walk, root, -1, &open, &open);
    if (good && walk.right != 0) {
        good = ese_check_fail(check, "the last leaf of tree %u names a right neighbour, page %u", root, walk.right);
    }
    ese_free(check->last_key);
    check->last_key = outer;
    check->last_key_size = outer_size;
    check->leaf_before = outer_leaf;
    check->any_key = outer_any;
    return good;
}

/* What is left of a tree whose end was begun: its right edge is gone, so is the right neighbour of its last leaf, and an
 * inner page there may have lost all its children. What is in it does not matter any more, only where its pages are. */
static bool walk_rest(struct check *check, uint32_t root, uint32_t page, int height)
{
    if (!claim(check, page, IN_TREE)) {
        return false;
    }
    unsigned char *data = ese_alloc(check->report->page_size);
    bool good = data != NULL ? read_page(check, page, data) : ese_check_fail(check, "out of memory");
    if (good && (!ese_page_is_sound(data, check->report->page_size) || ese_get32(data + ESE_PAGE_ROOT) != root ||
                 data[ESE_PAGE_HEIGHT] >= HEIGHT_MAX || (height >= 0 && data[ESE_PAGE_HEIGHT] != height))) {
        good = ese_check_fail(check, "page %u is not one of tree %u, which is being dropped", page, root);
    }
    for (uint32_t i = 0; good && data[ESE_PAGE_KIND] == ESE_PAGE_INNER && i < ese_page_count(data); i++) {
        good = walk_rest(check, root, ese_page_child(data, i), data[ESE_PAGE_HEIGHT] - 1);
    }
    ese_free(data);
    return good;
}

/* In a file that was not closed cleanly the drop may not have been committed: then somebody else has the pages. */
static bool check_drops(struct check *check)
{
    bool good = true;
    for (size_t i = 0; good && !check->report->dirty && i < check->drops.count; i++) {
        uint32_t root = (uint32_t)check->drops.at[i];
        good = walk_rest(check, root, root, -1);
        check->report->dropping++;
    }
    return good;
}

static bool check_lost(struct check *check)
{
    uint32_t first = 0;
    for (uint32_t i = ESE_SPACE_PAGE + 1; i < check->report->pages; i++) {
        if (check->use[i] == UNSEEN) {
            first = first == 0 ? i : first;
            check->report->lost_pages++;
        }
    }
    return first == 0 || check->report->dirty ||
           ese_check_fail(check, "%u pages are lost, in no tree and not free; the first is %u", check->report->lost_pages,
                          first);
}

/* ---- tables and their long values ------------------------------------------------------------------------ */

bool ese_check_add_number(struct check *check, struct numbers *numbers, uint64_t number)
{
    if (numbers->count == numbers->room) {
        size_t room = numbers->room != 0 ? numbers->room * 2 : 64;
        uint64_t *longer = ese_realloc(numbers->at, room * sizeof *longer);
        if (longer == NULL) {
            return ese_check_fail(check, "out of memory");
        }
        numbers->at = longer;
        numbers->room = room;
    }
    numbers->at[numbers->count++] = number;
    return true;
}

static int compare_numbers(const void *a, const void *b)
{
    uint64_t x = *(const uint64_t *)a, y = *(const uint64_t *)b;
    return (x > y) - (x < y);
}

void ese_check_sort_numbers(struct numbers *numbers)
{
    if (numbers->count > 1) {
        qsort(numbers->at, numbers->count, sizeof numbers->at[0], compare_numbers);
    }
}

/* The record must be sound; the long values it names are noted. */
static bool visit_record(struct check *check, const struct ese_node *node)
{
    struct ese_value value;
    if (!ese_record_is_sound(node->data, node->data_size)) {
        return ese_check_fail(check, "a record of table %u is damaged", check->object);
    }
    const struct ese_bytes record = { (unsigned char *)(uintptr_t)node->data, node->data_size, node->data_size };
    bool good = true;
    for (uint32_t i = 0; good && i < ese_record_entries(&record); i++) {
        ese_record_entry(&record, i, &value);
        good = !value.separate || ese_check_add_number(check, &check->named, ese_long_reference(&value).id);
    }
    return good && ese_check_index_record(check, node);
}

/* The long value that ends here must have had all its bytes. */
static bool end_long(struct check *check)
{
    if (check->long_found != check->long_size) {
        return ese_check_fail(check, "long value %llu of table %u has %u bytes; it should have %u",
                    (unsigned long long)check->long_id, check->object, check->long_found, check->long_size);
    }
    return true;
}

static uint64_t big_endian(const unsigned char *at, unsigned size)
{
    uint64_t number = 0;
    for (unsigned i = 0; i < size; i++) {
        number = number << 8 | at[i];
    }
    return number;
}

static bool visit_long(struct check *check, const struct ese_node *node)
{
    uint32_t chunk = ese_tree_node_max(check->report->page_size) - 12;
    if (node->key_size == 8 && node->data_size == 4) {
        bool good = end_long(check);
        check->long_id = big_endian(node->key, 8);
        check->long_size = ese_get32(node->data);
        check->long_found = 0;
        return good && ese_check_add_number(check, &check->stored, check->long_id);
    }
    if (node->key_size != 12 || check->stored.count == 0 || big_endian(node->key, 8) != check->long_id) {
        return ese_check_fail(check, "table %u has a part of a long value that belongs to none", check->object);
    }
    if (big_endian(node->key + 8, 4) != check->long_found || node->data_size == 0 || node->data_size > chunk ||
        (node->data_size < chunk && check->long_found + node->data_size != check->long_size)) {
        return ese_check_fail(check, "long value %llu of table %u has a gap at %u", (unsigned long long)check->long_id,
                    check->object, check->long_found);
    }
    check->long_found += node->data_size;
    return true;
}

/* Every value that is named is stored, and every stored one is named once. */
static bool match_long(struct check *check)
{
    struct numbers *named = &check->named, *stored = &check->stored;
    ese_check_sort_numbers(named);
    for (size_t i = 0; i < named->count || i < stored->count; i++) {
        if (i >= stored->count || (i < named->count && named->at[i] < stored->at[i])) {
            return ese_check_fail(check, "long value %llu of table %u is missing or named twice",
                        (unsigned long long)named->at[i], check->object);
        }
        if (i >= named->count || named->at[i] > stored->at[i]) {
            return ese_check_fail(check, "no record of table %u names the long value %llu", check->object,
                        (unsigned long long)stored->at[i]);
        }
    }
    return true;
}

static bool check_table(struct check *check, uint32_t object, uint32_t root)
{
    uint32_t long_root = 0;
    for (size_t i = 0; i < check->long_roots.count; i++) {
        if (check->long_roots.at[i] >> 32 == object) {
            long_root = (uint32_t)check->long_roots.at[i];
        }
    }
    check->object = object;
    check->named.count = check->stored.count = 0;
    check->long_size = check->long_found = 0;
    bool good = ese_check_begin_indexes(check, object, long_root) && ese_check_tree(check, root, visit_record) &&
                (long_root == 0 || (ese_check_tree(check, long_root, visit_long) && end_long(check))) &&
                match_long(check) && ese_check_indexes(check);
    ese_check_end_indexes(check);
    return good;
}

/* A node of the catalog: 'T' entries lead to the trees of tables (name, then root; engine/table/catalog.c), 'L' entries
 * before them to those of their long values; 'C' and 'I' entries, first of all, are columns and indexes; 'D' entries tell
 * roots of trees that are to go (engine/table/drop.c). */
static bool visit_catalog(struct check *check, const struct ese_node *node)
{
    if (node->key_size != 0 && (node->key[0] == 'C' || node->key[0] == 'I')) {
        return ese_check_define(check, node);
    }
    if (node->key_size != 5 || (node->key[0] != 'T' && node->key[0] != 'L' && node->key[0] != 'D')) {
        return true;
    }
    if (node->key[0] == 'D') {
        return ese_check_add_number(check, &check->drops, big_endian(node->key + 1, 4));
    }
    uint32_t object = (uint32_t)big_endian(node->key + 1, 4);
    if (node->key[0] == 'L') {
        return node->data_size == 4
                   ? ese_check_add_number(check, &check->long_roots, (uint64_t)object << 32 | ese_get32(node->data))
                   : ese_check_fail(check, "a long value entry of the catalog is damaged");
    }
    uint32_t name = node->data_size >= 8 ? ese_get32(node->data) : UINT32_MAX;
    if (name > node->data_size - 8) {
        return ese_check_fail(check, "a table entry of the catalog is damaged");
    }
    return check_table(check, object, ese_get32(node->data + 4 + name)) && ese_check_template(check, node);
}

/* One map: its bits are the free pages of its stretch, as many as it says, none of them in a tree. */
static bool check_map(struct check *check, uint32_t first, const unsigned char *data)
{
    uint32_t stretch = ESE_SPACE_STRETCH(check->report->page_size), found = 0;
    uint32_t map = ese_space_map_page(check->report->page_size, first);
    if (data[ESE_PAGE_KIND] != ESE_PAGE_SPACE || ese_get32(data + ESE_SPACE_FIRST) != first) {
        return ese_check_fail(check, "page %u is not the space map of the pages from %u on", map, first);
    }
    if (check->use[map] != UNSEEN) {
        return ese_check_fail(check, "page %u is used twice", map);
    }
    check->use[map] = MAP;
    for (uint32_t i = 0; i < stretch; i++) {
        if ((data[ESE_SPACE_BITS + i / 8] >> i % 8 & 1) == 0) {
            continue;
        }
        if (first + i < ESE_SPACE_PAGE + 1) {
            return ese_check_fail(check, "page %u is called free", first + i);
        }
        if (!claim(check, first + i, FREE)) {
            return false;
        }
        found++;
    }
    check->report->free_pages += found;
    if (found != ese_get32(data + ESE_SPACE_FREE_COUNT)) {
        return ese_check_fail(check, "%u pages are free; space page %u says %u", found, map,
                    ese_get32(data + ESE_SPACE_FREE_COUNT));
    }
    return true;
}

static bool check_maps(struct check *check)
{
    unsigned char *data = ese_alloc(check->report->page_size);
    bool good = data != NULL || ese_check_fail(check, "out of memory");
    uint32_t stretch = ESE_SPACE_STRETCH(check->report->page_size);
    for (uint32_t first = 0; good && first < check->report->pages; first += stretch) {
        good = read_page(check, ese_space_map_page(check->report->page_size, first), data) &&
               check_map(check, first, data);
    }
    ese_free(data);
    return good;
}

static bool check_space(struct check *check)
{
    unsigned char *data = ese_alloc(check->report->page_size);
    uint64_t bytes = 0;
    bool good = data != NULL || ese_check_fail(check, "out of memory");
    good = good && read_page(check, ESE_SPACE_PAGE, data);
    if (good && data[ESE_PAGE_KIND] != ESE_PAGE_SPACE) {
        good = ese_check_fail(check, "page %u is not a space page", ESE_SPACE_PAGE);
    }
    if (good) {
        check->report->pages = ese_get32(data + ESE_SPACE_OWNED);
        if (ese_file_size(check->file, &bytes) != JET_errSuccess ||
            bytes < (uint64_t)check->report->pages * check->report->page_size) {
            good = ese_check_fail(check, "the file has %llu bytes; its %u pages of %u need more", (unsigned long long)bytes,
                        check->report->pages, check->report->page_size);
        }
    }
    ese_free(data);
    return good;
}

static bool check_all(struct check *check)
{
    if (!check_space(check)) {
        return false;
    }
    check->use = ese_calloc(check->report->pages, 1);
    if (check->use == NULL) {
        return ese_check_fail(check, "out of memory");
    }
    bool good = ese_check_tree(check, CATALOG_ROOT, visit_catalog) && ese_check_templates(check) &&
                check_drops(check) && check_maps(check) && check_lost(check);
    ese_free(check->drops.at);
    ese_free(check->named.at);
    ese_free(check->stored.at);
    ese_free(check->long_roots.at);
    ese_free(check->templates.at);
    ese_free(check->derived.at);
    ese_check_forget_definitions(check);
    ese_free(check->use);
    return good;
}

enum ese_verdict ese_verify_file(const char *path, struct ese_verify_report *report)
{
    struct check check = { .report = report };
    struct ese_header header;
    memset(report, 0, sizeof *report);
    JET_ERR err = ese_file_open(path, ESE_FILE_READ_ONLY, &check.file);
    if (err != JET_errSuccess) {
        ese_check_fail(&check, "cannot be opened (error %d)%s", (int)err, err == JET_errFileNotFound ? ": no such file" : "");
        return ESE_VERIFY_UNREADABLE;
    }
    unsigned sound = 0;
    err = ese_header_read(check.file, &header, &sound);
    if (err != JET_errSuccess) {
        ese_check_fail(&check, "%s (error %d)", err == JET_errDatabaseCorrupted
                                                    ? "not a database of this engine, or both copies of its header are damaged"
                                                    : "the header cannot be read", (int)err);
    } else {
        report->page_size = header.page_size;
        report->dirty = header.state != ESE_STATE_CLEAN;
        check.other_collation = ese_collation_check(header.collation) != JET_errSuccess;
        if (header.state == ESE_STATE_NEW) {
            ese_check_fail(&check, "its creation did not come to an end");
        } else if (header.state != ESE_STATE_DIRTY && header.state != ESE_STATE_CLEAN) {
            ese_check_fail(&check, "the header is damaged: there is no state %u", header.state);
        } else {
            check_all(&check);
        }
        if ((sound & ESE_HEADER_MAIN) == 0) {
            ese_check_fail(&check, "the header is damaged; its copy in page 1 is sound");
        } else if ((sound & ESE_HEADER_SHADOW) == 0) {
            ese_check_fail(&check, "the copy of the header in page 1 is damaged");
        }
    }
    ese_file_close(check.file);
    return check.failed ? ESE_VERIFY_DAMAGED : ESE_VERIFY_GOOD;
}
