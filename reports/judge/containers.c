/* reports/judge/containers.c - a map, intervals, and arrays that grow. */
#include <stdlib.h>
#include <string.h>

#include "reports/judge/internal.h"

/* Handles are addresses in some engines, so how far a slot is from where it should be differs from run to run. A fuzzer must not
 * take that for something new. */
#ifdef __clang__
#define NO_COVERAGE __attribute__((no_sanitize("coverage")))
#else
#define NO_COVERAGE
#endif

#define FREE_SLOT    (-1)
#define REMOVED_SLOT (-2)

void *grown(void *array, size_t count, size_t *room, size_t size)
{
    if (count < *room) {
        return array;
    }
    size_t wanted = *room < 16 ? 16 : *room * 2;
    void *bigger = realloc(array, wanted * size);
    if (bigger != NULL) {
        *room = wanted;
    }
    return bigger;
}

static size_t slot_of(uint64_t key, size_t room)
{
    key ^= key >> 33;
    key *= UINT64_C(0xff51afd7ed558ccd);
    key ^= key >> 29;
    return (size_t)key & (room - 1);
}

void map_fini(struct u64_map *map)
{
    free(map->keys);
    free(map->values);
    memset(map, 0, sizeof *map);
}

static int map_resize(struct u64_map *map, size_t room)
{
    struct u64_map next = {.room = room};
    next.keys = malloc(room * sizeof *next.keys);
    next.values = malloc(room * sizeof *next.values);
    if (next.keys == NULL || next.values == NULL) {
        map_fini(&next);
        return -1;
    }
    for (size_t i = 0; i < room; i++) {
        next.values[i] = FREE_SLOT;
    }
    for (size_t i = 0; i < map->room; i++) {
        if (map->values[i] >= 0) {
            map_set(&next, map->keys[i], map->values[i]);
        }
    }
    map_fini(map);
    *map = next;
    return 0;
}

NO_COVERAGE int map_set(struct u64_map *map, uint64_t key, int32_t value)
{
    if ((map->used + 1) * 2 > map->room && map_resize(map, map->room < 64 ? 64 : map->room * 2)) {
        return -1;
    }
    size_t at = slot_of(key, map->room);
    while (map->values[at] != FREE_SLOT && map->keys[at] != key) {
        at = (at + 1) & (map->room - 1);
    }
    map->used += map->values[at] == FREE_SLOT;
    map->keys[at] = key;
    map->values[at] = value;
    return 0;
}

static NO_COVERAGE size_t map_find(const struct u64_map *map, uint64_t key)
{
    if (map->room == 0) {
        return SIZE_MAX;
    }
    size_t at = slot_of(key, map->room);
    while (map->values[at] != FREE_SLOT) {
        if (map->keys[at] == key) {
            return at;
        }
        at = (at + 1) & (map->room - 1);
    }
    return SIZE_MAX;
}

int32_t map_get(const struct u64_map *map, uint64_t key)
{
    size_t at = map_find(map, key);
    return at == SIZE_MAX || map->values[at] < 0 ? -1 : map->values[at];
}

void map_remove(struct u64_map *map, uint64_t key)
{
    size_t at = map_find(map, key);
    if (at != SIZE_MAX) {
        map->values[at] = REMOVED_SLOT;
    }
}

void map_clear(struct u64_map *map)
{
    for (size_t i = 0; i < map->room; i++) {
        map->values[i] = FREE_SLOT;
    }
    map->used = 0;
}

int spans_add(struct spans *spans, uint64_t enter, uint64_t leave)
{
    struct span *bigger = grown(spans->span, spans->count, &spans->room, sizeof *bigger);
    if (bigger == NULL) {
        return -1;
    }
    spans->span = bigger;
    uint64_t latest = spans->count > 0 ? spans->span[spans->count - 1].latest : 0;
    spans->span[spans->count++] = (struct span){enter, leave, leave > latest ? leave : latest};
    return 0;
}

bool spans_overlap(const struct spans *spans, uint64_t enter, uint64_t leave)
{
    size_t low = 0, high = spans->count; /* the first that begins after `leave` */
    while (low < high) {
        size_t middle = low + (high - low) / 2;
        if (spans->span[middle].enter < leave) {
            low = middle + 1;
        } else {
            high = middle;
        }
    }
    return low > 0 && spans->span[low - 1].latest > enter;
}

bool spans_before(const struct spans *spans, uint64_t stamp)
{
    return spans->count > 0 && spans->span[0].enter < stamp;
}
