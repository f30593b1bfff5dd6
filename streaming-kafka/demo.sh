# ./lab demo: what an event log does that a queue does not: it is still there. Sourced by ./lab.

http_timeout=60
row_format='%-54s %5s %8s %7s %8s %8s %7s %6s\n'

demo() {
    printf '\nEach line is what the client saw, and what the services say then; the lag is that of analytics-group.\n'
    printf "\n$row_format" "what happens in the kitchen" reply waited orders outcomes reserved failed lag
    printf "$row_format" "---------------------------" ----- ------ ------ -------- -------- ------ ---
    bulk 10000
    await_settled
    row "10,000 orders at once, of which 300 can be had"

    admin analytics throttle '{"seconds":0.01}'
    bulk 1000
    sleep 1 # a second between two looks at it is what is shown
    row "analytics takes 10 ms for each event: 1,000 more come"
    local seconds
    for seconds in 2 3; do
        sleep 1
        row "  .. after $seconds s: nobody waits for it, its lag is its own"
    done
    admin analytics throttle '{"seconds":0}'
    await_settled
    row "it is quick again, and catches up"

    post analytics /admin/reset-offsets '{}'
    await_settled
    row "its offsets go back: the events are still there"

    bulk 5000
    change kill inventory >/dev/null 2>&1
    change start inventory >/dev/null 2>&1
    await_settled
    row "inventory was killed in the middle of 5,000 more"

    if ! broker_is_given; then
        local kept="it has kept every event"
        [ "${settings[broker_kind]}" != embedded ] || kept="the embedded one begins empty"
        change kill broker >/dev/null 2>&1
        post order /order '{"item":"burger","quantity":1}'
        row "the broker is gone: no order is acknowledged"
        change start broker >/dev/null 2>&1
        wait_until_ready "${services[@]}" 2>/dev/null || die "the services did not come back"
        post order /order '{"item":"burger","quantity":1}'
        await_settled
        row "the broker is back: $kept"
    fi

    printf '\nWhat became of every order, as GET /orders tells:\n'
    http GET "${port[order]}" /orders
    printf '%s' "$http_body" | tr '{' '\n' | sed -n 's/.*"status":"\([a-z]*\)".*/\1/p' | sort | uniq -c
    http GET "${port[analytics]}" /metrics
    printf 'failure rate %s, orders a minute %s, generation %s\n' "$(field failure_rate)" "$(field orders_per_minute)" "$(field generation)"
    printf '\nThe point: events are kept, so a new reader, or an old one that starts over, sees all that ever happened.\n'
}

# bulk COUNT: places so many orders.
bulk() { post order /orders/bulk "{\"count\":$1}"; }

# post SERVICE PATH BODY: what the client sees of it is in the next row.
post() {
    local start=${EPOCHREALTIME/[.,]/}
    http POST "${port[$1]}" "$2" "$3" || die "$1 does not answer"
    waited="$(((${EPOCHREALTIME/[.,]/} - start) / 1000)) ms"
    reply=$http_status
}

# row TEXT: what the client saw last, once, and what the services say.
row() {
    local orders outcomes reserved failed lag
    http GET "${port[analytics]}" /metrics || true
    orders=$(field total_orders) outcomes=$(field total_inventory_events)
    http GET "${port[inventory]}" /stats || true
    reserved=$(field reserved) failed=$(field failed)
    lag=$(lag analytics-group)
    printf "$row_format" "$1" "${reply:-}" "${waited:-}" "$orders" "$outcomes" "$reserved" "$failed" "${lag:--}"
    reply="" waited=""
}

# admin SERVICE FAULT BODY
admin() { http POST "${port[$1]}" "/admin/$2" "$3" || die "$1 does not take its fault"; }

# lag GROUP
lag() {
    http GET "${port[analytics]}" /lag
    sed -n "s/.*\"$1\":{\"total_lag\":\([0-9]*\).*/\1/p" <<<"$http_body"
}

# How many orders there are, as the order service knows; counted without showing them.
produced() {
    http GET "${port[order]}" /orders
    grep -o '"order_id"' <<<"$http_body" | wc -l
}

# Until analytics has counted every order and an outcome for each, and has said so to its group.
await_settled() {
    local end=$((SECONDS + 60)) count
    count=$(produced)
    until http GET "${port[analytics]}" /metrics && [ "$(field total_orders)" = "$count" ] &&
        [ "$(field total_inventory_events)" = "$count" ] && [ "$(lag analytics-group)" = 0 ]; do
        [ $SECONDS -lt $end ] || { say "analytics has not counted all of $count"; return; }
        sleep 0.05
    done
}
