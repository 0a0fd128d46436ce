/*
 * The functions the engine has, one per row of implemented.h. Parameters and results are those of
 * the API function of the same name; functions with text take its kind in front, and text and
 * structs with text as untyped pointers.
 *
 * Rule for all of them: enter the gate, do the work, leave.
 */
#ifndef ESE_API_API_H
#define ESE_API_API_H

#include <esent.h>

#include "engine/api/text.h"

/* ---- engine and instances (api_instance.c, api_parameter.c, api_information.c) --------------- */

JET_ERR ese_api_JetEnableMultiInstance(enum ese_text text, void *settings, JET_ULONG count,
                                       JET_ULONG *succeeded);
JET_ERR ese_api_JetCreateInstance(enum ese_text text, JET_INSTANCE *instance, const void *name);
JET_ERR ese_api_JetCreateInstance2(enum ese_text text, JET_INSTANCE *instance, const void *name,
                                   const void *display_name, JET_GRBIT grbit);
JET_ERR ese_api_JetSetSystemParameter(enum ese_text text, JET_INSTANCE *instance, JET_SESID sesid,
                                      JET_ULONG id, JET_API_PTR number, const void *value);
JET_ERR ese_api_JetGetSystemParameter(enum ese_text text, JET_INSTANCE instance, JET_SESID sesid,
                                      JET_ULONG id, JET_API_PTR *number, void *value,
                                      JET_ULONG size);
JET_ERR ese_api_JetInit(JET_INSTANCE *instance);
JET_ERR ese_api_JetInit2(JET_INSTANCE *instance, JET_GRBIT grbit);
JET_ERR ese_api_JetInit3(enum ese_text text, JET_INSTANCE *instance, const void *restore,
                         JET_GRBIT grbit);
JET_ERR ese_api_JetTerm(JET_INSTANCE instance);
JET_ERR ese_api_JetTerm2(JET_INSTANCE instance, JET_GRBIT grbit);
JET_ERR ese_api_JetGetInstanceInfo(enum ese_text text, JET_ULONG *count, void *infos);
JET_ERR ese_api_JetGetInstanceMiscInfo(JET_INSTANCE instance, void *result, JET_ULONG size,
                                       JET_ULONG level);
JET_ERR ese_api_JetConfigureProcessForCrashDump(JET_GRBIT grbit);
JET_ERR ese_api_JetFreeBuffer(char *buffer);
JET_ERR ese_api_JetGetErrorInfo(enum ese_text text, void *context, void *result, JET_ULONG size,
                                JET_ULONG level, JET_GRBIT grbit);
JET_ERR ese_api_JetGetThreadStats(void *result, JET_ULONG size);

/* ---- stopping (api_service.c) ---------------------------------------------------------------- */

JET_ERR ese_api_JetStopService(void);
JET_ERR ese_api_JetStopServiceInstance(JET_INSTANCE instance);
JET_ERR ese_api_JetStopServiceInstance2(JET_INSTANCE instance, JET_GRBIT grbit);
JET_ERR ese_api_JetStopBackup(void);
JET_ERR ese_api_JetStopBackupInstance(JET_INSTANCE instance);

/* ---- backup (api_backup.c, api_restore.c) ---------------------------------------------------- */

JET_ERR ese_api_JetBeginExternalBackup(JET_GRBIT grbit);
JET_ERR ese_api_JetBeginExternalBackupInstance(JET_INSTANCE instance, JET_GRBIT grbit);
JET_ERR ese_api_JetEndExternalBackup(void);
JET_ERR ese_api_JetEndExternalBackupInstance(JET_INSTANCE instance);
JET_ERR ese_api_JetEndExternalBackupInstance2(JET_INSTANCE instance, JET_GRBIT grbit);
JET_ERR ese_api_JetGetAttachInfo(enum ese_text text, void *out, JET_ULONG size, JET_ULONG *actual);
JET_ERR ese_api_JetGetAttachInfoInstance(enum ese_text text, JET_INSTANCE instance, void *out,
                                         JET_ULONG size, JET_ULONG *actual);
