# Services as processes of this machine. Their pids are in .lab/pids, each with its start time, so that no stranger that
# got an old pid is ever signalled.

native_prepare() {
    local all=("${packages[@]}")
    [ -z "${broker:-}" ] || broker_is_given || all+=("${broker_packages[@]}")
    install_packages "${all[@]}"
    build
}

native_start_all() {
    local name
    for name in "${services[@]}" broker; do rm -f "$state/logs/$name.log" "$state/logs/$name".[0-9]*.log; done
    [ -z "${broker:-}" ] || { native_start broker && wait_until_ready broker; } || return 1
    for name in "${services[@]}"; do native_start "$name" || return 1; done
}

native_stop_all() {
    local name
    for name in $(all_instances); do native_stop "$name"; done
    [ -z "${broker:-}" ] || { native_stop broker; broker_end; }
}

# native_start NAME
native_start() {
    [ "$(native_state "$1")" = gone ] || return 0
    if [ "$1" = broker ]; then broker_start; return; fi
    local variables=() service number
    split "$1"
    mapfile -d '' -t variables < <(passed_environment)
    mapfile -t -O "${#variables[@]}" variables < <(service_environment "$service")
    variables+=(HOST=127.0.0.1 PORT="${port[$1]}" INSTANCE="$number")
    spawn "$1" "${variables[@]}" -- "$part/.build/release/${executable[$service]}"
}

# spawn NAME [VARIABLE=VALUE]... -- COMMAND...: in a session of its own, without anything that this shell has open. Our lock
# is one of those, and others may be our caller's way to see that we have ended (Foundation's Process inherits a socket to
# its child).
#
# A value may be a password. `env VARIABLE=VALUE COMMAND` would show it to everybody on the machine, as env's command line,
# until env has become the command. So the values are exported, in a subshell whose own work needs none of them.
spawn() {
    local name=$1
    shift
    (
        umask 077
        exec >>"$state/logs/$name.log" 2>&1 </dev/null
        while [ "$1" != -- ]; do
            export "${1?}"
            shift
        done
        shift
        local descriptor
        for descriptor in "/proc/$BASHPID/fd/"*; do
            descriptor=${descriptor##*/}
            [ "$descriptor" -le 2 ] || eval "exec $descriptor>&-"
        done
        exec setsid "$@"
    ) &
    printf '%s %s\n' "$!" "$(start_time "$!")" >"$state/pids/$name"
    disown
}

# start_time PID: in clock ticks since boot; nothing where there is no such process, or it has ended (a zombie).
start_time() {
    local line
    read -r line 2>/dev/null <"/proc/$1/stat" || return 0
    read -ra line <<<"${line##*) }" # what follows the name, which may hold anything; the state comes first
    # The first thread may have ended while others still do, and with them the sockets.
    [ "${line[0]}" = Z ] && [ "${line[17]}" -le 1 ] || echo "${line[19]}"
}

# pid_of NAME: nothing where it does not run.
pid_of() {
    local pid started
    read -r pid started 2>/dev/null <"$state/pids/$1" || return 0
    [ -z "$started" ] || [ "$(start_time "$pid")" != "$started" ] || echo "$pid"
}

# native_state NAME: running, paused or gone. One that was killed a moment ago is waited for: it still has its port.
native_state() {
    local pid line
    pid=$(pid_of "$1")
    ! is_ending "$pid" || is_gone "$1" 15 || true
    [ -n "$pid" ] && read -r line 2>/dev/null <"/proc/$pid/stat" || { echo gone; return; }
    [[ ${line##*) } == T* ]] && echo paused || echo running
}

# is_ending PID: whether SIGKILL, the ninth of the signals, waits for it.
is_ending() { grep -Eqs '^(Sig|Shd)Pnd:.*[13579bdf]..$' "/proc/$1/status"; }

# native_stop NAME: SIGTERM, and SIGKILL where that did not end it in 15 s.
native_stop() {
    local pid
    pid=$(pid_of "$1")
    [ -n "$pid" ] || return 0
    kill -TERM "$pid" 2>/dev/null || true
    kill -CONT "$pid" 2>/dev/null || true
    is_gone "$1" "${stop_seconds:-15}" || { say "$1 does not stop: killing it"; native_kill "$1"; }
}

native_kill() {
    local pid
    pid=$(pid_of "$1")
    [ -n "$pid" ] || return 0
    kill -KILL "$pid" 2>/dev/null || true
    is_gone "$1" 15 || die "$1 (pid $pid) does not end"
}

# is_gone NAME SECONDS: waits for it.
is_gone() {
    local end=$((SECONDS + $2))
    while [ -n "$(pid_of "$1")" ]; do
        [ $SECONDS -lt $end ] || return 1
        sleep 0.02
    done
}

native_pause() { signal_running "$1" STOP; }
native_resume() { signal_running "$1" CONT; }

signal_running() {
    local pid
    pid=$(pid_of "$1")
    [ -n "$pid" ] || die "$1 does not run"
    kill -"$2" "$pid"
}

# native_logs FOLLOW [NAME]
native_logs() {
    local name files=()
    for name in ${2:-$(everything)}; do [ ! -f "$state/logs/$name.log" ] || files+=("$state/logs/$name.log"); done
    [ ${#files[@]} -gt 0 ] || { say "there are no logs yet"; return; }
    tail -n +1 ${1:+-f} "${files[@]}"
}
