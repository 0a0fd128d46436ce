/* Threads, locks, time and identity on Windows (Vista and later: SRW locks). Files are in file_windows.c. */
#include "engine/os/os.h"

#include <windows.h>
#include <process.h>
#include <string.h>

/* The header keeps windows.h out of everybody else's way by holding the native objects as one pointer each. */
_Static_assert(sizeof(SRWLOCK) == sizeof(void *) && sizeof(CONDITION_VARIABLE) == sizeof(void *) &&
                   sizeof(INIT_ONCE) == sizeof(void *), "native locks are one pointer");

/* ---- threads --------------------------------------------------------------------------------------------- */

struct ese_thread {
    HANDLE native;
    void (*run)(void *arg);
    void *arg;
};

static unsigned __stdcall thread_main(void *opaque)
{
    struct ese_thread *thread = opaque;
    thread->run(thread->arg);
    return 0;
}

JET_ERR ese_thread_create(void (*run)(void *arg), void *arg, struct ese_thread **thread)
{
    struct ese_thread *made = ese_alloc(sizeof *made);
    if (made == NULL) {
        return JET_errOutOfMemory;
    }
    made->run = run;
    made->arg = arg;
    made->native = (HANDLE)_beginthreadex(NULL, 0, thread_main, made, 0, NULL);
    if (made->native == NULL) {
        ese_free(made);
        return JET_errOutOfThreads;
    }
    *thread = made;
    return JET_errSuccess;
}

void ese_thread_join(struct ese_thread *thread)
{
    WaitForSingleObject(thread->native, INFINITE);
    CloseHandle(thread->native);
    ese_free(thread);
}

uint64_t ese_thread_id(void)
{
    return GetCurrentThreadId();
}

void ese_thread_stand_back(void)
{
    SetThreadPriority(GetCurrentThread(), THREAD_PRIORITY_BELOW_NORMAL);
}

void ese_thread_yield(void)
{
    SwitchToThread();
}

/* ---- locks ----------------------------------------------------------------------------------------------- */

static SRWLOCK *srw(void **native)
{
    return (SRWLOCK *)(void *)native;
}

static CONDITION_VARIABLE *condition(struct ese_cond *cond)
{
    return (CONDITION_VARIABLE *)(void *)&cond->native;
}

JET_ERR ese_mutex_init(struct ese_mutex *mutex)
{
    InitializeSRWLock(srw(&mutex->native));
    return JET_errSuccess;
}

void ese_mutex_fini(struct ese_mutex *mutex)
{
    (void)mutex;
}

void ese_mutex_lock(struct ese_mutex *mutex)
{
    AcquireSRWLockExclusive(srw(&mutex->native));
}

bool ese_mutex_trylock(struct ese_mutex *mutex)
{
    return TryAcquireSRWLockExclusive(srw(&mutex->native)) != 0;
}

void ese_mutex_unlock(struct ese_mutex *mutex)
{
    ReleaseSRWLockExclusive(srw(&mutex->native));
}

JET_ERR ese_rwlock_init(struct ese_rwlock *lock)
{
    InitializeSRWLock(srw(&lock->native));
    return JET_errSuccess;
}

void ese_rwlock_fini(struct ese_rwlock *lock)
{
    (void)lock;
}

void ese_rwlock_read(struct ese_rwlock *lock)
{
    AcquireSRWLockShared(srw(&lock->native));
}

void ese_rwlock_write(struct ese_rwlock *lock)
{
    AcquireSRWLockExclusive(srw(&lock->native));
}

void ese_rwlock_read_unlock(struct ese_rwlock *lock)
{
    ReleaseSRWLockShared(srw(&lock->native));
}

void ese_rwlock_write_unlock(struct ese_rwlock *lock)
{
    ReleaseSRWLockExclusive(srw(&lock->native));
}

JET_ERR ese_cond_init(struct ese_cond *cond)
{
    InitializeConditionVariable(condition(cond));
    return JET_errSuccess;
}

