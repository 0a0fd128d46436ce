#!/bin/sh
# scenarios/tests/seeded/check_seeded.sh SOURCE-DIR BUILD-DIR - a few of the bugs are found; by night all of them.
here=$(dirname "$0")
if [ "${ESECHECK_TIER:-quick}" = nightly ]; then
    exec "$here/seeded.sh" find "$1" "$2"
fi
exec "$here/seeded.sh" find "$1" "$2" stop_second_returns log_nobody_woken undo_shares
