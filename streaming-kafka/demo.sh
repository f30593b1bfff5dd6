# ./lab demo: what an event log does that a queue does not: it is still there. Sourced by ./lab.

http_timeout=60

demo() {
    local produced
    printf '\n1. Ten thousand orders at once, of which 300 can be had.\n'
    http POST "${port[order]}" /orders/bulk '{"count":10000}' || die "the order service does not answer"
    [ "$http_status" = 201 ] || die "the bulk was refused: $(field detail)"
    printf '   acknowledged by the broker after %s s\n' "$(field seconds)"
    await_settled
    print_metrics
    http GET "${port[inventory]}" /stats
    printf '   inventory: %s\n' "$http_body"

    printf '\n2. Analytics is throttled, and a thousand orders come in: nobody waits for it, its lag grows.\n'
    admin analytics throttle '{"seconds":0.01}'
    http POST "${port[order]}" /orders/bulk '{"count":1000}'
    local moment
    for moment in 1 2 3; do
        sleep 1 # a second between two looks at it is what is shown
        printf '   after %s s: lag of analytics-group %s, of inventory-group %s\n' "$moment" "$(lag analytics-group)" "$(lag inventory-group)"
    done
    admin analytics throttle '{"seconds":0}'
    await_settled
    printf '   without the throttle it has caught up: lag %s\n' "$(lag analytics-group)"

    printf '\n3. Offsets back to the beginning: the events are still there, and give the same numbers.\n'
    printf '   before: '
    print_metrics
    http POST "${port[analytics]}" /admin/reset-offsets '{}'
    printf '   generation %s begins\n' "$(field generation)"
    await_settled
    printf '   after:  '
    print_metrics

    printf '\n4. Inventory is killed in the middle of 5,000 orders, and rebuilt from its own log.\n'
    http POST "${port[order]}" /orders/bulk '{"count":5000}'
    change kill inventory
    change start inventory
    await_settled
    http GET "${port[inventory]}" /stats
    printf '   inventory: %s: no order twice, none forgotten\n' "$http_body"

    printf '\nThe point: events are kept, so a new reader, or an old one that starts over, sees all that ever happened.\n'
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

# Until analytics has counted every order and an outcome for each.
await_settled() {
    local end=$((SECONDS + 60)) count
    count=$(produced)
    until http GET "${port[analytics]}" /metrics && [ "$(field total_orders)" = "$count" ] &&
        [ "$(field total_inventory_events)" = "$count" ]; do
        [ $SECONDS -lt $end ] || { say "analytics has not counted all of $count"; return; }
        sleep 0.05
    done
}

print_metrics() {
    http GET "${port[analytics]}" /metrics
    printf '   orders %s, outcomes %s, failure rate %s, orders/min %s\n' "$(field total_orders)" \
        "$(field total_inventory_events)" "$(field failure_rate)" "$(field orders_per_minute)"
}
