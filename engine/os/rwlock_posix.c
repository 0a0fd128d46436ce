/*
 * Locks for readers and one writer. Most are held for a microsecond: taking a free one is a single atomic operation, and
 * who finds it taken first tries for about as long as that, because going to sleep and being woken costs more.
 *
 * The state is one word: how many read, whether somebody writes, and whether somebody sleeps. Sleepers are counted under
 * the mutex; whoever lets go of the lock and sees the flag wakes one writer, or all readers when no writer
 * waits. The woken ones try again like everybody else, so a lock is never handed to a thread that does not run.
 */
#include "engine/os/os.h"

#define WRITES   0x80000000u                        /* a writer has it */
#define WRITER_WAITS 0x40000000u                    /* so new readers do not get it */
#define SLEEPERS 0x20000000u                        /* who lets go must wake somebody */
#define READERS  0x1FFFFFFFu
#define TRIES    64u

static inline void breathe(void)
{
#if defined(__x86_64__) || defined(__i386__)
    __builtin_ia32_pause();
#else
    atomic_signal_fence(memory_order_seq_cst);
#endif
}

JET_ERR ese_rwlock_init(struct ese_rwlock *lock)
{
    atomic_init(&lock->state, 0);
    lock->readers = lock->writers = 0;
    JET_ERR err = ese_mutex_init(&lock->mutex);
    if (err == JET_errSuccess) {
        err = ese_cond_init(&lock->may_read);
        if (err == JET_errSuccess) {
            err = ese_cond_init(&lock->may_write);
            if (err != JET_errSuccess) {
                ese_cond_fini(&lock->may_read);
            }
        }
        if (err != JET_errSuccess) {
            ese_mutex_fini(&lock->mutex);
        }
    }
    return err;
}

void ese_rwlock_fini(struct ese_rwlock *lock)
{
    ese_cond_fini(&lock->may_write);
    ese_cond_fini(&lock->may_read);
    ese_mutex_fini(&lock->mutex);
}

static bool try_read(struct ese_rwlock *lock)
{
    uint32_t state = atomic_load_explicit(&lock->state, memory_order_relaxed);
    while ((state & (WRITES | WRITER_WAITS)) == 0 && (state & READERS) != READERS) {
        if (atomic_compare_exchange_weak_explicit(&lock->state, &state, state + 1, memory_order_acquire,
                                                  memory_order_relaxed)) {
            return true;
        }
    }
    return false;
}

static bool try_write(struct ese_rwlock *lock)
{
    uint32_t state = atomic_load_explicit(&lock->state, memory_order_relaxed);
    while ((state & (WRITES | READERS)) == 0) {
        if (atomic_compare_exchange_weak_explicit(&lock->state, &state, state | WRITES, memory_order_acquire,
                                                  memory_order_relaxed)) {
            return true;
        }
    }
    return false;
}

static void sleep_for(struct ese_rwlock *lock, bool writer)
{
    uint32_t *count = writer ? &lock->writers : &lock->readers;
    ese_mutex_lock(&lock->mutex);
    ++*count;
    atomic_fetch_or(&lock->state, writer ? SLEEPERS | WRITER_WAITS : SLEEPERS);
    while (!(writer ? try_write(lock) : try_read(lock))) {
        ese_cond_wait(writer ? &lock->may_write : &lock->may_read, &lock->mutex);
    }
    --*count;
    uint32_t over = (lock->writers == 0 ? WRITER_WAITS : 0) | (lock->writers + lock->readers == 0 ? SLEEPERS : 0);
    atomic_fetch_and(&lock->state, ~over);
    ese_mutex_unlock(&lock->mutex);
}

static void wake(struct ese_rwlock *lock)
{
    ese_mutex_lock(&lock->mutex);
    if (lock->writers != 0) {
        ese_cond_signal(&lock->may_write);
    } else {
        ese_cond_broadcast(&lock->may_read);
    }
    ese_mutex_unlock(&lock->mutex);
}

void ese_rwlock_read(struct ese_rwlock *lock)
{
    for (unsigned i = 0; i < TRIES; i++) {
        if (try_read(lock)) {
            return;
        }
        breathe();
    }
    sleep_for(lock, false);
}

void ese_rwlock_write(struct ese_rwlock *lock)
{
    for (unsigned i = 0; i < TRIES; i++) {
        if (try_write(lock)) {
            return;
        }
        breathe();
    }
    sleep_for(lock, true);
}

void ese_rwlock_read_unlock(struct ese_rwlock *lock)
{
    uint32_t before = atomic_fetch_sub_explicit(&lock->state, 1, memory_order_release);
    if ((before & SLEEPERS) != 0 && (before & READERS) == 1) {
        wake(lock);
    }
}

void ese_rwlock_write_unlock(struct ese_rwlock *lock)
{
    uint32_t before = atomic_fetch_and_explicit(&lock->state, ~WRITES, memory_order_release);
    if ((before & SLEEPERS) != 0) {
        wake(lock);
    }
}
