/* Long values of a prepared update: what it has changed of them, in memory until JetUpdate writes it. */
#include "engine/table/long_value.h"

#define SPILL_BYTES (16u << 20)                     /* held in memory by one value before it moves into the database */

/* A value being changed: the first `valid` bytes of a stored one, zeros up to `size`, and changed chunks over that. */
struct ese_long_edit {
    uint64_t base;                                  /* stored value it starts from; 0: none */
    uint32_t base_edition;
    uint32_t stored;                                /* its size */
    bool fresh;                                     /* stored by this very update: no record names it */
    unsigned fresh_level;                           /* transaction level that happened at */
    JET_COLUMNID column;                            /* while settling */
    uint32_t size, valid;
    unsigned char **chunk;
    uint32_t chunks, held;                          /* room of the array, chunks in memory */
    bool used;                                      /* the record names it; while settling */
};

static struct ese_long_edit *edit_of(const struct ese_cursor *cursor, uint64_t id)
{
    return &cursor->edits[id & ~ESE_LONG_EDITED];
}

static void free_chunks(struct ese_long_edit *edit)
{
    for (uint32_t i = 0; i < edit->chunks; i++) {
        ese_free(edit->chunk[i]);
    }
    ese_free(edit->chunk);
    edit->chunk = NULL;
    edit->chunks = edit->held = 0;
}

/* ---- reading --------------------------------------------------------------------------------------------- */

/* A stored value that is gone at level 0 was taken by somebody else meanwhile. */
static JET_ERR judge(const struct ese_cursor *cursor, JET_ERR err)
{
    return err == JET_errLVCorrupted && cursor->trx->level == 0 ? JET_errRecordDeleted
         : err == JET_errRecordDeleted && cursor->trx->level != 0 ? JET_errLVCorrupted : err;
}

JET_ERR ese_long_value_size(struct ese_cursor *cursor, const struct ese_value *value, uint32_t *size)
{
    struct ese_long_reference reference = ese_long_reference(value);
    if ((reference.id & ESE_LONG_EDITED) != 0) {
        *size = edit_of(cursor, reference.id)->size;
        return JET_errSuccess;
    }
    return judge(cursor, ese_long_size(cursor->trx, cursor->table, reference.id, size));
}

static JET_ERR read_base(struct ese_cursor *cursor, const struct ese_long_edit *edit, uint32_t offset,
                         unsigned char *to, uint32_t size)
{
    uint32_t have = offset >= edit->valid ? 0 : edit->valid - offset < size ? edit->valid - offset : size;
    memset(to + have, 0, size - have);
    return have == 0 ? JET_errSuccess
                     : judge(cursor, ese_long_read(cursor->trx, cursor->table, edit->base, offset, to, have));
}

static JET_ERR read_edit(struct ese_cursor *cursor, const struct ese_long_edit *edit, uint32_t offset,
                         unsigned char *to, uint32_t size)
{
    uint32_t chunk = ese_long_chunk(cursor->table->database);
    JET_ERR err = JET_errSuccess;
    while (err == JET_errSuccess && size != 0) {
        uint32_t index = offset / chunk, skip = offset % chunk, part = chunk - skip < size ? chunk - skip : size;
        if (index < edit->chunks && edit->chunk[index] != NULL) {
            memcpy(to, edit->chunk[index] + skip, part);
        } else {
            err = read_base(cursor, edit, offset, to, part);
        }
        to += part;
        offset += part;
        size -= part;
    }
    return err;
}

JET_ERR ese_long_value_read(struct ese_cursor *cursor, const struct ese_value *value, uint32_t offset, void *to,
                            uint32_t size)
{
    struct ese_long_reference reference = ese_long_reference(value);
    if ((reference.id & ESE_LONG_EDITED) != 0) {
        return read_edit(cursor, edit_of(cursor, reference.id), offset, to, size);
    }
    return judge(cursor, ese_long_read(cursor->trx, cursor->table, reference.id, offset, to, size));
}

/* ---- changing -------------------------------------------------------------------------------------------- */

