/* What the recorder writes is what happened, whatever becomes of the process. */
#define JET_NO_NAME_MAP
#include <criterion/criterion.h>
#include <pthread.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "shims/record/record.h"
#include "shims/tests/temp.h"

#define ROOM ((size_t)12 << 20)

static char error[512];
static struct shim_table table;
static struct shim_recorder *recorder;
static struct shim_history history;

/* ---- an engine of a few functions -------------------------------------------------------- */

static JET_ERR JET_CALL init(JET_INSTANCE *instance) {
    *instance += 1;
    return 0;
}

static JET_ERR JET_CALL begin(JET_INSTANCE instance, JET_SESID *sesid, JET_PCSTR user,
                              JET_PCSTR password) {
    (void)user, (void)password;
    *sesid = instance + 0x100000000;
    return 0;
}

static JET_ERR JET_CALL retrieve(JET_SESID sesid, JET_TABLEID tableid, JET_COLUMNID columnid,
                                 void *data, JET_ULONG size, JET_ULONG *actual, JET_GRBIT grbit,
                                 JET_RETINFO *info) {
    (void)sesid, (void)tableid, (void)info;
    memset(data, 'x', size);
    *actual = columnid;
    return (JET_ERR)grbit;
}

static JET_ERR JET_CALL current_index(JET_SESID sesid, JET_TABLEID tableid, JET_PWSTR name,
                                      JET_ULONG size) {
    (void)sesid, (void)tableid;
    static const JET_WCHAR euro[] = u"\u20ac\U0001f600z";
    memcpy(name, euro, sizeof euro < size ? sizeof euro : size);
    return 0;
}

static JET_ERR JET_CALL create_table(JET_SESID sesid, JET_DBID dbid, JET_TABLECREATE_A *create) {
    (void)sesid, (void)dbid;
    create->tableid = 0xabcdef0123456789;
    return 0;
}

static JET_ERR JET_CALL rollback(JET_SESID sesid, JET_GRBIT grbit) {
    (void)sesid, (void)grbit;
    return 0;
}

static JET_ERR JET_CALL die(JET_SESID sesid) {
    if (sesid == 2) {
        kill(getpid(), SIGKILL);
    }
    return 0;
}

static void set_up(void) {
    temp_make();
    table.entry[SHIM_FN_JetInit][SHIM_PLAIN] = (shim_entry)init;
    table.entry[SHIM_FN_JetBeginSession][SHIM_PLAIN] = (shim_entry)begin;
    table.entry[SHIM_FN_JetRetrieveColumn][SHIM_PLAIN] = (shim_entry)retrieve;
    table.entry[SHIM_FN_JetGetCurrentIndex][SHIM_W] = (shim_entry)current_index;
    table.entry[SHIM_FN_JetCreateTableColumnIndex][SHIM_PLAIN] = (shim_entry)create_table;
    table.entry[SHIM_FN_JetRollback][SHIM_PLAIN] = (shim_entry)rollback;
    table.entry[SHIM_FN_JetBeginTransaction][SHIM_PLAIN] = (shim_entry)die;
    int made = shim_recorder_create(temp_path("rec"), ROOM, &recorder, error, sizeof error);
    cr_assert_eq(made, 0, "%s", error);
    shim_history_init(&history);
}

static void tear_down(void) {
    shim_history_fini(&history);
    shim_recorder_close(recorder);
    temp_remove();
}

TestSuite(record, .init = set_up, .fini = tear_down);

static struct shim_caller caller_of(struct shim_recorder_actor *actor) {
    return (struct shim_caller){.table = &table, .hooks = {shim_record_hook(actor)}, .hook_count = 1};
}

static void read_back(void) {
    cr_assert_eq(shim_recorder_read(recorder, &history, error, sizeof error), 0, "%s", error);
}

static void call(struct shim_caller *c, enum shim_fn fn, const uint64_t *args) {
    shim_callv(c, fn, shim_function_has(fn, SHIM_PLAIN) ? SHIM_PLAIN : SHIM_W, args);
}

#define WORD(pointer) ((uint64_t)(uintptr_t)(pointer))

