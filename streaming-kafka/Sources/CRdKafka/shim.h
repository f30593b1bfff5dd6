// librdkafka, what Swift cannot call of it (rd_kafka_producev is variadic), and the few things of Linux that go with it.
#pragma once
#include <librdkafka/rdkafka.h>
#include <librdkafka/rdkafka_mock.h>
#include <stdint.h>
#include <sys/eventfd.h>
#include <sys/syscall.h>
#include <unistd.h>

// A copy of key and value is sent. The headers, where there are any, belong to librdkafka where it returns no error.
static inline rd_kafka_resp_err_t lab_produce(
    rd_kafka_t *handle, rd_kafka_topic_t *topic, const void *key, size_t key_size, const void *value, size_t value_size,
    rd_kafka_headers_t *headers, uintptr_t opaque) {
    if (!headers)
        return rd_kafka_producev(
            handle, RD_KAFKA_V_RKT(topic), RD_KAFKA_V_MSGFLAGS(RD_KAFKA_MSG_F_COPY), RD_KAFKA_V_KEY(key, key_size),
            RD_KAFKA_V_VALUE((void *)value, value_size), RD_KAFKA_V_OPAQUE((void *)opaque), RD_KAFKA_V_END);
    return rd_kafka_producev(
        handle, RD_KAFKA_V_RKT(topic), RD_KAFKA_V_MSGFLAGS(RD_KAFKA_MSG_F_COPY), RD_KAFKA_V_KEY(key, key_size),
        RD_KAFKA_V_VALUE((void *)value, value_size), RD_KAFKA_V_HEADERS(headers), RD_KAFKA_V_OPAQUE((void *)opaque),
        RD_KAFKA_V_END);
}

// The system calls themselves: the embedded broker takes the place of the C library's functions.
static inline int lab_accept(int descriptor, void *address, unsigned *size) {
    return (int)syscall(SYS_accept, descriptor, address, size);
}
static inline int lab_bind(int descriptor, const void *address, unsigned size) {
    return (int)syscall(SYS_bind, descriptor, address, size);
}
