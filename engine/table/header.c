/* Pages 0 and 1 of a database file. */
#include "engine/table/header.h"

/* ---- bytes ----------------------------------------------------------------------------------------------- */

static void get_event(const unsigned char *at, struct ese_header_event *event)
{
    event->position = ese_get64(at);
    memcpy(&event->time, at + 8, sizeof event->time);
}

static void put_event(unsigned char *at, const struct ese_header_event *event)
{
    ese_put64(at, event->position);
    memcpy(at + 8, &event->time, sizeof event->time);
}

static void unpack(const unsigned char *page, struct ese_header *header)
{
    header->page_size = ese_get32(page + ESE_HEADER_FIELD_PAGE_SIZE);
    header->state = ese_get32(page + ESE_HEADER_FIELD_STATE);
    memcpy(&header->signature, page + ESE_HEADER_FIELD_SIGNATURE, sizeof header->signature);
    memcpy(&header->log_signature, page + ESE_HEADER_FIELD_LOG_SIGNATURE, sizeof header->log_signature);
    header->gen_min = ese_get32(page + ESE_HEADER_FIELD_GEN_MIN);
    header->gen_max = ese_get32(page + ESE_HEADER_FIELD_GEN_MAX);
    memcpy(&header->gen_max_time, page + ESE_HEADER_FIELD_GEN_MAX_TIME, sizeof header->gen_max_time);
    get_event(page + ESE_HEADER_FIELD_CONSISTENT, &header->consistent);
    get_event(page + ESE_HEADER_FIELD_ATTACH, &header->attach);
    get_event(page + ESE_HEADER_FIELD_DETACH, &header->detach);
    memcpy(header->collation, page + ESE_HEADER_FIELD_COLLATION, sizeof header->collation);
    header->collation[sizeof header->collation - 1] = '\0';
    memcpy(&header->full, page + ESE_HEADER_FIELD_BACKUPS, sizeof header->full);
    memcpy(&header->incremental, page + ESE_HEADER_FIELD_BACKUPS + 24, sizeof header->incremental);
    memcpy(&header->copy, page + ESE_HEADER_FIELD_BACKUPS + 48, sizeof header->copy);
    header->copied = ese_get32(page + ESE_HEADER_FIELD_COPIED);
    memcpy(&header->full_copy, page + ESE_HEADER_FIELD_BACKUPS + 72, sizeof header->full_copy);
    memcpy(&header->differential, page + ESE_HEADER_FIELD_BACKUPS + 96, sizeof header->differential);
}

_Static_assert(sizeof(JET_BKINFO) == 24, "the layout of the file says so");

void ese_header_image(const struct ese_header *header, uint32_t number, const char *origin, unsigned char *page)
{
    memset(page, 0, header->page_size);
    ese_put32(page + ESE_PAGE_NUMBER, number);
    page[ESE_PAGE_KIND] = ESE_PAGE_HEADER;
    ese_put32(page + ESE_HEADER_FIELD_MAGIC, ESE_HEADER_MAGIC);
    ese_put32(page + ESE_HEADER_FIELD_VERSION, ESE_HEADER_VERSION);
    ese_put32(page + ESE_HEADER_FIELD_PAGE_SIZE, header->page_size);
    ese_put32(page + ESE_HEADER_FIELD_STATE, header->state);
    memcpy(page + ESE_HEADER_FIELD_SIGNATURE, &header->signature, sizeof header->signature);
    memcpy(page + ESE_HEADER_FIELD_LOG_SIGNATURE, &header->log_signature, sizeof header->log_signature);
    ese_put32(page + ESE_HEADER_FIELD_GEN_MIN, header->gen_min);
    ese_put32(page + ESE_HEADER_FIELD_GEN_MAX, header->gen_max);
    memcpy(page + ESE_HEADER_FIELD_GEN_MAX_TIME, &header->gen_max_time, sizeof header->gen_max_time);
    put_event(page + ESE_HEADER_FIELD_CONSISTENT, &header->consistent);
    put_event(page + ESE_HEADER_FIELD_ATTACH, &header->attach);
    put_event(page + ESE_HEADER_FIELD_DETACH, &header->detach);
    memcpy(page + ESE_HEADER_FIELD_COLLATION, header->collation, sizeof header->collation);
    memcpy(page + ESE_HEADER_FIELD_BACKUPS, &header->full, sizeof header->full);
    memcpy(page + ESE_HEADER_FIELD_BACKUPS + 24, &header->incremental, sizeof header->incremental);
    memcpy(page + ESE_HEADER_FIELD_BACKUPS + 48, &header->copy, sizeof header->copy);
    ese_put32(page + ESE_HEADER_FIELD_COPIED, header->copied);
    memcpy(page + ESE_HEADER_FIELD_BACKUPS + 72, &header->full_copy, sizeof header->full_copy);
    memcpy(page + ESE_HEADER_FIELD_BACKUPS + 96, &header->differential, sizeof header->differential);
    if (origin != NULL && strlen(origin) < header->page_size - ESE_HEADER_FIELD_ORIGIN) {
        memcpy(page + ESE_HEADER_FIELD_ORIGIN, origin, strlen(origin) + 1);
    }
    ese_put32(page + ESE_PAGE_CHECKSUM, ese_page_checksum(page, header->page_size));
}