/* ---- what is kept ------------------------------------------------------------------------ */

Test(record, keeps_arguments_results_and_what_is_behind_pointers) {
    struct shim_recorder_actor *actor = shim_recorder_actor(recorder, 3, "worker");
    struct shim_caller c = caller_of(actor);
    JET_INSTANCE instance = 41;
    JET_SESID sesid = 0;
    call(&c, SHIM_FN_JetInit, (uint64_t[]){WORD(&instance)});
    call(&c, SHIM_FN_JetBeginSession, (uint64_t[]){instance, WORD(&sesid), WORD("user"), 0});
    read_back();
    cr_assert_eq(history.call_count, 2);
    cr_assert_eq(history.event_count, 1);
    cr_expect_eq(history.events[0].kind, SHIM_EVENT_ACTOR);
    cr_expect_str_eq(history.events[0].name, "worker");
    cr_expect_eq(history.events[0].actor, 3);
    const struct shim_hist_call *first = &history.calls[0], *second = &history.calls[1];
    cr_expect_eq(first->fn, SHIM_FN_JetInit);
    cr_expect_eq(first->actor, 3);
    cr_expect_eq(first->outs[0], 42);
    cr_expect_eq(first->outs_valid, 1);
    cr_expect_eq(second->enter, first->leave + 1);
    cr_expect_geq(second->enter_ns, first->leave_ns);
    cr_expect_eq(second->args[0], 42);
    cr_expect_eq(second->outs[1], 0x10000002a);
    cr_expect_eq(second->outs_valid, 2);
    cr_expect_eq(second->blob_size[2], 4);
    cr_expect_arr_eq(second->blob[2], "user", 4);
    cr_expect_null(second->blob[3]);
    shim_recorder_actor_free(actor);
}

static JET_ERR JET_CALL move(JET_SESID sesid, JET_TABLEID tableid, JET_LONG row, JET_GRBIT grbit) {
    (void)sesid, (void)tableid, (void)row, (void)grbit;
    return 0;
}

Test(record, keeps_words_of_any_size_exactly) {
    table.entry[SHIM_FN_JetMove][SHIM_PLAIN] = (shim_entry)move;
    static const uint64_t words[] = {0, 1, UINT32_MAX, (uint64_t)UINT32_MAX + 1, UINT64_MAX,
                                     (uint64_t)INT32_MIN, (uint64_t)INT32_MIN - 1, INT32_MAX,
                                     (uint64_t)INT32_MAX + 1, (uint64_t)INT64_MIN, INT64_MAX};
    enum { COUNT = sizeof words / sizeof words[0] };
    struct shim_recorder_actor *actor = shim_recorder_actor(recorder, 3, "a");
    struct shim_caller c = caller_of(actor);
    for (size_t i = 0; i < COUNT * COUNT; i++) {
        call(&c, SHIM_FN_JetMove, (uint64_t[]){words[i % COUNT], words[i / COUNT],
                                               words[(i + 3) % COUNT], words[(i + 7) % COUNT]});
    }
    read_back();
    cr_assert_eq(history.call_count, COUNT * COUNT);
    for (size_t i = 0; i < COUNT * COUNT; i++) {
        cr_expect_eq(history.calls[i].args[0], words[i % COUNT]);
        cr_expect_eq(history.calls[i].args[1], words[i / COUNT]);
        cr_expect_eq(history.calls[i].args[2], words[(i + 3) % COUNT]);
        cr_expect_eq(history.calls[i].args[3], words[(i + 7) % COUNT]);
    }
    shim_recorder_actor_free(actor);
}

