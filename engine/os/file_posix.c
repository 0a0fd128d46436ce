/* Files, directories and paths on POSIX. */
#include "engine/os/os.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

struct ese_file {
    int descriptor;
};

static JET_ERR error_of(int code)
{
    switch (code) {
    case 0: return JET_errSuccess;
    case ENOENT: return JET_errFileNotFound;
    case ENOTDIR: case ENAMETOOLONG: case ELOOP: case EISDIR: return JET_errInvalidPath;
    case EEXIST: return JET_errFileAlreadyExists;
    case EACCES: case EPERM: case EROFS: case EBUSY: case EWOULDBLOCK: case ETXTBSY:
        return JET_errFileAccessDenied;
    case ENOSPC: case EDQUOT: case EFBIG: return JET_errDiskFull;
    case ENOMEM: return JET_errOutOfMemory;
    case EMFILE: case ENFILE: return JET_errOutOfFileHandles;
    default: return JET_errDiskIO;
    }
}

/* The same for a file that is open: access was granted then, so what is refused now is the disk's doing. Nobody who calls the
 * API for a record knows of files, and no page speaks of JET_errFileAccessDenied there. */
static JET_ERR error_of_open(int code)
{
    JET_ERR err = error_of(code);
    return err == JET_errFileAccessDenied || err == JET_errInvalidPath ? JET_errDiskIO : err;
}

JET_ERR ese_file_open(const char *path, unsigned flags, struct ese_file **file)
{
    struct ese_file *made = ese_alloc(sizeof *made);
    if (made == NULL) {
        return JET_errOutOfMemory;
    }
    int mode = (flags & ESE_FILE_READ_ONLY) != 0 ? O_RDONLY : O_RDWR;
    mode |= O_CLOEXEC;
    mode |= (flags & ESE_FILE_CREATE) != 0 ? O_CREAT : 0;
    mode |= (flags & ESE_FILE_EXCLUSIVE) != 0 ? O_EXCL : 0;
    do {
        made->descriptor = open(path, mode, 0666);
    } while (made->descriptor < 0 && errno == EINTR);
    JET_ERR err = made->descriptor < 0 ? error_of(errno) : JET_errSuccess;
    struct stat status;
    if (err == JET_errSuccess && fstat(made->descriptor, &status) == 0 && S_ISDIR(status.st_mode)) {
        err = JET_errInvalidPath;
    }
    if (err == JET_errSuccess && (flags & ESE_FILE_LOCK) != 0) {
        int kind = (flags & ESE_FILE_READ_ONLY) != 0 ? LOCK_SH : LOCK_EX;
        err = flock(made->descriptor, kind | LOCK_NB) != 0 ? error_of(errno) : JET_errSuccess;
    }
    if (err == JET_errSuccess && (flags & ESE_FILE_TRUNCATE) != 0) {
        err = ftruncate(made->descriptor, 0) != 0 ? error_of(errno) : JET_errSuccess;
    }
    if (err != JET_errSuccess) {
        ese_file_close(made);
        return err;
    }
    *file = made;
    return JET_errSuccess;
}

void ese_file_close(struct ese_file *file)
{
    if (file == NULL) {
        return;
    }
    if (file->descriptor >= 0) {
        close(file->descriptor);
    }
    ese_free(file);
}

JET_ERR ese_file_read(struct ese_file *file, uint64_t offset, void *out, size_t size)
{
    unsigned char *to = out;
    while (size != 0) {
        ssize_t got = pread(file->descriptor, to, size, (off_t)offset);
        if (got < 0 && errno == EINTR) {
            continue;
        }
        if (got < 0) {
            return error_of_open(errno);
        }
        if (got == 0) {
            return JET_errFileIOBeyondEOF;
        }
        to += got;
        offset += (uint64_t)got;
        size -= (size_t)got;
    }
    return JET_errSuccess;
}

JET_ERR ese_file_write(struct ese_file *file, uint64_t offset, const void *bytes, size_t size)
{
    const unsigned char *from = bytes;
    JET_ERR err = ese_file_ask(ESE_FILE_CALL_WRITE, offset + size);
    if (err != JET_errSuccess) {
        return err;
    }
    while (size != 0) {
        ssize_t put = pwrite(file->descriptor, from, size, (off_t)offset);
        if (put < 0 && errno == EINTR) {
            continue;
        }
        if (put <= 0) {
            return put < 0 ? error_of_open(errno) : JET_errDiskFull;
        }
        from += put;
        offset += (uint64_t)put;
        size -= (size_t)put;
    }
    return JET_errSuccess;
}

JET_ERR ese_file_sync(struct ese_file *file)
{
    JET_ERR err = ese_file_ask(ESE_FILE_CALL_SYNC, 0);
    return err != JET_errSuccess ? err : fdatasync(file->descriptor) != 0 ? error_of_open(errno) : JET_errSuccess;
}

JET_ERR ese_file_size(struct ese_file *file, uint64_t *size)
{
    struct stat status;
    if (fstat(file->descriptor, &status) != 0) {
        return error_of_open(errno);
    }
    *size = (uint64_t)status.st_size;
    return JET_errSuccess;
}

JET_ERR ese_file_size_on_disk(struct ese_file *file, uint64_t *size)
{
    struct stat status;
    if (fstat(file->descriptor, &status) != 0) {
        return error_of_open(errno);
    }
    *size = (uint64_t)status.st_blocks * 512;       /* the unit POSIX systems agree on */
    return JET_errSuccess;
}

