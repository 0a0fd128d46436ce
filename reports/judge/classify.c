/* reports/judge/classify.c - what one result says about the gate.
 *
 * Silent are the results that an engine may give without having looked at the stop: a handle or an
 * argument that is wrong (what is wrong with a handle or an argument can be seen from outside), a
 * session in use, an instance in another state, too little memory, a function that it does not
 * have. Everything else, success above all, takes a look at the data, the transaction or the
 * cursor: it is possible only behind the gate.
 */
#include "reports/judge/internal.h"
#include "shims/call/call.h"

enum rpt_class rpt_classify(enum shim_fn fn, JET_ERR result)
{
    (void)fn;
    if (result >= 0) {
        return RPT_ADMITTED;
    }
    switch (result) {
    case JET_errClientRequestToStopJetService:
        return RPT_IS_DENIED;
    /* handles */
    case JET_errInvalidSesid:
    case JET_errInvalidTableId:
    case JET_errSesidTableIdMismatch:
    case JET_errInvalidInstance:
    case JET_errInvalidDatabaseId:
    case JET_errOSSnapshotInvalidSnapId:
    /* arguments */
    case JET_errInvalidParameter:
    case JET_errInvalidGrbit:
    case JET_errInvalidName:
    case JET_errInvalidPath:
    case JET_errInvalidBufferSize:
    case JET_errBufferTooSmall:
    case JET_errDatabaseInvalidPath:
    case JET_errInvalidColumnType:
    case JET_errInvalidCodePage:
    case JET_errInvalidLanguageId:
    case JET_errInvalidCreateIndex:
    case JET_errIndexInvalidDef:
    case JET_errDensityInvalid:
    case JET_errInvalidSesparamId:
    /* the session or the instance is in another state */
    case JET_errSessionSharingViolation:
    case JET_errTermInProgress:
    case JET_errNotInitialized:
    case JET_errInitInProgress:
    case JET_errAlreadyInitialized:
    case JET_errRestoreInProgress:
    case JET_errInstanceUnavailable:
    case JET_errInstanceUnavailableDueToFatalLogDiskFull:
    case JET_errRunningInMultiInstanceMode:
    case JET_errRunningInOneInstanceMode:
    case JET_errSystemParamsAlreadySet:
    /* nothing to work with */
    case JET_errOutOfMemory:
    case JET_errOutOfThreads:
    case JET_wrnNyi:
    case JET_errFeatureNotAvailable:
    case JET_errDisabledFunctionality:
    case SHIM_ERR_STUB:
    case SHIM_ERR_MISSING:
        return RPT_SILENT;
    default:
        return RPT_ADMITTED;
    }
}

bool rpt_term_refused(JET_ERR result, bool none_is_refused)
{
    switch (result) {
    case JET_errInvalidParameter:
    case JET_errInvalidInstance:
        return none_is_refused;
    case JET_errInvalidGrbit:
    case JET_errNotInitialized:
    case JET_errInitInProgress:
    case JET_errTermInProgress:
    case JET_errRestoreInProgress:
    case JET_errBackupInProgress:
    case -617: /* a surrogate backup is in progress */
    case JET_errTooManyActiveUsers:
    case JET_errClientRequestToStopJetService:
    case JET_errSessionSharingViolation:
    case JET_errRunningInMultiInstanceMode:
        return true;
    default:
        return is_unsupported(result);
    }
}
