internal import CLinux
internal import Glibc

/// Waits on an epoll descriptor to the nanosecond.
///
/// With `epoll_wait`'s milliseconds a delay of 50 ms took 54 to 58; it is the fall-back for kernels before 5.11.
struct EpollWaiter: ~Copyable {
    private let epoll: Int32
    private let events: UnsafeMutableBufferPointer<epoll_event>
    private var hasNanoseconds = true

    init(_ epoll: Int32) {
        self.epoll = epoll
        events = .allocate(capacity: 256)
    }

    deinit { events.deallocate() }

    /// Waits for events until the deadline; 0 does not wait, `nil` waits as long as it takes.
    mutating func wait(until deadline: EventLoop.Nanoseconds?) -> UnsafeMutableBufferPointer<epoll_event>.SubSequence {
        var nanoseconds: UInt64?
        if let deadline { nanoseconds = deadline == 0 ? 0 : deadline - min(deadline, EventLoop.now()) }
        let count = max(0, hasNanoseconds ? precise(nanoseconds) : coarse(nanoseconds))
        return events[..<Int(count)]
    }

    private mutating func precise(_ nanoseconds: UInt64?) -> Int32 {
        guard let nanoseconds else {
            return epoll_wait(epoll, events.baseAddress, Int32(events.count), -1)
        }
        if nanoseconds == 0 { return epoll_wait(epoll, events.baseAddress, Int32(events.count), 0) }
        var time = timespec(
            tv_sec: Int(nanoseconds / 1_000_000_000), tv_nsec: Int(nanoseconds % 1_000_000_000))
        let count = epoll_pwait2(epoll, events.baseAddress, Int32(events.count), &time, nil)
        if count < 0 && (errno == ENOSYS || errno == EPERM) {
            hasNanoseconds = false
            return coarse(nanoseconds)
        }
        return count
    }

    private func coarse(_ nanoseconds: UInt64?) -> Int32 {
        // Rounded up: a millisecond too early would be a busy wait.
        let milliseconds = nanoseconds.map { min($0 / 1_000_000 + 1, 60_000) }
        let wait = milliseconds.map { nanoseconds == 0 ? 0 : Int32($0) } ?? -1
        return epoll_wait(epoll, events.baseAddress, Int32(events.count), wait)
    }
}
