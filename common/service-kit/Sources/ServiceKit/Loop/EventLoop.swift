internal import CLinux
internal import Containers
internal import Glibc
internal import Synchronization

/// One thread, one epoll: the executor that a service's tasks, its HTTP server and its clients share.
///
/// Every task starts with `executorPreference: loop`; what it awaits then comes back to the loop's thread, except
/// `@MainActor` code and unstructured tasks, which choose for themselves. So what belongs to the loop needs no lock.
///
/// `@unchecked Sendable`: other threads may touch `inbox`, `wakeup` and `thread` only, which are safe by themselves. The rest belongs
/// to the thread that called ``run(until:)``, or before that to the one that sets the loop up.
public final class EventLoop: TaskExecutor, @unchecked Sendable {
    /// Nanoseconds of the monotonic clock.
    public typealias Nanoseconds = UInt64

    private struct Inbox: ~Copyable {
        var jobs: [UnownedJob] = []
        var calls: [@Sendable () -> Void] = []
        /// Whether the eventfd was written since the loop last looked.
        var isAnnounced = false
    }

    private let inbox = Mutex(Inbox())
    private let wakeup: Int32
    private let thread = Atomic<UInt>(0)

    let epoll: Int32
    private var jobs: [UnownedJob] = []
    private var batch: [UnownedJob] = []
    private var timers = DeadlineHeap<UnsafeContinuation<Void, Never>>()
    private var sources: [any EventSource] = []
    private var watchers: [(any DescriptorWatcher)?] = []
    private var anotherTurnIsWanted = false
    private var bodyHasEnded = false
    private var waiter: EpollWaiter

    /// Makes a loop that does not run yet. It takes two descriptors; if the system has none left, the process ends with a message.
    public convenience init() {
        guard let descriptors = EventLoop.open() else {
            preconditionFailure("no epoll: \(String(cString: strerror(errno)))")
        }
        self.init(descriptors)
    }

    /// Makes a loop as ``init()`` does, unless the system has no descriptors left.
    convenience init?(ifPossible: Void) {
        guard let descriptors = EventLoop.open() else { return nil }
        self.init(descriptors)
    }

    private init(_ descriptors: (epoll: Int32, wakeup: Int32)) {
        (epoll, wakeup) = descriptors
        waiter = EpollWaiter(epoll)
        control(EPOLL_CTL_ADD, wakeup, .read)
    }

    private static func open() -> (epoll: Int32, wakeup: Int32)? {
        let epoll = epoll_create1(Int32(lab_epoll_cloexec))
        guard epoll >= 0 else { return nil }
        let wakeup = eventfd(0, Int32(lab_eventfd_flags))
        guard wakeup >= 0 else {
            close(epoll)
            return nil
        }
        return (epoll, wakeup)
    }

    deinit {
        close(epoll)
        close(wakeup)
    }

    /// The time on the clock that deadlines are given in.
    public static func now() -> Nanoseconds {
        var time = timespec()
        clock_gettime(CLOCK_MONOTONIC, &time)
        return Nanoseconds(time.tv_sec) * 1_000_000_000 + Nanoseconds(time.tv_nsec)
    }

    // MARK: From any thread

    /// Has a job run on the loop's thread; called by Swift's concurrency.
    public func enqueue(_ job: consuming ExecutorJob) {
        let job = UnownedJob(job)
        if isOnLoop {
            jobs.append(job)
        } else {
            announce { $0.jobs.append(job) }
        }
    }

    /// Has `call` run on the loop's thread, soon.
    public func perform(_ call: @escaping @Sendable () -> Void) {
        announce { $0.calls.append(call) }
    }

    /// Lets go of the calls that were given to ``perform(_:)`` and are not made: the loop does not run any more.
    func forgetCalls() {
        let calls = inbox.withLock { inbox in
            defer { inbox.calls = [] }
            return inbox.calls
        }
        // Let go of here, beyond the lock: what they hold may end with them.
        _ = calls
    }

    /// Whether the caller is on the loop's thread.
    public var isOnLoop: Bool { thread.load(ordering: .relaxed) == UInt(pthread_self()) }

    /// Ends the process with a message where the caller is not on the loop's thread.
    public func preconditionOnLoop() { precondition(isOnLoop, "this belongs to another thread's event loop") }

    private func announce(_ add: (inout Inbox) -> Void) {
        let mustWake = inbox.withLock { inbox in
            add(&inbox)
            defer { inbox.isAnnounced = true }
            return !inbox.isAnnounced
        }
        if mustWake { eventfd_write(wakeup, 1) }
    }

    // MARK: On the loop's thread

    /// Suspends the task for `seconds`, to within the kernel's timer precision. Call it on the loop.
    public func sleep(seconds: Double) async {
        preconditionOnLoop()
        guard seconds > 0 else { return }
        let deadline = EventLoop.now() &+ Nanoseconds(min(seconds, 1e9) * 1e9)
        await withUnsafeContinuation { timers.insert($0, at: deadline) }
    }

    /// Gives the source a turn in each round from now on.
    public func add(_ source: any EventSource) { sources.append(source) }

