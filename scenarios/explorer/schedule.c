/* scenarios/explorer/schedule.c - schedule files. */
#include "scenarios/explorer/schedule.h"
#include "shims/history/file.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define WIDTH 100 /* of a line of decisions */

static void put_text(FILE *file, const char *text)
{
    while (text != NULL && *text != '\0') {
        size_t length = strcspn(text, "\n");
        fprintf(file, "\t%.*s\n", (int)length, text);
        text += length + (text[length] != '\0');
    }
}

/* Breaks a line of words. */
static void put_words(FILE *file, const char *text)
{
    size_t column = 0;
    while (text != NULL && *(text += strspn(text, " ")) != '\0') {
        size_t length = strcspn(text, " ");
        if (column + length >= WIDTH || column == 0) {
            fprintf(file, "%s\t", column != 0 ? "\n" : "");
            column = 8;
        } else {
            fputc(' ', file);
        }
        fprintf(file, "%.*s", (int)length, text);
        column += length + 1;
        text += length;
    }
    fputs(column != 0 ? "\n" : "", file);
}

static const char *one_line(const char *text)
{
    return text != NULL ? text : "";
}

static void put_argument(FILE *file, const char *word)
{
    fputs("argument ", file);
    for (; *word != '\0'; word++) {
        if (*word == '\n' || *word == '\\') {
            fputs(*word == '\n' ? "\\n" : "\\\\", file);
        } else {
            fputc(*word, file);
        }
    }
    fputc('\n', file);
}

static int put_schedule(FILE *file, const void *context)
{
    const struct scn_schedule_file *s = context;
    fprintf(file, SCN_SCHEDULE_MAGIC "\nname %s\n", one_line(s->name));
    if (s->program != NULL) {
        fprintf(file, "program %s\n", one_line(s->program));
        for (int i = 0; i < s->argument_count; i++) {
            put_argument(file, s->arguments[i]);
        }
        fprintf(file, "build %s\n", one_line(s->build));
    } else {
        fprintf(file, "engine %s\nbuild %s\nprofile %s\n", one_line(s->engine), one_line(s->build),
                one_line(s->profile));
    }
    fprintf(file, "strategy %s\n", one_line(s->strategy));
    fprintf(file, "depth %u\nseed %llu\ninput-seed %llu\nsteps %llu\nmemory %d\nbetween %llu\n", s->depth,
            (unsigned long long)s->seed, (unsigned long long)s->input_seed,
            (unsigned long long)s->steps, s->memory, (unsigned long long)s->between);
    for (int i = 0; i < s->setting_count; i++) {
        fprintf(file, "set %s\n", s->settings[i]);
    }
    if (s->fault != NULL) {
        fprintf(file, "fault %s\n", s->fault);
    }
    fprintf(file, "verdict %s\n", one_line(s->verdict));
    if (s->clause != NULL) {
        fprintf(file, "clause %s\n", s->clause);
    }
    if (s->place != NULL) {
        fprintf(file, "place %.*s\n", (int)strcspn(s->place, "\n"), s->place);
    }
    fprintf(file, "finding %.*s\n", (int)strcspn(one_line(s->finding), "\n"), one_line(s->finding));
    if (s->program == NULL) {
        fputs("plan\n", file);
        put_text(file, s->plan);
    }
    fputs("decisions\n", file);
    put_words(file, s->decisions);
    fputs("end\n", file);
    return 0;
}

int scn_schedule_save(const struct scn_schedule_file *s, const char *path, char *error,
                      size_t error_size)
{
    return shim_file_write(path, put_schedule, s, error, error_size);
}

static int take_argument(struct scn_schedule_file *s, const char *value)
{
    const char **grown = realloc(s->arguments, ((size_t)s->argument_count + 1) * sizeof grown[0]);
    char *word = cmd_copy(value), *to = word;
    if (grown != NULL) {
        s->arguments = grown;
    }
    if (grown == NULL || word == NULL) {
        free(word);
        return -1;
    }
    for (const char *at = value; *at != '\0'; at++) {
        bool escape = *at == '\\' && at[1] != '\0';
        at += escape;
        *to++ = escape && *at == 'n' ? '\n' : *at;
    }
    *to = '\0';
    s->arguments[s->argument_count++] = word;
    return 0;
}

