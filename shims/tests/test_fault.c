/* The chosen operation goes wrong in the chosen way at the chosen call, and nothing else does. */
#define JET_NO_NAME_MAP
#include <criterion/criterion.h>
#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "shims/fault/fault.h"
#include "shims/tests/temp.h"

#define USE_FILE 1
#define ALLOCATE 2
#define ALLOCATE_ELSEWHERE 3
#define LEAK 4
#define READ_BACK 5
#define VECTORS 6
#define OPEN_DSYNC 7
#define MAP_SHARED_FILE 8
#define STREAM 9
#define THREAD 10
#define LEAK_NO_MORE 11
#define LEAK_MAPPING 12

static char error[512];
static struct shim_library *library;
static struct shim_caller caller;

static void set_up(void) {
    temp_make();
    setenv("FAKE_FILE", temp_path("data"), 1);
    cr_assert_eq(shim_library_open(FAKE_ENGINE, &library, error, sizeof error), 0, "%s", error);
    cr_assert_eq(shim_faults_start(library, error, sizeof error), 0, "%s", error);
    caller = (struct shim_caller){
        .table = shim_library_table(library), .hooks = {shim_fault_hook()}, .hook_count = 1};
}

static void tear_down(void) {
    shim_faults_stop();
    shim_library_close(library);
    temp_remove();
}

TestSuite(fault, .init = set_up, .fini = tear_down);

static JET_ERR idle(uint64_t action) {
    return shim_callv(&caller, SHIM_FN_JetIdle, SHIM_PLAIN, (uint64_t[]){1, action});
}

static int place(const char *text) {
    struct shim_fault fault;
    cr_assert_eq(shim_fault_parse(text, &fault, error, sizeof error), 0, "%s: %s", text, error);
    int number = shim_faults_place(&fault);
    cr_assert_geq(number, 0);
    return number;
}

Test(fault, without_a_fault_everything_works) {
    for (int i = 0; i < 3; i++) {
        cr_expect_eq(idle(USE_FILE), 0);
    }
    cr_expect_geq(shim_faults_imports(SHIM_LIBC_PWRITE), 1);
    cr_expect_eq(shim_faults_imports(SHIM_LIBC_MKDIR), 0);
}

Test(fault, the_nth_call_fails_and_no_other) {
    int number = place("ENOSPC at pwrite nth 2");
    cr_expect_eq(idle(USE_FILE), 0);
    cr_expect_eq(idle(USE_FILE), JET_errDiskFull);
    cr_expect_eq(idle(USE_FILE), 0);
    cr_expect_eq(shim_faults_matched(number), 3);
    cr_expect_eq(shim_faults_fired(number), 1);
}

Test(fault, several_in_a_row_or_all_from_there_on) {
    place("ENOSPC at pwrite nth 2 times 2");
    cr_expect_eq(idle(USE_FILE), 0);
    cr_expect_eq(idle(USE_FILE), JET_errDiskFull);
    cr_expect_eq(idle(USE_FILE), JET_errDiskFull);
    cr_expect_eq(idle(USE_FILE), 0);
    shim_faults_clear();
    cr_expect_eq(idle(USE_FILE), 0);
    place("EIO at fsync nth 3 lasting");
    JET_ERR expected[] = {0, 0, JET_errDiskIO, JET_errDiskIO, JET_errDiskIO};
    for (int i = 0; i < 5; i++) {
        cr_expect_eq(idle(USE_FILE), expected[i], "call %d", i);
    }
}

Test(fault, a_family_fails_where_it_can) {
    place("EMFILE at files");
    cr_expect_eq(idle(USE_FILE), JET_errOutOfFileHandles);
    cr_expect_eq(idle(USE_FILE), 0);
}

Test(fault, memory) {
    place("ENOMEM at memory");
    cr_expect_eq(idle(ALLOCATE), JET_errOutOfMemory);
    cr_expect_eq(idle(ALLOCATE), 0);
}

Test(fault, only_the_file_that_the_pattern_names) {
    place("EIO at fsync file \"*.log\" lasting");
    cr_expect_eq(idle(USE_FILE), 0);
    shim_faults_clear();
    place("EIO at fsync file \"dat?\" lasting");
    cr_expect_eq(idle(USE_FILE), JET_errDiskIO);
    shim_faults_clear();
    place("EIO at open file \"*/dat?\"");
    cr_expect_eq(idle(USE_FILE), JET_errFileAccessDenied);
}

