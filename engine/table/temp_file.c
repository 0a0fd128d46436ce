/*
 * The temporary database of a store: one file, made by the first temporary table, removed at the end. Its pages are
 * cached like others but nothing of it is logged.
 */
#include "engine/table/schema.h"

JET_ERR ese_temp_file_init(struct ese_store *store)
{
    struct ese_temp_file *temp = &store->temp;
    struct ese_store_config *config = &store->config;
    temp->sorts_max = config->temp_path != NULL ? config->temp_sorts : 0;
    temp->unversioned = config->temp_unversioned;
    if (temp->sorts_max != 0) {
        JET_ERR err = ese_path_absolute(config->temp_path, &temp->path);
        if (err != JET_errSuccess) {
            return err;
        }
        struct ese_file *file;                      /* what a crash left; unless somebody has it */
        if (ese_path_exists(temp->path) && ese_file_open(temp->path, ESE_FILE_LOCK, &file) == JET_errSuccess) {
            ese_file_close(file);
            (void)ese_path_remove(temp->path);
        }
    }
    config->temp_path = NULL;                       /* the caller's */
    JET_ERR err = ese_mutex_init(&temp->lock);
    if (err != JET_errSuccess) {
        ese_free(temp->path);
    }
    return err;
}

void ese_temp_file_fini(struct ese_store *store, bool clean)
{
    struct ese_temp_file *temp = &store->temp;
    if (temp->database != NULL) {
        if (clean) {
            (void)ese_vstore_cleanup_space(store->vstore, &temp->database->space);
        }
        ese_database_free(temp->database);
        (void)ese_path_remove(temp->path);
    }
    ese_free(temp->path);
    ese_mutex_fini(&temp->lock);
}

JET_ERR ese_temp_file_database(struct ese_store *store, struct ese_database **database)
{
    struct ese_temp_file *temp = &store->temp;
    JET_ERR err = JET_errSuccess;
    ese_mutex_lock(&temp->lock);
    if (temp->database == NULL) {
        err = ese_database_create_unlisted(store, ESE_DATABASE_TEMP, temp->path, JET_bitDbOverwriteExisting,
                                           &temp->database);
        /* JET_errTempPathInUse is JetInit's; who opens a table does not know of the file. */
        err = err == JET_errDatabaseSharingViolation ? JET_errFileAccessDenied : err;
        if (err == JET_errSuccess && store->config.temp_pages != 0) {
            uint32_t actual;
            (void)ese_space_grow(&temp->database->space, store->config.temp_pages, &actual); /* a wish */
        }
    }
    *database = temp->database;
    ese_mutex_unlock(&temp->lock);
    return err;
}

JET_ERR ese_temp_file_begin_sort(struct ese_store *store)
{
    struct ese_temp_file *temp = &store->temp;
    ese_mutex_lock(&temp->lock);
    bool room = temp->sorts < temp->sorts_max;
    temp->sorts += room ? 1 : 0;
    ese_mutex_unlock(&temp->lock);
    return room ? JET_errSuccess : JET_errTooManySorts;
}

void ese_temp_file_end_sort(struct ese_store *store)
{
    ese_mutex_lock(&store->temp.lock);
    store->temp.sorts--;
    ese_mutex_unlock(&store->temp.lock);
}

/* A tree object whose tree is gone and that no version speaks of any more, with its lock held for writing. */
static struct ese_tree *idle_tree(struct ese_database *database)
{
    struct ese_tree *tree;
    ese_mutex_lock(&database->lock);
    for (tree = database->trees; tree != NULL; tree = tree->next) {
        ese_rwlock_write(&tree->lock);
        if (tree->dropped && tree->version_count == 0) {
            break;
        }
        ese_rwlock_write_unlock(&tree->lock);
    }
    if (tree != NULL) {
        tree->dropped = false;                      /* taken: nobody else finds it idle */
        tree->root = 0;
        tree->moved++;
        tree->finger = 0;
    }
    ese_mutex_unlock(&database->lock);
    return tree;
}

static JET_ERR make_tree(struct ese_database *database, struct ese_tree **tree)
{
    struct ese_tree *made = ese_alloc(sizeof *made);
    JET_ERR err = made != NULL ? ese_tree_init(made, &database->space, 0) : JET_errOutOfMemory;
    if (err != JET_errSuccess) {
        ese_free(made);
        return err;
    }
    made->temporary = true;
    ese_mutex_lock(&database->lock);
    made->next = database->trees;
    database->trees = made;
    ese_mutex_unlock(&database->lock);
    ese_rwlock_write(&made->lock);
    *tree = made;
    return JET_errSuccess;
}

/* Sorts come and go by the thousand: their tree objects are used again. */
JET_ERR ese_temp_file_new_tree(struct ese_database *database, struct ese_tree **tree)
{
    struct ese_change change;
    JET_ERR err = JET_errSuccess;
    *tree = idle_tree(database);
    if (*tree == NULL) {
        err = make_tree(database, tree);
    }
    if (err != JET_errSuccess) {
        return err;
    }
    uint32_t root = 0;
    ese_change_begin(&change, database->store->cache, &database->file);
    err = ese_tree_format(&database->space, &change, &root);
    err = ese_change_end(&change, err, NULL);
    (*tree)->root = root;
    (*tree)->dropped = err != JET_errSuccess;
    ese_rwlock_write_unlock(&(*tree)->lock);
    return err;
}
