/*
 * The table floor inside: databases, tables, columns in memory, and the catalog they come from. For engine/table and
 * engine/maintenance only.
 *
 * Catalog. One tree per database, root page ESE_CATALOG_ROOT, keys by their first byte:
 *
 *   'A' object                last autoincrement value reserved (not versioned)
 *   'C' object column         column
 *   'D' root page             a dropped tree that is still to be destroyed (engine/table/drop.c)
 *   'I' object number         index; 1 is the primary one, others have trees of their own (index.h)
 *   'L' object                root of the tree of long values (not versioned where others can see the table)
 *   'N' folded name           object number of the table of that name
 *   'S' object number         statistics of an index, 0 for the table without one (not versioned)
 *   'T' object                table
 *
 * Names, tables, columns and indexes are records under transactions, so who sees which definition follows from the same
 * rules as for data. The in-memory table is loaded at its first opening and stays until detach; what its
 * uncommitted changes are, and for whom, it keeps itself (added_by, dropped_by), settled by notes in the transaction.
 *
 * Locks, outermost first: store->lock, database->lock, table->lock, tree locks.
 */
#ifndef ESE_TABLE_SCHEMA_H
#define ESE_TABLE_SCHEMA_H

#include "engine/cache/cache.h"
#include "engine/maintenance/background.h"
#include "engine/os/os.h"
#include "engine/table/collate.h"
#include "engine/table/cursor.h"
#include "engine/table/header.h"
#include "engine/table/temp.h"
#include "engine/transaction/entry.h"
#include "engine/tree/tree.h"

#define ESE_CATALOG_ROOT 3
#define ESE_CALLBACK_MAX 254u                       /* bytes of the name of a persisted callback */

struct ese_temp_file {                              /* temp_file.c */
    struct ese_mutex lock;                          /* inside store->lock, outside everything else */
    char *path;                                     /* absolute */
    bool unversioned;
    uint32_t sorts_max, sorts;                      /* tables that are not materialised: allowed, open */
    struct ese_database *database;                  /* NULL until it is needed */
};

struct ese_store {
    struct ese_store_config config;
    struct ese_vstore *vstore;
    struct ese_cache *cache;
    struct ese_mutex lock;                          /* list of databases; create, attach, detach */
    struct ese_mutex list;                          /* the list alone, for the checkpoint; inside lock */
    struct ese_database *database[ESE_DATABASE_MAX];/* changed with both, read with one */
    struct ese_mutex checkpointing;                 /* one checkpoint at a time; outside list */
    struct ese_valve pages;                         /* of the files of all databases but the temporary one */
    _Atomic uint64_t checkpoint_depth;
    _Atomic uint32_t open_tables;                   /* with at least one cursor */
    _Atomic uint32_t extend_pages;                  /* growth of database files */
    _Atomic ese_lsn checkpoint_tried;               /* end of the log when it was last looked for */
    _Atomic uint32_t generation;                    /* of the log, the last the headers were told of */
    _Atomic bool broken;                            /* the log knows something no file will get: it stays as it is */
    _Atomic uint64_t versions_left;                 /* bytes the last background clean-up had to leave */
    struct ese_background *background;              /* engine/maintenance */
    bool closing;                                   /* for good: what is logged now lasts with the log's end */
    struct ese_temp_file temp;
    struct ese_mutex compacting;                    /* one compaction at a time; outside of everything */
};

struct ese_database {
    struct ese_store *store;
    uint32_t id;
    char *path;
    bool read_only;
    uint32_t pins;                                  /* store->lock */
    _Atomic uint32_t cursors;
    struct ese_cache_file file;
    struct ese_space space;
    struct ese_mutex header_lock;                   /* below, and writing it; inside everything but the log */
    struct ese_header header;
    unsigned header_sound;
    _Atomic uint32_t gen_max;                       /* the file's header says so */
    struct ese_mutex lock;                          /* lists below, next_object */
    struct ese_tree *trees;
    struct ese_table *tables;
    uint32_t next_object;
    struct ese_tree *catalog;
};

