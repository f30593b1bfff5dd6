# The folder .lab of a part: settings, logs, pids, the broker's data. What `up` was given may be a password
# (KAFKA_CONFIG_SASL_PASSWORD, RABBITMQ_URL), and a log may repeat it: so only the owner may read what is there.

# make_state FOLDER...: .lab, with these folders in it.
make_state() {
    (umask 077 && mkdir -p "${@/#/$state/}") || die "$state cannot be written"
    [[ $(stat -c %a "$state") != *700 ]] || return 0
    # An older version let everybody read the folder and its files.
    chmod 700 "$state" && chmod -R go= "$state" || die "$state cannot be made private: whose is it?"
}

# write_private NAME: a file of .lab from the standard input, for its owner alone. A reader finds the old file or the new
# one, never a part of one.
write_private() {
    local new=$state/$1.$BASHPID
    (umask 077 && cat >"$new" && mv -f "$new" "$state/$1")
}
