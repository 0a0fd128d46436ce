/* What the tests of the log share: a folder, a configuration, a record of which everything is known, damage. */
#ifndef ESE_TESTS_STORAGE_LOG_SUPPORT_H
#define ESE_TESTS_STORAGE_LOG_SUPPORT_H

#include <criterion/criterion.h>

#include "engine/log/reader.h"
#include "engine/tests/storage/support.h"

#define LOG_PAGE 4096u

struct log_rig {
    char folder[200];
    struct ese_log_config config;
    struct ese_log_names names;
};

void log_rig_open(struct log_rig *rig, uint32_t file_kb);
void log_rig_close(struct log_rig *rig);
struct ese_log *log_start(struct log_rig *rig);         /* as JetInit would; must succeed */
JET_ERR log_try(struct log_rig *rig, JET_GRBIT grbit);  /* starts and, when that worked, ends it cleanly */

/* Change number n: its transaction, and pages and key whose size and content follow from n. */
JET_ERR log_put(struct ese_log *log, uint32_t n, uint32_t size);
/* The record is change number n. */
bool log_is(const struct ese_log_read *read, uint32_t n, uint32_t size);

/* Reads everything, counts changes (which must be 1, 2, 3 ...) and commits. JET_errSuccess at a proper end. */
JET_ERR log_read_all(struct log_rig *rig, uint32_t size, uint32_t *changes, uint32_t *commits);

void log_path(struct log_rig *rig, const char *name, char path[300]);
void log_flip(const char *path, uint64_t offset, unsigned char bits);
void log_zero(const char *path, uint64_t offset, size_t size);
bool log_exists(struct log_rig *rig, const char *name);
void log_rename(struct log_rig *rig, const char *from, const char *to);

#endif
