/* A saved history comes back exactly; what is no history is refused with its line. */
#define JET_NO_NAME_MAP
#include <criterion/criterion.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <unistd.h>

#include "shims/history/file.h"
#include "shims/history/history.h"
#include "shims/history/json.h"
#include "shims/tests/temp.h"

static char error[512];

static struct shim_hist_call *add_call(struct shim_history *h, enum shim_fn fn, uint64_t enter,
                                       uint64_t leave) {
    struct shim_hist_call *call = shim_history_add_call(h);
    call->fn = fn;
    call->variant = shim_function_default_variant(fn);
    call->enter = enter;
    call->leave = leave;
    return call;
}

static void fill(struct shim_history *h) {
    shim_history_init(h);
    shim_history_set(&h->header.engine, "/tmp/\xff engine \"x\" \\ .so");
    shim_history_set(&h->header.plan, "scenario \xc3\xa4\n\ttable t\x01\n");
    shim_history_set(&h->header.script, "");
    h->header.seed = UINT64_MAX;
    h->header.repeat = 3;
    struct shim_hist_call *call = add_call(h, SHIM_FN_JetMove, 7, 9);
    call->actor = 4;
    call->args[0] = UINT64_MAX;
    call->args[1] = 0x8000000000000001;
    call->args[2] = (uint64_t)INT64_MIN;
    call->args[3] = (uint64_t)1 << 53;
    call->enter_ns = 10;
    call->leave_ns = UINT64_MAX;
    call->result = -1603;
    call = add_call(h, SHIM_FN_JetBeginSession, 1, 3);
    call->variant = SHIM_W;
    call->outs[1] = 0xdeadbeefcafef00d;
    call->outs_valid = 2;
    call->result = INT32_MIN;
    shim_hist_call_set_blob(call, 2, "\xe2\x82\xac\"\\\n\x7f\xed\xb2\x80", 10);
    shim_hist_call_set_blob(call, 3, "", 0);
    call = add_call(h, SHIM_FN_JetSetColumn, 5, 0);
    char all[256];
    for (int i = 0; i < 256; i++) {
        all[i] = (char)i;
    }
    shim_hist_call_set_blob(call, 3, all, 64);
    call = add_call(h, SHIM_FN_JetDeleteTable, 11, 12);
    shim_hist_call_set_blob(call, 2, "a\0b", 3);
    call = add_call(h, SHIM_FN_JetStopService, 13, 14);
    struct shim_hist_event *event =
        shim_history_add_event(h, SHIM_EVENT_WRITE, "t", "text \xf0\x9f\x98\x80 \x80");
    event->stamp = 4;
    event->actor = UINT32_MAX;
    event->ns = (uint64_t)1 << 60;
    event->value[0] = INT64_MIN;
    event->value[2] = INT64_MAX;
    shim_history_add_event(h, SHIM_EVENT_CRASH, NULL, ""); /* gets the next stamp */
    shim_history_sort(h);
}

static void expect_text(const char *a, const char *b) {
    cr_expect_eq(a == NULL, b == NULL);
    if (a != NULL && b != NULL) {
        cr_expect_str_eq(a, b);
    }
}

static void expect_equal(const struct shim_history *a, const struct shim_history *b) {
    expect_text(a->header.engine, b->header.engine);
    expect_text(a->header.engine_build, b->header.engine_build);
    expect_text(a->header.script, b->header.script);
    expect_text(a->header.plan, b->header.plan);
    cr_expect_eq(a->header.seed, b->header.seed);
    cr_expect_eq(a->header.repeat, b->header.repeat);
    cr_assert_eq(a->call_count, b->call_count);
    cr_assert_eq(a->event_count, b->event_count);
    for (size_t i = 0; i < a->call_count; i++) {
        struct shim_hist_call x = a->calls[i], y = b->calls[i];
        for (int p = 0; p < SHIM_MAX_ARGS; p++) {
            cr_expect_eq(x.blob[p] == NULL, y.blob[p] == NULL, "call %zu blob %d", i, p);
            cr_expect_eq(x.blob_size[p], y.blob_size[p]);
            if (x.blob[p] != NULL && y.blob[p] != NULL) {
                cr_expect_arr_eq(x.blob[p], y.blob[p], x.blob_size[p], "call %zu blob %d", i, p);
            }
            x.blob[p] = y.blob[p] = NULL;
        }
        cr_expect_eq(memcmp(&x, &y, sizeof x), 0, "call %zu", i);
    }
    for (size_t i = 0; i < a->event_count; i++) {
        struct shim_hist_event x = a->events[i], y = b->events[i];
        expect_text(x.name, y.name);
        expect_text(x.text, y.text);
        x.name = y.name = x.text = y.text = NULL;
        cr_expect_eq(memcmp(&x, &y, sizeof x), 0, "event %zu", i);
    }
}

