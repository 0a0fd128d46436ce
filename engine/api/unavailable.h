/* The public functions the engine does not have: they are exported, pass their gate and say so. */
#ifndef ESE_API_UNAVAILABLE_H
#define ESE_API_UNAVAILABLE_H

#include <stdint.h>

#include <esent.h>

#include "engine/api/gate.h"

/*
 * Passes the gate of the function and answers JET_errFeatureNotAvailable, or what the gate answers.
 * handle is the instance or session, object the database; 0 where the function has none.
 */
JET_ERR ese_unavailable(enum ese_function function, uint64_t handle, uint64_t object);

/* The same for functions of a session and a cursor. */
JET_ERR ese_unavailable_cursor(enum ese_function function, JET_SESID sesid, JET_TABLEID tableid);

#endif
