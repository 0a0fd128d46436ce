/* What an engine wrote is recorded, and rebuilt as a power cut could have left it. */
#define JET_NO_NAME_MAP
#include <signal.h>
#include <sys/resource.h>

#include "shims/tests/disk_case.h"

TestSuite(disk, .init = set_up, .fini = tear_down);

Test(disk, what_was_synced_is_there_whatever_was_lost) {
    recorded("Asf");
    for (int loss = 0; loss < SHIM_DISK_LOSS_COUNT; loss++) {
        for (uint64_t seed = 0; seed < SEEDS; seed++) {
            cut(END, (enum shim_disk_loss)loss, seed);
            cr_assert_eq(image_of("a", bytes), SIZE);
            cr_assert(all(bytes, 0, SIZE, 'A'));
        }
    }
}

Test(disk, a_file_needs_its_name_and_its_content) {
    recorded("As");
    cut(END, SHIM_DISK_DROPPED, 1);
    cr_expect_eq(image_of("a", bytes), -1, "nobody synced its directory");
    cut(END, SHIM_DISK_KEPT, 1);
    cr_expect_eq(image_of("a", bytes), SIZE);
    forget();
    unlink(temp_path("run/a"));
    recorded("Af");
    cut(END, SHIM_DISK_DROPPED, 1);
    cr_expect_eq(image_of("a", bytes), 0, "nobody synced its content");
}

Test(disk, an_overwrite_is_old_new_or_in_whole_units) {
    recorded("AsfB");
    int olds = 0, news = 0, mixed = 0, larger = 0;
    cut(END, SHIM_DISK_DROPPED, 1);
    image_of("a", bytes);
    cr_expect(all(bytes, 0, SIZE, 'A'));
    cut(END, SHIM_DISK_KEPT, 1);
    image_of("a", bytes);
    cr_expect(all(bytes, 0, SIZE, 'B'));
    for (uint64_t seed = 0; seed < SEEDS; seed++) {
        cut(END, SHIM_DISK_REORDERED, seed);
        cr_assert_eq(image_of("a", bytes), SIZE);
        olds += all(bytes, 0, SIZE, 'A');
        news += all(bytes, 0, SIZE, 'B');
        cut(END, SHIM_DISK_TORN_512, seed);
        cr_assert_eq(image_of("a", bytes), SIZE);
        for (size_t at = 0; at < SIZE; at += 512) {
            cr_assert(all(bytes, at, at + 512, 'A') || all(bytes, at, at + 512, 'B'));
            mixed += bytes[at] != bytes[at / 4096 * 4096];
        }
        cut(END, SHIM_DISK_TORN_4096, seed);
        cr_assert_eq(image_of("a", bytes), SIZE);
        for (size_t at = 0; at < SIZE; at += 4096) {
            cr_assert(all(bytes, at, at + 4096, 'A') || all(bytes, at, at + 4096, 'B'));
        }
        larger += bytes[0] != bytes[4096];
        cut(END, SHIM_DISK_GARBAGE, seed);
        cr_assert_eq(image_of("a", bytes), SIZE);
        for (size_t at = 0; at < SIZE; at += 4096) { /* synced once: no garbage */
            cr_assert(all(bytes, at, at + 4096, 'A') || all(bytes, at, at + 4096, 'B'));
        }
    }
    cr_expect_eq(olds + news, SEEDS);
    cr_expect_gt(olds, 0);
    cr_expect_gt(news, 0);
    cr_expect_gt(mixed, 0, "within 4,096 bytes");
    cr_expect_gt(larger, 0);
}

Test(disk, garbage_only_where_nothing_was_synced) {
    recorded("AsfC");
    int garbage = 0;
    for (uint64_t seed = 0; seed < SEEDS; seed++) {
        cut(END, SHIM_DISK_GARBAGE, seed);
        long size = image_of("a", bytes);
        cr_assert(size >= SIZE && size <= 2 * SIZE);
        cr_assert(all(bytes, 0, SIZE, 'A'));
        for (long at = SIZE; at < size; at++) {
            garbage += bytes[at] != 'C' && bytes[at] != 0;
        }
    }
    cr_expect_gt(garbage, 0);
}

