/* shims/fault/names.c - faults as text, and what each operation can suffer. */
#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "shims/fault/fault.h"
#include "shims/printf.h"

static const struct {
    const char *name;
    enum shim_family family;
    const char *kinds;
} operations[SHIM_LIBC_COUNT] = {
#define X(id, text, family, kinds) {text, SHIM_FAMILY_##family, kinds},
    SHIM_LIBC_OPERATIONS(X)
#undef X
};

static const char *const families[] = {"memory", "files", "directories", "stdio", "threads", "time"};

static const struct {
    const char *name;
    char letter; /* in the table of operations; 0: any can have it */
} kinds[SHIM_FAULT_KIND_COUNT] = {{"error", 'e'}, {"short", 's'}, {"delay", 0},  {"flip", 'f'},
                                  {"stale", 'o'}, {"lost", 'l'},  {"torn", 't'}, {"kill", 0}};

static const struct {
    const char *name;
    int value;
} errors[] = {
    {"EACCES", EACCES}, {"EAGAIN", EAGAIN}, {"EBADF", EBADF},   {"EBUSY", EBUSY},
    {"EEXIST", EEXIST}, {"EFBIG", EFBIG},   {"EINTR", EINTR},   {"EINVAL", EINVAL},
    {"EIO", EIO},       {"EMFILE", EMFILE}, {"ENFILE", ENFILE}, {"ENOENT", ENOENT},
    {"ENOLCK", ENOLCK}, {"ENOMEM", ENOMEM}, {"ENOSPC", ENOSPC}, {"EPERM", EPERM},
    {"EROFS", EROFS},
#ifdef EDQUOT
    {"EDQUOT", EDQUOT},
#endif
};

/* What an operation may give of itself; a script may ask for anything, a campaign keeps to this. */
#define OF(id) (UINT64_C(1) << SHIM_LIBC_##id)
static const struct {
    int error;
    uint64_t operations;
} plausible[] = {
    {ENOMEM, OF(MALLOC) | OF(CALLOC) | OF(REALLOC) | OF(MEMALIGN) | OF(STRDUP) | OF(MMAP) | OF(MREMAP) |
                 OF(MPROTECT) | OF(OPENDIR) | OF(FOPEN)},
    {ENOSPC, OF(OPEN) | OF(WRITE) | OF(PWRITE) | OF(WRITEV) | OF(PWRITEV) | OF(DSYNC) | OF(DIRECT_WRITE) |
                 OF(FSYNC) | OF(FDATASYNC) | OF(FTRUNCATE) | OF(TRUNCATE) | OF(FALLOCATE) | OF(RENAME) |
                 OF(LINK) | OF(MKDIR) | OF(COPY) | OF(FWRITE) | OF(FPUTS) | OF(FPRINTF) | OF(FFLUSH) |
                 OF(FCLOSE) | OF(CLOSE)},
    {EIO, OF(OPEN) | OF(READ) | OF(PREAD) | OF(READV) | OF(PREADV) | OF(DIRECT_READ) | OF(WRITE) | OF(PWRITE) |
              OF(WRITEV) | OF(PWRITEV) | OF(DSYNC) | OF(DIRECT_WRITE) | OF(FSYNC) | OF(FDATASYNC) |
              OF(SYNC_RANGE) | OF(MSYNC) | OF(FTRUNCATE) | OF(TRUNCATE) | OF(FALLOCATE) | OF(RENAME) |
              OF(UNLINK) | OF(LINK) | OF(STAT) | OF(STATFS) | OF(SEEK) | OF(COPY) | OF(MKDIR) | OF(RMDIR) |
              OF(READDIR) | OF(REALPATH) | OF(FREAD) | OF(FGETS) | OF(FWRITE) | OF(FPUTS) | OF(FPRINTF) |
              OF(FFLUSH) | OF(FSEEK) | OF(FCLOSE) | OF(CLOSE)},
    {EACCES, OF(OPEN) | OF(TRUNCATE) | OF(RENAME) | OF(UNLINK) | OF(LINK) | OF(STAT) | OF(STATFS) | OF(MKDIR) |
                 OF(RMDIR) | OF(OPENDIR) | OF(GETCWD) | OF(REALPATH) | OF(FOPEN) | OF(MMAP) | OF(LOCK)},
    {EMFILE, OF(OPEN) | OF(OPENDIR) | OF(FOPEN) | OF(DUP)},
    {EINTR, OF(OPEN) | OF(READ) | OF(PREAD) | OF(READV) | OF(PREADV) | OF(DIRECT_READ) | OF(WRITE) |
                OF(PWRITE) | OF(WRITEV) | OF(PWRITEV) | OF(DSYNC) | OF(DIRECT_WRITE) | OF(FSYNC) |
                OF(FDATASYNC) | OF(FTRUNCATE) | OF(FALLOCATE) | OF(LOCK) | OF(SLEEP) | OF(CLOSE)},
    {EAGAIN, OF(THREAD) | OF(MMAP) | OF(MREMAP) | OF(LOCK)}, /* of a lock: another one has it */
    {ENOLCK, OF(LOCK)},
    {EINVAL, OF(CLOCK)},
};
#undef OF

