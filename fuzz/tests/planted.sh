#!/bin/sh
# fuzz/tests/planted.sh - shows that fuzz_stop finds planted bugs.
#
#   planted.sh FUZZ_STOP ZOO-DIRECTORY SEEDS [ANIMAL...]
#
# For each wrong engine of the zoo (a selection, or the ones named) fuzz_stop must end with a finding
# within a minute, and show it again when it is given only the input that it kept. One line per
# animal, then "N passed, N failed". Exit code 0 if nothing failed.
set -u
[ $# -ge 3 ] || {
    sed -n '2,5s/^# \{0,1\}//p' "$0" >&2
    exit 2
}
fuzz=$1 zoo=$2 seeds=$3
shift 3
[ $# -gt 0 ] || set -- stop_ignored rollback_denied end_session_denied wrong_code \
    failed_stop_denies commit_lost crash_in_stop denial_lifts rollback_at_level_0
work=$(mktemp -d "${TMPDIR:-/tmp}/planted.XXXXXX") || exit 2
trap 'rm -rf "$work"' EXIT
trap 'exit 2' HUP INT TERM
passed=0 failed=0
for animal in "$@"; do
    mkdir -p "$work/$animal/corpus"
    begin=$(date +%s)
    ESECHECK_ENGINE=$zoo/libzoo_$animal.so "$fuzz" -max_total_time=60 -timeout=20 -seed=1 \
        -artifact_prefix="$work/$animal/" "$work/$animal/corpus" "$seeds" >"$work/log" 2>&1
    code=$?
    seconds=$(($(date +%s) - begin))
    finding=$(find "$work/$animal" -maxdepth 1 -type f | head -n 1)
    again="shows no finding again"
    if [ -n "$finding" ] && ! ESECHECK_ENGINE=$zoo/libzoo_$animal.so \
        "$fuzz" -timeout=20 -runs=500 "$finding" >"$work/again" 2>&1; then
        again="shows it again"
    fi
    if [ $code -ne 0 ] && [ "$again" = "shows it again" ]; then
        passed=$((passed + 1)) word=ok
    else
        failed=$((failed + 1)) word=WRONG
        tail -n 20 "$work/log"
    fi
    verdict=$(sed -n 's/^fuzz_stop: a promise was broken: //p' "$work/log" | head -n 1)
    printf '%-24s exit %-3d after %2d s  %-24s %-22s %s\n' "$animal" $code $seconds \
        "${verdict:-a crash}" "$again" $word
done
echo "$passed passed, $failed failed"
[ $failed -eq 0 ] && [ $passed -gt 0 ]
