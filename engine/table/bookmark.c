/* Bookmarks: of records, and of entries of secondary indexes. */
#include "engine/table/index.h"

static void end_all(struct ese_cursor *cursor)
{
    if (cursor->prepared != ESE_PREPARED_NOTHING) {
        ese_cursor_cancel(cursor);
    }
    cursor->range.active = false;
    cursor->key.made = false;
}

JET_ERR ese_cursor_get_bookmark(struct ese_cursor *cursor, void *bookmark, uint32_t size, uint32_t *actual)
{
    if (cursor->where != ESE_ON_RECORD) {
        return JET_errNoCurrentRecord;
    }
    const struct ese_bytes *key = &cursor->spot.key;
    JET_ERR err = ese_copy_out(key->data, key->size, bookmark, size, actual);
    return err == JET_wrnBufferTruncated ? JET_errBufferTooSmall : err;
}

JET_ERR ese_cursor_goto_bookmark(struct ese_cursor *cursor, const void *bookmark, uint32_t size)
{
    if (bookmark == NULL || size == 0 || size > JET_cbBookmarkMostMost) {
        return JET_errInvalidBookmark;
    }
    JET_ERR err = ese_cursor_stand_on_record(cursor, bookmark, size, 1);
    end_all(cursor);
    return err;
}

JET_ERR ese_cursor_get_secondary_bookmark(struct ese_cursor *cursor, void *key, uint32_t key_room, uint32_t *key_size,
                                          void *bookmark, uint32_t room, uint32_t *size)
{
    if (cursor->index == NULL) {
        return JET_errNoCurrentIndex;
    }
    if (cursor->where != ESE_ON_RECORD) {
        return JET_errNoCurrentRecord;
    }
    JET_ERR first = ese_copy_out(cursor->entry.key.data, cursor->entry_key, key, key_room, key_size);
    JET_ERR second = ese_copy_out(cursor->spot.key.data, cursor->spot.key.size, bookmark, room, size);
    return first == JET_errSuccess && second == JET_errSuccess ? JET_errSuccess : JET_errBufferTooSmall;
}

JET_ERR ese_cursor_goto_secondary_bookmark(struct ese_cursor *cursor, const void *key, uint32_t key_size,
                                           const void *bookmark, uint32_t size, JET_GRBIT grbit)
{
    struct ese_bytes node_key = { NULL, 0, 0 }, node_data = { NULL, 0, 0 };
    if ((grbit & ~(JET_GRBIT)JET_bitBookmarkPermitVirtualCurrency) != 0) {
        return JET_errInvalidGrbit;
    }
    if (cursor->index == NULL) {
        return JET_errNoCurrentIndex;
    }
    bool unique = ese_index_is_unique(cursor->index);
    if (key == NULL || key_size == 0 || key_size > cursor->index->key_most || size > JET_cbBookmarkMostMost ||
        (!unique && (bookmark == NULL || size == 0))) {
        return JET_errInvalidBookmark;
    }
    JET_ERR err = ese_index_entry_make(cursor->index, key, key_size, unique ? "" : bookmark, unique ? 0 : size, &node_key,
                                       &node_data);
    if (err == JET_errSuccess) {
        struct ese_spot spot = { .key = node_key };
        err = ese_entry_get(cursor->trx, cursor->index->tree, &spot, NULL);
    }
    if (err == JET_errSuccess) {
        err = ese_cursor_look(cursor, ESE_SEEK_GE, node_key.data, node_key.size);
        cursor->where = err == JET_errSuccess ? ESE_ON_RECORD : cursor->where;
    } else if (err == JET_errRecordDeleted && (grbit & JET_bitBookmarkPermitVirtualCurrency) != 0) {
        JET_ERR stood = ese_bytes_set(&cursor->entry.key, node_key.data, node_key.size);
        cursor->entry.hint = false;
        cursor->where = ESE_IN_GAP;
        cursor->gap_after = false;
        err = stood != JET_errSuccess ? stood : err;
    }
    end_all(cursor);
    ese_bytes_free(&node_key);
    ese_bytes_free(&node_data);
    return err;
}
