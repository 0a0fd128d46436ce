/*
 * engine/tests/fuzz/fuzz_restore.c - libFuzzer target: a restore of damaged backups.
 *
 * One small backup is made when the process begins: a database most of which is older than the log, and some log files. An
 * input says what is done to copies of the files: bytes changed, files cut, extended, removed, exchanged; after some
 * of it the checksums are made to fit again. Then it is restored, in one of two ways. Looked for:
 *
 *   - crashes, leaks and what the sanitizers see, whatever was done
 *   - a restore that succeeds and leaves a database that eseverify refuses, or one that wants recovery; not where checksums
 *     were made to fit, or whole pages may have become zeros: no restore can tell these from what was written
 *
 * It knows the engine's formats, and so is no part of fuzz/.
 */
#include <ftw.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <esent.h>

#include "engine/log/format.h"
#include "engine/tests/remove_tree.h"
#include "engine/verify/verify.h"

#define PAGE  4096u
#define FILES 8u
#define MOST  (4u << 20) /* bytes of a file */

int LLVMFuzzerInitialize(int *argc, char ***argv);
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

struct part {
    char name[64];
    unsigned char *bytes;
    uint32_t size;
    bool is_log, gone;
};

static char place[256];
static pid_t owner;
static struct part good[FILES]; /* logs behind the database, ascending */
static uint32_t goods;
static unsigned long restores, restored; /* told at the end: neither all nor none should succeed */

_Noreturn static void broken(const char *what, const char *more, long code)
{
    fprintf(stderr, "fuzz_restore: %s: %s: %ld\n", what, more, code);
    abort();
}

/* ---- files ----------------------------------------------------------------------------------- */

static void at_end(void)
{
    if (getpid() == owner) {
        fprintf(stderr, "fuzz_restore: %lu restores, %lu succeeded\n", restores, restored);
        remove_tree(place);
    }
}

static const char *path_of(const char *name)
{
    static char paths[8][600];
    static unsigned next;
    char *path = paths[next++ % 8];
    snprintf(path, sizeof paths[0], "%s/%s", place, name);
    return path;
}

static const char *fresh(const char *name)
{
    const char *path = path_of(name);
    remove_tree(path);
    if (mkdir(path, 0700) != 0) {
        broken("no folder", path, 0);
    }
    return path;
}

static void write_part(const struct part *part, const char *folder)
{
    char path[700];
    snprintf(path, sizeof path, "%s/%s", folder, part->name);
    FILE *file = fopen(path, "wb");
    if (file == NULL || fwrite(part->bytes, 1, part->size, file) != part->size) {
        broken("cannot be written", path, 0);
    }
    fclose(file);
}

static int load_part(const char *path, const struct stat *status, int type, struct FTW *walk)
{
    if (type != FTW_F || goods == FILES) {
        return 0;
    }
    struct part *part = &good[goods++];
    snprintf(part->name, sizeof part->name, "%s", path + walk->base);
    part->is_log = strstr(part->name, ".edb") == NULL;
    part->size = (uint32_t)status->st_size;
    part->bytes = malloc(part->size);
    FILE *file = fopen(path, "rb");
    if (file == NULL || fread(part->bytes, 1, part->size, file) != part->size) {
        broken("cannot be read", path, 0);
    }
    fclose(file);
    return 0;
}

static int by_name(const void *a, const void *b)
{
    const struct part *left = a, *right = b;
    return left->is_log != right->is_log ? left->is_log - right->is_log : strcmp(left->name, right->name);
}

/* ---- the good backup ------------------------------------------------------------------------- */