Test(record, keeps_as_much_data_as_was_written) {
    struct shim_recorder_actor *actor = shim_recorder_actor(recorder, 0, "a");
    struct shim_caller c = caller_of(actor);
    char buffer[100];
    JET_ULONG actual = 0;
    uint64_t args[] = {1, 2, 5, WORD(buffer), 10, WORD(&actual), 0, 0};
    call(&c, SHIM_FN_JetRetrieveColumn, args); /* 5 of 10 */
    args[2] = 50;
    call(&c, SHIM_FN_JetRetrieveColumn, args); /* 50 would be, 10 were */
    args[2] = 100;
    args[4] = 100;
    call(&c, SHIM_FN_JetRetrieveColumn, args); /* more than is kept */
    args[6] = (uint64_t)-1;
    call(&c, SHIM_FN_JetRetrieveColumn, args); /* an error leaves the buffer open */
    args[6] = 0;
    args[3] = WORD(memset(buffer, 0, sizeof buffer));
    args[4] = 0;
    call(&c, SHIM_FN_JetRetrieveColumn, args); /* nothing */
    read_back();
    cr_assert_eq(history.call_count, 5);
    static const int sizes[] = {5, 10, SHIM_BLOB_MAX, -1, 0};
    for (size_t i = 0; i < 5; i++) {
        const struct shim_hist_call *done = &history.calls[i];
        cr_expect_eq(done->blob[3] == NULL ? -1 : done->blob_size[3], sizes[i], "call %zu", i);
    }
    cr_expect_eq(history.calls[1].outs[5], 50);
    cr_expect_eq(history.calls[3].result, -1);
    shim_recorder_actor_free(actor);
}

Test(record, keeps_wide_text_as_utf8_and_handles_in_structs) {
    struct shim_recorder_actor *actor = shim_recorder_actor(recorder, 0, "a");
    struct shim_caller c = caller_of(actor);
    JET_WCHAR name[50] = {0};
    shim_callv(&c, SHIM_FN_JetGetCurrentIndex, SHIM_W,
               (uint64_t[]){1, 2, WORD(name), sizeof name});
    JET_TABLECREATE_A create = {.cbStruct = sizeof create};
    call(&c, SHIM_FN_JetCreateTableColumnIndex, (uint64_t[]){1, 2, WORD(&create)});
    read_back();
    cr_assert_eq(history.call_count, 2);
    static const char utf8[] = "\xe2\x82\xac\xf0\x9f\x98\x80z";
    cr_assert_eq(history.calls[0].blob_size[2], sizeof utf8 - 1);
    cr_expect_arr_eq(history.calls[0].blob[2], utf8, sizeof utf8 - 1);
    cr_expect_eq(history.calls[1].outs_valid, 4);
    cr_expect_eq(history.calls[1].outs[2], 0xabcdef0123456789);
    shim_recorder_actor_free(actor);
}

Test(record, events_keep_their_content_and_order) {
    struct shim_recorder_actor *actor = shim_recorder_actor(recorder, 255, "last");
    struct shim_caller c = caller_of(actor);
    char *big = malloc(40000);
    memset(big, 'y', 40000);
    big[39999] = '\0';
    shim_record_event(actor, SHIM_EVENT_WRITE, "rows", NULL, (int64_t[]){-1, 2, 0, INT64_MIN});
    call(&c, SHIM_FN_JetRollback, (uint64_t[]){1, 0});
    for (int i = 0; i < 20; i++) {
        shim_record_event(actor, SHIM_EVENT_NOTE, NULL, big, NULL);
    }
    read_back();
    cr_assert_eq(history.event_count, 22);
    cr_expect_eq(history.events[1].value[3], INT64_MIN);
    cr_expect_eq(history.events[1].stamp, 2);
    cr_expect_eq(history.calls[0].enter, 3);
    cr_expect_null(history.events[2].name);
    cr_expect_eq(strlen(history.events[21].text), 16384);
    cr_expect_eq(history.events[21].actor, 255);
    free(big);
    cr_expect_null(shim_recorder_actor(recorder, SHIM_MAX_ACTORS, "too many"));
    shim_recorder_actor_free(actor);
}

/* ---- calls inside calls, and what others see ----------------------------------------------- */

static struct shim_caller *inner;
static int nesting;

static JET_ERR JET_CALL nested(JET_SESID sesid, JET_GRBIT grbit) {
    cr_expect_eq(shim_recorder_inside(recorder, 1, NULL), SHIM_FN_JetEndSession);
    if (--nesting > 0) {
        shim_callv(inner, SHIM_FN_JetEndSession, SHIM_PLAIN, (uint64_t[]){sesid + 1, grbit});
        cr_expect_eq(shim_recorder_inside(recorder, 1, NULL), SHIM_FN_JetEndSession);
    }
    return 0;
}

