/* scenarios/runner/files_posix.c - the few file operations that set-up needs. */
#include <errno.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include "scenarios/runner/world.h"

int scn_make_directory(const char *path)
{
    return mkdir(path, 0777) == 0 || errno == EEXIST ? 0 : -1;
}

int scn_copy_file(const char *from, const char *to)
{
    static const size_t room = 1u << 16;
    char buffer[1u << 16];
    int in = open(from, O_RDONLY | O_CLOEXEC);
    if (in < 0) {
        return -1;
    }
    int out = open(to, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0666);
    int result = out < 0 ? -1 : 0;
    while (result == 0) {
        ssize_t got = read(in, buffer, room);
        if (got <= 0) {
            result = got == 0 ? 0 : -1;
            break;
        }
        if (write(out, buffer, (size_t)got) != got) {
            result = -1;
        }
    }
    close(in);
    if (out >= 0 && close(out) != 0) {
        result = -1;
    }
    return result;
}
