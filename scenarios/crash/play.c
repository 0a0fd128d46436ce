/* scenarios/crash/play.c - states of a recorded run: the engine is started on each, and the judge sees what it finds.
 *
 * A child recovers one state while the one before is judged. The history of a state is that of the run up to the cut, an
 * event KILL, and the restart. Of some states the restart is recorded, too, and cut again: that is a recorded run like any
 * other, whose history begins with all that came before.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "scenarios/crash/crash.h"
#include "scenarios/supervisor/platform.h"

#define MOST_STUCK 3 /* states in which nothing moved any more: each takes a minute, and they tell the same */

struct player {
    const struct crash_round *round;
    const struct crash_state *states;
    size_t count, next;
    struct shim_image *image;
    struct shim_beginning beginning;
    struct scn_restarts *restarts;
    bool told; /* that recoveries are not covered */
};

static int fill(void *context, const char *directory, char *error, size_t error_size)
{
    const struct player *player = context;
    const struct crash_state *state = &player->states[player->next];
    return shim_image_make(player->image, state->at, state->loss, state->seed, directory, error, error_size);
}

static int cannot(const struct player *player, const char *error)
{
    return cmd_fail(CMD_HARNESS, "%s: %s", player->round->name, error);
}

static int begin(struct player *player)
{
    char error[CMD_MESSAGE] = "";
    return scn_restarts_begin(player->restarts, fill, player, player->states[player->next].again > 0, error,
                              sizeof error) != 0
               ? cannot(player, error)
               : 0;
}

void crash_describe(const struct shim_disk *disk, const struct crash_state *state, char *text, size_t size)
{
    char what[300];
    shim_disk_describe(disk, state->at, what, sizeof what);
    snprintf(text, size, "the power was cut before operation %lu, %s; what was not synced: %s",
             (unsigned long)state->at, what, shim_disk_loss_name(state->loss));
}

/* player->beginning.history becomes what the judge is to see. */
static int end(struct player *player)
{
    const struct crash_round *round = player->round;
    const struct crash_state *state = &player->states[player->next];
    struct shim_history *history = &player->beginning.history;
    char error[CMD_MESSAGE] = "", text[CRASH_TEXT];
    crash_describe(round->disk, state, text, sizeof text);
    uint64_t stamp = shim_disk_stamp(round->disk, state->at) + round->base; /* the operation's own: nothing else has it */
    struct shim_hist_event *cut =
        shim_history_beginning_move(&player->beginning, stamp) == 0
            ? shim_history_add_event(history, SHIM_EVENT_KILL, "power", text)
            : NULL;
    if (cut == NULL) {
        return cannot(player, "out of memory");
    }
    cut->stamp = stamp;
    enum scn_job_result done = scn_restarts_end(player->restarts, history, stamp, error, sizeof error);
    if (done == SCN_JOB_INTERRUPTED) {
        return CMD_HARNESS;
    }
    return done != SCN_JOB_DONE || crash_check(round, history, stamp, error, sizeof error) != 0 ? cannot(player, error)
                                                                                                : 0;
}

/* The cuts of a history, a line each. */
static char *cuts_of(const struct shim_history *history)
{
    char text[1200] = "";
    for (size_t i = 0; i < history->event_count; i++) {
        const struct shim_hist_event *event = &history->events[i];
        size_t used = strlen(text);
        if (event->kind == SHIM_EVENT_KILL && event->name != NULL && strcmp(event->name, "power") == 0 &&
            used < sizeof text) {
            snprintf(text + used, sizeof text - used, "%s%s", used > 0 ? "\nthen, during the recovery, " : "",
                     event->text != NULL ? event->text : "");
        }
    }
    return cmd_copy(text);
}

static int judge(struct player *player, size_t index)
{
    const struct crash_round *round = player->round;
    const struct shim_history *history = &player->beginning.history;
    struct rpt_judgement judgement;
    if (rpt_judge(history, round->options->profile, &judgement) != 0) {
        return cannot(player, "out of memory");
    }
    enum rpt_verdict before = round->c->verdict;
    int result = rpt_case_add(round->c, &judgement, history) != 0 ? cannot(player, "out of memory") : 0;
    bool worse = rpt_verdict_is_broken(judgement.verdict) && round->c->verdict != before;
    if (result == 0 && worse) { /* the first state with the gravest verdict is the one to be looked at */
        free(round->c->cause);
        round->c->cause = cuts_of(history);
        result = crash_keep(round, &player->states[index]);
    }
    if (result == 0 && worse) {
        result = cmd_report_history(round->options, round->name, history, round->c->command, &round->c->evidence);
    }
    rpt_judgement_fini(&judgement);
    return result;
}

static size_t times_stuck(const struct rpt_case *c)
{
    size_t times = 0;
    for (size_t i = 0; i < c->finding_count; i++) {
        times += c->findings[i].verdict == RPT_HANG ? c->findings[i].times : 0;
    }
    return times;
}

