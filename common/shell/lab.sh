# The commands of every part's ./lab. Sourced by it, after it has said what the part is made of:
#
#   part                 the part's folder
#   title                what the first line of the help calls it
#   services             its services, as they start and stop one after the other: a service that calls others comes before
#                        them, so that it can still finish its calls when it stops
#   executable[SERVICE]  the service's executable
#   port_variable[NAME]  the variable that moves a port, for each service and each port of a broker; that of a service ends
#                        with _PORT, since the second instance's is made from it: SERVICE_PORT, SERVICE_2_PORT
#   port[NAME]           where it listens unless that variable says otherwise
#   url_variable[NAME]   what `./lab env` calls the URL of a service; it ends with _URL, as above
#   packages             the Debian packages that building and running it natively take
#   service_environment SERVICE   prints the variables, a line each, that the service needs beside PORT, HOST and INSTANCE
#   instance_note SERVICE         prints what a person who starts a second instance of the service should know, if the part
#                                 has this function
#   broker               "broker" where the part has one, and then broker_containers, its containers; broker_packages,
#                        what it takes natively; and the functions broker_is_given, broker_begin, broker_start,
#                        broker_is_ready, broker_env and broker_end
#   example              prints a command to try
#   demo                 shows the part's point
#   commands             the part's own commands, where it has any: command_NAME runs one, once settings are loaded
#   commands_usage       prints what the help says of them
#
# What is not about one part stands in this folder: native.sh and docker.sh are the two ways to run a part.

[ "${BASH_VERSINFO[0]}" -ge 5 ] || { echo "bash 5 or newer is needed (here: $BASH_VERSION)" >&2; exit 1; }
shell=$(cd -- "$part/../common/shell" && pwd)
state=$part/.lab
for file in text state http setup settings instances native docker; do . "$shell/$file.sh"; done

lab() {
    local arguments=() argument mode=""
    for argument; do
        case $argument in
            --docker | --native)
                [ "${mode:-${argument#--}}" = "${argument#--}" ] || die "--docker or --native, not both: see ./lab help" 2
                mode=${argument#--}
                ;;
            *) arguments+=("$argument") ;;
        esac
    done
    set -- "${arguments[@]}"
    local command=${1:-help}
    [ $# = 0 ] || shift
    case $command in
        help | --help | -h) usage ;;
        up | down | status | env | demo) takes 0 0 "$@"; prepare "$mode"; "command_$command" ;;
        logs) takes 0 2 "$@"; prepare "$mode"; command_logs "$@" ;;
        start | stop | kill | restart | pause | resume)
            takes 1 1 "$@"
            prepare "$mode"
            command_one "$command" "$1"
            ;;
        *)
            is_own "$command" || die "there is no command \"$command\": see ./lab help" 2
            prepare "$mode"
            "command_$command" "$@"
            ;;
    esac
}

# Whether a command is the part's own.
is_own() {
    local name
    for name in "${commands[@]}"; do [ "$name" != "$1" ] || return 0; done
    return 1
}

usage() {
    cat <<END
$title

  ./lab up               build and start everything, wait until it is ready
  ./lab down             stop everything that up started
  ./lab status           what runs, and is it ready?
  ./lab logs [-f] [SERVICE]
  ./lab env              URLs and ports, a KEY=value a line
  ./lab demo             see what this style of communication does, in under two minutes
  ./lab stop | start | restart SERVICE     SIGTERM, start, both
  ./lab kill SERVICE                       SIGKILL
  ./lab pause | resume SERVICE             SIGSTOP, SIGCONT: it keeps its connections and answers nothing$([ -z "${commands[*]:-}" ] || printf '\n%s' "$(commands_usage)")

SERVICE is one of: ${services[*]}${broker:+ $broker}
With --native a service may run several times: ./lab start ${services[0]}.2 starts a second instance of ${services[0]}, and the
other commands take the name ${services[0]}.2 as well. Its port is 100 above the first one's; $(port_variable_of "${services[0]}.2") moves it.
--native runs processes on this machine, --docker containers; without either, Docker where an engine answers.
Ports move with: $(printf '%s\n' "${port_variable[@]}" | sort | paste -sd' ')
The services' own variables (STOCK, FAULT_DELAY_SECONDS, LOG_LEVEL, …; see README.md) are passed on to them.
END
}

