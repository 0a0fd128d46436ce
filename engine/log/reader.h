/* Reading a log from a generation to its end, record by record. For recovery and tests. */
#ifndef ESE_LOG_READER_H
#define ESE_LOG_READER_H

#include "engine/log/internal.h"

/* What is known to have been durable, and so must be found: beyond that a damaged chunk is a torn tail. */
struct ese_log_reader {
    const struct ese_log_names *names;
    struct ese_log_survey *survey;
    uint32_t page_size;
    bool any_page_size;                             /* do not compare it */
    JET_SIGNATURE signature;                        /* of the first file */

    struct ese_log_header header;                   /* of the present file */
    unsigned char *bytes;                           /* the present file */
    uint32_t size;
    uint32_t file_size;                             /* of all files; 0: none was read yet */
    uint32_t next_generation;                       /* to be loaded next; last_generation + 1: none */
    uint32_t last_generation;
    uint32_t offset;                                /* of the next chunk in the present file */
    uint32_t checksum;                              /* of the last chunk or the header */
    ese_lsn last_chunk;                             /* in the present file; 0: none yet */
    uint64_t commits;                               /* number of the last commit */
    ese_lsn end;                                    /* of the last chunk, or of the header */
    bool closed;                                    /* the present file says that it has no more */

    const unsigned char *chunk;                     /* payload of the present chunk */
    struct ese_chunk_header chunk_header;
    uint32_t at;                                    /* in the payload */
    bool aligned;                                   /* at is where a record begins */

    unsigned char *record;                          /* being put together */
    uint32_t record_size, record_room;
};

struct ese_log_read { ese_lsn start, end; enum ese_record_kind kind; const unsigned char *bytes; uint32_t size; };

/* Begins at generation `first`, of a folder whose current file has generation `last`. */
JET_ERR ese_log_reader_open(struct ese_log_reader *reader, const struct ese_log_names *names,
                            struct ese_log_survey *survey, uint32_t first, uint32_t last);
void ese_log_reader_close(struct ese_log_reader *reader);

/* The next record; JET_errNoCurrentRecord at the end, which is then reader->end. A record the end cuts is not there.
 * JET_errLogFileCorrupt, JET_errInvalidLogSequence, JET_errMissingLogFile, JET_errBadLogSignature, JET_errBadLogVersion,
 * JET_errLogFileSizeMismatch (a file has another size than its header or the files before it say). */
JET_ERR ese_log_reader_next(struct ese_log_reader *reader, struct ese_log_read *read);
void ese_log_reader_tail(const struct ese_log_reader *reader, struct ese_log_tail *tail); /* at the end */

/* Header of a generation, wherever its file is. */
JET_ERR ese_log_header_of(const struct ese_log_names *names, const struct ese_log_survey *survey, uint32_t generation,
                          uint32_t last, struct ese_log_header *header);

#endif
