/*
 * What every page of a database file begins with, and how integers lie in pages: little-endian, unaligned.
 *
 *   offset size
 *        0    4  checksum of the rest of the page (ese_page_checksum)
 *        4    4  number of the page (its place in the file: number x page size)
 *        8    8  log position of the last change
 *       16    4  root page of the tree it belongs to (0: none)
 *       20    1  kind, enum ese_page_kind
 *       21    1  height in the tree, 0 = leaf
 *       22    2  nodes
 *       24    2  lowest byte of the node heap, which grows down from the end of the page
 *       26    2  unused bytes inside the heap
 *       28    4  left sibling, 0 = none
 *       32    4  right sibling, 0 = none
 *       36    4  zero
 *       40       body
 *
 * A page of zeros was never written.
 */
#ifndef ESE_CACHE_PAGE_H
#define ESE_CACHE_PAGE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#define ESE_PAGE_SIZE_MIN 2048
#define ESE_PAGE_SIZE_MAX 32768

enum ese_page_kind { ESE_PAGE_UNUSED, ESE_PAGE_HEADER, ESE_PAGE_SPACE, ESE_PAGE_LEAF, ESE_PAGE_INNER };

enum ese_page_field {
    ESE_PAGE_CHECKSUM = 0,
    ESE_PAGE_NUMBER = 4,
    ESE_PAGE_LSN = 8,
    ESE_PAGE_ROOT = 16,
    ESE_PAGE_KIND = 20,
    ESE_PAGE_HEIGHT = 21,
    ESE_PAGE_COUNT = 22,
    ESE_PAGE_HEAP = 24,
    ESE_PAGE_GARBAGE = 26,
    ESE_PAGE_LEFT = 28,
    ESE_PAGE_RIGHT = 32,
    ESE_PAGE_BODY = 40,
};

static inline uint16_t ese_get16(const unsigned char *at)
{
    return (uint16_t)(at[0] | at[1] << 8);
}

static inline uint32_t ese_get32(const unsigned char *at)
{
    return (uint32_t)at[0] | (uint32_t)at[1] << 8 | (uint32_t)at[2] << 16 | (uint32_t)at[3] << 24;
}

static inline uint64_t ese_get64(const unsigned char *at)
{
    return (uint64_t)ese_get32(at) | (uint64_t)ese_get32(at + 4) << 32;
}

static inline void ese_put16(unsigned char *at, uint16_t value)
{
    at[0] = (unsigned char)value;
    at[1] = (unsigned char)(value >> 8);
}

static inline void ese_put32(unsigned char *at, uint32_t value)
{
    ese_put16(at, (uint16_t)value);
    ese_put16(at + 2, (uint16_t)(value >> 16));
}

static inline void ese_put64(unsigned char *at, uint64_t value)
{
    ese_put32(at, (uint32_t)value);
    ese_put32(at + 4, (uint32_t)(value >> 32));
}

/* Goes on with a CRC-32C (Castagnoli) over more bytes, without inversions. */
uint32_t ese_crc32c(uint32_t crc, const void *bytes, size_t size);

/* CRC-32C of the page without its checksum field, mixed so that a page of zeros does not check. */
uint32_t ese_page_checksum(const unsigned char *page, uint32_t page_size);

/* The page is what was once written as page `number`. */
bool ese_page_is_intact(const unsigned char *page, uint32_t page_size, uint32_t number);
bool ese_page_is_zero(const unsigned char *page, uint32_t page_size);

static inline bool ese_page_size_is_valid(uint32_t size)
{
    return size >= ESE_PAGE_SIZE_MIN && size <= ESE_PAGE_SIZE_MAX && (size & (size - 1)) == 0;
}

#endif
