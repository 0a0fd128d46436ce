/* Who asked is told which commits have become durable, also when the log ends or fails. */
#include "engine/tests/storage/log_support.h"

static struct log_rig rig;
static struct { uint64_t commit; _Atomic unsigned calls; unsigned losses, wrong; } told;

static void note(void *arg, const JET_SIGNATURE *signature, uint64_t commit, bool lost)
{
    (void)signature;
    told.wrong += arg != &told || commit < told.commit || (commit == told.commit && !lost) ? 1 : 0;
    told.commit = commit;
    told.calls++;
    told.losses += lost ? 1 : 0;
}

static void setup(void)
{
    log_rig_open(&rig, 64);
    rig.config.on_durable = note;
    rig.config.on_durable_arg = &told;
}

static void teardown(void)
{
    log_rig_close(&rig);
}

TestSuite(log_tell, .init = setup, .fini = teardown, .timeout = 60);

static JET_ERR broken(void *arg, enum ese_file_call call, uint64_t end)
{
    (void)arg;
    (void)end;
    return call == ESE_FILE_CALL_SYNC ? JET_errDiskIO : JET_errSuccess;
}

Test(log_tell, the_end_of_the_log_tells_the_rest)
{
    for (uint64_t i = 1; i <= 3; i++) {
        struct ese_log *log = log_start(&rig);
        MUST(ese_log_commit(log, 1, JET_bitCommitLazyFlush, 0, NULL, NULL));
        MUST(ese_log_close(log, true));
        cr_assert_eq(told.commit, i);
        cr_assert_eq(told.calls, i, "a new beginning has nothing to tell");
    }
    cr_assert_eq(told.losses + told.wrong, 0);
}

Test(log_tell, a_commit_is_durable_when_its_last_byte_is)
{
    struct ese_log *log = log_start(&rig);
    uint64_t commits = 0;
    for (uint32_t n = 1; n <= 400; n++) {           /* of sizes that end everywhere in chunks and files */
        MUST(log_put(log, n, n * 7 % 900));
        MUST(ese_log_commit(log, n, n % 50 == 0 ? 0 : JET_bitCommitLazyFlush, 0, &commits, NULL));
    }
    MUST(ese_log_close(log, true));
    cr_assert_eq(commits, 400);
    cr_assert_eq(told.commit, 400);
    cr_assert_eq(told.losses + told.wrong, 0);
}

Test(log_tell, a_failure_is_told_once)
{
    struct ese_log *log = log_start(&rig);
    MUST(ese_log_commit(log, 1, 0, 0, NULL, NULL));
    for (unsigned i = 0; i < 10000 && told.calls == 0; i++) {
        ese_sleep_ms(1);
    }
    cr_assert_eq(told.calls, 1);
    ese_file_set_filter(broken, NULL);
    MUST_BE(ese_log_commit(log, 2, 0, 0, NULL, NULL), JET_errLogWriteFail);
    MUST_BE(ese_log_commit(log, 3, 0, 0, NULL, NULL), JET_errLogWriteFail);
    ese_file_set_filter(NULL, NULL);
    MUST(ese_log_close(log, false));
    cr_assert_eq(told.losses, 1);
    cr_assert_eq(told.commit, 1, "the second one may be lost");
    cr_assert_eq(told.wrong, 0);
}
