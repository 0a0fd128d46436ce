/* shims/schedule/turns.c - turns as text, and a strategy that follows them.
 *
 * Compiled without instrumentation: choose runs on whatever thread has the turn.
 */
#include "shims/schedule/turns.h"

#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "shims/schedule/storage.h"

#define MOST_TURNS (1u << 26)

uint32_t *shim_turn_count(struct shim_turn_sites *sites, uint32_t thread, uintptr_t site) {
    static uint32_t beyond;
    uint32_t at = (uint32_t)(((uint64_t)site + thread) * 0x9E3779B97F4A7C15u >> 40);
    for (uint32_t i = 0; i < 32; i++) {
        struct shim_turn_count *slot = &sites->slot[(at + i) & (SHIM_TURN_SITES - 1)];
        if (slot->site == 0) {
            slot->site = site;
            slot->thread = thread;
        }
        if (slot->site == site && slot->thread == thread) {
            return &slot->count;
        }
    }
    beyond = 0;
    return &beyond;
}

char *shim_turns_text(const struct shim_turns *turns) {
    char *text = malloc(turns->count * 52 + 1), *at = text;
    for (size_t i = 0; text != NULL && i < turns->count; i++) {
        const struct shim_turn *turn = &turns->turn[i];
        at += sprintf(at, "%s%u@", i != 0 ? " " : "", (unsigned)turn->thread);
        at += turn->upto == SHIM_TURN_WHOLE ? sprintf(at, "*") : sprintf(at, "%lu", (unsigned long)turn->upto);
        at += turn->site != 0 ? sprintf(at, "/%llx#%lu", (unsigned long long)turn->site, (unsigned long)turn->nth) : 0;
        at += sprintf(at, "%s", turn->preempts ? "!" : "");
    }
    if (text != NULL) {
        *at = '\0';
    }
    return text;
}

/* A number at *at, not 0; *at moves behind it. */
static bool take_number(const char **at, int base, uint64_t *number) {
    char *end;
    if (base == 16 ? !isxdigit((unsigned char)**at) : !isdigit((unsigned char)**at)) {
        return false;
    }
    *number = strtoull(*at, &end, base);
    *at = end;
    return *number > 0;
}

/* The word at *at; *at moves behind it. */
static bool take(const char **at, struct shim_turn *turn) {
    char *end = NULL;
    uint64_t upto = SHIM_TURN_WHOLE, site = 0, nth = 0;
    unsigned long thread = isdigit((unsigned char)**at) ? strtoul(*at, &end, 10) : SHIM_CONTROL_THREADS;
    if (thread >= SHIM_CONTROL_THREADS || *end != '@') {
        return false;
    }
    *at = end + 1;
    if (**at == '*') {
        ++*at;
    } else if (!take_number(at, 10, &upto)) {
        return false;
    }
    if (**at == '/') {
        ++*at;
        if (!take_number(at, 16, &site) || *(*at)++ != '#' || !take_number(at, 10, &nth)) {
            return false;
        }
    }
    *turn = (struct shim_turn){.thread = (uint8_t)thread,
                               .upto = upto < SHIM_TURN_WHOLE ? (uint32_t)upto : SHIM_TURN_WHOLE,
                               .site = (uintptr_t)site,
                               .nth = (uint32_t)nth,
                               .preempts = **at == '!'};
    *at += turn->preempts;
    return **at == '\0' || isspace((unsigned char)**at);
}

int shim_turns_parse(const char *text, struct shim_turns *turns, char *error, size_t error_size) {
    size_t words = 0;
    for (const char *at = text; *(at += strspn(at, " \t\r\n")) != '\0'; at += strcspn(at, " \t\r\n")) {
        words++;
    }
    *turns = (struct shim_turns){.turn = malloc((words + 1) * sizeof *turns->turn), .room = words};
    if (turns->turn == NULL || words > MOST_TURNS) {
        snprintf(error, error_size, "out of memory");
        free(turns->turn);
        turns->turn = NULL;
        return -1;
    }
    for (const char *at = text; *(at += strspn(at, " \t\r\n")) != '\0';) {
        const char *word = at;
        if (!take(&at, &turns->turn[turns->count++])) {
            snprintf(error, error_size, "'%.*s' is no turn; expected THREAD@STEPS, e.g. 2@14",
                     (int)strcspn(word, " \t\r\n") < 40 ? (int)strcspn(word, " \t\r\n") : 40, word);
            free(turns->turn);
            turns->turn = NULL;
            return -1;
        }
    }
    return 0;
}

