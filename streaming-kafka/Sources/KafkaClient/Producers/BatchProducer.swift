internal import CRdKafka
public import ServiceKit

/// A producer whose records become visible together with the offsets of what they were made from, batch by batch.
///
/// With transactions both are one, exactly once. Without them, if the broker has none, the reports are awaited and the offsets
/// committed after them: at least once.
///
/// `@unchecked Sendable`: all of it belongs to the worker that it was made for.
public final class BatchProducer: @unchecked Sendable {
    /// How a batch is finished.
    public enum Mode: Sendable, Equatable {
        /// In a transaction under this fixed identifier, which fences whoever used it before.
        case transactions(id: String)
        /// After the reports of all its records.
        case reports
    }

    private let mode: Mode
    private let handle: KafkaHandle
    private let topics: KafkaTopics
    private let calls: BlockingCalls
    private let worker: Worker
    private let log: Logger
    /// So many seconds beyond its own time-out a transaction's call may take before it is given up, with the producer.
    private static let patience = 5.0

    /// Makes a producer for some topics, which a worker uses.
    ///
    /// - Throws: ``KafkaError`` if librdkafka refuses the settings, or the system has no thread to give.
    public init(
        _ mode: Mode, _ settings: KafkaSettings, topics names: [String], on worker: Worker, log: Logger
    ) throws(KafkaError) {
        self.mode = mode
        self.worker = worker
        self.log = log
        guard let calls = BlockingCalls("kafka-calls") else { throw .noThread }
        self.calls = calls
        var fixed = [("enable.idempotence", "true"), ("acks", "all")]
        var properties = [
            ("compression.codec", "lz4"), ("message.timeout.ms", "10000"),
            // With 0, librdkafka sends a large batch as many small requests, which keeps librdkafka, the broker and every
            // reader busy. No record waits for it: flushing and committing send at once what is there.
            ("linger.ms", "5"),
            // 100, the default, is slept after each CONCURRENT_TRANSACTIONS.
            ("retry.backoff.ms", "5"),
        ]
        if case .transactions(let id) = mode {
            fixed.append(("transactional.id", id))
            // The open transaction of a killed producer holds up every reader for as long as this.
            properties.append(("transaction.timeout.ms", "10000"))
        }
        do throws(KafkaError) {
            handle = try BatchProducer.makeHandle(settings, properties, fixed, log)
        } catch {
            calls.end()
            throw error
        }
        do throws(KafkaError) {
            topics = try KafkaTopics(names, of: handle)
        } catch {
            calls.end()
            handle.destroy()
            throw error
        }
    }

    private static func makeHandle(
        _ settings: KafkaSettings, _ properties: [(String, String)], _ fixed: [(String, String)], _ log: Logger
    ) throws(KafkaError) -> KafkaHandle {
        try KafkaHandle(RD_KAFKA_PRODUCER, settings, properties, fixed: fixed, log: log) {
            // Without a callback commit_transaction polls in steps of 10 ms: 10.5 ms a commit instead of 0.5.
            rd_kafka_conf_set_dr_msg_cb($0) { handle, message, _ in
                guard let handle, let message, message.pointee.err != RD_KAFKA_RESP_ERR_NO_ERROR else { return }
                KafkaHandle.context(of: handle)?.failed = message.pointee.err
            }
        }
    }

    /// Makes a call of librdkafka's that may never return, and gives it up ``patience`` after its own time-out.
    ///
    /// The handle lives until the call has returned, however late. Nothing that it does then can count: the next producer
    /// of the same identifier fences this one first, and only then is looked at what was committed.
    private func bounded(
        _ action: String, _ milliseconds: Int32,
        _ call: @escaping @Sendable (OpaquePointer) throws(KafkaError) -> Void
    ) async throws(KafkaError) {
        let seconds = Double(milliseconds) / 1000 + BatchProducer.patience
        try await calls.run(action, seconds: seconds, on: worker.loop, log: log) { [handle] () throws(KafkaError) in
            // Here, so that a call which is never made is not waited for when the handle is destroyed.
            guard handle.enter() else { throw KafkaError(code: -1, "the producer is destroyed", isFatal: true) }
            defer { handle.leave() }
            try call(handle.raw)
        }
    }

