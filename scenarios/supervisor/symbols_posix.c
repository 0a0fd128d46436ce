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

#define MOST_FRAMES 4096   /* different ones */
#define MOST_COMMAND 16384

struct frame {
    char module[512];
    char offset[32];          /* "0x1234" */
    char name[512];           /* "function at file.c:12", perhaps ", inlined into ...", or empty */
};

struct frames {
    struct frame *frame;
    size_t count, room;
};

/* The frame of a line, if it is one. */
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
    memcpy(frame->module, line, (size_t)(open - line));
    memcpy(frame->offset, open + 2, (size_t)(close - open) - 2);
    return strspn(frame->offset, "0123456789abcdefx") == strlen(frame->offset) &&
           strchr(frame->module, '\'') == NULL;
}

static struct frame *find(const struct frames *frames, const struct frame *like)
{
    for (size_t i = 0; i < frames->count; i++) {
        if (strcmp(frames->frame[i].offset, like->offset) == 0 &&
            strcmp(frames->frame[i].module, like->module) == 0) {
            return &frames->frame[i];
        }
    }
    return NULL;
}

/* Every frame of the text once. */
static void find_frames(const char *text, struct frames *frames)
{
    struct frame frame;
    for (const char *line = text; *line != '\0';) {
        const char *end = line + strcspn(line, "\n");
        if (parse(line, end, &frame) && find(frames, &frame) == NULL && frames->count < MOST_FRAMES) {
            if (frames->count == frames->room) {
                size_t room = frames->room * 2 + 64;
                struct frame *grown = realloc(frames->frame, room * sizeof *grown);
                if (grown == NULL) {
                    return;
                }
                frames->frame = grown;
                frames->room = room;
            }
            frames->frame[frames->count++] = frame;
        }
        line = *end != '\0' ? end + 1 : end;
    }
}

/* A line of the answer, without its end and without what only compilers care for. */
static bool take_line(FILE *answer, char *line, size_t size)
{
    if (fgets(line, (int)size, answer) == NULL) {
        return false;
    }
    line[strcspn(line, "\n")] = '\0';
    char *discriminator = strstr(line, " (discriminator");
    if (discriminator != NULL) {
        *discriminator = '\0';
    }
    return true;
}

/* Asks about frames of one module, from *at on, as many as a command can hold: per address the address itself, then
 * two lines, function and place, per function inlined there, innermost first. */
static void ask(struct frames *frames, const char *module, size_t *at)
{
    static const char tool[] = "addr2line -a -i -f -s -e";
    char *command = malloc(MOST_COMMAND), function[160], place[160];
    size_t first = *at, end = frames->count;
    *at = end;
    if (command == NULL) {
        return;
    }
    size_t used = (size_t)snprintf(command, MOST_COMMAND, "%s '%s'", tool, module);
    for (size_t i = first; i < end; i++) {
        if (strcmp(frames->frame[i].module, module) == 0) {
            if (used + 60 >= MOST_COMMAND) {
                *at = end = i;
                break;
            }
            used += (size_t)snprintf(command + used, MOST_COMMAND - used, " %s", frames->frame[i].offset);
        }
    }
    snprintf(command + used, MOST_COMMAND - used, " 2>/dev/null");
    FILE *answer = popen(command, "r");
    bool more = answer != NULL && take_line(answer, function, sizeof function); /* the first address */
    for (size_t i = first; more && i < end; i++) {
        struct frame *frame = &frames->frame[i];
        char outer[sizeof frame->name / 2] = "";
        if (strcmp(frame->module, module) != 0) {
            continue;
        }
        for (bool inner = true;; inner = false) {
            more = take_line(answer, function, sizeof function);
            if (!more || strncmp(function, "0x", 2) == 0 ||
                !(more = take_line(answer, place, sizeof place))) {
                break;
            }
            if (function[0] != '?') {
                snprintf(inner ? frame->name : outer, sizeof outer, "%.120s at %.120s", function, place);
            }
        }
        if (outer[0] != '\0' && frame->name[0] != '\0') {
            size_t length = strlen(frame->name);
            snprintf(frame->name + length, sizeof frame->name - length, ", inlined into %s", outer);
        }
    }
    if (answer != NULL) {
        pclose(answer);
    }
    free(command);
}

static char *rewrite(const char *text, const struct frames *frames)
{
    size_t room = strlen(text) + 1, length = 0;
    char *result = malloc(room);
    for (const char *line = text; result != NULL && *line != '\0';) {
        const char *end = line + strcspn(line, "\n");
        struct frame frame;
        const struct frame *found = parse(line, end, &frame) ? find(frames, &frame) : NULL;
        if (length + sizeof frame + (size_t)(end - line) > room) {
            room = 2 * room + sizeof frame + (size_t)(end - line);
            char *grown = realloc(result, room);
            if (grown == NULL) {
                free(result);
                return NULL;
            }
            result = grown;
        }
        if (found != NULL && found->name[0] != '\0') {
            const char *base = strrchr(found->module, '/');
            length += (size_t)sprintf(result + length, "%s(+%s) %s", base != NULL ? base + 1 : found->module,
                                      found->offset, found->name);
        } else {
            memcpy(result + length, line, (size_t)(end - line));
            length += (size_t)(end - line);
        }
        if (*end == '\n') {
            result[length++] = '\n';
        }
        line = *end != '\0' ? end + 1 : end;
    }
    if (result != NULL) {
        result[length] = '\0';
    }
    return result;
}

char *scn_symbolise(char *stacks)
{
    struct frames frames = {NULL, 0, 0};
    if (stacks == NULL || stacks[0] == '\0') {
        return stacks;
    }
    find_frames(stacks, &frames);
    for (size_t i = 0; i < frames.count; i++) {
        const char *module = frames.frame[i].module;
        bool asked = strncmp(module, "/lib", 4) == 0 ||
                     strncmp(module, "/usr/lib", 8) == 0; /* exported names suffice */
        for (size_t j = 0; j < i && !asked; j++) {
            asked = strcmp(module, frames.frame[j].module) == 0;
        }
        for (size_t at = i; !asked && at < frames.count;) {
            ask(&frames, module, &at);
        }
    }
    char *result = rewrite(stacks, &frames);
    free(frames.frame);
    if (result == NULL) {
        return stacks;
    }
    free(stacks);
    return result;
}

bool scn_can_symbolise(void)
{
    return system("command -v addr2line >/dev/null 2>&1") == 0;
}
