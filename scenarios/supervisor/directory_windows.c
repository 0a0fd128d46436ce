/* scenarios/supervisor/directory_windows.c - directories, paths and time. */
#include <windows.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "scenarios/supervisor/platform.h"
#include "scenarios/supervisor/supervisor.h"

uint64_t scn_milliseconds(void)
{
    return GetTickCount64();
}

void scn_rest_milliseconds(unsigned ms)
{
    Sleep(ms);
}

int scn_directory_make(const char *path)
{
    return CreateDirectoryA(path, NULL) || GetLastError() == ERROR_ALREADY_EXISTS ? 0 : -1;
}

static void walk(const char *path, const char *prefix,
                 void (*each)(void *context, const char *path), void *context)
{
    WIN32_FIND_DATAA data;
    char pattern[MAX_PATH * 2];
    snprintf(pattern, sizeof pattern, "%s\\%s*", path, prefix);
    HANDLE find = FindFirstFileA(pattern, &data);
    if (find == INVALID_HANDLE_VALUE) {
        return;
    }
    do {
        if (strcmp(data.cFileName, ".") != 0 && strcmp(data.cFileName, "..") != 0) {
            snprintf(pattern, sizeof pattern, "%s\\%s", path, data.cFileName);
            each(context, pattern);
        }
    } while (FindNextFileA(find, &data));
    FindClose(find);
}

static void remove_entry(void *context, const char *path)
{
    (void)context;
    DWORD attributes = GetFileAttributesA(path);
    if (attributes != INVALID_FILE_ATTRIBUTES && (attributes & FILE_ATTRIBUTE_DIRECTORY) != 0) {
        scn_directory_remove(path);
    } else {
        DeleteFileA(path);
    }
}

void scn_directory_remove(const char *path)
{
    walk(path, "", remove_entry, NULL);
    RemoveDirectoryA(path);
}

bool scn_file_exists(const char *path)
{
    return GetFileAttributesA(path) != INVALID_FILE_ATTRIBUTES;
}

int scn_change_directory(const char *path)
{
    return SetCurrentDirectoryA(path) ? 0 : -1;
}

uint64_t scn_process_number(void)
{
    return GetCurrentProcessId();
}

void scn_directory_each(const char *path, const char *prefix,
                        void (*each)(void *context, const char *path), void *context)
{
    walk(path, prefix, each, context);
}

int scn_rename(const char *from, const char *to)
{
    return MoveFileExA(from, to, MOVEFILE_REPLACE_EXISTING) ? 0 : -1;
}

int scn_absolute_path(const char *path, char *absolute, size_t size)
{
    if (!scn_file_exists(path)) {
        return -1;
    }
    DWORD length = GetFullPathNameA(path, (DWORD)size, absolute, NULL);
    return length > 0 && length < size ? 0 : -1;
}

int scn_own_path(char *path, size_t size)
{
    DWORD length = GetModuleFileNameA(NULL, path, (DWORD)size);
    return length > 0 && length < size ? 0 : -1;
}

int scn_work_directory_new(char *path, size_t size, char *error, size_t error_size)
{
    char base[MAX_PATH + 1];
    if (GetTempPathA(sizeof base, base) == 0) {
        snprintf(error, error_size, "no directory for temporary files; set TMP");
        return -1;
    }
    for (unsigned i = 0; i < 1000; i++) {
        snprintf(path, size, "%sesecheck-%lu-%u", base, (unsigned long)GetCurrentProcessId(), i);
        if (CreateDirectoryA(path, NULL)) {
            return 0;
        }
        if (GetLastError() != ERROR_ALREADY_EXISTS) {
            break;
        }
    }
    snprintf(error, error_size, "%s: cannot be created; set TMP to a directory that can be written",
             path);
    return -1;
}

int scn_memory_directory_new(char *path, size_t size, char *error, size_t error_size)
{
    return scn_work_directory_new(path, size, error, error_size);
}

void scn_work_directory_remove(const char *path)
{
    scn_directory_remove(path);
}
