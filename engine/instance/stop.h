/* Stopping the service of an instance, in whole or in parts, and resuming. */
#ifndef ESE_INSTANCE_STOP_H
#define ESE_INSTANCE_STOP_H

#include <esent.h>

struct ese_instance;

/*
 * JetStopService and JetStopServiceInstance: on success every online defragmentation has ended
 * (those excepted whose completion callback makes this call), version clean-up has been started, the
 * checkpoint depth is 16384 bytes (readable as JET_paramCheckpointDepthMax), and every denied call
 * entered from now on gets JET_errClientRequestToStopJetService. JET_errInvalidParameter when the
 * instance does not run; nothing has changed then. May be called any number of times, from any
 * thread, also during a termination.
 */
JET_ERR ese_stop_service(struct ese_instance *instance);

/*
 * JetStopServiceInstance2. Beyond the above: JET_errInvalidGrbit for bits or combinations that do
 * not exist; JET_errClientRequestToStopJetService for a resume after JET_bitStopServiceAll.
 */
JET_ERR ese_stop_service_parts(struct ese_instance *instance, JET_GRBIT grbit);

#endif
