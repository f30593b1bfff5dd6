#!/usr/bin/env bash
# Compares what the services do with what they say that they do: common/tests/api/run.sh [--native|--docker] [PART...]
#
# Each service describes itself at /openapi.json. For each part (all, if none is named) this brings up the lab, checks that
# the descriptions are valid, and has Schemathesis make up requests from them: examples, bounds, random values, whether they
# fit the description or not, and sequences of them. An answer whose status, headers or body is not described is a failure;
# so is a request that fits and is refused, and one that does not fit and is taken. The same is done with faults switched on,
# and while what a service depends on is away.
#
# The last line counts the operations that were tested. The exit code says whether all passed. The folder common/.lab/api
# keeps what Schemathesis wrote.
set -uo pipefail
here=$(cd -- "$(dirname -- "$(readlink -f -- "${BASH_SOURCE[0]}")")" && pwd)
root=$(cd -- "$here/../../.." && pwd)

part=$root/common
state=$part/.lab
for file in text state http setup; do . "$part/shell/$file.sh"; done

results=$state/api
venv=$state/api-venv

# What changes the faults of a service, and so every answer that comes later.
faults='^(setDelay|setFailure|setThrottle)$'

# With enough of two items and none of the third, orders are taken and refused.
stock="burger=1000000000,salad=1000000000,pizza=0"

