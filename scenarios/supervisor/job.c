/* scenarios/supervisor/job.c - job and result as files, and the header of a history. */
#include "scenarios/supervisor/job.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "scenarios/language/language.h"
#include "scenarios/supervisor/platform.h"
#include "shims/library/library.h"

#ifndef ESECHECK_VERSION
#define ESECHECK_VERSION "unknown"
#endif

#define SCN_OPEN_ATTEMPTS 100
#define SCN_HANG_SECONDS 30
#define SCN_TIMEOUT_SECONDS 300

/* Words of result files, by enum scn_job_result. */
static const char *const words[] = {"done",    "unsupported", "setup-failed",
                                    "engine",  "harness",     "interrupted"};

uint64_t scn_input_seed(const struct scn_schedules *schedules, uint64_t seed, uint64_t number)
{
    const uint64_t alike = 16; /* strategies learn from schedules that differ in little else */
    return schedules->vary ? seed + (schedules->first + number * schedules->stride) / alike : seed;
}

uint64_t scn_between(const struct scn_schedules *schedules, uint64_t seed)
{
    return schedules->mode == SCN_SCHEDULES_SEARCH && schedules->vary_between
               ? shim_control_between((enum shim_strategy_kind)schedules->strategy, seed)
               : schedules->between;
}

uint64_t scn_seed_of_repeat(uint64_t seed, int repeat)
{
    return seed + (uint64_t)repeat * 0x9e3779b97f4a7c15u;
}

void scn_job_limits(const struct scn_job *job, uint64_t *hang_ms, uint64_t *timeout_ms)
{
    unsigned hang = job->hang_seconds != 0 ? job->hang_seconds : SCN_HANG_SECONDS;
    unsigned timeout = job->timeout_seconds != 0 ? job->timeout_seconds : SCN_TIMEOUT_SECONDS;
    *hang_ms = hang * (uint64_t)1000;
    *timeout_ms = timeout * (uint64_t)1000;
}

static int finish_file(FILE *file, const char *from, const char *to)
{
    int failed = ferror(file);
    failed |= fclose(file);
    return failed != 0 || scn_rename(from, to) != 0 ? -1 : 0;
}

int scn_job_write(const struct scn_job *job, const char *directory, size_t end, uint64_t hang_ms,
                  bool verify_only, char *error, size_t error_size)
{
    char path[SCN_JOB_PATH], temporary[SCN_JOB_PATH];
    /* A gate must give up well before the watchdog takes the wait for a hang. */
    uint64_t gate_us = hang_ms * 1000 / 3 * 2;
    snprintf(path, sizeof path, "%.900s" SCN_JOB_SEPARATOR "job", directory);
    snprintf(temporary, sizeof temporary, "%.900s" SCN_JOB_SEPARATOR "job.new", directory);
    FILE *file = fopen(temporary, "w");
    if (file == NULL) {
        snprintf(error, error_size, "%s: cannot be written", temporary);
        return -1;
    }
    fprintf(file, "engine=%s\nseed=%llu\nend=%zu\ngate_timeout_us=%llu\nprobe_calls=%d\n",
            job->engine, (unsigned long long)scn_seed_of_repeat(job->seed, job->repeat), end,
            (unsigned long long)gate_us, job->probe_calls);
    fprintf(file, "no_verify=%d\nverify_only=%d\nperturb=%d\nkeep_directory=%d\ncontrol=%d\n",
            job->no_verify, verify_only, job->perturb, job->keep_directory, job->control);
    if (job->restarts) {
        fprintf(file, "restarts=1\n");
    }
    if (job->pre_init != NULL) {
        fprintf(file, "pre_init=%s\n", job->pre_init);
    }
    if (job->template_directory != NULL) {
        fprintf(file, "template=%s\n", job->template_directory);
    }
    if (job->make_template != NULL) {
        fprintf(file, "make_template=%s\n", job->make_template);
    }
    if (job->disk != NULL && (!verify_only || job->restarts)) {
        fprintf(file, "disk=%s\n", job->disk);
    }
    fprintf(file, "same_plan=%d\nfaults=%d\nrecord_faults=%d\nlean_faults=%d\nplain_without=%d\n",
            job->schedules != NULL || job->faults != NULL, job->faults != NULL && !verify_only,
            job->faults != NULL && job->faults->record, job->faults != NULL && job->faults->lean,
            job->faults != NULL && job->faults->plain_without);
    if (job->schedules != NULL && !verify_only) {
        const struct scn_schedules *s = job->schedules;
        fprintf(file, "controlled=1\nmode=%d\nstrategy=%d\ndepth=%u\nschedule_seed=%llu\n",
                (int)s->mode, s->strategy, s->depth, (unsigned long long)s->seed);
        fprintf(file, "steps=%llu\nfirst=%llu\nstride=%llu\nmemory=%d\nstory=%d\nfirst_follows=%d\nhold=%d\nvary=%d\n"
                "between=%llu\nvary_between=%d\n",
                (unsigned long long)s->steps, (unsigned long long)s->first,
                (unsigned long long)s->stride, s->memory, s->story, s->first_follows, s->hold, s->vary,
                (unsigned long long)s->between, s->vary_between);
    }
    for (int i = 0; i < job->setting_count; i++) {
        fprintf(file, "setting=%s\n", job->settings[i]);
    }
    if (finish_file(file, temporary, path) != 0) {
        snprintf(error, error_size, "%s: cannot be written", path);
        return -1;
    }
    return 0;
}