Test(history, comes_back_exactly, .init = temp_make, .fini = temp_remove) {
    struct shim_history a, b;
    fill(&a);
    const char *path = temp_path("h.jsonl");
    cr_assert_eq(shim_history_save(&a, path, error, sizeof error), 0, "%s", error);
    size_t size;
    char *bytes = temp_read(path, &size);
    cr_expect(shim_json_is_utf8(bytes, size));
    shim_history_init(&b);
    cr_assert_eq(shim_history_load(&b, path, error, sizeof error), 0, "%s", error);
    expect_equal(&a, &b);
    const char *again = temp_path("again.jsonl");
    cr_assert_eq(shim_history_save(&b, again, error, sizeof error), 0);
    char *second = temp_read(again, NULL);
    cr_expect_str_eq(bytes, second);
    free(bytes);
    free(second);
    shim_history_fini(&a);
    shim_history_fini(&b);
}

Test(history, sorts_and_stamps_late_events) {
    struct shim_history h;
    fill(&h);
    cr_assert_eq(h.call_count, 5);
    for (size_t i = 1; i < h.call_count; i++) {
        cr_expect_lt(h.calls[i - 1].enter, h.calls[i].enter);
    }
    cr_expect_eq(h.events[1].kind, SHIM_EVENT_CRASH);
    cr_expect_eq(h.events[1].stamp, 15);
    cr_expect_eq(shim_history_last_stamp(&h), 15);
    shim_history_fini(&h);
}

Test(history, an_unwritable_place_gives_a_message, .init = temp_make, .fini = temp_remove) {
    struct shim_history h;
    shim_history_init(&h);
    cr_expect_eq(shim_history_save(&h, temp_path("no/such/place"), error, sizeof error), -1);
    cr_expect_not_null(strstr(error, "no/such/place"), "%s", error);
    cr_expect_eq(shim_history_load(&h, temp_path("missing"), error, sizeof error), -1);
    cr_expect_not_null(strstr(error, "missing: cannot be opened"), "%s", error);
}

static int too_long(FILE *out, const void *context) {
    (void)context;
    for (int i = 0; i < 100000; i++) {
        fputs("0123456789", out);
    }
    return 0;
}

/* A full disk: what was there before is still there, whole, and no half file beside it. */
Test(history, a_file_is_written_whole_or_not_at_all, .init = temp_make, .fini = temp_remove) {
    const char *path = temp_write("file", "before", 6), *copy = temp_path("copy");
    const struct rlimit little = {.rlim_cur = 4096, .rlim_max = RLIM_INFINITY};
    signal(SIGXFSZ, SIG_IGN);
    cr_assert_eq(setrlimit(RLIMIT_FSIZE, &little), 0);
    cr_expect_eq(shim_file_write(path, too_long, NULL, error, sizeof error), -1);
    cr_expect_not_null(strstr(error, "/file: cannot be written: File too large"), "%s", error);
    cr_expect_eq(shim_file_copy("/proc/self/exe", copy, error, sizeof error), -1);
    cr_expect_neq(access(copy, F_OK), 0);
    cr_expect_neq(access(temp_path("file.part"), F_OK), 0);
    cr_expect_eq(shim_file_copy(path, copy, error, sizeof error), 0, "%s", error);
    char *bytes = temp_read(copy, NULL);
    cr_expect_str_eq(bytes, "before");
    free(bytes);
}

#define HEAD "{\"format\":\"esecheck history\",\"version\":1,\"seed\":\"1\",\"repeat\":0}\n"
#define CALL(enter, leave)                                                                         \
    "{\"call\":\"JetRollback\",\"actor\":1,\"enter\":" enter ",\"leave\":" leave                   \
    ",\"result\":0,\"ns\":[1,2],\"args\":{\"sesid\":\"0x1\",\"grbit\":\"0x0\"}}\n"
#define END(calls, events) "{\"end\":true,\"calls\":" calls ",\"events\":" events "}\n"

