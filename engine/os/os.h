/*
 * The platform, as the engine sees it. Every system call of the engine is made behind this header, in
 * os_posix.c or os_windows.c (os_common.c holds what needs no platform); the rest of the engine is plain C11.
 *
 * Conventions
 *   - Fallible functions return a JET_ERR: JET_errSuccess or the error the API reports for that failure
 *     (JET_errFileNotFound, JET_errFileAccessDenied, JET_errDiskFull, JET_errDiskIO, JET_errOutOfMemory ...).
 *     Out-parameters come last and are untouched on failure.
 *   - ese_x_init/_fini work on embedded objects, ese_x_create/_destroy on heap objects.
 *   - Paths are UTF-8 with '/' (and '\\' on Windows) as separators.
 *   - Locks are not recursive. Unlock on the thread that locked.
 *
 * Atomics policy: shared variables that are read outside a lock are C11 _Atomic; plain (sequentially consistent)
 * operations unless a comment beside the variable says which weaker order is enough and why.
 */
#ifndef ESE_OS_OS_H
#define ESE_OS_OS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <esent.h>

#ifdef _WIN32
struct ese_mutex { void *native; };                 /* SRWLOCK */
struct ese_rwlock { void *native; };                /* SRWLOCK */
struct ese_cond { void *native; };                  /* CONDITION_VARIABLE */
struct ese_once { void *native; };                  /* INIT_ONCE */
#define ESE_MUTEX_INIT { 0 }
#define ESE_ONCE_INIT { 0 }
#else
#include <pthread.h>
#include <stdatomic.h>
struct ese_mutex { pthread_mutex_t native; };
struct ese_cond { pthread_cond_t native; };
struct ese_rwlock {                                 /* rwlock_posix.c */
    _Atomic uint32_t state;
    uint32_t readers, writers;                      /* that sleep; mutex */
    struct ese_mutex mutex;
    struct ese_cond may_read, may_write;
};
struct ese_once { pthread_once_t native; };
#define ESE_MUTEX_INIT { PTHREAD_MUTEX_INITIALIZER }
#define ESE_ONCE_INIT { PTHREAD_ONCE_INIT }
#endif

/* ---- memory ---------------------------------------------------------------------------------------------- */

/* NULL when memory ran out. ese_alloc's bytes are undefined, ese_calloc's are zero. ese_free(NULL) is fine.
 * Memory from these functions must go back through ese_free and no other way. */
void *ese_alloc(size_t size);
void *ese_calloc(size_t count, size_t size);
void *ese_realloc(void *block, size_t size);        /* on failure the old block stays valid */
void ese_free(void *block);
char *ese_strdup(const char *text);

/* A hook asked before every allocation; false makes that allocation fail. NULL removes it. For tests of the error
 * paths; install it while no other thread allocates. */
void ese_alloc_set_filter(bool (*allow)(void *arg, size_t size), void *arg);

/* ---- threads and locks ----------------------------------------------------------------------------------- */

struct ese_thread;                                  /* a running or finished, not yet joined thread */

/* JET_errOutOfThreads or JET_errOutOfMemory when the thread cannot be had. */
JET_ERR ese_thread_create(void (*run)(void *arg), void *arg, struct ese_thread **thread);
void ese_thread_join(struct ese_thread *thread);    /* waits for the end, frees the object */
uint64_t ese_thread_id(void);                       /* of the caller; never 0, unique among live threads */
void ese_thread_yield(void);
void ese_thread_stand_back(void);                   /* from now on the caller pushes nobody aside when it is woken */

JET_ERR ese_mutex_init(struct ese_mutex *mutex);
void ese_mutex_fini(struct ese_mutex *mutex);
void ese_mutex_lock(struct ese_mutex *mutex);
bool ese_mutex_trylock(struct ese_mutex *mutex);
void ese_mutex_unlock(struct ese_mutex *mutex);

/* Waiting writers go before new readers, so a stream of readers cannot starve a writer. fini: nobody is inside any of
 * these functions any more, an unlock included. */
JET_ERR ese_rwlock_init(struct ese_rwlock *lock);
void ese_rwlock_fini(struct ese_rwlock *lock);
void ese_rwlock_read(struct ese_rwlock *lock);
void ese_rwlock_write(struct ese_rwlock *lock);
void ese_rwlock_read_unlock(struct ese_rwlock *lock);
void ese_rwlock_write_unlock(struct ese_rwlock *lock);

JET_ERR ese_cond_init(struct ese_cond *cond);
void ese_cond_fini(struct ese_cond *cond);
void ese_cond_wait(struct ese_cond *cond, struct ese_mutex *mutex);
/* False when timeout_ms passed without a signal. Spurious wake-ups return true: test the condition again. */
bool ese_cond_wait_for(struct ese_cond *cond, struct ese_mutex *mutex, uint32_t timeout_ms);
void ese_cond_signal(struct ese_cond *cond);
void ese_cond_broadcast(struct ese_cond *cond);

void ese_once_run(struct ese_once *once, void (*run)(void));

/* ---- functions of other modules -------------------------------------------------------------------------- */

