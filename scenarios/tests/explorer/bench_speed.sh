#!/bin/sh
# scenarios/tests/explorer/bench_speed.sh BUILD-DIR [SECONDS] - how many schedules of a program a second, as a table.
#
# Rows: small programs in this process (bench_explore speed); the script of four writers and a stop, each schedule in a fork
# of a child that has the engine loaded; and beside each how often the same runs plainly. Seconds are those of the processor, so that
# other work on the machine does not count; on an idle one --jobs 2 is up to twice as fast. A file bench_speed_*.sh beside this one
# is another row, called with the same words.
set -u
[ $# -ge 1 ] || { sed -n '2,8s/^# \{0,1\}//p' "$0" >&2; exit 2; }
build=$1 seconds=${2:-5}
here=$(cd "$(dirname "$0")" && pwd)
work=$(mktemp -d "${TMPDIR:-/tmp}/speed.XXXXXX") || exit 2
trap 'rm -rf "$work"' EXIT
trap 'exit 2' HUP INT TERM

# Seconds of the processor that the words took, children and all; what they print goes to $work/log.
spent() {
    (
        "$@" >"$work/log" 2>&1
        times
    ) | awk '{ split($1, a, /[ms]/); split($2, b, /[ms]/); sum += a[1] * 60 + a[2] + b[1] * 60 + b[2] } END { print sum }'
}

per_second() { # count, seconds
    echo "$1 $2" | awk '{ printf "%.0f", $1 / $2 }'
}

for row in account:2 stopflag:2 reorder:5 reorder:10 twostage:100; do
    if [ $row = account:2 ]; then
        "$build/bin/bench_explore" "$build/bin/libshims_kernels.so" speed --kernel $row
    else
        "$build/bin/bench_explore" "$build/bin/libshims_kernels.so" speed --kernel $row | tail -n 1
    fi
done

sed 's/writer x 2/writer x 4/' "$here/small.scenario" >"$work/four.scenario"
printf '\n| script | decisions each | explored | run |\n'
took=$(spent "$build/bin/esecheck" explore "$work/four.scenario" --engine "$build/bin/libesent.so" --time "$seconds")
count=$(sed -n 's/^small: \([0-9]*\) schedules.*/\1/p' "$work/log")
each=$(sed -n 's/.*, \([0-9]*\) decisions each.*/\1/p' "$work/log")
explored=$(per_second "${count:-0}" "$took")
took=$(spent "$build/bin/esecheck" run "$work/four.scenario" --engine "$build/bin/libesent.so" --repeat 50)
echo "| four writers and a stop | ${each:-?} | $explored | $(per_second 50 "$took") |"

for row in "$here"/bench_speed_*.sh; do
    [ ! -f "$row" ] || sh "$row" "$build" "$seconds"
done