main() {
    local mode=() parts=() argument
    for argument; do
        case $argument in
            --docker | --native) mode=("$argument") ;;
            sync-rest | async-rabbitmq | streaming-kafka) parts+=("$argument") ;;
            *) die "there is no part \"$argument\", only: sync-rest async-rabbitmq streaming-kafka" 2 ;;
        esac
    done
    [ ${#parts[@]} -gt 0 ] || parts=(sync-rest async-rabbitmq streaming-kafka)

    make_state logs
    exec 7>"$state/api.lock"
    flock -n 7 || die "another run of these tests is under way"
    rm -rf "$results"
    make_state api
    install_schemathesis

    local name
    for name in "${parts[@]}"; do
        # In a shell of its own, so that a part whose lab does not come up keeps no other from being tested.
        (test_part "$name" "${mode[@]}") || echo "$name: not all of it could be tested" >>"$results/failures"
    done
    summary
}

# Schemathesis and what checks descriptions, in a folder of their own: Debian has no package of either.
install_schemathesis() {
    install_packages python3-venv
    ! cmp -s "$here/requirements.txt" "$venv/requirements.txt" || return 0
    say "installing Schemathesis"
    rm -rf "$venv"
    { python3 -m venv "$venv" && "$venv/bin/pip" install --quiet --disable-pip-version-check -r "$here/requirements.txt"; } \
        >"$state/logs/pip.log" 2>&1 || die "Schemathesis cannot be installed from PyPI: $(tail -n 1 "$state/logs/pip.log")"
    cp "$here/requirements.txt" "$venv/"
}

# MARK: A part

# test_part PART [--native|--docker]
test_part() {
    part=$root/$1
    . "$root/common/shell/tests.sh" # how tests start a lab of their own, and whose lab is up
    shift
    make_state logs
    exec 8>"$state/tests.lock"
    flock -n 8 || die "a test run of this part is under way"
    take_down_lab ""
    trap '! lab_is_ours || "$lab" down 8>&-' EXIT
    trap 'exit 130' INT TERM HUP
    # The broker must be the lab's own, for it is stopped.
    unset KAFKA_BOOTSTRAP RABBITMQ_URL
    STOCK=$stock LAB_FOR_TESTS=1 "$lab" up "$@" 8>&- || die "the lab did not come up"
    lab_is_ours || die "./lab was started by somebody else meanwhile: nothing was tested"

    # The services in the order in which they call each other.
    services=()
    declare -gA port=()
    local variable address name
    while IFS='=' read -r variable address; do
        name=${variable%_URL}
        services+=("${name,,}")
        port[${name,,}]=${address##*:}
    done < <("$lab" env | grep -E '^(ORDER|INVENTORY|NOTIFICATION|ANALYTICS)_URL=')
    [ ${#services[@]} = 3 ] || die "./lab env does not name three services"

    for name in "${services[@]}"; do check_description "$name"; done
    # First, while no message waits: one that a consumer has begun to hold back, for up to 60 s, is held back to the end.
    for name in "${services[@]}"; do
        ask "$name" "its faults" --include-operation-id-regex "$faults"
        set_faults "$name" 0 false
    done
    for name in "${services[@]}"; do ask "$name" "all else" --exclude-operation-id-regex "$faults"; done

    # The answer to a request that fits is 403 here.
    ask order "from another origin" --exclude-operation-id-regex "$faults" --exclude-checks positive_data_acceptance \
        --header "Origin: http://elsewhere.example" --phases examples

    for name in "${services[@]}"; do set_faults "$name" 0.05 true; done
    for name in "${services[@]}"; do ask_with_faults "$name" "failing, and slow"; done
    for name in "${services[@]}"; do set_faults "$name" 0 false; done

    if [ "${part##*/}" = sync-rest ]; then without_inventory; else without_broker; fi
}

# Part A: what the order service depends on is inventory.
without_inventory() {
    set_faults inventory 0 true
    ask_with_faults order "while inventory fails"
    set_faults inventory 0.5 false
    REQUEST_TIMEOUT=0.2 "$lab" restart order 8>&-
    ask_with_faults order "while inventory is too slow"
    "$lab" stop inventory 8>&-
    ask_with_faults order "while inventory is away"
}

# Parts B and C. Comes last: the embedded broker of Part C keeps nothing.
without_broker() {
    "$lab" stop broker 8>&-
    local name
    for name in "${services[@]}"; do
        # Few requests, for an answer may take seconds; so without the phase that tries each bound of each parameter.
        ask_with_faults "$name" "while the broker is away" --phases examples,fuzzing,stateful --max-examples 3
    done
}

# set_faults SERVICE SECONDS FAILS
set_faults() {
    local http_status
    http POST "${port[$1]}" /admin/delay "{\"seconds\":$2}" && [ "$http_status" = 200 ] &&
        http POST "${port[$1]}" /admin/fail "{\"enabled\":$3}" && [ "$http_status" = 200 ] ||
        die "the faults of $1 cannot be set"
}

# MARK: A service

# check_description SERVICE: keeps its description, and says whether it is a valid one.
check_description() {
    local file http_status http_body
    file=$(results_of "$1").json
    http GET "${port[$1]}" /openapi.json && [ "$http_status" = 200 ] || die "$1 gives no description"
    printf '%s' "$http_body" >"$file"
    tell "$1, its description" "$file.log" "$venv/bin/openapi-spec-validator" --errors all "$file"
}

# ask SERVICE STATE OPTION...: has Schemathesis test the service in a state. It gets the description as a file, for it leaves
# out the path that it reads one from.
ask() {
    local service=$1 state=$2 base
    base=$(results_of "$service").${state//[^a-z]/-}
    shift 2
    tell "$service, $state" "$base.log" env PYTHONDONTWRITEBYTECODE=1 SCHEMATHESIS_HOOKS="$here/hooks.py" \
        "$venv/bin/st" --config-file "$here/schemathesis.toml" run "$(results_of "$service").json" \
        --url "http://127.0.0.1:${port[$service]}" --no-color --report ndjson --report-ndjson-path "$base.ndjson" "$@"
}

# ask_with_faults SERVICE STATE OPTION...: the same in a state in which an answer of 500 or more is what is described; with
# fewer requests, for some take long.
ask_with_faults() {
    local service=$1 state=$2
    shift 2
    ask "$service" "$state" --exclude-operation-id-regex "$faults" --exclude-checks not_a_server_error --max-examples 5 "$@"
}

# What begins the names of a service's files.
results_of() { echo "$results/${part##*/}.$1"; }

# tell TITLE LOG COMMAND...: runs a command, and says whether it succeeded; if it did not, why.
tell() {
    local title="${part##*/} $1" log=$2 start=$SECONDS
    shift 2
    if (cd "$results" && "$@") >"$log" 2>&1 7>&- 8>&-; then
        printf 'ok      %s (%d s)\n' "$title" $((SECONDS - start))
    else
        printf 'FAILED  %s\n' "$title"
        # Schemathesis shows each failure with the command that repeats its request, after what it did without one.
        sed -n '/^=* \(FAILURES\|ERRORS\|WARNINGS\) =*$/,$p' "$log" | grep . || cat "$log"
        echo "$title" >>"$results/failures"
    fi
}

# MARK: The end

summary() {
    local tested failures
    tested=$("$venv/bin/python" "$here/tested.py" "$results" 2>>"$results/failures")
    failures=$(grep -c . "$results/failures" 2>/dev/null)
    [ "${failures:-0}" = 0 ] || { printf '\nFailed:\n'; sed 's/^/  /' "$results/failures"; }
    # As XCTest ends, so that whoever counts its tests counts these.
    printf "\nTest Suite 'All tests' %s.\n" "$([ "${failures:-0}" = 0 ] && echo passed || echo failed)"
    printf 'Executed %d tests, with %d failures (0 unexpected) in %d (%d) seconds\n' \
        "${tested:-0}" "${failures:-0}" "$SECONDS" "$SECONDS"
    [ "${tested:-0}" -gt 0 ] && [ "${failures:-0}" = 0 ]
}

main "$@"