void ese_cond_fini(struct ese_cond *cond)
{
    (void)cond;
}

void ese_cond_wait(struct ese_cond *cond, struct ese_mutex *mutex)
{
    SleepConditionVariableSRW(condition(cond), srw(&mutex->native), INFINITE, 0);
}

bool ese_cond_wait_for(struct ese_cond *cond, struct ese_mutex *mutex, uint32_t timeout_ms)
{
    return SleepConditionVariableSRW(condition(cond), srw(&mutex->native), timeout_ms, 0) != 0 ||
           GetLastError() != ERROR_TIMEOUT;
}

void ese_cond_signal(struct ese_cond *cond)
{
    WakeConditionVariable(condition(cond));
}

void ese_cond_broadcast(struct ese_cond *cond)
{
    WakeAllConditionVariable(condition(cond));
}

static BOOL CALLBACK once_main(PINIT_ONCE once, void *run, void **context)
{
    (void)once;
    (void)context;
    (*(void (**)(void))run)();
    return TRUE;
}

void ese_once_run(struct ese_once *once, void (*run)(void))
{
    InitOnceExecuteOnce((INIT_ONCE *)(void *)&once->native, once_main, (void *)&run, NULL);
}

/* ---- time, identity, randomness -------------------------------------------------------------------------- */

uint64_t ese_time_ms(void)
{
    return GetTickCount64();
}

void ese_sleep_ms(uint32_t ms)
{
    Sleep(ms);
}

void ese_time_utc(struct ese_calendar *now)
{
    SYSTEMTIME stamp;
    GetSystemTime(&stamp);
    now->year = stamp.wYear;
    now->month = (uint8_t)stamp.wMonth;
    now->day = (uint8_t)stamp.wDay;
    now->hour = (uint8_t)stamp.wHour;
    now->minute = (uint8_t)stamp.wMinute;
    now->second = (uint8_t)stamp.wSecond;
    now->millisecond = stamp.wMilliseconds;
}

uint32_t ese_process_id(void)
{
    return GetCurrentProcessId();
}

void ese_random_bytes(void *out, size_t size)
{
    static LONG64 calls;
    LARGE_INTEGER counter;
    QueryPerformanceCounter(&counter);
    uint64_t state = (uint64_t)counter.QuadPart * 2654435761u + GetTickCount64() + GetCurrentProcessId() +
                     (uint64_t)InterlockedIncrement64(&calls) * 0x9E3779B97F4A7C15u;
    for (size_t i = 0; i < size; i++) {
        state = state * 6364136223846793005u + 1442695040888963407u;
        ((unsigned char *)out)[i] = (unsigned char)(state >> 56);
    }
}

JET_ERR ese_host_name(char *out, size_t size)
{
    char name[MAX_COMPUTERNAME_LENGTH + 1];
    DWORD length = sizeof name;
    if (size == 0 || !GetComputerNameA(name, &length)) {
        return JET_errInvalidParameter;
    }
    if (length >= size) {
        length = (DWORD)size - 1;
    }
    memcpy(out, name, length);
    out[length] = '\0';
    return JET_errSuccess;
}

/* ---- functions of other modules -------------------------------------------------------------------------- */

JET_ERR ese_symbol_find(const char *module, const char *name, void (**function)(void))
{
    WCHAR wide[MAX_PATH];
    if (MultiByteToWideChar(CP_UTF8, MB_ERR_INVALID_CHARS, module, -1, wide, MAX_PATH) == 0) {
        return JET_errCallbackNotResolved;
    }
    HMODULE loaded = LoadLibraryW(wide);
    FARPROC found = loaded != NULL ? GetProcAddress(loaded, name) : NULL;
    if (found == NULL) {
        if (loaded != NULL) {
            FreeLibrary(loaded);
        }
        return JET_errCallbackNotResolved;
    }
    memcpy(function, &found, sizeof found);
    return JET_errSuccess;
}
