/* JetIntersectIndexes: the records that are in all of several index ranges. */
#include "engine/table/index.h"

#include <stdlib.h>

/* Bookmarks, one after the other in memory. */
struct item { size_t begin; };

struct set {
    unsigned char *bytes;
    size_t used, room;
    struct item *item;
    size_t count, item_room;
    const unsigned char **sorted;                   /* to records of { u32 size, bytes } */
};

static JET_ERR put(struct set *set, const struct ese_bytes *bookmark)
{
    size_t need = sizeof(uint32_t) + bookmark->size;
    if (set->used + need > set->room) {
        size_t room = 2 * (set->used + need);
        unsigned char *longer = ese_realloc(set->bytes, room);
        if (longer == NULL) {
            return JET_errOutOfMemory;
        }
        set->bytes = longer;
        set->room = room;
    }
    if (set->count == set->item_room) {
        size_t room = set->item_room != 0 ? 2 * set->item_room : 64;
        struct item *longer = ese_realloc(set->item, room * sizeof *longer);
        if (longer == NULL) {
            return JET_errOutOfMemory;
        }
        set->item = longer;
        set->item_room = room;
    }
    set->item[set->count++].begin = set->used;
    ese_put32(set->bytes + set->used, bookmark->size);
    memcpy(set->bytes + set->used + sizeof(uint32_t), bookmark->data, bookmark->size);
    set->used += need;
    return JET_errSuccess;
}

static int by_bookmark(const unsigned char *a, const unsigned char *b)
{
    uint32_t a_size = ese_get32(a), b_size = ese_get32(b), common = a_size < b_size ? a_size : b_size;
    int order = common != 0 ? memcmp(a + sizeof(uint32_t), b + sizeof(uint32_t), common) : 0;
    return order != 0 ? order : (a_size > b_size) - (a_size < b_size);
}

static int compare(const void *a, const void *b)
{
    return by_bookmark(*(const unsigned char *const *)a, *(const unsigned char *const *)b);
}

/* In the order of the clustered index, each once. */
static JET_ERR sort(struct set *set)
{
    set->sorted = ese_alloc((set->count != 0 ? set->count : 1) * sizeof *set->sorted);
    if (set->sorted == NULL) {
        return JET_errOutOfMemory;
    }
    for (size_t i = 0; i < set->count; i++) {
        set->sorted[i] = set->bytes + set->item[i].begin;
    }
    qsort(set->sorted, set->count, sizeof *set->sorted, compare);
    size_t kept = 0;
    for (size_t i = 0; i < set->count; i++) {
        if (kept == 0 || by_bookmark(set->sorted[kept - 1], set->sorted[i]) != 0) {
            set->sorted[kept++] = set->sorted[i];
        }
    }
    set->count = kept;
    return JET_errSuccess;
}

/* Walks from where the cursor stands to the end of its range. */
static JET_ERR collect(struct ese_cursor *cursor, JET_ERR (*check)(void *arg), void *arg, struct set *set)
{
    bool forward = !cursor->range.active || cursor->range.upper;
    JET_ERR err = cursor->where == ESE_ON_RECORD ? JET_errSuccess : JET_errNoCurrentRecord;
    while (err == JET_errSuccess) {
        err = check != NULL ? check(arg) : JET_errSuccess;
        if (err == JET_errSuccess) {
            err = put(set, &cursor->spot.key);
        }
        if (err == JET_errSuccess) {
            err = ese_cursor_move(cursor, forward ? 1 : -1, 0);
        }
    }
    return err == JET_errNoCurrentRecord ? sort(set) : err;
}

static JET_ERR merge(struct set *sets, uint32_t count, JET_ERR (*check)(void *arg), void *arg,
                     const struct ese_intersect_visitor *visitor)
{
    JET_ERR err = JET_errSuccess;
    size_t *at = ese_calloc(count, sizeof *at);
    if (at == NULL) {
        return JET_errOutOfMemory;
    }
    for (size_t i = 0; err == JET_errSuccess && i < sets[0].count; i++) {
        const unsigned char *bookmark = sets[0].sorted[i];
        bool in_all = true;
        err = check != NULL ? check(arg) : JET_errSuccess;
        for (uint32_t k = 1; k < count && in_all; k++) {
            while (at[k] < sets[k].count && by_bookmark(sets[k].sorted[at[k]], bookmark) < 0) {
                at[k]++;
            }
            in_all = at[k] < sets[k].count && by_bookmark(sets[k].sorted[at[k]], bookmark) == 0;
        }
        if (err == JET_errSuccess && in_all) {
            err = visitor->visit(visitor->arg, bookmark + sizeof(uint32_t), ese_get32(bookmark));
        }
    }
    ese_free(at);
    return err;
}

JET_ERR ese_cursors_intersect(struct ese_cursor *const *cursors, uint32_t count, JET_ERR (*check)(void *arg), void *arg,
                              const struct ese_intersect_visitor *visitor)
{
    JET_ERR err = JET_errSuccess;
    for (uint32_t i = 0; i < count; i++) {
        if (cursors[i]->index == NULL || cursors[i]->table != cursors[0]->table) {
            return JET_errInvalidParameter;
        }
        for (uint32_t k = 0; k < i; k++) {
            if (cursors[k]->index == cursors[i]->index) {
                return JET_errInvalidParameter;
            }
        }
    }
    struct set *sets = ese_calloc(count, sizeof *sets);
    if (sets == NULL) {
        return JET_errOutOfMemory;
    }
    for (uint32_t i = 0; i < count && err == JET_errSuccess; i++) {
        err = collect(cursors[i], check, arg, &sets[i]);
    }
    if (err == JET_errSuccess) {
        err = merge(sets, count, check, arg, visitor);
    }
    for (uint32_t i = 0; i < count; i++) {
        ese_free(sets[i].bytes);
        ese_free(sets[i].item);
        ese_free(sets[i].sorted);
    }
    ese_free(sets);
    return err;
}
