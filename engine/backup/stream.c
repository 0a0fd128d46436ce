/* The files of a backup: databases page by page, log files as they are. */
#include <string.h>

#include "engine/backup/backup.h"
#include "engine/table/schema.h"

#define BOUNDARY 4096u /* of the buffers callers read into */

enum { FIRST_PAGES_DATABASE = 3, FIRST_PAGES_LOG = 2 };

/* ---- names ----------------------------------------------------------------------------------- */

static JET_ERR add_bytes(struct ese_backup_names *names, const char *bytes, size_t size)
{
    char *longer = ese_realloc(names->bytes, names->size + size);
    if (longer == NULL) {
        return JET_errOutOfMemory;
    }
    memcpy(longer + names->size, bytes, size);
    names->bytes = longer;
    names->size += (uint32_t)size;
    return JET_errSuccess;
}

JET_ERR ese_names_add(struct ese_backup_names *names, const char *name)
{
    return add_bytes(names, name, strlen(name) + 1);
}

JET_ERR ese_names_end(struct ese_backup_names *names)
{
    return add_bytes(names, "", 1);
}

static JET_ERR attached(struct ese_backup *backup, struct ese_backup_names *names)
{
    JET_ERR err = ese_backup_check(backup);
    if (err == JET_errSuccess && !backup->full) {
        err = JET_errInvalidBackupSequence;
    }
    if (err != JET_errSuccess) {
        return err;
    }
    for (uint32_t id = 1; id <= ESE_DATABASE_MAX && err == JET_errSuccess; id++) {
        if ((backup->databases >> (id - 1) & 1) != 0) {
            err = ese_names_add(names, ese_database_by_id(backup->store, id)->path);
        }
    }
    if (err == JET_errSuccess) {
        err = ese_names_end(names);
    }
    if (err != JET_errSuccess) {
        ese_backup_finish(backup);
    }
    return err;
}

JET_ERR ese_backup_attached(struct ese_backup *backup, struct ese_backup_names *names)
{
    *names = (struct ese_backup_names){0};
    ese_mutex_lock(&backup->lock);
    JET_ERR err = attached(backup, names);
    ese_mutex_unlock(&backup->lock);
    if (err != JET_errSuccess) {
        ese_free(names->bytes);
        *names = (struct ese_backup_names){0};
    }
    return err;
}

/* ---- open ------------------------------------------------------------------------------------ */

static struct ese_database *database_of(const struct ese_backup *backup, const char *path)
{
    for (uint32_t id = 1; id <= ESE_DATABASE_MAX; id++) {
        if ((backup->databases >> (id - 1) & 1) != 0) {
            struct ese_database *database = ese_database_by_id(backup->store, id);
            if (ese_path_same(database->path, path)) {
                return database;
            }
        }
    }
    return NULL;
}

static JET_ERR open_database(struct ese_backup *backup, struct ese_database *database)
{
    if (backup->phase != ESE_BACKUP_DATABASES) {
        ese_backup_finish(backup);
        return JET_errInvalidBackupSequence;
    }
    uint32_t page_size = backup->store->config.page_size;
    backup->file.database = database;
    backup->file.size = ese_database_file_size(database) / page_size * page_size;
    return JET_errSuccess;
}

/* The generation whose file this is, when it is to be copied. */
static JET_ERR find_generation(const struct ese_backup *backup, const char *path,
                               uint32_t *generation)
{
    JET_ERR err = JET_errSuccess;
    *generation = 0;
    for (uint32_t at = backup->mark.genLow;
         at <= backup->mark.genHigh && *generation == 0 && err == JET_errSuccess; at++) {
        char *name;
        err = ese_log_closed_path(ese_store_log(backup->store), at, &name);
        if (err == JET_errSuccess) {
            *generation = ese_path_same(name, path) ? at : 0;
            ese_free(name);
        }
    }
    return err;
}

static JET_ERR open_plain(struct ese_backup *backup, const char *path)
{
    if (backup->phase == ESE_BACKUP_DATABASES) {
        return JET_errDatabaseNotFound;
    }
    JET_ERR err = find_generation(backup, path, &backup->file.generation);
    if (err == JET_errSuccess) {
        err = ese_file_open(path, ESE_FILE_READ_ONLY, &backup->file.file);
    }
    if (err == JET_errSuccess) {
        err = ese_file_size(backup->file.file, &backup->file.size);
    }
    if (err != JET_errSuccess) {
        ese_backup_finish(backup);
    }
    return err == JET_errFileNotFound || err == JET_errInvalidPath ? JET_errMissingFileToBackup
                                                                   : err;
}

