internal import CRdKafka

/// What went wrong between this client and the broker, or inside librdkafka.
public struct KafkaError: Error, Sendable, Equatable, CustomStringConvertible {
    /// librdkafka's code: negative if it is the library's own, else the broker's.
    public let code: Int32
    /// What was being done, and the library's text; for the log only.
    public let description: String
    /// Whether the same call may succeed if it is made again.
    public let isRetriable: Bool
    /// Whether the transaction must be aborted, and can be.
    public let isAbortable: Bool
    /// Whether the handle is of no more use.
    public let isFatal: Bool
    /// What somebody must correct, and how, since waiting does not help: a sentence that a client may see; `nil` for what may
    /// pass by itself.
    public let mistake: String?

    /// Takes all there is to know; for tests, and for what the library has no code for.
    public init(
        code: Int32, _ description: String, isRetriable: Bool = false, isAbortable: Bool = false, isFatal: Bool = false,
        mistake: String? = nil
    ) {
        self.mistake = mistake
        self.code = code
        self.description = description
        self.isRetriable = isRetriable
        self.isAbortable = isAbortable
        self.isFatal = isFatal
    }

    init(_ code: rd_kafka_resp_err_t, while action: String) {
        let retriable = [
            RD_KAFKA_RESP_ERR__TIMED_OUT, RD_KAFKA_RESP_ERR__TRANSPORT, RD_KAFKA_RESP_ERR__ALL_BROKERS_DOWN,
            RD_KAFKA_RESP_ERR__QUEUE_FULL, RD_KAFKA_RESP_ERR__WAIT_COORD, RD_KAFKA_RESP_ERR_NOT_COORDINATOR,
            RD_KAFKA_RESP_ERR_COORDINATOR_NOT_AVAILABLE, RD_KAFKA_RESP_ERR_COORDINATOR_LOAD_IN_PROGRESS,
            RD_KAFKA_RESP_ERR_LEADER_NOT_AVAILABLE,
        ]
        self.init(
            code: code.rawValue, "\(action): \(String(cString: rd_kafka_err2str(code))) (\(code.rawValue))",
            isRetriable: retriable.contains { $0 == code },
            isFatal: code == RD_KAFKA_RESP_ERR__FATAL || code == RD_KAFKA_RESP_ERR__FENCED,
            mistake: KafkaError.mistake(code))
    }

    /// Takes an error object of librdkafka, and frees it.
    init(consuming error: OpaquePointer, while action: String) {
        defer { rd_kafka_error_destroy(error) }
        let code = rd_kafka_error_code(error)
        self.init(
            code: code.rawValue, "\(action): \(String(cString: rd_kafka_error_string(error))) (\(code.rawValue))",
            isRetriable: rd_kafka_error_is_retriable(error) != 0,
            isAbortable: rd_kafka_error_txn_requires_abort(error) != 0, isFatal: rd_kafka_error_is_fatal(error) != 0,
            mistake: KafkaError.mistake(code))
    }

    /// Throws if the library returned an error object.
    static func check(_ error: OpaquePointer?, while action: String) throws(KafkaError) {
        if let error { throw KafkaError(consuming: error, while: action) }
    }

    /// Throws if the library returned a code other than 0.
    static func check(_ code: rd_kafka_resp_err_t, while action: String) throws(KafkaError) {
        if code != RD_KAFKA_RESP_ERR_NO_ERROR { throw KafkaError(code, while: action) }
    }

    /// The system has no thread to give at the moment.
    static let noThread = KafkaError(code: -1, "the system gives no more threads", isRetriable: true)

    /// The broker is still ending the last transaction of this producer's identifier.
    public var isConcurrentTransactions: Bool { code == RD_KAFKA_RESP_ERR_CONCURRENT_TRANSACTIONS.rawValue }
    /// The library's own queue is full: try again when some of it was delivered.
    public var isQueueFull: Bool { code == RD_KAFKA_RESP_ERR__QUEUE_FULL.rawValue }
    /// The record is larger than the library or the broker takes.
    public var isTooLarge: Bool { code == RD_KAFKA_RESP_ERR_MSG_SIZE_TOO_LARGE.rawValue }
    /// There was no answer in time.
    var isTimeout: Bool { code == RD_KAFKA_RESP_ERR__TIMED_OUT.rawValue }
    /// The library cannot do this in the state it is in.
    var isWrongState: Bool {
        code == RD_KAFKA_RESP_ERR__STATE.rawValue || code == RD_KAFKA_RESP_ERR__PREV_IN_PROGRESS.rawValue
    }
}

/// Which errors were told already, so that a broker that is away does not fill the log.
public struct Complaints: Sendable {
    private var told: Set<Int32> = []

    /// Starts with none.
    public init() {}

    /// Whether an error of this kind was not told since the last ``clear()``.
    public mutating func isNew(_ error: KafkaError) -> Bool { told.insert(error.code).inserted }

    /// All is well again: the next error is worth a line.
    public mutating func clear() { told = [] }
}
