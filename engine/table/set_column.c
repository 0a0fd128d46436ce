/* Setting columns of a prepared record. */
#include "engine/table/long_value.h"

#define FIXED_MAX 255u                              /* greatest padded value */
#define COMPARED_MAX 1024u                          /* of a value, when normal forms are compared */
#define NORMAL_MAX 255u                             /* ... and of these */

/* What a call asks for. */
struct setting {
    struct ese_cursor *cursor;
    const struct ese_column *column;
    const void *data;
    uint32_t size;
    JET_GRBIT grbit;
    uint32_t sequence, offset;
};

#define PARTIAL (JET_bitSetAppendLV | JET_bitSetOverwriteLV | JET_bitSetSizeLV)
#define UNIQUE (JET_bitSetUniqueMultiValues | JET_bitSetUniqueNormalizedMultiValues)

/* ---- room ------------------------------------------------------------------------------------------------ */

/* Sorts keep long values in their records, whatever their size. */
static bool stays_whole(const struct ese_cursor *cursor)
{
    const struct ese_temp *temp = cursor->table->temp;
    return temp != NULL && (temp->grbit & JET_bitTTIntrinsicLVsOnly) != 0;
}

/* Moves the greatest long value that is still in the record (but not the one being set) out of it. False: there is none
 * greater than `least`. */
static bool separate_greatest(const struct setting *setting, uint32_t least, JET_ERR *err)
{
    struct ese_cursor *cursor = setting->cursor;
    struct ese_bytes *copy = &cursor->copy;
    struct ese_value value, greatest = { NULL, 0, true, false };
    JET_COLUMNID found = 0, last = 0;
    uint32_t sequence = 0, at = 0;
    unsigned char reference[ESE_LONG_REFERENCE];
    for (uint32_t i = 0; i < ese_record_entries(copy); i++) {
        JET_COLUMNID id = ese_record_entry(copy, i, &value);
        at = id == last ? at + 1 : 1;
        last = id;
        if (!ese_columnid_is_tagged(id) || value.separate || value.size <= least ||
            value.size <= greatest.size || (id == setting->column->id && at == setting->sequence)) {
            continue;
        }
        const struct ese_column *column = ese_table_column(cursor->table, cursor->trx, id);
        if (column != NULL && ese_coltyp_is_long(column->coltyp)) {
            greatest = value;
            found = id;
            sequence = at;
        }
    }
    *err = JET_errSuccess;
    if (found == 0 || stays_whole(cursor)) {
        return false;
    }
    *err = ese_long_edit_begin(cursor, NULL, reference);
    if (*err == JET_errSuccess) {
        *err = ese_long_edit_write(cursor, reference, 0, greatest.data, greatest.size);
    }
    if (*err == JET_errSuccess) {
        *err = ese_record_set_separate(copy, found, sequence, reference);
    }
    return true;
}

/* Makes sure that the record stays within its limit with a value of this size. With can_move the value itself may be
 * the one to move out: *move says so. */
static JET_ERR make_room(const struct setting *setting, uint32_t size, bool can_move, bool *move)
{
    struct ese_cursor *cursor = setting->cursor;
    uint32_t most = ese_record_max(cursor->table->database);
    JET_ERR err = JET_errSuccess;
    can_move = can_move && !stays_whole(cursor);
    *move = false;
    while (err == JET_errSuccess &&
           ese_record_size_with(&cursor->copy, setting->column->id, setting->sequence, size) > most) {
        uint32_t least = can_move && size > ESE_LONG_REFERENCE ? size : ESE_LONG_REFERENCE;
        if (!separate_greatest(setting, least, &err)) {
            *move = can_move && size > ESE_LONG_REFERENCE;
            return *move ? JET_errSuccess : JET_errRecordTooBig;
        }
    }
    return err;
}

/* ---- long values ----------------------------------------------------------------------------------------- */

