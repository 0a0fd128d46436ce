#!/bin/sh
# scenarios/tests/explorer/check_both.sh ESECHECK BIN-DIR [table SEEDS] - `esecheck explore --faults`.
#
# Engines that are wrong only when something goes wrong in an unlucky order (tests/zoo/both): schedules alone do not find them,
# nor do faults alone, both together do, and what they find is shown again every time. A bug of the order alone that was
# found with a fault is said to need none. `table` prints how many runs each way takes, over so many seeds.
set -u
[ $# -ge 2 ] || { sed -n '2,6s/^# \{0,1\}//p' "$0" >&2; exit 2; }
esecheck=$1 bin=$2
here=$(dirname "$0")
. "$here/checks.sh"
replays=3 alone=50
[ "${ESECHECK_TIER:-quick}" != nightly ] || replays=100 alone=2000

runs() { # how many runs it took, or - when nothing was found; arguments...
    if "$esecheck" "$@" >"$work/log" 2>&1; then
        echo -
    else
        sed -n 's/^[a-z-]*: [a-z-]* after \([0-9]*\) schedules .*/\1/p; s/^[a-z-]*: .* in scope .*; \([0-9]*\) of .* faults.*/found/p' \
            "$work/log" | head -n 1
    fi
}

table() { # seeds
    printf '%-20s %-28s %-28s %s\n' engine 'explore (2000 each)' 'faults (all, one schedule)' 'explore --faults'
    for row in thanks_to_failure:faulty frees_twice:small wakes_nobody:small; do
        script=$here/${row#*:}.scenario engine=$bin/zoo/libboth_${row%:*}.so
        order='' faults='' both='' seed=1
        while [ $seed -le "$1" ]; do
            order="$order $(runs explore "$script" --engine "$engine" --schedules 2000 --no-shrink --seed $((seed * 10000)))"
            faults="$faults $(runs faults "$script" --engine "$engine" --seed $seed)"
            both="$both $(runs explore "$script" --engine "$engine" --faults --schedules 2000 --no-shrink --seed $((seed * 10000)))"
            seed=$((seed + 1))
        done
        printf '%-20s %-28s %-28s %s\n' "${row%:*}" "$order" "$faults" "$both"
    done
}

finds() { # engine, script, verdict, function of the fault, kind, operation, options...
    engine=$1 script=$here/$2.scenario verdict=$3 in=$4 kind=$5 operation=$6
    shift 6
    began=$(date +%s)
    library=$bin/zoo/libboth_$engine.so
    expect 0 "$engine by schedules alone" explore "$script" --engine "$library" --schedules $alone
    expect 0 "$engine by faults alone" faults "$script" --engine "$library" --kinds "$kind" --scope "$operation,$in"
    expect 1 "$engine by both" explore "$script" --engine "$library" --faults --kinds "$kind" --scope "$operation,$in" \
        --schedules 1500 --report "$work/$engine" "$@"
    has ": $verdict after" "$engine by both"
    has "^  fault: $kind at $operation" "$engine by both"
    has ">> .* gets $kind from $operation" "$engine by both"
    cp "$work/log" "$work/found"
    grep -q "^fault $kind at" "$work/$engine/$(basename "$script" .scenario).schedule" || complain "$engine: no fault in the file"
    turn=0
    while [ $turn -lt $replays ]; do
        expect 1 "$engine, replay $turn" replay "$work/$engine/$(basename "$script" .scenario).schedule"
        has ": $verdict again" "$engine, replay $turn"
        turn=$((turn + 1))
    done
    echo "$engine: $verdict, $(grep -o 'after [0-9]* schedules' "$work/found" | head -n 1), $(($(date +%s) - began)) s"
}

number_of() { # a fault
    echo "$1" | sed -n 's/.* nth \([0-9]*\).*/\1/p'
}

if [ "${3:-}" = table ]; then
    table "${4:-3}"
    exit 0
fi
finds thanks_to_failure faulty lost-data JetCommitTransaction ENOMEM malloc
finds frees_twice small crash JetBeginTransaction ENOMEM malloc --no-shrink
finds wakes_nobody small deadlock JetStopServiceInstance EAGAIN thread --no-shrink

# What is left of a fault is less than what was found: another kind, once, an earlier operation. (Which were found a seed
# says, and every change of the engine may change that: so some seeds, until each was seen.)
kind='' once='' earlier='' seed=4
while [ -z "$kind" ] || [ -z "$once" ] || [ -z "$earlier" ]; do
    [ $seed -lt 16 ] || { complain "less of a fault: not seen: ${kind:-kind} ${once:-once} ${earlier:-earlier}"; break; }
    expect 1 "less of a fault" explore "$here/faulty.scenario" --engine "$bin/zoo/libfault_swallows_full_disk.so" --faults \
        --kinds EIO,ENOSPC --scope pwrite,JetCommitTransaction --schedules 60 --seed $seed
    less=$(sed -n 's/^  fault: \(.*\) (found with \(.*\))$/\1:\2/p' "$work/log")
    case $less in EIO*:ENOSPC*) kind=seen ;; esac
    case $less in *lasting:*) ;; *:*lasting) once=seen ;; esac
    left=$(number_of "${less%%:*}") found=$(number_of "${less#*:}")
    [ "${left:-1}" -ge "${found:-1}" ] || earlier=seen
    seed=$((seed + 1))
done

# Which order it was, not which fault.
expect 1 "a bug of the order alone" explore "$here/small.scenario" --engine "$bin/zoo/librace_lost_stop.so" --faults \
    --schedules 300 --report "$work/alone"
if grep -q "faults came" "$work/log"; then
    complain "a bug of the order alone: not found"
fi
if grep -q "did not show it again" "$work/log"; then
    complain "a bug of the order alone: not shown again"
fi
if grep -q "^fault " "$work/alone/small.schedule"; then
    complain "a bug of the order alone: the file has a fault"
fi
expect 1 "a bug of the order alone, again" replay "$work/alone/small.schedule"

expect 0 "reference" explore "$here/faulty.scenario" --engine "$bin/libesent.so" --faults --schedules 40 --jobs 2
has "faults came, at" "reference"
expect 2 "faults that nobody asked for" explore "$here/small.scenario" --kinds EIO
has "goes with --faults" "faults that nobody asked for"
expect 2 "faults of threads that run free" explore "$here/small.scenario" --faults --strategy disturb
has "needs a strategy under control" "faults of threads that run free"
expect 2 "faults in the bounded search" explore "$here/small.scenario" --faults --strategy bounded
has "takes no --faults" "faults in the bounded search"
expect 2 "no kind" explore "$here/small.scenario" --faults --kinds EWHAT
has "no kind of fault" "no kind"
passed_all "explore --faults"