# takes LEAST MOST ARGUMENT...
takes() {
    local least=$1 most=$2
    shift 2
    if [ $# -lt "$least" ] || [ $# -gt "$most" ]; then die "wrong number of arguments: see ./lab help" 2; fi
}

# All instances of the services and, if the part has one, the broker, as commands name them.
everything() { echo $(all_instances) ${broker:+broker}; }

# One command at a time: a second one waits for the first.
prepare() {
    make_state logs pids
    exec 9>"$state/lock"
    load_settings
    [ -z "$1" ] || [ -z "${settings[mode]:-}" ] || [ "$1" = "${settings[mode]}" ] ||
        die "the lab is up in ${settings[mode]} mode: ./lab down first"
    requested_mode=$1
}

is_up() { [ -n "${settings[mode]:-}" ]; }
lock() { flock -w 600 9 || die "another ./lab command has been at work for ten minutes"; load_settings; }
must_be_up() { is_up || die "the lab is not up: ./lab up first"; }

command_up() {
    lock
    if is_up; then
        adopt
        if is_all_ready; then
            same_ports || die "the lab is up already, on other ports: ./lab down first"
            say "the lab is up already"
            [ -z "$(given)" ] || say "not taken, since it runs: $(given | paste -sd' '); use ./lab restart SERVICE, or down and up"
            show_urls
            return
        fi
        if ! is_all_gone; then
            start_missing
            return
        fi
        say "the lab was up and has ended: starting anew"
        [ -n "$requested_mode" ] || requested_mode=${settings[mode]}
        stop_everything
    fi
    begin_settings "${requested_mode:-$(default_mode)}"
    say "$title, $(mode_text)"
    if [ -n "${broker:-}" ]; then
        broker_begin
        ! broker_is_given || settings[broker]=given
    fi
    "${settings[mode]}_prepare"
    check_ports
    save_settings
    # From here on a failure or an interrupt must leave nothing behind.
    trap 'stop_everything; exit 130' INT TERM HUP
    if ! { "${settings[mode]}_start_all" && wait_until_ready "${services[@]}"; }; then
        show_failure
        stop_everything
        die "the lab did not come up: $(reason)"
    fi
    trap - INT TERM HUP
    show_urls
}

# A lab that a killed test run left is its caller's from now on, and the next test run must not take it down. A test run that
# is under way keeps its own: it holds tests.lock, as tests.sh says.
adopt() {
    [ -n "${settings[for_tests]:-}" ] && [ -z "${LAB_FOR_TESTS:-}" ] || return 0
    (flock -n 8) 8>"$state/tests.lock" || { say "a test run is under way, and takes this lab down when it ends"; return; }
    unset "settings[for_tests]"
    save_settings
}

# Some services run and some do not: what runs keeps its memory and its settings, and the others join it.
start_missing() {
    local name
    say "the lab is up, but not all of it: starting what is missing"
    for name in "${broker:-}" $(expected_instances); do
        case $([ -z "$name" ] || state_of "$name") in
            gone) "${settings[mode]}_start" "$name" ;;
            paused) "${settings[mode]}_resume" "$name" ;;
        esac
    done
    wait_until_ready $(expected_instances) || { show_failure; die "the lab is not complete: $(reason): ./lab down, then up"; }
    show_urls
}

command_down() {
    lock
    is_up || { say "nothing is up"; return; }
    stop_everything
    say "everything is stopped"
}

stop_everything() {
    "${settings[mode]}_stop_all"
    end_settings
}

