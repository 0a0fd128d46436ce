/* shims/schedule/feedback.c - schedules learn from what reads saw (after RFF, ASPLOS 2024).
 *
 * A reads-from pair says: the operation at this site saw what the operation at that site had written to
 * this object. A run is led by a few constraints on such pairs, each wanted or unwanted, and is otherwise POS: a read whose
 * wanted write is not the last one waits, and so does a write that would come between a wanted pair until it was seen; a read
 * that would see an unwanted one waits too. Waiting is a wish: when all wait, the first of them goes.
 * A run that showed a pair never seen before is kept, and later ones lead on from it: a constraint more, one less, one
 * turned round. A pair can be wished for before it was seen, as soon as its read and its write have met on one object.
 *
 * Sites are addresses of code, so a pair means the same in every run of a process; which object it is about
 * is left open, for objects move from run to run. Compiled without instrumentation, like strategy.c.
 */
#include "shims/schedule/random.h"
#include "shims/schedule/strategies.h"

#define OBJECTS 1024 /* power of two */
#define PAIRS 8192   /* power of two; known pairs */
#define KEPT 256
#define LEADS 6
#define MISSED 2     /* a wish that did not come true counts as so many more */
#define SITES 12     /* of one object that are told apart */

struct pair {
    const void *write, *read; /* sites; write NULL: the value from before the run; read NULL: no pair */
    bool cross;               /* between two threads */
    bool seen;                /* else it is only possible */
    bool good;                /* its read can also see something else */
    uint32_t drawn;           /* times it was wished for */
};

struct constraint {
    const void *write, *read;
    bool wanted;
    bool met;                 /* the read saw the write in this run */
};

struct lead {
    struct constraint constraint[LEADS];
    uint32_t count;
    uint64_t used; /* times it was mutated */
};

struct site {
    const void *site;
    uint32_t thread;     /* that came first */
    bool reads, writes;
    bool several;        /* other threads came, too */
};

struct object {
    const void *key;
    const void *writer; /* site of the last write of this run */
    uint32_t thread;    /* ... and who did it */
    uint32_t sites;
    struct site site[SITES];
};

struct feedback {
    struct shim_strategy strategy;
    uint64_t random;
    struct object object[OBJECTS];
    uint32_t objects;
    struct pair known[PAIRS];
    uint32_t list[PAIRS]; /* slots in `known`, in order of discovery */
    uint32_t known_count;
    uint32_t good[PAIRS]; /* ... of the good ones */
    uint32_t good_count;
    struct lead kept[KEPT];
    uint32_t kept_count;
    struct lead lead; /* of this run */
    bool news;        /* this run showed a new pair */
    uint64_t number[SHIM_CONTROL_THREADS], priority[SHIM_CONTROL_THREADS];
};

static uint64_t hash(const void *key) {
    return (uint64_t)(size_t)key * 0x9E3779B97F4A7C15u;
}

/* NULL when there is no room: then the object takes no part. */
static struct object *object_of(struct feedback *feedback, const void *key) {
    uint32_t at = (uint32_t)(hash(key) >> 50) & (OBJECTS - 1);
    while (feedback->object[at].key != key) {
        if (feedback->object[at].key == NULL) {
            if (feedback->objects == OBJECTS - 1) {
                return NULL;
            }
            feedback->object[at].key = key;
            feedback->objects++;
            feedback->object[at].writer = NULL;
            feedback->object[at].sites = 0;
            break;
        }
        at = (at + 1) & (OBJECTS - 1);
    }
    return &feedback->object[at];
}

/* The slot of the pair, or an empty one for it. */
static uint32_t slot_of(const struct feedback *feedback, const void *write, const void *read) {
    uint32_t at = (uint32_t)((hash(write) ^ hash(read) >> 7) >> 16) & (PAIRS - 1);
    while (feedback->known[at].read != NULL &&
           (feedback->known[at].write != write || feedback->known[at].read != read)) {
        at = (at + 1) & (PAIRS - 1);
    }
    return at;
}

static void note_good(struct feedback *feedback, uint32_t at) {
    if (!feedback->known[at].good) {
        feedback->known[at].good = true;
        feedback->good[feedback->good_count++] = at;
    }
}

/* A pair is new, or new between two threads: it and those with the same read, where two of them differ in what can be
 * seen and one is between threads, are worth a wish. */
static void compare_reads(struct feedback *feedback, uint32_t at) {
    const struct pair *pair = &feedback->known[at];
    for (uint32_t i = 0; i < feedback->known_count; i++) {
        const struct pair *other = &feedback->known[feedback->list[i]];
        if (other->read == pair->read && other->write != pair->write && (other->cross || pair->cross)) {
            note_good(feedback, feedback->list[i]);
            note_good(feedback, at);
        }
    }
}