struct ese_computed;

struct ese_default { struct ese_default *earlier; unsigned char bytes[]; };

struct ese_column {
    char name[ESE_NAME_MAX + 1];
    JET_COLUMNID id;
    JET_COLTYP coltyp;
    uint32_t max_size;
    uint16_t code_page;
    JET_GRBIT grbit;
    uint32_t default_size;                          /* 0: none */
    unsigned char *default_value;                   /* first_default, or of the newest of defaults that counts */
    unsigned char *first_default;                   /* what it was loaded or made with */
    struct ese_default *defaults;                   /* set later: all stay until the table leaves memory */
    uint32_t definition_size;                       /* of a user-defined default: then first_default defines it, */
    struct ese_computed *computed;                  /*   and there is no default value; NULL: not looked up yet */
    bool derived;                                   /* it comes from the table's template */
    struct ese_txn *added_by, *dropped_by;          /* NULL: settled */
    bool gone;                                      /* never was, or dropped for good */
};

struct ese_condition { JET_COLUMNID column; bool must_be_null; };

struct ese_index {
    char name[ESE_NAME_MAX + 1];
    uint32_t number;                                /* in the catalog; ESE_PRIMARY_NUMBER: the primary index */
    JET_GRBIT grbit;
    uint32_t density, key_most, columns;
    JET_COLUMNID column[ESE_KEY_COLUMNS];
    bool descending[ESE_KEY_COLUMNS];
    uint32_t segment_most;                          /* cbVarSegMac: bytes of one column in the key; 0: no bound */
    uint32_t conditions;
    struct ese_condition condition[ESE_KEY_COLUMNS];
    struct ese_tuple_limits tuple;                  /* of a tuple index */
    char locale[ESE_LOCALE_MAX + 1];
    uint32_t lcid, map_flags;                       /* as asked for; 0: default */
    JET_SPACEHINTS hints;                           /* cbStruct 0: none given */
    bool derived;                                   /* it comes from the table's template */
    /* not in the catalog: */
    const struct ese_column *part[ESE_KEY_COLUMNS]; /* the columns themselves, visible or not */
    const struct ese_column *condition_part[ESE_KEY_COLUMNS];
    const struct ese_collation *collation;          /* NULL: no Unicode column */
    uint32_t multi;                                 /* place of the first multi-valued column; columns: none */
    struct ese_tree *tree;                          /* of a secondary index */
    struct ese_txn *added_by, *dropped_by;          /* of a secondary index; NULL: settled */
    bool gone;                                      /* never was, or dropped for good */
    uint32_t cursors;                               /* that stand on it */
};

#define ESE_PRIMARY_NUMBER 1u
struct ese_temp {                                   /* temp.c; the session of its cursors */
    enum ese_temp_phase phase;
    JET_GRBIT grbit;
    bool sorting;                                   /* counted among the sorts of the store */
    bool keep_all;                                  /* as in its definition */
    uint64_t records, numbered;
};

struct ese_callback;

struct ese_ls { bool set; JET_LS value; };          /* what an application hung on a cursor or table */