Test(record, calls_from_callbacks_lie_inside_their_call) {
    table.entry[SHIM_FN_JetEndSession][SHIM_PLAIN] = (shim_entry)nested;
    struct shim_recorder_actor *actor = shim_recorder_actor(recorder, 1, "a");
    struct shim_caller c = caller_of(actor);
    inner = &c;
    nesting = 30; /* deeper than is recorded */
    call(&c, SHIM_FN_JetEndSession, (uint64_t[]){1, 0});
    uint64_t calls;
    cr_expect_eq(shim_recorder_inside(recorder, 1, &calls), SHIM_FN_NONE);
    cr_expect_eq(calls, 30);
    read_back();
    cr_assert_eq(history.call_count, 16);
    for (size_t i = 1; i < history.call_count; i++) {
        cr_expect_gt(history.calls[i].enter, history.calls[i - 1].enter);
        cr_expect_lt(history.calls[i].leave, history.calls[i - 1].leave);
        cr_expect_eq(history.calls[i].args[0], i + 1);
    }
    shim_recorder_actor_free(actor);
}

Test(record, progress_grows_with_every_entry_and_return) {
    struct shim_recorder_actor *actor = shim_recorder_actor(recorder, 1, "a");
    struct shim_caller c = caller_of(actor);
    uint64_t before = shim_recorder_progress(recorder);
    call(&c, SHIM_FN_JetRollback, (uint64_t[]){1, 0});
    cr_expect_eq(shim_recorder_progress(recorder), before + 2);
    cr_expect_eq(shim_recorder_inside(recorder, 9999, NULL), SHIM_FN_NONE);
    shim_recorder_actor_free(actor);
}

/* ---- death, and lack of space -------------------------------------------------------------- */

Test(record, a_kill_in_the_middle_of_a_call_leaves_a_history_that_loads) {
    pid_t child = fork();
    cr_assert_geq(child, 0);
    if (child == 0) {
        struct shim_recorder *mine;
        if (shim_recorder_open(temp_path("rec"), &mine, error, sizeof error) != 0) {
            _exit(9);
        }
        struct shim_caller c = caller_of(shim_recorder_actor(mine, 1, "child"));
        for (uint64_t i = 0; i < 1000; i++) {
            call(&c, SHIM_FN_JetRollback, (uint64_t[]){i, 0});
        }
        call(&c, SHIM_FN_JetBeginTransaction, (uint64_t[]){2});
        _exit(8);
    }
    int status;
    waitpid(child, &status, 0);
    cr_assert(WIFSIGNALED(status) && WTERMSIG(status) == SIGKILL, "status %x", status);
    cr_expect_eq(shim_recorder_inside(recorder, 1, NULL), SHIM_FN_JetBeginTransaction);
    read_back();
    cr_assert_eq(history.call_count, 1001);
    const struct shim_hist_call *last = &history.calls[1000];
    cr_expect_eq(last->fn, SHIM_FN_JetBeginTransaction);
    cr_expect_eq(last->leave, 0);
    cr_expect_eq(last->args[0], 2);
    cr_expect_eq(history.calls[999].leave + 1, last->enter);
    const char *path = temp_path("h.jsonl");
    cr_assert_eq(shim_history_save(&history, path, error, sizeof error), 0, "%s", error);
    struct shim_history again;
    shim_history_init(&again);
    cr_expect_eq(shim_history_load(&again, path, error, sizeof error), 0, "%s", error);
    cr_expect_eq(again.call_count, 1001);
    shim_history_fini(&again);
}

