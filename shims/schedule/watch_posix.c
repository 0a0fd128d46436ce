/* shims/schedule/watch_posix.c - fills a watch: called at every decision, and at the end of a run.
 *
 * Compiled without instrumentation: runs on whatever thread has the turn. Nothing of libc that a sanitizer
 * intercepts (memset, snprintf ...) may write into what threads share here: ThreadSanitizer does not see that the turn
 * was handed over.
 */
#include "shims/schedule/watch.h"

#include <execinfo.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "shims/schedule/inside.h"

#define LAST_SLOTS 16384u /* power of two: objects whose last operation is remembered */
#define LAST_LOOK 64u
#define MADE_SLOTS 16384u /* power of two: objects whose making is remembered */
#define DEEPEST 64

static void clear(void *memory, size_t size) {
    unsigned char *at = memory;
    for (size_t i = 0; i < size; i++) {
        at[i] = 0;
    }
}

/* ---- objects: where they were made ----------------------------------------------------------------- */

static struct made {
    const void *key;
    int kind;
    uint32_t number;
    const void *maker[SHIM_WATCH_MAKERS];
    const struct shim_function *made_in;
} made[MADE_SLOTS];
static uint32_t made_numbers[SHIM_CT_FUTEX + 1];
static bool made_any;

static uint32_t hash_of(const void *key) {
    return (uint32_t)((uint64_t)(size_t)key * 0x9E3779B97F4A7C15u >> 40);
}

/* The stack of the calling thread. What is called for it may be under control itself. */
static int look_back(void *frames[DEEPEST]) {
    bool before = shim_ct.busy;
    shim_ct.busy = true;
    int count = backtrace(frames, DEEPEST);
    shim_ct.busy = before;
    return count;
}

/* The frames below `site`, innermost first, without those inside of the scheduler. */
static int stack_below(const void *site, const void **frames, int room) {
    void *deep[DEEPEST];
    int count = look_back(deep), from = 0, kept = 0;
    for (int i = 0; i < count; i++) {
        if (deep[i] == site) {
            from = i;
            break;
        }
    }
    for (int i = from; i < count && kept < room; i++) {
        frames[kept++] = deep[i];
    }
    return kept;
}

void shim_watch_made(const struct shim_ct_thread *self, const void *key, enum shim_ct_kind kind, const void *site) {
    const struct shim_watch *watch = shim_ct.watch;
    if (watch == NULL || !watch->story) {
        return;
    }
    uint32_t at = hash_of(key);
    for (uint32_t i = 0; i < 64; i++) {
        struct made *slot = &made[(at + i) & (MADE_SLOTS - 1)];
        if (slot->key == NULL || slot->key == key) {
            clear(slot, sizeof *slot);
            slot->key = key;
            slot->kind = (int)kind;
            slot->number = ++made_numbers[kind];
            slot->made_in = self->call;
            (void)stack_below(site, slot->maker, SHIM_WATCH_MAKERS);
            made_any = true;
            return;
        }
    }
}

static void describe(const struct shim_ct_object *object, struct shim_watch_object *what) {
    clear(what, sizeof *what);
    what->kind = -1;
    what->owner = SHIM_CT_NOBODY;
    if (object == NULL) {
        return;
    }
    what->kind = (int)object->kind;
    what->key = object->key;
    what->owner = object->owner;
    what->readers = object->readers;
    what->taken = object->taken;
    if (object->owner == SHIM_CT_NOBODY && object->readers != 0) {
        what->owner = object->reader;
        what->reads = true;
    }
    for (uint32_t i = 0, at = hash_of(object->key); i < 64; i++) {
        const struct made *slot = &made[(at + i) & (MADE_SLOTS - 1)];
        if (slot->key == object->key && slot->kind == (int)object->kind) {
            what->number = slot->number;
            what->made_in = slot->made_in;
            for (int f = 0; f < SHIM_WATCH_MAKERS; f++) {
                what->maker[f] = slot->maker[f];
            }
        }
        if (slot->key == NULL) {
            return;
        }
    }
}

/* ---- operations ------------------------------------------------------------------------------------ */