static char *read_all(const char *path)
{
    FILE *file = fopen(path, "rb");
    size_t size = 0, room = 1 << 16;
    char *text = malloc(room);
    while (file != NULL && text != NULL) {
        size_t got = fread(text + size, 1, room - size - 1, file);
        size += got;
        if (got == 0) {
            break;
        }
        if (size + 1 == room) {
            char *grown = realloc(text, room *= 2);
            if (grown == NULL) {
                free(text);
            }
            text = grown;
        }
    }
    if (file == NULL) {
        free(text);
        return NULL;
    }
    fclose(file);
    if (text != NULL) {
        text[size] = '\0';
    }
    return text;
}

bool scn_schedule_is(const char *path)
{
    char line[sizeof SCN_SCHEDULE_MAGIC] = "";
    FILE *file = fopen(path, "r");
    bool is = file != NULL && fgets(line, sizeof line, file) != NULL &&
              strcmp(line, SCN_SCHEDULE_MAGIC) == 0;
    if (file != NULL) {
        fclose(file);
    }
    return is;
}

/* The lines after a tab, without it; *at moves behind them. */
static char *take_text(char **at, char join)
{
    size_t size = 0;
    for (char *line = *at; *line == '\t'; line += strcspn(line, "\n") + 1) {
        size += strcspn(line, "\n") + 1;
        if (line[strcspn(line, "\n")] == '\0') {
            break;
        }
    }
    char *text = malloc(size + 1), *to = text;
    while (**at == '\t') {
        size_t length = strcspn(*at, "\n");
        if (text != NULL) {
            memcpy(to, *at + 1, length - 1);
            to += length - 1;
            *to++ = join;
        }
        *at += length + ((*at)[length] != '\0');
    }
    if (text != NULL) {
        *to = '\0';
    }
    return text;
}

static bool take_number(const char *value, uint64_t *number)
{
    char *end;
    errno = 0;
    *number = strtoull(value, &end, 10);
    return value[0] >= '0' && value[0] <= '9' && errno == 0 && *end == '\0';
}

static int take_line(struct scn_schedule_file *s, const char *key, const char *value)
{
    uint64_t number = 0;
    const struct {
        const char *key;
        char **text;
    } texts[] = {{"name", &s->name},         {"engine", &s->engine},   {"build", &s->build},
                 {"profile", &s->profile},   {"strategy", &s->strategy}, {"verdict", &s->verdict},
                 {"finding", &s->finding},   {"fault", &s->fault},
                 {"program", &s->program},   {"place", &s->place},     {"clause", &s->clause}};
    for (size_t i = 0; i < sizeof texts / sizeof texts[0]; i++) {
        if (strcmp(key, texts[i].key) == 0) {
            free(*texts[i].text);
            *texts[i].text = cmd_copy(value);
            return *texts[i].text != NULL ? 0 : -1;
        }
    }
    if (strcmp(key, "set") == 0 && s->setting_count < CMD_MOST_SETTINGS) {
        s->settings[s->setting_count] = cmd_copy(value);
        return s->settings[s->setting_count++] != NULL ? 0 : -1;
    }
    if (strcmp(key, "argument") == 0) {
        return take_argument(s, value);
    }
    if (!take_number(value, &number)) {
        return -1;
    }
    if (strcmp(key, "depth") == 0) {
        s->depth = (unsigned)number;
    } else if (strcmp(key, "seed") == 0) {
        s->seed = number;
    } else if (strcmp(key, "input-seed") == 0) {
        s->input_seed = number;
    } else if (strcmp(key, "steps") == 0) {
        s->steps = number;
    } else if (strcmp(key, "between") == 0) {
        s->between = number;
    } else if (strcmp(key, "memory") == 0) {
        s->memory = number != 0;
    } else {
        return -1;
    }
    return 0;
}

/* Decisions, a line of the file after the other. 0, or -1 with a message behind "FILE:LINE: ". */
static int check_decisions(const char *text, int *number, char *error, size_t error_size)
{
    while (*text == '\t') {
        size_t length = strcspn(text, "\n");
        struct shim_trace trace;
        char line[WIDTH * 4];
        ++*number;
        if (length >= sizeof line) {
            snprintf(error, error_size, "a line of decisions is too long");
            return -1;
        }
        snprintf(line, sizeof line, "%.*s", (int)length, text);
        if (shim_trace_parse(line, &trace, error, error_size) != 0) {
            return -1;
        }
        shim_trace_fini(&trace);
        text += length + (text[length] != '\0');
    }
    return 0;
}

