/* Allocation of pages. */
#include "engine/tree/space.h"

JET_ERR ese_space_init(struct ese_space *space, struct ese_cache *cache, struct ese_cache_file *file,
                       uint32_t pages_max, const _Atomic uint32_t *extend_pages)
{
    uint64_t bytes;
    JET_ERR err = ese_file_size(file->file, &bytes);
    if (err != JET_errSuccess) {
        return err;
    }
    space->cache = cache;
    space->file = file;
    space->pages_max = pages_max;
    space->extend_pages = extend_pages;
    space->versions = 0;
    space->lowest = 0;
    space->file_pages = (uint32_t)(bytes / ese_cache_page_size(cache));
    err = ese_mutex_init(&space->lock);
    if (err == JET_errSuccess) {
        err = ese_mutex_init(&space->resizing);
        if (err != JET_errSuccess) {
            ese_mutex_fini(&space->lock);
        }
    }
    return err;
}

void ese_space_fini(struct ese_space *space)
{
    ese_mutex_fini(&space->resizing);
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

/* ---- maps ------------------------------------------------------------------------------------------------ */

static uint32_t stretch_of(const struct ese_space *space)
{
    return ESE_SPACE_STRETCH(ese_cache_page_size(space->cache));
}

static uint32_t map_of(const struct ese_space *space, uint32_t page)
{
    return ese_space_map_page(ese_cache_page_size(space->cache), page);
}

static bool bit(const unsigned char *map, uint32_t index)
{
    return (map[ESE_SPACE_BITS + index / 8] >> index % 8 & 1) != 0;
}

static void flip(unsigned char *map, uint32_t index)
{
    map[ESE_SPACE_BITS + index / 8] ^= (unsigned char)(1u << index % 8);
}

static void add_free(unsigned char *map, int32_t count)
{
    ese_put32(map + ESE_SPACE_FREE_COUNT, ese_get32(map + ESE_SPACE_FREE_COUNT) + (uint32_t)count);
}

/* A map to look at; anything but the map of that stretch is damage. Lock held. */
static JET_ERR get_map(struct ese_space *space, uint32_t page, struct ese_buffer **map)
{
    JET_ERR err = ese_cache_get(space->cache, space->file, map_of(space, page), map);
    if (err == JET_errSuccess && ((*map)->data[ESE_PAGE_KIND] != ESE_PAGE_SPACE ||
                                  ese_get32((*map)->data + ESE_SPACE_FIRST) != page - page % stretch_of(space))) {
        ese_cache_put(*map);
        err = JET_errSPAvailExtCorrupted;
    }
    return err;
}

static JET_ERR get_owned(struct ese_space *space, uint32_t *owned)
{
    struct ese_buffer *map;
    JET_ERR err = get_map(space, ESE_SPACE_PAGE, &map);
    if (err == JET_errSuccess) {
        *owned = ese_get32(map->data + ESE_SPACE_OWNED);
        ese_cache_put(map);
    }
    return err;
}

static void format_map(const struct ese_space *space, unsigned char *data, uint32_t page)
{
    data[ESE_PAGE_KIND] = ESE_PAGE_SPACE;
    ese_put32(data + ESE_SPACE_FIRST, page - page % stretch_of(space));
}

/* The file with room on the disk for all of its pages: a change that has one must not find out later, when it is written,
 * that there is none. */
static JET_ERR set_file_pages(struct ese_space *space, uint32_t pages)
{
    uint64_t page_size = ese_cache_page_size(space->cache);
    uint64_t from = space->file_pages * page_size, to = pages * page_size;
    JET_ERR err = ese_cache_file_enter(space->file);
    if (err != JET_errSuccess) {
        return err;
    }
    err = ese_file_reserve(space->file->file, from, to - from);
    if (err == JET_errSuccess) {
        err = ese_file_set_size(space->file->file, to); /* where the file system cannot reserve */
    }
    ese_cache_file_leave(space->file);
    if (err == JET_errSuccess) {
        space->file_pages = pages;
    }
    return err;
}

/* Lengthens the file so that it holds `pages`. Lock held. */
static JET_ERR lengthen(struct ese_space *space, uint32_t pages)
{
    if (pages <= space->file_pages) {
        return JET_errSuccess;
    }
    uint64_t bytes;
    JET_ERR err = ese_file_size(space->file->file, &bytes);
    if (err != JET_errSuccess) {
        return err;
    }
    space->file_pages = (uint32_t)(bytes / ese_cache_page_size(space->cache));
    if (pages <= space->file_pages) {
        return JET_errSuccess;                      /* recovery has written behind the end */
    }
    uint32_t extend = *space->extend_pages != 0 ? *space->extend_pages : 1;
    uint32_t rounded = (pages + extend - 1) / extend * extend;
    if (rounded < pages || (space->pages_max != 0 && rounded > space->pages_max)) {
        rounded = pages;
    }
    err = set_file_pages(space, rounded);
    return err == JET_errDiskFull && rounded > pages ? set_file_pages(space, pages) : err;
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
        format_map(space, data, ESE_SPACE_PAGE);
        ese_put32(data + ESE_SPACE_OWNED, ESE_SPACE_PAGE + 1);
    }
    return err;
}

