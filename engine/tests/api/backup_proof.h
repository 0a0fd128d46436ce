/*
 * What the two halves of api_backup share: a database that four writers fill without a pause, and a look at what a copy of it
 * holds. An error ends the process with a message.
 */
#ifndef ESE_TESTS_API_BACKUP_PROOF_H
#define ESE_TESTS_API_BACKUP_PROOF_H

#include <stdatomic.h>
#include <stdbool.h>

#include <esent.h>

#define WRITERS 4
#define STRIDE  10000000 /* keys of a writer: number * stride + 1, 2, ... */

#define MUST(call)                                                                                 \
    do {                                                                                           \
        JET_ERR got_ = (call);                                                                     \
        if (got_ < JET_errSuccess) {                                                               \
            proof_fail(__FILE__, __LINE__, #call, got_);                                           \
        }                                                                                          \
    } while (0)

_Noreturn void proof_fail(const char *file, int line, const char *what, JET_ERR err);

/* folder/name, in static storage of which there are eight; per thread. */
const char *proof_path(const char *name);
void proof_set_folder(const char *path);
/* Makes folder/name an empty one, without any other process: nothing of it goes on when the caller is killed. */
const char *proof_fresh(const char *name);
unsigned proof_random(unsigned below);

/* Rows that are known to be durable, by writer; shared between processes. */
struct proof_acknowledged {
    _Atomic long rows[WRITERS];
};

/* An instance whose log files are small, with its log in folder/log_name. */
JET_INSTANCE proof_create(const char *name, const char *log_name, bool circular);
/* Opens folder/data.edb. made: it was there with its table when this returned before. Otherwise both are made, and whatever a
 * killed process left of them must not be in the way. */
void proof_open(JET_INSTANCE instance, bool made, JET_SESID *sesid, JET_DBID *dbid);

/* Begins the writers; they go on where the database ends until *stop, or until the instance turns them away. */
struct proof_writers;
struct proof_writers *proof_write(JET_INSTANCE instance, struct proof_acknowledged *acknowledged);
void proof_join(struct proof_writers *writers);
void proof_sample(const struct proof_acknowledged *acknowledged, long *rows);

/* The database holds 1..n of each writer, n at least as given, and eseverify accepts it. The instance is one of its own. */
void proof_check(const char *path, const long *at_least, const char *what);

/* api_backup's two halves. */
void proof_race(unsigned lives);
void proof_kill(unsigned kills);

#endif