Test(record, running_out_of_space_is_told_and_the_calls_go_on) {
    struct shim_recorder *small;
    cr_assert_eq(shim_recorder_create(temp_path("small"), 200000, &small, error, sizeof error), 0);
    struct shim_recorder_actor *actor = shim_recorder_actor(small, 1, "a");
    struct shim_caller c = caller_of(actor);
    for (uint64_t i = 0; i < 5000; i++) {
        call(&c, SHIM_FN_JetRollback, (uint64_t[]){i, 0});
    }
    cr_expect_eq(shim_recorder_progress(small), 10001);
    cr_assert_eq(shim_recorder_read(small, &history, error, sizeof error), 0);
    cr_expect_gt(history.call_count, 1000);
    cr_expect_lt(history.call_count, 5000);
    const struct shim_hist_event *last = &history.events[history.event_count - 1];
    cr_expect_eq(last->kind, SHIM_EVENT_TRUNCATED);
    cr_expect_not_null(strstr(last->text, "ran out of space"));
    shim_recorder_actor_free(actor);
    shim_recorder_close(small);
}

Test(record, files_that_are_no_recording_are_refused) {
    struct shim_recorder *none;
    const char *path = temp_write("text", "hello", 5);
    cr_expect_eq(shim_recorder_open(path, &none, error, sizeof error), -1);
    cr_expect_not_null(strstr(error, "is no file that a recorder"), "%s", error);
    cr_expect_eq(shim_recorder_open(temp_path("missing"), &none, error, sizeof error), -1);
    cr_expect_not_null(strstr(error, "cannot be opened"), "%s", error);
    cr_expect_eq(shim_recorder_open("/tmp", &none, error, sizeof error), -1);
    cr_expect_eq(shim_recorder_create(temp_path("x"), 1000, &none, error, sizeof error), -1);
    cr_expect_not_null(strstr(error, "at least"), "%s", error);
    cr_expect_eq(shim_recorder_create("/no/such/x", ROOM, &none, error, sizeof error), -1);
}

/* ---- order across threads ------------------------------------------------------------------ */

#define TURNS 2000
static int pipes[2][2];

/* Two threads pass a token through pipes: each call ends before the other thread's next begins. */
static void *pass_token(void *argument) {
    int me = *(int *)argument;
    struct shim_recorder_actor *actor = shim_recorder_actor(recorder, (uint32_t)me, "thread");
    struct shim_caller c = caller_of(actor);
    char token;
    for (uint64_t turn = 0; turn < TURNS; turn++) {
        if (read(pipes[me][0], &token, 1) != 1) {
            break;
        }
        call(&c, SHIM_FN_JetRollback, (uint64_t[]){turn * 2 + (uint64_t)me, 0});
        if (write(pipes[!me][1], &token, 1) != 1) {
            break;
        }
    }
    shim_recorder_actor_free(actor);
    return NULL;
}

Test(record, what_ended_before_another_began_has_the_smaller_stamp) {
    pthread_t threads[2];
    int numbers[2] = {0, 1};
    cr_assert(pipe(pipes[0]) == 0 && pipe(pipes[1]) == 0);
    for (int i = 0; i < 2; i++) {
        pthread_create(&threads[i], NULL, pass_token, &numbers[i]);
    }
    cr_assert_eq(write(pipes[0][1], "t", 1), 1);
    for (int i = 0; i < 2; i++) {
        pthread_join(threads[i], NULL);
    }
    read_back();
    cr_assert_eq(history.call_count, 2 * TURNS);
    for (size_t i = 0; i < history.call_count; i++) {
        cr_assert_eq(history.calls[i].args[0], i);
        cr_assert_gt(history.calls[i].leave, history.calls[i].enter);
        cr_assert(i == 0 || history.calls[i - 1].leave < history.calls[i].enter);
    }
}

#define HAMMERS 3
#define BLOWS 40000 /* long enough for the threads to run at the same time on two processors */
static atomic_int running;

static void *hammer(void *argument) {
    struct shim_recorder_actor *actor = shim_recorder_actor(recorder, *(uint32_t *)argument, "h");
    struct shim_caller c = caller_of(actor);
    atomic_fetch_add(&running, 1);
    while (atomic_load(&running) < HAMMERS) {
    }
    for (uint64_t i = 0; i < BLOWS; i++) {
        call(&c, SHIM_FN_JetRollback, (uint64_t[]){i, 0});
    }
    shim_recorder_actor_free(actor);
    return NULL;
}

