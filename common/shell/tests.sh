# The part's tests, unit and system. Sourced by tests/run_tests.sh, which says which part it is:
#
#   tests/run_tests.sh [--docker|--native] [--chaos] [--replace-lab] [OPTION of swift test...]
#
# Unit tests, then ./lab up, the system tests against the running services, and ./lab down whatever happened. With --chaos
# the chaos tests and no others: services and brokers are killed for some minutes.
#
# The tests need an empty lab of their own. If a person's lab is up, nothing is run and that lab goes on, unless
# --replace-lab says that it may be taken down, with its data.

. "$part/../common/shell/text.sh"
. "$part/../common/shell/state.sh"
. "$part/../common/shell/setup.sh"
state=$part/.lab
lab=$part/lab

# The suites of the three kinds of run, as swift test filters them.
unit='^UnitTests\.' system='^(SystemTests|BrokerTests)\.' chaos='^ChaosTests\.'

# run_tests PACKAGES... -- ARGUMENTS
run_tests() {
    local packages=() mode=() options=() kind=all replace="" argument
    while [ "$1" != -- ]; do packages+=("$1"); shift; done
    shift
    for argument; do
        case $argument in
            --docker | --native)
                [ "${mode:-$argument}" = "$argument" ] || die "--docker or --native, not both" 2
                mode=("$argument")
                ;;
            --chaos) kind=chaos ;;
            --replace-lab) replace=yes ;;
            *) options+=("$argument") ;;
        esac
    done
    make_state logs
    exec 8>"$state/tests.lock"
    flock -n 8 || die "another run of these tests is under way"
    take_down_lab "$replace"
    install_packages "${packages[@]}"
    build --build-tests
    export LAB_IS_BUILT=1 LAB_FOR_TESTS=1

    executed=0
    local result=0
    [ $kind = chaos ] || suite "${options[@]}" --skip "$system" --skip "$chaos" || result=1

    # However this ends, nothing of its own stays behind.
    trap '! lab_is_ours || "$lab" down 8>&-' EXIT
    trap 'exit 130' INT TERM HUP
    "$lab" up "${mode[@]}" 8>&- || die "no system test was run"
    lab_is_ours || die "./lab was started by somebody else meanwhile: no system test was run"
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

# take_down_lab REPLACE: makes room for the tests' own lab. A person's lab goes only if REPLACE says so; one that a killed
# test run left, or whose processes have all ended, keeps nothing that anybody waits for.
take_down_lab() {
    [ -n "$(setting mode)" ] || return 0
    if lab_is_ours; then
        say "taking down the lab that an earlier test run left"
    elif lab_has_ended; then
        say "taking down a lab that has ended"
    elif [ -n "$1" ]; then
        say "taking down the lab that is up, with its data (--replace-lab)"
    else
        die "a lab is up here (./lab status), and the tests would take it down with its data: ./lab down first, or --replace-lab"
    fi
    "$lab" down 8>&-
}

# setting NAME: as the lab that is up has it; nothing if it has none, or none is up.
setting() { [ ! -f "$state/settings" ] || sed -n "s/.*\[$1\]=\"\([a-z]*\)\".*/\1/p" "$state/settings"; }

# Whether the lab that is up was started by a test run.
lab_is_ours() { [ -n "$(setting for_tests)" ]; }

# Whether of the lab that is recorded as up nothing runs any more. A broker that was given to it is not a part of it.
lab_has_ended() {
    local table
    table=$("$lab" status 2>&1 8>&-) || true
    # So it says in a copy of the folder, whose settings are the original's.
    [[ $table != *"nothing is up"* ]] || return 0
    awk -v given="$(setting broker)" 'NR > 1 && !($1 == "broker" && given == "given") && $NF !~ /^(gone|stopped)$/ {found = 1}
        END {exit found || NR < 2}' <<<"$table"
}

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