int scn_setting_parse(const char *text, struct scn_setting *setting, char *error,
                      size_t error_size)
{
    const char *equals = strchr(text, '=');
    char name[96];
    int64_t number;
    if (equals == NULL || equals == text || (size_t)(equals - text) >= sizeof name) {
        snprintf(error, error_size, "--set %s: must read JET_paramX=VALUE", text);
        return -1;
    }
    memcpy(name, text, (size_t)(equals - text));
    name[equals - text] = '\0';
    if (strncmp(name, "JET_param", 9) != 0 || !shim_constant_find(name, &number)) {
        snprintf(error, error_size, "--set %s: %s is no system parameter of esent.h", text, name);
        return -1;
    }
    memset(setting, 0, sizeof *setting);
    setting->param = (int)number;
    /* The copies live as long as the program: settings are few and given once. */
    setting->param_name = strdup(name);
    setting->value.text = strdup(equals + 1);
    setting->value.kind = SCN_VALUE_TEXT;
    if (scn_number(equals + 1, &number)) {
        setting->value.kind = SCN_VALUE_INT;
        setting->value.number = number;
    }
    if (setting->param_name == NULL || setting->value.text == NULL) {
        snprintf(error, error_size, "out of memory");
        return -1;
    }
    return 0;
}

static int order(struct scn_job_orders *orders, const char *key, const char *value, char *error,
                 size_t error_size)
{
    const struct {
        const char *key;
        char **text;
    } texts[] = {{"engine", &orders->engine},
                 {"pre_init", &orders->pre_init},
                 {"template", &orders->template_directory},
                 {"make_template", &orders->make_template},
                 {"disk", &orders->disk}};
    const struct {
        const char *key;
        bool *flag;
    } flags[] = {{"no_verify", &orders->no_verify},
                 {"verify_only", &orders->verify_only},
                 {"perturb", &orders->perturb},
                 {"keep_directory", &orders->keep_directory},
                 {"control", &orders->control},
                 {"same_plan", &orders->same_plan},
                 {"controlled", &orders->controlled},
                 {"restarts", &orders->restarts},
                 {"faults", &orders->faults},
                 {"record_faults", &orders->record_faults},
                 {"lean_faults", &orders->lean_faults},
                 {"plain_without", &orders->plain_without},
                 {"memory", &orders->schedules.memory},
                 {"story", &orders->schedules.story},
                 {"hold", &orders->schedules.hold},
                 {"vary", &orders->schedules.vary},
                 {"vary_between", &orders->schedules.vary_between},
                 {"first_follows", &orders->schedules.first_follows}};
    for (size_t i = 0; i < sizeof texts / sizeof texts[0]; i++) {
        if (strcmp(key, texts[i].key) == 0) {
            *texts[i].text = strdup(value);
            return *texts[i].text != NULL ? 0 : -1;
        }
    }
    for (size_t i = 0; i < sizeof flags / sizeof flags[0]; i++) {
        if (strcmp(key, flags[i].key) == 0) {
            *flags[i].flag = strcmp(value, "0") != 0;
            return 0;
        }
    }
    unsigned long long number = strtoull(value, NULL, 10);
    const struct {
        const char *key;
        uint64_t *number;
    } numbers[] = {{"schedule_seed", &orders->schedules.seed},
                   {"steps", &orders->schedules.steps},
                   {"between", &orders->schedules.between},
                   {"first", &orders->schedules.first},
                   {"stride", &orders->schedules.stride}};
    for (size_t i = 0; i < sizeof numbers / sizeof numbers[0]; i++) {
        if (strcmp(key, numbers[i].key) == 0) {
            *numbers[i].number = number;
            return 0;
        }
    }
    if (strcmp(key, "seed") == 0) {
        orders->seed = number;
    } else if (strcmp(key, "end") == 0) {
        orders->end = (size_t)number;
    } else if (strcmp(key, "gate_timeout_us") == 0) {
        orders->gate_timeout_us = number;
    } else if (strcmp(key, "mode") == 0) {
        orders->schedules.mode = (enum scn_schedules_mode)number;
    } else if (strcmp(key, "strategy") == 0) {
        orders->schedules.strategy = atoi(value);
    } else if (strcmp(key, "depth") == 0) {
        orders->schedules.depth = (unsigned)number;
    } else if (strcmp(key, "probe_calls") == 0) {
        orders->probe_calls = atoi(value);
    } else if (strcmp(key, "setting") == 0 && orders->setting_count < SCN_JOB_SETTINGS) {
        return scn_setting_parse(value, &orders->settings[orders->setting_count++], error,
                                 error_size);
    } else {
        snprintf(error, error_size, "job: unknown key %s", key);
        return -1;
    }
    return 0;
}

