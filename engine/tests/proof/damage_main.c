/*
 * engine_damage [--seed N] [--count TRIALS] [--first TRIAL] [--seconds S] [--directory DIR]
 * [--verbose]
 *
 * Files are damaged and then used: every field of the headers of database, log and checkpoint, and
 * of the pages of the database; random bytes; blocks exchanged or zeroed; files cut, emptied,
 * grown, exchanged, removed. Of half the damage to the database the checksum is mended, so that it
 * gets past the first look. Then a child process initialises, attaches, reads everything in both
 * directions and by each index, changes, and ends: it may get errors, and must not crash, hang,
 * read a wrong row (but where the checksum was mended), or miss a row without an error. Likewise
 * eseverify, which must find something where reading did.
 *
 * 30 s; with ESECHECK_TIER=quick 10 s, nightly 20 minutes.
 */
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>

#include "engine/tests/proof/damage.h"

enum { WATCHDOG = 30 };

static struct damage_seen *seen;

static void one_trial(const struct damage_base *base, uint64_t number, struct proof_random *random)
{
    char directory[700], database[720], text[300];
    struct damage damage;
    snprintf(directory, sizeof directory, "%s", proof_path(DAMAGE_PLACE));
    snprintf(database, sizeof database, "%s/damage.edb", directory);
    memset((void *)seen, 0, sizeof *seen);
    damage_do(base, directory, number, random, &damage);
    int before = proof_verify(database, text, sizeof text);
    if (before < 0 || before > 2) {
        proof_fail("trial %u (%s files), %s: eseverify ends with %d: %s", (unsigned)number,
                   base->dirty ? "dirty" : "clean", damage.text, before, text);
    }
    struct damage_trial trial = {base, &damage, directory, seen};
    struct proof_child_end end = proof_wait(proof_start(damage_use, &trial), WATCHDOG);
    if (end.kind == PROOF_HUNG) {
        proof_fail("trial %u, %s: the engine hangs", (unsigned)number, damage.text);
    }
    if (end.kind == PROOF_KILLED || (end.code != 0 && end.code != 99)) {
        proof_fail("trial %u, %s: the engine died (%s %d)", (unsigned)number, damage.text,
                   end.kind == PROOF_KILLED ? "signal" : "code", end.code);
    }
    proof_must_be_well(end, "the engine");
    if (proof.verbose) {
        printf("trial %u, %s: eseverify %d, %s, %u rows\n", (unsigned)number, damage.text, before,
               seen->reported ? "an error" : "no error", seen->rows);
    }
    if (before == 0 && seen->corrupt && !base->dirty && strcmp(damage.file, "damage.edb") == 0 &&
        !damage.resealed) {
        proof_fail("trial %u, %s: reading finds the damage, eseverify does not", (unsigned)number,
                   damage.text);
    }
    int after = proof_verify(database, text, sizeof text);
    if (after < 0 || after > 2) {
        proof_fail("trial %u, %s: eseverify ends with %d after the use: %s", (unsigned)number,
                   damage.text, after, text);
    }
}

int main(int argc, char **argv)
{
    static struct damage_base clean, dirty;
    uint64_t number, reported = 0;
    proof.memory = true;
    proof_begin(argc, argv, UINT64_MAX, 30, UINT64_MAX, 1200);
    seen = mmap(NULL, sizeof *seen, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    if (seen == MAP_FAILED) {
        proof_fail("no shared memory");
    }
    damage_make_base(&clean, "clean", false);
    bool recovers = damage_make_base(&dirty, "dirty", true);
    for (number = proof.first; number - proof.first < proof.count && !proof_time_is_over();
         number++) {
        struct proof_random random = proof_random(proof.seed, number);
        proof_round(number);
        one_trial(recovers && number % 2 == 1 ? &dirty : &clean, number / 2, &random);
        reported += seen->reported ? 1 : 0;
    }
    return proof_end("engine_damage: %u trials%s, %u of them reported, no crash, no wrong row",
                     (unsigned)(number - proof.first),
                     recovers ? "" : " (no dirty files: this engine does not recover)",
                     (unsigned)reported);
}
