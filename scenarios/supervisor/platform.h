/* scenarios/supervisor/platform.h - processes and directories; only for the files of this room.
 *
 * process_*.c: a child, its end, and the stacks of its threads. guard_*.c: the child's side of a
 * crash. directory_*.c: files. One implementation per platform, same meaning.
 */
#ifndef ESECHECK_SCENARIOS_SUPERVISOR_PLATFORM_H
#define ESECHECK_SCENARIOS_SUPERVISOR_PLATFORM_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct scn_process;

struct scn_exit {
    bool by_signal;      /* a signal, or an exception code */
    int64_t code;        /* its number, else the exit code */
    char name[48];       /* "SIGSEGV", "exception 0xc0000005", "exit code 3" */
};

/* Starts `arguments` (NULL at the end; [0] is the program) in `directory`, with standard output and
 * error going to the file `output`, and `environment` ("NAME=value", NULL at the end) added to or
 * replacing what this process has. The child dies with this process. 0, or -1 with a message. */
int scn_process_start(const char *const *arguments, const char *directory, const char *output,
                      const char *const *environment, struct scn_process **process, char *error,
                      size_t error_size);
/* Whether it has ended, and how. */
bool scn_process_ended(struct scn_process *process, struct scn_exit *how);
/* Has the child write the stacks of all its threads to the file `path`, which the child's guard has
 * opened; takes at most about two seconds. */
void scn_process_stacks(struct scn_process *process, const char *path);
/* Kills it with all its children and waits for the end. */
void scn_process_kill(struct scn_process *process);
void scn_process_free(struct scn_process *process); /* ended or killed before */

/* In the child, before the engine is loaded: a crash writes its name and stack to `crash`, stacks on
 * request go to `stacks`; no core files, no dialogs. */
void scn_guard_install(const char *crash, const char *stacks);
/* On every thread that calls the engine: a stack of its own for the handler, and the actor's number for the
 * first line of a crash ("actor 3", only if it is not 0). */
void scn_guard_thread(uint32_t actor);

uint64_t scn_milliseconds(void); /* monotonic */
void scn_rest_milliseconds(unsigned ms);

int scn_directory_make(const char *path);    /* fine if it is there; 0 or -1 */
void scn_directory_remove(const char *path); /* with all that is in it */
bool scn_file_exists(const char *path);
int scn_change_directory(const char *path);
uint64_t scn_process_number(void);
/* Names of the entries of a directory that begin with `prefix`: calls `each`. */
void scn_directory_each(const char *path, const char *prefix,
                        void (*each)(void *context, const char *path), void *context);
int scn_rename(const char *from, const char *to); /* replaces */

/* Replaces, line by line, what the guard wrote about frames by something with the names of functions
 * and lines, if the machine has the tools for it. Takes and returns heap memory. */
char *scn_symbolise(char *stacks);
/* Whether that knows functions: there is an addr2line. */
bool scn_can_symbolise(void);

/* The name of the variable of a loaded file that is at an address of it ("locks", "locks+40"). False: not known. */
bool scn_symbol_of_data(const char *module, uint64_t address, char *name, size_t size);

/* Reads at most `limit` bytes from the end of a file; "" if there is none; NULL without memory.
 * The caller frees it. */
char *scn_read_tail(const char *path, size_t limit);

#endif
