/* JetCompact: an attached database, in use by nobody, is copied into a new file. */
#include "engine/api/api.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "engine/api/gate.h"
#include "engine/api/opening.h"
#include "engine/table/compact.h"

#define STATS_FILE "DFRGINFO.TXT" /* the documented name; in the current folder */

struct compact {
    JET_SESID sesid;
    JET_PFNSTATUS status;
    struct ese_instance *instance;
    bool stats;
    struct ese_bytes text; /* of the statistics */
    uint64_t began;
};

/* ---- progress -------------------------------------------------------------------------------- */

static JET_ERR tell(const struct compact *compact, JET_SNT snt, void *progress)
{
    if (compact->status == NULL) {
        return JET_errSuccess;
    }
    JET_ERR err = compact->status(compact->sesid, JET_snpCompact, snt, progress);
    return err < JET_errSuccess ? err : JET_errSuccess;
}

static JET_ERR on_progress(void *arg, uint32_t done, uint32_t total)
{
    JET_SNPROG progress = {sizeof progress, done, total};
    return tell(arg, JET_sntProgress, &progress);
}

static JET_ERR on_check(void *arg)
{
    return ese_check_stop(((const struct compact *)arg)->instance);
}

/* ---- statistics ------------------------------------------------------------------------------ */

#ifdef __GNUC__
__attribute__((format(printf, 2, 3)))
#endif
static JET_ERR
add_line(struct compact *compact, const char *format, ...)
{
    char line[400];
    va_list arguments;
    va_start(arguments, format);
    int size = vsnprintf(line, sizeof line, format, arguments);
    va_end(arguments);
    uint32_t length = size < 0                       ? 0
                      : (uint32_t)size < sizeof line ? (uint32_t)size
                                                     : sizeof line - 1;
    JET_ERR err = ese_bytes_reserve(&compact->text, compact->text.size + length + 1);
    if (err == JET_errSuccess) {
        memcpy(compact->text.data + compact->text.size, line, length);
        compact->text.size += length;
    }
    return err;
}

static JET_ERR on_copied(void *arg, const struct ese_compact_tree *tree)
{
    static const char *const parts[] = {"records", "index", "long values"};
    struct compact *compact = arg;
    if (!compact->stats) {
        return JET_errSuccess;
    }
    return add_line(compact, "%s\t%s\t%llu\t%llu\t%llu\r\n", tree->name, parts[tree->part],
                    (unsigned long long)tree->entries, (unsigned long long)tree->bytes,
                    (unsigned long long)tree->pages);
}

static uint64_t size_of(const char *path)
{
    struct ese_database_file_info info;
    return ese_database_file_info(path, &info) == JET_errSuccess ? info.file_size : 0;
}

static JET_ERR write_stats(struct compact *compact, const char *from, const char *to)
{
    struct ese_file *file;
    JET_ERR err = add_line(compact, "\r\n%s\t%llu bytes\r\n%s\t%llu bytes\r\n%llu ms\r\n", from,
                           (unsigned long long)size_of(from), to, (unsigned long long)size_of(to),
                           (unsigned long long)(ese_time_ms() - compact->began));
    if (err == JET_errSuccess) {
        err = ese_file_open(STATS_FILE, ESE_FILE_CREATE | ESE_FILE_TRUNCATE, &file);
    }
    if (err == JET_errSuccess) {
        err = ese_file_write(file, 0, compact->text.data, compact->text.size);
        ese_file_close(file);
    }
    return err;
}

/* ---- the call -------------------------------------------------------------------------------- */

static JET_ERR copy(struct ese_call *call, struct compact *compact, const char *from,
                    const char *to, JET_GRBIT grbit)
{
    const struct ese_compact how = {
        .repair = (grbit & JET_bitCompactRepair) != 0,
        .progress = on_progress,
        .copied = on_copied,
        .check = on_check,
        .arg = compact,
    };
    struct ese_database *source = NULL;
    JET_ERR err = ese_pin_for_open(call->instance, from, JET_bitDbExclusive, &source);
    if (err < JET_errSuccess) {
        return err;
    }
    err = ese_await_database_change(call);
    if (err == JET_errSuccess && compact->stats) {
        err = add_line(compact, "table\tpart\tentries\tbytes\tpages\r\n\r\n");
    }
    if (err == JET_errSuccess) {
        ese_make_parent(call->instance, to);
        err = ese_database_compact(&call->session->trx, source, to, &how);
    }
    ese_database_unpin(source);
    if (err == JET_errSuccess && compact->stats) {
        err = write_stats(compact, from, to);
    }
    return err;
}

static JET_ERR compact_database(struct ese_call *call, const char *from, const char *to,
                                JET_PFNSTATUS status, JET_GRBIT grbit)
{
    struct compact compact = {
        .sesid = call->session->handle,
        .status = status,
        .instance = call->instance,
        .stats = (grbit & JET_bitCompactStats) != 0,
        .began = ese_time_ms(),
    };
    if (from == NULL || *from == 0 || to == NULL || *to == 0) {
        return JET_errDatabaseInvalidName;
    }
    JET_ERR err = tell(&compact, JET_sntBegin, NULL);
    if (err == JET_errSuccess) {
        err = copy(call, &compact, from, to, grbit);
        JET_ERR told = tell(&compact, err < JET_errSuccess ? JET_sntFail : JET_sntComplete, NULL);
        err = err < JET_errSuccess ? err : told;
    }
    ese_bytes_free(&compact.text);
    return err;
}

JET_ERR ese_api_JetCompact(enum ese_text text, JET_SESID sesid, const void *source,
                           const void *destination, JET_PFNSTATUS status, void *convert,
                           JET_GRBIT grbit)
{
    struct ese_call call;
    JET_ERR err = ese_enter_session(&call, ESE_FN_JetCompact, sesid);
    if (err != JET_errSuccess) {
        return err;
    }
    char *from = NULL;
    char *to = NULL;
    if (convert != NULL) {
        err = JET_errFeatureNotAvailable; /* gone since Windows Server 2003 */
    } else if (ese_trx_level(&call.session->trx) > 0) {
        err = JET_errInTransaction;
    } else {
        err = ese_text_in(text, source, &from);
    }
    if (err == JET_errSuccess) {
        err = ese_text_in(text, destination, &to);
    }
    if (err == JET_errSuccess) {
        err = compact_database(&call, from, to, status, grbit);
    }
    ese_free(from);
    ese_free(to);
    return ese_leave(&call, err);
}
