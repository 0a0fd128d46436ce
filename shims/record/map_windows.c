/* shims/record/map_windows.c - section objects. */
#include "shims/record/map.h"

#include <stdio.h>
#include <windows.h>
#include <winioctl.h>

static int fail(char *error, size_t error_size, const char *path, const char *what) {
    snprintf(error, error_size, "%s: %s (Windows error %lu)", path, what, GetLastError());
    return -1;
}

static int map_file(struct shim_map *map, const char *path, HANDLE file, size_t size, char *error,
                    size_t error_size) {
    HANDLE mapping = CreateFileMappingA(file, NULL, PAGE_READWRITE, (DWORD)(size >> 32),
                                        (DWORD)(size & 0xffffffffu), NULL);
    void *base =
        mapping == NULL ? NULL : MapViewOfFile(mapping, FILE_MAP_ALL_ACCESS, 0, 0, size);
    if (base == NULL) {
        fail(error, error_size, path, "cannot be mapped");
        if (mapping != NULL) {
            CloseHandle(mapping);
        }
        CloseHandle(file);
        return -1;
    }
    map->base = base;
    map->size = size;
    map->file = (intptr_t)file;
    map->mapping = (intptr_t)mapping;
    return 0;
}

static HANDLE open_file(const char *path, DWORD how) {
    return CreateFileA(path, GENERIC_READ | GENERIC_WRITE,
                       FILE_SHARE_READ | FILE_SHARE_WRITE | FILE_SHARE_DELETE, NULL, how,
                       FILE_ATTRIBUTE_NORMAL, NULL);
}

int shim_map_create(struct shim_map *map, const char *path, size_t size, char *error,
                    size_t error_size) {
    HANDLE file = open_file(path, CREATE_ALWAYS);
    if (file == INVALID_HANDLE_VALUE) {
        return fail(error, error_size, path, "cannot be created");
    }
    DWORD unused; /* a file system without sparse files only costs more space */
    DeviceIoControl(file, FSCTL_SET_SPARSE, NULL, 0, NULL, 0, &unused, NULL);
    LARGE_INTEGER end = {.QuadPart = (LONGLONG)size};
    if (!SetFilePointerEx(file, end, NULL, FILE_BEGIN) || !SetEndOfFile(file)) {
        fail(error, error_size, path, "cannot be made long enough");
        CloseHandle(file);
        return -1;
    }
    return map_file(map, path, file, size, error, error_size);
}

int shim_map_open(struct shim_map *map, const char *path, char *error, size_t error_size) {
    HANDLE file = open_file(path, OPEN_EXISTING);
    if (file == INVALID_HANDLE_VALUE) {
        return fail(error, error_size, path, "cannot be opened");
    }
    LARGE_INTEGER size;
    if (!GetFileSizeEx(file, &size) || size.QuadPart <= 0) {
        snprintf(error, error_size, "%s: is no file that a recorder made", path);
        CloseHandle(file);
        return -1;
    }
    return map_file(map, path, file, (size_t)size.QuadPart, error, error_size);
}

void shim_map_close(struct shim_map *map) {
    UnmapViewOfFile(map->base);
    CloseHandle((HANDLE)map->mapping);
    CloseHandle((HANDLE)map->file);
    map->base = NULL;
}

/* A section that is backed by a file has its room from the start unless the file is sparse; then the
 * first store takes it, and a full disk raises an exception that nothing here can prevent. */
bool shim_map_reserve(const struct shim_map *map, size_t offset, size_t size) {
    return offset <= map->size && size <= map->size - offset;
}

uint64_t shim_map_clock(void) {
    LARGE_INTEGER now, frequency;
    QueryPerformanceCounter(&now);
    QueryPerformanceFrequency(&frequency);
    uint64_t count = (uint64_t)now.QuadPart, per_second = (uint64_t)frequency.QuadPart;
    return count / per_second * 1000000000u + count % per_second * 1000000000u / per_second;
}
