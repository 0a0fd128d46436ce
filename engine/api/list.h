/* Answers of the information calls that come as a temporary table. Each function fills the caller's
 * structure and gives the session a cursor on the table, on its first row. */
#ifndef ESE_API_LIST_H
#define ESE_API_LIST_H

#include "engine/api/gate.h"
#include "engine/api/text.h"
#include "engine/table/cursor.h"

/* JET_OBJECTLIST of the tables of a database; empty for another type of object than tables.
 * JET_errBufferTooSmall. */
JET_ERR ese_list_objects(struct ese_call *call, enum ese_text text, struct ese_database *database,
                         JET_OBJTYP type, bool stats, void *result, uint32_t size);

/* JET_COLUMNLIST of the columns of a table. level: JET_ColInfoList, ListCompact or
 * ListSortColumnid, with JET_ColInfoGrbit... bits. */
JET_ERR ese_list_columns(struct ese_call *call, enum ese_text text, struct ese_cursor *cursor,
                         void *result, uint32_t size, uint32_t level);

/* JET_INDEXLIST of one index (name) or all (NULL or ""), a row for each column of the key.
 * JET_errIndexNotFound. */
JET_ERR ese_list_indexes(struct ese_call *call, enum ese_text text, struct ese_cursor *cursor,
                         const char *name, void *result, uint32_t size);

#endif
