/* shims/fault/fault.h - lets the operating system fail the engine.
 *
 * The engine's imports of libc functions are redirected (shim_library_redirect). Every call of one is an
 * operation; it can be counted, recorded, and made to go wrong. The harness's own calls and those of
 * libraries that were there before the engine stay as they are. README.md says what each kind and each
 * selection means exactly. POSIX only: on Windows shim_faults_start says so and fails.
 *
 * There is one engine in a process, so there is one set of faults: start, place ..., clear.
 *
 * Thread safety: start, and record, once each, and place and clear, one thread at a time, while calls may be in
 * flight. Everything that tells may be asked at any time. Nothing orders threads but what a placed fault itself
 * does, so races stay visible to ThreadSanitizer while none is placed.
 */
#ifndef ESECHECK_SHIMS_FAULT_FAULT_H
#define ESECHECK_SHIMS_FAULT_FAULT_H

#include <stdatomic.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "shims/call/call.h"
#include "shims/library/library.h"

/* X(OPERATION, name, family, kinds): what can go wrong is a set of letters: e error, s short, d delay, f flip,
 * o stale (old), l lost, t torn. Every operation can be delayed and can be the last before a kill. */
#define SHIM_LIBC_OPERATIONS(X)                                                                    \
    X(MALLOC, "malloc", MEMORY, "e") X(CALLOC, "calloc", MEMORY, "e")                              \
    X(REALLOC, "realloc", MEMORY, "e") X(MEMALIGN, "memalign", MEMORY, "e")                        \
    X(STRDUP, "strdup", MEMORY, "e") X(MMAP, "mmap", MEMORY, "e")                                  \
    X(MREMAP, "mremap", MEMORY, "e") X(MPROTECT, "mprotect", MEMORY, "e")                          \
    X(OPEN, "open", FILE, "e") X(READ, "read", FILE, "esfo") X(WRITE, "write", FILE, "esflt")      \
    X(PREAD, "pread", FILE, "esfo") X(PWRITE, "pwrite", FILE, "esflt")                             \
    X(READV, "readv", FILE, "esfo") X(WRITEV, "writev", FILE, "esflt")                             \
    X(PREADV, "preadv", FILE, "esfo") X(PWRITEV, "pwritev", FILE, "esflt")                         \
    X(DSYNC, "dsync", FILE, "esflt") X(DIRECT_READ, "direct-read", FILE, "esfo")                   \
    X(DIRECT_WRITE, "direct-write", FILE, "esflt")                                                 \
    X(FSYNC, "fsync", FILE, "el") X(FDATASYNC, "fdatasync", FILE, "el")                            \
    X(SYNC_RANGE, "sync_file_range", FILE, "el") X(MSYNC, "msync", FILE, "el")                     \
    X(FTRUNCATE, "ftruncate", FILE, "e") X(TRUNCATE, "truncate", FILE, "e")                        \
    X(FALLOCATE, "fallocate", FILE, "e") X(CLOSE, "close", FILE, "e")                               \
    X(RENAME, "rename", FILE, "e") X(UNLINK, "unlink", FILE, "e") X(LINK, "link", FILE, "e")       \
    X(STAT, "stat", FILE, "e") X(STATFS, "statfs", FILE, "e") X(SEEK, "lseek", FILE, "e")          \
    X(LOCK, "lock", FILE, "e") X(DUP, "dup", FILE, "e") X(COPY, "copy", FILE, "e")                 \
    X(MKDIR, "mkdir", DIRECTORY, "e") X(RMDIR, "rmdir", DIRECTORY, "e")                            \
    X(OPENDIR, "opendir", DIRECTORY, "e") X(READDIR, "readdir", DIRECTORY, "e")                    \
    X(CLOSEDIR, "closedir", DIRECTORY, "") X(GETCWD, "getcwd", DIRECTORY, "e")                     \
    X(REALPATH, "realpath", DIRECTORY, "e")                                                        \
    X(FOPEN, "fopen", STDIO, "e") X(FREAD, "fread", STDIO, "esf") X(FWRITE, "fwrite", STDIO, "esfl") \
    X(FGETS, "fgets", STDIO, "e") X(FPUTS, "fputs", STDIO, "e") X(FPRINTF, "fprintf", STDIO, "e")  \
    X(FFLUSH, "fflush", STDIO, "e") X(FSEEK, "fseek", STDIO, "e") X(FCLOSE, "fclose", STDIO, "e")  \
    X(THREAD, "thread", THREADS, "e") X(CLOCK, "clock", TIME, "e") X(SLEEP, "sleep", TIME, "e")

