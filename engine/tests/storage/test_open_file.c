/* What an open file says when the system refuses a call on it. Linux: a file in memory that is sealed is such a one. */
#include <criterion/criterion.h>

#ifdef __linux__
#include <fcntl.h>
#include <stdio.h>
#include <sys/mman.h>
#include <unistd.h>

#include "support.h"

/* JET_errFileAccessDenied is promised of calls that name a file. Calls for records do not. */
Test(open_file, refusal_is_an_error_of_the_disk)
{
    char path[64];
    struct ese_file *file;
    int descriptor = memfd_create("sealed", MFD_ALLOW_SEALING | MFD_CLOEXEC);
    cr_assert_geq(descriptor, 0);
    cr_assert_eq(ftruncate(descriptor, 4096), 0);
    cr_assert_eq(fcntl(descriptor, F_ADD_SEALS, F_SEAL_WRITE | F_SEAL_GROW | F_SEAL_SHRINK), 0);
    snprintf(path, sizeof path, "/proc/self/fd/%d", descriptor);
    MUST(ese_file_open(path, 0, &file));
    MUST_BE(ese_file_write(file, 0, "x", 1), JET_errDiskIO);
    MUST_BE(ese_file_set_size(file, 8192), JET_errDiskIO);
    MUST_BE(ese_file_reserve(file, 0, 8192), JET_errDiskIO);
    ese_file_close(file);
    close(descriptor);
}

/* Opening is where access is granted or denied. */
Test(open_file, opening_what_another_holds_is_access_denied)
{
    char path[64];
    struct ese_file *file;
    int descriptor = memfd_create("read-only", MFD_ALLOW_SEALING | MFD_CLOEXEC);
    cr_assert_geq(descriptor, 0);
    snprintf(path, sizeof path, "/proc/self/fd/%d", descriptor);
    MUST(ese_file_open(path, ESE_FILE_LOCK, &file));
    struct ese_file *other;
    MUST_BE(ese_file_open(path, ESE_FILE_LOCK, &other), JET_errFileAccessDenied);
    ese_file_close(file);
    close(descriptor);
}
#endif
