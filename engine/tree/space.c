/* Allocation of pages. */
#include "engine/tree/space.h"

JET_ERR ese_space_init(struct ese_space *space, struct ese_cache *cache, struct ese_cache_file *file,
                       uint32_t pages_max, uint32_t extend_pages)
{
    uint64_t bytes;
    JET_ERR err = ese_file_size(file->file, &bytes);
    if (err != JET_errSuccess) {
        return err;
    }
    space->cache = cache;
    space->file = file;
    space->pages_max = pages_max;
    space->extend_pages = extend_pages != 0 ? extend_pages : 1;
    space->versions = 0;
    space->file_pages = (uint32_t)(bytes / ese_cache_page_size(cache));
    return ese_mutex_init(&space->lock);
}

void ese_space_fini(struct ese_space *space)
{
    ese_mutex_fini(&space->lock);
}

static void lock_for(struct ese_space *space, struct ese_change *change)
{
    if (change->space == NULL) {
        ese_mutex_lock(&space->lock);
        change->space = space;
    }
}

void ese_space_release(struct ese_space *space)
{
    ese_mutex_unlock(&space->lock);
}

/* Lengthens the file so that it holds `pages`. Lock held. */
static JET_ERR lengthen(struct ese_space *space, uint32_t pages)
{
    if (pages <= space->file_pages) {
        return JET_errSuccess;
    }
    uint32_t rounded = (pages + space->extend_pages - 1) / space->extend_pages * space->extend_pages;
    if (space->pages_max != 0 && rounded > space->pages_max) {
        rounded = pages;
    }
    JET_ERR err = ese_file_set_size(space->file->file, (uint64_t)rounded * ese_cache_page_size(space->cache));
    if (err == JET_errSuccess) {
        space->file_pages = rounded;
    }
    return err;
}

JET_ERR ese_space_format(struct ese_space *space, struct ese_change *change)
{
    unsigned char *data;
    lock_for(space, change);
    JET_ERR err = lengthen(space, ESE_SPACE_PAGE + 1);
    if (err == JET_errSuccess) {
        err = ese_change_new_page(change, ESE_SPACE_PAGE, &data);
    }
    if (err == JET_errSuccess) {
        data[ESE_PAGE_KIND] = ESE_PAGE_SPACE;
        ese_put32(data + ESE_SPACE_OWNED, ESE_SPACE_PAGE + 1);
    }
    return err;
}

JET_ERR ese_space_alloc(struct ese_space *space, struct ese_change *change, uint32_t *page, unsigned char **data)
{
    unsigned char *map, *fresh;
    lock_for(space, change);
    JET_ERR err = ese_change_page(change, ESE_SPACE_PAGE, &map);
    if (err != JET_errSuccess) {
        return err;
    }
    uint32_t head = ese_get32(map + ESE_SPACE_FREE_HEAD);
    if (head != 0) {
        err = ese_change_page(change, head, &fresh);
        if (err != JET_errSuccess) {
            return err;
        }
        if (fresh[ESE_PAGE_KIND] != ESE_PAGE_FREE) {
            return JET_errSPAvailExtCorrupted;
        }
        ese_put32(map + ESE_SPACE_FREE_HEAD, ese_get32(fresh + ESE_PAGE_RIGHT));
        ese_put32(map + ESE_SPACE_FREE_COUNT, ese_get32(map + ESE_SPACE_FREE_COUNT) - 1);
        memset(fresh, 0, ese_cache_page_size(space->cache));
        ese_put32(fresh + ESE_PAGE_NUMBER, head);
    } else {
        head = ese_get32(map + ESE_SPACE_OWNED);
        if (head == UINT32_MAX || (space->pages_max != 0 && head >= space->pages_max)) {
            return JET_errOutOfDatabaseSpace;
        }
        err = lengthen(space, head + 1);
        if (err == JET_errSuccess) {
            err = ese_change_new_page(change, head, &fresh);
        }
        if (err != JET_errSuccess) {
            return err;
        }
        ese_put32(map + ESE_SPACE_OWNED, head + 1);
    }
    *page = head;
    *data = fresh;
    return JET_errSuccess;
}

JET_ERR ese_space_free(struct ese_space *space, struct ese_change *change, uint32_t page)
{
    unsigned char *map, *data;
    lock_for(space, change);
    JET_ERR err = ese_change_page(change, ESE_SPACE_PAGE, &map);
    if (err == JET_errSuccess) {
        err = ese_change_page(change, page, &data);
    }
    if (err != JET_errSuccess) {
        return err;
    }
    memset(data, 0, ese_cache_page_size(space->cache));
    ese_put32(data + ESE_PAGE_NUMBER, page);
    data[ESE_PAGE_KIND] = ESE_PAGE_FREE;
    ese_put32(data + ESE_PAGE_RIGHT, ese_get32(map + ESE_SPACE_FREE_HEAD));
    ese_put32(map + ESE_SPACE_FREE_HEAD, page);
    ese_put32(map + ESE_SPACE_FREE_COUNT, ese_get32(map + ESE_SPACE_FREE_COUNT) + 1);
    return JET_errSuccess;
}

