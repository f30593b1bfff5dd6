internal import Containers
internal import ServiceKit

/// Lets a few bulks run at once. Others wait for their turn in the order in which they came, as far as there is room and for
/// a limited time.
///
/// Bulks that run together take no less time than one after the other: they share one broker and one processor. But each
/// takes memory, a thread, and a share of the producer's queue.
///
/// `@unchecked Sendable`: belongs to the loop's thread, which is checked.
final class BulkAdmission: @unchecked Sendable {
    private struct Waiter: Sendable {
        let end: EventLoop.Nanoseconds
        let continuation: UnsafeContinuation<Bool, Never>
    }

    /// So many bulks run at once.
    static let mostRunning = 2
    /// So many wait at most.
    static let mostWaiting = 32

    private let loop: EventLoop
    private let patience: EventLoop.Nanoseconds
    private var running = 0
    private var waiting = Deque<Waiter>()
    private var isWatching = false
    private var isClosed = false

    /// - Parameter patience: so many seconds one waits at most.
    init(on loop: EventLoop, patience: Double = 60) {
        self.loop = loop
        self.patience = EventLoop.Nanoseconds(patience * 1e9)
    }

    /// Waits for a turn.
    ///
    /// - Returns: whether the bulk may run; then ``leave()`` must follow.
    func enter() async -> Bool {
        loop.preconditionOnLoop()
        guard !isClosed else { return false }
        // Where somebody waits, all turns are taken.
        if running < BulkAdmission.mostRunning {
            running += 1
            return true
        }
        guard waiting.count < BulkAdmission.mostWaiting else { return false }
        return await withUnsafeContinuation { continuation in
            waiting.append(Waiter(end: EventLoop.now() &+ patience, continuation: continuation))
            watch()
        }
    }

    /// Gives the turn to the one that has waited longest.
    func leave() {
        loop.preconditionOnLoop()
        if let next = waiting.popFirst() { next.continuation.resume(returning: true) } else { running -= 1 }
    }

    /// Refuses those that wait, and whoever comes from now on: the service is stopping.
    func close() {
        isClosed = true
        while let next = waiting.popFirst() { next.continuation.resume(returning: false) }
    }

    /// Refuses those that have waited too long, for as long as somebody waits.
    private func watch() {
        guard !isWatching else { return }
        isWatching = true
        Task(executorPreference: loop) { [self] in
            while let first = waiting.first {
                let now = EventLoop.now()
                if first.end <= now {
                    waiting.popFirst()?.continuation.resume(returning: false)
                } else {
                    await loop.sleep(seconds: Double(first.end - now) / 1e9)
                }
            }
            isWatching = false
        }
    }
}
