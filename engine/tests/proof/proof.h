/*
 * What the programs of the proof share. Each is a plain program that uses the engine through its
 * public API in child processes, so that it runs under every sanitizer and survives what it does to
 * the engine. Whatever fails ends in one line with the seed and the command that repeats it.
 */
#ifndef ESE_TESTS_PROOF_PROOF_H
#define ESE_TESTS_PROOF_PROOF_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <esent.h>

/* ---- the run --------------------------------------------------------------------------------- */

struct proof {
    const char *program; /* as it was called */
    uint64_t seed;
    uint64_t count;      /* how much: rounds, kills ...; 0: until the time is over */
    uint64_t first;      /* begin with this round */
    double seconds;      /* how long at most; 0: no limit */
    bool clean;          /* --clean-restarts */
    bool verbose;        /* --verbose */
    bool keep;           /* --keep: the files stay */
    bool memory;         /* set before proof_begin: files go to /dev/shm unless --directory says */
    char directory[512]; /* for files; made by proof_begin, removed by proof_end */
};

extern struct proof proof;

/*
 * Reads --seed, --count, --first, --seconds, --directory, --clean-restarts, --verbose, --keep. What
 * is not given comes from the defaults passed in, those of the nightly tier when ESECHECK_TIER says
 * so, of the quick one a third of the time; the seed from the clock. Ends the program on wrong arguments.
 */
void proof_begin(int argc, char **argv, uint64_t count, double seconds, uint64_t nightly_count,
                 double nightly_seconds);

/* Prints the line of success and removes the files. Returns the exit code, 0. */
int proof_end(const char *format, ...) __attribute__((format(printf, 1, 2)));

/* The line of failure, with what repeats it. The files stay. In a child it ends the child, whose
 * parent then ends itself. */
_Noreturn void proof_fail(const char *format, ...) __attribute__((format(printf, 1, 2)));

/* What proof_fail names besides the seed: the round that is going on. */
void proof_round(uint64_t round);

bool proof_time_is_over(void);
double proof_now(void);

/* ---- chance ---------------------------------------------------------------------------------- */

struct proof_random {
    uint64_t state;
};

uint64_t proof_mix(uint64_t a, uint64_t b);
struct proof_random proof_random(uint64_t seed, uint64_t stream);
uint64_t proof_next(struct proof_random *random);
uint32_t proof_dice(struct proof_random *random, uint32_t sides); /* 0 .. sides - 1 */
bool proof_one_in(struct proof_random *random, uint32_t n);

/* ---- files ----------------------------------------------------------------------------------- */

/* Paths are valid until the eighth call after. */
const char *proof_path(const char *format, ...) __attribute__((format(printf, 1, 2)));
void proof_remove(const char *path); /* a file, or a directory with all in it; fine when missing */
void proof_make(const char *path);   /* a directory */
void proof_copy(const char *from, const char *to); /* a directory of plain files, made anew */
/* The names of the plain files in a directory, sorted; returns how many. */
unsigned proof_list(const char *path, char names[][64], unsigned most);
/* The whole file; freed by the caller. NULL when it cannot be read. */
unsigned char *proof_load(const char *path, size_t *size);
void proof_store(const char *path, const void *data, size_t size);

/* ---- children -------------------------------------------------------------------------------- */

enum proof_end_kind { PROOF_EXITED, PROOF_KILLED, PROOF_HUNG };

struct proof_child_end {
    enum proof_end_kind kind;
    int code; /* exit code, or the signal */
};

/* Starts work(arg) in a child; its result is the exit code. A failure inside has code 99. */
int proof_start(int (*work)(void *arg), void *arg);
/* Waits; after so many seconds the child is aborted, which counts as hung. */
struct proof_child_end proof_wait(int child, double seconds);
/* kill -9, and waits. */
struct proof_child_end proof_kill(int child);
/* Runs eseverify on a database; 0 when it is sound, 1 damaged, 2 not readable; else it crashed. out
 * (may be NULL) gets the first lines it printed. */
int proof_verify(const char *database, char *out, size_t size);
/* Ends the program when the child failed. */
void proof_must_be_well(struct proof_child_end end, const char *what);

/* ---- the engine ------------------------------------------------------------------------------ */

/* An instance whose files are all in the directory; not yet initialised. */
JET_INSTANCE proof_create(const char *directory, const char *name);
JET_ERR proof_set(JET_INSTANCE instance, JET_ULONG parameter, JET_API_PTR value);

/* The call must not return an error (a warning may be). */
#define MUST(call)                                                                                 \
    do {                                                                                           \
        JET_ERR got_ = (call);                                                                     \
        if (got_ < JET_errSuccess) {                                                               \
            proof_fail("%s:%d: %s returned %ld", __FILE__, __LINE__, #call, (long)got_);           \
        }                                                                                          \
    } while (0)

#endif
