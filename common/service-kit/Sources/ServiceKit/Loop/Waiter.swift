internal import Synchronization

/// Lets one task of a loop wait for several things at once: a descriptor, somebody's wake-up, a time.
///
/// `@unchecked Sendable`: all of it belongs to the loop's thread, but ``wake()``, which any thread may call.
public final class Waiter: EventSource, DescriptorWatcher, @unchecked Sendable {
    private let loop: EventLoop
    private var continuation: UnsafeContinuation<Void, Never>?
    /// Whether a wake-up came that no wait has taken yet.
    private var isWoken = false
    /// Whether another thread's wake-up is on its way to the loop: a burst of them is one.
    private let isAnnounced = Atomic<Bool>(false)
    /// The descriptor that stands in the loop's epoll.
    private var watched: Int32?
    /// When the wait ends though nothing happens.
    public private(set) var deadline: EventLoop.Nanoseconds?

    /// Makes one for a task of this loop.
    public init(on loop: EventLoop) { self.loop = loop }

    /// Suspends until the descriptor can be read, ``wake()`` was called since the last wait, or the time has come.
    ///
    /// The loop gets a round in any case, also if there is nothing to wait for: what others have asked of it is done when this
    /// returns. Call it on the loop, from one task at a time.
    ///
    /// - Parameters:
    ///   - descriptor: `nil` for none. It stays watched between two waits for it; ``forget()`` ends that.
    ///   - deadline: on the clock of ``EventLoop/now()``; `nil` for never.
    public func wait(readable descriptor: Int32? = nil, until deadline: EventLoop.Nanoseconds?) async {
        loop.preconditionOnLoop()
        precondition(continuation == nil, "two tasks wait with one waiter")
        if isWoken || deadline.map({ $0 <= EventLoop.now() }) == true {
            isWoken = false
            return await Task.yield()
        }
        if watched != descriptor { forget() }
        if watched == nil, let descriptor {
            loop.watch(descriptor, .read, self)
            watched = descriptor
        }
        self.deadline = deadline
        loop.add(self)
        await withUnsafeContinuation { continuation = $0 }
        loop.remove(self)
    }

    /// Ends the wait under way, or the next one. From any thread.
    public func wake() {
        if loop.isOnLoop { return ring() }
        guard !isAnnounced.exchange(true, ordering: .acquiringAndReleasing) else { return }
        loop.perform { [self] in
            // Taken back before the wait ends, so that none that comes later is taken for this one.
            _ = isAnnounced.exchange(false, ordering: .acquiringAndReleasing)
            ring()
        }
    }

    /// Watches no descriptor any more: it is about to be closed.
    public func forget() {
        if let watched { loop.unwatch(watched) }
        watched = nil
    }

    private func ring() {
        isWoken = continuation == nil
        end()
    }

    private func end() {
        deadline = nil
        continuation?.resume()
        continuation = nil
    }

    /// Ends the wait if its time has come.
    public func takeTurn() { if let deadline, deadline <= EventLoop.now() { end() } }

    /// Ends the wait. If nobody waits, the descriptor is forgotten, which would otherwise keep the loop awake.
    public func descriptorIsReady(_ descriptor: Int32, _ interest: EventLoop.Interest) {
        if continuation == nil { forget() } else { end() }
    }
}
