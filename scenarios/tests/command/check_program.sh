#!/bin/sh
# scenarios/tests/command/check_program.sh - the program as a user meets it: exit codes and messages.
#
#   check_program.sh ESECHECK ENGINE LIBRARY-DIR [WRONG-ENGINE-DIR]
#
# Bad input must end with the right exit code and exactly one line that names what is wrong; good input
# must leave the files that it promises. Without the directory of wrong engines their checks are
# left out. Ends with "N passed, N failed"; the exit code is 0 if nothing failed.
set -u

[ $# -ge 3 ] || {
    echo "usage: check_program.sh ESECHECK ENGINE LIBRARY-DIR [WRONG-ENGINE-DIR]" >&2
    exit 2
}
esecheck=$1 engine=$2 library=$3 zoo=${4:-}
work=$(mktemp -d "${TMPDIR:-/tmp}/program.XXXXXX") || exit 2
trap 'chmod -R u+w "$work" 2>/dev/null; rm -rf "$work"' EXIT
trap 'exit 2' HUP INT TERM
passed=0 failed=0

ok() {
    passed=$((passed + 1))
}

wrong() { # what, detail
    failed=$((failed + 1))
    printf 'WRONG %s: %s\n' "$1" "$2"
    sed 's/^/    /' "$work/out" "$work/err" 2>/dev/null | head -n 12
}

run() { # arguments of esecheck; $code, out and err are left
    "$esecheck" "$@" >"$work/out" 2>"$work/err" </dev/null
    code=$?
}

# Exit code, one line on standard error, and that line matches.
refused() { # what, code, pattern, arguments...
    what=$1 wanted=$2 pattern=$3
    shift 3
    run "$@"
    if [ $code -ne "$wanted" ]; then
        wrong "$what" "exit code $code instead of $wanted"
    elif [ "$(wc -l <"$work/err")" -ne 1 ]; then
        wrong "$what" "not exactly one line of message"
    elif ! grep -q -e "$pattern" "$work/err"; then
        wrong "$what" "the message does not match '$pattern'"
    else
        ok
    fi
}

accepted() { # what, code, pattern for standard output, arguments...
    what=$1 wanted=$2 pattern=$3
    shift 3
    run "$@"
    if [ $code -ne "$wanted" ]; then
        wrong "$what" "exit code $code instead of $wanted"
    elif ! grep -q -e "$pattern" "$work/out"; then
        wrong "$what" "the output does not match '$pattern'"
    else
        ok
    fi
}

there() { # what, file
    if [ -s "$2" ]; then ok; else wrong "$1" "$2 is missing or empty"; fi
}

quick=$work/quick.scenario
cat >"$quick" <<'END'
scenario quick
title "A small script of its own"
repeat 1
instance main
database data
table rows in data rows 5
actor only
    JetBeginSession => JET_errSuccess
    JetOpenDatabase
    JetOpenTable
    JetBeginTransaction
    insert rows
    JetCommitTransaction => JET_errSuccess
    JetStopServiceInstance => JET_errSuccess
    JetBeginTransaction => JET_errClientRequestToStopJetService
end
expect no-overlap
END

# Usage.
run
if [ $code -eq 2 ] && grep -q '^usage: ' "$work/err"; then ok; else wrong "no arguments" "exit $code"; fi
accepted "--help" 0 '^usage: esecheck' --help
accepted "--version" 0 '^esecheck [0-9]' --version
accepted "help run" 0 '--engine FILE' help run
accepted "run --help" 0 '--engine FILE' run --help
refused "unknown command" 2 'unknown command sprint' sprint
refused "help for an unknown command" 2 'unknown command sprint' help sprint
refused "unknown option" 2 'unknown option --sed' run --sed 1
refused "option of another command" 2 'unknown option --schedules' run --schedules 2
refused "option without its value" 2 '--seed needs a value' run --seed
refused "seed that is no number" 2 '--seed one' run --seed one
refused "repeat of nothing" 2 '--repeat 0' run --repeat 0
refused "negative number" 2 '--timeout -1' run --timeout -1
refused "unknown profile" 2 'documented or ese' run --profile strict
refused "unknown format" 2 'table or tsv' matrix --format html
refused "setting without a value" 2 'JET_paramX=VALUE' run --set JET_paramRecovery
refused "unknown parameter" 2 'JET_paramNone is no system parameter' run --set JET_paramNone=1
refused "files for a command without" 2 'usage: esecheck matrix' matrix "$quick"
refused "judge without a file" 2 'usage: esecheck judge' judge
refused "a kind of fault that is none" 2 'EVIL is no kind' faults --kinds EVIL "$quick"

