/* shims/schedule/schedule.c - decision points and their record; see schedule.h. */
#include "shims/schedule/schedule.h"

#include <inttypes.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

struct decisions {
    shim_decision *made;
    uint64_t count, room;
};

/* An actor's part; padded, so that actors do not share a cache line. */
struct seat {
    struct shim_schedule *schedule;
    uint32_t actor;
    bool lost; /* out of memory: what was decided is not known any more */
    uint64_t index;
    struct decisions decided;
    struct decisions script; /* replay */
    char padding[64];
};

struct shim_schedule {
    shim_decide decide;
    void *context;
    uint64_t seed;
    unsigned yields, sleeps, sleep_us;
    struct seat seats[SHIM_SCHEDULE_ACTORS];
};

static bool append(struct decisions *list, shim_decision decision) {
    if (list->count == list->room) {
        uint64_t room = list->room == 0 ? 256 : list->room * 2;
        shim_decision *grown = realloc(list->made, (size_t)room * sizeof *grown);
        if (grown == NULL) {
            return false;
        }
        list->made = grown;
        list->room = room;
    }
    list->made[list->count++] = decision;
    return true;
}

static void carry_out(shim_decision decision) {
    if (decision == SHIM_YIELD) {
        sched_yield();
    } else if (decision > SHIM_YIELD) {
        struct timespec time = {0, (long)(decision - 1) * 1000};
        nanosleep(&time, NULL);
    }
}

static void pass_point(struct seat *seat, enum shim_point point, const struct shim_call *call) {
    struct shim_schedule *schedule = seat->schedule;
    shim_decision decision =
        schedule->decide(schedule->context, seat->actor, seat->index++, point, call);
    if (decision > SHIM_SLEEP(SHIM_SLEEP_MAX)) {
        decision = SHIM_SLEEP(SHIM_SLEEP_MAX);
    }
    if (!seat->lost && !append(&seat->decided, decision)) {
        seat->lost = true;
    }
    carry_out(decision);
}

static void enter(void *context, struct shim_call *call) {
    pass_point(context, SHIM_POINT_ENTER, call);
}

static void leave(void *context, struct shim_call *call) {
    pass_point(context, SHIM_POINT_LEAVE, call);
}

struct shim_schedule *shim_schedule_new(shim_decide decide, void *context) {
    struct shim_schedule *schedule = calloc(1, sizeof *schedule);
    if (schedule == NULL) {
        return NULL;
    }
    schedule->decide = decide;
    schedule->context = context;
    for (uint32_t i = 0; i < SHIM_SCHEDULE_ACTORS; i++) {
        schedule->seats[i].schedule = schedule;
        schedule->seats[i].actor = i;
    }
    return schedule;
}

void shim_schedule_free(struct shim_schedule *schedule) {
    for (int i = 0; schedule != NULL && i < SHIM_SCHEDULE_ACTORS; i++) {
        free(schedule->seats[i].decided.made);
        free(schedule->seats[i].script.made);
    }
    free(schedule);
}

struct shim_hook shim_schedule_hook(struct shim_schedule *schedule, uint32_t actor) {
    if (actor >= SHIM_SCHEDULE_ACTORS) {
        return (struct shim_hook){NULL, NULL, NULL};
    }
    return (struct shim_hook){enter, leave, &schedule->seats[actor]};
}

/* splitmix64's finalizer: every bit of the input touches every bit of the output. */
static uint64_t mix(uint64_t x) {
    x += UINT64_C(0x9e3779b97f4a7c15);
    x = (x ^ (x >> 30)) * UINT64_C(0xbf58476d1ce4e5b9);
    x = (x ^ (x >> 27)) * UINT64_C(0x94d049bb133111eb);
    return x ^ (x >> 31);
}

static shim_decision decide_randomly(void *context, uint32_t actor, uint64_t index,
                                     enum shim_point point, const struct shim_call *call) {
    const struct shim_schedule *schedule = context;
    (void)point, (void)call;
    uint64_t dice = mix(mix(schedule->seed + actor) + index);
    unsigned part = (unsigned)(dice % 1000);
    if (part < schedule->yields) {
        return SHIM_YIELD;
    }
    if (part - schedule->yields < schedule->sleeps && schedule->sleep_us > 0) {
        return SHIM_SLEEP(1 + (dice >> 20) % schedule->sleep_us);
    }
    return SHIM_GO;
}

struct shim_schedule *shim_schedule_random(uint64_t seed, unsigned yields, unsigned sleeps,
                                           unsigned sleep_us) {
    struct shim_schedule *schedule = shim_schedule_new(decide_randomly, NULL);
    if (schedule != NULL) {
        schedule->context = schedule;
        schedule->seed = seed;
        schedule->yields = yields;
        schedule->sleeps = sleeps;
        schedule->sleep_us = sleep_us < SHIM_SLEEP_MAX ? sleep_us : SHIM_SLEEP_MAX;
    }
    return schedule;
}

static shim_decision decide_by_script(void *context, uint32_t actor, uint64_t index,
                                      enum shim_point point, const struct shim_call *call) {
    const struct decisions *script = &((struct shim_schedule *)context)->seats[actor].script;
    (void)point, (void)call;
    return index < script->count ? script->made[index] : SHIM_GO;
}

/* ---- text ---------------------------------------------------------------------------------- */

#define TITLE "esecheck schedule 1"
#define REPEAT_MAX 100000000u

struct reader {
    const char *at;
    unsigned line;
    const char *wrong;
};

