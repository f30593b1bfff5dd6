import CampusModel
import Foundation
import OrderMessages
import ServiceKit
import XCTest

@testable import AMQPClient

/// The log is the lab's own and other tests or services may write to it: each test looks for its own events.
final class OrderLogTests: BrokerTestCase {
    private func replay(_ connection: AMQPConnection? = nil) throws -> [String?] {
        var identifiers: [String?] = []
        let connection = try XCTUnwrap(connection ?? self.connection)
        _ = try onWorker {
            try await OrderLog(on: 2).replay(connection, elsewhere: { _ in }) { message, _ in
                identifiers.append(message.messageID)
            }
        }
        return identifiers
    }

    func testWhatWasConfirmedBeforeIsReadInItsOrder() throws {
        try connection.declare(OrderTopology.all, on: 1)
        try connection.selectConfirms(1)
        var sent: [String] = []
        for _ in 0..<1500 {
            let id = UUID().uuidString
            sent.append(id)
            try connection.publish(publication(to: OrderTopology.log, id: id), on: 1)
        }
        var ledger = ConfirmLedger<Int>()
        for number in sent.indices { ledger.publish(number, messageID: nil) }
        while ledger.count > 0 {
            if case .confirmed(_, let tag, let multiple) = try event() {
                ledger.confirm(tag, multiple: multiple) { _, _ in }
            }
        }
        let read = try replay()
        XCTAssertEqual(read.filter { sent.contains($0 ?? "") }, sent)
    }

    func testMessagesForOtherChannelsAreKept() throws {
        try connection.declare(OrderTopology.all, on: 1)
        try declareQueue()
        try connection.publish(publication(id: "mine"), on: 1)
        try connection.consume(queue, on: 1, prefetch: 10)
        XCTAssertTrue(try connection.messageCount(queue, on: 1) != nil)
        var kept: [String?] = []
        let connection = try XCTUnwrap(connection)
        _ = try onWorker {
            try await OrderLog(on: 2).replay(connection) { event in
                if case .delivery(let delivery) = event { kept.append(delivery.message.messageID) }
            } _: { _, _ in
            }
        }
        if kept.isEmpty { kept.append(try delivery().message.messageID) }
        XCTAssertEqual(kept, ["mine"])
    }

    func testReadingEndsWhenTheServiceStops() throws {
        try connection.declare(OrderTopology.all, on: 1)
        worker.beginStopping()
        XCTAssertEqual(kind { _ = try replay() }, .cancelled)
    }

    func testTheLogIsNotMissingWhereAllIsDeclared() throws {
        try connection.declare(OrderTopology.all, on: 1)
        XCTAssertFalse(try OrderLog.isMissing(connection, on: 1))
    }
}
