/* Database objects: their trees, who uses them, facts. How they come and go: attach.c. */
#include "engine/table/header.h"
#include "engine/table/schema.h"

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

/* A tree made by a transaction that may still roll back. */
struct new_tree { struct ese_database *database; struct ese_tree *tree; uint64_t transaction; };

static JET_ERR destroy_tree(void *object)
{
    struct new_tree *made = object;
    const struct ese_log_undo compensation = { .transaction = made->transaction, .kind = ESE_UNDO_COMPENSATE,
                                               .root = made->tree->root };
    JET_ERR err = ese_database_destroy_tree(made->database, made->tree, &compensation);
    if (err == JET_errSuccess) {
        ese_free(made);
    }
    return err;
}

static JET_ERR keep_tree(void *object)
{
    ese_free(object);
    return JET_errSuccess;
}

/* The transaction will not take the tree, which is one page, back: neither may recovery, which takes back the newest note first. */
static void forget_new_tree(struct ese_trx *trx, struct ese_database *database, uint32_t root)
{
    const struct ese_log_undo compensation = { .transaction = ese_trx_id(trx), .kind = ESE_UNDO_COMPENSATE, .root = root };
    struct ese_change change;
    ese_change_begin(&change, database->store->cache, &database->file);
    JET_ERR err = ese_space_free(&database->space, &change, root);
    if (ese_change_end(&change, err, &compensation) != JET_errSuccess) {
        ese_change_begin(&change, database->store->cache, &database->file);
        (void)ese_change_end(&change, JET_errSuccess, &compensation); /* the page is lost */
    }
}

JET_ERR ese_database_new_tree(struct ese_trx *trx, struct ese_database *database, uint32_t *root)
{
    static const struct ese_note_ops ops = { destroy_tree, keep_tree, ese_free };
    struct new_tree *note = ese_alloc(sizeof *note);
    if (note == NULL) {
        return JET_errOutOfMemory;
    }
    struct ese_change change;
    struct ese_tree *tree;
    uint32_t page = 0;
    ese_change_begin(&change, database->store->cache, &database->file);
    JET_ERR err = ese_tree_format(&database->space, &change, &page);
    const struct ese_log_undo undo = { ese_trx_id(trx), ESE_UNDO_NEW_TREE, page, NULL, 0, NULL, 0, false };
    ese_txn_will_log(trx, &database->space);
    err = ese_change_end(&change, err, &undo);
    if (err != JET_errSuccess) {
        ese_free(note);
        return err;
    }
    *root = page;
    err = ese_database_tree(database, page, &tree);
    if (err != JET_errSuccess) {
        forget_new_tree(trx, database, page);
        ese_free(note);
        return err;
    }
    *note = (struct new_tree){ database, tree, ese_trx_id(trx) };
    err = ese_trx_note(trx, &database->space, &ops, note);
    if (err != JET_errSuccess && destroy_tree(note) != JET_errSuccess) {
        forget_new_tree(trx, database, page);
        ese_free(note);
    }
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
    struct ese_database *found = ese_database_by_path(store, absolute);
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

uint64_t ese_database_size_on_disk(struct ese_database *database)
{
    uint64_t size = 0;
    return ese_file_size_on_disk(database->file.file, &size) == JET_errSuccess ? size : 0;
}

void ese_database_header(struct ese_database *database, struct ese_header *header)
{
    ese_mutex_lock(&database->header_lock);
    *header = database->header;
    ese_mutex_unlock(&database->header_lock);
}

JET_ERR ese_database_flush(struct ese_database *database)
{
    struct ese_cache *cache = database->store->cache;
    JET_ERR err = ese_cache_flush(cache, &database->file);
    return err == JET_errSuccess ? ese_cache_sync(cache, &database->file) : err;
}

JET_ERR ese_database_grow(struct ese_database *database, uint32_t pages, uint32_t *actual)
{
    return database->read_only ? JET_errDatabaseFileReadOnly : ese_space_grow(&database->space, pages, actual);
}

JET_ERR ese_database_shrink(struct ese_database *database, uint32_t pages, uint32_t *actual)
{
    if (database->read_only) {
        return JET_errDatabaseFileReadOnly;
    }
    /* What has been deleted and is needed by nobody any more gives its pages back first. */
    JET_ERR err = ese_vstore_cleanup(database->store->vstore, NULL, NULL);
    return err == JET_errSuccess ? ese_space_shrink(&database->space, pages, actual) : err;
}

JET_ERR ese_database_file_grow(const char *path, uint32_t pages, uint32_t *actual)
{
    struct ese_file *file;
    struct ese_header header;
    uint64_t size = 0;
    JET_ERR err = ese_file_open(path, ESE_FILE_LOCK, &file);
    if (err != JET_errSuccess) {
        return err;
    }
    err = ese_header_read(file, &header, NULL);
    if (err == JET_errSuccess && header.state != ESE_STATE_CLEAN) {
        err = JET_errDatabaseDirtyShutdown;
    }
    if (err == JET_errSuccess) {
        err = ese_file_size(file, &size);
    }
    uint64_t wanted = (uint64_t)pages * header.page_size;
    if (err == JET_errSuccess && size < wanted) {
        err = ese_file_reserve(file, size, wanted - size);
        if (err == JET_errSuccess) {
            err = ese_file_set_size(file, wanted);
            size = wanted;
        }
        if (err == JET_errSuccess) {
            err = ese_file_sync(file);
        }
    }
    if (err == JET_errSuccess) {
        *actual = (uint32_t)(size / header.page_size);
    }
    ese_file_close(file);
    return err;
}