    /// Registers with the broker, which fences all earlier producers of the same identifier and ends their transaction.
    ///
    /// While that is still going on it throws an error that ``KafkaError/isConcurrentTransactions``: this handle would ask again
    /// after half a second, a new one at once.
    public func initialize(milliseconds: Int32) async throws(KafkaError) {
        guard case .transactions = mode else { return }
        let action = "initializing transactions"
        try await bounded(action, milliseconds) { handle throws(KafkaError) in
            try KafkaError.check(rd_kafka_init_transactions(handle, milliseconds), while: action)
        }
    }

    /// Asks for a topic's leaders, so that the first record need not wait for them. Blocks.
    public func warmUp(topic: Int, milliseconds: Int32) throws(KafkaError) {
        try handle.metadata(topic: topics.raw(topic), milliseconds: milliseconds)
    }

    /// Begins a batch.
    public func begin() throws(KafkaError) {
        handle.callbacks.failed = nil
        guard case .transactions = mode else { return }
        try KafkaError.check(rd_kafka_begin_transaction(handle.raw), while: "beginning a transaction")
    }

    /// Adds a record for the topic at an index.
    public func produce(_ message: KafkaMessage, to topic: Int) throws(KafkaError) {
        while true {
            do throws(KafkaError) {
                return try topics.produce(message, to: topic, ticket: 0)
            } catch {
                guard error.isQueueFull else { throw error }
                rd_kafka_poll(handle.raw, 10)
            }
        }
    }

    /// Adds the offsets that the consumer's group is to read on from, with metadata for each. With transactions only.
    public func send(
        _ offsets: Offsets, note: String? = nil, of consumer: KafkaConsumer, milliseconds: Int32
    ) async throws(KafkaError) {
        guard case .transactions = mode else { return }
        let action = "adding offsets to a transaction"
        try await bounded(action, milliseconds) { producer throws(KafkaError) in
            let group = try consumer.withHandle { handle throws(KafkaError) in
                rd_kafka_consumer_group_metadata(handle.raw)
            }
            guard let group else { throw KafkaError(code: -1, "the consumer is in no group") }
            defer { rd_kafka_consumer_group_metadata_destroy(group) }
            let list = PartitionList(offsets, note: note)
            let error = rd_kafka_send_offsets_to_transaction(producer, list.raw, group, milliseconds)
            try KafkaError.check(error, while: action)
        }
    }

    /// Finishes the batch: commits the transaction, or awaits the reports and commits the offsets after them.
    public func commit(
        _ offsets: Offsets, note: String? = nil, of consumer: KafkaConsumer, milliseconds: Int32
    ) async throws(KafkaError) {
        switch mode {
        case .transactions:
            let action = "committing a transaction"
            try await bounded(action, milliseconds) { handle throws(KafkaError) in
                try KafkaError.check(rd_kafka_commit_transaction(handle, milliseconds), while: action)
            }
        case .reports:
            try await flush(milliseconds: milliseconds)
            try consumer.commit(offsets, note: note, waits: true)
        }
    }

    /// Awaits the reports of all records of the batch: the broker has them, though they may not be committed.
    public func flush(milliseconds: Int32) async throws(KafkaError) {
        let action = "awaiting reports"
        try await bounded(action, milliseconds) { handle throws(KafkaError) in
            try KafkaError.check(rd_kafka_flush(handle, milliseconds), while: action)
        }
        if let failed = handle.callbacks.failed { throw KafkaError(failed, while: "producing") }
    }

    /// Undoes the batch. With transactions only: without, what was sent stays.
    public func abort(milliseconds: Int32) async throws(KafkaError) {
        guard case .transactions = mode else { throw KafkaError(code: -1, "no transactions", isFatal: true) }
        let action = "aborting a transaction"
        try await bounded(action, milliseconds) { handle throws(KafkaError) in
            try KafkaError.check(rd_kafka_abort_transaction(handle, milliseconds), while: action)
        }
    }

    /// Ends the producer, dropping what was not sent, without waiting for it.
    public func destroy() {
        let flags = RD_KAFKA_PURGE_F_QUEUE | RD_KAFKA_PURGE_F_INFLIGHT | RD_KAFKA_PURGE_F_NON_BLOCKING
        rd_kafka_purge(handle.raw, Int32(flags))
        calls.end()
        handle.destroy(topics)
    }
}
