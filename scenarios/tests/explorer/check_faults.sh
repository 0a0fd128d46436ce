#!/bin/sh
# scenarios/tests/explorer/check_faults.sh ESECHECK BIN-DIR LIBRARY-DIR - `esecheck faults`.
#
# Engines that are wrong when something goes wrong (tests/zoo/faults) are found out, and the line that comes with a finding
# shows it again; the reference engine survives every kind of fault at every distinct place of all scripts (at every
# operation, by night: sweep_faults.sh); wrong options are refused.
set -u
[ $# -eq 3 ] || { sed -n '2,6s/^# \{0,1\}//p' "$0" >&2; exit 2; }
esecheck=$1 bin=$2 library=$3
small=$(dirname "$0")/faulty.scenario
backup=$(dirname "$0")/faulty-backup.scenario
. "$(dirname "$0")/checks.sh"

finds() { # engine, verdict and how it begins what it says, kind, scope, script, options...
    began=$(date +%s) name=$1 verdict=${2%%: *} why=${2#"${2%%: *}"} kind=$3 scope=$4 script=${5:-$small}
    shift $(($# > 5 ? 5 : $#))
    set -- "$@" --engine "$bin/zoo/libfault_$name.so"
    expect 1 "$name" faults "$script" --quick --kinds "$kind" --scope "$scope" --report "$work/$name.$scope" "$@"
    has "^  $verdict: $kind at [^:]*$why" "$name"
    has "libfault_$name\|libesent" "$name: a stack"
    seen=$(grep "operations, .*findings" "$work/log" | head -n 1)
    ls "$work/$name.$scope/histories/"*.jsonl >"$work/ignored" 2>&1 || complain "$name: no history"
    again "$name"
    case $line in faults*--fault*) ;; *) complain "$name: no fault in the line that shows it again: $line" ;; esac
    has "^  $verdict: $kind at [^:]*$why" "$name, again"
    echo "$name: $verdict; $seen; $(($(date +%s) - began)) s"
}

# Those that let some seconds pass, beside the others.
wait_for() {
    work=$work/apart
    mkdir "$work"
    finds waits_uncontrolled "hang: nothing moved any more: no entry and no return" ENOMEM memory,JetBeginTransaction,actor:writer \
        "$small" --timeout 6
    has "waits_uncontrolled.c:" "waits_uncontrolled: where it is"
    # Its own memory is the first that a commit asks for; the engine's behind it comes as the threads have it.
    expect 1 leaves_thread_uncontrolled faults "$small" --engine "$bin/zoo/libfault_leaves_thread_uncontrolled.so" \
        --fault "ENOMEM at malloc in JetCommitTransaction"
    has "^  leak: ENOMEM at [^:]*: [0-9]* threads were left running" leaves_thread_uncontrolled
    again leaves_thread_uncontrolled
    has "^  leak: ENOMEM at [^:]*: [0-9]* threads were left running" "leaves_thread_uncontrolled, again"
    exit $failed
}
wait_for >"$work/apart.log" 2>&1 &
apart=$!

finds swallows_full_disk lost-data ENOSPC write,pwrite,JetCommitTransaction
finds leaks_on_error leak ENOMEM memory,JetOpenTable
finds keeps_lock deadlock ENOMEM memory,JetBeginTransaction
finds stops_without_worker admitted-though-denied EAGAIN thread
finds failed_stop_denies changed-after-failure ENOMEM memory,JetStopServiceInstance
finds failed_stop_keeps_depth changed-after-failure ENOMEM memory,JetStopServiceInstance
finds failed_stop_aborts_backup changed-after-failure ENOMEM memory,JetStopBackupInstance "$backup"
stuck="an instance cannot be terminated, with nothing going wrong any more"
finds never_ends "cannot-restart: $stuck" ENOMEM memory,JetBeginSession,race
finds never_ends "cannot-restart: $stuck" ENOMEM memory,JetBeginSession,restart
finds uses_no_memory "crash: the process crashed: SIGSEGV" ENOMEM memory,JetOpenTable,race
has "uses_no_memory.c:12" "uses_no_memory: where it crashed"
finds never_starts_again cannot-restart ENOMEM memory,JetInit,restart
finds says_anything undocumented-code ENOMEM memory,JetOpenTable
finds leaves_descriptor leak ENOMEM memory,JetBeginSession,race
finds leaves_thread deadlock ENOMEM memory,JetCommitTransaction
finds leaks_uncontrolled leak ENOMEM memory,JetOpenTable
has "cannot be controlled: operations are counted within actor and function" "leaks_uncontrolled"
has "actor writer" "leaks_uncontrolled"

# What faults do not reach is said, whatever comes of the rest.
expect 0 "a mapping that is stored into" faults "$small" --engine "$bin/zoo/libfault_maps_its_file.so" --quick \
    --kinds ENOMEM --scope memory,JetBeginSession
has "^  not covered: what is stored into the writable shared mapping of .*/maps-its-file" "a mapping that is stored into"
has "^faulty: .* in scripts before); all of them were tried before" "places of the same script made short"

expect 0 "an engine that is not always the same" faults "$small" --engine "$bin/zoo/libfault_never_the_same.so" --brief \
    --kinds ENOMEM --scope memory,JetOpenTable
has "^  [1-9][0-9]* struck elsewhere than at the operation they were made for" "an engine that is not always the same"

# The engine itself: every place of all scripts, once and lasting, with every kind that the operation can have (by day without
# delays). With a sanitizer: check_faults_sanitized.sh. Every operation: sweep_faults.sh.
kinds=errors,short,flip,stale,lost,torn
[ "${ESECHECK_TIER:-quick}" != nightly ] || kinds=all
survives "every place" --kinds $kinds --scope setup,race,term,death,restart --jobs 2 "$small" "$backup" "$library"/*.scenario

# What is most ordinary of a file's lock: another process has it.
expect 0 "a lock that another has" faults "$small" --engine "$bin/libesent.so" --quick --kinds EAGAIN,EACCES \
    --scope lock,setup,race,term,death,restart
has "; \([1-9][0-9]*\) of \1 faults, \1 came, 0 findings" "a lock that another has"

# A kill is the fault's, not the engine's; what was committed before it is there.
expect 0 "a fault that kills" faults "$small" --engine "$bin/libesent.so" --fault "kill at pwrite state race nth 3"
has "1 of 1 faults, 1 came, 0 findings" "a fault that kills"
sed 's/^        JetOpenTable/        fault kill at fdatasync, fsync, dsync nth 2\n&/' "$small" >"$work/killed.scenario"
expect 0 "a step that kills" run "$work/killed.scenario" --engine "$bin/libesent.so" --repeat 2

expect 0 "no time" faults "$library/suspend-resume.scenario" --engine "$bin/libesent.so" --time 2 --jobs 1
has "^  the time is over: [1-9][0-9]* of them were not tried" "no time"

# What cannot be meant is refused before anything runs.
expect 2 "a kind that is none" faults "$small" --kinds EVIL
has "EVIL is no kind of fault" "a kind that is none"
expect 2 "a scope that is none" faults "$small" --scope lunch
has "lunch is no scope" "a scope that is none"
expect 2 "a fault that is none" faults "$small" --fault "EIO at home"
has "esecheck: --fault: 'home' where " "a fault that is none"
has "'home' where an operation" "a fault that is none"
expect 2 "a fault of an actor that nobody is" faults "$small" --fault "EIO at fsync actor nobody"
has "faulty.scenario has no actor nobody; there are writer, stopper, engine and runner" "a fault of an actor that nobody is"
expect 2 "a fault of a copy that there is not" faults "$small" --fault "EIO at fsync actor writer.2"
expect 2 "a kill behind the death" faults "$small" --fault "kill at open state restart"
has "kill makes no sense in state restart" "a kill behind the death"
expect 2 "no script" faults
expect 3 "a fault that does not come" faults "$small" --engine "$bin/libesent.so" --fault "EIO at mremap"
has "again: .*--fault 'EIO at mremap'" "a fault that does not come"
expect 3 "nothing in scope" faults "$small" --engine "$bin/libesent.so" --quick --kinds EACCES --scope JetStopServiceInstance
has "no operation in scope" "nothing in scope"
expect 3 "a kind that nothing in scope can have, at each place" faults "$small" --engine "$bin/libesent.so" --quick \
    --kinds EACCES --scope JetOpenTable
expect 1 "steps" faults "$small" --engine "$bin/zoo/libfault_leaks_on_error.so" --steps 5000000 --quick --kinds ENOMEM \
    --scope memory,JetOpenTable
has "again: .* --steps 5000000 --fault " "steps"
expect 3 "a kind that nothing in scope can have" faults "$small" --engine "$bin/libesent.so" --kinds lost --scope memory

wait $apart || failed=$((failed + 1))
cat "$work/apart.log"
passed_all faults
