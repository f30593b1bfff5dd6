import CampusModel
import HTTPClient
import LabTesting
import ServiceKit
internal import Tracing
import XCTest

@testable import OrderService

/// The queue by itself, against a scripted inventory.
final class ReleaseQueueTests: XCTestCase {
    private struct Fixture: Sendable {
        let client: RunningClient
        let inventory: ScriptedServer
        let releases: ReleaseQueue

        func add(_ ids: [OrderID]) { for id in ids { releases.add(id, RequestContext(requestID: "r-\(id)")) } }

        func finish(within seconds: Double) throws {
            let (releases, deadline) = (releases, EventLoop.now() &+ EventLoop.Nanoseconds(seconds * 1e9))
            try client.running.run { await releases.finish(until: deadline) }
        }

        var released: [String] {
            get throws { try inventory.requests("/release").map { try JSONValue($0.body)["order_id"]?.text ?? "" } }
        }
    }

    private func fixture(timeout: Double = 60, _ script: @escaping ScriptedServer.Script) throws -> Fixture {
        let (client, inventory) = (try client(), server(script))
        let releases = ReleaseQueue(
            InventoryClient(client.client, inventory.url, timeout: timeout), on: client.running.loop, log: .quiet)
        return Fixture(client: client, inventory: inventory, releases: releases)
    }

    private func ids(_ count: Int) -> [OrderID] { (0..<count).map { _ in .random() } }

    func testEachOrderIsReleasedOnceUnderItsOwnRequestID() throws {
        let fixture = try fixture { _ in .reply() }
        let ids = ids(200)
        fixture.add(ids)
        XCTAssertTrue(Lab.eventually { fixture.releases.open == 0 })
        XCTAssertEqual(Set(try fixture.released), Set(ids.map(\.description)))
        XCTAssertEqual(fixture.inventory.requests.count, 200)
        for (request, id) in zip(fixture.inventory.requests, try fixture.released) {
            XCTAssertEqual(request.headers["x-request-id"], "r-\(id)")
        }
    }

    func testAtMost32AreUnderWayAtOnceTheOldestFirst() throws {
        let fixture = try fixture { $0.path == "/release" ? .hold : .reply() }
        let ids = ids(100)
        let marker = Endpoint(fixture.inventory.url, "/marker", timeout: 60)
        fixture.add(ids)
        for (round, expected) in [32, 64, 96, 100].enumerated() {
            XCTAssertTrue(fixture.inventory.holds(expected - 32 * round))
            // A call that comes after all others shows that no more of them are on their way.
            try fixture.client.post(marker)
            XCTAssertEqual(Set(try fixture.released), Set(ids.prefix(expected).map(\.description)))
            XCTAssertEqual(fixture.releases.open, 100 - 32 * round)
            fixture.inventory.answerHeld(.reply())
        }
        XCTAssertTrue(Lab.eventually { fixture.releases.open == 0 })
    }

    func testTheQueueWorksAgainAfterItWasEmpty() throws {
        let fixture = try fixture { _ in .reply() }
        for round in 1...3 {
            fixture.add(ids(40))
            XCTAssertTrue(Lab.eventually { fixture.releases.open == 0 })
            XCTAssertEqual(fixture.inventory.requests.count, 40 * round)
        }
    }

    func testAnOrderIsOpenUntilInventorySaysThatItIsReleased() throws {
        for failure in [ScriptedAction.reply(500), .reply(404), .reply(302), .close, .reset] {
            let fixture = try fixture { _ in .hold }
            fixture.add(ids(1))
            XCTAssertTrue(fixture.inventory.holds(1))
            fixture.inventory.answerHeld(failure)
            XCTAssertTrue(fixture.inventory.holds(1), "it is tried again")
            XCTAssertEqual(fixture.releases.open, 1)
            fixture.inventory.answerHeld(.reply())
            XCTAssertTrue(Lab.eventually { fixture.releases.open == 0 })
            XCTAssertEqual(Set(try fixture.released).count, 1)
            XCTAssertEqual(try fixture.released.count, 2)
        }
    }

    func testAReleaseThatIsNotAnsweredInTimeIsSentAgain() throws {
        let fixture = try fixture(timeout: 0.2) { $0.connection == 0 ? .hold : .reply() }
        fixture.add(ids(1))
        XCTAssertTrue(Lab.eventually { fixture.releases.open == 0 })
        XCTAssertEqual(Set(try fixture.released).count, 1)
    }

    func testOneReleaseThatFailsDoesNotHoldUpTheOthers() throws {
        let bad = OrderID.random()
        let fixture = try fixture { $0.body.contains("\(bad)") ? .reply(500) : .reply() }
        fixture.add([bad] + ids(100))
        XCTAssertTrue(Lab.eventually { fixture.releases.open == 1 })
        XCTAssertEqual(Set(try fixture.released).count, 101)
    }

    // MARK: Finishing

    func testFinishWaitsForWhatIsOpenAndThenSaysNothing() throws {
        let fixture = try fixture { _ in .hold }
        fixture.add(ids(3))
        XCTAssertTrue(fixture.inventory.holds(3))
        let releases = fixture.releases
        let log = try standardError {
            let finish = fixture.client.running.start { await releases.finish(until: .max) }
            XCTAssertFalse(finish.isDone)
            fixture.inventory.answerHeld(.reply())
            try finish.value()
        }
        XCTAssertEqual(releases.open, 0)
        XCTAssertEqual(log, "")
    }

    func testFinishGivesUpAtItsDeadlineAndSaysHowManyAreOpen() throws {
        let fixture = try fixture { _ in .hold }
        fixture.add(ids(40))
        XCTAssertTrue(fixture.inventory.holds(32))
        let start = ContinuousClock.now
        let log = try standardError { try fixture.finish(within: 0.2) }
        XCTAssertGreaterThanOrEqual(ContinuousClock.now - start, .seconds(0.2))
        XCTAssertEqual(fixture.releases.open, 40, "those that wait count as well as those under way")
        XCTAssertEqual(log.split(separator: "\n").count, 1, log)
        XCTAssertTrue(log.contains(" ERROR ") && log.contains(" count=40"), log)
    }

    func testFinishCountsAReleaseThatWaitsForItsNextAttempt() throws {
        let fixture = try fixture { _ in .reply(500) }
        fixture.add(ids(2))
        XCTAssertTrue(Lab.eventually { fixture.inventory.requests.count >= 4 })
        XCTAssertTrue(try standardError { try fixture.finish(within: 0) }.contains(" count=2"))
    }

    func testWithNothingOpenFinishReturnsAtOnce() throws {
        let fixture = try fixture { _ in .reply() }
        XCTAssertEqual(try standardError { try fixture.finish(within: 3_600) }, "")
    }
}
