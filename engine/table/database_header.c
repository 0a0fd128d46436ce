/* The header of an attached database: when it changes, and what it says then. */
#include "engine/table/schema.h"

#include <stddef.h>

#define ESE_FIRST_PAGE 2u                           /* behind the header and its shadow */
#define REREADS 200u

/* header_lock held. What others go by, database->gen_max, follows when the file has it. */
static void set_gen_max(struct ese_database *database, uint32_t generation)
{
    database->header.gen_max = generation;
    ese_header_now(&database->header.gen_max_time);
}

/* header_lock held. */
static JET_ERR write_header(struct ese_database *database)
{
    JET_ERR err = ese_cache_file_enter(&database->file);
    if (err != JET_errSuccess) {
        return err;
    }
    err = ese_header_write(database->file.file, &database->header, &database->header_sound);
    ese_cache_file_leave(&database->file);
    if (err == JET_errSuccess) {
        database->gen_max = database->header.gen_max;
    }
    return err;
}

void ese_database_arrived(struct ese_database *database, ese_lsn before, ese_lsn position)
{
    struct ese_log *log = ese_store_log(database->store);
    struct ese_header *header = &database->header;
    ese_mutex_lock(&database->header_lock);
    JET_SIGNATURE former = header->log_signature;
    memset(&header->log_signature, 0, sizeof header->log_signature);
    if (log != NULL) {
        ese_log_signature(log, &header->log_signature);
        if (header->gen_max == 0) {
            header->gen_min = ese_lsn_generation(before);
            set_gen_max(database, ese_lsn_generation(position));
        }
    }
    if (!ese_signature_same(&former, &header->log_signature)) {
        memset(&header->full, 0, sizeof header->full); /* of another log: nothing can be added to it */
        memset(&header->incremental, 0, sizeof header->incremental);
        memset(&header->full_copy, 0, sizeof header->full_copy);
        memset(&header->differential, 0, sizeof header->differential);
    }
    header->attach.position = position;
    ese_header_now(&header->attach.time);
    ese_mutex_unlock(&database->header_lock);
}

JET_ERR ese_database_set_state(struct ese_database *database, uint32_t state)
{
    struct ese_log *log = ese_store_log(database->store);
    struct ese_header *header = &database->header;
    ese_lsn end = log != NULL ? ese_log_end(log) : 0;
    if (state == ESE_STATE_CLEAN) {
        JET_ERR flushed = log != NULL ? ese_log_flush_to(log, end) : JET_errSuccess;
        if (flushed != JET_errSuccess) {
            return flushed;                         /* no header speaks of log that may be lost */
        }
    }
    ese_mutex_lock(&database->header_lock);
    header->state = state;
    if (state == ESE_STATE_CLEAN) {
        header->consistent.position = end;
        ese_header_now(&header->consistent.time);
        header->detach = header->consistent;
        memset(&header->copy, 0, sizeof header->copy); /* what a backup copied is a database again */
        header->gen_min = 0;
        set_gen_max(database, 0);
    }
    JET_ERR err = write_header(database);
    ese_mutex_unlock(&database->header_lock);
    return err;
}

JET_ERR ese_database_before_write(struct ese_cache_file *file, ese_lsn newest)
{
    struct ese_database *database = (void *)((char *)file - offsetof(struct ese_database, file));
    uint32_t generation = ese_lsn_generation(newest);
    JET_ERR err = JET_errSuccess;
    if (generation <= database->gen_max) {
        return err;
    }
    ese_mutex_lock(&database->header_lock);
    if (generation > database->gen_max) {
        if (generation > database->header.gen_max) {
            set_gen_max(database, generation);
        }
        if (database->header.state == ESE_STATE_NEW) {
            database->gen_max = database->header.gen_max; /* nobody will ask a file that is made again from nothing */
        } else {
            err = write_header(database);
        }
    }
    ese_mutex_unlock(&database->header_lock);
    return err;
}

