#!/bin/sh
# scenarios/tests/seeded/seeded.sh COMMAND SOURCE-DIR BUILD-DIR [...] - bugs of order, put into copies of the engine's files.
#
#   apply SOURCE BUILD            every patch of patches/ and of zoo/power applies to the sources as they are
#   find SOURCE BUILD NAME...     builds the engine with each of the bugs, and has `esecheck explore` find it within a
#                                 minute; without names all
#   again SOURCE BUILD [NAME...]  the same, in 4,000 schedules, for those of blind.tsv that column 7 says how to find. With
#                                 ESECHECK=.../esecheck-tsan and its build those of that way, else the others
#   bench SOURCE BUILD SEEDS [TSAN-BUILD [NAME...]]
#                                 mean schedules and CPU seconds to the first bug over so many seeds, and beside it the CPU
#                                 seconds and runs that plain repetition under ThreadSanitizer takes (it is given up after
#                                 60), as a table; without an esecheck-tsan in TSAN-BUILD that column is empty
#   build SOURCE BUILD NAME...    builds the engine with each of the bugs, plainly, and prints the libraries
#   only SOURCE BUILD NAME...     `explore` finds each of the bugs with --memory and not without
#   once SOURCE BUILD [NAME...]   the bugs of blind.tsv: each can be built, and its script played once shows what
#   blind SOURCE BUILD CPU COLUMN [OPTIONS [NAME...]]
#                                 looks for each of blind.tsv for so many CPU seconds, with the script of that column
#                                 (5, or 6: the short one) and further options of explore (one word list; with --memory all
#                                 of the engine has hooks)
#
# A line "Hooks: FILE" in a patch is a file without a bug that tells of its memory accesses, too. bugs.tsv has a row per bug:
# name, room, depth, script, options of explore, what is wrong. ESECHECK=FILE takes another esecheck. Only the files that a
# patch names are compiled again (with hooks for memory accesses); the rest of the library are the objects of the build. What is
# built lies in BUILD/seeded and is kept as long as the patch and the engine are older.
set -u
[ $# -ge 3 ] || { sed -n '2,28s/^# \{0,1\}//p' "$0" >&2; exit 2; }
command=$1
source=$(cd "$2" && pwd) && build=$(cd "$3" && pwd) || exit 2
shift 3
here=$source/scenarios/tests/seeded power=$source/scenarios/tests/zoo/power
esecheck=${ESECHECK:-$build/bin/esecheck}
launcher=$(command -v ccache)
failed=0

files_of() { # patch
    sed -n 's|^+++ b/||p; s|^Hooks: ||p' "$1"
}

put() { # patch, directory: copies of its files with the bug
    for file in $(files_of "$1"); do
        mkdir -p "$2/$(dirname "$file")"
        cp "$source/$file" "$2/$file"
    done
    patch --batch --forward --silent -p1 -d "$2" -r - <"$1" >"$2/patch.log" 2>&1
}

compile_command() { # build, source file: as the build compiles it, without -o and the file
    awk -v wanted="\"file\": \"$source/$2\"" '
        /"command":/ { line = $0 }
        index($0, wanted) && line != "" { print line; exit }' "$1/compile_commands.json" |
        sed 's/^ *"command": "//; s/",$//; s/\\"/"/g; s/ -o .*//'
}

object_of() { # build, source file
    awk -v wanted="\"file\": \"$source/$2\"" '
        /"command":/ { line = $0 }
        index($0, wanted) && line != "" { print line; exit }' "$1/compile_commands.json" |
        sed 's/.* -o \([^ ]*\) .*/\1/'
}

# All of the engine with hooks for memory accesses, once: prints the list of its objects.
hooked() { # build
    whole=$1/seeded/whole
    mkdir -p "$whole" || return 1
    if [ ! -f "$whole/objects" ] || [ "$1/bin/libesent.so" -nt "$whole/objects" ]; then
        rm -f "$whole/commands" "$whole/list"
        sed 's|/\./|/|g' "$1/seeded/objects" | while read -r object; do
            under=${object#"$1"/}
            made=$whole/$(echo "$under" | tr / _)
            grep -o "\"command\": .* -o $under -c .*\"" "$1/compile_commands.json" | head -n 1 |
                sed "s|^\"command\": \"|$launcher |; s/\"\$//; s/\\\\\"/\"/g; s| -o $under | -fsanitize=thread -w -o $made |" >>"$whole/commands"
            echo "$made" >>"$whole/list"
        done
        (cd "$1" && tr '\n' '\0' <"$whole/commands" | xargs -0 -P 2 -n 1 sh -c) >&2 || return 1
        mv "$whole/list" "$whole/objects"
    fi
    echo "$whole/objects"
}

make() { # build, name, flags of the changed files, whole: all files have hooks; prints the library
    place=$1/seeded/$2${3:+.hooks}${4:+.$4}
    library=$place/libesent.so
    patch=$here/patches/$2.patch
    [ -f "$patch" ] || patch=$power/$2.patch
    if [ -f "$library" ] && [ "$library" -nt "$patch" ] && [ "$library" -nt "$1/bin/libesent.so" ]; then
        echo "$library"
        return 0
    fi
    rm -rf "$place"
    mkdir -p "$place" || return 1
    put "$patch" "$place" || { cat "$place/patch.log" >&2; return 1; }
    base=$1/seeded/objects
    [ -z "${4:-}" ] || base=$(hooked "$1") || return 1
    sed 's|/\./|/|g' "$base" >"$place/objects"
    for file in $(files_of "$patch"); do
        object=$place/$(echo "$file" | tr / _).o
        (cd "$1" && eval "$launcher $(compile_command "$1" "$file") $3 -w -o '$object' -c '$place/$file'") >&2 || return 1
        was=$(object_of "$1" "$file")
        [ -z "${4:-}" ] || was=$(echo "$was" | tr / _)
        grep -v "/$was\$" "$place/objects" >"$place/others"
        echo "$object" >>"$place/others"
        mv "$place/others" "$place/objects"
    done
    eval "$(cat "$1/seeded/link") -shared -o '$library' @'$place/objects' $(cat "$1/seeded/libraries")" >&2 || return 1
    echo "$library"
}

script_named() { # name: prints its path
    if [ -f "$source/scenarios/library/short/$1.scenario" ]; then
        echo "$source/scenarios/library/short/$1.scenario"
    else
        echo "$source/scenarios/library/$1.scenario"
    fi
}

row() { # name: sets depth, script, options
    line=$(grep "^$1	" "$here/bugs.tsv") || { echo "$1: no such bug" >&2; exit 2; }
    depth=$(echo "$line" | cut -f 3)
    script=$(script_named "$(echo "$line" | cut -f 4)")
    options=$(echo "$line" | cut -f 5)
    [ "$options" != - ] || options=
}

names() {
    grep -v '^#' "$here/bugs.tsv" | cut -f 1
}

blind_names() {
    grep -v '^#' "$here/blind.tsv" | cut -f 1
}

all_names() {
    cat "$here/bugs.tsv" "$here/blind.tsv" "$here/sanitized.tsv" | grep -v '^#' | cut -f 1 | sort -u
}

blind_row() { # name, column of the script: sets depth and script
    line=$(grep "^$1	" "$here/blind.tsv") || { echo "$1: no such bug" >&2; exit 2; }
    depth=$(echo "$line" | cut -f 3)
    script=$(script_named "$(echo "$line" | cut -f "$2")")
}

spent() { # sets cpu: seconds of the children so far, and ms (times speaks of the shell that calls it)
    times >"$work/times"
    ms=$(awk 'NR == 2 { for (i = 1; i <= 2; i++) { split($i, part, "m"); sum += 60 * part[1] + part[2] }
        printf "%d", 1000 * sum }' "$work/times")
    cpu=$((ms / 1000))
}

seconds() { # milliseconds, count: seconds each
    awk -v ms="$1" -v count="$2" 'BEGIN { printf "%.1f", ms / count / 1000 }'
}

explore() { # library, seed, seconds (or what --schedules takes, and that word): sets after (schedules, or -), verdict and took; log in $work/log
    # shellcheck disable=SC2086 # options are words
    "$esecheck" explore "$script" --engine "$1" --seed "$2" ${4:---time} "$3" --jobs 2 --no-shrink $options >"$work/log" 2>&1
    code=$?
    after=- verdict=- took=$3
    if [ $code -eq 1 ]; then
        after=$(sed -n 's/.* after \([0-9]*\) schedules .*/\1/p' "$work/log" | head -n 1)
        took=$(sed -n 's/.*, \([0-9.]*\) s): .*/\1/p' "$work/log" | head -n 1)
        verdict=$(sed -n 's/^[a-z-]*: \([a-z-]*\) after .*/\1/p' "$work/log" | head -n 1)
    fi
}

tell() { # name: what explore came to
    if [ "$after" = - ]; then
        echo "$1: not found"
        tail -n 15 "$work/log"
        failed=1
    else
        echo "$1: $verdict after $after schedules, $took s"
    fi
}

work=$(mktemp -d "${TMPDIR:-/tmp}/seeded.XXXXXX") || exit 2
trap 'rm -rf "$work"' EXIT
trap 'exit 2' HUP INT TERM

case $command in
apply)
    for patch in "$here"/patches/*.patch; do
        name=$(basename "$patch" .patch)
        all_names | grep -qx "$name" || { echo "$name: in no table"; failed=1; }
        put "$patch" "$work/$name" || { echo "$name: does not apply"; cat "$work/$name/patch.log"; failed=1; }
    done
    for name in $(all_names); do
        [ -f "$here/patches/$name.patch" ] || { echo "$name: no patch"; failed=1; }
    done
    for patch in "$power"/*.patch; do
        name=$(basename "$patch" .patch)
        put "$patch" "$work/$name" || { echo "$name: does not apply"; cat "$work/$name/patch.log"; failed=1; }
    done
    [ $failed -eq 0 ] && echo "$(all_names | wc -l) patches apply, and those of zoo/power"
    ;;
find)
    [ $# -gt 0 ] || set -- $(names)
    for name; do
        row "$name"
        library=$(make "$build" "$name" -fsanitize=thread) || { echo "$name: cannot be built"; failed=1; continue; }
        explore "$library" 1 60
        tell "$name"
    done
    ;;
again)
    case $esecheck in *-tsan) ways=thread ;; *) ways='plain|memory' ;; esac
    # shellcheck disable=SC2046 # names are words
    [ $# -gt 0 ] || set -- $(awk -F '\t' -v ways="^($ways)\$" '$7 ~ ways { print $1 }' "$here/blind.tsv")
    for name; do
        blind_row "$name" 6
        options='' flags='' whole=''
        case $(echo "$line" | cut -f 7) in memory) options=--memory flags=-fsanitize=thread whole=whole ;; esac
        library=$(make "$build" "$name" "$flags" $whole) || { echo "$name: cannot be built"; failed=1; continue; }
        explore "$library" 1 4000 --schedules
        tell "$name"
    done
    ;;
build)
    for name; do
        make "$build" "$name" "" || { echo "$name: cannot be built" >&2; failed=1; }
    done
    ;;
only)
    for name; do
        if grep -q "^$name	" "$here/blind.tsv"; then blind_row "$name" 6; else row "$name"; fi
        library=$(make "$build" "$name" -fsanitize=thread) || { echo "$name: cannot be built"; failed=1; continue; }
        "$esecheck" explore "$script" --engine "$library" --schedules 60 --no-shrink >"$work/log" 2>&1
        without=$?
        "$esecheck" explore "$script" --engine "$library" --schedules 600 --no-shrink --memory >"$work/log" 2>&1
        with=$?
        if [ $without -eq 0 ] && [ $with -eq 1 ]; then
            echo "$name: only with --memory, $(grep -o 'after [0-9]* schedules' "$work/log" | head -n 1)"
        else
            echo "$name: exit $without without --memory (not 0?), $with with it (not 1?)"
            tail -n 15 "$work/log"
            failed=1
        fi
    done
    ;;
once)
    # shellcheck disable=SC2046 # names are words
    [ $# -gt 0 ] || set -- $(blind_names)
    for name; do
        blind_row "$name" 5
        library=$(make "$build" "$name" "") || { echo "$name: cannot be built"; failed=1; continue; }
        if timeout 120 "$esecheck" run "$script" --engine "$library" --repeat 1 >"$work/log" 2>&1; then
            echo "$name: nothing shows"
        else
            echo "$name: exit $?"
            failed=1
        fi
    done
    ;;
blind)
    budget=$1 column=$2 more=${3:-}
    shift 2
    [ $# -eq 0 ] || shift
    # shellcheck disable=SC2046 # names are words
    [ $# -gt 0 ] || set -- $(blind_names)
    flags='' whole=''
    case $more in *--memory*) flags=-fsanitize=thread whole=whole ;; esac
    for name; do
        blind_row "$name" $column
        library=$(make "$build" "$name" "$flags" $whole) || { echo "$name: cannot be built"; failed=1; continue; }
        seed=1 schedules=0 verdict=-
        spent
        began=$cpu
        while [ "$verdict" = - ] && [ $((cpu - began)) -lt "$budget" ]; do
            # shellcheck disable=SC2086 # options are words
            "$esecheck" explore "$script" --engine "$library" --seed $seed --time 20 --jobs 2 \
                --no-shrink $more >"$work/log" 2>&1
            code=$?
            after=$(sed -n 's/^[a-z-]*: \([0-9]*\) schedules.*/\1/p
                s/^[a-z-]*: [a-z-]* after \([0-9]*\) schedules.*/\1/p' "$work/log" | head -n 1)
            schedules=$((schedules + ${after:-0}))
            [ $code -ne 1 ] || verdict=$(sed -n 's/^[a-z-]*: \([a-z-]*\) after .*/\1/p' "$work/log" | head -n 1)
            [ $code -le 1 ] || { verdict="exit-$code"; }
            seed=$((seed + 1))
            spent
        done
        what=$(sed -n 's/^[a-z-]*: [a-z-]* after [^)]*): \(.\{1,100\}\).*/\1/p' "$work/log" | head -n 1)
        printf '%s\t%s\t%s\t%s\t%s\n' "$name" "${verdict:-?}" "$schedules" $((cpu - began)) "${what:--}"
    done
    ;;
bench)
    seeds=$1 tsan=${2:-}
    [ ! -d "$tsan" ] || tsan=$(cd "$tsan" && pwd)
    [ $# -lt 2 ] || shift
    shift
    # shellcheck disable=SC2046 # names are words
    [ $# -gt 0 ] || set -- $(names)
    if [ -n "$tsan" ] && [ ! -x "$tsan/bin/esecheck-tsan" ]; then
        echo "seeded.sh: no bin/esecheck-tsan in $tsan: nothing is repeated under ThreadSanitizer" >&2
        tsan=
    fi
    echo '| bug | room | depth | shows as | schedules, mean | CPU s, mean | plain repetition under TSan, CPU s |'
    echo '|---|---|---|---|---|---|---|'
    for name; do
        row "$name"
        library=$(make "$build" "$name" -fsanitize=thread) || { failed=1; continue; }
        seed=1 sum=0 missed=0 shown=-
        spent
        began=$ms
        while [ $seed -le "$seeds" ]; do
            last=$cpu
            explore "$library" "$seed" 600 # the limit is one of the processor: two for a minute
            spent
            if [ "$after" = - ] || [ $((cpu - last)) -gt 120 ]; then
                missed=$((missed + 1))
            else
                sum=$((sum + after)) shown=$verdict
            fi
            seed=$((seed + 1))
        done
        mean=$(awk -v sum=$sum -v seeds="$seeds" -v missed=$missed 'BEGIN {
            if (missed == 0) printf "%.1f", sum / seeds; else printf "%d of %d missed", missed, seeds }')
        [ $missed -eq 0 ] || failed=1
        each=$(seconds $((ms - began)) "$seeds")
        plain=
        if [ -n "$tsan" ]; then
            library=$(make "$tsan" "$name" "") || { failed=1; continue; }
            spent
            began=$ms seed=1 code=0
            while [ $code -ne 1 ] && [ $((ms - began)) -lt 60000 ]; do
                timeout 300 "$tsan/bin/esecheck-tsan" run "$script" --engine "$library" --repeat 5 --seed $seed \
                    --timeout 20 >"$work/log" 2>&1
                code=$?
                seed=$((seed + 1))
                spent
            done
            plain="not in 60 ($(((seed - 1) * 5)) runs)"
            if [ $code -eq 1 ]; then
                said=$(sed -n 's/^run[/][a-z-]*: \([a-z-]*\)$/\1/p' "$work/log" | head -n 1)
                plain="$(seconds $((ms - began)) 1) (${said:-?})"
            fi
        fi
        echo "| $name | $(grep "^$name	" "$here/bugs.tsv" | cut -f 2) | $depth | $shown | $mean | $each | $plain |"
    done
    ;;
*)
    echo "seeded.sh: no command $command" >&2
    exit 2
    ;;
esac
[ $failed -eq 0 ]