JET_ERR ese_space_counts(struct ese_space *space, uint32_t *owned, uint32_t *unused)
{
    struct ese_buffer *buffer;
    ese_mutex_lock(&space->lock);
    JET_ERR err = ese_cache_get(space->cache, space->file, ESE_SPACE_PAGE, &buffer);
    if (err == JET_errSuccess) {
        *owned = ese_get32(buffer->data + ESE_SPACE_OWNED);
        *unused = ese_get32(buffer->data + ESE_SPACE_FREE_COUNT);
        ese_cache_put(buffer);
    }
    ese_mutex_unlock(&space->lock);
    return err;
}

JET_ERR ese_space_grow(struct ese_space *space, uint32_t pages, uint32_t *actual)
{
    ese_mutex_lock(&space->lock);
    JET_ERR err = JET_errSuccess;
    if (space->pages_max != 0 && pages > space->pages_max) {
        err = JET_errOutOfDatabaseSpace;
    } else {
        err = lengthen(space, pages);
        *actual = space->file_pages;
    }
    ese_mutex_unlock(&space->lock);
    return err;
}

/* ---- order ----------------------------------------------------------------------------------------------- */

#define STRETCH 32                                  /* pages brought into order in one group */

/* The next pages of the chain behind `before` (0: its head). *broken: before is no free page (any more). Lock held. */
static JET_ERR collect(struct ese_space *space, uint32_t before, uint32_t *page, uint32_t *count, bool *broken)
{
    struct ese_buffer *buffer;
    uint32_t at = before != 0 ? before : ESE_SPACE_PAGE;
    *count = 0;
    *broken = false;
    for (;;) {
        JET_ERR err = ese_cache_get(space->cache, space->file, at, &buffer);
        if (err != JET_errSuccess) {
            return err;
        }
        bool map = at == ESE_SPACE_PAGE;
        uint32_t next = ese_get32(buffer->data + (map ? (uint32_t)ESE_SPACE_FREE_HEAD : (uint32_t)ESE_PAGE_RIGHT));
        bool free_page = map || buffer->data[ESE_PAGE_KIND] == ESE_PAGE_FREE;
        ese_cache_put(buffer);
        if (!free_page) {
            *broken = true;
            return at == before ? JET_errSuccess : JET_errSPAvailExtCorrupted;
        }
        if (next == 0 || *count == STRETCH) {
            return JET_errSuccess;
        }
        page[(*count)++] = at = next;
    }
}

/* Sorts the stretch; true when that changed something. */
static bool sort(uint32_t *page, uint32_t count)
{
    bool changed = false;
    for (uint32_t i = 1; i < count; i++) {
        uint32_t value = page[i], j = i;
        for (; j != 0 && page[j - 1] > value; j--) {
            page[j] = page[j - 1];
            changed = true;
        }
        page[j] = value;
    }
    return changed;
}

static JET_ERR chain(struct ese_change *change, uint32_t before, const uint32_t *page, uint32_t count, uint32_t behind)
{
    unsigned char *data;
    JET_ERR err = ese_change_page(change, before != 0 ? before : ESE_SPACE_PAGE, &data);
    if (err == JET_errSuccess) {
        ese_put32(data + (before != 0 ? (uint32_t)ESE_PAGE_RIGHT : (uint32_t)ESE_SPACE_FREE_HEAD), page[0]);
    }
    for (uint32_t i = 0; i < count && err == JET_errSuccess; i++) {
        err = ese_change_page(change, page[i], &data);
        if (err == JET_errSuccess) {
            ese_put32(data + ESE_PAGE_RIGHT, i + 1 < count ? page[i + 1] : behind);
        }
    }
    return err;
}

JET_ERR ese_space_tidy(struct ese_space *space, bool (*keep_going)(void *arg), void *arg)
{
    uint32_t page[STRETCH], count, before = 0;
    bool broken = false;
    JET_ERR err = JET_errSuccess;
    do {
        struct ese_change change;
        ese_change_begin(&change, space->cache, space->file);
        lock_for(space, &change);
        err = collect(space, before, page, &count, &broken);
        if (err == JET_errSuccess && !broken && count != 0) {
            struct ese_buffer *last;
            err = ese_cache_get(space->cache, space->file, page[count - 1], &last);
            if (err == JET_errSuccess) {
                uint32_t behind = ese_get32(last->data + ESE_PAGE_RIGHT);
                ese_cache_put(last);
                if (sort(page, count)) {
                    err = chain(&change, before, page, count, behind);
                }
                before = page[count - 1];
            }
        }
        err = ese_change_end(&change, err, NULL);
    } while (err == JET_errSuccess && !broken && count == STRETCH && keep_going(arg));
    return err;
}
