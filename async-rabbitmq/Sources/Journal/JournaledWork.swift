public import AMQPClient
public import ServiceKit

/// What a service does with a queue, a journal and a lease; ``JournaledWorker`` gives it all three.
///
/// Everything is called on the worker's thread, one call at a time.
public protocol JournaledWork: JournaledState, Sendable {
    /// What other threads ask for.
    associatedtype Command: Sendable
    /// What a message of the queue says.
    associatedtype Message
    /// What is given back when an entry is safe, or a message is answered.
    associatedtype Token: Sendable

    /// See ``AMQPRole/pauseSeconds``.
    static var pauseSeconds: Double { get }
    /// What the service knows, for a person: "the stock".
    static var stateName: String { get }

    // MARK: The journal

    /// Undoes what is not in the journal for sure: the connection was lost, and another instance may have decided otherwise.
    func forgetUnconfirmed()
    /// All that the journal tells is known: work begins.
    func begin(_ session: JournalSession<Self>) throws(AMQPError)
    /// Writes what the beginning of a snapshot says, and remembers up to where its pieces go.
    func beginSnapshot(_ writer: inout BinaryWriter)
    /// Writes a piece of the snapshot, of about as many bytes.
    ///
    /// - Returns: whether it was the last one.
    func writePiece(_ writer: inout BinaryWriter, length: Int) -> Bool

    // MARK: The work

    /// Takes what was asked for.
    func take(_ command: Command, _ session: JournalSession<Self>) throws(AMQPError)
    /// Takes what was asked for while the work could not be done.
    func refuse(_ command: Command)
    /// Reads a message.
    ///
    /// - Throws: ``MalformedMessage`` if nobody can; it goes to the dead letters.
    func read(_ delivery: AMQPDelivery) throws(MalformedMessage) -> Message
    /// Works on a message; ``JournalSession/complete(_:)`` says when that is done.
    ///
    /// - Returns: why the message is to go to the dead letters after all; `nil` if it is not.
    func handle(
        _ message: Message, _ tag: UInt64, _ session: JournalSession<Self>
    ) throws(AMQPError) -> MalformedMessage?
    /// The record of an entry is confirmed, and all before it.
    func journaled(_ token: Token, _ session: JournalSession<Self>) throws(AMQPError)
    /// The broker has answered for a message.
    func answered(
        _ token: Token, _ verdict: ConfirmVerdict, _ session: JournalSession<Self>
    ) throws(AMQPError)
    /// Does what is to be done once all that was there has been taken.
    ///
    /// - Returns: when it wants its next turn though nothing happens; `nil` for never.
    func turn(_ session: JournalSession<Self>) throws(AMQPError) -> EventLoop.Nanoseconds?
    /// Writes what the next instance should find in the journal; the service stops.
    func finish(_ session: JournalSession<Self>)
    /// The connection is gone: there will be no answers.
    func disconnected()
    /// Whether the work can be done has changed.
    func availabilityChanged(_ isAvailable: Bool)
}

/// The names that the broker knows a service's queue, journal and lease by.
public struct JournalNames: Sendable {
    /// The stream.
    public let journal: String
    /// The queue that only the instance at work consumes; it holds what is known of the journals outside of them.
    public let lease: String
    /// The queue that is worked on.
    public let queue: String
    /// The streams of the other services.
    public let others: [String]
    /// Declared on each connection.
    public let topology: AMQPTopology

    /// Takes all of them.
    public init(journal: String, lease: String, queue: String, others: [String], topology: AMQPTopology) {
        self.journal = journal
        self.lease = lease
        self.queue = queue
        self.others = others
        self.topology = topology
    }
}

/// How a journal is kept.
public struct JournalSettings: Sendable {
    /// Whether the service works on if a journal was lost.
    public var continuesAfterLoss: Bool
    /// A snapshot is written after so many bytes, or a quarter of what the last snapshot had, if that is more; a record counts
    /// for more than its bytes, see ``JournalRecord/readingCost(ofBytes:)``.
    public var snapshotBytes: Int

    /// The default is 8 MB, or 2,000 small records.
    public init(continuesAfterLoss: Bool, snapshotBytes: Int = 8_000_000) {
        self.continuesAfterLoss = continuesAfterLoss
        self.snapshotBytes = snapshotBytes
    }

    /// Reads `JOURNAL_SNAPSHOT_BYTES`.
    ///
    /// - Throws: `ConfigurationError` if it is no number from 1000 to a thousand million.
    public init(_ environment: Environment, continuesAfterLoss: Bool) throws(ConfigurationError) {
        self.init(
            continuesAfterLoss: continuesAfterLoss,
            snapshotBytes: try environment.integer(
                "JOURNAL_SNAPSHOT_BYTES", in: 1000...1_000_000_000, default: 8_000_000))
    }
}
