# The part's tests, unit and system. Sourced by tests/run_tests.sh, which says which part it is:
#
#   tests/run_tests.sh [--docker|--native] [--chaos] [OPTION of swift test...]
#
# Unit tests, then ./lab up, the system tests against the running services, and ./lab down whatever happened. With --chaos
# the chaos tests and no others: services and brokers are killed for some minutes.

. "$part/../common/shell/text.sh"
. "$part/../common/shell/setup.sh"
state=$part/.lab
lab=$part/lab

# The suites of the three kinds of run, as swift test filters them.
unit='^UnitTests\.' system='^(SystemTests|BrokerTests)\.' chaos='^ChaosTests\.'

# run_tests PACKAGES... -- ARGUMENTS
run_tests() {
    local packages=() mode=() options=() kind=all argument
    while [ "$1" != -- ]; do packages+=("$1"); shift; done
    shift
    for argument; do
        case $argument in
            --docker | --native)
                [ "${mode:-$argument}" = "$argument" ] || die "--docker or --native, not both" 2
                mode=("$argument")
                ;;
            --chaos) kind=chaos ;;
            *) options+=("$argument") ;;
        esac
    done
    mkdir -p "$state/logs"
    exec 8>"$state/tests.lock"
    flock -n 8 || die "another run of these tests is under way"
    install_packages "${packages[@]}"
    "$lab" down
    build --build-tests
    export LAB_IS_BUILT=1

    executed=0
    local result=0
    [ $kind = chaos ] || suite "${options[@]}" --skip "$system" --skip "$chaos" || result=1

    # However this ends, nothing stays behind.
    trap '"$lab" down 8>&-' EXIT
    trap 'exit 130' INT TERM
    "$lab" up "${mode[@]}" 8>&- || die "no system test was run"
    local line
    while read -r line; do export "${line?}"; done < <("$lab" env)
    export LAB_UP=1 LAB=$lab LAB_MODE LAB_BROKER
    LAB_MODE=$(setting mode) LAB_BROKER=$(setting broker)
    if [ $kind = chaos ]; then
        LAB_CHAOS=1 suite "${options[@]}" --skip "$unit" --skip "$system" || result=1
    else
        suite "${options[@]}" --skip "$unit" --skip "$chaos" || result=1
    fi
    [ $result != 0 ] || [ "$executed" -gt 0 ] || die "no test has this name: ${options[*]}"
    exit $result
}

# setting NAME: as the lab that is up has it; nothing where it has none.
setting() { sed -n "s/.*\[$1\]=\"\([a-z]*\)\".*/\1/p" "$state/settings"; }

# suite OPTION...: one run of swift test. Where nobody chose among the tests, one that executes none has failed.
suite() {
    local log=$state/logs/tests.log count result
    # Line by line: a person wants to see which test is running, and after a crash which one it was.
    (cd "$part" && stdbuf -oL swift test "${swift_options[@]}" --skip-build --disable-swift-testing "$@") 2>&1 8>&- |
        tee "$log"
    result=${PIPESTATUS[0]}
    count=$(sed -n 's/.*Executed \([0-9]*\) tests\{0,1\},.*/\1/p' "$log" | tail -n 1)
    executed=$((executed + ${count:-0}))
    [ "$result" = 0 ] || return 1
    [ "${count:-0}" -gt 0 ] || [ ${#options[@]} -gt 0 ] || { say "no test was run"; return 1; }
}
