/*
 * The header of a database file: who it is, whether it was closed cleanly, and which part of the log it needs. Page 0
 * holds it, page 1 a copy, the shadow; neither is cached. A header is written to one copy, synced, then to the other, so
 * that one of them can always be read; a copy found damaged is the first to be written.
 */
#ifndef ESE_TABLE_HEADER_H
#define ESE_TABLE_HEADER_H

#include "engine/cache/page.h"
#include "engine/log/log.h"
#include "engine/os/os.h"

#define ESE_HEADER_MAGIC 0x42455345u                /* "ESEB" */
#define ESE_HEADER_VERSION 3u
#define ESE_HEADER_COLLATION 64

enum ese_header_state {
    ESE_STATE_NEW = JET_dbstateJustCreated,         /* a create that has not ended: there is nothing in it to keep */
    ESE_STATE_DIRTY = JET_dbstateDirtyShutdown,
    ESE_STATE_CLEAN = JET_dbstateCleanShutdown,
};

enum ese_header_field {
    ESE_HEADER_FIELD_MAGIC = ESE_PAGE_BODY,
    ESE_HEADER_FIELD_VERSION = ESE_PAGE_BODY + 4,
    ESE_HEADER_FIELD_PAGE_SIZE = ESE_PAGE_BODY + 8,
    ESE_HEADER_FIELD_STATE = ESE_PAGE_BODY + 12,
    ESE_HEADER_FIELD_SIGNATURE = ESE_PAGE_BODY + 16, /* JET_SIGNATURE, 28 bytes */
    ESE_HEADER_FIELD_LOG_SIGNATURE = ESE_PAGE_BODY + 44,
    ESE_HEADER_FIELD_GEN_MIN = ESE_PAGE_BODY + 72,
    ESE_HEADER_FIELD_GEN_MAX = ESE_PAGE_BODY + 76,
    ESE_HEADER_FIELD_GEN_MAX_TIME = ESE_PAGE_BODY + 80, /* JET_LOGTIME, 8 bytes */
    ESE_HEADER_FIELD_CONSISTENT = ESE_PAGE_BODY + 88,   /* an ese_lsn, then a JET_LOGTIME; so are the next two */
    ESE_HEADER_FIELD_ATTACH = ESE_PAGE_BODY + 104,
    ESE_HEADER_FIELD_DETACH = ESE_PAGE_BODY + 120,
    ESE_HEADER_FIELD_COLLATION = ESE_PAGE_BODY + 136,
    ESE_HEADER_FIELD_BACKUPS = ESE_PAGE_BODY + 200,  /* five JET_BKINFO, 24 bytes each */
    ESE_HEADER_FIELD_COPIED = ESE_PAGE_BODY + 320,  /* of a backup's copy: pages, 4 bytes */
    ESE_HEADER_FIELD_ORIGIN = ESE_PAGE_BODY + 324,  /* of a backup's copy: path of the original, NUL-terminated */
};

struct ese_header_event { ese_lsn position; JET_LOGTIME time; }; /* all zero: never happened */

struct ese_header {
    uint32_t page_size;
    uint32_t state;                                 /* enum ese_header_state */
    JET_SIGNATURE signature;
    JET_SIGNATURE log_signature;                    /* of the log that had it last; zero: none */
    uint32_t gen_min, gen_max;                      /* generations of the log a recovery needs; 0 when clean or unlogged */
    JET_LOGTIME gen_max_time;                       /* when gen_max became what it is */
    struct ese_header_event consistent, attach, detach;
    char collation[ESE_HEADER_COLLATION];           /* what sorts its text, NUL-terminated */
    JET_BKINFO full, incremental;                   /* the last backups of it that were completed; genLow 0: none */
    JET_BKINFO full_copy, differential;             /* the last snapshots of it that count for no later backup */
    JET_BKINFO copy;                                /* only in the copy a backup made: which one, and the first log it needs */
    uint32_t copied;                                /* pages that such a copy has */
};

/* Copies that are sound, bits. */
#define ESE_HEADER_MAIN 1u
#define ESE_HEADER_SHADOW 2u

/* Reads the header of any page size, from the shadow when the main copy is damaged. *sound (may be NULL): which copies
 * are in order. Neither: JET_errDatabaseCorrupted (damaged, or not a database of this engine).
 * JET_errInvalidDatabaseVersion. */
JET_ERR ese_header_read(struct ese_file *file, struct ese_header *header, unsigned *sound);

/* Writes both copies, a damaged one first, each synced before the next is touched. *sound says afterwards which copies can
 * be relied on, also on failure. */
JET_ERR ese_header_write(struct ese_file *file, const struct ese_header *header, unsigned *sound);
/* The bytes of copy `number` (0 or 1) of the header: page_size of them. origin: the path of what this is a copy of, or NULL;
 * one that has no room is left out. */
void ese_header_image(const struct ese_header *header, uint32_t number, const char *origin, unsigned char *page);
/* That path, to be freed; NULL: there is none. */
JET_ERR ese_header_origin(struct ese_file *file, uint32_t page_size, char **origin);
/* The same without syncs, for a file that nobody would miss. */
JET_ERR ese_header_write_new(struct ese_file *file, const struct ese_header *header);

void ese_header_new_signature(JET_SIGNATURE *signature);
bool ese_signature_same(const JET_SIGNATURE *a, const JET_SIGNATURE *b);
void ese_header_now(JET_LOGTIME *time);             /* UTC */

#endif