Test(record, threads_at_full_speed_lose_nothing) {
    pthread_t threads[HAMMERS];
    uint32_t numbers[HAMMERS];
    for (int i = 0; i < HAMMERS; i++) {
        numbers[i] = 10 + (uint32_t)i;
        pthread_create(&threads[i], NULL, hammer, &numbers[i]);
    }
    for (int i = 0; i < HAMMERS; i++) {
        pthread_join(threads[i], NULL);
    }
    read_back();
    cr_expect_eq(history.call_count, HAMMERS * BLOWS);
    cr_expect_eq(history.event_count, HAMMERS);
    cr_expect_eq(shim_history_last_stamp(&history), HAMMERS * (2 * BLOWS + 1));
}

/* ---- damage -------------------------------------------------------------------------------- */

/* Random bytes anywhere in the recording: it is read without harm, and what is read can be saved
 * and loads again, so it is a history that the judge may see. */
Test(record, survives_random_damage, .timeout = 60) {
    struct shim_recorder_actor *actor = shim_recorder_actor(recorder, 1, "a");
    struct shim_caller c = caller_of(actor);
    char buffer[80];
    JET_ULONG actual;
    JET_INSTANCE instance = 1;
    JET_SESID sesid;
    for (uint64_t i = 0; i < 60; i++) {
        call(&c, SHIM_FN_JetInit, (uint64_t[]){WORD(&instance)});
        call(&c, SHIM_FN_JetBeginSession, (uint64_t[]){1, WORD(&sesid), WORD("u"), WORD("p")});
        call(&c, SHIM_FN_JetRetrieveColumn,
             (uint64_t[]){1, 2, i, WORD(buffer), i, WORD(&actual), 0, 0});
        shim_record_event(actor, SHIM_EVENT_NOTE, "n", "text", NULL);
    }
    shim_recorder_actor_free(actor);
    size_t size;
    char *good = temp_read(temp_path("rec"), &size);
    cr_assert_eq(size, ROOM);
    unsigned seed = 7;
    size_t complete = 0;
    for (int round = 0; round < 400; round++) {
        struct shim_recorder *damaged;
        struct shim_history read, loaded;
        char bytes[131072];
        memcpy(bytes, good, sizeof bytes);
        for (int k = 0; k <= round % 8; k++) {
            size_t at = (size_t)rand_r(&seed) % (round % 5 == 0 ? 512 : 20000);
            at += round % 5 == 0 ? 0 : 65536;
            size_t length = (size_t)1 << (rand_r(&seed) % 5);
            for (size_t i = 0; i < length; i++) {
                bytes[at + i] = (char)rand_r(&seed);
            }
        }
        const char *path = temp_write("bad", bytes, sizeof bytes);
        cr_assert_eq(truncate(path, 131072), 0);
        if (shim_recorder_open(path, &damaged, error, sizeof error) != 0) {
            continue; /* the control page says another size; round % 5 == 0 only sometimes */
        }
        shim_history_init(&read);
        cr_assert_eq(shim_recorder_read(damaged, &read, error, sizeof error), 0);
        complete += read.call_count == 180;
        path = temp_path("h.jsonl");
        cr_assert_eq(shim_history_save(&read, path, error, sizeof error), 0, "%s", error);
        shim_history_init(&loaded);
        cr_assert_eq(shim_history_load(&loaded, path, error, sizeof error), 0, "%s", error);
        cr_expect_eq(loaded.call_count, read.call_count);
        shim_history_fini(&loaded);
        shim_history_fini(&read);
        shim_recorder_close(damaged);
    }
    cr_expect_lt(complete, 300);
    free(good);
}

