public import ServiceKit
internal import Synchronization

/// Asks a broker again and again whether it is there, on a thread of its own: one that was stopped closes no connection.
public final class BrokerWatch: Sendable {
    private let isStopped = Atomic<Bool>(false)
    private let mailbox = Mailbox<Void>()

    /// Starts asking.
    ///
    /// - Parameters:
    ///   - probe: asks once, within the milliseconds it is given.
    ///   - changed: is told, on the watch's thread, at the first answer and then whenever the answer changes.
    public init(
        log: Logger, _ probe: @escaping @Sendable (_ milliseconds: Int32) -> Bool,
        changed: @escaping @Sendable (_ isThere: Bool) -> Void
    ) {
        ServiceThread.start("kafka-watch") { [self] in
            var wasThere: Bool?
            while !isStopped.load(ordering: .relaxed) {
                let isThere = probe(3000)
                if isThere != wasThere {
                    if !isThere { log.warning("the broker does not answer") }
                    if isThere && wasThere == false { log.info("the broker answers again") }
                    changed(isThere)
                }
                wasThere = isThere
                mailbox.wait(until: EventLoop.now() &+ (isThere ? 1_000_000_000 : 200_000_000))
            }
        }
    }

    /// Stops asking.
    public func stop() {
        isStopped.store(true, ordering: .relaxed)
        mailbox.wake()
    }
}
