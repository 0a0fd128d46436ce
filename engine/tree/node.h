/*
 * Nodes inside one page. Behind the page header (engine/cache/page.h) lies the slot array, 2 bytes per node in key
 * order: the offset of the node. The heap grows down from the end of the page:
 *
 *   key size u16 | data size u16 | flags u8 | key | data
 *
 * In an inner page the data is the u32 number of the child that holds keys >= this key; the key of slot 0 does not
 * matter and counts as lower than everything.
 */
#ifndef ESE_TREE_NODE_H
#define ESE_TREE_NODE_H

#include "engine/tree/tree.h"

#define ESE_NODE_HEAD 5
#define ESE_NODE_FLAGS 4                            /* offset in it */
#define ESE_SLOT_SIZE 2

static inline uint32_t ese_page_count(const unsigned char *page)
{
    return ese_get16(page + ESE_PAGE_COUNT);
}

static inline uint32_t ese_page_slot(const unsigned char *page, uint32_t slot)
{
    return ese_get16(page + ESE_PAGE_BODY + slot * ESE_SLOT_SIZE);
}

static inline void ese_page_node(const unsigned char *page, uint32_t slot, struct ese_node *node)
{
    const unsigned char *at = page + ese_page_slot(page, slot);
    node->key_size = ese_get16(at);
    node->data_size = ese_get16(at + 2);
    node->flags = at[4];
    node->key = at + ESE_NODE_HEAD;
    node->data = node->key + node->key_size;
}

void ese_page_format(unsigned char *page, uint32_t page_size, uint32_t root, bool leaf, unsigned height);
uint32_t ese_page_child(const unsigned char *page, uint32_t slot);
uint32_t ese_node_size(uint32_t key_size, uint32_t data_size); /* heap bytes and slot */
/* Bytes a page still has for nodes, after compaction if need be. */
uint32_t ese_page_room(const unsigned char *page);
uint32_t ese_page_capacity(uint32_t page_size);     /* room of an empty page */

/* First slot whose key is >= key (or the count). */
uint32_t ese_page_lower(const unsigned char *page, const void *key, uint32_t size, bool *exact);
/* Slot of the child to descend into for key. Inner pages. */
uint32_t ese_page_route(const unsigned char *page, const void *key, uint32_t size);
int ese_key_compare(const void *a, uint32_t a_size, const void *b, uint32_t b_size);

/* The caller has made sure of the room. */
void ese_page_insert(unsigned char *page, uint32_t page_size, uint32_t slot, const void *key, uint32_t key_size,
                     const void *data, uint32_t data_size, unsigned flags);
void ese_page_delete(unsigned char *page, uint32_t slot);
/* False (nothing changed) when there is no room. data must not point into the page. */
bool ese_page_set_data(unsigned char *page, uint32_t page_size, uint32_t slot, const void *data, uint32_t data_size,
                       unsigned flags);

/* All offsets and sizes lie inside the page and do not overlap the slots. Does not look at the order. */
bool ese_page_is_sound(const unsigned char *page, uint32_t page_size);

#endif