/* Puts a value outside the record: a new one, of the old value's bytes first when there are any. */
static JET_ERR begin_separate(const struct setting *setting, const struct ese_value *old, unsigned char *reference)
{
    struct ese_cursor *cursor = setting->cursor;
    bool move;
    if (!old->null && old->separate && (ese_long_reference(old).id & ESE_LONG_EDITED) != 0) {
        memcpy(reference, old->data, ESE_LONG_REFERENCE);
        return JET_errSuccess;
    }
    JET_ERR err = ese_long_edit_begin(cursor, !old->null && old->separate ? old : NULL, reference);
    if (err == JET_errSuccess && !old->null && !old->separate) {
        err = ese_long_edit_write(cursor, reference, 0, old->data, old->size);
    }
    if (err == JET_errSuccess) {
        err = make_room(setting, ESE_LONG_REFERENCE, false, &move);
    }
    return err == JET_errSuccess ? ese_record_set_separate(&cursor->copy, setting->column->id, setting->sequence, reference)
                                 : err;
}

/* Does a value of this size leave the record, room or not? */
static bool wants_out(const struct setting *setting, uint64_t size)
{
    bool forced = (setting->grbit & JET_bitSetSeparateLV) != 0 && size > sizeof(uint32_t);
    return (forced || size > ESE_LONG_INTRINSIC_MAX) && !stays_whole(setting->cursor);
}

/* Where the call writes, and how long the value is afterwards. */
static JET_ERR plan_part(const struct setting *setting, uint32_t old_size, uint64_t *begin, uint64_t *total)
{
    bool overwrite = (setting->grbit & JET_bitSetOverwriteLV) != 0, resize = (setting->grbit & JET_bitSetSizeLV) != 0;
    *begin = (setting->grbit & JET_bitSetAppendLV) != 0 ? old_size : overwrite ? setting->offset : 0;
    if (overwrite && setting->offset > old_size) {
        return JET_errColumnNoChunk;
    }
    uint64_t end = *begin + setting->size;
    *total = resize && !overwrite ? setting->size : overwrite && !resize && end < old_size ? old_size : end;
    uint32_t most = setting->column->max_size;
    return *total > ESE_LONG_MAX || (most != 0 && *total > most) ? JET_errColumnTooBig : JET_errSuccess;
}

/* Appends to, overwrites or resizes the old value of a long column. */
static JET_ERR set_part(const struct setting *setting, const struct ese_value *old)
{
    struct ese_cursor *cursor = setting->cursor;
    bool only_size = (setting->grbit & JET_bitSetSizeLV) != 0 && (setting->grbit & JET_bitSetOverwriteLV) == 0;
    uint32_t old_size = old->null ? 0 : old->size, written = only_size || setting->data == NULL ? 0 : setting->size;
    uint64_t begin, total;
    unsigned char reference[ESE_LONG_REFERENCE];
    JET_ERR err = JET_errSuccess;
    bool move = old->separate && !old->null;
    if (move) {
        err = ese_long_value_size(cursor, old, &old_size);
    }
    if (err == JET_errSuccess) {
        err = plan_part(setting, old_size, &begin, &total);
    }
    if (err != JET_errSuccess) {
        return err;
    }
    move = move || wants_out(setting, total);
    if ((setting->grbit & JET_bitSetIntrinsicLV) != 0 && total > ESE_LONG_INTRINSIC_MAX) {
        return JET_errColumnTooBig;
    }
    if (!move) {
        err = make_room(setting, (uint32_t)total, true, &move);
    }
    if (err == JET_errSuccess && !move) {
        /* making room may have moved what the old value points to */
        struct ese_value now = { NULL, 0, true, false };
        (void)ese_record_get(&cursor->copy, setting->column->id, setting->sequence, &now);
        unsigned char *whole = ese_calloc(1, (size_t)total + 1);
        if (whole == NULL) {
            return JET_errOutOfMemory;
        }
        if (old_size != 0) {
            memcpy(whole, now.data, old_size < total ? old_size : (size_t)total);
        }
        if (written != 0) {
            memcpy(whole + begin, setting->data, written);
        }
        err = ese_record_set(&cursor->copy, setting->column->id, setting->sequence, whole, (uint32_t)total, false);
        ese_free(whole);
        return err;
    }
    struct ese_value now = { NULL, 0, true, false };
    (void)ese_record_get(&cursor->copy, setting->column->id, setting->sequence, &now);
    if (err == JET_errSuccess) {
        err = begin_separate(setting, &now, reference);
    }
    if (err == JET_errSuccess && written != 0) {
        err = ese_long_edit_write(cursor, reference, (uint32_t)begin, setting->data, written);
    }
    if (err == JET_errSuccess) {
        err = ese_long_edit_resize(cursor, reference, (uint32_t)total);
    }
    return err;
}

