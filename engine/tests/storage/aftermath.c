#include "engine/tests/storage/aftermath.h"

#include <sys/wait.h>
#include <unistd.h>

#include "engine/verify/verify.h"

uint64_t aftermath_mix(uint64_t a, uint64_t b)
{
    uint64_t x = a * 0x9E3779B97F4A7C15u + b + 0x632BE59BD9B4E019u;
    x = (x ^ x >> 30) * 0xBF58476D1CE4E5B9u;
    x = (x ^ x >> 27) * 0x94D049BB133111EBu;
    return x ^ x >> 31;
}

uint32_t aftermath_dice(uint64_t *seed, uint32_t sides)
{
    *seed = aftermath_mix(*seed, 1);
    return (uint32_t)(*seed >> 33) % sides;
}

/* Lengths change all the time, so that pages split, grow and shrink; some values are long ones, of several pages. */
void aftermath_value(char *text, uint32_t room, uint32_t usual, uint32_t slot, uint32_t s)
{
    uint64_t dice = aftermath_mix(slot, s);
    int size = snprintf(text, room, "%u/%u", slot, s);
    uint32_t more = (uint32_t)(dice % 16 == 0 ? dice / 16 % (room - 100) : dice / 16 % usual);
    memset(text + size, '.', more);
    text[(uint32_t)size + more] = 0;
}

uint32_t aftermath_read(struct pairs *pairs, int32_t key, uint32_t room, uint32_t usual, uint32_t slot,
                        aftermath_fail *fail)
{
    JET_ERR err = pairs_seek(pairs, key);
    if (err == JET_errRecordNotFound) {
        return 0;
    }
    MUST(err);
    char *text = malloc(2 * (size_t)room), *wanted = text + room;
    if (text == NULL) {
        fail("out of memory", 0, 0);
        return 0;
    }
    pairs_value(pairs, text, room);
    const char *slash = strchr(text, '/');
    uint32_t s = slash != NULL ? (uint32_t)strtoul(slash + 1, NULL, 10) : 0;
    aftermath_value(wanted, room, usual, slot, s);
    if (strcmp(text, wanted) != 0) {
        fail("a record is not what anybody wrote", key, slot);
    }
    free(text);
    return s;
}

void aftermath_pass(struct rig *rig, struct ese_trx *trx, int32_t rows)
{
    struct pairs pairs;
    pairs_create(rig, trx, AFTERMATH_PASSING, &pairs);
    pairs_open(rig, trx, AFTERMATH_PASSING, &pairs);
    for (int32_t key = 0; key < rows; key++) {
        MUST(pairs_insert(&pairs, key, "it comes and goes, it comes and goes, it comes and goes"));
    }
    ese_cursor_close(pairs.cursor);
}

void aftermath_passed(struct rig *rig, uint64_t rows, aftermath_fail *fail)
{
    struct ese_trx trx;
    struct pairs pairs;
    session_begin(rig, &trx);
    JET_ERR err = ese_cursor_open(&trx, rig->database, AFTERMATH_PASSING, 0, &pairs.cursor);
    if (err == JET_errSuccess) {
        ese_cursor_close(pairs.cursor);
        pairs_open(rig, &trx, AFTERMATH_PASSING, &pairs);
        uint64_t there = pairs_count(&pairs);
        if (there != rows) {
            fail("half a table", (long long)there, (long long)rows);
        }
    } else if (err != JET_errObjectNotFound) {
        MUST(err);
    }
    session_end(&trx);
}

void aftermath_sound(const char *path, const char *when, aftermath_fail *fail)
{
    struct ese_verify_report report;
    if (ese_verify_file(path, &report) != ESE_VERIFY_GOOD || report.dirty || report.lost_pages != 0) {
        fprintf(stderr, "  %s, %s: %s%s, %u lost pages\n", path, when, report.message, report.dirty ? " (dirty)" : "",
                report.lost_pages);
        fail("the database is not sound", 0, 0);
    }
}

pid_t aftermath_fork(void)
{
    fflush(NULL);
    pid_t child = fork();
    if (child < 0) {
        perror("fork");
        exit(2);
    }
    return child;
}

bool aftermath_wait(pid_t child, int *status)
{
    return waitpid(child, status, 0) == child && WIFEXITED(*status) && WEXITSTATUS(*status) == 0;
}

static JET_ERR remove_entry(void *arg, const char *name, bool is_directory)
{
    char path[600];
    snprintf(path, sizeof path, "%s/%s", (const char *)arg, name);
    return is_directory ? aftermath_remove(path) : ese_path_remove(path);
}

JET_ERR aftermath_remove(const char *directory)
{
    char path[600];
    snprintf(path, sizeof path, "%s", directory);
    JET_ERR err = ese_directory_list(path, remove_entry, path);
    return err == JET_errSuccess ? ese_path_remove_directory(path) : err;
}
