#!/bin/sh
# scenarios/tests/explorer/check_faults_sanitized.sh ESECHECK BIN-DIR LIBRARY-DIR - `esecheck faults` with AddressSanitizer.
#
# What the engine does wrong with its memory when something goes wrong: the reference engine survives the first error of every
# place of a few short scripts, by night every kind at every place of all scripts, without a report. An engine that writes
# behind a block on such a path (tests/zoo/faults/writes_behind.c) is found out, which without a sanitizer nobody sees. The same
# of `explore --faults`, with an engine that frees an entry twice when a stop comes in between (tests/zoo/both/frees_twice.c).
set -u
[ $# -eq 3 ] || { sed -n '2,7s/^# \{0,1\}//p' "$0" >&2; exit 2; }
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

expect 1 frees_twice explore "$here/small.scenario" --engine "$bin/zoo/libboth_frees_twice.so" --faults --kinds ENOMEM \
    --scope malloc,JetBeginTransaction --schedules 1500 --no-shrink --report "$work/twice"
has "^small: sanitizer after" frees_twice
has "double-free\|use-after-free" "frees_twice: what was reported"
expect 1 "frees_twice, replay" replay "$work/twice/small.schedule"
has "^small: sanitizer again" "frees_twice, replay"
schedules=60
[ "${ESECHECK_TIER:-quick}" != nightly ] || schedules=2000
expect 0 "orders and faults" explore "$here/faulty.scenario" --engine "$bin/libesent.so" --faults --schedules $schedules --jobs 2
has "faults came, at" "orders and faults"
passed_all "faults with a sanitizer"