int shim_errno_find(const char *name) {
    for (size_t i = 0; i < sizeof errors / sizeof errors[0]; i++) {
        if (strcmp(errors[i].name, name) == 0) {
            return errors[i].value;
        }
    }
    char *end;
    long number = strtol(name, &end, 10);
    return name[0] >= '1' && name[0] <= '9' && *end == '\0' && number < 4096 ? (int)number : 0;
}

const char *shim_errno_name(int error, char *text, size_t size) {
    for (size_t i = 0; i < sizeof errors / sizeof errors[0]; i++) {
        if (errors[i].value == error) {
            return errors[i].name;
        }
    }
    snprintf(text, size, "%d", error);
    return text;
}

const char *shim_operation_name(enum shim_operation operation) {
    return operation < SHIM_LIBC_COUNT ? operations[operation].name : "?";
}

enum shim_family shim_operation_family(enum shim_operation operation) {
    return operations[operation].family;
}

const char *shim_family_name(enum shim_family family) {
    return families[family];
}

uint64_t shim_operations_find(const char *name) {
    uint64_t found = 0;
    for (int op = 0; op < SHIM_LIBC_COUNT; op++) {
        if (strcmp(operations[op].name, name) == 0 ||
            strcmp(families[operations[op].family], name) == 0) {
            found |= UINT64_C(1) << op;
        }
    }
    return found;
}

bool shim_operation_can(enum shim_operation operation, enum shim_fault_kind kind, int error) {
    if (kinds[kind].letter != 0 && strchr(operations[operation].kinds, kinds[kind].letter) == NULL) {
        return false;
    }
    for (size_t i = 0; kind == SHIM_FAULT_ERROR && i < sizeof plausible / sizeof plausible[0]; i++) {
        if (plausible[i].error == error) {
            return (plausible[i].operations >> operation & 1) != 0;
        }
    }
    return true;
}

/* ---- text to fault ---- */

struct reader {
    const char *at;
    char word[SHIM_FAULT_TEXT]; /* the next one; "" at the end */
    bool quoted;
    char *error;
    size_t error_size;
};

static int bad(const struct reader *reader, const char *right) {
    snprintf(reader->error, reader->error_size, "%s%s%s where %s belongs",
             reader->word[0] != '\0' ? "'" : "the end", reader->word, reader->word[0] != '\0' ? "'" : "",
             right);
    return -1;
}

/* Commas are words of their own. */
static int next(struct reader *reader) {
    size_t length = 0;
    reader->at += strspn(reader->at, " \t\r");
    reader->quoted = *reader->at == '"';
    if (reader->quoted) {
        length = strcspn(++reader->at, "\"");
        if (reader->at[length] != '"') {
            reader->word[0] = '\0';
            return bad(reader, "a closing quotation mark");
        }
    } else {
        length = *reader->at == ',' ? 1 : strcspn(reader->at, " \t\r,\"");
    }
    if (length >= sizeof reader->word) {
        reader->word[0] = '\0';
        return bad(reader, "a shorter word");
    }
    memcpy(reader->word, reader->at, length);
    reader->word[length] = '\0';
    reader->at += length + (reader->quoted ? 1 : 0);
    return 0;
}

static bool skip(struct reader *reader, const char *word, int *failed) {
    if (reader->quoted || strcmp(reader->word, word) != 0) {
        return false;
    }
    *failed = next(reader);
    return true;
}

static int take_number(struct reader *reader, const char *what, uint64_t low, uint64_t high,
                       uint64_t *number) {
    char *end;
    errno = 0;
    unsigned long long value = strtoull(reader->word, &end, 10);
    if (reader->quoted || reader->word[0] < '0' || reader->word[0] > '9' || *end != '\0' || errno != 0 ||
        value < low || value > high) {
        return bad(reader, what);
    }
    *number = value;
    return next(reader);
}

