/* What can happen to files. */
#include "engine/tests/proof/damage.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct file {
    const char *name;
    unsigned char *data;
    size_t size;
    bool is_database;
};

/* ---- checksums ------------------------------------------------------------------------------- */

/* CRC-32C as pages of the database have it: begun with all ones but "ESE!", from the fifth byte. */
static uint32_t page_checksum(const unsigned char *page, size_t size)
{
    uint32_t crc = 0xFFFFFFFFu ^ 0x45534521u;
    for (size_t i = 4; i < size; i++) {
        crc ^= page[i];
        for (int bit = 0; bit < 8; bit++) {
            crc = crc >> 1 ^ ((crc & 1) != 0 ? 0x82F63B78u : 0);
        }
    }
    return ~crc;
}

static uint32_t read32(const unsigned char *at)
{
    return (uint32_t)at[0] | (uint32_t)at[1] << 8 | (uint32_t)at[2] << 16 | (uint32_t)at[3] << 24;
}

static void write32(unsigned char *at, uint32_t value)
{
    for (int i = 0; i < 4; i++) {
        at[i] = (unsigned char)(value >> (8 * i));
    }
}

static bool is_sealed(const unsigned char *page)
{
    return read32(page) == page_checksum(page, DAMAGE_PAGE);
}

/* ---- kinds ----------------------------------------------------------------------------------- */

static size_t below(struct proof_random *random, size_t bound)
{
    return bound == 0 ? 0 : (size_t)(proof_next(random) % bound);
}

/* A value that a field of so many bytes might wrongly have. */
static void spoil_field(struct proof_random *random, unsigned char *at, unsigned bytes)
{
    static const uint32_t values[] = {0, 1, 2, 0x7F, 0xFF, 0x7FFF, 0xFFFF, 0x7FFFFFFF, 0xFFFFFFFF};
    uint32_t old = 0, value;
    memcpy(&old, at, bytes);
    switch (proof_dice(random, 4)) {
    case 0:
        value = values[proof_dice(random, sizeof values / sizeof values[0])];
        break;
    case 1:
        value = old + 1;
        break;
    case 2:
        value = old - 1;
        break;
    default:
        value = (uint32_t)proof_next(random);
        break;
    }
    value = value == old ? ~old : value;
    memcpy(at, &value, bytes);
}

/* The fields at the beginning, one after the other; for the database those of the pages too. */
static void spoil_header(struct proof_random *random, struct file *file, uint64_t number,
                         struct damage *damage)
{
    static const unsigned widths[] = {4, 2, 1};
    unsigned width = widths[proof_dice(random, 3)];
    size_t page = 0, span = 256;
    if (file->is_database && proof_one_in(random, 2)) {
        page = below(random, file->size / DAMAGE_PAGE) * DAMAGE_PAGE;
        span = 64;
    }
    size_t offset = (size_t)(number * 4) % span + below(random, 4 / width) * width;
    if (page + offset + 4 > file->size) {
        offset = below(random, file->size < 4 ? 1 : file->size - 3);
        page = 0;
        width = file->size < 4 ? 1 : width;
    }
    if (file->size == 0) {
        return;
    }
    spoil_field(random, file->data + page + offset, width);
    if (file->is_database && page + DAMAGE_PAGE <= file->size && proof_one_in(random, 2)) {
        write32(file->data + page, page_checksum(file->data + page, DAMAGE_PAGE));
        damage->resealed = true;
    }
    snprintf(damage->text, sizeof damage->text, "%u bytes at %zu of %s%s", width, page + offset,
             file->name, damage->resealed ? ", checksum mended" : "");
}

static void spoil_bytes(struct proof_random *random, struct file *file, struct damage *damage)
{
    unsigned count = 1 + proof_dice(random, 20);
    bool near = proof_one_in(random, 2);
    size_t at = below(random, file->size), first = at;
    if (file->size == 0) {
        return;
    }
    bool sealed = file->is_database && near && (at / DAMAGE_PAGE + 1) * DAMAGE_PAGE <= file->size &&
                  is_sealed(file->data + at / DAMAGE_PAGE * DAMAGE_PAGE) && proof_one_in(random, 2);
    size_t begin = at / DAMAGE_PAGE * DAMAGE_PAGE;
    for (unsigned i = 0; i < count; i++) {
        unsigned char byte = (unsigned char)proof_next(random);
        file->data[at] = file->data[at] == byte ? (unsigned char)~byte : byte;
        at = near ? begin + (at + 1 + below(random, 30)) % DAMAGE_PAGE : below(random, file->size);
        at = at < file->size ? at : first;
    }
    if (sealed) {
        write32(file->data + begin, page_checksum(file->data + begin, DAMAGE_PAGE));
        damage->resealed = true;
    }
    snprintf(damage->text, sizeof damage->text, "%u bytes from %zu of %s%s", count, first,
             file->name, sealed ? ", checksum mended" : "");
}

