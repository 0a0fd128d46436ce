#!/bin/sh
# scenarios/tests/zoo/zoo_check.sh - shows that the checker sees what it is there to see.
#
#   zoo_check.sh animals   ESECHECK BIN-DIR LIBRARY-DIR [ANIMAL...]
#   zoo_check.sh reference ESECHECK BIN-DIR LIBRARY-DIR [RUNS]
#
# animals: every row of animals.tsv (or the animals named): `esecheck run` on the row's scripts with
# that wrong engine must end with exit code 1, the verdict that the row expects must be among those
# reported, and no verdict that the row does not allow.
# reference: the same scripts with the reference engine, RUNS times in a row (default: 2, with a sanitizer 1, or 100 if
# ESECHECK_TIER is nightly) while every processor is kept busy, must end with exit code 0.
#
# One line per animal or run, then "N passed, N failed". Exit code 0 if nothing failed, 2 for usage.
set -u

usage() {
    sed -n '2,6s/^# \{0,1\}//p' "$0" >&2
    exit 2
}
[ $# -ge 4 ] || usage
what=$1 esecheck=$2 bin=$3 library=$4
shift 4
table=$(dirname "$0")/animals.tsv
tab=$(printf '\t')
work=$(mktemp -d "${TMPDIR:-/tmp}/zoo.XXXXXX") || exit 2
load_pids=
finish() {
    for pid in $load_pids; do
        kill "$pid" 2>/dev/null
    done
    rm -rf "$work"
}
trap finish EXIT
trap 'exit 2' HUP INT TERM
passed=0 failed=0 began=$(date +%s)
case $esecheck in
*-asan) build=address ;;
*-tsan) build=thread ;;
*) build=none ;;
esac

# Paths of the scripts named in a comma-separated list.
scripts_of() {
    for script in $(echo "$1" | tr , ' '); do
        echo "$library/$script.scenario"
    done
}

broken='refused-though-allowed|admitted-though-denied|wrong-code|undocumented-code'
broken="$broken|changed-after-failure|lost-data|cannot-restart|crash|hang|sanitizer|leak|unknown"

# The verdicts in a report, each once, on one line: every finding has a line "VERDICT: what was seen".
verdicts_of() {
    sed -n 's/^\(.*<failure[^>]*>\)\{0,1\}\([a-z-]*\): .*/\2/p' "$1/junit.xml" 2>/dev/null |
        grep -E "^($broken)\$" | sort -u | tr '\n' ' ' | sed 's/ $//'
}

result() { # name, expected, seen, ok?
    if [ "$4" -eq 0 ]; then
        passed=$((passed + 1)) word=ok
    else
        failed=$((failed + 1)) word=WRONG
    fi
    printf '%-24s expected %-24s seen %-48s %3d s  %s\n' "$1" "$2" "$3" \
        $(($(date +%s) - began)) $word
}

# Whether each word of $1 is one of the words of $2.
all_in() {
    for word in $1; do
        case " $2 " in *" $word "*) ;; *) return 1 ;; esac
    done
    return 0
}

check_animal() { # animal, expected, also allowed (words separated by |), scripts, options
    report=$work/$1 began=$(date +%s)
    # shellcheck disable=SC2046,SC2086 # lists of words on purpose
    "$esecheck" run $(scripts_of "$4") --engine "$bin/zoo/libzoo_$1.so" --report "$report" $5 \
        >"$work/log" 2>&1
    code=$?
    seen=$(verdicts_of "$report")
    ok=1
    case " $seen " in *" $2 "*) ok=0 ;; esac
    all_in "$seen" "$2 $(echo "$3" | tr '|' ' ')" || ok=1
    [ $code -eq 1 ] || ok=1
    result "$1" "$2" "${seen:-nothing}, exit $code" $ok
    [ $ok -eq 0 ] || tail -n 30 "$work/log"
}

animals() {
    while IFS=$tab read -r animal expected allowed scripts where options; do
        case $animal in '' | '#'*) continue ;; esac
        [ "$where" = any ] || [ "$where" = $build ] || continue
        # ThreadSanitizer takes minutes for what the other builds have judged: by day its own rows are enough.
        if [ $# -eq 0 ] && [ $build = thread ] && [ "$where" = any ] &&
            [ "${ESECHECK_TIER:-quick}" = quick ]; then
            continue
        fi
        if [ $# -gt 0 ]; then
            case " $* " in *" $animal "*) ;; *) continue ;; esac
        fi
        if [ ! -f "$bin/zoo/libzoo_$animal.so" ]; then
            result "$animal" "$expected" "no such library" 1
            continue
        fi
        [ "$allowed" = - ] && allowed=
        check_animal "$animal" "$expected" "$allowed" "$scripts" "$options" </dev/null
    done <"$table"
    # An animal that nobody checks proves nothing.
    for file in "$bin"/zoo/libzoo_*.so; do
        animal=$(basename "$file" .so)
        animal=${animal#libzoo_}
        grep -q "^$animal$tab" "$table" || result "$animal" "a row in animals.tsv" none 1
    done
}

reference() {
    case $esecheck in # a sanitizer build takes several times as long, and judges no better
    *-asan | *-tsan) runs=${1:-1} ;;
    *) runs=${1:-2} ;;
    esac
    [ $# -eq 0 ] && [ "${ESECHECK_TIER:-quick}" = nightly ] && runs=100
    scripts=$(scripts_of "$(grep -v '^#' "$table" | cut -f 4 | tr ',' '\n' | sort -u | tr '\n' ,)")
    processors=$(getconf _NPROCESSORS_ONLN 2>/dev/null || echo 2)
    while [ "$processors" -gt 0 ]; do
        (while :; do :; done) &
        load_pids="$load_pids $!"
        processors=$((processors - 1))
    done
    run=1
    while [ "$run" -le "$runs" ]; do
        began=$(date +%s)
        # shellcheck disable=SC2086 # words on purpose
        "$esecheck" run $scripts --engine "$bin/libesent.so" --report "$work/report" --seed $run \
            --repeat 1 >"$work/log" 2>&1
        code=$?
        seen=$(verdicts_of "$work/report")
        [ $code -eq 0 ] && [ -z "$seen" ]
        ok=$?
        result "reference, run $run" nothing "${seen:-nothing}, exit $code" $ok
        [ $ok -eq 0 ] || tail -n 30 "$work/log"
        run=$((run + 1))
    done
}

case $what in
animals) animals "$@" ;;
reference) reference "$@" ;;
*) usage ;;
esac
echo "$passed passed, $failed failed"
[ $failed -eq 0 ] && [ $passed -gt 0 ]
