/* scenarios/crash/states.c - at which moments the power is cut, and what is lost. */
#include <stdlib.h>
#include <string.h>

#include "scenarios/crash/crash.h"

#define KINDS 16       /* that are told apart */
#define TOGETHER 3     /* cuts during the same recovery */
#define FEWEST 12      /* states of which some have a second cut */

static uint64_t number(uint64_t *state)
{
    uint64_t x = *state += 0x9e3779b97f4a7c15u;
    x = (x ^ (x >> 30)) * 0xbf58476d1ce4e5b9u;
    x = (x ^ (x >> 27)) * 0x94d049bb133111ebu;
    return x ^ (x >> 31);
}

/* The stamp of the first phase with one of two names. */
static uint64_t phase(const struct shim_history *history, const char *name, const char *other)
{
    for (size_t i = 0; i < history->event_count; i++) {
        const struct shim_hist_event *event = &history->events[i];
        if (event->kind == SHIM_EVENT_PHASE &&
            (strcmp(event->name, name) == 0 || strcmp(event->name, other) == 0)) {
            return event->stamp;
        }
    }
    return UINT64_MAX;
}

void crash_range(const struct shim_disk *disk, const struct shim_history *history, size_t *first, size_t *end)
{
    uint64_t race = phase(history, "race", "race"), over = phase(history, "restart", "death");
    *first = 0;
    *end = shim_disk_count(disk);
    while (*first < *end && shim_disk_stamp(disk, *first) < race) {
        ++*first;
    }
    while (*end > *first && shim_disk_stamp(disk, *end - 1) > over) {
        --*end;
    }
}

/* The syncs of one kind of file (".log") among the operations first to end - 1; the last of KINDS has all other kinds, too. */
struct synced {
    const char *kind;
    size_t count;
};

/* Where the kind of file of an operation is, or is to be. */
static size_t kind_of(const struct shim_disk *disk, size_t at, const struct synced kinds[KINDS], size_t count)
{
    size_t i = 0;
    while (i < count && strcmp(kinds[i].kind, shim_disk_kind(disk, at)) != 0) {
        i++;
    }
    return i < KINDS ? i : KINDS - 1;
}

static size_t kinds_synced(const struct shim_disk *disk, size_t first, size_t end,
                           struct synced kinds[KINDS])
{
    size_t count = 0;
    for (size_t at = first; at < end; at++) {
        if (!shim_disk_is_sync(disk, at)) {
            continue;
        }
        size_t i = kind_of(disk, at, kinds, count);
        if (i == count) {
            kinds[count++] = (struct synced){shim_disk_kind(disk, at), 0};
        }
        kinds[i].count++;
    }
    return count;
}

/* Of the moments before a sync of one of the kinds, each with each kind of loss: at most `wanted`, evenly spread. */
static size_t choose_of_kind(const struct shim_disk *disk, size_t first, size_t end,
                             const struct synced kinds[KINDS], size_t count, size_t kind, size_t wanted,
                             uint64_t *seed, struct crash_state *states)
{
    size_t all = kinds[kind].count * SHIM_DISK_LOSS_COUNT, made = 0, seen = 0;
    wanted = wanted < all ? wanted : all;
    for (size_t at = first; at < end && made < wanted; at++) {
        if (!shim_disk_is_sync(disk, at) || kind_of(disk, at, kinds, count) != kind) {
            continue;
        }
        for (int loss = 0; loss < SHIM_DISK_LOSS_COUNT; loss++, seen++) {
            /* number `seen` of `all` is taken if it is the next of `wanted` evenly spread ones */
            if (seen * wanted / all != (seen + 1) * wanted / all) {
                /* shifted when they are thinned, so that thinning does not always leave the same kind */
                size_t shift = wanted < all ? made : 0;
                states[made++] = (struct crash_state){
                    .at = at,
                    .loss = (enum shim_disk_loss)(((size_t)loss + shift) % SHIM_DISK_LOSS_COUNT),
                    .seed = number(seed)};
            }
        }
    }
    return made;
}

static int by_moment(const void *a, const void *b)
{
    const struct crash_state *x = a, *y = b;
    if (x->at != y->at) {
        return x->at < y->at ? -1 : 1;
    }
    return (int)x->loss - (int)y->loss;
}

/* Two thirds of the states are cuts just before a sync, where most is at stake, in equal parts for each kind of file (a log
 * is synced a hundred times as often as a database); the rest are anywhere. */
struct crash_state *crash_choose(const struct shim_disk *disk, size_t first, size_t end, int wanted, bool again,
                                 uint64_t seed, size_t *count)
{
    struct synced kinds[KINDS];
    size_t made = 0, kind_count = kinds_synced(disk, first, end, kinds), syncs = 0;
    for (size_t i = 0; i < kind_count; i++) {
        syncs += kinds[i].count * SHIM_DISK_LOSS_COUNT;
    }
    size_t all = wanted == CRASH_ALL ? syncs + syncs / 2 : (size_t)wanted, before = 0;
    size_t recovered = again && all >= FEWEST ? all / FEWEST : 0; /* a quarter are second cuts */
    all = wanted == CRASH_ALL ? all : all - recovered * TOGETHER;
    before = wanted == CRASH_ALL ? syncs : all - all / 3;
    struct crash_state *states = calloc(all + 1, sizeof states[0]);
    for (size_t i = 0; states != NULL && i < kind_count; i++) {
        size_t part = wanted == CRASH_ALL ? kinds[i].count * SHIM_DISK_LOSS_COUNT
                                          : before * (i + 1) / kind_count - before * i / kind_count;
        made += choose_of_kind(disk, first, end, kinds, kind_count, i, part, &seed, states + made);
    }
    for (; states != NULL && made < all; made++) {
        states[made] = (struct crash_state){.at = first + (size_t)(number(&seed) % (end - first + 1)),
                                            .loss = (enum shim_disk_loss)(number(&seed) % SHIM_DISK_LOSS_COUNT),
                                            .seed = number(&seed)};
    }
    *count = made;
    if (states != NULL) {
        qsort(states, made, sizeof states[0], by_moment);
        for (size_t i = 0; i < recovered; i++) {
            states[(2 * i + 1) * made / (2 * recovered)].again = TOGETHER;
        }
    }
    return states;
}
