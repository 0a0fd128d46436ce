/* The first pass: can everything be read, where does the log end, which databases does it leave attached. */
#include "engine/log/recovery.h"

static JET_ERR add_stay(struct ese_recovery *recovery, struct ese_log_entry *entry, ese_lsn from, bool created)
{
    if (recovery->stays == recovery->stay_room) {
        uint32_t room = recovery->stay_room != 0 ? recovery->stay_room * 2 : 8;
        struct ese_stay *longer = ese_realloc(recovery->stay, room * sizeof *longer);
        if (longer == NULL) {
            ese_log_entry_clear(entry);
            return JET_errOutOfMemory;
        }
        recovery->stay = longer;
        recovery->stay_room = room;
    }
    recovery->stay[recovery->stays++] = (struct ese_stay){ .entry = *entry, .from = from, .created = created };
    return JET_errSuccess;
}

static struct ese_stay *present(struct ese_recovery *recovery, uint32_t id)
{
    for (uint32_t i = recovery->stays; i-- != 0;) {
        if (recovery->stay[i].entry.id == id) {
            return recovery->stay[i].ended ? NULL : &recovery->stay[i];
        }
    }
    return NULL;
}

/* The attach that ends a create goes on with the same stay. */
static JET_ERR arrive(struct ese_recovery *recovery, const struct ese_log_read *read)
{
    struct ese_log_entry entry;
    JET_ERR err;
    if (ese_log_entry_decode(read->bytes + ESE_RECORD_HEADER, read->size - ESE_RECORD_HEADER, &entry, &err) == 0) {
        return err;
    }
    struct ese_stay *stay = present(recovery, entry.id);
    bool create = read->kind == ESE_RECORD_CREATE;
    if (stay != NULL && !create && stay->created && strcmp(stay->entry.path, entry.path) == 0) {
        ese_log_entry_clear(&entry);
        return JET_errSuccess;
    }
    if (stay != NULL) {
        /* The one before could not log that it goes; nothing of it is in the file's header any more. */
        stay->ended = true;
    }
    return add_stay(recovery, &entry, read->end, create);
}

static JET_ERR leave(struct ese_recovery *recovery, const struct ese_log_read *read)
{
    if (read->size != ESE_RECORD_HEADER + 4) {
        return JET_errLogFileCorrupt;
    }
    struct ese_stay *stay = present(recovery, ese_get32(read->bytes + ESE_RECORD_HEADER));
    if (stay != NULL) {
        stay->ended = true;
    }
    return JET_errSuccess;
}

bool ese_recovery_attached(const struct ese_recovery *recovery)
{
    for (uint32_t i = 0; i < recovery->stays; i++) {
        if (!recovery->stay[i].ended) {
            return true;
        }
    }
    return false;
}

JET_ERR ese_recovery_analyse(struct ese_recovery *recovery)
{
    struct ese_log_reader reader;
    struct ese_log_read read;
    JET_ERR err = ese_log_reader_open(&reader, &recovery->names, &recovery->survey, recovery->first, recovery->last);
    if (err != JET_errSuccess) {
        return err;
    }
    recovery->signature = reader.signature;
    recovery->file_size = reader.header.file_size;
    for (unsigned i = 0; i < ESE_LOG_DATABASES && err == JET_errSuccess; i++) {
        if (reader.header.database[i].id != 0) {
            struct ese_log_entry entry = { 0 };
            struct ese_log_database view = ese_log_entry_view(&reader.header.database[i]);
            err = ese_log_entry_set(&entry, &view);
            if (err == JET_errSuccess) {
                err = add_stay(recovery, &entry, 0, false);
            }
        }
    }
    bool ended = true;                              /* what was never used is clean */
    while (err == JET_errSuccess && (err = ese_log_reader_next(&reader, &read)) == JET_errSuccess) {
        ended = read.kind == ESE_RECORD_END;
        if (read.kind == ESE_RECORD_CREATE || read.kind == ESE_RECORD_ATTACH) {
            err = arrive(recovery, &read);
        } else if (read.kind == ESE_RECORD_DETACH) {
            err = leave(recovery, &read);
        }
    }
    if (err == JET_errNoCurrentRecord) {
        err = JET_errSuccess;
    }
    if (err == JET_errSuccess) {
        ese_log_reader_tail(&reader, &recovery->tail);
        recovery->clean = ended && !recovery->tail.closed && !ese_recovery_attached(recovery);
        if (!recovery->tail.closed && (recovery->whole || recovery->last == recovery->config->hard_last)) {
            err = JET_errLogFileCorrupt;            /* the end of a closed file is missing */
        }
    }
    ese_log_reader_close(&reader);
    return err;
}
