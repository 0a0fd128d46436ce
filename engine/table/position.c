/* Where a cursor stands: in the clustered index, or on an entry of a secondary one and so on its record. */
#include "engine/table/index.h"

/* The entry just found becomes the cursor's: its record is where its bookmark says. */
static JET_ERR adopt_entry(struct ese_cursor *cursor)
{
    const unsigned char *bookmark;
    uint32_t size;
    JET_ERR err = ese_index_entry_split(ese_index_is_unique(cursor->index), cursor->entry.key.data,
                                        cursor->entry.key.size, cursor->entry_data.data, cursor->entry_data.size,
                                        &cursor->entry_key, &bookmark, &size);
    if (err == JET_errSuccess) {
        err = ese_bytes_set(&cursor->spot.key, bookmark, size);
        cursor->spot.hint = false;
    }
    return err;
}

JET_ERR ese_cursor_look(struct ese_cursor *cursor, enum ese_seek how, const void *key, uint32_t size)
{
    if (cursor->index == NULL) {
        return ese_entry_seek(cursor->trx, cursor->table->tree, how, key, size, &cursor->spot);
    }
    JET_ERR err = ese_entry_seek_data(cursor->trx, cursor->index->tree, how, key, size, &cursor->entry,
                                      &cursor->entry_data);
    if (err == JET_errObjectNotFound) {
        return JET_errNoCurrentIndex;               /* it was dropped, or its creation rolled back */
    }
    return err == JET_errSuccess ? adopt_entry(cursor) : err;
}

JET_ERR ese_key_beyond(const struct ese_cursor *cursor, const void *key, uint32_t size, struct ese_bytes *beyond)
{
    uint32_t more = JET_cbKeyMostMost + 1;          /* no bookmark is longer */
    (void)cursor;
    JET_ERR err = ese_bytes_reserve(beyond, size + more);
    if (err == JET_errSuccess) {
        memmove(beyond->data, key, size);
        memset(beyond->data + size, 0xFF, more);
        beyond->size = size + more;
    }
    return err;
}

void ese_cursor_leave_index(struct ese_cursor *cursor)
{
    if (cursor->index != NULL) {
        ese_rwlock_write(&cursor->table->lock);
        cursor->index->cursors--;
        ese_rwlock_write_unlock(&cursor->table->lock);
        cursor->index = NULL;
    }
    cursor->where = ESE_AT_START;
    cursor->range.active = false;
    cursor->key.made = false;
    cursor->entry.hint = false;
}

static void enter_index(struct ese_cursor *cursor, struct ese_index *index)
{
    ese_cursor_leave_index(cursor);
    if (index != NULL) {
        ese_rwlock_write(&cursor->table->lock);
        index->cursors++;
        ese_rwlock_write_unlock(&cursor->table->lock);
        cursor->index = index;
    }
}

JET_ERR ese_cursor_entry_sequence(struct ese_cursor *cursor, const struct ese_bytes *record, JET_COLUMNID columnid,
                                  uint32_t *sequence)
{
    const struct ese_index *index = cursor->index;
    struct ese_bytes key = { NULL, 0, 0 };
    JET_ERR err = JET_errSuccess;
    bool there = true;
    if (index == NULL || index->multi == index->columns || index->column[index->multi] != columnid ||
        (index->grbit & (JET_bitIndexTuples | JET_bitIndexCrossProduct)) != 0) {
        return JET_errSuccess;
    }
    for (uint32_t i = 1; err == JET_errSuccess && there; i++) {
        err = ese_index_key_at(cursor->table, cursor->trx, index, record, i, &key, &there);
        if (err == JET_errSuccess && there && key.size == cursor->entry_key &&
            memcmp(key.data, cursor->entry.key.data, key.size) == 0) {
            *sequence = i;
            break;
        }
    }
    ese_bytes_free(&key);
    return err;
}

/* ---- by bookmark ----------------------------------------------------------------------------------------- */

