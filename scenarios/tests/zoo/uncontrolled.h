/* scenarios/tests/zoo/uncontrolled.h - makes an engine one that the scheduler cannot control: every call waits at a barrier that
 * is there since the engine was loaded, before anybody could take part in it. For one file of an engine. */
#ifndef ESECHECK_ZOO_UNCONTROLLED_H
#define ESECHECK_ZOO_UNCONTROLLED_H

#include <pthread.h>

static pthread_barrier_t alone;

__attribute__((constructor)) static void make_uncontrolled(void)
{
    pthread_barrier_init(&alone, NULL, 1);
}

/* At the beginning of zoo_before. */
static void stay_uncontrolled(void)
{
    pthread_barrier_wait(&alone);
}

#endif