/* Notes that the pair is possible, or that it was seen. */
static void learn(struct feedback *feedback, const void *write, const void *read, bool cross, bool seen) {
    uint32_t at = slot_of(feedback, write, read);
    struct pair *pair = &feedback->known[at];
    bool made = pair->read == NULL, crossed = cross && !pair->cross;
    if (made) {
        if (feedback->known_count == PAIRS - 1) {
            return;
        }
        *pair = (struct pair){.write = write, .read = read};
        feedback->list[feedback->known_count++] = at;
    }
    pair->cross = pair->cross || cross;
    feedback->news = feedback->news || (seen && !pair->seen);
    pair->seen = pair->seen || seen;
    if (made || crossed) {
        compare_reads(feedback, at);
    }
}

/* The operation at this site works on the object: which pairs does that make possible? */
static void meet(struct feedback *feedback, struct object *object, const struct shim_event *event, bool reads,
                 bool writes) {
    struct site *site = NULL;
    for (uint32_t i = 0; i < object->sites && site == NULL; i++) {
        site = object->site[i].site == event->site ? &object->site[i] : NULL;
    }
    if (site != NULL && (site->several || site->thread == event->thread)) {
        return;
    }
    if (site != NULL) {
        site->several = true;
    } else if (object->sites == SITES) {
        return;
    } else {
        site = &object->site[object->sites++];
        *site = (struct site){event->site, event->thread, reads, writes, false};
    }
    if (site->reads) {
        learn(feedback, NULL, site->site, false, false);
    }
    for (uint32_t i = 0; i < object->sites; i++) {
        const struct site *other = &object->site[i];
        bool cross = other->several || site->several || other->thread != site->thread;
        if (site->reads && other->writes) {
            learn(feedback, other->site, site->site, cross, false);
        }
        if (site->writes && other->reads) {
            learn(feedback, site->site, other->site, cross, false);
        }
    }
}

/* A pair to wish for: of two, the one that was wished for less often. */
static const struct pair *draw_pair(struct feedback *feedback) {
    uint32_t *from = feedback->good_count != 0 ? feedback->good : feedback->list;
    uint32_t count = feedback->good_count != 0 ? feedback->good_count : feedback->known_count;
    if (count == 0) {
        return NULL;
    }
    struct pair *pair = &feedback->known[from[shim_random_below(&feedback->random, count)]];
    struct pair *other = &feedback->known[from[shim_random_below(&feedback->random, count)]];
    pair = other->drawn + 2 * other->seen < pair->drawn + 2 * pair->seen ? other : pair;
    pair->drawn++;
    return pair;
}

static void mutate(struct feedback *feedback, struct lead *lead) {
    uint32_t what = lead->count == 0 ? 0 : shim_random_below(&feedback->random, 4);
    if (what <= 1) {
        const struct pair *pair = draw_pair(feedback);
        if (pair == NULL) {
            return;
        }
        uint32_t at = 0; /* one wish per read, or they would cancel each other */
        while (at < lead->count && lead->constraint[at].read != pair->read) {
            at++;
        }
        if (at == lead->count) {
            at = lead->count < LEADS ? lead->count++ : shim_random_below(&feedback->random, LEADS);
        }
        lead->constraint[at] = (struct constraint){.write = pair->write, .read = pair->read};
        lead->constraint[at].wanted = shim_random_below(&feedback->random, 8) != 0;
    } else if (what == 2) {
        lead->constraint[shim_random_below(&feedback->random, lead->count)] = lead->constraint[lead->count - 1];
        lead->count--;
    } else {
        struct constraint *turned = &lead->constraint[shim_random_below(&feedback->random, lead->count)];
        turned->wanted = !turned->wanted;
    }
}

static void begin(struct shim_strategy *strategy, uint64_t seed) {
    struct feedback *feedback = (struct feedback *)strategy;
    feedback->random = seed;
    if (feedback->objects != 0) {
        for (uint32_t i = 0; i < OBJECTS; i++) {
            feedback->object[i].key = NULL;
        }
    }
    feedback->objects = 0;
    feedback->news = false;
    for (uint32_t i = 0; i < SHIM_CONTROL_THREADS; i++) {
        feedback->number[i] = 0;
    }
    feedback->lead.count = 0;
    if (feedback->kept_count != 0 && shim_random_below(&feedback->random, 8) != 0) {
        /* The least used of three: new leads get their turn. */
        struct lead *from = &feedback->kept[shim_random_below(&feedback->random, feedback->kept_count)];
        for (int i = 0; i < 2; i++) {
            struct lead *other = &feedback->kept[shim_random_below(&feedback->random, feedback->kept_count)];
            from = other->used < from->used ? other : from;
        }
        from->used++;
        feedback->lead = *from;
    }
    for (uint32_t n = 1 + shim_random_below(&feedback->random, 3); n != 0; n--) {
        mutate(feedback, &feedback->lead);
    }
    if (feedback->lead.count == 0) {
        mutate(feedback, &feedback->lead);
    }
    for (uint32_t i = 0; i < feedback->lead.count; i++) {
        feedback->lead.constraint[i].met = false;
    }
}