command_status() {
    is_up || { say "nothing is up"; return 3; }
    printf '%-16s %-8s %s\n' service port state
    local name text result=0
    for name in $(everything); do
        text=$(state_of "$name")
        is_well "$text" || result=3
        printf '%-16s %-8s %s\n' "$name" "${port[$name]:-}" "$text"
    done
    return $result
}

# What a person wants to know of one service: ready, standby (another instance is at work), paused, gone, stopped (a further
# instance, by a person), "misconfigured: " with the mistake that a person must correct, or what it waits for.
state_of() {
    local process
    [ "$1" != broker ] || ! broker_is_given || { echo ready; return; }
    ! is_stopped "$1" || { echo stopped; return; }
    process=$("${settings[mode]}_state" "$1")
    [ "$process" = running ] || { echo "$process"; return; }
    [ "$1" != broker ] || { broker_is_ready && echo ready || echo "not ready"; return; }
    if http GET "${port[$1]}" /ready; then
        if [ "$http_status" = 200 ]; then echo ready
        elif [ "$(field status)" = standby ]; then echo standby
        elif [ "$(field status)" = misconfigured ]; then echo "misconfigured: $(field detail)"
        else echo "not ready: $(field detail)"
        fi
    else
        echo "does not answer"
    fi
}

is_all_gone() {
    local name
    for name in $(everything); do
        [ "$("${settings[mode]}_state" "$name")" = gone ] || return 1
    done
}

is_all_ready() {
    local name
    for name in $(everything); do is_well "$(state_of "$name")" || return 1; done
}

# is_well STATE: whether nothing is to be done about a service in this state. One that stands by takes over by itself.
is_well() { [ "$1" = ready ] || [ "$1" = standby ] || [ "$1" = stopped ]; }

command_logs() {
    local follow=""
    [ "${1:-}" != -f ] || { follow=yes; shift; }
    [ $# -le 1 ] || die "wrong number of arguments: see ./lab help" 2
    local name=()
    if [ $# = 1 ]; then
        resolve "$1"
        name=("$resolved")
        ! is_further "$resolved" || must_be_native "$resolved"
    fi
    "$(is_up && echo "${settings[mode]}" || echo native)_logs" "$follow" "${name[@]}"
}

command_env() {
    local name
    for name in $(expected_instances); do printf '%s=http://127.0.0.1:%s\n' "${url_variable[$name]}" "${port[$name]}"; done
    [ -z "${broker:-}" ] || broker_env
}

command_demo() {
    if is_up; then
        say "the demo uses the lab that is up: it sets its faults, kills and restarts its services"
        trap 'restore' EXIT
    else
        # Its rows are about the defaults.
        unset "${passed_on[@]}"
        trap 'is_up && stop_everything' EXIT
    fi
    command_up
    demo
}

# After a demo on a lab that was up before, however it ended: everything runs, without faults.
restore() {
    local name
    for name in ${broker:+broker} $(expected_instances); do
        case $("${settings[mode]}_state" "$name") in
            gone) "${settings[mode]}_start" "$name" ;;
            paused) "${settings[mode]}_resume" "$name" ;;
        esac
    done
    wait_until_ready $(expected_instances) 2>/dev/null || say "not everything is ready again: ./lab status"
    for name in $(expected_instances); do
        http POST "${port[$name]}" /admin/delay '{"seconds":0}' || true
        http POST "${port[$name]}" /admin/fail '{"enabled":false}' || true
    done
}

# command_one COMMAND NAME
command_one() {
    resolve "$2"
    local verb=$1 name=$resolved
    lock
    must_be_up
    [ "$name" != broker ] || ! broker_is_given || die "the broker is not this lab's to $verb"
    ! is_further "$name" || prepare_instance "$verb" "$name"
    given_settings
    [ "$verb" != restart ] || { change stop "$name"; verb=start; }
    change "$verb" "$name"
    if [ "$verb" = stop ] && is_further "$name"; then rm -f "$state/pids/$name"; fi
    if [ "$verb" = start ] && is_further "$name"; then
        say "$name is at http://127.0.0.1:${port[$name]}$([ "$(state_of "$name")" != standby ] || echo ", and stands by")"
    fi
}