Test(fault, only_in_the_function) {
    place("EIO at fsync in JetCommitTransaction lasting");
    cr_expect_eq(idle(USE_FILE), 0);
    shim_faults_clear();
    place("EIO at fsync in JetIdle lasting");
    cr_expect_eq(idle(USE_FILE), JET_errDiskIO);
}

/* A hook that stands for a thread in another call. */
static void *in_a_stop(void *argument) {
    struct shim_hook hook = shim_fault_hook();
    struct shim_call call = {.fn = SHIM_FN_JetStopServiceInstance};
    hook.enter(hook.context, &call);
    JET_ERR *result = argument;
    *result = 1;
    while (__atomic_load_n(result, __ATOMIC_ACQUIRE) == 1) {
        usleep(100);
    }
    hook.leave(hook.context, &call);
    return NULL;
}

Test(fault, only_while_a_function_is_pending_somewhere) {
    pthread_t thread;
    JET_ERR word = 0;
    place("EIO at fsync during JetStopServiceInstance lasting");
    cr_expect_eq(idle(USE_FILE), 0);
    cr_assert_eq(pthread_create(&thread, NULL, in_a_stop, &word), 0);
    while (__atomic_load_n(&word, __ATOMIC_ACQUIRE) == 0) {
        usleep(100);
    }
    cr_expect_eq(idle(USE_FILE), JET_errDiskIO);
    __atomic_store_n(&word, 2, __ATOMIC_RELEASE);
    pthread_join(thread, NULL);
    cr_expect_eq(idle(USE_FILE), 0);
}

Test(fault, only_the_actor) {
    struct shim_fault fault;
    cr_assert_eq(shim_fault_parse("EIO at fsync actor writer lasting", &fault, error, sizeof error), 0);
    fault.actor_first = 3;
    fault.actor_count = 2;
    shim_faults_place(&fault);
    for (uint32_t actor = 2; actor <= 5; actor++) {
        caller.actor = actor;
        cr_expect_eq(idle(USE_FILE), actor == 3 || actor == 4 ? JET_errDiskIO : 0, "actor %u", actor);
    }
}

Test(fault, an_actor_without_numbers_is_nobody) {
    int number = place("EIO at fsync actor nobody lasting");
    for (uint32_t actor = 0; actor <= 2; actor++) {
        caller.actor = actor;
        cr_expect_eq(idle(USE_FILE), 0, "actor %u", actor);
    }
    cr_expect_eq(shim_faults_matched(number), 0);
}

Test(fault, only_threads_in_no_call) {
    void (*allocate)(unsigned) = (void (*)(unsigned))shim_library_symbol(library, "fake_allocate");
    int number = place("ENOMEM at malloc actor engine lasting");
    cr_expect_eq(idle(ALLOCATE), 0);
    cr_expect_eq(shim_faults_fired(number), 0);
    allocate(2);
    cr_expect_eq(shim_faults_fired(number), 2);
    cr_expect_eq(idle(ALLOCATE), 0);
    cr_expect_eq(shim_faults_fired(number), 2);
}

Test(fault, only_in_the_state) {
    place("EIO at fsync state race lasting");
    shim_faults_state("setup");
    cr_expect_eq(idle(USE_FILE), 0);
    shim_faults_state("race");
    cr_expect_eq(idle(USE_FILE), JET_errDiskIO);
}

Test(fault, each_stack_once) {
    place("ENOMEM at malloc stacks lasting");
    cr_expect_eq(idle(ALLOCATE), JET_errOutOfMemory);
    cr_expect_eq(idle(ALLOCATE), 0);
    cr_expect_eq(idle(ALLOCATE_ELSEWHERE), JET_errOutOfMemory);
    cr_expect_eq(idle(ALLOCATE_ELSEWHERE), 0);
}

Test(fault, by_chance_and_the_same_for_the_same_seed) {
    uint64_t masks[2] = {0, 0};
    for (int round = 0; round < 2; round++) {
        place("ENOMEM at malloc chance 500000 seed 7 lasting");
        for (int i = 0; i < 64; i++) {
            masks[round] |= (uint64_t)(idle(ALLOCATE) != 0) << i;
        }
        shim_faults_clear();
    }
    cr_expect_eq(masks[0], masks[1]);
    cr_expect_neq(masks[0], 0);
    cr_expect_neq(masks[0], UINT64_MAX);
}

