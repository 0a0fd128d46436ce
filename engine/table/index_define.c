/* What makes an index: the caller's definition checked, and names and ids turned into columns and a collation. */
#include "engine/table/index.h"

#define TUPLE_MIN 3                                 /* default limits of tuple indexes (documentation: JET_TUPLELIMITS) */
#define TUPLE_MAX 10
#define TUPLE_TO_INDEX 32767
#define TUPLE_LENGTH_LEAST 2
#define TUPLE_LENGTH_MOST 255

#define IGNORES (JET_bitIndexIgnoreNull | JET_bitIndexIgnoreAnyNull | JET_bitIndexIgnoreFirstNull)

/* ---- resolving ------------------------------------------------------------------------------------------- */

/* By id, whoever sees it: ids are never used again. */
static const struct ese_column *column_of(const struct ese_table *table, JET_COLUMNID id)
{
    for (uint32_t i = 0; i < table->columns; i++) {
        if (table->column[i]->id == id && !table->column[i]->gone) {
            return table->column[i];
        }
    }
    return NULL;
}

JET_ERR ese_index_resolve(const struct ese_table *table, struct ese_index *index)
{
    bool unicode = false;
    index->multi = index->columns;
    for (uint32_t i = 0; i < index->columns; i++) {
        const struct ese_column *column = column_of(table, index->column[i]);
        if (column == NULL) {
            return JET_errColumnNotFound;
        }
        index->part[i] = column;
        unicode = unicode || (ese_coltyp_is_text(column->coltyp) && column->code_page == 1200);
        if (index->multi == index->columns && ese_columnid_is_tagged(column->id) &&
            (column->grbit & JET_bitColumnMultiValued) != 0) {
            index->multi = i;
        }
    }
    for (uint32_t i = 0; i < index->conditions; i++) {
        index->condition_part[i] = column_of(table, index->condition[i].column);
        if (index->condition_part[i] == NULL) {
            return JET_errColumnNotFound;
        }
    }
    return unicode ? ese_collation_find(index->locale, index->map_flags, &index->collation) : JET_errSuccess;
}

/* ---- the key --------------------------------------------------------------------------------------------- */

static JET_ERR check_column(const struct ese_column *column, JET_GRBIT grbit)
{
    bool multi = ese_columnid_is_tagged(column->id) && (column->grbit & JET_bitColumnMultiValued) != 0;
    /* An index would miss additions, and what a function of the application computes anew each time. */
    if ((column->grbit & (JET_bitColumnEscrowUpdate | JET_bitColumnUserDefinedDefault)) != 0) {
        return JET_errCannotIndex;
    }
    if ((grbit & JET_bitIndexPrimary) != 0 && multi) {
        return JET_errIndexInvalidDef;              /* a clustered key is made of values every record has one of */
    }
    if ((grbit & JET_bitIndexEmpty) != 0 && column->default_size != 0) {
        return JET_errIndexInvalidDef;
    }
    return (grbit & JET_bitIndexTuples) != 0 && !ese_coltyp_is_text(column->coltyp) ? JET_errIndexTuplesTextColumnsOnly
                                                                                   : JET_errSuccess;
}

/* What may follow the list of columns, obsolete but documented: a language, then cbVarSegMac, two bytes each. */
static JET_ERR parse_tail(const char *at, const char *end, struct ese_index *index)
{
    const unsigned char *tail = (const unsigned char *)at;
    size_t size = (size_t)(end - at);
    if (size >= 2 && ese_get16(tail) != 0) {
        if ((index->grbit & JET_bitIndexUnicode) != 0) {
            return JET_errIndexInvalidDef;
        }
        index->lcid = ese_get16(tail);
    }
    if (size >= 4 && ese_get16(tail + 2) != 0) {
        index->segment_most = ese_get16(tail + 2);
    }
    return JET_errSuccess;
}