/* Name of the file behind a descriptor, as intercept_file_posix.c makes objects of them. */
static void name_file(const void *object, char *name) {
    char link[40], path[512];
    size_t fd = (size_t)object - 1;
    name[0] = '\0';
    if (object == NULL || fd >= 1u << 20) {
        return;
    }
    snprintf(link, sizeof link, "/proc/self/fd/%zu", fd);
    ssize_t length = readlink(link, path, sizeof path - 1);
    if (length > 0) {
        path[length] = '\0';
        const char *base = path;
        for (const char *at = path; *at != '\0'; at++) {
            base = *at == '/' ? at + 1 : base;
        }
        size_t i = 0;
        for (; base[i] != '\0' && i + 1 < SHIM_WATCH_NAME; i++) {
            name[i] = base[i];
        }
        name[i] = '\0';
    }
}

static void describe_op(const struct shim_ct_thread *thread, struct shim_watch_op *op) {
    op->op = thread->event.op;
    op->write = thread->event.write;
    op->timed = thread->deadline != SHIM_CT_NEVER;
    op->object = thread->event.object;
    op->site = thread->event.site;
    op->target = thread->event.op == SHIM_OP_JOIN ? thread->target : -1;
    op->call = thread->call;
    op->file[0] = '\0';
    if (op->op == SHIM_OP_FILE) {
        name_file(op->object, op->file);
    }
    describe(thread->object, &op->what);
}

/* ---- coverage --------------------------------------------------------------------------------------- */

static struct last {
    const void *object, *site;
    enum shim_op op;
    uint32_t thread;
    bool write;
    uint64_t run;
} last_on[LAST_SLOTS];

#define REGION 1024u /* slots; power of two */

static void note_place(struct shim_watch *watch, const struct shim_watch_place *place) {
    uint64_t hash = ((uint64_t)(size_t)place->site * 0x9E3779B97F4A7C15u) ^ (uint64_t)place->op << 1;
    hash = (hash ^ hash >> 31) * 0xBF58476D1CE4E5B9u;
    if (place->conflict) {
        hash ^= ((uint64_t)(size_t)place->before * 0x94D049BB133111EBu) + (uint64_t)place->before_op + 1;
        hash = (hash ^ hash >> 29) * 0x9E3779B97F4A7C15u;
    }
    hash += hash == 0;
    /* Filled from its beginning on, a region where there is no room in the one before: a schedule in a fork pays for each
     * page that it looks at. */
    for (uint32_t i = 0; i < SHIM_WATCH_SEEN / REGION * 8; i++) {
        uint64_t *slot = &watch->seen[i / 8 * REGION + ((hash + i % 8) & (REGION - 1))];
        if (*slot == hash) {
            return;
        }
        if (*slot == 0) {
            if (watch->new_count == SHIM_WATCH_NEW) {
                watch->new_full = true; /* it is new once more with the next run */
                return;
            }
            *slot = hash;
            watch->fresh[watch->new_count++] = *place;
            return;
        }
    }
}

static void cover(struct shim_watch *watch, const struct shim_event *event) {
    struct shim_watch_place place = {.op = event->op, .site = event->site};
    if (event->op == SHIM_OP_ENTER || event->op == SHIM_OP_LEAVE) {
        place.site = event->object;
    }
    note_place(watch, &place);
    if (event->object == NULL || event->op == SHIM_OP_ENTER || event->op == SHIM_OP_LEAVE) {
        return;
    }
    uintptr_t key = (uintptr_t)event->object; /* neighbours lie in neighbouring slots, for the same reason */
    struct last *before = NULL;
    for (uintptr_t i = 0; i < LAST_LOOK; i++) {
        before = &last_on[((key >> 3 ^ key >> 15) + i) & (LAST_SLOTS - 1)];
        if (before->run != shim_ct.run || before->object == event->object) {
            break; /* free in this run, or the object's own */
        }
    }
    if (before->object == event->object && before->run == shim_ct.run && before->thread != event->thread &&
        (before->write || event->write)) {
        place.conflict = true;
        place.before = before->site;
        place.before_op = before->op;
        note_place(watch, &place);
    }
    *before = (struct last){event->object, event->site, event->op, event->thread, event->write, shim_ct.run};
}

