/* Page checksums. */
#include "engine/cache/page.h"

#include "engine/os/os.h"

#define CRC32C_REVERSED 0x82F63B78u

static uint32_t crc_table[8][256];
static struct ese_once crc_once = ESE_ONCE_INIT;

static void make_crc_table(void)
{
    for (uint32_t i = 0; i < 256; i++) {
        uint32_t crc = i;
        for (int bit = 0; bit < 8; bit++) {
            crc = (crc >> 1) ^ ((crc & 1) != 0 ? CRC32C_REVERSED : 0);
        }
        crc_table[0][i] = crc;
    }
    for (uint32_t i = 0; i < 256; i++) {
        for (int k = 1; k < 8; k++) {
            uint32_t before = crc_table[k - 1][i];
            crc_table[k][i] = (before >> 8) ^ crc_table[0][before & 0xFF];
        }
    }
}

#ifdef __x86_64__
/* The processor's instruction for just this polynomial. */
__attribute__((target("sse4.2"))) static uint32_t crc_by_instruction(uint32_t crc, const unsigned char *at, size_t size)
{
    uint64_t word, wide = crc;
    for (; size >= sizeof word; at += sizeof word, size -= sizeof word) {
        memcpy(&word, at, sizeof word);
        wide = __builtin_ia32_crc32di(wide, word);
    }
    crc = (uint32_t)wide;
    for (; size != 0; at++, size--) {
        crc = __builtin_ia32_crc32qi(crc, *at);
    }
    return crc;
}
#endif

static uint32_t crc_by_table(uint32_t crc, const unsigned char *at, size_t size)
{
    ese_once_run(&crc_once, make_crc_table);
    const unsigned char *end = at + size;
    for (; end - at >= 8; at += 8) {
        uint32_t low = ese_get32(at) ^ crc, high = ese_get32(at + 4);
        crc = crc_table[7][low & 0xFF] ^ crc_table[6][low >> 8 & 0xFF] ^ crc_table[5][low >> 16 & 0xFF] ^
              crc_table[4][low >> 24] ^ crc_table[3][high & 0xFF] ^ crc_table[2][high >> 8 & 0xFF] ^
              crc_table[1][high >> 16 & 0xFF] ^ crc_table[0][high >> 24];
    }
    for (; at < end; at++) {
        crc = (crc >> 8) ^ crc_table[0][(crc ^ *at) & 0xFF];
    }
    return crc;
}

uint32_t ese_crc32c(uint32_t crc, const void *bytes, size_t size)
{
#ifdef __x86_64__
    if (__builtin_cpu_supports("sse4.2")) {
        return crc_by_instruction(crc, bytes, size);
    }
#endif
    return crc_by_table(crc, bytes, size);
}

uint32_t ese_page_checksum(const unsigned char *page, uint32_t page_size)
{
    return ese_crc32c(0xFFFFFFFFu ^ 0x45534521u, page + 4, page_size - 4) ^ 0xFFFFFFFFu;
}

bool ese_page_is_intact(const unsigned char *page, uint32_t page_size, uint32_t number)
{
    return ese_get32(page + ESE_PAGE_NUMBER) == number &&
           ese_get32(page + ESE_PAGE_CHECKSUM) == ese_page_checksum(page, page_size);
}

bool ese_page_is_zero(const unsigned char *page, uint32_t page_size)
{
    for (uint32_t i = 0; i < page_size; i++) {
        if (page[i] != 0) {
            return false;
        }
    }
    return true;
}
