#!/bin/sh
# scenarios/tests/explorer/check_faults_sanitized.sh ESECHECK BIN-DIR LIBRARY-DIR - `esecheck faults` with AddressSanitizer.
#
# What the engine does wrong with its memory when something goes wrong: the reference engine survives the first error of every
# place of a few short scripts, by night every kind at every place of all scripts, without a report. An engine that writes
# behind a block on such a path (tests/zoo/faults/writes_behind.c) is found out, which without a sanitizer nobody sees.
set -u
[ $# -eq 3 ] || { sed -n '2,6s/^# \{0,1\}//p' "$0" >&2; exit 2; }
esecheck=$1 bin=$2 library=$3
here=$(dirname "$0")
. "$here/checks.sh"

expect 1 writes_behind faults "$here/faulty.scenario" --engine "$bin/zoo/libfault_writes_behind.so" --quick --brief --kinds ENOMEM \
    --scope malloc,JetOpenTable,actor:writer
has "^  sanitizer: ENOMEM at malloc .*: a sanitizer reported: AddressSanitizer" writes_behind
has "zoo_before at writes_behind.c:12" "writes_behind: where it went wrong"
has "heap-buffer-overflow .*writes_behind.c:14" "writes_behind: what was reported"
again writes_behind
has "^  sanitizer: ENOMEM at malloc" "writes_behind, again"

if [ "${ESECHECK_TIER:-quick}" = nightly ]; then
    set -- --kinds all "$library"/*.scenario
else
    set -- --brief
    for name in ddl commits stop-during-init snapshot-term long-compact; do
        set -- "$@" "$library/$name.scenario"
    done
fi
survives "every place" --scope setup,race,term,death,restart --jobs 2 "$here/faulty.scenario" "$here/faulty-backup.scenario" "$@"
passed_all "faults with a sanitizer"
