/* The log object: positions and the ways in. */
#include "engine/log/log.h"

#include "engine/os/os.h"

struct ese_log {
    _Atomic ese_lsn end, durable, checkpoint;
    JET_SIGNATURE signature;
};

static JET_ERR append(struct ese_log *log, ese_lsn *position)
{
    *position = ++log->end;
    return JET_errSuccess;
}

JET_ERR ese_log_change(struct ese_log *log, const struct ese_log_change *change, ese_lsn *position)
{
    (void)change;
    return append(log, position);
}

JET_ERR ese_log_flush_to(struct ese_log *log, ese_lsn position)
{
    log->durable = position;
    return JET_errSuccess;
}

JET_ERR ese_log_commit(struct ese_log *log, uint64_t transaction, JET_GRBIT grbit, uint64_t *commit_id)
{
    ese_lsn position;
    (void)transaction;
    (void)grbit;
    (void)commit_id;
    return append(log, &position);
}

JET_ERR ese_log_rollback_done(struct ese_log *log, uint64_t transaction)
{
    ese_lsn position;
    (void)transaction;
    return append(log, &position);
}

JET_ERR ese_log_create_database(struct ese_log *log, const struct ese_log_database *database, ese_lsn *position)
{
    (void)database;
    return append(log, position);
}

JET_ERR ese_log_attach_database(struct ese_log *log, const struct ese_log_database *database, ese_lsn *position)
{
    (void)database;
    return append(log, position);
}

JET_ERR ese_log_detach_database(struct ese_log *log, uint32_t id, ese_lsn *position)
{
    (void)id;
    return append(log, position);
}

ese_lsn ese_log_end(struct ese_log *log)
{
    return log->end;
}

ese_lsn ese_log_durable(struct ese_log *log)
{
    return log->durable;
}

JET_ERR ese_log_set_checkpoint(struct ese_log *log, ese_lsn redo_from)
{
    log->checkpoint = redo_from;
    return JET_errSuccess;
}

ese_lsn ese_log_checkpoint(struct ese_log *log)
{
    return log->checkpoint;
}

uint64_t ese_log_bytes_between(struct ese_log *log, ese_lsn from, ese_lsn to)
{
    (void)log;
    return to > from ? to - from : 0;
}

void ese_log_signature(struct ese_log *log, JET_SIGNATURE *signature)
{
    *signature = log->signature;
}

JET_ERR ese_log_roll(struct ese_log *log)
{
    (void)log;
    return JET_errSuccess;
}

JET_ERR ese_log_close(struct ese_log *log, bool clean)
{
    (void)clean;
    ese_free(log);
    return JET_errSuccess;
}