static void spoil_size(struct proof_random *random, struct file *file, struct damage *damage)
{
    size_t old = file->size;
    switch (proof_dice(random, 4)) {
    case 0:
        file->size = 0;
        break;
    case 1:
        file->size = below(random, old);
        break;
    case 2:
        file->size = below(random, old / 512 + 1) * 512;
        break;
    default: {
        size_t more = 1 + below(random, 3 * DAMAGE_PAGE);
        unsigned char *grown = realloc(file->data, old + more);
        if (grown == NULL) {
            proof_fail("out of memory");
        }
        file->data = grown;
        for (size_t i = 0; i < more; i++) {
            file->data[old + i] = (unsigned char)proof_next(random);
        }
        file->size = old + more;
        break;
    }
    }
    snprintf(damage->text, sizeof damage->text, "%s: %zu bytes instead of %zu", file->name,
             file->size, old);
}

/* Blocks change places, or are zeroed. */
static void spoil_blocks(struct proof_random *random, struct file *file, struct damage *damage)
{
    static unsigned char saved[DAMAGE_PAGE];
    size_t block = file->is_database || proof_one_in(random, 2) ? DAMAGE_PAGE : 512;
    size_t count = file->size / block;
    if (count < 2) {
        spoil_size(random, file, damage);
        return;
    }
    size_t a = below(random, count), b = (a + 1 + below(random, count - 1)) % count;
    unsigned char *first = file->data + a * block, *second = file->data + b * block;
    if (proof_one_in(random, 2)) {
        memcpy(saved, first, block);
        memcpy(first, second, block);
        memcpy(second, saved, block);
        snprintf(damage->text, sizeof damage->text, "%s: blocks %zu and %zu of %zu exchanged",
                 file->name, a, b, block);
    } else {
        memset(first, 0, block);
        snprintf(damage->text, sizeof damage->text, "%s: block %zu of %zu zeroed", file->name, a,
                 block);
    }
}

static bool ends_with(const char *name, const char *end)
{
    size_t size = strlen(name), tail = strlen(end);
    return size >= tail && strcmp(name + size - tail, end) == 0;
}

/* Two files exchange their contents, or one goes away. */
static void spoil_files(struct proof_random *random, const char *directory, char names[][64],
                        unsigned count, struct damage *damage)
{
    char first[1200], second[1200], between[1200];
    unsigned a = proof_dice(random, count), b = proof_dice(random, count);
    snprintf(first, sizeof first, "%s/%.63s", directory, names[a]);
    snprintf(second, sizeof second, "%s/%.63s", directory, names[b]);
    snprintf(between, sizeof between, "%s/between", directory);
    snprintf(damage->file, sizeof damage->file, "%.63s", names[a]);
    if (a == b || proof_one_in(random, 2)) {
        remove(first);
        snprintf(damage->text, sizeof damage->text, "%s is gone", names[a]);
        return;
    }
    rename(first, between);
    rename(second, first);
    rename(between, second);
    snprintf(damage->text, sizeof damage->text, "%s and %s exchanged", names[a], names[b]);
}

/* ---- a trial --------------------------------------------------------------------------------- */

void damage_do(const struct damage_base *base, const char *directory, uint64_t number,
               struct proof_random *random, struct damage *damage)
{
    char names[64][64], path[1200];
    memset(damage, 0, sizeof *damage);
    proof_copy(base->directory, directory);
    unsigned count = proof_list(directory, names, 64);
    if (proof_one_in(random, 25)) {
        spoil_files(random, directory, names, count, damage);
        return;
    }
    /* Half of it to the database. */
    unsigned pick = proof_dice(random, count);
    for (unsigned i = 0; i < count && proof_one_in(random, 2); i++) {
        pick = ends_with(names[i], "damage.edb") ? i : pick;
    }
    struct file file = {.name = names[pick], .is_database = ends_with(names[pick], "damage.edb")};
    snprintf(damage->file, sizeof damage->file, "%.63s", names[pick]);
    snprintf(path, sizeof path, "%s/%.63s", directory, names[pick]);
    file.data = proof_load(path, &file.size);
    if (file.data == NULL) {
        proof_fail("cannot read %s", path);
    }
    if (file.is_database && !is_sealed(file.data)) {
        proof_fail("the header of the undamaged database does not have the checksum known here");
    }
    switch (proof_dice(random, 8)) {
    case 0:
    case 1:
    case 2:
        spoil_header(random, &file, number, damage);
        break;
    case 3:
        spoil_size(random, &file, damage);
        break;
    case 4:
        spoil_blocks(random, &file, damage);
        break;
    default:
        spoil_bytes(random, &file, damage);
        break;
    }
    proof_store(path, file.data, file.size);
    free(file.data);
    /* The newest log file ends where a crash left it: damage there and a torn write look alike. */
    damage->may_lose = base->dirty && strcmp(damage->file, "edb.log") == 0;
}
