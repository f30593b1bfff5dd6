internal import CRabbitMQ

extension AMQPConnection {
    /// Declares exchanges, queues and bindings; what is there already is left as it is.
    ///
    /// - Throws: ``AMQPError/Kind/declaredOtherwise(_:)`` if something of the same name is declared otherwise.
    public func declare(_ topology: AMQPTopology, on channel: UInt16) throws(AMQPError) {
        beginCall()
        for exchange in topology.exchanges {
            memory.reset()
            _ = amqp_exchange_declare(
                state, channel, memory.bytes(exchange.name), memory.bytes(exchange.type), 0, 1, 0, 0, amqp_empty_table)
            try checkDeclared(.exchange, exchange.name)
        }
        for queue in topology.queues {
            memory.reset()
            _ = amqp_queue_declare(
                state, channel, memory.bytes(queue.name), 0, 1, 0, 0, memory.table(queue.arguments))
            try checkDeclared(.queue, queue.name)
        }
        for binding in topology.bindings {
            memory.reset()
            _ = amqp_queue_bind(
                state, channel, memory.bytes(binding.queue), memory.bytes(binding.exchange), memory.bytes(binding.key),
                amqp_empty_table)
            try check("bind \(binding.queue)")
        }
    }

    private func checkDeclared(_ thing: AMQPMismatch.Thing, _ name: String) throws(AMQPError) {
        do throws(AMQPError) {
            try check("declare \(name)")
        } catch {
            switch error.kind {
            case .channelClosed(code: 406):
                let mismatch = AMQPMismatch(thing, name, brokerText: error.description)
                throw AMQPError(.declaredOtherwise(mismatch), error.description)
            case .channelClosed(code: 403):
                throw AMQPError(.notPermitted("the \(thing.rawValue) \(name)"), error.description)
            default: throw error
            }
        }
    }

    /// How many messages of a queue wait for a consumer; `nil` if there is no such queue.
    ///
    /// The channel is opened again in that case, since the broker closes it.
    public func messageCount(_ queue: String, on channel: UInt16) throws(AMQPError) -> Int? {
        beginCall()
        memory.reset()
        let answer = amqp_queue_declare(state, channel, memory.bytes(queue), 1, 1, 0, 0, amqp_empty_table)
        do throws(AMQPError) {
            try check("look for \(queue)")
        } catch {
            guard error.kind == .channelClosed(code: 404) else { throw error }
            try reopenChannel(channel)
            return nil
        }
        return answer.map { Int($0.pointee.message_count) }
    }

    /// Deletes a queue with what is in it; harmless if there is none.
    func deleteQueue(_ queue: String, on channel: UInt16) throws(AMQPError) {
        beginCall()
        memory.reset()
        _ = amqp_queue_delete(state, channel, memory.bytes(queue), 0, 0)
        try check("delete \(queue)")
    }

    /// Deletes an exchange; harmless if there is none.
    func deleteExchange(_ exchange: String, on channel: UInt16) throws(AMQPError) {
        beginCall()
        memory.reset()
        _ = amqp_exchange_delete(state, channel, memory.bytes(exchange), 0)
        try check("delete \(exchange)")
    }

    /// Opens a channel again that the broker has closed in its answer to a call.
    public func reopenChannel(_ channel: UInt16) throws(AMQPError) {
        beginCall()
        var ok = amqp_channel_close_ok_t()
        try check(amqp_send_method(state, channel, lab_amqp_channel_close_ok, &ok), "answer a closed channel")
        assemblies[channel] = nil
        try openChannel(channel)
    }
}
