import CampusModel
import StrictJSON
import Workflow
import XCTest

/// The one codec of order events.
final class OrderEventTests: XCTestCase {
    private static let id = "01234567-89ab-4def-8123-456789abcdef"

    private func json(_ fields: [String: String]) throws -> JSONObject {
        try JSONObject(Array(("{" + fields.map { "\"\($0)\":\($1)" }.joined(separator: ",") + "}").utf8))
    }

    /// The fields of an event, with these instead of its own; `nil` leaves one out.
    private func fields(_ changes: [String: String?] = [:]) -> [String: String] {
        var fields = [
            "type": #""OrderPlaced""#, "order_id": "\"\(Self.id)\"", "item": #""burger""#, "quantity": "2",
            "status": #""placed""#, "timestamp": "7.5",
        ]
        for (name, value) in changes { fields[name] = value }
        return fields
    }

    private func read(
        _ changes: [String: String?] = [:], _ kinds: Set<OrderEvent.Kind> = [.placed],
        _ adjust: (inout OrderEvent.Hints) -> Void = { _ in }
    ) throws -> OrderEvent {
        var hints = OrderEvent.Hints(kinds)
        adjust(&hints)
        return try OrderEvent(from: try json(fields(changes)), hints)
    }

    private func assertRefused(
        _ changes: [String: String?], _ kinds: Set<OrderEvent.Kind> = [.placed], naming field: String,
        line: UInt = #line, _ adjust: (inout OrderEvent.Hints) -> Void = { _ in }
    ) {
        XCTAssertThrowsError(try read(changes, kinds, adjust), "\(changes)", line: line) {
            XCTAssertEqual(($0 as? InvalidField)?.field, field, "\(changes)", line: line)
        }
    }

    func testWhatIsWrittenIsReadAgain() throws {
        for (kind, reason) in [
            (OrderEvent.Kind.placed, nil), (.reserved, nil), (.failed, "unknown_item"), (.failed, nil),
        ] {
            let event = OrderEvent(kind, Order(item: "bür\"ger\\", quantity: 1000), reason: reason)
            XCTAssertEqual(event.order.status, kind.status, "the status is the event's")
            let text = JSONWriter.object { event.writeFields(to: &$0) }
            XCTAssertEqual(try OrderEvent(from: try JSONObject(text), .init(Set(OrderEvent.Kind.allCases))), event)
        }
    }

    func testTheFieldsStandInOneOrder() {
        let id = OrderID(Self.id)!
        let event = OrderEvent(
            .failed, Order(id: id, item: "burger", quantity: 2, timestamp: 7.5), reason: "unknown_item")
        XCTAssertEqual(
            String(decoding: JSONWriter.object { event.writeFields(to: &$0) }, as: UTF8.self),
            #"{"type":"InventoryFailed","order_id":"\#(Self.id)","item":"burger","quantity":2,"status":"failed","#
                + #""timestamp":7.5,"reason":"unknown_item"}"#)
    }

    func testAFieldThatIsMissingOrWrongIsNamed() {
        for name in ["order_id", "item", "quantity"] { assertRefused([name: Optional<String>.none], naming: name) }
        assertRefused(["order_id": #""0123""#], naming: "order_id")
        assertRefused(["item": #""""#], naming: "item")
        assertRefused(["item": #""a\u0007""#], naming: "item")
        for quantity in ["0", "1001", "1.5", #""2""#, "null", "-1", "1e400"] {
            assertRefused(["quantity": quantity], naming: "quantity")
        }
        for time in ["-1", #""7""#, "null", "1e300"] { assertRefused(["timestamp": time], naming: "timestamp") }
        assertRefused(["status": #""eaten""#], naming: "status")
        assertRefused(["type": "7"], naming: "type")
        assertRefused(["type": #""InventoryFailed""#, "reason": "7"], [.failed], naming: "reason")
    }

    func testUnknownFieldsAreIgnoredAndSoIsTheReasonOfWhatDidNotFail() throws {
        let event = try read(["note": "[1,{}]", "reason": "7"])
        XCTAssertNil(event.reason)
    }

    // MARK: The kind

    func testAnEventOfAnotherKindDoesNotBelongHere() {
        assertRefused(["type": #""InventoryReserved""#], naming: "type")
        assertRefused(["type": #""orderplaced""#], naming: "type")
        assertRefused([:], [.placed, .failed], naming: "type") { $0.placeKind = .failed }
    }

    func testWhatTellsTheKindIfTheEventDoesNot() throws {
        let noType: [String: String?] = ["type": nil, "status": nil]
        // The message's own property, then the place, then the status, then what is the only one.
        XCTAssertEqual(try read(noType, [.reserved, .failed]) { $0.type = "InventoryFailed" }.kind, .failed)
        XCTAssertEqual(try read(noType, [.reserved, .failed]) { $0.placeKind = .reserved }.kind, .reserved)
        let reserved: [String: String?] = ["type": nil, "status": #""reserved""#]
        XCTAssertEqual(try read(reserved, [.reserved, .failed]).kind, .reserved)
        XCTAssertEqual(try read(noType, [.failed]).kind, .failed)
        assertRefused(noType, [.reserved, .failed], naming: "type")
    }

    func testTheEventsOwnTypeGoesBeforeThatOfTheMessage() throws {
        XCTAssertEqual(try read([:]) { $0.type = "nonsense" }.kind, .placed)
    }

    // MARK: The time

    func testWithoutATimeThatOfTheMessageStandsIn() throws {
        XCTAssertEqual(try read(["timestamp": nil]) { $0.time = 9 }.order.timestamp, 9)
        XCTAssertEqual(try read { $0.time = 9 }.order.timestamp, 7.5)
    }

    func testWithoutAnyUsableTimeItIsNow() throws {
        for time in [nil, -1, .infinity, .nan, 1e300] as [Double?] {
            let before = Order.now()
            let event = try read(["timestamp": nil]) { $0.time = time }
            XCTAssertGreaterThanOrEqual(event.order.timestamp, before)
            XCTAssertLessThanOrEqual(event.order.timestamp, Order.now())
        }
    }
}
