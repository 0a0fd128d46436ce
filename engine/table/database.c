/* Database files: create, attach, detach; the trees of a database. */
#include "engine/table/header.h"
#include "engine/table/schema.h"

#define EXTEND_DEFAULT 256

/* ---- trees ----------------------------------------------------------------------------------------------- */

JET_ERR ese_database_tree(struct ese_database *database, uint32_t root, struct ese_tree **tree)
{
    JET_ERR err = JET_errSuccess;
    ese_mutex_lock(&database->lock);
    struct ese_tree *found = database->trees;
    while (found != NULL && (found->root != root || found->dropped)) {
        found = found->next;
    }
    if (found == NULL) {
        found = ese_alloc(sizeof *found);
        err = found != NULL ? ese_tree_init(found, &database->space, root) : JET_errOutOfMemory;
        if (err == JET_errSuccess) {
            found->next = database->trees;
            database->trees = found;
        } else {
            ese_free(found);
        }
    }
    ese_mutex_unlock(&database->lock);
    if (err == JET_errSuccess) {
        *tree = found;
    }
    return err;
}

static JET_ERR destroy_tree(void *object)
{
    struct ese_tree *tree = object;
    ese_rwlock_write(&tree->lock);
    JET_ERR err = ese_tree_destroy(tree);
    ese_rwlock_write_unlock(&tree->lock);
    return err;
}

static JET_ERR keep_tree(void *object)
{
    (void)object;
    return JET_errSuccess;
}

JET_ERR ese_database_new_tree(struct ese_trx *trx, struct ese_database *database, uint32_t *root)
{
    static const struct ese_note_ops ops = { destroy_tree, keep_tree, NULL };
    struct ese_change change;
    struct ese_tree *tree;
    uint32_t page = 0;
    ese_change_begin(&change, database->store->cache, &database->file);
    JET_ERR err = ese_tree_format(&database->space, &change, &page);
    const struct ese_log_undo undo = { ese_trx_id(trx), ESE_UNDO_NEW_TREE, page, NULL, 0, NULL, 0, false };
    ese_txn_will_log(trx, &database->space);
    err = ese_change_end(&change, err, &undo);
    if (err != JET_errSuccess) {
        return err;
    }
    err = ese_database_tree(database, page, &tree);
    if (err == JET_errSuccess) {
        err = ese_trx_note(trx, &database->space, &ops, tree);
        if (err != JET_errSuccess) {
            destroy_tree(tree);
        }
    }
    *root = page;
    return err;
}

/* ---- making and unmaking the object ---------------------------------------------------------------------- */

void ese_database_free(struct ese_database *database)
{
    while (database->tables != NULL) {
        struct ese_table *table = database->tables;
        database->tables = table->next;
        ese_table_free(table);
    }
    while (database->trees != NULL) {
        struct ese_tree *tree = database->trees;
        database->trees = tree->next;
        ese_tree_fini(tree);
        ese_free(tree);
    }
    ese_cache_drop(database->store->cache, &database->file);
    ese_space_fini(&database->space);
    ese_mutex_fini(&database->lock);
    ese_file_close(database->file.file);
    ese_free(database->path);
    ese_free(database);
}

/* An object around an open file; takes file and path over in any case. */
static JET_ERR make_object(struct ese_store *store, uint32_t id, struct ese_file *file, char *path, uint32_t max_pages,
                           struct ese_database **database)
{
    struct ese_database *made = ese_calloc(1, sizeof *made);
    JET_ERR err = made != NULL ? ese_mutex_init(&made->lock) : JET_errOutOfMemory;
    if (err == JET_errSuccess) {
        made->store = store;
        made->id = id;
        made->file.file = file;
        made->file.id = id;
        made->file.logged = id <= ESE_DATABASE_MAX;
        uint32_t extend = store->config.extend_pages != 0 ? store->config.extend_pages : EXTEND_DEFAULT;
        err = ese_space_init(&made->space, store->cache, &made->file, max_pages, extend);
        if (err != JET_errSuccess) {
            ese_mutex_fini(&made->lock);
        }
    }
    if (err != JET_errSuccess) {
        ese_free(made);
        ese_file_close(file);
        ese_free(path);
        return err;
    }
    made->path = path;
    *database = made;
    return JET_errSuccess;
}

static JET_ERR write_state(struct ese_database *database, uint32_t state)
{
    struct ese_header header = { database->store->config.page_size, state, database->signature };
    JET_ERR err = ese_header_write(database->file.file, &header);
    if (err == JET_errSuccess) {
        database->dirty = state == ESE_STATE_DIRTY;
    }
    return err;
}

