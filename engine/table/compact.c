/* See compact.h. */
#include "engine/table/compact.h"

#include "engine/table/schema.h"

#define BATCH 64                                    /* entries added to the copy in one group */

struct copy {
    struct ese_trx *trx;
    struct ese_database *source, *made;
    const struct ese_compact *how;
    uint32_t done, total;                           /* pages of the source */
    struct ese_spot spot;
    struct ese_bytes value;
};

/* What reading a damaged page brings. */
static bool is_damage(JET_ERR err)
{
    switch (err) {
    case JET_errReadVerifyFailure: case JET_errPageNotInitialized: case JET_errFileIOBeyondEOF: case JET_errDiskIO:
    case JET_errDatabaseCorrupted: case JET_errBadPageLink: case JET_errBadParentPageLink:
    case JET_errCatalogCorrupted:
        return true;
    default:
        return false;
    }
}

/* ---- one tree -------------------------------------------------------------------------------------------- */

struct run {
    struct copy *copy;
    struct ese_tree *from, *to;
    bool ask;                                       /* how->check, before each batch */
    struct ese_compact_tree *tree;
};

/* The next entry into copy->spot and copy->value; JET_errRecordNotFound at the end. */
static JET_ERR read_next(struct run *run, enum ese_seek first, enum ese_seek next, bool *started)
{
    struct copy *copy = run->copy;
    const struct ese_bytes *key = &copy->spot.key;
    JET_ERR err = ese_entry_seek(copy->trx, run->from, *started ? next : first, key->data, key->size, &copy->spot);
    if (err == JET_errSuccess) {
        *started = true;
        err = ese_entry_get(copy->trx, run->from, &copy->spot, &copy->value);
    }
    return err;
}

/* Up to BATCH entries in one group. JET_errRecordNotFound when there are no more, what was read before is copied. */
static JET_ERR copy_batch(struct run *run, enum ese_seek first, enum ese_seek next, bool *started)
{
    struct copy *copy = run->copy;
    struct ese_change change;
    JET_ERR err = JET_errSuccess, written = JET_errSuccess;
    if (run->ask && copy->how->check != NULL) {
        err = copy->how->check(copy->how->arg);
        if (err < JET_errSuccess) {
            return err;
        }
    }
    ese_rwlock_write(&run->to->lock);
    ese_tree_begin(run->to, &change);
    for (unsigned i = 0; i < BATCH && err == JET_errSuccess && written == JET_errSuccess; i++) {
        err = read_next(run, first, next, started);
        if (err == JET_errSuccess) {
            written = ese_tree_insert(run->to, &change, copy->spot.key.data, copy->spot.key.size, copy->value.data,
                                      copy->value.size, 0);
            if (written == JET_errKeyDuplicate && run->copy->how->repair) {
                err = JET_errRecordNotFound;        /* met what came from the other end */
                written = JET_errSuccess;
            } else {
                run->tree->entries++;
                run->tree->bytes += copy->value.size;
            }
        }
    }
    written = ese_change_end(&change, written, NULL);
    ese_rwlock_write_unlock(&run->to->lock);
    return written != JET_errSuccess ? written : err;
}

static JET_ERR copy_run(struct run *run, bool forward)
{
    bool started = false;
    JET_ERR err;
    run->copy->spot.hint = false;
    do {
        err = copy_batch(run, forward ? ESE_SEEK_FIRST : ESE_SEEK_LAST, forward ? ESE_SEEK_GT : ESE_SEEK_LT, &started);
    } while (err == JET_errSuccess);
    return err == JET_errRecordNotFound ? JET_errSuccess : err;
}

/* With repair: after damage from the other end too; what both saw they meet at. */
static JET_ERR copy_entries(struct run *run)
{
    JET_ERR err = copy_run(run, true);
    if (is_damage(err) && run->copy->how->repair) {
        err = copy_run(run, false);
        err = is_damage(err) ? JET_errSuccess : err;
    }
    return err;
}

static JET_ERR new_tree(struct copy *copy, struct ese_tree **tree)
{
    struct ese_change change;
    uint32_t root = 0;
    ese_change_begin(&change, copy->made->store->cache, &copy->made->file);
    JET_ERR err = ese_change_end(&change, ese_tree_format(&copy->made->space, &change, &root), NULL);
    return err == JET_errSuccess ? ese_database_tree(copy->made, root, tree) : err;
}

static JET_ERR report(struct copy *copy)
{
    const struct ese_compact *how = copy->how;
    uint32_t done = copy->done < copy->total ? copy->done : copy->total;
    return how->progress != NULL ? how->progress(how->arg, done, copy->total) : JET_errSuccess;
}

/* Copies the tree with this root; *root becomes that of the copy. */
static JET_ERR copy_tree(struct copy *copy, uint32_t *root, struct ese_compact_tree *tree)
{
    struct run run = { .copy = copy, .ask = tree->part == ESE_COMPACT_INDEX, .tree = tree };
    uint64_t pages = 0;
    JET_ERR err = ese_database_tree(copy->source, *root, &run.from);
    if (err == JET_errSuccess) {
        err = new_tree(copy, &run.to);
    }
    if (err == JET_errSuccess) {
        *root = run.to->root;
        err = copy_entries(&run);
    }
    if (err == JET_errSuccess) {
        ese_rwlock_read(&run.from->lock);
        (void)ese_tree_pages(run.from, &pages);     /* for the meter only */
        ese_rwlock_read_unlock(&run.from->lock);
        copy->done += (uint32_t)pages;
        ese_rwlock_read(&run.to->lock);
        err = ese_tree_pages(run.to, &tree->pages);
        ese_rwlock_read_unlock(&run.to->lock);
    }
    if (err == JET_errSuccess && copy->how->copied != NULL) {
        err = copy->how->copied(copy->how->arg, tree);
    }
    return err == JET_errSuccess ? report(copy) : err;
}

