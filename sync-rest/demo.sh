# ./lab demo: what blocking calls do to whoever waits for them. Sourced by ./lab.

http_timeout=20
row_format='%-58s %6s  %-22s %8s  %s\n'

demo() {
    local stock_before
    printf '\nEach line is one POST /order, which waits for inventory and then for notification before it answers.\n'
    printf "\n$row_format" "what happens in the kitchen" reply error "waited" "what the order became"
    printf "$row_format" "---------------------------" ----- ----- ------ ---------------------
    order "all services are well"
    order "all services are well, once more"

    admin inventory delay '{"seconds":2}'
    order "inventory takes 2 s: the client waits for it"
    order "notification would be quick, but it comes after inventory"
    admin inventory delay '{"seconds":0}'

    admin inventory fail '{"enabled":true}'
    order "inventory fails: no stock, no notification, no order"
    admin inventory fail '{"enabled":false}'

    change stop notification
    order "notification is gone: best effort, the order stands"
    change start notification

    stock_before=$(stock burger)
    change pause inventory
    order "inventory hangs: after REQUEST_TIMEOUT nobody knows"
    change resume inventory
    await_released
    printf "$row_format" "  .. inventory answers again; what it held came back" "" "" "" "burgers: $stock_before before, $(stock burger) after"

    change kill inventory
    order "inventory is dead: the client knows at once"
    change start inventory
    order "inventory is back, with full stock: its memory was its own"
    admin_reset

    printf '\nWhat became of every order, as GET /orders tells:\n'
    http GET "${port[order]}" /orders
    printf '%s' "$http_body" | tr '{' '\n' | sed -n 's/.*"status":"\([a-z]*\)".*/\1/p' | sort | uniq -c
    printf '\nThe point: the client learns the outcome in its reply, and pays for it by waiting for the slowest service.\n'
}

# order TEXT: places one and prints what its client saw.
order() {
    local start=${EPOCHREALTIME/[.,]/} id error status
    http POST "${port[order]}" /order '{"item":"burger","quantity":1}' || true
    local waited=$(((${EPOCHREALTIME/[.,]/} - start) / 1000))
    id=$(field order_id) error=$(field error) status=$http_status
    http GET "${port[order]}" "/orders/$id" || true
    printf "$row_format" "$1" "$status" "${error:--}" "$waited ms" "$(field status)"
}

# admin SERVICE FAULT BODY
admin() { http POST "${port[$1]}" "/admin/$2" "$3" || die "$1 does not take its fault"; }

admin_reset() {
    local name
    for name in "${services[@]}"; do
        admin "$name" delay '{"seconds":0}'
        admin "$name" fail '{"enabled":false}'
    done
}

stock() {
    http GET "${port[inventory]}" /stock
    field "$1"
}

# The release of an order that timed out is sent in the background: seen when inventory has logged it.
await_released() {
    local end=$((SECONDS + 20))
    until [ "$(stock burger)" = "$stock_before" ] && command_logs order 2>/dev/null | grep -q "inventory released the order"; do
        [ $SECONDS -lt $end ] || { say "the release has not arrived"; return; }
        sleep 0.1
    done
}