/* What a value has to be, beyond a text: 0, or -1 with a message. */
static int check_value(const char *key, const char *value, char *error, size_t error_size)
{
    struct scn_setting setting;
    struct shim_fault fault;
    enum rpt_profile profile;
    if (strcmp(key, "set") == 0) {
        if (scn_setting_parse(value, &setting, error, error_size) != 0) {
            return -1;
        }
        free((void *)(uintptr_t)setting.param_name);
        free((void *)(uintptr_t)setting.value.text);
    } else if (strcmp(key, "fault") == 0) {
        return shim_fault_parse(value, &fault, error, error_size);
    } else if (strcmp(key, "profile") == 0 && !rpt_profile_find(value, &profile)) {
        snprintf(error, error_size, "'%.60s' is no profile", value);
        return -1;
    } else if (strcmp(key, "strategy") == 0 && shim_strategy_find(value) < 0) {
        snprintf(error, error_size, "'%.60s' is no strategy", value);
        return -1;
    } else if (strcmp(key, "verdict") == 0) {
        for (int i = 0; i < RPT_VERDICT_COUNT; i++) {
            if (strcmp(rpt_verdict_name((enum rpt_verdict)i), value) == 0) {
                return 0;
            }
        }
        snprintf(error, error_size, "'%.60s' is no verdict", value);
        return -1;
    }
    return 0;
}

static int count_block(const char *at)
{
    int lines = 0;
    while (*at == '\t') {
        at += strcspn(at, "\n");
        at += *at == '\n';
        lines++;
    }
    return lines;
}

int scn_schedule_load(struct scn_schedule_file *s, const char *path, char *error, size_t error_size)
{
    char *text = read_all(path), *at = text, what[400] = "";
    bool ended = false, failed = false;
    memset(s, 0, sizeof *s);
    if (text == NULL) {
        snprintf(error, error_size, "%s: cannot be read", path);
        return -1;
    }
    int number = 0;
    int lines = 1;
    for (const char *c = text; *c != '\0'; c++) {
        lines += *c == '\n';
    }
    bool cut = text[0] != '\0' && text[strlen(text) - 1] != '\n'; /* then `lines` is the one without its end */
    while (*at != '\0' && !ended && !failed) {
        char *line = at, *end = line + strcspn(line, "\n");
        at = *end == '\0' ? end : end + 1;
        *end = '\0';
        number++;
        char *space = strchr(line, ' ');
        if (number == 1) {
            failed = strcmp(line, SCN_SCHEDULE_MAGIC) != 0;
        } else if (strcmp(line, "plan") == 0) {
            free(s->plan);
            s->plan_line = number;
            number += count_block(at);
            failed = (s->plan = take_text(&at, '\n')) == NULL;
        } else if (strcmp(line, "decisions") == 0) {
            free(s->decisions);
            s->decisions = NULL;
            failed = check_decisions(at, &number, what, sizeof what) != 0 ||
                     (s->decisions = take_text(&at, ' ')) == NULL;
        } else if (strcmp(line, "end") == 0) {
            ended = true;
        } else if (space != NULL) {
            *space = '\0';
            failed = check_value(line, space + 1, what, sizeof what) != 0 || take_line(s, line, space + 1) != 0;
            *space = ' ';
        } else {
            failed = take_line(s, line, "") != 0;
        }
        if (failed && what[0] == '\0') {
            snprintf(what, sizeof what, "'%.60s' is not a line of a schedule file", line);
        }
    }
    bool whole = s->program != NULL ? s->argument_count > 0
                                    : s->plan != NULL && s->engine != NULL && s->profile != NULL;
    if (!failed && (!ended || !whole || s->decisions == NULL || s->name == NULL || s->verdict == NULL)) {
        failed = true;
        snprintf(what, sizeof what, "the schedule is not complete: the file is cut off, or lines are missing");
    }
    if (failed && cut && number == lines) {
        snprintf(what, sizeof what, "the file is cut off in this line");
    }
    if (failed) {
        snprintf(error, error_size, "%s:%d: %s", path, number, what);
    }
    free(text);
    if (failed) {
        scn_schedule_fini(s);
    }
    return failed ? -1 : 0;
}

void scn_schedule_fini(struct scn_schedule_file *s)
{
    char *texts[] = {s->name,    s->engine,  s->build, s->profile,  s->strategy,
                     s->verdict, s->finding, s->plan,  s->decisions, s->fault, s->program, s->place, s->clause};
    for (size_t i = 0; i < sizeof texts / sizeof texts[0]; i++) {
        free(texts[i]);
    }
    for (int i = 0; i < s->setting_count; i++) {
        free(s->settings[i]);
    }
    for (int i = 0; i < s->argument_count; i++) {
        free((void *)(uintptr_t)s->arguments[i]);
    }
    free(s->arguments);
    memset(s, 0, sizeof *s);
}
