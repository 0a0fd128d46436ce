/* Values of a record as everybody but the record itself wants them: defaults applied, wherever they are stored. */
#include "engine/table/long_value.h"

/* The first `limit` bytes of a long value that is stored apart. */
static JET_ERR fetch(struct ese_table *table, struct ese_trx *trx, uint32_t limit, struct ese_bytes *scratch,
                     struct ese_value *value)
{
    uint64_t id = ese_long_reference(value).id;
    uint32_t size;
    JET_ERR err = ese_long_size(trx, table, id, &size);
    size = err == JET_errSuccess && size > limit ? limit : size;
    if (err == JET_errSuccess) {
        err = ese_bytes_reserve(scratch, size != 0 ? size : 1);
    }
    if (err == JET_errSuccess) {
        err = ese_long_read(trx, table, id, 0, scratch->data, size);
    }
    if (err == JET_errSuccess) {
        scratch->size = size;
        value->data = scratch->data;
        value->size = size;
        value->separate = false;
    }
    return err;
}

JET_ERR ese_value_of_record(struct ese_table *table, struct ese_trx *trx, const struct ese_bytes *record,
                            const struct ese_column *column, uint32_t sequence, uint32_t limit,
                            struct ese_bytes *scratch, struct ese_value *value, bool *there)
{
    *there = ese_record_get(record, column->id, sequence, value);
    if (!*there) {
        *there = sequence == 1 && column->default_size != 0;
        value->data = *there ? column->default_value : NULL;
        value->size = *there ? column->default_size : 0;
        value->null = !*there;
        value->separate = false;
    }
    if (value->separate) {
        return fetch(table, trx, limit, scratch, value);
    }
    value->size = value->size < limit ? value->size : limit;
    return JET_errSuccess;
}
