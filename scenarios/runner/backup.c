/* scenarios/runner/backup.c - the other side of a streaming backup.
 *
 * An application that backs up asks which files there are, opens each, reads it to its end and closes it. `copy`
 * is that: a fixed series of calls for every file of the list that the actor was given last. In one-instance
 * mode (the list came from a call without an instance) it is JetOpenFile, JetReadFile and JetCloseFile. The series ends at
 * the first call that fails; what it has open then stays open, and the script may go on from there.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "scenarios/runner/world.h"
#include "shims/disk/disk.h"

#define CHUNK    (1u << 16) /* bytes of one read: whole pages of every size */
#define BOUNDARY 4096u      /* what an engine may want of the buffer */
#define NAME_MAX_BYTES 256

void scn_folder_path(const struct scn_world *world, const char *name, char *path, size_t size)
{
    snprintf(path, size, "%.900s%.64s" SCN_SEPARATOR, world->directory, name);
}

/* ---- lists ---- */

static uint32_t unit(enum shim_variant variant)
{
    return variant == SHIM_W ? 2 : 1;
}

static unsigned character(const struct scn_list *list, uint32_t at)
{
    uint16_t wide;
    if (list->variant != SHIM_W) {
        return list->names[at];
    }
    memcpy(&wide, list->names + at, sizeof wide);
    return wide;
}

/* Bytes of the list without the nul that ends it as a whole, as far as there are `size`. */
static uint32_t measure(const struct scn_list *list, uint32_t size)
{
    uint32_t at = 0, step = unit(list->variant);
    bool start = true;
    while (at + step <= size && !(start && character(list, at) == 0)) {
        start = character(list, at) == 0;
        at += step;
    }
    return at + step <= size ? at : 0; /* a list that does not end is none */
}

void scn_keep_list(struct scn_player *player, const struct shim_call *call)
{
    struct scn_list *list;
    bool legacy = false;
    switch (call->fn) {
    case SHIM_FN_JetGetAttachInfo:
        legacy = true;
        list = &player->databases;
        break;
    case SHIM_FN_JetGetAttachInfoInstance:
        list = &player->databases;
        break;
    case SHIM_FN_JetGetLogInfo:
        legacy = true;
        list = &player->logs;
        break;
    case SHIM_FN_JetGetLogInfoInstance:
    case SHIM_FN_JetGetLogInfoInstance2:
        list = &player->logs;
        break;
    default:
        return;
    }
    int data = shim_param_with_role(call->fn, SHIM_ROLE_OUT_DATA);
    int size = shim_param_with_role(call->fn, SHIM_ROLE_IN_SIZE);
    list->size = 0;
    if (data < 0 || size < 0 || call->args[data] == 0) {
        return;
    }
    uint32_t most = (uint32_t)call->args[size] < SCN_LIST ? (uint32_t)call->args[size] : SCN_LIST;
    memcpy(list->names, (const void *)(uintptr_t)call->args[data], most);
    list->variant = call->variant;
    list->legacy = legacy;
    list->size = measure(list, most);
    if (list->size == 0 && most >= unit(list->variant) && character(list, 0) != 0) {
        scn_event(player, SHIM_EVENT_NOTE, "the list of files does not end in the buffer",
                  shim_function(call->fn)->name, 0, 0, 0, 0);
    }
}

/* The name behind the last separator, in ASCII: files of a run have no other names. */
static void base_name(const struct scn_list *list, uint32_t at, char *name, size_t size)
{
    size_t used = 0;
    for (; character(list, at) != 0; at += unit(list->variant)) {
        unsigned c = character(list, at);
        if (c == '/' || c == '\\') {
            used = 0;
        } else if (used + 1 < size) {
            name[used++] = c < 0x80 ? (char)c : '_';
        }
    }
    name[used] = '\0';
}

/* ---- folders ---- */

/* Notes the generation that the name of a log file gives behind the three letters of its base: edb0001F.log. */
static void note_generation(struct scn_world *world, const char *folder, const char *file)
{
    char *end = NULL;
    int64_t generation =
        strlen(file) > 3 ? (int64_t)strtoull(file + JET_BASE_NAME_LENGTH, &end, 16) : 0;
    if (generation <= 0 || *end != '.') {
        return;
    }
    pthread_mutex_lock(&world->lock);
    int at = 0;
    while (at < world->folder_count && strcmp(world->folders[at].name, folder) != 0) {
        at++;
    }
    if (at == world->folder_count && at < SCN_MAX_FOLDERS) {
        world->folder_count++;
        world->folders[at] = (struct scn_folder){folder, generation, generation};
    }
    if (at < SCN_MAX_FOLDERS) {
        struct scn_folder *kept = &world->folders[at];
        kept->low = generation < kept->low ? generation : kept->low;
        kept->high = generation > kept->high ? generation : kept->high;
    }
    pthread_mutex_unlock(&world->lock);
}

/* A full copy of the databases begins a new backup: a folder that has one with log files gets another name. */
static void clear_folder(struct scn_world *world, const char *folder)
{
    char from[SCN_PATH], to[SCN_PATH + 32];
    int found = -1;
    pthread_mutex_lock(&world->lock);
    for (int i = 0; i < world->folder_count; i++) {
        found = strcmp(world->folders[i].name, folder) == 0 ? i : found;
    }
    if (found >= 0) {
        world->folders[found] = world->folders[--world->folder_count];
    }
    int number = world->folders_before++;
    pthread_mutex_unlock(&world->lock);
    if (found >= 0) {
        scn_folder_path(world, folder, from, sizeof from);
        from[strlen(from) - 1] = '\0';
        snprintf(to, sizeof to, "%s-before-%d", from, number);
        rename(from, to);
    }
}

