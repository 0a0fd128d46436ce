/* Reading ahead: see run.h. */
#include "engine/transaction/run.h"

#include "engine/os/os.h"

struct ese_run *ese_run_begin(struct ese_trx *trx, const struct ese_tree *tree, struct ese_spot *spot)
{
    struct ese_run *run = spot->run;
    bool used_up = run != NULL && run->count != 0 && run->at + 1 == run->count;
    if (run != NULL) {
        run->count = 0;
    }
    if (trx->level == 0 || spot->streak < ESE_RUN_STREAK) {
        return NULL;
    }
    if (run == NULL) {
        run = spot->run = ese_calloc(1, sizeof *run);
        if (run == NULL) {
            return NULL;
        }
    }
    /* Where the last run was used up the next one is longer; where it was for nothing they start anew. */
    run->want = !used_up ? 4 : run->want < ESE_RUN_MOST / 2 ? run->want * 2 : ESE_RUN_MOST;
    run->tree = tree;
    run->transaction = ese_trx_id(trx);
    run->changes = trx->changes;
    run->page = spot->page;
    run->moved = spot->moved;
    run->at = 0;
    run->bytes.size = 0;
    return run;
}

bool ese_run_add(struct ese_run *run, uint32_t slot, const struct ese_node *node, const void *data, uint32_t data_size)
{
    uint32_t size = node->key_size + data_size;
    if (ese_bytes_reserve(&run->bytes, run->bytes.size + size + 1) != JET_errSuccess) {
        return false;
    }
    unsigned char *to = run->bytes.data + run->bytes.size;
    memcpy(to, node->key, node->key_size);
    if (data_size != 0) {
        memcpy(to + node->key_size, data, data_size);
    }
    run->entry[run->count++] = (struct ese_run_entry){ slot, run->bytes.size, node->key_size, data_size };
    run->bytes.size += size;
    return run->count < run->want;
}

bool ese_run_step(const struct ese_trx *trx, const struct ese_tree *tree, struct ese_spot *spot)
{
    struct ese_run *run = spot->run;
    if (!ese_run_is_good(trx, tree, spot) || run->at + 1 >= run->count) {
        return false;
    }
    const struct ese_run_entry *entry = &run->entry[run->at + 1];
    if (entry->key_size > spot->key.room && ese_bytes_reserve(&spot->key, entry->key_size) != JET_errSuccess) {
        return false;
    }
    memcpy(spot->key.data, run->bytes.data + entry->at, entry->key_size);
    spot->key.size = entry->key_size;
    spot->slot = entry->slot;
    run->at++;
    return true;
}

void ese_run_free(struct ese_run *run)
{
    if (run != NULL) {
        ese_bytes_free(&run->bytes);
        ese_free(run);
    }
}
