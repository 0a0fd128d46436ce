/* Change groups: pages changed together or not at all. */
#include "engine/cache/inside.h"

void ese_change_begin(struct ese_change *change, struct ese_cache *cache, struct ese_cache_file *file)
{
    change->cache = cache;
    change->file = file;
    change->pages = change->inline_pages;
    change->count = 0;
    change->room = ESE_CHANGE_PAGES_INLINE;
    change->space = NULL;
    change->piece_count = change->kept_size = 0;
}

static struct ese_change_page *member(struct ese_change *change, uint32_t page)
{
    for (uint32_t i = change->count; i-- != 0;) {
        if (change->pages[i].buffer->page == page) {
            return &change->pages[i];
        }
    }
    return NULL;
}

static JET_ERR reserve(struct ese_change *change)
{
    if (change->count < change->room) {
        return JET_errSuccess;
    }
    uint32_t room = change->room * 2;
    bool heap = change->pages != change->inline_pages;
    struct ese_change_page *longer = ese_realloc(heap ? change->pages : NULL, room * sizeof *longer);
    if (longer == NULL) {
        return JET_errOutOfMemory;
    }
    if (!heap) {
        memcpy(longer, change->inline_pages, sizeof change->inline_pages);
    }
    change->pages = longer;
    change->room = room;
    return JET_errSuccess;
}

/* Puts the old content of the pieces back into a copy of their page, or the page itself. */
static void put_back(const struct ese_change *change, unsigned char *page)
{
    uint32_t at = change->kept_size;
    for (uint32_t i = change->piece_count; i-- != 0;) {
        at -= change->piece[i].size;
        memcpy(page + change->piece[i].offset, change->kept + at, change->piece[i].size);
    }
}

/* From now on the whole page is kept. */
static JET_ERR keep_whole(struct ese_change *change, struct ese_change_page *known)
{
    known->before = ese_scratch_take(change->cache);
    if (known->before == NULL) {
        return JET_errOutOfMemory;
    }
    memcpy(known->before, known->buffer->data, ese_cache_page_size(change->cache));
    put_back(change, known->before);
    change->piece_count = change->kept_size = 0;
    return JET_errSuccess;
}

static JET_ERR take(struct ese_change *change, uint32_t page, bool blank, unsigned char **data)
{
    struct ese_change_page *known = member(change, page);
    uint32_t size = ese_cache_page_size(change->cache);
    JET_ERR err;
    if (known == NULL) {
        err = reserve(change);
        if (err != JET_errSuccess) {
            return err;
        }
        known = &change->pages[change->count];
        known->made = blank;
        known->before = ese_scratch_take(change->cache);
        if (known->before == NULL) {
            return JET_errOutOfMemory;
        }
        err = ese_cache_take(change->cache, change->file, page, blank, &known->buffer);
        if (err != JET_errSuccess) {
            ese_scratch_give(change->cache, known->before);
            return err;
        }
        memcpy(known->before, known->buffer->data, size);
        change->count++;
    } else if (known->before == NULL) {
        err = keep_whole(change, known);
        if (err != JET_errSuccess) {
            return err;
        }
    }
    if (blank) {
        memset(known->buffer->data, 0, size);
        ese_put32(known->buffer->data + ESE_PAGE_NUMBER, page);
    }
    *data = known->buffer->data;
    return JET_errSuccess;
}

JET_ERR ese_change_part(struct ese_change *change, struct ese_buffer *buffer, unsigned char **data, bool *whole)
{
    if (change->count != 0) {
        *whole = true;
        JET_ERR err = take(change, buffer->page, false, data);
        if (err == JET_errSuccess) {
            ese_cache_put(buffer);
        }
        return err;
    }
    *whole = false;
    ese_cache_own(buffer);
    change->pages[0] = (struct ese_change_page){ buffer, NULL, false };
    change->count = 1;
    *data = buffer->data;
    return JET_errSuccess;
}

bool ese_change_touch(struct ese_change *change, uint32_t offset, uint32_t size)
{
    uint32_t i = change->piece_count;
    if (i == ESE_CHANGE_PIECES || size > ESE_CHANGE_KEPT - change->kept_size) {
        return false;
    }
    change->piece[i] = (struct ese_log_piece){ (uint16_t)offset, (uint16_t)size };
    memcpy(change->kept + change->kept_size, change->pages[0].buffer->data + offset, size);
    change->kept_size += size;
    change->piece_count++;
    return true;
}

JET_ERR ese_change_page(struct ese_change *change, uint32_t page, unsigned char **data)
{
    return take(change, page, false, data);
}

JET_ERR ese_change_new_page(struct ese_change *change, uint32_t page, unsigned char **data)
{
    return take(change, page, true, data);
}

static void finish(struct ese_change *change, bool keep, ese_lsn position)
{
    uint32_t size = ese_cache_page_size(change->cache);
    for (uint32_t i = 0; i < change->count; i++) {
        struct ese_buffer *buffer = change->pages[i].buffer;
        if (keep) {
            ese_put64(buffer->data + ESE_PAGE_LSN, position);
        } else if (change->pages[i].before != NULL) {
            memcpy(buffer->data, change->pages[i].before, size);
        } else {
            put_back(change, buffer->data);
        }
        ese_cache_give_back(buffer, keep);
        if (change->pages[i].before != NULL) {
            ese_scratch_give(change->cache, change->pages[i].before);
        }
    }
    if (change->pages != change->inline_pages) {
        ese_free(change->pages);
    }
    change->count = 0;
    if (change->space != NULL) {
        ese_space_release(change->space);
        change->space = NULL;
    }
}

static JET_ERR tell_log(struct ese_log *log, struct ese_change *change, const struct ese_log_undo *undo,
                        ese_lsn *position)
{
    struct ese_log_page few[ESE_CHANGE_PAGES_INLINE], *pages = few;
    if (change->count > ESE_CHANGE_PAGES_INLINE) {
        pages = ese_alloc(change->count * sizeof *pages);
        if (pages == NULL) {
            return JET_errOutOfMemory;
        }
    }
    ese_lsn before = ese_log_end(log);
    for (uint32_t i = 0; i < change->count; i++) {
        struct ese_change_page *page = &change->pages[i];
        bool whole = ese_cache_will_log(page->buffer, before);
        pages[i].page = page->buffer->page;
        pages[i].before = page->before;
        pages[i].after = page->buffer->data;
        pages[i].image = page->made || whole;
        pages[i].pieces = change->piece;
        pages[i].piece_count = change->piece_count;
    }
    struct ese_log_change entry = { change->file->id, ese_cache_page_size(change->cache), pages, change->count, undo };
    JET_ERR err = ese_log_change(log, &entry, position);
    if (pages != few) {
        ese_free(pages);
    }
    return err;
}

JET_ERR ese_change_commit(struct ese_change *change, const struct ese_log_undo *undo)
{
    ese_lsn position = 0;
    JET_ERR err = JET_errSuccess;
    struct ese_log *log = change->file->logged ? ese_cache_log(change->cache) : NULL;
    if (log != NULL && (change->count != 0 || undo != NULL)) {
        err = tell_log(log, change, undo, &position);
    }
    finish(change, err == JET_errSuccess, position);
    return err;
}

void ese_change_abort(struct ese_change *change)
{
    finish(change, false, 0);
}

JET_ERR ese_change_end(struct ese_change *change, JET_ERR err, const struct ese_log_undo *undo)
{
    if (err < JET_errSuccess) {
        ese_change_abort(change);
        return err;
    }
    JET_ERR logged = ese_change_commit(change, undo);
    return logged != JET_errSuccess ? logged : err;
}
