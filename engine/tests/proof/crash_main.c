/*
 * engine_crash [--seed N] [--count KILLS] [--first KILL] [--directory DIR] [--clean-restarts]
 *
 * Nothing acknowledged is lost, nothing is there by half. A child process runs the engine with
 * eight writers (durable and lazy commits of several changes in several tables, nested levels,
 * rollbacks, tables made and dropped; stops, terms, dirty terms and restarts in between) and is
 * killed at a random moment: while it starts (recovery included), writes, or ends. Sometimes the
 * next recovery is killed too. Then a fresh process recovers, and must find
 *
 *   - every commit that was acknowledged as durable, and of each writer the transactions up to some
 *     number, no later one, each with all its changes: lazy commits are lost from the end only;
 *   - the same rows in the table and in each of its indexes;
 *   - no half of a transfer between accounts that the writers share;
 *
 * and eseverify finds nothing in the file. Page size, cache, size of the log files, circular
 * logging and checkpoint depth change from directory to directory; one lives for some kills.
 *
 * --count: kills (20; 1,000 with ESECHECK_TIER=nightly). --clean-restarts: nothing is killed, and
 * no term is dirty. The moment of a kill is not exactly repeatable; the seed repeats everything
 * else.
 */
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "engine/tests/proof/crash.h"

enum { KILLS_A_DIRECTORY = 5, WATCHDOG = 120 };

static struct crash_shared *shared;

static void new_directory(struct crash_setup *setup, uint64_t number)
{
    static const JET_ULONG pages[] = {2048, 4096, 4096, 8192, 16384, 32768};
    static const JET_ULONG logs[] = {64, 128, 512, 5120};
    struct proof_random random = proof_random(proof.seed, number);
    memset((void *)shared, 0, sizeof *shared);
    memset(setup, 0, sizeof *setup);
    snprintf(setup->directory, sizeof setup->directory, "%s/%u", proof.directory, (unsigned)number);
    snprintf(setup->database, sizeof setup->database, "%s/crash.edb", setup->directory);
    proof_make(setup->directory);
    setup->seed = proof_next(&random);
    setup->page_size = pages[proof_dice(&random, sizeof pages / sizeof pages[0])];
    setup->cache_pages = 128u << proof_dice(&random, 5);
    setup->log_kib = logs[proof_dice(&random, sizeof logs / sizeof logs[0])];
    setup->circular = proof_one_in(&random, 2);
    setup->checkpoint_depth = 16384u << proof_dice(&random, 10);
    setup->clean = proof.clean;
    setup->shared = shared;
}

/* Lets the child run to a moment in the phase, then kills it. */
static void kill_somewhere(int child, struct proof_random *random)
{
    static const enum crash_phase phases[] = {CRASH_STARTING, CRASH_WRITING, CRASH_WRITING,
                                              CRASH_WRITING, CRASH_ENDING};
    enum crash_phase phase = phases[proof_dice(random, sizeof phases / sizeof phases[0])];
    usleep(1000 * proof_dice(random, phase == CRASH_STARTING ? 30 : 300));
    double deadline = proof_now() + 1;
    while (phase != CRASH_WRITING && atomic_load(&shared->phase) != (int)phase &&
           proof_now() < deadline) {
        usleep(100);
    }
    usleep(proof_dice(random, phase == CRASH_WRITING ? 100000 : 8000));
    struct proof_child_end end = proof_kill(child);
    if (end.kind != PROOF_KILLED || end.code != 9) {
        proof_must_be_well(end, "the writing process");
        proof_fail("the writing process ended before it was killed");
    }
}

static void verify(const struct crash_setup *setup)
{
    char text[512];
    if (!atomic_load(&shared->created)) {
        return;
    }
    int code = proof_verify(setup->database, text, sizeof text);
    if (code != 0) {
        proof_fail("eseverify has code %d: %s", code, text);
    }
}

static void one_kill(struct crash_setup *setup, uint64_t kill)
{
    struct proof_random random = proof_random(setup->seed, 5000 + kill);
    proof_round(kill - kill % KILLS_A_DIRECTORY);
    setup->round = (uint32_t)kill;
    int child = proof_start(crash_work, setup);
    if (setup->clean) {
        proof_must_be_well(proof_wait(child, WATCHDOG), "the writing process");
    } else {
        kill_somewhere(child, &random);
        while (proof_one_in(&random, 3)) {
            child = proof_start(crash_check, setup);
            usleep(proof_dice(&random, 20000));
            struct proof_child_end end = proof_kill(child);
            if (end.kind == PROOF_EXITED) {
                proof_must_be_well(end, "recovery");
            }
        }
    }
    if (proof.keep) {
        proof_copy(setup->directory, proof_path("before-check"));
    }
    proof_must_be_well(proof_wait(proof_start(crash_check, setup), WATCHDOG), "the check");
    verify(setup);
    if (proof.verbose) {
        printf("kill %u: created %d, %lu lives, %lu commits (%lu durable), %lu conflicts, ends: "
               "%lu clean, %lu after a stop, %lu dirty, %lu dirty after a stop\n",
               (unsigned)kill, (int)shared->created, (unsigned long)shared->inits,
               (unsigned long)shared->commits, (unsigned long)shared->durables,
               (unsigned long)shared->conflicts, (unsigned long)shared->ends[0],
               (unsigned long)shared->ends[1], (unsigned long)shared->ends[2],
               (unsigned long)shared->ends[3]);
    }
}

int main(int argc, char **argv)
{
    static struct crash_setup setup;
    uint64_t kill, commits = 0, durables = 0;
    proof.memory = true; /* a kill loses nothing of what was given to the system */
    proof_begin(argc, argv, 20, 0, 1000, 0);
    shared = mmap(NULL, sizeof *shared, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    if (shared == MAP_FAILED) {
        proof_fail("no shared memory");
    }
    for (kill = proof.first; kill < proof.first + proof.count && !proof_time_is_over(); kill++) {
        if (kill == proof.first || kill % KILLS_A_DIRECTORY == 0) {
            new_directory(&setup, kill / KILLS_A_DIRECTORY);
        }
        one_kill(&setup, kill);
        if (kill % KILLS_A_DIRECTORY == KILLS_A_DIRECTORY - 1 ||
            kill + 1 == proof.first + proof.count) {
            commits += shared->commits;
            durables += shared->durables;
            if (!proof.keep) {
                proof_remove(setup.directory);
            }
        }
    }
    return proof_end("engine_crash: %u %s, %lu commits, %lu of them durable: nothing lost",
                     (unsigned)(kill - proof.first), proof.clean ? "rounds without kills" : "kills",
                     (unsigned long)commits, (unsigned long)durables);
}