JET_ERR ese_long_edit_begin(struct ese_cursor *cursor, const struct ese_value *value, unsigned char *reference)
{
    if (cursor->edit_count == cursor->edit_room) {
        uint32_t room = cursor->edit_room != 0 ? cursor->edit_room * 2 : 4;
        struct ese_long_edit *longer = ese_realloc(cursor->edits, room * sizeof *longer);
        if (longer == NULL) {
            return JET_errOutOfMemory;
        }
        cursor->edits = longer;
        cursor->edit_room = room;
    }
    struct ese_long_edit *edit = &cursor->edits[cursor->edit_count];
    memset(edit, 0, sizeof *edit);
    if (value != NULL) {
        struct ese_long_reference base = ese_long_reference(value);
        uint32_t size;
        JET_ERR err = ese_long_value_size(cursor, value, &size);
        if (err != JET_errSuccess) {
            return err;
        }
        edit->base = base.id;
        edit->base_edition = base.edition;
        edit->size = edit->valid = edit->stored = size;
    }
    ese_long_put_reference(reference, ESE_LONG_EDITED | cursor->edit_count, 0);
    cursor->edit_count++;
    return JET_errSuccess;
}

/* The chunk in memory; load: with its present bytes. */
static JET_ERR take_chunk(struct ese_cursor *cursor, struct ese_long_edit *edit, uint32_t index, bool load,
                          unsigned char **bytes)
{
    uint32_t chunk = ese_long_chunk(cursor->table->database);
    if (index >= edit->chunks) {
        uint32_t room = index + 1 + index / 2;
        unsigned char **longer = ese_realloc(edit->chunk, room * sizeof *longer);
        if (longer == NULL) {
            return JET_errOutOfMemory;
        }
        memset(longer + edit->chunks, 0, (room - edit->chunks) * sizeof *longer);
        edit->chunk = longer;
        edit->chunks = room;
    }
    JET_ERR err = JET_errSuccess;
    if (edit->chunk[index] == NULL) {
        unsigned char *made = ese_alloc(chunk);
        if (made == NULL) {
            return JET_errOutOfMemory;
        }
        if (load) {
            err = read_base(cursor, edit, index * chunk, made, chunk);
        }
        if (err != JET_errSuccess) {
            ese_free(made);
            return err;
        }
        edit->chunk[index] = made;
        edit->held++;
    }
    *bytes = edit->chunk[index];
    return JET_errSuccess;
}

JET_ERR ese_long_edit_write(struct ese_cursor *cursor, const unsigned char *reference, uint32_t offset,
                            const void *data, uint32_t size)
{
    struct ese_long_edit *edit = edit_of(cursor, ese_get64(reference));
    uint32_t chunk = ese_long_chunk(cursor->table->database);
    const unsigned char *from = data;
    if ((uint64_t)offset + size > ESE_LONG_MAX) {
        return JET_errColumnTooBig;
    }
    uint32_t end = offset + size;
    while (size != 0) {
        uint32_t skip = offset % chunk, part = chunk - skip < size ? chunk - skip : size;
        unsigned char *bytes;
        JET_ERR err = take_chunk(cursor, edit, offset / chunk, part != chunk, &bytes);
        if (err != JET_errSuccess) {
            return err;
        }
        if (from != NULL) {
            memcpy(bytes + skip, from, part);
            from += part;
        } else {
            memset(bytes + skip, 0, part);
        }
        offset += part;
        size -= part;
    }
    edit->size = end > edit->size ? end : edit->size;
    return JET_errSuccess;
}

JET_ERR ese_long_edit_resize(struct ese_cursor *cursor, const unsigned char *reference, uint32_t size)
{
    struct ese_long_edit *edit = edit_of(cursor, ese_get64(reference));
    uint32_t chunk = ese_long_chunk(cursor->table->database);
    if (size > ESE_LONG_MAX) {
        return JET_errColumnTooBig;
    }
    for (uint32_t i = size / chunk; size < edit->size && i < edit->chunks; i++) {
        uint32_t keep = i == size / chunk ? size % chunk : 0;
        if (edit->chunk[i] == NULL) {
            continue;
        }
        if (keep != 0) {
            memset(edit->chunk[i] + keep, 0, chunk - keep);
        } else {
            ese_free(edit->chunk[i]);
            edit->chunk[i] = NULL;
            edit->held--;
        }
    }
    edit->size = size;
    edit->valid = size < edit->valid ? size : edit->valid;
    return JET_errSuccess;
}

/* ---- writing --------------------------------------------------------------------------------------------- */

