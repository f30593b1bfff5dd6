internal import KafkaClient
internal import ServiceKit
internal import StrictJSON
internal import Synchronization
internal import WorkflowHTTP

/// The inventory as the consumer's thread works on it and the HTTP interface looks at it.
///
/// The interface sees whole batches that were committed, never one that may yet be undone. It waits for one in hand: others
/// see a batch's outcomes a moment before this service hears that it was committed.
final class CommittedInventory: Sendable {
    private struct Shown: Sendable {
        var stock: [String: Int]
        var counts = BatchedInventory.Counts()
    }
    private let shown: Mutex<Shown>
    /// Counts the batches that were begun and those that were finished, one way or another: odd while one is in hand.
    private let batches = Atomic<Int>(0)
    /// So long, in nanoseconds, an answer waits for a batch at most, as while the broker hangs.
    private static let patience: EventLoop.Nanoseconds = 1_000_000_000
    private let initial: InitialStock

    init(stock: InitialStock) {
        initial = stock
        shown = Mutex(Shown(stock: stock.counts))
    }

    /// An inventory as it was before any order.
    var untouched: BatchedInventory { BatchedInventory(stock: initial.counts) }

    /// Shows what is committed.
    func show(_ inventory: BatchedInventory) {
        let (stock, counts) = (inventory.stock, inventory.counts)
        shown.withLock { $0 = Shown(stock: stock, counts: counts) }
    }

    /// Calls `body`, which decides and commits a batch, while ``waitForBatch(on:)`` waits for it.
    func batch(_ body: () async throws(KafkaError) -> Void) async throws(KafkaError) {
        batches.add(1, ordering: .sequentiallyConsistent)
        defer { batches.add(1, ordering: .sequentiallyConsistent) }
        try await body()
    }

    /// Waits until the batch that is in hand is shown, or undone.
    func waitForBatch(on loop: EventLoop) async {
        let (current, end) = (
            batches.load(ordering: .sequentiallyConsistent), EventLoop.now() &+ CommittedInventory.patience
        )
        guard current % 2 == 1 else { return }
        while batches.load(ordering: .sequentiallyConsistent) == current, EventLoop.now() < end {
            await loop.sleep(seconds: 0.001)
        }
    }

    /// What is left of each item.
    var stock: [String: Int] { shown.withLock { $0.stock } }

    /// What was decided so far.
    var counts: BatchedInventory.Counts { shown.withLock { $0.counts } }

    /// The service's HTTP interface; stock and counts are told only while this instance knows them.
    func router(on loop: EventLoop, _ readiness: Readiness) -> Router {
        Router([
            .stock(initial, readiness) {
                await self.waitForBatch(on: loop)
                return self.stock
            },
            statsRoute(on: loop).telling(readiness),
        ])
    }

    private func statsRoute(on loop: EventLoop) -> Route {
        .get(
            "/stats", Route.Operation("getStats", .stock, "Tells what was decided"),
            answers: [
                .json(
                    "What was decided, the same after a restart",
                    .object([
                        .init("processed_count", .count("Orders decided.", example: 120)),
                        .init("reserved", .count("Orders that hold their quantity.", example: 100)),
                        .init("failed", .count("Orders that were refused.", example: 20)),
                        .init("duplicates", .count("Events of orders that were decided before.", example: 0)),
                        .init("malformed", .count("Events that could not be read.", example: 1)),
                    ]))
            ]
        ) { _ in
            await self.waitForBatch(on: loop)
            let counts = self.counts
            return .object { json in
                json.field("processed_count", counts.decided)
                json.field("reserved", counts.reserved)
                json.field("failed", counts.failed)
                json.field("duplicates", counts.duplicates)
                json.field("malformed", counts.malformed)
            }
        }
    }
}
