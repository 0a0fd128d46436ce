/*
 * What the two sides of the comparison have in common: a database with one table of rows, a 64-bit
 * integer key and a 100-byte value. Everything a side cannot do ends the program with a line that
 * says what failed.
 *
 * Thread safety: a connection is used by one thread; different ones run concurrently.
 */
#ifndef ESE_BENCH_BENCH_H
#define ESE_BENCH_BENCH_H

#include <stdbool.h>
#include <stdint.h>

#define BENCH_VALUE_SIZE 100

struct bench_database;
struct bench_connection;

struct bench_side {
    const char *name;
    /* Makes a new database in the directory, which exists and is empty. */
    struct bench_database *(*open)(const char *directory);
    void (*close)(struct bench_database *database);
    /* durable: a commit returns when what it did is on the disk; else soon after is enough. */
    struct bench_connection *(*connect)(struct bench_database *database, bool durable);
    void (*disconnect)(struct bench_connection *connection);
    /* New rows with the keys first, first + 1 ..., in one transaction. */
    void (*insert)(struct bench_connection *connection, int64_t first, unsigned count);
    /* The reads between the two are one transaction. */
    void (*begin)(struct bench_connection *connection);
    void (*commit)(struct bench_connection *connection);
    /* Reads the value of a row that exists. Without begin it is a transaction of its own. */
    void (*read)(struct bench_connection *connection, int64_t key);
    /* Reads key and value of the rows from key on; returns how many there were, count at most. */
    unsigned (*scan)(struct bench_connection *connection, int64_t key, unsigned count);
};

extern const struct bench_side bench_engine, bench_sqlite;

/* The value of the row with this key. */
void bench_value(int64_t key, unsigned char value[BENCH_VALUE_SIZE]);

/* Ends the program. */
_Noreturn void bench_die(const char *format, ...) __attribute__((format(printf, 1, 2)));

#endif
