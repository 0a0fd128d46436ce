/* shims/schedule/intercept_posix.c - sends the imports of a module to the interposers of all families. */
#include "shims/schedule/intercept.h"

int shim_control_redirect(struct shim_module *module) {
    return shim_ct_redirect_c11(module) + shim_ct_redirect_conditions(module) + shim_ct_redirect_engine(module) +
           shim_ct_redirect_files(module) + shim_ct_redirect_futexes(module) + shim_ct_redirect_locks(module) +
           shim_ct_redirect_makers(module) + shim_ct_redirect_numbers(module) + shim_ct_redirect_sysv(module) +
           shim_ct_redirect_threads(module) + shim_ct_redirect_time(module) + shim_ct_redirect_waits(module);
}