struct ese_table {
    struct ese_table *next;
    struct ese_database *database;
    uint32_t object;
    char name[ESE_NAME_MAX + 1];
    JET_GRBIT grbit;
    uint32_t pages, density;
    struct ese_tree *tree;
    _Atomic uint64_t definition;                    /* grows with every change to what columns there are */
    struct ese_rwlock lock;                         /* all below */
    struct ese_column **column;                     /* stable objects, in order of creation */
    uint32_t columns, column_room;
    struct ese_column **by_id;                      /* the same by id: no id is used twice; NULL where there is none */
    uint32_t by_id_room;
    uint32_t last_fixed, last_variable, last_tagged;/* greatest ids ever used */
    JET_COLUMNID autoincrement, version;            /* 0: none */
    bool escrows;                                   /* some column is or was one */
    struct ese_index *primary;                      /* NULL: sequential keys */
    struct ese_txn *indexed_by;                     /* created the primary index and has not committed */
    struct ese_index **index;                       /* secondary ones: stable objects, in order of creation */
    uint32_t indexes, index_room;
    struct ese_cursor *cursors;
    struct ese_callback *callbacks;
    _Atomic JET_CBTYP callback_types;               /* of all of them */
    uint64_t last_callback;
    uint32_t template_object;                       /* the table it inherits from; 0: none */
    _Atomic bool inherited;                         /* a template: since it was loaded somebody derived a table from it */
    JET_CBTYP persisted_types;                      /* of the callback in the catalog; 0: none */
    _Atomic bool persisted_ready;                   /* it is among the callbacks, or is not called here */
    char persisted[ESE_CALLBACK_MAX + 1];           /* "module!function" */
    struct ese_ls ls;
    struct ese_txn *dropped_by;
    struct ese_txn *created_by;                     /* still running, or committed and not yet settled */
    bool gone;
    struct ese_mutex making;                        /* making the tree of long values; before database and tree locks */
    _Atomic(struct ese_tree *) long_tree;           /* NULL: no long value was ever stored */
    struct ese_mutex counters;                      /* below; inside everything, tree locks are taken in it */
    uint64_t next_long;                             /* 0: not read yet */
    uint64_t next_sequence;                         /* 0: not read yet */
    uint64_t next_autoincrement, autoincrement_limit;
    struct ese_temp *temp;                          /* NULL: an ordinary table */
};

/* Ids of columns: fixed 1.., variable 128.., tagged 256.. (as in the original). */
#define ESE_FIXED_FIRST 1u
#define ESE_FIXED_LAST 127u
#define ESE_VARIABLE_FIRST 128u
#define ESE_VARIABLE_LAST 255u
#define ESE_TAGGED_FIRST 256u
#define ESE_TAGGED_LAST 64993u

/* ---- database.c ------------------------------------------------------------------------------------------ */

/* drop.c. announce: the transaction drops the tree; the catalog keeps that until it is destroyed. destroy: all pages go, the
 * last of them with the announcement, if any, and the undo note. finish: what a crash has left of drops. */
JET_ERR ese_database_announce_drop(struct ese_trx *trx, struct ese_database *database, uint32_t root);
JET_ERR ese_database_destroy_tree(struct ese_database *database, struct ese_tree *tree, const struct ese_log_undo *undo);
JET_ERR ese_database_finish_drops(struct ese_database *database);

/* The tree object of a root page, made when it is not there yet. */
JET_ERR ese_database_tree(struct ese_database *database, uint32_t root, struct ese_tree **tree);
/* A new tree, which a rollback of trx frees again. */
JET_ERR ese_database_new_tree(struct ese_trx *trx, struct ese_database *database, uint32_t *root);

/* ---- attach.c -------------------------------------------------------------------------------------------- */

struct ese_database *ese_database_by_path(struct ese_store *store, const char *absolute); /* store->lock held */
/* Cleans, flushes, marks clean and tells the log, unless not clean; frees the object in any case. store->lock held (or
 * nobody else left), the list is updated by the caller. */
JET_ERR ese_database_close(struct ese_database *database, bool clean);
/* A database without a place in the list: nobody finds it by path or id, nothing of it is logged. grbit: 0 or
 * JET_bitDbOverwriteExisting. close frees it; with keep the file is complete and clean then. */
JET_ERR ese_database_create_unlisted(struct ese_store *store, uint32_t id, const char *path, JET_GRBIT grbit,
                                     struct ese_database **database);
JET_ERR ese_database_close_unlisted(struct ese_database *database, bool keep);
void ese_database_free(struct ese_database *database); /* the object; its dirty pages are lost */

/* ---- database_header.c ----------------------------------------------------------------------------------- */

