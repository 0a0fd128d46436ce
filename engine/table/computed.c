/*
 * User-defined defaults: what a column without a value shows is computed by a function of the application, which the
 * definition names as "module!function". In the catalog, in place of a default value:
 *
 *   name of the function with its NUL | user data size u32 | user data | names of columns it depends on
 */
#include "engine/table/schema.h"

struct ese_computed {
    JET_CALLBACK function;
    const unsigned char *user;                      /* into the column's definition; NULL: none */
};

JET_ERR ese_callback_resolve(const char *name, JET_CALLBACK *function)
{
    const char *mark = strchr(name, '!');
    void (*symbol)(void);
    if (mark == NULL || mark == name || mark[1] == '\0') {
        return JET_errCallbackNotResolved;
    }
    size_t length = (size_t)(mark - name);
    char *module = ese_alloc(length + 1);
    if (module == NULL) {
        return JET_errOutOfMemory;
    }
    memcpy(module, name, length);
    module[length] = '\0';
    JET_ERR err = ese_symbol_find(module, mark + 1, &symbol);
    ese_free(module);
    if (err == JET_errSuccess) {
        *function = (JET_CALLBACK)symbol;
    }
    return err;
}

JET_ERR ese_computed_make(const unsigned char *definition, uint32_t size, struct ese_computed **computed)
{
    const unsigned char *end = size != 0 ? memchr(definition, 0, size) : NULL;
    if (end == NULL || size - (uint32_t)(end - definition) < 5) {
        return JET_errCatalogCorrupted;
    }
    uint32_t user_size = ese_get32(end + 1), rest = size - (uint32_t)(end - definition) - 5;
    if (user_size > rest) {
        return JET_errCatalogCorrupted;
    }
    struct ese_computed *made = ese_calloc(1, sizeof *made);
    if (made == NULL) {
        return JET_errOutOfMemory;
    }
    made->user = user_size != 0 ? end + 5 : NULL;
    JET_ERR err = ese_callback_resolve((const char *)definition, &made->function);
    if (err != JET_errSuccess) {
        ese_free(made);
        return err;
    }
    *computed = made;
    return JET_errSuccess;
}

JET_ERR ese_column_compute(struct ese_cursor *cursor, struct ese_column *column, void *data, uint32_t room, uint32_t *size)
{
    struct ese_table *table = cursor->table;
    struct ese_computed *computed = column->computed;
    JET_ULONG given = room;
    if (computed == NULL) {                         /* the first use since the table was loaded */
        JET_ERR err = ese_computed_make(column->first_default, column->definition_size, &computed);
        if (err != JET_errSuccess) {
            return err;
        }
        ese_rwlock_write(&table->lock);
        if (column->computed == NULL) {
            column->computed = computed;
        } else {
            ese_free(computed);
        }
        computed = column->computed;
        ese_rwlock_write_unlock(&table->lock);
    }
    const struct ese_call_back call = { computed->function, JET_cbtypUserDefinedDefaultValue, data, &given,
                                        (void *)(uintptr_t)computed->user, column->id };
    JET_ERR err = ese_cursor_call(cursor, &call);
    *size = err == JET_wrnColumnNull || err < JET_errSuccess ? 0 : given;
    return err == JET_errSuccess && given > room ? JET_wrnBufferTruncated : err;
}
