#include "engine/backup/backup.h"

JET_ERR ese_backup_init(struct ese_backup *backup)
{
    backup->allowed = false;
    backup->in_progress = false;
    atomic_init(&backup->stop, false);
    return ese_mutex_init(&backup->lock);
}

void ese_backup_fini(struct ese_backup *backup)
{
    ese_mutex_fini(&backup->lock);
}

void ese_backup_stop(struct ese_backup *backup)
{
    atomic_store(&backup->stop, true);
}

bool ese_backup_in_progress(struct ese_backup *backup)
{
    ese_mutex_lock(&backup->lock);
    bool in_progress = backup->in_progress;
    ese_mutex_unlock(&backup->lock);
    return in_progress;
}

void ese_backup_allow(struct ese_backup *backup, bool allowed)
{
    ese_mutex_lock(&backup->lock);
    backup->allowed = allowed;
    ese_mutex_unlock(&backup->lock);
}

void ese_backup_abort(struct ese_backup *backup)
{
    ese_mutex_lock(&backup->lock);
    backup->in_progress = false;
    atomic_store(&backup->stop, false);
    ese_mutex_unlock(&backup->lock);
}
