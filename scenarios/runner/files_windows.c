/* scenarios/runner/files_windows.c - the few file operations that set-up needs. */
#include <windows.h>

#include "scenarios/runner/world.h"

int scn_make_directory(const char *path)
{
    return CreateDirectoryA(path, NULL) || GetLastError() == ERROR_ALREADY_EXISTS ? 0 : -1;
}

int scn_copy_file(const char *from, const char *to)
{
    return CopyFileA(from, to, FALSE) ? 0 : -1;
}
