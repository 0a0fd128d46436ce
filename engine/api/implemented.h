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
#define ESE_IMPL_JetDefragment3                   ~, 1
#define ESE_IMPL_JetOSSnapshotPrepareInstance     ~, 1
#define ESE_IMPL_JetOSSnapshotTruncateLogInstance ~, 1

#endif