size_t shim_turns_preemptions(const struct shim_turns *turns) {
    size_t count = 0;
    for (size_t i = 0; i < turns->count; i++) {
        count += turns->turn[i].preempts;
    }
    return count;
}

struct following {
    struct shim_strategy strategy;
    const struct shim_turns *turns;
    size_t at;
    uint32_t last;                        /* thread that was picked */
    uint32_t steps[SHIM_CONTROL_THREADS];
    bool seen[SHIM_CONTROL_THREADS];
    struct shim_turn_sites sites;
};

static void begin(struct shim_strategy *strategy, uint64_t seed) {
    struct following *following = (struct following *)strategy;
    (void)seed;
    following->at = 0;
    following->last = 0;
    for (uint32_t i = 0; i < SHIM_CONTROL_THREADS; i++) {
        following->steps[i] = 0;
        following->seen[i] = false;
    }
    memset(&following->sites, 0, sizeof following->sites);
}

/* Whoever runs goes on, unless it yields; else the next by number. */
static uint32_t go_on_or_next(const struct following *following, const struct shim_choice *choice) {
    uint32_t pick = 0;
    if (choice->current >= 0 && choice->event[choice->current]->op != SHIM_OP_YIELD) {
        return (uint32_t)choice->current;
    }
    for (uint32_t i = choice->count; i-- != 0;) {
        if (choice->event[i]->thread > following->last) {
            pick = i;
        }
    }
    return pick;
}

/* Whether the thread, about to do `event`, has come as far as the turn says. */
static bool is_over(struct following *following, const struct shim_turn *turn, const struct shim_event *event) {
    if (turn->site == 0) {
        return turn->upto != SHIM_TURN_WHOLE && following->steps[turn->thread] >= turn->upto;
    }
    uint32_t done = *shim_turn_count(&following->sites, turn->thread, turn->site);
    return done >= turn->nth || (done + 1 == turn->nth && shim_turn_site(event) == turn->site);
}

static uint32_t next_of(struct following *following, const struct shim_choice *choice) {
    for (; following->at < following->turns->count; following->at++) {
        const struct shim_turn *turn = &following->turns->turn[following->at];
        for (uint32_t i = 0; i < choice->count; i++) {
            if (choice->event[i]->thread == turn->thread && !is_over(following, turn, choice->event[i])) {
                return i;
            }
        }
        if (!following->seen[turn->thread]) {
            break;
        }
    }
    return go_on_or_next(following, choice);
}

static uint32_t choose(struct shim_strategy *strategy, const struct shim_choice *choice) {
    struct following *following = (struct following *)strategy;
    for (uint32_t i = 0; i < choice->count; i++) {
        following->seen[choice->event[i]->thread] = true;
    }
    uint32_t pick = next_of(following, choice);
    following->last = choice->event[pick]->thread;
    following->steps[following->last]++;
    ++*shim_turn_count(&following->sites, following->last, shim_turn_site(choice->event[pick]));
    return pick;
}

static bool end(struct shim_strategy *strategy, uint64_t steps) {
    (void)strategy;
    (void)steps;
    return true;
}

struct shim_strategy *shim_strategy_turns(const struct shim_turns *turns) {
    struct following *made = shim_storage_new(sizeof *made);
    if (made != NULL) {
        made->strategy = (struct shim_strategy){begin, choose, end, sizeof *made};
        made->turns = turns;
    }
    return made != NULL ? &made->strategy : NULL;
}
