# What `up` was told, kept in .lab/settings while the lab is up, so that later commands need not be told again.

declare -A settings=()
# The services' own variables, passed on to them; KAFKA_CONFIG_… in addition.
passed_on=(
    STOCK REQUEST_TIMEOUT FAULT_DELAY_SECONDS FAULT_FAIL LOG_LEVEL ALLOW_LOST_STATE ALLOWED_ORIGINS RABBITMQ_CA_FILE
    KAFKA_TRANSACTIONS JOURNAL_SNAPSHOT_BYTES LAB_CRASH_AT
)

# The names of those that are set here.
given() {
    local name
    for name in "${passed_on[@]}" "${!KAFKA_CONFIG_@}"; do [ -z "${!name:-}" ] || echo "$name"; done
}

load_settings() {
    settings=()
    [ ! -f "$state/settings" ] || . "$state/settings"
    # In a copy of the folder they are the original's, and so are the processes.
    [ "${settings[part]:-$part}" = "$part" ] || settings=()
    load_instances
    local name
    for name in "${!port_variable[@]}"; do
        if is_up; then
            port[$name]=${settings[port_$name]:-}
        elif [ -n "${!port_variable[$name]:-}" ]; then
            port[$name]=${!port_variable[$name]}
        fi
    done
}

# begin_settings MODE: from the environment.
begin_settings() {
    settings=([mode]=$1 [part]=$part)
    # Whose lab it is: tests.sh takes down one of its own without asking, and no other.
    [ -z "${LAB_FOR_TESTS:-}" ] || settings[for_tests]=yes
    rm -f "$state"/pids/*
    local name
    for name in "${!port_variable[@]}"; do
        [ -z "${port[$name]:-}" ] || is_port "${port[$name]}" ||
            { settings=(); die "${port_variable[$name]} must be a port from 1 to 65535, not \"${port[$name]}\""; }
        settings[port_$name]=${port[$name]:-}
    done
    for name in $(given); do settings[env_$name]=${!name}; done
}

is_port() { [[ $1 =~ ^[1-9][0-9]{0,4}$ && $1 -le 65535 ]]; }

save_settings() {
    write_private settings < <(declare -p settings | sed '1s/^declare -A /declare -gA /')
}

end_settings() {
    rm -f "$state"/settings* "$state"/services.*
    settings=()
    forget_instances
}

# For one start only: what this command's environment says comes over what `up` was told.
given_settings() {
    local name
    for name in $(given); do settings[env_$name]=${!name}; done
}

# The variables that reach every service: KEY=value, each followed by a NUL, since a value may have several lines.
passed_environment() {
    local name
    for name in "${!settings[@]}"; do
        [[ $name != env_* ]] || printf '%s=%s\0' "${name#env_}" "${settings[$name]}"
    done
}

# Whether this command's environment asks for the ports that are in use.
same_ports() {
    local name
    for name in "${!port_variable[@]}"; do
        [ -z "${!port_variable[$name]:-}" ] || [ "${!port_variable[$name]}" = "${port[$name]}" ] || return 1
    done
}

default_mode() { docker_answers && echo docker || echo native; }
mode_text() { [ "${settings[mode]}" = docker ] && echo "in containers" || echo "as processes on this machine"; }