/* Takes "+First\0-Second\0\0" apart. */
static JET_ERR parse_key(const struct ese_table *table, const struct ese_trx *trx, const struct ese_index_def *def,
                         struct ese_index *index)
{
    const char *at = def->key, *end = def->key + def->key_size;
    while (at < end && *at != '\0') {
        const char *stop = memchr(at, '\0', (size_t)(end - at));
        if (stop == NULL || (*at != '+' && *at != '-') || index->columns == ESE_KEY_COLUMNS ||
            !ese_name_is_valid(at + 1)) {
            return JET_errIndexInvalidDef;
        }
        const struct ese_column *column = ese_table_column_named(table, trx, at + 1);
        if (column == NULL) {
            return JET_errColumnNotFound;
        }
        JET_ERR err = check_column(column, def->grbit);
        if (err != JET_errSuccess) {
            return err;
        }
        index->column[index->columns] = column->id;
        index->descending[index->columns] = *at == '-';
        index->columns++;
        at = stop + 1;
    }
    if (at >= end || index->columns == 0) {
        return JET_errIndexInvalidDef;
    }
    return parse_tail(at + 1, end, index);
}

static JET_ERR parse_conditions(const struct ese_table *table, const struct ese_trx *trx,
                                const struct ese_index_def *def, struct ese_index *index)
{
    for (uint32_t i = 0; i < def->conditions; i++) {
        const struct ese_condition_def *condition = &def->condition[i];
        if (condition->grbit != JET_bitIndexColumnMustBeNull && condition->grbit != JET_bitIndexColumnMustBeNonNull) {
            return JET_errInvalidGrbit;
        }
        if (!ese_name_is_valid(condition->column)) {
            return JET_errInvalidName;
        }
        const struct ese_column *column = ese_table_column_named(table, trx, condition->column);
        if (column == NULL) {
            return JET_errColumnNotFound;
        }
        index->condition[i].column = column->id;
        index->condition[i].must_be_null = condition->grbit == JET_bitIndexColumnMustBeNull;
        index->conditions++;
    }
    return JET_errSuccess;
}

/* ---- everything else ------------------------------------------------------------------------------------- */

uint32_t ese_key_most_allowed(uint32_t page_size)
{
    return page_size <= 2048 ? JET_cbKeyMost2KBytePage : page_size <= 4096 ? JET_cbKeyMost4KBytePage
                                                                          : JET_cbKeyMost8KBytePage;
}

static JET_ERR check_bits(const struct ese_index_def *def)
{
    const JET_GRBIT known = JET_bitIndexUnique | JET_bitIndexPrimary | JET_bitIndexDisallowNull | IGNORES |
                            JET_bitIndexLazyFlush | JET_bitIndexEmpty | JET_bitIndexUnversioned |
                            JET_bitIndexSortNullsHigh | JET_bitIndexUnicode | JET_bitIndexTuples |
                            JET_bitIndexTupleLimits | JET_bitIndexCrossProduct | JET_bitIndexKeyMost |
                            JET_bitIndexDisallowTruncation | JET_bitIndexNestedTable | JET_bitIndexDotNetGuid |
                            JET_bitIndexImmutableStructure;
    JET_GRBIT grbit = def->grbit;
    bool primary = (grbit & JET_bitIndexPrimary) != 0, tuples = (grbit & JET_bitIndexTuples) != 0;
    if ((grbit & ~known) != 0) {
        return JET_errInvalidGrbit;
    }
    if (tuples && primary) {
        return JET_errIndexTuplesSecondaryIndexOnly;
    }
    if (tuples && (grbit & JET_bitIndexUnique) != 0) {
        return JET_errIndexTuplesNonUniqueOnly;
    }
    if (tuples && def->segment_most != 0) {
        return JET_errIndexTuplesVarSegMacNotAllowed;
    }
    const JET_GRBIT both = JET_bitIndexCrossProduct | JET_bitIndexNestedTable;
    if ((primary && (grbit & (IGNORES | both | JET_bitIndexEmpty)) != 0) || (grbit & both) == both) {
        return JET_errInvalidGrbit;
    }
    if ((grbit & JET_bitIndexEmpty) != 0 && (grbit & JET_bitIndexIgnoreAnyNull) == 0) {
        return JET_errInvalidGrbit;
    }
    return JET_errSuccess;
}

static JET_ERR check_numbers(const struct ese_table *table, const struct ese_index_def *def)
{
    uint32_t allowed = ese_key_most_allowed(table->database->store->config.page_size);
    if (!ese_name_is_valid(def->name)) {
        return JET_errInvalidName;
    }
    if (def->key == NULL || def->key_size == 0) {
        return JET_errInvalidParameter;
    }
    if (def->density != 0 && (def->density < 20 || def->density > 100)) {
        return JET_errDensityInvalid;
    }
    if (def->key_most > allowed || (def->key_most != 0 && def->key_most < JET_cbKeyMostMin) ||
        ((def->grbit & JET_bitIndexKeyMost) != 0 && def->key_most == 0)) {
        return JET_errIndexInvalidDef;
    }
    uint32_t key_most = def->key_most != 0 ? def->key_most : JET_cbKeyMost;
    bool conditional_primary = def->conditions != 0 && (def->grbit & JET_bitIndexPrimary) != 0;
    return def->segment_most > key_most || def->conditions > ESE_KEY_COLUMNS || conditional_primary
               ? JET_errIndexInvalidDef : JET_errSuccess;
}

