/* shims/tests/remove_tree.h - a file or a folder with all that is in it goes away. 0, or nftw's answer with errno. */
#ifndef ESECHECK_SHIMS_TESTS_REMOVE_TREE_H
#define ESECHECK_SHIMS_TESTS_REMOVE_TREE_H

#include <ftw.h>
#include <stdio.h>

static inline int remove_tree_one(const char *path, const struct stat *status, int type, struct FTW *walk)
{
    (void)status, (void)type, (void)walk;
    return remove(path);
}

static inline int remove_tree(const char *path)
{
    return nftw(path, remove_tree_one, 16, FTW_DEPTH | FTW_PHYS);
}

#endif
