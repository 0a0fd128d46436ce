/* Nodes inside one page. */
#include "engine/tree/node.h"

void ese_page_format(unsigned char *page, uint32_t page_size, uint32_t root, bool leaf, unsigned height)
{
    ese_put32(page + ESE_PAGE_ROOT, root);
    page[ESE_PAGE_KIND] = leaf ? ESE_PAGE_LEAF : ESE_PAGE_INNER;
    page[ESE_PAGE_HEIGHT] = (unsigned char)height;
    ese_put16(page + ESE_PAGE_COUNT, 0);
    ese_put16(page + ESE_PAGE_HEAP, (uint16_t)page_size);
    ese_put16(page + ESE_PAGE_GARBAGE, 0);
}

uint32_t ese_page_child(const unsigned char *page, uint32_t slot)
{
    struct ese_node node;
    ese_page_node(page, slot, &node);
    return ese_get32(node.data);
}

uint32_t ese_node_size(uint32_t key_size, uint32_t data_size)
{
    return ESE_SLOT_SIZE + ESE_NODE_HEAD + key_size + data_size;
}

uint32_t ese_page_room(const unsigned char *page)
{
    uint32_t slots_end = ESE_PAGE_BODY + ese_page_count(page) * ESE_SLOT_SIZE;
    return ese_get16(page + ESE_PAGE_HEAP) - slots_end + ese_get16(page + ESE_PAGE_GARBAGE);
}

uint32_t ese_page_capacity(uint32_t page_size)
{
    return page_size - ESE_PAGE_BODY;
}

/* Compares the key of a node with another one. */
static inline int compare_slot(const unsigned char *page, uint32_t slot, const void *key, uint32_t size)
{
    const unsigned char *at = page + ese_page_slot(page, slot);
    uint32_t node_size = ese_get16(at), common = node_size < size ? node_size : size;
    int order = common != 0 ? memcmp(at + ESE_NODE_HEAD, key, common) : 0;
    return order != 0 ? order : (node_size > size) - (node_size < size);
}

int ese_key_compare(const void *a, uint32_t a_size, const void *b, uint32_t b_size)
{
    uint32_t common = a_size < b_size ? a_size : b_size;
    int order = common != 0 ? memcmp(a, b, common) : 0;
    return order != 0 ? order : (a_size > b_size) - (a_size < b_size);
}

uint32_t ese_page_lower(const unsigned char *page, const void *key, uint32_t size, bool *exact)
{
    uint32_t low = 0, high = ese_page_count(page);
    *exact = false;
    while (low < high) {
        uint32_t middle = (low + high) / 2;
        int order = compare_slot(page, middle, key, size);
        if (order == 0) {
            *exact = true;
            return middle;
        }
        if (order < 0) {
            low = middle + 1;
        } else {
            high = middle;
        }
    }
    return low;
}

uint32_t ese_page_route(const unsigned char *page, const void *key, uint32_t size)
{
    uint32_t low = 1, high = ese_page_count(page);
    while (low < high) {
        uint32_t middle = (low + high) / 2;
        if (compare_slot(page, middle, key, size) <= 0) {
            low = middle + 1;
        } else {
            high = middle;
        }
    }
    return low - 1;
}

/* Moves all nodes to the end of the page. */
static void compact(unsigned char *page, uint32_t page_size)
{
    unsigned char old[ESE_PAGE_SIZE_MAX];
    uint32_t heap = page_size, count = ese_page_count(page);
    memcpy(old, page, page_size);
    for (uint32_t i = 0; i < count; i++) {
        struct ese_node node;
        ese_page_node(old, i, &node);
        uint32_t size = ESE_NODE_HEAD + node.key_size + node.data_size;
        heap -= size;
        memcpy(page + heap, node.key - ESE_NODE_HEAD, size);
        ese_put16(page + ESE_PAGE_BODY + i * ESE_SLOT_SIZE, (uint16_t)heap);
    }
    ese_put16(page + ESE_PAGE_HEAP, (uint16_t)heap);
    ese_put16(page + ESE_PAGE_GARBAGE, 0);
}

/* Takes size bytes of heap; slots is how many slots there will be. */
static uint32_t take_heap(unsigned char *page, uint32_t page_size, uint32_t size, uint32_t slots)
{
    if (ese_get16(page + ESE_PAGE_HEAP) < ESE_PAGE_BODY + slots * ESE_SLOT_SIZE + size) {
        compact(page, page_size);
    }
    uint32_t heap = ese_get16(page + ESE_PAGE_HEAP) - size;
    ese_put16(page + ESE_PAGE_HEAP, (uint16_t)heap);
    return heap;
}

