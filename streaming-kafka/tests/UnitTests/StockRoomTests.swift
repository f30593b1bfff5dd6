import CampusModel
import KafkaClient
import ServiceKit
import XCTest

@testable import InventoryConsumer

final class StockRoomTests: XCTestCase {
    /// Others may see its outcomes before this service hears that it was committed.
    func testAnAnswerWaitsForTheBatchInHand() {
        let (room, loop) = (StockRoom(stock: ["burger": 5]), EventLoop())
        let (isInHand, mayEnd) = (Mailbox<Void>(), Mailbox<Void>())
        ServiceThread.start("batch") {
            try? room.batch { () throws(KafkaError) in
                isInHand.post(())
                mayEnd.wait(until: EventLoop.now() + 30_000_000_000)
                var inventory = room.untouched
                _ = inventory.decide(Order(item: "burger", quantity: 2))
                room.show(inventory)
            }
        }
        isInHand.wait(until: EventLoop.now() + 30_000_000_000)
        loop.run {
            XCTAssertEqual(room.stock.map(\.left), [5])
            mayEnd.post(())
            await room.settle(on: loop)
            XCTAssertEqual(room.stock.map(\.left), [3])
        }
    }
}