Test(disk, a_new_part_of_a_file_may_hold_anything_though_nobody_wrote_it) {
    recorded("AsfT");
    int garbage = 0, zero = 0, old = 0;
    for (uint64_t seed = 0; seed < SEEDS; seed++) {
        cut(END, SHIM_DISK_GARBAGE, seed);
        long size = image_of("a", bytes);
        cr_assert(size == SIZE || size == 2 * SIZE);
        cr_assert(all(bytes, 0, SIZE, 'A'));
        old += size == SIZE;
        zero += size > SIZE && all(bytes, SIZE, 2 * SIZE, 0);
        garbage += size > SIZE && !all(bytes, SIZE, 2 * SIZE, 0);
        cut(END, SHIM_DISK_TORN_4096, seed);
        size = image_of("a", bytes);
        cr_assert(size == SIZE || all(bytes, SIZE, 2 * SIZE, 0));
    }
    cr_expect(garbage > 0 && zero > 0 && old > 0, "%d %d %d", garbage, zero, old);
}

Test(disk, what_one_write_synced_is_no_garbage_after_the_next) {
    recorded("AsfGH");
    int older = 0;
    for (uint64_t seed = 0; seed < SEEDS; seed++) { /* G: synced by itself, behind the end; H over it, not synced */
        cut(END, SHIM_DISK_GARBAGE, seed);
        cr_assert_eq(image_of("a", bytes), 2 * SIZE);
        for (size_t at = SIZE; at < 2 * SIZE; at += 4096) {
            cr_assert(all(bytes, at, at + 4096, 'G') || all(bytes, at, at + 4096, 'H'));
            older += bytes[at] == 'G';
        }
    }
    cr_expect_gt(older, 0);
}

Test(disk, cuts_can_be_taken_in_any_order) {
    recorded("degAsfBhCsftr");
    size_t count = shim_disk_count(disk);
    for (uint64_t seed = 0; seed < 10; seed++) {
        size_t at = (size_t)(seed * 7) % (count + 1);
        for (int loss = 0; loss < SHIM_DISK_LOSS_COUNT; loss++) {
            cut(at, (enum shim_disk_loss)loss, seed * 16 + (uint64_t)(loss % 2));
        }
    }
}

/* The last of the changes is a write to a that syncs itself and nothing before it. */
static void durable_alone(const char *changes, char last) {
    recorded(changes);
    cut(END, SHIM_DISK_DROPPED, 1);
    image_of("a", bytes);
    cr_expect(all(bytes, 0, SIZE, last));
    cut(shim_disk_count(disk) - 1, SHIM_DISK_DROPPED, 1);
    image_of("a", bytes);
    cr_expect(all(bytes, 0, SIZE, 'A'));
}

Test(disk, a_write_that_syncs_itself_is_durable_alone) {
    durable_alone("AfsBD", 'D');
    cr_expect(shim_disk_is_sync(disk, shim_disk_count(disk) - 1), "a cut before it loses most");
    cr_expect_not(shim_disk_is_sync(disk, shim_disk_count(disk) - 2), "nothing is lost there");
}

Test(disk, a_write_whose_flags_sync_it_is_durable_alone) {
    durable_alone("AfsBv", 'v');
}

Test(disk, checked_code_opens_files_as_any) {
    for (const char *changes = "23"; *changes != '\0'; changes++) {
        char text[] = {'A', 's', 'f', *changes, '\0'};
        recorded(text);
        cut(END, SHIM_DISK_DROPPED, 1);
        cr_expect_eq(image_of("a", bytes), SIZE);
        cut(END, SHIM_DISK_KEPT, 1);
        cr_expect_eq(image_of("a", bytes), 0);
        forget();
        shell("rm -rf '%s'/*%s", temp_path("run"), "");
    }
}

Test(disk, a_truncation_is_undone_until_the_next_sync) {
    recorded("Asft");
    cut(END, SHIM_DISK_DROPPED, 1);
    cr_expect_eq(image_of("a", bytes), SIZE);
    cr_expect(all(bytes, 0, SIZE, 'A'));
    cut(END, SHIM_DISK_KEPT, 1);
    cr_expect_eq(image_of("a", bytes), 100);
}

