import CampusModel
import KafkaClient
import ServiceKit
import WorkflowHTTP
import XCTest

@testable import InventoryConsumer

final class CommittedInventoryTests: XCTestCase {
    /// Others may see its outcomes before this service hears that it was committed.
    func testAnAnswerWaitsForTheBatchInHand() {
        let (committed, loop) = (CommittedInventory(stock: InitialStock(["burger": 5])), EventLoop())
        let (isInHand, worker) = (Promise<Void>(on: loop), Worker("batch"))
        let mayEnd = Promise<Void>(on: worker.loop)
        worker.start { _ in
            try? await committed.batch { () async throws(KafkaError) in
                isInHand.fulfil(())
                _ = await mayEnd.value(until: .max)
                var inventory = committed.untouched
                _ = inventory.decide(Order(item: "burger", quantity: 2))
                committed.show(inventory)
            }
        }
        loop.run {
            _ = await isInHand.value(until: .max)
            XCTAssertEqual(committed.stock, ["burger": 5])
            mayEnd.fulfil(())
            await committed.waitForBatch(on: loop)
            XCTAssertEqual(committed.stock, ["burger": 3])
        }
    }
}