/* A decimal number up to `limit`. */
static bool number(struct reader *r, uint64_t limit, uint64_t *value) {
    const char *start = r->at;
    *value = 0;
    while (*r->at >= '0' && *r->at <= '9' && *value <= limit) {
        *value = *value * 10 + (uint64_t)(*r->at++ - '0');
    }
    return r->at != start && *value <= limit;
}

/* One "d" or "d*K". */
static bool read_decision(struct reader *r, struct decisions *script) {
    uint64_t us, times = 1;
    shim_decision decision;
    if (*r->at == 'g') {
        decision = SHIM_GO;
        r->at++;
    } else if (*r->at == 'y') {
        decision = SHIM_YIELD;
        r->at++;
    } else if (*r->at == 's') {
        r->at++;
        if (!number(r, SHIM_SLEEP_MAX, &us) || us == 0) {
            r->wrong = "s needs microseconds from 1 to 30000";
            return false;
        }
        decision = SHIM_SLEEP(us);
    } else {
        r->wrong = "expected g, y or s";
        return false;
    }
    if (*r->at == '*') {
        r->at++;
        if (!number(r, REPEAT_MAX, &times) || times == 0) {
            r->wrong = "* needs a count";
            return false;
        }
    }
    for (uint64_t i = 0; i < times; i++) {
        if (!append(script, decision)) {
            r->wrong = "out of memory";
            return false;
        }
    }
    return true;
}

static bool read_actor(struct reader *r, struct shim_schedule *schedule) {
    uint64_t actor;
    if (strncmp(r->at, "actor ", 6) != 0) {
        r->wrong = "expected \"actor N:\"";
        return false;
    }
    r->at += 6;
    if (!number(r, SHIM_SCHEDULE_ACTORS - 1, &actor) || *r->at != ':') {
        r->wrong = "expected an actor's number from 0 to 255 and ':'";
        return false;
    }
    r->at++;
    struct decisions *script = &schedule->seats[actor].script;
    if (script->count != 0) {
        r->wrong = "this actor has had a line already";
        return false;
    }
    while (*r->at == ' ') {
        r->at++;
        if (*r->at != '\n' && *r->at != '\0' && !read_decision(r, script)) {
            return false;
        }
    }
    if (*r->at != '\n' && *r->at != '\0') {
        r->wrong = "expected a space or the end of the line";
        return false;
    }
    return true;
}

struct shim_schedule *shim_schedule_replay(const char *text, char *error, size_t error_size) {
    struct reader r = {text, 1, NULL};
    struct shim_schedule *schedule = shim_schedule_new(decide_by_script, NULL);
    if (schedule == NULL) {
        snprintf(error, error_size, "out of memory");
        return NULL;
    }
    schedule->context = schedule;
    if (strncmp(text, TITLE, strlen(TITLE)) != 0) {
        r.wrong = "not a schedule: the first line must be \"" TITLE "\"";
    } else {
        r.at += strlen(TITLE);
    }
    while (r.wrong == NULL && *r.at != '\0') {
        if (*r.at != '\n') {
            r.wrong = "expected the end of the line";
        } else {
            r.at++;
            r.line++;
            if (*r.at != '\0' && *r.at != '\n') {
                read_actor(&r, schedule);
            }
        }
    }
    if (r.wrong != NULL) {
        snprintf(error, error_size, "line %u: %s", r.line, r.wrong);
        shim_schedule_free(schedule);
        return NULL;
    }
    return schedule;
}

/* Text that grows; bytes NULL after running out of memory. */
struct text {
    char *bytes;
    size_t size, room;
};

static void put(struct text *text, const char *piece) {
    size_t length = strlen(piece);
    if (text->bytes == NULL) {
        return;
    }
    if (text->room - text->size <= length) {
        size_t room = (text->size + length + 1) * 2;
        char *grown = realloc(text->bytes, room);
        if (grown == NULL) {
            free(text->bytes);
            text->bytes = NULL;
            return;
        }
        text->bytes = grown;
        text->room = room;
    }
    memcpy(text->bytes + text->size, piece, length + 1);
    text->size += length;
}

static void put_decisions(struct text *text, const struct decisions *list) {
    char piece[64];
    for (uint64_t i = 0; i < list->count;) {
        uint64_t next = i + 1;
        while (next < list->count && list->made[next] == list->made[i] && next - i < REPEAT_MAX) {
            next++;
        }
        if (list->made[i] > SHIM_YIELD) {
            snprintf(piece, sizeof piece, " s%u", (unsigned)(list->made[i] - 1));
        } else {
            snprintf(piece, sizeof piece, " %c", list->made[i] == SHIM_GO ? 'g' : 'y');
        }
        put(text, piece);
        if (next - i > 1) {
            snprintf(piece, sizeof piece, "*%" PRIu64, next - i);
            put(text, piece);
        }
        i = next;
    }
}

char *shim_schedule_text(const struct shim_schedule *schedule) {
    struct text text = {malloc(256), 0, 256};
    char piece[32];
    put(&text, TITLE "\n");
    for (uint32_t i = 0; i < SHIM_SCHEDULE_ACTORS; i++) {
        if (schedule->seats[i].lost) {
            free(text.bytes);
            return NULL;
        }
        if (schedule->seats[i].decided.count != 0) {
            snprintf(piece, sizeof piece, "actor %" PRIu32 ":", i);
            put(&text, piece);
            put_decisions(&text, &schedule->seats[i].decided);
            put(&text, "\n");
        }
    }
    return text.bytes;
}
