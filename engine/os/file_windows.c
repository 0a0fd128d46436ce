/* Files, directories and paths on Windows. Paths come as UTF-8 and go to the system as UTF-16. */
#include "engine/os/os.h"

#include <windows.h>
#include <string.h>

struct ese_file {
    HANDLE handle;
};

static JET_ERR error_of(DWORD code)
{
    switch (code) {
    case ERROR_FILE_NOT_FOUND: return JET_errFileNotFound;
    case ERROR_PATH_NOT_FOUND: case ERROR_INVALID_NAME: case ERROR_BAD_PATHNAME: case ERROR_DIRECTORY:
    case ERROR_INVALID_DRIVE: case ERROR_FILENAME_EXCED_RANGE:
        return JET_errInvalidPath;
    case ERROR_FILE_EXISTS: case ERROR_ALREADY_EXISTS: return JET_errFileAlreadyExists;
    case ERROR_ACCESS_DENIED: case ERROR_SHARING_VIOLATION: case ERROR_LOCK_VIOLATION: case ERROR_WRITE_PROTECT:
        return JET_errFileAccessDenied;
    case ERROR_DISK_FULL: case ERROR_HANDLE_DISK_FULL: return JET_errDiskFull;
    case ERROR_NOT_ENOUGH_MEMORY: case ERROR_OUTOFMEMORY: return JET_errOutOfMemory;
    case ERROR_TOO_MANY_OPEN_FILES: return JET_errOutOfFileHandles;
    case ERROR_HANDLE_EOF: return JET_errFileIOBeyondEOF;
    default: return JET_errDiskIO;
    }
}

/* The same for a file that is open: access was granted then, so what is refused now is the disk's doing. Nobody who calls the
 * API for a record knows of files, and no page speaks of JET_errFileAccessDenied there. */
static JET_ERR error_of_open(DWORD code)
{
    JET_ERR err = error_of(code);
    return err == JET_errFileAccessDenied || err == JET_errInvalidPath ? JET_errDiskIO : err;
}

static JET_ERR widen(const char *path, WCHAR **wide)
{
    int length = MultiByteToWideChar(CP_UTF8, MB_ERR_INVALID_CHARS, path, -1, NULL, 0);
    if (length <= 0) {
        return JET_errInvalidPath;
    }
    WCHAR *out = ese_alloc((size_t)length * sizeof *out);
    if (out == NULL) {
        return JET_errOutOfMemory;
    }
    MultiByteToWideChar(CP_UTF8, 0, path, -1, out, length);
    *wide = out;
    return JET_errSuccess;
}

static JET_ERR narrow(const WCHAR *wide, char **path)
{
    int length = WideCharToMultiByte(CP_UTF8, 0, wide, -1, NULL, 0, NULL, NULL);
    if (length <= 0) {
        return JET_errInvalidPath;
    }
    char *out = ese_alloc((size_t)length);
    if (out == NULL) {
        return JET_errOutOfMemory;
    }
    WideCharToMultiByte(CP_UTF8, 0, wide, -1, out, length, NULL, NULL);
    *path = out;
    return JET_errSuccess;
}