/* The file that a copy is written to; NULL with a note if there can be none. */
static FILE *create(struct scn_player *player, const char *folder, const char *name)
{
    char path[SCN_PATH + NAME_MAX_BYTES];
    scn_folder_path(player->world, folder, path, SCN_PATH);
    scn_make_directory(path);
    strcat(path, name);
    FILE *file = fopen(path, "wb");
    if (file == NULL) {
        scn_event(player, SHIM_EVENT_NOTE, "cannot write the copy of a file", path, 0, 0, 0, 0);
    } else {
        shim_disk_leave_out(path);
    }
    return file;
}

void scn_note_backup(struct scn_player *player, const struct scn_call *step)
{
    for (int i = 0; i < step->arg_count; i++) {
        if (step->args[i].value.kind == SCN_VALUE_TEXT &&
            strcmp(shim_function(step->fn)->params[step->args[i].param].name, "szBackupPath") == 0) {
            scn_event(player, SHIM_EVENT_COPIED, step->args[i].value.text, NULL, 2, 0, 0, 0);
        }
    }
}

/* ---- copy ---- */

struct series {
    enum shim_fn open, read, close;
    uint64_t instance[1];
    int first; /* 1 if the instance is the first argument */
};

static JET_ERR invoke(struct scn_player *player, const struct series *series, enum shim_fn fn,
                      enum shim_variant variant, const uint64_t *rest, int count)
{
    uint64_t args[SHIM_MAX_ARGS] = {series->instance[0]};
    memcpy(args + series->first, rest, (size_t)count * sizeof rest[0]);
    return scn_invoke(player, fn, variant, args, NULL, -1);
}

/* Reads the open file to its end. 0, or -1: a call failed. */
static int drain(struct scn_player *player, const struct series *series, uint64_t handle,
                 unsigned char *room, FILE *out)
{
    uint32_t actual = 1;
    while (actual != 0) {
        actual = 0;
        JET_ERR result = invoke(player, series, series->read, SHIM_PLAIN,
                                (uint64_t[]){handle, (uintptr_t)room, CHUNK, (uintptr_t)&actual}, 4);
        if (result < 0 || actual > CHUNK) {
            return -1;
        }
        if (out != NULL && fwrite(room, 1, actual, out) != actual) {
            scn_event(player, SHIM_EVENT_NOTE, "cannot write the copy of a file", NULL, 0, 0, 0, 0);
            return -1;
        }
    }
    return 0;
}

static int copy_file(struct scn_player *player, const struct scn_list *list, uint32_t at,
                     const struct series *series, unsigned char *room, const struct scn_copy *copy)
{
    char name[NAME_MAX_BYTES];
    uint64_t handle = SCN_NIL;
    uint32_t low = 0, high = 0;
    FILE *out = NULL;
    if (invoke(player, series, series->open, list->variant,
               (uint64_t[]){(uintptr_t)(list->names + at), (uintptr_t)&handle, (uintptr_t)&low,
                            (uintptr_t)&high},
               4) < 0) {
        return -1;
    }
    base_name(list, at, name, sizeof name);
    if (copy->folder != NULL && (out = create(player, copy->folder, name)) == NULL) {
        return -1;
    }
    int result = drain(player, series, handle, room, out);
    if (out != NULL && fclose(out) != 0) {
        result = -1;
    }
    if (result == 0 &&
        invoke(player, series, series->close, SHIM_PLAIN, (uint64_t[]){handle}, 1) < 0) {
        result = -1;
    }
    if (result == 0 && copy->folder != NULL && copy->logs) {
        note_generation(player->world, copy->folder, name);
    }
    return result;
}

void scn_play_copy(struct scn_player *player, const struct scn_copy *copy)
{
    struct scn_list *list = copy->logs ? &player->logs : &player->databases;
    struct series series = {SHIM_FN_JetOpenFileInstance, SHIM_FN_JetReadFileInstance,
                            SHIM_FN_JetCloseFileInstance, {0}, 1};
    scn_refresh_env(player);
    series.instance[0] = player->env.instance;
    if (list->legacy) {
        series = (struct series){SHIM_FN_JetOpenFile, SHIM_FN_JetReadFile, SHIM_FN_JetCloseFile,
                                 {0}, 0};
    }
    unsigned char *memory = malloc(CHUNK + BOUNDARY);
    if (memory == NULL) {
        return;
    }
    unsigned char *room = memory + (BOUNDARY - (uintptr_t)memory % BOUNDARY) % BOUNDARY;
    if (copy->folder != NULL && !copy->logs) {
        clear_folder(player->world, copy->folder);
    }
    uint32_t at = 0;
    bool whole = list->size > 0;
    while (whole && at < list->size) {
        whole = copy_file(player, list, at, &series, room, copy) == 0;
        while (character(list, at) != 0) {
            at += unit(list->variant);
        }
        at += unit(list->variant);
    }
    free(memory);
    list->size = 0;
    if (whole && copy->folder != NULL) {
        scn_event(player, SHIM_EVENT_COPIED, copy->folder, NULL, copy->logs, 0, 0, 0);
    }
}