Test(disk, appended_parts_go_to_the_end) {
    recorded("AsfP");
    cut(END, SHIM_DISK_KEPT, 1);
    cr_expect_eq(image_of("a", bytes), SIZE + 300);
    cr_expect(all(bytes, SIZE, SIZE + 100, 'p') && all(bytes, SIZE + 100, SIZE + 300, 'q'));
}

Test(disk, what_was_there_before_is_the_start) {
    char path[1024];
    snprintf(path, sizeof path, "%s", temp_path("run/a"));
    FILE *file = fopen(path, "w");
    fputs("before", file);
    fclose(file);
    recorded("C");
    cut(0, SHIM_DISK_KEPT, 1);
    cr_expect_eq(image_of("a", bytes), 6);
    cr_expect(memcmp(bytes, "before", 6) == 0);
}

Test(disk, the_same_seed_gives_the_same_files) {
    char first[4 * SIZE];
    recorded("AsfBC");
    for (uint64_t seed = 0; seed < 5; seed++) {
        cut(END, SHIM_DISK_GARBAGE, seed);
        long size = image_of("a", first);
        cut(END, SHIM_DISK_GARBAGE, seed);
        cr_expect_eq(image_of("a", bytes), size);
        cr_expect(memcmp(first, bytes, (size_t)size) == 0);
    }
}

Test(disk, operations_have_names_and_rising_stamps) {
    char text[200];
    recorded("Asfr");
    cr_assert_eq(shim_disk_count(disk), 5);
    const char *const names[] = {"creating a", "writing a at 0, 8192 bytes", "syncing a",
                                 "syncing directory .", "renaming a to b", "the end"};
    for (size_t i = 0; i < 6; i++) {
        shim_disk_describe(disk, i, text, sizeof text);
        cr_expect_str_eq(text, names[i]);
        cr_expect_eq(shim_disk_is_sync(disk, i), i == 2 || i == 3);
        cr_expect_str_eq(shim_disk_kind(disk, i), "");
        cr_expect(i == 0 || shim_disk_stamp(disk, i) > shim_disk_stamp(disk, i - 1),
                  "operation %zu", i);
    }
}

Test(disk, kinds_of_files_are_told_by_their_names) {
    recorded("deg");
    for (size_t i = 0; i < shim_disk_count(disk); i++) {
        char text[200];
        shim_disk_describe(disk, i, text, sizeof text);
        cr_expect_str_eq(shim_disk_kind(disk, i), strncmp(text, "writing d/e.log", 15) == 0 ||
                                                          strncmp(text, "creating", 8) == 0
                                                      ? ".log"
                                                      : "", "%s", text);
    }
}

Test(disk, a_way_around_the_recording_is_found_out) {
    static const struct { const char *changes, *text; } rows[] = {
        {"Asfm", "shared mapping"},  {"Asfcx", "exchange"}, {"Asfi", "aio_write"}, {"AsfS", "fdopen"},
    };
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        cr_expect_eq(record(rows[i].changes), -1, "%s", rows[i].changes);
        cr_expect(strstr(error, rows[i].text) != NULL, "%s: %s", rows[i].changes, error);
        forget();
        shell("rm -rf '%s'/*%s", temp_path("run"), "");
    }
}

/* A file that the harness makes beside the engine's. */
static int record_beside(bool left_out) {
    char root[1024];
    snprintf(root, sizeof root, "%s", temp_path("run"));
    cr_assert_eq(shim_disk_start(library, recorder, root, temp_path("log"), error, sizeof error), 0);
    shell("printf own > '%s/kept'%s", root, "");
    if (left_out) {
        shim_disk_leave_out(temp_path("run/kept"));
    }
    shim_callv(&caller, SHIM_FN_JetIdle, SHIM_PLAIN, (uint64_t[]){1, 'A'});
    cr_assert_eq(shim_disk_stop(), 0);
    return shim_disk_open(temp_path("log"), &disk, error, sizeof error);
}

