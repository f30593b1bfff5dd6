#!/usr/bin/env bash
# Tests of the shell in common/shell, without a broker, a build or a package: common/tests/shell/run.sh
#
# Each function whose name begins with test_ runs in a subshell of its own, with a part of its own in a new folder. It fails
# with the first command that fails. The last line counts them; the exit code tells whether all passed.
#
# Stand-ins expand their own text (SC2016), and functions are called by their names or by what is sourced (SC2317).
# shellcheck disable=SC2016,SC2317
set -uo pipefail
here=$(cd -- "$(dirname -- "$(readlink -f -- "${BASH_SOURCE[0]}")")" && pwd)
shell=$(cd -- "$here/../../shell" && pwd)

# What a part's ./lab tells lab.sh, for a part that has one service and no broker.
make_part() {
    root=$(mktemp -d)
    part=$root/part bin=$root/bin
    mkdir "$part" "$bin"
    ln -s "${shell%/*}" "$root/common"
    title="a part of the tests" services=(order) packages=()
    declare -gA executable=([order]=Order) port=([order]=18999) port_variable=([order]=ORDER_PORT)
    declare -gA url_variable=([order]=ORDER_URL)
    service_environment() { :; }
    PATH=$bin:$PATH
}

# stand_in NAME: a program of this name, whose text comes from the standard input, before all others on the PATH.
stand_in() {
    { echo '#!/usr/bin/env bash'; cat; } >"$bin/$1"
    chmod +x "$bin/$1"
}

# equals EXPECTED ACTUAL
equals() { [ "$1" = "$2" ] || { printf '    expected: %s\n    found:    %s\n' "$1" "$2"; return 1; }; }
holds() { [[ $1 == *"$2"* ]] || { printf '    no "%s" in: %s\n' "$2" "$1"; return 1; }; }
holds_not() { [[ $1 != *"$2"* ]] || { printf '    "%s" is in: %s\n' "$2" "$1"; return 1; }; }
fails() { ! "$@" || { printf '    it did not fail: %s\n' "$*"; return 1; }; }

# MARK: Secrets

test_only_the_owner_may_read_what_a_lab_keeps() {
    equals 700 "$(stat -c %a "$state")"
    settings=([mode]=native [env_KAFKA_CONFIG_SASL_PASSWORD]=hunter2)
    save_settings
    equals 600 "$(stat -c %a "$state/settings")"
    spawn order -- true
    until [ -e "$state/logs/order.log" ]; do sleep 0.02; done
    equals 600 "$(stat -c %a "$state/logs/order.log")"
}

test_a_folder_that_an_older_version_left_open_is_closed() {
    echo secret >"$state/settings"
    chmod 755 "$state" "$state/logs"
    chmod 644 "$state/settings"
    make_state logs pids
    equals 700 "$(stat -c %a "$state")"
    equals 600 "$(stat -c %a "$state/settings")"
}

test_a_service_gets_its_secrets_and_no_command_line_has_them() {
    stand_in setsid <<<'printf "%s\n" "$*" >"$0.arguments"; env >"$0.environment"; touch "$0.done"'
    stand_in env <<<'echo "env was called: $*" >>"$0.calls"; exec /usr/bin/env "$@"'
    settings=([mode]=native [env_RABBITMQ_URL]='amqp://u:hunter2@h/' [env_STOCK]=$'two\nlines')
    mkdir -p "$part/.build/release"
    native_start order
    until [ -e "$bin/setsid.done" ]; do sleep 0.02; done
    holds_not "$(cat "$bin/setsid.arguments")" hunter2
    holds "$(cat "$bin/setsid.environment")" 'RABBITMQ_URL=amqp://u:hunter2@h/'
    holds "$(cat "$bin/setsid.environment")" $'STOCK=two\nlines'
    holds_not "$(cat "$bin/env.calls" 2>/dev/null)" hunter2
}

test_compose_gets_its_secrets_and_no_command_line_has_them() {
    stand_in docker <<<'printf "%s\n" "$*" >"$0.arguments"; /usr/bin/env >"$0.environment"'
    echo COMPOSE_PROJECT_NAME=tests >"$part/.env"
    settings=([mode]=docker [env_KAFKA_CONFIG_SASL_PASSWORD]='hunter2 $x #"')
    compose ps
    holds_not "$(cat "$bin/docker.arguments")" hunter2
    holds "$(cat "$bin/docker.environment")" 'KAFKA_CONFIG_SASL_PASSWORD=hunter2 $x #"'
    holds "$(cat "$state/services.yml")" "      - KAFKA_CONFIG_SASL_PASSWORD"
    holds_not "$(cat "$state/services.yml")" hunter2
    equals 600 "$(stat -c %a "$state/services.yml")"
}

# MARK: Packages

