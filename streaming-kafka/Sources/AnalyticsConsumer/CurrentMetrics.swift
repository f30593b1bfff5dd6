internal import KafkaClient
internal import ServiceKit
internal import Synchronization

/// The metrics as the consumer's thread counts and the HTTP interface looks at them, one generation after another.
final class CurrentMetrics: Sendable {
    private struct State: Sendable {
        var metrics = Metrics()
        var generation = 0
        /// The last summary, while nothing came since.
        var summary: Metrics.Summary?
    }
    private let state = Mutex(State())

    /// Counts a batch.
    func update(_ count: (inout Metrics) -> Void) {
        state.withLock { state in
            state.summary = nil
            count(&state.metrics)
        }
    }

    /// Begins the next generation with nothing counted.
    ///
    /// - Returns: its number.
    func reset() -> Int {
        state.withLock { state in
            state.metrics = Metrics()
            state.summary = nil
            state.generation += 1
            return state.generation
        }
    }

    /// The numbers and the generation that they are of.
    var numbers: (summary: Metrics.Summary, generation: Int) {
        state.withLock { state in
            let summary = state.summary ?? state.metrics.summary
            state.summary = summary
            return (summary, state.generation)
        }
    }
}
