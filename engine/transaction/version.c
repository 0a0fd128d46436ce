/* Versions: memory, chains. */
#include "engine/transaction/version.h"

uint32_t ese_version_hash(const void *key, uint32_t size)
{
    const unsigned char *at = key;
    uint32_t hash = 2166136261u;
    for (uint32_t i = 0; i < size; i++) {
        hash = (hash ^ at[i]) * 16777619u;
    }
    return hash ^ hash >> 15;
}

static uint64_t footprint(const struct ese_version *version)
{
    return sizeof *version + version->key_size + version->before_size;
}

JET_ERR ese_version_make(struct ese_trx *trx, struct ese_tree *tree, enum ese_version_kind kind, const void *key,
                         uint32_t key_size, const void *before, uint32_t before_size, struct ese_version **version)
{
    struct ese_vstore *vstore = trx->vstore;
    if (vstore->bytes_max != 0 && vstore->bytes >= vstore->bytes_max) {
        return JET_errVersionStoreOutOfMemory;
    }
    struct ese_version *made = ese_alloc(sizeof *made + key_size + before_size);
    if (made == NULL) {
        return JET_errOutOfMemory;
    }
    memset(made, 0, sizeof *made);
    made->txn = trx->txn;
    made->tree = tree;
    made->space = tree != NULL ? tree->space : NULL;
    made->kind = kind;
    made->key_size = key_size;
    made->before_size = before_size;
    if (key_size != 0) {
        memcpy(made->bytes, key, key_size);
    }
    if (before_size != 0) {
        memcpy(made->bytes + key_size, before, before_size);
    }
    made->hash = ese_version_hash(key, key_size);
    vstore->bytes += footprint(made);
    *version = made;
    return JET_errSuccess;
}

void ese_version_free(struct ese_vstore *vstore, struct ese_version *version)
{
    vstore->bytes -= footprint(version);
    ese_free(version);
}

/* More buckets when chains get long. Without memory they just stay long. */
static bool grow(struct ese_tree *tree)
{
    if (tree->version_count < tree->version_buckets) {
        return true;
    }
    uint32_t buckets = tree->version_buckets != 0 ? tree->version_buckets * 4 : 64;
    struct ese_version **table = ese_calloc(buckets, sizeof *table);
    if (table == NULL) {
        return tree->version_buckets != 0;
    }
    for (uint32_t i = 0; i < tree->version_buckets; i++) {
        /* From the oldest on, pushing in front, so that each new bucket is newest first again. */
        struct ese_version *at = tree->versions[i];
        while (at != NULL && at->older != NULL) {
            at = at->older;
        }
        while (at != NULL) {
            struct ese_version *newer = at->newer;
            struct ese_version **head = &table[at->hash & (buckets - 1)];
            at->newer = NULL;
            at->older = *head;
            if (*head != NULL) {
                (*head)->newer = at;
            }
            *head = at;
            at = newer;
        }
    }
    ese_free(tree->versions);
    tree->versions = table;
    tree->version_buckets = buckets;
    return true;
}

JET_ERR ese_version_prepare(struct ese_tree *tree)
{
    return grow(tree) ? JET_errSuccess : JET_errOutOfMemory;
}

void ese_version_link(struct ese_version *version)
{
    struct ese_txn *txn = version->txn;
    struct ese_tree *tree = version->tree;
    version->sequence = ++txn->sequence;
    version->earlier = txn->newest;
    txn->heavy = txn->heavy || version->kind == ESE_VERSION_DELETE || version->kind == ESE_VERSION_NOTE;
    txn->newest = version;
    if (version->space != NULL) {
        version->space->versions++;
    }
    if (tree != NULL) {
        struct ese_version **head = &tree->versions[version->hash & (tree->version_buckets - 1)];
        version->newer = NULL;
        version->older = *head;
        if (*head != NULL) {
            (*head)->newer = version;
        }
        *head = version;
        tree->version_count++;
    }
}

void ese_version_unlink(struct ese_version *version)
{
    struct ese_tree *tree = version->tree;
    if (version->newer != NULL) {
        version->newer->older = version->older;
    } else {
        tree->versions[version->hash & (tree->version_buckets - 1)] = version->older;
    }
    if (version->older != NULL) {
        version->older->newer = version->newer;
    }
    tree->version_count--;
}

static struct ese_version *same_key(struct ese_version *at, const void *key, uint32_t key_size, uint32_t hash)
{
    while (at != NULL && (at->hash != hash || at->key_size != key_size || memcmp(at->bytes, key, key_size) != 0)) {
        at = at->older;
    }
    return at;
}

struct ese_version *ese_version_newest(const struct ese_tree *tree, const void *key, uint32_t key_size, uint32_t hash)
{
    if (tree->version_count == 0) {
        return NULL;
    }
    return same_key(tree->versions[hash & (tree->version_buckets - 1)], key, key_size, hash);
}

struct ese_version *ese_version_older(const struct ese_version *version)
{
    return same_key(version->older, version->bytes, version->key_size, version->hash);
}
