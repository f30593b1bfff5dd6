# HTTP without a client program: a machine with nothing but bash can wait for the services and run the demo.

# http METHOD PORT PATH [BODY] [HEADER...]: sets http_status and http_body; fails where no reply comes within http_timeout
# seconds.
http() {
    local LC_ALL=C method=$1 to=$2 path=$3 body=${4-} reply
    http_status=000 http_body=""
    shift $(($# < 4 ? $# : 4))
    reply=$(
        exec 2>/dev/null 3<>"/dev/tcp/127.0.0.1/$to" || exit 1
        {
            printf '%s %s HTTP/1.1\r\nHost: 127.0.0.1:%s\r\nConnection: close\r\n' "$method" "$path" "$to"
            [ $# = 0 ] || printf '%s\r\n' "$@"
            printf 'Content-Length: %s\r\n\r\n%s' "${#body}" "$body"
        } >&3
        timeout "${http_timeout:-5}" cat <&3
    ) || return 1
    [[ $reply =~ ^HTTP/1\.[01]\ ([0-9]{3}) ]] || return 1
    http_status=${BASH_REMATCH[1]}
    http_body=${reply#*$'\r\n\r\n'}
}

# field NAME: the value of a field of the object in http_body, without quotes; nothing if it is not there.
field() {
    local pattern="\"$1\":(\"(([^\"\\]|\\\\.)*)\"|[^,}]*)" text
    [[ $http_body =~ $pattern ]] || return 0
    case ${BASH_REMATCH[1]} in
        '"'*)
            # A quote or a backslash within the text has a backslash before it.
            text=${BASH_REMATCH[2]//\\\"/\"}
            printf '%s' "${text//\\\\/\\}"
            ;;
        *) printf '%s' "${BASH_REMATCH[1]}" ;;
    esac
}

# Whether somebody listens on a port of this machine.
is_taken() { (exec 3<>"/dev/tcp/127.0.0.1/$1") 2>/dev/null; }
