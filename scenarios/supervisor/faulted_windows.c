/* scenarios/supervisor/faulted_windows.c - there are no faults on Windows. */
#include "scenarios/supervisor/faulted.h"

int scn_faulted_create(const char *path, bool record)
{
    (void)path, (void)record;
    return -1;
}

void scn_faulted_read(const char *path, struct scn_faulted *faulted)
{
    (void)path;
    faulted->known = false;
}

struct scn_faulted_page *scn_faulted_begin(const char *path, bool record, const char *usual)
{
    (void)usual;
    (void)path, (void)record;
    return NULL;
}

void scn_faulted_end(struct scn_faulted_page *page, const char *usual, bool clean)
{
    (void)page, (void)usual, (void)clean;
}

void scn_faulted_fini(struct scn_faulted *faulted)
{
    (void)faulted;
}
