/* Page 0 of a database file: who it is, and whether it was closed cleanly. Not cached; written at create, attach and
 * detach. */
#ifndef ESE_TABLE_HEADER_H
#define ESE_TABLE_HEADER_H

#include "engine/cache/page.h"
#include "engine/os/os.h"

#define ESE_HEADER_MAGIC 0x42455345u                /* "ESEB" */
#define ESE_HEADER_VERSION 1u

enum ese_header_state { ESE_STATE_DIRTY = JET_dbstateDirtyShutdown, ESE_STATE_CLEAN = JET_dbstateCleanShutdown };

enum ese_header_field {
    ESE_HEADER_FIELD_MAGIC = ESE_PAGE_BODY,
    ESE_HEADER_FIELD_VERSION = ESE_PAGE_BODY + 4,
    ESE_HEADER_FIELD_PAGE_SIZE = ESE_PAGE_BODY + 8,
    ESE_HEADER_FIELD_STATE = ESE_PAGE_BODY + 12,
    ESE_HEADER_FIELD_SIGNATURE = ESE_PAGE_BODY + 16, /* JET_SIGNATURE, 28 bytes */
};

struct ese_header {
    uint32_t page_size;
    uint32_t state;
    JET_SIGNATURE signature;
};

/* Reads and checks the header of any page size. JET_errReadVerifyFailure (damaged), JET_errDatabaseCorrupted (not a
 * database of this engine), JET_errInvalidDatabaseVersion. */
JET_ERR ese_header_read(struct ese_file *file, struct ese_header *header);
JET_ERR ese_header_write(struct ese_file *file, const struct ese_header *header);
void ese_header_new_signature(JET_SIGNATURE *signature);

#endif
