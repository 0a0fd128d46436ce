/* JetBackup: a backup whose other side is a folder. */
#include "engine/backup/directory.h"

#include <stdio.h>
#include <string.h>

#include "engine/table/schema.h"

#define BOUNDARY   4096u
#define READ_PAGES 64u

struct job {
    struct ese_backup *backup;
    const struct ese_backup_request *request;
    char *folder;                 /* where the files go */
    struct ese_backup_names made; /* without the end of a list */
    unsigned char *room, *aligned;
    uint32_t room_size;
    uint32_t done, total; /* files */
};

/* ---- folders --------------------------------------------------------------------------------- */

static JET_ERR note_entry(void *arg, const char *name, bool is_directory)
{
    (void)arg, (void)name, (void)is_directory;
    return JET_errBackupDirectoryNotEmpty;
}

static JET_ERR remove_entry(void *arg, const char *name, bool is_directory)
{
    char *path;
    JET_ERR err = ese_path_join(arg, name, &path);
    if (err == JET_errSuccess) {
        err = is_directory ? JET_errDeleteBackupFileFail : ese_path_remove(path);
        ese_free(path);
    }
    return err;
}

/* The folder and the files in it; there may be none. */
static JET_ERR remove_folder(const char *path)
{
    enum ese_path_kind kind;
    JET_ERR err = ese_path_look(path, &kind);
    if (err != JET_errSuccess || kind != ESE_PATH_DIRECTORY) {
        return err;
    }
    err = ese_directory_list(path, remove_entry, (void *)(uintptr_t)path);
    return err == JET_errSuccess ? ese_path_remove_directory(path) : err;
}

/* The folder the files go to: there, and for a full backup empty. */
static JET_ERR prepare_folder(struct job *job)
{
    const struct ese_backup_request *request = job->request;
    bool incremental = (request->grbit & JET_bitBackupIncremental) != 0;
    bool atomic = !incremental && (request->grbit & JET_bitBackupAtomic) != 0;
    if (!ese_path_is_directory(request->path)) {
        JET_ERR err = request->make_path ? ese_path_make_directories(request->path)
                                         : JET_errInvalidPath;
        if (err != JET_errSuccess) {
            return err;
        }
    }
    JET_ERR err = JET_errSuccess;
    if (atomic || incremental) {
        err = ese_path_join(request->path, atomic ? "temp" : "new", &job->folder);
    }
    if (err == JET_errSuccess && incremental) {
        enum ese_path_kind kind;
        err = ese_path_look(job->folder, &kind);
        if (err == JET_errSuccess && kind != ESE_PATH_DIRECTORY) {
            ese_free(job->folder);
            job->folder = NULL;
        }
    }
    if (err == JET_errSuccess && job->folder == NULL) {
        job->folder = ese_strdup(request->path);
        err = job->folder != NULL ? JET_errSuccess : JET_errOutOfMemory;
    }
    if (err == JET_errSuccess && atomic) {
        err = remove_folder(job->folder);
        if (err == JET_errSuccess) {
            err = ese_path_make_directory(job->folder);
        }
        return err == JET_errSuccess ? err : JET_errMakeBackupDirectoryFail;
    }
    return err == JET_errSuccess && !incremental ? ese_directory_list(job->folder, note_entry, NULL)
                                                 : err;
}

/* A complete backup in temp takes the place of the one in new, which becomes the one in old. */
static JET_ERR promote(const struct job *job)
{
    char *newer = NULL, *older = NULL;
    JET_ERR err = ese_path_join(job->request->path, "new", &newer);
    if (err == JET_errSuccess) {
        err = ese_path_join(job->request->path, "old", &older);
    }
    if (err == JET_errSuccess && ese_path_is_directory(newer)) {
        err = remove_folder(older);
        if (err == JET_errSuccess) {
            err = ese_path_rename(newer, older);
        }
    }
    if (err == JET_errSuccess) {
        err = ese_path_rename(job->folder, newer);
    }
    ese_free(newer);
    ese_free(older);
    return err == JET_errSuccess ? ese_directory_sync(job->request->path) : err;
}

/* ---- files ----------------------------------------------------------------------------------- */

static const char *name_in(const char *path)
{
    const char *name = path;
    for (const char *at = path; *at != 0; at++) {
        if (ese_path_is_separator(*at)) {
            name = at + 1;
        }
    }
    return name;
}

/* A name that is free there: databases of several folders may have the same. */
static JET_ERR target_path(const struct job *job, const char *path, char **target)
{
    enum ese_path_kind kind;
    JET_ERR err = ese_path_join(job->folder, name_in(path), target);
    for (unsigned i = 1;
         err == JET_errSuccess && (err = ese_path_look(*target, &kind)) == JET_errSuccess && kind != ESE_PATH_NONE; i++) {
        char number[16];
        size_t size = strlen(name_in(path)) + sizeof number;
        char *name = ese_alloc(size);
        ese_free(*target);
        *target = NULL;
        if (name == NULL) {
            return JET_errOutOfMemory;
        }
        snprintf(name, size, "%u-%s", i, name_in(path));
        err = ese_path_join(job->folder, name, target);
        ese_free(name);
    }
    return err;
}