int scn_job_read(struct scn_job_orders *orders, const char *directory, char *error,
                 size_t error_size)
{
    char path[SCN_JOB_PATH], line[4096];
    int failed = 0;
    memset(orders, 0, sizeof *orders);
    snprintf(path, sizeof path, "%.900s" SCN_JOB_SEPARATOR "job", directory);
    FILE *file = fopen(path, "r");
    if (file == NULL) {
        snprintf(error, error_size, "%s: cannot be read", path);
        return -1;
    }
    while (failed == 0 && fgets(line, sizeof line, file) != NULL) {
        line[strcspn(line, "\n")] = '\0';
        char *equals = strchr(line, '=');
        if (equals != NULL) {
            *equals = '\0';
            failed = order(orders, line, equals + 1, error, error_size);
        }
    }
    fclose(file);
    return failed;
}

void scn_job_orders_fini(struct scn_job_orders *orders)
{
    free(orders->engine);
    free(orders->pre_init);
    free(orders->template_directory);
    free(orders->make_template);
    free(orders->disk);
    for (int i = 0; i < orders->setting_count; i++) {
        free((void *)(uintptr_t)orders->settings[i].param_name);
        free((void *)(uintptr_t)orders->settings[i].value.text);
    }
}

int scn_result_write(const char *path, enum scn_job_result result, const char *message)
{
    char temporary[SCN_JOB_PATH];
    snprintf(temporary, sizeof temporary, "%.1200s.new", path);
    FILE *file = fopen(temporary, "w");
    if (file == NULL) {
        return -1;
    }
    fprintf(file, "%s\n%s\n", words[result], message);
    return finish_file(file, temporary, path);
}

enum scn_job_result scn_result_read(const char *path, char *message, size_t size)
{
    char word[32] = "";
    FILE *file = fopen(path, "r");
    /* Windows shows a name before it lets others open what was renamed to it. */
    for (int attempt = 0; file == NULL && attempt < SCN_OPEN_ATTEMPTS; attempt++) {
        scn_rest_milliseconds(10);
        file = fopen(path, "r");
    }
    if (file != NULL) {
        if (fgets(word, sizeof word, file) != NULL && fgets(message, (int)size, file) != NULL) {
            message[strcspn(message, "\n")] = '\0';
        }
        fclose(file);
    }
    word[strcspn(word, "\n")] = '\0';
    for (size_t i = 0; i < sizeof words / sizeof words[0]; i++) {
        if (strcmp(word, words[i]) == 0) {
            return (enum scn_job_result)i;
        }
    }
    snprintf(message, size, "%.200s: the child left no readable result", path);
    return SCN_JOB_HARNESS;
}

/* The plan as text, or NULL. */
static char *plan_text(const struct scn_plan *plan)
{
    char *text = NULL;
    FILE *file = tmpfile();
    if (file == NULL || scn_print_placed(file, plan) != 0) {
        if (file != NULL) {
            fclose(file);
        }
        return NULL;
    }
    long size = ftell(file);
    rewind(file);
    text = size >= 0 ? malloc((size_t)size + 1) : NULL;
    if (text != NULL) {
        text[fread(text, 1, (size_t)size, file)] = '\0';
    }
    fclose(file);
    return text;
}

int scn_job_header(const struct scn_job *job, const struct scn_plan *plan,
                   struct shim_history *history)
{
    struct shim_hist_header *header = &history->header;
    struct shim_library_info info;
    char ignored[256], harness[96];
    enum shim_sanitizer sanitizer = shim_sanitizer_of_this_program();
    char *text = plan_text(plan);
    memset(&info, 0, sizeof info);
    if (job->engine_build == NULL) {
        shim_library_inspect(job->engine, &info, ignored, sizeof ignored);
    }
    snprintf(harness, sizeof harness, "esecheck %s%s%s", ESECHECK_VERSION,
             sanitizer != SHIM_SAN_NONE ? " " : "",
             sanitizer != SHIM_SAN_NONE ? shim_sanitizer_name(sanitizer) : "");
    header->version = SHIM_HISTORY_VERSION;
    header->seed = job->seed;
    header->repeat = job->repeat;
    int failed = shim_history_set(&header->engine, job->engine) != 0 ||
                 shim_history_set(&header->engine_build,
                                  job->engine_build != NULL ? job->engine_build : info.build) != 0 ||
                 shim_history_set(&header->harness, harness) != 0 ||
                 shim_history_set(&header->script, job->script != NULL ? job->script : "") != 0 ||
                 shim_history_set(&header->plan, text != NULL ? text : "") != 0 ||
                 shim_history_set(&header->profile, job->profile) != 0 ||
                 shim_history_set(&header->command, job->command != NULL ? job->command : "") != 0;
    free(text);
    return failed ? -1 : 0;
}