static void write_node(unsigned char *at, const void *key, uint32_t key_size, const void *data, uint32_t data_size,
                       unsigned flags)
{
    ese_put16(at, (uint16_t)key_size);
    ese_put16(at + 2, (uint16_t)data_size);
    at[4] = (unsigned char)flags;
    if (key_size != 0) {
        memmove(at + ESE_NODE_HEAD, key, key_size);
    }
    if (data_size != 0) {
        memcpy(at + ESE_NODE_HEAD + key_size, data, data_size);
    }
}

void ese_page_insert(unsigned char *page, uint32_t page_size, uint32_t slot, const void *key, uint32_t key_size,
                     const void *data, uint32_t data_size, unsigned flags)
{
    uint32_t count = ese_page_count(page);
    uint32_t heap = take_heap(page, page_size, ESE_NODE_HEAD + key_size + data_size, count + 1);
    unsigned char *slots = page + ESE_PAGE_BODY;
    memmove(slots + (slot + 1) * ESE_SLOT_SIZE, slots + slot * ESE_SLOT_SIZE, (count - slot) * ESE_SLOT_SIZE);
    ese_put16(slots + slot * ESE_SLOT_SIZE, (uint16_t)heap);
    ese_put16(page + ESE_PAGE_COUNT, (uint16_t)(count + 1));
    write_node(page + heap, key, key_size, data, data_size, flags);
}

static void add_garbage(unsigned char *page, uint32_t size)
{
    ese_put16(page + ESE_PAGE_GARBAGE, (uint16_t)(ese_get16(page + ESE_PAGE_GARBAGE) + size));
}

void ese_page_delete(unsigned char *page, uint32_t slot)
{
    uint32_t count = ese_page_count(page);
    struct ese_node node;
    ese_page_node(page, slot, &node);
    add_garbage(page, ESE_NODE_HEAD + node.key_size + node.data_size);
    unsigned char *slots = page + ESE_PAGE_BODY;
    memmove(slots + slot * ESE_SLOT_SIZE, slots + (slot + 1) * ESE_SLOT_SIZE, (count - slot - 1) * ESE_SLOT_SIZE);
    ese_put16(page + ESE_PAGE_COUNT, (uint16_t)(count - 1));
}

bool ese_page_set_data(unsigned char *page, uint32_t page_size, uint32_t slot, const void *data, uint32_t data_size,
                       unsigned flags)
{
    unsigned char *at = page + ese_page_slot(page, slot);
    struct ese_node node;
    ese_page_node(page, slot, &node);
    if (data_size <= node.data_size) {
        add_garbage(page, node.data_size - data_size);
        ese_put16(at + 2, (uint16_t)data_size);
        at[4] = (unsigned char)flags;
        if (data_size != 0) {
            memcpy(at + ESE_NODE_HEAD + node.key_size, data, data_size);
        }
        return true;
    }
    if (data_size - node.data_size > ese_page_room(page)) {
        return false;
    }
    unsigned char key[ESE_PAGE_SIZE_MAX];
    uint32_t key_size = node.key_size;
    memcpy(key, node.key, key_size);
    ese_page_delete(page, slot);
    ese_page_insert(page, page_size, slot, key, key_size, data, data_size, flags);
    return true;
}

bool ese_page_is_sound(const unsigned char *page, uint32_t page_size)
{
    uint32_t count = ese_page_count(page), heap = ese_get16(page + ESE_PAGE_HEAP), used = 0;
    if (page[ESE_PAGE_KIND] != ESE_PAGE_LEAF && page[ESE_PAGE_KIND] != ESE_PAGE_INNER) {
        return false;
    }
    if (heap > page_size || ESE_PAGE_BODY + count * ESE_SLOT_SIZE > heap) {
        return false;
    }
    for (uint32_t i = 0; i < count; i++) {
        uint32_t at = ese_page_slot(page, i);
        if (at < heap || at + ESE_NODE_HEAD > page_size) {
            return false;
        }
        struct ese_node node;
        ese_page_node(page, i, &node);
        uint32_t size = ESE_NODE_HEAD + node.key_size + node.data_size;
        if (at + size > page_size || (page[ESE_PAGE_KIND] == ESE_PAGE_INNER && node.data_size != 4)) {
            return false;
        }
        used += size;
    }
    return used + ese_get16(page + ESE_PAGE_GARBAGE) == page_size - heap;
}
