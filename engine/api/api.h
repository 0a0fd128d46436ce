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

/* ---- maintenance and snapshots (api_service.c) ----------------------------------------------- */

JET_ERR ese_api_JetDefragment3(enum ese_text text, JET_SESID sesid, const void *database,
                               const void *table, JET_ULONG *passes, JET_ULONG *seconds,
                               JET_CALLBACK callback, void *context, JET_GRBIT grbit);
JET_ERR ese_api_JetOSSnapshotPrepareInstance(JET_OSSNAPID snapshot, JET_INSTANCE instance,
                                             JET_GRBIT grbit);
JET_ERR ese_api_JetOSSnapshotTruncateLogInstance(JET_OSSNAPID snapshot, JET_INSTANCE instance,
                                                 JET_GRBIT grbit);

#endif
