/*
 * How databases come to a store and leave it.
 *
 *   create   file with a header that says NEW, log: create, pages, log: attach, header DIRTY
 *   attach   log: attach, header DIRTY
 *   detach   pages, header CLEAN, log: detach
 *
 * Whatever stands in the file was announced in the log before, so a recovery knows every database that is not clean.
 * A file that says NEW, or that is empty, belongs to a create that did not get to its end: a later create takes its place,
 * a recovery that finds no attach behind the create removes it.
 */
#include "engine/maintenance/background.h"
#include "engine/table/schema.h"

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
    ese_mutex_fini(&database->header_lock);
    ese_mutex_fini(&database->lock);
    ese_file_close(database->file.file);
    ese_free(database->path);
    ese_free(database);
}

static JET_ERR init_object(struct ese_database *made, uint32_t max_pages)
{
    JET_ERR err = ese_mutex_init(&made->lock);
    if (err != JET_errSuccess) {
        return err;
    }
    err = ese_mutex_init(&made->header_lock);
    if (err == JET_errSuccess) {
        err = ese_space_init(&made->space, made->store->cache, &made->file, max_pages,
                             &made->store->extend_pages);
        if (err != JET_errSuccess) {
            ese_mutex_fini(&made->header_lock);
        }
    }
    if (err != JET_errSuccess) {
        ese_mutex_fini(&made->lock);
    }
    return err;
}

