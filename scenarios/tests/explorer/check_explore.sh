#!/bin/sh
# scenarios/tests/explorer/check_explore.sh ESECHECK BIN-DIR LIBRARY-DIR - `esecheck explore` and `replay` of what it finds.
#
# Engines whose bug is the order of threads (tests/zoo/races) are found out and shown again every time; the reference
# engine is not accused; a schedule that cannot be repeated says where; wrong options are refused.
set -u
[ $# -eq 3 ] || { sed -n '2,5s/^# \{0,1\}//p' "$0" >&2; exit 2; }
esecheck=$1 bin=$2 library=$3
here=$(dirname "$0")
small=$here/small.scenario
work=$(mktemp -d "${TMPDIR:-/tmp}/explore.XXXXXX") || exit 2
trap 'rm -rf "$work"' EXIT
trap 'exit 2' HUP INT TERM
failed=0 replays=20
case $esecheck in
*-asan | *-tsan) replays=3 ;;
esac

complain() {
    echo "WRONG: $1"
    tail -n 30 "$work/log"
    failed=$((failed + 1))
}

expect() { # code, what, arguments...
    wanted=$1 what=$2
    shift 2
    "$esecheck" "$@" >"$work/log" 2>&1
    code=$?
    [ $code -eq "$wanted" ] || complain "$what: exit $code, expected $wanted"
}

has() { # text, what
    grep -q -- "$1" "$work/log" || complain "$2: no '$1'"
}

finds() { # engine, verdict, strategy, schedules
    began=$(date +%s)
    mkdir -p "$work/$1"
    expect 1 "$1 by $3" explore "$small" --engine "$bin/zoo/librace_$1.so" --strategy "$3" \
        --schedules "$4" --report "$work/$1"
    has "^small: $2 after" "$1 by $3"
    has "changes of thread" "$1 by $3"
    cp "$work/log" "$work/found"
    [ "$(head -n 1 "$work/$1/small.schedule")" = "esecheck schedule 2" ] || complain "$1: no schedule file"
    if [ ! -f "$work/$1/small.schedule" ]; then
        return
    fi
    turn=0
    while [ $turn -lt $replays ]; do
        expect 1 "$1, replay $turn" replay "$work/$1/small.schedule"
        has "^small: $2 again" "$1, replay $turn"
        [ "$2" != deadlock ] || has "held by thread" "$1, replay $turn"
        turn=$((turn + 1))
    done
    echo "$1: $2, $(grep -o 'after [0-9]* schedules' "$work/found" | head -n 1), $(($(date +%s) - began)) s"
}

finds lost_stop admitted-though-denied pct 300
finds lock_order deadlock random 1000
finds gone_state crash random 1000

# The same finding is none with the reference engine: the schedule is another, or nothing breaks.
"$esecheck" replay "$work/lost_stop/small.schedule" --engine "$bin/libesent.so" >"$work/log" 2>&1
code=$?
if [ $code -eq 4 ]; then
    has "diverged at decision" "replay with another engine"
elif [ $code -ne 0 ]; then
    complain "replay with another engine: exit $code"
fi
sed 's/^decisions$/&\n	159*3/' "$work/lost_stop/small.schedule" >"$work/bent.schedule"
expect 4 "a decision that cannot be repeated" replay "$work/bent.schedule"
has "diverged at decision 1 " "a decision that cannot be repeated"
sed '/^end$/d' "$work/lost_stop/small.schedule" >"$work/cut.schedule"
expect 2 "half a file" replay "$work/cut.schedule"
has "not complete" "half a file"

for strategy in random pct pos surw feedback bounded; do
    expect 0 "reference by $strategy" explore "$small" "$library/second-stop.scenario" --engine \
        "$bin/libesent.so" --strategy $strategy --schedules 10
done
expect 0 "reference" explore "$small" "$library/second-stop.scenario" "$library/two-terms.scenario" --engine \
    "$bin/libesent.so" --schedules 100 --jobs 2
has "100 schedules" "reference"
expect 0 "shard" explore "$small" --engine "$bin/libesent.so" --schedules 10 --shard 2/2
has "^small: 5 schedules" "shard"
expect 1 "a bound of decisions" explore "$small" --engine "$bin/libesent.so" --schedules 1 --steps 300
has "livelock" "a bound of decisions"
expect 0 "disturbed" explore "$small" --engine "$bin/libesent.so" --strategy disturb --schedules 2
expect 2 "no strategy" explore "$small" --strategy luck
expect 2 "no shard" explore "$small" --shard 3/2
expect 2 "bounded in parts" explore "$small" --strategy bounded --jobs 2
[ $failed -eq 0 ] && echo "all as expected"
[ $failed -eq 0 ]
