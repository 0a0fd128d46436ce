#include "engine/tests/storage/support.h"

#include <stdlib.h>

#include "engine/log/recover.h"

void must_be(JET_ERR got, JET_ERR wanted, const char *what, const char *file, int line)
{
    if (got != wanted) {
        fprintf(stderr, "%s:%d: %s returned %d, not %d\n", file, line, what, (int)got, (int)wanted);
        fflush(stderr);
        abort();
    }
}

static JET_ERR remove_entry(void *arg, const char *name, bool is_directory)
{
    char path[600];
    snprintf(path, sizeof path, "%s/%s", (const char *)arg, name);
    return is_directory ? JET_errSuccess : ese_path_remove(path);
}

void rig_start(struct rig *rig)
{
    char temp[256];
    snprintf(temp, sizeof temp, "%s/tmp.edb", rig->directory);
    struct ese_store_config config = { .page_size = rig->page_size, .cache_pages = rig->cache_pages, .extend_pages = 16,
                                       .checkpoint_depth = 1u << 20, .temp_path = temp, .temp_sorts = 4 };
    MUST(ese_store_open(&config, &rig->store));
    if (rig->logged) {
        const struct ese_log_config log_config = {
            .log_path = rig->directory, .system_path = rig->directory, .base = "edb", .file_size = 512u << 10,
            .buffer_size = 64u << 10, .page_size = rig->page_size, .circular = true, .legacy_names = true,
            .prepare_ahead = true };
        struct ese_log *log;
        MUST(ese_recover(rig->store, &log_config, 0, &log));
    }
}

static void open_new(struct rig *rig, uint32_t page_size, uint32_t cache_pages, bool logged)
{
    uint64_t unique;
    const char *base = getenv("TMPDIR") != NULL ? getenv("TMPDIR") : getenv("TEMP") != NULL ? getenv("TEMP") : "/tmp";
    ese_random_bytes(&unique, sizeof unique);
    snprintf(rig->directory, sizeof rig->directory, "%.120s/ese-storage-%016llx", base, (unsigned long long)unique);
    snprintf(rig->path, sizeof rig->path, "%s/test.edb", rig->directory);
    rig->page_size = page_size;
    rig->cache_pages = cache_pages;
    rig->logged = logged;
    MUST(ese_path_make_directory(rig->directory));
    rig_start(rig);
    MUST(ese_database_create(rig->store, rig->path, 0, 0, &rig->database));
}

void rig_open(struct rig *rig, uint32_t page_size)
{
    open_new(rig, page_size, 0, false);
}

void rig_open_small(struct rig *rig, uint32_t page_size, uint32_t cache_pages)
{
    open_new(rig, page_size, cache_pages, false);
}

void rig_open_logged(struct rig *rig, uint32_t page_size, uint32_t cache_pages)
{
    open_new(rig, page_size, cache_pages, true);
}

void rig_stop(struct rig *rig)
{
    MUST(ese_store_close(rig->store, ESE_CLOSE_COMPLETE));
    rig->store = NULL;
}

void rig_restart(struct rig *rig, enum ese_close_mode mode)
{
    MUST_BE(ese_store_close(rig->store, mode), mode == ESE_CLOSE_DIRTY ? JET_errDirtyShutdown : JET_errSuccess);
    rig_start(rig);
    MUST(ese_database_attach(rig->store, rig->path, 0, 0, &rig->database));
}

void rig_close(struct rig *rig)
{
    if (rig->store != NULL) {
        rig_stop(rig);
    }
    MUST(ese_directory_list(rig->directory, remove_entry, rig->directory));
    MUST(ese_path_remove_directory(rig->directory));
}

void session_begin(struct rig *rig, struct ese_trx *trx)
{
    ese_trx_init(trx, ese_store_versions(rig->store));
}

void session_end(struct ese_trx *trx)
{
    while (trx->cursors != NULL) {
        ese_cursor_close(trx->cursors);
    }
    if (ese_trx_level(trx) != 0) {
        MUST(ese_trx_rollback(trx, JET_bitRollbackAll));
    }
    ese_trx_fini(trx);
}

