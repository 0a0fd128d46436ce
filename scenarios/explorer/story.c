/* scenarios/explorer/story.c - what happened in a run, as two columns: what runs, and what it interrupts.
 *
 * What matters are the preemptions: a thread that could have gone on had to wait. They have a row each, and so has
 * the turn that they cut short. Turns that end because their thread waits or ends follow from each other and are put
 * together in one row.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "scenarios/explorer/campaign.h"
#include "scenarios/supervisor/story.h"

#define LEFT 62
#define RIGHT 52
#define CELL 1200
#define FEW 10 /* turns, of which each is a row */

/* The next piece of *text that fits into `width` columns, broken at a space. */
static int piece(const char **text, int width, const char **begin)
{
    const char *at = *text + strspn(*text, " ");
    int length = (int)strlen(at);
    *begin = at;
    if (length > width) {
        length = width;
        while (length > width / 2 && at[length] != ' ') {
            length--;
        }
        length = at[length] == ' ' ? length : width;
    }
    *text = at + length;
    return length;
}

static void put_row(FILE *out, const char *left, const char *right)
{
    for (bool first = true; *left != '\0' || *right != '\0'; first = false) {
        const char *l, *r;
        int indent = first ? 0 : 2, wide = piece(&left, LEFT - indent, &l), narrow = piece(&right, RIGHT - indent, &r);
        fprintf(out, "  %*s%.*s%*s", indent, "", wide, l, narrow > 0 ? LEFT - indent - wide + 2 + indent : 0, "");
        fprintf(out, "%.*s\n", narrow, r);
        left += strspn(left, " ");
        right += strspn(right, " ");
    }
}

/* " in JetA" or ", JetA to JetB (5 calls)". */
static void say_calls(const struct scn_story_turn *turn, char *text, size_t size)
{
    text[0] = '\0';
    if (turn->first_call[0] == '\0') {
        return;
    }
    if (strcmp(turn->first_call, turn->last_call) == 0 && turn->calls <= 1) {
        snprintf(text, size, " in %s", turn->first_call);
    } else {
        snprintf(text, size, ", %s to %s (%u call%s)", turn->first_call, turn->last_call, (unsigned)turn->calls + 1,
                 turn->calls == 0 ? "" : "s");
    }
}

static void say_turn(const struct scn_story *story, size_t index, char *text, size_t size)
{
    const struct scn_story_turn *turn = &story->turn[index];
    char calls[200], first[400], last[400];
    say_calls(turn, calls, sizeof calls);
    scn_story_say(story, &turn->first, first, sizeof first);
    scn_story_say(story, &turn->last, last, sizeof last);
    snprintf(text, size, "%s%s: %s%s%s", story->thread[turn->thread].name, calls, first,
             turn->steps > 1 ? turn->steps > 2 ? " ... " : ", " : "", turn->steps > 1 ? last : "");
}

static void say_interrupted(const struct scn_story *story, const struct scn_story_turn *turn, char *text, size_t size)
{
    const struct scn_story_thread *before = &story->thread[turn->before];
    const struct scn_story_op *op = &turn->pending;
    char what[400];
    bool in = op->call[0] != '\0' && op->op != SHIM_OP_ENTER && op->op != SHIM_OP_LEAVE;
    scn_story_say(story, op, what, sizeof what);
    switch (turn->why) {
    case SHIM_WATCH_PREEMPTED:
        snprintf(text, size, "%s%s%s, about to %s", before->name, in ? " in " : "", in ? op->call : "", what);
        break;
    case SHIM_WATCH_BLOCKED:
        snprintf(text, size, "(%s has to wait: %s)", before->name, what);
        break;
    case SHIM_WATCH_YIELDED:
        snprintf(text, size, "(%s yields)", before->name);
        break;
    case SHIM_WATCH_ENDED:
        snprintf(text, size, "(%s has ended)", before->name);
        break;
    case SHIM_WATCH_FIRST:
        text[0] = '\0';
        break;
    }
}

