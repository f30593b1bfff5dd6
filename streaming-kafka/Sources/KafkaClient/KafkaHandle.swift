internal import CRdKafka
internal import Glibc
internal import ServiceKit
internal import Synchronization

/// One client of librdkafka: a producer or a consumer, with the threads that it runs of its own.
///
/// `@unchecked Sendable`: librdkafka's handles may be used from any thread; `raw` is set once. Calls of other threads than
/// the owner's stand between ``enter()`` and ``leave()``.
final class KafkaHandle: @unchecked Sendable {
    typealias Rebalance = (OpaquePointer, rd_kafka_resp_err_t, UnsafeMutablePointer<rd_kafka_topic_partition_list_t>?)
        -> Void

    let raw: OpaquePointer
    private let context: Context
    private struct Use {
        /// How many calls of other threads than its owner's are under way.
        var guests = 0
        var isDestroyed = false
    }
    private let use = Mutex(Use())

    /// What librdkafka's callbacks find by its opaque pointer.
    ///
    /// `@unchecked Sendable`: `rebalance` and `failed` are touched by the thread that polls the handle only, or by one that
    /// it waits for meanwhile.
    final class Context: @unchecked Sendable {
        let log: Logger
        var rebalance: Rebalance?
        /// Why messages were not delivered, or offsets not committed, as was reported since the owner looked.
        var failed: rd_kafka_resp_err_t?
        /// Why the broker refuses this client, as librdkafka tells it beside all calls; `nil` once it has answered.
        private let refusal = Mutex<rd_kafka_resp_err_t?>(nil)

        func noteError(_ code: rd_kafka_resp_err_t) {
            if KafkaError.mistake(code) != nil { refusal.withLock { $0 = code } }
        }
        func forgetErrors() { refusal.withLock { $0 = nil } }
        var mistake: KafkaError? {
            refusal.withLock { $0 }.map { KafkaError($0, while: "connecting") }
        }

        init(_ log: Logger) { self.log = log }
    }

    /// What every client of the lab has in common.
    private static let common = [
        ("client.id", "campus"), ("socket.nagle.disable", "true"), ("reconnect.backoff.ms", "50"),
        ("reconnect.backoff.max.ms", "500"), ("log.connection.close", "false"), ("socket.timeout.ms", "10000"),
        // A producer that only looks at a topic would have the broker make it, with as many partitions as that likes.
        ("allow.auto.create.topics", "false"),
        // Time between two looks at topics that appeared; the default of five minutes hides them.
        ("topic.metadata.refresh.interval.ms", "30000"), ("broker.address.ttl", "1000"),
    ]

    /// Makes a client.
    ///
    /// - Parameters:
    ///   - properties: what this client is for; the environment's settings come after them, and so win.
    ///   - fixed: what the environment must not change.
    ///   - configure: sets the callbacks; `rebalance` and `failed` of the context are for them.
    /// - Throws: ``KafkaError`` where librdkafka refuses the combination of settings.
    init(
        _ kind: rd_kafka_type_t, _ settings: KafkaSettings, _ properties: [(String, String)],
        fixed: [(String, String)], log: Logger, _ configure: (OpaquePointer) -> Void = { _ in }
    ) throws(KafkaError) {
        context = Context(log)
        guard let configuration = rd_kafka_conf_new() else { throw KafkaError(code: -1, "no configuration") }
        let all =
            KafkaHandle.common + properties + settings.overrides + [("bootstrap.servers", settings.bootstrap)] + fixed
        var text = [CChar](repeating: 0, count: 512)
        for (name, value) in all {
            guard rd_kafka_conf_set(configuration, name, value, &text, text.count) == RD_KAFKA_CONF_OK else {
                rd_kafka_conf_destroy(configuration)
                throw KafkaError(code: -1, "setting \(name): \(KafkaHandle.string(text))")
            }
        }
        rd_kafka_conf_set_opaque(configuration, Unmanaged.passUnretained(context).toOpaque())
        rd_kafka_conf_set_log_cb(configuration) { handle, level, _, text in
            guard let handle, let text, let context = KafkaHandle.context(of: handle) else { return }
            // Grave ones are few; the others tell of every attempt to connect, which the watch tells once.
            let pairs: KeyValuePairs<Logger.Key, String> = [.detail: String(cString: text)]
            if level <= 2 { context.log.error("librdkafka", pairs) } else { context.log.debug("librdkafka", pairs) }
        }
        rd_kafka_conf_set_error_cb(configuration) { handle, code, _, _ in
            guard let handle else { return }
            KafkaHandle.context(of: handle)?.noteError(rd_kafka_resp_err_t(code))
        }
        configure(configuration)
        // The configuration belongs to the handle from here on, but to us where there is no handle.
        guard let raw = rd_kafka_new(kind, configuration, &text, text.count) else {
            rd_kafka_conf_destroy(configuration)
            throw KafkaError(code: -1, "the settings do not go together: \(KafkaHandle.string(text))")
        }
        self.raw = raw
    }

