/* What a restore finds in the folder of a backup. */
#include <string.h>

#include "engine/backup/directory.h"
#include "engine/table/schema.h"

struct unpacking {
    const char *folder, *to;
    const struct ese_backup_watch *watch;
    struct ese_log_map *map;
    uint32_t count, first;
};

void ese_restore_map_free(struct ese_log_map *map, uint32_t count)
{
    for (uint32_t i = 0; map != NULL && i < count; i++) {
        ese_free((void *)(uintptr_t)map[i].old_path);
        ese_free((void *)(uintptr_t)map[i].new_path);
    }
    ese_free(map);
}

static const char *name_in(const char *path)
{
    const char *name = path;
    for (const char *at = path; *at != 0; at++) {
        name = ese_path_is_separator(*at) ? at + 1 : name;
    }
    return name;
}

/* What the file says of itself when it is the copy of a database: where the original was, and its first log file. */
static JET_ERR look_at(const char *path, char **origin, uint32_t *first)
{
    struct ese_file *file;
    struct ese_header header;
    *origin = NULL;
    JET_ERR err = ese_file_open(path, ESE_FILE_READ_ONLY, &file);
    if (err != JET_errSuccess) {
        return err;
    }
    if (ese_header_read(file, &header, NULL) == JET_errSuccess && header.copy.genLow != 0) {
        *first = header.copy.genLow;
        err = ese_header_origin(file, header.page_size, origin);
    }
    ese_file_close(file);
    return err;
}

static JET_ERR add(struct unpacking *job, const char *copy, char *origin, uint32_t first)
{
    struct ese_log_map *longer = ese_realloc(job->map, (job->count + 1) * sizeof *longer);
    char *target = NULL;
    if (longer == NULL) {
        ese_free(origin);
        return JET_errOutOfMemory;
    }
    job->map = longer;
    JET_ERR err = JET_errSuccess;
    if (job->to != NULL) {
        err = ese_path_join(job->to, name_in(origin), &target);
    } else if ((target = ese_strdup(origin)) == NULL) {
        err = JET_errOutOfMemory;
    }
    if (err != JET_errSuccess) {
        ese_free(origin);
        return err;
    }
    job->map[job->count++] = (struct ese_log_map){.old_path = origin, .new_path = target};
    job->first = job->first == 0 || first < job->first ? first : job->first;
    err = ese_file_copy(copy, target);
    return err == JET_errSuccess ? job->watch->progress(job->watch->arg, job->count, job->count + 1) : err;
}

static JET_ERR visit(void *arg, const char *name, bool is_directory)
{
    struct unpacking *job = arg;
    char *path, *origin = NULL;
    uint32_t first = 0;
    if (is_directory) {
        return JET_errSuccess;
    }
    JET_ERR err = ese_path_join(job->folder, name, &path);
    if (err != JET_errSuccess) {
        return err;
    }
    err = look_at(path, &origin, &first);
    if (err == JET_errSuccess && origin != NULL) {
        err = add(job, path, origin, first);
    }
    ese_free(path);
    return err;
}

JET_ERR ese_backup_unpack(const char *from, const char *to, const struct ese_backup_watch *watch,
                          struct ese_log_map **map, uint32_t *count, uint32_t *first, char **logs)
{
    struct unpacking job = {.to = to, .watch = watch};
    char *folder = NULL;
    if (!ese_path_is_directory(from) || (to != NULL && !ese_path_is_directory(to))) {
        return JET_errInvalidPath;
    }
    JET_ERR err = ese_path_join(from, "new", &folder);
    enum ese_path_kind kind = ESE_PATH_NONE;
    if (err == JET_errSuccess) {
        err = ese_path_look(folder, &kind);
    }
    if (err == JET_errSuccess && kind != ESE_PATH_DIRECTORY) {
        ese_free(folder);
        folder = ese_strdup(from);
        err = folder != NULL ? JET_errSuccess : JET_errOutOfMemory;
    }
    if (err == JET_errSuccess) {
        job.folder = folder;
        err = ese_directory_list(folder, visit, &job);
    }
    if (err != JET_errSuccess) {
        ese_restore_map_free(job.map, job.count);
        ese_free(folder);
        return err;
    }
    *map = job.map;
    *count = job.count;
    *first = job.first;
    *logs = folder;
    return err;
}
