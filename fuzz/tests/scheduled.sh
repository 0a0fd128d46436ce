#!/bin/sh
# fuzz/tests/scheduled.sh FUZZ_SCHEDULE FUZZ_SEED ZOO-DIRECTORY SCRIPT [ENGINE...]
#
# fuzz_schedule finds engines out whose bug is the order of threads: from the script as its only seed, within five minutes,
# for three seeds of libFuzzer. Its input shows it again, 10 times of 10: calls and schedule are all in it. One line per
# engine and seed with the executions it took.
set -u
[ $# -ge 4 ] || { sed -n '2,6s/^# \{0,1\}//p' "$0" >&2; exit 2; }
fuzz=$(realpath "$1") maker=$(realpath "$2") zoo=$(realpath "$3") script=$(realpath "$4")
shift 4
[ $# -gt 0 ] || set -- lock_order
work=$(mktemp -d "${TMPDIR:-/tmp}/scheduled.XXXXXX") || exit 2
trap 'rm -rf "$work"' EXIT
trap 'exit 2' HUP INT TERM
failed=0
mkdir "$work/seeds"
"$maker" --schedules 5 "$script" "$work/seeds" || exit 1
for engine; do
    ESECHECK_ENGINE=$zoo/librace_$engine.so
    export ESECHECK_ENGINE
    for seed in 1 2 3; do
        place=$work/$engine.$seed
        mkdir -p "$place/corpus"
        "$fuzz" -max_total_time=300 -timeout=120 -rss_limit_mb=4096 -seed=$seed -print_final_stats=1 \
            -artifact_prefix="$place/" "$place/corpus" "$work/seeds" >"$work/log" 2>&1
        code=$?
        finding=$(find "$place" -maxdepth 1 -type f | head -n 1)
        said=$(sed -n 's/^fuzz_schedule: \([a-z]*\) after.*/\1/p; s/^fuzz_stop: a promise was broken: //p' "$work/log" | head -n 1)
        executions=$(sed -n 's/^stat::number_of_executed_units: //p' "$work/log")
        again=0 turn=0
        while [ -n "$finding" ] && [ $turn -lt 10 ]; do
            "$fuzz" -timeout=120 -runs=1 "$finding" >"$work/again" 2>&1
            [ $? -eq $code ] && grep -q "^fuzz_[a-z]*: .*$said" "$work/again" && again=$((again + 1))
            turn=$((turn + 1))
        done
        echo "$engine, seed $seed: ${said:-nothing} after ${executions:-?} executions, again $again of 10"
        [ $code -ne 0 ] && [ -n "$said" ] && [ $again -eq 10 ] || { failed=1; tail -n 20 "$work/log"; }
    done
done
[ $failed -eq 0 ]