static JET_ERR set_tuple_limits(const struct ese_index_def *def, struct ese_index *index)
{
    const struct ese_tuple_limits usual = { TUPLE_MIN, TUPLE_MAX, TUPLE_TO_INDEX, 1, 0 };
    if ((def->grbit & JET_bitIndexTuples) == 0) {
        return JET_errSuccess;
    }
    index->tuple = def->tuple != NULL ? *def->tuple : usual;
    if (index->tuple.increment == 0) {
        index->tuple.increment = 1;
    }
    bool good = index->tuple.length_min >= TUPLE_LENGTH_LEAST && index->tuple.length_min <= index->tuple.length_max &&
                index->tuple.length_max <= TUPLE_LENGTH_MOST && index->tuple.to_index_max != 0 &&
                index->tuple.to_index_max <= TUPLE_TO_INDEX && index->tuple.increment <= TUPLE_LENGTH_MOST &&
                index->tuple.start <= TUPLE_TO_INDEX;
    if (!good) {
        return JET_errIndexTuplesInvalidLimits;
    }
    return index->columns == 1 ? JET_errSuccess : JET_errIndexTuplesOneColumnOnly;
}

static JET_ERR set_locale(const struct ese_index_def *def, struct ese_index *index)
{
    index->map_flags = def->map_flags;
    if (def->map_flags != 0 && !ese_map_flags_are_valid(def->map_flags)) {
        return JET_errInvalidLCMapStringFlags;
    }
    if (index->lcid == 0) {
        index->lcid = def->lcid;
    }
    if (def->locale == NULL) {
        return ese_locale_name(index->lcid, index->locale);
    }
    if (strlen(def->locale) > ESE_LOCALE_MAX || !ese_locale_is_known(def->locale)) {
        return JET_errInvalidLanguageId;
    }
    memcpy(index->locale, def->locale, strlen(def->locale) + 1);
    index->lcid = ese_locale_lcid(index->locale);
    return JET_errSuccess;
}

static JET_ERR define_in(const struct ese_table *table, const struct ese_trx *trx, const struct ese_index_def *def,
                         struct ese_index *index)
{
    memcpy(index->name, def->name, strlen(def->name) + 1);
    index->grbit = def->grbit & ~(JET_GRBIT)(JET_bitIndexUnversioned | JET_bitIndexEmpty | JET_bitIndexLazyFlush);
    index->grbit |= (def->grbit & JET_bitIndexPrimary) != 0 ? JET_bitIndexUnique : 0u;
    index->density = def->density;
    index->key_most = def->key_most != 0 ? def->key_most : JET_cbKeyMost;
    index->segment_most = def->segment_most;
    if (def->hints != NULL) {
        index->hints = *def->hints;
    }
    JET_ERR err = parse_key(table, trx, def, index);
    if (err == JET_errSuccess) {
        err = parse_conditions(table, trx, def, index);
    }
    if (err == JET_errSuccess) {
        err = set_tuple_limits(def, index);
    }
    if (err == JET_errSuccess) {
        err = set_locale(def, index);
    }
    return err == JET_errSuccess ? ese_index_resolve(table, index) : err;
}

JET_ERR ese_index_define(const struct ese_table *table, const struct ese_trx *trx, const struct ese_index_def *def,
                         struct ese_index **index)
{
    JET_ERR err = check_numbers(table, def);
    if (err == JET_errSuccess) {
        err = check_bits(def);
    }
    if (err != JET_errSuccess) {
        return err;
    }
    struct ese_index *made = ese_calloc(1, sizeof *made);
    if (made == NULL) {
        return JET_errOutOfMemory;
    }
    err = define_in(table, trx, def, made);
    if (err != JET_errSuccess) {
        ese_free(made);
        return err;
    }
    *index = made;
    return JET_errSuccess;
}
