/*
 * Data definition: tables, columns, indexes. Everything is transactional: what a transaction creates or deletes nobody
 * else sees before its commit, and a rollback undoes it. A call made at level 0 is a transaction of its own.
 *
 * Names: 1..64 bytes, no leading space, none of ! . [ ] and no control characters, else JET_errInvalidName; compared
 * without regard to case.
 * Two sessions changing the definition of one table at the same time: the second gets JET_errWriteConflict.
 */
#ifndef ESE_TABLE_TABLE_H
#define ESE_TABLE_TABLE_H

#include <stdbool.h>
#include <stdint.h>

#include <esent.h>

#include "engine/table/database.h"
#include "engine/transaction/transaction.h"

#define ESE_NAME_MAX 64                             /* bytes of a name, without the NUL */
#define ESE_KEY_COLUMNS 16                          /* columns of an index */

struct ese_cursor;

struct ese_column_def {                             /* what JetAddColumn and JET_COLUMNCREATE say */
    const char *name;
    JET_COLTYP coltyp;
    uint32_t max_size;                              /* cbMax; 0 = the type's maximum */
    uint16_t code_page;                             /* 1252 or 1200 for text types; 0 = 1252 */
    JET_GRBIT grbit;                                /* JET_bitColumn... */
    const void *default_value; uint32_t default_size; /* NULL/0: none */
};

struct ese_condition_def { const char *column; JET_GRBIT grbit; /* JET_bitIndexColumnMustBe... */ };

/* Of tuple indexes, in characters. increment 0 counts as 1. */
struct ese_tuple_limits { uint32_t length_min, length_max, to_index_max, increment, start; };

struct ese_index_def {
    const char *name;
    const char *key; uint32_t key_size;             /* "+Name\0-Other\0\0" and its size including both NULs */
    JET_GRBIT grbit;                                /* JET_bitIndex... ; JET_bitIndexPrimary for the clustered one */
    uint32_t density;
    uint32_t key_most;                              /* 0 = JET_cbKeyMost_OLD (255) */
    uint32_t lcid; uint32_t map_flags;              /* 0 = default */
    const char *locale;                             /* NULL: what lcid says */
    uint32_t segment_most;                          /* cbVarSegMac; 0: no bound */
    const struct ese_tuple_limits *tuple;           /* NULL: the default ones */
    const struct ese_condition_def *condition; uint32_t conditions;
    const JET_SPACEHINTS *hints;                    /* may be NULL; kept, to be asked for */
};

struct ese_column_info {
    char name[ESE_NAME_MAX + 1];
    JET_COLUMNID columnid;
    JET_COLTYP coltyp;
    uint32_t max_size;
    uint16_t code_page;
    JET_GRBIT grbit;
    bool derived;                                   /* it comes from the template */
    uint32_t default_size;                          /* 0: no default */
    const void *default_value;                      /* owned by the table; valid while the cursor is open */
};

struct ese_table_info {
    char name[ESE_NAME_MAX + 1];
    uint32_t columns, indexes;                      /* visible to the caller */
    JET_GRBIT grbit;                                /* JET_bitTableCreate... */
    uint32_t pages, density;
    uint32_t object;                                /* id in the catalog */
    bool derived;                                   /* it has a template */
    uint64_t records, record_pages;                 /* as JetComputeStats found last; 0 when it was never called */
};

struct ese_index_info {
    char name[ESE_NAME_MAX + 1];
    JET_GRBIT grbit;
    uint32_t columns;                               /* segments of the key */
    JET_COLUMNID column[ESE_KEY_COLUMNS];
    bool descending[ESE_KEY_COLUMNS];
    uint32_t key_most;
    bool primary;
    uint32_t number;                                /* of the index in its table; 1: the primary one */
    uint32_t density, segment_most;
    uint32_t conditions;
    JET_COLUMNID condition[ESE_KEY_COLUMNS];
    JET_GRBIT condition_grbit[ESE_KEY_COLUMNS];
    struct ese_tuple_limits tuple;
    uint32_t lcid, map_flags;                       /* of its collation, defaults filled in */
    char locale[85];
    JET_SPACEHINTS hints;                           /* cbStruct 0: none were given */
};

/* An empty table without index or columns, opened (exclusively, as the API has it) by *cursor.
 * JET_errTableDuplicate, JET_errInvalidName, JET_errDatabaseFileReadOnly. */
JET_ERR ese_table_create(struct ese_trx *trx, struct ese_database *database, const char *name, uint32_t pages,
                         uint32_t density, JET_GRBIT grbit, struct ese_cursor **cursor);

/* For the cursor of a create. inherit: the table gets the columns and indexes of a template: it must come first.
 * JET_errObjectNotFound, JET_errDDLNotInheritable (no template), JET_errTableLocked, JET_errWriteConflict.
 * callback: "module!function" is called on these occasions, whoever has the table open, and after it was closed, too.
 * JET_errInvalidParameter, JET_errCallbackNotResolved. end: a template is complete now. */
JET_ERR ese_table_inherit(struct ese_cursor *cursor, const char *template_name);
JET_ERR ese_table_keep_callback(struct ese_cursor *cursor, const char *function, JET_CBTYP types);
void ese_table_end_creation(struct ese_cursor *cursor);
/* Name of the template of the cursor's table, "" without one. */
JET_ERR ese_table_template_name(struct ese_cursor *cursor, char name[ESE_NAME_MAX + 1]);

