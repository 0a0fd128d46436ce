#!/bin/sh
# scenarios/tests/explorer/check_crash.sh ESECHECK BIN-DIR SOURCE-DIR BUILD-DIR - `esecheck crash`.
#
# Engines that are wrong when the power is cut (tests/zoo/power) are found out, with a cut that can show it, and the state
# that the report keeps shows it again, every time; the reference engine survives the same cuts (with
# ESECHECK_TIER=nightly: many more, of all scripts).
set -u
[ $# -eq 4 ] || { sed -n '2,6s/^# \{0,1\}//p' "$0" >&2; exit 2; }
esecheck=$1 bin=$2 source=$3 build=$4
power=$source/scenarios/tests/zoo/power
. "$(dirname "$0")/checks.sh"

# Whether it is that operation which breaks the files: of the moments before the kept cut, with nothing lost at all, one just
# before such an operation is survived, and the one just behind it is not.
by_operation() { # animal, script, operation
    state=$work/$1/crash/$2/state broken=0 tries=0
    at=$(sed -n 's/^at //p' "$state")
    grep -q '^base 0$' "$state" || return 1 # a cut of a recovery
    while [ $tries -lt 20 ] && [ "$at" -gt 0 ]; do # farther back is set-up, which nobody is held to
        sed "s/^at .*/at $at/; s/^loss .*/loss kept/" "$state" >"$state.earlier"
        "$esecheck" replay "$state.earlier" >"$work/earlier" 2>&1
        case $? in
        1) broken=1 ;;
        0)
            [ $broken -eq 1 ] && grep -q "cut before operation $at, $3" "$work/earlier" && return 0
            broken=0
            ;;
        *) return 1 ;;
        esac
        at=$((at - 1)) tries=$((tries + 1))
    done
    return 1
}

# Threads run as they like: what a run wrote differs from run to run.
finds() { # animal, verdicts, losses, script, clauses, operation
    began=$(date +%s)
    library=$("$source/scenarios/tests/seeded/seeded.sh" build "$source" "$build" "$1") || {
        complain "$1: cannot be built"
        return
    }
    seed=0 code=0 another=
    while [ $code -eq 0 ] && [ $seed -lt 20 ]; do
        seed=$((seed + 1))
        run crash "$power/$4.scenario" --engine "$library" --states 120 --seed $seed --checker "$bin/eseverify" \
            --report "$work/$1"
        if [ $code -eq 1 ] && [ "$6" != - ] && ! by_operation "$1" "$4" "$6"; then
            code=0 another=", or not by $6"
        fi
    done
    [ $code -eq 1 ] || complain "$1: exit $code$another"
    grep -qE "^  $4  *($2) " "$work/log" || complain "$1: not $2"
    grep -qE "the power was cut before .*what was not synced: ($3)\$" "$work/log" ||
        complain "$1: no cut with $3"
    [ "$5" = - ] || grep -qE "clause ($5)" "$work/log" || complain "$1: nothing of $5 is broken"
    seen=$(sed -n "s/^  $4  *\([a-z-]*\) .*/\1/p" "$work/log" | head -n 1)
    cause=$(sed -n 's/^  cause: the power was cut //p' "$work/log")
    for file in state disk run.jsonl files/main; do
        [ -e "$work/$1/crash/$4/$file" ] || complain "$1: the report has no $file"
    done
    again "$1"
    has "$4: $seen again: " "$1, again"
    "$esecheck" judge "$work/$1/histories/$4.jsonl" >"$work/log" 2>&1
    has "$4.jsonl: $seen" "$1, its history"
    has "^again: .* replay .*crash/$4/state" "$1, its history"
    echo "$1: $seen, run $seed, $cause; $(($(date +%s) - began)) s"
}

tab=$(printf '\t')
while IFS=$tab read -r animal verdicts losses script clauses operation _; do
    case $animal in '' | '#'*) continue ;; esac
    finds "$animal" "$verdicts" "$losses" "$script" "$clauses" "$operation" </dev/null
done <"$power/power.tsv"

