internal import CLinux
internal import Glibc

/// SIGTERM and SIGINT as events on a loop.
///
/// `@unchecked Sendable`: its state is touched on the loop's thread only.
final class TerminationSignals: DescriptorWatcher, @unchecked Sendable {
    private let loop: EventLoop
    private let descriptor: Int32
    private var arrived: String?
    private var waiter: UnsafeContinuation<String, Never>?

    /// Keeps both from ending the process. Call it before any thread is started: threads inherit the mask.
    static func block() {
        var set = signals()
        pthread_sigmask(SIG_BLOCK, &set, nil)
    }

    init(on loop: EventLoop) {
        self.loop = loop
        var set = TerminationSignals.signals()
        descriptor = signalfd(-1, &set, Int32(lab_signalfd_flags))
        loop.watch(descriptor, .read, self)
    }

    deinit { close(descriptor) }

    /// Waits for the first of them and gives its name.
    func next() async -> String {
        loop.preconditionOnLoop()
        if let arrived { return arrived }
        return await withUnsafeContinuation { waiter = $0 }
    }

    func descriptorIsReady(_ descriptor: Int32, _ interest: EventLoop.Interest) {
        var info = signalfd_siginfo()
        while read(descriptor, &info, MemoryLayout<signalfd_siginfo>.size) > 0 {
            let name = info.ssi_signo == UInt32(SIGINT) ? "SIGINT" : "SIGTERM"
            arrived = name
            waiter?.resume(returning: name)
            waiter = nil
        }
    }

    private static func signals() -> sigset_t {
        var set = sigset_t()
        sigemptyset(&set)
        sigaddset(&set, SIGTERM)
        sigaddset(&set, SIGINT)
        return set
    }
}
