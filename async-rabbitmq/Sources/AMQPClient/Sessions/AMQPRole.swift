public import ServiceKit

/// What a worker does with its connection: publish, consume, both.
///
/// Everything is called on the worker's thread, one call at a time. Whatever throws ends the connection; the worker then
/// opens another one by itself. A worker that must stop says so in ``AMQPConnection/mustStop``: nothing new is begun from then
/// on, and what was delivered and is not begun goes back to its queue.
public protocol AMQPRole: AnyObject, Sendable {
    /// What other threads ask for.
    associatedtype Command: Sendable
    /// How many seconds the worker pauses after a round in which much has happened: what comes meanwhile is then taken, and
    /// answered, together, which costs the broker and the process less. 0 if somebody waits for an answer.
    static var pauseSeconds: Double { get }

    /// A connection is open: sets up on it what the role needs, channels and topology included.
    func connected(_ connection: AMQPConnection) async throws(AMQPError)
    /// Takes what was asked for since the last time.
    func take(_ commands: [Command], _ connection: AMQPConnection) throws(AMQPError)
    /// Takes what has happened on the connection.
    func take(_ event: AMQPEvent, _ connection: AMQPConnection) throws(AMQPError)
    /// Does what is to be done once all that was there has been taken.
    ///
    /// - Returns: when it wants its next turn though nothing happens; `nil` for never.
    func turn(_ connection: AMQPConnection) async throws(AMQPError) -> EventLoop.Nanoseconds?
    /// Asked after each turn while the worker stops.
    ///
    /// - Returns: whether everything in hand is done; it is asked again until it is, or the time is over.
    func finish(_ connection: AMQPConnection) throws(AMQPError) -> Bool
    /// The connection is gone, or could not be made.
    func disconnected(_ error: AMQPError)
    /// Takes what was asked for while there was no connection.
    func refuse(_ commands: [Command])
}
