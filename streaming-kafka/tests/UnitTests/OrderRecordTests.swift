import CampusModel
import Foundation
import KafkaClient
import Workflow
import XCTest

@testable import OrderRecords

/// Order events as records of Kafka.
final class OrderRecordTests: XCTestCase {
    private let id = "3c91db3d-36b8-45c8-811c-77beaa5c6415"

    private func read(
        _ text: String, _ kinds: Set<OrderEvent.Kind> = [.placed], fallback: Double = 42
    ) throws(MalformedRecord) -> OrderEvent {
        try OrderEvent(reading: Array(text.utf8), expecting: kinds, recordTime: fallback)
    }

    private func assertMalformed(
        _ text: String?, _ word: String, _ kinds: Set<OrderEvent.Kind> = [.placed], line: UInt = #line
    ) {
        XCTAssertThrowsError(
            try OrderEvent(reading: text.map { Array($0.utf8) }, expecting: kinds, recordTime: 42), line: line
        ) { error in
            XCTAssertTrue("\(error)".contains(word), "\(error)", line: line)
        }
    }

    func testEveryKindReadsBackAsItWasWritten() throws {
        for kind in OrderEvent.Kind.allCases {
            let order = Order(item: "pizza \"4 \u{1F355}\"", quantity: 1000, timestamp: 1_795_568_921.188696)
            let event = OrderEvent(kind, order, reason: kind == .failed ? "insufficient_stock" : nil)
            let message = event.record(headers: [])
            XCTAssertEqual(message.key, Array(order.id.description.utf8))
            XCTAssertEqual(try OrderEvent(reading: message.value, expecting: [kind], recordTime: 0), event)
        }
    }

    func testTheValueIsTheContractsJSON() throws {
        let order = Order(id: try XCTUnwrap(OrderID(id)), item: "burger", quantity: 2, timestamp: 5.5)
        let text = String(decoding: OrderEvent(.failed, order, reason: "unknown_item").value, as: UTF8.self)
        XCTAssertEqual(
            text,
            #"{"type":"InventoryFailed","order_id":"\#(id)","item":"burger","quantity":2,"status":"failed","#
                + #""timestamp":5.5,"reason":"unknown_item"}"#)
    }

    func testTypeStatusAndTimestampMayBeMissingAndOtherFieldsAreIgnored() throws {
        let event = try read(#"{"order_id":"\#(id.uppercased())","item":"burger","quantity":2.0,"colour":[{}]}"#)
        XCTAssertEqual(event.kind, .placed)
        XCTAssertEqual(event.order.status, .placed)
        XCTAssertEqual(event.order.timestamp, 42, "the record's own time, so that a replay reads the same")
        XCTAssertEqual(event.order.id.description, id)
    }

    func testTheStatusTellsTheKindOfAnOutcomeWithoutAType() throws {
        let outcomes: Set<OrderEvent.Kind> = [.reserved, .failed]
        let text = #"{"order_id":"\#(id)","item":"burger","quantity":2,"status":"STATUS"}"#
        func with(_ status: String) -> String { text.replacing("STATUS", with: status) }
        XCTAssertEqual(try read(with("failed"), outcomes).kind, .failed)
        XCTAssertEqual(try read(with("reserved"), outcomes).kind, .reserved)
        assertMalformed(with("placed"), "type", outcomes)
    }

    func testWhatCannotBeReadSaysWhatIsWrong() {
        assertMalformed(nil, "null")
        assertMalformed("", "empty")
        assertMalformed("\u{0}\u{1}garbage", "JSON")
        assertMalformed("[]", "object")
        assertMalformed("{}", "order_id")
        assertMalformed(#"{"order_id":"x","item":"burger","quantity":1}"#, "order_id")
        assertMalformed(#"{"order_id":"\#(id)","quantity":1}"#, "item")
        assertMalformed(#"{"order_id":"\#(id)","item":"burger","quantity":0}"#, "quantity")
        assertMalformed(#"{"order_id":"\#(id)","item":"burger","quantity":1e308}"#, "quantity")
        assertMalformed(#"{"order_id":"\#(id)","item":"burger","quantity":1,"timestamp":1e308}"#, "timestamp")
        assertMalformed(#"{"order_id":"\#(id)","item":"burger","quantity":1,"timestamp":"now"}"#, "timestamp")
        assertMalformed(#"{"order_id":"\#(id)","item":"burger","quantity":1,"type":"InventoryFailed"}"#, "type")
        assertMalformed(#"{"order_id":"\#(id)","item":"burger","quantity":1,"status":"eaten"}"#, "status")
    }

    func testTheYear9999IsReadAndTheYear10000IsNot() throws {
        let text = #"{"order_id":"\#(id)","item":"burger","quantity":1,"timestamp":"#
        XCTAssertEqual(try read(text + "253402300799}").order.timestamp, 253_402_300_799)
        assertMalformed(text + "253402300801}", "timestamp")
    }

    func testARecordFromAfterTheYear9999WithoutATimeDoesNotPoisonTheMetrics() throws {
        let event = try read(#"{"order_id":"\#(id)","item":"burger","quantity":1}"#, fallback: 9e15)
        XCTAssertEqual(event.order.timestamp, Order.timestamps.upperBound)
    }
}

extension OrderEvent {
    /// Reads a record's value.
    fileprivate init(reading value: [UInt8]?, expecting kinds: Set<Kind>, recordTime: Double) throws(MalformedRecord) {
        var reader = OrderRecordReader(expecting: kinds)
        guard let value else {
            self = try reader.read(nil, recordTime: recordTime)
            return
        }
        self = try value.withUnsafeBufferPointer { value throws(MalformedRecord) in
            try reader.read(value, recordTime: recordTime)
        }
    }
}