JET_ERR ese_api_JetGetLogInfo(enum ese_text text, void *out, JET_ULONG size, JET_ULONG *actual);
JET_ERR ese_api_JetGetLogInfoInstance(enum ese_text text, JET_INSTANCE instance, void *out,
                                      JET_ULONG size, JET_ULONG *actual);
JET_ERR ese_api_JetGetLogInfoInstance2(enum ese_text text, JET_INSTANCE instance, void *out,
                                       JET_ULONG size, JET_ULONG *actual, void *info);
JET_ERR ese_api_JetGetTruncateLogInfoInstance(enum ese_text text, JET_INSTANCE instance, void *out,
                                              JET_ULONG size, JET_ULONG *actual);
JET_ERR ese_api_JetTruncateLog(void);
JET_ERR ese_api_JetTruncateLogInstance(JET_INSTANCE instance);
JET_ERR ese_api_JetOpenFile(enum ese_text text, const void *file, JET_HANDLE *handle,
                            JET_ULONG *low, JET_ULONG *high);
JET_ERR ese_api_JetOpenFileInstance(enum ese_text text, JET_INSTANCE instance, const void *file,
                                    JET_HANDLE *handle, JET_ULONG *low, JET_ULONG *high);
JET_ERR ese_api_JetReadFile(JET_HANDLE handle, void *out, JET_ULONG size, JET_ULONG *actual);
JET_ERR ese_api_JetReadFileInstance(JET_INSTANCE instance, JET_HANDLE handle, void *out,
                                    JET_ULONG size, JET_ULONG *actual);
JET_ERR ese_api_JetCloseFile(JET_HANDLE handle);
JET_ERR ese_api_JetCloseFileInstance(JET_INSTANCE instance, JET_HANDLE handle);

JET_ERR ese_api_JetBackup(enum ese_text text, const void *path, JET_GRBIT grbit,
                          JET_PFNSTATUS status);
JET_ERR ese_api_JetBackupInstance(enum ese_text text, JET_INSTANCE instance, const void *path,
                                  JET_GRBIT grbit, JET_PFNSTATUS status);
JET_ERR ese_api_JetRestore(enum ese_text text, const void *from, JET_PFNSTATUS status);
JET_ERR ese_api_JetRestore2(enum ese_text text, const void *from, const void *to,
                            JET_PFNSTATUS status);
JET_ERR ese_api_JetRestoreInstance(enum ese_text text, JET_INSTANCE instance, const void *from,
                                   const void *to, JET_PFNSTATUS status);
JET_ERR ese_api_JetExternalRestore(enum ese_text text, void *checkpoint, void *log, void *map,
                                   JET_LONG count, void *backup_log, JET_LONG low, JET_LONG high,
                                   JET_PFNSTATUS status);
JET_ERR ese_api_JetExternalRestore2(enum ese_text text, void *checkpoint, void *log, void *map,
                                    JET_LONG count, void *backup_log, void *info,
                                    void *target_name, void *target_log, void *target_checkpoint,
                                    JET_PFNSTATUS status);

/* ---- sessions and transactions (api_session.c, api_transaction.c) ---------------------------- */

JET_ERR ese_api_JetBeginSession(enum ese_text text, JET_INSTANCE instance, JET_SESID *sesid,
                                const void *user, const void *password);
JET_ERR ese_api_JetDupSession(JET_SESID sesid, JET_SESID *copy);
JET_ERR ese_api_JetEndSession(JET_SESID sesid, JET_GRBIT grbit);
JET_ERR ese_api_JetGetVersion(JET_SESID sesid, JET_ULONG *version);
JET_ERR ese_api_JetIdle(JET_SESID sesid, JET_GRBIT grbit);
JET_ERR ese_api_JetSetSessionContext(JET_SESID sesid, JET_API_PTR context);
JET_ERR ese_api_JetResetSessionContext(JET_SESID sesid);
JET_ERR ese_api_JetSetSessionParameter(JET_SESID sesid, JET_ULONG id, void *value, JET_ULONG size);
JET_ERR ese_api_JetGetSessionParameter(JET_SESID sesid, JET_ULONG id, void *value, JET_ULONG size,
                                       JET_ULONG *actual);
