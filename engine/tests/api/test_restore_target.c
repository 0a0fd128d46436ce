#include <esent.h>
