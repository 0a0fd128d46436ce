/*
 * The functions that do more than pass their gate: for each of them there is an ese_api_<function>
 * in api.h. All other public functions are exported too, pass the same gate and answer
 * JET_errFeatureNotAvailable (exports.c).
 */
#ifndef ESE_API_IMPLEMENTED_H
#define ESE_API_IMPLEMENTED_H

/* engine and instances */
#define ESE_IMPL_JetEnableMultiInstance          ~, 1
#define ESE_IMPL_JetCreateInstance               ~, 1
#define ESE_IMPL_JetCreateInstance2              ~, 1
#define ESE_IMPL_JetSetSystemParameter           ~, 1
#define ESE_IMPL_JetGetSystemParameter           ~, 1
#define ESE_IMPL_JetInit                         ~, 1
#define ESE_IMPL_JetInit2                        ~, 1
#define ESE_IMPL_JetInit3                        ~, 1
#define ESE_IMPL_JetTerm                         ~, 1
#define ESE_IMPL_JetTerm2                        ~, 1
#define ESE_IMPL_JetGetInstanceInfo              ~, 1
#define ESE_IMPL_JetGetInstanceMiscInfo          ~, 1
#define ESE_IMPL_JetConfigureProcessForCrashDump ~, 1
#define ESE_IMPL_JetFreeBuffer                   ~, 1
#define ESE_IMPL_JetGetErrorInfo                 ~, 1
#define ESE_IMPL_JetGetThreadStats               ~, 1

/* stopping */
#define ESE_IMPL_JetStopService          ~, 1
#define ESE_IMPL_JetStopServiceInstance  ~, 1
#define ESE_IMPL_JetStopServiceInstance2 ~, 1
#define ESE_IMPL_JetStopBackup           ~, 1
#define ESE_IMPL_JetStopBackupInstance   ~, 1

/* backup */
#define ESE_IMPL_JetBeginExternalBackup               ~, 1
#define ESE_IMPL_JetBeginExternalBackupInstance       ~, 1
#define ESE_IMPL_JetEndExternalBackup                 ~, 1
#define ESE_IMPL_JetEndExternalBackupInstance         ~, 1
#define ESE_IMPL_JetEndExternalBackupInstance2        ~, 1
#define ESE_IMPL_JetGetAttachInfo                     ~, 1
#define ESE_IMPL_JetGetAttachInfoInstance             ~, 1
#define ESE_IMPL_JetGetLogInfo                        ~, 1
#define ESE_IMPL_JetGetLogInfoInstance                ~, 1
#define ESE_IMPL_JetGetLogInfoInstance2               ~, 1
#define ESE_IMPL_JetGetTruncateLogInfoInstance        ~, 1
#define ESE_IMPL_JetTruncateLog                       ~, 1
#define ESE_IMPL_JetTruncateLogInstance               ~, 1
#define ESE_IMPL_JetOpenFile                          ~, 1
#define ESE_IMPL_JetOpenFileInstance                  ~, 1
#define ESE_IMPL_JetReadFile                          ~, 1
#define ESE_IMPL_JetReadFileInstance                  ~, 1
#define ESE_IMPL_JetCloseFile                         ~, 1
#define ESE_IMPL_JetCloseFileInstance                 ~, 1
#define ESE_IMPL_JetBackup                            ~, 1
#define ESE_IMPL_JetBackupInstance                    ~, 1
#define ESE_IMPL_JetRestore                           ~, 1
#define ESE_IMPL_JetRestore2                          ~, 1
#define ESE_IMPL_JetRestoreInstance                   ~, 1
#define ESE_IMPL_JetExternalRestore                   ~, 1
#define ESE_IMPL_JetExternalRestore2               ~, 1