/* The parent's view: it created the recorder, so a smashed control page cannot mislead it. */
Test(record, a_smashed_control_page_and_record_cost_only_what_they_hit) {
    struct shim_recorder *child;
    cr_assert_eq(shim_recorder_open(temp_path("rec"), &child, error, sizeof error), 0);
    struct shim_recorder_actor *one = shim_recorder_actor(child, 1, "one");
    struct shim_recorder_actor *two = shim_recorder_actor(child, 2, "two");
    struct shim_caller c1 = caller_of(one), c2 = caller_of(two);
    for (uint64_t i = 0; i < 50; i++) {
        call(&c1, SHIM_FN_JetRollback, (uint64_t[]){i, 0});
        call(&c2, SHIM_FN_JetRollback, (uint64_t[]){i, 0});
    }
    shim_recorder_actor_free(one);
    shim_recorder_actor_free(two);
    shim_recorder_close(child);
    FILE *file = fopen(temp_path("rec"), "r+b");
    cr_assert_not_null(file);
    char garbage[4096];
    memset(garbage, 0x5a, sizeof garbage);
    fwrite(garbage, 1, sizeof garbage, file); /* the control page */
    fseek(file, 65536 + 2000, SEEK_SET);      /* in the chunk of actor 1 */
    fwrite(garbage, 1, 64, file);
    fclose(file);
    read_back();
    size_t of_one = 0, of_two = 0, told = 0;
    for (size_t i = 0; i < history.call_count; i++) {
        of_one += history.calls[i].actor == 1;
        of_two += history.calls[i].actor == 2;
    }
    for (size_t i = 0; i < history.event_count; i++) {
        told += history.events[i].kind == SHIM_EVENT_TRUNCATED;
    }
    cr_expect_eq(of_two, 50);
    cr_expect(of_one > 15 && of_one < 50, "%zu", of_one);
    cr_expect_geq(told, 1);
}

/* Changes `size` bytes at the first place in the recording where `what` stands, plus `offset`. */
static void overwrite(const void *what, size_t what_size, long offset, const void *bytes,
                      size_t size) {
    size_t total;
    char *content = temp_read(temp_path("rec"), &total);
    char *found = memmem(content + 65536, total - 65536, what, what_size);
    cr_assert_not_null(found);
    FILE *file = fopen(temp_path("rec"), "r+b");
    fseek(file, found - content + offset, SEEK_SET);
    fwrite(bytes, 1, size, file);
    fclose(file);
    free(content);
}

static size_t told(void) {
    size_t count = 0;
    for (size_t i = 0; i < history.event_count; i++) {
        count += history.events[i].kind == SHIM_EVENT_TRUNCATED;
    }
    return count;
}

Test(record, a_stamp_that_two_records_claim_costs_both) {
    struct shim_recorder_actor *one = shim_recorder_actor(recorder, 1, "one");
    struct shim_recorder_actor *two = shim_recorder_actor(recorder, 2, "two");
    struct shim_caller c1 = caller_of(one), c2 = caller_of(two);
    call(&c1, SHIM_FN_JetRollback, (uint64_t[]){1, 0});                  /* 3, 4 */
    call(&c2, SHIM_FN_JetRollback, (uint64_t[]){0x1122334455667788, 0}); /* 5, 6 */
    call(&c2, SHIM_FN_JetRollback, (uint64_t[]){3, 0});                  /* 7, 8 */
    uint64_t word = 0x1122334455667788, stamp = 3;
    overwrite(&word, 8, -32, &stamp, 8); /* the entry's stamp lies that far before the arguments */
    read_back();
    cr_assert_eq(history.call_count, 1);
    cr_expect_eq(history.calls[0].enter, 7);
    cr_expect_eq(told(), 1);
    shim_recorder_actor_free(one);
    shim_recorder_actor_free(two);
}

Test(record, a_blob_larger_than_its_record_is_damage) {
    struct shim_recorder_actor *one = shim_recorder_actor(recorder, 1, "one");
    struct shim_caller c1 = caller_of(one);
    JET_SESID sesid;
    call(&c1, SHIM_FN_JetRollback, (uint64_t[]){1, 0});
    call(&c1, SHIM_FN_JetBeginSession, (uint64_t[]){1, WORD(&sesid), WORD("unmistakable"), 0});
    call(&c1, SHIM_FN_JetRollback, (uint64_t[]){1, 0});
    overwrite("unmistakable", 12, -2, "\x40\x40", 2); /* size and room */
    read_back();
    cr_expect_eq(history.call_count, 1);
    cr_expect_eq(told(), 1);
    shim_recorder_actor_free(one);
}