/* ---- the catalog ----------------------------------------------------------------------------------------- */

/* Where an entry of the catalog names a tree, and what that is; false: nowhere. */
static bool find_root(const struct ese_spot *spot, const struct ese_bytes *value, uint32_t *offset,
                      struct ese_compact_tree *tree, char *name)
{
    static const unsigned char primary[4] = { 0, 0, 0, 1 };
    const struct ese_bytes *key = &spot->key;
    uint32_t size = value->size >= 8 ? ese_get32(value->data) : UINT32_MAX;
    bool named = size <= ESE_NAME_MAX && value->size >= size + 8;
    *offset = 0;
    name[0] = '\0';
    tree->name = name;
    if (key->size == 5 && key->data[0] == 'L' && value->size == 4) {
        tree->part = ESE_COMPACT_LONG_VALUES;
        return true;
    }
    bool table = key->size == 5 && key->data[0] == 'T';
    bool index = key->size == 9 && key->data[0] == 'I' && memcmp(key->data + 5, primary, sizeof primary) != 0;
    if (!named || (!table && !index)) {
        return false;
    }
    tree->part = table ? ESE_COMPACT_RECORDS : ESE_COMPACT_INDEX;
    *offset = 4 + size;                             /* behind the name */
    memcpy(name, value->data + 4, size);
    name[size] = '\0';
    return true;
}

/* One entry, with its tree when it has one. */
static JET_ERR copy_definition(struct copy *copy, const struct ese_spot *spot, struct ese_bytes *value)
{
    struct ese_change change;
    struct ese_tree *catalog = copy->made->catalog;
    struct ese_compact_tree tree = { .entries = 0 };
    char name[ESE_NAME_MAX + 1];
    uint32_t offset;
    JET_ERR err = JET_errSuccess;
    if (spot->key.size != 0 && spot->key.data[0] == 'D') {
        return JET_errSuccess;                      /* a tree that is on its way out */
    }
    if (find_root(spot, value, &offset, &tree, name)) {
        uint32_t root = ese_get32(value->data + offset);
        err = copy_tree(copy, &root, &tree);
        ese_put32(value->data + offset, root);
    }
    if (err != JET_errSuccess) {
        return err;
    }
    ese_rwlock_write(&catalog->lock);
    ese_tree_begin(catalog, &change);
    err = ese_tree_insert(catalog, &change, spot->key.data, spot->key.size, value->data, value->size, 0);
    err = ese_change_end(&change, err, NULL);
    ese_rwlock_write_unlock(&catalog->lock);
    return err;
}

static JET_ERR copy_catalog(struct copy *copy)
{
    struct ese_spot spot = { .hint = false };
    struct ese_bytes value = { NULL, 0, 0 };
    struct ese_tree *catalog = copy->source->catalog;
    JET_ERR err = ese_entry_seek(copy->trx, catalog, ESE_SEEK_FIRST, NULL, 0, &spot);
    while (err == JET_errSuccess) {
        err = ese_entry_get(copy->trx, catalog, &spot, &value);
        if (err == JET_errSuccess) {
            err = copy_definition(copy, &spot, &value);
        }
        if (err == JET_errSuccess) {
            err = ese_entry_seek(copy->trx, catalog, ESE_SEEK_GT, spot.key.data, spot.key.size, &spot);
        }
    }
    ese_bytes_free(&value);
    ese_spot_free(&spot);
    bool lost = is_damage(err) && copy->how->repair;
    return err == JET_errRecordNotFound || lost ? JET_errSuccess : err;
}

/* ---- the whole ------------------------------------------------------------------------------------------- */

static JET_ERR copy_all(struct copy *copy)
{
    struct ese_auto automatic;
    JET_ERR err = report(copy);
    if (err == JET_errSuccess) {
        err = ese_auto_begin(&automatic, copy->trx, true);
    }
    if (err != JET_errSuccess) {
        return err;
    }
    err = ese_auto_end(&automatic, copy_catalog(copy));
    if (err == JET_errSuccess) {
        copy->done = copy->total;
        err = report(copy);
    }
    return err;
}

JET_ERR ese_database_compact(struct ese_trx *trx, struct ese_database *source, const char *path,
                             const struct ese_compact *how)
{
    struct ese_store *store = source->store;
    struct copy copy = { .trx = trx, .source = source, .how = how };
    uint32_t owned = 0, unused = 0;
    char *absolute;
    JET_ERR err = ese_path_absolute(path, &absolute);
    if (err != JET_errSuccess) {
        return err;
    }
    ese_mutex_lock(&store->compacting);
    err = ese_space_counts(&source->space, &owned, &unused);
    copy.total = owned - unused;
    if (err == JET_errSuccess) {
        err = ese_database_create_unlisted(store, ESE_DATABASE_COPY, absolute, 0, &copy.made);
    }
    if (err == JET_errSuccess) {
        err = copy_all(&copy);
        JET_ERR closed = ese_database_close_unlisted(copy.made, err == JET_errSuccess);
        err = err == JET_errSuccess ? closed : err;
        if (err != JET_errSuccess) {
            (void)ese_path_remove(absolute);
        }
    }
    ese_mutex_unlock(&store->compacting);
    ese_spot_free(&copy.spot);
    ese_bytes_free(&copy.value);
    ese_free(absolute);
    return err;
}
