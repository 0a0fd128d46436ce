/* shims/schedule/story_posix.c - what a watch saw, as text that outlives the process. */
#include "shims/schedule/story.h"

#include <dlfcn.h>
#include <inttypes.h>
#include <link.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "shims/call/api.h"
#include "shims/schedule/control.h"

/* The name of the program itself may be that by which it was called. */
static const char *module_name(const char *name)
{
    static char own[1024];
    if (name[0] == '/') {
        return name;
    }
    ssize_t length = own[0] != '\0' ? 0 : readlink("/proc/self/exe", own, sizeof own - 1);
    if (length > 0) {
        own[length] = '\0';
    }
    return own[0] != '\0' ? own : name;
}

/* A line: the module and the offset of an address in it. `back` leads from where a call returns to into the call. */
static void put_place(FILE *file, const void *address, size_t back)
{
    Dl_info info;
    struct link_map *map = NULL;
    if (address == NULL) {
        fprintf(file, "-\n");
    } else if (dladdr1(address, &info, (void **)&map, RTLD_DL_LINKMAP) == 0 || info.dli_fname == NULL || map == NULL) {
        fprintf(file, "?\n");
    } else {
        fprintf(file, "%s(+0x%zx)[%p]\n", module_name(info.dli_fname),
                (size_t)((uintptr_t)address - (uintptr_t)map->l_addr) - back, address);
    }
}

/* Frames of the program that has the scheduler in it are no part of the code under test. */
static bool is_own(const void *address)
{
    Dl_info frame, own;
    return dladdr(address, &frame) != 0 && dladdr((const void *)(uintptr_t)&shim_control_run, &own) != 0 &&
           frame.dli_fbase == own.dli_fbase;
}

static void put_frames(FILE *file, const void *const *frames, int count)
{
    for (int i = 0; i < count && frames[i] != NULL; i++) {
        if (!is_own(frames[i])) {
            put_place(file, frames[i], 1);
        }
    }
    fprintf(file, ".\n");
}

static const char *call_name(const struct shim_function *call)
{
    return call != NULL ? call->name : "-";
}

static void put_op(FILE *file, const struct shim_watch_op *op)
{
    const struct shim_watch_object *what = &op->what;
    bool call = op->op == SHIM_OP_ENTER || op->op == SHIM_OP_LEAVE;
    fprintf(file, "op %d %d %d %d %s %s\n", (int)op->op, op->write, op->timed, op->target,
            call ? call_name(op->object) : call_name(op->call), op->file[0] != '\0' ? op->file : "-");
    put_place(file, op->site != NULL && !is_own(op->site) ? op->site : NULL, 1);
    fprintf(file, "object %d %" PRIu32 " %d %d %" PRIu32 " %s %zx\n", what->kind, what->number, what->owner,
            what->reads, what->readers, call_name(what->made_in), (size_t)(what->kind >= 0 ? what->key : op->object));
    fprintf(file, "data ");
    put_place(file, call || op->op == SHIM_OP_FILE ? NULL : what->kind >= 0 ? what->key : op->object, 0);
    put_place(file, what->taken != NULL && !is_own(what->taken) ? what->taken : NULL, 1);
    put_frames(file, what->maker, SHIM_WATCH_MAKERS);
}

void shim_story_write(FILE *file, const struct shim_watch *watch)
{
    for (uint32_t i = 0; i < watch->threads; i++) {
        const struct shim_watch_thread *thread = &watch->thread[i];
        fprintf(file, "thread %" PRIu32 " %d %d %" PRIu64 " %" PRIu64 " %s\n", i, (int)thread->state, thread->able,
                thread->steps, thread->recent, thread->name[0] != '\0' ? thread->name : "-");
        put_place(file, thread->run != NULL && !is_own(thread->run) ? thread->run : NULL, 0);
        put_place(file, thread->site, 1);
        put_frames(file, thread->bottom, SHIM_WATCH_MAKERS);
        put_op(file, &thread->pending);
        put_frames(file, thread->frame, thread->frame_count);
    }
    for (size_t i = 0; i < watch->story_count; i++) {
        const struct shim_watch_turn *turn = &watch->told[i];
        fprintf(file, "turn %" PRIu32 " %" PRIu32 " %" PRIu32 " %d %" PRIu32 " %s %s\n", turn->thread, turn->steps,
                turn->calls, (int)turn->why, turn->before, call_name(turn->first_call), call_name(turn->last_call));
        put_op(file, &turn->first);
        put_op(file, &turn->last);
        put_op(file, &turn->pending);
    }
    for (uint32_t i = 0; i < watch->notes; i++) {
        const struct shim_watch_note *note = &watch->note[i];
        fprintf(file, "note %" PRIu32 " %" PRIu32 " %s %s\n", note->turn, note->thread, call_name(note->call), note->text);
        put_frames(file, note->frame, SHIM_WATCH_MAKERS);
    }
}

