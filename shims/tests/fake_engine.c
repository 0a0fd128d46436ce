/* shims/tests/fake_engine.c - a library that looks like an engine, for the tests of the shims.
 *
 * It exports a handful of functions. JetIdle does what its bits say: the way in for tests that watch
 * what an engine does with the operating system.
 */
#define JET_NO_NAME_MAP
#include <errno.h>
#include <esent.h>
#include <fcntl.h>
#include <pthread.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/uio.h>
#include <unistd.h>

#define EXPORT __attribute__((visibility("default")))

EXPORT int fake_pre_init_calls;
EXPORT void fake_pre_init(void);
EXPORT void fake_pre_init(void) {
    fake_pre_init_calls++;
}

/* An import that is bound by a pointer in data, as well as by a call. */
EXPORT pid_t (*fake_parent)(void);
EXPORT pid_t (*fake_parent)(void) = getppid;

EXPORT JET_ERR JetGetVersion(JET_SESID sesid, JET_ULONG *version) {
    *version = sesid == 0 ? (JET_ULONG)getppid() : (JET_ULONG)fake_parent();
    return JET_errSuccess;
}

EXPORT JET_ERR JetBeginSession(JET_INSTANCE instance, JET_SESID *sesid, JET_PCSTR user,
                               JET_PCSTR password) {
    (void)user, (void)password;
    *sesid = instance + 1;
    return JET_errSuccess;
}

EXPORT JET_ERR JetBeginSessionA(JET_INSTANCE instance, JET_SESID *sesid, JET_PCSTR user,
                                JET_PCSTR password) {
    return JetBeginSession(instance, sesid, user, password);
}

EXPORT JET_ERR JetBeginSessionW(JET_INSTANCE instance, JET_SESID *sesid, JET_PCWSTR user,
                                JET_PCWSTR password) {
    (void)user, (void)password;
    *sesid = instance + 2;
    return JET_errSuccess;
}

EXPORT JET_ERR JetEndSession(JET_SESID sesid, JET_GRBIT grbit) {
    return sesid == 0 ? JET_errInvalidSesid : (JET_ERR)grbit;
}

/* Writes 8 bytes to the file $FAKE_FILE, makes them durable and reads them back. */
static JET_ERR use_file(void) {
    char bytes[8] = "content";
    JET_ERR result = JET_errSuccess;
    int file = open(getenv("FAKE_FILE"), O_RDWR | O_CREAT, 0666);
    if (file < 0) {
        return errno == EMFILE ? JET_errOutOfFileHandles : JET_errFileAccessDenied;
    }
    ssize_t written = pwrite(file, bytes, sizeof bytes, 0);
    if (written != (ssize_t)sizeof bytes) {
        result = written < 0 && errno == ENOSPC ? JET_errDiskFull : JET_errDiskIO;
    } else if (fsync(file) != 0) {
        result = JET_errDiskIO;
    } else if (pread(file, bytes, sizeof bytes, 0) != (ssize_t)sizeof bytes) {
        result = JET_errReadVerifyFailure;
    }
    return close(file) == 0 ? result : JET_errDiskIO;
}

/* Writes a page whose bytes are others every time, and reads it back. */
static JET_ERR read_back(void) {
    static unsigned char turn = 1;
    unsigned char page[4096], again[4096];
    JET_ERR result = JET_errSuccess;
    int file = open(getenv("FAKE_FILE"), O_RDWR | O_CREAT, 0666);
    memset(page, turn++, sizeof page);
    if (file < 0 || pwrite(file, page, sizeof page, 0) != (ssize_t)sizeof page) {
        result = JET_errDiskIO;
    } else if (pread(file, again, sizeof again, 0) != (ssize_t)sizeof again ||
               memcmp(page, again, sizeof page) != 0) {
        result = JET_errReadVerifyFailure;
    }
    close(file);
    return result;
}

