/* fuzz/place.c - see the header. */
#include "fuzz/place.h"

#include <errno.h>
#include <fcntl.h>
#include <ftw.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static char place[512];
static pid_t owner;

static int remove_one(const char *path, const struct stat *status, int type, struct FTW *ftw)
{
    (void)status;
    (void)type;
    (void)ftw;
    return remove(path);
}

static void remove_tree(const char *path)
{
    nftw(path, remove_one, 16, FTW_DEPTH | FTW_PHYS);
}

static void remove_place(void)
{
    if (getpid() == owner) /* not in a child that was forked and exits */
        remove_tree(place);
}

_Noreturn static void give_up(const char *path)
{
    fprintf(stderr, "%s: cannot be made: %s\n", path, strerror(errno));
    exit(1);
}

const char *fuzz_place(void)
{
    if (place[0])
        return place;
    const char *parent = getenv("TMPDIR");
    if (access("/dev/shm", W_OK | X_OK) == 0)
        parent = "/dev/shm";
    snprintf(place, sizeof place, "%.400s/esecheck-fuzz.XXXXXX", parent ? parent : "/tmp");
    if (!mkdtemp(place))
        give_up(place);
    owner = getpid();
    atexit(remove_place);
    return place;
}

const char *fuzz_path(const char *name)
{
    static char paths[4][1024];
    static unsigned next;
    char *path = paths[next++ % 4];
    snprintf(path, sizeof paths[0], "%s/%.400s", fuzz_place(), name);
    return path;
}

void fuzz_empty_directory(const char *name)
{
    const char *path = fuzz_path(name);
    remove_tree(path);
    if (mkdir(path, 0700))
        give_up(path);
}

void fuzz_keep_artifacts_here(int *argc, char ***argv)
{
    static const char prefix[] = "-artifact_prefix=", exact[] = "-exact_artifact_path=";
    const char *artifacts = "";
    char *here = getcwd(NULL, 0);
    char **words = here != NULL ? calloc((size_t)*argc + 2, sizeof *words) : NULL;
    if (words == NULL)
        give_up("the list of arguments");
    for (int i = 0; i < *argc; i++) {
        const char *word = (*argv)[i];
        bool is_exact = strncmp(word, exact, sizeof exact - 1) == 0 && word[sizeof exact - 1] != '/';
        words[i] = (*argv)[i];
        if (strncmp(word, prefix, sizeof prefix - 1) == 0)
            artifacts = word + sizeof prefix - 1;
        else if (is_exact && asprintf(&words[i], "%s%s/%s", exact, here, word + sizeof exact - 1) < 0)
            give_up("the list of arguments");
    }
    if (artifacts[0] != '/') { /* the last one counts */
        if (asprintf(&words[*argc], "%s%s/%s", prefix, here, artifacts) < 0)
            give_up("the list of arguments");
        ++*argc;
    }
    free(here);
    *argv = words; /* libFuzzer's from now on */
}

static int start = -1;

void fuzz_work_in(const char *name)
{
    if (start < 0)
        start = open(".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (start < 0 || chdir(fuzz_path(name)) != 0)
        give_up(fuzz_path(name));
}

void fuzz_come_back(void)
{
    if (fchdir(start) != 0)
        give_up("the directory of the start");
}
