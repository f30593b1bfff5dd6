import CampusModel
import OrderMessages
import XCTest

final class NamedIdentifierTests: XCTestCase {
    func testNamedIdentifiersAreThoseOfTheStandard() throws {
        // RFC 9562, A.4: "www.example.com" in the name space of DNS.
        let dns = try XCTUnwrap(OrderID("6ba7b810-9dad-11d1-80b4-00c04fd430c8"))
        XCTAssertEqual("\(dns.named("www.example.com"))", "2ed6657d-e927-568b-95e1-2665a8aea6a2")
    }

    func testALongNameTakesSeveralBlocks() throws {
        // python3: uuid.uuid5(uuid.NAMESPACE_DNS, "x" * 100)
        let dns = try XCTUnwrap(OrderID("6ba7b810-9dad-11d1-80b4-00c04fd430c8"))
        let name = [UInt8](repeating: UInt8(ascii: "x"), count: 100)
        XCTAssertEqual("\(dns.named(name))", "897f5b43-a3c8-582d-9c8d-9cfe358a534d")
    }

    func testWhatFollowsFromAMessageIsTheSameEachTime() throws {
        let (one, other) = (try XCTUnwrap(MessageID("a")), try XCTUnwrap(MessageID("b")))
        XCTAssertEqual(one.derived("outcome"), try XCTUnwrap(MessageID("a")).derived("outcome"))
        XCTAssertNotEqual(one.derived("outcome"), other.derived("outcome"))
        XCTAssertNotEqual(one.derived("outcome"), one.derived("other"))
    }

    /// The log has identifiers that earlier versions have made: they must stay the same.
    func testIdentifiersThatAreInTheLogStayTheSame() throws {
        // python3: uuid.uuid5(uuid.UUID("01234567-…"), "placed"), and so on; a text is a name in a name space of the lab's own.
        let order = try XCTUnwrap(OrderID("01234567-89ab-4def-8123-456789abcdef"))
        XCTAssertEqual("\(order.named("placed"))", "405a77e6-f8dd-5cc3-b9b5-0383b5f5be44")
        XCTAssertEqual("\(MessageID.uuid(order).derived("outcome"))", "6df33bc8-9e34-5ab0-a83a-f2efcce36b68")
        XCTAssertEqual("\(try XCTUnwrap(MessageID("m-1")).derived("outcome"))", "e5973ab7-68aa-520b-b31f-58ee813243cc")
    }

    func testTheSameRequestWithTheSameKeyIsTheSameOrder() {
        let id = OrderID.asked(key: "k", item: "burger", quantity: 2)
        XCTAssertEqual(id, .asked(key: "k", item: "burger", quantity: 2))
        let others: [OrderID] = [
            .asked(key: "K", item: "burger", quantity: 2), .asked(key: "k", item: "burger", quantity: 1),
            .asked(key: "k", item: "pizza", quantity: 2), .asked(key: "k1", item: "burger", quantity: 2),
            .asked(key: "k", item: "2burger", quantity: 1),
        ]
        XCTAssertEqual(Set(others + [id]).count, 6)
    }
}
