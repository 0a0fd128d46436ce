/* Files that nobody's log knows of: when the call that makes one has returned it lasts, and before it is never half. */
#include "engine/tests/storage/power_directed.h"

#include <stdlib.h>
#include <unistd.h>

#include "engine/log/recover.h"
#include "engine/table/compact.h"
#include "engine/table/header.h"
#include "engine/table/schema.h"
#include "engine/tests/storage/aftermath.h"
#include "engine/tests/storage/power.h"
#include "engine/tests/storage/support.h"
#include "engine/verify/verify.h"

#define ROWS 150
#define GROWN 400u

enum { COMPACTED = 1000, COPIED, GREW };

static struct rig rig;
static char compacted[300], copied[300];

static void record(void)
{
    struct ese_store_config config = { .page_size = rig.page_size, .extend_pages = 16 };
    const struct ese_compact how = { .repair = false };
    struct ese_trx trx;
    struct pairs pairs;
    uint32_t actual;
    MUST(ese_store_open(&config, &rig.store));
    MUST(ese_database_create(rig.store, rig.path, 0, 0, &rig.database));
    session_begin(&rig, &trx);
    pairs_create(&rig, &trx, "pairs", &pairs);
    pairs_open(&rig, &trx, "pairs", &pairs);
    for (int32_t i = 0; i < ROWS; i++) {
        MUST(pairs_insert(&pairs, i, "a text that takes its place"));
    }
    ese_cursor_close(pairs.cursor);
    MUST(ese_database_compact(&trx, rig.database, compacted, &how));
    (void)power_event(COMPACTED, 1);
    session_end(&trx);
    MUST(ese_store_close(rig.store, ESE_CLOSE_COMPLETE));
    MUST(ese_file_copy(rig.path, copied));
    (void)power_event(COPIED, 1);
    MUST(ese_database_file_grow(copied, GROWN, &actual));
    (void)power_event(GREW, 1);
}

/* 0, or what is wrong. */
static const char *look(uint32_t cut)
{
    struct ese_verify_report report;
    struct ese_database_file_info info;
    bool clean = ese_database_file_info(compacted, &info) == JET_errSuccess && info.header.state == ESE_STATE_CLEAN;
    if (power_greatest(COMPACTED, cut) != 0 && !clean) {
        return "a compacted database is gone";
    }
    /* Meanwhile one copy of the header may be torn. */
    if (clean && ((ese_verify_file(compacted, &report) != ESE_VERIFY_GOOD &&
                   (power_greatest(COMPACTED, cut) != 0 || strstr(report.message, "header") == NULL)) ||
                  report.records < ROWS)) {
        return "a compacted database is called clean and is not";
    }
    if (power_greatest(COPIED, cut) != 0 && ese_verify_file(copied, &report) != ESE_VERIFY_GOOD) {
        return "a copy is gone, or not whole";
    }
    if (power_greatest(GREW, cut) != 0 &&
        (ese_database_file_info(copied, &info) != JET_errSuccess || info.page_count < GROWN)) {
        return "a database has lost what it grew by";
    }
    return NULL;
}

int power_directed(uint64_t seed)
{
    const char *base = getenv("TMPDIR") != NULL ? getenv("TMPDIR") : "/tmp";
    char folder[300];
    int failed = 0;
    rig.page_size = 4096;
    snprintf(rig.directory, sizeof rig.directory, "%.100s/ese-directed-%u", base, ese_process_id());
    snprintf(rig.path, sizeof rig.path, "%.180s/" POWER_DATA "/test.edb", rig.directory);
    snprintf(compacted, sizeof compacted, "%s/" POWER_DATA "/compacted.edb", rig.directory);
    snprintf(copied, sizeof copied, "%s/" POWER_SYSTEM "/copied.edb", rig.directory);
    snprintf(folder, sizeof folder, "%s/" POWER_DATA, rig.directory);
    MUST(ese_path_make_directories(folder));
    snprintf(folder, sizeof folder, "%s/" POWER_SYSTEM, rig.directory);
    MUST(ese_path_make_directory(folder));
    power_record(rig.directory);
    record();
    power_stop();
    for (uint32_t cut = 0; cut <= power_events(); cut++) {
        for (enum power_loss loss = POWER_DROPS_ALL; loss < POWER_LOSSES; loss++) {
            power_cut(cut, loss, aftermath_mix(seed, cut));
            const char *wrong = look(cut);
            if (wrong != NULL) {
                fprintf(stderr, "storage_powercut: %s; cut %u of %u, loss %d, seed %llu\n", wrong, cut, power_events(),
                        (int)loss, (unsigned long long)seed);
                failed++;
            }
        }
    }
    MUST(aftermath_remove(rig.directory));
    return failed < 100 ? failed : 100;
}
