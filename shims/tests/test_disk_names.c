/* Which files a power cut leaves, and what they are called. */
#define JET_NO_NAME_MAP
#include "shims/tests/disk_case.h"

TestSuite(disk_names, .init = set_up, .fini = tear_down);

/* The last of the changes calls a b, which is not synced. */
static void renamed_last(const char *changes) {
    recorded(changes);
    cut(END, SHIM_DISK_DROPPED, 1);
    cr_expect_eq(image_of("a", bytes), SIZE);
    cr_expect_eq(image_of("b", bytes), -1);
    cut(END, SHIM_DISK_KEPT, 1);
    cr_expect_eq(image_of("a", bytes), -1);
    cr_expect_eq(image_of("b", bytes), SIZE);
}

Test(disk_names, names_below_an_open_directory_are_names) {
    renamed_last("Asfn");
    forget();
    shell("rm -rf '%s'/*%s", temp_path("run"), "");
    recorded("Asfljegh");
    cut(END, SHIM_DISK_DROPPED, 1);
    cr_expect_eq(image_of("b", bytes), -1);
    cr_expect_eq(image_of("d/e.log", bytes), -1);
    cut(END, SHIM_DISK_KEPT, 1);
    cr_expect_eq(image_of("a", bytes), SIZE);
    cr_expect_eq(image_of("b", bytes), SIZE);
    cr_expect_eq(image_of("d/e.log", bytes), SIZE);
}

Test(disk_names, names_change_when_their_directory_is_synced) {
    renamed_last("Asfr");
    int before = 0, after = 0;
    for (uint64_t seed = 0; seed < SEEDS; seed++) {
        cut(END, SHIM_DISK_REORDERED, seed);
        before += image_of("a", bytes) == SIZE && image_of("b", bytes) < 0;
        after += image_of("b", bytes) == SIZE && image_of("a", bytes) < 0;
    }
    cr_expect_eq(before + after, SEEDS);
    cr_expect_gt(before, 0);
    cr_expect_gt(after, 0);
}

Test(disk_names, names_in_one_directory_change_in_order) {
    recorded("Asfrc");
    int first = 0;
    for (uint64_t seed = 0; seed < SEEDS; seed++) {
        cut(END, SHIM_DISK_REORDERED, seed);
        bool renamed = image_of("b", bytes) >= 0, made = image_of("c", bytes) >= 0;
        cr_assert(renamed || !made);
        first += renamed && !made;
    }
    cr_expect_gt(first, 0);
}

Test(disk_names, deleted_files_come_back_until_then) {
    recorded("Asfrfu");
    cut(END, SHIM_DISK_DROPPED, 1);
    cr_expect_eq(image_of("b", bytes), SIZE);
    cut(END, SHIM_DISK_KEPT, 1);
    cr_expect_eq(image_of("b", bytes), -1);
}

Test(disk_names, what_lies_in_a_lost_directory_is_lost) {
    recorded("degh");
    cut(END, SHIM_DISK_DROPPED, 1);
    cr_expect_eq(image_of("d/e.log", bytes), -1, "the directory itself was not synced into its own");
    cut(END, SHIM_DISK_KEPT, 1);
    cr_expect_eq(image_of("d/e.log", bytes), SIZE);
}

Test(disk_names, a_directory_takes_along_what_is_in_it) {
    recorded("deghfRf");
    cut(END, SHIM_DISK_DROPPED, 1);
    cr_expect_eq(image_of("q/e.log", bytes), SIZE);
    cr_expect(all(bytes, 0, SIZE, 'E'));
    cr_expect_eq(image_of("d/e.log", bytes), -1);
    int before = 0, after = 0;
    for (uint64_t seed = 0; seed < SEEDS; seed++) {
        cut(shim_disk_count(disk) - 1, SHIM_DISK_REORDERED, seed);
        before += image_of("d/e.log", bytes) == SIZE && image_of("q/e.log", bytes) < 0;
        after += image_of("q/e.log", bytes) == SIZE && image_of("d/e.log", bytes) < 0;
    }
    cr_expect_eq(before + after, SEEDS);
    cr_expect_gt(before, 0);
    cr_expect_gt(after, 0);
}

Test(disk_names, a_directory_is_synced_by_whatever_name_it_has_then) {
    recorded("dehRyf");
    cut(END, SHIM_DISK_DROPPED, 1);
    cr_expect_eq(image_of("q/e.log", bytes), SIZE);
    cut(shim_disk_count(disk) - 2, SHIM_DISK_DROPPED, 1);
    cr_expect_eq(image_of("q/e.log", bytes), -1);
}

/* Removing it shows that it was empty, whatever became of the changes in it. */
Test(disk_names, nothing_is_left_of_a_directory_that_went) {
    recorded("deghfRfwzf");
    for (uint64_t seed = 0; seed < SEEDS; seed++) {
        cut(END, (enum shim_disk_loss)(seed % SHIM_DISK_LOSS_COUNT), seed);
        cr_expect_eq(image_of("q/e.log", bytes), -1);
    }
}

