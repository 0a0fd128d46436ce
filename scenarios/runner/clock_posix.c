/* scenarios/runner/clock_posix.c - time and rest for actors. */
#include <pthread.h>
#include <stdio.h>

#include "scenarios/runner/world.h"
#include "shims/schedule/control.h"

uint64_t scn_now_us(void)
{
    return shim_control_now() / 1000u;
}

void scn_sleep_us(uint64_t us)
{
    shim_control_sleep(us * 1000u);
}

void scn_yield(void)
{
    shim_control_yield();
}

int scn_thread_start(pthread_t *thread, const pthread_attr_t *attributes, void *(*run)(void *),
                     void *argument)
{
    return shim_control_create(thread, attributes, run, argument);
}

int scn_thread_join(pthread_t thread)
{
    return shim_control_join(thread, NULL);
}

void scn_name_thread(const char *name)
{
    char text[16]; /* the system's limit */
    snprintf(text, sizeof text, "%s", name);
    pthread_setname_np(pthread_self(), text);
}

void scn_thread_name(pthread_t thread, const char *name)
{
    shim_control_name(thread, name);
}
