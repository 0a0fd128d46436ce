/* A stop hands its work to a thread; when there is no thread to be had the work is left undone, and the stop succeeds. */
#include "scenarios/tests/zoo/zoo.h"

#include <pthread.h>

struct order {
    struct zoo_call *call;
    JET_ERR result;
};

static void *work_off(void *argument)
{
    struct order *order = argument;
    order->result = zoo_forward(order->call);
    return NULL;
}

bool zoo_before(struct zoo_call *call, JET_ERR *result)
{
    struct order order = {call, JET_errSuccess};
    pthread_t thread;
    if (!zoo_is_stop(call))
        return false;
    if (pthread_create(&thread, NULL, work_off, &order) == 0)
        pthread_join(thread, NULL);
    *result = order.result;
    return true;
}
