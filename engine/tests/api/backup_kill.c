/*
 * Processes that are killed: one that writes and backs up, then one that restores what it took. After the first, recovery
 * finds everything acknowledged and a new backup can be taken; the second one's work is begun anew over what it left.
 */
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

#include "engine/tests/api/backup_proof.h"

static struct shared {
    struct proof_acknowledged acknowledged;
    _Atomic int backups;  /* complete ones: folder/backup-1 ... */
    long rows[2][WRITERS]; /* acknowledged before the last one began, by its number's parity */
} *shared;

static const char *backup_name(int number)
{
    static char name[32];
    snprintf(name, sizeof name, "backup-%d", number % 3);
    return name;
}

static void work(void)
{
    JET_SESID sesid;
    JET_DBID dbid;
    JET_INSTANCE i = proof_create("work", "log", false);
    MUST(JetInit(&i));
    proof_open(i, &sesid, &dbid);
    (void)proof_write(i, &shared->acknowledged);
    for (int number = atomic_load(&shared->backups) + 1;; number++) {
        const char *path = proof_fresh(backup_name(number));
        proof_sample(&shared->acknowledged, shared->rows[number % 2]);
        MUST(JetBackupInstanceA(i, path, number % 2 != 0 ? 0 : JET_bitBackupAtomic, NULL));
        atomic_store(&shared->backups, number);
    }
}

static void recover(void)
{
    JET_SESID sesid;
    JET_DBID dbid;
    long rows[WRITERS];
    JET_INSTANCE i = proof_create("recover", "log", false);
    MUST(JetInit(&i));
    MUST(JetTerm(i));
    proof_sample(&shared->acknowledged, rows);
    if (access(proof_path("data.edb"), F_OK) != 0) {
        return; /* killed before it was there */
    }
    proof_check(proof_path("data.edb"), rows, "recovered");
    i = proof_create("again", "log", false);
    MUST(JetInit(&i));
    proof_open(i, &sesid, &dbid);
    MUST(JetBackupInstanceA(i, proof_fresh("after"), 0, NULL));
    MUST(JetTerm(i));
}

static void restore(void)
{
    int number = atomic_load(&shared->backups);
    JET_INSTANCE i = proof_create("restore", "restored-log", false);
    MUST(JetRestoreInstanceA(i, proof_path(backup_name(number)), proof_path("restored"), NULL));
    MUST(JetTerm(i));
}

static void restore_and_check(void)
{
    char target[700];
    int number = atomic_load(&shared->backups);
    restore();
    snprintf(target, sizeof target, "%s/data.edb", proof_path("restored"));
    proof_check(target, shared->rows[number % 2], "restored");
}

static pid_t start(void (*what)(void))
{
    fflush(stdout);
    pid_t child = fork();
    if (child == 0) {
        what();
        fflush(stdout);
        _exit(0);
    }
    return child;
}

static void run(void (*what)(void), const char *name)
{
    int status = 0;
    pid_t child = start(what);
    if (waitpid(child, &status, 0) != child || !WIFEXITED(status) || WEXITSTATUS(status) != 0) {
        proof_fail(__FILE__, __LINE__, name, status);
    }
}

/* Kills it somewhere on its way; true: it had not ended. */
static bool run_killed(void (*what)(void), const char *name, unsigned within_us)
{
    int status = 0;
    pid_t child = start(what);
    usleep(1000 + proof_random(within_us));
    kill(child, SIGKILL);
    waitpid(child, &status, 0);
    if (!WIFSIGNALED(status) && WEXITSTATUS(status) != 0) {
        proof_fail(__FILE__, __LINE__, name, status);
    }
    return WIFSIGNALED(status);
}

void proof_kill(unsigned kills)
{
    unsigned in_restore = 0, restored = 0;
    shared = mmap(NULL, sizeof *shared, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    if (shared == MAP_FAILED) {
        proof_fail(__FILE__, __LINE__, "mmap", 0);
    }
    unlink(proof_path("data.edb"));
    (void)proof_fresh("log");
    for (unsigned n = 0; n < kills; n++) {
        (void)run_killed(work, "work", 300000);
        run(recover, "recover");
        if (atomic_load(&shared->backups) != 0) {
            (void)proof_fresh("restored");
            (void)proof_fresh("restored-log");
            in_restore += run_killed(restore, "restore", 40000);
            run(restore_and_check, "restore and check");
            restored++;
        }
    }
    printf("%u kills: %d backups taken, %u restored, %u restores killed before\n", kills,
           atomic_load(&shared->backups), restored, in_restore);
    munmap(shared, sizeof *shared);
}