Test(fault, short_transfers) {
    place("short at pwrite");
    cr_expect_eq(idle(USE_FILE), JET_errDiskIO, "4 of 8 bytes");
    place("short at pread");
    cr_expect_eq(idle(USE_FILE), JET_errReadVerifyFailure);
    cr_expect_eq(idle(USE_FILE), 0);
}

Test(fault, vectored_transfers) {
    cr_expect_eq(idle(VECTORS), 0);
    place("short at pwritev");
    cr_expect_eq(idle(VECTORS), JET_errDiskIO);
    place("flip at preadv");
    cr_expect_eq(idle(VECTORS), JET_errReadVerifyFailure);
    place("lost at pwritev");
    cr_expect_eq(idle(VECTORS), 0, "the same bytes were there before");
    cr_expect_eq(idle(VECTORS), 0);
}

Test(fault, flipped_bit_of_a_read_and_of_a_write) {
    cr_expect_eq(idle(READ_BACK), 0);
    place("flip at pread");
    cr_expect_eq(idle(READ_BACK), JET_errReadVerifyFailure);
    cr_expect_eq(idle(READ_BACK), 0);
    place("flip at pwrite");
    cr_expect_eq(idle(READ_BACK), JET_errReadVerifyFailure);
    cr_expect_eq(idle(READ_BACK), 0);
}

Test(fault, lost_and_torn_writes_say_that_all_went_well) {
    static struct shim_fault_log log;
    unsigned char bytes[4096];
    shim_faults_record(&log);
    cr_expect_eq(idle(READ_BACK), 0);
    place("lost at pwrite");
    cr_expect_eq(idle(READ_BACK), JET_errReadVerifyFailure, "the bytes change every time");
    place("torn at pwrite");
    cr_expect_eq(idle(READ_BACK), JET_errReadVerifyFailure);
    int file = open(temp_path("data"), O_RDONLY);
    cr_assert_eq(read(file, bytes, sizeof bytes), (ssize_t)sizeof bytes);
    close(file);
    size_t same = 0;
    while (same < sizeof bytes && bytes[same] == bytes[0]) {
        same++;
    }
    cr_expect(same > 0 && same < sizeof bytes && same % 512 == 0, "%zu bytes arrived", same);
    cr_expect_eq(log.untold, sizeof bytes - same);
    shim_faults_record(NULL);
}

Test(fault, stale_reads_need_something_older) {
    int number = place("stale at pread lasting");
    cr_expect_eq(idle(READ_BACK), 0, "nothing was there before");
    cr_expect_eq(shim_faults_fired(number), 0);
    cr_expect_eq(idle(READ_BACK), JET_errReadVerifyFailure);
    cr_expect_eq(shim_faults_fired(number), 1);
}

Test(fault, the_log_knows_which_reads_could_be_stale) {
    static struct shim_fault_point points[64];
    static struct shim_fault_log log = {.room = 64, .points = points, .stales = true};
    bool could[2] = {false, false};
    shim_faults_record(&log);
    for (int round = 0; round < 2; round++) {
        uint64_t begin = log.point_count;
        cr_expect_eq(idle(READ_BACK), 0);
        for (uint64_t i = begin; i < log.point_count; i++) {
            could[round] |= points[i].operation == SHIM_LIBC_PREAD && points[i].stale;
            cr_expect(points[i].operation == SHIM_LIBC_PREAD || !points[i].stale);
        }
    }
    cr_expect_not(could[0], "nothing was there before");
    cr_expect(could[1]);
    shim_faults_record(NULL);
}

Test(fault, delays) {
    struct timespec begin, end;
    place("delay 20000 at fsync");
    clock_gettime(CLOCK_MONOTONIC, &begin);
    cr_expect_eq(idle(USE_FILE), 0);
    clock_gettime(CLOCK_MONOTONIC, &end);
    cr_expect_geq((end.tv_sec - begin.tv_sec) * 1000000000 + end.tv_nsec - begin.tv_nsec, 20000000);
}