/* d/e.log, durable, was called e.log, and then what `changes` says; after cuts with that loss: in how many of SEEDS states it has
 * the old name alone, the new one alone, both, none. */
struct places {
    int old, new, both, none;
};

static struct places moved(const char *changes, enum shim_disk_loss loss) {
    struct places places = {0, 0, 0, 0};
    char text[32];
    snprintf(text, sizeof text, "dehgfM%s", changes);
    recorded(text);
    for (uint64_t seed = 0; seed < SEEDS; seed++) {
        cut(END, loss, seed);
        bool there = image_of("e.log", bytes) >= 0;
        cr_assert(!there || all(bytes, 0, SIZE, 'E'));
        bool here = image_of("d/e.log", bytes) >= 0;
        cr_assert(!here || all(bytes, 0, SIZE, 'E'));
        places.old += here && !there;
        places.new += !here && there;
        places.both += here && there;
        places.none += !here && !there;
    }
    forget();
    shell("rm -rf '%s'/*%s", temp_path("run"), "");
    return places;
}

Test(disk_names, a_file_that_moves_has_both_names_or_none_until_both_directories_were_synced) {
    struct places places = moved("", SHIM_DISK_DROPPED);
    cr_expect_eq(places.old, SEEDS);
    places = moved("", SHIM_DISK_REORDERED);
    cr_expect(places.old > 0 && places.new > 0 && places.both > 0 && places.none > 0, "%d %d %d %d", places.old, places.new,
              places.both, places.none);
    places = moved("", SHIM_DISK_KEPT);
    cr_expect_eq(places.new, SEEDS);
}

Test(disk_names, a_file_that_moves_is_lost_when_only_the_old_directory_was_synced) {
    struct places places = moved("g", SHIM_DISK_DROPPED);
    cr_expect_eq(places.none, SEEDS);
    places = moved("g", SHIM_DISK_TORN_512);
    cr_expect(places.none > 0 && places.new > 0 && places.none + places.new == SEEDS, "%d %d", places.none, places.new);
    places = moved("g", SHIM_DISK_KEPT);
    cr_expect_eq(places.new, SEEDS);
}

Test(disk_names, a_file_that_moves_is_there_twice_when_only_the_new_directory_was_synced) {
    struct places places = moved("f", SHIM_DISK_DROPPED);
    cr_expect_eq(places.both, SEEDS);
    places = moved("f", SHIM_DISK_REORDERED);
    cr_expect(places.both > 0 && places.new > 0 && places.both + places.new == SEEDS, "%d %d", places.both, places.new);
}

Test(disk_names, a_file_that_moves_has_moved_when_both_directories_were_synced) {
    for (int loss = 0; loss < SHIM_DISK_LOSS_COUNT; loss++) {
        struct places places = moved(loss % 2 == 0 ? "gf" : "fg", (enum shim_disk_loss)loss);
        cr_expect_eq(places.new, SEEDS, "%s", shim_disk_loss_name((enum shim_disk_loss)loss));
    }
}

Test(disk_names, what_moves_comes_in_the_order_of_both_directories) {
    recorded("dehgfMc");
    int first = 0;
    for (uint64_t seed = 0; seed < SEEDS; seed++) {
        cut(END, SHIM_DISK_REORDERED, seed);
        bool came = image_of("e.log", bytes) >= 0, made = image_of("c", bytes) >= 0;
        cr_assert(came || !made);
        first += came && !made;
    }
    cr_expect_gt(first, 0);
}

Test(disk_names, a_new_name_needs_no_old_one) {
    recorded("dfehMf"); /* that it came to be in d was not synced */
    cut(END, SHIM_DISK_DROPPED, 1);
    cr_expect_eq(image_of("e.log", bytes), SIZE);
    cr_expect(all(bytes, 0, SIZE, 'E'));
    cr_expect_eq(image_of("d/e.log", bytes), -1);
}

Test(disk_names, a_directory_moves_with_what_is_in_it_once_both_above_were_synced) {
    static const char *const changes[] = {"dkehgfK", "dkehgfKf", "dkehgfKY", "dkehgfKfY"};
    for (size_t i = 0; i < sizeof changes / sizeof changes[0]; i++) {
        recorded(changes[i]);
        cut(END, SHIM_DISK_DROPPED, 1);
        cr_expect_eq(image_of("d/e.log", bytes), i < 3 ? SIZE : -1, "%s", changes[i]);
        cr_expect_eq(image_of("k/d/e.log", bytes), i < 3 ? -1 : SIZE, "%s", changes[i]);
        cut(END, SHIM_DISK_KEPT, 1);
        cr_expect_eq(image_of("k/d/e.log", bytes), SIZE, "%s", changes[i]);
        forget();
        shell("rm -rf '%s'/*%s", temp_path("run"), "");
    }
}
