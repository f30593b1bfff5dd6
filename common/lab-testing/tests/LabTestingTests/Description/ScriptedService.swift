import Foundation
import Glibc
import Synchronization

/// A server for tests that gives a description at `/openapi.json`, and an empty list at every other path.
final class ScriptedService: Sendable {
    private struct State {
        var description: [UInt8]?
        var asked: [String: Int] = [:]
    }

    private struct CannotListen: Error {}

    let port: Int
    private let listener: Int32
    private let state: Mutex<State>

    /// Listens on a free port of this machine, or on a port that a test names.
    init(description: [UInt8]?, port: Int = 0) throws {
        state = Mutex(State(description: description))
        listener = socket(AF_INET, Int32(SOCK_STREAM.rawValue | SOCK_CLOEXEC.rawValue), 0)
        var address = sockaddr_in()
        address.sin_family = sa_family_t(AF_INET)
        address.sin_port = in_port_t(port).bigEndian
        address.sin_addr.s_addr = UInt32(INADDR_LOOPBACK).bigEndian
        var size = socklen_t(MemoryLayout<sockaddr_in>.size)
        let descriptor = listener
        let status = withUnsafeMutablePointer(to: &address) { pointer in
            pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) { name in
                bind(descriptor, name, size) == 0 && listen(descriptor, 64) == 0
                    ? getsockname(descriptor, name, &size) : -1
            }
        }
        guard status == 0 else { throw CannotListen() }
        self.port = Int(UInt16(bigEndian: address.sin_port))
        // The thread ends when the listener is shut down.
        Thread { [weak self] in
            while true {
                let connection = accept(descriptor, nil, nil)
                guard connection >= 0 else { break }
                self?.serve(connection)
            }
            close(descriptor)
        }.start()
    }

    deinit { shutdown(listener, Int32(SHUT_RDWR)) }

    /// How often each path was asked for.
    var asked: [String: Int] { state.withLock { $0.asked } }

    /// From now on it is another service, with this description.
    func become(_ description: [UInt8]?) { state.withLock { $0.description = description } }

    /// Answers the requests of one connection until the client closes it.
    private func serve(_ connection: Int32) {
        Thread { [self] in
            var (received, piece) = ([UInt8](), [UInt8](repeating: 0, count: 4096))
            while true {
                let count = recv(connection, &piece, piece.count, 0)
                if count <= 0 { break }
                received += piece[..<count]
                guard received.suffix(4).elementsEqual("\r\n\r\n".utf8) else { continue }
                let path = String(decoding: received, as: UTF8.self).split(separator: " ")[1]
                received = []
                let reply = reply(String(path))
                _ = reply.withUnsafeBytes { send(connection, $0.baseAddress, $0.count, Int32(MSG_NOSIGNAL)) }
            }
            close(connection)
        }.start()
    }

    private func reply(_ path: String) -> [UInt8] {
        let description = state.withLock { state in
            state.asked[path, default: 0] += 1
            return state.description
        }
        let isKnown = path != "/openapi.json" || description != nil
        let body = path == "/openapi.json" ? description ?? [] : Array("[]".utf8)
        let status = isKnown ? "200 OK" : "404 Not Found"
        let head = "HTTP/1.1 \(status)\r\nContent-Type: application/json\r\nContent-Length: \(body.count)\r\n\r\n"
        return Array(head.utf8) + body
    }
}
