internal import CLinux
internal import Glibc
internal import Synchronization

/// What other threads have for one thread that waits on a descriptor: a list, and an eventfd that is written once until
/// the list is taken.
///
/// A burst of a thousand posts costs one wake-up.
public final class Mailbox<Element: Sendable>: Sendable {
    private struct State: ~Copyable {
        var elements: [Element] = []
        var isAnnounced = false
    }
    private let state = Mutex(State())
    private let wakeup: Int32

    /// Makes an empty one.
    public init() {
        wakeup = eventfd(0, Int32(lab_eventfd_flags))
        precondition(wakeup >= 0, "no eventfd: \(String(cString: strerror(errno)))")
    }

    deinit { close(wakeup) }

    /// Adds an element and wakes the reader. From any thread.
    public func post(_ element: Element) { announce { $0.append(element) } }

    /// Wakes the reader, who finds nothing new here. From any thread.
    public func wake() { announce { _ in } }

    private func announce(_ add: (inout [Element]) -> Void) {
        state.withLock { state in
            add(&state.elements)
            guard !state.isAnnounced else { return }
            state.isAnnounced = true
            // Within the lock: a `take()` between the mark and the write would find nothing to read, and the descriptor
            // would then be readable until the next post, with each `wait()` returning at once.
            eventfd_write(wakeup, 1)
        }
    }

    /// Takes what was posted, oldest first. For the reader only.
    public func take() -> [Element] {
        state.withLock { state in
            guard state.isAnnounced else { return [] }
            var count: eventfd_t = 0
            eventfd_read(wakeup, &count)
            state.isAnnounced = false
            var taken: [Element] = []
            swap(&taken, &state.elements)
            return taken
        }
    }

    /// Waits until something is posted, the descriptor can be read, or the time has come; the reader's thread sleeps.
    ///
    /// - Parameters:
    ///   - descriptor: another thing to wait for, a socket; `nil` for none.
    ///   - deadline: when to give up; `nil` for never.
    public func wait(orReadable descriptor: Int32? = nil, until deadline: EventLoop.Nanoseconds?) {
        var entries = [pollfd(fd: wakeup, events: Int16(POLLIN), revents: 0)]
        if let descriptor { entries.append(pollfd(fd: descriptor, events: Int16(POLLIN), revents: 0)) }
        var milliseconds: Int32 = -1
        if let deadline {
            // Rounded up: a millisecond too early would be a busy wait.
            let left = deadline - min(deadline, EventLoop.now())
            milliseconds = left == 0 ? 0 : Int32(min(left / 1_000_000 + 1, 60_000))
        }
        poll(&entries, nfds_t(entries.count), milliseconds)
    }
}
