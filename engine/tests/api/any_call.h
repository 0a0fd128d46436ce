/*
 * Any public function, called through its number with handles where it wants handles and zeros
 * everywhere else: what the gate answers does not depend on more. Made from jet_api.def.
 */
#ifndef ESE_TESTS_API_ANY_CALL_H
#define ESE_TESTS_API_ANY_CALL_H

#include <stddef.h>

#include <esent.h>

struct test_handles {
    JET_INSTANCE instance;
    JET_SESID sesid;
    JET_DBID dbid;
    JET_TABLEID tableid;
};

struct test_function {
    const char *name; /* the base name */
    const char *gate; /* its gate, as the gate table writes it */
    const char *mode;
    JET_ERR (*call)(const struct test_handles *handles);
};

/* All public functions; *count of them. */
const struct test_function *test_functions(size_t *count);

#endif
