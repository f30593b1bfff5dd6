internal import Glibc
public import ServiceKit
internal import Synchronization

/// A thread with a connection of its own and a role to play on it; connects again whenever the connection is lost.
public final class AMQPWorker<Role: AMQPRole>: Sendable {
    private let name: String
    private let address: AMQPAddress
    private let role: Role
    private let log: Logger
    private let mailbox = Mailbox<Role.Command>()
    private let interrupter = AMQPInterrupter()
    private let isStopping = Atomic<Bool>(false)
    private let hasEnded = Atomic<Bool>(false)
    /// So many events at most before commands, and what is to be sent, get their turn.
    private static var eventsAtOnce: Int { 256 }
    /// A round with so many events counts as one in which much has happened.
    private static var eventsOfLoad: Int { 4 }

    /// Starts the thread, which connects at once.
    ///
    /// - Parameter name: of the thread, and of the connection in the broker's management.
    public init(_ name: String, _ address: AMQPAddress, _ role: Role, log: Logger) {
        self.name = name
        self.address = address
        self.role = role
        self.log = log
        ServiceThread.start(name) { self.run() }
    }

    /// Has the role take a command, soon. From any thread.
    public func post(_ command: Role.Command) { mailbox.post(command) }

    /// Which connection is open, or was the last one. From any thread.
    public var connectionNumber: Int { interrupter.connectionNumber }

    /// Ends a call that hangs, and so the connection; another one is made. From any thread.
    ///
    /// - Parameter number: the connection that is meant, for one that was opened since may be a good one.
    public func interrupt(connection number: Int) { interrupter.interrupt(number) }

    /// Has the role take no new work from now on. From any thread; ``stop(on:until:)`` waits for what is in hand.
    public func beginStopping() {
        isStopping.store(true, ordering: .sequentiallyConsistent)
        mailbox.wake()
    }

    /// Lets the role finish what it has in hand, closes the connection and ends the thread.
    ///
    /// - Parameter deadline: what is not finished then is cut off.
    public func stop(on loop: EventLoop, until deadline: EventLoop.Nanoseconds) async {
        beginStopping()
        while !hasEnded.load(ordering: .sequentiallyConsistent), EventLoop.now() < deadline {
            await loop.sleep(seconds: 0.005)
        }
        guard !hasEnded.load(ordering: .sequentiallyConsistent) else { return }
        log.warning("a connection was cut off, since its work did not end in time", [.detail: name])
        interrupter.interrupt()
    }

    // MARK: The thread

    private var mustStop: Bool { isStopping.load(ordering: .sequentiallyConsistent) }

    private func run() {
        var reconnection = Reconnection()
        while true {
            if mustStop { reconnection.end() }
            switch reconnection.state {
            case .ended:
                role.refuse(mailbox.take())
                hasEnded.store(true, ordering: .sequentiallyConsistent)
                return
            case .pausing(let until):
                mailbox.wait(until: until)
                role.refuse(mailbox.take())
                reconnection.tick(at: EventLoop.now())
            case .connecting, .connected:
                connect(&reconnection)
            }
        }
    }

    private func connect(_ reconnection: inout Reconnection) {
        do throws(AMQPError) {
            let connection = try AMQPConnection(address, name: name, interrupter: interrupter)
            connection.mustStop = { self.mustStop }
            do throws(AMQPError) {
                try role.connected(connection)
                reconnection.opened(at: EventLoop.now())
                try work(on: connection)
                connection.close()
            } catch {
                if error.kind == .cancelled { connection.close() } else { connection.abandon() }
                throw error
            }
        } catch {
            if error.kind != .cancelled && !mustStop {
                log.warning("no connection to the broker", [.detail: name, .error: error.description])
            }
            role.disconnected(error)
            reconnection.lost(at: EventLoop.now())
        }
    }

    /// Returns when the worker is to stop and the role has finished.
    private func work(on connection: AMQPConnection) throws(AMQPError) {
        var wasTold = false
        while true {
            if mustStop && !wasTold {
                wasTold = true
                role.beginStopping()
            }
            let commands = mailbox.take()
            if !commands.isEmpty { try role.take(commands, connection) }
            var events = 0
            while events < AMQPWorker.eventsAtOnce, let event = try connection.nextEvent() {
                try role.take(event, connection)
                events += 1
            }
            var deadline = try role.turn(connection)
            if mustStop {
                if try role.finish(connection) { return }
                let soon = EventLoop.now() &+ 10_000_000
                deadline = min(deadline ?? soon, soon)
            }
            connection.flush()
            if events >= AMQPWorker.eventsOfLoad { rest() }
            if events < AMQPWorker.eventsAtOnce { connection.wait(mailbox, until: deadline) }
        }
    }

    private func rest() {
        var time = timespec(tv_sec: 0, tv_nsec: Int(Role.rest))
        if Role.rest > 0 { nanosleep(&time, nil) }
    }
}
