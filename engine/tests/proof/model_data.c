/* The model: rows, versions, sessions. */
#include "engine/tests/proof/model.h"

#include <stdlib.h>
#include <string.h>

#define NOW UINT64_MAX

/* ---- sessions -------------------------------------------------------------------------------- */

void model_begin(struct model *model, unsigned session, bool read_only)
{
    struct model_session *at = &model->sessions[session];
    if (at->level == 0) {
        at->snapshot = model->clock;
        at->read_only = read_only;
        at->sequence = 0;
    }
    at->level++;
    at->mark[at->level] = at->sequence;
    model_sums_begin(model, session);
}

static void release_locks(struct model *model, unsigned session, uint32_t after)
{
    for (unsigned table = 0; table < TABLES; table++) {
        for (unsigned key = 0; key < KEYS; key++) {
            struct model_lock *lock = &model->locks[table][key];
            lock->read[session] = lock->read[session] > after ? 0 : lock->read[session];
            lock->write[session] = lock->write[session] > after ? 0 : lock->write[session];
        }
    }
}

void model_commit(struct model *model, unsigned session)
{
    struct model_session *at = &model->sessions[session];
    --at->level;
    model_sums_commit(model, session);
    if (at->level > 0) {
        return;
    }
    model->clock++;
    for (unsigned table = 0; table < TABLES; table++) {
        for (unsigned key = 0; key < KEYS; key++) {
            struct model_version *version = model->rows[table][key];
            for (; version != NULL && version->committed == 0; version = version->older) {
                if (version->owner == session) {
                    version->committed = model->clock;
                }
            }
        }
    }
    release_locks(model, session, 0);
    at->read_only = false;
}

void model_rollback(struct model *model, unsigned session, bool all)
{
    struct model_session *at = &model->sessions[session];
    uint32_t mark = all ? 0 : at->mark[at->level];
    at->level = all ? 0 : at->level - 1;
    for (unsigned table = 0; table < TABLES; table++) {
        for (unsigned key = 0; key < KEYS; key++) {
            struct model_version **newest = &model->rows[table][key];
            while (*newest != NULL && (*newest)->committed == 0 && (*newest)->owner == session &&
                   (*newest)->sequence > mark) {
                struct model_version *gone = *newest;
                *newest = gone->older;
                free(gone);
            }
        }
    }
    release_locks(model, session, mark);
    at->read_only = at->read_only && at->level > 0;
}

/* ---- rows ------------------------------------------------------------------------------------ */

static uint64_t snapshot_of(const struct model *model, unsigned session)
{
    return model->sessions[session].level == 0 ? NOW : model->sessions[session].snapshot;
}

static bool is_visible(const struct model *model, unsigned session,
                       const struct model_version *version)
{
    if (version->committed == 0) {
        return version->owner == session;
    }
    return version->committed <= snapshot_of(model, session);
}

struct model_row model_see(const struct model *model, unsigned session, unsigned table,
                           uint32_t key)
{
    const struct model_version *version = model->rows[table][key];
    while (version != NULL && !is_visible(model, session, version)) {
        version = version->older;
    }
    return version != NULL ? version->row : (struct model_row){.present = false};
}

bool model_conflict(const struct model *model, unsigned session, unsigned table, uint32_t key,
                    bool reading)
{
    const struct model_version *newest = model->rows[table][key];
    const struct model_lock *lock = &model->locks[table][key];
    if (newest != NULL && newest->committed == 0 && newest->owner == session) {
        return false;
    }
    for (unsigned other = 0; other < SESSIONS; other++) {
        if (other != session && (lock->write[other] != 0 || (!reading && lock->read[other] != 0))) {
            return true;
        }
    }
    return newest != NULL && !is_visible(model, session, newest);
}

void model_write(struct model *model, unsigned session, unsigned table, uint32_t key,
                 const struct model_row *row)
{
    struct model_session *at = &model->sessions[session];
    struct model_version *version = calloc(1, sizeof *version);
    if (version == NULL) {
        proof_fail("out of memory");
    }
    version->row = *row;
    version->owner = session;
    version->older = model->rows[table][key];
    if (at->level == 0) {
        version->committed = ++model->clock;
    } else {
        version->sequence = ++at->sequence;
    }
    model->rows[table][key] = version;
}

void model_lock(struct model *model, unsigned session, unsigned table, uint32_t key, bool write)
{
    struct model_session *at = &model->sessions[session];
    struct model_lock *lock = &model->locks[table][key];
    uint32_t *mine = write ? &lock->write[session] : &lock->read[session];
    if (at->level > 0 && *mine == 0) {
        *mine = ++at->sequence;
    }
}

/* ---- indexes --------------------------------------------------------------------------------- */

static bool has(const struct model_row *row, int32_t u)
{
    return row->present && !row->u_null && row->u == u;
}

enum model_unique model_unique(const struct model *model, unsigned session, unsigned table,
                               uint32_t but_key, int32_t u)
{
    enum model_unique found = MODEL_FREE;
    for (uint32_t key = 0; key < KEYS; key++) {
        const struct model_version *version = model->rows[table][key];
        struct model_row row = model_see(model, session, table, key);
        if (key != but_key && has(&row, u)) {
            return MODEL_TAKEN;
        }
        bool newest = true;
        for (; version != NULL && !is_visible(model, session, version);
             version = version->older, newest = false) {
            if (has(&version->row, u)) {
                enum model_unique here = newest ? MODEL_DISPUTED : MODEL_UNCLEAR;
                found = found < here ? here : found;
            }
        }
        /* The visible state of another's row had it, and what came after took it away. */
        if (!newest && has(&row, u)) {
            found = MODEL_UNCLEAR;
        }
    }
    return found;
}

static int compare(const struct model_row *left, uint32_t left_key, const struct model_row *right,
                   uint32_t right_key)
{
    if (left->a_null != right->a_null) {
        return left->a_null ? -1 : 1;
    }
    if (!left->a_null && left->a != right->a) {
        return left->a < right->a ? -1 : 1;
    }
    return left_key < right_key ? -1 : 1;
}

unsigned model_order(const struct model *model, unsigned session, unsigned table, bool by_a,
                     uint32_t keys[KEYS])
{
    struct model_row rows[KEYS];
    unsigned count = 0;
    for (uint32_t key = 0; key < KEYS; key++) {
        struct model_row row = model_see(model, session, table, key);
        if (!row.present) {
            continue;
        }
        unsigned at = count++;
        for (; by_a && at > 0 && compare(&row, key, &rows[at - 1], keys[at - 1]) < 0; at--) {
            rows[at] = rows[at - 1];
            keys[at] = keys[at - 1];
        }
        rows[at] = row;
        keys[at] = key;
    }
    return count;
}

void model_body(uint32_t seed, uint32_t size, unsigned char *body)
{
    struct proof_random random = proof_random(seed, size);
    for (uint32_t i = 0; i < size; i += 8) {
        uint64_t word = proof_next(&random);
        memcpy(body + i, &word, size - i < 8 ? size - i : 8);
    }
}
