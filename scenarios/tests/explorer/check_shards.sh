#!/bin/sh
# scenarios/tests/explorer/check_shards.sh ESECHECK BIN-DIR - parts of an exploration, joined, are the whole.
#
# Interleavings, places and findings of all parts are those of one run that nobody divided, for strategies
# that do not learn (conflicts are found by address, which names of directories can change); folders that do not belong
# together are refused; --keep keeps.
set -u
[ $# -eq 2 ] || { sed -n '2,6s/^# \{0,1\}//p' "$0" >&2; exit 2; }
esecheck=$1 bin=$2
small=$(dirname "$0")/small.scenario
. "$(dirname "$0")/checks.sh"

explore() { # folder, options...; a part may have no finding
    folder=$1
    shift
    "$esecheck" explore "$small" --engine "$bin/zoo/librace_lock_order.so" --schedules 41 --all \
        --no-shrink --report "$work/$folder" "$@" >"$work/log" 2>&1
    code=$?
    [ $code -le 1 ] || complain "explore $folder: exit $code"
}

# What an exploration saw, and what it found, without what depends on where it ran.
core() { # folder
    sed -n -e '/^conflicts/q' -e '/^finding /,$p' -e '/^schedules /p' -e '/^decisions /p' "$work/$1/small.exploration" |
        grep -v -e '^schedule ' -e '^history ' -e '^text '
}

for strategy in random pos; do
    explore whole --strategy $strategy
    has "distinct, [0-9]* places, [0-9]* conflicts" "coverage"
    for part in 1 2 3; do
        explore part$part --strategy $strategy --shard $part/3
    done
    expect 1 "merge" merge "$work/part1" "$work/part2" "$work/part3" --report "$work/joined"
    has "^small: 41 schedules of 3 parts" "merge"
    core whole >"$work/a"
    core joined >"$work/b"
    cmp -s "$work/a" "$work/b" || { diff "$work/a" "$work/b" | head -n 8; complain "$strategy: the parts are not the whole"; }
    grep -q 'deadlock' "$work/joined/junit.xml" || complain "no finding in junit.xml"
    grep -q '"schedules": 41' "$work/joined/explore.json" || complain "not all schedules in explore.json"
    found=$(sed -n 's/^schedule //p' "$work/joined/small.exploration" | head -n 1)
    expect 1 "replay of what was joined" replay "$work/joined/$found"
    has "deadlock again" "replay of what was joined"
    rm -rf "$work/whole" "$work/joined"
done

# Strategies that learn: each part learns by itself, so the parts are another search than the whole, but they join.
hashes() { # file: of interleavings and places
    sed -n '/^interleavings/,/^conflicts/p' "$1" | grep "^	" | tr -s '\t ' '\n' | grep . | sort -u
}
for strategy in mix pct surw feedback; do
    rm -rf "$work/joined" "$work"/learn*
    for part in 1 2 3; do
        explore learn$part --strategy $strategy --shard $part/3
        hashes "$work/learn$part/small.$part-of-3.exploration" >"$work/seen$part"
        sed -n 's/^place //p' "$work/learn$part/small.$part-of-3.exploration" >"$work/found$part"
    done
    "$esecheck" merge "$work/learn1" "$work/learn2" "$work/learn3" --report "$work/joined" >"$work/log" 2>&1
    has "^small: 41 schedules of 3 parts" "$strategy"
    cat "$work"/seen? | sort -u >"$work/a"
    hashes "$work/joined/small.exploration" >"$work/b"
    cmp -s "$work/a" "$work/b" || complain "$strategy: what the parts saw is not united"
    cat "$work"/found? | sort -u >"$work/a"
    sed -n 's/^place //p' "$work/joined/small.exploration" | sort >"$work/b"
    cmp -s "$work/a" "$work/b" || complain "$strategy: what the parts found is not united"
    [ -s "$work/b" ] || complain "$strategy: nothing was found"
done

expect 1 "a part is missing" merge "$work/part1" "$work/part3" --report "$work/joined"
has "part 2/3 of small is missing" "a part is missing"
expect 2 "a part twice" merge "$work/part1" "$work/part1" --report "$work/joined"
has "part 1/3 of small was in" "a part twice"
explore other --strategy pos --shard 2/3 --seed 2
expect 2 "another seed" merge "$work/part1" "$work/other" --report "$work/joined"
has "seed 1 and 2" "another seed"
mkdir "$work/empty"
expect 2 "an empty folder" merge "$work/part1" "$work/empty" --report "$work/joined"
has "no \*.exploration file" "an empty folder"
expect 2 "no folder" merge "$work/none" --report "$work/joined"
sed '/^interleavings/q' "$work/part1/small.1-of-3.exploration" >"$work/empty/small.1-of-3.exploration"
expect 2 "half a file" merge "$work/empty" --report "$work/joined"
has "small.1-of-3.exploration:[0-9]*: the file is cut off" "half a file"
expect 2 "no --report" merge "$work/part1"

TMPDIR=$work expect 0 "--keep" explore "$small" --engine "$bin/libesent.so" --schedules 2 --keep
kept=$(sed -n "s/^esecheck: the work directory is //p" "$work/log")
[ -n "$kept" ] && [ -n "$(find "$kept" -name '*.edb' 2>/dev/null | head -n 1)" ] || complain "--keep: no databases in '$kept'"
[ $failed -eq 0 ] && echo "all as expected"
[ $failed -eq 0 ]