/* The log has heard of the database: its record lies between the two positions. In memory. */
void ese_database_arrived(struct ese_database *database, ese_lsn before, ese_lsn position);
/* Writes the header with this state, and what follows from it. */
JET_ERR ese_database_set_state(struct ese_database *database, uint32_t state);
/* ese_cache_file.before_write: the header says that the file needs the generation of `newest` before it does. */
JET_ERR ese_database_before_write(struct ese_cache_file *file, ese_lsn newest);
/* A recovery of the database would begin in the one generation, and go on to the other; 0: nothing new. */
JET_ERR ese_database_require(struct ese_database *database, uint32_t first, uint32_t last);

/* ---- collation.c ----------------------------------------------------------------------------------------- */

/* What sorts text here and now, for the header of a new database; and whether this engine can go on with a database that
 * has `text` there: JET_errSuccess or the error of the attach. */
void ese_collation_name(char text[ESE_HEADER_COLLATION]);
JET_ERR ese_collation_check(const char *text);

/* ---- recollate.c ----------------------------------------------------------------------------------------- */

/* Deletes all indexes over Unicode text of a database that is being attached: JET_wrnCorruptIndexDeleted when there were any.
 * JET_errPrimaryIndexCorrupted, and nothing is deleted, when a primary one is among them. */
JET_ERR ese_database_delete_unicode_indexes(struct ese_database *database);

/* ---- catalog.c ------------------------------------------------------------------------------------------- */

bool ese_name_is_valid(const char *name);
bool ese_name_same(const char *a, const char *b);
int ese_name_compare(const char *a, const char *b); /* order of folded names */

/* Object of the table with this name as trx sees it; JET_errObjectNotFound, JET_errInvalidName. */
JET_ERR ese_catalog_find(struct ese_trx *trx, struct ese_database *database, const char *name, uint32_t *object);
JET_ERR ese_catalog_add_name(struct ese_trx *trx, struct ese_database *database, const char *name, uint32_t object);
JET_ERR ese_catalog_remove_name(struct ese_trx *trx, struct ese_database *database, const char *name);
JET_ERR ese_catalog_add_table(struct ese_trx *trx, const struct ese_table *table);
JET_ERR ese_catalog_put_table(struct ese_trx *trx, const struct ese_table *table, const char *name, uint32_t last_fixed,
                              uint32_t last_variable, uint32_t last_tagged);
/* Makes trx the only one to change the definition of the table until it ends; JET_errWriteConflict. */
JET_ERR ese_catalog_lock_table(struct ese_trx *trx, const struct ese_table *table);
JET_ERR ese_catalog_add_column(struct ese_trx *trx, const struct ese_table *table, const struct ese_column *column);
JET_ERR ese_catalog_put_column(struct ese_trx *trx, const struct ese_table *table, const struct ese_column *column,
                               const char *name);
JET_ERR ese_catalog_remove_column(struct ese_trx *trx, const struct ese_table *table, JET_COLUMNID column);
JET_ERR ese_catalog_add_long_tree(struct ese_trx *trx, const struct ese_table *table, uint32_t root);
/* All entries of the table. */
JET_ERR ese_catalog_remove_table(struct ese_trx *trx, const struct ese_table *table);
JET_ERR ese_catalog_autoincrement(const struct ese_table *table, uint64_t *value); /* 0 when there is none */
JET_ERR ese_catalog_put_autoincrement(const struct ese_table *table, uint64_t value);
JET_ERR ese_catalog_remove_autoincrement(const struct ese_table *table);
JET_ERR ese_catalog_last_object(struct ese_database *database, uint32_t *object);
/* Reads a table that was not opened since attach. trx: whose eyes. */
JET_ERR ese_catalog_load(struct ese_trx *trx, struct ese_database *database, uint32_t object, struct ese_table **table);

/* ---- schema.c -------------------------------------------------------------------------------------------- */

