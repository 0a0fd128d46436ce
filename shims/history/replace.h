/* shims/history/replace.h - gives a finished file its name. */
#ifndef ESECHECK_SHIMS_HISTORY_REPLACE_H
#define ESECHECK_SHIMS_HISTORY_REPLACE_H

/* Renames `from` to `to` in one step, in place of any file `to`. Returns 0, or -1 with errno set. */
int shim_replace_file(const char *from, const char *to);

#endif