static uint32_t chunk_length(uint32_t size, uint32_t offset, uint32_t chunk)
{
    return offset >= size ? 0 : size - offset < chunk ? size - offset : chunk;
}

/* Stores the value: as a new one, or (in_place) as what its base becomes. The edit itself stays as it is. */
static JET_ERR write_edit(struct ese_cursor *cursor, struct ese_tree *tree, const struct ese_long_edit *edit,
                          uint64_t id, bool in_place)
{
    struct ese_trx *trx = cursor->trx;
    uint32_t chunk = ese_long_chunk(cursor->table->database), stored = in_place ? edit->stored : 0;
    unsigned char *scratch = ese_alloc(chunk);
    if (scratch == NULL) {
        return JET_errOutOfMemory;
    }
    JET_ERR err = JET_errSuccess;
    if (!in_place || edit->size != stored) {
        err = ese_long_put_size(trx, tree, id, edit->size, !in_place);
    }
    for (uint64_t at = 0; err == JET_errSuccess && at < edit->size; at += chunk) {
        uint32_t offset = (uint32_t)at, index = offset / chunk, length = chunk_length(edit->size, offset, chunk);
        const unsigned char *bytes = index < edit->chunks ? edit->chunk[index] : NULL;
        if (bytes == NULL && in_place && chunk_length(edit->valid, offset, chunk) == length &&
            chunk_length(stored, offset, chunk) == length) {
            continue;
        }
        if (bytes == NULL) {
            err = read_base(cursor, edit, offset, scratch, length);
            bytes = scratch;
        }
        if (err == JET_errSuccess) {
            err = ese_long_put_chunk(trx, tree, id, offset, bytes, length, offset >= stored);
        }
    }
    uint64_t beyond = ((uint64_t)edit->size + chunk - 1) / chunk * chunk;
    for (uint64_t at = beyond; err == JET_errSuccess && at < stored; at += chunk) {
        err = ese_long_delete_chunk(trx, tree, id, (uint32_t)at);
    }
    ese_free(scratch);
    return err;
}

/* A chunk that somebody else has changed since the snapshot, or taken away, is a conflict like that of the record. */
static JET_ERR as_conflict(JET_ERR err)
{
    return err == JET_errRecordDeleted || err == JET_errKeyDuplicate ? JET_errWriteConflict : err;
}

static JET_ERR spill(struct ese_cursor *cursor, struct ese_long_edit *edit)
{
    struct ese_auto automatic;
    struct ese_tree *tree;
    uint64_t id = edit->base;
    bool stored = edit->base != 0 && !edit->fresh;
    if ((uint64_t)edit->held * ese_long_chunk(cursor->table->database) < SPILL_BYTES || cursor->trx->level == 0 ||
        stored) {
        return JET_errSuccess;
    }
    JET_ERR err = ese_long_make_tree(cursor->trx, cursor->table, &tree);
    if (err == JET_errSuccess && !edit->fresh) {
        err = ese_long_new_id(cursor->table, &id);
    }
    if (err == JET_errSuccess) {
        err = ese_auto_begin(&automatic, cursor->trx, false);
    }
    if (err == JET_errSuccess) {
        err = ese_auto_end(&automatic, write_edit(cursor, tree, edit, id, edit->fresh));
    }
    if (err == JET_errSuccess) {
        free_chunks(edit);
        edit->fresh_level = !edit->fresh || cursor->trx->level > edit->fresh_level ? cursor->trx->level
                                                                                  : edit->fresh_level;
        edit->base = id;
        edit->fresh = true;
        edit->valid = edit->stored = edit->size;
    }
    return err;
}

JET_ERR ese_long_spill(struct ese_cursor *cursor)
{
    JET_ERR err = JET_errSuccess;
    for (uint32_t i = 0; err == JET_errSuccess && i < cursor->edit_count; i++) {
        err = spill(cursor, &cursor->edits[i]);
    }
    return err;
}

bool ese_long_must_settle(const struct ese_cursor *cursor)
{
    return cursor->edit_count != 0 ||
           (cursor->prepared == ESE_PREPARED_COPY && ese_record_has_separate(&cursor->copy));
}

