/* Records: making them and taking them apart. */
#include "engine/log/format.h"

#include "engine/os/os.h"

#define WORD 8u                                     /* pages are compared and cut in words of this size */
#define GAP 2u                                      /* equal words that do not end a piece */

void ese_record_free(struct ese_record *record)
{
    if (record->bytes != record->small) {
        ese_free(record->bytes);
    }
}

static void begin(struct ese_record *record, enum ese_record_kind kind, uint32_t size)
{
    record->size = size;
    ese_put32(record->bytes, size);
    record->bytes[4] = (unsigned char)kind;
}

static JET_ERR make_room(struct ese_record *record, uint64_t size)
{
    record->bytes = size <= sizeof record->small ? record->small : ese_alloc((size_t)size);
    return record->bytes != NULL ? JET_errSuccess : JET_errOutOfMemory;
}

void ese_record_transaction(struct ese_record *record, enum ese_record_kind kind, uint64_t transaction, uint64_t commit)
{
    record->bytes = record->small;
    begin(record, kind, kind == ESE_RECORD_COMMIT ? ESE_RECORD_HEADER + 16 : ESE_RECORD_HEADER + 8);
    ese_put64(record->bytes + ESE_RECORD_HEADER, transaction);
    ese_put64(record->bytes + ESE_RECORD_HEADER + 8, commit);
}

JET_ERR ese_record_database(struct ese_record *record, enum ese_record_kind kind,
                            const struct ese_log_database *database)
{
    uint32_t size = ESE_RECORD_HEADER + ese_log_entry_size(database);
    JET_ERR err = make_room(record, size);
    if (err == JET_errSuccess) {
        begin(record, kind, size);
        ese_log_entry_encode(database, record->bytes + ESE_RECORD_HEADER);
    }
    return err;
}

void ese_record_detach(struct ese_record *record, uint32_t id)
{
    record->bytes = record->small;
    begin(record, ESE_RECORD_DETACH, ESE_RECORD_HEADER + 4);
    ese_put32(record->bytes + ESE_RECORD_HEADER, id);
}

void ese_record_end(struct ese_record *record)
{
    record->bytes = record->small;
    begin(record, ESE_RECORD_END, ESE_RECORD_HEADER);
}

/* ---- changes --------------------------------------------------------------------------------------------- */

#define BLOCK 32u                                   /* words compared at once where nothing is different, */
#define PART 8u                                     /* ... and within a block where something is */

static uint64_t word_at(const unsigned char *page, uint32_t word)
{
    uint64_t value;
    memcpy(&value, page + word * WORD, WORD);
    return value;
}

/* The first word from `at` on that differs, or `words`. */
static uint32_t next_difference(const unsigned char *before, const unsigned char *after, uint32_t at, uint32_t words)
{
    while (at < words) {
        if (at % BLOCK == 0 && words - at >= BLOCK && memcmp(before + at * WORD, after + at * WORD, BLOCK * WORD) == 0) {
            at += BLOCK;
        } else if (at % PART == 0 && words - at >= PART && memcmp(before + at * WORD, after + at * WORD, PART * WORD) == 0) {
            at += PART;
        } else if (word_at(before, at) == word_at(after, at)) {
            at++;
        } else {
            break;
        }
    }
    return at;
}

static unsigned char *put_bytes(unsigned char *to, const unsigned char *page, uint32_t offset, uint32_t size)
{
    ese_put16(to, (uint16_t)offset);
    ese_put16(to + 2, (uint16_t)size);
    memcpy(to + 4, page + offset, size);
    return to + 4 + size;
}

static unsigned char *put_piece(unsigned char *to, const unsigned char *page, uint32_t first, uint32_t end)
{
    return put_bytes(to, page, first * WORD, (end - first) * WORD);
}

/* The pieces of after that differ; NULL when they take more than room bytes. The words with checksum, number and position
 * of the page are left out: the number never changes, the others are set by whoever applies it. */