/* JET_errCannotDeleteTemplateTable; rename: JET_errFixedDDL.
 * JET_errObjectNotFound; JET_errTableLocked or JET_errTableInUse when cursors are open on it; JET_errInvalidName. */
JET_ERR ese_table_delete(struct ese_trx *trx, struct ese_database *database, const char *name);
JET_ERR ese_table_rename(struct ese_trx *trx, struct ese_database *database, const char *name, const char *new_name);

/* JET_errColumnDuplicate, JET_errInvalidName, JET_errInvalidColumnType, JET_errInvalidParameter, JET_errInvalidCodePage,
 * JET_errTooManyColumns, JET_errColumnRedundant (second autoincrement or version), JET_errColumnTooBig. */
JET_ERR ese_table_add_column(struct ese_cursor *cursor, const struct ese_column_def *def, JET_COLUMNID *columnid);
/* JET_errColumnNotFound, JET_errColumnInUse (part of an index). */
/* grbit: JET_bitDeleteColumnIgnoreTemplateColumns: those are not found. Else JET_errFixedInheritedDDL for them. */
JET_ERR ese_table_delete_column(struct ese_cursor *cursor, const char *name, JET_GRBIT grbit);
JET_ERR ese_table_rename_column(struct ese_cursor *cursor, const char *name, const char *new_name);

/* The value columns without one of their own show from now on, in old records too. JET_errNullInvalid (no value),
 * JET_errColumnNotFound, JET_errColumnInUse (part of an index), JET_errColumnNotUpdatable (it comes from a template),
 * JET_errInvalidBufferSize, JET_errDefaultValueTooBig, JET_errInvalidOperation (autoincrement, version, computed). */
JET_ERR ese_table_set_default(struct ese_cursor *cursor, const char *name, const void *value, uint32_t size);

/* The primary index needs an empty table (JET_errTableNotEmpty). A secondary one is filled from the records that are there;
 * JET_errWriteConflict when somebody changed some of them in a way the caller cannot see, or has not committed it. Until the
 * transaction that created an index has ended, others get JET_errWriteConflict when they change records of the table.
 * JET_errIndexDuplicate, JET_errIndexHasPrimary, JET_errIndexInvalidDef, JET_errColumnNotFound, JET_errKeyDuplicate,
 * JET_errNullKeyDisallowed, JET_errInvalidLanguageId ...
 * check(arg) is polled before each record that is read; its error ends the call. check may be NULL. */
JET_ERR ese_table_create_index(struct ese_cursor *cursor, const struct ese_index_def *def,
                               JET_ERR (*check)(void *arg), void *arg);
/* JET_errIndexMustStay (the primary one), JET_errIndexInUse (other cursors stand on it), JET_errIndexNotFound,
 * JET_errFixedDDL. The caller's own cursor goes to the clustered index. */
JET_ERR ese_table_delete_index(struct ese_cursor *cursor, const char *name);

/* Information, as the caller's transaction sees it. By name and by id: JET_errColumnNotFound. The list form calls visit
 * in id order until it returns an error, which is handed back. */
JET_ERR ese_table_info(struct ese_cursor *cursor, struct ese_table_info *info);
JET_ERR ese_table_column_by_name(struct ese_cursor *cursor, const char *name, struct ese_column_info *info);
JET_ERR ese_table_column_by_id(struct ese_cursor *cursor, JET_COLUMNID columnid, struct ese_column_info *info);
JET_ERR ese_table_columns(struct ese_cursor *cursor,
                          JET_ERR (*visit)(void *arg, const struct ese_column_info *info), void *arg);
/* JET_errIndexNotFound. name NULL or "" = the primary index. */
JET_ERR ese_table_index_by_name(struct ese_cursor *cursor, const char *name, struct ese_index_info *info);
JET_ERR ese_table_indexes(struct ese_cursor *cursor,
                          JET_ERR (*visit)(void *arg, const struct ese_index_info *info), void *arg);

/* Pages of the trees of a table: all of them, or those of its long values. Of what a table owns nothing is spare:
 * free pages go back to the database. */
enum ese_space_of { ESE_SPACE_OF_TABLE, ESE_SPACE_OF_LONG_VALUES };
JET_ERR ese_table_space(struct ese_cursor *cursor, enum ese_space_of what, uint64_t *owned, uint64_t *available);

/* What JetComputeStats found last; all zero when it was never called. The primary index, or the table without one, is
 * number 1. */
struct ese_index_stats { uint64_t entries, keys, pages; bool known; };
JET_ERR ese_table_index_stats(struct ese_cursor *cursor, uint32_t number, struct ese_index_stats *stats);
/* Counts again, asking check(arg) (may be NULL) before every entry of every index; what it answers ends the call and nothing of
 * that index is kept. JET_errDatabaseFileReadOnly. */
JET_ERR ese_table_compute_stats(struct ese_cursor *cursor, JET_ERR (*check)(void *arg), void *arg);
/* Leaf pages an index has now; name NULL or "": the primary one. JET_errIndexNotFound. */
JET_ERR ese_table_index_pages(struct ese_cursor *cursor, const char *name, uint64_t *owned);

/* All tables of the database the caller's transaction sees, in name order. */
JET_ERR ese_database_tables(struct ese_trx *trx, struct ese_database *database,
                            JET_ERR (*visit)(void *arg, const struct ese_table_info *info), void *arg);
JET_ERR ese_database_table_by_name(struct ese_trx *trx, struct ese_database *database, const char *name,
                                   struct ese_table_info *info);

#endif
