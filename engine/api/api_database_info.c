/* What can be known about a database, open or not. */
#include "engine/api/api.h"

#include "engine/api/gate.h"
#include "engine/api/information.h"

#define COUNTRY          1
#define LANGUAGE         1033
#define CODEPAGE         1252
#define DATABASE_VERSION 0x620

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
        .ulVersion = DATABASE_VERSION,
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
        .bkinfoFullPrev = header->full,
        .bkinfoIncPrev = header->incremental,
        .bkinfoFullCur = header->copy,
        .cbPageSize = header->page_size,
        .genMinRequired = header->gen_min,
        .genMaxRequired = header->gen_max,
        .logtimeGenMaxCreate = header->gen_max_time,
        .genCommitted = header->gen_max,
        .bkinfoCopyPrev = header->full_copy,
        .bkinfoDiffPrev = header->differential,
    };
    return ese_give(&misc, size, result, size);
}

static JET_ERR give_exactly(JET_ULONG answer, void *result, uint32_t size)
{
    return ese_give_exactly(&answer, sizeof answer, result, size);
}

static bool is_exclusive(struct ese_instance *instance, const struct ese_database *database)
{
    ese_mutex_lock(&instance->attach);
    bool alone = (instance->exclusive >> ese_database_id(database) & 1) != 0;
    ese_mutex_unlock(&instance->attach);
    return alone;
}

/* Sizes are counted in pages, as everywhere in these calls. */
static JET_ERR database_info(struct ese_instance *instance, struct ese_database *database,
                             enum ese_text text, void *result, uint32_t size, uint32_t level)
{
    uint32_t page_size = ese_store_page_size(instance->store);
    switch (level) {
    case JET_DbInfoFilename:
        return result == NULL ? JET_errInvalidParameter
                              : ese_text_out(text, ese_database_path(database), result, size);
    case JET_DbInfoConnect:
        return ese_give("", 1, result, size);
    case JET_DbInfoCountry:
        return give_exactly(COUNTRY, result, size);
    case JET_DbInfoLCID:
        return give_exactly(LANGUAGE, result, size);
    case JET_DbInfoCp:
        return give_exactly(CODEPAGE, result, size);
    case JET_DbInfoCollate:
        return give_exactly(0, result, size);
    case JET_DbInfoOptions:
        return give_exactly(is_exclusive(instance, database) ? JET_bitDbExclusive : 0, result,
                            size);
    case JET_DbInfoTransactions:
        return give_exactly(ESE_TRX_LEVEL_MAX, result, size);
    case JET_DbInfoVersion:
        return give_exactly(DATABASE_VERSION, result, size);
    case JET_DbInfoPageSize:
        return ese_give_ulong(page_size, result, size);
    case JET_DbInfoFilesize:
        return ese_give_ulong((JET_ULONG)(ese_database_file_size(database) / page_size), result,
                              size);
    case JET_DbInfoFilesizeOnDisk:
        return ese_give_ulong((JET_ULONG)(ese_database_size_on_disk(database) / page_size), result,
                              size);
    case JET_DbInfoSpaceOwned:
        return give_exactly(ese_database_page_count(database), result, size);
    case JET_DbInfoSpaceAvailable:
        return give_exactly(ese_database_free_pages(database), result, size);
    case JET_DbInfoMisc: {
        struct ese_header header;
        ese_database_header(database, &header);
        return give_misc(&header, result, size);
    }
    case JET_DbInfoIsam:
        return JET_errFeatureNotAvailable; /* as in the original */
    default:
        return JET_errInvalidParameter;
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
    return ese_leave(&call,
                     database_info(call.instance, ese_database_by_id(call.instance->store, dbid),
                                   text, result, size, level));
}

/* Databases have had one layout so far: there is nothing to convert. */
static JET_ERR give_upgrade(const struct ese_database_file_info *info, void *result, uint32_t size)
{
    JET_DBINFOUPGRADE upgrade;
    if (size != sizeof upgrade) {
        return JET_errInvalidBufferSize;
    }
    if (result == NULL) {
        return JET_errInvalidParameter;
    }
    memcpy(&upgrade, result, sizeof upgrade);
    if (upgrade.cbStruct != sizeof upgrade) {
        return JET_errInvalidParameter;
    }
    memset(&upgrade, 0, sizeof upgrade);
    upgrade.cbStruct = sizeof upgrade;
    upgrade.cbFilesizeLow = (JET_ULONG)info->file_size;
    upgrade.cbFilesizeHigh = (JET_ULONG)(info->file_size >> 32);
    upgrade.fAlreadyUpgraded = 1;
    memcpy(result, &upgrade, sizeof upgrade);
    return JET_errSuccess;
}

static JET_ERR file_info(const char *path, void *result, uint32_t size, uint32_t level)
{
    struct ese_database_file_info info;
    if (level == JET_DbInfoDBInUse) {
        bool in_use;
        JET_ERR found = ese_database_in_use(path, &in_use);
        return found < JET_errSuccess ? found : give_exactly(in_use, result, size);
    }
    if (level == JET_DbInfoIsam) {
        return JET_errFeatureNotAvailable;
    }
    if (level == JET_DbInfoFileType) {
        uint32_t type;
        JET_ERR found = ese_file_type(path, &type);
        return found < JET_errSuccess ? found : give_exactly(type, result, size);
    }
    bool sizes = level == JET_DbInfoFilesize || level == JET_DbInfoFilesizeOnDisk;
    JET_ERR err =
        sizes ? ese_database_file_sizes(path, &info) : ese_database_file_info(path, &info);
    if (err < JET_errSuccess) {
        return err;
    }
    switch (level) {
    case JET_DbInfoPageSize:
        return give_exactly(info.header.page_size, result, size);
    case JET_DbInfoFilesize:
        return ese_give_exactly(&info.file_size, sizeof info.file_size, result, size);
    case JET_DbInfoFilesizeOnDisk:
        return ese_give_exactly(&info.size_on_disk, sizeof info.size_on_disk, result, size);
    case JET_DbInfoUpgrade:
        return give_upgrade(&info, result, size);
    case JET_DbInfoMisc:
        return give_misc(&info.header, result, size);
    default:
        return JET_errInvalidParameter;
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
