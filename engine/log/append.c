/* Records into chunks, in memory. */
#include "engine/log/internal.h"

#define LEAST_PAYLOAD 64u                           /* no chunk is begun at the end of a file for less */
#define SPARE_MOST 4u
#define NEED 4u                                     /* times the bytes that may be unwritten, for those with locks */

static _Thread_local struct ese_log_counts counts;

struct ese_log_counts ese_log_thread_counts(void)
{
    return counts;
}

void ese_chunks_free(struct ese_chunk *list)
{
    while (list != NULL) {
        struct ese_chunk *next = list->next;
        ese_free(list);
        list = next;
    }
}

JET_ERR ese_log_remake_header(struct ese_log *log)
{
    unsigned char *bytes;
    JET_ERR err = ese_log_header_encode(&log->next, &bytes);
    if (err == JET_errSuccess && log->next.size > log->chunk_room / 2) {
        ese_free(bytes);
        err = JET_errInvalidPath;                   /* paths of thousands of bytes */
    }
    if (err == JET_errSuccess) {
        ese_free(log->header);
        log->header = bytes;
        log->header_size = log->next.size;
    }
    return err;
}

/* Takes a spare chunk and begins it behind everything. */
static struct ese_chunk *open_chunk(struct ese_log *log)
{
    struct ese_chunk *chunk = log->spare;
    ese_lsn end = log->end;
    uint32_t generation = ese_lsn_generation(end), offset = ese_log_round(ese_lsn_offset(end));
    log->spare = chunk->next;
    log->spares--;
    chunk->next = NULL;
    chunk->used = 0;
    chunk->first = ESE_CHUNK_NO_RECORD;
    chunk->file_header = 0;
    chunk->commits = 0;
    if (log->force_generation || offset + ESE_CHUNK_HEADER + LEAST_PAYLOAD > log->file_size) {
        log->force_generation = false;
        generation++;
        offset = log->header_size;
        chunk->file_header = log->header_size;
        memcpy(chunk->bytes, log->header, log->header_size);
        ese_put32(chunk->bytes + 20, generation);
        ese_put64(chunk->bytes + 24, end);
        ese_put64(chunk->bytes + 84, log->commits);
    }
    uint32_t memory = log->chunk_room - chunk->file_header - ESE_CHUNK_HEADER;
    uint32_t file = log->file_size - offset - ESE_CHUNK_HEADER;
    chunk->lsn = ese_lsn_make(generation, offset);
    chunk->room = memory < file ? memory : file;
    log->open = chunk;
    return chunk;
}

void ese_log_close_chunk(struct ese_log *log)
{
    struct ese_chunk *chunk = log->open;
    if (chunk == NULL) {
        return;
    }
    log->open = NULL;
    log->waiting_bytes += ESE_CHUNK_HEADER + chunk->used;
    if (log->last != NULL) {
        log->last->next = chunk;
    } else {
        log->first = chunk;
    }
    log->last = chunk;
}

/* Memory for all chunks that so many bytes may need, so that putting them in cannot fail half-way. */
static JET_ERR provide(struct ese_log *log, uint32_t size)
{
    uint32_t left = log->open != NULL ? log->open->room - log->open->used : 0;
    if (size < left) {
        return JET_errSuccess;
    }
    uint32_t least = log->chunk_room / 2 - ESE_CHUNK_HEADER; /* the first one in a file also holds its header */
    uint32_t wanted = size / least + 2 * (size / (log->file_size / 2) + 1) + 1;
    while (log->spares < wanted) {
        struct ese_chunk *made = ese_alloc(sizeof *made + ese_log_round(log->chunk_room));
        if (made == NULL) {
            return JET_errOutOfMemory;
        }
        made->next = log->spare;
        log->spare = made;
        log->spares++;
    }
    return JET_errSuccess;
}

JET_ERR ese_log_wait_for_room(struct ese_log *log, bool locked)
{
    uint64_t most = locked ? (uint64_t)NEED * log->chunk_room : log->chunk_room;
    JET_ERR err = log->failed;
    while (err == JET_errSuccess && log->waiting_bytes >= most) {
        err = ese_log_write_to(log, log->last->lsn + ESE_CHUNK_HEADER + log->last->used, false);
    }
    return err;
}

JET_ERR ese_log_append(struct ese_log *log, const unsigned char *bytes, uint32_t size, ese_lsn *position)
{
    JET_ERR err = ese_log_wait_for_room(log, true);
    if (err == JET_errSuccess && ese_lsn_generation(log->end) >= ESE_LOG_GENERATION_MAX - 1024) {
        err = JET_errLogSequenceEnd;
    }
    if (err == JET_errSuccess) {
        err = provide(log, size);
    }
    if (err != JET_errSuccess) {
        return err;
    }
    bool begun = false;
    ese_lsn end = log->end;
    counts.records++;
    counts.bytes += size;
    while (size != 0) {
        struct ese_chunk *chunk = log->open != NULL ? log->open : open_chunk(log);
        uint32_t part = chunk->room - chunk->used;
        part = size < part ? size : part;
        if (!begun && chunk->first == ESE_CHUNK_NO_RECORD) {
            chunk->first = chunk->used;
        }
        begun = true;
        memcpy(chunk->bytes + chunk->file_header + ESE_CHUNK_HEADER + chunk->used, bytes, part);
        chunk->used += part;
        bytes += part;
        size -= part;
        end = chunk->lsn + ESE_CHUNK_HEADER + chunk->used;
        log->end = end;
        if (chunk->used == chunk->room) {
            ese_log_close_chunk(log);
        }
    }
    while (log->spares > SPARE_MOST) {
        struct ese_chunk *extra = log->spare;
        log->spare = extra->next;
        log->spares--;
        ese_free(extra);
    }
    log->touched = true;
    *position = end;
    return JET_errSuccess;
}
