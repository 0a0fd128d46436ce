/*
 * Lives in which four threads write, one backs up in all ways without a pause, two stop backups, and in the end one of
 * the terminations meets whatever runs. The codes are those that the situation allows, a backup that was complete holds
 * what was acknowledged when its log files were asked for, and one that was stopped does not count.
 */
#include <pthread.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "engine/tests/api/backup_proof.h"

#define ROOM (64 * 4096)

struct life {
    JET_INSTANCE instance;
    struct proof_acknowledged acknowledged;
    _Atomic bool over;
    int number;
    _Atomic unsigned done, stopped;
    bool good; /* folder/kept is a whole backup with at least these rows */
    long rows[WRITERS];
    unsigned char *room;
};

static bool is_end(JET_ERR err)
{
    return err == JET_errTermInProgress || err == JET_errNotInitialized ||
           err == JET_errInvalidInstance || err == JET_errClientRequestToStopJetService;
}

/* What a call of a backup may answer here: it works, a stop came, or the instance goes. */
static JET_ERR allowed(JET_ERR err, const char *what)
{
    if (err != JET_errSuccess && err != JET_errBackupAbortByServer && !is_end(err)) {
        proof_fail(__FILE__, __LINE__, what, err);
    }
    return err;
}

static JET_ERR copy(struct life *life, const char *path, const char *target)
{
    JET_HANDLE handle = 0;
    JET_ULONG low, high, actual = 1;
    char name[700];
    snprintf(name, sizeof name, "%s/%s", target, strrchr(path, '/') + 1);
    JET_ERR err = allowed(JetOpenFileInstance(life->instance, path, &handle, &low, &high), "open");
    if (err != JET_errSuccess) {
        return err;
    }
    FILE *file = fopen(name, "wb");
    while (err == JET_errSuccess && actual != 0) {
        err = allowed(JetReadFileInstance(life->instance, handle, life->room, ROOM, &actual), "read");
        if (err == JET_errSuccess && fwrite(life->room, 1, actual, file) != actual) {
            proof_fail(__FILE__, __LINE__, name, 0);
        }
    }
    fclose(file);
    JET_ERR closed = JetCloseFileInstance(life->instance, handle);
    if (closed != JET_errSuccess && !is_end(closed)) {
        proof_fail(__FILE__, __LINE__, "close", closed);
    }
    return err != JET_errSuccess ? err : closed;
}

static JET_ERR copy_list(struct life *life, const char *list, const char *target)
{
    JET_ERR err = JET_errSuccess;
    for (const char *at = list; *at != 0 && err == JET_errSuccess; at += strlen(at) + 1) {
        err = copy(life, at, target);
    }
    return err;
}

static JET_ERR stream(struct life *life, JET_GRBIT grbit, const char *target, long *rows)
{
    static char list[65536];
    JET_INSTANCE i = life->instance;
    JET_ERR err = JetBeginExternalBackupInstance(i, grbit);
    if (err != JET_errSuccess) {
        bool refused = err == JET_errMissingFullBackup || err == JET_errInvalidBackup; /* circular */
        return refused && grbit != 0 ? err : allowed(err, "begin");
    }
    if (grbit == 0) {
        err = allowed(JetGetAttachInfoInstance(i, list, sizeof list, NULL), "attach info");
        if (err == JET_errSuccess) {
            err = copy_list(life, list, target);
        }
    }
    proof_sample(&life->acknowledged, rows);
    if (err == JET_errSuccess) {
        err = JetGetLogInfoInstance(i, list, sizeof list, NULL);
        if (err == JET_errMissingFileToBackup && grbit != 0) {
            return err; /* the one before was stopped when it had removed log files */
        }
        allowed(err, "log info");
    }
    if (err == JET_errSuccess) {
        err = copy_list(life, list, target);
    }
    if (err == JET_errSuccess && life->number % 2 != 0) {
        err = allowed(JetTruncateLogInstance(i), "truncate");
    }
    JET_GRBIT how = err == JET_errSuccess ? JET_bitBackupEndNormal : JET_bitBackupEndAbort;
    JET_ERR end;
    while ((end = JetEndExternalBackupInstance2(i, how)) == JET_errTermInProgress) {
        sched_yield(); /* a termination that is refused leaves the backup to be ended */
    }
    if (end != JET_errSuccess && !is_end(end)) {
        proof_fail(__FILE__, __LINE__, "end", end);
    }
    return err != JET_errSuccess ? err : end;
}