#define MUST(call)                                                                                 \
    do {                                                                                           \
        JET_ERR got_ = (call);                                                                     \
        if (got_ < JET_errSuccess) {                                                               \
            broken("the preparation failed", #call, got_);                                         \
        }                                                                                          \
    } while (0)

static JET_INSTANCE create(const char *log)
{
    JET_INSTANCE i = JET_instanceNil;
    MUST(JetCreateInstanceA(&i, "fuzz"));
    MUST(JetSetSystemParameterA(&i, 0, JET_paramSystemPath, 0, log));
    MUST(JetSetSystemParameterA(&i, 0, JET_paramLogFilePath, 0, log));
    MUST(JetSetSystemParameterA(&i, 0, JET_paramTempPath, 0, log));
    MUST(JetSetSystemParameterA(&i, 0, JET_paramLogFileSize, 64, NULL));
    MUST(JetSetSystemParameterA(&i, 0, JET_paramMaxTemporaryTables, 0, NULL));
    MUST(JetSetSystemParameterA(&i, 0, JET_paramDbExtensionSize, 16, NULL));
    return i;
}

static void insert(JET_SESID sesid, JET_TABLEID tableid, const JET_COLUMNID *columns, int from, int to)
{
    static char text[6000];
    for (int n = from; n < to; n++) {
        memset(text, 'a' + n % 26, sizeof text);
        MUST(JetBeginTransaction(sesid));
        MUST(JetPrepareUpdate(sesid, tableid, JET_prepInsert));
        MUST(JetSetColumn(sesid, tableid, columns[0], &n, sizeof n, 0, NULL));
        MUST(JetSetColumn(sesid, tableid, columns[1], text, n % 20 == 0 ? 6000 : 60, 0, NULL));
        MUST(JetUpdate(sesid, tableid, NULL, 0, NULL));
        MUST(JetCommitTransaction(sesid, 0));
    }
}

static void make_backup(void)
{
    JET_SESID sesid;
    JET_DBID dbid;
    JET_TABLEID tableid;
    JET_COLUMNID columns[2];
    JET_COLUMNDEF number = {.cbStruct = sizeof number, .coltyp = JET_coltypLong};
    JET_COLUMNDEF text = {.cbStruct = sizeof text, .coltyp = JET_coltypLongText, .cp = 1252};
    const char *log = fresh("make"), *path = path_of("make/data.edb");
    JET_INSTANCE i = create(log);
    MUST(JetInit(&i));
    MUST(JetBeginSessionA(i, &sesid, NULL, NULL));
    MUST(JetCreateDatabaseA(sesid, path, NULL, &dbid, 0));
    MUST(JetCreateTableA(sesid, dbid, "rows", 1, 80, &tableid));
    MUST(JetAddColumnA(sesid, tableid, "id", &number, NULL, 0, &columns[0]));
    MUST(JetAddColumnA(sesid, tableid, "text", &text, NULL, 0, &columns[1]));
    MUST(JetCreateIndexA(sesid, tableid, "by id", 0, "+id\0", 5, 80));
    insert(sesid, tableid, columns, 0, 200);
    MUST(JetTerm(i));
    i = create(log);
    MUST(JetInit(&i));
    MUST(JetBeginSessionA(i, &sesid, NULL, NULL));
    MUST(JetAttachDatabaseA(sesid, path, 0));
    MUST(JetOpenDatabaseA(sesid, path, NULL, &dbid, 0));
    MUST(JetOpenTableA(sesid, dbid, "rows", NULL, 0, 0, &tableid));
    insert(sesid, tableid, columns, 200, 320);
    MUST(JetBackupInstanceA(i, fresh("good"), 0, NULL));
    MUST(JetTerm(i));
    nftw(path_of("good"), load_part, 16, FTW_PHYS);
    qsort(good, goods, sizeof good[0], by_name);
    if (goods < 3 || good[0].is_log || !good[1].is_log) {
        broken("not the backup that was meant", "files", (long)goods);
    }
}

int LLVMFuzzerInitialize(int *argc, char ***argv)
{
    (void)argc, (void)argv;
    const char *parent = getenv("TMPDIR");
    if (access("/dev/shm", W_OK | X_OK) == 0) {
        parent = "/dev/shm";
    }
    snprintf(place, sizeof place, "%.200s/fuzz-restore.XXXXXX", parent != NULL ? parent : "/tmp");
    if (mkdtemp(place) == NULL) {
        broken("no folder", place, 0);
    }
    owner = getpid();
    atexit(at_end);
    make_backup();
    return 0;
}

/* ---- damage ---------------------------------------------------------------------------------- */

struct input {
    const uint8_t *bytes;
    size_t size;
};

static uint32_t take(struct input *input, unsigned bytes)
{
    uint32_t value = 0;
    for (; bytes != 0 && input->size != 0; bytes--) {
        value = value << 8 | *input->bytes++;
        input->size--;
    }
    return value;
}

static void reseal_page(struct part *part, uint32_t at)
{
    unsigned char *page = part->bytes + at / PAGE * PAGE;
    if (at / PAGE * PAGE + PAGE <= part->size) {
        ese_put32(page, ese_page_checksum(page, PAGE));
    }
}

/* The chunks of a log file follow each other again; *checksum: of the last chunk of the file before, then of this one. */
static void reseal_log(struct part *part, uint32_t *checksum)
{
    uint32_t size = part->size >= ESE_LOG_SECTOR ? ese_get32(part->bytes + 12) : 0;
    if (size < ESE_LOG_HEADER_FIXED || size > part->size || size % ESE_LOG_SECTOR != 0) {
        return;
    }
    *checksum = ese_log_header_seal(part->bytes, size, *checksum != 0 ? *checksum : ese_get32(part->bytes + 32));
    for (uint32_t at = size; at + ESE_CHUNK_HEADER <= part->size;) {
        unsigned char *chunk = part->bytes + at;
        struct ese_chunk_header header = {ese_get64(chunk + 8),  ese_get64(chunk + 32), ese_get32(chunk + 16),
                                          ese_get32(chunk + 20), ese_get32(chunk + 24), *checksum};
        if (ese_get32(chunk) != ESE_CHUNK_MAGIC || header.length > part->size - at - ESE_CHUNK_HEADER) {
            break;
        }
        *checksum = ese_chunk_seal(chunk, &header);
        at += ese_log_round(ESE_CHUNK_HEADER + header.length);
    }
}

static void resize(struct part *part, uint32_t size)
{
    size = size < MOST ? size : MOST;
    unsigned char *longer = realloc(part->bytes, size + 1);
    if (longer == NULL) {
        broken("out of memory", part->name, (long)size);
    }
    if (size > part->size) {
        memset(longer + part->size, 0x5A, size - part->size);
    }
    part->bytes = longer;
    part->size = size;
}

/* Where a change goes: anywhere, or near the beginning, where the headers are. */
static uint32_t place_in(const struct part *part, uint32_t where)
{
    uint32_t bound = (where & 1) != 0 ? part->size : part->size < 2 * PAGE ? part->size : 2 * PAGE;
    return bound == 0 ? 0 : (uint32_t)((uint64_t)(where >> 1) * bound >> 23) % bound;
}

/* One step of the input. True: what comes of it cannot be told from what was written. */
static bool damage(struct part *parts, struct input *input, bool *reseal)
{
    static const uint32_t values[] = {0, 1, 0x7F, 0xFF, 0x7FFF, 0xFFFF, 0x7FFFFFFF, 0xFFFFFFFF};
    uint32_t op = take(input, 1), which = take(input, 1), at = 0;
    struct part *part = &parts[which % goods];
    bool unsure = false;
    switch (op % 10) {
    case 0:
    case 1:
    case 2:
        at = place_in(part, take(input, 3));
        if (at + 4 <= part->size && op % 10 == 1) {
            ese_put32(part->bytes + at, values[take(input, 1) % 8]);
        } else if (at < part->size) {
            part->bytes[at] ^= (unsigned char)(take(input, 1) | 1);
        }
        if (op >= 128) {
            unsure = true;
            if (part->is_log) {
                *reseal = true;
            } else {
                reseal_page(part, at);
            }
        }
        break;
    case 3: resize(part, place_in(part, take(input, 3) | 1)); break;
    case 4: resize(part, place_in(part, take(input, 3) | 1) / 512 * 512); break;
    case 5: resize(part, part->size + take(input, 1) * 64); break;
    case 6: part->gone = true; break;
    case 7: {
        struct part *other = &parts[take(input, 1) % goods], kept = *part;
        part->bytes = other->bytes, part->size = other->size;
        other->bytes = kept.bytes, other->size = kept.size;
        break;
    }
    case 8: {
        const struct part *other = &parts[take(input, 1) % goods];
        if (other != part) {
            resize(part, other->size);
            memcpy(part->bytes, other->bytes, other->size);
        }
        break;
    }
    default:
        at = place_in(part, take(input, 3) | 1) / 512 * 512;
        if (at + 512 <= part->size) {
            memset(part->bytes + at, 0, 512);
        }
        unsure = !part->is_log;
        break;
    }
    return unsure;
}

/* ---- restore --------------------------------------------------------------------------------- */

static void check(const char *path, bool unsure)
{
    struct ese_verify_report report;
    restored++;
    if (access(path, F_OK) != 0) {
        return; /* what said it was a database's copy did not say so any more */
    }
    enum ese_verdict verdict = ese_verify_file(path, &report);
    if (!unsure && (verdict != ESE_VERIFY_GOOD || report.dirty)) {
        broken("restored, and not sound", report.message, report.dirty);
    }
}

static void restore_folder(bool unsure)
{
    const char *to = fresh("restored"), *log = fresh("restored-log");
    JET_INSTANCE i = create(log);
    JET_ERR err = JetRestoreInstanceA(i, path_of("run"), to, NULL);
    MUST(JetTerm(i));
    if (err >= JET_errSuccess) {
        check(path_of("restored/data.edb"), unsure);
    }
}

static void restore_stream(bool unsure, uint32_t low, uint32_t high)
{
    char old_path[600], new_path[600], log[600], from[600];
    snprintf(old_path, sizeof old_path, "%s", path_of("make/data.edb"));
    snprintf(new_path, sizeof new_path, "%s", path_of("run/data.edb"));
    snprintf(log, sizeof log, "%s", fresh("restored-log"));
    snprintf(from, sizeof from, "%s", path_of("run"));
    JET_RSTMAP_A map = {.szDatabaseName = old_path, .szNewDatabaseName = new_path};
    JET_ERR err = JetExternalRestoreA(log, log, &map, 1, from, (JET_LONG)low, (JET_LONG)high, NULL);
    if (err >= JET_errSuccess) {
        check(new_path, unsure);
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct input input = {data, size};
    struct part parts[FILES];
    bool unsure = false, reseal = false;
    uint32_t how = take(&input, 1), range = take(&input, 1);
    for (uint32_t i = 0; i < goods; i++) {
        parts[i] = good[i];
        parts[i].bytes = malloc(good[i].size + 1);
        memcpy(parts[i].bytes, good[i].bytes, good[i].size);
    }
    for (int steps = 0; input.size != 0 && steps < 8; steps++) {
        unsure = damage(parts, &input, &reseal) || unsure;
    }
    uint32_t checksum = 0;
    for (uint32_t i = 0; i < goods && reseal; i++) {
        if (parts[i].is_log) {
            reseal_log(&parts[i], &checksum);
        }
    }
    const char *folder = fresh("run");
    for (uint32_t i = 0; i < goods; i++) {
        if (!parts[i].gone) {
            write_part(&parts[i], folder);
        }
        free(parts[i].bytes);
    }
    restores++;
    if (how % 2 == 0) {
        restore_folder(unsure);
    } else {
        restore_stream(unsure, range % 4 == 0 ? range / 4 % 8 : 0, range % 4 == 0 ? range / 32 : 0);
    }
    return 0;
}
