/* shims/tests/disk_case.h - what the tests of shims/disk share: a recording of what fake_disk.c does, and its images. One case per
 * process. */
#ifndef ESECHECK_SHIMS_TESTS_DISK_CASE_H
#define ESECHECK_SHIMS_TESTS_DISK_CASE_H

#include <criterion/criterion.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "shims/disk/disk.h"
#include "shims/tests/temp.h"

#define SIZE 8192
#define SEEDS 40

static char error[1024];
static struct shim_library *library;
static struct shim_recorder *recorder;
static struct shim_caller caller;
static struct shim_disk *disk;
static struct shim_image *image; /* of one test: it goes from cut to cut */

static inline void set_up(void) {
    temp_make();
    mkdir(temp_path("run"), 0777);
    setenv("FAKE_DISK", temp_path("run"), 1);
    cr_assert_eq(shim_library_open(FAKE_DISK, &library, error, sizeof error), 0, "%s", error);
    cr_assert_eq(shim_recorder_create(temp_path("calls"), 1 << 20, &recorder, error, sizeof error), 0,
                 "%s", error);
    caller = (struct shim_caller){.table = shim_library_table(library)};
    disk = NULL;
    image = NULL;
}

static inline void forget(void) {
    shim_image_free(image);
    shim_disk_close(disk);
    image = NULL;
    disk = NULL;
}

static inline void tear_down(void) {
    shim_disk_stop();
    forget();
    shim_recorder_close(recorder);
    shim_library_close(library);
    temp_remove();
}

static inline void change(char what) {
    cr_assert_eq(shim_callv(&caller, SHIM_FN_JetIdle, SHIM_PLAIN, (uint64_t[]){1, (uint64_t)what}), 0, "change %c", what);
}

/* Makes the changes (letters of fake_disk.c), recorded, and reads the log. */
static inline int record(const char *changes) {
    char root[1024];
    snprintf(root, sizeof root, "%s", temp_path("run"));
    cr_assert_eq(shim_disk_start(library, recorder, root, temp_path("log"), error, sizeof error), 0, "%s",
                 error);
    for (const char *c = changes; *c != '\0'; c++) {
        change(*c);
    }
    cr_assert_eq(shim_disk_stop(), 0);
    return shim_disk_open(temp_path("log"), &disk, error, sizeof error);
}

static inline void recorded(const char *changes) {
    cr_assert_eq(record(changes), 0, "%s", error);
}

static inline void shell(const char *format, const char *a, const char *b) {
    char command[4096];
    snprintf(command, sizeof command, format, a, b);
    cr_assert_eq(system(command), 0, "%s", command);
}

/* What an engine does to files that it was started on. */
static inline void spoil(const char *directory) {
    shell("cd '%s' && touch%s extra && mkdir -p more/still && for f in a b d/e.log; do"
          " test ! -f $f || printf x | dd of=$f bs=1 seek=7 conv=notrunc status=none; done",
          directory, "");
}

/* The files after a cut at the end (-1: of all operations) are in image/, made from those of the cut before; they are the
 * same as those that are made from nothing. */
static inline void cut(size_t at, enum shim_disk_loss loss, uint64_t seed) {
    char made[1024], fresh[1024];
    struct shim_image *other = shim_image_new(disk);
    if (image == NULL) {
        image = shim_image_new(disk);
    }
    snprintf(made, sizeof made, "%s", temp_path("image"));
    snprintf(fresh, sizeof fresh, "%s", temp_path("fresh"));
    mkdir(made, 0777);
    if (seed % 16 == 1) {
        spoil(made);
    }
    cr_assert_eq(shim_image_make(image, at, loss, seed, made, error, sizeof error), 0, "%s", error);
    if (seed % 16 < 2) {
        shell("rm -rf '%s' && mkdir '%s'", fresh, fresh);
        cr_assert_eq(shim_image_make(other, at, loss, seed, fresh, error, sizeof error), 0, "%s", error);
        shell("diff -r '%s' '%s'", made, fresh);
    }
    shim_image_free(other);
}

/* Size of image/NAME, its bytes in `bytes`; -1 if it is not there. */
static inline long image_of(const char *name, char bytes[4 * SIZE]) {
    char path[64];
    snprintf(path, sizeof path, "image/%s", name);
    FILE *file = fopen(temp_path(path), "rb");
    if (file == NULL) {
        return -1;
    }
    memset(bytes, 0, 4 * SIZE);
    long size = (long)fread(bytes, 1, 4 * SIZE, file);
    fclose(file);
    return size;
}

static inline bool all(const char *bytes, size_t from, size_t to, char what) {
    while (from < to && bytes[from] == what) {
        from++;
    }
    return from == to;
}

#define END ((size_t)-1)
static char bytes[4 * SIZE];

#endif
