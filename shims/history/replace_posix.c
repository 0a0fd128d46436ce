#include <stdio.h>

#include "shims/history/file.h"

int shim_replace_file(const char *from, const char *to) {
    return rename(from, to);
}
