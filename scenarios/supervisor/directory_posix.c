/* scenarios/supervisor/directory_posix.c - directories, paths and time. */
#include <dirent.h>
#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <time.h>
#include <unistd.h>

#include "scenarios/supervisor/platform.h"
#include "scenarios/supervisor/supervisor.h"

#define SCN_MEMORY_ROOM ((unsigned long long)1 << 30)

uint64_t scn_milliseconds(void)
{
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (uint64_t)now.tv_sec * 1000u + (uint64_t)now.tv_nsec / 1000000u;
}

void scn_rest_milliseconds(unsigned ms)
{
    struct timespec rest = {.tv_sec = (time_t)(ms / 1000u), .tv_nsec = (long)(ms % 1000u) * 1000000};
    nanosleep(&rest, NULL);
}

int scn_directory_make(const char *path)
{
    return mkdir(path, 0777) == 0 || errno == EEXIST ? 0 : -1;
}

void scn_directory_remove(const char *path)
{
    DIR *directory = opendir(path);
    struct dirent *entry;
    char below[PATH_MAX];
    if (directory == NULL) {
        return;
    }
    while ((entry = readdir(directory)) != NULL) {
        struct stat status;
        if (strcmp(entry->d_name, ".") == 0 || strcmp(entry->d_name, "..") == 0 ||
            snprintf(below, sizeof below, "%s/%s", path, entry->d_name) >= (int)sizeof below) {
            continue;
        }
        if (lstat(below, &status) == 0 && S_ISDIR(status.st_mode)) {
            scn_directory_remove(below);
        } else {
            unlink(below);
        }
    }
    closedir(directory);
    rmdir(path);
}

bool scn_file_exists(const char *path)
{
    return access(path, F_OK) == 0;
}

int scn_change_directory(const char *path)
{
    return chdir(path);
}

uint64_t scn_process_number(void)
{
    return (uint64_t)getpid();
}

void scn_directory_each(const char *path, const char *prefix,
                        void (*each)(void *context, const char *path), void *context)
{
    DIR *directory = opendir(path);
    struct dirent *entry;
    char below[PATH_MAX];
    while (directory != NULL && (entry = readdir(directory)) != NULL) {
        if (strncmp(entry->d_name, prefix, strlen(prefix)) == 0 &&
            snprintf(below, sizeof below, "%s/%s", path, entry->d_name) < (int)sizeof below) {
            each(context, below);
        }
    }
    if (directory != NULL) {
        closedir(directory);
    }
}

int scn_rename(const char *from, const char *to)
{
    return rename(from, to);
}

int scn_absolute_path(const char *path, char *absolute, size_t size)
{
    char *real = realpath(path, NULL);
    int used = real != NULL ? snprintf(absolute, size, "%s", real) : -1;
    free(real);
    return used >= 0 && (size_t)used < size ? 0 : -1;
}

int scn_own_path(char *path, size_t size)
{
    ssize_t length = readlink("/proc/self/exe", path, size - 1);
    if (length <= 0) {
        return -1;
    }
    path[length] = '\0';
    return 0;
}

/* A file system in memory with room for many runs at once, or NULL. */
static const char *memory_file_system(void)
{
    struct statvfs system;
    return access("/dev/shm", W_OK | X_OK) == 0 && statvfs("/dev/shm", &system) == 0 &&
                   (unsigned long long)system.f_bavail * system.f_frsize >= SCN_MEMORY_ROOM
               ? "/dev/shm"
               : NULL;
}

static int directory_below(const char *otherwise, char *path, size_t size, char *error, size_t error_size)
{
    const char *base = getenv("TMPDIR");
    char absolute[PATH_MAX];
    if (base == NULL || base[0] == '\0') {
        base = otherwise;
    }
    if (scn_absolute_path(base, absolute, sizeof absolute) != 0) {
        snprintf(error, error_size, "%s: %s; set TMPDIR to a directory that can be written", base,
                 strerror(errno));
        return -1;
    }
    snprintf(path, size, "%s/esecheck-XXXXXX", absolute);
    if (mkdtemp(path) == NULL) {
        snprintf(error, error_size, "%s: %s; set TMPDIR to a directory that can be written", path,
                 strerror(errno));
        return -1;
    }
    return 0;
}

int scn_work_directory_new(char *path, size_t size, char *error, size_t error_size)
{
    return directory_below("/tmp", path, size, error, error_size);
}

int scn_memory_directory_new(char *path, size_t size, char *error, size_t error_size)
{
    const char *base = memory_file_system();
    return directory_below(base != NULL ? base : "/tmp", path, size, error, error_size);
}

void scn_work_directory_remove(const char *path)
{
    scn_directory_remove(path);
}
