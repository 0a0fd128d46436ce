#include "engine/tests/proof/crash.h"

#include <string.h>

static void add(struct crash_transaction *transaction, enum crash_op_kind kind, uint32_t table,
                uint32_t key)
{
    transaction->ops[transaction->count++] = (struct crash_op){kind, table, key};
}

/* One change of the writer's rows. */
static void change_row(struct proof_random *random, struct crash_transaction *transaction,
                       struct crash_state *state, uint32_t n)
{
    uint32_t table = proof_dice(random, TABLES), key = proof_dice(random, KEYS);
    uint32_t *row = &state->rows[table][key];
    if (*row == 0) {
        add(transaction, CRASH_INSERT, table, key);
        *row = n;
    } else if (proof_one_in(random, 3)) {
        add(transaction, CRASH_DELETE, table, key);
        *row = 0;
    } else {
        add(transaction, CRASH_REPLACE, table, key);
        *row = n;
    }
}

static void change_own(struct proof_random *random, struct crash_transaction *transaction,
                       struct crash_state *state, uint32_t n)
{
    if (state->own == 0) {
        add(transaction, CRASH_OWN_MAKE, 0, 0);
        state->own = n;
        state->own_rows = n;
    } else if (state->own == n || proof_one_in(random, 2)) {
        add(transaction, CRASH_OWN_WRITE, 0, 0);
        state->own_rows = n;
    } else {
        add(transaction, CRASH_OWN_DROP, 0, 0);
        state->own = 0;
        state->own_rows = 0;
    }
}

void crash_transaction(uint64_t seed, unsigned writer, uint32_t n, const struct crash_state *before,
                       struct crash_transaction *transaction)
{
    struct proof_random random = proof_random(proof_mix(seed, writer), n);
    struct crash_state state = *before, saved = *before;
    bool nested = false;
    memset(transaction, 0, sizeof *transaction);
    unsigned ops = proof_one_in(&random, 12) ? 25 : 1 + proof_dice(&random, 5);
    if (proof_one_in(&random, 4)) {
        uint32_t from = proof_dice(&random, ACCOUNTS);
        add(transaction, CRASH_TRANSFER, from,
            (from + 1 + proof_dice(&random, ACCOUNTS - 1)) % ACCOUNTS);
    }
    for (unsigned i = 0; i < ops; i++) {
        if (!nested && proof_one_in(&random, 10)) {
            add(transaction, CRASH_NESTED, 0, 0);
            nested = true;
            saved = state;
        }
        change_row(&random, transaction, &state, n);
        if (nested && proof_one_in(&random, 3)) {
            bool commit = proof_one_in(&random, 2);
            add(transaction, commit ? CRASH_NESTED_COMMIT : CRASH_NESTED_ROLLBACK, 0, 0);
            nested = false;
            state = commit ? state : saved;
        }
    }
    if (nested) {
        add(transaction, CRASH_NESTED_COMMIT, 0, 0);
    }
    if (proof_one_in(&random, 15)) {
        change_own(&random, transaction, &state, n);
    }
    transaction->rollback = proof_one_in(&random, 10);
    transaction->durable = proof_one_in(&random, 2);
    transaction->after = transaction->rollback ? *before : state;
}

void crash_replay(uint64_t seed, unsigned writer, uint32_t n, struct crash_state *state)
{
    struct crash_transaction transaction;
    memset(state, 0, sizeof *state);
    for (uint32_t i = 1; i <= n; i++) {
        crash_transaction(seed, writer, i, state, &transaction);
        *state = transaction.after;
    }
}

uint32_t crash_body(uint64_t seed, unsigned writer, unsigned table, uint32_t key, uint32_t n,
                    bool long_values, unsigned char body[BODY_MAX])
{
    uint64_t stream = proof_mix(proof_mix(writer, table), proof_mix(key, n));
    struct proof_random random = proof_random(seed, stream);
    uint32_t size = proof_dice(&random, 200);
    if (proof_one_in(&random, 16)) {
        size = proof_dice(&random, BODY_INLINE);
    }
    if (long_values && proof_one_in(&random, 12)) {
        size = 2000 + proof_dice(&random, BODY_MAX - 2000);
    }
    for (uint32_t i = 0; i < size; i += 8) {
        uint64_t word = proof_next(&random);
        memcpy(body + i, &word, size - i < 8 ? size - i : 8);
    }
    return size;
}