static unsigned char *put_difference(unsigned char *to, uint32_t room, const struct ese_log_page *page, uint32_t size,
                                     uint32_t *pieces)
{
    const unsigned char *before = page->before, *after = page->after;
    const unsigned char *limit = to + room;
    uint32_t words = size / WORD, at = next_difference(before, after, ESE_PAGE_ROOT / WORD, words);
    while (at < words) {
        uint32_t end = at + 1, next = end;
        while ((next = next_difference(before, after, end, words)) < words && next - end <= GAP) {
            end = next + 1;
        }
        if ((size_t)(limit - to) < 4 + (end - at) * WORD) {
            return NULL;
        }
        to = put_piece(to, after, at, end);
        ++*pieces;
        at = next;
    }
    return to;
}

/* The longest run of zero words. */
static void find_hole(const unsigned char *page, uint32_t words, uint32_t *first, uint32_t *end)
{
    static const unsigned char zero[ESE_PAGE_SIZE_MAX];
    *first = *end = words;
    for (uint32_t at = 0; at < words;) {
        uint32_t run = next_difference(page, zero, at, words);
        if (run - at > *end - *first) {
            *first = at;
            *end = run;
        }
        at = run;
        while (at < words && word_at(page, at) != 0) {
            at++;
        }
    }
}

static unsigned char *put_page(unsigned char *to, const struct ese_log_page *page, uint32_t size)
{
    uint32_t hole, hole_end, words = size / WORD, pieces = 0;
    unsigned char *at = to + ESE_PAGE_CHANGE_HEADER, *end = NULL;
    ese_put32(to, page->page);
    if (!page->image && page->before == NULL) {
        for (uint32_t i = 0; i < page->piece_count; i++) {
            at = put_bytes(at, page->after, page->pieces[i].offset, page->pieces[i].size);
        }
        ese_put64(to + 4, ese_get64((const unsigned char *)page->after + ESE_PAGE_LSN));
        ese_put16(to + 12, (uint16_t)page->piece_count);
        return at;
    }
    if (!page->image) {
        end = put_difference(at, size / 2, page, size, &pieces); /* nearly everything is new: the image may be shorter */
    }
    if (end != NULL) {
        ese_put64(to + 4, ese_get64((const unsigned char *)page->before + ESE_PAGE_LSN));
        ese_put16(to + 12, (uint16_t)pieces);
        return end;
    }
    find_hole(page->after, words, &hole, &hole_end);
    pieces = 0;
    if (hole != 0) {
        at = put_piece(at, page->after, 0, hole);
        pieces++;
    }
    if (hole_end != words) {
        at = put_piece(at, page->after, hole_end, words);
        pieces++;
    }
    ese_put64(to + 4, 0);
    ese_put16(to + 12, (uint16_t)(pieces | ESE_PAGE_CHANGE_IMAGE));
    return at;
}

JET_ERR ese_record_change(struct ese_record *record, const struct ese_log_change *change)
{
    static const struct ese_log_undo none = { .kind = ESE_UNDO_NONE };
    const struct ese_log_undo *undo = change->undo != NULL ? change->undo : &none;
    uint32_t key_size = undo->kind != ESE_UNDO_COMPENSATE ? undo->key_size : 0;
    uint32_t before_size = undo->kind != ESE_UNDO_COMPENSATE ? undo->before_size : 0;
    uint64_t most = (uint64_t)ESE_CHANGE_FIXED + key_size + before_size +
                    (uint64_t)change->page_count * (ESE_PAGE_CHANGE_HEADER + 8 + change->page_size);
    JET_ERR err = make_room(record, most);
    if (err != JET_errSuccess) {
        return err;
    }
    unsigned char *at = record->bytes;
    at[ESE_CHANGE_DATABASE] = (unsigned char)change->database;
    at[ESE_CHANGE_UNDO] = (unsigned char)undo->kind;
    at[ESE_CHANGE_REVIVED] = undo->revived;
    ese_put32(at + ESE_CHANGE_PAGES, change->page_count);
    ese_put64(at + ESE_CHANGE_TRANSACTION, undo->transaction);
    ese_put32(at + ESE_CHANGE_ROOT, undo->root);
    ese_put32(at + ESE_CHANGE_KEY_SIZE, key_size);
    ese_put32(at + ESE_CHANGE_BEFORE_SIZE, before_size);
    at += ESE_CHANGE_FIXED;
    if (key_size != 0) {
        memcpy(at, undo->key, key_size);
    }
    at += key_size;
    if (before_size != 0) {
        memcpy(at, undo->before, before_size);
    }
    at += before_size;
    for (uint32_t i = 0; i < change->page_count; i++) {
        at = put_page(at, &change->pages[i], change->page_size);
    }
    begin(record, ESE_RECORD_CHANGE, (uint32_t)(at - record->bytes));
    return JET_errSuccess;
}

