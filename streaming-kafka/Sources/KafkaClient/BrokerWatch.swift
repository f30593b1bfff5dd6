public import ServiceKit

/// Asks a broker again and again whether it is there, on a thread of its own: one that was stopped closes no connection.
public final class BrokerWatch: Sendable {
    private let worker = Worker("kafka-watch")

    /// Starts asking. The service is not ready before the first answer, nor while there is none.
    ///
    /// - Parameters:
    ///   - readiness: is told, as the part `broker`.
    ///   - mistake: asked when the probe fails: why the broker refuses this client, if that does not mend itself.
    ///   - probe: asks once, within the milliseconds it is given, on the watch's thread.
    public init(
        _ readiness: Readiness, log: Logger, mistake: @escaping @Sendable () -> KafkaError? = { nil },
        _ probe: @escaping @Sendable (_ milliseconds: Int32) -> Bool
    ) {
        readiness.set("broker", missing: "the broker")
        worker.start { worker in
            var wasThere: Bool?
            while !worker.mustStop {
                let isThere = probe(3000)
                if isThere != wasThere {
                    if !isThere { log.warning("the broker does not answer") }
                    if isThere && wasThere == false { log.info("the broker answers again") }
                }
                let sentence = isThere ? nil : mistake()?.mistake
                readiness.set(
                    "broker", missing: isThere ? nil : sentence ?? "the broker", isPermanent: sentence != nil)
                wasThere = isThere
                await worker.pause(seconds: isThere ? 1 : 0.2)
            }
        }
    }

    /// Stops asking.
    public func stop() { worker.beginStopping() }
}
