#include "engine/tests/storage/log_support.h"

void log_rig_open(struct log_rig *rig, uint32_t file_kb)
{
    uint64_t unique;
    const char *base = getenv("TMPDIR") != NULL ? getenv("TMPDIR") : getenv("TEMP") != NULL ? getenv("TEMP") : "/tmp";
    ese_random_bytes(&unique, sizeof unique);
    snprintf(rig->folder, sizeof rig->folder, "%.120s/ese-log-%016llx", base, (unsigned long long)unique);
    MUST(ese_path_make_directory(rig->folder));
    rig->config = (struct ese_log_config){ .log_path = rig->folder, .system_path = rig->folder, .base = "edb",
                                           .file_size = file_kb << 10, .buffer_size = 64u << 10,
                                           .page_size = LOG_PAGE, .legacy_names = true };
    MUST(ese_log_names_init(&rig->names, &rig->config));
}

static JET_ERR remove_entry(void *arg, const char *name, bool is_directory)
{
    char path[600];
    snprintf(path, sizeof path, "%s/%s", (const char *)arg, name);
    return is_directory ? JET_errSuccess : ese_path_remove(path);
}

void log_rig_close(struct log_rig *rig)
{
    ese_log_names_fini(&rig->names);
    MUST(ese_directory_list(rig->folder, remove_entry, rig->folder));
    MUST(ese_path_remove_directory(rig->folder));
}

struct ese_log *log_start(struct log_rig *rig)
{
    struct ese_log *log = NULL;
    MUST(ese_recover(NULL, &rig->config, 0, &log));
    return log;
}

JET_ERR log_try(struct log_rig *rig, JET_GRBIT grbit)
{
    struct ese_log *log = NULL;
    JET_ERR err = ese_recover(NULL, &rig->config, grbit, &log);
    if (err == JET_errSuccess) {
        MUST(ese_log_close(log, true));
    }
    return err;
}

static void fill(unsigned char *bytes, uint32_t size, uint32_t n)
{
    for (uint32_t i = 0; i < size; i++) {
        bytes[i] = (unsigned char)((n * 2654435761u + i * 40503u) >> 13);
    }
}

JET_ERR log_put(struct ese_log *log, uint32_t n, uint32_t size)
{
    unsigned char *bytes = malloc(size + 1);
    ese_lsn position;
    fill(bytes, size, n);
    const struct ese_log_undo undo = { .transaction = n, .kind = ESE_UNDO_REPLACE, .root = n, .key = &n,
                                       .key_size = sizeof n, .before = bytes, .before_size = size };
    const struct ese_log_change change = { .database = 1, .page_size = LOG_PAGE, .undo = &undo };
    JET_ERR err = ese_log_change(log, &change, &position);
    free(bytes);
    return err;
}

bool log_is(const struct ese_log_read *read, uint32_t n, uint32_t size)
{
    struct ese_change_view view;
    unsigned char *bytes = malloc(size + 1);
    fill(bytes, size, n);
    bool same = ese_record_view_change(read->bytes, read->size, &view) && view.undo.transaction == n &&
                view.undo.key_size == sizeof n && memcmp(view.undo.key, &n, sizeof n) == 0 &&
                view.undo.before_size == size && memcmp(view.undo.before, bytes, size) == 0;
    free(bytes);
    return same;
}

JET_ERR log_read_all(struct log_rig *rig, uint32_t size, uint32_t *changes, uint32_t *commits)
{
    struct ese_log_survey survey;
    struct ese_log_header header;
    struct ese_file *file;
    struct ese_log_reader reader;
    struct ese_log_read read;
    *changes = *commits = 0;
    MUST(ese_log_survey(&rig->names, &survey));
    JET_ERR err = ese_log_file_open(&rig->names, ESE_LOG_CURRENT, 0, ESE_FILE_READ_ONLY, &file);
    if (err == JET_errSuccess) {
        err = ese_log_header_read(file, &header);
        ese_file_close(file);
    }
    if (err == JET_errSuccess) {
        uint32_t first = survey.count != 0 ? survey.generation[0] : header.generation;
        ese_log_entries_clear(header.database);
        err = ese_log_reader_open(&reader, &rig->names, &survey, first, header.generation);
    }
    if (err == JET_errSuccess) {
        while ((err = ese_log_reader_next(&reader, &read)) == JET_errSuccess) {
            if (read.kind == ESE_RECORD_COMMIT) {
                ++*commits;
            } else if (read.kind == ESE_RECORD_CHANGE) {
                cr_assert(log_is(&read, ++*changes, size), "record %u is something else", *changes);
            }
        }
        ese_log_reader_close(&reader);
    }
    ese_log_survey_fini(&survey);
    return err == JET_errNoCurrentRecord ? JET_errSuccess : err;
}

void log_path(struct log_rig *rig, const char *name, char path[300])
{
    snprintf(path, 300, "%s/%s", rig->folder, name);
}

void log_flip(const char *path, uint64_t offset, unsigned char bits)
{
    struct ese_file *file;
    unsigned char byte;
    MUST(ese_file_open(path, 0, &file));
    MUST(ese_file_read(file, offset, &byte, 1));
    byte ^= bits;
    MUST(ese_file_write(file, offset, &byte, 1));
    ese_file_close(file);
}

void log_zero(const char *path, uint64_t offset, size_t size)
{
    struct ese_file *file;
    unsigned char *zero = calloc(1, size);
    MUST(ese_file_open(path, 0, &file));
    MUST(ese_file_write(file, offset, zero, size));
    ese_file_close(file);
    free(zero);
}

bool log_exists(struct log_rig *rig, const char *name)
{
    char path[300];
    log_path(rig, name, path);
    return ese_path_exists(path);
}

void log_rename(struct log_rig *rig, const char *from, const char *to)
{
    char old_path[300], new_path[300];
    log_path(rig, from, old_path);
    log_path(rig, to, new_path);
    MUST(ese_path_rename(old_path, new_path));
}
