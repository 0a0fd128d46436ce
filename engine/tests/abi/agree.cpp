// agree.h as C++.
#include "agree.h"
