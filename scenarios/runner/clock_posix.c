/* scenarios/runner/clock_posix.c - time and rest for actors. */
#include <pthread.h>
#include <sched.h>
#include <stdio.h>
#include <time.h>

#include "scenarios/runner/world.h"

uint64_t scn_now_us(void)
{
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (uint64_t)now.tv_sec * 1000000u + (uint64_t)now.tv_nsec / 1000u;
}

void scn_sleep_us(uint64_t us)
{
    struct timespec rest = {.tv_sec = (time_t)(us / 1000000u),
                            .tv_nsec = (long)(us % 1000000u) * 1000};
    nanosleep(&rest, NULL);
}

void scn_yield(void)
{
    sched_yield();
}

void scn_name_thread(const char *name)
{
    char text[16]; /* the system's limit */
    snprintf(text, sizeof text, "%s", name);
    pthread_setname_np(pthread_self(), text);
}
