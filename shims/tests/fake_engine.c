/* shims/tests/fake_engine.c - a library that looks like an engine, for the tests of the shims.
 *
 * It exports a handful of functions. JetIdle does what its bits say: the way in for tests that watch
 * what an engine does with the operating system.
 */
#define JET_NO_NAME_MAP
#include <errno.h>
#include <esent.h>
#include <fcntl.h>
#include <stdlib.h>
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
    close(file);
    return result;
}

EXPORT JET_ERR JetIdle(JET_SESID sesid, JET_GRBIT grbit) {
    (void)sesid;
    if (grbit == 1) {
        return use_file();
    }
    if (grbit == 2) {
        void *volatile memory = malloc(100);
        free(memory);
        return memory == NULL ? JET_errOutOfMemory : JET_errSuccess;
    }
    return JET_errSuccess;
}
