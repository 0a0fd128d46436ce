#!/bin/sh
# check_verified.sh ESECHECK ENGINE ESEVERIFY LIBRARY-DIR: what the scripts about backups restore is a sound database.
# Every script that restores is played once; the restored files, which the harness reads only through the API, then go
# through the reference engine's own checker.
set -u
[ $# -eq 4 ] || { sed -n '2,4s/^# \{0,1\}//p' "$0" >&2; exit 2; }
esecheck=$1 engine=$2 eseverify=$3 library=$4
work=$(mktemp -d "${TMPDIR:-/tmp}/verified.XXXXXX") || exit 2
trap 'rm -rf "$work"' EXIT
trap 'exit 2' HUP INT TERM
TMPDIR=$work
export TMPDIR
scripts=0 passed=0
for script in $(grep -l '^ *restore ' "$library"/backup-*.scenario); do
    scripts=$((scripts + 1))
    if ! "$esecheck" run "$script" --engine "$engine" --repeat 1 --keep >"$work/log" 2>&1; then
        cat "$work/log"
        continue
    fi
    # The folder of the instance, not what was set aside or copied.
    file=$(find "$work" -path '*/main/data.edb')
    if "$eseverify" "$file" >"$work/log" 2>&1; then
        passed=$((passed + 1))
    else
        echo "$script: eseverify does not pass what was restored"
        cat "$work/log"
    fi
    rm -rf "$work"/esecheck-*
done
echo "$passed of $scripts passed"
[ "$passed" -eq "$scripts" ] && [ "$passed" -gt 0 ]
