/* shims/history/history.h - what was seen.
 *
 * A history is one run of one plan against one engine: a header, calls and events. It is the only
 * thing the judge sees, and it is saved as JSON Lines (one header line, then one line per call or
 * event in order of their first stamp), so that every verdict can be recomputed.
 *
 * Stamps are drawn from one counter of the whole run, 1, 2, 3 ...: if one thing ended before another
 * began, in real time and on whatever threads, its stamp is the smaller one. A call has two, `enter`
 * and `leave` (0: it never returned). Times (ns since the start of the run) are for reports; no
 * verdict depends on them.
 *
 * Ownership: a history owns all it points to; shim_history_fini frees it.
 * Thread safety: none; build and read from one thread.
 */
#ifndef ESECHECK_SHIMS_HISTORY_HISTORY_H
#define ESECHECK_SHIMS_HISTORY_HISTORY_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include <esent.h>

#include "shims/call/api.h"

#define SHIM_HISTORY_VERSION 1
#define SHIM_PRELOAD_MAX 10000000 /* most rows of a PRELOAD event */
#define SHIM_BLOB_MAX 64 /* bytes kept of an IN_TEXT, IN_DATA, OUT_DATA or OUT_TEXT argument */

/* One call. */
struct shim_hist_call {
    uint64_t enter, leave;          /* stamps; leave 0: never returned */
    uint64_t enter_ns, leave_ns;
    uint32_t actor;
    enum shim_fn fn;
    enum shim_variant variant;
    uint64_t args[SHIM_MAX_ARGS];   /* as passed */
    uint64_t outs[SHIM_MAX_ARGS];   /* value behind an OUT_* or INOUT_* scalar after the return (32-bit
                                       ones zero-extended); of a call that never returned, the value
                                       an INOUT_* had at entry. OUT_SERIAL: the commitId. For the
                                       struct of JetCreateTableColumnIndex... and
                                       JetOpenTemporaryTable...: the tableid in it. Of an array of
                                       column identifiers: the first. */
    uint32_t outs_valid;            /* bit i: outs[i] was read; never for a null pointer. After an error
                                       the API leaves the value itself open */
    JET_ERR result;                 /* meaningless while leave == 0 */
    uint8_t blob_size[SHIM_MAX_ARGS]; /* bytes in blob[i] */
    uint8_t *blob[SHIM_MAX_ARGS];   /* first bytes of text or data, or NULL; W text as UTF-8 */
};

/* Events. The comment says what `name`, `text` and `value[]` hold; what is not named is unused. */
#define SHIM_EVENTS(X)                                                                             \
    X(PHASE, "phase")           /* name: setup race cleanup term restart verify end */             \
    X(ACTOR, "actor")           /* name of actor number `actor`, first event about it */           \
    X(OBJECT, "object")         /* a handle of the script: name; text: instance, session, ...; value[0] */ \
    X(WRITE, "write")           /* a row change that JetUpdate/JetDelete accepted: name: table; value[0]: key, \
                                   value[1]: version, value[2]: 1 = deleted, value[3]: sesid */     \
    X(READ, "read")             /* a row that an actor looked at: name: table; value[0]: key, value[1]: version, value[2]: \
                                   1 = there is no such row, value[3]: sesid */                    \
    X(ROWS, "rows")             /* verification of a table begins: name; value[0]: 1 = complete at its end follows */ \
    X(ROW, "row")               /* a row that verification found: name: table; value[0] key, value[1] version */ \
    X(ROWS_END, "rows-end")     /* name: table; value[0]: rows found; value[1]: 1 = the scan was complete */ \
    X(PRELOAD, "preload")       /* rows 1..value[0] with version 0 were committed in setup; name: table */ \
    X(PROBE, "probe")           /* value[0]: state id probed before/after, name: what, text: value seen */ \
    X(EXPECT, "expect")         /* an expectation of the script: name; text; value[0]: 1 = held; value[2]: 0 = of every \
                                   profile, 1 = documented, 2 = ese */                             \
    X(ALLOWED_WAIT, "wait")     /* actor waits in a way the contract allows (name) */              \
    X(EXIT, "exit")             /* the child ended: value[0]: exit code */                         \
    X(CRASH, "crash")           /* value[0]: signal or exception code; name of it; text: stacks */ \
    X(HANG, "hang")             /* text: stacks of all threads */                                  \
    X(DEADLOCK, "deadlock")     /* under control no thread could go on; text: who waits for what */ \
    X(LIVELOCK, "livelock")     /* under control the run exceeded its bound; text: the bound, who does what */ \
    X(KILL, "kill")             /* the harness killed the child on purpose; name: why; "script": a step of the script did */                      \
    X(RESTART, "restart")       /* a new child began on the same files */                          \
    X(SANITIZER, "sanitizer")   /* name: which; text: report */                                    \
    X(LEAK, "leak")             /* text: report */                                                 \
    X(PROBING, "probing")       /* value[0]: 1 = from here on `actor` makes calls that no step asks for, 0 = its steps \
                                   go on */                                                        \
    X(OBSERVED, "observed")     /* a number of this run: name; value[0]. name "control NAME": the same of the control */ \
    X(COPIED, "copied")         /* a backup's files lie in a folder. name: the folder; value[0]: 0 = the databases, 1 = the \
                                   logs of a streaming backup, as its actor's last call of JetGetLogInfo... listed them; 2 = \
                                   all, by the actor's last call of JetBackup... */ \
    X(RESTORED, "restored")     /* from here on the databases are those of a backup. name: its folder */ \
    X(TRUNCATED, "truncated")   /* the recorder ran out of space */                                \
    X(NOTE, "note")             /* free text */

