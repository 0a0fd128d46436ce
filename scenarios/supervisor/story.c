/* scenarios/supervisor/story.c - reads what a watch saw, and finds names for it.
 *
 * An object has the name of its variable; one on the heap is called after the function that made it. Engines have
 * functions that all their objects go through: a maker that made several objects for different callers is passed
 * over, and so is the routine that all threads begin with.
 */
#include "scenarios/supervisor/story.h"

#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include "scenarios/supervisor/platform.h"

#define MAKERS SHIM_WATCH_MAKERS
#define LIST_LINES 32

static const char *const kinds[] = {"mutex", "read-write lock", "condition", "semaphore", "barrier", "once", "futex"};
#define KINDS ((int)(sizeof kinds / sizeof kinds[0]))

/* What is known of an object before it has a name. */
struct raw {
    struct scn_story_op *op;
    size_t key;
    unsigned number;
    const char *data, *made_in;
    const char *maker[MAKERS];
};

struct reader {
    char *at;
    struct raw *raw;
    size_t raws, room;
    bool bad;
};

/* ---- lines ------------------------------------------------------------------------------------------ */

static char *take_line(struct reader *reader)
{
    char *line = reader->at, *end = line + strcspn(line, "\n");
    reader->bad = reader->bad || *line == '\0';
    reader->at = *end == '\n' ? end + 1 : end;
    *end = '\0';
    return line;
}

/* "function at file.c:12" of a line that scn_symbolise wrote, else "module+0x12". */
static const char *take_place(struct reader *reader)
{
    char *line = take_line(reader), *name = strstr(line, ") "), *bracket = strrchr(line, '[');
    if (strcmp(line, "-") == 0 || strcmp(line, "?") == 0) {
        return "";
    }
    if (name != NULL) {
        return name + 2;
    }
    if (bracket != NULL) {
        *bracket = '\0';
    }
    char *slash = strrchr(line, '/');
    return slash != NULL ? slash + 1 : line;
}

/* Lines up to ".": the first `room` of them. Returns how many there are of these. */
static size_t take_list(struct reader *reader, const char **lines, size_t room)
{
    size_t count = 0;
    while (!reader->bad) {
        if (strncmp(reader->at, ".\n", 2) == 0 || strcmp(reader->at, ".") == 0) {
            take_line(reader);
            break;
        }
        const char *place = take_place(reader);
        if (count < room) {
            lines[count++] = place;
        }
    }
    return count;
}

static const char *word(const char *text)
{
    return strcmp(text, "-") == 0 ? "" : text;
}

static bool is_library(const char *place)
{
    return strstr(place, " at ") == NULL && (strncmp(place, "libc.so", 7) == 0 || strncmp(place, "libc-", 5) == 0 ||
                                             strncmp(place, "libpthread", 10) == 0 || strncmp(place, "ld-", 3) == 0);
}

/* The variable at an address: "data /path/module(+0x40)[...]". */
static const char *take_data(struct reader *reader)
{
    static char name[160];
    char *line = take_line(reader), *open = strrchr(line, '('), *end = NULL;
    name[0] = '\0';
    if (strncmp(line, "data /", 6) == 0 && open != NULL && open[1] == '+') {
        *open = '\0';
        uint64_t offset = strtoull(open + 2, &end, 16);
        if (!scn_symbol_of_data(line + 5, offset, name, sizeof name)) {
            const char *slash = strrchr(line, '/');
            snprintf(name, sizeof name, "%.80s+0x%llx", slash + 1, (unsigned long long)offset);
        }
    }
    return name;
}

/* ---- operations ------------------------------------------------------------------------------------- */

static void take_op(struct reader *reader, struct scn_story_op *op)
{
    int number = 0, write = 0, timed = 0, target = -1, used = 0, kind = -1, owner = -1, reads = 0;
    unsigned made = 0, readers = 0;
    size_t key = 0;
    char *head = take_line(reader);
    memset(op, 0, sizeof *op);
    op->call = op->file = "";
    if (sscanf(head, "op %d %d %d %d %n", &number, &write, &timed, &target, &used) != 4 || number < 0 ||
        number >= SHIM_OP_COUNT) {
        reader->bad = true;
        return;
    }
    char *call = head + used, *file = strchr(call, ' ');
    if (file != NULL) {
        *file = '\0';
        op->file = word(file + 1);
    }
    op->call = word(call);
    op->op = (enum shim_op)number;
    op->write = write != 0;
    op->timed = timed != 0;
    op->target = target;
    op->site = take_place(reader);
    char *object = take_line(reader), *made_in = NULL;
    if (sscanf(object, "object %d %u %d %d %u %n", &kind, &made, &owner, &reads, &readers, &used) != 5) {
        reader->bad = true;
        return;
    }
    made_in = object + used;
    char *space = strchr(made_in, ' ');
    if (space != NULL) {
        *space = '\0';
        key = (size_t)strtoull(space + 1, NULL, 16);
    }
    op->kind = kind < KINDS ? kind : -1;
    op->owner = owner;
    op->reads = reads != 0;
    snprintf(op->object, sizeof op->object, "%s", take_data(reader));
    op->taken = take_place(reader);
    if (reader->raws == reader->room) {
        size_t room = reader->room * 2 + 64;
        struct raw *grown = realloc(reader->raw, room * sizeof *grown);
        if (grown == NULL) {
            reader->bad = true;
            return;
        }
        reader->raw = grown;
        reader->room = room;
    }
    struct raw *raw = &reader->raw[reader->raws++];
    *raw = (struct raw){.key = key, .number = made, .made_in = word(made_in)};
    take_list(reader, raw->maker, MAKERS);
}