static int take_name(struct reader *reader, const char *what, bool quoted, char name[SHIM_FAULT_WORD]) {
    if (reader->quoted != quoted || reader->word[0] == '\0' || strlen(reader->word) >= SHIM_FAULT_WORD) {
        return bad(reader, what);
    }
    for (const char *c = reader->word; *c != '\0'; c++) {
        if ((unsigned char)*c < 0x20 || *c == '\\' || *c == 0x7F) {
            return bad(reader, what);
        }
    }
    snprintf(name, SHIM_FAULT_WORD, "%.63s", reader->word);
    return next(reader);
}

static int take_function(struct reader *reader, enum shim_fn *fn) {
    for (int i = 0; i < SHIM_FN_COUNT; i++) {
        if (!reader->quoted && shim_function((enum shim_fn)i)->is_public &&
            strcmp(shim_function((enum shim_fn)i)->name, reader->word) == 0) {
            *fn = (enum shim_fn)i;
            return next(reader);
        }
    }
    return bad(reader, "a function of the API");
}

static int take_kind(struct reader *reader, struct shim_fault *fault) {
    uint64_t number = 0;
    fault->kind = SHIM_FAULT_ERROR;
    fault->error = reader->quoted ? 0 : shim_errno_find(reader->word);
    for (int i = 1; i < SHIM_FAULT_KIND_COUNT && fault->error == 0 && !reader->quoted; i++) {
        if (strcmp(kinds[i].name, reader->word) == 0) {
            fault->kind = (enum shim_fault_kind)i;
        }
    }
    if (fault->error == 0 && fault->kind == SHIM_FAULT_ERROR) {
        return bad(reader, "an errno name, short, delay, flip, stale, lost, torn or kill");
    }
    if (next(reader) != 0) {
        return -1;
    }
    if (fault->kind == SHIM_FAULT_DELAY) {
        if (take_number(reader, "the microseconds, 1 to 60000000,", 1, 60000000, &number) != 0) {
            return -1;
        }
        fault->delay_us = (uint32_t)number;
    }
    return 0;
}

static int take_operations(struct reader *reader, struct shim_fault *fault) {
    int failed = 0;
    do {
        uint64_t found = reader->quoted ? 0 : shim_operations_find(reader->word);
        if (found == 0) {
            return bad(reader, "an operation (malloc, open, pwrite, fsync, thread ...) or a family (memory, files, "
                               "directories, stdio, threads, time)");
        }
        bool family = (found & (found - 1)) != 0;
        uint64_t can = 0;
        for (int op = 0; op < SHIM_LIBC_COUNT; op++) {
            if ((found >> op & 1) != 0 &&
                (shim_operation_can((enum shim_operation)op, fault->kind, -1))) {
                can |= UINT64_C(1) << op;
            }
        }
        if (can == 0) {
            snprintf(reader->error, reader->error_size, "%s cannot be %s", reader->word,
                     fault->kind == SHIM_FAULT_ERROR ? "made to fail" : kinds[fault->kind].name);
            return -1;
        }
        fault->operations |= family ? can : found;
        failed = next(reader);
    } while (failed == 0 && skip(reader, ",", &failed));
    return failed;
}

static uint64_t all_that_can(enum shim_fault_kind kind) {
    uint64_t all = 0;
    for (int op = 0; op < SHIM_LIBC_COUNT; op++) {
        all |= (uint64_t)shim_operation_can((enum shim_operation)op, kind, -1) << op;
    }
    return all;
}