/* ---- allocation ------------------------------------------------------------------------------------------ */

static uint32_t first_bit(const unsigned char *map, uint32_t from, uint32_t count)
{
    while (from < count && !bit(map, from)) {
        from += from % 8 == 0 && map[ESE_SPACE_BITS + from / 8] == 0 ? 8 : 1;
    }
    return from < count ? from : count;
}

/* The lowest free page, 0 when there is none. Lock held. */
static JET_ERR find_free(struct ese_space *space, uint32_t owned, uint32_t *page)
{
    uint32_t stretch = stretch_of(space);
    *page = 0;
    while (space->lowest < owned) {
        struct ese_buffer *map;
        uint32_t first = space->lowest - space->lowest % stretch, index = stretch;
        JET_ERR err = get_map(space, first, &map);
        if (err != JET_errSuccess) {
            return err;
        }
        if (ese_get32(map->data + ESE_SPACE_FREE_COUNT) != 0) {
            index = first_bit(map->data, space->lowest - first, stretch);
        }
        ese_cache_put(map);
        space->lowest = first + index;
        if (index < stretch) {
            *page = space->lowest;
            return *page < owned ? JET_errSuccess : JET_errSPAvailExtCorrupted;
        }
    }
    space->lowest = owned;
    return JET_errSuccess;
}

static JET_ERR take_free(struct ese_space *space, struct ese_change *change, uint32_t page)
{
    unsigned char *map;
    JET_ERR err = ese_change_page(change, map_of(space, page), &map);
    if (err == JET_errSuccess) {
        flip(map, page % stretch_of(space));
        add_free(map, -1);
    }
    return err;
}

/* One page more at the end, and a map before it where a stretch begins. */
static JET_ERR extend(struct ese_space *space, struct ese_change *change, uint32_t owned, uint32_t *page)
{
    unsigned char *data;
    uint32_t maps = owned % stretch_of(space) == 0 ? 1 : 0;
    if (owned > UINT32_MAX - 2 || (space->pages_max != 0 && owned + maps >= space->pages_max)) {
        return JET_errOutOfDatabaseSpace;
    }
    JET_ERR err = lengthen(space, owned + maps + 1);
    if (err == JET_errSuccess && maps != 0) {
        err = ese_change_new_page(change, owned, &data);
        if (err == JET_errSuccess) {
            format_map(space, data, owned);
        }
    }
    if (err == JET_errSuccess) {
        err = ese_change_page(change, ESE_SPACE_PAGE, &data);
    }
    if (err == JET_errSuccess) {
        ese_put32(data + ESE_SPACE_OWNED, owned + maps + 1);
        *page = owned + maps;
    }
    return err;
}

JET_ERR ese_space_alloc(struct ese_space *space, struct ese_change *change, uint32_t *page, unsigned char **data)
{
    uint32_t owned, found = 0;
    lock_for(space, change);
    JET_ERR err = get_owned(space, &owned);
    if (err == JET_errSuccess) {
        err = find_free(space, owned, &found);
    }
    if (err == JET_errSuccess) {
        err = found != 0 ? take_free(space, change, found) : extend(space, change, owned, &found);
    }
    if (err == JET_errSuccess) {
        err = ese_change_new_page(change, found, data);
    }
    if (err == JET_errSuccess) {
        *page = found;
    }
    return err;
}

JET_ERR ese_space_free(struct ese_space *space, struct ese_change *change, uint32_t page)
{
    unsigned char *map;
    uint32_t owned, index = page % stretch_of(space);
    lock_for(space, change);
    JET_ERR err = get_owned(space, &owned);
    if (err == JET_errSuccess && (page >= owned || page <= ESE_SPACE_PAGE || page == map_of(space, page))) {
        err = JET_errSPAvailExtCorrupted;
    }
    if (err == JET_errSuccess) {
        err = ese_change_page(change, map_of(space, page), &map);
    }
    if (err == JET_errSuccess && bit(map, index)) {
        err = JET_errSPAvailExtCorrupted;           /* it is free already */
    }
    if (err == JET_errSuccess) {
        flip(map, index);
        add_free(map, 1);
        space->lowest = page < space->lowest ? page : space->lowest;
    }
    return err;
}

