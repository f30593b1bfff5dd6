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

    /// Starts a thread that runs `body` and ends with it.
    ///
    /// Signals that stop the service are blocked in it, as in every thread started after
    /// `TerminationSignals.block()`.
    ///
    /// - Parameter name: what `top -H` shows; cut after 15 bytes by the kernel.
    public static func start(_ name: String, _ body: @escaping @Sendable () -> Void) {
        var thread = pthread_t()
        let context = Unmanaged.passRetained(ServiceThread(name, body)).toOpaque()
        let failed = pthread_create(
            &thread, nil,
            { context in
                Unmanaged<ServiceThread>.fromOpaque(context!).takeRetainedValue().run()
                return nil
            }, context)
        precondition(failed == 0, "no thread: \(String(cString: strerror(failed)))")
        pthread_detach(thread)
    }
}
