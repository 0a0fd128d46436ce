/* placed.c - plans that keep the lines of the file they came from, although they travel as text without its comments. */
#include <stdlib.h>
#include <string.h>

#include "scenarios/language/language.h"
#include "scenarios/language/placed.h"

struct places {
    int *line; /* of the file, by line of the text from 1; 0: not said */
    int count;
};

/* What the line that ends before `end` says, or 0. */
static int place_of(const char *begin, const char *end)
{
    const size_t mark = strlen(SCN_PLACE_MARK);
    const char *digits = end;
    while (digits > begin && digits[-1] >= '0' && digits[-1] <= '9') {
        digits--;
    }
    bool marked = (size_t)(digits - begin) >= mark && memcmp(digits - mark, SCN_PLACE_MARK, mark) == 0;
    return marked && end > digits && end - digits <= 7 ? (int)strtol(digits, NULL, 10) : 0;
}

static int read_places(struct places *places, const char *text, size_t size)
{
    const char *end = text + size;
    int lines = 1;
    for (const char *at = text; (at = memchr(at, '\n', (size_t)(end - at))) != NULL; at++) {
        lines++;
    }
    places->line = calloc((size_t)lines + 1, sizeof places->line[0]);
    if (places->line == NULL) {
        return -1;
    }
    for (const char *at = text; at < end && places->count < lines;) {
        const char *stop = memchr(at, '\n', (size_t)(end - at));
        stop = stop != NULL ? stop : end;
        places->line[++places->count] = place_of(at, stop);
        at = stop + (stop < end);
    }
    return 0;
}

static void place(const struct places *places, struct scn_pos *pos)
{
    if (pos->line > 0 && pos->line <= places->count && places->line[pos->line] > 0) {
        pos->line = places->line[pos->line];
    }
}

static void place_steps(const struct places *places, struct scn_step *steps)
{
    for (; steps != NULL; steps = steps->next) {
        place(places, &steps->pos);
        if (steps->kind == SCN_STEP_REPEAT) {
            place_steps(places, steps->u.repeat.body);
        } else if (steps->kind == SCN_STEP_ONLY) {
            place_steps(places, steps->u.only.body);
        } else if (steps->kind == SCN_STEP_CHOOSE) {
            for (struct scn_choice *choice = steps->u.choices; choice != NULL; choice = choice->next) {
                place_steps(places, choice->body);
            }
        }
    }
}

struct scn_plan *scn_parse_placed(const char *file, const char *text, size_t size, char *error, size_t error_size)
{
    struct places places = {.line = NULL};
    struct scn_plan *plan = scn_parse(file, text, size, error, error_size);
    if (plan == NULL) {
        return NULL;
    }
    if (read_places(&places, text, size) != 0) {
        snprintf(error, error_size, "%s: out of memory", file);
        scn_plan_free(plan);
        return NULL;
    }
    for (int i = 0; i < plan->actor_count; i++) {
        place_steps(&places, plan->actors[i].steps);
        place_steps(&places, plan->actors[i].cleanup);
    }
    place_steps(&places, plan->after.death);
    place_steps(&places, plan->after.restart);
    for (int i = 0; i < plan->expect_count; i++) {
        place(&places, &plan->expects[i].pos);
    }
    free(places.line);
    return plan;
}