static JET_ERR open(struct ese_backup *backup, const char *path)
{
    JET_ERR err = ese_backup_check(backup);
    if (err != JET_errSuccess) {
        return err;
    }
    if (path == NULL || *path == 0) {
        return JET_errInvalidParameter;
    }
    if (backup->file.handle != 0) {
        return JET_errOutOfMemory;
    }
    char *absolute;
    err = ese_path_absolute(path, &absolute);
    if (err == JET_errSuccess) {
        struct ese_database *database = database_of(backup, absolute);
        if (database == NULL && backup->phase == ESE_BACKUP_LOGS) {
            database = ese_database_by_path(backup->store, absolute); /* no log, whatever it is */
        }
        err = database != NULL ? open_database(backup, database) : open_plain(backup, absolute);
        ese_free(absolute);
    } else if (backup->phase == ESE_BACKUP_LOGS) {
        ese_backup_finish(backup);
    }
    return err;
}

JET_ERR ese_backup_open(struct ese_backup *backup, const char *path, JET_HANDLE *handle,
                        uint64_t *size)
{
    ese_mutex_lock(&backup->lock);
    JET_ERR err = open(backup, path);
    if (err == JET_errSuccess) {
        backup->file.handle = ++backup->handles;
        *handle = backup->file.handle;
        *size = backup->file.size;
    }
    ese_mutex_unlock(&backup->lock);
    return err;
}

/* ---- read, close ----------------------------------------------------------------------------- */

static JET_ERR read_file(struct ese_backup *backup, unsigned char *out, uint32_t size,
                         uint32_t *actual)
{
    struct ese_backup_file *file = &backup->file;
    uint64_t left = file->size - file->offset;
    uint32_t wanted = size < left ? size : (uint32_t)left;
    JET_ERR err = JET_errSuccess;
    if (wanted != 0 && file->database != NULL) {
        uint32_t page_size = backup->store->config.page_size;
        err = ese_database_read_copy(file->database, (uint32_t)(file->offset / page_size),
                                     wanted / page_size, &backup->mark,
                                     (uint32_t)(file->size / page_size), out);
    } else if (wanted != 0) {
        err = ese_file_read(file->file, file->offset, out, wanted);
    }
    if (err == JET_errSuccess) {
        file->offset += wanted;
        *actual = wanted;
    } else if (backup->phase == ESE_BACKUP_DATABASES) {
        ese_backup_close_file(backup);
    } else {
        ese_backup_finish(backup);
    }
    return err;
}

static JET_ERR read_call(struct ese_backup *backup, JET_HANDLE handle, void *out, uint32_t size,
                         uint32_t *actual)
{
    JET_ERR err = ese_backup_check(backup);
    if (err != JET_errSuccess) {
        return err;
    }
    const struct ese_backup_file *file = &backup->file;
    uint32_t page_size = backup->store->config.page_size;
    uint32_t least = (file->database != NULL ? FIRST_PAGES_DATABASE : FIRST_PAGES_LOG) * page_size;
    if (handle == 0 || handle != file->handle || out == NULL || (uintptr_t)out % BOUNDARY != 0 ||
        size % page_size != 0 || (file->offset == 0 && size < least)) {
        return JET_errInvalidParameter;
    }
    return read_file(backup, out, size, actual);
}

JET_ERR ese_backup_read(struct ese_backup *backup, JET_HANDLE handle, void *out, uint32_t size,
                        uint32_t *actual)
{
    *actual = 0;
    ese_mutex_lock(&backup->lock);
    JET_ERR err = read_call(backup, handle, out, size, actual);
    ese_mutex_unlock(&backup->lock);
    return err;
}

JET_ERR ese_backup_close(struct ese_backup *backup, JET_HANDLE handle)
{
    struct ese_backup_file *file = &backup->file;
    JET_ERR err = JET_errSuccess;
    ese_mutex_lock(&backup->lock);
    if (!backup->in_progress || backup->snapshot) {
        err = JET_errNoBackup;
    } else if (handle == 0 || handle != file->handle) {
        err = JET_errInvalidParameter;
    } else {
        if (file->offset == file->size && file->database != NULL) {
            backup->copied |= (uint32_t)1 << (file->database->id - 1);
        } else if (file->offset == file->size && file->generation != 0) {
            backup->log_copied[file->generation - backup->mark.genLow] = true;
        }
        ese_backup_close_file(backup);
    }
    ese_mutex_unlock(&backup->lock);
    return err;
}
