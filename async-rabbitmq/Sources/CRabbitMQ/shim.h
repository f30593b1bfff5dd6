#pragma once
#if __has_include(<rabbitmq-c/amqp.h>)  // from 0.12 on
#include <rabbitmq-c/amqp.h>
#include <rabbitmq-c/framing.h>
#include <rabbitmq-c/ssl_socket.h>
#include <rabbitmq-c/tcp_socket.h>
#else
#include <amqp.h>
#include <amqp_framing.h>
#include <amqp_ssl_socket.h>
#include <amqp_tcp_socket.h>
#endif
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <sys/socket.h>

// The methods that may arrive unasked: macros with casts, which Swift does not import.
static const uint32_t lab_amqp_basic_deliver = AMQP_BASIC_DELIVER_METHOD;
static const uint32_t lab_amqp_basic_return = AMQP_BASIC_RETURN_METHOD;
static const uint32_t lab_amqp_basic_ack = AMQP_BASIC_ACK_METHOD;
static const uint32_t lab_amqp_basic_nack = AMQP_BASIC_NACK_METHOD;
static const uint32_t lab_amqp_basic_cancel = AMQP_BASIC_CANCEL_METHOD;
static const uint32_t lab_amqp_channel_close = AMQP_CHANNEL_CLOSE_METHOD;
static const uint32_t lab_amqp_channel_close_ok = AMQP_CHANNEL_CLOSE_OK_METHOD;
static const uint32_t lab_amqp_connection_close = AMQP_CONNECTION_CLOSE_METHOD;
static const uint32_t lab_amqp_connection_close_ok = AMQP_CONNECTION_CLOSE_OK_METHOD;
static const uint32_t lab_amqp_connection_blocked = AMQP_CONNECTION_BLOCKED_METHOD;
static const uint32_t lab_amqp_connection_unblocked = AMQP_CONNECTION_UNBLOCKED_METHOD;

// The flags of properties are macros too.
static const uint32_t lab_amqp_has_content_type = AMQP_BASIC_CONTENT_TYPE_FLAG;
static const uint32_t lab_amqp_has_headers = AMQP_BASIC_HEADERS_FLAG;
static const uint32_t lab_amqp_has_delivery_mode = AMQP_BASIC_DELIVERY_MODE_FLAG;
static const uint32_t lab_amqp_has_correlation_id = AMQP_BASIC_CORRELATION_ID_FLAG;
static const uint32_t lab_amqp_has_message_id = AMQP_BASIC_MESSAGE_ID_FLAG;
static const uint32_t lab_amqp_has_timestamp = AMQP_BASIC_TIMESTAMP_FLAG;
static const uint32_t lab_amqp_has_type = AMQP_BASIC_TYPE_FLAG;

static inline amqp_table_entry_t lab_amqp_flag_entry(const char *key) {
    amqp_table_entry_t entry = {.key = amqp_cstring_bytes(key), .value = {.kind = AMQP_FIELD_KIND_BOOLEAN, .value.boolean = 1}};
    return entry;
}
static inline amqp_table_entry_t lab_amqp_text_entry(amqp_bytes_t key, amqp_bytes_t text) {
    amqp_table_entry_t entry = {.key = key, .value = {.kind = AMQP_FIELD_KIND_UTF8, .value.bytes = text}};
    return entry;
}
static inline amqp_table_entry_t lab_amqp_integer_entry(amqp_bytes_t key, int64_t number) {
    amqp_table_entry_t entry = {.key = key, .value = {.kind = AMQP_FIELD_KIND_I64, .value.i64 = number}};
    return entry;
}

// amqp_login_with_properties is variadic. A client that does not announce what it understands is never told that a queue
// was deleted under its consumer, nor that the broker has stopped reading.
static inline amqp_rpc_reply_t lab_amqp_login(amqp_connection_state_t state, const char *vhost, int heartbeat, const char *name,
                                              const char *user, const char *password) {
    amqp_table_entry_t abilities[] = {lab_amqp_flag_entry("consumer_cancel_notify"), lab_amqp_flag_entry("connection.blocked"),
                                      lab_amqp_flag_entry("publisher_confirms"), lab_amqp_flag_entry("basic.nack"),
                                      lab_amqp_flag_entry("authentication_failure_close")};
    amqp_table_t table = {sizeof abilities / sizeof *abilities, abilities};
    amqp_table_entry_t entries[] = {
        {.key = amqp_cstring_bytes("capabilities"), .value = {.kind = AMQP_FIELD_KIND_TABLE, .value.table = table}},
        lab_amqp_text_entry(amqp_cstring_bytes("connection_name"), amqp_cstring_bytes(name))};
    amqp_table_t properties = {sizeof entries / sizeof *entries, entries};
    return amqp_login_with_properties(state, vhost, 0, AMQP_DEFAULT_FRAME_SIZE, heartbeat, &properties, AMQP_SASL_METHOD_PLAIN, user,
                                      password);
}

// Times are given as timeval, which two of Swift's C modules define: here in seconds.
static inline int lab_amqp_open(amqp_connection_state_t state, amqp_socket_t *socket, const char *host, int port, int seconds) {
    struct timeval limit = {.tv_sec = seconds};
    amqp_set_handshake_timeout(state, &limit);
    amqp_set_rpc_timeout(state, &limit);
    return amqp_socket_open_noblock(socket, host, port, &limit);
}
static inline int lab_amqp_frame_that_is_here(amqp_connection_state_t state, amqp_frame_t *frame) {
    struct timeval immediately = {0};
    return amqp_simple_wait_frame_noblock(state, frame, &immediately);
}