JET_ERR ese_api_JetBeginTransaction(JET_SESID sesid);
JET_ERR ese_api_JetBeginTransaction2(JET_SESID sesid, JET_GRBIT grbit);
JET_ERR ese_api_JetBeginTransaction3(JET_SESID sesid, long long id, JET_GRBIT grbit);
JET_ERR ese_api_JetCommitTransaction(JET_SESID sesid, JET_GRBIT grbit);
JET_ERR ese_api_JetCommitTransaction2(JET_SESID sesid, JET_GRBIT grbit, JET_ULONG durable_ms,
                                      JET_COMMIT_ID *id);
JET_ERR ese_api_JetRollback(JET_SESID sesid, JET_GRBIT grbit);

/* ---- maintenance (api_maintenance.c) --------------------------------------------------------- */

JET_ERR ese_api_JetDefragment(enum ese_text text, JET_SESID sesid, JET_DBID dbid, const void *table,
                              JET_ULONG *passes, JET_ULONG *seconds, JET_GRBIT grbit);
JET_ERR ese_api_JetDefragment2(enum ese_text text, JET_SESID sesid, JET_DBID dbid,
                               const void *table, JET_ULONG *passes, JET_ULONG *seconds,
                               JET_CALLBACK callback, JET_GRBIT grbit);
JET_ERR ese_api_JetDefragment3(enum ese_text text, JET_SESID sesid, const void *database,
                               const void *table, JET_ULONG *passes, JET_ULONG *seconds,
                               JET_CALLBACK callback, void *context, JET_GRBIT grbit);

/* ---- snapshots (api_snapshot.c) -------------------------------------------------------------- */

JET_ERR ese_api_JetOSSnapshotPrepare(JET_OSSNAPID *snapshot, JET_GRBIT grbit);
JET_ERR ese_api_JetOSSnapshotFreeze(enum ese_text text, JET_OSSNAPID snapshot, JET_ULONG *count,
                                    void *infos, JET_GRBIT grbit);
JET_ERR ese_api_JetOSSnapshotGetFreezeInfo(enum ese_text text, JET_OSSNAPID snapshot,
                                           JET_ULONG *count, void *infos, JET_GRBIT grbit);
JET_ERR ese_api_JetOSSnapshotThaw(JET_OSSNAPID snapshot, JET_GRBIT grbit);
JET_ERR ese_api_JetOSSnapshotAbort(JET_OSSNAPID snapshot, JET_GRBIT grbit);
JET_ERR ese_api_JetOSSnapshotEnd(JET_OSSNAPID snapshot, JET_GRBIT grbit);
JET_ERR ese_api_JetOSSnapshotTruncateLog(JET_OSSNAPID snapshot, JET_GRBIT grbit);
JET_ERR ese_api_JetOSSnapshotPrepareInstance(JET_OSSNAPID snapshot, JET_INSTANCE instance,
                                             JET_GRBIT grbit);
JET_ERR ese_api_JetOSSnapshotTruncateLogInstance(JET_OSSNAPID snapshot, JET_INSTANCE instance,
                                                 JET_GRBIT grbit);

/* ---- databases (api_database.c, api_database_info.c) ----------------------------------------- */

JET_ERR ese_api_JetCreateDatabase(enum ese_text text, JET_SESID sesid, const void *file,
                                  const void *connect, JET_DBID *dbid, JET_GRBIT grbit);
JET_ERR ese_api_JetCreateDatabase2(enum ese_text text, JET_SESID sesid, const void *file,
                                   JET_ULONG pages, JET_DBID *dbid, JET_GRBIT grbit);
JET_ERR ese_api_JetAttachDatabase(enum ese_text text, JET_SESID sesid, const void *file,
                                  JET_GRBIT grbit);
JET_ERR ese_api_JetAttachDatabase2(enum ese_text text, JET_SESID sesid, const void *file,
                                   JET_ULONG pages, JET_GRBIT grbit);
