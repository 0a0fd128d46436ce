/* Reading a log back. */
#include "engine/log/reader.h"

#define RECORD_MOST (1u << 30)

static bool same_signature(const JET_SIGNATURE *a, const JET_SIGNATURE *b)
{
    return memcmp(a, b, 28) == 0;
}

static JET_ERR open_generation(const struct ese_log_names *names, const struct ese_log_survey *survey,
                               uint32_t generation, uint32_t last, struct ese_file **file)
{
    JET_ERR err = JET_errFileNotFound;
    if (generation == last) {
        err = ese_log_file_open(names, ESE_LOG_CURRENT, 0, ESE_FILE_READ_ONLY, file);
    } else {
        bool listed = false;
        for (uint32_t i = 0; i < survey->count; i++) {
            listed = listed || survey->generation[i] == generation;
        }
        if (listed) {
            err = ese_log_file_open(names, ESE_LOG_CLOSED, generation, ESE_FILE_READ_ONLY, file);
        }
    }
    return err == JET_errFileNotFound ? JET_errMissingLogFile : err;
}

JET_ERR ese_log_header_of(const struct ese_log_names *names, const struct ese_log_survey *survey, uint32_t generation,
                          uint32_t last, struct ese_log_header *header)
{
    struct ese_file *file;
    JET_ERR err = open_generation(names, survey, generation, last, &file);
    if (err == JET_errSuccess) {
        err = ese_log_header_read(file, header);
        ese_file_close(file);
    }
    return err;
}

/* The whole file of a generation. */
static JET_ERR load(struct ese_log_reader *reader, uint32_t generation)
{
    struct ese_file *file;
    struct ese_log_header header;
    uint64_t size = 0;
    JET_ERR err = open_generation(reader->names, reader->survey, generation, reader->last_generation, &file);
    if (err != JET_errSuccess) {
        return err;
    }
    err = ese_log_header_read(file, &header);
    if (err == JET_errSuccess) {
        ese_log_entries_clear(reader->header.database);
        reader->header = header;
        err = ese_file_size(file, &size);
    }
    if (err == JET_errSuccess && header.generation != generation) {
        err = JET_errInvalidLogSequence;
    }
    if (err == JET_errSuccess && size > 0x7FFFFFFFu) {
        err = JET_errLogFileCorrupt;
    }
    if (err == JET_errSuccess && (size != header.file_size || (reader->file_size != 0 && size != reader->file_size))) {
        err = JET_errLogFileSizeMismatch;
    }
    if (err == JET_errSuccess) {
        ese_free(reader->bytes);
        reader->closed = false;
        reader->bytes = ese_alloc((size_t)size);
        err = reader->bytes != NULL ? ese_file_read(file, 0, reader->bytes, (size_t)size) : JET_errOutOfMemory;
        reader->size = reader->file_size = (uint32_t)size;
    }
    ese_file_close(file);
    return err;
}

/* On to the next file, which must say that it follows this one's end. */
static JET_ERR next_file(struct ese_log_reader *reader)
{
    ese_lsn end = reader->end;
    uint32_t checksum = reader->checksum;
    bool first = reader->bytes == NULL;
    uint32_t generation = reader->next_generation++;
    JET_ERR err = load(reader, generation);
    if (err != JET_errSuccess) {
        return err;
    }
    if (first) {
        reader->signature = reader->header.signature;
    } else if (!same_signature(&reader->signature, &reader->header.signature)) {
        return JET_errBadLogSignature;
    } else if (reader->header.previous_end != end) {
        /* Ours ended early: something in it cannot be read; or the other is not its successor. */
        return reader->header.previous_end > end && ese_lsn_generation(reader->header.previous_end) == generation - 1
                   ? JET_errLogFileCorrupt : JET_errInvalidLogSequence;
    } else if (reader->header.previous_checksum != checksum) {
        return JET_errInvalidLogSequence;
    }
    reader->offset = reader->header.size;
    reader->checksum = reader->header.checksum;
    reader->last_chunk = 0;
    reader->commits = reader->commits > reader->header.commits ? reader->commits : reader->header.commits;
    reader->end = ese_lsn_make(generation, reader->header.size);
    return JET_errSuccess;
}

/* Nothing can be read at the offset. That is the end, unless a later chunk says this one was durable. */
static JET_ERR check_tail(const struct ese_log_reader *reader)
{
    for (uint32_t at = reader->offset; at + ESE_CHUNK_HEADER <= reader->size; at += ESE_LOG_SECTOR) {
        struct ese_chunk_header header;
        uint32_t checksum;
        if (ese_get32(reader->bytes + at) == ESE_CHUNK_MAGIC &&
            ese_chunk_open(reader->bytes + at, reader->size - at, ese_lsn_make(reader->header.generation, at),
                           reader->signature.ulRandom, &header, &checksum) &&
            header.durable > reader->end) {
            return JET_errLogFileCorrupt;
        }
    }
    return JET_errSuccess;
}