/* Node key of the entry in the current index. */
static JET_ERR entry_of(struct ese_cursor *cursor, const struct ese_bytes *record, const void *bookmark, uint32_t size,
                        uint32_t sequence, struct ese_bytes *node_key)
{
    struct ese_bytes key = { NULL, 0, 0 }, data = { NULL, 0, 0 };
    bool there;
    ese_rwlock_read(&cursor->table->lock);
    JET_ERR err = ese_index_key_at(cursor->table, cursor->trx, cursor->index, record, sequence, &key, &there);
    ese_rwlock_read_unlock(&cursor->table->lock);
    if (err == JET_errSuccess && !there) {
        err = sequence > 1 ? JET_errBadItagSequence : JET_errNoCurrentRecord;
    }
    if (err == JET_errSuccess) {
        err = ese_index_entry_make(cursor->index, key.data, key.size, bookmark, size, node_key, &data);
    }
    ese_bytes_free(&key);
    ese_bytes_free(&data);
    return err;
}

JET_ERR ese_cursor_stand_on_record(struct ese_cursor *cursor, const void *bookmark, uint32_t size, uint32_t sequence)
{
    struct ese_spot spot = { .hint = false };
    struct ese_bytes record = { NULL, 0, 0 };
    struct ese_spot entry = { .hint = false };
    struct ese_bytes data = { NULL, 0, 0 };
    JET_ERR err = ese_bytes_set(&spot.key, bookmark, size);
    if (err == JET_errSuccess) {
        err = ese_entry_get(cursor->trx, cursor->table->tree, &spot, &record);
    }
    if (err == JET_errSuccess && !ese_record_is_sound(record.data, record.size)) {
        err = JET_errDatabaseCorrupted;
    }
    if (err == JET_errSuccess && cursor->index != NULL) {
        err = entry_of(cursor, &record, spot.key.data, spot.key.size, sequence, &entry.key);
        if (err == JET_errSuccess) {
            err = ese_entry_get(cursor->trx, cursor->index->tree, &entry, &data);
            err = err == JET_errRecordDeleted ? JET_errNoCurrentRecord : err;
        }
    }
    if (err == JET_errSuccess) {
        ese_spot_free(&cursor->spot);
        cursor->spot = spot;
        spot = (struct ese_spot){ .hint = false };
        cursor->where = ESE_ON_RECORD;
    }
    if (err == JET_errSuccess && cursor->index != NULL) {
        ese_spot_free(&cursor->entry);
        ese_bytes_free(&cursor->entry_data);
        cursor->entry = entry;
        cursor->entry_data = data;
        entry = (struct ese_spot){ .hint = false };
        data = (struct ese_bytes){ NULL, 0, 0 };
        err = adopt_entry(cursor);
    }
    ese_spot_free(&spot);
    ese_spot_free(&entry);
    ese_bytes_free(&record);
    ese_bytes_free(&data);
    return err;
}

/* ---- choosing the index ---------------------------------------------------------------------------------- */

/* What a JET_INDEXID holds. */
struct index_id { uint64_t table; uint32_t object, number; };
_Static_assert(sizeof(struct index_id) <= sizeof(((JET_INDEXID *)0)->rgbIndexId), "fits");

JET_ERR ese_table_index_id(struct ese_cursor *cursor, const char *name, JET_INDEXID *id)
{
    struct ese_index_info info;
    struct index_id own = { (uint64_t)(uintptr_t)cursor->table, cursor->table->object, 0 };
    JET_ERR err = JET_errSuccess;
    if (name != NULL && name[0] != '\0') {
        err = ese_table_index_by_name(cursor, name, &info);
        own.number = err == JET_errSuccess ? info.number : 0;
    } else if (ese_table_index_by_name(cursor, NULL, &info) == JET_errSuccess) {
        own.number = info.number;
    }
    if (err == JET_errSuccess) {
        memset(id, 0, sizeof *id);
        id->cbStruct = sizeof *id;
        memcpy(id->rgbIndexId, &own, sizeof own);
    }
    return err;
}

