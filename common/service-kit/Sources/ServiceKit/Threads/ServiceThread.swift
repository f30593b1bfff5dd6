internal import CLinux
internal import Glibc

/// A thread with a name, for what must block: a client library that belongs to one thread.
public final class ServiceThread: Sendable {
    private let body: @Sendable () -> Void

    private let name: String

    private init(_ name: String, _ body: @escaping @Sendable () -> Void) {
        self.name = name
        self.body = body
    }

    private func run() {
        lab_name_thread(name)
        body()
    }

    /// Starts a thread that the service cannot do without; where the system gives none, the process ends with 1 and one
    /// line on stderr. See ``attempt(_:_:)``.
    public static func start(_ name: String, _ body: @escaping @Sendable () -> Void) {
        guard !attempt(name, body) else { return }
        writeToStandardError("the thread \(name) cannot be started: the system gives no more threads\n")
        exit(1)
    }

    /// Starts a thread that runs `body` and ends with it.
    ///
    /// Signals that stop the service are blocked in it, as in every thread started after
    /// `TerminationSignals.block()`.
    ///
    /// - Parameter name: what `top -H` shows; cut after 15 bytes by the kernel.
    /// - Returns: whether there is such a thread: the system may have no memory or no number left for one.
    public static func attempt(_ name: String, _ body: @escaping @Sendable () -> Void) -> Bool {
        var thread = pthread_t()
        let context = Unmanaged.passRetained(ServiceThread(name, body)).toOpaque()
        let failed = pthread_create(
            &thread, nil,
            { context in
                Unmanaged<ServiceThread>.fromOpaque(context!).takeRetainedValue().run()
                return nil
            }, context)
        guard failed == 0 else {
            Unmanaged<ServiceThread>.fromOpaque(context).release()
            return false
        }
        pthread_detach(thread)
        return true
    }
}
