/* scenarios/supervisor/outcome.c - what a child says about a schedule. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "scenarios/supervisor/control.h"
#include "scenarios/supervisor/platform.h"
#include "scenarios/supervisor/story.h"

#define SCN_OUTCOME_MOST ((size_t)1 << 28)

static char *take_line(char **at)
{
    char *line = *at, *end = line + strcspn(line, "\n");
    *at = *end == '\n' ? end + 1 : end;
    *end = '\0';
    return line;
}

/* With a story the message has names. */
static void explain(struct scn_outcome *outcome)
{
    struct scn_story story;
    bool stuck = outcome->how == SHIM_RUN_DEADLOCK || outcome->how == SHIM_RUN_LIVELOCK;
    if (stuck && outcome->story != NULL && scn_story_read(&story, outcome->story) == 0) {
        scn_story_explain(&story, outcome->how, outcome->message, sizeof outcome->message);
        outcome->picture = scn_story_picture(&story, outcome->how);
        scn_story_fini(&story);
    }
}

bool scn_outcome_read(const char *path, struct scn_outcome *outcome)
{
    char *text = scn_file_exists(path) ? scn_read_tail(path, SCN_OUTCOME_MOST) : NULL, *at = text;
    int ran = 0, how = 0, more = 0, full = 0;
    unsigned long long steps = 0, hash = 0;
    size_t decisions = 0;
    scn_outcome_fini(outcome);
    if (text == NULL || sscanf(take_line(&at), "%d %d %llu %llu %zu %d %d", &ran, &how, &steps,
                               &hash, &decisions, &more, &full) != 7) {
        free(text);
        return false;
    }
    outcome->ran = ran != 0;
    outcome->how = (enum shim_run)how;
    outcome->steps = steps;
    outcome->hash = hash;
    outcome->decisions = decisions;
    outcome->more = more != 0;
    outcome->full = full != 0;
    snprintf(outcome->message, sizeof outcome->message, "%s", take_line(&at));
    snprintf(outcome->place, sizeof outcome->place, "%s", take_line(&at));
    outcome->trace = strdup(take_line(&at));
    outcome->turns = strdup(take_line(&at));
    char *story = at;
    while ((story[0] == 'p' || story[0] == 'c') && story[1] == ' ') {
        story += strcspn(story, "\n");
        story += *story == '\n';
    }
    outcome->story = scn_symbolise(strdup(story));
    *story = '\0';
    outcome->coverage = strdup(at);
    free(text);
    explain(outcome);
    return outcome->trace != NULL && outcome->turns != NULL && outcome->coverage != NULL && outcome->story != NULL;
}

void scn_outcome_fini(struct scn_outcome *outcome)
{
    free(outcome->trace);
    free(outcome->turns);
    free(outcome->coverage);
    free(outcome->story);
    free(outcome->picture);
    memset(outcome, 0, sizeof *outcome);
}