/* A lock sees who locked before, which is what holding another one back can change; an unlock says nothing new. */
static bool reads(const struct shim_event *event) {
    return event->object != NULL && event->site != NULL && event->op != SHIM_OP_WRITE &&
           event->op != SHIM_OP_UNLOCK && event->op != SHIM_OP_SEM_POST;
}

static bool writes(const struct shim_event *event) {
    return event->write && event->op != SHIM_OP_UNLOCK;
}

/* How much the constraints are for (+) or against (-) doing the event now. */
static int wish(struct feedback *feedback, const struct shim_event *event) {
    const struct lead *lead = &feedback->lead;
    struct object *object;
    int sum = 0;
    if (event->object == NULL || lead->count == 0 ||
        (object = object_of(feedback, event->object)) == NULL) {
        return 0;
    }
    for (uint32_t i = 0; i < lead->count; i++) {
        const struct constraint *constraint = &lead->constraint[i];
        bool ready = object->writer == constraint->write;
        if (constraint->met && constraint->wanted) {
            continue;
        }
        if (reads(event) && event->site == constraint->read) {
            sum += constraint->wanted == ready ? 1 : -1;
        } else if (writes(event) && constraint->wanted) {
            /* The object may be another one than the read's, unless the two sites have met. */
            if (ready && feedback->known[slot_of(feedback, event->site, constraint->read)].read != NULL) {
                sum--;
            } else if (!ready && event->site == constraint->write) {
                sum++;
            }
        }
    }
    return sum;
}

static uint32_t choose(struct shim_strategy *strategy, const struct shim_choice *choice) {
    struct feedback *feedback = (struct feedback *)strategy;
    uint32_t best = 0;
    uint64_t highest = 0;
    for (uint32_t i = 0; i < choice->count; i++) {
        const struct shim_event *event = choice->event[i];
        uint32_t thread = event->thread;
        if (feedback->number[thread] != event->number) {
            feedback->number[thread] = event->number;
            feedback->priority[thread] = (shim_random_next(&feedback->random) >> 4) | 1;
            if (event->op == SHIM_OP_YIELD) {
                feedback->priority[thread] >>= 8;
            }
        }
        int wished = wish(feedback, event);
        uint64_t priority = wished > 0   ? feedback->priority[thread] | (uint64_t)1 << 62
                            : wished < 0 ? feedback->priority[thread] >> 24
                                         : feedback->priority[thread];
        if (priority >= highest) {
            highest = priority;
            best = i;
        }
    }
    const struct shim_event *event = choice->event[best];
    struct object *object = event->object == NULL ? NULL : object_of(feedback, event->object);
    if (object != NULL) {
        if (event->site != NULL) {
            meet(feedback, object, event, reads(event), writes(event));
        }
        if (reads(event)) {
            bool cross = object->writer != NULL && object->thread != event->thread;
            learn(feedback, object->writer, event->site, cross, true);
            for (uint32_t i = 0; i < feedback->lead.count; i++) {
                struct constraint *constraint = &feedback->lead.constraint[i];
                constraint->met = constraint->met || (constraint->read == event->site &&
                                                      constraint->write == object->writer);
            }
        }
        if (writes(event)) {
            object->writer = event->site;
            object->thread = event->thread;
        }
        for (uint32_t i = 0; i < choice->count; i++) {
            if (i != best && shim_events_race(choice->event[i], event)) {
                feedback->number[choice->event[i]->thread] = 0;
            }
        }
    }
    return best;
}

static bool end(struct shim_strategy *strategy, uint64_t steps) {
    struct feedback *feedback = (struct feedback *)strategy;
    (void)steps;
    struct lead *lead = &feedback->lead;
    uint32_t held = 0;
    for (uint32_t i = 0; i < lead->count; i++) {
        const struct constraint *constraint = &lead->constraint[i];
        if (constraint->wanted == constraint->met) {
            lead->constraint[held++] = *constraint;
        } else if (constraint->wanted) {
            feedback->known[slot_of(feedback, constraint->write, constraint->read)].drawn += MISSED;
        }
    }
    lead->count = held; /* what did not come true had no part in what was seen */
    if (feedback->news) {
        uint32_t at = feedback->kept_count < KEPT ? feedback->kept_count++ : shim_random_below(&feedback->random, KEPT);
        feedback->kept[at] = feedback->lead;
        feedback->kept[at].used = 0;
    }
    return true;
}

const struct shim_strategy shim_feedback = {begin, choose, end, sizeof(struct feedback)};
