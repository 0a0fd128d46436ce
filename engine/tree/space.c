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
