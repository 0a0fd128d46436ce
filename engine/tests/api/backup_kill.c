/*
 * Processes that are killed when they have come to a chosen point: one that makes a database, writes and backs up, then one
 * that restores what it took. After the first, recovery finds everything acknowledged and a new backup can be taken; the
 * second one's work is begun anew over what it left.
 */
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "engine/tests/api/backup_proof.h"

#define AFRESH 8        /* kills of one database; then a new one, whose creation is killed first */
#define PATIENCE_S 200  /* in which a child that gets anywhere takes its next step */

/* What a life of the writing process has come to: its number in steps. */
enum { STEP_BEGUN = 1, STEP_INITIALIZED, STEP_OPEN, STEP_BACKUP, STEP_BACKED_UP, STEP_SECOND_BACKUP };

static struct shared {
    struct proof_acknowledged acknowledged;
    _Atomic bool made;     /* the database and its table were there: from now on they are to be */
    _Atomic int backups;   /* complete ones: folder/backup-1 ... */
    long rows[2][WRITERS]; /* acknowledged before the last one began, by its number's parity */
    _Atomic unsigned steps, restore_steps; /* of the present child */
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
    atomic_store(&shared->steps, STEP_BEGUN);
    JET_INSTANCE i = proof_create("work", "log", false);
    MUST(JetInit(&i));
    atomic_fetch_add(&shared->steps, 1);
    proof_open(i, atomic_load(&shared->made), &sesid, &dbid);
    atomic_store(&shared->made, true);
    atomic_fetch_add(&shared->steps, 1);
    (void)proof_write(i, &shared->acknowledged);
    for (int number = atomic_load(&shared->backups) + 1;; number++) {
        const char *path = proof_fresh(backup_name(number));
        proof_sample(&shared->acknowledged, shared->rows[number % 2]);
        atomic_fetch_add(&shared->steps, 1);
        MUST(JetBackupInstanceA(i, path, number % 2 != 0 ? 0 : JET_bitBackupAtomic, NULL));
        atomic_store(&shared->backups, number);
        atomic_fetch_add(&shared->steps, 1);
    }
}

/* Killed before the database was said to be there: nothing is lost, and it can be made now. Otherwise all of it is there. */
static void recover(void)
{
    JET_SESID sesid;
    JET_DBID dbid;
    long rows[WRITERS];
    bool made = atomic_load(&shared->made);
    JET_INSTANCE i = proof_create("recover", "log", false);
    MUST(JetInit(&i));
    MUST(JetTerm(i));
    proof_sample(&shared->acknowledged, rows);
    if (made) {
        proof_check(proof_path("data.edb"), rows, "recovered");
    }
    i = proof_create("again", "log", false);
    MUST(JetInit(&i));
    proof_open(i, made, &sesid, &dbid);
    MUST(JetBackupInstanceA(i, proof_fresh("after"), 0, NULL));
    MUST(JetTerm(i));
    if (!made) {
        proof_check(proof_path("data.edb"), rows, "made again");
        atomic_store(&shared->made, true);
    }
}

static JET_ERR JET_API count_step(JET_SESID sesid, JET_SNP snp, JET_SNT snt, void *progress)
{
    (void)sesid;
    (void)snp;
    (void)snt;
    (void)progress;
    atomic_fetch_add(&shared->restore_steps, 1);
    return JET_errSuccess;
}

static void restore(void)
{
    int number = atomic_load(&shared->backups);
    JET_INSTANCE i = proof_create("restore", "restored-log", false);
    MUST(JetRestoreInstanceA(i, proof_path(backup_name(number)), proof_path("restored"), count_step));
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

/* ---- when a child is killed ------------------------------------------------------------------- */

static unsigned steps_now(void)
{
    return atomic_load(&shared->steps);
}

static unsigned restore_steps_now(void)
{
    return atomic_load(&shared->restore_steps);
}

static unsigned rows_now(void)
{
    long rows[WRITERS], sum = 0;
    proof_sample(&shared->acknowledged, rows);
    for (int w = 0; w < WRITERS; w++) {
        sum += rows[w];
    }
    return (unsigned)sum;
}

struct moment {
    unsigned (*now)(void);
    unsigned target;
};

/* Kills it soon after now() has come to the target; true: it had not ended. A child that gets nowhere is an error. */
static bool run_killed(void (*what)(void), const char *name, struct moment moment)
{
    int status = 0;
    struct timespec begun, time;
    clock_gettime(CLOCK_MONOTONIC, &begun);
    pid_t child = start(what), ended = 0;
    while (moment.now() < moment.target && (ended = waitpid(child, &status, WNOHANG)) == 0) {
        clock_gettime(CLOCK_MONOTONIC, &time);
        if (time.tv_sec - begun.tv_sec > PATIENCE_S) {
            proof_fail(__FILE__, __LINE__, name, (JET_ERR)moment.now());
        }
        usleep(100);
    }
    if (ended == 0) {
        usleep(proof_random(1u << proof_random(16))); /* as often within 100 us as within 10 ms */
        kill(child, SIGKILL);
        ended = waitpid(child, &status, 0);
    }
    if (ended != child || (!WIFSIGNALED(status) && WEXITSTATUS(status) != 0) ||
        (WIFSIGNALED(status) && WTERMSIG(status) != SIGKILL)) {
        proof_fail(__FILE__, __LINE__, name, status);
    }
    return WIFSIGNALED(status);
}

static struct moment moment_of_work(unsigned n)
{
    atomic_store(&shared->steps, 0);
    switch (n % 4) {
    case 0: /* a start, and every eighth time a creation */
        return (struct moment){steps_now, STEP_BEGUN + (n % AFRESH == 0 ? 1 : proof_random(2))};
    case 1:
        return (struct moment){steps_now, STEP_BACKED_UP + proof_random(3)};
    case 2:
        return (struct moment){steps_now, STEP_BACKUP};
    default:
        return (struct moment){rows_now, rows_now() + proof_random(1000)};
    }
}

static void begin_afresh(void)
{
    memset(shared, 0, sizeof *shared);
    unlink(proof_path("data.edb"));
    (void)proof_fresh("log");
}

void proof_kill(unsigned kills)
{
    unsigned taken = 0, restored = 0, killed = 0, restore_steps = 1;
    shared = mmap(NULL, sizeof *shared, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    if (shared == MAP_FAILED) {
        proof_fail(__FILE__, __LINE__, "mmap", 0);
    }
    for (unsigned n = 0; n < kills; n++) {
        if (n % AFRESH == 0) {
            begin_afresh();
        }
        int before = atomic_load(&shared->backups);
        (void)run_killed(work, "work", moment_of_work(n));
        run(recover, "recover");
        taken += (unsigned)(atomic_load(&shared->backups) - before);
        if (atomic_load(&shared->backups) != 0) {
            (void)proof_fresh("restored");
            (void)proof_fresh("restored-log");
            atomic_store(&shared->restore_steps, 0);
            struct moment moment = {restore_steps_now, proof_random(restore_steps + 1)};
            killed += run_killed(restore, "restore", moment);
            atomic_store(&shared->restore_steps, 0);
            run(restore_and_check, "restore and check");
            restore_steps = restore_steps_now();
            restored++;
        }
    }
    printf("%u kills: %u backups taken, %u restored, %u restores killed before\n", kills, taken,
           restored, killed);
    if (kills > 1 && taken == 0) {
        proof_fail(__FILE__, __LINE__, "no backup was taken", 0);
    }
    munmap(shared, sizeof *shared);
}
