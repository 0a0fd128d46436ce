/* shims/schedule/tests/kernels.h - inside of the module of kernels: what all of its files share.
 *
 * kernels.c says how kernels run.
 */
#ifndef ESECHECK_SHIMS_SCHEDULE_TESTS_KERNELS_H
#define ESECHECK_SHIMS_SCHEDULE_TESTS_KERNELS_H

#define EXPORT __attribute__((visibility("default")))

EXPORT extern void (*kernel_fail)(const char *message); /* the bug has shown */
EXPORT extern int kernel_size;                          /* threads of the repeated kind, or which of several kernels */

#define CHECK(condition, message)                                                                  \
    do {                                                                                           \
        if (!(condition)) {                                                                        \
            kernel_fail(message);                                                                  \
        }                                                                                          \
    } while (0)

#endif
