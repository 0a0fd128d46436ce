/* Headers of log files, of chunks, and the checkpoint: to bytes and back. */
#include "engine/log/format.h"

#include "engine/os/os.h"

#define ENTRY_FIXED 42u
#define SEED 0x4C6F4721u                            /* no run of zeros has a checksum of zero */

static uint32_t checksum(const unsigned char *bytes, uint32_t size)
{
    return ese_crc32c(SEED, bytes + 8, size - 8);
}

/* ---- databases ------------------------------------------------------------------------------------------- */

JET_ERR ese_log_entry_set(struct ese_log_entry *entry, const struct ese_log_database *database)
{
    char *path = ese_strdup(database->path);
    if (path == NULL) {
        return JET_errOutOfMemory;
    }
    ese_log_entry_clear(entry);
    *entry = (struct ese_log_entry){ database->id, path, database->signature, database->page_size,
                                     database->max_pages };
    return JET_errSuccess;
}

void ese_log_entry_clear(struct ese_log_entry *entry)
{
    ese_free(entry->path);
    memset(entry, 0, sizeof *entry);
}

void ese_log_entries_clear(struct ese_log_entry *entries)
{
    for (unsigned i = 0; i < ESE_LOG_DATABASES; i++) {
        ese_log_entry_clear(&entries[i]);
    }
}

struct ese_log_database ese_log_entry_view(const struct ese_log_entry *entry)
{
    return (struct ese_log_database){ entry->id, entry->path, entry->signature, entry->page_size, entry->max_pages };
}

uint32_t ese_log_entry_size(const struct ese_log_database *database)
{
    return ENTRY_FIXED + (uint32_t)strlen(database->path);
}

void ese_log_entry_encode(const struct ese_log_database *database, unsigned char *to)
{
    size_t length = strlen(database->path);
    ese_put32(to, database->id);
    ese_put32(to + 4, database->page_size);
    ese_put32(to + 8, database->max_pages);
    memcpy(to + 12, &database->signature, 28);
    ese_put16(to + 40, (uint16_t)length);
    memcpy(to + ENTRY_FIXED, database->path, length);
}

uint32_t ese_log_entry_decode(const unsigned char *from, uint32_t size, struct ese_log_entry *entry, JET_ERR *err)
{
    *err = JET_errLogFileCorrupt;
    uint32_t length = size >= ENTRY_FIXED ? ese_get16(from + 40) : 0;
    if (length == 0 || length > size - ENTRY_FIXED || memchr(from + ENTRY_FIXED, 0, length) != NULL) {
        return 0;
    }
    memset(entry, 0, sizeof *entry);
    entry->id = ese_get32(from);
    entry->page_size = ese_get32(from + 4);
    entry->max_pages = ese_get32(from + 8);
    memcpy(&entry->signature, from + 12, 28);
    if (entry->id == 0 || entry->id > ESE_LOG_DATABASES || !ese_page_size_is_valid(entry->page_size)) {
        return 0;
    }
    entry->path = ese_alloc(length + 1);
    if (entry->path == NULL) {
        *err = JET_errOutOfMemory;
        return 0;
    }
    memcpy(entry->path, from + ENTRY_FIXED, length);
    entry->path[length] = '\0';
    *err = JET_errSuccess;
    return ENTRY_FIXED + length;
}

/* ---- file header ----------------------------------------------------------------------------------------- */

JET_ERR ese_log_header_encode(struct ese_log_header *header, unsigned char **bytes)
{
    uint32_t size = ESE_LOG_HEADER_FIXED, count = 0;
    for (unsigned i = 0; i < ESE_LOG_DATABASES; i++) {
        if (header->database[i].id != 0) {
            struct ese_log_database view = ese_log_entry_view(&header->database[i]);
            size += ese_log_entry_size(&view);
            count++;
        }
    }
    header->size = ese_log_round(size);
    unsigned char *out = ese_calloc(1, header->size);
    if (out == NULL) {
        return JET_errOutOfMemory;
    }
    ese_put32(out, ESE_LOG_MAGIC);
    ese_put32(out + 8, ESE_LOG_VERSION);
    ese_put32(out + 12, header->size);
    ese_put32(out + 16, header->file_size);
    ese_put32(out + 20, header->generation);
    ese_put64(out + 24, header->previous_end);
    ese_put32(out + 36, header->page_size);
    memcpy(out + 40, &header->signature, 28);
    memcpy(out + 68, &header->created, 8);
    memcpy(out + 76, &header->previous_created, 8);
    ese_put64(out + 84, header->commits);
    ese_put32(out + 92, count);
    unsigned char *at = out + ESE_LOG_HEADER_FIXED;
    for (unsigned i = 0; i < ESE_LOG_DATABASES; i++) {
        if (header->database[i].id != 0) {
            struct ese_log_database view = ese_log_entry_view(&header->database[i]);
            ese_log_entry_encode(&view, at);
            at += ese_log_entry_size(&view);
        }
    }
    *bytes = out;
    return JET_errSuccess;
}

uint32_t ese_log_header_seal(unsigned char *bytes, uint32_t size, uint32_t previous_checksum)
{
    ese_put32(bytes + 32, previous_checksum);
    uint32_t own = checksum(bytes, size);
    ese_put32(bytes + 4, own);
    return own;
}

