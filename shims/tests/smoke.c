/* shims/tests/smoke.c - the way through the shims on a platform without a unit test framework.
 *
 *   shims_smoke ENGINE EXPECTED [DIRECTORY]
 *
 * Loads ENGINE, calls JetGetVersion with a nil session through the recorder, reads the recording,
 * saves and loads it, and compares the result: EXPECTED is a number, or `stub` for a library whose
 * functions are not written. Exit code 0 if all of it is as it should be.
 */
#define JET_NO_NAME_MAP
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "shims/library/library.h"
#include "shims/record/record.h"

#define CALLS 5

static char error[700];

static int fail(const char *what) {
    fprintf(stderr, "shims_smoke: %s: %s\n", what, error);
    return 1;
}

int main(int argc, char **argv) {
    struct shim_library *library;
    struct shim_recorder *parent, *child;
    struct shim_history seen, again;
    char path[600], saved[600];
    if (argc < 3) {
        fprintf(stderr, "usage: shims_smoke ENGINE EXPECTED [DIRECTORY]\n");
        return 2;
    }
    long expected = strcmp(argv[2], "stub") == 0 ? (long)SHIM_ERR_STUB : strtol(argv[2], NULL, 0);
    const char *directory = argc > 3 ? argv[3] : ".";
    snprintf(path, sizeof path, "%s/shims_smoke.rec", directory);
    snprintf(saved, sizeof saved, "%s/shims_smoke.jsonl", directory);
    if (shim_library_open(argv[1], &library, error, sizeof error) != 0) {
        return fail("open");
    }
    if (shim_recorder_create(path, (size_t)1 << 20, &parent, error, sizeof error) != 0 ||
        shim_recorder_open(path, &child, error, sizeof error) != 0) {
        return fail("record");
    }
    struct shim_recorder_actor *actor = shim_recorder_actor(child, 1, "smoke");
    struct shim_caller caller = {.table = shim_library_table(library),
                                 .hooks = {shim_record_hook(actor)},
                                 .hook_count = 1};
    JET_ULONG version = 0;
    JET_ERR result = 0;
    for (int i = 0; i < CALLS; i++) {
        result = shim_callv(&caller, SHIM_FN_JetGetVersion, SHIM_PLAIN,
                            (uint64_t[]){JET_sesidNil, (uint64_t)(uintptr_t)&version});
    }
    shim_history_init(&seen);
    shim_history_init(&again);
    if (shim_recorder_read(parent, &seen, error, sizeof error) != 0) {
        return fail("read");
    }
    if (shim_history_save(&seen, saved, error, sizeof error) != 0 ||
        shim_history_save(&seen, saved, error, sizeof error) != 0 || /* in place of the first */
        shim_history_load(&again, saved, error, sizeof error) != 0) {
        return fail("save and load");
    }
    snprintf(error, sizeof error, "result %ld, %d calls", (long)result, (int)again.call_count);
    if (result != expected || again.call_count != CALLS ||
        again.calls[CALLS - 1].result != expected || again.calls[CALLS - 1].leave == 0 ||
        again.calls[CALLS - 1].args[0] != JET_sesidNil) {
        return fail("not as expected");
    }
    printf("%s\n", error);
    shim_history_fini(&seen);
    shim_history_fini(&again);
    shim_recorder_actor_free(actor);
    shim_recorder_close(child);
    shim_recorder_close(parent);
    shim_library_close(library);
    remove(path);
    remove(saved);
    return 0;
}
