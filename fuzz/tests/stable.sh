#!/bin/sh
# fuzz/tests/stable.sh FUZZ_SCHEDULE SEEDS [NUMBER] - the same input has the same coverage.
#
# NUMBER inputs (default 12, spread over the seeds) are given to libFuzzer six times each, in one process, and once more in
# another. It writes down which counters each run raised to where no run before had. From the third copy on there must be
# none: the first two may set something up in the engine that stays. The other process has to see the same.
set -u
[ $# -ge 2 ] || { sed -n '2,6s/^# \{0,1\}//p' "$0" >&2; exit 2; }
fuzz=$(realpath "$1") seeds=$(realpath "$2") number=${3:-12}
work=$(mktemp -d "${TMPDIR:-/tmp}/stable.XXXXXX") || exit 2
trap 'rm -rf "$work"' EXIT
trap 'exit 2' HUP INT TERM

mkdir "$work/in" "$work/here"
cd "$work/here" || exit 2 # what plans leave where they run
all=$(find "$seeds" -type f | wc -l)
step=$(((all + number - 1) / number))
for file in $(find "$seeds" -type f | sort | awk "NR % $step == 1 % $step"); do
    for copy in 1 2 3 4 5 6; do cp "$file" "$work/in/$(basename "$file").$copy"; done
done
for process in first second; do
    mkdir "$work/$process"
    "$fuzz" -merge=1 -merge_control_file="$work/$process.txt" -timeout=120 "$work/$process" "$work/in" \
        >"$work/log" 2>&1 || { tail -n 20 "$work/log"; echo "the $process process failed"; exit 1; }
    # Of the copies of an input, in the order of their runs: "NAME TURN: NEW COUNTERS".
    awk 'NR == 1 { count = $1 }
        NR > 2 && NR <= 2 + count { name[NR - 3] = $0; sub(/.*\//, "", name[NR - 3]); sub(/[.][0-9]$/, "", name[NR - 3]) }
        $1 == "FT" { input = name[$2]; turn[input]++; runs++; $1 = $2 = ""; print input, turn[input] ":" $0 }' \
        "$work/$process.txt" >"$work/$process.new"
done
runs=$(wc -l <"$work/first.new") late=$(grep -c ' [3-6]: *[0-9]' "$work/first.new")
grep ' [3-6]: *[0-9]' "$work/first.new" | cut -c 1-150
changed=$(sed 's/:  */: /; s/ *$//' "$work/first.new" >"$work/a"; sed 's/:  */: /; s/ *$//' "$work/second.new" >"$work/b"
    diff "$work/a" "$work/b" | grep -c '^[<>]')
echo "$runs runs: in $late of those behind the second something was new; $changed lines differ between two processes"
[ "$runs" -gt 6 ] && [ "$late" -eq 0 ] && [ "$changed" -eq 0 ]