/* Whether somebody else's object was made at the same place: what makes all of them says nothing. */
static bool makes_many(const struct reader *reader, const char *maker)
{
    const char *caller = NULL;
    for (size_t i = 0; i < reader->raws; i++) {
        const struct raw *raw = &reader->raw[i];
        for (int m = 0; m + 1 < MAKERS && raw->maker[m + 1] != NULL; m++) {
            if (strcmp(raw->maker[m], maker) == 0) {
                if (caller != NULL && strcmp(caller, raw->maker[m + 1]) != 0) {
                    return true;
                }
                caller = raw->maker[m + 1];
            }
        }
    }
    static const char *const words[] = {"mutex", "cond", "lock", "sem", "event"};
    for (size_t i = 0; i < sizeof words / sizeof words[0]; i++) {
        const char *found = strstr(maker, words[i]), *at = strstr(maker, " at ");
        if (found != NULL && at != NULL && found < at) {
            return true;
        }
    }
    return false;
}

static const char *kind_name(const struct scn_story_op *op)
{
    return op->kind >= 0 ? kinds[op->kind] : "memory";
}

/* The same maker may have made several: how many different ones have this name before that key. */
static int twins_before(const struct reader *reader, size_t index, const char *maker)
{
    int twins = 0;
    for (size_t i = 0; i < index; i++) {
        const struct raw *raw = &reader->raw[i];
        bool first = raw->key != reader->raw[index].key && raw->op->kind == reader->raw[index].op->kind;
        for (size_t j = 0; j < i && first; j++) {
            first = reader->raw[j].key != raw->key;
        }
        bool same = false;
        for (int m = 0; m < MAKERS && raw->maker[m] != NULL; m++) {
            same = same || strcmp(raw->maker[m], maker) == 0;
        }
        twins += first && same;
    }
    return twins;
}

static void name_object(const struct reader *reader, size_t index)
{
    const struct raw *raw = &reader->raw[index];
    struct scn_story_op *op = raw->op;
    char name[sizeof op->object] = "";
    int m = 0;
    for (size_t i = 0; i < index; i++) { /* as it was called before */
        if (reader->raw[i].key == raw->key && reader->raw[i].op->kind == op->kind && raw->key != 0 &&
            reader->raw[i].number == raw->number) {
            memcpy(op->object, reader->raw[i].op->object, sizeof op->object);
            return;
        }
    }
    if (raw->key == 0 || op->op == SHIM_OP_FILE || op->op == SHIM_OP_ENTER || op->op == SHIM_OP_LEAVE ||
        (op->kind < 0 && op->op != SHIM_OP_READ && op->op != SHIM_OP_WRITE && op->op != SHIM_OP_ATOMIC)) {
        op->object[0] = '\0';
        return;
    }
    if (op->object[0] != '\0') {
        snprintf(name, sizeof name, "%s %.120s", kind_name(op), op->object);
    } else if (raw->maker[0] != NULL) {
        while (m + 1 < MAKERS && raw->maker[m + 1] != NULL && makes_many(reader, raw->maker[m])) {
            m++;
        }
        int twins = twins_before(reader, index, raw->maker[m]);
        const char *at = strstr(raw->maker[m], " at ");
        int function = at != NULL ? (int)(at - raw->maker[m]) : (int)strlen(raw->maker[m]);
        int used = snprintf(name, sizeof name, "%s of %.*s", kind_name(op), function < 70 ? function : 70, raw->maker[m]);
        if (at != NULL && used > 0 && (size_t)used < sizeof name) {
            used += snprintf(name + used, sizeof name - (size_t)used, " (%.*s)", (int)strcspn(at + 4, ","), at + 4);
        }
        if (twins > 0 && used > 0 && (size_t)used < sizeof name) {
            snprintf(name + used, sizeof name - (size_t)used, " #%d", twins + 1);
        }
    } else {
        int others = 0;
        for (size_t i = 0; i < index; i++) {
            bool first = reader->raw[i].maker[0] == NULL && reader->raw[i].key != raw->key &&
                         reader->raw[i].op->kind == op->kind;
            for (size_t j = 0; j < i && first; j++) {
                first = reader->raw[j].key != reader->raw[i].key;
            }
            others += first;
        }
        snprintf(name, sizeof name, "%s %c%.0d", kind_name(op), 'A' + others % 26, others / 26);
    }
    memcpy(op->object, name, sizeof name);
}