/* Each text and what the message must contain. */
static const struct {
    const char *text, *message;
} bad[] = {
    {"", ":1: the file is empty"},
    {"nonsense\n", ":1: not a history"},
    {"int main(void) {}", ":1: not a history"},
    {"\n", ":1: not a history"},
    {"{\"format\"", ":1: the file ends in the middle of a line"},
    {"{nonsense}\n", ":1: column 2: "},
    {"{}\n", ":1: not a history"},
    {"{\"format\":\"esecheck history\",\"version\":2}\n", ":1: history version 2"},
    {"[1,2]\n", ":1: not a history"},
    {HEAD "[1,2]\n", ":2: every line"},
    {HEAD, "the last line is missing"},
    {HEAD CALL("1", "2"), ":3: the last line is missing"},
    {HEAD CALL("1", "2") END("2", "0"), ":3: the file had 2 calls"},
    {HEAD CALL("1", "2") "{\"end\":true", ":3: the file ends in the middle of a line"},
    {HEAD END("0", "0") CALL("1", "2"), ":3: a line after the last one"},
    {HEAD CALL("1", "2") CALL("2", "3") END("2", "0"), "stamp 2 is used twice"},
    {HEAD CALL("2", "2") END("1", "0"), ":2: the call left (2) before it entered (2)"},
    {HEAD CALL("0", "2") END("1", "0"), ":2: stamps begin at 1"},
    {HEAD CALL("1.5", "2"), ":2: column"},
    {HEAD CALL("18446744073709551616", "2"), ":2: column"},
    {HEAD CALL("-1", "2"), ":2: \"enter\" must be a number"},
    {HEAD "{\"call\":\"JetRollbackA\"}\n", ":2: unknown function \"JetRollbackA\""},
    {HEAD "{\"call\":\"JetCreateIndex3\"}\n", ":2: unknown function"},
    {HEAD "{\"call\":5}\n", ":2: unknown function"},
    {HEAD "{\"event\":\"party\",\"actor\":0,\"stamp\":1,\"ns\":0}\n", ":2: unknown event"},
    {HEAD "{\"event\":\"note\",\"actor\":0,\"stamp\":0,\"ns\":0}\n", ":2: stamps begin at 1"},
    {HEAD "{\"event\":\"note\",\"actor\":0,\"stamp\":1,\"ns\":0,\"who\":1}\n",
     ":2: unknown member \"who\""},
    {HEAD "{\"event\":\"note\",\"actor\":0,\"stamp\":1,\"ns\":0,\"name\":\"\xff\"}\n", "not UTF-8"},
    {HEAD "{\"event\":\"note\",\"actor\":0,\"stamp\":1,\"ns\":0,\"name\":\"\\u0000\"}\n", "U+0000"},
    {HEAD "{\"event\":\"note\",\"actor\":0,\"stamp\":1,\"ns\":0,\"name\":\"\\ud800\"}\n",
     "surrogate"},
    {HEAD "{\"event\":\"note\",\"actor\":0,\"actor\":0}\n", "\"actor\" appears twice"},
    {HEAD "{\"event\":\"note\",\"actor\":0,\"stamp\":1,\"ns\":0,\"value\":[1,2,3,4,5]}\n",
     "at most four"},
    {HEAD "{\"call\":\"JetRollback\",\"actor\":1,\"enter\":1,\"result\":0}\n", "belong together"},
    {HEAD "{\"call\":\"JetRollback\",\"actor\":1,\"enter\":1,\"ns\":[1],\"args\":{\"sesid\":1}}\n",
     "argument \"grbit\" of JetRollback"},
    {HEAD "{\"call\":\"JetRollback\",\"actor\":1,\"enter\":1,\"ns\":[1],"
          "\"args\":{\"sesid\":1,\"grbit\":0},\"blob\":{\"grbit\":{\"hex\":\"0g\"}}}\n",
     "not hexadecimal"},
    {HEAD "{\"call\":\"JetRollback\",\"actor\":1,\"enter\":1,\"ns\":[1],"
          "\"args\":{\"sesid\":1,\"grbit\":0},\"out\":{\"pv\":1}}\n",
     "\"pv\" in \"out\""},
    {HEAD "{\"event\":\"preload\",\"actor\":0,\"stamp\":1,\"ns\":0,\"name\":\"rows\","
          "\"value\":[10000001]}\n",
     "0 to 10000000 rows"},
    {HEAD "[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[]]]]]]]]]]]]]]\n", "nested too deeply"},
};

