import Foundation
import LabTesting
import ServiceKit
import XCTest

@testable import AMQPClient

/// Tests against the broker that `RABBITMQ_URL` names. Without one they are skipped, and say so; where the lab is up, and
/// where the variable is set, a broker that is missing is a failure.
class BrokerTestCase: XCTestCase {
    private(set) var address: AMQPAddress!
    private(set) var connection: AMQPConnection!
    /// A queue of this test's own, deleted with the connection.
    private(set) var queue = ""
    static let channel: UInt16 = 1
    /// Whose thread is the test's own.
    let worker = Worker("test")

    override func setUpWithError() throws {
        address = try BrokerTestCase.brokerAddress()
        connection = try connect()
        queue = "test_\(UUID().uuidString)"
        try connection.openChannel(BrokerTestCase.channel)
    }

    override func tearDownWithError() throws {
        guard let address else { return }
        if connection?.isClosed == false { connection.abandon() }
        let cleaner = try AMQPConnection(
            address, name: "test-cleaner", on: worker, interrupter: AMQPInterrupter())
        try cleaner.openChannel(1)
        try cleaner.deleteQueue(queue, on: 1)
        cleaner.close()
    }

    static func brokerAddress() throws -> AMQPAddress {
        let variables = ProcessInfo.processInfo.environment
        guard let url = variables["RABBITMQ_URL"] else {
            XCTAssertFalse(Lab.isUp, "LAB_UP=1 and no RABBITMQ_URL")
            print("SKIPPED: the broker tests need RABBITMQ_URL, such as amqp://guest:guest@127.0.0.1:5672/")
            throw XCTSkip("no RABBITMQ_URL")
        }
        return try XCTUnwrap(AMQPAddress(url), "RABBITMQ_URL is no URL of a broker")
    }

    /// Skips a test that does something to the broker itself where that is not the lab's own, and says so.
    ///
    /// - Parameter modes: the modes of the lab in which it can do that.
    func requireOwnBroker(modes: [String] = ["native", "docker"]) throws {
        try Lab.needOwnBroker()
        guard modes.contains(Lab.mode) else {
            let reason = "it needs --\(modes.joined(separator: ", --"))"
            print("SKIPPED: \(name): \(reason)")
            throw XCTSkip(reason)
        }
    }

    func connect(_ interrupter: AMQPInterrupter = AMQPInterrupter()) throws -> AMQPConnection {
        try AMQPConnection(address, name: "test", on: worker, interrupter: interrupter)
    }

    /// Declares the test's own quorum queue.
    func declareQueue(_ connection: AMQPConnection? = nil) throws {
        let topology = AMQPTopology(
            exchanges: [], queues: [.init(queue, [.init("x-queue-type", .text("quorum"))])], bindings: [])
        try (connection ?? self.connection).declare(topology, on: BrokerTestCase.channel)
    }

    func publication(
        _ body: String = "{}", to key: String? = nil, id: String = UUID().uuidString, exchange: String = "",
        headers: [AMQPMessage.Header] = []
    ) -> AMQPPublication {
        AMQPPublication(
            exchange: exchange, routingKey: key ?? queue,
            message: AMQPMessage(
                body: Array(body.utf8), messageID: id, type: "Test", correlationID: "c", timestamp: 7, headers: headers)
        )
    }

    /// The next event, within 30 seconds.
    func event(_ connection: AMQPConnection? = nil) throws -> AMQPEvent {
        let connection = try XCTUnwrap(connection ?? self.connection)
        let end = EventLoop.now() + 30_000_000_000
        while EventLoop.now() < end {
            if let event = try connection.nextEvent() { return event }
            try wait(connection, until: EventLoop.now() + 50_000_000)
        }
        throw AMQPError(.timedOut, "nothing happened")
    }

    /// Waits as the connection's worker does.
    func wait(_ connection: AMQPConnection? = nil, until deadline: EventLoop.Nanoseconds) throws {
        let connection = try XCTUnwrap(connection ?? self.connection)
        try onWorker { await connection.wait(until: deadline) }
    }

    /// Runs what is asynchronous as the worker's task, on the test's own thread.
    func onWorker<Success>(_ work: () async throws -> Success) throws -> Success {
        try withoutActuallyEscaping(work) { work in
            nonisolated(unsafe) let work = work
            nonisolated(unsafe) var result: Result<Success, any Error>?
            worker.loop.run {
                do { result = .success(try await work()) } catch { result = .failure(error) }
            }
            return try XCTUnwrap(result).get()
        }
    }

    func delivery(_ connection: AMQPConnection? = nil) throws -> AMQPDelivery {
        while true {
            if case .delivery(let delivery) = try event(connection) { return delivery }
        }
    }

    /// The kind of the error that `work` throws.
    func kind(_ work: () throws -> Void) -> AMQPError.Kind? {
        do {
            try work()
            return nil
        } catch {
            return (error as? AMQPError)?.kind
        }
    }
}