/* A whole new value of a long column. */
static JET_ERR set_long(const struct setting *setting)
{
    const struct ese_column *column = setting->column;
    struct ese_value old = { NULL, 0, true, false };
    uint32_t size = setting->size;
    unsigned char reference[ESE_LONG_REFERENCE];
    if ((column->max_size != 0 && size > column->max_size) || size > ESE_LONG_MAX ||
        ((setting->grbit & JET_bitSetIntrinsicLV) != 0 && size > ESE_LONG_INTRINSIC_MAX)) {
        return JET_errColumnTooBig;
    }
    JET_ERR err = JET_errSuccess;
    bool move = wants_out(setting, size);
    if (!move) {
        err = make_room(setting, size, true, &move);
    }
    if (err == JET_errSuccess && !move) {
        return ese_record_set(&setting->cursor->copy, column->id, setting->sequence, setting->data, size, false);
    }
    if (err == JET_errSuccess) {
        (void)ese_record_get(&setting->cursor->copy, column->id, setting->sequence, &old);
        err = begin_separate(setting, &old, reference);
    }
    if (err == JET_errSuccess) {
        err = ese_long_edit_resize(setting->cursor, reference, 0);
    }
    return err == JET_errSuccess ? ese_long_edit_write(setting->cursor, reference, 0, setting->data, size) : err;
}

/* ---- other values ---------------------------------------------------------------------------------------- */

/* Stores the value given: padded, normalised; JET_wrnColumnMaxTruncated when it had to be cut. */
static JET_ERR set_short(const struct setting *setting)
{
    const struct ese_column *column = setting->column;
    uint32_t wanted = ese_coltyp_size(column->coltyp), size = setting->size;
    const void *data = size != 0 ? setting->data : "";
    unsigned char shaped[FIXED_MAX + 1];
    JET_ERR warning = JET_errSuccess;
    bool move;
    if (wanted != 0 && size != wanted && !(size == 0 && ese_columnid_is_tagged(column->id))) {
        return JET_errInvalidBufferSize;
    }
    if (wanted == 0 && ese_columnid_is_fixed(column->id)) {
        if (size > column->max_size || column->max_size > FIXED_MAX) {
            return JET_errInvalidBufferSize;
        }
        memset(shaped, ese_coltyp_is_text(column->coltyp) ? ' ' : 0, column->max_size);
        memcpy(shaped, data, size);
        data = shaped;
        size = column->max_size;
    } else if (column->coltyp == JET_coltypBit && size != 0) {
        shaped[0] = *(const unsigned char *)data != 0 ? 0xFF : 0;
        data = shaped;
    } else if (wanted == 0 && column->max_size != 0 && size > column->max_size) {
        size = column->max_size;
        warning = JET_wrnColumnMaxTruncated;
    }
    JET_ERR err = make_room(setting, size, false, &move);
    if (err == JET_errSuccess) {
        err = ese_record_set(&setting->cursor->copy, column->id, setting->sequence, data, size, false);
    }
    return err != JET_errSuccess ? err : warning;
}

