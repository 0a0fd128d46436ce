/* shims/schedule/feedback.c - schedules learn from what reads saw (after RFF, ASPLOS 2024).
 *
 * A reads-from pair says: the operation at this site saw what the operation at that site had written to
 * this object. A run is led by a few constraints on such pairs, each wanted or unwanted, and is otherwise POS: a read whose
 * wanted write is not the last one waits, and so does a write that would come between a wanted pair; a read
 * that would see an unwanted one waits too. Waiting is a wish: when all wait, the first of them goes.
 * A run that showed a pair never seen before, or a set of pairs rarely seen, is kept, and later
 * ones lead on from it: a constraint more, one less, one turned round.
 *
 * Sites are addresses of code, so a pair means the same in every run of a process; which object it is about
 * is left open, for objects move from run to run. Compiled without instrumentation, like strategy.c.
 */
#include "shims/schedule/feedback.h"
#include "shims/schedule/random.h"

#define OBJECTS 1024 /* power of two */
#define PAIRS 4096   /* power of two; known pairs */
#define KEPT 256
#define LEADS 6

struct pair {
    const void *write, *read; /* sites; write NULL: the value from before the run; read NULL: no pair */
    bool cross;               /* it was seen between two threads */
    bool good;                /* its read also saw something else */
};

struct constraint {
    struct pair pair;
    bool wanted;
};

struct lead {
    struct constraint constraint[LEADS];
    uint32_t count;
    uint64_t used; /* times it was mutated */
};

struct object {
    const void *key;
    const void *writer; /* site of the last write of this run */
    uint32_t thread;    /* ... and who did it */
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
            break;
        }
        at = (at + 1) & (OBJECTS - 1);
    }
    return &feedback->object[at];
}

static bool same(const struct pair *a, const struct pair *b) {
    return a->write == b->write && a->read == b->read;
}

static void note_good(struct feedback *feedback, uint32_t at) {
    if (!feedback->known[at].good) {
        feedback->known[at].good = true;
        feedback->good[feedback->good_count++] = at;
    }
}

/* A pair is new, or new between two threads: it and those with the same read, where two of them differ in what was
 * seen and one was seen between threads, are worth a wish. */
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

/* Notes that the pair was seen. */
static void learn(struct feedback *feedback, const struct pair *pair) {
    uint32_t at = (uint32_t)((hash(pair->write) ^ hash(pair->read) >> 7) >> 16) & (PAIRS - 1);
    while (feedback->known[at].read != NULL && !same(&feedback->known[at], pair)) {
        at = (at + 1) & (PAIRS - 1);
    }
    bool made = feedback->known[at].read == NULL;
    if (made && feedback->known_count == PAIRS - 1) {
        return;
    }
    bool crossed = pair->cross && !feedback->known[at].cross;
    if (made) {
        feedback->known[at] = *pair;
        feedback->list[feedback->known_count++] = at;
        feedback->news = true;
    }
    feedback->known[at].cross = feedback->known[at].cross || pair->cross;
    if (made || crossed) {
        compare_reads(feedback, at);
    }
}

/* A pair to wish for: one that was seen, if possible with a read that also saw something else. */
static bool draw_pair(struct feedback *feedback, struct pair *pair) {
    if (feedback->known_count == 0) {
        return false;
    }
    *pair = feedback->good_count != 0
                ? feedback->known[feedback->good[shim_random_below(&feedback->random, feedback->good_count)]]
                : feedback->known[feedback->list[shim_random_below(&feedback->random, feedback->known_count)]];
    return true;
}

static void mutate(struct feedback *feedback, struct lead *lead) {
    uint32_t what = lead->count == 0 ? 0 : shim_random_below(&feedback->random, 4);
    if (what <= 1) {
        struct pair pair;
        if (!draw_pair(feedback, &pair)) {
            return;
        }
        uint32_t at = 0; /* one wish per read, or they would cancel each other */
        while (at < lead->count && lead->constraint[at].pair.read != pair.read) {
            at++;
        }
        if (at == lead->count) {
            at = lead->count < LEADS ? lead->count++ : shim_random_below(&feedback->random, LEADS);
        }
        lead->constraint[at].pair = pair;
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
}

static bool reads(const struct shim_event *event) {
    return event->object != NULL && event->site != NULL && event->op != SHIM_OP_WRITE;
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
        const struct pair *pair = &constraint->pair;
        bool ready = object->writer == pair->write;
        if (reads(event) && event->site == pair->read) {
            sum += constraint->wanted == ready ? 1 : -1;
        } else if (event->write && constraint->wanted) {
            sum += ready ? -1 : event->site == pair->write ? 1 : 0;
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
        if (reads(event)) {
            bool cross = object->writer != NULL && object->thread != event->thread;
            learn(feedback, &(struct pair){.write = object->writer, .read = event->site, .cross = cross});
        }
        if (event->write) {
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
    if (feedback->news) {
        uint32_t at = feedback->kept_count < KEPT ? feedback->kept_count++ : shim_random_below(&feedback->random, KEPT);
        feedback->kept[at] = feedback->lead;
        feedback->kept[at].used = 0;
    }
    return true;
}

size_t shim_feedback_size(void) {
    return sizeof(struct feedback);
}

const struct shim_strategy shim_feedback = {begin, choose, end, 0};
