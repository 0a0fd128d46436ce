/* What of engine/os needs no platform: memory with its fault filter, path arithmetic. */
#include "engine/os/os.h"

#include <stdlib.h>
#include <string.h>

static bool (*alloc_filter)(void *arg, size_t size);
static void *alloc_filter_arg;

void ese_alloc_set_filter(bool (*allow)(void *arg, size_t size), void *arg)
{
    alloc_filter = allow;
    alloc_filter_arg = arg;
}

static bool allowed(size_t size)
{
    return alloc_filter == NULL || alloc_filter(alloc_filter_arg, size);
}

static JET_ERR (*file_filter)(void *arg, enum ese_file_call call, uint64_t end);
static void *file_filter_arg;

void ese_file_set_filter(JET_ERR (*ask)(void *arg, enum ese_file_call call, uint64_t end), void *arg)
{
    file_filter = ask;
    file_filter_arg = arg;
}

JET_ERR ese_file_ask(enum ese_file_call call, uint64_t end)
{
    return file_filter == NULL ? JET_errSuccess : file_filter(file_filter_arg, call, end);
}

void *ese_alloc(size_t size)
{
    return allowed(size) ? malloc(size != 0 ? size : 1) : NULL;
}

void *ese_calloc(size_t count, size_t size)
{
    return allowed(count * size) ? calloc(count != 0 ? count : 1, size != 0 ? size : 1) : NULL;
}

void *ese_realloc(void *block, size_t size)
{
    return allowed(size) ? realloc(block, size != 0 ? size : 1) : NULL;
}

void ese_free(void *block)
{
    free(block);
}

char *ese_strdup(const char *text)
{
    size_t size = strlen(text) + 1;
    char *copy = ese_alloc(size);
    if (copy != NULL) {
        memcpy(copy, text, size);
    }
    return copy;
}

JET_ERR ese_path_join(const char *directory, const char *name, char **path)
{
    size_t head = strlen(directory), tail = strlen(name);
    char *joined = ese_alloc(head + tail + 2);
    if (joined == NULL) {
        return JET_errOutOfMemory;
    }
    memcpy(joined, directory, head);
    if (head != 0 && !ese_path_is_separator(directory[head - 1])) {
        joined[head++] = ese_path_separator();
    }
    memcpy(joined + head, name, tail + 1);
    *path = joined;
    return JET_errSuccess;
}

JET_ERR ese_path_make_directories(const char *path)
{
    char *prefix = ese_strdup(path);
    if (prefix == NULL) {
        return JET_errOutOfMemory;
    }
    JET_ERR err = JET_errSuccess;
    size_t size = strlen(prefix);
    for (size_t i = 1; i <= size && err == JET_errSuccess; i++) {
        if (i < size && !ese_path_is_separator(prefix[i])) {
            continue;
        }
        char kept = prefix[i];
        prefix[i] = '\0';
        bool drive = prefix[i - 1] == ':';
        if (!drive && !ese_path_is_separator(prefix[i - 1]) && !ese_path_is_directory(prefix)) {
            err = ese_path_make_directory(prefix);
        }
        prefix[i] = kept;
    }
    ese_free(prefix);
    return err;
}

JET_ERR ese_path_sync_name(const char *path)
{
    size_t length = strlen(path);
    while (length > 1 && !ese_path_is_separator(path[length - 1])) {
        length--;
    }
    char *folder = ese_alloc(length + 1);           /* with the separator: a root is one, too */
    if (folder == NULL) {
        return JET_errOutOfMemory;
    }
    memcpy(folder, path, length);
    folder[length] = '\0';
    JET_ERR err = ese_directory_sync(folder);
    ese_free(folder);
    return err;
}
