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

#define BLOCK_FIRST 512u                            /* bytes of a transaction's first block; further ones are longer */
#define BLOCK_MOST (32u << 10)
#define COUNT_STEP (4u << 10)                       /* bytes counted at once */

uint64_t ese_version_footprint(const struct ese_version *version)
{
    return sizeof *version + version->key_size + version->before_size;
}

static uint32_t rounded(uint64_t size)
{
    return (uint32_t)((size + sizeof(max_align_t) - 1) / sizeof(max_align_t) * sizeof(max_align_t));
}

/* Memory for a version; NULL: there is none. */
static void *take(struct ese_txn *txn, uint32_t size)
{
    struct ese_version_block *block = txn->block;
    if (block == NULL || block->room - block->used < size) {
        uint32_t room = block == NULL ? BLOCK_FIRST : block->room < BLOCK_MOST ? 2 * block->room : BLOCK_MOST;
        room = room < size ? size : room;
        block = ese_alloc(sizeof *block + room);
        if (block == NULL) {
            return NULL;
        }
        block->earlier = txn->block;
        block->used = 0;
        block->room = room;
        txn->block = block;
    }
    void *taken = (unsigned char *)block->bytes + block->used;
    block->used += size;
    return taken;
}

void ese_txn_count(struct ese_vstore *vstore, struct ese_txn *txn)
{
    if (txn->uncounted != 0) {
        vstore->bytes += txn->uncounted;
        txn->uncounted = 0;
    }
}

void ese_txn_free(struct ese_txn *txn)
{
    while (txn->block != NULL) {
        struct ese_version_block *block = txn->block;
        txn->block = block->earlier;
        ese_free(block);
    }
    ese_free(txn);
}

JET_ERR ese_version_make(struct ese_trx *trx, struct ese_tree *tree, enum ese_version_kind kind, const void *key,
                         uint32_t key_size, const void *before, uint32_t before_size, struct ese_version **version)
{
    struct ese_vstore *vstore = trx->vstore;
    if (vstore->bytes_max != 0 && vstore->bytes >= vstore->bytes_max) {
        return JET_errVersionStoreOutOfMemory;
    }
    struct ese_version *made = take(trx->txn, rounded((uint64_t)sizeof *made + key_size + before_size));
    if (made == NULL) {
        return JET_errOutOfMemory;
    }
    *made = (struct ese_version){ .txn = trx->txn, .tree = tree, .space = tree != NULL ? tree->space : NULL,
                                  .kind = kind, .hash = ese_version_hash(key, key_size), .key_size = key_size,
                                  .before_size = before_size };
    if (key_size != 0) {
        memcpy(made->bytes, key, key_size);
    }
    if (before_size != 0) {
        memcpy(made->bytes + key_size, before, before_size);
    }
    trx->txn->uncounted += ese_version_footprint(made);
    if (trx->txn->uncounted >= COUNT_STEP) {
        ese_txn_count(vstore, trx->txn);
    }
    *version = made;
    return JET_errSuccess;
}

void ese_version_free(struct ese_vstore *vstore, struct ese_version *version)
{
    struct ese_txn *txn = version->txn;
    struct ese_version_block *block = txn->block;
    uint64_t size = ese_version_footprint(version);
    uint32_t taken = rounded(size);
    uint64_t uncounted = size < txn->uncounted ? size : txn->uncounted;
    txn->uncounted -= uncounted;
    if (size != uncounted) {
        vstore->bytes -= size - uncounted;
    }
    if (block->used >= taken && (unsigned char *)version == (unsigned char *)block->bytes + block->used - taken) {
        block->used -= taken;
    }
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