enum shim_operation {
#define X(id, ...) SHIM_LIBC_##id,
    SHIM_LIBC_OPERATIONS(X)
#undef X
    SHIM_LIBC_COUNT /* at most 64 */
};

enum shim_family {
    SHIM_FAMILY_MEMORY, SHIM_FAMILY_FILE, SHIM_FAMILY_DIRECTORY, SHIM_FAMILY_STDIO,
    SHIM_FAMILY_THREADS, SHIM_FAMILY_TIME, SHIM_FAMILY_COUNT
};

enum shim_fault_kind {
    SHIM_FAULT_ERROR, /* fails with `error`; nothing is done */
    SHIM_FAULT_SHORT, /* does half of it and says so */
    SHIM_FAULT_DELAY, /* does it after `delay_us` */
    SHIM_FAULT_FLIP,  /* one bit of what is read or written is another */
    SHIM_FAULT_STALE, /* reads what was there before the last write; where that is not known it does not count */
    SHIM_FAULT_LOST,  /* says that it was written, or synced, and does nothing */
    SHIM_FAULT_TORN,  /* writes a part, in 512 bytes, and says that it wrote all */
    SHIM_FAULT_KILL,  /* the process dies before it (SIGKILL) */
    SHIM_FAULT_KIND_COUNT
};

#define SHIM_FAULT_WORD 64
#define SHIM_FAULT_TEXT 512 /* of a fault as text */
#define SHIM_FAULT_MOST 8   /* placed at once */

/* Which operations go wrong, and how. What is 0 or empty restricts nothing. */
struct shim_fault {
    enum shim_fault_kind kind;
    int error;                   /* ERROR: an errno value */
    uint32_t delay_us;           /* DELAY */
    uint64_t operations;         /* 1 << enum shim_operation; never 0 */
    char file[SHIM_FAULT_WORD];  /* shell pattern for the name of the file, or with a / for its path */
    char actor[SHIM_FAULT_WORD]; /* name of the actor on whose thread; "engine": on a thread that is in no call */
    uint32_t actor_first, actor_count; /* its numbers, which the text does not know; count 0: nobody has this name */
    char state[SHIM_FAULT_WORD]; /* word of shim_faults_state */
    enum shim_fn inside;         /* the thread is inside this function */
    enum shim_fn during;         /* some thread is */
    bool stacks;                 /* each distinct call stack once */
    bool staged;                 /* belongs to what is tested: the log leaves it out, shim_faults_lift ends it */
    uint32_t chance;             /* of a million, from `seed` */
    uint64_t seed;
    uint64_t first, times;       /* of those that are left: the first that goes wrong, from 1, and how many from
                                    there on; times 0: all */
};

/* ---- text: what a script, a command line and a report say (names.c) ---- */

/* KIND [at OPERATION|FAMILY {, ...}] [file "PATTERN"] [actor NAME] [in FUNCTION] [during FUNCTION] [state NAME]
 * [stacks] [chance N] [seed N] [nth N] [times N | lasting]; KIND: errno name, short, delay MICROSECONDS, flip,
 * stale, lost, torn, kill. Without `at` it is every operation that can have the kind. 0, or -1 with a message. */
int shim_fault_parse(const char *text, struct shim_fault *fault, char *error, size_t error_size);
/* The shortest such text; parsed again it gives the same. */
void shim_fault_print(const struct shim_fault *fault, char *text, size_t size);
const char *shim_operation_name(enum shim_operation operation);
/* Operations of a name or a family ("malloc", "memory"), or 0. */
uint64_t shim_operations_find(const char *name);
enum shim_family shim_operation_family(enum shim_operation operation);
const char *shim_family_name(enum shim_family family);
/* Whether the operation can have the kind; of errors, whether it may give this one. */
bool shim_operation_can(enum shim_operation operation, enum shim_fault_kind kind, int error);
/* "ENOSPC" or a number to an errno value, 0 if it is none; and back ("28" if it has no name here). */
int shim_errno_find(const char *name);
const char *shim_errno_name(int error, char *text, size_t size);

/* ---- doing it ---- */

/* Redirects. Nothing is placed. Once is enough for a library; again does nothing. Returns 0, or -1 with a
 * message. The redirections last until the library is closed. */
