import Foundation
import Glibc
import HTTPClient
import LabTesting
import ServiceKit
import Synchronization
import XCTest

/// A TCP server that does to each request what the test's script says, however rude.
///
/// One thread serves all connections, so that a test may hold a thousand of them and still count threads.
///
/// `@unchecked Sendable`: connections and the listening socket belong to that thread; the rest is in a `Mutex`.
final class ScriptedServer: @unchecked Sendable {
    /// Decides about a request; called on the server's thread.
    typealias Script = @Sendable (ScriptedRequest) -> ScriptedAction

    private struct Shared {
        var requests: [ScriptedRequest] = []
        var held = 0
        var open = 0
        var commands: [@Sendable () -> Void] = []
    }

    let port: Int
    private let script: Script
    private let shared = Mutex(Shared())
    /// A pipe: what is written to its end 1 ends the thread's wait.
    private let wakeup: [Int32]
    private var listener: TestSocket
    private var isListening = true
    private var isStopped = false
    private var accepted = 0
    private var connections: [Int32: ScriptedConnection] = [:]

    /// Listens on a free port.
    init(_ script: @escaping Script) {
        self.script = script
        listener = TestSocket()
        port = listener.port
        listener.listen()
        var ends: [Int32] = [-1, -1]
        precondition(pipe(&ends) == 0, "no pipe: \(String(cString: strerror(errno)))")
        wakeup = ends
        Thread.detachNewThread { self.serve() }
    }

    var url: BaseURL { BaseURL("http://127.0.0.1:\(port)")! }

    // MARK: For the test

    /// All requests so far, in the order in which they were complete.
    var requests: [ScriptedRequest] { shared.withLock { $0.requests } }

    /// The requests so far for one path.
    func requests(_ path: String) -> [ScriptedRequest] { requests.filter { $0.path == path } }

    /// How many connections are open.
    var openConnections: Int { shared.withLock { $0.open } }

    /// Waits until so many requests wait for the test to say what happens to them.
    func holds(_ count: Int) -> Bool { Lab.eventually { shared.withLock { $0.held } == count } }

    /// Does this to every request that is held.
    func answerHeld(_ action: ScriptedAction) {
        onThread {
            for connection in self.connections.values where connection.isHeld { self.act(action, on: connection) }
        }
    }

    /// Closes the listening socket, so that new connections are refused; the port stays this server's.
    func stopListening() {
        onThread {
            self.isListening = false
            self.listener.close()
            self.listener = TestSocket(port: self.port)
        }
    }

    /// Listens again after ``stopListening()``.
    func listenAgain() {
        onThread {
            self.listener.listen()
            self.isListening = true
        }
    }

    /// Closes everything.
    func stop() { onThread { self.isStopped = true } }

    private func onThread(_ command: @escaping @Sendable () -> Void) {
        let isDone = DispatchSemaphore(value: 0)
        shared.withLock {
            $0.commands.append {
                command()
                isDone.signal()
            }
        }
        var byte: UInt8 = 0
        write(wakeup[1], &byte, 1)
        isDone.wait()
    }

    // MARK: The server's thread

    private func serve() {
        while !isStopped {
            // Connections come first: a descriptor that is closed here is then not given out again before the next wait.
            let descriptors = connections.keys + (isListening ? [listener.descriptor] : []) + [wakeup[0]]
            var entries = descriptors.map { pollfd(fd: $0, events: Int16(POLLIN), revents: 0) }
            poll(&entries, nfds_t(entries.count), -1)
            for entry in entries where entry.revents != 0 {
                if let connection = connections[entry.fd] {
                    read(connection)
                } else if entry.fd == listener.descriptor {
                    accept()
                } else if entry.fd == wakeup[0] {
                    obey()
                }
            }
        }
        for connection in connections.values { connection.close() }
        listener.close()
        for end in wakeup { Glibc.close(end) }
    }

    private func obey() {
        var bytes = [UInt8](repeating: 0, count: 64)
        _ = Glibc.read(wakeup[0], &bytes, bytes.count)
        let commands = shared.withLock { shared in
            defer { shared.commands = [] }
            return shared.commands
        }
        for command in commands { command() }
    }

    private func accept() {
        let descriptor = Glibc.accept(listener.descriptor, nil, nil)
        guard descriptor >= 0 else { return }
        connections[descriptor] = ScriptedConnection(descriptor, number: accepted)
        accepted += 1
        shared.withLock { $0.open += 1 }
    }

    private func read(_ connection: ScriptedConnection) {
        guard connection.receive() else { return forget(connection) }
        while !connection.isHeld, connections[connection.descriptor] === connection,
            let request = connection.nextRequest()
        {
            shared.withLock { $0.requests.append(request) }
            act(script(request), on: connection)
        }
    }

    private func act(_ action: ScriptedAction, on connection: ScriptedConnection) {
        hold(connection, action.isHeld)
        connection.send(action.bytes)
        switch action.ending {
        case .keepAlive: break
        case .close: forget(connection)
        case .reset:
            connection.resetWhenClosed()
            forget(connection)
        }
    }

    private func hold(_ connection: ScriptedConnection, _ isHeld: Bool) {
        guard connection.isHeld != isHeld else { return }
        connection.isHeld = isHeld
        shared.withLock { $0.held += isHeld ? 1 : -1 }
    }

    private func forget(_ connection: ScriptedConnection) {
        hold(connection, false)
        connections[connection.descriptor] = nil
        connection.close()
        shared.withLock { $0.open -= 1 }
    }
}

extension XCTestCase {
    /// Starts a server that is stopped after the test.
    func server(_ script: @escaping ScriptedServer.Script) -> ScriptedServer {
        let server = ScriptedServer(script)
        addTeardownBlock { server.stop() }
        return server
    }
}
