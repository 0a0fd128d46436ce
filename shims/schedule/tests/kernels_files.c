/* shims/schedule/tests/kernels_files.c - every operation on files, each of which is a decision.
 *
 * Part of the module of kernels (kernels.c says how they run). In a directory of its own. */
#include "shims/schedule/tests/kernels.h"

#include <dirent.h>
#include <fcntl.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/file.h>
#include <sys/mman.h>
#include <sys/sendfile.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <sys/uio.h>
#include <unistd.h>

EXPORT uint32_t kernel_operations; /* so many were done */

#define DO(operation)                                                                              \
    do {                                                                                           \
        kernel_operations++;                                                                       \
        if (!(operation)) {                                                                        \
            kernel_fail(#operation);                                                               \
        }                                                                                          \
    } while (0)

/* Some file systems cannot do it. */
#define TRY(operation)                                                                             \
    do {                                                                                           \
        kernel_operations++;                                                                       \
        (void)!(operation);                                                                        \
    } while (0)

static void transfers(int file, int other) {
    char bytes[4] = "abc";
    struct iovec vector = {bytes, 4};
    off_t from = 0;
    DO(write(file, bytes, 4) == 4);
    DO(pwrite(file, bytes, 4, 0) == 4);
    DO(writev(file, &vector, 1) == 4);
    DO(pwritev(file, &vector, 1, 0) == 4);
    DO(pwritev2(file, &vector, 1, 0, 0) == 4);
    DO(lseek(file, 0, SEEK_SET) == 0);
    DO(read(file, bytes, 4) == 4);
    DO(readv(file, &vector, 1) == 4);
    DO(pread(file, bytes, 4, 0) == 4);
    DO(preadv(file, &vector, 1, 0) == 4);
    DO(preadv2(file, &vector, 1, 0, 0) == 4);
    DO(sendfile(other, file, &from, 4) == 4);
    TRY(copy_file_range(file, NULL, other, NULL, 4, 0) >= 0);
    DO(fsync(file) == 0);
    DO(fdatasync(file) == 0);
    TRY(sync_file_range(file, 0, 0, SYNC_FILE_RANGE_WRITE) == 0);
    DO(ftruncate(file, 100) == 0);
    DO(posix_fallocate(file, 0, 200) == 0);
    TRY(fallocate(file, 0, 0, 300) == 0);
    DO(flock(file, LOCK_EX) == 0);
    DO(flock(file, LOCK_UN) == 0);
    DO(lockf(file, F_LOCK, 0) == 0);
}

static void names(int folder) {
    struct stat status;
    struct statx more;
    struct statvfs system;
    DO(truncate("a", 10) == 0);
    DO(link("a", "b") == 0);
    DO(symlink("a", "c") == 0);
    DO(linkat(folder, "a", folder, "d", 0) == 0);
    DO(symlinkat("a", folder, "e") == 0);
    DO(rename("b", "f") == 0);
    DO(renameat(folder, "f", folder, "g") == 0);
    TRY(renameat2(folder, "g", folder, "h", 0) == 0);
    DO(stat("a", &status) == 0);
    DO(lstat("c", &status) == 0);
    DO(fstat(folder, &status) == 0);
    DO(fstatat(folder, "a", &status, 0) == 0);
    DO(statx(folder, "a", 0, STATX_SIZE, &more) == 0);
    DO(access("a", R_OK) == 0);
    DO(faccessat(folder, "a", R_OK, 0) == 0);
    DO(statvfs(".", &system) == 0);
    DO(fstatvfs(folder, &system) == 0);
    DO(mkdir("i", 0700) == 0);
    DO(mkdirat(folder, "j", 0700) == 0);
    DO(rmdir("i") == 0);
    DO(remove("j") == 0);
    TRY(unlink("g") == 0);
    TRY(unlink("h") == 0);
    DO(unlink("c") == 0);
    DO(unlinkat(folder, "d", 0) == 0);
    DO(unlinkat(folder, "e", 0) == 0);
}

EXPORT void kernel_files(void *unused);
void kernel_files(void *unused) {
    char path[4096];
    int file, other, folder, again;
    DIR *listing;
    (void)unused;
    kernel_operations = 0;
    DO((file = open("a", O_RDWR | O_CREAT, 0600)) >= 0);
    DO((folder = openat(AT_FDCWD, ".", O_RDONLY | O_DIRECTORY)) >= 0);
    DO((other = creat("o", 0600)) >= 0);
    transfers(file, other);
    DO((again = dup(file)) >= 0);
    DO(close(again) == 0);
    void *mapped = mmap(NULL, 4096, PROT_READ | PROT_WRITE, MAP_SHARED, file, 0);
    DO(msync(mapped, 4096, MS_ASYNC) == 0);
    munmap(mapped, 4096);
    DO(close(file) == 0);
    DO(close(other) == 0);
    DO(unlink("o") == 0);
    names(folder);
    DO((listing = opendir(".")) != NULL);
    DO(readdir(listing) != NULL);
    DO(closedir(listing) == 0);
    DO((listing = fdopendir(folder)) != NULL);
    DO(closedir(listing) == 0);
    DO(getcwd(path, sizeof path) != NULL);
    char *real = NULL;
    DO((real = realpath("a", NULL)) != NULL);
    free(real);
    DO(unlink("a") == 0);
}
