/* Ending an instance: JetTerm, JetTerm2. */
#ifndef ESE_INSTANCE_TERM_H
#define ESE_INSTANCE_TERM_H

#include <esent.h>

struct ese_instance;

/*
 * Ends the instance. When it was never initialised, that is all. Otherwise waits for the calls in
 * flight, ends or respects a backup, refuses while a session is in a transaction, closes every
 * session and the storage.
 *
 * JET_errTermInProgress (another termination is on its way), JET_errNotInitialized (being
 * initialised), JET_errRestoreInProgress, JET_errTooManyActiveUsers, JET_errBackupInProgress: the
 * instance is as usable as before. Any other error, JET_errDirtyShutdown among them: the instance
 * is gone, but its databases may need recovery.
 */
JET_ERR ese_term(struct ese_instance *instance, JET_GRBIT grbit);

#endif