/* The secondary index meant; NULL: the clustered one. table->lock held. */
static JET_ERR find_by_id(const struct ese_cursor *cursor, const JET_INDEXID *id, struct ese_index **index)
{
    const struct ese_table *table = cursor->table;
    struct index_id own;
    *index = NULL;
    if (id->cbStruct != sizeof *id) {
        return JET_errInvalidIndexId;
    }
    memcpy(&own, id->rgbIndexId, sizeof own);
    if (own.table != (uint64_t)(uintptr_t)table || own.object != table->object) {
        return JET_errInvalidIndexId;
    }
    bool primary = ese_table_primary_is_visible(table, cursor->trx);
    if (own.number == (primary ? ESE_PRIMARY_NUMBER : 0)) {
        return JET_errSuccess;
    }
    for (uint32_t i = 0; i < table->indexes; i++) {
        if (table->index[i]->number == own.number && ese_index_is_visible(table->index[i], cursor->trx)) {
            *index = table->index[i];
            return JET_errSuccess;
        }
    }
    return JET_errInvalidIndexId;
}

static JET_ERR find_by_name(const struct ese_cursor *cursor, const char *name, struct ese_index **index)
{
    const struct ese_table *table = cursor->table;
    *index = NULL;
    if (name == NULL || name[0] == '\0') {
        return JET_errSuccess;
    }
    if (!ese_name_is_valid(name)) {
        return JET_errInvalidName;
    }
    if (ese_table_primary_is_visible(table, cursor->trx) && ese_name_same(table->primary->name, name)) {
        return JET_errSuccess;
    }
    *index = ese_table_index_named(table, cursor->trx, name);
    return *index != NULL ? JET_errSuccess : JET_errIndexNotFound;
}

/* Keeps the record: its entry in the new index is where the cursor stands. */
static JET_ERR change_in_place(struct ese_cursor *cursor, struct ese_index *index, uint32_t sequence)
{
    struct ese_bytes bookmark = { NULL, 0, 0 };
    bool on_record = cursor->where == ESE_ON_RECORD;
    JET_ERR err = on_record ? ese_bytes_set(&bookmark, cursor->spot.key.data, cursor->spot.key.size) : JET_errSuccess;
    if (err == JET_errSuccess) {
        enter_index(cursor, index);
        err = on_record ? ese_cursor_stand_on_record(cursor, bookmark.data, bookmark.size, sequence)
                        : index != NULL ? JET_errNoCurrentRecord : JET_errSuccess;
    }
    ese_bytes_free(&bookmark);
    return err;
}

JET_ERR ese_cursor_select_index(struct ese_cursor *cursor, const char *name, const JET_INDEXID *id, JET_GRBIT grbit,
                                uint32_t sequence)
{
    struct ese_index *index;
    if ((grbit & ~(JET_GRBIT)JET_bitNoMove) != 0) {
        return JET_errInvalidGrbit;
    }
    if (cursor->filter != NULL) {                   /* it would not fit another index */
        return JET_errFilteredMoveNotSupported;
    }
    ese_rwlock_read(&cursor->table->lock);
    JET_ERR err = id != NULL ? find_by_id(cursor, id, &index) : find_by_name(cursor, name, &index);
    ese_rwlock_read_unlock(&cursor->table->lock);
    if (err != JET_errSuccess || index == cursor->index) {
        return err;
    }
    if (cursor->prepared != ESE_PREPARED_NOTHING) {
        ese_cursor_cancel(cursor);
    }
    if ((grbit & JET_bitNoMove) != 0) {
        return change_in_place(cursor, index, sequence != 0 ? sequence : 1);
    }
    enter_index(cursor, index);
    err = ese_cursor_move(cursor, JET_MoveFirst, 0);
    return err == JET_errNoCurrentRecord ? JET_errSuccess : err; /* an empty index */
}

JET_ERR ese_cursor_set_index(struct ese_cursor *cursor, const char *name)
{
    return ese_cursor_select_index(cursor, name, NULL, 0, 1);
}

JET_ERR ese_cursor_get_index(struct ese_cursor *cursor, char *name, uint32_t size)
{
    struct ese_index_info info;
    const char *text = "";
    if (cursor->index != NULL) {
        text = cursor->index->name;
    } else if (ese_table_index_by_name(cursor, NULL, &info) == JET_errSuccess) {
        text = info.name;
    }
    size_t length = strlen(text) + 1;
    if (size < 1) {
        return JET_wrnBufferTruncated;
    }
    size_t part = length <= size ? length : size;
    memcpy(name, text, part);
    name[part - 1] = '\0';
    return part < length ? JET_wrnBufferTruncated : JET_errSuccess;
}