/* sessions and transactions */
#define ESE_IMPL_JetBeginSession        ~, 1
#define ESE_IMPL_JetDupSession          ~, 1
#define ESE_IMPL_JetEndSession          ~, 1
#define ESE_IMPL_JetGetVersion          ~, 1
#define ESE_IMPL_JetIdle                ~, 1
#define ESE_IMPL_JetSetSessionContext   ~, 1
#define ESE_IMPL_JetResetSessionContext ~, 1
#define ESE_IMPL_JetSetSessionParameter ~, 1
#define ESE_IMPL_JetGetSessionParameter ~, 1
#define ESE_IMPL_JetBeginTransaction    ~, 1
#define ESE_IMPL_JetBeginTransaction2   ~, 1
#define ESE_IMPL_JetBeginTransaction3   ~, 1
#define ESE_IMPL_JetCommitTransaction   ~, 1
#define ESE_IMPL_JetCommitTransaction2  ~, 1
#define ESE_IMPL_JetRollback            ~, 1

/* maintenance and snapshots */
#define ESE_IMPL_JetDefragment                    ~, 1
#define ESE_IMPL_JetDefragment2                   ~, 1
#define ESE_IMPL_JetCompact                       ~, 1
#define ESE_IMPL_JetDefragment3                   ~, 1
#define ESE_IMPL_JetOSSnapshotPrepare             ~, 1
#define ESE_IMPL_JetOSSnapshotPrepareInstance     ~, 1
#define ESE_IMPL_JetOSSnapshotFreeze              ~, 1
#define ESE_IMPL_JetOSSnapshotGetFreezeInfo       ~, 1
#define ESE_IMPL_JetOSSnapshotThaw                ~, 1
#define ESE_IMPL_JetOSSnapshotAbort               ~, 1
#define ESE_IMPL_JetOSSnapshotEnd                 ~, 1
#define ESE_IMPL_JetOSSnapshotTruncateLog         ~, 1
#define ESE_IMPL_JetOSSnapshotTruncateLogInstance ~, 1