static JET_ERR set_null(const struct setting *setting)
{
    struct ese_bytes *copy = &setting->cursor->copy;
    const struct ese_column *column = setting->column;
    bool move;
    if ((column->grbit & (JET_bitColumnNotNULL | JET_bitColumnEscrowUpdate)) != 0) {
        return JET_errNullInvalid;
    }
    /* Nothing at all means the default; so of the only value, NULL must be said. */
    if ((column->default_size != 0 || (column->grbit & JET_bitColumnUserDefinedDefault) != 0) && ese_record_values(copy, column->id) <= 1) {
        JET_ERR err = make_room(setting, 0, false, &move);
        return err == JET_errSuccess ? ese_record_set(copy, column->id, setting->sequence, NULL, 0, true) : err;
    }
    return ese_record_unset(copy, column->id, setting->sequence);
}

/* ---- unique multi-values --------------------------------------------------------------------------------- */

/* The first bytes of a value of the prepared record, wherever it is; *whole: its full size. */
static JET_ERR look(const struct setting *setting, const struct ese_value *value, uint32_t most,
                    struct ese_bytes *scratch, const unsigned char **data, uint32_t *whole)
{
    *data = value->data;
    *whole = value->size;
    if (!value->separate) {
        return JET_errSuccess;
    }
    JET_ERR err = ese_long_value_size(setting->cursor, value, whole);
    uint32_t part = err == JET_errSuccess && *whole < most ? *whole : most;
    if (err == JET_errSuccess) {
        err = ese_bytes_reserve(scratch, part != 0 ? part : 1);
    }
    if (err == JET_errSuccess) {
        err = ese_long_value_read(setting->cursor, value, 0, scratch->data, part);
        *data = scratch->data;
    }
    return err;
}

static JET_ERR normal_form(const struct setting *setting, const void *data, uint32_t size, struct ese_bytes *key)
{
    const struct ese_key_part part = { .column = setting->column, .data = data,
                                       .size = size < COMPARED_MAX ? size : COMPARED_MAX };
    key->size = 0;
    JET_ERR err = ese_key_append(key, &part, ESE_KEY_WHOLE);
    if (err == JET_errSuccess && key->size > NORMAL_MAX) {
        key->size = NORMAL_MAX;
    }
    return err;
}

static JET_ERR compare_normal(const struct setting *setting, const void *data, uint32_t size)
{
    struct ese_bytes a = { NULL, 0, 0 }, b = { NULL, 0, 0 };
    JET_ERR err = normal_form(setting, setting->data, setting->size, &a);
    if (err == JET_errSuccess) {
        err = normal_form(setting, data, size, &b);
    }
    if (err == JET_errSuccess && a.size == b.size && memcmp(a.data, b.data, a.size) == 0) {
        err = a.size == NORMAL_MAX ? JET_errMultiValuedDuplicateAfterTruncation : JET_errMultiValuedDuplicate;
    }
    ese_bytes_free(&a);
    ese_bytes_free(&b);
    return err;
}

static JET_ERR check_unique(const struct setting *setting)
{
    bool normal = (setting->grbit & JET_bitSetUniqueNormalizedMultiValues) != 0;
    struct ese_bytes scratch = { NULL, 0, 0 };
    struct ese_value value;
    JET_ERR err = JET_errSuccess;
    for (uint32_t i = 1; err == JET_errSuccess &&
                         ese_record_get(&setting->cursor->copy, setting->column->id, i, &value); i++) {
        const unsigned char *data;
        uint32_t size;
        if (i == setting->sequence || value.null) {
            continue;
        }
        err = look(setting, &value, normal ? COMPARED_MAX : UINT32_MAX, &scratch, &data, &size);
        if (err == JET_errSuccess && normal) {
            err = compare_normal(setting, data, size);
        } else if (err == JET_errSuccess && size == setting->size &&
                   (size == 0 || memcmp(data, setting->data, size) == 0)) {
            err = JET_errMultiValuedDuplicate;
        }
    }
    ese_bytes_free(&scratch);
    return err;
}

