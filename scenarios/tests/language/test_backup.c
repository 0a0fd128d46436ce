/* The steps about backups: `copy` and `restore`, and what the header of a database tells about backups. */
#include "scenarios/tests/language/support.h"

#include <criterion/criterion.h>

#include <stdio.h>
#include <string.h>

#define HEAD "scenario s\ninstance main\ndatabase data\n"

static const char whole[] = HEAD "actor a\n"
                                 "JetBeginExternalBackupInstance\n"
                                 "JetGetAttachInfoInstance\n"
                                 "copy databases to kept\n"
                                 "JetGetLogInfoInstance2 -> low at ulGenLow\n"
                                 "copy logs\n"
                                 "JetGetDatabaseInfo -> high at bkinfoFullPrev-genHigh\n"
                                 "check high > low\n"
                                 "end\n"
                                 "after death\n"
                                 "restore streamed kept\n"
                                 "end\n";

Test(backup, everything_survives_printing)
{
    struct scn_plan *plan = support_parse(whole);
    const struct scn_step *copy = plan->actors[0].steps->next->next;
    cr_assert_eq(copy->kind, SCN_STEP_COPY);
    cr_expect_not(copy->u.copy.logs);
    cr_expect_str_eq(copy->u.copy.folder, "kept");
    cr_expect(copy->next->next->u.copy.logs);
    cr_expect_null(copy->next->next->u.copy.folder);
    cr_assert_eq(plan->after.death->kind, SCN_STEP_RESTORE);
    cr_expect(plan->after.death->u.restore.streamed);
    support_round_trip(plan, "a script about backups");
    scn_plan_free(plan);
}

Test(backup, plans_that_differ_are_not_equal)
{
    static const char *const changes[][2] = {{"databases to kept", "logs to kept"},
                                             {"databases to kept", "databases to other"},
                                             {"databases to kept", "databases"},
                                             {"streamed kept", "folder kept"},
                                             {"streamed kept", "streamed other"}};
    support_each_differs(whole, changes, sizeof changes / sizeof changes[0]);
}

Test(backup, what_makes_no_sense_is_refused)
{
    support_refused(HEAD "actor a\ncopy tables\nend\n", "expected databases or logs");
    support_refused(HEAD "actor a\ncopy logs to 3\nend\n", "the name of a folder");
    support_refused(HEAD "actor a\ncopy logs to main\nend\n", "main is the folder of an instance");
    support_refused(HEAD "actor a\nrestore streamed kept\nend\n", "only in the block after death");
    support_refused(HEAD "actor a\nend\nafter restart\nrestore folder kept\nend\n", "only in the block after death");
    support_refused(HEAD "actor a\nend\nafter death\ncopy logs\nend\n", "make no sense after the race");
    support_refused(HEAD "actor a\nend\nafter death\nrestore kept\nend\n", "expected streamed or folder");
    support_refused("scenario s\ninstance main\nactor a\nend\nafter death\nrestore folder kept\nend\n",
            "a database on it");
    support_refused("scenario s\ninstance main\ninstance other\ndatabase data on main\nactor a\nend\n"
            "after death\nrestore folder kept\nend\n",
            "one instance");
}
