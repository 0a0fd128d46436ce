/* Dropping versions nobody needs. */
#include "engine/transaction/version.h"

#define BATCH 64                                    /* versions settled under one lock */
#define LIGHT_MOST 4                                /* waiting transactions a commit settles besides its own */

/* The next transaction whose versions every snapshot sees, taken out of the list; NULL: none. */
static struct ese_txn *take(struct ese_vstore *vstore)
{
    ese_mutex_lock(&vstore->mutex);
    uint64_t oldest = vstore->oldest != NULL ? vstore->oldest->snapshot : vstore->clock;
    struct ese_txn *txn = vstore->first;
    if (txn != NULL && txn->committed <= oldest) {
        vstore->first = txn->next;
        if (vstore->first == NULL) {
            vstore->last = NULL;
        }
    } else {
        txn = NULL;
    }
    ese_mutex_unlock(&vstore->mutex);
    return txn;
}

bool ese_txn_is_light(const struct ese_vstore *vstore, const struct ese_txn *txn)
{
    return !txn->heavy && (vstore->oldest == NULL || txn->committed <= vstore->oldest->snapshot);
}

void ese_txn_settle(struct ese_vstore *vstore, struct ese_txn *txn)
{
    struct ese_version *version = txn->newest;
    while (version != NULL) {
        (void)ese_version_retire(vstore, version, BATCH, &version); /* changes nothing that could fail */
    }
    ese_txn_free(txn);
}

void ese_vstore_settle_light(struct ese_vstore *vstore)
{
    if (!ese_mutex_trylock(&vstore->cleaning)) {
        return;
    }
    for (unsigned i = 0; i < LIGHT_MOST; i++) {
        ese_mutex_lock(&vstore->mutex);
        struct ese_txn *txn = vstore->first;
        if (txn != NULL && ese_txn_is_light(vstore, txn)) {
            vstore->first = txn->next;
            if (vstore->first == NULL) {
                vstore->last = NULL;
            }
        } else {
            txn = NULL;
        }
        ese_mutex_unlock(&vstore->mutex);
        if (txn == NULL) {
            break;
        }
        ese_txn_settle(vstore, txn);
    }
    ese_mutex_unlock(&vstore->cleaning);
}

static void put_back(struct ese_vstore *vstore, struct ese_txn *txn)
{
    ese_mutex_lock(&vstore->mutex);
    txn->next = vstore->first;
    vstore->first = txn;
    if (vstore->last == NULL) {
        vstore->last = txn;
    }
    ese_mutex_unlock(&vstore->mutex);
}

static struct ese_version *reverse(struct ese_version *list)
{
    struct ese_version *turned = NULL;
    while (list != NULL) {
        struct ese_version *next = list->earlier;
        list->earlier = turned;
        turned = list;
        list = next;
    }
    return turned;
}

/* The cleaner's mutex is held. */
static JET_ERR clean(struct ese_vstore *vstore, bool (*keep_going)(void *arg), void *arg)
{
    JET_ERR first_error = JET_errSuccess;
    bool go = true;
    while (go) {
        struct ese_txn *txn = take(vstore);
        if (txn == NULL) {
            break;
        }
        struct ese_version *version = reverse(txn->newest); /* oldest first: chains shrink from their end */
        while (version != NULL && (go = keep_going == NULL || keep_going(arg))) {
            JET_ERR err = ese_version_retire(vstore, version, BATCH, &version);
            first_error = first_error == JET_errSuccess && err < JET_errSuccess ? err : first_error;
        }
        txn->newest = reverse(version);
        if (txn->newest != NULL) {
            put_back(vstore, txn);
        } else {
            ese_txn_free(txn);
        }
    }
    return first_error;
}

JET_ERR ese_vstore_cleanup(struct ese_vstore *vstore, bool (*keep_going)(void *arg), void *arg)
{
    ese_mutex_lock(&vstore->cleaning);
    JET_ERR err = clean(vstore, keep_going, arg);
    ese_mutex_unlock(&vstore->cleaning);
    return err;
}

JET_ERR ese_vstore_try_cleanup(struct ese_vstore *vstore, bool (*keep_going)(void *arg), void *arg)
{
    if (!ese_mutex_trylock(&vstore->cleaning)) {
        return JET_errSuccess;
    }
    JET_ERR err = clean(vstore, keep_going, arg);
    ese_mutex_unlock(&vstore->cleaning);
    return err;
}

/* Splits the versions of the space off the list; both stay newest first. */
static struct ese_version *split(struct ese_version **list, const struct ese_space *space)
{
    struct ese_version *taken = NULL, **end = &taken;
    for (struct ese_version **at = list; *at != NULL;) {
        struct ese_version *version = *at;
        if (version->space != space) {
            at = &version->earlier;
            continue;
        }
        *at = version->earlier;
        version->earlier = NULL;
        *end = version;
        end = &version->earlier;
    }
    return taken;
}

JET_ERR ese_vstore_cleanup_space(struct ese_vstore *vstore, struct ese_space *space)
{
    JET_ERR first_error = JET_errSuccess;
    ese_mutex_lock(&vstore->cleaning);
    ese_mutex_lock(&vstore->mutex);
    struct ese_txn *txn = vstore->first;
    ese_mutex_unlock(&vstore->mutex);
    while (txn != NULL) {
        struct ese_version *version = reverse(split(&txn->newest, space));
        while (version != NULL) {
            JET_ERR err = ese_version_retire(vstore, version, BATCH, &version);
            first_error = first_error == JET_errSuccess && err < JET_errSuccess ? err : first_error;
        }
        /* The cleaner's mutex keeps the transaction in the list; new ones are appended behind it. */
        ese_mutex_lock(&vstore->mutex);
        txn = txn->next;
        ese_mutex_unlock(&vstore->mutex);
    }
    ese_mutex_unlock(&vstore->cleaning);
    return first_error;
}
