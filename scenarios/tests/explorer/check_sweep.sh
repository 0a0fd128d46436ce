#!/usr/bin/env bash
# scenarios/tests/explorer/check_sweep.sh - sweep_faults.sh: what passed is not played again, what did not pass is.
#
# The esecheck is a stand-in that says what it was asked: two scripts, 2,400 errors and 100 delays in each form of each.
set -uo pipefail
here=$(cd "$(dirname "$0")" && pwd)
work=$(mktemp -d "${TMPDIR:-/tmp}/sweep-check.XXXXXX") || exit 2
trap 'rm -rf "$work"' EXIT
failed=0
mkdir "$work/library"
touch "$work/library/a.scenario" "$work/library/b.scenario" "$work/engine"
cat >"$work/esecheck" <<'STAND_IN'
#!/usr/bin/env bash
here=$(dirname "$0")
case "$*" in
*--count*)
    for script in a $([ -f "$here/one-cannot" ] || echo b); do
        echo "$script: 9 operations, 8 of them in scope at 7 places; 2500 faults; 5 ms without a fault"
        echo "  ENOMEM       1300 once     1100 lasting"
        echo "  delay         100 once        0 lasting"
    done
    exit 0 ;;
esac
echo "$*" | sed "s|$here/library/||g" >>"$here/played"
findings=0 code=0
case "$*" in *--quick*) wanted=5 ;; *errors,short*) wanted=800 ;; *) wanted=100 ;; esac
done=$wanted
if [ -s "$here/wrong" ] && [[ "$*" == *"$(cat "$here/wrong")"* ]]; then
    case $(cat "$here/how") in
    finding) findings=1 code=1 ;;
    cut) done=3 ;;
    nothing) code=3 ;;
    interrupt) exit 130 ;;
    silent) exit 3 ;;
    others) done=7 wanted=7 ;;
    esac
fi
echo "a (short): 9 operations, 8 of them in scope at 7 places; $done of $wanted faults, $done came, $findings findings, 9 per second"
exit $code
STAND_IN
chmod +x "$work/esecheck"

sweep() { # exit code, closing line, how many are played, seconds
    : >"$work/played"
    "$here/sweep_faults.sh" "$work/esecheck" "$work/engine" "$work/library" "$work/marks" "$4" >"$work/out" 2>&1
    local code=$? last played
    last=$(tail -n 1 "$work/out") played=$(awk 'END { print NR }' "$work/played")
    if [ $code -ne "$1" ] || [ "$last" != "$2" ] || [ "$played" -ne "$3" ]; then
        echo "WRONG: exit $code, '$last', $played played; expected exit $1, '$2', $3"
        cat "$work/out" "$work/played"
        failed=1
    fi
}

wrong() { # part of the command line, how
    printf '%s' "$1" >"$work/wrong"
    echo "$2" >"$work/how"
}

# 2 of places; of each form and script 3 of errors and 1 of the others: 18.
sweep 0 "0 passed, 0 failed, 3 skipped" 0 0      # no time: nothing is counted, three sorts are left
wrong "--brief a.scenario" finding               # no command line has that: nothing is wrong
sweep 0 "18 passed, 0 failed, 0 skipped" 18 1000
grep -q -- "--kinds errors,short --shard 3/3 --brief b.scenario" "$work/played" || { echo "WRONG: part 3 of 3"; failed=1; }
sweep 0 "18 passed, 0 failed, 0 skipped" 0 1000  # all marked
sweep 0 "18 passed, 0 failed, 0 skipped" 0 0
echo changed >"$work/engine"                     # another engine: from the beginning
wrong "--shard 2/3 --brief" finding
sweep 1 "16 passed, 2 failed, 0 skipped" 18 1000
sweep 1 "16 passed, 2 failed, 0 skipped" 2 1000  # those with a finding again
wrong "--shard 2/3 --brief" cut                  # not to its end: neither
sweep 1 "16 passed, 2 failed, 0 skipped" 2 1000
wrong "--shard 2/3 --brief" nothing              # no fault came: fine
sweep 0 "18 passed, 0 failed, 0 skipped" 2 1000
echo mute >"$work/engine"
wrong "--shard 2/3 --brief" silent               # nothing was tried at all
sweep 1 "16 passed, 2 failed, 0 skipped" 18 1000
wrong "--quick" silent
echo muter >"$work/engine"
sweep 1 "16 passed, 2 failed, 0 skipped" 18 1000
wrong "--shard 2/3 --brief" others               # other faults than were counted
echo other >"$work/engine"
sweep 1 "16 passed, 2 failed, 0 skipped" 18 1000
touch "$work/one-cannot"                         # a script of which nothing can be counted is no smaller plan
echo less >"$work/engine"
wrong "nothing like it" finding
sweep 1 "2 passed, 2 failed, 0 skipped" 2 1000
rm "$work/one-cannot"
echo again >"$work/engine"
wrong "--shard 3/3 --brief" interrupt
: >"$work/played"
"$here/sweep_faults.sh" "$work/esecheck" "$work/engine" "$work/library" "$work/marks" 1000 >"$work/out" 2>&1
[ $? -eq 130 ] || { echo "WRONG: an interrupted sweep ends as if nothing were"; failed=1; }
before=$(awk 'END { print NR }' "$work/played")
wrong "nothing like it" finding
sweep 0 "18 passed, 0 failed, 0 skipped" $((18 - before + 1)) 1000
[ $failed -eq 0 ] && echo "sweep: passed"
exit $failed