JET_ERR ese_database_require(struct ese_database *database, uint32_t first, uint32_t last)
{
    JET_ERR err = JET_errSuccess;
    ese_mutex_lock(&database->header_lock);
    struct ese_header *header = &database->header;
    uint32_t before = header->gen_min;
    last = first > last ? first : last;
    if (!database->read_only && header->state != ESE_STATE_CLEAN &&
        (first > header->gen_min || last > header->gen_max || last > database->gen_max)) {
        header->gen_min = first > header->gen_min ? first : header->gen_min;
        if (last > header->gen_max) {
            set_gen_max(database, last);
        }
        if (header->state == ESE_STATE_DIRTY) {
            err = write_header(database);
        }
        if (err != JET_errSuccess) {
            header->gen_min = before; /* who asks again must not be told that the file says so */
        }
    }
    ese_mutex_unlock(&database->header_lock);
    return err;
}

JET_ERR ese_database_backed_up(struct ese_database *database, const JET_BKINFO *info, enum ese_backup_kind kind)
{
    ese_mutex_lock(&database->header_lock);
    struct ese_header *header = &database->header;
    JET_BKINFO *const fields[] = { &header->full, &header->incremental, &header->full_copy, &header->differential };
    *fields[kind] = *info;
    if (kind == ESE_BACKUP_FULL) {
        memset(&header->incremental, 0, sizeof header->incremental);
        memset(&header->differential, 0, sizeof header->differential);
    }
    JET_ERR err = write_header(database);
    ese_mutex_unlock(&database->header_lock);
    return err;
}

/* One page until what was read is what was once written: somebody may just be writing it. */
static JET_ERR read_settled(struct ese_database *database, uint32_t page, unsigned char *data)
{
    uint32_t size = database->store->config.page_size;
    for (unsigned tries = 0; tries < REREADS; tries++) {
        JET_ERR err = ese_file_read(database->file.file, (uint64_t)page * size, data, size);
        if (err == JET_errFileIOBeyondEOF) {
            memset(data, 0, size);
            return JET_errSuccess;
        }
        if (err != JET_errSuccess || ese_page_is_intact(data, size, page) || ese_page_is_zero(data, size)) {
            return err;
        }
        ese_sleep_ms(1);
    }
    return JET_errReadVerifyFailure;
}

JET_ERR ese_database_read_copy(struct ese_database *database, uint32_t first, uint32_t count, const JET_BKINFO *mark,
                               uint32_t pages, unsigned char *data)
{
    uint32_t size = database->store->config.page_size;
    bool whole = first >= ESE_FIRST_PAGE &&
                 ese_file_read(database->file.file, (uint64_t)first * size, data, (size_t)count * size) == JET_errSuccess;
    JET_ERR err = JET_errSuccess;
    for (uint32_t i = 0; i < count && err == JET_errSuccess; i++) {
        unsigned char *page = data + (size_t)i * size;
        if (first + i < ESE_FIRST_PAGE) {
            ese_mutex_lock(&database->header_lock);
            struct ese_header header = database->header;
            ese_mutex_unlock(&database->header_lock);
            header.copy = *mark;
            header.copied = pages;
            ese_header_image(&header, first + i, database->path, page);
        } else if (!whole || !ese_page_is_intact(page, size, first + i)) {
            err = read_settled(database, first + i, page);
        }
    }
    return err;
}

JET_ERR ese_database_check_pages(struct ese_database *database)
{
    enum { AT_ONCE = 64 };
    uint32_t size = database->store->config.page_size;
    uint32_t pages = (uint32_t)(ese_database_file_size(database) / size);
    unsigned char *data = ese_alloc((size_t)AT_ONCE * size);
    JET_ERR err = data != NULL ? JET_errSuccess : JET_errOutOfMemory;
    for (uint32_t first = ESE_FIRST_PAGE; first < pages && err == JET_errSuccess; first += AT_ONCE) {
        uint32_t count = pages - first < AT_ONCE ? pages - first : AT_ONCE;
        err = ese_file_read(database->file.file, (uint64_t)first * size, data, (size_t)count * size);
        for (uint32_t i = 0; i < count && err == JET_errSuccess; i++) {
            const unsigned char *page = data + (size_t)i * size;
            bool sound = ese_page_is_intact(page, size, first + i) || ese_page_is_zero(page, size);
            err = sound ? JET_errSuccess : JET_errReadVerifyFailure;
        }
    }
    ese_free(data);
    return err;
}
