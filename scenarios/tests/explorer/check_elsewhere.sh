#!/bin/sh
# scenarios/tests/explorer/check_elsewhere.sh ESECHECK BIN-DIR - a finding shows again wherever the same binaries are.
#
# Findings of every class are replayed with the files at another place, from another directory, with another environment, on one CPU,
# with other limits, as another user and among other processes (the last two where that is allowed). Where addresses cannot be
# kept from being random there is a line.
set -u
[ $# -eq 2 ] || { sed -n '2,6s/^# \{0,1\}//p' "$0" >&2; exit 2; }
esecheck=$1 bin=$2
small=$(cd "$(dirname "$0")" && pwd)/small.scenario
. "$(dirname "$0")/checks.sh"
chmod 755 "$work"
mkdir -p "$work/else/where" "$work/a temporary/directory/with/many/names" "$work/empty"
chmod 1777 "$work/a temporary/directory/with/many/names"

finds() { # name, what is explored...
    name=$1
    shift
    expect 1 "$name" explore --strategy random --seed 2 --no-shrink --report "$work/$name" "$@"
    cp "$work/$name"/*.schedule "$work/else/where/$name.schedule"
}

finds code "$small" --engine "$bin/zoo/librace_lost_stop.so"
finds crash "$small" --engine "$bin/zoo/librace_gone_state.so"
finds deadlock "$small" --engine "$bin/zoo/librace_lock_order.so"
finds memory "$small" --engine "$bin/zoo/librace_memory_lost_wakeup.so" --memory
finds livelock "$small" --engine "$bin/libesent.so" --steps 300
finds fault "$small" --engine "$bin/zoo/libboth_frees_twice.so" --faults --schedules 2000
finds program-code -- "$bin/schedule_cases" lost-update
finds program-crash -- "$bin/schedule_cases" crash
finds program-deadlock -- "$bin/schedule_cases" deadlock
finds program-sanitizer -- "$bin/schedule_freed"

# Everything at another place; the schedules say where.
cp "$esecheck" "$bin"/zoo/librace_*.so "$bin/zoo/libboth_frees_twice.so" "$bin/libesent.so" \
    "$bin/libesecheck_schedule.so" "$bin/schedule_cases" "$bin/schedule_freed" "$work/else/where"
here=$(cd "$bin" && pwd)
sed -i -e "s|$here/zoo/|$work/else/where/|" -e "s|$here/|$work/else/where/|" "$work"/else/where/*.schedule
if grep -l "$here" "$work"/else/where/*.schedule >"$work/log"; then complain "names of the first place"; fi
there=$work/else/where/$(basename "$esecheck")

again_by() { # how, words before the command...
    how=$1
    shift
    for file in "$work"/else/where/*.schedule; do
        (cd "$work/empty" && "$@" "$there" replay "$file") >"$work/log" 2>&1
        code=$?
        [ $code -eq 1 ] || complain "$(basename "$file" .schedule) $how: exit $code"
        has " again: " "$(basename "$file" .schedule) $how"
        tried=$((tried + 1))
    done
}
many=$(head -c 60000 /dev/zero | tr '\0' x)
temporary="$work/a temporary/directory/with/many/names"
processor=GLIBC_TUNABLES=glibc.cpu.hwcaps=-AVX2,-AVX512F,-AVX512VL,-ERMS,-SSE4_2
one_cpu= processes= user=
taskset 1 true 2>/dev/null && one_cpu="taskset 1"
unshare -p -f -u --mount-proc true 2>/dev/null && processes="unshare -p -f -u --mount-proc"
setpriv --reuid 65534 --regid 65534 --clear-groups test -r "$there" 2>/dev/null &&
    user="setpriv --reuid 65534 --regid 65534 --clear-groups"
tried=0
# shellcheck disable=SC2086 # some are several words, or none
if [ "${ESECHECK_TIER:-quick}" = nightly ]; then # each by itself
    again_by "at another place" env
    again_by "without an environment" env -i
    again_by "with a large environment" env LARGE="$many" TZ=Asia/Tokyo LANG=C.UTF-8
    again_by "in another temporary directory" env TMPDIR="$temporary"
    again_by "with a small stack" sh -c 'ulimit -s 1024; "$@"' sh
    again_by "with a stack without limit" sh -c 'ulimit -s unlimited 2>/dev/null; "$@"' sh
    again_by "as if on another processor" env $processor
    [ -z "$one_cpu" ] || again_by "on one CPU" $one_cpu
    [ -z "$processes" ] || again_by "among other processes" $processes
    [ -z "$user" ] || again_by "as another user" $user
else
    again_by "without an environment, with a small stack" sh -c 'ulimit -s 1024; env -i "$@"' sh
    again_by "with another environment and processor, on one CPU" \
        env LARGE="$many" TZ=Asia/Tokyo TMPDIR="$temporary" $processor $one_cpu
    again_by "among other processes, as another user" $processes $user env
fi
echo "$tried replays"

# Where addresses stay random everybody is told so, in one line, and goes on.
barred() { # what, arguments...
    what=$1
    shift
    "$bin/schedule_barred" "$esecheck" "$@" >"$work/log" 2>&1
    code=$?
    [ $code -eq 77 ] || [ "$(grep -c 'address randomisation cannot be turned off here' "$work/log")" -eq 1 ] ||
        complain "$what with random addresses: not one line about it"
    [ $code -eq 77 ] || [ "$(wc -l <"$work/log")" -gt 1 ] || complain "$what with random addresses: that is all"
}
barred "explore" explore "$small" --engine "$bin/libesent.so" --schedules 3
barred "explore of a program" explore --schedules 3 -- "$bin/schedule_cases" mutex
barred "replay" replay "$work/else/where/code.schedule"
barred "replay of a program" replay "$work/else/where/program-code.schedule"
passed_all elsewhere
