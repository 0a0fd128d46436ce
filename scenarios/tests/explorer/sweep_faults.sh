#!/usr/bin/env bash
# scenarios/tests/explorer/sweep_faults.sh ESECHECK ENGINE LIBRARY MARKS [SECONDS [JOBS]]
#
# Every operation of every script in LIBRARY goes wrong in every way: the sweep of a night, or of several. First all
# distinct places, then every operation of the scripts made short (--brief), then every operation of the scripts as they
# are. The work is cut into parts of at most 1,000 runs, cheap ones first; MARKS keeps one file per part that passed with the same
# programs and script, so a sweep that was interrupted, or whose SECONDS (default 18000) are over, goes on where it was.
# A part with a finding is not marked: its output is in MARKS/failed. The last line is "N passed, N failed, N skipped", in parts;
# those that are left for another night are the skipped ones.
set -uo pipefail
[ $# -ge 4 ] || { sed -n '2,10s/^# \{0,1\}//p' "$0" >&2; exit 2; }
esecheck=$1 engine=$2 library=$3 marks=$4 seconds=${5:-18000} jobs=${6:-2}
most=1000 # runs of a part
errors=errors,short
lies=delay,flip,stale,lost,torn
all_states=setup,race,term,death,restart
work=$(mktemp -d "${TMPDIR:-/tmp}/sweep.XXXXXX") || exit 2
trap 'rm -rf "$work"' EXIT
trap 'exit 130' HUP INT TERM

key=$(cat "$esecheck" "$engine" "$library"/*.scenario | sha256sum | cut -c1-16)
here=$marks/$key
mkdir -p "$here/failed" || exit 2
started=$SECONDS

# The parts of a size: cost, runs, size, kinds, shard, shards, script. Counted once, so that they are the same every night.
plan() { # size
    if [ "$1" = places ]; then
        for shard in 1 2; do # a place that several scripts have is tried in the one with the fewest operations
            echo "0 0 places all $shard 2 *"
        done
        return 0
    fi
    local options=(--count --jobs "$jobs" --kinds all --engine "$engine")
    [ "$1" = full ] || options+=(--brief)
    "$esecheck" faults "${options[@]}" "$library"/*.scenario >"$work/count" || return 1
    local counted scripts=("$library"/*.scenario)
    counted=$(grep -c ' faults; [0-9]* ms without a fault$' "$work/count")
    if [ "$counted" -ne ${#scripts[@]} ]; then
        echo "only $counted of ${#scripts[@]} scripts can be counted:"
        grep -v '^  .* once .* lasting$' "$work/count"
        return 1
    fi >&2
    awk -v size="$1" -v errors=$errors -v lies=$lies -v most=$most '
        function cut(kinds, runs) {
            shards = int((runs + most - 1) / most)
            for (i = 1; i <= shards; i++) {
                share = int((runs + shards - i) / shards)
                printf "%d %d %s %s %d %d %s\n", share * (ms + 10) + 1, share, size, kinds, i, shards, script
            }
        }
        function finish() {
            if (script != "") { cut(errors, failing); cut(lies, lying) }
            failing = lying = 0
        }
        / faults; [0-9]+ ms without a fault$/ { finish(); script = $1; sub(/:$/, "", script); ms = $(NF - 4) }
        / once .* lasting$/ { if (index("," lies ",", "," $1 ",")) { lying += $2 } else { failing += $2 + $4 } }
        END { finish() }' "$work/count" | sort -k1,1n -k7,7
}

play() { # size kinds shard shards script
    local options=(--engine "$engine" --jobs "$jobs" --kinds "$2" --shard "$3/$4")
    case $1 in
    places) options+=(--quick --scope $all_states) ;;
    brief) options+=(--brief) ;;
    esac
    "$esecheck" faults "${options[@]}" "$library"/$5.scenario >"$work/log" 2>&1 # $5 may be *
}

passed=0 failed=0 skipped=0 runs=0
for phase in places brief full; do
    if [ ! -s "$here/plan-$phase" ]; then
        if [ $((SECONDS - started)) -ge "$seconds" ]; then
            skipped=$((skipped + 1)) # as one: nobody has counted them yet
            continue
        fi
        plan $phase >"$work/plan" || { echo "the faults cannot be counted"; failed=$((failed + 1)); continue; }
        cp "$work/plan" "$here/plan.new" && mv "$here/plan.new" "$here/plan-$phase"
    fi
    total=$(awk 'END { print NR }' "$here/plan-$phase") at=0
    while read -r cost share size kinds shard shards script <&3; do
        at=$((at + 1))
        name=$size-${kinds//,/+}-${script/\*/all}-$shard-of-$shards
        if [ -f "$here/$name" ]; then
            passed=$((passed + 1))
            runs=$((runs + $(cat "$here/$name")))
            continue
        fi
        if [ $((SECONDS - started)) -ge "$seconds" ]; then
            skipped=$((skipped + 1))
            continue
        fi
        play "$size" "$kinds" "$shard" "$shards" "$script"
        code=$?
        # tried, to be tried, findings: over the lines "...; 12 of 12 faults, 12 came, 0 findings, ..."
        read -r tried wanted findings <<<"$(sed -n 's/.*; \([0-9]*\) of \([0-9]*\) faults, .* came, \([0-9]*\) findings.*/\1 \2 \3/p' "$work/log" |
            awk '{ tried += $1; wanted += $2; findings += $3 } END { print tried + 0, wanted + 0, findings + 0 }')"
        # 3: no fault came, as with stale reads of what nobody ever wrote. A part tries what was counted; how many places
        # its half has is not counted before.
        [ "$size" != places ] || share=$((wanted > 0 ? wanted : 1))
        if [[ $code == [03] ]] && [ "$tried" = "$share" ] && [ "$wanted" = "$share" ] && [ "$findings" = 0 ]; then
            passed=$((passed + 1))
            runs=$((runs + tried))
            echo "$tried" >"$here/$name.new" && mv "$here/$name.new" "$here/$name"
            rm -f "$here/failed/$name"
        elif [ $code -ge 128 ] || [ $code -eq 130 ]; then
            exit 130
        else
            failed=$((failed + 1))
            cp "$work/log" "$here/failed/$name"
            cat "$work/log"
        fi
        echo "$((SECONDS - started)) s: $at of $total parts ($phase), $runs runs, $failed parts with findings; $name: exit $code, $tried of $share, $findings findings"
    done 3<"$here/plan-$phase"
done
echo "$runs faults in $passed parts; $skipped parts are left for another night"
echo "$passed passed, $failed failed, $skipped skipped"
[ $failed -eq 0 ]