/* ---- size ------------------------------------------------------------------------------------------------ */

JET_ERR ese_space_counts(struct ese_space *space, uint32_t *owned, uint32_t *unused)
{
    uint32_t used;
    ese_mutex_lock(&space->lock);
    JET_ERR err = get_owned(space, &used);
    if (err == JET_errSuccess) {
        *owned = space->file_pages > used ? space->file_pages : used;
        *unused = *owned - used;
    }
    for (uint32_t first = 0; err == JET_errSuccess && first < used; first += stretch_of(space)) {
        struct ese_buffer *map;
        err = get_map(space, first, &map);
        if (err == JET_errSuccess) {
            *unused += ese_get32(map->data + ESE_SPACE_FREE_COUNT);
            ese_cache_put(map);
        }
    }
    ese_mutex_unlock(&space->lock);
    return err;
}

JET_ERR ese_space_end(struct ese_space *space, uint32_t *end)
{
    ese_mutex_lock(&space->lock);
    JET_ERR err = get_owned(space, end);
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

/* Gives up the free pages at the end of one stretch, down to `pages`; *owned is what is left. */
static JET_ERR cut_stretch(struct ese_space *space, struct ese_change *change, uint32_t pages, uint32_t *owned)
{
    uint32_t stretch = stretch_of(space), last = *owned - 1, first = last - last % stretch;
    uint32_t map_page = map_of(space, last), end = *owned, freed = 0;
    struct ese_buffer *look;
    unsigned char *map;
    JET_ERR err = get_map(space, last, &look);
    if (err != JET_errSuccess) {
        return err;
    }
    while (end > pages && end - 1 > first && bit(look->data, end - 1 - first)) {
        end--;
        freed++;
    }
    ese_cache_put(look);
    if (freed != 0) {
        err = ese_change_page(change, map_page, &map);
        for (uint32_t page = end; err == JET_errSuccess && page < *owned; page++) {
            flip(map, page - first);
        }
        if (err == JET_errSuccess) {
            add_free(map, -(int32_t)freed);
        }
    }
    if (end - 1 == map_page && map_page != ESE_SPACE_PAGE && end > pages) {
        end--;                                      /* a map of nothing */
    }
    *owned = end;
    return err;
}

/* One group: lowers the number of owned pages, stretch by stretch. */
static JET_ERR cut(struct ese_space *space, uint32_t pages)
{
    struct ese_change change;
    unsigned char *map;
    uint32_t owned = 0, before;
    ese_change_begin(&change, space->cache, space->file);
    lock_for(space, &change);
    JET_ERR err = get_owned(space, &owned);
    uint32_t had = owned;
    do {
        before = owned;
        if (err == JET_errSuccess && owned > pages) {
            err = cut_stretch(space, &change, pages, &owned);
        }
    } while (err == JET_errSuccess && owned != before && owned % stretch_of(space) == 0);
    if (err == JET_errSuccess && owned != had) {
        err = ese_change_page(&change, ESE_SPACE_PAGE, &map);
        if (err == JET_errSuccess) {
            ese_put32(map + ESE_SPACE_OWNED, owned);
            space->lowest = space->lowest < owned ? space->lowest : owned;
        }
    }
    return ese_change_end(&change, err, NULL);
}

JET_ERR ese_space_shrink(struct ese_space *space, uint32_t pages, uint32_t *actual)
{
    uint32_t owned;
    ese_mutex_lock(&space->resizing);
    JET_ERR err = cut(space, pages);
    if (err == JET_errSuccess) {
        /* No dirty page may lie behind the new end, and the log must know of it before the file does. */
        err = ese_cache_flush(space->cache, space->file);
    }
    ese_mutex_lock(&space->lock);
    if (err == JET_errSuccess) {
        err = get_owned(space, &owned);
    }
    if (err == JET_errSuccess) {
        uint32_t end = owned > pages ? owned : pages;
        if (end < space->file_pages) {
            err = ese_cache_file_enter(space->file);
        }
        if (err == JET_errSuccess && end < space->file_pages) {
            err = ese_file_set_size(space->file->file, (uint64_t)end * ese_cache_page_size(space->cache));
            space->file_pages = err == JET_errSuccess ? end : space->file_pages;
            ese_cache_file_leave(space->file);
        }
    }
    *actual = space->file_pages;
    ese_mutex_unlock(&space->lock);
    ese_mutex_unlock(&space->resizing);
    return err;
}