JET_ERR ese_api_JetDetachDatabase(enum ese_text text, JET_SESID sesid, const void *file);
JET_ERR ese_api_JetDetachDatabase2(enum ese_text text, JET_SESID sesid, const void *file,
                                   JET_GRBIT grbit);
JET_ERR ese_api_JetOpenDatabase(enum ese_text text, JET_SESID sesid, const void *file,
                                const void *connect, JET_DBID *dbid, JET_GRBIT grbit);
JET_ERR ese_api_JetCloseDatabase(JET_SESID sesid, JET_DBID dbid, JET_GRBIT grbit);
JET_ERR ese_api_JetGrowDatabase(JET_SESID sesid, JET_DBID dbid, JET_ULONG pages, JET_ULONG *actual);
JET_ERR ese_api_JetResizeDatabase(JET_SESID sesid, JET_DBID dbid, JET_ULONG pages,
                                  JET_ULONG *actual, JET_GRBIT grbit);
JET_ERR ese_api_JetSetDatabaseSize(enum ese_text text, JET_SESID sesid, const void *file,
                                   JET_ULONG pages, JET_ULONG *actual);
JET_ERR ese_api_JetCompact(enum ese_text text, JET_SESID sesid, const void *source,
                           const void *destination, JET_PFNSTATUS status, void *convert,
                           JET_GRBIT grbit);
JET_ERR ese_api_JetGetDatabaseInfo(enum ese_text text, JET_SESID sesid, JET_DBID dbid, void *result,
                                   JET_ULONG size, JET_ULONG level);
JET_ERR ese_api_JetGetDatabaseFileInfo(enum ese_text text, const void *file, void *result,
                                       JET_ULONG size, JET_ULONG level);

/* ---- definitions (api_schema.c, api_create.c, api_schema_info.c) ----------------------------- */

JET_ERR ese_api_JetCreateTable(enum ese_text text, JET_SESID sesid, JET_DBID dbid, const void *name,
                               JET_ULONG pages, JET_ULONG density, JET_TABLEID *tableid);
JET_ERR ese_api_JetCreateTableColumnIndex(enum ese_text text, JET_SESID sesid, JET_DBID dbid,
                                          void *create);
JET_ERR ese_api_JetCreateTableColumnIndex2(enum ese_text text, JET_SESID sesid, JET_DBID dbid,
                                           void *create);
JET_ERR ese_api_JetCreateTableColumnIndex3(enum ese_text text, JET_SESID sesid, JET_DBID dbid,
                                           void *create);
JET_ERR ese_api_JetCreateTableColumnIndex4(enum ese_text text, JET_SESID sesid, JET_DBID dbid,
                                           void *create);
JET_ERR ese_api_JetDeleteTable(enum ese_text text, JET_SESID sesid, JET_DBID dbid,
                               const void *name);
JET_ERR ese_api_JetRenameTable(enum ese_text text, JET_SESID sesid, JET_DBID dbid, const void *name,
                               const void *new_name);
JET_ERR ese_api_JetAddColumn(enum ese_text text, JET_SESID sesid, JET_TABLEID tableid,
                             const void *name, const JET_COLUMNDEF *def, const void *value,
                             JET_ULONG size, JET_COLUMNID *columnid);
JET_ERR ese_api_JetSetColumnDefaultValue(enum ese_text text, JET_SESID sesid, JET_DBID dbid,
                                         const void *table, const void *name, const void *value,
                                         JET_ULONG size, JET_GRBIT grbit);
JET_ERR ese_api_JetDeleteColumn(enum ese_text text, JET_SESID sesid, JET_TABLEID tableid,
                                const void *name);
JET_ERR ese_api_JetDeleteColumn2(enum ese_text text, JET_SESID sesid, JET_TABLEID tableid,
                                 const void *name, JET_GRBIT grbit);
JET_ERR ese_api_JetRenameColumn(enum ese_text text, JET_SESID sesid, JET_TABLEID tableid,
                                const void *name, const void *new_name, JET_GRBIT grbit);
JET_ERR ese_api_JetCreateIndex(enum ese_text text, JET_SESID sesid, JET_TABLEID tableid,
                               const void *name, JET_GRBIT grbit, const void *key,
                               JET_ULONG key_size, JET_ULONG density);