# Scripts.
refused "no such script" 2 'none.scenario' run "$work/none.scenario" --engine "$engine"
printf 'scenario broken\ntitle "x"\ninstance main\nactor a\n    JetBeginSesion\nend\n' >"$work/fn.scenario"
refused "unknown function" 2 'fn.scenario:5:5: .*JetBeginSession' run "$work/fn.scenario" --engine "$engine"
printf 'scenario broken\ninstance main\nactor a\n    repeat\nend\n' >"$work/broken.scenario"
refused "malformed script" 2 'broken.scenario:[0-9]*:[0-9]*: ' run "$work/broken.scenario" --engine "$engine"
printf 'scenario a\001\n' >"$work/control.scenario"
refused "control character" 2 'control.scenario:1:' run "$work/control.scenario" --engine "$engine"
mkdir "$work/unreadable.scenario"
refused "a directory without scripts" 2 'unreadable.scenario' run "$work/unreadable.scenario" --engine "$engine"
refused "filter that fits nothing" 3 'no script' run --filter 'no-such-*' --engine "$engine"

# Engines.
refused "no such engine" 3 'none.so' run "$quick" --engine "$work/none.so"
echo "not a library" >"$work/text.so"
refused "an engine that is text" 3 'text.so' run "$quick" --engine "$work/text.so"
: >"$work/empty.so"
refused "an empty engine" 3 'empty.so' run "$quick" --engine "$work/empty.so"
head -c 3000 "$engine" >"$work/cut.so"
refused "half an engine" 3 'cut.so' run "$quick" --engine "$work/cut.so"
other=$(ldd "$esecheck" 2>/dev/null | sed -n 's/.* => \(.*libc\.so[^ ]*\) .*/\1/p' | head -n 1)
[ -z "$other" ] || refused "a library that is no engine" 3 "$(basename "$other")" run "$quick" --engine "$other"
refused "pre-init without such a symbol" 3 'no_such_symbol' run "$quick" --engine "$engine" --pre-init no_such_symbol

# Several at once: the same cases in the same order, whoever ends first; one bad script ends it all.
mkdir "$work/several"
for name in e d c b a; do
    sed -e "s/^scenario quick/scenario $name/" -e "s/^repeat 1/repeat $([ $name = a ] && echo 4 || echo 1)/" \
        "$quick" >"$work/several/$name.scenario"
done
accepted "five scripts, three at once" 0 '^5 passed, 0 failed, 0 skipped$' \
    run "$work/several" --engine "$engine" --jobs 3
order=$(awk '$2 == "conforms" { printf "%s", $1 }' "$work/out")
if [ "$order" = abcde ]; then ok; else wrong "order of scripts run at once" "$order"; fi
refused "no jobs" 2 '--jobs 0' run "$quick" --engine "$engine" --jobs 0

# Power cuts.
accepted "power cuts" 0 '^  quick  *conforms  *[1-9]' crash "$quick" --states 12 --engine "$engine"
refused "no crash states" 2 '--states 0' crash "$quick" --states 0 --engine "$engine"
sed -e '/^table/d' -e '/insert/d' -e '/OpenTable/d' "$quick" >"$work/bare.scenario"
accepted "no rows, but a restart" 0 "^  quick  *conforms" crash "$work/bare.scenario" --states 12 --engine "$engine"