enum shim_event_kind {
#define X(id, name) SHIM_EVENT_##id,
    SHIM_EVENTS(X)
#undef X
    SHIM_EVENT_COUNT
};

struct shim_hist_event {
    uint64_t stamp;
    uint64_t ns;
    uint32_t actor;
    enum shim_event_kind kind;
    char *name;      /* or NULL */
    char *text;      /* or NULL */
    int64_t value[4];
};

struct shim_hist_header {
    int version;             /* SHIM_HISTORY_VERSION */
    char *engine;            /* file */
    char *engine_build;
    char *harness;           /* version of esecheck, sanitizer */
    char *script;            /* file, "" for a generated plan */
    char *plan;              /* the plan as text (a .scenario), so the history is self-contained */
    char *profile;           /* "documented" or "ese" */
    uint64_t seed;
    int repeat;              /* which repeat of the run, from 0 */
    char *command;           /* the command line that shows it again */
};

struct shim_history {
    struct shim_hist_header header;
    struct shim_hist_call *calls;   /* sorted by enter */
    size_t call_count, call_room;
    struct shim_hist_event *events; /* sorted by stamp */
    size_t event_count, event_room;
};

void shim_history_init(struct shim_history *history);
void shim_history_fini(struct shim_history *history);

/* Append (zeroed) and return the new entry, or NULL without memory. Pointers into the arrays are
 * valid until the next append. Call shim_history_sort when done: it sorts, and gives events whose
 * stamp is still 0 the next free stamps, in the order in which they were added. */
struct shim_hist_call *shim_history_add_call(struct shim_history *history);
struct shim_hist_event *shim_history_add_event(struct shim_history *history,
                                               enum shim_event_kind kind, const char *name,
                                               const char *text);
void shim_history_sort(struct shim_history *history);

/* Takes away all but the first so many calls and events. */
void shim_history_shorten(struct shim_history *history, size_t calls, size_t events);

/* The beginning of a history, for one who wants many: what `from` (sorted; must outlive it) was before a stamp, at which
 * calls that returned later had not returned. The header is not copied. What somebody appends to `history` is there until
 * the next move. A move to a later stamp costs what is between the two. */
struct shim_beginning {
    struct shim_history history;
    const struct shim_history *from;
    uint64_t stamp;
    size_t calls, events; /* of `history`: those of `from` */
    size_t *open, open_count, open_room; /* calls that have not returned */
};
void shim_history_beginning(struct shim_beginning *beginning, const struct shim_history *from);
int shim_history_beginning_move(struct shim_beginning *beginning, uint64_t stamp); /* 0, or -1 without memory */
void shim_history_beginning_fini(struct shim_beginning *beginning);

/* The largest stamp that a call or event carries; 0 in an empty history. */
uint64_t shim_history_last_stamp(const struct shim_history *history);

/* Saves as JSON Lines: to a temporary name first, then renamed, so that a half-written file never
 * has the final name. The last line says how many calls and events there are, so that a cut file is
 * recognised. 64-bit values are text ("0x..."), text that is not UTF-8 survives (README.md).
 * Returns 0, or -1 with a message. */
int shim_history_save(const struct shim_history *history, const char *path, char *error,
                      size_t error_size);
/* Loads; the history must be initialised. Returns 0, or -1 with "file:line: what". A history that
 * contradicts itself (a stamp used twice, leave before enter, unknown function) is refused. */
int shim_history_load(struct shim_history *history, const char *path, char *error,
                      size_t error_size);

const char *shim_event_name(enum shim_event_kind kind);
/* The kind with this name; SHIM_EVENT_COUNT if there is none. */
enum shim_event_kind shim_event_find(const char *name);

/* Sets header strings and blobs: frees what *field held, copies `text` (NULL: stays NULL).
 * Returns 0, or -1 without memory. */
int shim_history_set(char **field, const char *text);
/* Copies `size` bytes (at most SHIM_BLOB_MAX are kept) as the blob of parameter `param`. */
int shim_hist_call_set_blob(struct shim_hist_call *call, int param, const void *data, size_t size);

#endif