/* The function of this name in a module, which stays loaded. JET_errCallbackNotResolved. */
JET_ERR ese_symbol_find(const char *module, const char *name, void (**function)(void));

/* ---- time, identity, randomness -------------------------------------------------------------------------- */

uint64_t ese_time_ms(void);                         /* monotonic, arbitrary origin */
void ese_sleep_ms(uint32_t ms);

struct ese_calendar { uint16_t year; uint8_t month, day, hour, minute, second; uint16_t millisecond; };
void ese_time_utc(struct ese_calendar *now);        /* wall clock; year e.g. 2025, month 1-12, day 1-31 */

uint32_t ese_process_id(void);
void ese_random_bytes(void *out, size_t size);      /* good enough for signatures, not for secrets */
JET_ERR ese_host_name(char *out, size_t size);      /* NUL-terminated, cut to fit */

/* ---- files ----------------------------------------------------------------------------------------------- */

struct ese_file;

enum ese_file_flags {
    ESE_FILE_READ_ONLY = 1,                         /* else read and write */
    ESE_FILE_CREATE = 2,                            /* make it when missing */
    ESE_FILE_EXCLUSIVE = 4,                         /* with CREATE: JET_errFileAlreadyExists when it is there */
    ESE_FILE_TRUNCATE = 8,                          /* empty it once it is opened (and locked) */
    ESE_FILE_LOCK = 16,                             /* whole-file lock: exclusive, shared with READ_ONLY; when somebody */
};                                                  /*   else (also in this process) has it: JET_errFileAccessDenied */

/* A hook asked before every call that changes a file or makes it last; what it returns instead of JET_errSuccess is what the
 * call fails with. NULL removes it. For tests of the error paths; install it while no other thread works with files. */
enum ese_file_call { ESE_FILE_CALL_WRITE, ESE_FILE_CALL_SYNC, ESE_FILE_CALL_SET_SIZE, ESE_FILE_CALL_RESERVE,
                     ESE_FILE_CALL_SYNC_FOLDER };
void ese_file_set_filter(JET_ERR (*ask)(void *arg, enum ese_file_call call, uint64_t end), void *arg);
JET_ERR ese_file_ask(enum ese_file_call call, uint64_t end); /* for file_*.c; end: of the bytes concerned */

/* One file object may be used by several threads at once: reads and writes carry their own offset. */
JET_ERR ese_file_open(const char *path, unsigned flags, struct ese_file **file);
void ese_file_close(struct ese_file *file);         /* NULL is fine; does not flush */
/* Reads exactly size bytes; JET_errFileIOBeyondEOF when the file ends before that. */
JET_ERR ese_file_read(struct ese_file *file, uint64_t offset, void *out, size_t size);
JET_ERR ese_file_write(struct ese_file *file, uint64_t offset, const void *bytes, size_t size);
JET_ERR ese_file_sync(struct ese_file *file);       /* to stable storage */
JET_ERR ese_file_size(struct ese_file *file, uint64_t *size);
JET_ERR ese_file_size_on_disk(struct ese_file *file, uint64_t *size); /* what is allocated for it: holes do not count */
JET_ERR ese_file_set_size(struct ese_file *file, uint64_t size);
/* Sees to it that writing there will not fail for want of room; the length does not shrink. JET_errDiskFull. Where the
 * file system cannot tell: success. */
JET_ERR ese_file_reserve(struct ese_file *file, uint64_t offset, uint64_t size);

enum ese_path_kind { ESE_PATH_NONE, ESE_PATH_FILE, ESE_PATH_DIRECTORY };
JET_ERR ese_path_look(const char *path, enum ese_path_kind *kind); /* fails when that cannot be found out */
bool ese_path_exists(const char *path);             /* a file or a directory; "cannot say" is no */
bool ese_path_is_directory(const char *path);
JET_ERR ese_path_remove(const char *path);          /* a file; JET_errFileNotFound when missing */
JET_ERR ese_path_remove_directory(const char *path);
JET_ERR ese_path_rename(const char *from, const char *to); /* replaces an existing file */
JET_ERR ese_directory_sync(const char *path);       /* what was made, renamed and removed in it lasts */
JET_ERR ese_path_sync_name(const char *path);       /* the same for the directory that an absolute path lies in */
JET_ERR ese_path_make_directory(const char *path);  /* one level; success when it exists already */
JET_ERR ese_path_make_directories(const char *path);/* all levels */
/* The absolute, normalised form ('.', '..' and doubled separators gone, links not followed), heap-allocated. */
JET_ERR ese_path_absolute(const char *path, char **absolute);
bool ese_path_same(const char *a, const char *b);   /* by text; ignores case on Windows */
bool ese_path_is_separator(char c);
char ese_path_separator(void);
JET_ERR ese_path_join(const char *directory, const char *name, char **path);

/* Calls visit for every entry of the directory except "." and ".." in no particular order, until visit returns an
 * error, which is handed back. JET_errInvalidPath when it is not a directory. */
JET_ERR ese_directory_list(const char *path, JET_ERR (*visit)(void *arg, const char *name, bool is_directory),
                           void *arg);

#endif
