import CampusModel
import Containers
import Workflow
import XCTest

/// The identifiers as keys of the segmented containers.
final class SegmentedKeysTests: XCTestCase {
    func testIdentifiersThatDifferInAnyByteAreDifferentKeys() {
        let ids = (0..<2_000).map { _ in OrderID.random() }
        var dictionary = SegmentedDictionary<OrderID, Int>()
        for (index, id) in ids.enumerated() { XCTAssertEqual(dictionary.insert(index, for: id), index) }
        for (index, id) in ids.enumerated() { XCTAssertEqual(dictionary[id], index) }
    }

    func testIdentifiersAreSpreadOverAllParts() {
        let ids = (0..<256).compactMap { byte in
            OrderID("01234567-89ab-4def-8123-456789abcd" + (byte < 16 ? "0" : "") + String(byte, radix: 16))
        }
        XCTAssertEqual(Set(ids.map(\.segment)).count, 256)
    }
}
