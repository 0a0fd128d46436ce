/* test_glob.c - patterns of --filter and --known. */
#include <criterion/criterion.h>

#include "scenarios/command/command.h"

Test(glob, a_pattern_fits_the_whole_name)
{
    cr_expect(cmd_glob("commits", "commits"));
    cr_expect(!(cmd_glob("commit", "commits")));
    cr_expect(!(cmd_glob("commits", "commit")));
    cr_expect(cmd_glob("", ""));
    cr_expect(!(cmd_glob("", "x")));
}

Test(glob, a_star_stands_for_any_text)
{
    cr_expect(cmd_glob("*", ""));
    cr_expect(cmd_glob("Jet*/stopped", "JetMove/stopped"));
    cr_expect(cmd_glob("*-*-*", "stop-during-init"));
    cr_expect(!(cmd_glob("*-*-*", "stop-init")));
    cr_expect(cmd_glob("a*b*c", "aXbbYc"), "a star gives back what it took too much");
    cr_expect(!(cmd_glob("a*b", "abc")));
}

Test(glob, one_character_and_classes)
{
    cr_expect(cmd_glob("Jet?ove", "JetMove"));
    cr_expect(!(cmd_glob("Jet?ove", "Jetove")));
    cr_expect(cmd_glob("x[0-9a]", "x7"));
    cr_expect(cmd_glob("x[0-9a]", "xa"));
    cr_expect(!(cmd_glob("x[0-9a]", "xb")));
    cr_expect(cmd_glob("x[!0-9]", "xb"));
    cr_expect(!(cmd_glob("x[!0-9]", "x5")));
    cr_expect(cmd_glob("[]]", "]"), "a bracket that comes first is meant itself");
    cr_expect(!(cmd_glob("[ab", "")), "an open class ends with the pattern");
}
