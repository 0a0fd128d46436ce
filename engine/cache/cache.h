/*
 * The page cache of an instance, and change groups, the only way to change a page.
 *
 * Readers pin a page and read it under whatever lock protects the structure it belongs to (a tree's lock, the space
 * lock); writers hold that lock exclusively. Who changes pages takes them into a change group: the group pins each
 * page and keeps its old content. When the group is committed the log is told first; when that fails, or the group is
 * aborted, every page gets its old content back. So an operation that fails half-way, for want of memory, disk or
 * log, has done nothing.
 *
 * A page that is in a group is marked so, and flushing waits until the group has ended: half-made changes never reach the
 * file. Groups wait for nobody but the space lock, so that wait is short.
 *
 * Lock order: tree lock, space lock, the cache's own locks.
 */
#ifndef ESE_CACHE_CACHE_H
#define ESE_CACHE_CACHE_H

#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>

#include "engine/cache/page.h"
#include "engine/log/log.h"
#include "engine/os/os.h"

struct ese_cache;
struct ese_space;

/* A file whose pages are cached. Embedded in the database object. */
struct ese_cache_file {
    struct ese_file *file;
    uint32_t id;                                    /* 1..6, 7 of the temporary database: part of the page's name */
    bool logged;                                    /* false: its changes are nobody's business after a crash */
};

struct ese_buffer {
    unsigned char *data;                            /* page_size bytes */
    uint32_t page;
    struct ese_cache_file *owner;
    struct ese_buffer *next;                        /* hash chain */
    unsigned pins;                                  /* shard mutex */
    bool loading;                                   /* shard mutex: somebody reads it from the file */
    bool changing;                                  /* shard mutex: in a change group */
    bool used;                                      /* shard mutex: touched since the clock passed */
    bool dirty;                                     /* shard mutex */
    bool whole;                                     /* was clean when its group took it: logged as an image */
    _Atomic bool sound;                             /* the tree floor has looked at the layout since it was loaded */
    struct ese_cache *cache;
};

/* limit: pages kept before unpinned clean ones are dropped; 0 = default. */
JET_ERR ese_cache_create(uint32_t page_size, uint32_t limit, struct ese_cache **cache);
void ese_cache_destroy(struct ese_cache *cache);    /* nothing may be pinned; dirty pages are lost */
uint32_t ese_cache_page_size(const struct ese_cache *cache);
/* The log of all changes to files with `logged`; NULL (as after create): none. Set while nobody changes pages. */
void ese_cache_set_log(struct ese_cache *cache, struct ese_log *log);
struct ese_log *ese_cache_log(const struct ese_cache *cache);
uint64_t ese_cache_dirty_bytes(struct ese_cache *cache);
uint32_t ese_cache_pages(struct ese_cache *cache);  /* kept now */

/* Pins the page; reads and checks it when it is not there. JET_errReadVerifyFailure (damaged),
 * JET_errPageNotInitialized (never written), JET_errFileIOBeyondEOF, JET_errDiskIO, JET_errOutOfMemory. */
JET_ERR ese_cache_get(struct ese_cache *cache, struct ese_cache_file *file, uint32_t page, struct ese_buffer **buffer);
void ese_cache_put(struct ese_buffer *buffer);

/* Writes the dirty pages of file (NULL: of all files) in file order, without sync, until at most
 * enough bytes are dirty (0: all of them). Stops at the first error; pages not written stay dirty. */
JET_ERR ese_cache_flush(struct ese_cache *cache, struct ese_cache_file *file, uint64_t enough);
/* Forgets the pages of file, dirty or not. Nothing of it may be pinned. */
void ese_cache_drop(struct ese_cache *cache, struct ese_cache_file *file);

/* What the calling thread has done in all caches since it began; for JetGetThreadStats. */
struct ese_page_counts {
    uint32_t referenced;                            /* pages pinned, to read or to change */
    uint32_t read;                                  /* of them, read from a file */
    uint32_t dirtied;                               /* clean pages changed */
    uint32_t redirtied;                             /* dirty pages changed again */
};
struct ese_page_counts ese_cache_thread_counts(void);

/* ---- change groups --------------------------------------------------------------------------------------- */

#define ESE_CHANGE_PAGES_INLINE 8

struct ese_change_page {
    struct ese_buffer *buffer;
    unsigned char *before;                          /* old content */
    bool made;                                      /* there was no old content worth logging */
};

struct ese_change {
    struct ese_cache *cache;
    struct ese_cache_file *file;
    struct ese_change_page inline_pages[ESE_CHANGE_PAGES_INLINE];
    struct ese_change_page *pages;                  /* inline_pages or heap */
    uint32_t count, room;
    struct ese_space *space;                        /* locked by this group, or NULL; see engine/tree/space.h */
};

void ese_change_begin(struct ese_change *change, struct ese_cache *cache, struct ese_cache_file *file);
/* The page, to be changed in place; the same pointer whenever the group asks again. */
JET_ERR ese_change_page(struct ese_change *change, uint32_t page, unsigned char **data);
/* The same for a page whose content does not matter: it comes all zero but for its number and is not read. */
JET_ERR ese_change_new_page(struct ese_change *change, uint32_t page, unsigned char **data);
/* Ends the group either way: on an error from the log everything was put back. undo may be NULL. */
JET_ERR ese_change_commit(struct ese_change *change, const struct ese_log_undo *undo);
void ese_change_abort(struct ese_change *change);
/* commit when err is success, else abort; hands back the error that counts. */
JET_ERR ese_change_end(struct ese_change *change, JET_ERR err, const struct ese_log_undo *undo);

/* For change.c: pins the page for changing, without reading it when blank (zero when it was not there); and gives it
 * back, dirty when it was changed. */
JET_ERR ese_cache_take(struct ese_cache *cache, struct ese_cache_file *file, uint32_t page, bool blank,
                       struct ese_buffer **buffer);
void ese_cache_give_back(struct ese_buffer *buffer, bool changed);

/* Called at the end of a group that had locked the space of a database. Set by engine/tree/space.c's lock. */
void ese_space_release(struct ese_space *space);

#endif