/* Cleans, flushes, marks clean; frees the object in any case. */
JET_ERR ese_database_close(struct ese_database *database, bool clean)
{
    JET_ERR err = JET_errSuccess;
    struct ese_store *store = database->store;
    if (clean && !database->read_only) {
        err = ese_vstore_cleanup_space(store->vstore, &database->space);
        if (err == JET_errSuccess) {
            err = ese_database_flush(database);
        }
        if (err == JET_errSuccess && ese_store_log(store) != NULL) {
            ese_lsn position;
            err = ese_log_detach_database(ese_store_log(store), database->id, &position);
        }
        if (err == JET_errSuccess) {
            err = write_state(database, ESE_STATE_CLEAN);
        }
    } else if (clean) {
        err = ese_vstore_cleanup_space(store->vstore, &database->space);
    }
    ese_database_free(database);
    return err;
}

/* ---- the store's list ------------------------------------------------------------------------------------ */

static struct ese_database *by_path(struct ese_store *store, const char *absolute)
{
    for (unsigned i = 0; i < ESE_DATABASE_MAX; i++) {
        if (store->database[i] != NULL && ese_path_same(store->database[i]->path, absolute)) {
            return store->database[i];
        }
    }
    return NULL;
}

static uint32_t free_id(const struct ese_store *store)
{
    uint32_t id = 1;
    while (id <= ESE_DATABASE_MAX && store->database[id - 1] != NULL) {
        id++;
    }
    return id <= ESE_DATABASE_MAX ? id : 0;
}

/* Tells the log that the database is there from now on. */
static JET_ERR log_arrival(struct ese_database *database, bool created)
{
    struct ese_store *store = database->store;
    struct ese_log *log = ese_store_log(store);
    ese_lsn position;
    if (log == NULL) {
        return JET_errSuccess;
    }
    const struct ese_log_database entry = { database->id, database->path, database->signature, store->config.page_size,
                                            database->space.pages_max };
    return created ? ese_log_create_database(log, &entry, &position) : ese_log_attach_database(log, &entry, &position);
}

/* ---- create ---------------------------------------------------------------------------------------------- */

/* Space page and catalog root of a new file. */
static JET_ERR format(struct ese_database *database)
{
    struct ese_change change;
    uint32_t root = 0;
    ese_change_begin(&change, database->store->cache, &database->file);
    JET_ERR err = ese_space_format(&database->space, &change);
    if (err == JET_errSuccess) {
        err = ese_tree_format(&database->space, &change, &root);
    }
    return ese_change_end(&change, err, NULL);
}

static JET_ERR create_file(const char *path, JET_GRBIT grbit, struct ese_file **file)
{
    bool overwrite = (grbit & JET_bitDbOverwriteExisting) != 0;
    unsigned flags = ESE_FILE_CREATE | ESE_FILE_LOCK | (overwrite ? ESE_FILE_TRUNCATE : ESE_FILE_EXCLUSIVE);
    JET_ERR err = ese_file_open(path, flags, file);
    if (err == JET_errFileAlreadyExists) {
        err = JET_errDatabaseDuplicate;
    } else if (err == JET_errFileNotFound) {
        err = JET_errInvalidPath;                   /* the directory is missing */
    } else if (err == JET_errFileAccessDenied && overwrite && ese_path_exists(path)) {
        err = JET_errDatabaseSharingViolation;
    }
    return err;
}

static JET_ERR create_locked(struct ese_store *store, char *path, uint32_t max_pages, JET_GRBIT grbit,
                             struct ese_database **database)
{
    struct ese_file *file;
    struct ese_database *made;
    uint32_t id = free_id(store);
    JET_ERR err = by_path(store, path) != NULL ? JET_errDatabaseDuplicate
                : id == 0 ? JET_errTooManyAttachedDatabases : create_file(path, grbit, &file);
    if (err != JET_errSuccess) {
        ese_free(path);
        return err;
    }
    char *again = ese_strdup(path);
    if (again == NULL) {
        ese_file_close(file);
        ese_path_remove(path);
        ese_free(path);
        return JET_errOutOfMemory;
    }
    err = make_object(store, id, file, path, max_pages, &made);
    if (err == JET_errSuccess) {
        ese_header_new_signature(&made->signature);
        made->next_object = 1;
        err = write_state(made, ESE_STATE_DIRTY);
        if (err == JET_errSuccess) {
            err = log_arrival(made, true);
        }
        if (err == JET_errSuccess) {
            err = format(made);
        }
        if (err == JET_errSuccess) {
            err = ese_database_tree(made, ESE_CATALOG_ROOT, &made->catalog);
        }
        if (err == JET_errSuccess) {
            err = ese_database_flush(made);
        }
        if (err != JET_errSuccess) {
            ese_database_free(made);
        }
    }
    if (err == JET_errSuccess) {
        store->database[id - 1] = made;
        *database = made;
    } else {
        ese_path_remove(again);
    }
    ese_free(again);
    return err;
}

