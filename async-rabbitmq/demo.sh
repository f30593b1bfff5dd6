# ./lab demo: what a queue between services does for whoever waits, and what it asks for in return. Sourced by ./lab.

http_timeout=20
row_format='%-58s %6s %9s  %-9s %s\n'
guest="Authorization: Basic Z3Vlc3Q6Z3Vlc3Q="

demo() {
    printf '\nEach line is one POST /order, which answers once a queue and the journal have the order.\n'
    printf "\n$row_format" "what happens in the kitchen" reply waited "at once" "after a while"
    printf "$row_format" "---------------------------" ----- ------ ------- -------------
    order "all services are well"
    await reserved

    admin inventory delay '{"seconds":2}'
    order "inventory takes 2 s: the client does not notice"
    await reserved
    admin inventory delay '{"seconds":0}'

    change stop inventory
    order "inventory is gone: the order waits in its queue"
    order ".. and so does the next one"
    change start inventory
    await reserved "inventory is back, and drains the queue"

    change kill inventory
    change start inventory
    order "inventory was killed: it has read its journal"
    await reserved
    printf "  burgers: %s of 100\n" "$(stock burger)"

    republish
    printf "  the same message a second time by hand: burgers still %s\n" "$(stock burger)"
    garbage

    change stop broker
    order "the broker is gone: nothing is accepted"
    change start broker
    await_ready
    order "the broker is back"
    await reserved

    printf '\nWhat became of every order, as GET /orders tells:\n'
    http GET "${port[order]}" /orders
    printf '%s' "$http_body" | tr '{' '\n' | sed -n 's/.*"status":"\([a-z]*\)".*/\1/p' | sort | uniq -c
    printf '\nThe point: accepted is not done. The client never waits for inventory, and learns the outcome later.\n'
}

# order TEXT: places one and prints what its client saw, and what the order is at that moment.
order() {
    local start=${EPOCHREALTIME/[.,]/} status waited
    http POST "${port[order]}" /order '{"item":"burger","quantity":1}' || true
    waited=$(((${EPOCHREALTIME/[.,]/} - start) / 1000))
    status=$http_status last=$(field order_id)
    printf "$row_format" "$1" "$status" "$waited ms" "$(field status)" "$(field error)"
}

# await STATUS [TEXT]: until the last order has it.
await() {
    local start=${EPOCHREALTIME/[.,]/} end=$((SECONDS + 30))
    until http GET "${port[order]}" "/orders/$last" && [ "$(field status)" = "$1" ]; do
        [ $SECONDS -lt $end ] || { say "it is still $(field status)"; return; }
        sleep 0.01
    done
    printf "$row_format" "  ${2:-..}" "" "" "" "$1 after $(((${EPOCHREALTIME/[.,]/} - start) / 1000)) ms more"
}

await_ready() { wait_until_ready "${services[@]}" 2>/dev/null || die "the services did not come back"; }

# admin SERVICE FAULT BODY
admin() { http POST "${port[$1]}" "/admin/$2" "$3" || die "$1 does not take its fault"; }

stock() {
    http GET "${port[inventory]}" /stock
    field "$1"
}

# management PATH BODY: the broker's own HTTP interface.
management() { http POST "${port[rabbitmq_management]}" "/api/$1" "$2" "$guest" "Content-Type: application/json"; }

# publish MESSAGE_ID TEXT: to order.placed, with TEXT as it stands in a JSON string.
publish() {
    management exchanges/%2F/orders_exchange/publish "{\"routing_key\":\"order.placed\",\"payload_encoding\":\"string\",\
\"properties\":{\"message_id\":\"$1\",\"delivery_mode\":2},\"payload\":\"$2\"}" || say "the management interface does not answer"
}

republish() {
    local id="01234567-89ab-4def-8123-456789abcdef" message
    message="{\\\"order_id\\\":\\\"$id\\\",\\\"item\\\":\\\"burger\\\",\\\"quantity\\\":1}"
    publish "$id" "$message"
    last=$id
    await reserved "a message published by hand"
    printf "  burgers: %s\n" "$(stock burger)"
    publish "$id" "$message"
    sleep 1 # long enough for it to be handled; that nothing happens cannot be waited for
}

garbage() {
    publish "" "this is no order"
    local end=$((SECONDS + 15))
    until management queues/%2F/dlq_queue/get '{"count":1,"ackmode":"ack_requeue_true","encoding":"auto"}' &&
        [[ $http_body == *"this is no order"* ]]; do
        [ $SECONDS -lt $end ] || { say "it is not in dlq_queue"; return; }
        sleep 0.1
    done
    printf "  a message that is no order: it is in dlq_queue, and inventory works on\n"
}
