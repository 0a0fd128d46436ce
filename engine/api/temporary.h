/* What the calls on cursors do differently when the cursor is on a temporary table. */
#ifndef ESE_API_TEMPORARY_H
#define ESE_API_TEMPORARY_H

#include "engine/api/gate.h"
#include "engine/table/temp.h"

/* JET_errIllegalOperation for calls a temporary table does not know in its present phase;
 * JET_errSuccess for every cursor on another table. The gate asks, last of all. */
JET_ERR ese_temporary_allows(const struct ese_cursor *cursor, enum ese_function function);

/* The same as the ese_cursor_ function, with the end of the insert phase where it belongs. */
JET_ERR ese_temporary_move(struct ese_cursor *cursor, JET_LONG rows, JET_GRBIT grbit);
JET_ERR ese_temporary_seek(struct ese_cursor *cursor, JET_GRBIT grbit);
JET_ERR ese_temporary_set_range(struct ese_cursor *cursor, JET_GRBIT grbit);

/* JetGetTableInfo: JET_errInvalidOperation for all levels but JET_TblInfo, JET_errInvalidParameter
 * for a small buffer. */
JET_ERR ese_temporary_info(struct ese_cursor *cursor, void *result, JET_ULONG size,
                           JET_ULONG level);

#endif