/* What happened to a thread in the turn with that index, each a row. */
static void put_notes(FILE *out, const struct scn_story *story, size_t index)
{
    char text[CELL];
    for (size_t i = 0; i < story->notes; i++) {
        const struct scn_story_note *note = &story->note[i];
        if (note->turn == index + 1) {
            snprintf(text, sizeof text, ">> %s%s%s %s%s%s%s%s", story->thread[note->thread].name,
                     note->call[0] != '\0' ? " in " : "", note->call, note->text, note->site[0] != '\0' ? " in " : "",
                     note->site, note->caller[0] != '\0' ? ", called by " : "", note->caller);
            put_row(out, text, "");
        }
    }
}

static bool has_note(const struct scn_story *story, size_t index)
{
    bool has = false;
    for (size_t i = 0; i < story->notes && !has; i++) {
        has = story->note[i].turn == index + 1;
    }
    return has;
}

/* Whether the turn has a row of its own: there are few, it is the last, it interrupts, is interrupted, or something happened
 * in it. */
static bool stands_alone(const struct scn_story *story, size_t index)
{
    return story->turns <= FEW || index + 1 == story->turns || has_note(story, index) ||
           story->turn[index].why == SHIM_WATCH_PREEMPTED ||
           (index + 1 < story->turns && story->turn[index + 1].why == SHIM_WATCH_PREEMPTED);
}

/* Turns that follow from each other: who took part, and in what, each thread once. Returns the first turn behind. */
static size_t put_together(FILE *out, const struct scn_story *story, size_t index)
{
    char text[CELL] = "", right[CELL] = "", calls[200];
    size_t end = index, length = 0;
    bool told[SHIM_CONTROL_THREADS] = {false};
    say_interrupted(story, &story->turn[index], right, sizeof right);
    while (end < story->turns && !stands_alone(story, end)) {
        end++;
    }
    for (size_t i = index; i < end; i++) {
        struct scn_story_turn whole = story->turn[i];
        if (told[whole.thread]) {
            continue;
        }
        told[whole.thread] = true;
        for (size_t j = i + 1; j < end; j++) {
            const struct scn_story_turn *more = &story->turn[j];
            if (more->thread == whole.thread) {
                whole.calls += more->calls;
                whole.first_call = whole.first_call[0] != '\0' ? whole.first_call : more->first_call;
                whole.last_call = more->last_call[0] != '\0' ? more->last_call : whole.last_call;
            }
        }
        say_calls(&whole, calls, sizeof calls);
        int wrote = snprintf(text + length, sizeof text - length, "%s%s%s", length > 0 ? "; " : "",
                             story->thread[whole.thread].name, calls);
        length += wrote > 0 && (size_t)wrote < sizeof text - length ? (size_t)wrote : 0;
    }
    if (end > index + 1) {
        snprintf(text + length, sizeof text - length, "; each until it waits or ends");
        right[0] = '\0';
    }
    put_row(out, text, right);
    return end;
}

void scn_show_story(FILE *out, const char *text, enum shim_run how)
{
    struct scn_story story;
    char left[CELL], right[CELL];
    if (text == NULL || scn_story_read(&story, text) != 0) {
        return;
    }
    put_row(out, "WHAT RUNS", "WHAT IT INTERRUPTS");
    for (size_t i = 0; i < story.turns;) {
        if (!stands_alone(&story, i)) {
            i = put_together(out, &story, i);
            continue;
        }
        say_turn(&story, i, left, sizeof left);
        say_interrupted(&story, &story.turn[i], right, sizeof right);
        put_row(out, left, right);
        put_notes(out, &story, i);
        i++;
    }
    if (how == SHIM_RUN_DEADLOCK || how == SHIM_RUN_LIVELOCK) {
        char *picture = scn_story_picture(&story, how);
        fprintf(out, "  then %s: ", how == SHIM_RUN_DEADLOCK ? "no thread can go on" : "it goes on like this");
        for (const char *line = picture; line != NULL && *line != '\0'; line += strcspn(line, "\n"), line += *line != '\0') {
            fprintf(out, "%s%.*s\n", line == picture ? "" : "  ", (int)strcspn(line, "\n"), line);
        }
        free(picture);
    }
    scn_story_fini(&story);
}
