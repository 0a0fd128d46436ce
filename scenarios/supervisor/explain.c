/* scenarios/supervisor/explain.c - why a run ended, in words: who waits for whom, and what everybody was doing. */
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include "scenarios/supervisor/story.h"

struct text {
    char *at;
    size_t room, length; /* room with the closing 0 */
};

static void add(struct text *text, const char *format, ...) __attribute__((format(printf, 2, 3)));
static void add(struct text *text, const char *format, ...)
{
    va_list list;
    if (text->length + 1 >= text->room) {
        return;
    }
    va_start(list, format);
    int wrote = vsnprintf(text->at + text->length, text->room - text->length, format, list);
    va_end(list);
    if (wrote > 0) {
        size_t most = text->room - text->length - 1;
        text->length += (size_t)wrote < most ? (size_t)wrote : most;
    }
}

/* "file.c:12" of "function at file.c:12", else all of it. */
static const char *spot(const char *place, int *length)
{
    const char *inlined = strstr(place, ", inlined"), *at = strstr(place, " at ");
    const char *from = at != NULL ? at + 4 : place;
    *length = inlined != NULL ? (int)(inlined - from) : (int)strlen(from);
    return from;
}

static const char *name_of(const struct scn_story *story, int thread)
{
    return thread >= 0 && (size_t)thread < story->threads ? story->thread[thread].name : "?";
}

void scn_story_say(const struct scn_story *story, const struct scn_story_op *op, char *text, size_t size)
{
    static const char *const verbs[SHIM_OP_COUNT] = {
        [SHIM_OP_START] = "start", [SHIM_OP_CREATE] = "create a thread", [SHIM_OP_FINISH] = "wait for all others to end",
        [SHIM_OP_LOCK] = "lock", [SHIM_OP_UNLOCK] = "unlock", [SHIM_OP_RDLOCK] = "lock to read",
        [SHIM_OP_WRLOCK] = "lock to write", [SHIM_OP_WAIT] = "wait for", [SHIM_OP_WAKE] = "wake who waits for",
        [SHIM_OP_SEM_WAIT] = "take from", [SHIM_OP_SEM_POST] = "give to", [SHIM_OP_ONCE] = "run once",
        [SHIM_OP_SLEEP] = "sleep", [SHIM_OP_YIELD] = "yield", [SHIM_OP_READ] = "read", [SHIM_OP_WRITE] = "write",
        [SHIM_OP_ATOMIC] = "change at once", [SHIM_OP_GO_ON] = "go on"};
    struct text to = {text, size, 0};
    int length;
    const char *where = spot(op->site, &length);
    text[0] = '\0';
    switch (op->op) {
    case SHIM_OP_ENTER:
        add(&to, "call %s", op->call);
        return;
    case SHIM_OP_LEAVE:
        add(&to, "return from %s", op->call);
        return;
    case SHIM_OP_JOIN:
        add(&to, "wait for %s to end", name_of(story, op->target));
        break;
    case SHIM_OP_FILE: { /* the function says what it does there */
        const char *at = strstr(op->site, " at ");
        add(&to, "use file%s%s", op->file[0] != '\0' ? " " : "", op->file);
        if (at != NULL) {
            add(&to, " in %.*s", (int)(at - op->site), op->site);
        }
        break;
    }
    case SHIM_OP_ATOMIC:
        if (!op->write) {
            add(&to, "read at once %s", op->object);
            break;
        }
        /* fall through */
    default:
        if (op->object[0] == '\0' && (op->op == SHIM_OP_WAIT || op->op == SHIM_OP_WAKE)) { /* nothing that threads share */
            add(&to, op->op == SHIM_OP_WAIT ? "wait for a signal" : "send a signal or cancel a thread");
            break;
        }
        add(&to, "%s%s%s", verbs[op->op] != NULL ? verbs[op->op] : "?", op->object[0] != '\0' ? " " : "", op->object);
    }
    if (length > 0) {
        add(&to, " at %.*s", length, where);
    }
}

/* The thread that another one waits for, or -1. */
static int awaited_by(const struct scn_story *story, const struct scn_story_thread *thread)
{
    const struct scn_story_op *op = &thread->pending;
    int of = -1;
    if (!thread->over && !thread->able) {
        of = op->op == SHIM_OP_JOIN                                                       ? op->target
             : op->op == SHIM_OP_LOCK || op->op == SHIM_OP_RDLOCK ||
                     op->op == SHIM_OP_WRLOCK || op->op == SHIM_OP_ONCE ? op->owner
                                                                                          : -1;
    }
    return of >= 0 && (size_t)of < story->threads ? of : -1;
}

size_t scn_story_circle(const struct scn_story *story, uint32_t *threads, size_t room)
{
    for (size_t first = 0; first < story->threads; first++) {
        size_t count = 0;
        for (int at = (int)first; at >= 0 && count < room && count < story->threads;) {
            threads[count++] = (uint32_t)at;
            at = awaited_by(story, &story->thread[at]);
            if (at == (int)first) {
                return count;
            }
        }
    }
    return 0;
}

