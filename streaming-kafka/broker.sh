# The broker of Part C as ./lab knows it: the one that KAFKA_BOOTSTRAP names; else an Apache Kafka from KAFKA_HOME or the PATH,
# as one KRaft node; else the embedded broker, librdkafka's own mock cluster. Sourced by ./lab.

broker_packages=()
data=$part/.lab/broker

# Whether the broker is somebody else's, and so not ours to start or stop.
broker_is_given() { [ "${settings[broker_kind]:-}" = given ]; }

# Called by `up` before anything is started.
broker_begin() {
    if [ "${settings[mode]}" = docker ]; then
        settings[broker_kind]=docker
        [ -n "${KAFKA_PORT:-}" ] || port[kafka]=29092 settings[port_kafka]=29092
        return
    fi
    rm -rf "$data"
    if [ -n "${KAFKA_BOOTSTRAP:-}" ]; then
        settings[broker_kind]=given settings[broker_url]=$KAFKA_BOOTSTRAP
        port[kafka]="" settings[port_kafka]=""
        say "the broker is the one at KAFKA_BOOTSTRAP, $KAFKA_BOOTSTRAP"
    elif [ -n "${KAFKA_HOME:-}" ] || command -v kafka-server-start.sh >/dev/null; then
        settings[broker_kind]=kafka
        settings[kafka_bin]=$(kafka_bin)
        command -v java >/dev/null || broker_packages=(default-jre-headless)
        say "the broker is Apache Kafka from ${settings[kafka_bin]}, one KRaft node"
    else
        settings[broker_kind]=embedded
        say "the broker is the embedded one (no KAFKA_BOOTSTRAP, no KAFKA_HOME): it keeps nothing, and knows no transactions"
    fi
}

# The folder of Kafka's scripts.
kafka_bin() {
    if [ -z "${KAFKA_HOME:-}" ]; then
        dirname "$(command -v kafka-server-start.sh)"
    elif [ -x "$KAFKA_HOME/bin/kafka-server-start.sh" ]; then
        (cd "$KAFKA_HOME/bin" && pwd)
    else
        die "KAFKA_HOME must be the folder of an Apache Kafka: there is no bin/kafka-server-start.sh in $KAFKA_HOME"
    fi
}

broker_url() { echo "${settings[broker_url]:-127.0.0.1:${port[kafka]}}"; }
broker_env() { echo "KAFKA_BOOTSTRAP=$(broker_url)"; }

broker_start() {
    mkdir -p "$data"
    case ${settings[broker_kind]} in
        given) ;;
        embedded)
            [ ! -e "$data/bootstrap" ] || say "the embedded broker begins empty: it keeps nothing"
            spawn broker KAFKA_PORT="${port[kafka]}" -- "$part/.build/release/EmbeddedBroker" "$data/bootstrap"
            ;;
        kafka) kafka_start ;;
    esac
}

kafka_start() {
    local controller=$((port[kafka] < 60000 ? port[kafka] + 1 : port[kafka] - 1)) bin=${settings[kafka_bin]}
    if [ ! -e "$data/server.properties" ]; then
        ! is_taken "$controller" || die "port $controller, for Kafka's controller, is taken: choose another KAFKA_PORT"
        cat >"$data/server.properties" <<END
process.roles=broker,controller
node.id=1
controller.quorum.voters=1@127.0.0.1:$controller
listeners=PLAINTEXT://127.0.0.1:${port[kafka]},CONTROLLER://127.0.0.1:$controller
advertised.listeners=PLAINTEXT://127.0.0.1:${port[kafka]}
controller.listener.names=CONTROLLER
log.dirs=$data/log-dirs
num.partitions=3
offsets.topic.replication.factor=1
transaction.state.log.replication.factor=1
transaction.state.log.min.isr=1
group.initial.rebalance.delay.ms=0
END
        LOG_DIR=$data/log "$bin/kafka-storage.sh" format -t "$("$bin/kafka-storage.sh" random-uuid 2>/dev/null)" \
            -c "$data/server.properties" >"$state/logs/broker.log" 2>&1 9>&- ||
            { cat "$state/logs/broker.log" >&2; die "Kafka's storage cannot be formatted"; }
    fi
    # No smaller heap than Kafka's own default of 1 GB: with 512 MB it took a quarter less orders a second.
    spawn broker LOG_DIR="$data/log" -- "$bin/kafka-server-start.sh" "$data/server.properties"
}

# Called by `down` after the broker has ended.
broker_end() { :; }

broker_is_ready() {
    case ${settings[broker_kind]} in
        given) true ;;
        # What is published answers on the host before the container does.
        docker) [ "$(docker inspect -f '{{.State.Health.Status}}' "$(compose ps -q kafka)" 2>/dev/null)" = healthy ] ;;
        *) is_taken "${port[kafka]}" ;;
    esac
}