bool ese_record_view_change(const unsigned char *bytes, uint32_t size, struct ese_change_view *view)
{
    if (size < ESE_CHANGE_FIXED) {
        return false;
    }
    uint32_t key_size = ese_get32(bytes + ESE_CHANGE_KEY_SIZE), before_size = ese_get32(bytes + ESE_CHANGE_BEFORE_SIZE);
    uint32_t rest = size - ESE_CHANGE_FIXED;
    memset(view, 0, sizeof *view);
    view->database = bytes[ESE_CHANGE_DATABASE];
    view->pages = ese_get32(bytes + ESE_CHANGE_PAGES);
    if (bytes[ESE_CHANGE_UNDO] > ESE_UNDO_COMPENSATE || view->database == 0 || view->database > ESE_LOG_DATABASES ||
        key_size > rest || before_size > rest - key_size) {
        return false;
    }
    const unsigned char *key = bytes + ESE_CHANGE_FIXED;
    view->undo = (struct ese_log_undo){
        .transaction = ese_get64(bytes + ESE_CHANGE_TRANSACTION),
        .kind = (enum ese_log_undo_kind)bytes[ESE_CHANGE_UNDO],
        .root = ese_get32(bytes + ESE_CHANGE_ROOT),
        .key = key,
        .key_size = key_size,
        .before = key + key_size,
        .before_size = before_size,
        .revived = bytes[ESE_CHANGE_REVIVED] != 0,
    };
    view->page_bytes = key + key_size + before_size;
    view->end = bytes + size;
    return true;
}

bool ese_record_next_page(struct ese_change_view *view, uint32_t page_size, struct ese_page_view *page)
{
    size_t left = (size_t)(view->end - view->page_bytes);
    if (left < ESE_PAGE_CHANGE_HEADER) {
        return false;
    }
    uint32_t pieces = ese_get16(view->page_bytes + 12);
    page->page = ese_get32(view->page_bytes);
    page->before = ese_get64(view->page_bytes + 4);
    page->image = (pieces & ESE_PAGE_CHANGE_IMAGE) != 0;
    page->pieces = pieces & ~ESE_PAGE_CHANGE_IMAGE;
    page->piece = view->page_bytes + ESE_PAGE_CHANGE_HEADER;
    const unsigned char *at = page->piece;
    for (uint32_t i = 0; i < page->pieces; i++) {
        left = (size_t)(view->end - at);
        if (left < 4) {
            return false;
        }
        uint32_t offset = ese_get16(at), size = ese_get16(at + 2);
        if (size > left - 4 || offset > page_size || size > page_size - offset) {
            return false;
        }
        at += 4 + size;
    }
    view->page_bytes = at;
    return true;
}

void ese_page_view_apply(const struct ese_page_view *view, unsigned char *page, uint32_t page_size)
{
    if (view->image) {
        memset(page, 0, page_size);
    }
    const unsigned char *at = view->piece;
    for (uint32_t i = 0; i < view->pieces; i++) {
        uint32_t size = ese_get16(at + 2);
        memcpy(page + ese_get16(at), at + 4, size);
        at += 4 + size;
    }
}
