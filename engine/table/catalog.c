/* The catalog tree: definitions as records. Layout of keys: schema.h. */
#include "engine/table/catalog_format.h"
#include "engine/table/index.h"

#define NAME_KEY_MAX (1 + ESE_NAME_MAX)

/* ---- names ----------------------------------------------------------------------------------------------- */

bool ese_name_is_valid(const char *name)
{
    size_t size = name != NULL ? strlen(name) : 0;
    if (size == 0 || size > ESE_NAME_MAX || name[0] == ' ') {
        return false;
    }
    for (size_t i = 0; i < size; i++) {
        unsigned char c = (unsigned char)name[i];
        if (c < 0x20 || c == '!' || c == '.' || c == '[' || c == ']') {
            return false;
        }
    }
    return true;
}

static unsigned char fold(char c)
{
    return (unsigned char)(c >= 'a' && c <= 'z' ? c - 32 : c);
}

int ese_name_compare(const char *a, const char *b)
{
    while (*a != '\0' && fold(*a) == fold(*b)) {
        a++;
        b++;
    }
    return fold(*a) - fold(*b);
}

bool ese_name_same(const char *a, const char *b)
{
    return ese_name_compare(a, b) == 0;
}

/* ---- keys and values ------------------------------------------------------------------------------------- */

static uint32_t name_key(unsigned char *key, const char *name)
{
    uint32_t size = 1;
    key[0] = 'N';
    while (*name != '\0') {
        key[size++] = fold(*name++);
    }
    return size;
}

/* ---- names of tables ------------------------------------------------------------------------------------- */

JET_ERR ese_catalog_find(struct ese_trx *trx, struct ese_database *database, const char *name, uint32_t *object)
{
    unsigned char key[NAME_KEY_MAX];
    struct ese_bytes value = { NULL, 0, 0 };
    if (!ese_name_is_valid(name)) {
        return JET_errInvalidName;
    }
    JET_ERR err = ese_entry_get_key(trx, database->catalog, key, name_key(key, name), &value);
    if (err == JET_errRecordDeleted) {
        err = JET_errObjectNotFound;
    }
    if (err == JET_errSuccess) {
        if (value.size == 4) {
            *object = ese_get32(value.data);
        } else {
            err = JET_errCatalogCorrupted;
        }
    }
    ese_bytes_free(&value);
    return err;
}

JET_ERR ese_catalog_add_name(struct ese_trx *trx, struct ese_database *database, const char *name, uint32_t object)
{
    unsigned char key[NAME_KEY_MAX], value[4];
    ese_put32(value, object);
    JET_ERR err = ese_entry_insert(trx, database->catalog, key, name_key(key, name), value, sizeof value);
    return err == JET_errKeyDuplicate ? JET_errTableDuplicate : err;
}

JET_ERR ese_catalog_remove_name(struct ese_trx *trx, struct ese_database *database, const char *name)
{
    unsigned char key[NAME_KEY_MAX];
    JET_ERR err = ese_entry_delete(trx, database->catalog, key, name_key(key, name));
    return err == JET_errRecordDeleted ? JET_errObjectNotFound : err;
}

/* ---- tables ---------------------------------------------------------------------------------------------- */

#define TABLE_VALUE_MAX (12 * 4 + ESE_NAME_MAX + ESE_CALLBACK_MAX)

static uint32_t table_value(unsigned char *value, const struct ese_table *table, const char *name, uint32_t last_fixed,
                            uint32_t last_variable, uint32_t last_tagged)
{
    struct ese_pen pen = { value };
    ese_write_bytes(&pen, name, (uint32_t)strlen(name));
    ese_write_number(&pen, table->tree->root);
    ese_write_number(&pen, table->grbit);
    ese_write_number(&pen, table->pages);
    ese_write_number(&pen, table->density);
    ese_write_number(&pen, last_fixed);
    ese_write_number(&pen, last_variable);
    ese_write_number(&pen, last_tagged);
    ese_write_number(&pen, table->template_object);
    ese_write_number(&pen, table->persisted_types);
    ese_write_bytes(&pen, table->persisted, (uint32_t)strlen(table->persisted));
    return (uint32_t)(pen.at - value);
}

JET_ERR ese_catalog_add_table(struct ese_trx *trx, const struct ese_table *table)
{
    unsigned char key[5], value[TABLE_VALUE_MAX];
    uint32_t size = table_value(value, table, table->name, table->last_fixed, table->last_variable, table->last_tagged);
    return ese_entry_insert(trx, table->database->catalog, key, ese_catalog_object_key(key, 'T', table->object), value, size);
}