/* ---- reading --------------------------------------------------------------------------------------------- */

/* One copy, at offset; page has room for ESE_PAGE_SIZE_MAX bytes. */
static JET_ERR read_copy(struct ese_file *file, uint64_t offset, uint32_t number, unsigned char *page,
                         struct ese_header *header)
{
    JET_ERR err = ese_file_read(file, offset, page, ESE_PAGE_SIZE_MIN);
    uint32_t size = ese_get32(page + ESE_HEADER_FIELD_PAGE_SIZE);
    if (err == JET_errSuccess &&
        (ese_get32(page + ESE_HEADER_FIELD_MAGIC) != ESE_HEADER_MAGIC || !ese_page_size_is_valid(size))) {
        return JET_errDatabaseCorrupted;
    }
    if (err == JET_errSuccess) {
        err = ese_file_read(file, offset, page, size);
    }
    if (err == JET_errFileIOBeyondEOF || (err == JET_errSuccess && !ese_page_is_intact(page, size, number))) {
        return JET_errReadVerifyFailure;
    }
    if (err == JET_errSuccess && ese_get32(page + ESE_HEADER_FIELD_VERSION) != ESE_HEADER_VERSION) {
        err = JET_errInvalidDatabaseVersion;
    }
    if (err == JET_errSuccess && number * (uint64_t)size != offset) {
        err = JET_errReadVerifyFailure;
    }
    if (err == JET_errSuccess) {
        unpack(page, header);
    }
    return err;
}

/* The shadow, wherever the page size of the main copy, or any, puts it. */
static JET_ERR read_shadow(struct ese_file *file, uint32_t page_size, unsigned char *page, struct ese_header *header)
{
    JET_ERR err = JET_errReadVerifyFailure;
    uint32_t from = page_size != 0 ? page_size : ESE_PAGE_SIZE_MIN;
    uint32_t to = page_size != 0 ? page_size : ESE_PAGE_SIZE_MAX;
    for (uint32_t size = from; size <= to && err != JET_errSuccess; size *= 2) {
        err = read_copy(file, size, 1, page, header);
    }
    return err;
}

JET_ERR ese_header_read(struct ese_file *file, struct ese_header *header, unsigned *sound)
{
    struct ese_header shadow;
    unsigned good = 0;
    unsigned char *page = ese_calloc(1, ESE_PAGE_SIZE_MAX);
    if (page == NULL) {
        return JET_errOutOfMemory;
    }
    JET_ERR err = read_copy(file, 0, 0, page, header);
    if (err == JET_errSuccess) {
        good = ESE_HEADER_MAIN;
        good |= read_shadow(file, header->page_size, page, &shadow) == JET_errSuccess ? ESE_HEADER_SHADOW : 0;
    } else if (err != JET_errInvalidDatabaseVersion && read_shadow(file, 0, page, &shadow) == JET_errSuccess) {
        *header = shadow;
        good = ESE_HEADER_SHADOW;
        err = JET_errSuccess;
    }
    ese_free(page);
    if (sound != NULL) {
        *sound = good;
    }
    /* Whether what is there looks like ours does not matter where nothing of it can be relied on. */
    return err == JET_errReadVerifyFailure ? JET_errDatabaseCorrupted : err;
}

