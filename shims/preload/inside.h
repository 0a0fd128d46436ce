/* shims/preload/inside.h - inside of libesecheck_schedule.so. */
#ifndef ESECHECK_SHIMS_PRELOAD_INSIDE_H
#define ESECHECK_SHIMS_PRELOAD_INSIDE_H

#include "shims/preload/program.h"
#include "shims/schedule/inside.h"

extern struct shim_program_shared *shim_program; /* NULL: the process is not one of esecheck's */

/* stacks.c */
/* Once, before the first run: loads what stacks need, notes where the program's file is. */
void shim_program_stacks_prepare(void);
/* Adds the stack of the calling thread to shim_program->stacks. `what`: a line before it, or NULL. */
void shim_program_stack(const char *what);
/* In a run: what kills the program leaves its stack. */
void shim_program_catch_crashes(void);
#endif
