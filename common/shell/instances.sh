# A service may run several times at once. Its first instance is called SERVICE (SERVICE.1 means the same), further ones are
# called SERVICE.2 to SERVICE.99. `up` starts the first ones, `start SERVICE.2` starts one more. settings[instances] keeps
# which further ones were started, until `down`: so every later command knows them.

# The further instances of this lab. Each has an entry in port, port_variable and url_variable, as a service has.
instances=()

# split NAME: sets service and number, which the caller has declared local: what stands before the dot, and what stands after
# it or 1.
split() {
    service=${1%%.*} number=1
    ! is_further "$1" || number=${1#*.}
}

is_further() { [[ $1 == *.* ]]; }

# resolve TEXT: sets resolved to the name of the instance that a person means. If there can be none of this name, it ends
# with a message.
resolve() {
    local service number
    split "$1"
    if [ -n "${broker:-}" ] && [ "$service" = "$broker" ]; then
        [ "$1" = "$broker" ] || die "there is no \"$1\": a lab has one broker" 2
        resolved=$broker
        return
    fi
    is_service "$service" || die "there is no service \"$1\", only: ${services[*]}${broker:+ $broker}" 2
    [[ $number =~ ^[1-9][0-9]?$ ]] ||
        die "there is no instance \"$1\": the first one is called $service, further ones are $service.2 to $service.99" 2
    resolved=$service
    [ "$number" = 1 ] || resolved=$service.$number
}

is_service() {
    local name
    for name in "${services[@]}"; do [ "$name" != "$1" ] || return 0; done
    return 1
}

# The instances of this lab: each service, and after it its further instances.
all_instances() {
    local service name
    for service in "${services[@]}"; do
        echo "$service"
        for name in "${instances[@]}"; do [ "${name%.*}" != "$service" ] || echo "$name"; done
    done
}

# Whether a person has stopped a further instance. `status` shows it as stopped, and `up` does not start it. It has no pid file
# any more, while one that was killed still has its own.
is_stopped() { is_further "$1" && [ ! -e "$state/pids/$1" ]; }

# The instances that should run.
expected_instances() {
    local name
    for name in $(all_instances); do is_stopped "$name" || echo "$name"; done
}

# Takes the further instances from the settings, which another command may have changed since they were read last.
load_instances() {
    local name
    forget_instances
    for name in ${settings[instances]:-}; do add_instance "$name"; done
}

forget_instances() {
    local name
    for name in "${instances[@]}"; do unset "port[$name]" "port_variable[$name]" "url_variable[$name]"; done
    instances=()
}

add_instance() {
    local service number
    split "$1"
    port_variable[$1]=$(port_variable_of "$1")
    url_variable[$1]=${url_variable[$service]%URL}${number}_URL
    mapfile -t instances < <(printf '%s\n' ${instances[@]+"${instances[@]}"} "$1" | sort -u -t . -k 1,1 -k 2,2n)
}

is_known() { [ -n "${port_variable[$1]:-}" ]; }

# port_variable_of NAME: the variable that moves the port of an instance: SERVICE_2_PORT for the second one, if SERVICE_PORT is
# that of the first.
port_variable_of() {
    local service number
    split "$1"
    if is_further "$1"; then echo "${port_variable[$service]%PORT}${number}_PORT"; else echo "${port_variable[$service]}"; fi
}

# prepare_instance COMMAND NAME: what must be so before a command for a further instance. One that does not run yet gets its
# port here.
prepare_instance() {
    must_be_native "$2"
    local variable
    variable=$(port_variable_of "$2")
    case $1 in
        start | restart) ;;
        *) is_known "$2" || die "$2 was not started: ./lab start $2 does that"; return ;;
    esac
    if ! is_known "$2"; then
        place "$2"
        say_note "$2"
    elif [ "$1" = restart ] || [ "$(native_state "$2")" = gone ]; then
        place "$2"
    elif [ -n "${!variable:-}" ] && [ "${!variable}" != "${port[$2]}" ]; then
        say "$2 runs already, on port ${port[$2]}: ./lab restart $2 moves it"
    fi
}

must_be_native() {
    [ "${settings[mode]:-native}" = native ] ||
        die "only the first instance of each service runs in containers: for $1, ./lab down and then ./lab up --native"
}

# say_note NAME: what the part has to say about a further instance of this service, if it has anything to say.
say_note() {
    local text=""
    ! declare -F instance_note >/dev/null || text=$(instance_note "${1%.*}")
    [ -z "$text" ] || say "$1: $text"
}

# place NAME: gives a further instance a port that nothing else of this lab has and nobody listens on, and remembers both
# until `down`.
place() {
    local service number variable other wanted before=${port[$1]:-}
    split "$1"
    variable=$(port_variable_of "$1")
    wanted=${!variable:-$before}
    if [ -z "$wanted" ]; then
        wanted=$((port[$service] + 100 * (number - 1)))
        is_port "$wanted" || die "port $wanted, which $1 would get, is too high: choose another with $variable=…"
    fi
    is_port "$wanted" || die "$variable must be a port from 1 to 65535, not \"$wanted\""
    for other in "${!port[@]}"; do
        [ "$other" = "$1" ] || [ "${port[$other]}" != "$wanted" ] ||
            die "port $wanted is that of $other: choose another for $1 with $variable=…"
    done
    # If it runs and stays there, it is the one that listens.
    if [ "$wanted" != "$before" ] || [ "$(native_state "$1")" = gone ]; then
        ! is_taken "$wanted" || die "port $wanted ($1) is taken: free it, or choose another with $variable=…"
    fi
    add_instance "$1"
    port[$1]=$wanted settings[port_$1]=$wanted settings[instances]=${instances[*]}
    save_settings
}