/* An object around an open file; takes file and path over in any case. */
static JET_ERR make_object(struct ese_store *store, uint32_t id, struct ese_file *file, char *path, uint32_t max_pages,
                           struct ese_database **database)
{
    struct ese_database *made = ese_calloc(1, sizeof *made);
    JET_ERR err = JET_errOutOfMemory;
    if (made != NULL) {
        made->store = store;
        made->id = id;
        made->next_object = 1;
        made->header.page_size = store->config.page_size;
        made->file.file = file;
        made->file.id = id;
        made->file.logged = id <= ESE_DATABASE_MAX;
        made->file.before_write = made->file.logged ? ese_database_before_write : NULL;
        made->file.valve = made->file.logged ? &store->pages : NULL;
        err = init_object(made, max_pages);
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

/* ---- the store's list ------------------------------------------------------------------------------------ */

struct ese_database *ese_database_by_path(struct ese_store *store, const char *absolute)
{
    for (unsigned i = 0; i < ESE_DATABASE_MAX; i++) {
        if (store->database[i] != NULL && ese_path_same(store->database[i]->path, absolute)) {
            return store->database[i];
        }
    }
    return NULL;
}

/* Whether a database may come. Not once the store is broken: the log may still have one by the number that it would get, and a
 * recovery would leave that one as it is. */
static bool may_come(const struct ese_store *store)
{
    return !store->broken;
}

static uint32_t free_id(const struct ese_store *store)
{
    uint32_t id = 1;
    while (id <= ESE_DATABASE_MAX && store->database[id - 1] != NULL) {
        id++;
    }
    return id <= ESE_DATABASE_MAX ? id : 0;
}

/* store->lock held. */
static void set_database(struct ese_store *store, uint32_t id, struct ese_database *database)
{
    ese_mutex_lock(&store->list);
    store->database[id - 1] = database;
    ese_mutex_unlock(&store->list);
}

/* What the log knows that did not get to the file: the checkpoint stays where it is, and only a recovery helps. */
static void give_up(struct ese_store *store, JET_ERR cause)
{
    if (ese_store_log(store) != NULL) {
        store->broken = true;
        if (store->config.on_fatal != NULL) {
            store->config.on_fatal(store->config.arg, cause);
        }
    }
}

/* Tells the log that the database is there from now on; the header knows what it is to say of that. */
static JET_ERR log_arrival(struct ese_database *database, bool created)
{
    struct ese_store *store = database->store;
    struct ese_log *log = ese_store_log(store);
    ese_lsn before = 0, position = 0;
    JET_ERR err = JET_errSuccess;
    if (log != NULL) {
        const struct ese_log_database entry = { database->id, database->path, database->header.signature,
                                                store->config.page_size, database->space.pages_max };
        before = ese_log_end(log);
        err = created ? ese_log_create_database(log, &entry, &position)
                      : ese_log_attach_database(log, &entry, &position);
    }
    if (err == JET_errSuccess) {
        ese_database_arrived(database, before, position);
    }
    return err;
}

static void log_departure(struct ese_database *database)
{
    struct ese_log *log = ese_store_log(database->store);
    ese_lsn position;
    if (log != NULL) {
        JET_ERR err = ese_log_detach_database(log, database->id, !database->store->closing, &position);
        if (err != JET_errSuccess) {
            give_up(database->store, err);
        }
    }
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

/* The file is what a create left that did not get to its end, and nobody has it. It is opened, emptied, then. */
static bool take_remnant(const char *path, struct ese_file **file)
{
    struct ese_header header;
    uint64_t size = 0;
    if (ese_file_open(path, ESE_FILE_LOCK, file) != JET_errSuccess) {
        return false;
    }
    bool empty = ese_file_size(*file, &size) == JET_errSuccess && size == 0;
    if (empty || (ese_header_read(*file, &header, NULL) == JET_errSuccess && header.state == ESE_STATE_NEW &&
                  ese_file_set_size(*file, 0) == JET_errSuccess)) {
        return true;
    }
    ese_file_close(*file);
    return false;
}

static JET_ERR create_file(const char *path, JET_GRBIT grbit, struct ese_file **file)
{
    bool overwrite = (grbit & JET_bitDbOverwriteExisting) != 0;
    unsigned flags = ESE_FILE_CREATE | ESE_FILE_LOCK | (overwrite ? ESE_FILE_TRUNCATE : ESE_FILE_EXCLUSIVE);
    JET_ERR err = ese_file_open(path, flags, file);
    if (err == JET_errFileAlreadyExists) {
        err = take_remnant(path, file) ? JET_errSuccess : JET_errDatabaseDuplicate;
    } else if (err == JET_errFileNotFound) {
        err = JET_errInvalidPath;                   /* the directory is missing */
    } else if (err == JET_errFileAccessDenied && overwrite && ese_path_exists(path)) {
        err = JET_errDatabaseSharingViolation;
    }
    return err;
}

/* Everything from the empty file to the finished database. *logged: the log knows of it. */
static JET_ERR build(struct ese_database *database, bool *logged)
{
    struct ese_header *header = &database->header;
    ese_header_new_signature(&header->signature);
    ese_collation_name(header->collation);
    header->state = ESE_STATE_NEW;
    JET_ERR err = ese_header_write_new(database->file.file, header);
    if (err == JET_errSuccess) {
        err = ese_path_sync_name(database->path);   /* the log will speak of it */
    }
    if (err == JET_errSuccess) {
        err = log_arrival(database, true);
        *logged = err == JET_errSuccess;
    }
    if (err == JET_errSuccess) {
        err = format(database);
    }
    if (err == JET_errSuccess) {
        err = ese_database_tree(database, ESE_CATALOG_ROOT, &database->catalog);
    }
    if (err == JET_errSuccess) {
        err = ese_database_flush(database);         /* a stay that begins with the attach needs nothing before it */
    }
    if (err == JET_errSuccess) {
        err = log_arrival(database, false);
    }
    return err == JET_errSuccess ? ese_database_set_state(database, ESE_STATE_DIRTY) : err;
}

/* While the file says NEW or CLEAN the log must have the whole arrival. store->lock held. */
static void hold_log(struct ese_store *store, bool hold)
{
    struct ese_log *log = ese_store_log(store);
    ese_vstore_hold(store->vstore, hold && log != NULL ? ese_log_end(log) : 0);
}

static JET_ERR create_locked(struct ese_store *store, char *path, uint32_t max_pages, JET_GRBIT grbit,
                             struct ese_database **database)
{
    struct ese_file *file;
    struct ese_database *made;
    uint32_t id = free_id(store);
    JET_ERR err = !may_come(store) ? JET_errInstanceUnavailable
                : ese_database_by_path(store, path) != NULL ? JET_errDatabaseDuplicate
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
    bool logged = false;
    err = make_object(store, id, file, path, max_pages, &made);
    if (err == JET_errSuccess) {
        set_database(store, id, made);              /* the checkpoint looks after its header from now on */
        hold_log(store, true);
        err = build(made, &logged);
        hold_log(store, false);
        if (err == JET_errSuccess) {
            *database = made;
        } else {
            set_database(store, id, NULL);
            if (logged) {
                log_departure(made);
            }
            ese_database_free(made);
        }
    }
    if (err != JET_errSuccess) {
        ese_path_remove(again);
    }
    ese_free(again);
    if (logged && err != JET_errSuccess) {
        (void)ese_checkpoint(store, false);         /* no recovery shall build it again */
    }
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

JET_ERR ese_database_create_unlisted(struct ese_store *store, uint32_t id, const char *path, JET_GRBIT grbit,
                                     struct ese_database **database)
{
    struct ese_file *file;
    struct ese_database *made;
    char *own = ese_strdup(path);
    JET_ERR err = own != NULL ? create_file(own, grbit, &file) : JET_errOutOfMemory;
    if (err != JET_errSuccess) {
        ese_free(own);
        return err;
    }
    err = make_object(store, id, file, own, 0, &made);
    if (err == JET_errSuccess) {
        ese_header_new_signature(&made->header.signature);
        ese_collation_name(made->header.collation);
        made->header.state = ESE_STATE_NEW;
        err = ese_header_write_new(file, &made->header);
        if (err == JET_errSuccess) {
            err = format(made);
        }
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

JET_ERR ese_database_close_unlisted(struct ese_database *database, bool keep)
{
    JET_ERR err = JET_errSuccess;
    if (keep) {
        uint32_t pages;
        err = ese_space_shrink(&database->space, 0, &pages); /* flushes too */
        if (err == JET_errSuccess) {
            err = ese_file_sync(database->file.file);
        }
        if (err == JET_errSuccess) {
            unsigned sound = 0;
            database->header.state = ESE_STATE_CLEAN;
            ese_header_now(&database->header.consistent.time);
            err = ese_header_write(database->file.file, &database->header, &sound);
        }
        if (err == JET_errSuccess) {
            err = ese_path_sync_name(database->path);
        }
    }
    ese_database_free(database);
    return err;
}

/* ---- attach ---------------------------------------------------------------------------------------------- */

static JET_ERR open_file(const char *path, bool read_only, struct ese_file **file)
{
    JET_ERR err = ese_file_open(path, ESE_FILE_LOCK | (read_only ? ESE_FILE_READ_ONLY : 0u), file);
    if (err == JET_errFileAccessDenied && ese_path_exists(path)) {
        struct ese_file *probe;
        if (ese_file_open(path, read_only ? ESE_FILE_READ_ONLY : 0u, &probe) == JET_errSuccess) {
            ese_file_close(probe);                  /* we may have it; somebody else's lock is in the way */
            err = JET_errDatabaseSharingViolation;
        }
    }
    return err;
}

/* Takes path over. */
static JET_ERR open_object(struct ese_store *store, uint32_t id, char *path, uint32_t max_pages, bool read_only,
                           struct ese_database **database)
{
    struct ese_file *file;
    struct ese_header header;
    unsigned sound = 0;
    JET_ERR err = open_file(path, read_only, &file);
    if (err != JET_errSuccess) {
        ese_free(path);
        return err;
    }
    err = ese_header_read(file, &header, &sound);
    if (err == JET_errSuccess && header.page_size != store->config.page_size) {
        err = JET_errPageSizeMismatch;
    }
    if (err != JET_errSuccess) {
        ese_file_close(file);
        ese_free(path);
        return err;
    }
    err = make_object(store, id, file, path, max_pages, database);
    if (err == JET_errSuccess) {
        (*database)->header = header;
        (*database)->header_sound = sound;
        (*database)->gen_max = header.gen_max;
        (*database)->read_only = read_only;
    }
    return err;
}

static JET_ERR load_catalog(struct ese_database *database)
{
    uint32_t last = 0;
    JET_ERR err = ese_database_tree(database, ESE_CATALOG_ROOT, &database->catalog);
    if (err == JET_errSuccess) {
        err = ese_catalog_last_object(database, &last);
    }
    if (err == JET_errSuccess) {
        database->next_object = last + 1;
    }
    return err;
}

/* The database is attached: its Unicode indexes go, and only then it is one of this collation. A crash in between leaves
 * one that is refused as before. */
static JET_ERR recollate(struct ese_database *database)
{
    JET_ERR err = ese_database_delete_unicode_indexes(database);
    if (err >= JET_errSuccess) {
        ese_collation_name(database->header.collation);
        JET_ERR written = ese_database_set_state(database, ESE_STATE_DIRTY);
        err = written != JET_errSuccess ? written : err;
    }
    return err;
}

static JET_ERR attach_locked(struct ese_store *store, char *path, uint32_t max_pages, JET_GRBIT grbit,
                             struct ese_database **database)
{
    struct ese_database *made = ese_database_by_path(store, path);
    if (!may_come(store)) {
        ese_free(path);
        return JET_errInstanceUnavailable;
    }
    if (made != NULL) {
        ese_free(path);
        *database = made;
        return JET_wrnDatabaseAttached;
    }
    uint32_t id = free_id(store);
    if (id == 0) {
        ese_free(path);
        return JET_errTooManyAttachedDatabases;
    }
    JET_ERR err = open_object(store, id, path, max_pages, (grbit & JET_bitDbReadOnly) != 0, &made);
    if (err != JET_errSuccess) {
        return err;
    }
    JET_ERR same = ese_collation_check(made->header.collation);
    bool change = (grbit & JET_bitDbDeleteUnicodeIndexes) != 0 ||
                  ((grbit & JET_bitDbDeleteCorruptIndexes) != 0 && same != JET_errSuccess);
    if (same != JET_errSuccess && (!change || made->read_only)) {
        ese_database_free(made);
        return same;
    }
    change = change && !made->read_only;
    bool logged = false;
    err = made->header.state != ESE_STATE_CLEAN ? JET_errDatabaseDirtyShutdown : load_catalog(made);
    set_database(store, id, made);
    if (err == JET_errSuccess && !made->read_only) {
        /* A header that is still clean when the checkpoint is behind the attach looks like that of an older copy. */
        hold_log(store, true);
        err = log_arrival(made, false);
        logged = err == JET_errSuccess;
        if (logged) {
            err = ese_database_set_state(made, ESE_STATE_DIRTY);
        }
        hold_log(store, false);
    }
    if (err != JET_errSuccess) {
        /* What the file's header says now nobody knows. When it cannot be made to say that it is clean, a recovery has
         * to. */
        if (logged && ese_database_set_state(made, ESE_STATE_CLEAN) == JET_errSuccess) {
            log_departure(made);
        } else if (logged) {
            give_up(store, err);
        }
        set_database(store, id, NULL);
        ese_database_free(made);
        return err;
    }
    *database = made;
    return change ? recollate(made) : JET_errSuccess;
}

JET_ERR ese_database_attach(struct ese_store *store, const char *path, uint32_t max_pages, JET_GRBIT grbit,
                            struct ese_database **database)
{
    char *absolute;
    JET_ERR err = ese_path_absolute(path, &absolute);
    if (err != JET_errSuccess) {
        return err;
    }
    *database = NULL;
    ese_mutex_lock(&store->lock);
    err = attach_locked(store, absolute, max_pages, grbit, database);
    ese_mutex_unlock(&store->lock);
    if (err < JET_errSuccess && *database != NULL) { /* its indexes could not go */
        (void)ese_database_detach(*database);
        *database = NULL;
    }
    return err;
}

/* ---- for recovery ---------------------------------------------------------------------------------------- */

/* The empty file of a create that is done again. Takes path over. */
static JET_ERR make_again(struct ese_store *store, const struct ese_log_database *info, char *path,
                          struct ese_database **database)
{
    struct ese_file *file;
    JET_ERR err = ese_file_open(path, ESE_FILE_CREATE | ESE_FILE_LOCK | ESE_FILE_TRUNCATE, &file);
    if (err != JET_errSuccess) {
        ese_free(path);
        return err == JET_errFileNotFound ? JET_errInvalidPath : err;
    }
    err = make_object(store, info->id, file, path, info->max_pages, database);
    if (err == JET_errSuccess) {
        (*database)->header.signature = info->signature;
        (*database)->header.state = ESE_STATE_NEW;
        ese_collation_name((*database)->header.collation);
        err = ese_header_write_new(file, &(*database)->header);
        if (err == JET_errSuccess) {
            err = ese_path_sync_name((*database)->path);
        }
        if (err != JET_errSuccess) {
            ese_database_free(*database);
        }
    }
    return err;
}

/* Whether the file is there, and not one that is to be made again. */
static bool is_worth_opening(const char *path, bool created)
{
    struct ese_file *file;
    struct ese_header header;
    if (!created) {
        return true;
    }
    JET_ERR err = ese_file_open(path, ESE_FILE_READ_ONLY, &file);
    if (err != JET_errSuccess) {
        return err != JET_errFileNotFound;
    }
    err = ese_header_read(file, &header, NULL);
    ese_file_close(file);
    return err == JET_errSuccess ? header.state != ESE_STATE_NEW
                                 : err != JET_errDatabaseCorrupted;
}

static JET_ERR recover_locked(struct ese_store *store, const struct ese_log_database *info, bool created,
                              struct ese_database **database)
{
    struct ese_database *made = info->id - 1 < ESE_DATABASE_MAX ? store->database[info->id - 1] : NULL;
    if (made != NULL && ese_path_same(made->path, info->path)) {
        /* The attach that ends a create. */
        *database = made;
        return made->header.state == ESE_STATE_NEW ? ese_database_set_state(made, ESE_STATE_DIRTY) : JET_errSuccess;
    }
    if (made != NULL || info->id - 1 >= ESE_DATABASE_MAX || ese_database_by_path(store, info->path) != NULL) {
        return JET_errDatabaseDuplicate;
    }
    char *path = ese_strdup(info->path);
    if (path == NULL) {
        return JET_errOutOfMemory;
    }
    JET_ERR err = is_worth_opening(path, created)
                      ? open_object(store, info->id, path, info->max_pages, false, &made)
                      : make_again(store, info, path, &made);
    if (err != JET_errSuccess) {
        return err;
    }
    if (!ese_signature_same(&made->header.signature, &info->signature)) {
        err = JET_errBadDbSignature;
    } else if (made->header.state == ESE_STATE_CLEAN) {
        memset(&made->header.log_signature, 0, sizeof made->header.log_signature); /* it may be that of another log */
        err = ese_database_set_state(made, ESE_STATE_DIRTY);
    }
    if (err == JET_errSuccess) {
        err = ese_database_tree(made, ESE_CATALOG_ROOT, &made->catalog);
    }
    if (err != JET_errSuccess) {
        ese_database_free(made);
        return err;
    }
    set_database(store, info->id, made);
    *database = made;
    return JET_errSuccess;
}

JET_ERR ese_database_open_for_recovery(struct ese_store *store, const struct ese_log_database *info, bool created,
                                       struct ese_database **database)
{
    ese_mutex_lock(&store->lock);
    JET_ERR err = recover_locked(store, info, created, database);
    ese_mutex_unlock(&store->lock);
    return err;
}

/* ---- leaving --------------------------------------------------------------------------------------------- */

/* Pages, header, log. */
static JET_ERR close_clean(struct ese_database *database)
{
    struct ese_store *store = database->store;
    JET_ERR err = ese_vstore_cleanup_space(store->vstore, &database->space);
    if (database->read_only) {
        return err;
    }
    if (err == JET_errSuccess) {
        err = ese_database_flush(database);
    }
    if (err == JET_errSuccess) {
        err = ese_database_set_state(database, ESE_STATE_CLEAN);
    }
    if (err == JET_errSuccess) {
        log_departure(database);
        return store->broken ? JET_errLogWriteFail : JET_errSuccess;
    }
    give_up(store, err);
    return err;
}

JET_ERR ese_database_close(struct ese_database *database, bool clean)
{
    JET_ERR err = JET_errSuccess;
    struct ese_log *log = ese_store_log(database->store);
    uint32_t id = database->id;
    char *unfinished = NULL;
    if (clean && database->header.state == ESE_STATE_NEW) {
        unfinished = database->path;
        database->path = NULL;
    } else if (clean) {
        err = close_clean(database);
    }
    set_database(database->store, id, NULL);        /* until its header is clean it must follow the checkpoint */
    ese_database_free(database);
    if (unfinished != NULL) {
        err = ese_path_remove(unfinished);
        ese_free(unfinished);
        if (err == JET_errSuccess && log != NULL) { /* until then a recovery makes it and removes it again */
            ese_lsn position;
            err = ese_log_detach_database(log, id, true, &position);
        }
    }
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
            if (err != JET_errSuccess) {
                give_up(store, err);                /* before its pages go: the checkpoint stays */
            }
            JET_ERR closed = ese_database_close(database, err == JET_errSuccess);
            err = err == JET_errSuccess ? closed : err;
        }
    }
    ese_mutex_unlock(&store->lock);
    return err;
}
