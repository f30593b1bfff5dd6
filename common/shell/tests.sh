# The part's tests, unit and system. Sourced by tests/run_tests.sh, which says which part it is:
#
#   tests/run_tests.sh [--docker|--native] [OPTION of swift test...]
#
# Unit tests, then ./lab up, the system tests against the running services, and ./lab down whatever happened.

. "$part/../common/shell/text.sh"
. "$part/../common/shell/setup.sh"
state=$part/.lab
lab=$part/lab

# Suites that need the running lab; all others are unit tests.
system_suites='^(SystemTests|BrokerTests|ChaosTests)\.'

# run_tests PACKAGES... -- ARGUMENTS
run_tests() {
    local packages=() mode=() options=() argument
    while [ "$1" != -- ]; do packages+=("$1"); shift; done
    shift
    for argument; do
        case $argument in
            --docker | --native) mode=("$argument") ;;
            *) options+=("$argument") ;;
        esac
    done
    mkdir -p "$state/logs"
    exec 8>"$state/tests.lock"
    flock -n 8 || die "another run of these tests is under way"
    install_packages "${packages[@]}"
    "$lab" down
    build --build-tests

    local result=0 log=$state/logs/tests.log
    suite "${options[@]}" --skip "$system_suites" || result=1

    # However this ends, nothing stays behind.
    trap '"$lab" down 8>&-' EXIT
    trap 'exit 130' INT TERM
    "$lab" up "${mode[@]}" 8>&- || die "no system test was run"
    local line
    while read -r line; do export "${line?}"; done < <("$lab" env)
    export LAB_UP=1 LAB=$lab LAB_MODE
    LAB_MODE=$(grep -o '\[mode\]="[a-z]*"' "$state/settings" | cut -d'"' -f2)
    suite "${options[@]}" --filter "$system_suites" || result=1
    exit $result
}

# suite OPTION...: one run of swift test; one that executes no test has failed, unless options chose the tests.
suite() {
    local log=$state/logs/tests.log
    # Line by line: a person wants to see which test is running, and after a crash which one it was.
    (cd "$part" && stdbuf -oL swift test "${swift_options[@]}" --skip-build --disable-swift-testing "$@") 2>&1 8>&- |
        tee "$log"
    [ "${PIPESTATUS[0]}" = 0 ] || return 1
    grep -Eq 'Executed [1-9][0-9]* tests?' "$log" || { say "no test was run: $*"; return 1; }
}
