/* scenarios/explorer/seen.h - hashes: a set that grows (interleavings, places, conflicts), and how often each came. */
#ifndef ESECHECK_SCENARIOS_EXPLORER_SEEN_H
#define ESECHECK_SCENARIOS_EXPLORER_SEEN_H

#include <stddef.h>
#include <stdint.h>

/* Goes on with a hash (FNV-1a); the first begins with SCN_HASH. */
#define SCN_HASH UINT64_C(0xCBF29CE484222325)
uint64_t scn_hash(uint64_t hash, const void *bytes, size_t size);

struct scn_seen {
    uint64_t *slot; /* 0: free */
    size_t count, room;
};

/* 1: it is new; 0: it was there; -1: no memory. A zeroed set is empty. */
int scn_seen_add(struct scn_seen *seen, uint64_t hash);
/* All of `from`. 0, or -1 without memory. */
int scn_seen_join(struct scn_seen *seen, const struct scn_seen *from);
/* The members in order, heap; NULL without memory. */
uint64_t *scn_seen_sorted(const struct scn_seen *seen);
void scn_seen_fini(struct scn_seen *seen);

struct scn_tally {
    uint64_t *keys, *numbers; /* key 0: free */
    size_t room;
};

/* Room for `most` different keys. 0, or -1 without memory. */
int scn_tally_init(struct scn_tally *tally, size_t most);
/* How often this key has come, with this time. */
uint64_t scn_tally_add(struct scn_tally *tally, uint64_t key);
void scn_tally_fini(struct scn_tally *tally);

#endif
