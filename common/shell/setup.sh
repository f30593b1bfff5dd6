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
    "${root[@]}" apt-get update -q >"$log" 2>&1 &&
        "${root[@]}" env DEBIAN_FRONTEND=noninteractive apt-get install -yq --no-install-recommends "${missing[@]}" \
            >>"$log" 2>&1 ||
        { tail -n 5 "$log" >&2; die "please install: apt-get install ${missing[*]}"; }
}

# One configuration for services and tests, so that nothing is built twice.
swift_options=(-c release -Xswiftc -enable-testing)

# build [OPTION...]: the part's package.
build() {
    command -v swift >/dev/null || die "Swift 6.2 or newer is needed on the PATH: https://www.swift.org/install"
    local log=$state/logs/build.log
    say "building (the first time takes about a minute)"
    (cd "$part" && swift build "${swift_options[@]}" "$@") >"$log" 2>&1 9>&- || { cat "$log" >&2; die "the build failed"; }
}
