/* shims/schedule/trace.c - decisions as text, "0*12 1 0*3 2", and back. */
#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "shims/schedule/strategy.h"

#define TRACE_MAX (1u << 28)
#define THREADS_NONE ((unsigned long)SHIM_CONTROL_THREADS)

int shim_trace_init(struct shim_trace *trace, size_t room) {
    *trace = (struct shim_trace){.thread = malloc(room != 0 ? room : 1), .room = room};
    return trace->thread == NULL ? -1 : 0;
}

void shim_trace_fini(struct shim_trace *trace) {
    free(trace->thread);
    *trace = (struct shim_trace){.thread = NULL};
}

char *shim_trace_text(const struct shim_trace *trace) {
    size_t room = 16, length = 0;
    char *text = malloc(room);
    for (size_t i = 0; text != NULL && i < trace->count;) {
        size_t run = 1;
        char word[40];
        while (i + run < trace->count && trace->thread[i + run] == trace->thread[i]) {
            run++;
        }
        int size = run == 1 ? snprintf(word, sizeof word, "%s%u", i == 0 ? "" : " ", trace->thread[i])
                            : snprintf(word, sizeof word, "%s%u*%zu", i == 0 ? "" : " ",
                                       trace->thread[i], run);
        if (length + (size_t)size + 1 > room) {
            room = 2 * (room + (size_t)size);
            char *longer = realloc(text, room);
            if (longer == NULL) {
                free(text);
                return NULL;
            }
            text = longer;
        }
        memcpy(text + length, word, (size_t)size);
        length += (size_t)size;
        i += run;
    }
    if (text != NULL) {
        text[length] = '\0';
    }
    return text;
}

int shim_trace_parse(const char *text, struct shim_trace *trace, char *error, size_t error_size) {
    size_t total = 0;
    for (int pass = 0; pass < 2; pass++) {
        const char *at = text;
        if (pass == 1 && shim_trace_init(trace, total) != 0) {
            snprintf(error, error_size, "out of memory");
            return -1;
        }
        while (*(at += strspn(at, " \t\r\n")) != '\0') {
            char *end;
            unsigned long count = 1, thread = isdigit((unsigned char)*at) ? strtoul(at, &end, 10) : THREADS_NONE;
            const char *word = at;
            if (thread < SHIM_CONTROL_THREADS && *end == '*' && isdigit((unsigned char)end[1])) {
                count = strtoul(end + 1, &end, 10);
            }
            if (thread >= SHIM_CONTROL_THREADS || (*end != '\0' && !isspace((unsigned char)*end)) ||
                count == 0 || count > TRACE_MAX || total > TRACE_MAX) {
                snprintf(error, error_size,
                         "'%.*s' is no decision; expected THREAD or THREAD*TIMES, e.g. 2*14",
                         (int)strcspn(word, " \t\r\n"), word);
                return -1;
            }
            if (pass == 0) {
                total += count;
            } else {
                memset(trace->thread + trace->count, (int)thread, count);
                trace->count += count;
            }
            at = end;
        }
    }
    return 0;
}