static void *back_up(void *arg)
{
    struct life *life = arg;
    for (unsigned n = 0; !atomic_load(&life->over); n++) {
        long rows[WRITERS];
        JET_ERR err;
        const char *target = proof_fresh("taken");
        if (n % 3 == 2) {
            proof_sample(&life->acknowledged, rows);
            err = allowed(JetBackupInstanceA(life->instance, target, 0, NULL), "JetBackupInstance");
        } else {
            err = stream(life, n % 3 == 1 ? JET_bitBackupIncremental : 0, target, rows);
        }
        life->done += err == JET_errSuccess;
        life->stopped += err == JET_errBackupAbortByServer;
        if (err == JET_errSuccess && n % 3 != 1) {
            (void)proof_fresh("kept");
            if (rename(proof_path("taken"), proof_path("kept")) != 0) {
                proof_fail(__FILE__, __LINE__, "rename", 0);
            }
            memcpy(life->rows, rows, sizeof rows);
            life->good = true;
        }
    }
    return NULL;
}

static void *stop_on(void *arg)
{
    struct life *life = arg;
    unsigned pause_us = 500;
    while (!atomic_load(&life->over)) {
        JET_ERR err = JetStopBackupInstance(life->instance);
        if (err != JET_errSuccess && err != JET_errInvalidParameter) {
            proof_fail(__FILE__, __LINE__, "stop", err);
        }
        for (unsigned waited = 0; waited < pause_us && !atomic_load(&life->over); waited += 500) {
            usleep(500);
        }
        pause_us = pause_us < 300000 ? pause_us * 2 : 500; /* long enough for a backup, sometimes */
    }
    return NULL;
}

static void end(struct life *life)
{
    static const JET_GRBIT kinds[] = {JET_bitTermComplete | JET_bitTermStopBackup, JET_bitTermAbrupt,
                                      JET_bitTermStopBackup, JET_bitTermDirty};
    JET_GRBIT grbit = kinds[life->number % 4];
    JET_ERR err;
    if (life->number % 8 >= 4) {
        MUST(JetStopServiceInstance(life->instance));
    }
    do { /* a writer may be in its transaction */
        err = JetTerm2(life->instance, grbit);
    } while (err == JET_errTooManyActiveUsers);
    if (err != JET_errSuccess && err != JET_errDirtyShutdown) {
        proof_fail(__FILE__, __LINE__, "term", err);
    }
}

static void restore_kept(struct life *life)
{
    char target[700];
    JET_INSTANCE i = proof_create("restore", "restored-log", false);
    (void)proof_fresh("restored-log");
    (void)proof_fresh("restored");
    snprintf(target, sizeof target, "%s/data.edb", proof_path("restored"));
    MUST(JetRestoreInstanceA(i, proof_path("kept"), proof_path("restored"), NULL));
    MUST(JetTerm(i));
    proof_check(target, life->rows, "restored");
}

static void live(struct life *life)
{
    pthread_t threads[3];
    JET_SESID sesid;
    JET_DBID dbid;
    unlink(proof_path("data.edb"));
    (void)proof_fresh("log");
    life->instance = proof_create("race", "log", life->number % 3 == 2);
    MUST(JetInit(&life->instance));
    proof_open(life->instance, false, &sesid, &dbid);
    struct proof_writers *writers = proof_write(life->instance, &life->acknowledged);
    for (int t = 0; t < 3; t++) {
        if (pthread_create(&threads[t], NULL, t == 0 ? back_up : stop_on, life) != 0) {
            proof_fail(__FILE__, __LINE__, "pthread_create", 0);
        }
    }
    usleep(50000 + proof_random(50000));
    for (int ms = 0; ms < 3000 && (life->number % 2 == 0 ? life->done : life->stopped) == 0; ms++) {
        usleep(1000);
    }
    end(life);
    atomic_store(&life->over, true);
    for (int t = 0; t < 3; t++) {
        pthread_join(threads[t], NULL);
    }
    proof_join(writers);
    if (life->good) {
        restore_kept(life);
    }
}

void proof_race(unsigned lives)
{
    unsigned done = 0, stopped = 0, restored = 0;
    for (unsigned n = 0; n < lives; n++) {
        struct life life = {.number = (int)n, .room = aligned_alloc(4096, ROOM)};
        live(&life);
        done += life.done;
        stopped += life.stopped;
        restored += life.good;
        free(life.room);
    }
    printf("%u lives: %u backups done, %u stopped; %u restored\n", lives, done, stopped, restored);
}