    deinit { assert(use.withLock { $0.isDestroyed }, "a handle of librdkafka must be destroyed by its owner") }

    private static func string(_ text: [CChar]) -> String {
        String(decoding: text.prefix { $0 != 0 }.map { UInt8(bitPattern: $0) }, as: UTF8.self)
    }

    static func context(of handle: OpaquePointer) -> Context? {
        rd_kafka_opaque(handle).map { Unmanaged<Context>.fromOpaque($0).takeUnretainedValue() }
    }

    /// The state that callbacks of this handle share with its owner.
    var callbacks: Context { context }

    /// A call of another thread than the owner's begins, which the handle outlives.
    ///
    /// - Returns: `false` where the handle is being destroyed: the call must not be made.
    func enter() -> Bool {
        use.withLock { use in
            if !use.isDestroyed { use.guests += 1 }
            return !use.isDestroyed
        }
    }

    /// The call has ended.
    func leave() { use.withLock { $0.guests -= 1 } }

    /// Handles that no thread could be made for to end them: the next one that is ended takes them along.
    private static let leftOver = Mutex<[@Sendable () -> Void]>([])

    /// Ends the client on a thread of its own, since it may block for as long as a connection hangs. Where the system has no
    /// thread to give, it is ended with the next client.
    ///
    /// - Parameters:
    ///   - topics: those of a producer, which are destroyed first.
    ///   - completion: called on that thread at the end.
    func destroy(_ topics: KafkaTopics? = nil, completion: @escaping @Sendable () -> Void = {}) {
        let isFirst = use.withLock { use in
            defer { use.isDestroyed = true }
            return !use.isDestroyed
        }
        guard isFirst else { return }
        KafkaHandle.destroyBeside { [self] in
            while use.withLock({ $0.guests }) > 0 { usleep(10_000) }
            topics?.destroy()
            rd_kafka_destroy_flags(raw, RD_KAFKA_DESTROY_F_NO_CONSUMER_CLOSE)
            withExtendedLifetime(context) { completion() }
        }
    }

    private static func destroyBeside(_ body: @escaping @Sendable () -> Void) {
        let isStarted = ServiceThread.attempt("kafka-destroy") {
            body()
            let others = leftOver.withLock { others in
                defer { others = [] }
                return others
            }
            for other in others { other() }
        }
        if !isStarted { leftOver.withLock { $0.append(body) } }
    }

    /// The error that has made the handle useless; `nil` while it is well.
    var fatalError: KafkaError? {
        var text = [CChar](repeating: 0, count: 256)
        let code = rd_kafka_fatal_error(raw, &text, text.count)
        guard code != RD_KAFKA_RESP_ERR_NO_ERROR else { return nil }
        return KafkaError(code: code.rawValue, "fatal: \(KafkaHandle.string(text)) (\(code.rawValue))", isFatal: true)
    }

    /// Asks the broker for a topic's number of partitions, or, without a topic, just for an answer. Blocks.
    ///
    /// - Throws: ``KafkaError`` where no answer comes in time; a topic that does not exist has 0 partitions.
    @discardableResult
    func metadata(topic: OpaquePointer? = nil, milliseconds: Int32) throws(KafkaError) -> Int {
        var metadata: UnsafePointer<rd_kafka_metadata>?
        try KafkaError.check(rd_kafka_metadata(raw, 0, topic, &metadata, milliseconds), while: "asking for metadata")
        defer { rd_kafka_metadata_destroy(metadata) }
        callbacks.forgetErrors()
        guard topic != nil, let first = metadata?.pointee, first.topic_cnt > 0 else { return 0 }
        if first.topics[0].err == RD_KAFKA_RESP_ERR_TOPIC_AUTHORIZATION_FAILED {
            throw KafkaError(first.topics[0].err, while: "asking for metadata")
        }
        return first.topics[0].err == RD_KAFKA_RESP_ERR_NO_ERROR ? Int(first.topics[0].partition_cnt) : 0
    }
}
