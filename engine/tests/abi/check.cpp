// check.h as C++.
#include "check.h"
