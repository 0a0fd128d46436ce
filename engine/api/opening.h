/* What opening and compacting a database share. */
#ifndef ESE_API_OPENING_H
#define ESE_API_OPENING_H

#include "engine/api/gate.h"
#include "engine/api/text.h"

/* What every call that adds or removes a database asks first: JET_errInTransaction,
 * JET_errBackupInProgress. */
JET_ERR ese_check_database_change(struct ese_call *call);
/* The same before any lock is taken: during a freeze it waits, and asks afterwards. */
JET_ERR ese_await_database_change(struct ese_call *call);

/* Makes the folder of a file when the parameters ask for that. What goes wrong here the file's
 * creation reports. */
void ese_make_parent(struct ese_instance *instance, const char *file);

/* Pins an attached database: alone with JET_bitDbExclusive (JET_errDatabaseInUse), never beside
 * somebody who is alone (JET_errDatabaseLocked). JET_errDatabaseNotFound. */
JET_ERR ese_pin_for_open(struct ese_instance *instance, const char *file, JET_GRBIT grbit,
                         struct ese_database **database);

/* A table that is only named: opened, to be read, for the time of a question. */
JET_ERR ese_open_named(struct ese_call *call, JET_DBID dbid, enum ese_text text, const void *table,
                       struct ese_cursor **cursor);

#endif