JET_ERR ese_file_open(const char *path, unsigned flags, struct ese_file **file)
{
    WCHAR *wide;
    JET_ERR err = widen(path, &wide);
    if (err != JET_errSuccess) {
        return err;
    }
    struct ese_file *made = ese_alloc(sizeof *made);
    if (made == NULL) {
        ese_free(wide);
        return JET_errOutOfMemory;
    }
    bool read_only = (flags & ESE_FILE_READ_ONLY) != 0;
    DWORD access = read_only ? GENERIC_READ : GENERIC_READ | GENERIC_WRITE;
    DWORD share = FILE_SHARE_READ | FILE_SHARE_WRITE;
    if ((flags & ESE_FILE_LOCK) != 0) {
        share = read_only ? FILE_SHARE_READ : 0;
    }
    DWORD how = OPEN_EXISTING;
    if ((flags & ESE_FILE_CREATE) != 0) {
        how = (flags & ESE_FILE_EXCLUSIVE) != 0 ? CREATE_NEW : OPEN_ALWAYS;
    }
    made->handle = CreateFileW(wide, access, share, NULL, how, FILE_ATTRIBUTE_NORMAL, NULL);
    if (made->handle == INVALID_HANDLE_VALUE) {
        DWORD code = GetLastError();
        DWORD kind = GetFileAttributesW(wide);
        bool directory = kind != INVALID_FILE_ATTRIBUTES && (kind & FILE_ATTRIBUTE_DIRECTORY) != 0;
        err = directory ? JET_errInvalidPath : error_of(code);
    }
    ese_free(wide);
    if (err == JET_errSuccess && (flags & ESE_FILE_TRUNCATE) != 0) {
        err = ese_file_set_size(made, 0);
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
    if (file->handle != INVALID_HANDLE_VALUE) {
        CloseHandle(file->handle);
    }
    ese_free(file);
}

static OVERLAPPED place(uint64_t offset)
{
    OVERLAPPED at;
    memset(&at, 0, sizeof at);
    at.Offset = (DWORD)offset;
    at.OffsetHigh = (DWORD)(offset >> 32);
    return at;
}

JET_ERR ese_file_read(struct ese_file *file, uint64_t offset, void *out, size_t size)
{
    unsigned char *to = out;
    while (size != 0) {
        OVERLAPPED at = place(offset);
        DWORD want = size > 0x40000000 ? 0x40000000 : (DWORD)size, got = 0;
        if (!ReadFile(file->handle, to, want, &got, &at)) {
            return error_of_open(GetLastError());
        }
        if (got == 0) {
            return JET_errFileIOBeyondEOF;
        }
        to += got;
        offset += got;
        size -= got;
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
        OVERLAPPED at = place(offset);
        DWORD want = size > 0x40000000 ? 0x40000000 : (DWORD)size, put = 0;
        if (!WriteFile(file->handle, from, want, &put, &at)) {
            return error_of_open(GetLastError());
        }
        from += put;
        offset += put;
        size -= put;
    }
    return JET_errSuccess;
}

JET_ERR ese_file_sync(struct ese_file *file)
{
    JET_ERR err = ese_file_ask(ESE_FILE_CALL_SYNC, 0);
    return err != JET_errSuccess ? err : FlushFileBuffers(file->handle) ? JET_errSuccess : error_of_open(GetLastError());
}

JET_ERR ese_file_size(struct ese_file *file, uint64_t *size)
{
    LARGE_INTEGER bytes;
    if (!GetFileSizeEx(file->handle, &bytes)) {
        return error_of_open(GetLastError());
    }
    *size = (uint64_t)bytes.QuadPart;
    return JET_errSuccess;
}

JET_ERR ese_file_size_on_disk(struct ese_file *file, uint64_t *size)
{
    FILE_STANDARD_INFO info;
    if (!GetFileInformationByHandleEx(file->handle, FileStandardInfo, &info, sizeof info)) {
        return error_of_open(GetLastError());
    }
    *size = (uint64_t)info.AllocationSize.QuadPart;
    return JET_errSuccess;
}

JET_ERR ese_file_set_size(struct ese_file *file, uint64_t size)
{
    FILE_END_OF_FILE_INFO end;
    JET_ERR err = ese_file_ask(ESE_FILE_CALL_SET_SIZE, size);
    if (err != JET_errSuccess) {
        return err;
    }
    end.EndOfFile.QuadPart = (LONGLONG)size;
    return SetFileInformationByHandle(file->handle, FileEndOfFileInfo, &end, sizeof end)
               ? JET_errSuccess : error_of_open(GetLastError());
}

/* The length of a file that is not sparse is room on the disk. */
JET_ERR ese_file_reserve(struct ese_file *file, uint64_t offset, uint64_t size)
{
    uint64_t now = 0;
    JET_ERR err = ese_file_ask(ESE_FILE_CALL_RESERVE, offset + size);
    if (err == JET_errSuccess) {
        err = ese_file_size(file, &now);
    }
    return err == JET_errSuccess && now < offset + size ? ese_file_set_size(file, offset + size) : err;
}

/* ---- paths ----------------------------------------------------------------------------------------------- */

JET_ERR ese_path_look(const char *path, enum ese_path_kind *kind)
{
    WCHAR *wide;
    JET_ERR err = widen(path, &wide);
    *kind = ESE_PATH_NONE;
    if (err == JET_errSuccess) {
        DWORD attributes = GetFileAttributesW(wide);
        if (attributes == INVALID_FILE_ATTRIBUTES) {
            err = error_of(GetLastError());
        } else {
            *kind = (attributes & FILE_ATTRIBUTE_DIRECTORY) != 0 ? ESE_PATH_DIRECTORY : ESE_PATH_FILE;
        }
        ese_free(wide);
    }
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

static JET_ERR on_path(const char *path, BOOL (WINAPI *call)(const WCHAR *path))
{
    WCHAR *wide;
    JET_ERR err = widen(path, &wide);
    if (err == JET_errSuccess) {
        err = call(wide) ? JET_errSuccess : error_of(GetLastError());
        ese_free(wide);
    }
    return err;
}

JET_ERR ese_path_remove(const char *path)
{
    return on_path(path, DeleteFileW);
}

JET_ERR ese_path_remove_directory(const char *path)
{
    return on_path(path, RemoveDirectoryW);
}

JET_ERR ese_path_rename(const char *from, const char *to)
{
    WCHAR *wide_from, *wide_to;
    JET_ERR err = widen(from, &wide_from);
    if (err != JET_errSuccess) {
        return err;
    }
    err = widen(to, &wide_to);
    if (err == JET_errSuccess) {
        err = MoveFileExW(wide_from, wide_to, MOVEFILE_REPLACE_EXISTING) ? JET_errSuccess : error_of(GetLastError());
        ese_free(wide_to);
    }
    ese_free(wide_from);
    return err;
}

/* NTFS journals its directories in order; there is no call for one. */
JET_ERR ese_directory_sync(const char *path)
{
    JET_ERR err = ese_file_ask(ESE_FILE_CALL_SYNC_FOLDER, 0);
    return err != JET_errSuccess ? err : ese_path_is_directory(path) ? JET_errSuccess : JET_errInvalidPath;
}

static BOOL WINAPI make_directory(const WCHAR *path)
{
    return CreateDirectoryW(path, NULL);
}

JET_ERR ese_path_make_directory(const char *path)
{
    JET_ERR err = on_path(path, make_directory);
    if (err == JET_errFileAlreadyExists) {
        err = ese_path_is_directory(path) ? JET_errSuccess : JET_errInvalidPath;
    }
    return err;
}

JET_ERR ese_path_absolute(const char *path, char **absolute)
{
    WCHAR *wide;
    if (path == NULL || path[0] == '\0') {
        return JET_errInvalidPath;
    }
    JET_ERR err = widen(path, &wide);
    if (err != JET_errSuccess) {
        return err;
    }
    DWORD length = GetFullPathNameW(wide, 0, NULL, NULL);
    WCHAR *full = length != 0 ? ese_alloc(length * sizeof *full) : NULL;
    if (length == 0) {
        err = JET_errInvalidPath;
    } else if (full == NULL) {
        err = JET_errOutOfMemory;
    } else if (GetFullPathNameW(wide, length, full, NULL) >= length) {
        err = JET_errInvalidPath;
    } else {
        err = narrow(full, absolute);
    }
    ese_free(full);
    ese_free(wide);
    return err;
}

bool ese_path_same(const char *a, const char *b)
{
    WCHAR *wide_a, *wide_b;
    bool same = strcmp(a, b) == 0;
    if (same || widen(a, &wide_a) != JET_errSuccess) {
        return same;
    }
    if (widen(b, &wide_b) == JET_errSuccess) {
        same = CompareStringOrdinal(wide_a, -1, wide_b, -1, TRUE) == CSTR_EQUAL;
        ese_free(wide_b);
    }
    ese_free(wide_a);
    return same;
}

bool ese_path_is_separator(char c)
{
    return c == '\\' || c == '/';
}

char ese_path_separator(void)
{
    return '\\';
}

JET_ERR ese_directory_list(const char *path, JET_ERR (*visit)(void *arg, const char *name, bool is_directory),
                           void *arg)
{
    char *pattern;
    WCHAR *wide;
    JET_ERR err = ese_path_join(path, "*", &pattern);
    if (err != JET_errSuccess) {
        return err;
    }
    err = widen(pattern, &wide);
    ese_free(pattern);
    if (err != JET_errSuccess) {
        return err;
    }
    WIN32_FIND_DATAW entry;
    HANDLE search = FindFirstFileW(wide, &entry);
    ese_free(wide);
    if (search == INVALID_HANDLE_VALUE) {
        return GetLastError() == ERROR_FILE_NOT_FOUND ? JET_errSuccess : error_of(GetLastError());
    }
    do {
        if (wcscmp(entry.cFileName, L".") == 0 || wcscmp(entry.cFileName, L"..") == 0) {
            continue;
        }
        char *name;
        err = narrow(entry.cFileName, &name);
        if (err == JET_errSuccess) {
            err = visit(arg, name, (entry.dwFileAttributes & FILE_ATTRIBUTE_DIRECTORY) != 0);
            ese_free(name);
        }
    } while (err == JET_errSuccess && FindNextFileW(search, &entry));
    FindClose(search);
    return err;
}