JET_ERR ese_table_make(struct ese_database *database, uint32_t object, struct ese_table **table);
void ese_table_free(struct ese_table *table);
JET_ERR ese_table_append(struct ese_table *table, struct ese_column *column); /* takes it over on success */
void ese_column_free(struct ese_column *column);
/* The in-memory table of an object, loaded when need be. */
JET_ERR ese_table_find(struct ese_trx *trx, struct ese_database *database, uint32_t object, struct ese_table **table);
/* table->lock for a change to what columns there are, and for whom: cursors that remember a column look it up again. */
void ese_table_lock_to_define(struct ese_table *table);
/* Column as trx sees it, table->lock held; NULL: none. */
struct ese_column *ese_table_column(const struct ese_table *table, const struct ese_trx *trx, JET_COLUMNID id);
struct ese_column *ese_table_column_named(const struct ese_table *table, const struct ese_trx *trx, const char *name);
bool ese_column_is_visible(const struct ese_column *column, const struct ese_trx *trx);
/* Is the column part, or a condition, of an index, visible or not? What trx, if given, sees dropped does not count.
 * table->lock held. */
bool ese_table_is_indexed(const struct ese_table *table, const struct ese_trx *trx, JET_COLUMNID id);
/* Tree of the i-th (0..) secondary index, NULL when it is gone; false: there are no more. */
bool ese_table_index_tree(struct ese_table *table, uint32_t i, struct ese_tree **tree);
/* Largest record, and largest key of an index, of the database. */
uint32_t ese_record_max(const struct ese_database *database);
uint32_t ese_key_most_allowed(uint32_t page_size);

/* The column of an id that is known to be there. */
static inline struct ese_column *ese_table_by_id(const struct ese_table *table, JET_COLUMNID id)
{
    return table->by_id[id];
}

static inline bool ese_columnid_is_fixed(JET_COLUMNID id)
{
    return id >= ESE_FIXED_FIRST && id <= ESE_FIXED_LAST;
}

/* What to say of an id that no column has. */
static inline JET_ERR ese_columnid_error(JET_COLUMNID id)
{
    return id == 0 || id > ESE_TAGGED_LAST ? JET_errBadColumnId : JET_errColumnNotFound;
}

static inline bool ese_columnid_is_tagged(JET_COLUMNID id)
{
    return id >= ESE_TAGGED_FIRST;
}

/* ---- column.c -------------------------------------------------------------------------------------------- */

/* The common frame of changes to a definition: the caller may make them and is the only one; a level of its own. */
JET_ERR ese_table_begin_change(struct ese_cursor *cursor, struct ese_auto *automatic);

/* May this cursor change the definition at all? JET_errDatabaseFileReadOnly, JET_errPermissionDenied, JET_errFixedDDL. A
 * template gets nothing but tagged columns (`tagged`) once it is made. */
JET_ERR ese_table_check_change(const struct ese_cursor *cursor, bool tagged);

/* ---- template.c ------------------------------------------------------------------------------------------ */

/* No table is derived from the template, by whomever. JET_errTableInUse. */
JET_ERR ese_template_check_unused(struct ese_trx *trx, struct ese_table *table);

/* ---- coltyp.c -------------------------------------------------------------------------------------------- */

bool ese_coltyp_is_valid(JET_COLTYP coltyp);
uint32_t ese_coltyp_size(JET_COLTYP coltyp);        /* size of every value of the type; 0: it varies */
uint32_t ese_coltyp_max(JET_COLTYP coltyp);         /* largest value */
static inline bool ese_coltyp_is_long(JET_COLTYP coltyp)
{
    return coltyp == JET_coltypLongBinary || coltyp == JET_coltypLongText;
}

static inline bool ese_coltyp_is_text(JET_COLTYP coltyp)
{
    return coltyp == JET_coltypText || coltyp == JET_coltypLongText;
}

/* ---- cursor.c -------------------------------------------------------------------------------------------- */

enum ese_where { ESE_AT_START, ESE_AT_END, ESE_ON_RECORD, ESE_IN_GAP };
enum ese_prepared { ESE_PREPARED_NOTHING, ESE_PREPARED_INSERT, ESE_PREPARED_COPY, ESE_PREPARED_MOVE /* InsertCopyDelete
                    Original */, ESE_PREPARED_REPLACE, ESE_PREPARED_REPLACE_NO_LOCK };

