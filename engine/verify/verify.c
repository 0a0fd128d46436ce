/* The checker: see verify.h. It reads the whole file once into memory page by page and walks the trees from the catalog. */
#include "engine/verify/verify.h"

#include <stdarg.h>
#include <stdio.h>

#include "engine/os/os.h"
#include "engine/table/header.h"
#include "engine/tree/node.h"

#define CATALOG_ROOT 2
#define HEIGHT_MAX 32

enum use { UNSEEN, IN_TREE, MAP, FREE };

struct check {
    struct ese_file *file;
    struct ese_verify_report *report;
    unsigned char *use;                             /* per page, enum use */
    bool failed;
    uint32_t leaf_before;                           /* in the tree being walked; 0: none yet */
    unsigned char *last_key;                        /* of the last node seen in it */
    uint32_t last_key_size;
    bool any_key;
};

#ifdef __GNUC__
__attribute__((format(printf, 2, 3)))
#endif
static bool fail(struct check *check, const char *format, ...)
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
        return fail(check, "page %u cannot be read (error %d); the file is too short or the disk failed", page, (int)err);
    }
    if (!ese_page_is_intact(data, size, page)) {
        return fail(check, ese_page_is_zero(data, size) ? "page %u was never written"
                                                        : "page %u is damaged: its checksum or number is wrong", page);
    }
    return true;
}

static bool claim(struct check *check, uint32_t page, enum use use)
{
    if (page < ESE_SPACE_PAGE + 1 || page >= check->report->pages) {
        return fail(check, "a link leads to page %u; the database has %u pages", page, check->report->pages);
    }
    if (check->use[page] != UNSEEN) {
        return fail(check, "page %u is used twice", page);
    }
    check->use[page] = (unsigned char)use;
    return true;
}

static bool check_leaf_links(struct check *check, uint32_t page, const unsigned char *data, uint32_t *right)
{
    if (ese_get32(data + ESE_PAGE_LEFT) != check->leaf_before) {
        return fail(check, "leaf %u names %u as its left neighbour; it is %u", page, ese_get32(data + ESE_PAGE_LEFT),
                    check->leaf_before);
    }
    if (check->leaf_before != 0 && *right != page) {
        return fail(check, "leaf %u names %u as its right neighbour; it is %u", check->leaf_before, *right, page);
    }
    check->leaf_before = page;
    *right = ese_get32(data + ESE_PAGE_RIGHT);
    return true;
}

