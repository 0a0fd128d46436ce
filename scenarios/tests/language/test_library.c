/* The scripts that ship: each parses, round-trips, and says what it is about. */
#include "scenarios/tests/language/support.h"

#include <criterion/criterion.h>

#include <dirent.h>
#include <string.h>

#define LEAST_SCRIPTS 70

static bool names_case[1000];

static void check_script(const char *file)
{
    char path[1024], error[512] = "", name[256];
    struct scn_plan *plan;

    snprintf(path, sizeof path, "%s/%s", SCN_LIBRARY_DIR, file);
    plan = scn_parse_file(path, error, sizeof error);
    cr_assert_not_null(plan, "%s", error);
    support_round_trip(plan, file);
    snprintf(name, sizeof name, "%s.scenario", plan->name);
    cr_assert_str_eq(name, file, "a script is named as its file");
    cr_assert_not_null(plan->title, "%s has no title", file);
    for (int i = 0; i < plan->case_count; i++)
        names_case[plan->cases[i]] = true;
    scn_plan_free(plan);
}

Test(library, every_script_parses_and_round_trips)
{
    /* The cases of the catalogue that scripts re-express. */
    static const int cases[] = {1,  2,  3,  4,  5,  7,  8,  9,  10, 11, 12, 13, 14, 15,
                                16, 17, 19, 20, 21, 22, 23, 24, 25, 26, 27, 28};
    struct dirent *entry;
    DIR *folder = opendir(SCN_LIBRARY_DIR);
    int count = 0;

    cr_assert_not_null(folder);
    while ((entry = readdir(folder))) {
        if (!strstr(entry->d_name, ".scenario"))
            continue;
        check_script(entry->d_name);
        count++;
    }
    closedir(folder);
    cr_assert_geq(count, LEAST_SCRIPTS);
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++)
        cr_assert(names_case[cases[i]], "no script is about case %d", cases[i]);
}

/* The first script of the README is what a newcomer copies. */
Test(library, the_script_of_the_readme_is_one)
{
    static char line[1024], text[8192];
    char error[512] = "";
    struct scn_plan *plan;
    size_t used = 0;
    FILE *file = fopen(SCN_LIBRARY_DIR "/../README.md", "r");

    cr_assert_not_null(file);
    while (fgets(line, sizeof line, file) && strncmp(line, "    scenario ", 13) != 0)
        continue;
    do {
        size_t length = strlen(line) - 4;

        cr_assert_lt(used + length, sizeof text);
        memcpy(text + used, line + 4, length);
        used += length;
    } while (fgets(line, sizeof line, file) && strncmp(line, "    ", 4) == 0);
    fclose(file);
    plan = scn_parse("README.md", text, used, error, sizeof error);
    cr_assert_not_null(plan, "%s", error);
    support_round_trip(plan, "README.md");
    scn_plan_free(plan);
}
