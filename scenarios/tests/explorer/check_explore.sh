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
. "$(dirname "$0")/checks.sh"
replays=10
[ "${ESECHECK_TIER:-quick}" != nightly ] || replays=100
case $esecheck in
*-asan | *-tsan) replays=3 ;;
esac

finds() { # engine, verdict, strategy, schedules, further options...
    engine=$1 verdict=$2 strategy=$3 schedules=$4
    shift 4
    began=$(date +%s)
    mkdir -p "$work/$engine"
    expect 1 "$engine by $strategy" explore "$small" --engine "$bin/zoo/librace_$engine.so" \
        --strategy "$strategy" --schedules "$schedules" --report "$work/$engine" "$@"
    has "^small: $verdict after" "$engine by $strategy"
    has "changes of thread" "$engine by $strategy"
    cp "$work/log" "$work/found"
    [ "$(head -n 1 "$work/$engine/small.schedule")" = "esecheck schedule 2" ] || complain "$engine: no schedule file"
    if [ ! -f "$work/$engine/small.schedule" ]; then
        return
    fi
    turn=0
    while [ $turn -lt $replays ]; do
        expect 1 "$engine, replay $turn" replay "$work/$engine/small.schedule"
        has "^small: $verdict again" "$engine, replay $turn"
        [ "$engine" != lock_order ] || has "held by" "$engine, replay $turn"
        turn=$((turn + 1))
    done
    echo "$engine: $verdict, $(grep -o 'after [0-9]* schedules' "$work/found" | head -n 1), $(($(date +%s) - began)) s"
}

finds lost_stop admitted-though-denied pct 300 --no-shrink
finds lock_order deadlock random 1000
grep -q "lines of its actors are enough" "$work/found" || complain "lock_order: the script is as long as before"
grep -q "^  WHAT RUNS  *WHAT IT INTERRUPTS$" "$work/found" || complain "lock_order: no two columns"
grep -q "^  stopper.*JetStopServiceInstance.*  writer\|^  writer.*  stopper" "$work/found" || complain "lock_order: who interrupts whom"
grep -q "lock_order.c:1[56]" "$work/found" || complain "lock_order: no lines"
finds gone_state crash random 1000 --no-shrink
finds memory_lost_wakeup deadlock random 1000 --memory --no-shrink
expect 0 "memory_lost_wakeup without --memory" explore "$small" --engine \
    "$bin/zoo/librace_memory_lost_wakeup.so" --strategy surw --schedules 50
expect 3 "--memory of an engine that does not tell" explore "$small" --engine "$bin/libesent.so" --memory
has "preset explore" "--memory of an engine that does not tell"

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
for line in 's/^place .*/place JetNothing/' 's/^clause .*/clause process.leak/' 's/^verdict .*/verdict crash/'; do
    sed "$line" "$work/lost_stop/small.schedule" >"$work/other.schedule"
    expect 5 "another failure, $line" replay "$work/other.schedule"
    has "^small: admitted-though-denied, another failure than the finding" "another failure, $line"
    has "^  finding: " "another failure, $line"
done
sed '/^place /d; /^clause /d' "$work/lost_stop/small.schedule" >"$work/other.schedule"
expect 1 "a file that says the verdict alone" replay "$work/other.schedule"
mkdir "$work/no-tools" # crashes are told apart by functions; without addr2line their names are not known
for tool in sh dash mkdir rm; do ln -s "$(command -v $tool)" "$work/no-tools/$tool"; done
PATH=$work/no-tools "$esecheck" replay "$work/gone_state/small.schedule" >"$work/log" 2>&1
code=$?
[ $code -eq 1 ] || complain "a crash without addr2line: exit $code"
has "^small: crash again" "a crash without addr2line"
sed '/^end$/d' "$work/lost_stop/small.schedule" >"$work/cut.schedule"
expect 2 "half a file" replay "$work/cut.schedule"
has "cut.schedule:[0-9]*: the schedule is not complete" "half a file"
sed 's/^engine .*/engine \/nowhere\/libesent.so/' "$work/lost_stop/small.schedule" >"$work/far.schedule"
expect 3 "an engine of another machine" replay "$work/far.schedule"
has "name the engine with --engine" "an engine of another machine"
expect 1 "an engine of another machine, named" replay "$work/far.schedule" --engine "$bin/zoo/librace_lost_stop.so"
sed 's/JetBeginSession  #/JetBeginSesion  #/' "$work/lost_stop/small.schedule" >"$work/plan.schedule"
expect 2 "a plan that cannot be read" replay "$work/plan.schedule"
line=$(grep -n JetBeginSesion "$work/plan.schedule" | head -n 1 | cut -d : -f 1)
has "plan.schedule:$line:" "a plan that cannot be read"
# Whatever was done to a file: one of the exit codes, never a signal.
for n in 3 5 8 13 17 21; do
    awk -v n=$n '/^\t[0-9]/ { gsub(/[0-9]\*/, n % 10 "*") } { print }' "$work/lost_stop/small.schedule" >"$work/bent.schedule"
    "$esecheck" replay "$work/bent.schedule" >"$work/log" 2>&1
    [ $? -le 4 ] || complain "decisions changed by $n"
