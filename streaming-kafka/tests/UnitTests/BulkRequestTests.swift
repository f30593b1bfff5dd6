import CampusModel
import StrictJSON
import Workflow
import XCTest

@testable import ProducerOrder

final class BulkRequestTests: XCTestCase {
    private func read(_ text: String) throws -> BulkRequest {
        let (json, inputs) = (try JSONObject(Array(text.utf8)), BulkRequest.fields)
        return BulkRequest(
            count: try inputs.count.read(json), item: try inputs.item.read(json),
            quantity: try inputs.quantity.read(json))
    }

    func testWithoutAnItemTheMenuComesInTurn() throws {
        let request = try read(#"{"count":5}"#)
        XCTAssertEqual((0..<5).map(request.item(at:)), ["burger", "pizza", "salad", "burger", "pizza"])
        XCTAssertEqual(request.quantity, 1)
    }

    func testAnItemAndAQuantityHoldForAll() throws {
        let request = try read(#"{"count":1000000.0,"item":"sushi","quantity":7}"#)
        XCTAssertEqual(request, BulkRequest(count: 1_000_000, item: "sushi", quantity: 7))
        XCTAssertEqual(request.item(at: 999_999), "sushi")
    }

    func testACountOutsideOneToAMillionIsRefused() {
        for text in ["0", "-1", "1000001", "1.5", "1e308", "\"5\"", "null", "true"] {
            XCTAssertThrowsError(try read(#"{"count":\#(text)}"#)) { XCTAssertTrue("\($0)".contains("count"), "\($0)") }
        }
        XCTAssertThrowsError(try read("{}"))
    }

    func testAnItemOrQuantityThatIsThereMustBeOne() {
        XCTAssertThrowsError(try read(#"{"count":1,"item":""}"#)) { XCTAssertTrue("\($0)".contains("item")) }
        XCTAssertThrowsError(try read(#"{"count":1,"item":null}"#)) { XCTAssertTrue("\($0)".contains("item")) }
        XCTAssertThrowsError(try read(#"{"count":1,"quantity":1001}"#)) { XCTAssertTrue("\($0)".contains("quantity")) }
    }
}

final class RestoredOrdersTests: XCTestCase {
    private var restored = RestoredOrders()

    private func placed(_ timestamp: Double, _ id: OrderID = .random()) -> OrderEvent {
        OrderEvent(.placed, Order(id: id, item: "burger", quantity: 1, timestamp: timestamp))
    }

    private func decided(_ kind: OrderEvent.Kind, _ id: OrderID) -> OrderEvent {
        OrderEvent(kind, Order(id: id, item: "burger", quantity: 1, timestamp: 99))
    }

    func testOrdersComeOldestFirstWhateverPartitionWasReadFirst() {
        for time in [3.0, 1, 2] { restored.add(placed(time), key: nil) }
        XCTAssertEqual(restored.inOrder.map(\.order.timestamp), [1, 2, 3])
    }

    func testAnOutcomeFindsItsOrderWhicheverCameFirst() {
        let (early, late, open) = (OrderID.random(), OrderID.random(), OrderID.random())
        restored.add(decided(.failed, early))
        for (time, id) in [(1.0, early), (2, late), (3, open)] { restored.add(placed(time, id), key: nil) }
        restored.add(decided(.reserved, late))
        XCTAssertEqual(restored.inOrder.map(\.order.status), [.failed, .reserved, .placed])
        XCTAssertEqual(restored.inOrder.map(\.order.timestamp), [1, 2, 3], "its time stays that of the order")
    }

    func testTheFirstCopyAndTheFirstOutcomeCount() {
        let id = OrderID.random()
        restored.add(placed(1, id), key: "first")
        restored.add(placed(2, id), key: "second")
        restored.add(decided(.reserved, id))
        restored.add(decided(.failed, id))
        XCTAssertEqual(restored.inOrder.count, 1)
        XCTAssertEqual(restored.inOrder.first?.order.status, .reserved)
        XCTAssertEqual(restored.inOrder.first?.order.timestamp, 1)
        XCTAssertEqual(restored.inOrder.first?.key, "first")
    }

    func testTheFirstCopyAndTheFirstOutcomeCountAlsoWhereOutcomesCameFirst() {
        let id = OrderID.random()
        restored.add(decided(.failed, id))
        restored.add(decided(.reserved, id))
        restored.add(placed(1, id), key: "first")
        restored.add(placed(2, id), key: "second")
        XCTAssertEqual(restored.inOrder.count, 1)
        XCTAssertEqual(restored.inOrder.first?.order.status, .failed)
        XCTAssertEqual(restored.inOrder.first?.order.timestamp, 1)
        XCTAssertEqual(restored.inOrder.first?.key, "first")
    }

    func testAnOutcomeWithoutItsOrderMakesTheOrder() {
        restored.add(decided(.failed, .random()))
        XCTAssertEqual(restored.inOrder.map(\.order.status), [.failed])
    }
}
