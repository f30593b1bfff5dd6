internal import CRabbitMQ
internal import Glibc

extension AMQPConnection {
    /// Publishes a message: persistent, and mandatory, so that it comes back if no queue is bound for it.
    ///
    /// That it returns says nothing about the broker, whose confirm does. It may not have left before ``flush()``.
    ///
    /// - Throws: ``AMQPError`` if the connection is gone, or of the kind ``AMQPError/Kind/unencodable``, which leaves the
    ///   connection as it is.
    public func publish(_ publication: AMQPPublication, on channel: UInt16) throws(AMQPError) {
        checkThread()
        // Librabbitmq finds out when the first frame of the message has left already, and the channel is of no more use then.
        if let problem = publication.problem { throw AMQPError(.unencodable, problem) }
        cork()
        memory.reset()
        let message = publication.message
        var properties = amqp_basic_properties_t()
        properties._flags = lab_amqp_has_content_type | lab_amqp_has_delivery_mode
        properties.content_type = memory.bytes(publication.contentType)
        properties.delivery_mode = UInt8(AMQP_DELIVERY_PERSISTENT.rawValue)
        if let id = message.messageID {
            properties._flags |= lab_amqp_has_message_id
            properties.message_id = memory.bytes(id)
        }
        if let type = message.type {
            properties._flags |= lab_amqp_has_type
            properties.type = memory.bytes(type)
        }
        if let id = message.correlationID {
            properties._flags |= lab_amqp_has_correlation_id
            properties.correlation_id = memory.bytes(id)
        }
        if let timestamp = message.timestamp {
            properties._flags |= lab_amqp_has_timestamp
            properties.timestamp = timestamp
        }
        if !message.headers.isEmpty {
            properties._flags |= lab_amqp_has_headers
            properties.headers = memory.table(message.headers)
        }
        let (exchange, key) = (memory.bytes(publication.exchange), memory.bytes(publication.routingKey))
        let status = message.body.withUnsafeBytes { body in
            let bytes = amqp_bytes_t(len: body.count, bytes: UnsafeMutableRawPointer(mutating: body.baseAddress))
            return amqp_basic_publish(state, channel, exchange, key, 1, 0, &properties, bytes)
        }
        try check(status, "publish")
    }

    /// Sends what has been held back since the last call; to be called before the thread waits; ``wait(until:)`` does.
    ///
    /// librabbitmq makes three writes of every message and pushes after the last one, which would be a packet, and a wake-up
    /// of the broker, for each. So the socket is corked at the first message and uncorked here.
    public func flush() {
        guard isCorked else { return }
        isCorked = false
        setCork(0)
    }

    private func cork() {
        guard !isCorked else { return }
        isCorked = true
        setCork(1)
    }

    private func setCork(_ value: Int32) {
        var value = value
        setsockopt(descriptor, Int32(IPPROTO_TCP), TCP_CORK, &value, socklen_t(MemoryLayout<Int32>.size))
    }

    /// Starts a consumer, which acknowledges what it gets; messages then come as events.
    ///
    /// - Parameters:
    ///   - prefetch: so many unacknowledged messages at most.
    ///   - isExclusive: whether it must be the queue's only one; else ``AMQPError/Kind/channelClosed(code:)`` with 403.
    ///   - tag: the consumer's name, for ``cancel(_:on:)``; if it is empty, the broker chooses one.
    ///   - arguments: such as `x-stream-offset`.
    public func consume(
        _ queue: String, on channel: UInt16, prefetch: UInt16, isExclusive: Bool = false, tag: String = "",
        arguments: [AMQPMessage.Header] = []
    ) throws(AMQPError) {
        beginCall()
        memory.reset()
        _ = amqp_basic_qos(state, channel, 0, prefetch, 0)
        try check("set the prefetch")
        _ = amqp_basic_consume(
            state, channel, memory.bytes(queue), memory.bytes(tag), 0, 0, isExclusive ? 1 : 0, memory.table(arguments))
        try check("consume \(queue)")
    }

    /// Ends a consumer. Messages that are on their way to it may still come.
    public func cancel(_ tag: String, on channel: UInt16) throws(AMQPError) {
        beginCall()
        memory.reset()
        _ = amqp_basic_cancel(state, channel, memory.bytes(tag))
        try check("end a consumer")
    }

    /// Acknowledges one delivery, or all up to it.
    public func acknowledge(_ tag: UInt64, multiple: Bool, on channel: UInt16) throws(AMQPError) {
        checkThread()
        try check(amqp_basic_ack(state, channel, tag, multiple ? 1 : 0), "acknowledge")
    }

    /// Refuses one delivery for good: it goes to the queue's dead-letter exchange.
    public func reject(_ tag: UInt64, on channel: UInt16) throws(AMQPError) {
        checkThread()
        try check(amqp_basic_nack(state, channel, tag, 0, 0), "reject")
    }

    func check(_ status: Int32, _ action: String) throws(AMQPError) {
        if status != AMQP_STATUS_OK.rawValue { throw AMQPError(status: status, while: action) }
    }
}
