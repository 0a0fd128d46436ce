/* Nothing crashes the parser, and what it accepts round-trips: scripts with random damage. */
#include "scenarios/tests/language/support.h"

#include <criterion/criterion.h>

#include <dirent.h>
#include <stdlib.h>
#include <string.h>

#define ROUNDS  60000
#define LARGEST 65536

static uint64_t state = 88172645463325252u;

static size_t draw(size_t below)
{
    state ^= state << 13;
    state ^= state >> 7;
    state ^= state << 17;
    return below ? (size_t)(state % below) : 0;
}

/* Pieces that make damaged scripts reach further than random bytes would. */
static const char *const pieces[] = {
    "end\n",
    "repeat 3\n",
    "repeat until denied max 5\n",
    "choose 2\n",
    "or\n",
    "cleanup\n",
    "actor b\n",
    "signal g\n",
    "wait g 3\n",
    " => 0",
    " -> s",
    " -> $t",
    " sesid=$t",
    " grbit=0x7",
    "JetBeginSession",
    "JetMove",
    "|",
    "\"",
    "\\x41",
    "random(1,2)",
    "JET_bitNil",
    "instance i\n",
    "#",
    "\n",
    "aim any\n",
    "check s == 1\n",
    "$",
    "expect no-overlap\n",
    "=",
    "\xC3\xA9",
};

static size_t mutate(char *text, size_t size)
{
    size_t count = 1 + draw(4);

    while (count-- > 0) {
        size_t at = draw(size + 1), length;
        const char *piece;

        switch (draw(5)) {
        case 0: /* change a byte */
            if (at < size)
                text[at] = (char)draw(256);
            break;
        case 1: /* cut */
            length = draw(40);
            if (length > size - at)
                length = size - at;
            memmove(text + at, text + at + length, size - at - length);
            size -= length;
            break;
        case 2: /* insert a piece */
            piece = pieces[draw(sizeof pieces / sizeof pieces[0])];
            length = strlen(piece);
            if (size + length > LARGEST)
                break;
            memmove(text + at + length, text + at, size - at);
            memcpy(text + at, piece, length);
            size += length;
            break;
        case 3: /* repeat a part */
            length = draw(80);
            if (length > size - at)
                length = size - at;
            if (size + length > LARGEST)
                break;
            memmove(text + at + length, text + at, size - at);
            size += length;
            break;
        default: /* cut the end off */
            if (draw(8) == 0)
                size = at;
            break;
        }
    }
    return size;
}

static size_t load(const char *path, char *text)
{
    FILE *file = fopen(path, "rb");
    size_t size;

    cr_assert_not_null(file, "%s", path);
    size = fread(text, 1, LARGEST, file);
    fclose(file);
    return size;
}

Test(mutation, never_crashes_and_what_is_accepted_round_trips)
{
    static char seeds[64][LARGEST], work[LARGEST];
    size_t sizes[64];
    int seed_count = 0, accepted = 0;
    struct dirent *entry;
    DIR *folder = opendir(SCN_LIBRARY_DIR);

    cr_assert_not_null(folder);
    while ((entry = readdir(folder)) && seed_count < 64) {
        char path[1024];

        if (!strstr(entry->d_name, ".scenario"))
            continue;
        snprintf(path, sizeof path, "%s/%s", SCN_LIBRARY_DIR, entry->d_name);
        sizes[seed_count] = load(path, seeds[seed_count]);
        seed_count++;
    }
    closedir(folder);
    cr_assert_gt(seed_count, 0);
    for (int round = 0; round < ROUNDS; round++) {
        int seed = (int)draw((size_t)seed_count);
        size_t size = mutate(memcpy(work, seeds[seed], sizes[seed]), sizes[seed]);
        char error[512] = "", *exact;
        struct scn_plan *plan;

        /* A copy of exact size lets a sanitizer see every byte read too far. */
        exact = malloc(size ? size : 1);
        memcpy(exact, work, size);
        plan = scn_parse("mutant", exact, size, error, sizeof error);
        free(exact);
        if (!plan) {
            cr_assert_eq(strncmp(error, "mutant:", 7), 0, "%s", error);
            continue;
        }
        accepted++;
        support_round_trip(plan, "mutant");
        scn_plan_free(plan);
    }
    cr_assert_gt(accepted, ROUNDS / 100, "only %d damaged scripts were accepted", accepted);
}
