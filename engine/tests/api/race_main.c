/* api_race [lives]: the races of race.c in a program of their own, for ThreadSanitizer. */
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "engine/tests/api/race.h"
#include "engine/tests/remove_tree.h"

int main(int argc, char **argv)
{
    unsigned lives = argc > 1 ? (unsigned)strtoul(argv[1], NULL, 10) : 12;
    char folder[] = "/tmp/esent-race-XXXXXX";
    struct race_result result = {0};
    int failed = lives == 0 || mkdtemp(folder) == NULL;
    for (unsigned i = 0; i < lives && !failed; i++) {
        failed = race_once(folder, (enum race_kind)(i % 3), 4, i * 97 % 3000, &result);
    }
    remove_tree(folder);
    printf("%u lives, %lu calls, %lu denied; early %lu, late %lu, lost %lu, strange %lu (%ld)\n",
           lives, result.calls, result.denied, result.early, result.late, result.lost,
           result.strange, result.first_strange);
    return failed || result.early + result.late + result.lost + result.strange > 0 ||
           result.denied == 0;
}
