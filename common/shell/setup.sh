# What a fresh Debian or Ubuntu machine lacks.

# install_packages PACKAGE...: those that are missing, by apt-get where that is possible.
install_packages() {
    command -v dpkg-query >/dev/null || return 0 # another system: the build says what it lacks
    local missing=() package
    for package; do
        [ "$(dpkg-query -W -f='${db:Status-Status}' "$package" 2>/dev/null)" = installed ] || missing+=("$package")
    done
    # Nothing to install, but perhaps a policy file that a killed installation left: it is removed all the same.
    local ours=""
    ! policy_is_ours || ours=yes
    [ ${#missing[@]} -gt 0 ] || [ -n "$ours" ] || return 0
    local root=()
    if [ "$(id -u)" != 0 ]; then
        if ! sudo -n true 2>/dev/null; then
            [ ${#missing[@]} -gt 0 ] || { say "please remove $policy_file: an earlier ./lab left it"; return; }
            die "please install: sudo apt-get install ${missing[*]}"
        fi
        root=(sudo -n)
    fi
    [ ${#missing[@]} = 0 ] || say "installing ${missing[*]}"
    local log=$state/logs/apt.log
    "${root[@]}" sh -c "$apt_get" sh "$policy_file" "$ours" "${missing[@]}" >"$log" 2>&1 ||
        { tail -n 5 "$log" >&2; die "please install: apt-get install ${missing[*]}"; }
}

# A package that brings a server would start it at once, on the very port that the lab's own is to have. Debian's policy file
# forbids that while it is there. One that stayed would keep every server of the machine from starting at its installation.
policy_file=/usr/sbin/policy-rc.d

# Whether a ./lab wrote the policy file that is there, as a line in it says. An older version wrote two lines without that
# one, and Ubuntu's container images have the same two: then it is ours only if it came after the log of this lab's first
# installation, which that version opened just before.
policy_is_ours() {
    local lines=() log=$state/logs/apt.log first
    mapfile -t lines 2>/dev/null <"$policy_file" || return 1
    [[ " ${lines[*]} " != *" # campus-lab: "* ]] || return 0
    [ "${lines[*]}" = "#!/bin/sh exit 101" ] && [ -e "$log" ] || return 1
    first=$(stat -c %W "$log") # 0 if the file system does not know when a file was made
    [ "$first" -gt 0 ] && [ "$(stat -c %Y "$policy_file")" -ge "$first" ]
}

# The arguments are the policy file, whether the one that is there is known to be ours, and the packages. Only one of these
# runs at a time (the lock is on the file's folder): so a policy file of ours that is there already was left by one that was
# killed, and is taken over. The traps come before the file, and name each signal: dash runs no EXIT trap when a signal ends
# it.
# shellcheck disable=SC2016 # it is the other shell that expands these
apt_get='
policy=$1 ours=$2
shift 2
exec 9<"${policy%/*}" && flock -w 600 9 || exit 1
if [ ! -e "$policy" ] || [ -n "$ours" ] || grep -q "^# campus-lab: " "$policy"; then
    trap "rm -f \"\$policy\"" EXIT
    trap "exit 129" HUP
    trap "exit 130" INT
    trap "exit 131" QUIT
    trap "exit 143" TERM
    printf "#!/bin/sh\n# campus-lab: no server starts while ./lab installs packages\nexit 101\n" >"$policy" &&
        chmod 755 "$policy" || exit 1
fi
[ $# = 0 ] ||
    { apt-get update -q && DEBIAN_FRONTEND=noninteractive apt-get install -yq --no-install-recommends "$@"; } 9<&-'

# One configuration for services and tests, so that nothing is built twice.
swift_options=(-c release -Xswiftc -enable-testing)
[ -z "${LAB_WARNINGS_AS_ERRORS:-}" ] || swift_options+=(--explicit-target-dependency-import-check error)

# build [OPTION...]: the part's package. Within a test run all is built, and SwiftPM would wait for that run to end.
build() {
    [ -z "${LAB_IS_BUILT:-}" ] || return 0
    command -v swift >/dev/null || die "Swift 6.2 or newer is needed on the PATH: https://www.swift.org/install"
    local log=$state/logs/build.log
    say "building (the first time takes about a minute)"
    (cd "$part" && swift build "${swift_options[@]}" "$@") >"$log" 2>&1 9>&- || { cat "$log" >&2; die "the build failed"; }
}
