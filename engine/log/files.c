/* Names of log files, what is in the folder, headers and the checkpoint file. */
#include "engine/log/internal.h"

#include <stdio.h>
#include <stdlib.h>

#define DIGITS_SHORT 5u
#define DIGITS_LONG 8u

/* ---- names ----------------------------------------------------------------------------------------------- */

JET_ERR ese_log_names_init(struct ese_log_names *names, const struct ese_log_config *config)
{
    memset(names, 0, sizeof *names);
    snprintf(names->base, sizeof names->base, "%s", config->base);
    names->extension = config->legacy_names ? "log" : "jtx";
    names->other_extension = config->legacy_names ? "jtx" : "log";
    names->checkpoint_extension = config->legacy_names ? "chk" : "jcp";
    names->folder = ese_strdup(config->log_path);
    names->system = ese_strdup(config->system_path);
    if (names->folder == NULL || names->system == NULL) {
        ese_log_names_fini(names);
        return JET_errOutOfMemory;
    }
    return JET_errSuccess;
}

void ese_log_names_fini(struct ese_log_names *names)
{
    ese_free(names->folder);
    ese_free(names->system);
    names->folder = names->system = NULL;
}

JET_ERR ese_log_path(const struct ese_log_names *names, enum ese_log_file kind, uint32_t number, char **path)
{
    char name[40];
    const char *folder = names->folder;
    switch (kind) {
    case ESE_LOG_CURRENT:
        snprintf(name, sizeof name, "%s.%s", names->base, names->extension);
        break;
    case ESE_LOG_CLOSED:
        snprintf(name, sizeof name, "%s%0*x.%s", names->base, number > 0xFFFFFu ? (int)DIGITS_LONG : (int)DIGITS_SHORT,
                 number, names->extension);
        break;
    case ESE_LOG_PREPARED:
        snprintf(name, sizeof name, "%stmp.%s", names->base, names->extension);
        break;
    case ESE_LOG_RESERVE:
        snprintf(name, sizeof name, "%sres%05x.jrs", names->base, number);
        break;
    default:
        snprintf(name, sizeof name, "%s.%s", names->base, names->checkpoint_extension);
        folder = names->system;
        break;
    }
    return ese_path_join(folder, name, path);
}

JET_ERR ese_log_file_open(const struct ese_log_names *names, enum ese_log_file kind, uint32_t number, unsigned flags,
                          struct ese_file **file)
{
    char *path;
    JET_ERR err = ese_log_path(names, kind, number, &path);
    if (err == JET_errSuccess) {
        err = ese_file_open(path, flags, file);
        ese_free(path);
    }
    return err;
}

JET_ERR ese_log_file_remove(const struct ese_log_names *names, enum ese_log_file kind, uint32_t number)
{
    char *path;
    JET_ERR err = ese_log_path(names, kind, number, &path);
    if (err == JET_errSuccess) {
        err = ese_path_remove(path);
        ese_free(path);
    }
    return err == JET_errFileNotFound ? JET_errSuccess : err;
}

JET_ERR ese_log_file_rename(const struct ese_log_names *names, enum ese_log_file from, enum ese_log_file to,
                            uint32_t number)
{
    char *old_path, *new_path;
    JET_ERR err = ese_log_path(names, from, number, &old_path);
    if (err != JET_errSuccess) {
        return err;
    }
    err = ese_log_path(names, to, number, &new_path);
    if (err == JET_errSuccess) {
        err = ese_path_rename(old_path, new_path);
        ese_free(new_path);
    }
    ese_free(old_path);
    return err;
}

/* ---- survey ---------------------------------------------------------------------------------------------- */

struct surveyor { const struct ese_log_names *names; struct ese_log_survey *survey; };

static JET_ERR note(void *arg, const char *name, bool is_directory)
{
    const struct surveyor *surveyor = arg;
    struct ese_log_survey *survey = surveyor->survey;
    size_t length = strlen(name), base = strlen(surveyor->names->base);
    const char *dot = strrchr(name, '.');
    if (is_directory || dot == NULL || strncmp(name, surveyor->names->base, base) != 0 ||
        strcmp(dot + 1, surveyor->names->extension) != 0) {
        return JET_errSuccess;
    }
    size_t digits = length - base - strlen(dot);
    const char *number = name + base;
    if (digits == 0) {
        survey->current = true;
        return JET_errSuccess;
    }
    if (digits == 3 && strncmp(number, "tmp", 3) == 0) {
        survey->prepared = true;
        return JET_errSuccess;
    }
    if ((digits != DIGITS_SHORT && digits != DIGITS_LONG) || strspn(number, "0123456789abcdefABCDEF") != digits) {
        return JET_errSuccess;
    }
    unsigned long generation = strtoul(number, NULL, 16);
    if (generation == 0 || generation > ESE_LOG_GENERATION_MAX || (digits == DIGITS_LONG) != (generation > 0xFFFFFu)) {
        return JET_errSuccess;
    }
    if (survey->count == survey->room) {
        uint32_t room = survey->room != 0 ? survey->room * 2 : 16;
        uint32_t *longer = ese_realloc(survey->generation, room * sizeof *longer);
        if (longer == NULL) {
            return JET_errOutOfMemory;
        }
        survey->generation = longer;
        survey->room = room;
    }
    survey->generation[survey->count++] = (uint32_t)generation;
    return JET_errSuccess;
}

static int ascending(const void *a, const void *b)
{
    uint32_t left = *(const uint32_t *)a, right = *(const uint32_t *)b;
    return left < right ? -1 : left > right;
}