/* ---- turns ------------------------------------------------------------------------------------------ */

static void tell_turn(struct shim_watch *watch, const struct shim_ct_thread *thread,
                      const struct shim_ct_thread *before, enum shim_watch_why why, bool begins) {
    if (begins) {
        if (watch->story_count == SHIM_WATCH_STORY) {
            return;
        }
        struct shim_watch_turn *turn = &watch->told[watch->story_count++];
        clear(turn, sizeof *turn);
        turn->thread = (uint32_t)shim_ct_number(thread);
        describe_op(thread, &turn->first);
        turn->first_call = thread->call;
        turn->why = why;
        if (before != NULL) {
            turn->before = (uint32_t)shim_ct_number(before);
            if (why != SHIM_WATCH_ENDED) {
                describe_op(before, &turn->pending);
            }
        }
    }
    struct shim_watch_turn *turn = &watch->told[watch->story_count - 1];
    if (turn->thread != (uint32_t)shim_ct_number(thread)) {
        return; /* there was no room for this one */
    }
    const struct shim_event *event = &thread->event;
    const struct shim_function *call = event->op == SHIM_OP_ENTER ? event->object : thread->call;
    turn->steps++;
    turn->calls += event->op == SHIM_OP_LEAVE;
    turn->last_call = call != NULL ? call : turn->last_call;
    turn->first_call = turn->first_call != NULL ? turn->first_call : call;
    describe_op(thread, &turn->last);
}

static void note_turn(struct shim_watch *watch, const struct shim_event *event, const struct shim_ct_thread *self,
                      enum shim_watch_why why, bool begins) {
    struct shim_turns *turns = &watch->turns;
    if (turns->count == turns->room) {
        turns->full = turns->full || begins;
        return;
    }
    if (begins) {
        struct shim_turn *before = turns->count > 0 ? &turns->turn[turns->count - 1] : NULL;
        if (why == SHIM_WATCH_PREEMPTED) {
            before->site = shim_turn_site(&self->event);
            before->nth = *shim_turn_count(&watch->sites, self->event.thread, before->site) + 1;
        } else if (before != NULL && why != SHIM_WATCH_YIELDED) {
            before->upto = SHIM_TURN_WHOLE;
        }
        turns->turn[turns->count++] =
            (struct shim_turn){.thread = (uint8_t)event->thread, .preempts = why == SHIM_WATCH_PREEMPTED};
    }
    turns->turn[turns->count - 1].upto = (uint32_t)watch->thread[event->thread].steps;
    ++*shim_turn_count(&watch->sites, event->thread, shim_turn_site(event));
}

/* While it runs, for a crash leaves no time. */
static void name_thread(struct shim_watch *watch, const struct shim_ct_thread *thread) {
    struct shim_watch_thread *of = &watch->thread[shim_ct_number(thread)];
    for (size_t i = 0; i < sizeof of->name; i++) {
        of->name[i] = thread->name[i];
    }
    of->run = thread->run != NULL ? (const void *)(size_t)thread->run : (const void *)(size_t)thread->run_c11;
    of->site = thread->made;
    watch->threads = shim_ct.threads;
}