/* data */
#define ESE_IMPL_JetCreateDatabase          ~, 1
#define ESE_IMPL_JetCreateDatabase2         ~, 1
#define ESE_IMPL_JetAttachDatabase          ~, 1
#define ESE_IMPL_JetAttachDatabase2         ~, 1
#define ESE_IMPL_JetDetachDatabase          ~, 1
#define ESE_IMPL_JetDetachDatabase2         ~, 1
#define ESE_IMPL_JetOpenDatabase            ~, 1
#define ESE_IMPL_JetCloseDatabase           ~, 1
#define ESE_IMPL_JetGrowDatabase            ~, 1
#define ESE_IMPL_JetResizeDatabase          ~, 1
#define ESE_IMPL_JetSetDatabaseSize         ~, 1
#define ESE_IMPL_JetGetDatabaseInfo         ~, 1
#define ESE_IMPL_JetGetDatabaseFileInfo     ~, 1
#define ESE_IMPL_JetCreateTable             ~, 1
#define ESE_IMPL_JetCreateTableColumnIndex  ~, 1
#define ESE_IMPL_JetCreateTableColumnIndex2 ~, 1
#define ESE_IMPL_JetCreateTableColumnIndex3 ~, 1
#define ESE_IMPL_JetCreateTableColumnIndex4 ~, 1
#define ESE_IMPL_JetDeleteTable             ~, 1
#define ESE_IMPL_JetRenameTable             ~, 1
#define ESE_IMPL_JetAddColumn               ~, 1
#define ESE_IMPL_JetDeleteColumn            ~, 1
#define ESE_IMPL_JetDeleteColumn2           ~, 1
#define ESE_IMPL_JetRenameColumn            ~, 1
#define ESE_IMPL_JetSetColumnDefaultValue    ~, 1
#define ESE_IMPL_JetCreateIndex             ~, 1
#define ESE_IMPL_JetCreateIndex2            ~, 1
#define ESE_IMPL_JetCreateIndex3            ~, 1
#define ESE_IMPL_JetCreateIndex4            ~, 1
#define ESE_IMPL_JetDeleteIndex             ~, 1
#define ESE_IMPL_JetGetTableInfo            ~, 1
#define ESE_IMPL_JetGetObjectInfo           ~, 1
#define ESE_IMPL_JetGetTableColumnInfo      ~, 1
#define ESE_IMPL_JetGetColumnInfo           ~, 1
#define ESE_IMPL_JetGetTableIndexInfo       ~, 1
#define ESE_IMPL_JetGetIndexInfo            ~, 1
#define ESE_IMPL_JetOpenTable               ~, 1
#define ESE_IMPL_JetDupCursor               ~, 1
#define ESE_IMPL_JetOpenTempTable           ~, 1
#define ESE_IMPL_JetOpenTempTable2          ~, 1
#define ESE_IMPL_JetOpenTempTable3          ~, 1
#define ESE_IMPL_JetOpenTemporaryTable      ~, 1
#define ESE_IMPL_JetOpenTemporaryTable2     ~, 1
#define ESE_IMPL_JetCloseTable              ~, 1
#define ESE_IMPL_JetGetCursorInfo            ~, 1
#define ESE_IMPL_JetGetCurrentIndex         ~, 1
#define ESE_IMPL_JetSetCurrentIndex         ~, 1
#define ESE_IMPL_JetSetCurrentIndex2        ~, 1
#define ESE_IMPL_JetSetCurrentIndex3        ~, 1
#define ESE_IMPL_JetSetCurrentIndex4        ~, 1
#define ESE_IMPL_JetSetTableSequential      ~, 1
#define ESE_IMPL_JetResetTableSequential    ~, 1
#define ESE_IMPL_JetMove                    ~, 1
#define ESE_IMPL_JetMakeKey                 ~, 1
#define ESE_IMPL_JetRetrieveKey             ~, 1
#define ESE_IMPL_JetSeek                    ~, 1
#define ESE_IMPL_JetSetIndexRange           ~, 1
#define ESE_IMPL_JetGetBookmark             ~, 1
#define ESE_IMPL_JetGotoBookmark            ~, 1
#define ESE_IMPL_JetGetRecordPosition       ~, 1
#define ESE_IMPL_JetGotoPosition            ~, 1
#define ESE_IMPL_JetIndexRecordCount        ~, 1
#define ESE_IMPL_JetGetSecondaryIndexBookmark ~, 1
#define ESE_IMPL_JetGotoSecondaryIndexBookmark ~, 1
#define ESE_IMPL_JetSetCursorFilter         ~, 1
#define ESE_IMPL_JetPrereadKeys             ~, 1
#define ESE_IMPL_JetPrereadIndexRanges      ~, 1
#define ESE_IMPL_JetComputeStats            ~, 1
#define ESE_IMPL_JetIntersectIndexes        ~, 1
#define ESE_IMPL_JetRetrieveColumn          ~, 1
#define ESE_IMPL_JetRetrieveColumns         ~, 1
#define ESE_IMPL_JetEnumerateColumns         ~, 1
#define ESE_IMPL_JetGetRecordSize           ~, 1
#define ESE_IMPL_JetGetRecordSize2          ~, 1
#define ESE_IMPL_JetPrepareUpdate           ~, 1
#define ESE_IMPL_JetSetColumn               ~, 1
#define ESE_IMPL_JetSetColumns              ~, 1
#define ESE_IMPL_JetUpdate                  ~, 1
#define ESE_IMPL_JetUpdate2                 ~, 1
#define ESE_IMPL_JetDelete                  ~, 1
#define ESE_IMPL_JetGetLock                 ~, 1
#define ESE_IMPL_JetEscrowUpdate             ~, 1
#define ESE_IMPL_JetRegisterCallback         ~, 1
#define ESE_IMPL_JetUnregisterCallback       ~, 1
#define ESE_IMPL_JetSetLS                    ~, 1
#define ESE_IMPL_JetGetLS                    ~, 1

#endif
