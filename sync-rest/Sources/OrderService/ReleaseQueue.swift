internal import CampusModel
internal import Containers
internal import HTTPClient
internal import ServiceKit
internal import Synchronization
internal import Tracing
internal import WorkflowHTTP

/// Releases orders whose reservation has an unknown outcome, in the background, until inventory says that it is done.
///
/// At most 32 at a time, so that a thousand orders that timed out together do not fall on an inventory that is just
/// coming back.
final class ReleaseQueue: Sendable {
    private struct Release: Sendable {
        let id: OrderID
        let context: RequestContext
    }

    private struct State {
        var waiting = Deque<Release>()
        /// Tasks that take one after another out of `waiting`.
        var workers = 0
        /// Those that wait and those being tried.
        var open = 0
    }

    private static let mostAtOnce = 32
    /// Seconds between two attempts: doubled from the first to the last.
    private static let pauses = 0.1...5.0

    private let state = Mutex(State())
    private let inventory: InventoryClient
    private let loop: EventLoop
    private let log: Logger

    init(_ inventory: InventoryClient, on loop: EventLoop, log: Logger) {
        self.inventory = inventory
        self.loop = loop
        self.log = log
    }

    /// How many orders inventory has not yet been known to release.
    var open: Int { state.withLock { $0.open } }

    /// Has an order released as soon as inventory answers.
    func add(_ id: OrderID, _ context: RequestContext) {
        let mustStart = state.withLock { state in
            state.waiting.append(Release(id: id, context: context))
            state.open += 1
            guard state.workers < ReleaseQueue.mostAtOnce else { return false }
            state.workers += 1
            return true
        }
        if mustStart { Task(executorPreference: loop) { await self.work() } }
    }

    /// Waits until all are released or the time is over, and says how many are open.
    func finish(until deadline: EventLoop.Nanoseconds) async {
        while open > 0 && EventLoop.now() < deadline { await loop.sleep(seconds: 0.02) }
        if open > 0 { log.error("stopped before these orders were released", [.count: "\(open)"]) }
    }

    private func work() async {
        while let release = next() {
            await send(release)
            state.withLock { $0.open -= 1 }
        }
    }

    private func next() -> Release? {
        state.withLock { state in
            let release = state.waiting.popFirst()
            if release == nil { state.workers -= 1 }
            return release
        }
    }

    private func send(_ release: Release) async {
        var pause = ReleaseQueue.pauses.lowerBound
        var attempts = 1
        while true {
            var problem = "inventory refused"
            do throws(HTTPClientError) {
                if try await inventory.release(release.id, release.context) { break }
            } catch {
                problem = error.description
            }
            log.debug("a release failed", [.orderID: "\(release.id)", .error: problem])
            await loop.sleep(seconds: pause * Double.random(in: 0.8...1.2))
            pause = min(pause * 2, ReleaseQueue.pauses.upperBound)
            attempts += 1
        }
        log.info(
            "inventory released the order",
            [.orderID: "\(release.id)", .attempts: "\(attempts)"], of: release.context)
    }
}
