#!/bin/sh
# fuzz/tests/place.sh FUZZ_STOP FUZZ_SEED BIN-DIR ENGINE - where fuzz_stop leaves what.
#
# An instance without a path of its own writes into the current directory: that is not the one the target was started in. An
# input that crashes is kept there all the same, by its default name and by one that is asked for.
set -u
[ $# -eq 4 ] || { sed -n '2,5s/^# \{0,1\}//p' "$0" >&2; exit 2; }
fuzz=$(realpath "$1") maker=$(realpath "$2") bin=$(realpath "$3") engine=$(realpath "$4")
work=$(mktemp -d "${TMPDIR:-/tmp}/place.XXXXXX") || exit 2
trap 'rm -rf "$work"' EXIT
trap 'exit 2' HUP INT TERM
mkdir "$work/seeds" "$work/here"
failed=0
cat >"$work/plain.scenario" <<'EOF'
scenario plain
instance main
database data on main
table rows in data rows 64
actor first
    JetStopServiceInstance
    repeat 16
        choose
            JetTerm
        or
            JetInit
        end
    end
end
expect no-overlap
EOF
"$maker" "$work/plain.scenario" "$work/seeds" || exit 1
cd "$work/here" || exit 2
ESECHECK_ENGINE=$engine "$fuzz" "$work"/seeds/* >"$work/log" 2>&1 || { echo "WRONG: the input is not run"; failed=1; }
[ -z "$(ls -A)" ] || { echo "WRONG: left behind: $(ls -A | tr '\n' ' ')"; failed=1; }
for keep in crash- prefix-crash- exact; do
    case $keep in
    crash-) set -- ;;
    prefix-crash-) set -- -artifact_prefix=prefix- ;;
    exact) set -- -exact_artifact_path=exact ;;
    esac
    ESECHECK_ENGINE=$bin/zoo/libzoo_crash_in_stop.so "$fuzz" "$@" -runs=1 "$work"/seeds >"$work/log" 2>&1 &&
        { echo "WRONG: no crash"; failed=1; }
    ls -d $keep* >/dev/null 2>&1 || { echo "WRONG: no $keep*"; tail -n 20 "$work/log"; failed=1; }
done
[ $failed -eq 0 ] && echo "place: passed"
exit $failed