JET_ERR ese_catalog_put_table(struct ese_trx *trx, const struct ese_table *table, const char *name, uint32_t last_fixed,
                              uint32_t last_variable, uint32_t last_tagged)
{
    unsigned char key[5], value[TABLE_VALUE_MAX];
    uint32_t size = table_value(value, table, name, last_fixed, last_variable, last_tagged);
    return ese_entry_replace(trx, table->database->catalog, key, ese_catalog_object_key(key, 'T', table->object), value, size);
}

JET_ERR ese_catalog_lock_table(struct ese_trx *trx, const struct ese_table *table)
{
    unsigned char key[5];
    return ese_entry_lock(trx, table->database->catalog, key, ese_catalog_object_key(key, 'T', table->object), true);
}

JET_ERR ese_catalog_last_object(struct ese_database *database, uint32_t *object)
{
    static const unsigned char beyond[] = { 'T' + 1 };
    struct ese_place place;
    struct ese_node node;
    ese_rwlock_read(&database->catalog->lock);
    JET_ERR err = ese_tree_find_before(database->catalog, beyond, sizeof beyond, false, &place);
    if (err == JET_errSuccess) {
        *object = 0;
        if (place.leaf != NULL) {
            ese_place_node(&place, &node);
            if (node.key_size == 5 && node.key[0] == 'T') {
                *object = ese_catalog_get_number(node.key + 1);
            }
            ese_place_release(&place);
        }
    }
    ese_rwlock_read_unlock(&database->catalog->lock);
    return err;
}

/* ---- columns --------------------------------------------------------------------------------------------- */

static JET_ERR column_value(const struct ese_column *column, const char *name, struct ese_bytes *value)
{
    bool computed = column->definition_size != 0;
    uint32_t size = computed ? column->definition_size : column->default_size;
    JET_ERR err = ese_bytes_reserve(value, 6 * 4 + ESE_NAME_MAX + size);
    if (err != JET_errSuccess) {
        return err;
    }
    struct ese_pen pen = { value->data };
    ese_write_bytes(&pen, name, (uint32_t)strlen(name));
    ese_write_number(&pen, column->coltyp);
    ese_write_number(&pen, column->max_size);
    ese_write_number(&pen, column->code_page);
    ese_write_number(&pen, column->grbit | (column->derived ? ESE_DERIVED : 0u));
    ese_write_bytes(&pen, computed ? column->first_default : column->default_value, size);
    value->size = (uint32_t)(pen.at - value->data);
    return JET_errSuccess;
}

JET_ERR ese_catalog_add_column(struct ese_trx *trx, const struct ese_table *table, const struct ese_column *column)
{
    unsigned char key[9];
    struct ese_bytes value = { NULL, 0, 0 };
    JET_ERR err = column_value(column, column->name, &value);
    if (err == JET_errSuccess) {
        err = ese_entry_insert(trx, table->database->catalog, key, ese_catalog_part_key(key, 'C', table->object, column->id),
                               value.data, value.size);
    }
    ese_bytes_free(&value);
    return err;
}

JET_ERR ese_catalog_put_column(struct ese_trx *trx, const struct ese_table *table, const struct ese_column *column,
                               const char *name)
{
    unsigned char key[9];
    struct ese_bytes value = { NULL, 0, 0 };
    JET_ERR err = column_value(column, name, &value);
    if (err == JET_errSuccess) {
        err = ese_entry_replace(trx, table->database->catalog, key, ese_catalog_part_key(key, 'C', table->object, column->id),
                                value.data, value.size);
    }
    ese_bytes_free(&value);
    return err;
}

JET_ERR ese_catalog_remove_column(struct ese_trx *trx, const struct ese_table *table, JET_COLUMNID column)
{
    unsigned char key[9];
    return ese_entry_delete(trx, table->database->catalog, key, ese_catalog_part_key(key, 'C', table->object, column));
}

/* ---- counters -------------------------------------------------------------------------------------------- */

JET_ERR ese_catalog_autoincrement(const struct ese_table *table, uint64_t *value)
{
    unsigned char key[5];
    struct ese_trx anybody;
    struct ese_bytes bytes = { NULL, 0, 0 };
    ese_trx_init(&anybody, table->database->store->vstore);
    JET_ERR err = ese_entry_get_key(&anybody, table->database->catalog, key, ese_catalog_object_key(key, 'A', table->object),
                                    &bytes);
    *value = err == JET_errSuccess && bytes.size == 8 ? ese_get64(bytes.data) : 0;
    ese_bytes_free(&bytes);
    return err == JET_errRecordDeleted ? JET_errSuccess : err;
}

JET_ERR ese_catalog_put_autoincrement(const struct ese_table *table, uint64_t value)
{
    unsigned char key[5], bytes[8];
    ese_put64(bytes, value);
    return ese_entry_put_raw(table->database->catalog, key, ese_catalog_object_key(key, 'A', table->object), bytes, sizeof bytes);
}