JET_ERR ese_database_create(struct ese_store *store, const char *path, uint32_t max_pages, JET_GRBIT grbit,
                            struct ese_database **database)
{
    char *absolute;
    JET_ERR err = ese_path_absolute(path, &absolute);
    if (err != JET_errSuccess) {
        return err;
    }
    ese_mutex_lock(&store->lock);
    err = create_locked(store, absolute, max_pages, grbit, database);
    ese_mutex_unlock(&store->lock);
    return err;
}

JET_ERR ese_database_create_temp(struct ese_store *store, const char *path, struct ese_database **database)
{
    struct ese_file *file;
    struct ese_database *made;
    char *own = ese_strdup(path);
    JET_ERR err = own != NULL ? create_file(own, JET_bitDbOverwriteExisting, &file) : JET_errOutOfMemory;
    if (err != JET_errSuccess) {
        ese_free(own);
        return err == JET_errDatabaseSharingViolation ? JET_errTempPathInUse : err;
    }
    err = make_object(store, ESE_DATABASE_TEMP, file, own, 0, &made);
    if (err == JET_errSuccess) {
        ese_header_new_signature(&made->signature);
        made->next_object = 1;
        err = format(made);
        if (err == JET_errSuccess) {
            err = ese_database_tree(made, ESE_CATALOG_ROOT, &made->catalog);
        }
        if (err != JET_errSuccess) {
            ese_database_free(made);
        }
    }
    if (err != JET_errSuccess) {
        (void)ese_path_remove(path);
        return err;
    }
    *database = made;
    return JET_errSuccess;
}

/* ---- attach ---------------------------------------------------------------------------------------------- */

static JET_ERR attach_locked(struct ese_store *store, char *path, uint32_t max_pages, JET_GRBIT grbit,
                             struct ese_database **database)
{
    bool read_only = (grbit & JET_bitDbReadOnly) != 0;
    struct ese_file *file;
    struct ese_header header;
    struct ese_database *made = by_path(store, path);
    if (made != NULL) {
        ese_free(path);
        *database = made;
        return JET_wrnDatabaseAttached;
    }
    uint32_t id = free_id(store);
    JET_ERR err = id == 0 ? JET_errTooManyAttachedDatabases
                          : ese_file_open(path, ESE_FILE_LOCK | (read_only ? ESE_FILE_READ_ONLY : 0u), &file);
    if (err != JET_errSuccess) {
        if (err == JET_errFileAccessDenied && ese_path_exists(path)) {
            struct ese_file *probe;
            if (ese_file_open(path, read_only ? ESE_FILE_READ_ONLY : 0u, &probe) == JET_errSuccess) {
                ese_file_close(probe);              /* we may have it; somebody else's lock is in the way */
                err = JET_errDatabaseSharingViolation;
            }
        }
        ese_free(path);
        return err;
    }
    err = ese_header_read(file, &header);
    if (err == JET_errSuccess && header.page_size != store->config.page_size) {
        err = JET_errPageSizeMismatch;
    }
    if (err == JET_errSuccess && header.state != ESE_STATE_CLEAN) {
        err = JET_errDatabaseDirtyShutdown;
    }
    if (err != JET_errSuccess) {
        ese_file_close(file);
        ese_free(path);
        return err;
    }
    err = make_object(store, id, file, path, max_pages, &made);
    if (err != JET_errSuccess) {
        return err;
    }
    uint32_t last = 0;
    made->read_only = read_only;
    made->signature = header.signature;
    err = ese_database_tree(made, ESE_CATALOG_ROOT, &made->catalog);
    if (err == JET_errSuccess) {
        err = ese_catalog_last_object(made, &last);
    }
    if (err == JET_errSuccess && !read_only) {
        err = log_arrival(made, false);
        if (err == JET_errSuccess) {
            err = write_state(made, ESE_STATE_DIRTY);
        }
    }
    if (err != JET_errSuccess) {
        ese_database_free(made);
        return err;
    }
    made->next_object = last + 1;
    store->database[id - 1] = made;
    *database = made;
    return JET_errSuccess;
}

JET_ERR ese_database_attach(struct ese_store *store, const char *path, uint32_t max_pages, JET_GRBIT grbit,
                            struct ese_database **database)
{
    char *absolute;
    JET_ERR err = ese_path_absolute(path, &absolute);
    if (err != JET_errSuccess) {
        return err;
    }
    ese_mutex_lock(&store->lock);
    err = attach_locked(store, absolute, max_pages, grbit, database);
    ese_mutex_unlock(&store->lock);
    return err;
}