static void add_wait(struct text *text, const struct scn_story *story, size_t index)
{
    const struct scn_story_thread *thread = &story->thread[index];
    const struct scn_story_op *op = &thread->pending;
    char what[400];
    int awaited = awaited_by(story, thread);
    scn_story_say(story, op, what, sizeof what);
    add(text, "%s ", thread->name);
    if (op->call[0] != '\0' && op->op != SHIM_OP_ENTER && op->op != SHIM_OP_LEAVE) {
        add(text, "in %s ", op->call);
    }
    add(text, "%s %s", thread->able ? "is about to" : "waits to", what);
    if (strncmp(what, "wait ", 5) == 0 && !thread->able) { /* "waits for", not "waits to wait for" */
        text->length -= strlen("to ") + strlen(what);
        add(text, "%s", what + 5);
    }
    if (awaited >= 0 && op->op != SHIM_OP_JOIN) {
        int length;
        const char *where = spot(op->taken, &length);
        add(text, ", which %s%s", awaited == (int)index ? "it holds itself" : "is held by ",
            awaited == (int)index ? "" : name_of(story, awaited));
        if (op->reads) {
            add(text, " (to read)");
        }
        if (length > 0) {
            add(text, " since %.*s", length, where);
        }
    }
    if (op->timed && !thread->able) {
        add(text, " (with a timeout)");
    }
}

void scn_story_explain(const struct scn_story *story, enum shim_run how, char *text, size_t size)
{
    uint32_t circle[SHIM_CONTROL_THREADS];
    struct text to = {text, size, 0};
    text[0] = '\0';
    if (how == SHIM_RUN_LIVELOCK) {
        for (size_t i = 0; i < story->threads; i++) {
            const struct scn_story_thread *thread = &story->thread[i];
            if (!thread->over && thread->recent > 0) {
                add(&to, "%s", to.length > 0 ? "; " : "");
                add_wait(&to, story, i);
                add(&to, " (%llu of the last steps)", (unsigned long long)thread->recent);
            }
        }
        return;
    }
    size_t count = scn_story_circle(story, circle, SHIM_CONTROL_THREADS);
    for (size_t i = 0; i < count; i++) {
        add(&to, "%s", i > 0 ? "; " : "");
        add_wait(&to, story, circle[i]);
    }
    for (int actors = 1; actors >= 0 && count == 0; actors--) { /* nobody is there to wake them */
        for (size_t i = 0; i < story->threads; i++) {
            if (!story->thread[i].over && story->thread[i].actor == (actors == 1)) {
                add(&to, "%s", to.length > 0 ? "; " : "");
                add_wait(&to, story, i);
            }
        }
    }
}

/* A thread with its stack. */
static void add_thread(struct text *text, const struct scn_story *story, size_t index)
{
    const struct scn_story_thread *thread = &story->thread[index];
    add(text, "  ");
    add_wait(text, story, index);
    add(text, "\n");
    for (const char *line = thread->stack; line != NULL && *line != '\0'; line += strcspn(line, "\n") + 1) {
        add(text, "      %.*s\n", (int)strcspn(line, "\n"), line);
    }
}

char *scn_story_picture(const struct scn_story *story, enum shim_run how)
{
    uint32_t circle[SHIM_CONTROL_THREADS];
    size_t room = 4096, count = scn_story_circle(story, circle, SHIM_CONTROL_THREADS);
    for (size_t i = 0; i < story->threads; i++) {
        const char *stack = story->thread[i].stack;
        room += 1200 + 8 * SHIM_WATCH_FRAMES + (stack != NULL ? strlen(stack) : 0);
    }
    struct text to = {malloc(room), room, 0};
    if (to.at == NULL) {
        return NULL;
    }
    to.at[0] = '\0';
    if (how == SHIM_RUN_LIVELOCK) {
        add(&to, "what every thread was doing (steps in all, and in the last quarter of the run):\n");
        for (size_t i = 0; i < story->threads; i++) {
            const struct scn_story_thread *thread = &story->thread[i];
            add(&to, "  %-20s %10llu %10llu%s\n", thread->name, (unsigned long long)thread->steps,
                (unsigned long long)thread->recent, thread->over ? "  has ended" : "");
        }
    } else if (count > 0) {
        add(&to, count == 1 ? "it waits for itself:\n" : "they wait for each other in a circle:\n");
        for (size_t i = 0; i < count; i++) {
            add_thread(&to, story, circle[i]);
        }
        add(&to, "the other threads:\n");
    } else {
        add(&to, "nobody is left who could wake them:\n");
    }
    for (int actors = 1; actors >= 0; actors--) {
        for (size_t i = 0; i < story->threads; i++) {
            bool told = false;
            for (size_t c = 0; c < count && how != SHIM_RUN_LIVELOCK; c++) {
                told = told || circle[c] == i;
            }
            if (!told && !story->thread[i].over && story->thread[i].actor == (actors == 1)) {
                add_thread(&to, story, i);
            }
        }
    }
    return to.at;
}
