/* shims/fault/stale_posix.c - what writes replaced, for reads that are to see it again.
 *
 * The last pieces of 512 bytes that were written while a fault of this kind was placed, by file: a ring, so the
 * oldest are forgotten first. Of a piece that was written twice the content before the last write is known.
 */
#include <pthread.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "shims/fault/inside.h"

#define PIECE 512
#define PIECES 4096

static struct piece {
    dev_t device;
    ino_t file;
    int64_t at; /* -1: free */
    unsigned char bytes[PIECE];
} pieces[PIECES];
static unsigned next, used;
static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;

static struct piece *find(const struct stat *file, int64_t at) {
    for (unsigned i = 0; i < used; i++) {
        if (pieces[i].at == at && pieces[i].file == file->st_ino && pieces[i].device == file->st_dev) {
            return &pieces[i];
        }
    }
    return NULL;
}

void shim_fault_stale_keep(int fd, int64_t at, size_t size) {
    struct stat file;
    unsigned char bytes[PIECE];
    if (at < 0 || fstat(fd, &file) != 0) {
        return;
    }
    pthread_mutex_lock(&lock);
    for (int64_t piece = at / PIECE * PIECE; piece < at + (int64_t)size; piece += PIECE) {
        if (pread(fd, bytes, PIECE, piece) != PIECE) {
            continue; /* nothing was there, or it may not be read */
        }
        struct piece *place = find(&file, piece);
        if (place == NULL) {
            place = &pieces[next];
            next = (next + 1) % PIECES;
            used = used < PIECES ? used + 1 : used;
        }
        place->device = file.st_dev;
        place->file = file.st_ino;
        place->at = piece;
        memcpy(place->bytes, bytes, PIECE);
    }
    pthread_mutex_unlock(&lock);
}

/* Goes through the pieces that lie wholly inside; with `bytes` puts the old content there. */
static bool each(int fd, int64_t at, unsigned char *bytes, size_t size) {
    struct stat file;
    bool found = false;
    if (at < 0 || fstat(fd, &file) != 0) {
        return false;
    }
    pthread_mutex_lock(&lock);
    for (int64_t piece = (at + PIECE - 1) / PIECE * PIECE; piece + PIECE <= at + (int64_t)size; piece += PIECE) {
        const struct piece *place = find(&file, piece);
        found = found || place != NULL;
        if (place != NULL && bytes != NULL) {
            memcpy(bytes + (piece - at), place->bytes, PIECE);
        }
    }
    pthread_mutex_unlock(&lock);
    return found;
}

bool shim_fault_stale_known(int fd, int64_t at, size_t size) {
    return each(fd, at, NULL, size);
}

void shim_fault_stale_put(int fd, int64_t at, void *bytes, size_t size) {
    (void)each(fd, at, bytes, size);
}

void shim_fault_stale_forget(void) {
    pthread_mutex_lock(&lock);
    used = next = 0;
    pthread_mutex_unlock(&lock);
}