static JET_ERR use_vectors(void) {
    char one[3] = "abc", two[9] = "defghijkl", to_one[5], to_two[7];
    struct iovec out[2] = {{one, sizeof one}, {two, sizeof two}};
    struct iovec in[2] = {{to_one, sizeof to_one}, {to_two, sizeof to_two}};
    JET_ERR result = JET_errSuccess;
    int file = open(getenv("FAKE_FILE"), O_RDWR | O_CREAT, 0666);
    if (file < 0 || pwritev(file, out, 2, 0) != 12) {
        result = JET_errDiskIO;
    } else if (preadv(file, in, 2, 0) != 12 || memcmp(to_one, "abcde", 5) != 0 ||
               memcmp(to_two, "fghijkl", 7) != 0) {
        result = JET_errReadVerifyFailure;
    }
    close(file);
    return result;
}

static JET_ERR write_synchronously(void) {
    int file = open(getenv("FAKE_FILE"), O_RDWR | O_CREAT | O_DSYNC, 0666);
    JET_ERR result = pwrite(file, "x", 1, 0) == 1 ? JET_errSuccess : JET_errDiskIO;
    close(file);
    return result;
}

static JET_ERR map_file(void) {
    int file = open(getenv("FAKE_FILE"), O_RDWR | O_CREAT, 0666);
    void *mapped = mmap(NULL, 4096, PROT_READ | PROT_WRITE, MAP_SHARED, file, 0);
    if (mapped != MAP_FAILED) {
        munmap(mapped, 4096);
    }
    close(file);
    return mapped != MAP_FAILED ? JET_errSuccess : JET_errOutOfMemory;
}

static JET_ERR use_stream(void) {
    FILE *stream = fopen(getenv("FAKE_FILE"), "w");
    if (stream == NULL) {
        return JET_errFileAccessDenied;
    }
    bool written = fwrite("content", 1, 7, stream) == 7 && fflush(stream) == 0;
    return fclose(stream) == 0 && written ? JET_errSuccess : JET_errDiskFull;
}

static void *nothing(void *argument) {
    return argument;
}

static JET_ERR use_thread(void) {
    pthread_t thread;
    if (pthread_create(&thread, NULL, nothing, NULL) != 0) {
        return JET_errOutOfThreads;
    }
    pthread_join(thread, NULL);
    return JET_errSuccess;
}

static JET_ERR allocate(size_t size) {
    void *volatile memory = malloc(size);
    free(memory);
    return memory == NULL ? JET_errOutOfMemory : JET_errSuccess;
}

/* Much of one thing, for bench_fault. */
EXPORT void fake_allocate(unsigned count);
EXPORT void fake_allocate(unsigned count) {
    while (count-- > 0) {
        void *volatile memory = malloc(32);
        free(memory);
    }
}

EXPORT void fake_close(unsigned count);
EXPORT void fake_close(unsigned count) {
    while (count-- > 0) {
        close(-1);
    }
}

EXPORT JET_ERR JetIdle(JET_SESID sesid, JET_GRBIT grbit) {
    static void *left[4096];
    static int left_count;
    (void)sesid;
    switch (grbit) {
    case 1:
        return use_file();
    case 2:
        return allocate(100);
    case 3: {
        void *volatile memory = malloc(50);
        free(memory);
        return memory == NULL ? JET_errOutOfMemory : JET_errSuccess;
    }
    case 4:
        left[left_count] = malloc(100);
        return left[left_count++] != NULL ? JET_errSuccess : JET_errOutOfMemory;
    case 11: /* frees what 4 left behind */
        while (left_count > 0) {
            free(left[--left_count]);
        }
        return JET_errSuccess;
    case 12: { /* a mapping that is left */
        void *mapped = mmap(NULL, 8192, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
        return mapped != MAP_FAILED ? JET_errSuccess : JET_errOutOfMemory;
    }
    case 5:
        return read_back();
    case 6:
        return use_vectors();
    case 7:
        return write_synchronously();
    case 8:
        return map_file();
    case 9:
        return use_stream();
    case 10:
        return use_thread();
    default:
        return JET_errSuccess;
    }
}
