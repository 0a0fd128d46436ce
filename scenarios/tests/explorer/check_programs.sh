#!/bin/sh
# scenarios/tests/explorer/check_programs.sh ESECHECK BIN-DIR - `esecheck explore -- PROGRAM` and `replay` of what it finds.
#
# Right programs (shims/preload/tests) are not accused, whatever they wait with; the bugs of wrong ones are found and shown
# again every time; what cannot be put under control is refused with one line.
set -u
[ $# -eq 2 ] || { sed -n '2,5s/^# \{0,1\}//p' "$0" >&2; exit 2; }
esecheck=$1 bin=$2 cases=$2/schedule_cases
. "$(dirname "$0")/checks.sh"
replays=10 schedules=15
[ "${ESECHECK_TIER:-quick}" != nightly ] || { replays=100; schedules=1000; }

finds() { # case, verdict, text, further options...
    case=$1 verdict=$2 text=$3
    shift 3
    mkdir -p "$work/$case"
    expect 1 "$case" explore --strategy random --schedules 300 --report "$work/$case" "$@" -- "$cases" "$case"
    has "^schedule_cases: $verdict after" "$case"
    has "$text" "$case"
    cp "$work/log" "$work/found"
    turn=0
    while [ $turn -lt $replays ] && [ -f "$work/$case/schedule_cases-$case.schedule" ]; do
        expect 1 "$case, replay $turn" replay "$work/$case/schedule_cases-$case.schedule"
        has "^schedule_cases: $verdict again" "$case, replay $turn"
        turn=$((turn + 1))
    done
    [ $turn -gt 0 ] || complain "$case: no schedule file"
}

for case in $("$cases" | sed -n 's/^right //p'); do
    expect 0 "$case" explore --strategy random --schedules $schedules -- "$cases" "$case"
    has "^schedule_cases: nothing found" "$case"
done

# What a program asks about itself, the clock and random numbers is the same every time.
hashes=
for seed in 1 2 3; do
    ESECHECK_CASE_FAILS=1 "$esecheck" explore --seed $seed --strategy random -- "$cases" same >"$work/log" 2>&1
    has "exit code 1: hash [0-9a-f]" "same"
    hashes="$hashes $(sed -n 's/.*exit code 1: hash \([0-9a-f]*\).*/\1/p' "$work/log")"
done
[ "$(printf '%s\n' $hashes | sort -u | wc -l)" -eq 1 ] || complain "same: $hashes"

finds lost-update failure "30 were deposited, the balance is"
grep -q "changes of thread, .* tries to do without" "$work/found" || complain "lost-update: was not made shorter"
grep -q "<failure" "$work/lost-update/junit.xml" || complain "lost-update: nothing in junit.xml"
sed 's/^decisions$/&\n	159*3/' "$work/lost-update/schedule_cases-lost-update.schedule" >"$work/bent.schedule"
expect 4 "a decision that cannot be repeated" replay "$work/bent.schedule"
has "diverged at decision 1 " "a decision that cannot be repeated"
sed 's/^argument lost-update$/argument mutex/; /^decisions$/,$d' "$work/lost-update/schedule_cases-lost-update.schedule" >"$work/other.schedule"
printf 'decisions\nend\n' >>"$work/other.schedule"
expect 0 "another program" replay "$work/other.schedule"
has "nothing is broken; the finding was failure: exit code 3" "another program"
sed 's/^place exit code 3/place exit code 4/' "$work/lost-update/schedule_cases-lost-update.schedule" >"$work/other.schedule"
expect 5 "another exit code" replay "$work/other.schedule"
has "failure, another failure than the finding: exit code 3" "another exit code"
has "finding: failure at exit code 4" "another exit code"
finds deadlock deadlock "held by main since"
sed 's/^place schedule_cases+0x[0-9a-f]*/place schedule_cases+0x1/' "$work/deadlock/schedule_cases-deadlock.schedule" >"$work/other.schedule"
expect 5 "another deadlock" replay "$work/other.schedule"
sed -i 's/^build .*/build file 0/' "$work/other.schedule"
expect 1 "offsets of another build" replay "$work/other.schedule"
has "is another build" "offsets of another build"
expect 1 "stacks of a deadlock" replay -v "$work/deadlock/schedule_cases-deadlock.schedule"
has "backwards at cases_wrong.c" "stacks of a deadlock"
has "deadlock at cases_wrong.c" "stacks of a deadlock"
finds crash crash SIGSEGV
finds abort crash SIGABRT
finds behind-unlock failure "gone behind the unlock"
grep -q "about to go on at" "$work/found" || complain "behind-unlock: the trace does not say so"
grep -q "puts_down.*: go on at cases_wrong.c" "$work/found" || complain "behind-unlock: the last turn is not in the trace"
finds pipe-deadlock deadlock "waits to use file"
finds locked-twice deadlock "which is held by main since"
finds read-twice deadlock "waits to lock to read"
finds no-signal deadlock "main waits for a signal at cases_wrong.c"
finds livelock livelock "main is about to" --steps 2000
expect 1 hang explore --strategy random --schedules 300 --timeout 2 -- "$cases" hang
has "^schedule_cases: hang after" hang
expect 1 "AddressSanitizer in a program" explore --strategy random --schedules 300 --report "$work/freed" -- "$bin/schedule_freed"
has "^schedule_freed: sanitizer after .*heap-use-after-free" "AddressSanitizer in a program"
grep -q '^place heap-use-after-free' "$work/freed/schedule_freed.schedule" || complain "AddressSanitizer in a program: no place"
turn=0
while [ $turn -lt $replays ]; do
    expect 1 "AddressSanitizer in a program, replay $turn" replay "$work/freed/schedule_freed.schedule"
    has "^schedule_freed: sanitizer again" "AddressSanitizer in a program, replay $turn"
    turn=$((turn + 1))
done

# Memory accesses.
expect 1 "--memory" explore --memory --strategy random --schedules 300 --report "$work/memory" -- "$bin/schedule_memory"
has "^schedule_memory: failure after .*40 were deposited" "--memory"
turn=0
while [ $turn -lt $replays ]; do
    expect 1 "--memory, replay $turn" replay "$work/memory/schedule_memory.schedule"
    turn=$((turn + 1))
done
expect 0 "the same without --memory" explore --strategy random --schedules 50 -- "$bin/schedule_memory"
expect 0 "--memory of a program that does not tell" explore --memory --strategy random --schedules 3 -- "$cases" mutex
has "itself does not tell of its memory accesses" "--memory of a program that does not tell"


for case in cancel-points cancel-disabled cancel-busy once-left child-signal fork-handlers; do
    expect 0 "$case with AddressSanitizer" explore --strategy random --schedules 5 -- "$bin/schedule_cases_asan" $case
done
expect 0 "LeakSanitizer in a program" explore --strategy random --schedules 10 -- "$bin/schedule_leaks"
has " [0-9] decisions each" "LeakSanitizer in a program"

# What something else than the order of threads causes is told with that remark, or with a schedule; never as nothing at all.
for seed in 1 2 3 4 5 6 7 8 9 10 11 12; do
    run explore --seed $seed --strategy random --schedules 6 --report "$work/chance" -- "$cases" by-chance
    [ $code -eq 0 ] || has "^schedule_cases: failure after" "a finding by chance"
done

# All findings, each once with a file of its own; parts joined are the whole.
ways() { # folder, options...
    folder=$1
    shift
    "$esecheck" explore --strategy random --schedules 31 --all --report "$work/$folder" "$@" -- "$cases" two-ways >"$work/log" 2>&1
    code=$?
    [ $code -le 1 ] || complain "two-ways, $folder: exit $code"
}
core() { # folder: what it saw and found
    sed -n -e '/^conflicts/q' -e '/^finding /,$p' -e '/^schedules /p' -e '/^decisions /p' \
        "$work/$1/schedule_cases-two-ways.exploration" | grep -v -e '^schedule ' -e '^text '
}
ways whole
has "exit code 2: thread 2 was the first" "two-ways"
has "exit code 3: thread 3 was the first" "two-ways"
for file in schedule_cases-two-ways.schedule schedule_cases-two-ways.2.schedule; do
    expect 1 "$file" replay "$work/whole/$file"
done
ways part1 --shard 1/3
ways part2 --shard 2/3
ways part3 --shard 3/3 --jobs 2
expect 1 "parts of a program" merge "$work/part1" "$work/part2" "$work/part3" --report "$work/joined"
has "^schedule_cases-two-ways: 31 schedules of 3 parts.* 2 findings" "parts of a program"
core whole >"$work/a"
core joined >"$work/b"
cmp -s "$work/a" "$work/b" || { diff "$work/a" "$work/b" | head -n 8; complain "the parts of a program are not the whole"; }
for file in $(sed -n 's/^schedule //p' "$work/joined/schedule_cases-two-ways.exploration"); do
    expect 1 "$file, joined" replay "$work/joined/$file"
done
expect 1 "names of arguments" explore --strategy random --schedules 20 --report "$work/whole" -- "$cases" two-ways "a/b c"
[ -n "$(ls "$work/whole"/schedule_cases-two-ways-a-b-c-*.schedule)" ] || complain "names of arguments: $(ls "$work/whole")"

refuses() { # text, program, arguments...
    text=$1
    shift
    expect 3 "$text" explore --schedules 3 -- "$@"
    has "$text" "$text"
    [ "$(wc -l <"$work/log")" -eq 1 ] || complain "$text: more than one line"
}

printf '#!/bin/sh\n' >"$work/script"
cp "$work/script" "$work/plain"
chmod +x "$work/script"
refuses "no such program in PATH" no-program-of-this-name
refuses "no such program" "$work/none"
refuses "not executable" "$work/plain"
refuses "is a script" "$work/script"
refuses "is a directory" "$work"
refuses "ThreadSanitizer" "$bin/tsan_control"
refuses "starts no second thread" "$cases"
expect 2 "what is for engines" explore --faults --schedules 3 -- "$cases" lost-update
has "^esecheck: --faults is for engines" "what is for engines"
for case in $("$cases" | sed -n 's/^refused //p'); do
    refuses "does what the scheduler cannot control: [a-z]" "$cases" "$case"
done
[ ! -x /sbin/ldconfig ] || /sbin/ldconfig --version >/dev/null 2>&1 && file=/sbin/ldconfig &&
    if head -c 4 $file | grep -q ELF; then refuses "statically linked" $file; fi
if [ "$(id -u)" -eq 0 ]; then
    cp "$cases" "$work/other-user"
    chown 65534 "$work/other-user" && chmod u+s "$work/other-user" && refuses "set-user-ID" "$work/other-user" mutex
fi
expect 2 "an option for scripts" explore --engine x -- "$cases" mutex
expect 2 "scripts and a program" explore a.scenario -- "$cases" mutex

passed_all programs
