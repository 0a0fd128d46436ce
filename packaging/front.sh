# packaging/front.sh - what the two front doors, ./run and ./test, share. Sourced, never run.
#
# need PACKAGE...   installs what is missing with apt (as root, or through sudo)
# build PRESET      configures and builds build/PRESET; the log is kept beside it

top=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)
build_packages=(cmake ninja-build gcc g++ patch pkg-config libcriterion-dev libicu-dev libsqlite3-dev)

say() {
    printf '%s\n' "$*" >&2
}

# Debian knows a package as installed when dpkg says "install ok installed".
installed() {
    [ "$(dpkg-query -W -f='${Status}' "$1" 2>/dev/null)" = "install ok installed" ]
}

need() {
    local missing=() package
    if ! command -v dpkg-query >/dev/null || ! command -v apt-get >/dev/null; then
        say "This is not Debian or Ubuntu, so nothing can be installed here; needed are: $*"
        return 0
    fi
    for package in "$@"; do
        installed "$package" || missing+=("$package")
    done
    [ ${#missing[@]} -eq 0 ] && return 0
    local as_root=()
    if [ "$(id -u)" -ne 0 ]; then
        if ! command -v sudo >/dev/null; then
            say "Missing packages: ${missing[*]}"
            say "Install them as root: apt-get install --no-install-recommends ${missing[*]}"
            return 1
        fi
        as_root=(sudo)
    fi
    say "Installing: ${missing[*]}"
    mkdir -p "$top/build"
    local log=$top/build/apt.log
    if ! { "${as_root[@]}" apt-get update &&
           "${as_root[@]}" env DEBIAN_FRONTEND=noninteractive \
               apt-get install -y --no-install-recommends "${missing[@]}"; } >"$log" 2>&1; then
        tail -n 15 "$log" >&2
        say "apt could not install: ${missing[*]} (whole log: $log)"
        return 1
    fi
}

# One line of progress, on a terminal, from ninja's "[12/345] ..." lines.
show_ninja() {
    local line
    while IFS= read -r line; do
        case $line in \[*/*\]*) printf '\r\033[K%s' "${line%%]*}]" >&2 ;; esac
    done
    printf '\r\033[K' >&2
}

build() {
    local preset=$1 directory=$top/build/$1
    local log=$directory.log
    mkdir -p "$top/build"
    # Configured each time: it takes a second, and finds what was installed since.
    if ! (cd "$top" && cmake --preset "$preset") >"$log" 2>&1; then
        tail -n 25 "$log" >&2
        say "The preset '$preset' could not be configured (whole log: $log)"
        return 1
    fi
    if [ -t 2 ]; then
        say "Building $directory"
        ninja -C "$directory" 2>&1 | tee "$log" | show_ninja
        [ "${PIPESTATUS[0]}" -eq 0 ] && return 0
        grep -E -A12 'FAILED|error:' "$log" | head -n 40 >&2
        say "The preset '$preset' did not build (whole log: $log)"
        return 1
    fi
    if ! ninja -C "$directory" >"$log" 2>&1; then
        grep -E -A12 'FAILED|error:' "$log" | head -n 40 >&2
        say "The preset '$preset' did not build (whole log: $log)"
        return 1
    fi
}
