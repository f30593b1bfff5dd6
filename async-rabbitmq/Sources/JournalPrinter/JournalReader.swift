internal import AMQPClient
internal import Containers
internal import Journal
internal import ServiceKit

/// Reads a journal from its beginning to its end beside the service that writes it, and prints what it finds.
///
/// It belongs to the thread of its connection.
final class JournalReader {
    private let connection: AMQPConnection
    private let output = Output()
    /// What came and was not looked at yet.
    private var deliveries = Deque<AMQPDelivery>()
    private var isConfirmed = false
    private var isReturned = false
    /// Each stream is read on a channel of its own, so that nothing of the one before it can come.
    private var channel: UInt16 = 0

    private static let prefetch: UInt16 = 200
    /// So long, in nanoseconds, is waited for the broker.
    private static let patience: EventLoop.Nanoseconds = 10_000_000_000
    /// So many bytes are written at once, if more is to come.
    private static let block = 32 * 1024

    init(_ connection: AMQPConnection) { self.connection = connection }

    /// Prints one journal.
    ///
    /// - Throws: ``ReadingError``, `AMQPError` or ``OutputClosed``.
    func print(_ journal: PrintedJournal, withBarriers: Bool, isFirst: Bool) async throws {
        channel += 1
        deliveries.removeAll()
        (isConfirmed, isReturned) = (false, false)
        let stream = journal.stream
        try connection.openChannel(channel)
        // A queue that is not there must not be made by who only looks.
        guard try connection.messageCount(stream, on: channel) != nil else { throw ReadingError.noStream(stream) }
        let barrier = try await publishBarrier(stream)
        var text = JournalText(journal, withBarriers: withBarriers)
        var lines = (isFirst ? "" : "\n") + text.heading
        try connection.consume(
            stream, on: channel, prefetch: Self.prefetch, tag: "journal",
            arguments: [.init("x-stream-offset", .text("first"))])
        var unacknowledged = 0
        while true {
            guard let delivery = deliveries.popFirst() else {
                try write(&lines)
                try await wait { !deliveries.isEmpty }
                continue
            }
            if delivery.message.body == barrier { break }
            for line in text.lines(delivery.message) { lines += line + "\n" }
            if lines.utf8.count >= Self.block { try write(&lines) }
            unacknowledged += 1
            if unacknowledged == Int(Self.prefetch) / 4 {
                try connection.acknowledge(delivery.tag, multiple: true, on: channel)
                unacknowledged = 0
            }
        }
        lines += text.ending + "\n"
        try write(&lines)
        // A channel that is just closed leaves its consumer in the broker's statistics.
        try connection.cancel("journal", on: channel)
        try connection.closeChannel(channel)
    }

    /// A stream does not say where it ends, and it may grow meanwhile. So a barrier is published to it, and what stands before
    /// that is read.
    private func publishBarrier(_ stream: String) async throws -> [UInt8] {
        let barrier = JournalRecord(.random(), epoch: 0, number: .random(in: 0 ... .max), .barrier).body
        let message = AMQPMessage(body: barrier, messageID: "Journal", type: "Journal")
        try connection.selectConfirms(channel)
        try connection.publish(
            AMQPPublication(
                exchange: "", routingKey: stream, message: message, contentType: JournalRecord.contentType),
            on: channel)
        try await wait { isConfirmed }
        // It was deleted a moment ago.
        if isReturned { throw ReadingError.noStream(stream) }
        return barrier
    }

    /// Waits until something is so, as what comes from the broker makes it.
    private func wait(_ isDone: () -> Bool) async throws {
        let deadline = EventLoop.now() &+ Self.patience
        while !isDone() {
            if try takeEvent() { continue }
            guard !connection.isBlocked else { throw ReadingError.blocked }
            guard EventLoop.now() < deadline else { throw ReadingError.noAnswer }
            await connection.wait(until: deadline)
        }
    }

    /// - Returns: whether there was something.
    private func takeEvent() throws -> Bool {
        guard let event = try connection.nextEvent() else { return false }
        switch event {
        case .delivery(let delivery): if delivery.channel == channel { deliveries.append(delivery) }
        case .confirmed: isConfirmed = true
        case .refused: throw ReadingError.noAnswer
        case .returned: isReturned = true
        case .blocked, .unblocked: break
        }
        return true
    }

    /// Writes the lines to the standard output. While nobody takes them, heartbeats are answered.
    private func write(_ lines: inout String) throws {
        try output.write(lines) { while try takeEvent() {} }
        lines.removeAll(keepingCapacity: true)
    }
}

/// Why a journal cannot be printed.
enum ReadingError: Error, CustomStringConvertible {
    /// The broker has no stream of this name.
    case noStream(String)
    /// The broker takes nothing.
    case blocked
    /// The broker does not answer, or refuses.
    case noAnswer

    /// Whether another journal can be printed all the same.
    var isAboutOneJournal: Bool { if case .noStream = self { true } else { false } }

    /// One sentence for a person.
    var description: String {
        switch self {
        case .noStream(let name): "the broker has no stream \(name): it was deleted, or no service has declared it yet"
        case .blocked: "the broker takes nothing, since it is short of memory or disk: try again when that is over"
        case .noAnswer: "the broker does not answer"
        }
    }
}