JET_ERR ese_api_JetCreateIndex2(enum ese_text text, JET_SESID sesid, JET_TABLEID tableid,
                                void *create, JET_ULONG count);
JET_ERR ese_api_JetCreateIndex3(enum ese_text text, JET_SESID sesid, JET_TABLEID tableid,
                                void *create, JET_ULONG count);
JET_ERR ese_api_JetCreateIndex4(enum ese_text text, JET_SESID sesid, JET_TABLEID tableid,
                                void *create, JET_ULONG count);
JET_ERR ese_api_JetDeleteIndex(enum ese_text text, JET_SESID sesid, JET_TABLEID tableid,
                               const void *name);
JET_ERR ese_api_JetGetTableInfo(enum ese_text text, JET_SESID sesid, JET_TABLEID tableid,
                                void *result, JET_ULONG size, JET_ULONG level);
JET_ERR ese_api_JetGetObjectInfo(enum ese_text text, JET_SESID sesid, JET_DBID dbid,
                                 JET_OBJTYP type, const void *container, const void *name,
                                 void *result, JET_ULONG size, JET_ULONG level);
JET_ERR ese_api_JetGetTableColumnInfo(enum ese_text text, JET_SESID sesid, JET_TABLEID tableid,
                                      const void *name, void *result, JET_ULONG size,
                                      JET_ULONG level);
JET_ERR ese_api_JetGetColumnInfo(enum ese_text text, JET_SESID sesid, JET_DBID dbid,
                                 const void *table, const void *name, void *result, JET_ULONG size,
                                 JET_ULONG level);
JET_ERR ese_api_JetGetTableIndexInfo(enum ese_text text, JET_SESID sesid, JET_TABLEID tableid,
                                     const void *name, void *result, JET_ULONG size,
                                     JET_ULONG level);
JET_ERR ese_api_JetGetIndexInfo(enum ese_text text, JET_SESID sesid, JET_DBID dbid,
                                const void *table, const void *name, void *result, JET_ULONG size,
                                JET_ULONG level);

/* ---- cursors (api_cursor.c) ------------------------------------------------------------------ */

JET_ERR ese_api_JetOpenTable(enum ese_text text, JET_SESID sesid, JET_DBID dbid, const void *name,
                             const void *parameters, JET_ULONG size, JET_GRBIT grbit,
                             JET_TABLEID *tableid);
JET_ERR ese_api_JetDupCursor(JET_SESID sesid, JET_TABLEID tableid, JET_TABLEID *copy,
                             JET_GRBIT grbit);
JET_ERR ese_api_JetOpenTempTable(JET_SESID sesid, const JET_COLUMNDEF *columns, JET_ULONG count,
                                 JET_GRBIT grbit, JET_TABLEID *tableid, JET_COLUMNID *columnids);
JET_ERR ese_api_JetOpenTempTable2(JET_SESID sesid, const JET_COLUMNDEF *columns, JET_ULONG count,
                                  JET_ULONG lcid, JET_GRBIT grbit, JET_TABLEID *tableid,
                                  JET_COLUMNID *columnids);
JET_ERR ese_api_JetOpenTempTable3(JET_SESID sesid, const JET_COLUMNDEF *columns, JET_ULONG count,
                                  JET_UNICODEINDEX *unicode, JET_GRBIT grbit, JET_TABLEID *tableid,
                                  JET_COLUMNID *columnids);
JET_ERR ese_api_JetOpenTemporaryTable(JET_SESID sesid, JET_OPENTEMPORARYTABLE *open);
JET_ERR ese_api_JetOpenTemporaryTable2(JET_SESID sesid, JET_OPENTEMPORARYTABLE2 *open);
JET_ERR ese_api_JetCloseTable(JET_SESID sesid, JET_TABLEID tableid);
JET_ERR ese_api_JetGetCurrentIndex(enum ese_text text, JET_SESID sesid, JET_TABLEID tableid,
                                   void *name, JET_ULONG size);