done

for strategy in mix random pct pos surw feedback delay bounded; do
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
cat >"$work/lines.scenario" <<'EOF'
# The findings of a script name the lines of its file,
scenario lines
title "whatever its comments are"

case 1
actor first
    # as many

    JetBeginSession
    repeat 2 # of them
        # as there are
        JetEndSession => JET_errOutOfMemory
    end
end
expect no-overlap
EOF
sed -i 's/^actor first/instance main\n&/' "$work/lines.scenario"
expect 1 "lines" explore "$work/lines.scenario" --engine "$bin/libesent.so" --report "$work/lines"
has "JetEndSession in line 13: gave" "lines"
has "JetEndSession => JET_errOutOfMemory  # line 13" "lines"
expect 1 "lines, replayed" replay "$work/lines/lines.schedule"
has "JetEndSession in line 13: gave" "lines, replayed"
expect 1 "lines, judged" judge "$work/lines/histories/lines.jsonl"
has "JetEndSession in line 13: gave" "lines, judged"
has "^again: .* replay .*lines/lines.schedule" "lines, judged"
expect 2 "a schedule, judged" judge "$work/lines/lines.schedule"
has "a schedule, not a history; .esecheck replay " "a schedule, judged"
expect 2 "a script, replayed" replay "$small"
has "not a history: .*nor is it a schedule" "a script, replayed"
expect 2 "a program as a script" explore "$esecheck"
has "a program, not a script; .* .esecheck explore -- " "a program as a script"
expect 1 "lines, run" run "$work/lines.scenario" --engine "$bin/libesent.so" --repeat 1
has "JetEndSession in line 13: gave" "lines, run"
expect 0 "disturbed" explore "$small" --engine "$bin/libesent.so" --strategy disturb --schedules 2

# Somebody who waits at a terminal sees how far it is, and how much was seen; a pipe gets the result alone.
if command -v script >/dev/null; then
    script -qec "stty cols 150; '$esecheck' explore '$small' --engine '$bin/libesent.so' --schedules 20" /dev/null \
        </dev/null >"$work/log" 2>&1 || complain "a terminal: exit $?"
    has "small: 16 schedules, [0-9]*/s, [0-9]* distinct, [0-9]* places, [0-9]* conflicts ([0-9]* new in the last" "a terminal"
fi
expect 0 "a pipe" explore "$small" --engine "$bin/libesent.so" --schedules 20
if tr -d -c '\r' <"$work/log" | grep -q .; then complain "a pipe: a line of progress"; fi
expect 0 "so long" explore "$small" --engine "$bin/libesent.so" --time 1 --strategy random --seed 7
has "profile documented, seed 7, [1-9]" "so long"

refuses() { # what the message says, options...
    text=$1
    shift
    expect 2 "$text" explore "$small" "$@"
    has "$text" "$text"
    [ "$(wc -l <"$work/log")" -eq 1 ] || complain "$text: more than one line"
}
refuses "--strategy luck: the value must be mix, random" --strategy luck
refuses "--shard 3/2: the value must be I/N" --shard 3/2
refuses "--shard 2: the value must be I/N" --shard 2
refuses "--jobs 65: the value must be a number from 1 to 64" --jobs 65
refuses "--schedules 0: the value must be a number from 1 to 100000000" --schedules 0
refuses "--time 0: the value must be a number from 1 to 1000000" --time 0
refuses "--seed -1: the value must be a number from 0" --seed -1
refuses "--memory takes no value" --memory=yes
refuses "neither --jobs nor --shard" --strategy bounded --jobs 2
refuses "neither --jobs nor --shard" --strategy bounded --shard 1/2
refuses "--shard needs a strategy under control" --strategy disturb --shard 1/2
refuses "--time needs a strategy under control" --strategy disturb --time 1
refuses "--memory needs a strategy under control" --strategy disturb --memory
refuses "--depth goes with --strategy pct or bounded" --depth 3
refuses "--repeat is for" --repeat 3
passed_all explore