change() {
    if [ "$1" = start ] && [ "$("${settings[mode]}_state" "$2")" != gone ] && [ -n "$(given)" ]; then
        say "$2 runs already, and takes no variables now: ./lab restart $2"
    fi
    "${settings[mode]}_$1" "$2"
    case $1 in
        start | resume) wait_until_ready "$2" || { show_failure; die "$2 did not become ready: $(reason)"; } ;;
        stop | kill) say "$2 is gone" ;;
        pause) say "$2 is paused" ;;
    esac
}

# How long is waited for a service: in all, and while it says without a break that the same mistake keeps it from working.
# A mistake may also be a moment's: a broker that has just started refuses a user that it has not loaded yet.
ready_seconds=90
mistake_seconds=3

# wait_until_ready SERVICE...: fails as soon as waiting cannot help, because a service has ended or says that it is
# misconfigured, and then sets failed (the service) and failure (its state).
wait_until_ready() {
    local name text started now waiting=("$@") left
    local -A mistake=() mistaken_since=()
    failed="" failure=""
    started=$(milliseconds)
    while [ ${#waiting[@]} -gt 0 ]; do
        left=()
        now=$(($(milliseconds) - started))
        for name in "${waiting[@]}"; do
            # Each question costs some processes. At first all services are likely to be still starting, and the first one
            # of them tells that as well as all.
            [ ${#left[@]} = 0 ] || [ "$now" -ge 2000 ] || { left+=("$name"); continue; }
            text=$(state_of "$name")
            ! is_well "$text" || continue
            left+=("$name")
            if [[ $text != misconfigured:* ]]; then
                mistake[$name]=""
            elif [ "${mistake[$name]:-}" != "$text" ]; then
                mistake[$name]=$text mistaken_since[$name]=$now
            fi
            if [ "$text" = gone ] || [ "$now" -ge $((ready_seconds * 1000)) ] ||
                { [ -n "${mistake[$name]}" ] && [ $((now - mistaken_since[$name])) -ge $((mistake_seconds * 1000)) ]; }; then
                failed=$name
                failure=$text
                return 1
            fi
        done
        waiting=("${left[@]}")
        [ ${#waiting[@]} = 0 ] || sleep "$(pause_after "$now")"
    done
    say "ready: $*"
}

# pause_after MILLISECONDS: how long to wait before the next question, in seconds: a service that starts is ready within two
# seconds or takes long, and asking takes a core from it.
pause_after() {
    if [ "$1" -lt 2000 ]; then echo 0.05
    elif [ "$1" -lt 10000 ]; then echo 0.25
    else echo 0.5
    fi
}

milliseconds() { echo $((${EPOCHREALTIME/[.,]/} / 1000)); }

# reason: why wait_until_ready failed, as a sentence.
reason() {
    case ${failure:-} in
        "") echo "not everything was started" ;;
        gone) echo "$failed has ended" ;;
        misconfigured:*) echo "$failed is $failure" ;;
        *) echo "$failed is not ready ($failure)" ;;
    esac
}

show_failure() {
    [ -n "${failed:-}" ] || return 0
    printf '\n%s. The end of its log:\n' "$(reason)" >&2
    "${settings[mode]}_logs" "" "$failed" | tail -n 20 >&2
}

show_urls() {
    printf '\n'
    command_env
    printf '\nTry:  %s\n' "$(example)"
}

check_ports() {
    local name
    for name in "${!port_variable[@]}"; do
        [ -n "${port[$name]:-}" ] || continue
        ! is_taken "${port[$name]}" ||
            { end_settings; die "port ${port[$name]} ($name) is taken: free it, or choose another with ${port_variable[$name]}=…"; }
    done
}
