# The broker of Part B as ./lab knows it: a private node of Debian's rabbitmq-server, with a name, cookie, data and ports of
# its own, so that it meets no other RabbitMQ of this machine; or the one that RABBITMQ_URL names. Sourced by ./lab.

broker_packages=(rabbitmq-server)
data=$part/.lab/broker
programs=/usr/lib/rabbitmq/bin

# Whether the broker is somebody else's, and so not ours to start or stop.
broker_is_given() { [ -n "${settings[broker_url]:-}" ]; }

# Called by `up` before anything is started.
broker_begin() {
    if [ "${settings[mode]}" = native ] && [ -n "${RABBITMQ_URL:-}" ]; then
        settings[broker_url]=$RABBITMQ_URL
        port[rabbitmq]="" port[rabbitmq_management]=""
        settings[port_rabbitmq]="" settings[port_rabbitmq_management]=""
        say "the broker is the one at RABBITMQ_URL"
    elif [ "${settings[mode]}" = native ]; then
        say "the broker is a private RabbitMQ node"
        rm -rf "$data"
    fi
}

broker_url() { echo "${settings[broker_url]:-amqp://guest:guest@127.0.0.1:${port[rabbitmq]}/}"; }

broker_env() {
    echo "RABBITMQ_URL=$(broker_url)"
    [ -z "${port[rabbitmq_management]:-}" ] || echo "RABBITMQ_MANAGEMENT_URL=http://127.0.0.1:${port[rabbitmq_management]}"
}

broker_start() {
    broker_is_given && return
    mkdir -p "$data"
    { grep -v '^load_definitions' "$part/broker/rabbitmq.conf"; cat; } >"$data/rabbitmq.conf" <<END
listeners.tcp.default = 127.0.0.1:${port[rabbitmq]}
management.tcp.ip = 127.0.0.1
management.tcp.port = ${port[rabbitmq_management]}
load_definitions = $part/broker/definitions.json
END
    echo '[rabbitmq_management].' >"$data/enabled_plugins"
    # Erlang's own name server for this node alone: the usual one would be shared with others, and outlive us.
    local names
    names=$(names_port)
    [ "$(native_state epmd)" = running ] || spawn epmd ERL_EPMD_ADDRESS=127.0.0.1 -- epmd -port "$names"
    # RUNNING_UNDER_SYSTEMD has the script become the node, so that its pid is the node's.
    spawn broker RUNNING_UNDER_SYSTEMD=1 HOME="$data" ERL_EPMD_PORT="$names" ERL_EPMD_ADDRESS=127.0.0.1 \
        RABBITMQ_NODENAME="$(node_name)" RABBITMQ_DIST_PORT="$((names + 1))" \
        RABBITMQ_MNESIA_BASE="$data/data" RABBITMQ_LOG_BASE="$data/log" RABBITMQ_CONFIG_FILE="$data/rabbitmq.conf" \
        RABBITMQ_ADVANCED_CONFIG_FILE="$part/broker/advanced.config" \
        RABBITMQ_ENABLED_PLUGINS_FILE="$data/enabled_plugins" ERL_CRASH_DUMP="$data/crash" \
        RABBITMQ_SERVER_ADDITIONAL_ERL_ARGS="-kernel inet_dist_use_interface {127,0,0,1}" -- "$programs/rabbitmq-server"
}

node_name() { echo "campus-lab-${port[rabbitmq]}@localhost"; }
names_port() { echo $((port[rabbitmq] < 40000 ? port[rabbitmq] + 20001 : port[rabbitmq] - 20001)); }

# The part's own commands: rabbitmqctl, for what only the node itself can be asked, and no client (alarms, TLS listeners); and
# journal, which prints what the services rebuild their memory from.
commands=(journal rabbitmqctl)

commands_usage() {
    cat <<END
  ./lab journal [SERVICE]... [--all]       what the services' journals say, an entry a line; --all shows barriers too
  ./lab rabbitmqctl ARG...                 on the lab's own broker: status, set_vm_memory_high_watermark 0.1
END
}

command_rabbitmqctl() {
    must_be_up
    ! broker_is_given || die "the broker is not this lab's to run rabbitmqctl on"
    broker_must_run
    "${settings[mode]}_rabbitmqctl" "$@" 9>&-
}

broker_must_run() {
    ! broker_is_given || return 0
    local process
    process=$("${settings[mode]}_state" broker)
    [ "$process" = running ] || die "the broker is $process: ./lab $([ "$process" = paused ] && echo resume || echo start) broker first"
}

# It does not wait for the lock: whoever reads page by page would keep every other command waiting.
command_journal() {
    local argument
    for argument; do
        [ "$argument" = --all ] || is_service "$argument" ||
            die "there is no journal \"$argument\", only: ${services[*]}; and the option --all" 2
    done
    must_be_up
    broker_must_run
    "${settings[mode]}_journal" "$@" 9>&-
}

# In a subshell, which exports what may hold a password: everybody on the machine can read a command line.
native_journal() (
    mapfile -d '' -t variables < <(passed_environment)
    mapfile -t -O "${#variables[@]}" variables < <(service_environment order)
    export "${variables[@]}"
    exec "$part/.build/release/JournalPrinter" "$@"
)

# In a container of its own, since the services may be stopped. It shares the broker's network, and not the part's: so it is no
# container of the part's, and neither `status` nor `down` meets it.
docker_journal() {
    docker run --rm --read-only --cap-drop ALL --security-opt no-new-privileges:true \
        --network "container:$(compose ps -q rabbitmq)" -e RABBITMQ_URL=amqp://guest:guest@127.0.0.1:5672/ \
        campus-async-rabbitmq JournalPrinter "$@"
}

# HOME is where the node's cookie is.
native_rabbitmqctl() {
    env HOME="$data" ERL_EPMD_PORT="$(names_port)" ERL_EPMD_ADDRESS=127.0.0.1 RABBITMQ_NODENAME="$(node_name)" \
        "$programs/rabbitmqctl" "$@"
}

docker_rabbitmqctl() { compose exec -T rabbitmq rabbitmqctl "$@"; }

# Called by `down` after the broker has ended.
broker_end() { native_stop epmd; }

# Whether it speaks AMQP: to the protocol header it answers with a method frame.
broker_is_ready() {
    broker_is_given && return
    local first
    first=$(
        exec 2>/dev/null 3<>"/dev/tcp/127.0.0.1/${port[rabbitmq]}" || exit 1
        printf 'AMQP\0\0\011\001' >&3
        timeout 2 head -c 1 <&3
    ) || return 1
    [ "$first" = $'\001' ]
}
