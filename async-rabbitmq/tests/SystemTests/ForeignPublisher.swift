import CRabbitMQ
import Foundation
import LabTesting

/// A sender from outside that may put into a message whatever AMQP has room for: bytes that are no text, headers of every
/// type. It uses librabbitmq by itself, and none of the project's own client.
final class ForeignPublisher {
    private let connection: amqp_connection_state_t
    /// What the library reads while it publishes.
    private var memory: [UnsafeMutableRawPointer] = []

    /// Connects to the broker that `RABBITMQ_URL` names, as `guest`.
    init() throws {
        guard let text = ProcessInfo.processInfo.environment["RABBITMQ_URL"], let url = URL(string: text),
            let host = url.host, let port = url.port, let made = amqp_new_connection()
        else { throw Lab.CommandFailure(description: "RABBITMQ_URL must be a URL with a port") }
        connection = made
        let socket = amqp_tcp_socket_new(connection)
        guard lab_amqp_open(connection, socket, host, Int32(port), 5) == AMQP_STATUS_OK.rawValue,
            lab_amqp_login(connection, "/", 0, "foreign", "guest", "guest").reply_type == AMQP_RESPONSE_NORMAL,
            amqp_channel_open(connection, 1) != nil
        else { throw Lab.CommandFailure(description: "no connection to \(host):\(port)") }
    }

    deinit {
        amqp_connection_close(connection, AMQP_REPLY_SUCCESS)
        amqp_destroy_connection(connection)
        for pointer in memory { pointer.deallocate() }
    }

    /// Bytes that live as long as the publisher.
    func bytes(_ content: [UInt8]) -> amqp_bytes_t {
        let copy = UnsafeMutableRawPointer.allocate(byteCount: max(1, content.count), alignment: 16)
        copy.copyMemory(from: content, byteCount: content.count)
        memory.append(copy)
        return amqp_bytes_t(len: content.count, bytes: copy)
    }

    func bytes(_ text: String) -> amqp_bytes_t { bytes(Array(text.utf8)) }

    /// A table that lives as long as the publisher.
    func table(_ entries: [(name: amqp_bytes_t, value: amqp_field_value_t)]) -> amqp_table_t {
        let copy = UnsafeMutablePointer<amqp_table_entry_t>.allocate(capacity: max(1, entries.count))
        for (index, entry) in entries.enumerated() {
            (copy + index).initialize(to: amqp_table_entry_t(key: entry.name, value: entry.value))
        }
        memory.append(UnsafeMutableRawPointer(copy))
        return amqp_table_t(num_entries: Int32(entries.count), entries: copy)
    }

    func value(_ kind: amqp_field_value_kind_t, _ set: (inout amqp_field_value_t) -> Void = { _ in })
        -> amqp_field_value_t
    {
        var value = amqp_field_value_t()
        value.kind = UInt8(kind.rawValue)
        set(&value)
        return value
    }

    /// An array in an array in an array, so many times.
    func nested(_ depth: Int) -> amqp_field_value_t {
        var inner = value(AMQP_FIELD_KIND_VOID)
        for _ in 0..<depth {
            let entries = UnsafeMutablePointer<amqp_field_value_t>.allocate(capacity: 1)
            entries.initialize(to: inner)
            memory.append(UnsafeMutableRawPointer(entries))
            inner = value(AMQP_FIELD_KIND_ARRAY) { $0.value.array = amqp_array_t(num_entries: 1, entries: entries) }
        }
        return inner
    }

    /// Publishes to `orders_exchange`, or, without one, to the queue that the key names.
    func publish(
        _ body: [UInt8], to key: String, exchange: String = "orders_exchange",
        _ set: (inout amqp_basic_properties_t) -> Void = { _ in }
    ) throws {
        var properties = amqp_basic_properties_t()
        properties._flags = lab_amqp_has_delivery_mode
        properties.delivery_mode = 2
        set(&properties)
        let status = amqp_basic_publish(connection, 1, bytes(exchange), bytes(key), 0, 0, &properties, bytes(body))
        guard status == AMQP_STATUS_OK.rawValue else {
            throw Lab.CommandFailure(description: "publishing: \(String(cString: amqp_error_string2(status)))")
        }
    }

    /// Waits for the broker's answer to a call, so that all that was published before is in its queues or was refused.
    func settle() throws { _ = try messageCount("inventory_queue") }

    /// How many messages of a queue wait for a consumer.
    func messageCount(_ queue: String) throws -> Int {
        let answer = amqp_queue_declare(connection, 1, bytes(queue), 1, 1, 0, 0, amqp_empty_table)
        guard amqp_get_rpc_reply(connection).reply_type == AMQP_RESPONSE_NORMAL, let answer else {
            throw Lab.CommandFailure(description: "the broker has closed the connection or the channel")
        }
        return Int(answer.pointee.message_count)
    }

    /// Where the first message of a stream stands that was not dropped.
    func firstOffset(of stream: String) throws -> Int {
        let first = value(AMQP_FIELD_KIND_UTF8) { $0.value.bytes = self.bytes("first") }
        amqp_basic_qos(connection, 1, 0, 10, 0)
        amqp_basic_consume(
            connection, 1, bytes(stream), amqp_empty_bytes, 0, 0, 0, table([(bytes("x-stream-offset"), first)]))
        var envelope = amqp_envelope_t()
        guard amqp_consume_message(connection, &envelope, nil, 0).reply_type == AMQP_RESPONSE_NORMAL else {
            throw Lab.CommandFailure(description: "nothing comes from \(stream)")
        }
        defer { amqp_destroy_envelope(&envelope) }
        let headers = envelope.message.properties.headers
        for index in 0..<Int(headers.num_entries) {
            let (name, value) = (headers.entries[index].key, headers.entries[index].value)
            let text = String(
                decoding: UnsafeRawBufferPointer(start: name.bytes, count: name.len), as: UTF8.self)
            if text == "x-stream-offset" { return Int(value.value.i64) }
        }
        throw Lab.CommandFailure(description: "a message of \(stream) has no offset")
    }
}