# Reports.
: >"$work/file"
refused "report below a file" 2 'report directory' run "$quick" --engine "$engine" --report "$work/file/report"
accepted "a run" 0 '^1 passed, 0 failed, 0 skipped$' run "$quick" --engine "$engine" --report "$work/report"
there "junit.xml" "$work/report/junit.xml"
there "the history" "$work/report/histories/quick.jsonl"
history=$work/report/histories/quick.jsonl
accepted "judging it again" 0 'quick.jsonl: conforms' judge "$history"
accepted "judging with the other profile" 0 'conforms' judge "$history" --profile ese
accepted "judging by the profile of the run" 0 ', profile documented$' judge "$history"
sed '1s/"profile": *"documented"/"profile":"ese"/' "$history" >"$work/ese.jsonl"
accepted "judging by the profile of another run" 0 ', profile ese$' judge "$work/ese.jsonl"
accepted "judging by the profile that was asked for" 0 ', profile documented$' judge "$work/ese.jsonl" --profile documented
mkdir "$work/a b"
sed 's/JetBeginSession => JET_errSuccess/JetBeginSession => JET_errOutOfSessions/' "$quick" >"$work/a b/it's.scenario"
run run "$work/a b/it's.scenario" --engine "$engine" --set JET_paramMaxSessions=32
again=$(sed -n 's/^  again: //p' "$work/out" | head -n 1)
sh -c "$again" >"$work/again" 2>&1
if [ $? -eq 1 ] && grep -q '^0 passed, 1 failed' "$work/again" && [ "${again#*JET_paramMaxSessions=32}" != "$again" ]; then
    ok
else
    wrong "the command that shows it again" "$again: $(head -n 3 "$work/again")"
fi
accepted "running it again" 0 '^quick: conforms' replay "$history" --engine "$engine"
accepted "the report again" 0 '^1 passed, 0 failed, 0 skipped$' report "$work/report"
refused "a directory that is no report" 2 'no histories' report "$work"
accepted "the list" 0 'commits' list
head -c 2000 "$history" >"$work/cut.jsonl"
refused "half a history" 2 'cut.jsonl:' judge "$work/cut.jsonl"
sed '3s/"actor"/"akteur"/' "$history" >"$work/word.jsonl"
refused "a damaged line" 2 'word.jsonl:3' judge "$work/word.jsonl"
sed 's/"leave":[0-9]*/"leave":1/' "$history" >"$work/order.jsonl"
refused "a history that contradicts itself" 2 'order.jsonl:[0-9]*: ' judge "$work/order.jsonl"
refused "no such history" 2 'none.jsonl' judge "$work/none.jsonl"
refused "a history to replay that is none" 2 'quick.scenario' replay "$quick"
sed 's/^scenario quick/scenario expecting/; s/JetBeginSession => JET_errSuccess/JetBeginSession => JET_errOutOfSessions/' \
    "$quick" >"$work/expect.scenario"
accepted "an expectation that fails" 1 '0 passed, 1 failed, 0 skipped' run "$work/expect.scenario" --engine "$engine"

# A broken seed or setting changes nothing silently: the setting reaches the engine.
accepted "a setting" 0 '^1 passed' run "$quick" --engine "$engine" --set JET_paramMaxSessions=32
accepted "a setting the engine refuses" 3 'JET_paramDatabasePageSize' run "$quick" --engine "$engine" \
    --set JET_paramDatabasePageSize=3

