#!/bin/sh
# scenarios/tests/seeded/check_seeded.sh SOURCE-DIR BUILD-DIR - a few of the bugs are found; by night all of them, and those of
# blind.tsv that are known to be found. Two counters
# that are not atomic are found at single accesses only.
here=$(dirname "$0")
"$here/seeded.sh" only "$1" "$2" cache_pin_torn object_ids_unlocked || exit 1
if [ "${ESECHECK_TIER:-quick}" = nightly ]; then
    "$here/seeded.sh" find "$1" "$2" || exit 1
    exec "$here/seeded.sh" again "$1" "$2"
fi
exec "$here/seeded.sh" find "$1" "$2" stop_second_returns log_nobody_woken undo_shares
