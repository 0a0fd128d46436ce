/* A stop hands its work to a thread, and while it is under way no transaction begins. One that gets no thread looks whether
 * somebody waits, before it lets them go on: whoever comes in between is never woken. */
#include "scenarios/tests/zoo/zoo.h"

#include <pthread.h>

struct order {
    struct zoo_call *call;
    JET_ERR result;
};

static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static pthread_cond_t over = PTHREAD_COND_INITIALIZER;
static bool stops;
static int waiting;

static void set_stops(bool now)
{
    pthread_mutex_lock(&lock);
    stops = now;
    pthread_mutex_unlock(&lock);
}

static bool somebody_waits(void)
{
    pthread_mutex_lock(&lock);
    bool somebody = waiting > 0;
    pthread_mutex_unlock(&lock);
    return somebody;
}

static void wait_for_stop(void)
{
    pthread_mutex_lock(&lock);
    waiting++;
    while (stops)
        pthread_cond_wait(&over, &lock);
    waiting--;
    pthread_mutex_unlock(&lock);
}

static void *work_off(void *argument)
{
    struct order *order = argument;
    order->result = zoo_forward(order->call);
    return NULL;
}

bool zoo_before(struct zoo_call *call, JET_ERR *result)
{
    if (call->fn == SHIM_FN_JetBeginTransaction)
        wait_for_stop();
    if (!zoo_is_stop(call))
        return false;
    struct order order = {call, JET_errSuccess};
    pthread_t thread;
    set_stops(true);
    bool fails = pthread_create(&thread, NULL, work_off, &order) != 0;
    if (!fails)
        pthread_join(thread, NULL);
    bool somebody = somebody_waits();
    set_stops(false);
    if (somebody || !fails)
        pthread_cond_broadcast(&over);
    *result = fails ? JET_errOutOfThreads : order.result;
    return true;
}