void pairs_create(struct rig *rig, struct ese_trx *trx, const char *name, struct pairs *pairs)
{
    const struct ese_column_def key = { .name = "key", .coltyp = JET_coltypLong };
    const struct ese_column_def value = { .name = "value", .coltyp = JET_coltypLongText };
    const struct ese_index_def index = { .name = "primary", .key = "+key\0", .key_size = 6,
                                         .grbit = JET_bitIndexPrimary };
    struct ese_cursor *cursor;
    MUST(ese_table_create(trx, rig->database, name, 1, 100, 0, &cursor));
    MUST(ese_table_add_column(cursor, &key, &pairs->key));
    MUST(ese_table_add_column(cursor, &value, &pairs->value));
    MUST(ese_table_create_index(cursor, &index, NULL, NULL));
    ese_cursor_close(cursor);
    pairs->cursor = NULL;
}

void pairs_open(struct rig *rig, struct ese_trx *trx, const char *name, struct pairs *pairs)
{
    struct ese_column_info info;
    MUST(ese_cursor_open(trx, rig->database, name, 0, &pairs->cursor));
    MUST(ese_table_column_by_name(pairs->cursor, "KEY", &info));
    pairs->key = info.columnid;
    MUST(ese_table_column_by_name(pairs->cursor, "Value", &info));
    pairs->value = info.columnid;
}

/* A failed update is cancelled, so that the next one can be prepared. */
static JET_ERR finish(struct pairs *pairs, JET_ERR err)
{
    if (err >= JET_errSuccess) {
        err = ese_cursor_update(pairs->cursor, NULL, 0, NULL);
    }
    if (err < JET_errSuccess && ese_cursor_is_prepared(pairs->cursor)) {
        MUST(ese_cursor_prepare(pairs->cursor, JET_prepCancel));
    }
    return err;
}

JET_ERR pairs_insert(struct pairs *pairs, int32_t key, const char *value)
{
    JET_ERR err = ese_cursor_prepare(pairs->cursor, JET_prepInsert);
    if (err == JET_errSuccess) {
        err = ese_cursor_set_column(pairs->cursor, pairs->key, &key, sizeof key, 0, NULL);
    }
    if (err == JET_errSuccess) {
        err = ese_cursor_set_column(pairs->cursor, pairs->value, value, (uint32_t)strlen(value), 0, NULL);
    }
    return finish(pairs, err);
}

JET_ERR pairs_seek(struct pairs *pairs, int32_t key)
{
    JET_ERR err = ese_cursor_make_key(pairs->cursor, &key, sizeof key, JET_bitNewKey);
    return err == JET_errSuccess ? ese_cursor_seek(pairs->cursor, JET_bitSeekEQ) : err;
}

JET_ERR pairs_set(struct pairs *pairs, int32_t key, const char *value)
{
    JET_ERR err = pairs_seek(pairs, key);
    if (err == JET_errSuccess) {
        err = ese_cursor_prepare(pairs->cursor, JET_prepReplace);
    }
    if (err == JET_errSuccess) {
        err = ese_cursor_set_column(pairs->cursor, pairs->value, value, (uint32_t)strlen(value), 0, NULL);
    }
    return finish(pairs, err);
}

JET_ERR pairs_delete(struct pairs *pairs, int32_t key)
{
    JET_ERR err = pairs_seek(pairs, key);
    return err == JET_errSuccess ? ese_cursor_delete(pairs->cursor) : err;
}

const char *pairs_value(struct pairs *pairs, char *buffer, uint32_t size)
{
    uint32_t actual = 0;
    JET_ERR err = ese_cursor_retrieve(pairs->cursor, pairs->value, buffer, size - 1, &actual, 0, NULL);
    if (err != JET_wrnColumnNull) {
        MUST(err);
    }
    buffer[actual] = '\0';
    return buffer;
}

int32_t pairs_key(struct pairs *pairs)
{
    int32_t key = 0;
    MUST(ese_cursor_retrieve(pairs->cursor, pairs->key, &key, sizeof key, NULL, 0, NULL));
    return key;
}

uint64_t pairs_count(struct pairs *pairs)
{
    uint64_t count = 0;
    JET_ERR err = ese_cursor_move(pairs->cursor, JET_MoveFirst, 0);
    while (err == JET_errSuccess) {
        count++;
        err = ese_cursor_move(pairs->cursor, JET_MoveNext, 0);
    }
    MUST_BE(err, JET_errNoCurrentRecord);
    return count;
}