/* ---- threads ---------------------------------------------------------------------------------------- */

/* "file.c:function" of "function at file.c:12", of what it was inlined into. */
static void name_routine(const char *place, char *name, size_t size)
{
    const char *outer = strstr(place, "inlined into "), *from = outer != NULL ? outer + 13 : place;
    for (const char *more; (more = strstr(from, "inlined into ")) != NULL;) {
        from = more + 13;
    }
    const char *at = strstr(from, " at "), *file = at != NULL ? at + 4 : NULL;
    if (file == NULL) {
        snprintf(name, size, "%.70s", from);
    } else {
        snprintf(name, size, "%.*s:%.*s", (int)strcspn(file, ":"), file, (int)(at - from), from);
    }
}

static bool same_function(const char *a, const char *b)
{
    char first[80], second[80];
    name_routine(a, first, sizeof first);
    name_routine(b, second, sizeof second);
    return strcmp(first, second) == 0;
}

struct routine {
    const char *run;
    const char *bottom[MAKERS];
    size_t bottoms;
};

/* Where the thread's own code begins: the routine, or what it calls if all threads begin with it. */
static const char *begin_of(const struct routine *routines, size_t count, size_t index)
{
    const struct routine *own = &routines[index];
    size_t end = own->bottoms, same = 0;
    while (end > 0 && (is_library(own->bottom[end - 1]) || own->bottom[end - 1][0] == '\0')) {
        end--;
    }
    for (size_t i = 0; i < count; i++) {
        same += own->run[0] != '\0' && strcmp(routines[i].run, own->run) == 0;
    }
    bool general = same > 1 || strstr(own->run, "thread") != NULL || strstr(own->run, "start") != NULL ||
                   strstr(own->run, "trampoline") != NULL;
    if (general && end >= 2 && same_function(own->bottom[end - 1], own->run)) {
        return own->bottom[end - 2];
    }
    return own->run;
}

static void take_thread(struct reader *reader, struct scn_story_thread *thread, struct routine *routine)
{
    const char *lines[LIST_LINES];
    unsigned number;
    int state = 0, able = 0, used = 0;
    unsigned long long steps = 0, recent = 0;
    char *head = take_line(reader);
    memset(thread, 0, sizeof *thread);
    memset(routine, 0, sizeof *routine);
    if (sscanf(head, "thread %u %d %d %llu %llu %n", &number, &state, &able, &steps, &recent, &used) != 5) {
        reader->bad = true;
        return;
    }
    thread->over = state == SHIM_WATCH_OVER;
    thread->able = able != 0;
    thread->actor = strcmp(head + used, "-") != 0;
    thread->steps = steps;
    thread->recent = recent;
    snprintf(thread->name, sizeof thread->name, "%.70s", word(head + used));
    routine->run = take_place(reader);
    take_place(reader);
    routine->bottoms = take_list(reader, routine->bottom, MAKERS);
    take_op(reader, &thread->pending);
    size_t count = take_list(reader, lines, LIST_LINES);
    size_t room = 1;
    for (size_t i = 0; i < count; i++) {
        room += strlen(lines[i]) + 1;
    }
    char *stack = malloc(room), *to = stack;
    thread->stack = stack;
    for (size_t i = 0; stack != NULL && i < count; i++) {
        if (!is_library(lines[i])) {
            to += sprintf(to, "%s\n", lines[i]);
        }
    }
    if (stack == NULL) {
        reader->bad = true;
        return;
    }
    *to = '\0';
}

static void take_turn(struct reader *reader, struct scn_story_turn *turn)
{
    int why = 0, used = 0;
    char *head = take_line(reader);
    memset(turn, 0, sizeof *turn);
    if (sscanf(head, "turn %u %u %u %d %u %n", &turn->thread, &turn->steps, &turn->calls, &why, &turn->before,
               &used) != 5) {
        reader->bad = true;
        return;
    }
    char *first = head + used, *last = strchr(first, ' ');
    turn->why = (enum shim_watch_why)why;
    turn->last_call = last != NULL ? word(last + 1) : "";
    if (last != NULL) {
        *last = '\0';
    }
    turn->first_call = word(first);
    take_op(reader, &turn->first);
    take_op(reader, &turn->last);
    take_op(reader, &turn->pending);
}

