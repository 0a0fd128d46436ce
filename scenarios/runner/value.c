/* scenarios/runner/value.c - what the values of a script mean while it runs.
 *
 * Everything random comes from a generator of the actor's own, seeded with the run's seed and the
 * actor's number: the same seed gives every actor the same values, whatever the others do.
 * `unique` is the exception: it counts for all actors together.
 */
#include <string.h>

#include "scenarios/runner/world.h"

/* splitmix64 spreads the seed, xoshiro256** (Blackman, Vigna) goes on from there. */
static uint64_t splitmix(uint64_t *state)
{
    uint64_t z = (*state += 0x9e3779b97f4a7c15u);
    z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9u;
    z = (z ^ (z >> 27)) * 0x94d049bb133111ebu;
    return z ^ (z >> 31);
}

void scn_random_seed(uint64_t state[4], uint64_t seed, uint64_t stream)
{
    uint64_t mix = seed ^ (stream + 1) * 0xd1342543de82ef95u;
    for (int i = 0; i < 4; i++) {
        state[i] = splitmix(&mix);
    }
}

static uint64_t rotate(uint64_t x, int by)
{
    return (x << by) | (x >> (64 - by));
}

uint64_t scn_random_next(uint64_t state[4])
{
    uint64_t result = rotate(state[1] * 5, 7) * 9, t = state[1] << 17;
    state[2] ^= state[0];
    state[3] ^= state[1];
    state[1] ^= state[2];
    state[0] ^= state[3];
    state[2] ^= t;
    state[3] = rotate(state[3], 45);
    return result;
}

int64_t scn_random_between(uint64_t state[4], int64_t low, int64_t high)
{
    if (high <= low) {
        return low;
    }
    uint64_t span = (uint64_t)high - (uint64_t)low + 1;
    uint64_t draw = scn_random_next(state);
    return (int64_t)((uint64_t)low + (span == 0 ? draw : draw % span));
}

static struct scn_variable *find(struct scn_variable *vars, int count, const char *name)
{
    for (int i = 0; i < count; i++) {
        if (strcmp(vars[i].name, name) == 0) {
            return &vars[i];
        }
    }
    return NULL;
}

static void put(struct scn_variable *vars, int *count, const char *name, uint64_t value)
{
    struct scn_variable *var = find(vars, *count, name);
    if (var == NULL && *count < SCN_MAX_VARS) {
        var = &vars[(*count)++];
        var->name = name;
    }
    if (var != NULL) {
        var->value = value;
    }
}

void scn_bind(struct scn_player *player, const char *name, uint64_t value)
{
    struct scn_world *world = player->world;
    if (name[0] == '$') {
        pthread_mutex_lock(&world->lock);
        put(world->shared, &world->shared_count, name, value);
        pthread_mutex_unlock(&world->lock);
    } else {
        put(player->vars, &player->var_count, name, value);
    }
}

bool scn_lookup(struct scn_player *player, const char *name, uint64_t *value)
{
    struct scn_world *world = player->world;
    const struct scn_variable *var;
    if (name[0] == '$') {
        pthread_mutex_lock(&world->lock);
        var = find(world->shared, world->shared_count, name);
        if (var != NULL) {
            *value = var->value;
        }
        pthread_mutex_unlock(&world->lock);
        return var != NULL;
    }
    var = find(player->vars, player->var_count, name);
    if (var != NULL) {
        *value = var->value;
        return true;
    }
    for (int i = 0; i < world->plan->instance_count; i++) {
        if (strcmp(world->plan->instances[i].name, name) == 0) {
            *value = atomic_load_explicit(&world->instances[i].handle, memory_order_relaxed);
            return true;
        }
    }
    return false;
}

static uint64_t stale(struct scn_player *player, enum scn_kind kind)
{
    if (kind < SCN_KIND_COUNT && player->stale[kind] != SCN_NIL) {
        return player->stale[kind];
    }
    return kind < SCN_KIND_COUNT ? player->world->stale[kind] : SCN_NIL;
}

uint64_t scn_value_number(struct scn_player *player, const struct scn_value *value,
                          enum scn_kind kind)
{
    uint64_t number = SCN_NIL;
    switch (value->kind) {
    case SCN_VALUE_INT:
        return (uint64_t)value->number;
    case SCN_VALUE_NAME:
        scn_lookup(player, value->text, &number);
        return number;
    case SCN_VALUE_NIL:
        return SCN_NIL;
    case SCN_VALUE_NULL:
    case SCN_VALUE_TEXT:
        return 0;
    case SCN_VALUE_GARBAGE:
        /* Looks like an address, and odd, so that no engine has given it out. */
        return (scn_random_next(player->random) & 0x00007ffffffff000u) | 0x0badu;
    case SCN_VALUE_STALE:
        return stale(player, kind);
    case SCN_VALUE_RANDOM:
        return (uint64_t)scn_random_between(player->random, value->number, value->high);
    case SCN_VALUE_UNIQUE:
        return (uint64_t)atomic_fetch_add_explicit(&player->world->unique, 1,
                                                   memory_order_relaxed);
    case SCN_VALUE_ACTOR:
        return (uint64_t)player->copy;
    case SCN_VALUE_TURN:
        return (uint64_t)player->turn;
    case SCN_VALUE_SIGNAL:
        return scn_callback_for(player->world, value->text);
    case SCN_VALUE_SIGNALS:
        return (uint64_t)scn_signals(scn_gate(player->world, value->text));
    case SCN_VALUE_ELAPSED:
        return player->last_us;
    }
    return number;
}
