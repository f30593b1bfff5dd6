internal import ServiceKit

extension BlockingCalls {
    /// Makes a call of librdkafka's that may never return, and waits until it has returned, but no longer than some seconds.
    ///
    /// The calls of a transaction in librdkafka 2.0.2 may take far longer than their time-out, or for ever: if the broker leaves
    /// in the middle of `send_offsets_to_transaction`, say.
    ///
    /// - Parameters:
    ///   - action: what the call does, for the error.
    ///   - loop: the caller's own.
    /// - Throws: the call's own error; a fatal one if it did not return. Then it still may, and nobody will know, so that what
    ///   it was made on is of no more use, and neither is this.
    func run(
        _ action: String, seconds: Double, on loop: EventLoop, log: Logger,
        _ call: @escaping @Sendable () throws(KafkaError) -> Void
    ) async throws(KafkaError) {
        let deadline = EventLoop.now() &+ EventLoop.Nanoseconds(seconds * 1e9)
        let result = await run(on: loop, until: deadline) { () -> Result<Void, KafkaError> in
            do throws(KafkaError) { return .success(try call()) } catch { return .failure(error) }
        }
        if let result { return try result.get() }
        let error = KafkaError(code: -1, "\(action): given up after \(seconds) s", isFatal: true)
        log.error("librdkafka does not return from a call: starting over without it", [.error: error.description])
        throw error
    }
}