# An animal that nobody checks proves nothing.
for patch in "$power"/*.patch; do
    grep -q "^$(basename "$patch" .patch)$tab" "$power/power.tsv" || complain "$patch: no row in power.tsv"
done

# The engine itself; 120 states come only with the second cuts among them.
for script in lazy indexed; do
    expect 0 "the reference engine, $script" crash "$power/$script.scenario" --engine "$bin/libesent.so" --states 60 \
        --repeat 1 --checker "$bin/eseverify"
done
expect 0 "the reference engine" crash "$power/rows.scenario" --engine "$bin/libesent.so" --states 120 \
    --checker "$bin/eseverify"
has "^  rows  *conforms  *120 " "the reference engine"
if [ "${ESECHECK_TIER:-quick}" = nightly ]; then
    expect 0 "the library" crash --states 2000 --jobs "$(getconf _NPROCESSORS_ONLN 2>/dev/null || echo 2)" \
        --checker "$bin/eseverify"
    expect 0 "every sync" crash "$power/rows.scenario" --engine "$bin/libesent.so" --states all
fi

# What rows by their primary index do not show takes somebody who knows the format.
library=$("$source/scenarios/tests/seeded/seeded.sh" build "$source" "$build" index_entries_lost)
expect 0 "lost entries without a checker" crash "$power/indexed.scenario" --engine "$library" --states 60 --repeat 1
expect 2 "a checker that is none" crash "$power/rows.scenario" --checker "$work/none"
has "there is no such program" "a checker that is none"

# What goes wrong in the recorded run itself, no state shows: each is cut before that.
faulty=$source/scenarios/tests/explorer/faulty.scenario
breaks() { # animal, verdict, what is found, seconds
    expect 1 "$1, recorded" crash "$faulty" --engine "$bin/zoo/libzoo_$1.so" --states 12 --timeout "$4" --report "$work/$1"
    has "^  faulty  *$2 " "$1, recorded"
    has "^  $2: $3, inside JetStopServiceInstance" "$1, recorded"
    has "^  cause: no power was cut: this is the recorded run itself" "$1, recorded"
    has "^  again: .* crash .*faulty.scenario --seed 1 " "$1, recorded"
    expect 1 "$1, its history" judge "$work/$1/histories/faulty.jsonl"
    has "faulty.jsonl: $2" "$1, its history"
}
breaks crash_in_stop crash "the process crashed: SIGSEGV" 300
breaks hang_in_stop hang "nothing moved any more.*" 10

# What is not recorded is said; without an end, at which the files are compared, the recording is refused.
maps=$bin/zoo/libfault_maps_its_file.so
expect 0 "a mapping that is stored into" crash "$faulty" --engine "$maps" --states 12
has "^faulty: not covered, in the run: writes through a shared mapping" "a mapping that is stored into"
has "^faulty: not covered, in a recovery that is cut again: writes through" "a mapping that is stored into"
expect 3 "a mapping, and a kill" crash "$source/scenarios/library/kill-writers.scenario" --engine "$maps" --states 12
has "^  not-exercised: the recording has no end, and .* (writes through a shared mapping" "a mapping, and a kill"

# A state that is none is refused.
state=$work/commit_unsynced/crash/rows/state
expect 2 "a state, judged" judge "$state"
has "a crash state, not a history" "a state, judged"
sed 's/^loss .*/loss of weight/' "$state" >"$state.loss"
expect 2 "a loss that is none" replay "$state.loss"
has "of weight is no loss" "a loss that is none"
sed 's/^seed/sede/' "$state" >"$state.key"
expect 2 "a key that is none" replay "$state.key"
has "not a line of a crash state" "a key that is none"
sed '/^loss/d' "$state" >"$state.less"
expect 2 "a state without its loss" replay "$state.less"
has "has no line .loss" "a state without its loss"
for bytes in 1 2 6; do
    head -c -$bytes "$state" >"$state.cut"
    expect 2 "a state without its last $bytes bytes" replay "$state.cut"
    has "the file was cut" "a state without its last $bytes bytes"
done
sed 's/^at .*/at 999999999/' "$state" >"$state.late"
expect 2 "a cut behind the last operation" replay "$state.late"
has "the recording has [0-9]* operations" "a cut behind the last operation"
cp "$work/commit_unsynced/crash/rows/disk" "$work/whole"
head -c $(($(wc -c <"$work/whole") / 2)) "$work/whole" >"$work/commit_unsynced/crash/rows/disk"
expect 2 "a recording that was cut" replay "$state"
has "the file was cut" "a recording that was cut"

passed_all crash
