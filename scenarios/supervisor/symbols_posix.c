/* scenarios/supervisor/symbols_posix.c - names for the frames of a stack.
 *
 * The guard writes "module(symbol+0x1a)[0x7f..]" or "module(+0x1234)[0x7f..]". The second form is all there
 * is for functions a module does not export. addr2line knows more where the module has debugging
 * information; without that program the lines stay as they are.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "scenarios/supervisor/platform.h"

#define MOST_FRAMES 1024
#define MOST_COMMAND 16384

struct frame {
    const char *line, *end;   /* in the text */
    char module[512];
    char offset[32];          /* "0x1234" */
    char name[256];           /* "function at file.c:12", or empty */
};

static bool parse(const char *line, const char *end, struct frame *frame)
{
    const char *open = memchr(line, '(', (size_t)(end - line));
    if (line[0] != '/' || open == NULL || open[1] != '+' ||
        (size_t)(open - line) >= sizeof frame->module) {
        return false;
    }
    const char *close = memchr(open, ')', (size_t)(end - open));
    if (close == NULL || (size_t)(close - open) - 2 >= sizeof frame->offset) {
        return false;
    }
    memset(frame, 0, sizeof *frame);
    frame->line = line;
    frame->end = end;
    memcpy(frame->module, line, (size_t)(open - line));
    memcpy(frame->offset, open + 2, (size_t)(close - open) - 2);
    return strspn(frame->offset, "0123456789abcdefx") == strlen(frame->offset) &&
           strchr(frame->module, '\'') == NULL;
}

static size_t find_frames(const char *text, struct frame *frames)
{
    size_t count = 0;
    for (const char *line = text; *line != '\0' && count < MOST_FRAMES;) {
        const char *end = line + strcspn(line, "\n");
        count += parse(line, end, &frames[count]);
        line = *end != '\0' ? end + 1 : end;
    }
    return count;
}

/* Asks about all frames of one module at once: two lines per address, function and place. */
static void ask(struct frame *frames, size_t count, const char *module)
{
    static const char tool[] = "addr2line -f -s -e";
    char *command = malloc(MOST_COMMAND), function[160], place[160];
    if (command == NULL) {
        return;
    }
    size_t used = (size_t)snprintf(command, MOST_COMMAND, "%s '%s'", tool, module);
    for (size_t i = 0; i < count && used + 40 < MOST_COMMAND; i++) {
        if (strcmp(frames[i].module, module) == 0) {
            used += (size_t)snprintf(command + used, MOST_COMMAND - used, " %s", frames[i].offset);
        }
    }
    snprintf(command + used, MOST_COMMAND - used, " 2>/dev/null");
    FILE *answer = popen(command, "r");
    for (size_t i = 0; answer != NULL && i < count; i++) {
        if (strcmp(frames[i].module, module) != 0) {
            continue;
        }
        if (fgets(function, sizeof function, answer) == NULL ||
            fgets(place, sizeof place, answer) == NULL) {
            break;
        }
        function[strcspn(function, "\n")] = '\0';
        place[strcspn(place, "\n")] = '\0';
        if (function[0] != '?' && strlen(place) < sizeof place - 1) {
            snprintf(frames[i].name, sizeof frames[i].name, "%.120s at %.120s", function, place);
        }
    }
    if (answer != NULL) {
        pclose(answer);
    }
    free(command);
}

static char *rewrite(const char *text, const struct frame *frames, size_t count)
{
    char *result = malloc(strlen(text) + count * sizeof frames[0].name + 1), *to = result;
    const char *from = text;
    for (size_t i = 0; result != NULL && i < count; i++) {
        if (frames[i].name[0] == '\0') {
            continue;
        }
        memcpy(to, from, (size_t)(frames[i].line - from));
        to += frames[i].line - from;
        const char *base = strrchr(frames[i].module, '/');
        to += sprintf(to, "%s(+%s) %s", base != NULL ? base + 1 : frames[i].module,
                      frames[i].offset, frames[i].name);
        from = frames[i].end;
    }
    if (result != NULL) {
        strcpy(to, from);
    }
    return result;
}

char *scn_symbolise(char *stacks)
{
    struct frame *frames =
        stacks != NULL && stacks[0] != '\0' ? malloc(MOST_FRAMES * sizeof *frames) : NULL;
    if (frames == NULL) {
        return stacks;
    }
    size_t count = find_frames(stacks, frames);
    for (size_t i = 0; i < count; i++) {
        bool asked = strncmp(frames[i].module, "/lib", 4) == 0 ||
                     strncmp(frames[i].module, "/usr/lib", 8) == 0; /* exported names suffice */
        for (size_t j = 0; j < i && !asked; j++) {
            asked = strcmp(frames[i].module, frames[j].module) == 0;
        }
        if (!asked) {
            ask(frames, count, frames[i].module);
        }
    }
    char *result = rewrite(stacks, frames, count);
    free(frames);
    if (result == NULL) {
        return stacks;
    }
    free(stacks);
    return result;
}