# Known failures.
printf 'expecting: wrong-code # the script is wrong on purpose\n' >"$work/known"
accepted "a known failure is green" 0 '^1 passed, 0 failed' run "$work/expect.scenario" --engine "$engine" --known "$work/known"
printf 'quick # it used to fail\n' >"$work/passes"
accepted "a known failure that passes is red" 1 '^0 passed, 1 failed' run "$quick" --engine "$engine" --known "$work/passes"
printf 'expecting: hang # another one\n' >"$work/other"
accepted "a known failure of another kind is red" 1 '^0 passed, 1 failed' run "$work/expect.scenario" --engine "$engine" --known "$work/other"
printf '# fine\n\nquick\n' >"$work/noreason"
refused "a known failure without a reason" 2 'noreason:3: ' run "$quick" --engine "$engine" --known "$work/noreason"
printf 'quick: funny # x\n' >"$work/noverdict"
refused "a known failure with no verdict" 2 'noverdict:1: ' run "$quick" --engine "$engine" --known "$work/noverdict"
refused "a directory of known failures" 2 'cannot be read' run "$quick" --engine "$engine" --known "$work"
printf 'quikc # a slip\n' >"$work/slip"
run run "$quick" --engine "$engine" --known "$work/slip"
if grep -q 'no case is named quikc' "$work/err"; then ok; else wrong "a known failure that names no case" "no word of it"; fi
refused "no such file of known failures" 2 'cannot be read' run "$quick" --engine "$engine" --known "$work/none"

# The matrix.
accepted "a cell as TSV" 0 '^JetBeginSession	stopped	JET_errClientRequestToStopJetService	JET_errClientRequestToStopJetService	conforms$' \
    matrix --filter 'JetBeginSession/*' --format tsv --engine "$engine"
if [ "$(wc -l <"$work/out")" -eq 21 ] && [ "$(head -n 1 "$work/out")" = "function	state	expected	observed	verdict" ]; then
    ok
else
    wrong "the rows of a function" "not a head and one row per state"
fi

# An interrupt ends the child and leaves no files.
cat >"$work/long.scenario" <<'END'
scenario long
title "Rests for a minute"
repeat 1
instance main
actor only
    JetBeginSession
    pause 60000000
end
expect no-overlap
END
mkdir "$work/tmp"
TMPDIR=$work/tmp "$esecheck" run "$work/long.scenario" --engine "$engine" >/dev/null 2>&1 &
pid=$!
tries=0
while [ -z "$(ls "$work"/tmp/esecheck-*/job-*/run-* 2>/dev/null)" ] && [ $tries -lt 100 ]; do
    sleep 0.1
    tries=$((tries + 1))
done
kill -TERM $pid
wait $pid 2>/dev/null
code=$?
if [ $code -eq 143 ] && [ -z "$(ls "$work/tmp")" ]; then
    ok
else
    wrong "an interrupt" "exit code $code, left: $(ls "$work/tmp")"
fi

# Nobody is inside the engine for longer than the limit of a hang: the script rests, the engine does not hang.
sed 's/^\( *\)JetBeginSession => JET_errSuccess/&\n\1pause 2500000/' "$quick" >"$work/rests.scenario"
accepted "a rest is no hang" 0 '^1 passed' run "$work/rests.scenario" --engine "$engine" --repeat 1 --timeout 4

# What a child does not survive.
if [ -n "$zoo" ]; then
    # A broken cell names its clause and page; its history shows the same and how to see it again.
    accepted "a broken cell" 1 'page: jetstopserviceinstance-function (clause stop.denied)' matrix \
        --engine "$zoo/libzoo_stop_ignored.so" --filter 'JetMove/stopped' --report "$work/cell"
    there "the history of a cell" "$work/cell/histories/JetMove-stopped.jsonl"
    accepted "the cell judged again" 1 "^again: .* matrix --filter JetMove/stopped" judge \
        "$work"/cell/histories/JetMove*.jsonl
    accepted "a crash is told with its stack" 1 'JetStopServiceInstance' run "$library/commits.scenario" \
        --engine "$zoo/libzoo_crash_in_stop.so" --repeat 1 --report "$work/crash"
    there "the history of a crash" "$work/crash/histories/commits.jsonl"
    accepted "the crash judged again" 1 'crash' judge "$work/crash/histories/commits.jsonl"
fi

echo "$passed passed, $failed failed"
[ $failed -eq 0 ]
