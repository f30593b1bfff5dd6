public import ServiceKit
internal import Synchronization

/// A worker with a connection of its own and a role to play on it; connects again whenever the connection is lost.
public final class AMQPWorker<Role: AMQPRole>: Sendable {
    private let name: String
    private let address: AMQPAddress
    private let role: Role
    private let log: Logger
    private let worker: Worker
    private let interrupter = AMQPInterrupter()
    /// What was asked for and is not taken yet; `nil` once the worker has ended.
    private let commands = Mutex<[Role.Command]?>([])
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
        worker = Worker(name)
        worker.start { _ in await self.run() }
    }

    /// Has the role take a command, soon. From any thread.
    ///
    /// A burst of commands is one list and one wake-up.
    ///
    /// - Returns: whether the role will take or refuse it; if not, the worker has ended.
    public func post(_ command: Role.Command) -> Bool {
        let isFirst: Bool? = commands.withLock { commands in
            commands?.append(command)
            return commands.map { $0.count == 1 }
        }
        if isFirst == true { worker.wake() }
        return isFirst != nil
    }

    /// Which connection is open, or was the last one. From any thread.
    public var connectionNumber: Int { interrupter.connectionNumber }

    /// Ends a call that hangs, and so the connection; another one is made. From any thread.
    ///
    /// - Parameter number: the connection that is meant, for one that was opened since may be a good one.
    public func interrupt(connection number: Int) { interrupter.interrupt(number) }

    /// Has the role take no new work from now on. From any thread; ``stop(on:until:)`` waits for what is in hand.
    public func beginStopping() { worker.beginStopping() }

    /// Lets the role finish what it has in hand, closes the connection and ends the thread.
    ///
    /// - Parameters:
    ///   - loop: the caller's own.
    ///   - deadline: what is not finished then is cut off.
    public func stop(on loop: EventLoop, until deadline: EventLoop.Nanoseconds) async {
        guard await !worker.stop(on: loop, until: deadline) else { return }
        log.warning("a connection was cut off, since its work did not end in time", [.detail: name])
        interrupter.interrupt()
    }

    // MARK: On the worker's thread

    private func takeCommands() -> [Role.Command] {
        commands.withLock { commands in
            guard commands?.isEmpty == false else { return [] }
            var taken: [Role.Command]? = []
            swap(&taken, &commands)
            return taken ?? []
        }
    }

    private func run() async {
        var reconnection = Reconnection()
        while !worker.mustStop {
            if case .pausing(let until) = reconnection.state {
                await worker.wait(until: until)
                role.refuse(takeCommands())
                reconnection.tick(at: EventLoop.now())
            } else {
                await connect(&reconnection)
            }
        }
        let last = commands.withLock { $0.take() }
        role.refuse(last ?? [])
    }

    private func connect(_ reconnection: inout Reconnection) async {
        do throws(AMQPError) {
            let connection = try AMQPConnection(address, name: name, on: worker, interrupter: interrupter)
            do throws(AMQPError) {
                try await role.connected(connection)
                reconnection.opened(at: EventLoop.now())
                try await work(on: connection)
                connection.close()
            } catch {
                if error.kind == .cancelled { connection.close() } else { connection.abandon() }
                throw error
            }
        } catch {
            if error.kind != .cancelled && !worker.mustStop {
                log.warning("no connection to the broker", [.detail: name, .error: error.description])
            }
            role.disconnected(error)
            reconnection.lost(at: EventLoop.now())
        }
    }

    /// Returns when the worker is to stop and the role has finished.
    private func work(on connection: AMQPConnection) async throws(AMQPError) {
        while true {
            let commands = takeCommands()
            if !commands.isEmpty { try role.take(commands, connection) }
            var events = 0
            while events < AMQPWorker.eventsAtOnce, let event = try connection.nextEvent() {
                try role.take(event, connection)
                events += 1
            }
            let deadline = try await role.turn(connection)
            if worker.mustStop, try role.finish(connection) { return }
            connection.flush()
            if events >= AMQPWorker.eventsOfLoad, Role.pauseSeconds > 0 {
                await worker.pause(seconds: Role.pauseSeconds)
                // The pause has taken whatever wake-up came meanwhile: what it was for is looked at before the next wait.
                continue
            }
            if events < AMQPWorker.eventsAtOnce { await connection.wait(until: deadline) }
        }
    }
}