Test(fault, writes_on_a_synchronous_descriptor_are_operations_of_their_own) {
    place("EIO at pwrite lasting");
    cr_expect_eq(idle(OPEN_DSYNC), 0);
    place("EIO at dsync");
    cr_expect_eq(idle(OPEN_DSYNC), JET_errDiskIO);
}

Test(fault, stdio) {
    place("ENOSPC at fwrite");
    cr_expect_eq(idle(STREAM), JET_errDiskFull);
    place("ENOSPC at fflush");
    cr_expect_eq(idle(STREAM), JET_errDiskFull);
    place("EACCES at fopen");
    cr_expect_eq(idle(STREAM), JET_errFileAccessDenied);
    cr_expect_eq(idle(STREAM), 0);
}

static int descriptors_in_use(void) {
    int count = 0;
    for (int fd = 0; fd < 256; fd++) {
        count += fcntl(fd, F_GETFD) != -1;
    }
    return count;
}

Test(fault, a_close_that_fails_has_closed) {
    int before = descriptors_in_use();
    int number = place("EIO at close times 2");
    cr_expect_eq(idle(USE_FILE), JET_errDiskIO, "the engine hears of it");
    cr_expect_eq(idle(USE_FILE), JET_errDiskIO);
    cr_expect_eq(shim_faults_fired(number), 2);
    cr_expect_eq(descriptors_in_use(), before, "and the descriptor is gone");
    cr_expect_eq(idle(USE_FILE), 0);
}

Test(fault, threads) {
    place("EAGAIN at thread");
    cr_expect_eq(idle(THREAD), JET_errOutOfThreads);
    cr_expect_eq(idle(THREAD), 0);
}

static void last_words(void *context) {
    (void)!write(*(const int *)context, "k", 1);
}

Test(fault, killed_before_it) {
    int pipes[2];
    char said = 0;
    cr_assert_eq(pipe(pipes), 0);
    pid_t child = fork();
    if (child == 0) {
        place("kill at fsync");
        shim_faults_before_kill(last_words, &pipes[1]);
        idle(USE_FILE);
        _exit(0);
    }
    int status = 0;
    waitpid(child, &status, 0);
    cr_expect(WIFSIGNALED(status) && WTERMSIG(status) == SIGKILL);
    close(pipes[1]);
    cr_expect_eq(read(pipes[0], &said, 1), 1);
    cr_expect_eq(said, 'k');
    close(pipes[0]);
}

Test(fault, the_harness_is_never_hit) {
    place("EIO at files lasting");
    place("ENOMEM at memory lasting");
    void *volatile memory = malloc(10);
    cr_expect_not_null(memory);
    free(memory);
    int file = open(temp_path("own"), O_RDWR | O_CREAT, 0666);
    cr_expect_geq(file, 0);
    close(file);
}

Test(fault, the_log_has_what_happened) {
    static struct shim_fault_point points[64];
    static struct shim_fault_log log = {.room = 64, .points = points, .stacks = true};
    shim_faults_record(&log);
    shim_faults_state("race");
    caller.actor = 7;
    cr_expect_eq(idle(USE_FILE), 0);
    place("EIO at fsync");
    cr_expect_eq(idle(USE_FILE), JET_errDiskIO);
    uint64_t count = log.point_count;
    cr_expect_geq(count, 8);
    cr_expect_eq(points[0].operation, SHIM_LIBC_OPEN);
    cr_expect_eq(points[0].actor, 7);
    cr_expect_eq(points[0].fn, SHIM_FN_JetIdle);
    cr_expect_str_eq(log.states[points[0].state], "race");
    cr_expect_eq(points[0].stack, points[5].stack, "the same call from the same place");
    cr_expect_neq(points[0].stack, points[1].stack);
    cr_expect_eq(log.fired, 1);
    cr_expect_eq(log.first.operation, SHIM_LIBC_FSYNC);
    cr_expect_eq(log.first_number, 2);
    cr_expect_gt(log.frame_count, 0);
    cr_expect_str_eq(strrchr(log.path, '/'), "/data");
}

