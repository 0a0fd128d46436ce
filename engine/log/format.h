/*
 * How the log lies in its files. For engine/log and its tests only. Integers are little-endian and unaligned.
 *
 * A file of a generation is a header, rounded up to whole sectors, then chunks. A chunk is what one write brought; it
 * begins at a sector and never touches bytes that an earlier one made durable. The payloads of the chunks, one
 * after another and from file to file, are one stream of records; records may span chunks and files.
 *
 * Header
 *   offset size
 *        0    4  magic
 *        4    4  checksum of the rest of the header
 *        8    4  version
 *       12    4  size of the header, a multiple of the sector
 *       16    4  size of the file
 *       20    4  generation
 *       24    8  end of the generation before (position), 0: there is none
 *       32    4  checksum of the last chunk of the generation before
 *       36    4  database page size
 *       40   28  signature of the log, a JET_SIGNATURE
 *       68    8  when the file was begun, a JET_LOGTIME
 *       76    8  when the one before was
 *       84    8  number of the last commit before
 *       92    4  databases attached when the file was begun
 *       96       these: id 4, page size 4, most pages 4, signature 28, length of the path 2, path
 *
 * Chunk
 *        0    4  magic
 *        4    4  checksum of the rest of the chunk
 *        8    8  its own position
 *       16    4  length of the payload
 *       20    4  offset in the payload where the first record begins, all ones: none begins here
 *       24    4  first number of the signature
 *       28    4  checksum of the chunk before, so that a leftover of a former life is not taken for its successor; in the
 *                first chunk of a file that of the header
 *       32    8  everything up to this position was durable when the chunk was written
 *       40    8  zero
 *       48       payload
 *
 * A chunk without a payload, in the sector behind the last one with, says that the file ends here; a file without such a sector
 * is full. Closed files have one or the other, so that a damaged end can be told from one that was never written.
 *
 * Record: size 4 (all of it), kind 1, then by kind; see enum ese_record_kind.
 *
 * The checkpoint file holds two copies, one sector each; the one with the greater number counts. A new one is written to
 * where the other is than the newest that is known to be on the disk.
 *        0    4  magic
 *        4    4  checksum of the rest of the sector
 *        8    4  version
 *       12    4  1: the log was closed cleanly at `end`
 *       16    8  number of the copy, grows
 *       24    8  checkpoint
 *       32    8  end of the log when the copy was written
 *       40   28  signature of the log
 *       68    8  position of the last chunk, 0: the file has none
 *       76    8  number of the last commit
 */
#ifndef ESE_LOG_FORMAT_H
#define ESE_LOG_FORMAT_H

#include "engine/cache/page.h"
#include "engine/log/log.h"

#define ESE_LOG_SECTOR 512u
#define ESE_LOG_MAGIC 0x4C455345u                   /* "ESEL" */
#define ESE_LOG_VERSION 1u
#define ESE_CHUNK_MAGIC 0x43455345u                 /* "ESEC" */
#define ESE_CHECKPOINT_MAGIC 0x4B455345u            /* "ESEK" */
#define ESE_CHUNK_HEADER 48u
#define ESE_CHUNK_NO_RECORD 0xFFFFFFFFu
#define ESE_LOG_HEADER_FIXED 96u
#define ESE_LOG_DATABASES 6u

enum ese_record_kind {
    ESE_RECORD_CHANGE = 1,                          /* see below */
    ESE_RECORD_COMMIT,                              /* transaction 8, number of the commit 8 */
    ESE_RECORD_ROLLBACK,                            /* transaction 8 */
    ESE_RECORD_CREATE,                              /* a database as in the file header */
    ESE_RECORD_ATTACH,                              /* the same */
    ESE_RECORD_DETACH,                              /* id 4 */
    ESE_RECORD_END,                                 /* the log was closed cleanly */
    ESE_RECORD_KINDS,
};

#define ESE_RECORD_HEADER 5u

/* ESE_RECORD_CHANGE, fixed part; then key, data before, pages. */
enum ese_change_field {
    ESE_CHANGE_DATABASE = 5,                        /* 1 byte */
    ESE_CHANGE_UNDO = 6,                            /* 1, enum ese_log_undo_kind */
    ESE_CHANGE_REVIVED = 7,                         /* 1 */
    ESE_CHANGE_PAGES = 8,                           /* 4 */
    ESE_CHANGE_TRANSACTION = 12,                    /* 8 */
    ESE_CHANGE_ROOT = 20,                           /* 4 */
    ESE_CHANGE_KEY_SIZE = 24,                       /* 4 */
    ESE_CHANGE_BEFORE_SIZE = 28,                    /* 4 */
    ESE_CHANGE_FIXED = 32,
};

/* A page of a change: number 4, position of the group before 8 (0 for an image), count of pieces 2 (all ones: an image), then
 * pieces: offset 2, size 2, bytes; an image has at most two pieces, the rest is zero. */
#define ESE_PAGE_CHANGE_HEADER 14u
#define ESE_PAGE_CHANGE_IMAGE 0x8000u               /* flag in the count of pieces */

