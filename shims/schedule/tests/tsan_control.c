/* shims/schedule/tests/tsan_control.c - the scheduler must not hide a race from ThreadSanitizer.
 *
 * Two threads change one variable without a lock, one after the other as the scheduler has them, and
 * another one with a lock. Nothing but the hand-over orders the first; so ThreadSanitizer reports
 * it if, and only if, it does not see the hand-over. The second it must not report: the lock was
 * really taken. Built with -fsanitize=thread in every preset, the scheduler without.
 */
#include <pthread.h>
#include <stdio.h>

#include "shims/library/module.h"
#include "shims/schedule/control.h"

int main(int count, char **words) {
    char error[300];
    struct shim_run_result result;
    struct shim_control_options options = {.one_cpu = false};
    struct shim_module *module = count > 1 ? shim_module_open(words[1], error, sizeof error) : NULL;
    if (module == NULL) {
        fprintf(stderr, "%s\n", count > 1 ? error : "name the module");
        return 2;
    }
    shim_control_redirect(module);
    struct shim_strategy *strategy = shim_strategy_new(SHIM_STRATEGY_RANDOM, 0);
    strategy->begin(strategy, 1);
    shim_control_run(&options, strategy, NULL, (void (*)(void *))shim_module_symbol(module, "racy"),
                     NULL, &result);
    shim_strategy_free(strategy);
    printf("outcome %d, %u threads\n", (int)result.outcome, result.threads);
    return result.outcome == SHIM_RUN_DONE && result.threads == 3 ? 0 : 2;
}