/* ---- writing --------------------------------------------------------------------------------------------- */

static JET_ERR write_copy(struct ese_file *file, const struct ese_header *header, uint32_t number)
{
    unsigned char *page = ese_alloc(header->page_size);
    if (page == NULL) {
        return JET_errOutOfMemory;
    }
    ese_header_image(header, number, NULL, page);
    JET_ERR err = ese_file_write(file, (uint64_t)number * header->page_size, page, header->page_size);
    ese_free(page);
    return err;
}

static JET_ERR write_synced(struct ese_file *file, const struct ese_header *header, uint32_t number, unsigned *sound)
{
    unsigned bit = number == 0 ? ESE_HEADER_MAIN : ESE_HEADER_SHADOW;
    *sound &= ~bit;
    JET_ERR err = write_copy(file, header, number);
    if (err == JET_errSuccess) {
        err = ese_file_sync(file);
    }
    *sound |= err == JET_errSuccess ? bit : 0;
    return err;
}

JET_ERR ese_header_write(struct ese_file *file, const struct ese_header *header, unsigned *sound)
{
    uint32_t first = (*sound & ESE_HEADER_MAIN) == 0 ? 0 : 1;
    JET_ERR err = write_synced(file, header, first, sound);
    return err == JET_errSuccess ? write_synced(file, header, 1 - first, sound) : err;
}

JET_ERR ese_header_write_new(struct ese_file *file, const struct ese_header *header)
{
    JET_ERR err = write_copy(file, header, 1);
    return err == JET_errSuccess ? write_copy(file, header, 0) : err;
}

JET_ERR ese_header_origin(struct ese_file *file, uint32_t page_size, char **origin)
{
    *origin = NULL;
    unsigned char *page = ese_alloc(page_size);
    JET_ERR err = page != NULL ? JET_errSuccess : JET_errOutOfMemory;
    for (uint32_t number = 0; err == JET_errSuccess && number < 2 && *origin == NULL; number++) {
        err = ese_file_read(file, (uint64_t)number * page_size, page, page_size);
        if (err == JET_errSuccess && ese_page_is_intact(page, page_size, number)) {
            page[page_size - 1] = 0;
            if (page[ESE_HEADER_FIELD_ORIGIN] != 0) {
                *origin = ese_strdup((const char *)page + ESE_HEADER_FIELD_ORIGIN);
                err = *origin != NULL ? JET_errSuccess : JET_errOutOfMemory;
            }
        }
    }
    ese_free(page);
    return err;
}

/* ---- parts ----------------------------------------------------------------------------------------------- */

void ese_header_now(JET_LOGTIME *time)
{
    struct ese_calendar now;
    ese_time_utc(&now);
    /* The last two bytes: bit 0 of the first says UTC, milliseconds lie in its upper seven and bits 1 to 3 of the second. */
    const unsigned char bytes[] = { now.second, now.minute, now.hour, now.day, now.month,
                                    (unsigned char)(now.year - 1900), (unsigned char)(1 | (now.millisecond & 0x7F) << 1),
                                    (unsigned char)((now.millisecond >> 7 & 0x7) << 1) };
    memcpy(time, bytes, sizeof *time);
}

void ese_header_new_signature(JET_SIGNATURE *signature)
{
    uint32_t number;
    JET_LOGTIME now;
    memset(signature, 0, sizeof *signature);
    ese_random_bytes(&number, sizeof number);
    ese_header_now(&now);
    signature->ulRandom = number;
    signature->logtimeCreate = now;
    if (ese_host_name(signature->szComputerName, sizeof signature->szComputerName) != JET_errSuccess) {
        signature->szComputerName[0] = '\0';
    }
}

bool ese_signature_same(const JET_SIGNATURE *a, const JET_SIGNATURE *b)
{
    return memcmp(a, b, sizeof *a) == 0;
}
