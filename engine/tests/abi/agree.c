/* agree.h as C. */
#include "agree.h"

typedef int agree_is_compiled_not_run;
