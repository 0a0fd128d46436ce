/* What the storage tests share: a temporary directory, a store, a table of (Long key, Text value). */
#ifndef ESE_TESTS_STORAGE_SUPPORT_H
#define ESE_TESTS_STORAGE_SUPPORT_H

#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include "engine/os/os.h"
#include "engine/table/cursor.h"

/* Ends the program with a message when the call does not return what is wanted. */
#define MUST(call) must_be((call), JET_errSuccess, #call, __FILE__, __LINE__)
#define MUST_BE(call, wanted) must_be((call), (wanted), #call, __FILE__, __LINE__)
void must_be(JET_ERR got, JET_ERR wanted, const char *what, const char *file, int line);

/* A store with one database; every session a struct ese_trx of its own. */
struct rig {
    char directory[200];
    char path[256];
    uint32_t page_size;
    uint32_t cache_pages;                               /* 0 = default */
    bool logged;
    struct ese_store *store;
    struct ese_database *database;
};

void rig_open(struct rig *rig, uint32_t page_size);     /* new directory, new database */
void rig_open_small(struct rig *rig, uint32_t page_size, uint32_t cache_pages);
void rig_open_logged(struct rig *rig, uint32_t page_size, uint32_t cache_pages); /* the others have no log */
void rig_restart(struct rig *rig, enum ese_close_mode mode); /* closes the store, opens it, attaches again */
void rig_stop(struct rig *rig);                         /* closes the store, keeps the file */
void rig_close(struct rig *rig);                        /* and removes everything */
void rig_start(struct rig *rig);                        /* opens the store without attaching */

void session_begin(struct rig *rig, struct ese_trx *trx);
void session_end(struct ese_trx *trx);                  /* rolls back, closes cursors */

struct pairs { struct ese_cursor *cursor; JET_COLUMNID key, value; }; /* value: a long text, separate where it is long */
void pairs_create(struct rig *rig, struct ese_trx *trx, const char *name, struct pairs *pairs); /* closed again for
                                                           sharing: open it with pairs_open */
void pairs_open(struct rig *rig, struct ese_trx *trx, const char *name, struct pairs *pairs);
JET_ERR pairs_insert(struct pairs *pairs, int32_t key, const char *value);
JET_ERR pairs_seek(struct pairs *pairs, int32_t key);
JET_ERR pairs_set(struct pairs *pairs, int32_t key, const char *value);
JET_ERR pairs_delete(struct pairs *pairs, int32_t key);
/* Value of the current record; "" for NULL. */
const char *pairs_value(struct pairs *pairs, char *buffer, uint32_t size);
int32_t pairs_key(struct pairs *pairs);
uint64_t pairs_count(struct pairs *pairs);              /* by walking all of it */

#endif
