public import ServiceKit
internal import Synchronization

/// Asks a broker again and again whether it is there, on a thread of its own: one that was stopped closes no connection.
public final class BrokerWatch: Sendable {
    private let isStopped = Atomic<Bool>(false)
    private let mailbox = Mailbox<Void>()

    /// Starts asking. The service is not ready before the first answer, nor while there is none.
    ///
    /// - Parameters:
    ///   - readiness: is told, as the part `broker`.
    ///   - mistake: asked when the probe fails: why the broker refuses this client, where that does not mend itself.
    ///   - probe: asks once, within the milliseconds it is given, on the watch's thread.
    public init(
        _ readiness: Readiness, log: Logger, mistake: @escaping @Sendable () -> KafkaError? = { nil },
        _ probe: @escaping @Sendable (_ milliseconds: Int32) -> Bool
    ) {
        readiness.set("broker", missing: "the broker")
        ServiceThread.start("kafka-watch") { [self] in
            var wasThere: Bool?
            while !isStopped.load(ordering: .relaxed) {
                let isThere = probe(3000)
                if isThere != wasThere {
                    if !isThere { log.warning("the broker does not answer") }
                    if isThere && wasThere == false { log.info("the broker answers again") }
                }
                let sentence = isThere ? nil : mistake()?.mistake
                readiness.set(
                    "broker", missing: isThere ? nil : sentence ?? "the broker", isPermanent: sentence != nil)
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