JET_ERR ese_catalog_remove_autoincrement(const struct ese_table *table)
{
    unsigned char key[5];
    return ese_entry_remove_raw(table->database->catalog, key, ese_catalog_object_key(key, 'A', table->object));
}

/* ---- long values ----------------------------------------------------------------------------------------- */

JET_ERR ese_catalog_add_long_tree(struct ese_trx *trx, const struct ese_table *table, uint32_t root)
{
    unsigned char key[5], value[4];
    ese_put32(value, root);
    return ese_entry_insert(trx, table->database->catalog, key, ese_catalog_object_key(key, 'L', table->object), value,
                            sizeof value);
}

/* Read with the eyes of everybody: others may have made it since the caller's snapshot. */
static JET_ERR load_long_tree(struct ese_table *table, struct ese_bytes *value)
{
    unsigned char key[5];
    struct ese_trx anybody;
    struct ese_tree *tree = NULL;
    ese_trx_init(&anybody, table->database->store->vstore);
    JET_ERR err = ese_entry_get_key(&anybody, table->database->catalog, key, ese_catalog_object_key(key, 'L', table->object), value);
    if (err == JET_errSuccess) {
        err = value->size == 4 ? ese_database_tree(table->database, ese_get32(value->data), &tree)
                               : JET_errCatalogCorrupted;
    }
    table->long_tree = tree;
    return err == JET_errRecordDeleted ? JET_errSuccess : err;
}

/* ---- whole tables ---------------------------------------------------------------------------------------- */

JET_ERR ese_catalog_next_part(struct ese_trx *trx, struct ese_tree *catalog, char kind, uint32_t object,
                              struct ese_spot *spot, bool first)
{
    unsigned char key[5];
    uint32_t size = ese_catalog_object_key(key, kind, object);
    JET_ERR err = first ? ese_entry_seek(trx, catalog, ESE_SEEK_GE, key, size, spot)
                        : ese_entry_seek(trx, catalog, ESE_SEEK_GT, spot->key.data, spot->key.size, spot);
    if (err == JET_errSuccess && (spot->key.size != 9 || memcmp(spot->key.data, key, size) != 0)) {
        err = JET_errRecordNotFound;
    }
    return err;
}

static JET_ERR remove_parts(struct ese_trx *trx, struct ese_tree *catalog, char kind, uint32_t object)
{
    struct ese_spot spot = { .hint = false };
    JET_ERR err = ese_catalog_next_part(trx, catalog, kind, object, &spot, true);
    while (err == JET_errSuccess) {
        err = ese_entry_delete(trx, catalog, spot.key.data, spot.key.size);
        if (err == JET_errSuccess) {
            err = ese_catalog_next_part(trx, catalog, kind, object, &spot, false);
        }
    }
    ese_spot_free(&spot);
    return err == JET_errRecordNotFound ? JET_errSuccess : err;
}

JET_ERR ese_catalog_remove_table(struct ese_trx *trx, const struct ese_table *table)
{
    unsigned char key[5];
    struct ese_tree *catalog = table->database->catalog;
    JET_ERR err = remove_parts(trx, catalog, 'C', table->object);
    if (err == JET_errSuccess) {
        err = remove_parts(trx, catalog, 'I', table->object);
    }
    if (err == JET_errSuccess) {
        err = ese_entry_delete(trx, catalog, key, ese_catalog_object_key(key, 'T', table->object));
    }
    if (err == JET_errSuccess && table->long_tree != NULL) {
        err = ese_entry_delete(trx, catalog, key, ese_catalog_object_key(key, 'L', table->object));
    }
    if (err == JET_errSuccess) {
        err = ese_catalog_remove_name(trx, table->database, table->name);
    }
    return err;
}

JET_ERR ese_catalog_parse_column(const struct ese_bytes *value, JET_COLUMNID id, struct ese_column **column)
{
    struct ese_eye eye = { value->data, value->data + value->size, false };
    struct ese_column *made = ese_calloc(1, sizeof *made);
    const unsigned char *data = NULL;
    if (made == NULL) {
        return JET_errOutOfMemory;
    }
    made->id = id;
    ese_read_text(&eye, made->name, ESE_NAME_MAX);
    made->coltyp = ese_read_number(&eye);
    made->max_size = ese_read_number(&eye);
    made->code_page = (uint16_t)ese_read_number(&eye);
    made->grbit = ese_read_number(&eye);
    made->derived = (made->grbit & ESE_DERIVED) != 0;
    made->grbit &= ~(JET_GRBIT)ESE_DERIVED;
    made->default_size = ese_read_bytes(&eye, &data);
    JET_ERR err = eye.bad || !ese_coltyp_is_valid(made->coltyp) ? JET_errCatalogCorrupted : JET_errSuccess;
    if (err == JET_errSuccess && made->default_size != 0) {
        made->default_value = made->first_default = ese_alloc(made->default_size);
        if (made->default_value == NULL) {
            err = JET_errOutOfMemory;
        } else {
            memcpy(made->default_value, data, made->default_size);
            if ((made->grbit & JET_bitColumnUserDefinedDefault) != 0) {
                made->definition_size = made->default_size;
                made->default_size = 0;
            }
        }
    }
    if (err != JET_errSuccess) {
        ese_column_free(made);
        return err;
    }
    *column = made;
    return JET_errSuccess;
}

