/* Threads, locks, time and identity on POSIX. Files are in file_posix.c. */
#include "engine/os/os.h"

#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#ifdef __linux__
#include <sys/syscall.h>
#endif

/* ---- threads --------------------------------------------------------------------------------------------- */

struct ese_thread {
    pthread_t native;
    void (*run)(void *arg);
    void *arg;
};

static void *thread_main(void *opaque)
{
    struct ese_thread *thread = opaque;
    thread->run(thread->arg);
    return NULL;
}

JET_ERR ese_thread_create(void (*run)(void *arg), void *arg, struct ese_thread **thread)
{
    struct ese_thread *made = ese_alloc(sizeof *made);
    if (made == NULL) {
        return JET_errOutOfMemory;
    }
    made->run = run;
    made->arg = arg;
    if (pthread_create(&made->native, NULL, thread_main, made) != 0) {
        ese_free(made);
        return JET_errOutOfThreads;
    }
    *thread = made;
    return JET_errSuccess;
}

void ese_thread_stand_back(void)
{
#ifdef SCHED_BATCH
    const struct sched_param none = { .sched_priority = 0 };
    (void)sched_setscheduler(0, SCHED_BATCH, &none); /* of the calling thread; where it may not, nothing is lost */
#endif
}

void ese_thread_join(struct ese_thread *thread)
{
    pthread_join(thread->native, NULL);
    ese_free(thread);
}

uint64_t ese_thread_id(void)
{
#ifdef __linux__
    static _Thread_local uint64_t id;
    if (id == 0) {
        id = (uint64_t)syscall(SYS_gettid);
    }
    return id;
#else
    return (uint64_t)(uintptr_t)pthread_self();
#endif
}

void ese_thread_yield(void)
{
    sched_yield();
}

/* ---- locks ----------------------------------------------------------------------------------------------- */

static JET_ERR native_result(int result)
{
    return result == 0 ? JET_errSuccess : JET_errOutOfMemory;
}

JET_ERR ese_mutex_init(struct ese_mutex *mutex)
{
    pthread_mutexattr_t attributes;
    if (pthread_mutexattr_init(&attributes) != 0) {
        return JET_errOutOfMemory;
    }
#ifdef __GLIBC__
    /* They are held for so short a time that trying for a while is cheaper than sleeping. */
    pthread_mutexattr_settype(&attributes, PTHREAD_MUTEX_ADAPTIVE_NP);
#endif
    int result = pthread_mutex_init(&mutex->native, &attributes);
    pthread_mutexattr_destroy(&attributes);
    return native_result(result);
}

void ese_mutex_fini(struct ese_mutex *mutex)
{
    pthread_mutex_destroy(&mutex->native);
}

void ese_mutex_lock(struct ese_mutex *mutex)
{
    pthread_mutex_lock(&mutex->native);
}

bool ese_mutex_trylock(struct ese_mutex *mutex)
{
    return pthread_mutex_trylock(&mutex->native) == 0;
}

void ese_mutex_unlock(struct ese_mutex *mutex)
{
    pthread_mutex_unlock(&mutex->native);
}

JET_ERR ese_cond_init(struct ese_cond *cond)
{
    pthread_condattr_t attributes;
    if (pthread_condattr_init(&attributes) != 0) {
        return JET_errOutOfMemory;
    }
#ifdef __linux__
    pthread_condattr_setclock(&attributes, CLOCK_MONOTONIC);
#endif
    int result = pthread_cond_init(&cond->native, &attributes);
    pthread_condattr_destroy(&attributes);
    return native_result(result);
}

void ese_cond_fini(struct ese_cond *cond)
{
    pthread_cond_destroy(&cond->native);
}

void ese_cond_wait(struct ese_cond *cond, struct ese_mutex *mutex)
{
    pthread_cond_wait(&cond->native, &mutex->native);
}

bool ese_cond_wait_for(struct ese_cond *cond, struct ese_mutex *mutex, uint32_t timeout_ms)
{
    struct timespec until;
#ifdef __linux__
    clock_gettime(CLOCK_MONOTONIC, &until);
#else
    clock_gettime(CLOCK_REALTIME, &until);
#endif
    until.tv_sec += (time_t)(timeout_ms / 1000);
    until.tv_nsec += (long)(timeout_ms % 1000) * 1000000L;
    if (until.tv_nsec >= 1000000000L) {
        until.tv_nsec -= 1000000000L;
        until.tv_sec++;
    }
    return pthread_cond_timedwait(&cond->native, &mutex->native, &until) != ETIMEDOUT;
}

void ese_cond_signal(struct ese_cond *cond)
{
    pthread_cond_signal(&cond->native);
}

void ese_cond_broadcast(struct ese_cond *cond)
{
    pthread_cond_broadcast(&cond->native);
}

void ese_once_run(struct ese_once *once, void (*run)(void))
{
    pthread_once(&once->native, run);
}

/* ---- time, identity, randomness -------------------------------------------------------------------------- */

uint64_t ese_time_ms(void)
{
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (uint64_t)now.tv_sec * 1000 + (uint64_t)now.tv_nsec / 1000000;
}

void ese_sleep_ms(uint32_t ms)
{
    struct timespec rest = { (time_t)(ms / 1000), (long)(ms % 1000) * 1000000L };
    while (nanosleep(&rest, &rest) != 0 && errno == EINTR) {
    }
}

void ese_time_utc(struct ese_calendar *now)
{
    struct timespec stamp;
    struct tm parts;
    clock_gettime(CLOCK_REALTIME, &stamp);
    gmtime_r(&stamp.tv_sec, &parts);
    now->year = (uint16_t)(parts.tm_year + 1900);
    now->month = (uint8_t)(parts.tm_mon + 1);
    now->day = (uint8_t)parts.tm_mday;
    now->hour = (uint8_t)parts.tm_hour;
    now->minute = (uint8_t)parts.tm_min;
    now->second = (uint8_t)parts.tm_sec;
    now->millisecond = (uint16_t)(stamp.tv_nsec / 1000000);
}

uint32_t ese_process_id(void)
{
    return (uint32_t)getpid();
}

void ese_random_bytes(void *out, size_t size)
{
    int source = open("/dev/urandom", O_RDONLY | O_CLOEXEC);
    ssize_t got = source >= 0 ? read(source, out, size) : -1;
    if (source >= 0) {
        close(source);
    }
    if (got == (ssize_t)size) {
        return;
    }
    struct timespec now;
    clock_gettime(CLOCK_REALTIME, &now);
    uint64_t state = (uint64_t)now.tv_nsec * 2654435761u + (uint64_t)now.tv_sec + ese_process_id();
    for (size_t i = 0; i < size; i++) {
        state = state * 6364136223846793005u + 1442695040888963407u;
        ((unsigned char *)out)[i] = (unsigned char)(state >> 56);
    }
}

JET_ERR ese_host_name(char *out, size_t size)
{
    if (size == 0 || gethostname(out, size) != 0) {
        return JET_errInvalidParameter;
    }
    out[size - 1] = '\0';
    return JET_errSuccess;
}

/* ---- functions of other modules -------------------------------------------------------------------------- */

JET_ERR ese_symbol_find(const char *module, const char *name, void (**function)(void))
{
    void *loaded = dlopen(module, RTLD_NOW | RTLD_LOCAL);
    void *found = loaded != NULL ? dlsym(loaded, name) : NULL;
    if (found == NULL) {
        if (loaded != NULL) {
            dlclose(loaded);
        }
        return JET_errCallbackNotResolved;
    }
    memcpy(function, &found, sizeof found);         /* POSIX lets an object pointer carry it */
    return JET_errSuccess;
}
