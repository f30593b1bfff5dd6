import Foundation
import LabTesting
import XCTest

/// `./lab journal`: what the services' journals say, while the services run and while they do not.
final class JournalPrinterTests: SystemTestCase {
    private func lines(_ arguments: String...) throws -> [Substring] {
        try Lab.run(["journal"] + arguments).split(separator: "\n")
    }

    /// Waits until a journal says something.
    private func assertTells(_ text: String, _ journal: LabService, line: UInt = #line) throws {
        let isTold = try Lab.eventually { try lines(journal.rawValue).contains { $0.contains(text) } }
        if !isTold { XCTFail("no \(text): \(try lines(journal.rawValue))", line: line) }
    }

    func testAnOrderStandsInAllThreeJournals() throws {
        try startAfresh()
        let id = try accept("burger", 3)
        try assertAll([id], become: "reserved")
        try assertTells(" placed \(id) 3 burger, at ", .order)
        try assertTells(" outcome \(id) 3 burger reserved", .order)
        try assertTells(" decision \(id) 3 burger reserved, asked by ", .inventory)
        try assertTells(" notification \(id) burger, told at ", .notification)

        let all = try lines()
        let headings = ["orders_log, ", "inventory_log, ", "notifications_log, "]
        let found = headings.map { heading in all.firstIndex { $0.hasPrefix(heading) } }
        XCTAssertEqual(found.compactMap { $0 }.sorted(), found.compactMap { $0 }, "\(all)")
        XCTAssertEqual(found.compactMap { $0 }.count, 3, "\(all)")
        XCTAssertFalse(all.contains { $0.contains(" barrier ") })
        XCTAssertTrue(try lines("inventory", "--all").contains { $0.contains(" barrier ") })
    }

    /// The broker's names of the services' connections: each has a port of its own in it.
    private func connections() throws -> [String?] {
        try services.map { try Broker().connection($0.rawValue)["name"] as? String }
    }

    func testWhoPrintsDisturbsNobody() throws {
        try startAfresh()
        let before = try connections()
        for _ in 0..<3 { XCTAssertGreaterThan(try lines().count, 3) }
        for service in services { XCTAssertEqual(try ask(service, "GET", "/ready").status, 200) }
        try assertAll([try accept()], become: "reserved")
        XCTAssertEqual(try connections(), before, "nobody had to connect again")
        let id = try accept()
        try assertAll([id], become: "reserved")
        try Lab.run("restart", "order")
        XCTAssertEqual(try status(id), "reserved", "barriers of others do no harm to who reads the journal")
        XCTAssertNil(try ask(.order, "GET", "/ready").fields["warnings"])
    }

    /// It has an end of its own, which what is written meanwhile does not push away.
    func testItEndsWhileTheJournalIsWrittenTo() throws {
        let (isOver, port) = (Flag(), try LabService.order.port)
        let customers = Thread {
            while !isOver.isSet {
                let body = LabTestCase.body("soup")
                _ = try? HTTPConnection(port: port).send("POST", "/order", body: body)
            }
            isOver.customersAreGone()
        }
        customers.start()
        for _ in 0..<5 { XCTAssertTrue(try lines("order").last?.contains(" entries") == true) }
        isOver.set()
        XCTAssertTrue(Lab.eventually { isOver.areCustomersGone })
    }

    func testAStrayMessageIsToldAsSuch() throws {
        XCTAssertTrue(try Broker().publish(Array("hello".utf8), to: "notifications_log"))
        try assertTells(" a stray message of 5 bytes, which is no record", .notification)
        try assertTells("1 message that cannot be read", .notification)
        try startAfresh()
    }

    func testItNeedsTheBrokerAndNoService() throws {
        try startAfresh()
        let id = try accept("pizza")
        try assertAll([id], become: "reserved")
        for service in services { try Lab.run("stop", service.rawValue) }
        try assertTells(" decision \(id) 1 pizza reserved", .inventory)
        try Broker().deleteQueue("orders_log")
        XCTAssertThrowsError(try lines()) { error in
            let text = "\(error)"
            XCTAssertTrue(text.contains("journal: the broker has no stream orders_log"), text)
            XCTAssertTrue(text.contains(" decision \(id) 1 pizza reserved"), "the others are printed: \(text)")
        }
        try startAfresh()
    }

    func testWhoHasReadEnoughMayLeave() throws {
        let lab = try XCTUnwrap(ProcessInfo.processInfo.environment["LAB"])
        func printed(_ reader: String) throws -> String {
            try Lab.execute(["/bin/bash", "-c", "'\(lab)' journal order | \(reader)"])
        }
        XCTAssertEqual(try printed("head -n 1"), "orders_log, the journal of OrderService\n")
        XCTAssertEqual(try printed("true"), "", "which leaves before anything was written")
    }

    func testAWordThatIsNoJournalIsRefused() throws {
        XCTAssertThrowsError(try lines("broker")) { error in
            XCTAssertTrue("\(error)".contains("there is no journal \"broker\""), "\(error)")
        }
    }
}

/// Tells a thread to end, and that it has ended.
private final class Flag: @unchecked Sendable {
    private let lock = NSLock()
    private var mustEnd = false
    private var hasEnded = false

    var isSet: Bool { lock.withLock { mustEnd } }
    var areCustomersGone: Bool { lock.withLock { hasEnded } }
    func set() { lock.withLock { mustEnd = true } }
    func customersAreGone() { lock.withLock { hasEnded = true } }
}