    /// Gives the source no more turns.
    public func remove(_ source: any EventSource) { sources.removeAll { $0 === source } }

    /// Asks for another round of turns before the loop waits: for a source that made work for another one.
    public func wantAnotherTurn() { anotherTurnIsWanted = true }

    /// Watches a descriptor, level-triggered, or changes what it is watched for.
    public func watch(_ descriptor: Int32, _ interest: Interest, _ watcher: any DescriptorWatcher) {
        let index = Int(descriptor)
        if index >= watchers.count {
            watchers.append(contentsOf: repeatElement(nil, count: max(64, index + 1 - watchers.count)))
        }
        control(watchers[index] == nil ? EPOLL_CTL_ADD : EPOLL_CTL_MOD, descriptor, interest)
        watchers[index] = watcher
    }

    /// Forgets a descriptor that is about to be closed, or that nobody waits for. Harmless where it is not watched.
    public func unwatch(_ descriptor: Int32) {
        guard Int(descriptor) < watchers.count, watchers[Int(descriptor)] != nil else { return }
        control(EPOLL_CTL_DEL, descriptor, [])
        watchers[Int(descriptor)] = nil
    }

    private func control(_ operation: Int32, _ descriptor: Int32, _ interest: Interest) {
        var event = epoll_event()
        event.events = interest.rawValue
        event.data.fd = descriptor
        epoll_ctl(epoll, operation, descriptor, &event)
    }

    // MARK: Running

    /// Runs `body` and everything it starts on the calling thread, and returns when `body` has.
    public func run(until body: @escaping @Sendable () async -> Void) {
        let before = thread.exchange(UInt(pthread_self()), ordering: .relaxed)
        precondition(before == 0, "the loop runs already")
        bodyHasEnded = false
        Task(executorPreference: self) {
            await body()
            self.bodyHasEnded = true
        }
        while !bodyHasEnded { round() }
        thread.store(0, ordering: .relaxed)
    }

    private func round() {
        // One source may make work for another. So all of them get up to four turns before the loop looks at its descriptors.
        for _ in 0..<4 {
            takeInbox()
            runJobs()
            anotherTurnIsWanted = false
            for source in sources { source.takeTurn() }
            if jobs.isEmpty && !anotherTurnIsWanted { break }
        }
        let mayWait = jobs.isEmpty && !anotherTurnIsWanted && !bodyHasEnded
        for event in waiter.wait(until: mayWait ? deadline() : 0) {
            let descriptor = event.data.fd
            if descriptor == wakeup {
                var count: eventfd_t = 0
                eventfd_read(wakeup, &count)
            } else if let watcher = watchers[Int(descriptor)] {
                watcher.descriptorIsReady(descriptor, Interest(rawValue: event.events))
            }
        }
        guard timers.earliest != nil else { return }
        let now = EventLoop.now()
        while let sleeper = timers.popDue(now) { sleeper.resume() }
    }

    private func takeInbox() {
        var calls: [@Sendable () -> Void] = []
        inbox.withLock { inbox in
            guard inbox.isAnnounced else { return }
            jobs.append(contentsOf: inbox.jobs)
            inbox.jobs.removeAll(keepingCapacity: true)
            swap(&calls, &inbox.calls)
            inbox.isAnnounced = false
        }
        for call in calls { call() }
    }

    private func runJobs() {
        swap(&jobs, &batch)
        for job in batch { job.runSynchronously(on: asUnownedTaskExecutor()) }
        batch.removeAll(keepingCapacity: true)
    }

    private func deadline() -> Nanoseconds? {
        var earliest = timers.earliest
        for source in sources {
            guard let deadline = source.deadline else { continue }
            earliest = earliest.map { min($0, deadline) } ?? deadline
        }
        return earliest
    }
}

/// Something that lives on an event loop and does its work in turns: a server, a client.
public protocol EventSource: AnyObject {
    /// Does what can be done without waiting.
    func takeTurn()
    /// When it wants its next turn though nothing happens; `nil` for never.
    var deadline: EventLoop.Nanoseconds? { get }
}

/// Is told what happens on a descriptor.
public protocol DescriptorWatcher: AnyObject {
    /// Called on the loop's thread, perhaps once more after the descriptor's owner was closed and its number reused.
    func descriptorIsReady(_ descriptor: Int32, _ interest: EventLoop.Interest)
}

extension EventLoop {
    /// What a descriptor is watched for, or has happened on it.
    public struct Interest: OptionSet, Sendable {
        /// Flags of `epoll_ctl(2)`.
        public let rawValue: UInt32
        /// Takes flags of `epoll_ctl(2)`.
        public init(rawValue: UInt32) { self.rawValue = rawValue }

        /// There is something to read, or the end of it.
        public static let read = Interest(rawValue: EPOLLIN.rawValue)
        /// There is room to write.
        public static let write = Interest(rawValue: EPOLLOUT.rawValue)
        /// An error or a hang-up; always watched for.
        public static let failure = Interest(rawValue: EPOLLERR.rawValue | EPOLLHUP.rawValue)
    }
}