static inline uint32_t ese_log_round(uint32_t bytes)
{
    return (bytes + ESE_LOG_SECTOR - 1) / ESE_LOG_SECTOR * ESE_LOG_SECTOR;
}

static inline ese_lsn ese_lsn_make(uint32_t generation, uint32_t offset)
{
    return (ese_lsn)generation << 32 | offset;
}

static inline uint32_t ese_lsn_offset(ese_lsn lsn)
{
    return (uint32_t)lsn;
}

/* ---- format.c -------------------------------------------------------------------------------------------- */

struct ese_log_entry {                              /* a database as the log knows it */
    uint32_t id;                                    /* 0: none */
    char *path;
    JET_SIGNATURE signature;
    uint32_t page_size, max_pages;
};

struct ese_log_header {
    uint32_t size, file_size, generation, page_size;
    ese_lsn previous_end;
    uint32_t previous_checksum, checksum;
    JET_SIGNATURE signature;
    JET_LOGTIME created, previous_created;
    uint64_t commits;
    struct ese_log_entry database[ESE_LOG_DATABASES]; /* by id - 1 */
};

JET_ERR ese_log_entry_set(struct ese_log_entry *entry, const struct ese_log_database *database);
void ese_log_entry_clear(struct ese_log_entry *entry);
void ese_log_entries_clear(struct ese_log_entry *entries);
struct ese_log_database ese_log_entry_view(const struct ese_log_entry *entry);

/* Size and bytes of a database entry; decode allocates the path and returns the bytes it took, 0: damaged. */
uint32_t ese_log_entry_size(const struct ese_log_database *database);
void ese_log_entry_encode(const struct ese_log_database *database, unsigned char *to);
uint32_t ese_log_entry_decode(const unsigned char *from, uint32_t size, struct ese_log_entry *entry, JET_ERR *err);

/* The header in a fresh buffer of header->size bytes (set here), without previous_checksum and checksum, which
 * ese_log_header_seal adds. */
JET_ERR ese_log_header_encode(struct ese_log_header *header, unsigned char **bytes);
uint32_t ese_log_header_seal(unsigned char *bytes, uint32_t size, uint32_t previous_checksum);
/* JET_errLogFileCorrupt (damaged), JET_errBadLogVersion. The entries' paths are the caller's. */
JET_ERR ese_log_header_decode(const unsigned char *bytes, uint32_t size, struct ese_log_header *header);

/* Fills in the header of a chunk whose payload lies behind it; *checksum is its own. */
struct ese_chunk_header {
    ese_lsn lsn, durable;
    uint32_t length, first, signature, previous;
};
uint32_t ese_chunk_seal(unsigned char *chunk, const struct ese_chunk_header *header);
/* The bytes, of which there are `room`, begin with an intact chunk at that position. */
bool ese_chunk_open(const unsigned char *bytes, uint32_t room, ese_lsn lsn, uint32_t signature,
                    struct ese_chunk_header *header, uint32_t *checksum);

struct ese_checkpoint {
    uint64_t number;
    ese_lsn redo_from, end, last_chunk;
    uint64_t commits;
    bool clean;
    JET_SIGNATURE signature;
    unsigned place;                                 /* which of the two copies; not part of the bytes */
};
void ese_checkpoint_encode(const struct ese_checkpoint *checkpoint, unsigned char *sector);
bool ese_checkpoint_decode(const unsigned char *sector, struct ese_checkpoint *checkpoint);

/* ---- record.c -------------------------------------------------------------------------------------------- */

/* A record made ready: bytes lies in small or in memory of its own. */
struct ese_record {
    unsigned char *bytes;
    uint32_t size;
    unsigned char small[3 * 4096];                  /* changes of two pages of the usual size: no allocation */
};
void ese_record_free(struct ese_record *record);
JET_ERR ese_record_change(struct ese_record *record, const struct ese_log_change *change);
void ese_record_transaction(struct ese_record *record, enum ese_record_kind kind, uint64_t transaction, uint64_t commit);
JET_ERR ese_record_database(struct ese_record *record, enum ese_record_kind kind,
                            const struct ese_log_database *database);
void ese_record_detach(struct ese_record *record, uint32_t id);
void ese_record_end(struct ese_record *record);

/* A change record taken apart. Pointers lead into the record. */
struct ese_change_view {
    uint32_t database, pages;
    struct ese_log_undo undo;
    const unsigned char *page_bytes, *end;
};
bool ese_record_view_change(const unsigned char *bytes, uint32_t size, struct ese_change_view *view);

struct ese_page_view {
    uint32_t page, pieces;
    ese_lsn before;
    bool image;
    const unsigned char *piece;
};
/* The next page of the view, which advances; checks that all pieces fit a page. */
bool ese_record_next_page(struct ese_change_view *view, uint32_t page_size, struct ese_page_view *page);
void ese_page_view_apply(const struct ese_page_view *view, unsigned char *page, uint32_t page_size);

#endif
