/*
 * engine_model [--seed N] [--count ROUNDS] [--first ROUND] [--seconds S] [--directory DIR]
 * [--verbose]
 *
 * Random operations of four sessions on two tables, one after the other in one thread, each
 * compared with a plain model of snapshot isolation (model.h): who sees what, who gets a write
 * conflict, a duplicate key, a deleted record, where cursors stand, what indexes hold, through
 * nested levels, rollbacks, definitions that change, and restarts. After each round eseverify looks
 * at the file.
 *
 * A mismatch is made small: steps are left out as long as the run still fails; what remains is
 * printed call by call.
 *
 * 30 s; with ESECHECK_TIER=quick 10 s, nightly 20 minutes.
 */
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>

#include "engine/tests/proof/model.h"

enum { STEPS = 1500, WATCHDOG = 60, TRIES = 400 };

static struct model_failure *failure;

/* Runs some of the steps; true when it fails in any way. */
static bool fails(struct model_run *run, char *what, size_t size)
{
    proof_remove(run->directory);
    proof_make(run->directory);
    failure->failed = false;
    snprintf(failure->text, sizeof failure->text, "?");
    struct proof_child_end end = proof_wait(proof_start(model_run, run), WATCHDOG);
    if (end.kind == PROOF_HUNG) {
        snprintf(what, size, "step %u hangs", failure->step);
    } else if (end.kind == PROOF_KILLED) {
        snprintf(what, size, "step %u ended by signal %d", failure->step, end.code);
    } else if (failure->failed) {
        snprintf(what, size, "step %u: %.400s", failure->step, failure->text);
    } else if (end.code != 0) {
        snprintf(what, size, "step %u: the process ended with code %d", failure->step, end.code);
    } else {
        char database[700], text[512];
        snprintf(database, sizeof database, "%s/model.edb", run->directory);
        int code = proof_verify(database, text, sizeof text);
        if (code == 0) {
            return false;
        }
        snprintf(what, size, "eseverify has code %d: %.400s", code, text);
    }
    return true;
}

/* Leaves out ever smaller parts of the steps while the run still fails. */
static unsigned make_small(struct model_run *run, bool *skip)
{
    char what[512];
    unsigned tries = 0;
    run->skip = skip;
    for (unsigned part = run->steps / 2; part >= 1 && tries < TRIES; part /= 2) {
        for (unsigned from = 0; from < run->steps && tries < TRIES; from += part) {
            bool saved[STEPS], any = false;
            memcpy(saved, skip, sizeof saved);
            for (unsigned i = from; i < from + part && i < run->steps; i++) {
                any = any || !skip[i];
                skip[i] = true;
            }
            if (any && (tries++, !fails(run, what, sizeof what))) {
                memcpy(skip, saved, sizeof saved);
            }
        }
    }
    unsigned left = 0;
    for (unsigned i = 0; i < run->steps; i++) {
        left += skip[i] ? 0 : 1;
    }
    return left;
}

int main(int argc, char **argv)
{
    static bool skip[STEPS];
    static struct model_run run;
    char what[512];
    uint64_t round;
    proof.memory = true;
    proof_begin(argc, argv, UINT64_MAX, 30, UINT64_MAX, 1200);
    failure =
        mmap(NULL, sizeof *failure, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    if (failure == MAP_FAILED) {
        proof_fail("no shared memory");
    }
    for (round = proof.first; round - proof.first < proof.count && !proof_time_is_over(); round++) {
        proof_round(round);
        run = (struct model_run){.seed = proof_mix(proof.seed, round),
                                 .steps = STEPS,
                                 .trace = proof.verbose,
                                 .failure = failure};
        snprintf(run.directory, sizeof run.directory, "%s", proof_path("round"));
        if (!fails(&run, what, sizeof what)) {
            continue;
        }
        fprintf(stderr, "round %u: %s\n", (unsigned)round, what);
        run.steps = failure->step + 1 < STEPS ? failure->step + 1 : STEPS;
        unsigned left = make_small(&run, skip);
        run.trace = true;
        printf("%u steps are enough:\n", left);
        if (!fails(&run, what, sizeof what)) {
            printf("    (not every time)\n");
        }
        proof_fail("round %u: %s", (unsigned)round, what);
    }
    return proof_end("engine_model: %u rounds of %d steps agree with the model",
                     (unsigned)(round - proof.first), STEPS);
}
