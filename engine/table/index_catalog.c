/* Indexes in the catalog, and their statistics. */
#include "engine/table/catalog_format.h"
#include "engine/table/index.h"

#define INDEX_VALUE_MAX (32 * 4 + ESE_NAME_MAX + ESE_LOCALE_MAX + ESE_KEY_COLUMNS * 16 + (uint32_t)sizeof(JET_SPACEHINTS))
#define STATS_SIZE 24

/* ---- definitions ----------------------------------------------------------------------------------------- */

static void write_hints(struct ese_pen *pen, const JET_SPACEHINTS *hints)
{
    const uint32_t fields[] = { hints->cbStruct, hints->ulInitialDensity, hints->cbInitial, hints->grbit,
                                hints->ulMaintDensity, hints->ulGrowth, hints->cbMinExtent, hints->cbMaxExtent };
    for (unsigned i = 0; i < sizeof fields / sizeof fields[0]; i++) {
        ese_write_number(pen, fields[i]);
    }
}

static void read_hints(struct ese_eye *eye, JET_SPACEHINTS *hints)
{
    hints->cbStruct = ese_read_number(eye);
    hints->ulInitialDensity = ese_read_number(eye);
    hints->cbInitial = ese_read_number(eye);
    hints->grbit = ese_read_number(eye);
    hints->ulMaintDensity = ese_read_number(eye);
    hints->ulGrowth = ese_read_number(eye);
    hints->cbMinExtent = ese_read_number(eye);
    hints->cbMaxExtent = ese_read_number(eye);
}

JET_ERR ese_catalog_add_index(struct ese_trx *trx, const struct ese_table *table, const struct ese_index *index)
{
    unsigned char key[ESE_PART_KEY], value[INDEX_VALUE_MAX];
    struct ese_pen pen = { value };
    ese_write_bytes(&pen, index->name, (uint32_t)strlen(index->name));
    ese_write_number(&pen, index->tree != NULL ? index->tree->root : 0);
    ese_write_number(&pen, index->grbit | (index->derived ? ESE_DERIVED : 0u));
    ese_write_number(&pen, index->density);
    ese_write_number(&pen, index->key_most);
    ese_write_number(&pen, index->segment_most);
    ese_write_number(&pen, index->columns);
    for (uint32_t i = 0; i < index->columns; i++) {
        ese_write_number(&pen, index->column[i]);
        ese_write_number(&pen, index->descending[i]);
    }
    ese_write_number(&pen, index->conditions);
    for (uint32_t i = 0; i < index->conditions; i++) {
        ese_write_number(&pen, index->condition[i].column);
        ese_write_number(&pen, index->condition[i].must_be_null);
    }
    ese_write_number(&pen, index->tuple.length_min);
    ese_write_number(&pen, index->tuple.length_max);
    ese_write_number(&pen, index->tuple.to_index_max);
    ese_write_number(&pen, index->tuple.increment);
    ese_write_number(&pen, index->tuple.start);
    ese_write_bytes(&pen, index->locale, (uint32_t)strlen(index->locale));
    ese_write_number(&pen, index->lcid);
    ese_write_number(&pen, index->map_flags);
    write_hints(&pen, &index->hints);
    uint32_t size = ese_catalog_part_key(key, 'I', table->object, index->number);
    return ese_entry_insert(trx, table->database->catalog, key, size, value, (uint32_t)(pen.at - value));
}

JET_ERR ese_catalog_remove_index(struct ese_trx *trx, const struct ese_table *table, uint32_t number)
{
    unsigned char key[ESE_PART_KEY];
    return ese_entry_delete(trx, table->database->catalog, key, ese_catalog_part_key(key, 'I', table->object, number));
}

JET_ERR ese_catalog_parse_index(const void *data, uint32_t size, struct ese_index *index, uint32_t *root)
{
    struct ese_eye eye = { data, (const unsigned char *)data + size, false };
    ese_read_text(&eye, index->name, ESE_NAME_MAX);
    *root = ese_read_number(&eye);
    index->grbit = ese_read_number(&eye);
    index->derived = (index->grbit & ESE_DERIVED) != 0;
    index->grbit &= ~(JET_GRBIT)ESE_DERIVED;
    index->density = ese_read_number(&eye);
    index->key_most = ese_read_number(&eye);
    index->segment_most = ese_read_number(&eye);
    index->columns = ese_read_number(&eye);
    for (uint32_t i = 0; i < index->columns && i < ESE_KEY_COLUMNS; i++) {
        index->column[i] = ese_read_number(&eye);
        index->descending[i] = ese_read_number(&eye) != 0;
    }
    if (index->columns == 0 || index->columns > ESE_KEY_COLUMNS) {
        return JET_errCatalogCorrupted;
    }
    index->conditions = ese_read_number(&eye);
    for (uint32_t i = 0; i < index->conditions && i < ESE_KEY_COLUMNS; i++) {
        index->condition[i].column = ese_read_number(&eye);
        index->condition[i].must_be_null = ese_read_number(&eye) != 0;
    }
    index->tuple.length_min = ese_read_number(&eye);
    index->tuple.length_max = ese_read_number(&eye);
    index->tuple.to_index_max = ese_read_number(&eye);
    index->tuple.increment = ese_read_number(&eye);
    index->tuple.start = ese_read_number(&eye);
    ese_read_text(&eye, index->locale, ESE_LOCALE_MAX);
    index->lcid = ese_read_number(&eye);
    index->map_flags = ese_read_number(&eye);
    read_hints(&eye, &index->hints);
    bool good = !eye.bad && index->conditions <= ESE_KEY_COLUMNS && index->key_most != 0 &&
                index->key_most <= JET_cbKeyMostMost;
    return good ? JET_errSuccess : JET_errCatalogCorrupted;
}