JET_ERR ese_database_detach(struct ese_database *database)
{
    struct ese_store *store = database->store;
    JET_ERR err;
    ese_mutex_lock(&store->lock);
    if (database->pins != 0 || database->cursors != 0) {
        err = JET_errDatabaseInUse;
    } else {
        err = ese_vstore_cleanup_space(store->vstore, &database->space);
        if (database->space.versions != 0) {
            err = JET_errDatabaseInUse;             /* an open transaction has changed it */
        } else {
            store->database[database->id - 1] = NULL;
            JET_ERR closed = ese_database_close(database, err == JET_errSuccess);
            err = err == JET_errSuccess ? closed : err;
        }
    }
    ese_mutex_unlock(&store->lock);
    return err;
}

/* ---- finding, pinning ------------------------------------------------------------------------------------ */

static JET_ERR find(struct ese_store *store, const char *path, bool pin, struct ese_database **database)
{
    char *absolute;
    JET_ERR err = ese_path_absolute(path, &absolute);
    if (err != JET_errSuccess) {
        return err;
    }
    ese_mutex_lock(&store->lock);
    struct ese_database *found = by_path(store, absolute);
    if (found != NULL) {
        found->pins += pin ? 1 : 0;
        *database = found;
    } else {
        err = JET_errDatabaseNotFound;
    }
    ese_mutex_unlock(&store->lock);
    ese_free(absolute);
    return err;
}

JET_ERR ese_database_find(struct ese_store *store, const char *path, struct ese_database **database)
{
    return find(store, path, false, database);
}

JET_ERR ese_database_find_pin(struct ese_store *store, const char *path, struct ese_database **database)
{
    return find(store, path, true, database);
}

struct ese_database *ese_database_by_id(struct ese_store *store, uint32_t id)
{
    if (id == 0 || id > ESE_DATABASE_MAX) {
        return NULL;
    }
    ese_mutex_lock(&store->lock);
    struct ese_database *found = store->database[id - 1];
    ese_mutex_unlock(&store->lock);
    return found;
}

void ese_database_pin(struct ese_database *database)
{
    ese_mutex_lock(&database->store->lock);
    database->pins++;
    ese_mutex_unlock(&database->store->lock);
}

void ese_database_unpin(struct ese_database *database)
{
    struct ese_store *store = database->store;
    ese_mutex_lock(&store->lock);
    database->pins--;
    ese_mutex_unlock(&store->lock);
}

uint32_t ese_database_pins(struct ese_database *database)
{
    ese_mutex_lock(&database->store->lock);
    uint32_t pins = database->pins;
    ese_mutex_unlock(&database->store->lock);
    return pins;
}

/* ---- facts ----------------------------------------------------------------------------------------------- */

uint32_t ese_database_id(const struct ese_database *database)
{
    return database->id;
}

const char *ese_database_path(const struct ese_database *database)
{
    return database->path;
}

bool ese_database_read_only(const struct ese_database *database)
{
    return database->read_only;
}

uint32_t ese_database_page_count(struct ese_database *database)
{
    uint32_t owned = 0, unused = 0;
    return ese_space_counts(&database->space, &owned, &unused) == JET_errSuccess ? owned : 0;
}

uint32_t ese_database_free_pages(struct ese_database *database)
{
    uint32_t owned = 0, unused = 0;
    return ese_space_counts(&database->space, &owned, &unused) == JET_errSuccess ? unused : 0;
}

uint64_t ese_database_file_size(struct ese_database *database)
{
    uint64_t size = 0;
    return ese_file_size(database->file.file, &size) == JET_errSuccess ? size : 0;
}

void ese_database_signature(const struct ese_database *database, JET_SIGNATURE *signature)
{
    *signature = database->signature;
}

JET_ERR ese_database_flush(struct ese_database *database)
{
    JET_ERR err = ese_cache_flush(database->store->cache, &database->file, 0);
    return err == JET_errSuccess ? ese_file_sync(database->file.file) : err;
}

JET_ERR ese_database_grow(struct ese_database *database, uint32_t pages, uint32_t *actual)
{
    return database->read_only ? JET_errDatabaseFileReadOnly : ese_space_grow(&database->space, pages, actual);
}

JET_ERR ese_database_file_info(const char *path, struct ese_database_file_info *info)
{
    struct ese_file *file;
    struct ese_header header;
    JET_ERR err = ese_file_open(path, ESE_FILE_READ_ONLY, &file);
    if (err != JET_errSuccess) {
        return err;
    }
    err = ese_header_read(file, &header);
    if (err == JET_errSuccess) {
        err = ese_file_size(file, &info->file_size);
    }
    if (err == JET_errSuccess) {
        info->page_size = header.page_size;
        info->page_count = (uint32_t)(info->file_size / header.page_size);
        info->dirty = header.state != ESE_STATE_CLEAN;
        info->signature = header.signature;
    }
    ese_file_close(file);
    return err;
}
