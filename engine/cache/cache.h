/*
 * The page cache of an instance, and change groups, the only way to change a page.
 *
 * Readers pin a page and read it under whatever lock protects the structure it belongs to (a tree's lock, the space
 * lock); writers hold that lock exclusively. Who changes pages takes them into a change group: the group pins each
 * page and keeps its old content. When the group is committed the log is told first; when that fails, or the group is
 * aborted, every page gets its old content back. So an operation that fails half-way, for want of memory, disk or
 * log, has done nothing.
 *
 * The cache keeps at most `limit` pages; beyond that a page that was not touched lately gives its buffer to the next one,
 * a dirty one after it was written (the log first). Pinned pages stay. Only while everything is pinned there are
 * more pages than the limit. Any thread that asks for a page may have to write others: it waits for the log and the disk
 * then, never for a lock of a tree.
 *
 * A page that is in a group is not written until the group has ended: half-made changes never reach the file. Every
 * page of a logged file knows the log position before the group that made it dirty; that position is held until the page
 * was written and the file synced (ese_cache_oldest).
 *
 * Lock order: tree lock, space lock, the cache's own locks, the log. Details: README.md.
 */
#ifndef ESE_CACHE_CACHE_H
#define ESE_CACHE_CACHE_H

#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>

#include "engine/cache/page.h"
#include "engine/log/log.h"
#include "engine/os/os.h"
#include "engine/os/valve.h"

struct ese_cache;
struct ese_space;

/* A file whose pages are cached. Embedded in the database object; zero it, then set the first five. */
struct ese_cache_file {
    struct ese_file *file;
    uint32_t id;                                    /* 1..6, 7 of the temporary database: part of the page's name */
    bool logged;                                    /* false: its changes are nobody's business after a crash */
    /* May be NULL. Called when the log is durable up to `newest` and pages with positions up to it are about to be
     * written; an error keeps them dirty. The caller may hold tree locks: it must take none. */
    JET_ERR (*before_write)(struct ese_cache_file *file, ese_lsn newest);

    struct ese_valve *valve;                        /* whatever changes the file goes through it; NULL: none */

    /* The cache's own, under its files mutex. */
    struct ese_cache_file *next;
    ese_lsn written, syncing;                       /* oldest position of pages written and not yet synced */
    bool known, unsynced, in_sync;
    uint32_t round;                                 /* last ese_cache_sync of all files that came by */
    JET_ERR sync_failed;                            /* what was written may be lost whatever a later sync says */
};

struct ese_buffer {
    unsigned char *data;                            /* page_size bytes */
    _Atomic uint32_t page;
    _Atomic uint32_t state;                         /* pins and flags, engine/cache/inside.h */
    _Atomic(struct ese_cache_file *) owner;
    _Atomic(struct ese_buffer *) next;              /* hash chain */
    struct ese_cache *cache;
    _Atomic ese_lsn first;                          /* the log from here on is needed for the dirty page; 0: none */
    _Atomic ese_lsn writing;                        /* the same for the state that is just being written */
    uint32_t bucket;
    _Atomic bool sound;                             /* the tree floor has looked at the layout since it was loaded */
};

/* Around every change of the file, with no other inside. Waits while the file is frozen; an error: there will be no thaw,
 * and no leave may follow. */
static inline JET_ERR ese_cache_file_enter(const struct ese_cache_file *file)
{
    return file->valve != NULL ? ese_valve_enter(file->valve) : JET_errSuccess;
}

static inline void ese_cache_file_leave(const struct ese_cache_file *file)
{
    if (file->valve != NULL) {
        ese_valve_leave(file->valve);
    }
}

/* limit: see ese_cache_set_limit. */
JET_ERR ese_cache_create(uint32_t page_size, uint32_t limit, struct ese_cache **cache);
void ese_cache_destroy(struct ese_cache *cache);    /* nothing may be pinned; dirty pages are lost */
uint32_t ese_cache_page_size(const struct ese_cache *cache);

/* The log of all changes to files with `logged`; NULL (as after create): none. Set while nobody changes pages. */
void ese_cache_set_log(struct ese_cache *cache, struct ese_log *log);
struct ese_log *ese_cache_log(const struct ese_cache *cache);

/* Whom to tell that the background has something to do; may be called with any lock held, must not block. Set before
 * the cache is used. */
void ese_cache_set_watch(struct ese_cache *cache, void (*watch)(void *arg), void *arg);

/* Pages kept at most; 0 = default. Any time; a smaller limit is reached as pages are asked for, or by ese_cache_shrink,
 * which gives all memory back that is not needed. */
void ese_cache_set_limit(struct ese_cache *cache, uint32_t limit);
uint32_t ese_cache_limit(const struct ese_cache *cache);
JET_ERR ese_cache_shrink(struct ese_cache *cache);
uint32_t ese_cache_pages(struct ese_cache *cache);  /* kept now */
uint32_t ese_cache_dirty_pages(struct ese_cache *cache);
uint64_t ese_cache_dirty_bytes(struct ese_cache *cache);

/* Pins the page; reads and checks it when it is not there. JET_errReadVerifyFailure (damaged),
 * JET_errPageNotInitialized (never written), JET_errFileIOBeyondEOF, JET_errDiskIO, JET_errOutOfMemory; what writing
 * another page brings when every page is dirty and none can be written. */