static JET_ERR copy_bytes(struct job *job, JET_HANDLE handle, struct ese_file *to)
{
    const struct ese_backup_watch *watch = &job->request->watch;
    uint64_t offset = 0;
    uint32_t actual = 1;
    JET_ERR err = JET_errSuccess;
    while (err == JET_errSuccess && actual != 0) {
        err = watch->poll(watch->arg);
        if (err == JET_errSuccess) {
            err = ese_backup_read(job->backup, handle, job->aligned, job->room_size, &actual);
        }
        if (err == JET_errSuccess && actual != 0) {
            err = ese_file_write(to, offset, job->aligned, actual);
            offset += actual;
        }
    }
    return err == JET_errSuccess ? ese_file_sync(to) : err;
}

static JET_ERR copy_file(struct job *job, const char *path)
{
    const struct ese_backup_watch *watch = &job->request->watch;
    JET_HANDLE handle = 0;
    uint64_t size = 0;
    char *target = NULL;
    struct ese_file *to = NULL;
    JET_ERR err = target_path(job, path, &target);
    if (err == JET_errSuccess) {
        err = ese_names_add(&job->made, target);
    }
    if (err == JET_errSuccess) {
        err = ese_backup_open(job->backup, path, &handle, &size);
    }
    if (err == JET_errSuccess) {
        err = ese_file_open(target, ESE_FILE_CREATE | ESE_FILE_TRUNCATE, &to);
    }
    if (err == JET_errSuccess) {
        err = copy_bytes(job, handle, to);
    }
    ese_file_close(to);
    ese_free(target);
    if (err == JET_errSuccess) {
        err = ese_backup_close(job->backup, handle);
    }
    if (err == JET_errSuccess) {
        job->done++;
        err = watch->progress(watch->arg, job->done, job->total > job->done ? job->total : job->done);
    }
    return err;
}

static JET_ERR copy_list(struct job *job, struct ese_backup_names *names)
{
    JET_ERR err = JET_errSuccess;
    for (const char *at = names->bytes; *at != 0; at += strlen(at) + 1) {
        job->total++;
    }
    for (const char *at = names->bytes; *at != 0 && err == JET_errSuccess; at += strlen(at) + 1) {
        err = copy_file(job, at);
    }
    ese_free(names->bytes);
    return err;
}

/* ---- all of it ------------------------------------------------------------------------------- */

static JET_ERR copy_all(struct job *job)
{
    struct ese_backup_names names;
    JET_ERR err = JET_errSuccess;
    if ((job->request->grbit & JET_bitBackupIncremental) == 0) {
        err = ese_backup_attached(job->backup, &names);
        if (err == JET_errSuccess) {
            err = copy_list(job, &names);
        }
    }
    if (err == JET_errSuccess) {
        err = ese_backup_logs(job->backup, false, &names, NULL, NULL);
    }
    if (err == JET_errSuccess) {
        err = copy_list(job, &names);
    }
    return err == JET_errSuccess ? ese_directory_sync(job->folder) : err;
}

static void remove_made(struct job *job)
{
    for (uint32_t at = 0; at < job->made.size; at += (uint32_t)strlen(job->made.bytes + at) + 1) {
        (void)ese_path_remove(job->made.bytes + at);
    }
}

static JET_ERR run(struct job *job)
{
    const JET_GRBIT grbit = job->request->grbit;
    bool atomic = (grbit & (JET_bitBackupAtomic | JET_bitBackupIncremental)) == JET_bitBackupAtomic;
    uint32_t page_size = job->request->store->config.page_size;
    job->room_size = READ_PAGES * page_size;
    job->room = ese_alloc(job->room_size + BOUNDARY);
    if (job->room == NULL) {
        return JET_errOutOfMemory;
    }
    job->aligned = job->room + (BOUNDARY - (uintptr_t)job->room % BOUNDARY) % BOUNDARY;
    JET_ERR err = prepare_folder(job);
    if (err != JET_errSuccess) {
        return err;
    }
    err = copy_all(job);
    if (err == JET_errSuccess) {
        err = ese_backup_decide(job->backup);
    }
    if (err == JET_errSuccess && atomic) {
        err = promote(job);
    }
    if (err == JET_errSuccess) {
        return ese_backup_truncate(job->backup);
    }
    remove_made(job);
    if (atomic) {
        (void)remove_folder(job->folder);
    }
    return err;
}

static JET_ERR begin(struct ese_backup *backup, const struct ese_backup_request *request)
{
    ese_backup_wait_for_thaw(backup);
    ese_mutex_lock(request->attach);
    JET_ERR err = ese_backup_begin(backup, request->store, request->circular,
                                   request->grbit & ~(JET_GRBIT)JET_bitBackupAtomic);
    ese_mutex_unlock(request->attach);
    return err;
}

JET_ERR ese_backup_to_folder(struct ese_backup *backup, const struct ese_backup_request *request)
{
    bool only_truncate = request->path == NULL || *request->path == 0;
    struct job job = {.backup = backup, .request = request};
    JET_ERR err = begin(backup, request);
    if (err != JET_errSuccess) {
        return err;
    }
    if (only_truncate) {
        (void)ese_backup_end(backup, JET_bitBackupEndAbort);
        return ese_log_truncate(ese_store_log(request->store));
    }
    err = request->watch.begun(request->watch.arg);
    if (err == JET_errSuccess) {
        err = run(&job);
    }
    (void)ese_backup_end(backup, err == JET_errSuccess ? JET_bitBackupEndNormal : JET_bitBackupEndAbort);
    ese_free(job.room);
    ese_free(job.folder);
    ese_free(job.made.bytes);
    return err;
}
