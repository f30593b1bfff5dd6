internal import CRabbitMQ

extension AMQPConnection {
    /// The next thing that has happened; `nil` if nothing has, without waiting.
    ///
    /// - Throws: ``AMQPError`` if the connection or a channel is gone.
    public func nextEvent() throws(AMQPError) -> AMQPEvent? {
        checkThread()
        while true {
            amqp_maybe_release_buffers(state)
            var frame = amqp_frame_t()
            let status = lab_amqp_frame_that_is_here(state, &frame)
            if status == AMQP_STATUS_TIMEOUT.rawValue { return nil }
            try check(status, "read")
            if let event = try digest(frame) { return event }
        }
    }

    private func digest(_ frame: amqp_frame_t) throws(AMQPError) -> AMQPEvent? {
        let channel = frame.channel
        guard channel == 0 || openChannels.contains(channel) else { return nil }
        switch Int32(frame.frame_type) {
        case AMQP_FRAME_METHOD: return try digest(frame.payload.method, channel)
        case AMQP_FRAME_HEADER:
            guard let decoded = frame.payload.properties.decoded else { return nil }
            let message = AMQPMessage(decoded.load(as: amqp_basic_properties_t.self))
            let size = frame.payload.properties.body_size
            return try proceed(channel, assemblies[channel]?.adding(properties: message, bodySize: size))
        case AMQP_FRAME_BODY:
            let piece = frame.payload.body_fragment
            let bytes = UnsafeRawBufferPointer(start: piece.bytes, count: piece.len)
            guard let assembly = assemblies.removeValue(forKey: channel) else { return try proceed(channel, nil) }
            return try proceed(channel, assembly.adding(body: bytes))
        default: return nil
        }
    }

    private func proceed(_ channel: UInt16, _ step: ContentAssembly.Step?) throws(AMQPError) -> AMQPEvent? {
        switch step {
        case nil: throw AMQPError(.connectionLost, "the broker sent a part of a message that was not due")
        case .waits(let assembly):
            assemblies[channel] = assembly
            return nil
        case .complete(.returned, let message):
            assemblies[channel] = nil
            return .returned(channel: channel, messageID: message.messageID)
        case .complete(.delivery(let tag, let isRedelivered, let key), let message):
            assemblies[channel] = nil
            return .delivery(
                AMQPDelivery(
                    channel: channel, tag: tag, isRedelivered: isRedelivered, routingKey: key, message: message))
        }
    }

    private func digest(_ method: amqp_method_t, _ channel: UInt16) throws(AMQPError) -> AMQPEvent? {
        switch method.id {
        case lab_amqp_basic_deliver:
            guard let deliver = method.decoded?.load(as: amqp_basic_deliver_t.self) else { return nil }
            assemblies[channel] = .started(
                .delivery(
                    tag: deliver.delivery_tag, isRedelivered: deliver.redelivered != 0,
                    routingKey: copied(deliver.routing_key)))
            return nil
        case lab_amqp_basic_return:
            assemblies[channel] = .started(.returned)
            return nil
        case lab_amqp_basic_ack:
            guard let ack = method.decoded?.load(as: amqp_basic_ack_t.self) else { return nil }
            return .confirmed(channel: channel, tag: ack.delivery_tag, multiple: ack.multiple != 0)
        case lab_amqp_basic_nack:
            guard let nack = method.decoded?.load(as: amqp_basic_nack_t.self) else { return nil }
            return .refused(channel: channel, tag: nack.delivery_tag, multiple: nack.multiple != 0)
        case lab_amqp_basic_cancel:
            throw AMQPError(.consumerCancelled, "the queue was deleted under its consumer")
        case lab_amqp_connection_blocked:
            isBlocked = true
            return .blocked
        case lab_amqp_connection_unblocked:
            isBlocked = false
            return .unblocked
        case lab_amqp_channel_close, lab_amqp_connection_close:
            throw AMQPConnection.closing(method, channel: channel, state, "the broker closed")
        default: return nil
        }
    }
}

extension AMQPMessage {
    /// Copies the properties of a message whose body is still to come.
    ///
    /// A sender may put any bytes into them. What is not UTF-8 is left out: repaired, it would be another text, and up to
    /// three times as long, which no short string of AMQP has room for when it is passed on.
    fileprivate init(_ properties: amqp_basic_properties_t) {
        func short(_ flag: UInt32, _ bytes: amqp_bytes_t) -> String? {
            properties._flags & flag != 0 ? validated(bytes) : nil
        }
        self.init(
            body: [], messageID: short(lab_amqp_has_message_id, properties.message_id),
            type: short(lab_amqp_has_type, properties.type),
            correlationID: short(lab_amqp_has_correlation_id, properties.correlation_id),
            timestamp: properties._flags & lab_amqp_has_timestamp != 0 ? properties.timestamp : nil)
        guard properties._flags & lab_amqp_has_headers != 0 else { return }
        headers.reserveCapacity(Int(properties.headers.num_entries))
        for index in 0..<Int(properties.headers.num_entries) {
            let entry = properties.headers.entries[index]
            guard let name = validated(entry.key), let value = Value(entry.value) else { continue }
            headers.append(Header(name, value))
        }
    }
}

extension AMQPMessage.Value {
    /// Copies a text or an integer; `nil` for any other kind, and for bytes that are not UTF-8.
    fileprivate init?(_ value: amqp_field_value_t) {
        switch amqp_field_value_kind_t(rawValue: UInt32(value.kind)) {
        case AMQP_FIELD_KIND_UTF8:
            guard let text = validated(value.value.bytes) else { return nil }
            self = .text(text)
        case AMQP_FIELD_KIND_I64: self = .integer(value.value.i64)
        case AMQP_FIELD_KIND_U64:
            guard let number = Int64(exactly: value.value.u64) else { return nil }
            self = .integer(number)
        case AMQP_FIELD_KIND_I32: self = .integer(Int64(value.value.i32))
        case AMQP_FIELD_KIND_U32: self = .integer(Int64(value.value.u32))
        case AMQP_FIELD_KIND_I16: self = .integer(Int64(value.value.i16))
        case AMQP_FIELD_KIND_U16: self = .integer(Int64(value.value.u16))
        case AMQP_FIELD_KIND_I8: self = .integer(Int64(value.value.i8))
        default: return nil
        }
    }
}