/* The next chunk; JET_errNoCurrentRecord at the end. */
static JET_ERR next_chunk(struct ese_log_reader *reader)
{
    for (;;) {
        struct ese_chunk_header header;
        uint32_t checksum, generation = reader->header.generation;
        if (reader->bytes != NULL && !reader->closed && reader->offset < reader->size &&
            ese_chunk_open(reader->bytes + reader->offset, reader->size - reader->offset,
                           ese_lsn_make(generation, reader->offset), reader->signature.ulRandom, &header, &checksum) &&
            header.previous == reader->checksum) {
            if (header.length == 0) {
                reader->checksum = checksum;
                reader->closed = true;
                continue;
            }
            reader->chunk = reader->bytes + reader->offset + ESE_CHUNK_HEADER;
            reader->chunk_header = header;
            reader->at = 0;
            reader->checksum = checksum;
            reader->last_chunk = header.lsn;
            reader->end = header.lsn + ESE_CHUNK_HEADER + header.length;
            reader->offset += ese_log_round(ESE_CHUNK_HEADER + header.length);
            return JET_errSuccess;
        }
        if (reader->next_generation > reader->last_generation) {
            JET_ERR err = check_tail(reader);
            return err == JET_errSuccess ? JET_errNoCurrentRecord : err;
        }
        JET_ERR err = next_file(reader);
        if (err != JET_errSuccess) {
            return err;
        }
    }
}

JET_ERR ese_log_reader_open(struct ese_log_reader *reader, const struct ese_log_names *names,
                            struct ese_log_survey *survey, uint32_t first, uint32_t last)
{
    memset(reader, 0, sizeof *reader);
    reader->names = names;
    reader->survey = survey;
    reader->next_generation = first;
    reader->last_generation = last;
    JET_ERR err = next_file(reader);
    if (err != JET_errSuccess) {
        ese_log_reader_close(reader);
    }
    return err;
}

void ese_log_reader_close(struct ese_log_reader *reader)
{
    ese_log_entries_clear(reader->header.database);
    ese_free(reader->bytes);
    ese_free(reader->record);
    reader->bytes = reader->record = NULL;
}

/* Adds up to `wanted` bytes of the present chunk to the record. */
static JET_ERR gather(struct ese_log_reader *reader, uint32_t wanted)
{
    uint32_t left = reader->chunk_header.length - reader->at;
    uint32_t part = wanted < left ? wanted : left;
    if (reader->record_size + part > reader->record_room) {
        uint32_t room = (reader->record_size + part) * 2 + 4096;
        unsigned char *longer = ese_realloc(reader->record, room);
        if (longer == NULL) {
            return JET_errOutOfMemory;
        }
        reader->record = longer;
        reader->record_room = room;
    }
    memcpy(reader->record + reader->record_size, reader->chunk + reader->at, part);
    reader->record_size += part;
    reader->at += part;
    return JET_errSuccess;
}

/* To the next chunk in the middle of a record of which `missing` bytes are still to come. *cut: the record has no end. */
static JET_ERR go_on(struct ese_log_reader *reader, uint32_t missing, bool *cut)
{
    JET_ERR err = next_chunk(reader);
    if (err == JET_errSuccess) {
        *cut = reader->chunk_header.first != ESE_CHUNK_NO_RECORD && reader->chunk_header.first < missing;
    }
    return err;
}

JET_ERR ese_log_reader_next(struct ese_log_reader *reader, struct ese_log_read *read)
{
    for (;;) {
        JET_ERR err;
        if (reader->chunk == NULL || reader->at >= reader->chunk_header.length || !reader->aligned) {
            bool behind = reader->chunk != NULL && reader->aligned;
            err = next_chunk(reader);
            if (err != JET_errSuccess) {
                return err;
            }
            if (reader->chunk_header.first == ESE_CHUNK_NO_RECORD) {
                reader->aligned = false;
                continue;
            }
            if (behind && reader->chunk_header.first != 0) {
                return JET_errLogFileCorrupt;
            }
            reader->at = reader->chunk_header.first;
            reader->aligned = true;
        }
        reader->record_size = 0;
        read->start = reader->chunk_header.lsn + ESE_CHUNK_HEADER + reader->at;
        uint32_t size = ESE_RECORD_HEADER;
        bool cut = false;
        while (reader->record_size < size && !cut) {
            if (reader->at == reader->chunk_header.length) {
                err = go_on(reader, size - reader->record_size, &cut);
                if (err != JET_errSuccess) {
                    return err;                     /* at the end: the record is not whole */
                }
                continue;
            }
            err = gather(reader, size - reader->record_size);
            if (err != JET_errSuccess) {
                return err;
            }
            if (reader->record_size == ESE_RECORD_HEADER && size == ESE_RECORD_HEADER) {
                size = ese_get32(reader->record);
                if (size < ESE_RECORD_HEADER || size > RECORD_MOST) {
                    return JET_errLogFileCorrupt;
                }
            }
        }
        if (cut) {
            reader->at = reader->chunk_header.first;
            continue;                               /* a former end of the log; another life began here */
        }
        read->bytes = reader->record;
        read->size = size;
        read->kind = (enum ese_record_kind)reader->record[4];
        read->end = reader->chunk_header.lsn + ESE_CHUNK_HEADER + reader->at;
        if (read->kind == ESE_RECORD_COMMIT && read->size == ESE_RECORD_HEADER + 16) {
            reader->commits = ese_get64(read->bytes + ESE_RECORD_HEADER + 8);
        }
        if (read->kind == 0 || read->kind >= ESE_RECORD_KINDS) {
            return JET_errLogFileCorrupt;
        }
        return JET_errSuccess;
    }
}

void ese_log_reader_tail(const struct ese_log_reader *reader, struct ese_log_tail *tail)
{
    tail->generation = reader->header.generation;
    tail->end = reader->end;
    tail->checksum = reader->checksum;
    tail->created = reader->header.created;
    tail->commits = reader->commits;
    tail->last_chunk = reader->last_chunk;
    tail->checkpoint_number = 0;
    tail->checkpoint_place = 0;
    tail->closed = reader->closed || reader->offset >= reader->size;
}