static bool check_order(struct check *check, uint32_t page, const struct ese_node *node)
{
    if (check->any_key &&
        ese_key_compare(check->last_key, check->last_key_size, node->key, node->key_size) >= 0) {
        return fail(check, "keys in leaf %u are out of order", page);
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
        return fail(check, "a key in page %u does not belong there: searches would miss it", page);
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
        return fail(check, "out of memory");
    }
    bool good = read_page(check, page, data);
    if (good && !ese_page_is_sound(data, check->report->page_size)) {
        good = fail(check, "the layout of page %u is impossible", page);
    }
    if (good && ese_get32(data + ESE_PAGE_ROOT) != walk->root) {
        good = fail(check, "page %u belongs to tree %u but hangs in tree %u", page, ese_get32(data + ESE_PAGE_ROOT),
                    walk->root);
    }
    if (good && height >= 0 && data[ESE_PAGE_HEIGHT] != height) {
        good = fail(check, "page %u has height %u; it should be %d", page, data[ESE_PAGE_HEIGHT], height);
    }
    bool leaf = good && data[ESE_PAGE_KIND] == ESE_PAGE_LEAF;
    if (good && (leaf != (data[ESE_PAGE_HEIGHT] == 0) || data[ESE_PAGE_HEIGHT] >= HEIGHT_MAX)) {
        good = fail(check, "page %u has an impossible height", page);
    }
    if (leaf) {
        good = check_leaf_links(check, page, data, &walk->right);
    } else if (good && ese_page_count(data) == 0) {
        good = fail(check, "inner page %u is empty", page);
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

static bool walk_tree(struct check *check, uint32_t root, bool (*visit)(struct check *check, const struct ese_node *))
{
    struct walk walk = { root, 0, visit };
    const struct bound open = { NULL, 0 };
    unsigned char *outer = check->last_key;
    check->last_key = ese_alloc(ESE_PAGE_SIZE_MAX);
    if (check->last_key == NULL) {
        check->last_key = outer;
        return fail(check, "out of memory");
    }
    uint32_t outer_size = check->last_key_size, outer_leaf = check->leaf_before;
    bool outer_any = check->any_key;
    check->any_key = false;
    check->leaf_before = 0;
    check->report->trees++;
    bool good = walk_page(check, &walk, root, -1, &open, &open);
    if (good && walk.right != 0) {
        good = fail(check, "the last leaf of tree %u names a right neighbour, page %u", root, walk.right);
    }
    ese_free(check->last_key);
    check->last_key = outer;
    check->last_key_size = outer_size;
    check->leaf_before = outer_leaf;
    check->any_key = outer_any;
    return good;
}

/* A node of the catalog: 'T' entries lead to the trees of tables (name, then root; engine/table/catalog.c). */
static bool visit_catalog(struct check *check, const struct ese_node *node)
{
    if (node->key_size != 5 || node->key[0] != 'T') {
        return true;
    }
    uint32_t name = node->data_size >= 8 ? ese_get32(node->data) : UINT32_MAX;
    if (name > node->data_size - 8) {
        return fail(check, "a table entry of the catalog is damaged");
    }
    return walk_tree(check, ese_get32(node->data + 4 + name), NULL);
}

/* One map: its bits are the free pages of its stretch, as many as it says, none of them in a tree. */
static bool check_map(struct check *check, uint32_t first, const unsigned char *data)
{
    uint32_t stretch = ESE_SPACE_STRETCH(check->report->page_size), found = 0;
    uint32_t map = ese_space_map_page(check->report->page_size, first);
    if (data[ESE_PAGE_KIND] != ESE_PAGE_SPACE || ese_get32(data + ESE_SPACE_FIRST) != first) {
        return fail(check, "page %u is not the space map of the pages from %u on", map, first);
    }
    if (check->use[map] != UNSEEN) {
        return fail(check, "page %u is used twice", map);
    }
    check->use[map] = MAP;
    for (uint32_t i = 0; i < stretch; i++) {
        if ((data[ESE_SPACE_BITS + i / 8] >> i % 8 & 1) == 0) {
            continue;
        }
        if (first + i < ESE_SPACE_PAGE + 1) {
            return fail(check, "page %u is called free", first + i);
        }
        if (!claim(check, first + i, FREE)) {
            return false;
        }
        found++;
    }
    check->report->free_pages += found;
    if (found != ese_get32(data + ESE_SPACE_FREE_COUNT)) {
        return fail(check, "%u pages are free; space page %u says %u", found, map,
                    ese_get32(data + ESE_SPACE_FREE_COUNT));
    }
    return true;
}

static bool check_maps(struct check *check)
{
    unsigned char *data = ese_alloc(check->report->page_size);
    bool good = data != NULL || fail(check, "out of memory");
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
    bool good = data != NULL || fail(check, "out of memory");
    good = good && read_page(check, ESE_SPACE_PAGE, data);
    if (good && data[ESE_PAGE_KIND] != ESE_PAGE_SPACE) {
        good = fail(check, "page %u is not a space page", ESE_SPACE_PAGE);
    }
    if (good) {
        check->report->pages = ese_get32(data + ESE_SPACE_OWNED);
        if (ese_file_size(check->file, &bytes) != JET_errSuccess ||
            bytes < (uint64_t)check->report->pages * check->report->page_size) {
            good = fail(check, "the file has %llu bytes; its %u pages of %u need more", (unsigned long long)bytes,
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
        return fail(check, "out of memory");
    }
    bool good = walk_tree(check, CATALOG_ROOT, visit_catalog) && check_maps(check);
    for (uint32_t i = ESE_SPACE_PAGE + 1; good && i < check->report->pages; i++) {
        check->report->lost_pages += check->use[i] == UNSEEN ? 1 : 0;
    }
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
        fail(&check, "cannot be opened (error %d)%s", (int)err, err == JET_errFileNotFound ? ": no such file" : "");
        return ESE_VERIFY_UNREADABLE;
    }
    err = ese_header_read(check.file, &header);
    if (err != JET_errSuccess) {
        fail(&check, "%s (error %d)", err == JET_errDatabaseCorrupted ? "not a database of this engine"
                                    : err == JET_errReadVerifyFailure ? "the header is damaged"
                                                                      : "the header cannot be read", (int)err);
    } else {
        report->page_size = header.page_size;
        report->dirty = header.state != ESE_STATE_CLEAN;
        check_all(&check);
    }
    ese_file_close(check.file);
    return check.failed ? ESE_VERIFY_DAMAGED : ESE_VERIFY_GOOD;
}
