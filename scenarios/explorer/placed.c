/* scenarios/explorer/placed.c - which operation goes wrong in which schedule. */
#include "scenarios/explorer/placed.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "scenarios/explorer/faults.h"
#include "shims/schedule/random.h"

#define CLEAN_EACH 16 /* of so many schedules one has no fault */

/* An operation and a call stack. */
struct place {
    uint64_t key;
    uint8_t operation;
    uint32_t drawn;      /* schedules whose fault was to fall here */
    bool hit;
};

/* An operation of a run. */
struct spot {
    uint32_t place;      /* index */
    uint32_t actor;
    int16_t fn;
    uint8_t later;       /* 1: after the death, 2: in the restart */
    uint64_t within;     /* its number among those of its actor, function and kind, from 1 */
    uint64_t among;      /* among all of its kind */
};

struct scn_placer {
    const struct scn_plan *plan;
    struct scn_fault_kinds kinds;
    struct scn_fault_scope scope;
    struct spot *spots;  /* of the last run without a fault, sorted by place; then one of each place that it had not */
    size_t spot_count, known; /* known: of the last run */
    struct place *places;
    size_t place_count, place_room, fired, hit;
};

struct scn_placer *scn_placer_new(const struct scn_plan *plan, const char *kinds, const char *scope, char *error,
                                  size_t error_size)
{
    struct scn_placer *placer = calloc(1, sizeof *placer);
    if (placer == NULL) {
        snprintf(error, error_size, "out of memory");
        return NULL;
    }
    placer->plan = plan;
    if (scn_fault_kinds_parse(kinds, false, &placer->kinds, error, error_size) != 0 ||
        scn_fault_scope_parse(scope, &placer->scope, error, error_size) != 0) {
        free(placer);
        return NULL;
    }
    if (placer->scope.states_unsaid) { /* after the death no threads are there whose order could matter */
        placer->scope.state_count = 2;
        snprintf(placer->scope.states[0], SHIM_FAULT_WORD, "race");
        snprintf(placer->scope.states[1], SHIM_FAULT_WORD, "term");
    }
    return placer;
}

void scn_placer_free(struct scn_placer *placer)
{
    if (placer != NULL) {
        free(placer->spots);
        free(placer->places);
        free(placer);
    }
}

struct scn_placed_counts scn_placer_counts(const struct scn_placer *placer)
{
    return (struct scn_placed_counts){placer->known, placer->place_count, placer->fired, placer->hit};
}

const struct scn_fault_kinds *scn_placer_kinds(const struct scn_placer *placer)
{
    return &placer->kinds;
}

/* ---- what runs show ---- */

/* Index of the place, which is added when it is new; SIZE_MAX without memory. */
static size_t place_of(struct scn_placer *placer, const struct shim_fault_point *point)
{
    uint64_t key = point->stack + point->operation;
    for (size_t i = 0; i < placer->place_count; i++) {
        if (placer->places[i].key == key && placer->places[i].operation == point->operation) {
            return i;
        }
    }
    if (placer->place_count == placer->place_room) {
        size_t room = placer->place_room * 2 + 64;
        struct place *grown = realloc(placer->places, room * sizeof *grown);
        if (grown == NULL) {
            return SIZE_MAX;
        }
        placer->places = grown;
        placer->place_room = room;
    }
    placer->places[placer->place_count] = (struct place){.key = key, .operation = point->operation};
    return placer->place_count++;
}

static int by_place(const void *a, const void *b)
{
    const struct spot *left = a, *right = b;
    return left->place != right->place ? (left->place < right->place ? -1 : 1)
                                       : (left->among < right->among ? -1 : left->among > right->among);
}

static bool can_fail(const struct scn_placer *placer, enum shim_operation operation)
{
    bool can = false;
    for (int i = 0; i < placer->kinds.count && !can; i++) {
        can = shim_operation_can(operation, placer->kinds.kinds[i].kind, placer->kinds.kinds[i].error);
    }
    return can;
}

/* Takes the operations of a run without a fault for those that may go wrong from now on; each with how many up to it are
 * like it: of the same kind, and `within` of the same actor and function. */
