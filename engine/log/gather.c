/* Bringing the log files of a backup to where a restore replays them. */
#include "engine/log/internal.h"
#include "engine/log/recover.h"

#define COPY_BYTES (256u << 10)

/* The names of the folder's log, in whichever of the two ways they are written there. */
static JET_ERR open_folder(const struct ese_log_config *config, const char *folder, const char *extension,
                           struct ese_log_names *names, struct ese_log_survey *survey)
{
    struct ese_log_config there = *config;
    there.log_path = folder;
    memset(survey, 0, sizeof *survey);
    JET_ERR err = ese_log_names_init(names, &there);
    if (err != JET_errSuccess) {
        return err;
    }
    if (extension != NULL && strcmp(names->extension, extension) != 0) {
        names->other_extension = names->extension;
        names->extension = extension;
    }
    err = ese_log_survey(names, survey);
    if (err == JET_errSuccess && extension == NULL && survey->count == 0 && !survey->current) {
        const char *turned = names->other_extension;
        names->other_extension = names->extension;
        names->extension = turned;
        ese_log_survey_fini(survey);
        err = ese_log_survey(names, survey);
    }
    if (err != JET_errSuccess) {
        ese_log_names_fini(names);
    }
    return err;
}

/* Settles what the caller left open, and checks that all of it is there. */
static JET_ERR settle_range(const struct ese_log_survey *survey, bool strict, uint32_t *first, uint32_t *last)
{
    uint32_t low = survey->generation[0], high = survey->generation[survey->count - 1];
    if (strict && *first != 0 && low < *first) {
        return JET_errStartingRestoreLogTooHigh;
    }
    if (strict && *last != 0 && high > *last) {
        return JET_errEndingRestoreLogTooLow;
    }
    *first = *first != 0 ? *first : low;
    *last = *last != 0 ? *last : high;
    uint32_t wanted = *first;
    for (uint32_t i = 0; i < survey->count && wanted <= *last; i++) {
        wanted += survey->generation[i] == wanted ? 1 : 0;
    }
    return *first <= *last && wanted == *last + 1 ? JET_errSuccess : JET_errMissingLogFile;
}

static JET_ERR signature_of(const struct ese_log_names *names, enum ese_log_file kind, uint32_t number,
                            JET_SIGNATURE *signature, uint32_t *generation)
{
    struct ese_file *file;
    struct ese_log_header header;
    JET_ERR err = ese_log_file_open(names, kind, number, ESE_FILE_READ_ONLY, &file);
    if (err == JET_errSuccess) {
        err = ese_log_header_read(file, &header);
        ese_file_close(file);
    }
    if (err == JET_errSuccess) {
        *signature = header.signature;
        *generation = header.generation;
        ese_log_entries_clear(header.database);
    }
    return err;
}

static JET_ERR copy_bytes(struct ese_file *from, struct ese_file *to)
{
    uint64_t size = 0;
    unsigned char *bytes = ese_alloc(COPY_BYTES);
    JET_ERR err = bytes != NULL ? ese_file_size(from, &size) : JET_errOutOfMemory;
    for (uint64_t at = 0; at < size && err == JET_errSuccess; at += COPY_BYTES) {
        size_t part = size - at < COPY_BYTES ? (size_t)(size - at) : COPY_BYTES;
        err = ese_file_read(from, at, bytes, part);
        if (err == JET_errSuccess) {
            err = ese_file_write(to, at, bytes, part);
        }
    }
    ese_free(bytes);
    return err == JET_errSuccess ? ese_file_sync(to) : err;
}

JET_ERR ese_file_copy(const char *from, const char *to)
{
    struct ese_file *source, *target;
    JET_ERR err = ese_file_open(from, ESE_FILE_READ_ONLY, &source);
    if (err != JET_errSuccess) {
        return err;
    }
    err = ese_file_open(to, ESE_FILE_CREATE | ESE_FILE_TRUNCATE | ESE_FILE_LOCK, &target);
    if (err == JET_errSuccess) {
        err = copy_bytes(source, target);
        ese_file_close(target);
    }
    ese_file_close(source);
    return err == JET_errSuccess ? ese_path_sync_name(to) : err;
}