Test(disk, what_the_harness_makes_for_itself_is_no_way_around_it) {
    cr_assert_eq(record_beside(true), 0, "%s", error);
    cut(END, SHIM_DISK_KEPT, 1);
    cr_expect_eq(image_of("kept", bytes), -1);
    cr_expect_eq(image_of("a", bytes), SIZE);
}

Test(disk, what_nobody_vouches_for_is_a_way_around_it) {
    cr_assert_neq(record_beside(false), 0);
}

/* The log without its last bytes, as one whose writer died. */
static int open_cut(long less) {
    struct stat status;
    forget();
    cr_assert_eq(stat(temp_path("log"), &status), 0);
    cr_assert_eq(truncate(temp_path("log"), status.st_size - less), 0);
    return shim_disk_open(temp_path("log"), &disk, error, sizeof error);
}

Test(disk, a_log_whose_writer_died_is_good_up_to_there) {
    recorded("AsfB");
    cr_assert_eq(open_cut(300), 0, "%s", error); /* the sums, and half of B */
    cr_expect_eq(shim_disk_count(disk), 4);
    cut(END, SHIM_DISK_KEPT, 1);
    cr_expect_eq(image_of("a", bytes), SIZE);
    cr_expect(all(bytes, 0, SIZE, 'A'));
}

static void limit_files(rlim_t bytes_most) {
    struct rlimit limit;
    cr_assert_eq(getrlimit(RLIMIT_FSIZE, &limit), 0);
    limit.rlim_cur = bytes_most;
    cr_assert_eq(setrlimit(RLIMIT_FSIZE, &limit), 0);
}

Test(disk, a_log_is_good_up_to_where_there_was_no_room_for_it) {
    char root[1024];
    struct stat status;
    snprintf(root, sizeof root, "%s", temp_path("run"));
    signal(SIGXFSZ, SIG_IGN);
    cr_assert_eq(shim_disk_start(library, recorder, root, temp_path("log"), error, sizeof error), 0);
    change('A');
    change('s');
    change('f');
    cr_assert_eq(stat(temp_path("log"), &status), 0);
    limit_files((rlim_t)status.st_size + 100); /* a part of the record of B */
    change('B');
    limit_files(RLIM_INFINITY);
    change('C');
    cr_assert_eq(shim_disk_open(temp_path("log"), &disk, error, sizeof error), 0, "%s", error);
    cr_expect_eq(shim_disk_count(disk), 4);
    cut(END, SHIM_DISK_KEPT, 1);
    cr_expect_eq(image_of("a", bytes), SIZE);
    cr_expect(all(bytes, 0, SIZE, 'A'));
    cr_expect_eq(shim_disk_stop(), -1, "who is asked in time, says so");
}

/* Nobody looked at the files in the end: that the operations give them is then only known if nothing passed them by. */
Test(disk, a_way_around_the_recording_is_found_out_though_its_writer_died) {
    static const struct { const char *changes, *text; } rows[] = {
        {"Asfm", "shared mapping"},  {"Asfcx", "exchange"}, {"Asfi", "aio_write"}, {"AsfS", "fdopen"},
    };
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        cr_assert_eq(record(rows[i].changes), -1, "%s", rows[i].changes);
        error[0] = '\0';
        cr_expect_eq(open_cut(1), -1, "%s", rows[i].changes);
        cr_expect(strstr(error, rows[i].text) != NULL, "%s: %s", rows[i].changes, error);
        forget();
        shell("rm -rf '%s'/*%s", temp_path("run"), "");
    }
}

Test(disk, a_way_around_that_left_nothing_is_named_and_does_no_harm) {
    recorded("AsfB");
    cr_expect_null(shim_disk_uncovered(disk));
    forget();
    shell("rm -rf '%s'/*%s", temp_path("run"), "");
    recorded("AsfmA"); /* what was stored is written over */
    cr_assert_not_null(shim_disk_uncovered(disk));
    cr_expect(strstr(shim_disk_uncovered(disk), "shared mapping") != NULL);
}

Test(disk, no_log_is_an_error) {
    cr_expect_eq(shim_disk_open(temp_path("none"), &disk, error, sizeof error), -1);
    cr_expect(strstr(error, "none") != NULL);
}