# install SIGNAL: runs the installation with an apt-get that takes long, and sends it a signal, as a terminal does.
install_and_send() {
    stand_in apt-get <<<'touch "$0.runs"; exec sleep 30'
    policy_file=$part/policy-rc.d
    # With job control it is a process group of its own, and does not ignore SIGINT as other background processes do.
    set -m
    sh -c "$apt_get" sh "$policy_file" "" a-package &
    local pid=$!
    set +m
    until [ -e "$bin/apt-get.runs" ]; do sleep 0.02; done
    [ -e "$policy_file" ]
    kill -"$1" -- "-$pid"
    wait "$pid"
}

test_an_installation_that_is_interrupted_leaves_no_policy() {
    local signal
    for signal in INT TERM HUP QUIT; do
        rm -f "$bin/apt-get.runs"
        fails install_and_send $signal
        [ ! -e "$policy_file" ] || { echo "    it is there after SIG$signal"; return 1; }
    done
}

test_a_policy_that_a_killed_installation_left_goes_with_the_next() {
    fails install_and_send KILL
    [ -e "$policy_file" ]
    stand_in apt-get <<<'exit 0'
    sh -c "$apt_get" sh "$policy_file" "" a-package
    [ ! -e "$policy_file" ]
}

test_somebody_elses_policy_stays() {
    stand_in apt-get <<<'exit 0'
    policy_file=$part/policy-rc.d
    printf '#!/bin/sh\nexit 0\n' >"$policy_file"
    sh -c "$apt_get" sh "$policy_file" "" a-package
    equals "$(printf '#!/bin/sh\nexit 0')" "$(cat "$policy_file")"
}

# MARK: Waiting

test_a_mistake_is_not_waited_for() {
    ready_seconds=30 mistake_seconds=1
    state_of() { echo "misconfigured: the queue q is a classic one: delete it"; }
    local start=$SECONDS
    fails wait_until_ready order
    [ $((SECONDS - start)) -lt 20 ]
    equals "order is misconfigured: the queue q is a classic one: delete it" "$(reason)"
}

test_a_mistake_of_a_moment_is_waited_for() {
    mistake_seconds=5
    state_of() {
        echo x >>"$part/asked"
        [ "$(wc -l <"$part/asked")" -gt 5 ] && echo ready || echo "misconfigured: the broker refuses the user"
    }
    wait_until_ready order
}

test_a_service_that_has_ended_is_not_waited_for() {
    state_of() { echo gone; }
    fails wait_until_ready order
    equals "order has ended" "$(reason)"
}

test_what_takes_long_is_asked_about_less_often() {
    equals "0.05 0.05 0.25 0.25 0.5" "$(pause_after 0) $(pause_after 1999) $(pause_after 2000) $(pause_after 9999) $(pause_after 10000)"
}

test_a_field_may_hold_quotes() {
    http_body='{"status":"misconfigured","detail":"it is \"classic\", not \\quorum","n":7}'
    equals 'it is "classic", not \quorum' "$(field detail)"
    equals 7 "$(field n)"
    equals "" "$(field missing)"
}

# MARK: The labs of the tests

# take_down ARGUMENT: what tests.sh does with the lab that .lab/settings tells of; prints what its ./lab was asked.
take_down() {
    stand_in lab <<<'echo "$1" >>"$0.calls"; [ "$1" = status ] || exit 0; printf "service port state\norder 8000 %s\n" "$LAB_STATE"'
    lab=$bin/lab
    . <(sed '/^\. /d; /^state=/d; /^lab=/d' "$shell/tests.sh")
    (take_down_lab "$1")
}

test_a_persons_lab_is_left_alone() {
    settings=([mode]=native)
    save_settings
    export LAB_STATE=ready
    fails take_down ""
    holds_not "$(cat "$bin/lab.calls")" down
    holds "$(take_down "" 2>&1)" "--replace-lab"
}

test_a_persons_lab_goes_when_it_may() {
    settings=([mode]=native)
    save_settings
    LAB_STATE=ready take_down yes
    holds "$(cat "$bin/lab.calls")" down
}

test_a_lab_that_has_ended_and_one_of_the_tests_go() {
    settings=([mode]=native)
    save_settings
    LAB_STATE=gone take_down ""
    holds "$(cat "$bin/lab.calls")" down
    rm "$bin/lab.calls"
    settings=([mode]=native [for_tests]=yes)
    save_settings
    LAB_STATE=ready take_down ""
    holds "$(cat "$bin/lab.calls")" down
}

# MARK: Running

count=0 failures=0
for case in $(compgen -A function test_); do
    count=$((count + 1))
    # Not within a condition, in which bash ignores `set -e`.
    output=$(
        exec 2>&1
        set -e
        make_part
        # Not within a function, where what they declare would be local to it.
        . "$shell/lab.sh"
        make_state logs pids
        trap 'rm -rf "$root"' EXIT
        "$case"
    )
    result=$?
    if [ $result = 0 ]; then
        printf 'ok      %s\n' "$case"
    else
        failures=$((failures + 1))
        printf 'FAILED  %s\n%s\n' "$case" "$output"
    fi
done
printf '%d shell tests, %d failed\n' "$count" "$failures"
[ "$count" -gt 0 ] && [ "$failures" = 0 ]
