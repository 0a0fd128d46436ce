/* A schedule file comes from anybody: whatever was done to it, it is read or refused with a message that names it. */
#include <criterion/criterion.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "scenarios/explorer/results.h"
#include "scenarios/explorer/schedule.h"

static const char good[] = "esecheck schedule 2\n"
                           "name small\n"
                           "engine /lib/libesent.so\n"
                           "build build-id 0d75\n"
                           "profile documented\n"
                           "strategy pct\n"
                           "depth 0\n"
                           "seed 57\n"
                           "input-seed 1\n"
                           "steps 0\n"
                           "memory 0\n"
                           "verdict deadlock\n"
                           "finding no thread can go on\n"
                           "plan\n"
                           "\tscenario small\n"
                           "\tinstance main\n"
                           "\tactor writer\n"
                           "\t    JetBeginSession\n"
                           "\tend\n"
                           "decisions\n"
                           "\t0*125 1*12 2*103\n"
                           "\t3*3 4*59 0\n"
                           "end\n";

static char path[] = "/tmp/schedule-file.XXXXXX";

static void make(void)
{
    int file = mkstemp(path);
    cr_assert(file >= 0);
    close(file);
}

static void drop(void)
{
    unlink(path);
}

static void put(const char *bytes, size_t size)
{
    FILE *file = fopen(path, "wb");
    cr_assert_not_null(file);
    cr_assert_eq(fwrite(bytes, 1, size, file), size);
    cr_assert_eq(fclose(file), 0);
}

/* 0 or -1; a refusal says which file. */
static int load(char *error, size_t size)
{
    struct scn_schedule_file schedule;
    error[0] = '\0';
    int result = scn_schedule_load(&schedule, path, error, size);
    if (result == 0) {
        cr_assert_not_null(schedule.decisions);
        scn_schedule_fini(&schedule);
    } else {
        cr_assert_not_null(strstr(error, path), "no file in '%s'", error);
    }
    return result;
}

TestSuite(schedule_file, .init = make, .fini = drop);

Test(schedule_file, a_file_that_was_cut_is_told_so_wherever_it_was)
{
    char error[512];
    for (size_t size = 1; size < sizeof good - 2; size++) {
        put(good, size);
        cr_assert_eq(load(error, sizeof error), -1, "%zu bytes are read", size);
        cr_assert_not_null(strstr(error, "cut off"), "%zu bytes: '%s'", size, error);
    }
}

Test(schedule_file, a_strategy_that_is_none)
{
    char error[512], text[sizeof good];
    memcpy(text, good, sizeof good);
    memcpy(strstr(text, "strategy pct"), "strategy pst", 12);
    put(text, sizeof text - 1);
    cr_assert_eq(load(error, sizeof error), -1);
    cr_assert_not_null(strstr(error, ":6: 'pst' is no strategy"), "%s", error);
}

Test(schedule_file, what_was_saved_is_read)
{
    char error[512];
    put(good, sizeof good - 1);
    cr_assert_eq(load(error, sizeof error), 0, "%s", error);
}

Test(schedule_file, a_part_of_it_is_refused)
{
    char error[512];
    for (size_t size = 0; size + 2 < sizeof good; size++) { /* but for the last end of line */
        put(good, size);
        cr_assert_eq(load(error, sizeof error), -1, "%zu bytes are taken for a whole", size);
    }
}

Test(schedule_file, a_wrong_line_is_named)
{
    static const struct {
        const char *from, *to, *where;
    } edits[] = {{"depth 0", "depth x", ":7:"},          {"seed 57", "seed -1", ":8:"},
                 {"4*59", "4*x", ":22:"},                {"0*125", "999*1", ":21:"},
                 {"verdict deadlock", "verdict luck", ":12:"}, {"strategy pct", "stratagem pct", ":6:"},
                 {"memory 0", "set JET_paramNone=1", ":11:"},  {"input-seed 1", "fault often", ":9:"},
                 {"steps 0", "steps", ":10:"}};
    for (size_t i = 0; i < sizeof edits / sizeof edits[0]; i++) {
        char text[sizeof good + 64], error[512];
        const char *at = strstr(good, edits[i].from);
        cr_assert_not_null(at);
        int size = snprintf(text, sizeof text, "%.*s%s%s", (int)(at - good), good, edits[i].to,
                            at + strlen(edits[i].from));
        put(text, (size_t)size);
        cr_assert_eq(load(error, sizeof error), -1, "'%s' is taken", edits[i].to);
        cr_assert_not_null(strstr(error, edits[i].where), "'%s': no '%s' in '%s'", edits[i].to, edits[i].where, error);
    }
}

