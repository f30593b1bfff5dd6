import XCTest

@testable import LabTesting

final class LabServiceTests: XCTestCase {
    /// The shared tests know no service by name, so that a part may have any.
    func testAServiceHasAnyName() {
        for service in [LabService("kitchen"), LabService(rawValue: "kitchen"), "kitchen"] {
            XCTAssertEqual(service.rawValue, "kitchen")
            XCTAssertEqual("\(service)", "kitchen")
            XCTAssertEqual(service.urlVariable, "KITCHEN_URL")
            XCTAssertEqual(service, "kitchen")
        }
    }

    func testAFurtherInstanceIsNamedByItsNumber() {
        let kitchen = LabService("kitchen")
        XCTAssertEqual(kitchen.instance(2), "kitchen.2")
        XCTAssertEqual(kitchen.instance(2).urlVariable, "KITCHEN_2_URL")
        XCTAssertEqual(kitchen.instance(2).instance(13), "kitchen.13")
        XCTAssertEqual(kitchen.instance(1), kitchen)
        XCTAssertEqual(kitchen.instance(2).instance(1), kitchen)
    }

    func testAURLIsFoundAmongTheLinesOfTheLab() {
        let lines = "==> a remark\nORDER_URL=http://127.0.0.1:8000\nORDER_2_URL=http://127.0.0.1:8100\nEMPTY=\n"
        XCTAssertEqual(Lab.value(of: "ORDER_URL", in: lines), "http://127.0.0.1:8000")
        XCTAssertEqual(Lab.value(of: "ORDER_2_URL", in: lines), "http://127.0.0.1:8100")
        XCTAssertEqual(Lab.value(of: "EMPTY", in: lines), "")
        XCTAssertNil(Lab.value(of: "ORDER", in: lines))
        XCTAssertNil(Lab.value(of: "URL", in: lines))
    }
}
