import XCTest

@testable import ServiceKit

final class ServiceInstanceTests: XCTestCase {
    private func instance(_ value: String) throws -> ServiceInstance {
        try ServiceInstance(of: "order", Environment(["INSTANCE": value]))
    }

    func testTheFirstInstanceHasTheNameOfItsService() throws {
        for instance in [try ServiceInstance(of: "order", Environment([:])), try instance(""), try instance("1")] {
            XCTAssertEqual(instance.service, "order")
            XCTAssertEqual(instance.number, 1)
            XCTAssertEqual(instance.name, "order")
        }
    }

    func testAFurtherInstanceHasItsNumberInItsName() throws {
        for (value, name) in [("2", "order.2"), ("10", "order.10"), ("99", "order.99")] {
            let instance = try instance(value)
            XCTAssertEqual(instance.service, "order")
            XCTAssertEqual(instance.number, Int(value))
            XCTAssertEqual(instance.name, name)
        }
    }

    func testAnyOtherNumberIsRefused() {
        for value in ["0", "-1", "100", "1000", "x", "1.5", "order.2"] {
            XCTAssertThrowsError(try instance(value), value) {
                XCTAssertEqual("\($0)", "INSTANCE must be an integer from 1 to 99, not \"\(value)\"")
            }
        }
    }
}