/* ---- the call -------------------------------------------------------------------------------------------- */

static JET_ERR check_settable(const struct ese_cursor *cursor, const struct ese_column *column, JET_GRBIT grbit)
{
    bool insert = cursor->prepared == ESE_PREPARED_INSERT || cursor->prepared == ESE_PREPARED_COPY ||
                  cursor->prepared == ESE_PREPARED_MOVE;
    if ((column->grbit & JET_bitColumnAutoincrement) != 0) {
        return JET_errInvalidColumnType;
    }
    if ((column->grbit & (JET_bitColumnVersion | JET_bitColumnEscrowUpdate)) != 0 && !insert) {
        return JET_errInvalidColumnType;
    }
    if ((grbit & PARTIAL) != 0 && ((grbit & UNIQUE) != 0 || !ese_coltyp_is_long(column->coltyp))) {
        return JET_errInvalidGrbit;
    }
    return JET_errSuccess;
}

static JET_ERR unset_all(const struct setting *setting)
{
    JET_ERR err = JET_errSuccess;
    if ((setting->column->grbit & JET_bitColumnNotNULL) != 0 && setting->column->default_size == 0) {
        return JET_errNullInvalid;
    }
    if ((setting->column->grbit & JET_bitColumnEscrowUpdate) != 0) {
        return ese_record_set(&setting->cursor->copy, setting->column->id, 1, setting->column->default_value,
                              setting->column->default_size, false);
    }
    while (err == JET_errSuccess && ese_record_values(&setting->cursor->copy, setting->column->id) != 0) {
        err = ese_record_unset(&setting->cursor->copy, setting->column->id, 1);
    }
    return err;
}

/* The usual case, which needs no lock: a value that needs no shaping, of a known column that is neither long nor tagged nor
 * looked after by the engine. False: it is none, nothing was done. */
static bool set_known(struct ese_cursor *cursor, JET_COLUMNID columnid, const void *data, uint32_t size, JET_GRBIT grbit,
                      JET_ERR *err)
{
    const JET_GRBIT special = JET_bitColumnAutoincrement | JET_bitColumnVersion | JET_bitColumnEscrowUpdate;
    const struct ese_column *column = ese_cursor_known(cursor, columnid);
    if (column == NULL || grbit != 0 || data == NULL || size == 0 || ese_columnid_is_tagged(columnid) ||
        (column->grbit & special) != 0 || column->coltyp == JET_coltypBit || ese_coltyp_is_long(column->coltyp)) {
        return false;
    }
    uint32_t wanted = ese_coltyp_size(column->coltyp);
    bool fits = wanted != 0 ? size == wanted
                            : !ese_columnid_is_fixed(columnid) && (column->max_size == 0 || size <= column->max_size);
    if (!fits || cursor->copy.size + size + ESE_RECORD_ENTRY > ese_record_max(cursor->table->database)) {
        return false;
    }
    *err = ese_record_set(&cursor->copy, columnid, 1, data, size, false);
    return true;
}

