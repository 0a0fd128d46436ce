/* Page 0 of a database file. */
#include "engine/table/header.h"

JET_ERR ese_header_read(struct ese_file *file, struct ese_header *header)
{
    unsigned char *page = ese_alloc(ESE_PAGE_SIZE_MAX);
    if (page == NULL) {
        return JET_errOutOfMemory;
    }
    JET_ERR err = ese_file_read(file, 0, page, ESE_PAGE_SIZE_MIN);
    uint32_t size = 0;
    if (err == JET_errFileIOBeyondEOF) {
        err = JET_errReadVerifyFailure;
    }
    if (err == JET_errSuccess) {
        size = ese_get32(page + ESE_HEADER_FIELD_PAGE_SIZE);
        if (ese_get32(page + ESE_HEADER_FIELD_MAGIC) != ESE_HEADER_MAGIC || !ese_page_size_is_valid(size)) {
            err = JET_errDatabaseCorrupted;
        } else if (ese_get32(page + ESE_HEADER_FIELD_VERSION) != ESE_HEADER_VERSION) {
            err = JET_errInvalidDatabaseVersion;
        } else {
            err = ese_file_read(file, 0, page, size);
        }
    }
    if (err == JET_errFileIOBeyondEOF || (err == JET_errSuccess && !ese_page_is_intact(page, size, 0))) {
        err = JET_errReadVerifyFailure;
    }
    if (err == JET_errSuccess) {
        header->page_size = size;
        header->state = ese_get32(page + ESE_HEADER_FIELD_STATE);
        memcpy(&header->signature, page + ESE_HEADER_FIELD_SIGNATURE, sizeof header->signature);
    }
    ese_free(page);
    return err;
}

JET_ERR ese_header_write(struct ese_file *file, const struct ese_header *header)
{
    unsigned char *page = ese_calloc(1, header->page_size);
    if (page == NULL) {
        return JET_errOutOfMemory;
    }
    page[ESE_PAGE_KIND] = ESE_PAGE_HEADER;
    ese_put32(page + ESE_HEADER_FIELD_MAGIC, ESE_HEADER_MAGIC);
    ese_put32(page + ESE_HEADER_FIELD_VERSION, ESE_HEADER_VERSION);
    ese_put32(page + ESE_HEADER_FIELD_PAGE_SIZE, header->page_size);
    ese_put32(page + ESE_HEADER_FIELD_STATE, header->state);
    memcpy(page + ESE_HEADER_FIELD_SIGNATURE, &header->signature, sizeof header->signature);
    ese_put32(page + ESE_PAGE_CHECKSUM, ese_page_checksum(page, header->page_size));
    JET_ERR err = ese_file_write(file, 0, page, header->page_size);
    if (err == JET_errSuccess) {
        err = ese_file_sync(file);
    }
    ese_free(page);
    return err;
}

void ese_header_new_signature(JET_SIGNATURE *signature)
{
    struct ese_calendar now;
    unsigned char number[4], stamp[8];
    memset(signature, 0, sizeof *signature);
    ese_random_bytes(number, sizeof number);
    memcpy(signature, number, sizeof number);
    ese_time_utc(&now);
    /* JET_LOGTIME: seconds, minutes, hours, day, month, years since 1900. */
    const unsigned char parts[8] = { now.second, now.minute, now.hour, now.day, now.month,
                                     (unsigned char)(now.year - 1900), 0, 0 };
    memcpy(stamp, parts, sizeof stamp);
    memcpy((unsigned char *)signature + 4, stamp, sizeof stamp);
    if (ese_host_name(signature->szComputerName, sizeof signature->szComputerName) != JET_errSuccess) {
        signature->szComputerName[0] = '\0';
    }
}