struct ese_search_key {
    struct ese_bytes bytes;
    uint32_t columns;                               /* parts made so far */
    bool made;
    bool closed;                                    /* no further part: wildcard or normalized */
    bool wildcard;
};

struct ese_range {
    struct ese_bytes limit;
    bool active, upper, inclusive;
};

/* A column that is there for everybody as long as the table's definition is this one. */
#define ESE_KNOWN_COLUMNS 8
struct ese_known_column {
    uint64_t definition;
    const struct ese_column *column;
    uint32_t entry;                                 /* where its value was found in a record, most likely here again */
};

struct ese_cursor {
    struct ese_trx *trx;
    struct ese_table *table;
    struct ese_cursor *next_in_trx, *next_in_table;
    void *owner;
    JET_GRBIT grbit;
    unsigned level;                                 /* transaction level when it was opened */
    bool overrides;                                 /* the engine's own: no definition is fixed for it */
    bool creator;                                   /* the table is its own: a fixed definition may still grow */
    enum ese_where where;
    bool gap_after;                                 /* IN_GAP: just behind the key, else just before it */
    struct ese_spot spot;                           /* ON_RECORD; IN_GAP, on the clustered index */
    struct ese_index *index;                        /* current secondary index; NULL: the clustered one */
    struct ese_spot entry;                          /* in it: ON_RECORD, IN_GAP; spot is the record's then */
    struct ese_bytes entry_data;
    uint32_t entry_key;                             /* bytes of entry.key that are the index key */
    struct ese_filter *filter;                      /* JetSetCursorFilter; NULL: none */
    struct ese_bytes record;                        /* scratch: the record last read */
    struct ese_bytes record_key;                    /* ... and its key; it is still good while both numbers are */
    uint64_t record_trx, record_changes;            /* ese_trx_id() (0: not in a transaction), trx->changes */
    struct ese_known_column known[ESE_KNOWN_COLUMNS]; /* by the lowest bits of the id */
    uint64_t plain;                                 /* table->definition + 1 in which a new record has no automatic values */
    struct ese_search_key key;
    struct ese_range range;
    enum ese_prepared prepared;
    unsigned prepared_level;
    struct ese_bytes copy;                          /* the record being prepared */
    struct ese_bytes new_key;                       /* scratch: the key of an update */
    struct ese_bytes original;                      /* ... and what it was, for a replace without lock */
    struct ese_long_edit *edits;                    /* long values being prepared; long_value.h */
    uint32_t edit_count, edit_room, edits_unsettled;
    struct ese_bytes unsettled;                     /* the prepared record before its edits were written */
    bool settling;
    struct ese_ls ls;
};

/* The column becomes a known one, when it is there for everybody; escrow columns have rules of their own. table->lock held. */
static inline void ese_cursor_remember(struct ese_cursor *cursor, const struct ese_column *column)
{
    if (column->added_by == NULL && column->dropped_by == NULL && (column->grbit & JET_bitColumnEscrowUpdate) == 0) {
        cursor->known[column->id % ESE_KNOWN_COLUMNS] = (struct ese_known_column){ cursor->table->definition, column, 0 };
    }
}

/* The column when it is a known one: what it is does not change then. No lock is needed. NULL: look it up. */
static inline const struct ese_column *ese_cursor_known(const struct ese_cursor *cursor, JET_COLUMNID id)
{
    const struct ese_known_column *known = &cursor->known[id % ESE_KNOWN_COLUMNS];
    return known->column != NULL && known->column->id == id && known->definition == cursor->table->definition
               ? known->column : NULL;
}