void crash_tell_uncovered(const char *name, const char *where, const char *uncovered)
{
    if (uncovered != NULL) {
        printf("%s: not covered, in %s: %s\n", name, where, uncovered);
        fflush(stdout); /* in one piece, with other scripts beside this one */
    }
}

static int play(struct player *player, size_t *played);

/* Cuts during the recovery that was just recorded. */
static int play_again(struct player *player, size_t index, size_t *played)
{
    const struct crash_round *round = player->round;
    const struct crash_state *state = &player->states[index];
    struct crash_round second = *round;
    struct shim_disk *disk = NULL;
    char error[CMD_MESSAGE];
    uint64_t base = 0;
    size_t count = 0;
    int result = 0;
    if (!scn_file_exists(round->job->disk)) {
        return 0; /* the restart had a child of its own: there is no record of it */
    }
    bool refused = shim_disk_open(round->job->disk, &disk, error, sizeof error) != 0;
    if (!player->told && (refused || shim_disk_uncovered(disk) != NULL)) {
        player->told = true;
        crash_tell_uncovered(round->name, refused ? "a recovery, which is not cut again" : "a recovery that is cut again",
                             refused ? error : shim_disk_uncovered(disk));
    }
    if (refused) {
        return 0;
    }
    for (size_t i = 0; i < player->beginning.history.event_count; i++) {
        if (player->beginning.history.events[i].kind == SHIM_EVENT_RESTART) {
            base = player->beginning.history.events[i].stamp;
        }
    }
    second.disk = disk;
    second.history = &player->beginning.history;
    second.base = base;
    second.recording = round->job->disk;
    struct crash_state *states = shim_disk_count(disk) == 0
                                     ? NULL
                                     : crash_choose(disk, 0, shim_disk_count(disk), state->again, false,
                                                    state->seed, &count);
    struct player again = {.round = &second, .states = states, .count = count, .restarts = player->restarts,
                           .image = shim_image_new(disk)};
    shim_history_beginning(&again.beginning, second.history);
    result = again.image == NULL ? cannot(player, "out of memory") : play(&again, played);
    shim_history_beginning_fini(&again.beginning);
    shim_image_free(again.image);
    shim_disk_close(disk);
    free(states);
    return result;
}

static void tell(const struct player *player, size_t played, uint64_t began)
{
    uint64_t now = scn_milliseconds();
    unsigned long speed = now > began ? (unsigned long)(played * 1000 / (now - began)) : 0;
    char bar[21];
    for (size_t i = 0; i < sizeof bar - 1; i++) {
        bar[i] = (i + 1) * player->count <= player->next * (sizeof bar - 1) ? '#' : '.';
    }
    bar[sizeof bar - 1] = '\0';
    cmd_progress("%.24s [%s] crash state %lu of %lu, %lu/s%s", player->round->name, bar,
                 (unsigned long)player->next, (unsigned long)player->count, speed,
                 rpt_verdict_is_broken(player->round->c->verdict) ? ", broken" : "");
}

static int play(struct player *player, size_t *played)
{
    uint64_t began = scn_milliseconds();
    int result = 0;
    bool waiting = false;
    if (player->count > 0) {
        result = begin(player);
        waiting = result == 0;
    }
    while (result == 0 && waiting && !scn_interrupted()) {
        size_t index = player->next;
        result = end(player);
        waiting = false;
        ++*played;
        bool more = index + 1 < player->count && times_stuck(player->round->c) < MOST_STUCK;
        if (result == 0 && player->states[index].again > 0) { /* in the same directory: first all of these */
            result = judge(player, index);
            result = result == 0 ? play_again(player, index, played) : result;
        }
        if (result == 0 && more && !scn_interrupted()) {
            player->next++;
            result = begin(player);
            waiting = result == 0;
        }
        if (result == 0 && player->states[index].again == 0) {
            result = judge(player, index);
        }
        if (player->round->base == 0) {
            tell(player, *played, began);
        }
    }
    return result;
}

void crash_restart_job(const struct scn_job *job, struct scn_plan *plan, struct scn_job *restart)
{
    *plan = *job->plan;
    plan->after = (struct scn_after){.pos = plan->after.pos};
    plan->after.has_restart = plan->table_count == 0; /* an empty one: has the first instance started, its database opened */
    *restart = *job;
    restart->plan = plan;
    restart->recorder_bytes = CRASH_RECORDER_BYTES;
}

int crash_play(const struct crash_round *round, const struct crash_state *states, size_t count, size_t *played)
{
    struct player player = {.round = round, .states = states, .count = count,
                            .image = shim_image_new(round->disk),
                            .restarts = scn_restarts_new(round->job)};
    shim_history_beginning(&player.beginning, round->history);
    int result = player.image == NULL || player.restarts == NULL ? cannot(&player, "out of memory")
                                                                : play(&player, played);
    scn_restarts_free(player.restarts);
    shim_history_beginning_fini(&player.beginning);
    shim_image_free(player.image);
    return result;
}
