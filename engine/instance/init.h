/* Starting an instance: JetInit and its kin. */
#ifndef ESE_INSTANCE_INIT_H
#define ESE_INSTANCE_INIT_H

#include <esent.h>

struct ese_instance;

/*
 * Opens the storage of an instance that no other call is starting, ending or using; the gate has
 * admitted the caller. JET_errAlreadyInitialized, JET_errInitInProgress, JET_errTermInProgress,
 * JET_errInvalidPath, JET_errOutOfMemory and what the storage reports. On failure the instance is
 * as it was.
 */
JET_ERR ese_init(struct ese_instance *instance);

#endif