int shim_faults_start(struct shim_library *library, char *error, size_t error_size);
bool shim_faults_started(void);
/* The library is about to be closed. */
void shim_faults_stop(void);

/* Places one more. Returns its number, or -1 when there are SHIM_FAULT_MOST or nothing was started. */
int shim_faults_place(const struct shim_fault *fault);
void shim_faults_clear(void);
/* Ends those that are staged; their numbers may be given again. */
void shim_faults_lift(void);
/* Of the one with this number since it was placed: */
uint64_t shim_faults_matched(int number); /* operations that it was about, those that went wrong included */
uint64_t shim_faults_fired(int number);
/* How many imports lead here that are this operation. */
int shim_faults_imports(enum shim_operation operation);

/* Something went wrong: on which operation and file ("" for none), and its call stack as return addresses. */
struct shim_fault_event {
    const struct shim_fault *fault;
    enum shim_operation operation;
    const char *path;
    void *const *frames;
    int frame_count;
};
/* Called each time, on the thread that it happens on, before the engine sees it; it must call nothing that can go wrong
 * here. NULL: nobody. To be set while nothing is placed. */
void shim_faults_watch(void (*watch)(void *context, const struct shim_fault_event *event), void *context);

/* Called on the thread that a KILL strikes, before the process ends, on the same terms. */
void shim_faults_before_kill(void (*last)(void *context), void *context);

/* The state of the scenario from here on. */
void shim_faults_state(const char *state);
/* Tells which API call a thread is in. One hook serves all actors. */
struct shim_hook shim_fault_hook(void);

/* ---- what happened: in memory of the caller's, which may be shared with other processes ---- */

#define SHIM_FAULT_FRAMES 24
#define SHIM_FAULT_PATHS 256
#define SHIM_NO_ACTOR UINT32_MAX

/* An operation. */
struct shim_fault_point {
    uint8_t operation;
    uint8_t state;        /* index into the log's states */
    int16_t fn;           /* that its thread was inside, or SHIM_FN_NONE */
    uint32_t actor;       /* SHIM_NO_ACTOR: a thread in no call */
    uint16_t file;        /* index + 1 into the log's paths; 0: none */
    uint64_t stack;       /* a hash: equal for equal call stacks, in every process that loads the same files */
    bool stale;           /* a read of what was written before, so that it could be stale; known if the log is to have it */
};

struct shim_fault_log {
    _Atomic uint64_t operations, fired;
    uint64_t leaked, leaked_bytes; /* blocks; shim_faults_look_for_leaks */
    bool unsure;                   /* some of them were not followed by their stacks */
    struct shim_fault_point first; /* that went wrong */
    uint64_t first_number;         /* among its own operation, from 1 */
    void *frames[SHIM_FAULT_FRAMES];
    int frame_count;
    char path[256];
    _Atomic uint64_t untold;       /* bytes that a torn write left out and said it wrote: the most of one */
    void *leak_frames[SHIM_FAULT_FRAMES];
    int leak_frame_count;
    char uncovered[256];           /* file with a writable shared mapping, which no fault reaches */
    char states[16][SHIM_FAULT_WORD];
    _Atomic uint32_t state_count;
    char paths[SHIM_FAULT_PATHS][192];
    _Atomic uint32_t path_count;
    bool stacks;                   /* record the stacks of points */
    bool stales;                   /* and which of them could be stale reads */
    _Atomic uint64_t point_count;  /* may be more than there is room for */
    size_t room;
    struct shim_fault_point *points; /* room; NULL: not wanted */
};

/* Where it is written, or NULL. Clears the counts of operations. */
void shim_faults_record(struct shim_fault_log *log);

/* The distinct call stacks whose blocks are still there, with their numbers; size is that of each, 0 if they differ. */
struct shim_fault_block {
    uint64_t stack, blocks, bytes, size;
};
/* From now on blocks of memory that the engine allocates are followed; what was there before never counts. With `usual`
 * (not NULL: what a run without faults left) call stacks are looked at for blocks of these sizes only: looking costs
 * a fifth of a run. Whether anything is left besides is known without; if so, it may be usual (log.unsure). */
void shim_faults_follow_memory(const struct shim_fault_block *usual, size_t usual_count);
/* At most `room` of them. */
size_t shim_faults_blocks(struct shim_fault_block *blocks, size_t room);
/* Notes in the log what is still there beyond `usual` (a run without faults left that). */
void shim_faults_look_for_leaks(const struct shim_fault_block *usual, size_t usual_count);

#endif