/* The name comes last: a file that has it is whole, whenever the restore is cut off. */
static JET_ERR copy_whole(const char *from, const char *to)
{
    char *part = ese_alloc(strlen(to) + sizeof ".part");
    if (part == NULL) {
        return JET_errOutOfMemory;
    }
    strcpy(part, to);
    strcat(part, ".part");
    JET_ERR err = ese_file_copy(from, part);
    if (err == JET_errSuccess) {
        err = ese_path_rename(part, to);
    }
    if (err != JET_errSuccess) {
        (void)ese_path_remove(part);
    }
    ese_free(part);
    return err;
}

static JET_ERR copy_generation(const struct ese_log_names *from, const struct ese_log_names *to, uint32_t generation)
{
    char *source, *target;
    JET_ERR err = ese_log_path(from, ESE_LOG_CLOSED, generation, &source);
    if (err != JET_errSuccess) {
        return err;
    }
    err = ese_log_path(to, ESE_LOG_CLOSED, generation, &target);
    if (err == JET_errSuccess) {
        err = ese_path_same(source, target) ? JET_errSuccess : copy_whole(source, target);
        ese_free(target);
    }
    ese_free(source);
    return err;
}

static bool has(const struct ese_log_survey *survey, uint32_t generation)
{
    for (uint32_t i = 0; i < survey->count; i++) {
        if (survey->generation[i] == generation) {
            return true;
        }
    }
    return false;
}

/* Files that are there already must be of the same log. */
static JET_ERR copy_range(const struct ese_log_names *from, const struct ese_log_names *to,
                          const struct ese_log_survey *there, uint32_t first, uint32_t last)
{
    JET_SIGNATURE ours, theirs;
    uint32_t generation = 0, current = UINT32_MAX;
    JET_ERR err = signature_of(from, ESE_LOG_CLOSED, last, &ours, &generation);
    if (err == JET_errSuccess && generation != last) {
        err = JET_errInvalidLogSequence;
    }
    if (err == JET_errSuccess && there->current) {
        err = signature_of(to, ESE_LOG_CURRENT, 0, &theirs, &current);
        if (err == JET_errSuccess && memcmp(&ours, &theirs, 28) != 0) {
            err = JET_errInvalidLogSequence;
        }
    }
    for (uint32_t at = first; at <= last && err == JET_errSuccess; at++) {
        if (at == current) {
            continue;
        }
        if (!has(there, at)) {
            err = copy_generation(from, to, at);
        } else {
            err = signature_of(to, ESE_LOG_CLOSED, at, &theirs, &generation);
            if (err == JET_errSuccess && memcmp(&ours, &theirs, 28) != 0) {
                err = JET_errInvalidLogSequence;
            }
        }
    }
    return err;
}

JET_ERR ese_log_gather(const struct ese_log_config *config, const char *from, uint32_t *first, uint32_t *last,
                       bool strict, bool *legacy)
{
    struct ese_log_names source, target;
    struct ese_log_survey here, there;
    JET_ERR err = open_folder(config, from, NULL, &source, &here);
    if (err != JET_errSuccess) {
        return err;
    }
    *legacy = strcmp(source.extension, "log") == 0;
    err = here.count != 0 ? settle_range(&here, strict && !ese_path_same(from, config->log_path), first, last)
                          : JET_errMissingLogFile;
    if (err == JET_errSuccess) {
        err = open_folder(config, config->log_path, source.extension, &target, &there);
    }
    if (err == JET_errSuccess) {
        err = copy_range(&source, &target, &there, *first, *last);
        ese_log_survey_fini(&there);
        ese_log_names_fini(&target);
    }
    ese_log_survey_fini(&here);
    ese_log_names_fini(&source);
    return err;
}
