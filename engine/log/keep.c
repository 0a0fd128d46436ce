/* What a backup asks of the log: files that stay, files that are closed, and their names; that nothing is written. */
#include "engine/log/internal.h"

ese_lsn ese_log_pin(struct ese_log *log)
{
    ese_mutex_lock(&log->checkpointing);
    ese_lsn position = log->checkpoint;
    log->pinned = ese_lsn_generation(position);
    ese_mutex_unlock(&log->checkpointing);
    return position;
}

void ese_log_pin_from(struct ese_log *log, uint32_t generation)
{
    ese_mutex_lock(&log->checkpointing);
    log->pinned = generation;
    ese_mutex_unlock(&log->checkpointing);
}

uint32_t ese_log_oldest(struct ese_log *log)
{
    ese_mutex_lock(&log->checkpointing);
    uint32_t oldest = log->oldest;
    ese_mutex_unlock(&log->checkpointing);
    return oldest;
}

JET_ERR ese_log_switch(struct ese_log *log, uint32_t *closed)
{
    struct ese_record record;
    ese_lsn position = 0;
    /* A file is closed by what comes behind it: the end of a transaction that never was. */
    ese_record_transaction(&record, ESE_RECORD_ROLLBACK, 0, 0);
    ese_mutex_lock(&log->mutex);
    ese_log_close_chunk(log);
    log->force_generation = true;
    JET_ERR err = ese_log_append(log, record.bytes, record.size, &position);
    if (err == JET_errSuccess) {
        err = ese_log_write_to(log, position, true);
    }
    ese_mutex_unlock(&log->mutex);
    ese_record_free(&record);
    if (err == JET_errSuccess) {
        *closed = ese_lsn_generation(position) - 1;
    }
    return err;
}

JET_ERR ese_log_state(struct ese_log *log)
{
    ese_mutex_lock(&log->mutex);
    JET_ERR err = log->failed != JET_errSuccess ? log->failed : log->disk_full ? JET_errLogDiskFull : JET_errSuccess;
    ese_mutex_unlock(&log->mutex);
    return err;
}

JET_ERR ese_log_closed_path(struct ese_log *log, uint32_t generation, char **path)
{
    return ese_log_path(&log->names, ESE_LOG_CLOSED, generation, path);
}

const char *ese_log_base(struct ese_log *log)
{
    return log->names.base;
}

JET_ERR ese_log_freeze(struct ese_log *log, bool roll, uint32_t *last)
{
    JET_ERR err = roll ? ese_log_switch(log, last) : ese_log_flush_to(log, ese_log_end(log));
    if (err != JET_errSuccess) {
        return err;
    }
    ese_valve_close(&log->valve);
    if (!roll) {
        *last = ese_lsn_generation(log->durable);
    }
    return JET_errSuccess;
}

void ese_log_thaw(struct ese_log *log)
{
    ese_valve_open(&log->valve);
}

void ese_log_stay_frozen(struct ese_log *log)
{
    ese_valve_refuse(&log->valve);
}
