/* shims/preload/tests/cases.c - finds the case that is asked for. */
#include "shims/preload/tests/cases.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

void case_check(int holds, const char *condition, const char *file, int line) {
    if (!holds) {
        fprintf(stderr, "%s:%d: %s does not hold\n", file, line, condition);
        exit(1);
    }
}

pthread_t case_start(void *(*run)(void *argument), void *argument) {
    pthread_t thread;
    CHECK(pthread_create(&thread, NULL, run, argument) == 0);
    return thread;
}

void *case_join(pthread_t thread) {
    void *result = NULL;
    CHECK(pthread_join(thread, &result) == 0);
    return result;
}

int main(int count, char **words) {
    const struct case_row *const lists[] = {case_locks, case_threads, case_process, case_system, case_names,
                                            case_wrong, case_refused};
    for (size_t i = 0; i < sizeof lists / sizeof lists[0]; i++) {
        for (const struct case_row *row = lists[i]; row->name != NULL; row++) {
            if (count < 2) {
                printf("%s %s\n", lists[i] == case_wrong     ? "wrong"
                       : lists[i] == case_refused ? "refused"
                                                  : "right",
                       row->name);
            } else if (strcmp(words[1], row->name) == 0) {
                row->run();
                return 0;
            }
        }
    }
    return count < 2 ? 0 : 2;
}