JET_ERR ese_cursor_attach(struct ese_trx *trx, struct ese_table *table, JET_GRBIT grbit, struct ese_cursor **cursor);
/* Reads the current record into cursor->record. JET_errNoCurrentRecord, JET_errRecordDeleted. */
JET_ERR ese_cursor_read(struct ese_cursor *cursor);
void ese_cursor_cancel(struct ese_cursor *cursor);  /* forgets a prepared update */
JET_ERR ese_copy_out(const void *from, uint32_t size, void *to, uint32_t room, uint32_t *actual);

/* ---- callback.c ------------------------------------------------------------------------------------------ */

/* Calls the functions registered for this occasion, as the session of the cursor; the first error. No lock is held. */
JET_ERR ese_callbacks_run(struct ese_cursor *cursor, JET_CBTYP type);
JET_ERR ese_cursor_call(struct ese_cursor *cursor, const struct ese_call_back *call);
/* Registers the callback that is kept with the table, once, unless the store runs none. JET_errCallbackNotResolved. */
JET_ERR ese_table_add_persisted(struct ese_table *table);
void ese_table_free_callbacks(struct ese_table *table);
/* The object it hangs on goes away: tells the application. */
void ese_ls_free(struct ese_store *store, struct ese_ls *ls, JET_CBTYP type);

/* ---- computed.c ------------------------------------------------------------------------------------------ */

/* The function behind "module!function". JET_errCallbackNotResolved. */
JET_ERR ese_callback_resolve(const char *name, JET_CALLBACK *function);
/* What a definition says, the function looked up. JET_errCallbackNotResolved, JET_errCatalogCorrupted. */
JET_ERR ese_computed_make(const unsigned char *definition, uint32_t size, struct ese_computed **computed);
/* The user-defined default of a column for the cursor's record: what the function answers, JET_wrnColumnNull and
 * JET_wrnBufferTruncated (*size is the whole size then) among it. No lock is held. */
JET_ERR ese_column_compute(struct ese_cursor *cursor, struct ese_column *column, void *data, uint32_t room, uint32_t *size);

/* ---- key.c ----------------------------------------------------------------------------------------------- */

struct ese_key_part { const struct ese_column *column; bool descending; const void *data; uint32_t size; bool null;
                      bool nulls_high; const struct ese_collation *collation; bool dot_net_guid; };
enum ese_key_end { ESE_KEY_WHOLE, ESE_KEY_PREFIX, ESE_KEY_LIMIT, ESE_KEY_PREFIX_LIMIT };
/* Appends the normal form of one value: memcmp order of keys is the order of values. */
JET_ERR ese_key_append(struct ese_bytes *key, const struct ese_key_part *part, enum ese_key_end end);
/* The key of a record in the primary index. table->lock held. JET_errNullKeyDisallowed. */
JET_ERR ese_key_of_record(struct ese_table *table, struct ese_trx *trx, const struct ese_bytes *record,
                          struct ese_bytes *key);

/* ---- temp.c, temp_file.c --------------------------------------------------------------------------------- */

JET_ERR ese_temp_number_key(struct ese_table *table, struct ese_bytes *key);  /* after the key of a new record is made */
JET_ERR ese_temp_after_insert(struct ese_table *table, JET_ERR err);          /* what an insert's outcome means here */
void ese_temp_close(struct ese_table *table);       /* its last cursor is gone */
JET_ERR ese_temp_file_init(struct ese_store *store);
void ese_temp_file_fini(struct ese_store *store, bool clean);
JET_ERR ese_temp_file_database(struct ese_store *store, struct ese_database **database);
JET_ERR ese_temp_file_begin_sort(struct ese_store *store);   /* JET_errTooManySorts */
void ese_temp_file_end_sort(struct ese_store *store);
JET_ERR ese_temp_file_new_tree(struct ese_database *database, struct ese_tree **tree);

/* ---- record.c -------------------------------------------------------------------------------------------- */

/*
 * A directory of the values that are there, in order of column id and sequence, then the values.
 *
 *   count u16 | count x ( column id u16, flags u16 (1: NULL, 2: separate), end of the value u16 ) | values
 *
 * Ends count from the first value. A column without an entry has its default, or NULL. What is kept of a separate value is
 * a reference to it (long_value.h).
 */