Test(fault, what_is_staged_is_not_logged_and_ends_alone) {
    static struct shim_fault_log log;
    struct shim_fault fault;
    shim_faults_record(&log);
    int other = place("ENOMEM at malloc nth 2");
    cr_assert_eq(shim_fault_parse("EIO at fsync lasting", &fault, error, sizeof error), 0);
    fault.staged = true;
    int staged = shim_faults_place(&fault);
    cr_expect_eq(idle(USE_FILE), JET_errDiskIO);
    cr_expect_eq(shim_faults_fired(staged), 1);
    cr_expect_eq(log.fired, 0);
    cr_expect_eq(idle(ALLOCATE), 0);
    shim_faults_lift();
    cr_expect_eq(idle(USE_FILE), 0);
    cr_expect_eq(idle(ALLOCATE), JET_errOutOfMemory, "the other one goes on, and has counted on");
    cr_expect_eq(log.fired, 1);
    cr_expect_eq(log.first.operation, SHIM_LIBC_MALLOC);
    for (int i = 0; i < 2 * SHIM_FAULT_MOST; i++) { /* what was lifted makes room */
        cr_expect_eq(shim_faults_place(&fault), staged);
        cr_expect_eq(idle(USE_FILE), JET_errDiskIO);
        shim_faults_lift();
        cr_expect_eq(idle(USE_FILE), 0);
    }
    cr_expect_neq(staged, other);
    shim_faults_record(NULL);
}

Test(fault, a_writable_shared_mapping_is_reported) {
    static struct shim_fault_log log;
    shim_faults_record(&log);
    cr_expect_eq(idle(USE_FILE), 0);
    cr_expect_eq(log.uncovered[0], '\0');
    cr_expect_eq(idle(MAP_SHARED_FILE), 0);
    cr_expect_neq(log.uncovered[0], '\0');
}

Test(fault, what_is_left_behind_is_found) {
    static struct shim_fault_log log, second;
    static struct shim_fault_block usual[64];
    shim_faults_record(&log);
    shim_faults_follow_memory(NULL, 0);
    idle(ALLOCATE);
    shim_faults_look_for_leaks(NULL, 0);
    cr_expect_eq(log.leaked, 0);
    idle(LEAK);
    idle(LEAK);
    shim_faults_look_for_leaks(NULL, 0);
    cr_expect_eq(log.leaked, 2);
    cr_expect_eq(log.leaked_bytes, 200);
    cr_expect_gt(log.leak_frame_count, 0);
    size_t count = shim_faults_blocks(usual, 64);
    cr_expect_eq(count, 1, "one place leaks");
    shim_faults_record(&second);
    shim_faults_look_for_leaks(usual, count);
    cr_expect_eq(second.leaked, 0, "as usual");
    idle(LEAK_NO_MORE);
    cr_expect_eq(shim_faults_blocks(usual, 64), 0);
}

Test(fault, thousands_of_blocks_are_followed_and_forgotten) {
    static struct shim_fault_log log;
    static struct shim_fault_block left[4000];
    shim_faults_record(&log);
    for (int round = 0; round < 3; round++) {
        shim_faults_follow_memory(NULL, 0); /* begins anew */
        for (int i = 0; i < 3000; i++) {
            idle(LEAK);
            idle(ALLOCATE);
        }
        cr_expect_eq(shim_faults_blocks(left, 4000), 1);
        cr_expect_eq(left[0].blocks, 3000);
        cr_expect_eq(left[0].bytes, 300000);
        shim_faults_look_for_leaks(NULL, 0);
        cr_expect_eq(log.leaked, 3000u * (unsigned)(round + 1));
        idle(LEAK_NO_MORE);
        cr_expect_eq(shim_faults_blocks(left, 4000), 0);
    }
}

Test(fault, stacks_can_wait_until_something_is_left_that_may_be_usual) {
    static struct shim_fault_log log, second;
    static struct shim_fault_block usual[64];
    shim_faults_record(&log);
    shim_faults_follow_memory(NULL, 0);
    idle(LEAK);
    size_t count = shim_faults_blocks(usual, 64);
    cr_assert_eq(count, 1);
    cr_expect_eq(usual[0].size, 100);
    idle(LEAK_NO_MORE);
    shim_faults_follow_memory(usual, count);
    idle(LEAK); /* of a usual size: by its stack it is usual */
    shim_faults_look_for_leaks(usual, count);
    cr_expect_eq(log.leaked, 0);
    idle(LEAK_MAPPING); /* of another one */
    shim_faults_record(&second);
    shim_faults_look_for_leaks(usual, count);
    cr_expect_eq(second.leaked, 1);
    cr_expect(second.unsure);
    shim_faults_record(&log);
    shim_faults_follow_memory(usual, count);
    idle(LEAK);
    idle(LEAK); /* one more than usual */
    shim_faults_look_for_leaks(usual, count);
    cr_expect_eq(log.leaked, 1);
    cr_expect_not(log.unsure);
    idle(LEAK_NO_MORE);
}

