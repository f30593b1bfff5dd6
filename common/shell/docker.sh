# Services as the containers of the part's docker-compose.yml, whose services are named like ours; the broker is the
# containers in broker_containers.

docker_answers() { timeout 10 docker info >/dev/null 2>&1 && docker compose version >/dev/null 2>&1; }

# In a subshell, which exports what the containers are to get: a value may be a password, and everybody on the machine can
# read a command line.
compose() (
    for name in "${!port_variable[@]}"; do
        [ -z "${port[$name]:-}" ] || export "${port_variable[$name]}=${port[$name]}"
    done
    files=(--file "$part/docker-compose.yml")
    # Compose reads a person's own additions by itself, but not when it is told which files to take.
    [ ! -e "$part/docker-compose.override.yml" ] || files+=(--file "$part/docker-compose.override.yml")
    mapfile -d '' -t variables < <(passed_environment)
    if [ ${#variables[@]} -gt 0 ]; then
        export "${variables[@]}"
        passed_names "${variables[@]%%=*}" | write_private services.yml
        files+=(--file "$state/services.yml")
    fi
    exec docker compose --project-name "$(compose_project)" --project-directory "$part" "${files[@]}" "$@" 9>&-
)

# passed_names NAME...: a compose file that gives every service the variables of these names. docker-compose.yml cannot name
# them all: any name may follow KAFKA_CONFIG_. Compose takes the values from its own environment, so that no file holds a
# password, and a value needs no quotes: in an env_file, $, # and quotes would change it.
passed_names() {
    local name
    echo "services:"
    for name in "${services[@]}"; do
        printf '  %s:\n    environment:\n' "$name"
        printf '      - %s\n' "$@"
    done
}

# What compose calls NAME.
containers() { [ "$1" = broker ] && echo "${broker_containers[@]}" || echo "$1"; }

docker_prepare() {
    docker_answers || die "no Docker engine with compose answers here: start one, or use --native"
    local elsewhere
    elsewhere=$(docker ps -aq --filter "label=com.docker.compose.project=$(compose_project)" |
        xargs -r docker inspect -f '{{index .Config.Labels "com.docker.compose.project.working_dir"}}' |
        { grep -vxF "$part" || true; } | head -n 1)
    [ -z "$elsewhere" ] || die "containers of the same name were started from $elsewhere: stop those first"
    local log=$state/logs/build.log
    say "building the image (the first time takes some minutes)"
    compose build >"$log" 2>&1 || { tail -n 30 "$log" >&2; die "the image cannot be built"; }
}

compose_project() { sed -n 's/^COMPOSE_PROJECT_NAME=//p' "$part/.env"; }

docker_start_all() { compose up -d >"$state/logs/up.log" 2>&1 || { cat "$state/logs/up.log" >&2; return 1; }; }
docker_stop_all() { quietly compose down --volumes --remove-orphans --timeout 15; }
docker_start() { quietly compose up -d --no-deps --no-build $(containers "$1"); }
docker_stop() { [ "$(docker_state "$1")" = gone ] || quietly compose stop --timeout 15 $(containers "$1"); }
docker_kill() { [ "$(docker_state "$1")" = gone ] || quietly compose kill $(containers "$1"); }
docker_pause() { must_run "$1" && quietly compose pause $(containers "$1"); }
docker_resume() { must_run "$1" && quietly compose unpause $(containers "$1"); }
must_run() { [ "$(docker_state "$1")" != gone ] || die "$1 does not run"; }

# docker_state NAME: running, paused or gone.
docker_state() {
    local container name
    for name in $(containers "$1"); do
        container=$(compose ps -aq "$name" 2>/dev/null)
        case $([ -z "$container" ] || docker inspect -f '{{.State.Status}}' "$container" 2>/dev/null) in
            running | restarting | created) ;;
            paused) echo paused; return ;;
            *) echo gone; return ;;
        esac
    done
    echo running
}

# docker_logs FOLLOW [NAME]
docker_logs() { compose logs --no-color ${1:+-f} $([ -z "${2:-}" ] || containers "$2"); }

# compose tells its progress on stderr; a person wants to see that only where it fails.
quietly() {
    local output
    output=$("$@" 2>&1) || { printf '%s\n' "$output" >&2; return 1; }
}