JET_ERR ese_api_JetSetCurrentIndex(enum ese_text text, JET_SESID sesid, JET_TABLEID tableid,
                                   const void *name);
JET_ERR ese_api_JetSetCurrentIndex2(enum ese_text text, JET_SESID sesid, JET_TABLEID tableid,
                                    const void *name, JET_GRBIT grbit);
JET_ERR ese_api_JetSetCurrentIndex3(enum ese_text text, JET_SESID sesid, JET_TABLEID tableid,
                                    const void *name, JET_GRBIT grbit, JET_ULONG tag);
JET_ERR ese_api_JetSetCurrentIndex4(enum ese_text text, JET_SESID sesid, JET_TABLEID tableid,
                                    const void *name, JET_INDEXID *id, JET_GRBIT grbit,
                                    JET_ULONG tag);
JET_ERR ese_api_JetSetTableSequential(JET_SESID sesid, JET_TABLEID tableid, JET_GRBIT grbit);
JET_ERR ese_api_JetResetTableSequential(JET_SESID sesid, JET_TABLEID tableid, JET_GRBIT grbit);
JET_ERR ese_api_JetMove(JET_SESID sesid, JET_TABLEID tableid, JET_LONG rows, JET_GRBIT grbit);
JET_ERR ese_api_JetMakeKey(JET_SESID sesid, JET_TABLEID tableid, const void *data, JET_ULONG size,
                           JET_GRBIT grbit);
JET_ERR ese_api_JetRetrieveKey(JET_SESID sesid, JET_TABLEID tableid, void *data, JET_ULONG size,
                               JET_ULONG *actual, JET_GRBIT grbit);
JET_ERR ese_api_JetSeek(JET_SESID sesid, JET_TABLEID tableid, JET_GRBIT grbit);
JET_ERR ese_api_JetSetIndexRange(JET_SESID sesid, JET_TABLEID tableid, JET_GRBIT grbit);
JET_ERR ese_api_JetGetBookmark(JET_SESID sesid, JET_TABLEID tableid, void *bookmark, JET_ULONG size,
                               JET_ULONG *actual);
JET_ERR ese_api_JetGotoBookmark(JET_SESID sesid, JET_TABLEID tableid, void *bookmark,
                                JET_ULONG size);
JET_ERR ese_api_JetGetRecordPosition(JET_SESID sesid, JET_TABLEID tableid, JET_RECPOS *position,
                                     JET_ULONG size);
JET_ERR ese_api_JetGotoPosition(JET_SESID sesid, JET_TABLEID tableid, JET_RECPOS *position);
JET_ERR ese_api_JetGetSecondaryIndexBookmark(JET_SESID sesid, JET_TABLEID tableid, void *key,
                                             JET_ULONG key_room, JET_ULONG *key_actual,
                                             void *bookmark, JET_ULONG room, JET_ULONG *actual,
                                             JET_GRBIT grbit);
JET_ERR ese_api_JetGotoSecondaryIndexBookmark(JET_SESID sesid, JET_TABLEID tableid, void *key,
                                              JET_ULONG key_size, void *bookmark, JET_ULONG size,
                                              JET_GRBIT grbit);
JET_ERR ese_api_JetSetCursorFilter(JET_SESID sesid, JET_TABLEID tableid, JET_INDEX_COLUMN *filters,
                                   JET_ULONG count, JET_GRBIT grbit);
JET_ERR ese_api_JetPrereadKeys(JET_SESID sesid, JET_TABLEID tableid, const void **keys,
                               const JET_ULONG *sizes, JET_LONG count, JET_LONG *done,
                               JET_GRBIT grbit);
JET_ERR ese_api_JetPrereadIndexRanges(JET_SESID sesid, JET_TABLEID tableid,
                                      const JET_INDEX_RANGE *ranges, JET_ULONG count,
                                      JET_ULONG *done, const JET_COLUMNID *columnids,
                                      JET_ULONG columns, JET_GRBIT grbit);
