#!/bin/sh
# scenarios/tests/explorer/check_progress.sh ESECHECK BIN-DIR - the bars of `esecheck faults` and `esecheck crash`.
#
# On a terminal they show how far they are, and leave the line empty; into a pipe or a file goes nothing of that. A terminal is
# made by script(1); without that the exit code is 77.
set -u
[ $# -eq 2 ] || { sed -n '2,5s/^# \{0,1\}//p' "$0" >&2; exit 2; }
esecheck=$1 bin=$2
here=$(dirname "$0")
. "$here/checks.sh"
command -v script >"$work/log" || { echo "there is no script(1): no terminal can be made"; exit 77; }

shows() { # command, what a line of it holds, arguments...
    command=$1 bar=$2
    shift 2
    printf "'%s' " "$esecheck" "$command" "$@" --engine "$bin/libesent.so" >"$work/run.sh"
    TERM=dumb script -qec "sh $work/run.sh" /dev/null >"$work/log" 2>&1 </dev/null
    code=$?
    [ $code -eq 0 ] || complain "$command on a terminal: exit $code"
    tr '\r' '\n' <"$work/log" >"$work/lines"
    grep -q "$bar" "$work/lines" || complain "$command on a terminal: no bar"
    sed 's/.*\r\(.\)/\1/' "$work/log" >"$work/left" # what is seen in the end
    if grep -q "\[[#.][#.]*\] " "$work/left"; then
        complain "$command on a terminal: the bar stays"
    fi
    sh "$work/run.sh" >"$work/log" 2>&1 </dev/null
    code=$?
    [ $code -eq 0 ] || complain "$command into a file: exit $code"
    if tr '\r' '\n' <"$work/log" | grep -q "\[[#.][#.]*\] "; then
        complain "$command into a file: a bar"
    fi
    if tr -cd '\r' <"$work/log" | grep -q .; then
        complain "$command into a file: the line is written again"
    fi
}

shows faults "^faulty \[####################\] [0-9]* of [0-9]*, 0 findings, [0-9]*/s" \
    "$here/faulty.scenario" --brief --kinds ENOMEM --scope malloc,JetOpenDatabase
shows crash "^rows \[#[#.]*\] crash state [0-9]* of [0-9]*, [0-9]*/s" "$here/../zoo/power/rows.scenario" --states 4
passed_all "bars"
