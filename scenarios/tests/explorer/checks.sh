# scenarios/tests/explorer/checks.sh - what the checks of explore, faults and crash share; to be sourced.
#
# Needs $esecheck. Sets $work (a directory that goes with the script) and $failed; $work/log is the last output.
work=$(mktemp -d "${TMPDIR:-/tmp}/checks.XXXXXX") || exit 2
trap 'rm -rf "$work"' EXIT
trap 'exit 2' HUP INT TERM
failed=0

complain() {
    echo "WRONG: $1"
    tail -n 40 "$work/log"
    failed=$((failed + 1))
}

run() { # arguments...; sets code
    # shellcheck disable=SC2154 # of the script that sources this
    "$esecheck" "$@" >"$work/log" 2>&1
    code=$?
}

expect() { # code, what, arguments...
    wanted=$1 what=$2
    shift 2
    run "$@"
    [ $code -eq "$wanted" ] || complain "$what: exit $code, expected $wanted"
}

has() { # text, what
    grep -q -- "$1" "$work/log" || complain "$2: no '$1'"
}

# The line of the last report that shows a finding again, without the program; runs it.
again() { # what; sets line and code
    line=$(sed -n 's/^  again: [^ ]* //p' "$work/log" | head -n 1)
    printf '"%s" %s\n' "$esecheck" "$line" >"$work/again.sh"
    sh "$work/again.sh" >"$work/log" 2>&1
    code=$?
    [ $code -eq 1 ] || complain "$1: '$line' does not show it again"
}

passed_all() { # name
    [ $failed -eq 0 ] && echo "$1: passed"
    [ $failed -eq 0 ]
}