void shim_watch_decided(const struct shim_choice *choice, uint32_t pick, const struct shim_ct_thread *self) {
    struct shim_watch *watch = shim_ct.watch;
    const struct shim_event *event = choice->event[pick];
    struct shim_ct_thread *thread = &shim_ct.thread[event->thread];
    struct shim_watch_thread *of = &watch->thread[event->thread];
    bool is_first = shim_ct.steps == 1, begins = is_first || shim_ct.previous != event->thread;
    enum shim_watch_why why = is_first                             ? SHIM_WATCH_FIRST
                              : self->state == SHIM_CT_DONE        ? SHIM_WATCH_ENDED
                              : choice->current < 0                ? SHIM_WATCH_BLOCKED
                              : self->event.op == SHIM_OP_YIELD    ? SHIM_WATCH_YIELDED
                                                                   : SHIM_WATCH_PREEMPTED;
    cover(watch, event);
    of->steps++;
    of->recent += shim_ct.steps > watch->quarter;
    if (watch->keep) {
        note_turn(watch, event, self, why, begins);
    }
    shim_ct.previous = event->thread;
    if (watch->story) {
        if (of->steps == 1) {
            name_thread(watch, thread);
        }
        struct shim_watch_thread *own = &watch->thread[shim_ct_number(self)];
        if (own->bottom[0] == NULL && self->state != SHIM_CT_DONE) {
            void *deep[DEEPEST];
            int count = look_back(deep), from = count > SHIM_WATCH_MAKERS ? count - SHIM_WATCH_MAKERS : 0;
            for (int i = from; i < count; i++) {
                own->bottom[i - from] = deep[i];
            }
        }
        tell_turn(watch, thread, is_first ? NULL : self, why, begins);
    }
    struct shim_ct_object *object = thread->object;
    if (object != NULL && object->owner == SHIM_CT_NOBODY &&
        (event->op == SHIM_OP_LOCK || event->op == SHIM_OP_WRLOCK || event->op == SHIM_OP_RDLOCK)) {
        object->taken = event->site;
        object->reader = (int)event->thread;
    }
    if (event->op == SHIM_OP_ENTER || event->op == SHIM_OP_LEAVE) {
        thread->call = event->op == SHIM_OP_ENTER ? event->object : NULL;
    }
}

void shim_watch_note(struct shim_watch *watch, const char *text, void *const *frames, int count) {
    const struct shim_ct_thread *self = shim_ct_self();
    if (self == NULL || !watch->story || watch->notes == SHIM_WATCH_NOTES) {
        return;
    }
    struct shim_watch_note *note = &watch->note[watch->notes++];
    clear(note, sizeof *note);
    note->turn = (uint32_t)watch->story_count;
    note->thread = (uint32_t)shim_ct_number(self);
    note->call = self->call;
    for (size_t i = 0; text[i] != '\0' && i + 1 < sizeof note->text; i++) {
        note->text[i] = text[i];
    }
    for (int i = 0; i < count && i < SHIM_WATCH_MAKERS; i++) {
        note->frame[i] = frames[i];
    }
}

/* ---- the end ---------------------------------------------------------------------------------------- */

void shim_watch_stack(const struct shim_ct_thread *self) {
    struct shim_watch *watch = shim_ct.watch;
    if (watch != NULL && watch->story) {
        struct shim_watch_thread *of = &watch->thread[shim_ct_number(self)];
        of->frame_count = stack_below(self->event.site, of->frame, SHIM_WATCH_FRAMES);
    }
}

void shim_watch_end(void) {
    struct shim_watch *watch = shim_ct.watch;
    for (uint32_t i = 0; i < shim_ct.threads; i++) {
        const struct shim_ct_thread *thread = &shim_ct.thread[i];
        struct shim_watch_thread *of = &watch->thread[i];
        name_thread(watch, thread);
        of->state = thread->state == SHIM_CT_DONE    ? SHIM_WATCH_OVER
                    : thread->state == SHIM_CT_READY ? SHIM_WATCH_READY
                                                     : SHIM_WATCH_RUNS;
        of->able = thread->state == SHIM_CT_READY && shim_ct_enabled(thread);
        describe_op(thread, &of->pending);
    }
}

void shim_watch_begin(void) {
    struct shim_watch *watch = shim_ct.watch;
    void *frames[2];
    watch->quarter = shim_ct.steps_max - shim_ct.steps_max / 4;
    if (made_any) {
        memset(made, 0, sizeof made);
        memset(made_numbers, 0, sizeof made_numbers);
        made_any = false;
    }
    if (watch->story) {
        (void)backtrace(frames, 2); /* the first one loads the unwinder, and allocates */
    }
}

void shim_watch_clear(struct shim_watch *watch) {
    watch->runs++;
    watch->turns = (struct shim_turns){.turn = watch->turn, .room = SHIM_WATCH_TURNS};
    for (uint32_t i = 0; i < watch->threads; i++) {
        memset(&watch->thread[i], 0, sizeof watch->thread[i]);
    }
    if (watch->keep) {
        memset(&watch->sites, 0, sizeof watch->sites);
    }
    watch->story_count = watch->threads = watch->new_count = watch->notes = 0;
    watch->new_full = false;
}
