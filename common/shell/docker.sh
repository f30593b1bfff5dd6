# Services as the containers of the part's docker-compose.yml, whose services are named like ours; the broker is the
# containers in broker_containers.

docker_answers() { timeout 10 docker info >/dev/null 2>&1 && docker compose version >/dev/null 2>&1; }

compose() {
    local name variables=()
    for name in "${!port_variable[@]}"; do [ -z "${port[$name]:-}" ] || variables+=("${port_variable[$name]}=${port[$name]}"); done
    mapfile -t -O "${#variables[@]}" variables < <(passed_environment)
    # Not every name can stand in a compose file: it takes those with KAFKA_CONFIG_ from here.
    passed_environment >"$state/services.env"
    env "${variables[@]}" docker compose --project-directory "$part" "$@" 9>&-
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

compose_project() { sed -n 's/^name: *//p' "$part/docker-compose.yml"; }

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
