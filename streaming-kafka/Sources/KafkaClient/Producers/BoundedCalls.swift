internal import ServiceKit

/// Makes calls that may never return, one at a time, on a thread of its own that can be given up.
///
/// The calls of a transaction in librdkafka 2.0.2 may take far longer than their time-out, or for ever: where the broker
/// leaves in the middle of `send_offsets_to_transaction`, say. ``run(_:seconds:_:)`` is for one thread only.
final class BoundedCalls: Sendable {
    typealias Call = @Sendable () throws(KafkaError) -> Void
    /// What the thread has to do; `nil` is its end.
    private let calls = Mailbox<Call?>()
    /// What became of each call; `nil` where it went well.
    private let results = Mailbox<KafkaError?>()
    private let log: Logger

    /// Starts the thread.
    ///
    /// - Throws: ``KafkaError``, a retriable one, where the system has no thread to give.
    init(log: Logger) throws(KafkaError) {
        self.log = log
        let isStarted = ServiceThread.attempt("kafka-calls") { [calls, results] in
            while true {
                calls.wait(until: nil)
                for call in calls.take() {
                    guard let call else { return }
                    do throws(KafkaError) {
                        try call()
                        results.post(nil)
                    } catch {
                        results.post(error)
                    }
                }
            }
        }
        guard isStarted else { throw .noThread }
    }

    /// Makes a call and waits until it has returned, but no longer than some seconds.
    ///
    /// - Parameter action: what it does, for the error.
    /// - Throws: the call's own error; a fatal one where it did not return. Then it still may, and nobody will know, so
    ///   that what it was made on is of no more use, and neither is this.
    func run(_ action: String, seconds: Double, _ call: @escaping Call) throws(KafkaError) {
        calls.post(call)
        let end = EventLoop.now() &+ EventLoop.Nanoseconds(seconds * 1e9)
        while EventLoop.now() < end {
            results.wait(until: end)
            if let result = results.take().first {
                if let error = result { throw error }
                return
            }
        }
        let error = KafkaError(code: -1, "\(action): given up after \(seconds) s", isFatal: true)
        log.error("librdkafka does not return from a call: starting over without it", [.error: error.description])
        throw error
    }

    /// Ends the thread once it has returned from its call.
    func end() { calls.post(nil) }
}