static JET_ERR load_columns(struct ese_trx *trx, struct ese_table *table, struct ese_bytes *value)
{
    struct ese_tree *catalog = table->database->catalog;
    struct ese_spot spot = { .hint = false };
    struct ese_column *column;
    JET_ERR err = ese_catalog_next_part(trx, catalog, 'C', table->object, &spot, true);
    while (err == JET_errSuccess) {
        err = ese_entry_get(trx, catalog, &spot, value);
        if (err == JET_errSuccess) {
            err = ese_catalog_parse_column(value, ese_catalog_get_number(spot.key.data + 5), &column);
        }
        if (err == JET_errSuccess) {
            err = ese_table_append(table, column);
            if (err != JET_errSuccess) {
                ese_column_free(column);
            }
        }
        if (err == JET_errSuccess) {
            err = ese_catalog_next_part(trx, catalog, 'C', table->object, &spot, false);
        }
    }
    ese_spot_free(&spot);
    return err == JET_errRecordNotFound ? JET_errSuccess : err;
}

JET_ERR ese_catalog_load(struct ese_trx *trx, struct ese_database *database, uint32_t object, struct ese_table **table)
{
    unsigned char key[5];
    struct ese_bytes value = { NULL, 0, 0 };
    struct ese_table *made;
    JET_ERR err = ese_table_make(database, object, &made);
    if (err != JET_errSuccess) {
        return err;
    }
    err = ese_entry_get_key(trx, database->catalog, key, ese_catalog_object_key(key, 'T', object), &value);
    if (err == JET_errSuccess) {
        struct ese_eye eye = { value.data, value.data + value.size, false };
        ese_read_text(&eye, made->name, ESE_NAME_MAX);
        uint32_t root = ese_read_number(&eye);
        made->grbit = ese_read_number(&eye);
        made->pages = ese_read_number(&eye);
        made->density = ese_read_number(&eye);
        made->last_fixed = ese_read_number(&eye);
        made->last_variable = ese_read_number(&eye);
        made->last_tagged = ese_read_number(&eye);
        made->template_object = ese_read_number(&eye);
        made->persisted_types = ese_read_number(&eye);
        ese_read_text(&eye, made->persisted, ESE_CALLBACK_MAX);
        err = eye.bad ? JET_errCatalogCorrupted : ese_database_tree(database, root, &made->tree);
    } else if (err == JET_errRecordDeleted) {
        err = JET_errCatalogCorrupted;
    }
    if (err == JET_errSuccess) {
        err = load_columns(trx, made, &value);
    }
    if (err == JET_errSuccess) {
        err = ese_catalog_load_indexes(trx, made);
    }
    if (err == JET_errSuccess) {
        err = load_long_tree(made, &value);
    }
    ese_bytes_free(&value);
    if (err != JET_errSuccess) {
        ese_table_free(made);
        return err;
    }
    *table = made;
    return JET_errSuccess;
}

/* ---- listing --------------------------------------------------------------------------------------------- */

JET_ERR ese_database_tables(struct ese_trx *trx, struct ese_database *database,
                            JET_ERR (*visit)(void *arg, const struct ese_table_info *info), void *arg)
{
    static const unsigned char from[] = { 'N' };
    struct ese_spot spot = { .hint = false };
    struct ese_table_info info;
    char name[ESE_NAME_MAX + 1];
    JET_ERR err = ese_entry_seek(trx, database->catalog, ESE_SEEK_GE, from, sizeof from, &spot);
    while (err == JET_errSuccess && spot.key.size > 1 && spot.key.size <= NAME_KEY_MAX && spot.key.data[0] == 'N') {
        memcpy(name, spot.key.data + 1, spot.key.size - 1);
        name[spot.key.size - 1] = '\0';
        err = ese_database_table_by_name(trx, database, name, &info);
        if (err == JET_errSuccess) {
            err = visit(arg, &info);
        } else if (err == JET_errObjectNotFound) {
            err = JET_errSuccess;                   /* at level 0 it may have gone meanwhile */
        }
        if (err == JET_errSuccess) {
            err = ese_entry_seek(trx, database->catalog, ESE_SEEK_GT, spot.key.data, spot.key.size, &spot);
        }
    }
    ese_spot_free(&spot);
    return err == JET_errRecordNotFound ? JET_errSuccess : err;
}