Test(fault, mappings_that_are_left_are_found) {
    static struct shim_fault_log log;
    struct shim_fault_block left[8];
    shim_faults_record(&log);
    shim_faults_follow_memory(NULL, 0);
    idle(MAP_SHARED_FILE);
    cr_expect_eq(shim_faults_blocks(left, 8), 0, "it was given back");
    idle(LEAK_MAPPING);
    shim_faults_look_for_leaks(NULL, 0);
    cr_expect_eq(log.leaked, 1);
    cr_expect_eq(log.leaked_bytes, 8192);
}

TestSuite(fault_text);

static const char *round_trip(const char *text) {
    static char printed[SHIM_FAULT_TEXT];
    struct shim_fault fault, again;
    cr_assert_eq(shim_fault_parse(text, &fault, error, sizeof error), 0, "%s: %s", text, error);
    shim_fault_print(&fault, printed, sizeof printed);
    cr_assert_eq(shim_fault_parse(printed, &again, error, sizeof error), 0, "%s: %s", printed, error);
    cr_expect_eq(memcmp(&fault, &again, sizeof fault), 0, "%s", printed);
    return printed;
}

Test(fault_text, what_is_printed_means_the_same) {
    cr_expect_str_eq(round_trip("ENOSPC"), "ENOSPC");
    cr_expect_str_eq(round_trip("28 at pwrite,fsync  nth 1 times 1"), "ENOSPC at pwrite, fsync");
    cr_expect_str_eq(round_trip("delay 5 state race at memory"), "delay 5 at memory state race");
    cr_expect_str_eq(round_trip("lost lasting nth 4 file \"*.log\" actor a-b"),
                     "lost file \"*.log\" actor a-b nth 4 lasting");
    cr_expect_str_eq(round_trip("torn in JetCommitTransaction during JetTerm stacks chance 10 seed 9 times 3"),
                     "torn in JetCommitTransaction during JetTerm stacks chance 10 seed 9 times 3");
    cr_expect_str_eq(round_trip("EIO at files, directories"), "EIO at files, directories");
    cr_expect_str_eq(round_trip("4000"), "4000");
}

Test(fault_text, what_is_wrong_is_said) {
    static const struct {
        const char *text, *word;
    } wrong[] = {{"", "errno"},           {"ENOSUCH", "errno"},       {"EIO at", "operation"},
                 {"EIO at nowhere", "operation"}, {"torn at malloc", "torn"}, {"short at fsync", "short"},
                 {"delay", "microseconds"}, {"EIO nth 0", "from 1"},   {"EIO nth", "from 1"},
                 {"EIO in JetNothing", "function"}, {"EIO file x", "quotation"}, {"EIO file \"x", "closing"},
                 {"EIO chance 1000000", "million"}, {"EIO again", "lasting"}};
    for (size_t i = 0; i < sizeof wrong / sizeof wrong[0]; i++) {
        struct shim_fault fault;
        error[0] = '\0';
        cr_expect_eq(shim_fault_parse(wrong[i].text, &fault, error, sizeof error), -1, "%s", wrong[i].text);
        cr_expect_not_null(strstr(error, wrong[i].word), "%s: %s", wrong[i].text, error);
    }
}

Test(fault_text, operations_and_errors_have_names) {
    for (int op = 0; op < SHIM_LIBC_COUNT; op++) {
        cr_expect_neq(shim_operations_find(shim_operation_name((enum shim_operation)op)) >> op & 1, 0);
    }
    cr_expect_eq(shim_errno_find("EMFILE"), EMFILE);
    cr_expect_eq(shim_errno_find("ENOSUCH"), 0);
    cr_expect(shim_operation_can(SHIM_LIBC_PWRITE, SHIM_FAULT_ERROR, ENOSPC));
    cr_expect_not(shim_operation_can(SHIM_LIBC_PREAD, SHIM_FAULT_ERROR, ENOSPC));
    cr_expect_not(shim_operation_can(SHIM_LIBC_MALLOC, SHIM_FAULT_TORN, 0));
}