JET_ERR ese_log_header_decode(const unsigned char *bytes, uint32_t size, struct ese_log_header *header)
{
    memset(header, 0, sizeof *header);
    if (size < ESE_LOG_SECTOR || ese_get32(bytes) != ESE_LOG_MAGIC) {
        return JET_errLogFileCorrupt;
    }
    uint32_t own = ese_get32(bytes + 12);
    bool intact = own >= ESE_LOG_SECTOR && own <= size && own % ESE_LOG_SECTOR == 0 &&
                  checksum(bytes, own) == ese_get32(bytes + 4);
    if (!intact) {
        return JET_errLogFileCorrupt;
    }
    if (ese_get32(bytes + 8) != ESE_LOG_VERSION) {
        return JET_errBadLogVersion;
    }
    header->checksum = ese_get32(bytes + 4);
    header->size = own;
    header->file_size = ese_get32(bytes + 16);
    header->generation = ese_get32(bytes + 20);
    header->previous_end = ese_get64(bytes + 24);
    header->previous_checksum = ese_get32(bytes + 32);
    header->page_size = ese_get32(bytes + 36);
    memcpy(&header->signature, bytes + 40, 28);
    memcpy(&header->created, bytes + 68, 8);
    memcpy(&header->previous_created, bytes + 76, 8);
    header->commits = ese_get64(bytes + 84);
    uint32_t count = ese_get32(bytes + 92), at = ESE_LOG_HEADER_FIXED;
    JET_ERR err = header->generation != 0 && header->file_size > own && header->file_size % ESE_LOG_SECTOR == 0 &&
                          ese_page_size_is_valid(header->page_size) && count <= ESE_LOG_DATABASES
                      ? JET_errSuccess : JET_errLogFileCorrupt;
    for (uint32_t i = 0; i < count && err == JET_errSuccess; i++) {
        struct ese_log_entry entry;
        at += ese_log_entry_decode(bytes + at, own - at, &entry, &err);
        if (err == JET_errSuccess && header->database[entry.id - 1].id != 0) {
            ese_log_entry_clear(&entry);
            err = JET_errLogFileCorrupt;
        } else if (err == JET_errSuccess) {
            header->database[entry.id - 1] = entry;
        }
    }
    if (err != JET_errSuccess) {
        ese_log_entries_clear(header->database);
    }
    return err;
}

/* ---- chunk ----------------------------------------------------------------------------------------------- */

uint32_t ese_chunk_seal(unsigned char *chunk, const struct ese_chunk_header *header)
{
    memset(chunk, 0, ESE_CHUNK_HEADER);
    ese_put32(chunk, ESE_CHUNK_MAGIC);
    ese_put64(chunk + 8, header->lsn);
    ese_put32(chunk + 16, header->length);
    ese_put32(chunk + 20, header->first);
    ese_put32(chunk + 24, header->signature);
    ese_put32(chunk + 28, header->previous);
    ese_put64(chunk + 32, header->durable);
    uint32_t own = checksum(chunk, ESE_CHUNK_HEADER + header->length);
    ese_put32(chunk + 4, own);
    return own;
}

bool ese_chunk_open(const unsigned char *bytes, uint32_t room, ese_lsn lsn, uint32_t signature,
                    struct ese_chunk_header *header, uint32_t *own)
{
    if (room < ESE_CHUNK_HEADER || ese_get32(bytes) != ESE_CHUNK_MAGIC || ese_get64(bytes + 8) != lsn ||
        ese_get32(bytes + 24) != signature) {
        return false;
    }
    *header = (struct ese_chunk_header){ lsn, ese_get64(bytes + 32), ese_get32(bytes + 16), ese_get32(bytes + 20),
                                         signature, ese_get32(bytes + 28) };
    *own = ese_get32(bytes + 4);
    return header->length <= room - ESE_CHUNK_HEADER &&
           (header->first < header->length || header->first == ESE_CHUNK_NO_RECORD) &&
           checksum(bytes, ESE_CHUNK_HEADER + header->length) == *own;
}

/* ---- checkpoint ------------------------------------------------------------------------------------------ */

void ese_checkpoint_encode(const struct ese_checkpoint *checkpoint, unsigned char *sector)
{
    memset(sector, 0, ESE_LOG_SECTOR);
    ese_put32(sector, ESE_CHECKPOINT_MAGIC);
    ese_put32(sector + 8, ESE_LOG_VERSION);
    ese_put32(sector + 12, checkpoint->clean);
    ese_put64(sector + 16, checkpoint->number);
    ese_put64(sector + 24, checkpoint->redo_from);
    ese_put64(sector + 32, checkpoint->end);
    memcpy(sector + 40, &checkpoint->signature, 28);
    ese_put64(sector + 68, checkpoint->last_chunk);
    ese_put64(sector + 76, checkpoint->commits);
    ese_put32(sector + 4, checksum(sector, ESE_LOG_SECTOR));
}

bool ese_checkpoint_decode(const unsigned char *sector, struct ese_checkpoint *checkpoint)
{
    if (ese_get32(sector) != ESE_CHECKPOINT_MAGIC || ese_get32(sector + 4) != checksum(sector, ESE_LOG_SECTOR) ||
        ese_get32(sector + 8) != ESE_LOG_VERSION) {
        return false;
    }
    checkpoint->clean = ese_get32(sector + 12) != 0;
    checkpoint->number = ese_get64(sector + 16);
    checkpoint->redo_from = ese_get64(sector + 24);
    checkpoint->end = ese_get64(sector + 32);
    memcpy(&checkpoint->signature, sector + 40, 28);
    checkpoint->last_chunk = ese_get64(sector + 68);
    checkpoint->commits = ese_get64(sector + 76);
    return true;
}

uint32_t ese_log_file_type(const unsigned char first[4])
{
    switch (ese_get32(first)) {
    case ESE_LOG_MAGIC: return JET_filetypeLog;
    case ESE_CHECKPOINT_MAGIC: return JET_filetypeCheckpoint;
    default: return JET_filetypeUnknown;
    }
}
