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
    # With job control it is a process group of its own. A shell cannot trap a signal that it was started with ignored, as SIGINT
    # is in other background processes, and SIGHUP under nohup.
    set -m
    env --default-signal sh -c "$apt_get" sh "$policy_file" "" a-package &
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

# MARK: Services and their instances

# Every part's services, as its ./lab names them.
names_of_services() { sed -n 's/^services=(\(.*\))$/\1/p' "$shell"/../../*/lab | tr ' ' '\n' | sort -u; }

test_the_shared_shell_names_no_service_of_a_part() {
    local name
    holds "$(names_of_services)" analytics
    for name in $(names_of_services); do equals "" "$(grep -ni "$name" "$shell"/*.sh)"; done
}

# A part with two services, as a lab that is up. A service is a process that does nothing; it is ready if it runs.
make_lab() {
    services=(front back)
    executable=([front]=Front [back]=Back)
    port=([front]=18901 [back]=18902) port_variable=([front]=FRONT_PORT [back]=BACK_PORT)
    url_variable=([front]=FRONT_URL [back]=BACK_URL)
    # shellcheck disable=SC2329 # lab.sh calls it
    service_environment() { echo "FOR=$1"; }
    mkdir -p "$part/.build/release"
    local name
    for name in Front Back; do
        printf '#!/bin/sh\nenv >"$0.new$INSTANCE"\nmv "$0.new$INSTANCE" "$0.$INSTANCE"\nexec sleep 60\n' >"$part/.build/release/$name"
        chmod +x "$part/.build/release/$name"
    done
    http() { http_status=200 http_body=""; }
    begin_settings native
    save_settings
    exec 9>"$state/lock"
    trap 'native_stop_all; rm -rf "$root"' EXIT
    native_start_all
}

# As a new shell would know it, which has only the settings.
forget_all() {
    settings=() instances=()
    port=([front]=18901 [back]=18902) port_variable=([front]=FRONT_PORT [back]=BACK_PORT)
    url_variable=([front]=FRONT_URL [back]=BACK_URL)
    load_settings
}

# environment_of FILE NAME: a variable of a process of make_lab, which wrote all of them to that file.
environment_of() {
    local end=$((SECONDS + 20))
    until [ -s "$part/.build/release/$1" ] || [ $SECONDS -ge $end ]; do sleep 0.02; done
    sed -n "s/^$2=//p" "$part/.build/release/$1"
}

# one_line COMMAND: what it prints, with one space between two words.
one_line() { "$@" | xargs; }

# refuses TEXT COMMAND...: whether the command ends with a message that holds the text.
refuses() {
    local text=$1 output
    shift
    ! output=$("$@" 2>&1) || { printf '    it did not fail: %s\n' "$*"; return 1; }
    holds "$output" "$text"
}

test_a_further_instance_runs_beside_the_first() {
    make_lab
    command_one start front.2
    fails equals "$(pid_of front)" "$(pid_of front.2)"
    equals "running running" "$(native_state front) $(native_state front.2)"
    equals "1 18901 front" "$(environment_of Front.1 INSTANCE) $(environment_of Front.1 PORT) $(environment_of Front.1 FOR)"
    equals "2 19001 front" "$(environment_of Front.2 INSTANCE) $(environment_of Front.2 PORT) $(environment_of Front.2 FOR)"
    [ -e "$state/logs/front.2.log" ]
    equals "front.2" "$(cd "$state/pids" && echo *.2)"
}

test_a_further_instance_is_known_to_a_new_shell() {
    make_lab
    command_one start back.10 2>/dev/null
    command_one start back.2 2>/dev/null
    forget_all
    equals "front back back.2 back.10" "$(one_line all_instances)"
    equals "FRONT_URL=http://127.0.0.1:18901 BACK_URL=http://127.0.0.1:18902 BACK_2_URL=http://127.0.0.1:19002 \
BACK_10_URL=http://127.0.0.1:19802" "$(one_line command_env)"
    equals "service port state front 18901 ready back 18902 ready back.2 19002 ready back.10 19802 ready" \
        "$(one_line command_status)"
    command_one pause back.2
    # The kernel stops a process a moment after the signal was sent.
    local end=$((SECONDS + 20))
    until [ "$(native_state back.2)" = paused ] || [ $SECONDS -ge $end ]; do sleep 0.02; done
    equals "running paused" "$(native_state back) $(native_state back.2)"
    command_one resume back.2
    equals "running running" "$(native_state back) $(native_state back.2)"
    command_one kill back.2
    equals "running gone" "$(native_state back) $(native_state back.2)"
    holds "$(command_status)" "back.2           19002    gone"
    forget_all
    command_one restart back.2
    equals running "$(native_state back.2)"
    command_one stop back.2
    equals gone "$(native_state back.2)"
    echo "a line of back.2" >>"$state/logs/back.2.log"
    holds "$(command_logs back.2)" "a line of back.2"
    holds "$(command_logs)" "a line of back.2"
    holds_not "$(command_logs back)" "a line of back.2"
}

test_down_stops_every_instance() {
    make_lab
    command_one start front.2
    command_one start back.3
    forget_all
    local name pids=()
    for name in front front.2 back back.3; do pids+=("$(pid_of "$name")"); done
    equals 4 ${#pids[@]}
    command_down
    for name in "${pids[@]}"; do equals "" "$(start_time "$name")"; done
    [ ! -e "$state/settings" ]
    equals "front back" "$(one_line all_instances)"
    equals "" "${port[back.3]:-}"
}

test_an_instance_that_another_command_took_down_is_forgotten() {
    make_lab
    command_one start front.2
    (command_down)
    load_settings
    equals "front back" "$(one_line all_instances)"
    fails is_known front.2
}

test_up_again_starts_a_further_instance_that_has_ended() {
    make_lab
    command_one start front.2
    command_one kill front.2
    forget_all
    command_up >/dev/null
    equals running "$(native_state front.2)"
}

test_a_further_instance_that_was_stopped_stays_stopped() {
    make_lab
    FRONT_2_PORT=18950 command_one start front.2
    command_one stop front.2
    forget_all
    holds "$(command_status)" "front.2          18950    stopped"
    is_all_ready
    holds_not "$(command_env)" FRONT_2_URL
    command_one kill back
    fails command_status >/dev/null
    holds_not "$(command_up 2>&1)" front.2
    equals "running gone" "$(native_state back) $(native_state front.2)"
    command_one kill back
    restore 2>/dev/null
    equals "running gone" "$(native_state back) $(native_state front.2)"
    command_one start front.2
    equals running "$(native_state front.2)"
    equals 18950 "$(environment_of Front.2 PORT)"
}

test_an_instance_that_stands_by_is_as_it_should_be() {
    make_lab
    command_one start front.2
    http() { if [ "$2" = 19001 ]; then http_status=503 http_body='{"status":"standby"}'; else http_status=200; fi; }
    holds "$(command_status)" standby
    is_all_ready
    holds "$(command_one start front.2 2>&1)" "http://127.0.0.1:19001, and stands by"
    command_one kill front.2
    fails command_status >/dev/null
    fails is_all_ready
}

test_a_variable_moves_the_port_of_an_instance() {
    make_lab
    FRONT_2_PORT=18950 command_one start front.2
    equals 18950 "$(environment_of Front.2 PORT)"
    holds "$(FRONT_2_PORT=18951 command_one start front.2 2>&1)" "front.2 runs already, on port 18950"
    rm "$part/.build/release/Front.2"
    FRONT_2_PORT=18951 command_one restart front.2
    equals 18951 "$(environment_of Front.2 PORT)"
    rm "$part/.build/release/Front.2"
    # It listens there itself.
    is_taken() { [ "$1" = 18951 ]; }
    command_one restart front.2
    equals 18951 "$(environment_of Front.2 PORT)"
    command_one kill front.2
    refuses "port 18951 (front.2) is taken" command_one start front.2
}

test_a_port_that_cannot_be_is_refused() {
    make_lab
    is_taken() { [ "$1" = 19001 ]; }
    refuses "port 19001 (front.2) is taken: free it, or choose another with FRONT_2_PORT=" command_one start front.2
    FRONT_2_PORT=18902 refuses "port 18902 is that of back" command_one start front.2
    FRONT_2_PORT=65536 refuses 'FRONT_2_PORT must be a port from 1 to 65535, not "65536"' command_one start front.2
    FRONT_2_PORT=x refuses 'FRONT_2_PORT must be a port from 1 to 65535, not "x"' command_one start front.2
    settings[port_front]=65000
    save_settings
    refuses "port 65600, which front.7 would get, is too high: choose another with FRONT_7_PORT=" command_one start front.7
    equals "front back" "$(one_line all_instances)"
}

test_what_names_no_instance_is_refused() {
    broker=broker
    local name
    for name in order.0 order.x order.02 order.100 order.1000 order. order.-1 order.2.3 "order.2 "; do
        refuses "there is no instance \"$name\": the first one is called order, further ones are order.2 to order.99" \
            resolve "$name"
    done
    for name in orders dinner .2 "" "*"; do
        refuses "there is no service \"$name\", only: order broker" resolve "$name"
    done
    refuses 'there is no "broker.2": a lab has one broker' resolve broker.2
    for name in order:order order.1:order order.2:order.2 order.99:order.99 broker:broker; do
        resolve "${name%:*}"
        equals "${name#*:}" "$resolved"
    done
}

test_commands_take_the_names_of_instances() {
    make_lab
    refuses 'there is no instance "front.0"' command_one start front.0
    refuses 'there is no service "dinner"' command_one stop dinner
    command_one kill front.1
    equals "gone running" "$(native_state front) $(native_state back)"
    refuses 'there is no instance "front.x"' command_logs front.x
}

test_an_instance_that_was_not_started_is_told() {
    make_lab
    local verb
    for verb in stop kill pause resume; do
        refuses "front.2 was not started: ./lab start front.2 does that" command_one $verb front.2
    done
    command_one restart front.2
    equals running "$(native_state front.2)"
}

test_containers_have_no_further_instance() {
    settings=([mode]=docker [part]=$part)
    save_settings
    exec 9>"$state/lock"
    refuses "only the first instance of each service runs in containers" command_one start order.2
    refuses "only the first instance of each service runs in containers" command_logs order.2
}

test_a_part_may_say_what_a_further_instance_is_good_for() {
    make_lab
    instance_note() { echo "what to know of $1"; }
    holds "$(command_one start back.2 2>&1)" "back.2: what to know of back"
    forget_all
    holds_not "$(command_one start back.2 2>&1)" "what to know"
    holds_not "$(command_one restart back.2 2>&1)" "what to know"
}

test_up_begins_with_empty_logs() {
    make_lab
    echo old | tee "$state/logs/"{front,back,front.2,back.12,build}.log >/dev/null
    native_stop_all
    native_start_all
    equals "" "$(cd "$state/logs" && grep -l old front*.log back*.log)"
    equals old "$(cat "$state/logs/build.log")"
}

test_the_help_tells_of_instances() {
    holds "$(usage)" "./lab start order.2 starts a second instance of order"
    holds "$(usage)" "ORDER_2_PORT moves it"
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
    LAB_STATE=stopped take_down ""
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
