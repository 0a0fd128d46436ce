/* shims/tests/tsan_race.c - the recorder must not hide an engine's races.
 *
 * Two threads call the same racy function of an engine through the recorder, 20 ms apart. Nothing
 * orders the two calls but the recorder's stamps; so ThreadSanitizer reports the race if, and only
 * if, it does not see the stamps. Built with -fsanitize=thread in every preset; the test
 * `tsan_sees_race` passes when the report appears.
 */
#define JET_NO_NAME_MAP
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "shims/record/record.h"

static int racy; /* what the engine forgot to protect */

static JET_ERR JET_CALL end_session(JET_SESID sesid, JET_GRBIT grbit) {
    (void)sesid, (void)grbit;
    racy++;
    return JET_errSuccess;
}

static struct shim_table table;
static struct shim_recorder *recorder;

static void *session(void *argument) {
    uint32_t number = *(uint32_t *)argument;
    struct shim_recorder_actor *actor = shim_recorder_actor(recorder, number, "session");
    struct shim_caller caller = {
        .table = &table, .hooks = {shim_record_hook(actor)}, .hook_count = 1, .actor = number};
    usleep(number * 20000);
    shim_callv(&caller, SHIM_FN_JetEndSession, SHIM_PLAIN, (uint64_t[]){number, 0});
    shim_recorder_actor_free(actor);
    return NULL;
}

int main(void) {
    char error[200], path[] = "/tmp/shims-tsan-XXXXXX";
    struct shim_history history;
    pthread_t threads[2];
    uint32_t numbers[2] = {0, 1};
    int file = mkstemp(path);
    if (file < 0 || shim_recorder_create(path, (size_t)1 << 20, &recorder, error, sizeof error)) {
        perror(path);
        return 2;
    }
    unlink(path);
    table.entry[SHIM_FN_JetEndSession][SHIM_PLAIN] = (shim_entry)end_session;
    for (int i = 0; i < 2; i++) {
        pthread_create(&threads[i], NULL, session, &numbers[i]);
    }
    for (int i = 0; i < 2; i++) {
        pthread_join(threads[i], NULL);
    }
    shim_history_init(&history);
    if (shim_recorder_read(recorder, &history, error, sizeof error) != 0 ||
        history.call_count != 2 || history.calls[0].leave >= history.calls[1].enter) {
        fprintf(stderr, "the two calls were not recorded one after the other\n");
        return 2;
    }
    shim_history_fini(&history);
    shim_recorder_close(recorder);
    close(file);
    return 0;
}
