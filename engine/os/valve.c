#include "engine/os/valve.h"

JET_ERR ese_valve_init(struct ese_valve *valve)
{
    valve->inside = 0;
    valve->closed = valve->refuses = false;
    JET_ERR err = ese_mutex_init(&valve->mutex);
    if (err == JET_errSuccess) {
        err = ese_cond_init(&valve->changed);
        if (err != JET_errSuccess) {
            ese_mutex_fini(&valve->mutex);
        }
    }
    return err;
}

void ese_valve_fini(struct ese_valve *valve)
{
    ese_cond_fini(&valve->changed);
    ese_mutex_fini(&valve->mutex);
}

JET_ERR ese_valve_enter(struct ese_valve *valve)
{
    ese_mutex_lock(&valve->mutex);
    while (valve->closed && !valve->refuses) {
        ese_cond_wait(&valve->changed, &valve->mutex);
    }
    JET_ERR err = valve->refuses ? JET_errTermInProgress : JET_errSuccess;
    valve->inside += err == JET_errSuccess ? 1 : 0;
    ese_mutex_unlock(&valve->mutex);
    return err;
}

bool ese_valve_try_enter(struct ese_valve *valve)
{
    ese_mutex_lock(&valve->mutex);
    bool entered = !valve->closed;
    valve->inside += entered ? 1 : 0;
    ese_mutex_unlock(&valve->mutex);
    return entered;
}

void ese_valve_leave(struct ese_valve *valve)
{
    ese_mutex_lock(&valve->mutex);
    if (--valve->inside == 0 && valve->closed) {
        ese_cond_broadcast(&valve->changed);
    }
    ese_mutex_unlock(&valve->mutex);
}

void ese_valve_close(struct ese_valve *valve)
{
    ese_mutex_lock(&valve->mutex);
    valve->closed = true;
    while (valve->inside != 0) {
        ese_cond_wait(&valve->changed, &valve->mutex);
    }
    ese_mutex_unlock(&valve->mutex);
}

void ese_valve_open(struct ese_valve *valve)
{
    ese_mutex_lock(&valve->mutex);
    valve->closed = valve->refuses;
    ese_cond_broadcast(&valve->changed);
    ese_mutex_unlock(&valve->mutex);
}

void ese_valve_refuse(struct ese_valve *valve)
{
    ese_mutex_lock(&valve->mutex);
    valve->closed = valve->refuses = true;
    ese_cond_broadcast(&valve->changed);
    ese_mutex_unlock(&valve->mutex);
}
