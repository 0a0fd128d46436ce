/*
 * Reading ahead. Who steps through records inside a transaction gets the next ones of a leaf copied in one go; as long as
 * the transaction changes nothing, what it sees of them stays the same whatever others do, so the following steps need
 * neither lock nor page. For engine/transaction only.
 */
#ifndef ESE_TRANSACTION_RUN_H
#define ESE_TRANSACTION_RUN_H

#include "engine/transaction/entry.h"

#define ESE_RUN_MOST 32                             /* records */
#define ESE_RUN_STREAK 2                            /* so many steps in a row, and it is worth it */

struct ese_run_entry {
    uint32_t slot, at, key_size, data_size;         /* at: of the key in bytes; the data follows */
};

struct ese_run {
    const struct ese_tree *tree;
    uint64_t transaction, changes;                  /* ese_trx_id() and trx->changes it is good for */
    uint32_t page;
    uint64_t moved;
    uint32_t count, at;                             /* entries; the one the spot is on */
    uint32_t want;                                  /* entries to copy next time */
    struct ese_run_entry entry[ESE_RUN_MOST];
    struct ese_bytes bytes;
};

/* Begins a run with what the spot is on now: NULL (fine) when it is not worth it or there is no memory. Then
 * ese_run_add for it and for those behind it until it says false. */
struct ese_run *ese_run_begin(struct ese_trx *trx, const struct ese_tree *tree, struct ese_spot *spot);
bool ese_run_add(struct ese_run *run, uint32_t slot, const struct ese_node *node, const void *data, uint32_t data_size);

/* The run speaks of the record the spot is on, and to this transaction in its present state: its place, while it is
 * known, tells records apart as well as their keys. */
static inline bool ese_run_is_good(const struct ese_trx *trx, const struct ese_tree *tree, const struct ese_spot *spot)
{
    const struct ese_run *run = spot->run;
    return run != NULL && run->count != 0 && spot->hint && spot->slot == run->entry[run->at].slot &&
           spot->page == run->page && spot->moved == run->moved && run->tree == tree && run->changes == trx->changes &&
           run->transaction == ese_trx_id(trx) && trx->level != 0;
}

/* One step forward; false: the run does not tell. */
bool ese_run_step(const struct ese_trx *trx, const struct ese_tree *tree, struct ese_spot *spot);

/* The data of the record the spot is on; NULL: the run does not tell. */
static inline const unsigned char *ese_run_data(const struct ese_trx *trx, const struct ese_tree *tree,
                                                const struct ese_spot *spot, uint32_t *size)
{
    if (!ese_run_is_good(trx, tree, spot)) {
        return NULL;
    }
    const struct ese_run_entry *entry = &spot->run->entry[spot->run->at];
    *size = entry->data_size;
    return spot->run->bytes.data + entry->at + entry->key_size;
}

void ese_run_free(struct ese_run *run);             /* NULL is fine */

#endif