static void take_note(struct reader *reader, struct scn_story_note *note)
{
    const char *frames[2] = {"", ""};
    int used = 0;
    char *head = take_line(reader);
    if (sscanf(head, "note %u %u %n", &note->turn, &note->thread, &used) != 2) {
        reader->bad = true;
        return;
    }
    char *call = head + used, *text = strchr(call, ' ');
    if (text != NULL) {
        *text++ = '\0';
    }
    note->call = word(call);
    note->text = text != NULL ? text : "";
    take_list(reader, frames, 2);
    note->site = frames[0];
    note->caller = frames[1];
}

static void name_threads(struct scn_story *story, const struct routine *routines)
{
    for (size_t i = 0; i < story->threads; i++) {
        struct scn_story_thread *thread = &story->thread[i];
        if (thread->name[0] == '\0' && i == 0) {
            snprintf(thread->name, sizeof thread->name, "runner");
        } else if (thread->name[0] == '\0') {
            name_routine(begin_of(routines, story->threads, i), thread->name, sizeof thread->name);
        }
        if (thread->name[0] == '\0') {
            snprintf(thread->name, sizeof thread->name, "thread %zu", i);
        }
    }
    for (size_t i = 0; i < story->threads; i++) {
        char name[sizeof story->thread[0].name];
        int twins = 0;
        snprintf(name, sizeof name, "%s", story->thread[i].name);
        for (size_t j = i + 1; j < story->threads; j++) {
            struct scn_story_thread *other = &story->thread[j];
            if (strcmp(other->name, name) == 0) {
                snprintf(other->name, sizeof other->name, "%.60s#%d", name, ++twins + 1);
            }
        }
    }
}

static size_t count_lines(const char *text, const char *prefix)
{
    size_t count = 0, length = strlen(prefix);
    for (; *text != '\0'; text += strcspn(text, "\n"), text += *text == '\n') {
        count += strncmp(text, prefix, length) == 0;
    }
    return count;
}

int scn_story_read(struct scn_story *story, const char *text)
{
    struct reader reader = {NULL, NULL, 0, 0, false};
    size_t threads = count_lines(text, "thread "), turns = count_lines(text, "turn "), op = 0;
    size_t notes = count_lines(text, "note ");
    memset(story, 0, sizeof *story);
    story->text = strdup(text);
    story->thread = calloc(threads + 1, sizeof *story->thread);
    story->turn = calloc(turns + 1, sizeof *story->turn);
    story->note = calloc(notes + 1, sizeof *story->note);
    struct routine *routines = calloc(threads + 1, sizeof *routines);
    reader.bad = story->text == NULL || story->thread == NULL || story->turn == NULL || story->note == NULL ||
                 routines == NULL || threads == 0;
    reader.at = story->text;
    while (!reader.bad && story->threads < threads) {
        size_t i = story->threads++;
        take_thread(&reader, &story->thread[i], &routines[i]);
    }
    while (!reader.bad && story->turns < turns) {
        take_turn(&reader, &story->turn[story->turns++]);
    }
    while (!reader.bad && story->notes < notes) {
        take_note(&reader, &story->note[story->notes++]);
        reader.bad = reader.bad || story->note[story->notes - 1].thread >= threads;
    }
    for (size_t i = 0; !reader.bad && i < story->turns; i++) {
        reader.bad = story->turn[i].thread >= threads || story->turn[i].before >= threads;
    }
    if (!reader.bad) {
        for (size_t i = 0; i < threads && op < reader.raws; i++) {
            reader.raw[op++].op = &story->thread[i].pending;
        }
        for (size_t i = 0; i < turns && op + 2 < reader.raws; i++) {
            reader.raw[op++].op = &story->turn[i].first;
            reader.raw[op++].op = &story->turn[i].last;
            reader.raw[op++].op = &story->turn[i].pending;
        }
        for (size_t i = 0; i < op; i++) {
            name_object(&reader, i);
        }
        name_threads(story, routines);
    }
    free(routines);
    free(reader.raw);
    if (reader.bad) {
        scn_story_fini(story);
    }
    return reader.bad ? -1 : 0;
}

void scn_story_fini(struct scn_story *story)
{
    for (size_t i = 0; i < story->threads; i++) {
        free((void *)(uintptr_t)story->thread[i].stack);
    }
    free(story->thread);
    free(story->turn);
    free(story->note);
    free(story->text);
    memset(story, 0, sizeof *story);
}