Test(history, refuses_what_is_none, .init = temp_make, .fini = temp_remove) {
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
        struct shim_history h;
        shim_history_init(&h);
        const char *path = temp_write("bad.jsonl", bad[i].text, strlen(bad[i].text));
        cr_expect_eq(shim_history_load(&h, path, error, sizeof error), -1, "%s", bad[i].text);
        cr_expect_not_null(strstr(error, bad[i].message), "%s\ngives: %s", bad[i].text, error);
        cr_expect_eq(strncmp(error, path, strlen(path)), 0, "%s", error);
        shim_history_fini(&h);
    }
}

Test(history, accepts_lines_in_any_order, .init = temp_make, .fini = temp_remove) {
    static const char text[] = HEAD CALL("5", "6") CALL("1", "\"0x4\"") END("2", "0");
    struct shim_history h;
    shim_history_init(&h);
    const char *path = temp_write("h.jsonl", text, sizeof text - 1);
    cr_assert_eq(shim_history_load(&h, path, error, sizeof error), 0, "%s", error);
    cr_expect_eq(h.calls[0].leave, 4);
    cr_expect_eq(h.calls[1].enter, 5);
    shim_history_fini(&h);
}

/* Any damage to a saved history is either refused or leaves a history: never a crash. */
Test(history, survives_random_damage, .init = temp_make, .fini = temp_remove) {
    struct shim_history h;
    fill(&h);
    const char *path = temp_path("h.jsonl");
    cr_assert_eq(shim_history_save(&h, path, error, sizeof error), 0);
    shim_history_fini(&h);
    size_t size;
    char *good = temp_read(path, &size), *bytes = malloc(size);
    unsigned seed = 20;
    for (int round = 0; round < 3000; round++) {
        memcpy(bytes, good, size);
        for (int k = 0; k <= round % 4; k++) {
            bytes[(size_t)rand_r(&seed) % size] = (char)rand_r(&seed);
        }
        size_t cut = round % 3 == 0 ? (size_t)rand_r(&seed) % size : size;
        path = temp_write("h.jsonl", bytes, cut);
        shim_history_init(&h);
        if (shim_history_load(&h, path, error, sizeof error) == 0) {
            cr_expect_eq(h.call_count, 5);
        }
        shim_history_fini(&h);
    }
    free(good);
    free(bytes);
}

/* What the beginning before `stamp` must be, looked up call by call. */
static void expect_beginning(const struct shim_beginning *beginning, uint64_t stamp) {
    const struct shim_history *from = beginning->from, *to = &beginning->history;
    size_t calls = 0, events = 0;
    for (size_t i = 0; i < from->call_count && from->calls[i].enter < stamp; i++, calls++) {
        const struct shim_hist_call *was = &from->calls[i], *call = &to->calls[i];
        bool open = was->leave == 0 || was->leave >= stamp;
        cr_assert_lt(i, to->call_count);
        cr_expect_eq(call->enter, was->enter);
        cr_expect_eq(call->leave, open ? 0 : was->leave);
        cr_expect_eq(call->result, open ? 0 : was->result);
        cr_expect_eq(call->outs_valid, open ? 0 : was->outs_valid);
        cr_expect_eq(call->blob_size[2], was->blob_size[2]);
        cr_expect(was->blob[2] == NULL || was->blob[2] != call->blob[2]);
    }
    while (events < from->event_count && from->events[events].stamp < stamp) {
        events++;
    }
    cr_expect_eq(to->call_count, calls);
    cr_expect_eq(to->event_count, events);
}

Test(history, a_beginning_moves_to_and_fro) {
    static const uint64_t stamps[] = {0, 2, 8, 8, 9, 10, 5, 100, 6, 1, 13, 14, 4, 100, 0};
    struct shim_history h;
    struct shim_beginning beginning;
    fill(&h);
    shim_history_beginning(&beginning, &h);
    for (size_t i = 0; i < sizeof stamps / sizeof stamps[0]; i++) {
        cr_assert_eq(shim_history_beginning_move(&beginning, stamps[i]), 0);
        expect_beginning(&beginning, stamps[i]);
        struct shim_hist_call *more = add_call(&beginning.history, SHIM_FN_JetMove, 200, 201);
        shim_hist_call_set_blob(more, 2, "gone at the next move", 10);
        shim_history_add_event(&beginning.history, SHIM_EVENT_NOTE, "gone", "too");
    }
    shim_history_beginning_fini(&beginning);
    shim_history_fini(&h);
}
