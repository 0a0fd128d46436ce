/* What a defragmentation does to the trees of a database: one pass. */
#include "engine/maintenance/defrag.h"

#include "engine/table/schema.h"

/* Pages that come to lie below one parent only by a merge of their parents are met in the next round. */
#define ROUNDS_MOST 4

struct pass {
    struct ese_database *database;
    const struct ese_defrag_options *options;
    bool (*keep_going)(void *arg);
    void *arg;
};

/* ---- trees ----------------------------------------------------------------------------------------------- */

/* While much of the log is still to be written others write it, so that whoever wants the pass to end need not wait for the
 * disk. */
static bool must_wait(const struct pass *pass)
{
    struct ese_store *store = pass->database->store;
    struct ese_log *log = ese_store_log(store);
    if (log == NULL || !ese_log_is_full(log) || ese_log_state(log) != JET_errSuccess) {
        return false;
    }
    ese_background_poke(store->background, ESE_TASK_LOG);
    ese_sleep_ms(1);
    return true;
}

static JET_ERR tidy_tree(const struct pass *pass, struct ese_tidy *tidy, struct ese_tree *tree)
{
    JET_ERR err = JET_errSuccess;
    uint64_t work = 1;
    for (unsigned round = 0; round < ROUNDS_MOST && work != 0 && err == JET_errSuccess; round++) {
        bool done = false;
        memset(tidy, 0, sizeof *tidy);
        tidy->tree = tree;
        tidy->partial = pass->options->partial;
        tidy->kept = ese_entry_is_kept;
        while (!done && err == JET_errSuccess) {
            if (!pass->keep_going(pass->arg)) {
                return JET_errSuccess;
            }
            if (must_wait(pass)) {
                continue;
            }
            err = ese_tree_tidy(tidy, &done);
            ese_thread_yield();
        }
        work = tidy->freed;
    }
    return err;
}

/* The trees known now. They live until the database is detached, which ends us first. */
static JET_ERR list_trees(struct ese_database *database, struct ese_tree ***list, uint32_t *count)
{
    JET_ERR err = JET_errSuccess;
    uint32_t known = 0, at = 0;
    *list = NULL;
    ese_mutex_lock(&database->lock);
    for (struct ese_tree *tree = database->trees; tree != NULL; tree = tree->next) {
        known++;
    }
    if (known != 0) {
        *list = ese_alloc(known * sizeof **list);
        err = *list != NULL ? JET_errSuccess : JET_errOutOfMemory;
    }
    for (struct ese_tree *tree = database->trees; tree != NULL && err == JET_errSuccess; tree = tree->next) {
        (*list)[at++] = tree;
    }
    ese_mutex_unlock(&database->lock);
    *count = at;
    return err;
}

/* ---- tables ---------------------------------------------------------------------------------------------- */

/* Listing a table loads its definition, so that its trees are among the known ones. */
static JET_ERR see_table(void *arg, const struct ese_table_info *info)
{
    const struct pass *pass = arg;
    (void)info;
    return pass->keep_going(pass->arg) ? JET_errSuccess : JET_errTermInProgress;
}

static JET_ERR tidy_database(struct pass *pass, struct ese_tidy *tidy, struct ese_trx *trx)
{
    struct ese_tree **list;
    uint32_t count;
    JET_ERR first = ese_database_tables(trx, pass->database, see_table, pass);
    if (first == JET_errTermInProgress) {
        return JET_errSuccess;
    }
    JET_ERR err = list_trees(pass->database, &list, &count);
    first = first == JET_errSuccess ? err : first;
    for (uint32_t i = 0; i < count && pass->keep_going(pass->arg); i++) {
        err = tidy_tree(pass, tidy, list[i]);
        first = first == JET_errSuccess ? err : first;
    }
    ese_free(list);
    return first;
}

static JET_ERR tidy_table(struct pass *pass, struct ese_tidy *tidy, struct ese_trx *trx, const char *name)
{
    struct ese_table *table;
    uint32_t object;
    JET_ERR err = ese_catalog_find(trx, pass->database, name, &object);
    if (err == JET_errSuccess) {
        err = ese_table_find(trx, pass->database, object, &table);
    }
    if (err == JET_errSuccess) {
        err = tidy_tree(pass, tidy, table->tree);
    }
    struct ese_tree *values = err == JET_errSuccess ? table->long_tree : NULL;
    if (values != NULL) {
        err = tidy_tree(pass, tidy, values);
    }
    struct ese_tree *index;
    for (uint32_t i = 0; err == JET_errSuccess && ese_table_index_tree(table, i, &index); i++) {
        err = index != NULL ? tidy_tree(pass, tidy, index) : JET_errSuccess;
    }
    return err;
}

/* ---- the pass -------------------------------------------------------------------------------------------- */

JET_ERR ese_defrag_pass(struct ese_database *database, const char *table, const struct ese_defrag_options *options,
                        bool (*keep_going)(void *arg), void *arg)
{
    struct pass pass = { database, options, keep_going, arg };
    if (options->space_only) {
        return JET_errSuccess;                      /* the maps of free pages are never out of order */
    }
    struct ese_tidy *tidy = ese_alloc(sizeof *tidy);
    if (tidy == NULL) {
        return JET_errOutOfMemory;
    }
    struct ese_trx trx;
    ese_trx_init(&trx, database->store->vstore);
    /* What has been deleted goes first; where somebody else is at that already, it goes without us. */
    (void)ese_vstore_try_cleanup(database->store->vstore, keep_going, arg);
    JET_ERR err = table != NULL ? tidy_table(&pass, tidy, &trx, table) : tidy_database(&pass, tidy, &trx);
    ese_trx_fini(&trx);
    ese_free(tidy);
    return err;
}