#define ESE_RECORD_HEAD 2u
#define ESE_RECORD_ENTRY 6u
#define ESE_RECORD_NULL 1u
#define ESE_RECORD_SEPARATE 2u

struct ese_value { const unsigned char *data; uint32_t size; bool null, separate; };

static inline uint32_t ese_record_entries(const struct ese_bytes *record)
{
    return ese_get16(record->data);
}

static inline const unsigned char *ese_record_entry_at(const struct ese_bytes *record, uint32_t index)
{
    return record->data + ESE_RECORD_HEAD + index * ESE_RECORD_ENTRY;
}

/* Id and value of an entry. */
static inline JET_COLUMNID ese_record_entry(const struct ese_bytes *record, uint32_t index, struct ese_value *value)
{
    const unsigned char *entry = ese_record_entry_at(record, index);
    uint32_t begin = index != 0 ? ese_get16(entry + 4 - ESE_RECORD_ENTRY) : 0, flags = ese_get16(entry + 2);
    value->data = ese_record_entry_at(record, ese_record_entries(record)) + begin;
    value->size = ese_get16(entry + 4) - begin;
    value->null = (flags & ESE_RECORD_NULL) != 0;
    value->separate = (flags & ESE_RECORD_SEPARATE) != 0;
    return ese_get16(entry);
}

/* First entry with an id >= id. */
static inline uint32_t ese_record_lower(const struct ese_bytes *record, JET_COLUMNID id)
{
    uint32_t low = 0, high = ese_record_entries(record);
    while (low < high) {
        uint32_t middle = (low + high) / 2;
        if (ese_get16(ese_record_entry_at(record, middle)) < id) {
            low = middle + 1;
        } else {
            high = middle;
        }
    }
    return low;
}

/* The sequence-th (1..) value of the column in the record; false: not there. */
static inline bool ese_record_get(const struct ese_bytes *record, JET_COLUMNID id, uint32_t sequence,
                                  struct ese_value *value)
{
    uint32_t first = ese_record_lower(record, id);
    if (sequence == 0 || sequence > ese_record_entries(record) - first ||
        ese_get16(ese_record_entry_at(record, first + sequence - 1)) != id) {
        return false;
    }
    (void)ese_record_entry(record, first + sequence - 1, value);
    return true;
}

void ese_record_init(struct ese_bytes *record);     /* record->room >= 2 */
uint32_t ese_record_values(const struct ese_bytes *record, JET_COLUMNID id);
/* Sets it; sequence beyond the last adds one. */
JET_ERR ese_record_set(struct ese_bytes *record, JET_COLUMNID id, uint32_t sequence, const void *data, uint32_t size,
                       bool null);
/* The same for a value stored apart; reference: ESE_LONG_REFERENCE bytes. */
JET_ERR ese_record_set_separate(struct ese_bytes *record, JET_COLUMNID id, uint32_t sequence, const void *reference);
bool ese_record_has_separate(const struct ese_bytes *record);
JET_ERR ese_record_unset(struct ese_bytes *record, JET_COLUMNID id, uint32_t sequence);
/* Bytes the record would have with this value. */
uint32_t ese_record_size_with(const struct ese_bytes *record, JET_COLUMNID id, uint32_t sequence, uint32_t size);
bool ese_record_is_sound(const unsigned char *record, uint32_t size);

/* ---- value.c --------------------------------------------------------------------------------------------- */

/* The sequence-th (1..) value of a column of a record, at most `limit` bytes of it, its default applied. *there false: the
 * record has no such value; value->null is set then too. The value points into the record, the column or scratch. */
JET_ERR ese_value_of_record(struct ese_table *table, struct ese_trx *trx, const struct ese_bytes *record,
                            const struct ese_column *column, uint32_t sequence, uint32_t limit,
                            struct ese_bytes *scratch, struct ese_value *value, bool *there);

#endif