Test(schedule_file, changed_bytes_are_read_or_refused)
{
    uint64_t random = 1;
    for (int round = 0; round < 3000; round++) {
        char text[sizeof good], error[512];
        memcpy(text, good, sizeof good);
        for (int i = 0; i < 1 + round % 4; i++) {
            random = random * 6364136223846793005u + 1442695040888963407u;
            text[(random >> 33) % (sizeof good - 1)] = (char)(random >> 20);
        }
        put(text, sizeof good - 1);
        (void)load(error, sizeof error);
    }
}

/* ---- the file of an exploration --------------------------------------------------------------------- */

static void fill(struct scn_results *r, uint64_t shard, uint64_t first)
{
    memset(r, 0, sizeof *r);
    r->name = strdup("small");
    r->engine = strdup("/lib/libesent.so");
    r->build = strdup("build-id 0d75");
    r->profile = strdup("documented");
    r->strategy = strdup("random");
    r->setup = strdup("script 1");
    r->seed = 1;
    r->shard = shard;
    r->shards = 2;
    r->asked = 20;
    r->schedules = 10;
    r->complete = true;
    for (uint64_t i = 0; i < 2000; i++) {
        scn_seen_add(&r->interleavings, first + i * 977);
    }
    struct scn_found *found = scn_results_add(r);
    found->verdict = strdup("deadlock");
    found->place = strdup("x.so+0x10");
    found->text = strdup("no thread can go on");
    found->seed = 5 + shard;
    found->times = 3;
}

Test(schedule_file, an_exploration_is_read_as_it_was_saved)
{
    struct scn_results saved, read;
    char error[512];
    fill(&saved, 1, 1);
    cr_assert_eq(scn_results_save(&saved, path, error, sizeof error), 0, "%s", error);
    cr_assert_eq(scn_results_load(&read, path, error, sizeof error), 0, "%s", error);
    cr_assert_eq(read.interleavings.count, 2000);
    cr_assert_eq(scn_seen_add(&read.interleavings, 1 + 1999 * 977), 0);
    cr_assert_eq(read.found_count, 1);
    cr_assert_str_eq(read.found[0].place, "x.so+0x10");
    cr_assert_eq(read.found[0].times, 3);
    cr_assert_eq(read.shard, 1);
    scn_results_fini(&saved);
    scn_results_fini(&read);
}

Test(schedule_file, parts_are_united_and_equal_findings_are_one)
{
    struct scn_results one, two;
    char error[512];
    fill(&one, 1, 1);
    fill(&two, 2, 1 + 1000 * 977); /* half of them are the same */
    cr_assert_eq(scn_results_join(&one, &two, error, sizeof error), 0, "%s", error);
    cr_assert_eq(one.interleavings.count, 3000);
    cr_assert_eq(one.schedules, 20);
    cr_assert_eq(one.found_count, 1);
    cr_assert_eq(one.found[0].times, 6);
    cr_assert_eq(one.found[0].seed, 6, "the first one that the whole finds stays");
    two.seed = 2;
    cr_assert_eq(scn_results_join(&one, &two, error, sizeof error), -1);
    cr_assert_not_null(strstr(error, "seed 1 and 2"));
    scn_results_fini(&one);
    scn_results_fini(&two);
}

Test(schedule_file, a_damaged_exploration_is_read_or_refused)
{
    struct scn_results results;
    char error[512], bytes[40000];
    fill(&results, 1, 1);
    cr_assert_eq(scn_results_save(&results, path, error, sizeof error), 0);
    scn_results_fini(&results);
    FILE *file = fopen(path, "rb");
    size_t size = fread(bytes, 1, sizeof bytes, file);
    fclose(file);
    cr_assert(size > 30000 && size < sizeof bytes);
    uint64_t random = 7;
    for (int round = 0; round < 500; round++) {
        random = random * 6364136223846793005u + 1442695040888963407u;
        size_t cut = round % 2 == 0 ? size : (random >> 33) % size, where = (random >> 11) % (round % 3 == 0 ? 700 : size);
        char before = bytes[where];
        bytes[where] = (char)(random >> 25);
        put(bytes, cut);
        bytes[where] = before;
        if (scn_results_load(&results, path, error, sizeof error) == 0) {
            scn_results_fini(&results);
        } else {
            cr_assert_not_null(strstr(error, path));
        }
        cr_assert(cut == size || scn_results_load(&results, path, error, sizeof error) != 0, "a part is taken for a whole");
    }
}