static int take_clause(struct reader *reader, struct shim_fault *fault) {
    uint64_t number = 0;
    int failed = 0;
    if (skip(reader, "at", &failed)) {
        return failed != 0 ? failed : take_operations(reader, fault);
    }
    if (skip(reader, "file", &failed)) {
        return failed != 0 ? failed : take_name(reader, "a pattern in quotation marks", true, fault->file);
    }
    if (skip(reader, "actor", &failed)) {
        return failed != 0 ? failed : take_name(reader, "the name of an actor", false, fault->actor);
    }
    if (skip(reader, "state", &failed)) {
        return failed != 0 ? failed
                           : take_name(reader, "a state (setup, race, term, death, restart)", false, fault->state);
    }
    if (skip(reader, "in", &failed)) {
        return failed != 0 ? failed : take_function(reader, &fault->inside);
    }
    if (skip(reader, "during", &failed)) {
        return failed != 0 ? failed : take_function(reader, &fault->during);
    }
    if (skip(reader, "stacks", &failed)) {
        fault->stacks = true;
        return failed;
    }
    if (skip(reader, "lasting", &failed)) {
        fault->times = 0;
        return failed;
    }
    if (skip(reader, "chance", &failed)) {
        failed = failed != 0 ? failed
                             : take_number(reader, "a number of a million, 1 to 999999,", 1, 999999, &number);
        fault->chance = (uint32_t)number;
        return failed;
    }
    if (skip(reader, "seed", &failed)) {
        return failed != 0 ? failed : take_number(reader, "a number", 0, UINT64_MAX, &fault->seed);
    }
    if (skip(reader, "nth", &failed)) {
        return failed != 0 ? failed : take_number(reader, "a number from 1", 1, INT64_MAX, &fault->first);
    }
    if (skip(reader, "times", &failed)) {
        return failed != 0 ? failed : take_number(reader, "a number from 1", 1, INT64_MAX, &fault->times);
    }
    return bad(reader, "at, file, actor, in, during, state, stacks, chance, seed, nth, times or lasting");
}

int shim_fault_parse(const char *text, struct shim_fault *fault, char *error, size_t error_size) {
    struct reader reader = {.at = text, .error = error, .error_size = error_size};
    memset(fault, 0, sizeof *fault);
    fault->inside = fault->during = SHIM_FN_NONE;
    fault->first = fault->times = 1;
    if (next(&reader) != 0 || take_kind(&reader, fault) != 0) {
        return -1;
    }
    while (reader.word[0] != '\0' || reader.quoted) {
        if (take_clause(&reader, fault) != 0) {
            return -1;
        }
    }
    if (fault->operations == 0) {
        fault->operations = all_that_can(fault->kind);
    }
    return 0;
}

/* ---- fault to text ---- */

static void put(char *text, size_t size, const char *format, ...) SHIM_PRINTF(3, 4);

static void put(char *text, size_t size, const char *format, ...) {
    size_t used = strlen(text);
    va_list list;
    va_start(list, format);
    vsnprintf(text + used, size - used, format, list);
    va_end(list);
}

static void put_operations(const struct shim_fault *fault, char *text, size_t size) {
    uint64_t left = fault->operations;
    const char *before = " at ";
    if (left == all_that_can(fault->kind)) {
        return;
    }
    for (int f = 0; f < SHIM_FAMILY_COUNT; f++) {
        uint64_t can = shim_operations_find(families[f]) & all_that_can(fault->kind);
        if ((can & (can - 1)) != 0 && (left & can) == can) {
            put(text, size, "%s%s", before, families[f]);
            before = ", ";
            left &= ~can;
        }
    }
    for (int op = 0; op < SHIM_LIBC_COUNT; op++) {
        if ((left >> op & 1) != 0) {
            put(text, size, "%s%s", before, operations[op].name);
            before = ", ";
        }
    }
}

void shim_fault_print(const struct shim_fault *fault, char *text, size_t size) {
    char number[16];
    text[0] = '\0';
    put(text, size, "%s", fault->kind == SHIM_FAULT_ERROR
                              ? shim_errno_name(fault->error, number, sizeof number)
                              : kinds[fault->kind].name);
    if (fault->kind == SHIM_FAULT_DELAY) {
        put(text, size, " %u", (unsigned)fault->delay_us);
    }
    put_operations(fault, text, size);
    if (fault->file[0] != '\0') {
        put(text, size, " file \"%s\"", fault->file);
    }
    if (fault->actor[0] != '\0') {
        put(text, size, " actor %s", fault->actor);
    }
    if (fault->inside != SHIM_FN_NONE) {
        put(text, size, " in %s", shim_function(fault->inside)->name);
    }
    if (fault->during != SHIM_FN_NONE) {
        put(text, size, " during %s", shim_function(fault->during)->name);
    }
    if (fault->state[0] != '\0') {
        put(text, size, " state %s", fault->state);
    }
    if (fault->stacks) {
        put(text, size, " stacks");
    }
    if (fault->chance != 0) {
        put(text, size, " chance %u", (unsigned)fault->chance);
    }
    if (fault->seed != 0) {
        put(text, size, " seed %llu", (unsigned long long)fault->seed);
    }
    if (fault->first != 1) {
        put(text, size, " nth %llu", (unsigned long long)fault->first);
    }
    if (fault->times == 0) {
        put(text, size, " lasting");
    } else if (fault->times != 1) {
        put(text, size, " times %llu", (unsigned long long)fault->times);
    }
}
