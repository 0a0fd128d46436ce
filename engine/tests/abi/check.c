/* check.h as C. */
#include "check.h"

typedef int check_is_compiled_not_run;
