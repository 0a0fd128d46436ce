/*
 * The other side: SQLite with a write-ahead log, a rowid table and prepared statements. A
 * connection that meets another one's write lock tries again at once, which on two cores gives
 * SQLite its best rate with two threads.
 */
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <sqlite3.h>

#include "engine/bench/bench.h"

enum { CACHE_KIB = 65536 };

struct bench_database {
    char path[512];
    sqlite3 *keeper; /* keeps the log alive between connections */
};

enum statement { BEGIN_READ, BEGIN_WRITE, COMMIT, INSERT, READ, SCAN, STATEMENTS };

static const char *const texts[STATEMENTS] = {
    [BEGIN_READ] = "BEGIN",
    [BEGIN_WRITE] = "BEGIN IMMEDIATE",
    [COMMIT] = "COMMIT",
    [INSERT] = "INSERT INTO rows(key, value) VALUES(?, ?)",
    [READ] = "SELECT value FROM rows WHERE key = ?",
    [SCAN] = "SELECT key, value FROM rows WHERE key >= ? AND key < ? ORDER BY key",
};

struct bench_connection {
    sqlite3 *sqlite;
    sqlite3_stmt *statements[STATEMENTS];
};

static void must(sqlite3 *sqlite, int got, int want, const char *what)
{
    if (got != want) {
        bench_die("SQLite: %s: %s", what, sqlite3_errmsg(sqlite));
    }
}

static void run(sqlite3 *sqlite, const char *text)
{
    must(sqlite, sqlite3_exec(sqlite, text, NULL, NULL, NULL), SQLITE_OK, text);
}

static int try_again(void *arg, int times)
{
    (void)arg, (void)times;
    sched_yield();
    return 1;
}

static sqlite3 *open_file(const char *path, bool durable)
{
    sqlite3 *sqlite = NULL;
    char text[128];
    int flags = SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE | SQLITE_OPEN_NOMUTEX;
    must(sqlite, sqlite3_open_v2(path, &sqlite, flags, NULL), SQLITE_OK, path);
    sqlite3_busy_handler(sqlite, try_again, NULL);
    run(sqlite, "PRAGMA journal_mode = WAL");
    run(sqlite, durable ? "PRAGMA synchronous = FULL" : "PRAGMA synchronous = NORMAL");
    snprintf(text, sizeof text, "PRAGMA cache_size = -%d", CACHE_KIB);
    run(sqlite, text);
    return sqlite;
}

static struct bench_database *sqlite_open(const char *directory)
{
    struct bench_database *database = calloc(1, sizeof *database);
    snprintf(database->path, sizeof database->path, "%s/rows.sqlite", directory);
    database->keeper = open_file(database->path, true);
    run(database->keeper, "CREATE TABLE rows(key INTEGER PRIMARY KEY, value BLOB NOT NULL)");
    return database;
}

static void sqlite_close(struct bench_database *database)
{
    must(database->keeper, sqlite3_close(database->keeper), SQLITE_OK, "close");
    free(database);
}

static struct bench_connection *sqlite_connect(struct bench_database *database, bool durable)
{
    struct bench_connection *connection = calloc(1, sizeof *connection);
    connection->sqlite = open_file(database->path, durable);
    for (unsigned i = 0; i < STATEMENTS; i++) {
        must(connection->sqlite,
             sqlite3_prepare_v3(connection->sqlite, texts[i], -1, SQLITE_PREPARE_PERSISTENT,
                                &connection->statements[i], NULL),
             SQLITE_OK, texts[i]);
    }
    return connection;
}

static void sqlite_disconnect(struct bench_connection *connection)
{
    for (unsigned i = 0; i < STATEMENTS; i++) {
        sqlite3_finalize(connection->statements[i]);
    }
    must(connection->sqlite, sqlite3_close(connection->sqlite), SQLITE_OK, "close");
    free(connection);
}

static void step(struct bench_connection *connection, enum statement which)
{
    sqlite3_stmt *statement = connection->statements[which];
    must(connection->sqlite, sqlite3_step(statement), SQLITE_DONE, texts[which]);
    sqlite3_reset(statement);
}

/* A single row is a transaction without being asked for one. */
static void sqlite_insert(struct bench_connection *connection, int64_t first, unsigned count)
{
    unsigned char value[BENCH_VALUE_SIZE];
    if (count > 1) {
        step(connection, BEGIN_WRITE);
    }
    for (int64_t key = first; key < first + (int64_t)count; key++) {
        bench_value(key, value);
        sqlite3_bind_int64(connection->statements[INSERT], 1, key);
        sqlite3_bind_blob(connection->statements[INSERT], 2, value, sizeof value, SQLITE_STATIC);
        step(connection, INSERT);
    }
    if (count > 1) {
        step(connection, COMMIT);
    }
}

static void sqlite_begin(struct bench_connection *connection)
{
    step(connection, BEGIN_READ);
}

static void sqlite_commit(struct bench_connection *connection)
{
    step(connection, COMMIT);
}

static void check_row(int64_t key, sqlite3_stmt *statement, int column)
{
    unsigned char value[BENCH_VALUE_SIZE];
    const void *blob = sqlite3_column_blob(statement, column);
    if (blob == NULL || sqlite3_column_bytes(statement, column) != (int)sizeof value) {
        bench_die("SQLite: the row %lld is incomplete", (long long)key);
    }
    memcpy(value, blob, sizeof value);
    if (memcmp(value, &key, sizeof key) != 0) {
        bench_die("SQLite: the row %lld was read wrongly", (long long)key);
    }
}

static void sqlite_read(struct bench_connection *connection, int64_t key)
{
    sqlite3_stmt *statement = connection->statements[READ];
    sqlite3_bind_int64(statement, 1, key);
    must(connection->sqlite, sqlite3_step(statement), SQLITE_ROW, texts[READ]);
    check_row(key, statement, 0);
    sqlite3_reset(statement);
}

static unsigned sqlite_scan(struct bench_connection *connection, int64_t key, unsigned count)
{
    sqlite3_stmt *statement = connection->statements[SCAN];
    unsigned rows = 0;
    sqlite3_bind_int64(statement, 1, key);
    sqlite3_bind_int64(statement, 2, key + (int64_t)count);
    int got;
    while ((got = sqlite3_step(statement)) == SQLITE_ROW) {
        int64_t seen = sqlite3_column_int64(statement, 0);
        check_row(seen, statement, 1);
        if (seen != key + (int64_t)rows) {
            bench_die("SQLite: the row %lld is missing", (long long)key + rows);
        }
        rows++;
    }
    must(connection->sqlite, got, SQLITE_DONE, texts[SCAN]);
    sqlite3_reset(statement);
    return rows;
}

const struct bench_side bench_sqlite = {
    .name = "SQLite",
    .open = sqlite_open,
    .close = sqlite_close,
    .connect = sqlite_connect,
    .disconnect = sqlite_disconnect,
    .insert = sqlite_insert,
    .begin = sqlite_begin,
    .commit = sqlite_commit,
    .read = sqlite_read,
    .scan = sqlite_scan,
};