/* table->lock held shared. */
static JET_ERR set_in(struct setting *setting)
{
    const struct ese_column *column = setting->column;
    struct ese_bytes *copy = &setting->cursor->copy;
    JET_GRBIT grbit = setting->grbit;
    bool tagged = ese_columnid_is_tagged(column->id), is_long = ese_coltyp_is_long(column->coltyp);
    JET_ERR err = check_settable(setting->cursor, column, grbit);
    if (err != JET_errSuccess) {
        return err;
    }
    uint32_t values = tagged ? ese_record_values(copy, column->id) : 0;
    if (!tagged) {
        setting->sequence = 1;
    } else if (setting->sequence == 0 || setting->sequence > values) {
        setting->sequence = values + 1;
    }
    if ((grbit & JET_bitSetRevertToDefaultValue) != 0) {
        return unset_all(setting);
    }
    bool varies = ese_coltyp_size(column->coltyp) == 0 ? !ese_columnid_is_fixed(column->id) : tagged;
    bool zero_length = (grbit & JET_bitSetZeroLength) != 0 && varies, sizing = (grbit & JET_bitSetSizeLV) != 0;
    if (setting->data == NULL && !sizing) {
        if (setting->size != 0) {
            return JET_errInvalidParameter;
        }
    }
    if (setting->size == 0 && !zero_length && !sizing) {
        /* nothing appended or laid over changes nothing */
        return (grbit & PARTIAL) != 0 ? JET_errSuccess : set_null(setting);
    }
    if ((grbit & UNIQUE) != 0) {
        err = check_unique(setting);
    }
    if (err != JET_errSuccess) {
        return err;
    }
    if (!is_long) {
        return set_short(setting);
    }
    if ((grbit & PARTIAL) == 0) {
        return set_long(setting);
    }
    struct ese_value old = { NULL, 0, true, false };
    (void)ese_record_get(copy, column->id, setting->sequence, &old);
    return set_part(setting, &old);
}

JET_ERR ese_cursor_set_column(struct ese_cursor *cursor, JET_COLUMNID columnid, const void *data, uint32_t size,
                              JET_GRBIT grbit, const JET_SETINFO *setinfo)
{
    const JET_GRBIT known = PARTIAL | UNIQUE | JET_bitSetZeroLength | JET_bitSetSeparateLV |
                            JET_bitSetRevertToDefaultValue | JET_bitSetIntrinsicLV | JET_bitSetUncompressed |
                            JET_bitSetCompressed | JET_bitSetContiguousLV;
    struct ese_table *table = cursor->table;
    if (cursor->prepared == ESE_PREPARED_NOTHING) {
        return JET_errUpdateNotPrepared;
    }
    if ((grbit & ~known) != 0 || ((grbit & JET_bitSetContiguousLV) != 0 && (grbit & JET_bitSetSeparateLV) == 0)) {
        return JET_errInvalidGrbit;
    }
    if (setinfo != NULL && setinfo->cbStruct < sizeof *setinfo) {
        return JET_errInvalidParameter;
    }
    if ((grbit & JET_bitSetContiguousLV) != 0 && size < table->database->store->config.page_size) {
        return JET_errInvalidBufferSize;
    }
    JET_ERR err;
    if (!set_known(cursor, columnid, data, size, grbit, &err)) {
        /* Only this session's calls touch the cursor; the column's definition must not go away meanwhile. */
        ese_rwlock_read(&table->lock);
        const struct ese_column *column = ese_table_column(table, cursor->trx, columnid);
        struct setting setting = { cursor, column, data, size, grbit, setinfo != NULL ? setinfo->itagSequence : 1,
                                   setinfo != NULL ? setinfo->ibLongValue : 0 };
        err = column == NULL ? ese_columnid_error(columnid) : set_in(&setting);
        if (column != NULL) {
            ese_cursor_remember(cursor, column);
        }
        ese_rwlock_read_unlock(&table->lock);
    }
    if (err >= JET_errSuccess && cursor->edit_count != 0) {
        JET_ERR spilled = ese_long_spill(cursor);
        err = spilled < JET_errSuccess ? spilled : err;
    }
    return err;
}

JET_ERR ese_cursor_set_columns(struct ese_cursor *cursor, JET_SETCOLUMN *columns, uint32_t count)
{
    JET_ERR err = JET_errSuccess;
    for (uint32_t i = 0; i < count && err >= JET_errSuccess; i++) {
        JET_SETINFO setinfo = { sizeof setinfo, columns[i].ibLongValue, columns[i].itagSequence };
        err = ese_cursor_set_column(cursor, columns[i].columnid, columns[i].pvData, columns[i].cbData,
                                    columns[i].grbit, &setinfo);
        columns[i].err = err;
    }
    return err;
}