/* May the stored value change where it is? Not when keys are made from it: the old ones are still needed. */
static bool may_change_in_place(struct ese_cursor *cursor, const struct ese_long_edit *edit)
{
    if (edit->base == 0 || edit->fresh) {
        return edit->fresh;
    }
    ese_rwlock_read(&cursor->table->lock);
    bool indexed = ese_table_is_indexed(cursor->table, NULL, edit->column);
    ese_rwlock_read_unlock(&cursor->table->lock);
    return cursor->prepared != ESE_PREPARED_COPY && cursor->prepared != ESE_PREPARED_INSERT && !indexed;
}

/* Stores the separate value at entry `index` of the prepared record and names it there. */
static JET_ERR settle_value(struct ese_cursor *cursor, struct ese_tree *tree, uint32_t index)
{
    struct ese_value value;
    JET_COLUMNID column = ese_record_entry(&cursor->copy, index, &value);
    struct ese_long_reference reference;
    unsigned char name[ESE_LONG_REFERENCE];
    JET_ERR err = JET_errSuccess;
    if (!value.separate) {
        return JET_errSuccess;
    }
    reference = ese_long_reference(&value);
    if ((reference.id & ESE_LONG_EDITED) == 0) {
        if (cursor->prepared != ESE_PREPARED_COPY) {
            return JET_errSuccess;
        }
        err = ese_long_edit_begin(cursor, &value, name);
        if (err != JET_errSuccess) {
            return err;
        }
        reference.id = ese_get64(name);
    }
    struct ese_long_edit *edit = edit_of(cursor, reference.id);
    edit->used = true;
    edit->column = column;
    bool in_place = may_change_in_place(cursor, edit);
    uint64_t id = edit->base;
    if (!in_place) {
        err = ese_long_new_id(cursor->table, &id);
    }
    if (err == JET_errSuccess) {
        err = as_conflict(write_edit(cursor, tree, edit, id, in_place));
    }
    if (err == JET_errSuccess) {
        ese_long_put_reference(cursor->copy.data + (value.data - cursor->copy.data), id,
                               in_place && !edit->fresh ? edit->base_edition + 1 : 0);
    }
    return err;
}

JET_ERR ese_long_settle(struct ese_cursor *cursor)
{
    struct ese_tree *tree;
    uint32_t known = cursor->edit_count;
    JET_ERR err = ese_bytes_set(&cursor->unsettled, cursor->copy.data, cursor->copy.size);
    if (err != JET_errSuccess) {
        return err;
    }
    cursor->settling = true;
    cursor->edits_unsettled = known;
    err = ese_long_make_tree(cursor->trx, cursor->table, &tree);
    for (uint32_t i = 0; i < known; i++) {
        cursor->edits[i].used = false;
    }
    for (uint32_t i = 0; err == JET_errSuccess && i < ese_record_entries(&cursor->copy); i++) {
        err = settle_value(cursor, tree, i);
    }
    for (uint32_t i = 0; err == JET_errSuccess && i < known; i++) {
        if (!cursor->edits[i].used && cursor->edits[i].fresh) {
            err = ese_long_delete(cursor->trx, cursor->table, cursor->edits[i].base);
        }
    }
    return err;
}

void ese_long_settled(struct ese_cursor *cursor, bool success)
{
    if (cursor->settling && !success) {
        struct ese_bytes settled = cursor->copy;
        cursor->copy = cursor->unsettled;
        cursor->unsettled = settled;
        while (cursor->edit_count > cursor->edits_unsettled) {
            free_chunks(&cursor->edits[--cursor->edit_count]);
        }
    }
    cursor->settling = false;
}

void ese_long_cancel(struct ese_cursor *cursor, bool discard)
{
    for (uint32_t i = 0; i < cursor->edit_count; i++) {
        struct ese_long_edit *edit = &cursor->edits[i];
        struct ese_auto automatic;
        /* Should this fail, the value stays behind, unnamed, unless the transaction is rolled back: space lost, no harm. */
        if (discard && edit->fresh && ese_auto_begin(&automatic, cursor->trx, false) == JET_errSuccess) {
            (void)ese_auto_end(&automatic, ese_long_delete(cursor->trx, cursor->table, edit->base));
        }
        free_chunks(edit);
    }
    cursor->edit_count = 0;
}

bool ese_long_is_lost(const struct ese_cursor *cursor, unsigned level)
{
    for (uint32_t i = 0; i < cursor->edit_count; i++) {
        if (cursor->edits[i].fresh && cursor->edits[i].fresh_level > level) {
            return true;
        }
    }
    return false;
}
