# scenarios/tests/explorer/checks.sh - what the checks of explore, faults and crash share; to be sourced.
#
# Needs $esecheck, survives also $bin. Sets $work (a directory that goes with the script) and $failed; $work/log is the last output.
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

# The engine itself: `esecheck faults --quick` with these options on these scripts (NAME.scenario) finds nothing, and what it
# says shows that it looked. Every script could be set up and conforms; it has its lines, one for the short form and one for
# the whole (with --brief only the former), and by each of them all that was to be tried was tried, or others tried it
# before. Of the faults nearly all came: a few do not where threads run free, or a fault makes a run take another way.
survives() { # what, options and scripts...
    what=$1 names='' lines=2
    shift
    for word in "$@"; do
        case $word in
        *.scenario) names="$names $(basename "$word" .scenario)" ;;
        --brief) lines=1 ;;
        esac
    done
    expect 0 "$what" faults --quick --engine "$bin/libesent.so" "$@"
    awk -F '; ' -v names="$names" -v lines=$lines '
        / of them in scope at [0-9]+ places/ {
            name = $0
            sub(/( \(short\))?: .*/, "", name)
            told[name]++
            if ($2 ~ /^[0-9]+ of [0-9]+ faults, [0-9]+ came, 0 findings,/) {
                split($2, word, " ")
                if (word[1] != word[3]) wrong("not all were tried: " $0)
                tried += word[1]
                came += word[5]
            } else if ($2 !~ /^all of them were tried before$/)
                wrong("no count: " $0)
        }
        / struck elsewhere than / { wrong("not always the same: " $0) }
        { split($0, word, " ") }
        /^  / && word[2] == "conforms" { conforms[word[1]]++ }
        function wrong(text) { print "  " text; bad++ }
        END {
            count = split(names, name_of, " ")
            for (i = 1; i <= count; i++) {
                name = name_of[i]
                if (told[name] != lines) wrong(name ": " told[name] + 0 " lines, expected " lines)
                if (conforms[name] != 1) wrong(name " does not conform")
            }
            if (count == 0 || tried == 0 || came < tried * 0.9) wrong("of " tried + 0 " faults " came + 0 " came")
            print tried + 0, "faults,", came + 0, "came,", count, "scripts"
            exit bad > 0
        }' "$work/log" || complain "$what: not everything was tried"
}

passed_all() { # name
    [ $failed -eq 0 ] && echo "$1: passed"
    [ $failed -eq 0 ]
}