JET_ERR ese_file_set_size(struct ese_file *file, uint64_t size)
{
    JET_ERR err = ese_file_ask(ESE_FILE_CALL_SET_SIZE, size);
    return err != JET_errSuccess ? err
         : ftruncate(file->descriptor, (off_t)size) != 0 ? error_of_open(errno) : JET_errSuccess;
}

JET_ERR ese_file_reserve(struct ese_file *file, uint64_t offset, uint64_t size)
{
    int code;
    JET_ERR err = ese_file_ask(ESE_FILE_CALL_RESERVE, offset + size);
    if (err != JET_errSuccess) {
        return err;
    }
    do {
        code = posix_fallocate(file->descriptor, (off_t)offset, (off_t)size);
    } while (code == EINTR);
    return code == EOPNOTSUPP || code == EINVAL ? JET_errSuccess : error_of_open(code);
}

/* ---- paths ----------------------------------------------------------------------------------------------- */

JET_ERR ese_path_look(const char *path, enum ese_path_kind *kind)
{
    struct stat status;
    JET_ERR err = stat(path, &status) == 0 ? JET_errSuccess : error_of(errno);
    *kind = err != JET_errSuccess       ? ESE_PATH_NONE
            : S_ISDIR(status.st_mode) ? ESE_PATH_DIRECTORY
                                      : ESE_PATH_FILE;
    return err == JET_errFileNotFound || err == JET_errInvalidPath ? JET_errSuccess : err;
}

bool ese_path_exists(const char *path)
{
    enum ese_path_kind kind;
    return ese_path_look(path, &kind) == JET_errSuccess && kind != ESE_PATH_NONE;
}

bool ese_path_is_directory(const char *path)
{
    enum ese_path_kind kind;
    return ese_path_look(path, &kind) == JET_errSuccess && kind == ESE_PATH_DIRECTORY;
}

JET_ERR ese_path_remove(const char *path)
{
    return unlink(path) != 0 ? error_of(errno) : JET_errSuccess;
}

JET_ERR ese_path_remove_directory(const char *path)
{
    return rmdir(path) != 0 ? error_of(errno) : JET_errSuccess;
}

JET_ERR ese_path_rename(const char *from, const char *to)
{
    return rename(from, to) != 0 ? error_of(errno) : JET_errSuccess;
}

JET_ERR ese_directory_sync(const char *path)
{
    JET_ERR err = ese_file_ask(ESE_FILE_CALL_SYNC_FOLDER, 0);
    if (err != JET_errSuccess) {
        return err;
    }
    int descriptor = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (descriptor < 0) {
        return error_of(errno);
    }
    /* Some file systems refuse this for directories: there is nothing more to be done there. */
    err = fsync(descriptor) != 0 && errno != EINVAL ? error_of(errno) : JET_errSuccess;
    close(descriptor);
    return err;
}

JET_ERR ese_path_make_directory(const char *path)
{
    if (mkdir(path, 0777) == 0 || (errno == EEXIST && ese_path_is_directory(path))) {
        return JET_errSuccess;
    }
    return errno == ENOENT || errno == EEXIST ? JET_errInvalidPath : error_of(errno);
}

JET_ERR ese_path_absolute(const char *path, char **absolute)
{
    char here[PATH_MAX];
    if (path == NULL || path[0] == '\0') {
        return JET_errInvalidPath;
    }
    if (path[0] != '/' && getcwd(here, sizeof here) == NULL) {
        return error_of(errno);
    }
    size_t head = path[0] == '/' ? 0 : strlen(here);
    char *out = ese_alloc(head + strlen(path) + 3);
    if (out == NULL) {
        return JET_errOutOfMemory;
    }
    memcpy(out, here, head);
    size_t size = head == 1 ? 0 : head;             /* the root itself: no doubled separator */
    for (const char *at = path; *at != '\0';) {
        size_t part = strcspn(at, "/");
        if (part == 2 && at[0] == '.' && at[1] == '.') {
            while (size != 0 && out[--size] != '/') {
            }
        } else if (part != 0 && !(part == 1 && at[0] == '.')) {
            out[size++] = '/';
            memcpy(out + size, at, part);
            size += part;
        }
        at += part + (at[part] == '/');
    }
    if (size == 0) {
        out[size++] = '/';
    }
    out[size] = '\0';
    *absolute = out;
    return JET_errSuccess;
}

bool ese_path_same(const char *a, const char *b)
{
    return strcmp(a, b) == 0;
}

bool ese_path_is_separator(char c)
{
    return c == '/';
}

char ese_path_separator(void)
{
    return '/';
}

JET_ERR ese_directory_list(const char *path, JET_ERR (*visit)(void *arg, const char *name, bool is_directory),
                           void *arg)
{
    DIR *directory = opendir(path);
    if (directory == NULL) {
        return errno == ENOENT ? JET_errInvalidPath : error_of(errno);
    }
    JET_ERR err = JET_errSuccess;
    while (err == JET_errSuccess) {
        errno = 0; /* the end and a failure look the same */
        struct dirent *entry = readdir(directory);
        if (entry == NULL) {
            err = error_of(errno);
            break;
        }
        if (strcmp(entry->d_name, ".") == 0 || strcmp(entry->d_name, "..") == 0) {
            continue;
        }
        char *full;
        err = ese_path_join(path, entry->d_name, &full);
        if (err == JET_errSuccess) {
            enum ese_path_kind kind;
            err = ese_path_look(full, &kind);
            ese_free(full);
            if (err == JET_errSuccess) {
                err = visit(arg, entry->d_name, kind == ESE_PATH_DIRECTORY);
            }
        }
    }
    closedir(directory);
    return err;
}
