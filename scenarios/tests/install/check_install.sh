#!/bin/sh
# What `cmake --install` leaves behind works where it stands: the program finds the engine and the
# scripts that were installed with it. A sanitizer build adds its program and replaces nothing.
#
#   check_install.sh CMAKE BUILD PROGRAM ENGINE
#     PROGRAM   name of the program: esecheck, esecheck-asan, esecheck-tsan
#     ENGINE    the engine of the build
set -u
cmake=$1 build=$2 program=$3 engine=$4
prefix=$(mktemp -d) || exit 1
trap 'rm -rf "$prefix"' EXIT
cd / || exit 1

fail() {
    echo "check_install: $1" >&2
    exit 1
}

"$cmake" --install "$build" --prefix "$prefix" >/dev/null || fail "cmake --install failed"
installed=$prefix/bin/$program
[ -x "$installed" ] || fail "$program is not installed"

if [ "$program" = esecheck ]; then
    library=$(find "$prefix" -name libesent.so)
    [ -n "$library" ] || fail "libesent.so is not installed"
    [ -x "$prefix/bin/eseverify" ] || fail "eseverify is not installed"
    # pkg-config leads a program of the user's to header and engine.
    pc=$(dirname "$(find "$prefix" -name esent.pc)")
    flags=$(PKG_CONFIG_PATH=$pc pkg-config --cflags --libs esent) || fail "pkg-config has no esent"
    printf '%s\n' '#include <esent.h>' '#include <stdio.h>' \
        'int main(void) { return printf("%d\n", (int)JetTerm(JET_instanceNil)) < 0; }' \
        >"$prefix/user.c"
    # shellcheck disable=SC2086 # flags are words
    cc -o "$prefix/user" "$prefix/user.c" $flags || fail "a program does not build with: $flags"
    said=$(LD_LIBRARY_PATH=$(dirname "$library") "$prefix/user") || fail "the user's program fails"
    [ "$said" = -1003 ] || fail "JetTerm of no instance gave $said to the user's program"
    set --
else
    [ -z "$(find "$prefix" -name 'libesent*' -o -name eseverify)" ] ||
        fail "a sanitizer build replaces the engine or eseverify of the plain build"
    library=$engine
    set -- --engine "$engine"
fi

# Were it to look elsewhere, it would list more than the one script that is left.
scripts=$prefix/share/esecheck/scenarios
find "$scripts" -name '*.scenario' ! -name commits.scenario -exec rm {} +
[ "$("$installed" list | wc -l)" -eq 1 ] || fail "the installed scripts are not the library"

output=$("$installed" run --repeat 1 "$@" 2>&1) || fail "a run of the installed program: $output"
case $output in
*"$(readlink -f "$library")"*"1 passed, 0 failed, 0 skipped"*) ;;
*) fail "not the installed engine, or not a pass: $output" ;;
esac