JET_ERR ese_log_survey(const struct ese_log_names *names, struct ese_log_survey *survey)
{
    struct surveyor surveyor = { names, survey };
    memset(survey, 0, sizeof *survey);
    JET_ERR err = ese_directory_list(names->folder, note, &surveyor);
    if (err != JET_errSuccess) {
        ese_log_survey_fini(survey);
    } else if (survey->count != 0) {
        qsort(survey->generation, survey->count, sizeof *survey->generation, ascending);
    }
    return err;
}

void ese_log_survey_fini(struct ese_log_survey *survey)
{
    ese_free(survey->generation);
    memset(survey, 0, sizeof *survey);
}

/* ---- headers --------------------------------------------------------------------------------------------- */

JET_ERR ese_log_file_create(const struct ese_log_names *names, enum ese_log_file kind, const unsigned char *header,
                            uint32_t header_size, uint32_t file_size, bool sync, struct ese_file **file)
{
    struct ese_file *made;
    JET_ERR err = ese_log_file_open(names, kind, 0, ESE_FILE_CREATE, &made);
    if (err != JET_errSuccess) {
        return err;
    }
    uint64_t size = 0;
    err = ese_file_size(made, &size);
    if (err == JET_errSuccess && size != file_size) {
        err = ese_file_set_size(made, 0);
        if (err == JET_errSuccess) {
            err = ese_file_set_size(made, file_size);
        }
    }
    if (err == JET_errSuccess) {
        err = ese_file_write(made, 0, header, header_size);
    }
    if (err == JET_errSuccess && sync) {
        err = ese_file_sync(made);
    }
    if (err != JET_errSuccess) {
        ese_file_close(made);
        return err;
    }
    *file = made;
    return JET_errSuccess;
}

JET_ERR ese_log_header_read(struct ese_file *file, struct ese_log_header *header)
{
    unsigned char sector[ESE_LOG_SECTOR];
    JET_ERR err = ese_file_read(file, 0, sector, sizeof sector);
    uint32_t size = err == JET_errSuccess ? ese_get32(sector + 12) : 0;
    if (err == JET_errFileIOBeyondEOF ||
        (err == JET_errSuccess && (size < ESE_LOG_SECTOR || size > (1u << 20) || size % ESE_LOG_SECTOR != 0))) {
        return JET_errLogFileCorrupt;
    }
    if (err != JET_errSuccess) {
        return err;
    }
    unsigned char *bytes = ese_alloc(size);
    if (bytes == NULL) {
        return JET_errOutOfMemory;
    }
    err = ese_file_read(file, 0, bytes, size);
    if (err == JET_errSuccess) {
        err = ese_log_header_decode(bytes, size, header);
    } else if (err == JET_errFileIOBeyondEOF) {
        err = JET_errLogFileCorrupt;
    }
    ese_free(bytes);
    return err;
}

/* ---- checkpoint ------------------------------------------------------------------------------------------ */

JET_ERR ese_checkpoint_read(const struct ese_log_names *names, struct ese_checkpoint *checkpoint, bool *found)
{
    struct ese_file *file;
    unsigned char sector[ESE_LOG_SECTOR];
    struct ese_checkpoint copy;
    *found = false;
    JET_ERR err = ese_log_file_open(names, ESE_LOG_CHECKPOINT, 0, ESE_FILE_READ_ONLY, &file);
    if (err != JET_errSuccess) {
        return err == JET_errFileNotFound ? JET_errSuccess : err;
    }
    for (unsigned i = 0; i < 2 && err == JET_errSuccess; i++) {
        err = ese_file_read(file, i * (uint64_t)ESE_LOG_SECTOR, sector, sizeof sector);
        if (err == JET_errSuccess && ese_checkpoint_decode(sector, &copy) &&
            (!*found || copy.number > checkpoint->number)) {
            *checkpoint = copy;
            checkpoint->place = i;
            *found = true;
        }
    }
    ese_file_close(file);
    return err == JET_errFileIOBeyondEOF ? JET_errSuccess : err;
}

JET_ERR ese_checkpoint_write(struct ese_file *file, const struct ese_checkpoint *checkpoint, bool sync)
{
    unsigned char sector[ESE_LOG_SECTOR];
    ese_checkpoint_encode(checkpoint, sector);
    JET_ERR err = ese_file_write(file, checkpoint->place * (uint64_t)ESE_LOG_SECTOR, sector, sizeof sector);
    return err == JET_errSuccess && sync ? ese_file_sync(file) : err;
}

/* ---- identity -------------------------------------------------------------------------------------------- */

void ese_log_time(JET_LOGTIME *time)
{
    struct ese_calendar now;
    ese_time_utc(&now);
    /* seconds, minutes, hours, day, month, years since 1900, then milliseconds in two parts (unused) */
    const unsigned char parts[8] = { now.second, now.minute, now.hour, now.day, now.month,
                                     (unsigned char)(now.year - 1900), 0, 0 };
    memset(time, 0, sizeof *time);
    memcpy(time, parts, sizeof *time < sizeof parts ? sizeof *time : sizeof parts);
}

void ese_log_new_signature(JET_SIGNATURE *signature)
{
    memset(signature, 0, sizeof *signature);
    ese_random_bytes(&signature->ulRandom, sizeof signature->ulRandom);
    ese_log_time(&signature->logtimeCreate);
    if (ese_host_name(signature->szComputerName, sizeof signature->szComputerName) != JET_errSuccess) {
        signature->szComputerName[0] = '\0';
    }
}
