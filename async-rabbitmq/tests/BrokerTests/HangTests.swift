import Dispatch
import Glibc
import LabTesting
import ServiceKit
import Synchronization
import XCTest

@testable import AMQPClient

/// A broker that has stopped reading: librabbitmq writes to it without a time limit.
final class HangTests: BrokerTestCase {
    /// Publishes megabytes that no queue takes until that fails, on a thread of its own.
    private final class Flood: Sendable {
        private enum State: Equatable {
            case connecting
            case connected
            case ended(AMQPError.Kind)
        }
        let interrupter = AMQPInterrupter()
        private let state = Mutex(State.connecting)
        private let go = DispatchSemaphore(value: 0)
        private let published = Atomic<Int>(0)

        /// - Parameter isEndless: whether the system is to wait for the broker as long as there is one.
        init(_ address: AMQPAddress, _ publication: AMQPPublication, isEndless: Bool) {
            Worker("flood").start { self.run($0, address, publication, isEndless) }
        }

        private func run(_ worker: Worker, _ address: AMQPAddress, _ publication: AMQPPublication, _ isEndless: Bool) {
            do throws(AMQPError) {
                let connection = try AMQPConnection(address, name: "test-flood", on: worker, interrupter: interrupter)
                defer { connection.abandon() }
                try connection.openChannel(1)
                var none: Int32 = 0
                if isEndless { setsockopt(connection.descriptor, Int32(IPPROTO_TCP), TCP_USER_TIMEOUT, &none, 4) }
                state.withLock { $0 = .connected }
                go.wait()
                while true {
                    try connection.publish(publication, on: 1)
                    published.wrappingAdd(1, ordering: .relaxed)
                }
            } catch {
                state.withLock { $0 = .ended(error.kind) }
            }
        }

        var isConnected: Bool { state.withLock { $0 == .connected } }
        func letGo() { go.signal() }

        /// What it ended with; `nil` where it goes on.
        var end: AMQPError.Kind? { state.withLock { if case .ended(let kind) = $0 { kind } else { nil } } }

        /// Whether a second passes in which nothing is published.
        var hangs: Bool {
            let before = published.load(ordering: .relaxed)
            return !Lab.eventually(within: 1) { published.load(ordering: .relaxed) != before }
        }
    }

    /// Floods the broker while it is paused.
    private func flood(isEndless: Bool, _ work: (Flood) throws -> Void) throws {
        try requireOwnBroker()
        let megabyte = String(repeating: "x", count: AMQPMessage.bodyLimit)
        let flood = Flood(address, publication(megabyte), isEndless: isEndless)
        XCTAssertTrue(Lab.eventually { flood.isConnected })
        try Lab.run("pause", "broker")
        defer { XCTAssertNoThrow(try Lab.run("resume", "broker")) }
        flood.letGo()
        try work(flood)
        if flood.end == nil { flood.interrupter.interrupt() }
    }

    func testAPublishThatHangsFailsWithTheHeartbeat() throws {
        try flood(isEndless: false) { flood in
            _ = Lab.eventually(within: 30) { flood.end != nil }
            XCTAssertEqual(flood.end, .connectionLost)
        }
    }

    func testAPublishThatHangsCanBeInterrupted() throws {
        try flood(isEndless: true) { flood in
            XCTAssertTrue(Lab.eventually { flood.hangs })
            XCTAssertNil(flood.end, "it should hang")
            flood.interrupter.interrupt()
            _ = Lab.eventually(within: 10) { flood.end != nil }
            XCTAssertEqual(flood.end, .connectionLost)
        }
    }
}
