/*
 * api_backup [race|kill [count]]: backups while others write, against stops, terminations and kills (backup_race.c,
 * backup_kill.c). With ESECHECK_TIER=nightly much more of both.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "engine/tests/api/backup_proof.h"
#include "engine/tests/remove_tree.h"

int main(int argc, char **argv)
{
    const char *tier = getenv("ESECHECK_TIER"), *base = getenv("TMPDIR");
    const char *what = argc > 1 ? argv[1] : "";
    unsigned count = argc > 2 ? (unsigned)strtoul(argv[2], NULL, 10)
                              : tier != NULL && strcmp(tier, "nightly") == 0 ? 300 : 4;
    char folder[200];
    snprintf(folder, sizeof folder, "%s/esent-backup-XXXXXX", base != NULL ? base : "/tmp");
    if (mkdtemp(folder) == NULL) {
        perror(folder);
        return 1;
    }
    proof_set_folder(folder);
    if (strcmp(what, "kill") != 0) {
        proof_race(count);
    }
    if (strcmp(what, "race") != 0) {
        proof_kill(count);
    }
    return remove_tree(folder) != 0;
}
