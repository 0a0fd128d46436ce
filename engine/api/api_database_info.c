/* What can be known about a database, open or not. */
#include "engine/api/api.h"

#include "engine/api/gate.h"
#include "engine/api/information.h"

static JET_LGPOS position_of(ese_lsn lsn)
{
    uint32_t offset = (uint32_t)lsn;
    return (JET_LGPOS){.ib = (unsigned short)(offset % 512),
                       .isec = (unsigned short)(offset / 512),
                       .lGeneration = (JET_LONG)ese_lsn_generation(lsn)};
}

/* The header as JET_DbInfoMisc tells it; which of the structures the caller has, size says. */
static JET_ERR give_misc(const struct ese_header *header, void *result, uint32_t size)
{
    if (size != sizeof(JET_DBINFOMISC) && size != sizeof(JET_DBINFOMISC2) &&
        size != sizeof(JET_DBINFOMISC3) && size != sizeof(JET_DBINFOMISC4)) {
        return JET_errInvalidBufferSize;
    }
    JET_DBINFOMISC4 misc = {
        .ulVersion = 0x620,
        .ulUpdate = ESE_HEADER_VERSION,
        .signDb = header->signature,
        .dbstate = header->state,
        .lgposConsistent = position_of(header->consistent.position),
        .logtimeConsistent = header->consistent.time,
        .logtimeAttach = header->attach.time,
        .lgposAttach = position_of(header->attach.position),
        .logtimeDetach = header->detach.time,
        .lgposDetach = position_of(header->detach.position),
        .signLog = header->log_signature,
        .cbPageSize = header->page_size,
        .genMinRequired = header->gen_min,
        .genMaxRequired = header->gen_max,
        .logtimeGenMaxCreate = header->gen_max_time,
        .genCommitted = header->gen_max,
    };
    return ese_give(&misc, size, result, size);
}

/* Sizes are counted in pages, as everywhere in these calls. */
static JET_ERR database_info(struct ese_database *database, uint32_t page_size, enum ese_text text,
                             void *result, uint32_t size, uint32_t level)
{
    switch (level) {
    case JET_DbInfoFilename:
        return result == NULL ? JET_errInvalidParameter
                              : ese_text_out(text, ese_database_path(database), result, size);
    case JET_DbInfoPageSize:
        return ese_give_ulong(page_size, result, size);
    case JET_DbInfoFilesize:
        return ese_give_ulong((JET_ULONG)(ese_database_file_size(database) / page_size), result,
                              size);
    case JET_DbInfoSpaceOwned:
        return ese_give_ulong(ese_database_page_count(database), result, size);
    case JET_DbInfoSpaceAvailable:
        return ese_give_ulong(ese_database_free_pages(database), result, size);
    case JET_DbInfoOptions:
        return ese_give_ulong(ese_database_read_only(database) ? JET_bitDbReadOnly : 0, result,
                              size);
    case JET_DbInfoMisc: {
        struct ese_header header;
        ese_database_header(database, &header);
        return give_misc(&header, result, size);
    }
    default:
        return JET_errFeatureNotAvailable;
    }
}

JET_ERR ese_api_JetGetDatabaseInfo(enum ese_text text, JET_SESID sesid, JET_DBID dbid, void *result,
                                   JET_ULONG size, JET_ULONG level)
{
    struct ese_call call;
    JET_ERR err = ese_enter_database(&call, ESE_FN_JetGetDatabaseInfo, sesid, dbid);
    if (err != JET_errSuccess) {
        return err;
    }
    struct ese_store *store = call.instance->store;
    return ese_leave(&call, database_info(ese_database_by_id(store, dbid),
                                          ese_store_page_size(store), text, result, size, level));
}

static JET_ERR file_info(const char *path, void *result, uint32_t size, uint32_t level)
{
    struct ese_database_file_info info;
    JET_ERR err = ese_database_file_info(path, &info);
    if (err < JET_errSuccess) {
        return err;
    }
    switch (level) {
    case JET_DbInfoPageSize:
        return ese_give_ulong(info.header.page_size, result, size);
    case JET_DbInfoFilesize:
        return ese_give(&info.file_size, sizeof info.file_size, result, size);
    case JET_DbInfoFileType:
        return ese_give_ulong(JET_filetypeDatabase, result, size);
    case JET_DbInfoMisc:
        return give_misc(&info.header, result, size);
    default:
        return JET_errFeatureNotAvailable;
    }
}

JET_ERR ese_api_JetGetDatabaseFileInfo(enum ese_text text, const void *file, void *result,
                                       JET_ULONG size, JET_ULONG level)
{
    char *path = NULL;
    JET_ERR err = ese_text_in(text, file, &path);
    if (err == JET_errSuccess) {
        err = path == NULL || *path == 0 ? JET_errDatabaseInvalidName
                                         : file_info(path, result, size, level);
    }
    ese_free(path);
    return err;
}