JET_ERR ese_cache_get(struct ese_cache *cache, struct ese_cache_file *file, uint32_t page, struct ese_buffer **buffer);

static inline void ese_cache_put(struct ese_buffer *buffer)
{
    atomic_fetch_sub_explicit(&buffer->state, 1, memory_order_release);
}

/* ---- writing --------------------------------------------------------------------------------------------- */

/* All of them write in file order, the log first, and return the first error; pages not written stay dirty.
 * flush: every dirty page of file (NULL: of all files), also those another thread is writing. flush_older: those of
 * logged files that need the log before position. clean: until at most `left` are dirty, or none but pinned ones. */
JET_ERR ese_cache_flush(struct ese_cache *cache, struct ese_cache_file *file);
JET_ERR ese_cache_flush_older(struct ese_cache *cache, ese_lsn position);
JET_ERR ese_cache_clean(struct ese_cache *cache, uint32_t left);

/* Syncs file (NULL: all logged files) where something was written since the last sync. A sync that failed once fails for
 * ever: nobody knows what the system has thrown away. */
JET_ERR ese_cache_sync(struct ese_cache *cache, struct ese_cache_file *file);

/* The log from here on is needed for pages that are dirty, in a group, or written but not synced; UINT64_MAX: none. To
 * move the checkpoint read ese_log_end() first, then this; the smaller one is safe. */
ese_lsn ese_cache_oldest(struct ese_cache *cache);
/* Log position that is `bytes` of log before `end` (0: at or before the log's beginning). */
ese_lsn ese_lsn_before(struct ese_log *log, ese_lsn end, uint64_t bytes);

/* Forgets the pages of file, dirty or not. Nothing of it may be pinned by others than writers, for whom it waits. */
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
#define ESE_CHANGE_PIECES 4
#define ESE_CHANGE_KEPT 1024                        /* bytes of old content of pieces */

struct ese_change_page {
    struct ese_buffer *buffer;
    unsigned char *before;                          /* old content; NULL: only that of the pieces is kept, by the group */
    bool made;                                      /* there was no old content worth logging */
};

struct ese_change {
    struct ese_cache *cache;
    struct ese_cache_file *file;
    struct ese_change_page inline_pages[ESE_CHANGE_PAGES_INLINE];
    struct ese_change_page *pages;                  /* inline_pages or heap */
    uint32_t count, room;
    struct ese_space *space;                        /* locked by this group, or NULL; see engine/tree/space.h */
    /* Of the one page without a before: which bytes are changed, and their old content one after another. */
    uint32_t piece_count, kept_size;
    struct ese_log_piece piece[ESE_CHANGE_PIECES];
    unsigned char kept[ESE_CHANGE_KEPT];
};

void ese_change_begin(struct ese_change *change, struct ese_cache *cache, struct ese_cache_file *file);
/* The page, to be changed in place; the same pointer whenever the group asks again. */
JET_ERR ese_change_page(struct ese_change *change, uint32_t page, unsigned char **data);
/*
 * The same for a page of which the caller changes a few bytes in places he knows: nothing is copied or compared. *whole: the
 * page is in the group already, or there are others: change it at will. Otherwise every place, free ones too (whatever the
 * page holds must follow from the log), is announced with ese_change_touch before it is changed; false, and nothing is
 * announced, when there is no more room for that: ask ese_change_page for the whole page then, which may be done at any
 * time. The caller has pinned the buffer; on success the pin is the group's.
 */
JET_ERR ese_change_part(struct ese_change *change, struct ese_buffer *buffer, unsigned char **data, bool *whole);
bool ese_change_touch(struct ese_change *change, uint32_t offset, uint32_t size);
/* The same for a page whose content does not matter: it comes all zero but for its number and is not read. */
JET_ERR ese_change_new_page(struct ese_change *change, uint32_t page, unsigned char **data);
/* Ends the group either way: on an error from the log everything was put back. undo may be NULL. */
JET_ERR ese_change_commit(struct ese_change *change, const struct ese_log_undo *undo);
void ese_change_abort(struct ese_change *change);
/* commit when err is success, else abort; hands back the error that counts. */
JET_ERR ese_change_end(struct ese_change *change, JET_ERR err, const struct ese_log_undo *undo);

/* For change.c and recovery. take pins the page for changing, without reading it when blank (zero when it was not
 * there); a page taken is not written before give_back, which says whether it was changed. In between will_log, for a
 * logged file: the page's next group is logged behind position; true when the group must log the page whole, because
 * it was clean. Without will_log a changed page holds the log from the present checkpoint on. */
JET_ERR ese_cache_take(struct ese_cache *cache, struct ese_cache_file *file, uint32_t page, bool blank,
                       struct ese_buffer **buffer);
void ese_cache_own(struct ese_buffer *buffer);      /* what take does with a page that is pinned already */
bool ese_cache_will_log(struct ese_buffer *buffer, ese_lsn position);
void ese_cache_give_back(struct ese_buffer *buffer, bool changed);

/* Called at the end of a group that had locked the space of a database. Set by engine/tree/space.c's lock. */
void ese_space_release(struct ese_space *space);

#endif
