import CampusModel
import XCTest

final class MessageIDTests: XCTestCase {
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

    func testUUIDsCompareWhateverTheirCaseAndOtherTextsAsTheyAre() throws {
        let id = OrderID.random().description
        XCTAssertEqual(MessageID(id), MessageID(id.uppercased()))
        XCTAssertNotEqual(MessageID("a"), MessageID("A"))
        XCTAssertNil(MessageID(""))
        XCTAssertEqual(MessageID(id.uppercased())?.description, id)
    }
}
