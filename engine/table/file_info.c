/* What can be known of a file whoever has it: sizes, the header of a database, and what kind of file it is. */
#include "engine/log/log.h"
#include "engine/table/schema.h"

static JET_ERR read_sizes(struct ese_file *file, struct ese_database_file_info *info)
{
    JET_ERR err = ese_file_size(file, &info->file_size);
    return err == JET_errSuccess ? ese_file_size_on_disk(file, &info->size_on_disk) : err;
}

JET_ERR ese_database_file_sizes(const char *path, struct ese_database_file_info *info)
{
    struct ese_file *file;
    memset(info, 0, sizeof *info);
    JET_ERR err = ese_file_open(path, ESE_FILE_READ_ONLY, &file);
    if (err == JET_errSuccess) {
        err = read_sizes(file, info);
        ese_file_close(file);
    }
    return err;
}

JET_ERR ese_database_file_info(const char *path, struct ese_database_file_info *info)
{
    struct ese_file *file;
    JET_ERR err = ese_file_open(path, ESE_FILE_READ_ONLY, &file);
    if (err != JET_errSuccess) {
        return err;
    }
    err = ese_header_read(file, &info->header, NULL);
    if (err == JET_errSuccess) {
        err = read_sizes(file, info);
    }
    if (err == JET_errSuccess) {
        info->page_count = (uint32_t)(info->file_size / info->header.page_size);
    }
    ese_file_close(file);
    return err;
}

static uint32_t type_by_first_bytes(struct ese_file *file)
{
    unsigned char first[4];
    JET_ERR err = ese_file_read(file, 0, first, sizeof first);
    return err == JET_errSuccess ? ese_log_file_type(first) : JET_filetypeUnknown;
}

JET_ERR ese_file_type(const char *path, uint32_t *type)
{
    struct ese_file *file;
    struct ese_header header;
    JET_ERR err = ese_file_open(path, ESE_FILE_READ_ONLY, &file);
    if (err != JET_errSuccess) {
        return err;
    }
    err = ese_header_read(file, &header, NULL);
    bool database = err == JET_errSuccess || err == JET_errInvalidDatabaseVersion;
    *type = database ? JET_filetypeDatabase : type_by_first_bytes(file);
    ese_file_close(file);
    return JET_errSuccess;
}
