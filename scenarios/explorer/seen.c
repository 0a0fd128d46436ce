/* scenarios/explorer/seen.c - sets and tallies of hashes, in tables of a power of two. */
#include "scenarios/explorer/seen.h"

#include <stdlib.h>
#include <string.h>

uint64_t scn_hash(uint64_t hash, const void *bytes, size_t size)
{
    for (const unsigned char *at = bytes, *end = at + size; at < end; at++) {
        hash = (hash ^ *at) * UINT64_C(0x100000001B3);
    }
    return hash;
}

/* Where a hash is, or the free place where it belongs. */
static size_t find(const uint64_t *slots, size_t room, uint64_t hash)
{
    size_t at = (size_t)(hash * 0x9E3779B97F4A7C15u >> 20) & (room - 1);
    while (slots[at] != 0 && slots[at] != hash) {
        at = (at + 1) & (room - 1);
    }
    return at;
}

static int grow(struct scn_seen *seen)
{
    struct scn_seen larger = {.count = seen->count, .room = seen->room != 0 ? seen->room * 2 : 1024};
    larger.slot = calloc(larger.room, sizeof *larger.slot);
    if (larger.slot == NULL) {
        return -1;
    }
    for (size_t i = 0; i < seen->room; i++) {
        if (seen->slot[i] != 0) {
            larger.slot[find(larger.slot, larger.room, seen->slot[i])] = seen->slot[i];
        }
    }
    free(seen->slot);
    *seen = larger;
    return 0;
}

int scn_seen_add(struct scn_seen *seen, uint64_t hash)
{
    hash += hash == 0;
    if (seen->count * 2 >= seen->room && grow(seen) != 0) {
        return -1;
    }
    uint64_t *slot = &seen->slot[find(seen->slot, seen->room, hash)];
    if (*slot == hash) {
        return 0;
    }
    *slot = hash;
    seen->count++;
    return 1;
}

int scn_seen_join(struct scn_seen *seen, const struct scn_seen *from)
{
    for (size_t i = 0; i < from->room; i++) {
        if (from->slot[i] != 0 && scn_seen_add(seen, from->slot[i]) < 0) {
            return -1;
        }
    }
    return 0;
}

static int by_size(const void *a, const void *b)
{
    uint64_t left = *(const uint64_t *)a, right = *(const uint64_t *)b;
    return left < right ? -1 : left > right;
}

uint64_t *scn_seen_sorted(const struct scn_seen *seen)
{
    uint64_t *members = malloc((seen->count + 1) * sizeof *members);
    size_t count = 0;
    for (size_t i = 0; members != NULL && i < seen->room; i++) {
        if (seen->slot[i] != 0) {
            members[count++] = seen->slot[i];
        }
    }
    if (members != NULL) {
        qsort(members, count, sizeof *members, by_size);
    }
    return members;
}

void scn_seen_fini(struct scn_seen *seen)
{
    free(seen->slot);
    memset(seen, 0, sizeof *seen);
}

int scn_tally_init(struct scn_tally *tally, size_t most)
{
    *tally = (struct scn_tally){.room = 256};
    while (tally->room < most * 2) {
        tally->room *= 2;
    }
    tally->keys = calloc(tally->room * 2, sizeof *tally->keys);
    tally->numbers = tally->keys != NULL ? tally->keys + tally->room : NULL;
    return tally->keys != NULL ? 0 : -1;
}

uint64_t scn_tally_add(struct scn_tally *tally, uint64_t key)
{
    key += key == 0;
    size_t at = find(tally->keys, tally->room, key);
    tally->keys[at] = key;
    return ++tally->numbers[at];
}

void scn_tally_fini(struct scn_tally *tally)
{
    free(tally->keys);
}
