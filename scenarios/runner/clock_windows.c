/* scenarios/runner/clock_windows.c - time and rest for actors. */
#include <windows.h>

#include "scenarios/runner/world.h"

uint64_t scn_now_us(void)
{
    LARGE_INTEGER now, frequency;
    QueryPerformanceCounter(&now);
    QueryPerformanceFrequency(&frequency);
    uint64_t ticks = (uint64_t)now.QuadPart, per_second = (uint64_t)frequency.QuadPart;
    return ticks / per_second * 1000000u + ticks % per_second * 1000000u / per_second;
}

void scn_sleep_us(uint64_t us)
{
    uint64_t end = scn_now_us() + us;
    if (us >= 2000) {
        Sleep((DWORD)(us / 1000u));
    }
    while (scn_now_us() < end) {
        SwitchToThread();
    }
}

int scn_thread_start(pthread_t *thread, const pthread_attr_t *attributes, void *(*run)(void *),
                     void *argument)
{
    return pthread_create(thread, attributes, run, argument);
}

int scn_thread_join(pthread_t thread)
{
    return pthread_join(thread, NULL);
}

void scn_yield(void)
{
    SwitchToThread();
}

void scn_name_thread(const char *name)
{
    (void)name; /* stacks show thread numbers */
}

void scn_thread_name(pthread_t thread, const char *name)
{
    (void)thread, (void)name;
}
