/* What can be known about a database, open or not. */
#include "engine/api/api.h"

#include "engine/api/gate.h"
#include "engine/api/information.h"

/* The header as JET_DbInfoMisc tells it. */
static JET_ERR give_misc(const JET_SIGNATURE *signature, uint32_t page_size, JET_ULONG state,
                         void *result, uint32_t size)
{
    JET_DBINFOMISC misc = {
        .ulVersion = 0x620,
        .signDb = *signature,
        .dbstate = state,
        .cbPageSize = page_size,
    };
    return ese_give(&misc, sizeof misc, result, size);
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
        JET_SIGNATURE signature;
        ese_database_signature(database, &signature);
        return give_misc(&signature, page_size, JET_dbstateDirtyShutdown, result, size);
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
        return ese_give_ulong(info.page_size, result, size);
    case JET_DbInfoFilesize:
        return ese_give(&info.file_size, sizeof info.file_size, result, size);
    case JET_DbInfoFileType:
        return ese_give_ulong(JET_filetypeDatabase, result, size);
    case JET_DbInfoMisc:
        return give_misc(&info.signature, info.page_size,
                         info.dirty ? JET_dbstateDirtyShutdown : JET_dbstateCleanShutdown, result,
                         size);
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
