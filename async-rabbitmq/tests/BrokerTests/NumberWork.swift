import ServiceKit
import Synchronization

@testable import AMQPClient
@testable import Journal

/// A work for tests: each message of the queue is a number, which is written to the journal, told to a queue if there is one, and
/// then acknowledged. What is known is all numbers, in their order.
///
/// `@unchecked Sendable`: what is mutable and not guarded belongs to the worker's thread.
final class NumberWork: JournaledWork, @unchecked Sendable {
    enum Command: Sendable {
        /// Publishes a message to a queue.
        case publish(AMQPPublication)
        /// Writes a number.
        case write(UInt64)
    }
    enum Token: Sendable {
        case entry(UInt64, tag: UInt64?)
        case message(String)
    }

    /// What a test looks at.
    struct Seen: Sendable, Equatable {
        var numbers: [UInt64] = []
        /// Those that are in the journal for sure.
        var safe: [UInt64] = []
        /// How many were read at the starts.
        var restored = 0
        var begun = 0
        var answers: [String: ConfirmVerdict] = [:]
        var refused = 0
        var isAvailable = false
    }
    private let state = Mutex(Seen())
    var seen: Seen { state.withLock { $0 } }

    private var next = 0
    private var end = 0

    static let pauseSeconds = 0.0
    static let stateName = "the numbers"

    // MARK: Work

    func read(_ delivery: AMQPDelivery) throws(MalformedMessage) -> UInt64 {
        guard let number = UInt64(String(decoding: delivery.message.body, as: UTF8.self)) else {
            throw MalformedMessage("no number")
        }
        return number
    }

    func handle(_ number: UInt64, _ tag: UInt64, _ session: JournalSession<NumberWork>) -> MalformedMessage? {
        write(number, tag, session)
        return nil
    }

    private func write(_ number: UInt64, _ tag: UInt64?, _ session: JournalSession<NumberWork>) {
        state.withLock { $0.numbers.append(number) }
        session.journal(.entry(number, tag: tag)) { $0.word(number) }
    }

    func take(_ command: Command, _ session: JournalSession<NumberWork>) throws(AMQPError) {
        switch command {
        case .publish(let publication):
            try session.publish(publication, .message(publication.message.messageID ?? ""))
        case .write(let number): write(number, nil, session)
        }
    }

    func refuse(_ command: Command) { state.withLock { $0.refused += 1 } }

    func journaled(_ token: Token, _ session: JournalSession<NumberWork>) {
        guard case .entry(let number, let tag) = token else { return }
        state.withLock { $0.safe.append(number) }
        if let tag { session.complete(tag) }
    }

    func answered(_ token: Token, _ verdict: ConfirmVerdict, _ session: JournalSession<NumberWork>) {
        if case .message(let id) = token { state.withLock { $0.answers[id] = verdict } }
    }

    func turn(_ session: JournalSession<NumberWork>) -> EventLoop.Nanoseconds? { nil }
    func finish(_ session: JournalSession<NumberWork>) {}
    func disconnected() {}
    func availabilityChanged(_ isAvailable: Bool) { state.withLock { $0.isAvailable = isAvailable } }

    // MARK: Journal

    func forget() { state.withLock { ($0.numbers, $0.safe) = ([], []) } }
    func forgetUnconfirmed() { state.withLock { $0.numbers = $0.safe } }
    func begin(_ session: JournalSession<NumberWork>) { state.withLock { $0.begun += 1 } }

    func restoreBeginning(_ reader: inout BinaryReader) {}

    func restore(_ reader: inout BinaryReader, record: UInt64, isOfSnapshot: Bool) throws(JournalDamage) {
        let number = try reader.word()
        state.withLock { state in
            state.numbers.append(number)
            state.safe.append(number)
            state.restored += 1
        }
    }

    func beginSnapshot(_ writer: inout BinaryWriter) { (next, end) = (0, seen.numbers.count) }

    func writePiece(_ writer: inout BinaryWriter, length: Int) -> Bool {
        let numbers = seen.numbers
        while next < end, writer.count < length {
            writer.word(numbers[next])
            next += 1
        }
        return next == end
    }
}