/* Takes an entry of the catalog into the table. */
static JET_ERR load_one(struct ese_table *table, uint32_t number, const struct ese_bytes *value)
{
    uint32_t root = 0;
    struct ese_index *index = ese_calloc(1, sizeof *index);
    if (index == NULL) {
        return JET_errOutOfMemory;
    }
    index->number = number;
    JET_ERR err = ese_catalog_parse_index(value->data, value->size, index, &root);
    if (err == JET_errSuccess && (root == 0) != (number == ESE_PRIMARY_NUMBER)) {
        err = JET_errCatalogCorrupted;
    }
    if (err == JET_errSuccess) {
        err = ese_index_resolve(table, index);
        err = err == JET_errColumnNotFound ? JET_errCatalogCorrupted : err;
    }
    if (err == JET_errSuccess && root != 0) {
        err = ese_database_tree(table->database, root, &index->tree);
    }
    if (err == JET_errSuccess && root != 0) {
        err = ese_table_append_index(table, index);
    } else if (err == JET_errSuccess) {
        table->primary = index;
    }
    if (err != JET_errSuccess) {
        ese_free(index);
    }
    return err;
}

JET_ERR ese_catalog_load_indexes(struct ese_trx *trx, struct ese_table *table)
{
    struct ese_tree *catalog = table->database->catalog;
    struct ese_spot spot = { .hint = false };
    struct ese_bytes value = { NULL, 0, 0 };
    JET_ERR err = ese_catalog_next_part(trx, catalog, 'I', table->object, &spot, true);
    while (err == JET_errSuccess) {
        err = ese_entry_get(trx, catalog, &spot, &value);
        if (err == JET_errSuccess) {
            err = load_one(table, ese_catalog_get_number(spot.key.data + ESE_OBJECT_KEY), &value);
        }
        if (err == JET_errSuccess) {
            err = ese_catalog_next_part(trx, catalog, 'I', table->object, &spot, false);
        }
    }
    ese_spot_free(&spot);
    ese_bytes_free(&value);
    return err == JET_errRecordNotFound ? JET_errSuccess : err;
}

/* ---- statistics ------------------------------------------------------------------------------------------ */

JET_ERR ese_catalog_put_stats(const struct ese_table *table, uint32_t number, const struct ese_index_stats *stats)
{
    unsigned char key[ESE_PART_KEY], value[STATS_SIZE];
    ese_put64(value, stats->entries);
    ese_put64(value + 8, stats->keys);
    ese_put64(value + 16, stats->pages);
    return ese_entry_put_raw(table->database->catalog, key, ese_catalog_part_key(key, 'S', table->object, number), value,
                             sizeof value);
}

JET_ERR ese_catalog_stats(const struct ese_table *table, uint32_t number, struct ese_index_stats *stats)
{
    unsigned char key[ESE_PART_KEY];
    struct ese_trx anybody;
    struct ese_bytes value = { NULL, 0, 0 };
    memset(stats, 0, sizeof *stats);
    ese_trx_init(&anybody, table->database->store->vstore);
    JET_ERR err = ese_entry_get_key(&anybody, table->database->catalog, key,
                                    ese_catalog_part_key(key, 'S', table->object, number), &value);
    if (err == JET_errSuccess && value.size == STATS_SIZE) {
        stats->entries = ese_get64(value.data);
        stats->keys = ese_get64(value.data + 8);
        stats->pages = ese_get64(value.data + 16);
        stats->known = true;
    }
    ese_bytes_free(&value);
    return err == JET_errRecordDeleted ? JET_errSuccess : err;
}

JET_ERR ese_catalog_remove_stats(const struct ese_table *table, uint32_t number)
{
    unsigned char key[ESE_PART_KEY];
    return ese_entry_remove_raw(table->database->catalog, key, ese_catalog_part_key(key, 'S', table->object, number));
}
