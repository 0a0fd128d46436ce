#!/usr/bin/env bash
# wine-check.sh BIN_DIRECTORY [REPEATS] - runs the Windows build under Wine, headless.
#
# 1. esecheck.exe with the esent.dll of this project: the script library must conform.
# 2. esecheck.exe with Wine's own esent.dll, in which every export is a stub that raises exception
#    0x80000100: it must say `unsupported` and end with exit code 3, not with a crash.
# The closing line counts both.
set -uo pipefail
bin=$(cd "$1" && pwd)
repeats=(${2:+--repeat "$2"})
export WINEDEBUG=-all WINEDLLOVERRIDES="mscoree=;mshtml=" DISPLAY=
WINEPREFIX=$(mktemp -d)
export WINEPREFIX
work=$(mktemp -d)
leave() { # with the folder of the socket, whose name Debian's Wine keeps in the prefix
    wineserver -k -w 2>/dev/null
    local socket
    socket=$(cat "$WINEPREFIX/wineserver" 2>/dev/null)
    [[ $socket != wine-?????? ]] || rm -rf "/tmp/$socket"
    rm -rf "$WINEPREFIX" "$work"
}
trap leave EXIT
wine wineboot -i >/dev/null 2>&1

passed=0
failed=0
skipped=0

wine "$bin/esecheck.exe" run --jobs 2 ${repeats[@]+"${repeats[@]}"} --report "$work/report" >"$work/run.log" 2>&1
code=$?
cat "$work/run.log"
line=$(tr -d '\r' <"$work/run.log" | grep -E '^[0-9]+ passed, [0-9]+ failed, [0-9]+ skipped$' | tail -n 1)
if [ -n "$line" ]; then
    read -r p _ f _ s _ <<<"$line"
    passed=$((passed + p))
    failed=$((failed + f))
    skipped=$((skipped + s))
    [ $code -eq 0 ] || [ "$f" -ne 0 ] || failed=$((failed + 1))
else
    echo "esecheck.exe run: exit code $code and no closing line"
    failed=$((failed + 1))
fi

wine "$bin/esecheck.exe" explore any.scenario >"$work/explore.log" 2>&1
code=$?
if [ $code -eq 3 ] && grep -q 'explore is not available on this platform' "$work/explore.log"; then
    passed=$((passed + 1))
else
    echo "esecheck.exe explore: exit code $code: $(head -n 1 "$work/explore.log")"
    failed=$((failed + 1))
fi

stub=$(find /usr/lib -path '*x86_64-windows/esent.dll' 2>/dev/null | head -n 1)
if [ -z "$stub" ]; then
    echo "Wine's own esent.dll was not found: not run"
    skipped=$((skipped + 1))
else
    wine "$bin/esecheck.exe" matrix --engine 'C:\windows\system32\esent.dll' --format tsv \
        >"$work/stub.tsv" 2>"$work/stub.log"
    code=$?
    # 161 public functions, each unsupported in its control cell, and nothing that conforms.
    unsupported=$(tr -d '\r' <"$work/stub.tsv" | awk -F'\t' '$2 == "none" && $5 == "unsupported"' | wc -l)
    conforms=$(tr -d '\r' <"$work/stub.tsv" | awk -F'\t' '$5 == "conforms"' | wc -l)
    echo "Wine's own esent.dll: exit code $code, $unsupported functions unsupported, $conforms cells conform"
    if [ $code -eq 3 ] && [ "$unsupported" -eq 161 ] && [ "$conforms" -eq 0 ]; then
        passed=$((passed + 1))
    else
        tail -n 20 "$work/stub.log"
        failed=$((failed + 1))
    fi
fi
printf '%d passed, %d failed, %d skipped\n' $passed $failed $skipped
[ $failed -eq 0 ]
