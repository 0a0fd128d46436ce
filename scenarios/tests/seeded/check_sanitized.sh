#!/bin/sh
# scenarios/tests/seeded/check_sanitized.sh SOURCE-DIR BUILD-DIR ESECHECK - what a sanitizer reports under the scheduler.
#
# Of sanitized.tsv the bugs of this build's sanitizer: `explore` finds each, names the report, and every replay of the
# schedule shows the report again (by night 100 of 100; AddressSanitizer by night only). The engine without a bug is not accused. ThreadSanitizer and
# decisions at memory accesses exclude each other, and `explore --memory` says so.
set -u
[ $# -eq 3 ] || { sed -n '2,6s/^# \{0,1\}//p' "$0" >&2; exit 2; }
source=$1 build=$2 esecheck=$3
here=$(dirname "$0")
work=$(mktemp -d "${TMPDIR:-/tmp}/sanitized.XXXXXX") || exit 2
trap 'rm -rf "$work"' EXIT
trap 'exit 2' HUP INT TERM
failed=0 replays=3 sound=5
[ "${ESECHECK_TIER:-quick}" != nightly ] || replays=100 sound=200
case $esecheck in
*-tsan) sanitizer=thread ;;
*-asan) sanitizer=address ;;
*) echo "$esecheck has no sanitizer" >&2; exit 2 ;;
esac

complain() {
    echo "WRONG: $1"
    tail -n 30 "$work/log"
    failed=$((failed + 1))
}

expect() { # code, what, text, arguments...
    wanted=$1 what=$2 text=$3
    shift 3
    "$esecheck" "$@" >"$work/log" 2>&1
    code=$?
    [ $code -eq "$wanted" ] || complain "$what: exit $code, expected $wanted"
    grep -q -- "$text" "$work/log" || complain "$what: no '$text'"
}

if [ $sanitizer = address ] && [ "${ESECHECK_TIER:-quick}" != nightly ]; then
    echo "by night only: some hundred schedules with AddressSanitizer"
    exit 0
fi
grep "^[a-z_]*	$sanitizer	" "$here/sanitized.tsv" >"$work/rows"
if [ "${ESECHECK_TIER:-quick}" != nightly ]; then # one will do
    head -n 1 "$work/rows" >"$work/row" && mv "$work/row" "$work/rows"
fi
while IFS='	' read -r name _ script words _; do
    library=$("$here/seeded.sh" build "$source" "$build" "$name") || { complain "$name: cannot be built"; continue; }
    expect 1 "$name" "^$script: sanitizer after" explore "$source/scenarios/library/short/$script.scenario" --engine "$library" \
        --schedules 2000 --no-shrink --report "$work/$name"
    grep -q "$words" "$work/log" || complain "$name: no '$words'"
    found=$(grep -o 'after [0-9]* schedules' "$work/log" | head -n 1)
    turn=0
    while [ $turn -lt $replays ] && [ $failed -eq 0 ]; do
        expect 1 "$name, replay $turn" "^$script: sanitizer again" replay "$work/$name/$script.schedule"
        turn=$((turn + 1))
    done
    expect 0 "$script with the engine as it is" conforms explore "$source/scenarios/library/short/$script.scenario" --schedules $sound \
        --engine "$build/bin/libesent.so"
    echo "$name: $words $found, $turn of $replays replays"
done <"$work/rows"
if [ $sanitizer = thread ] && [ "${ESECHECK_TIER:-quick}" = nightly ]; then
    ESECHECK=$esecheck "$here/seeded.sh" again "$source" "$build" || failed=$((failed + 1))
fi
[ $sanitizer != thread ] || expect 3 "--memory" "no hooks for memory accesses, ThreadSanitizer has them" \
    explore "$source/scenarios/library/short/sessions.scenario" --engine "$build/bin/libesent.so" --memory
[ $failed -eq 0 ]
