/*
 * Backup into a folder, and what a restore finds there.
 *
 * A full backup puts copies of the databases and the closed log files into the folder; with JET_bitBackupAtomic into
 * folder/temp, which becomes folder/new when it is complete, and the one before folder/old. An incremental one adds log
 * files to folder/new or else folder. The copy of a database knows the path of the original.
 */
#ifndef ESE_BACKUP_DIRECTORY_H
#define ESE_BACKUP_DIRECTORY_H

#include "engine/backup/backup.h"
#include "engine/log/recover.h"

/* What is told and asked on the way; an error ends the work. */
struct ese_backup_watch {
    JET_ERR (*begun)(void *arg); /* the backup has begun: it can be stopped */
    JET_ERR (*progress)(void *arg, uint32_t done, uint32_t total);
    JET_ERR (*poll)(void *arg);
    void *arg;
};

struct ese_backup_request {
    struct ese_store *store;
    struct ese_mutex *attach; /* the instance's; see ese_backup_begin */
    bool circular, make_path;
    const char *path; /* NULL or "": only truncates the log */
    JET_GRBIT grbit;  /* JET_bitBackupIncremental, JET_bitBackupAtomic */
    struct ese_backup_watch watch;
};

/* Begins, copies, truncates and ends. What ese_backup_begin and the calls after it answer, JET_errInvalidPath,
 * JET_errBackupDirectoryNotEmpty, JET_errMakeBackupDirectoryFail, what writing brings. On failure the files it made are gone. */
JET_ERR ese_backup_to_folder(struct ese_backup *backup, const struct ese_backup_request *request);

/* The databases of a backup go to where they were, or with their names into the folder `to`. *map, from the old paths to the
 * new ones, is the caller's to free with ese_restore_map_free. *first: the first log file they need. *logs: the folder of the
 * log files, to be freed. JET_errInvalidPath. A backup without databases is fine. */
JET_ERR ese_backup_unpack(const char *from, const char *to, const struct ese_backup_watch *watch,
                          struct ese_log_map **map, uint32_t *count, uint32_t *first, char **logs);
void ese_restore_map_free(struct ese_log_map *map, uint32_t count);

#endif