JET_ERR ese_api_JetComputeStats(JET_SESID sesid, JET_TABLEID tableid);
JET_ERR ese_api_JetIntersectIndexes(JET_SESID sesid, JET_INDEXRANGE *ranges, JET_ULONG count,
                                    JET_RECORDLIST *list, JET_GRBIT grbit);
JET_ERR ese_api_JetIndexRecordCount(JET_SESID sesid, JET_TABLEID tableid, JET_ULONG *count,
                                    JET_ULONG limit);

/* ---- callbacks and local storage (api_callback.c) -------------------------------------------- */

JET_ERR ese_api_JetRegisterCallback(JET_SESID sesid, JET_TABLEID tableid, JET_CBTYP type,
                                    JET_CALLBACK callback, void *context, JET_HANDLE *id);
JET_ERR ese_api_JetUnregisterCallback(JET_SESID sesid, JET_TABLEID tableid, JET_CBTYP type,
                                      JET_HANDLE id);
JET_ERR ese_api_JetSetLS(JET_SESID sesid, JET_TABLEID tableid, JET_LS ls, JET_GRBIT grbit);
JET_ERR ese_api_JetGetLS(JET_SESID sesid, JET_TABLEID tableid, JET_LS *ls, JET_GRBIT grbit);

/* ---- records (api_record.c) ------------------------------------------------------------------ */

JET_ERR ese_api_JetRetrieveColumn(JET_SESID sesid, JET_TABLEID tableid, JET_COLUMNID columnid,
                                  void *data, JET_ULONG size, JET_ULONG *actual, JET_GRBIT grbit,
                                  JET_RETINFO *info);
JET_ERR ese_api_JetRetrieveColumns(JET_SESID sesid, JET_TABLEID tableid,
                                   JET_RETRIEVECOLUMN *columns, JET_ULONG count);
JET_ERR ese_api_JetGetRecordSize(JET_SESID sesid, JET_TABLEID tableid, JET_RECSIZE *size,
                                 JET_GRBIT grbit);
JET_ERR ese_api_JetGetRecordSize2(JET_SESID sesid, JET_TABLEID tableid, JET_RECSIZE2 *size,
                                  JET_GRBIT grbit);
JET_ERR ese_api_JetEnumerateColumns(JET_SESID sesid, JET_TABLEID tableid, JET_ULONG count,
                                    JET_ENUMCOLUMNID *ids, JET_ULONG *column_count,
                                    JET_ENUMCOLUMN **columns, JET_PFNREALLOC allocate,
                                    void *context, JET_ULONG most, JET_GRBIT grbit);
JET_ERR ese_api_JetGetCursorInfo(JET_SESID sesid, JET_TABLEID tableid, void *result, JET_ULONG size,
                                 JET_ULONG level);
JET_ERR ese_api_JetEscrowUpdate(JET_SESID sesid, JET_TABLEID tableid, JET_COLUMNID columnid,
                                void *delta, JET_ULONG size, void *old, JET_ULONG old_size,
                                JET_ULONG *actual, JET_GRBIT grbit);
JET_ERR ese_api_JetPrepareUpdate(JET_SESID sesid, JET_TABLEID tableid, JET_ULONG prep);
JET_ERR ese_api_JetSetColumn(JET_SESID sesid, JET_TABLEID tableid, JET_COLUMNID columnid,
                             const void *data, JET_ULONG size, JET_GRBIT grbit, JET_SETINFO *info);
JET_ERR ese_api_JetSetColumns(JET_SESID sesid, JET_TABLEID tableid, JET_SETCOLUMN *columns,
                              JET_ULONG count);
JET_ERR ese_api_JetUpdate(JET_SESID sesid, JET_TABLEID tableid, void *bookmark, JET_ULONG size,
                          JET_ULONG *actual);
JET_ERR ese_api_JetUpdate2(JET_SESID sesid, JET_TABLEID tableid, void *bookmark, JET_ULONG size,
                           JET_ULONG *actual, JET_GRBIT grbit);
JET_ERR ese_api_JetDelete(JET_SESID sesid, JET_TABLEID tableid);
JET_ERR ese_api_JetGetLock(JET_SESID sesid, JET_TABLEID tableid, JET_GRBIT grbit);

#endif