static int take_spots(struct scn_placer *placer, const struct scn_faulted *clean)
{
    struct scn_tally tally;
    size_t count = 0, kept = placer->place_count;
    struct spot *spots = malloc((clean->point_count + placer->place_count + 1) * sizeof *spots);
    bool *seen = calloc(clean->point_count + placer->place_count + 1, sizeof *seen);
    int failed = scn_tally_init(&tally, clean->point_count * 2) != 0 || spots == NULL || seen == NULL ? -1 : 0;
    for (size_t i = 0; failed == 0 && i < clean->point_count; i++) {
        const struct shim_fault_point *point = &clean->points[i];
        const char *state = scn_fault_later_state(clean, point);
        uint8_t later = state == NULL ? 0 : strcmp(state, "death") == 0 ? 1 : 2;
        uint64_t all = ((uint64_t)point->operation + 1) << 3 | later;
        uint64_t among = scn_tally_add(&tally, all);
        uint64_t within = scn_tally_add(&tally, all | 4 | (uint64_t)(uint16_t)point->fn << 16 | (uint64_t)point->actor << 32);
        if (!can_fail(placer, (enum shim_operation)point->operation) ||
            !scn_fault_in_scope(placer->plan, clean, &placer->scope, point)) {
            continue;
        }
        size_t place = place_of(placer, point);
        failed = place == SIZE_MAX ? -1 : 0;
        if (failed == 0) {
            seen[place] = true;
            spots[count++] = (struct spot){(uint32_t)place, point->actor, point->fn, later, within, among};
        }
    }
    for (size_t i = 0, known = count; failed == 0 && i < placer->spot_count; i++) {
        const struct spot *old = &placer->spots[i];
        if (old->place < kept && !seen[old->place]) {
            seen[old->place] = true;
            spots[count++] = *old;
        }
        placer->known = known;
    }
    free(seen);
    scn_tally_fini(&tally);
    if (failed != 0) {
        free(spots);
        return failed;
    }
    placer->known = placer->spot_count == 0 ? count : placer->known;
    free(placer->spots);
    placer->spots = spots;
    placer->spot_count = count;
    qsort(spots, placer->known, sizeof *spots, by_place);
    return 0;
}

int scn_placer_note(struct scn_placer *placer, const struct scn_faulted *faulted)
{
    if (faulted->log.fired == 0) {
        return faulted->point_count > 0 ? take_spots(placer, faulted) : 0;
    }
    size_t place = place_of(placer, &faulted->log.first);
    if (place == SIZE_MAX) {
        return -1;
    }
    placer->fired++;
    placer->hit += !placer->places[place].hit;
    placer->places[place].hit = true;
    return 0;
}

/* ---- the draw ---- */

/* One of the spots of a place that was drawn least; or any, all equally likely. */
static const struct spot *draw_spot(struct scn_placer *placer, uint64_t *random)
{
    size_t first = 0, end = placer->spot_count;
    if (shim_random_below(random, 2) == 0) {
        return &placer->spots[shim_random_below(random, (uint32_t)(placer->known > 0 ? placer->known : end))];
    }
    uint32_t least = UINT32_MAX, ties = 0;
    for (size_t i = 0; i < end; i++) {
        uint32_t place = placer->spots[i].place, drawn = placer->places[place].drawn;
        if (i > 0 && placer->spots[i - 1].place == place) {
            continue;
        }
        ties = drawn < least ? 1 : ties + (drawn == least);
        if (drawn < least || (drawn == least && shim_random_below(random, ties) == 0)) {
            least = drawn;
            first = i;
        }
    }
    for (end = first; end < placer->spot_count && placer->spots[end].place == placer->spots[first].place;) {
        end++;
    }
    return &placer->spots[first + shim_random_below(random, (uint32_t)(end - first))];
}

/* A kind that the operation can have: half of the time the first. */
static void draw_kind(const struct scn_placer *placer, enum shim_operation operation, uint64_t *random,
                      struct shim_fault *fault)
{
    int can[SCN_MOST_KINDS], count = 0;
    for (int i = 0; i < placer->kinds.count; i++) {
        if (shim_operation_can(operation, placer->kinds.kinds[i].kind, placer->kinds.kinds[i].error)) {
            can[count++] = i;
        }
    }
    int kind = can[shim_random_below(random, 2) == 0 ? 0 : shim_random_below(random, (uint32_t)count)];
    scn_fault_set_kind(fault, &placer->kinds, kind);
}

void scn_placer_draw(struct scn_placer *placer, uint64_t seed, size_t number, char text[SHIM_FAULT_TEXT])
{
    uint64_t random = seed ^ 0x6A09E667F3BCC909u;
    char name[SHIM_FAULT_WORD];
    text[0] = '\0';
    if (number % CLEAN_EACH == 0 || placer->spot_count == 0) {
        return;
    }
    const struct spot *spot = draw_spot(placer, &random);
    struct place *place = &placer->places[spot->place];
    enum shim_operation operation = (enum shim_operation)place->operation;
    struct shim_fault fault = {.operations = UINT64_C(1) << operation,
                               .inside = SHIM_FN_NONE,
                               .during = SHIM_FN_NONE,
                               .first = spot->within,
                               .times = 1};
    place->drawn++;
    draw_kind(placer, operation, &random, &fault);
    if (spot->later != 0) {
        snprintf(fault.state, sizeof fault.state, "%s", spot->later == 1 ? "death" : "restart");
    }
    if (scn_fault_can_last(operation, &fault) && shim_random_below(&random, 2) == 0) {
        fault.times = 0; /* a disk that is full is full for all */
        fault.first = spot->among;
    } else {
        snprintf(fault.actor, sizeof fault.actor, "%s", scn_fault_actor(placer->plan, spot->actor, name, sizeof name));
        fault.inside = (enum shim_fn)spot->fn;
    }
    shim_fault_print(&fault, text, SHIM_FAULT_TEXT);
}