/* ---- coverage --------------------------------------------------------------------------------------- */

static uint64_t mix(uint64_t hash, const char *text)
{
    for (; *text != '\0'; text++) {
        hash = (hash ^ (unsigned char)*text) * 0x100000001B3u;
    }
    return hash;
}

/* The same on every machine with the same files: name of the module, offset, operation. */
static uint64_t hash_of(uint64_t hash, enum shim_op op, const void *site)
{
    Dl_info info;
    char text[40];
    if (site != NULL && (op == SHIM_OP_ENTER || op == SHIM_OP_LEAVE)) {
        hash = mix(hash, ((const struct shim_function *)site)->name);
    } else if (site != NULL && dladdr(site, &info) != 0 && info.dli_fname != NULL) {
        const char *base = strrchr(info.dli_fname, '/');
        snprintf(text, sizeof text, "+%zx", (size_t)((uintptr_t)site - (uintptr_t)info.dli_fbase));
        hash = mix(mix(hash, base != NULL ? base : info.dli_fname), text);
    }
    return (hash ^ (uint64_t)op) * 0x100000001B3u;
}

uint64_t shim_coverage_hash(const struct shim_watch_place *place)
{
    uint64_t hash = 0xCBF29CE484222325u;
    if (place->conflict) {
        hash = hash_of(hash, place->before_op, place->before);
    }
    return hash_of(hash, place->op, place->site);
}

void shim_coverage_write(FILE *file, const struct shim_watch *watch)
{
    for (uint32_t i = 0; i < watch->new_count; i++) {
        const struct shim_watch_place *place = &watch->fresh[i];
        fprintf(file, "%c %016" PRIx64 "\n", place->conflict ? 'c' : 'p', shim_coverage_hash(place));
    }
}

/* ---- the place of a deadlock ------------------------------------------------------------------------ */

static int awaited_by(const struct shim_watch *watch, uint32_t thread)
{
    const struct shim_watch_thread *of = &watch->thread[thread];
    const struct shim_watch_op *op = &of->pending;
    if (of->state == SHIM_WATCH_OVER || of->able) {
        return -1;
    }
    int awaited = op->op == SHIM_OP_JOIN                             ? op->target
                  : op->op == SHIM_OP_LOCK || op->op == SHIM_OP_RDLOCK || op->op == SHIM_OP_WRLOCK ||
                          op->op == SHIM_OP_ONCE                     ? op->what.owner
                                                                     : -1;
    return awaited >= 0 && (uint32_t)awaited < watch->threads ? awaited : -1;
}

static bool is_in_circle(const struct shim_watch *watch, uint32_t thread)
{
    int at = (int)thread;
    for (uint32_t i = 0; i < watch->threads && at >= 0; i++) {
        at = awaited_by(watch, (uint32_t)at);
        if (at == (int)thread) {
            return true;
        }
    }
    return false;
}

static int by_text(const void *a, const void *b)
{
    return strcmp(a, b);
}

void shim_story_place(const struct shim_watch *watch, enum shim_run how, char *text, size_t size)
{
    char places[8][48];
    size_t count = 0, length = 0;
    bool circle = false;
    text[0] = '\0';
    for (uint32_t i = 0; how == SHIM_RUN_DEADLOCK && i < watch->threads; i++) {
        circle = circle || is_in_circle(watch, i);
    }
    for (uint32_t i = 0; how == SHIM_RUN_DEADLOCK && i < watch->threads && count < 8; i++) {
        const struct shim_watch_thread *of = &watch->thread[i];
        Dl_info info;
        bool told = circle ? is_in_circle(watch, i) : of->name[0] != '\0' && of->state != SHIM_WATCH_OVER;
        if (told && of->pending.site != NULL && dladdr(of->pending.site, &info) != 0 && info.dli_fname != NULL) {
            const char *base = strrchr(info.dli_fname, '/');
            snprintf(places[count++], sizeof places[0], "%.30s+0x%zx", base != NULL ? base + 1 : info.dli_fname,
                     (size_t)((uintptr_t)of->pending.site - (uintptr_t)info.dli_fbase));
        }
    }
    qsort(places, count, sizeof places[0], by_text);
    for (size_t i = 0; i < count; i++) {
        if (i == 0 || strcmp(places[i], places[i - 1]) != 0) {
            int wrote = snprintf(text + length, size - length, "%s%s", length > 0 ? " and " : "", places[i]);
            length += wrote > 0 && (size_t)wrote < size - length ? (size_t)wrote : 0;
        }
    }
}
