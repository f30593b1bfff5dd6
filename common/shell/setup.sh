# What a fresh Debian or Ubuntu machine lacks.

# install_packages PACKAGE...: those that are missing, by apt-get where that is possible.
install_packages() {
    command -v dpkg-query >/dev/null || return 0 # another system: the build says what it lacks
    local missing=() package
    for package; do
        [ "$(dpkg-query -W -f='${db:Status-Status}' "$package" 2>/dev/null)" = installed ] || missing+=("$package")
    done
    [ ${#missing[@]} -gt 0 ] || return 0
    local root=()
    if [ "$(id -u)" != 0 ]; then
        sudo -n true 2>/dev/null || die "please install: sudo apt-get install ${missing[*]}"
        root=(sudo -n)
    fi
    say "installing ${missing[*]}"
    local log=$state/logs/apt.log
    "${root[@]}" sh -c "$apt_get" sh "${missing[@]}" >"$log" 2>&1 ||
        { tail -n 5 "$log" >&2; die "please install: apt-get install ${missing[*]}"; }
}

# A package that brings a server would start it at once, on the very port that the lab's own is to have: Debian's policy
# file forbids that for as long as this takes.
# shellcheck disable=SC2016 # it is the other shell that expands these
apt_get='
policy=/usr/sbin/policy-rc.d
if [ ! -e $policy ]; then
    printf "#!/bin/sh\nexit 101\n" >$policy && chmod 755 $policy && trap "rm -f $policy" EXIT
fi
apt-get update -q && DEBIAN_FRONTEND=noninteractive apt-get install -yq --no-install-recommends "$@"'

# One configuration for services and tests, so that nothing is built twice.
swift_options=(-c release -Xswiftc -enable-testing)

# build [OPTION...]: the part's package. Within a test run all is built, and SwiftPM would wait for that run to end.
build() {
    [ -z "${LAB_IS_BUILT:-}" ] || return 0
    command -v swift >/dev/null || die "Swift 6.2 or newer is needed on the PATH: https://www.swift.org/install"
    local log=$state/logs/build.log
    say "building (the first time takes about a minute)"
    (cd "$part" && swift build "${swift_options[@]}" "$@") >"$log" 2>&1 9>&- || { cat "$log" >&2; die "the build failed"; }
}
