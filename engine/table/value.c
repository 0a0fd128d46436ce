/* Values of a record as everybody but the record itself wants them: defaults applied, wherever they are stored. */
#include "engine/table/schema.h"

JET_ERR ese_value_of_record(struct ese_table *table, struct ese_trx *trx, const struct ese_bytes *record,
                            const struct ese_column *column, uint32_t sequence, uint32_t limit,
                            struct ese_bytes *scratch, struct ese_value *value, bool *there)
{
    (void)table, (void)trx, (void)scratch;
    *there = ese_record_get(record, column->id, sequence, value);
    if (!*there) {
        *there = sequence == 1 && column->default_size != 0;
        value->data = *there ? column->default_value : NULL;
        value->size = *there ? column->default_size : 0;
        value->null = !*there;
    }
    value->size = value->size < limit ? value->size : limit;
    return JET_errSuccess;
}
