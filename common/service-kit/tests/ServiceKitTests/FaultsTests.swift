import ServiceKitTesting
import StrictJSON
import XCTest

@testable import ServiceKit

final class FaultsTests: XCTestCase {
    /// Sends a request to a route that does work, and says how it was answered and whether the work was done.
    private static func work(_ faults: Faults, on loop: EventLoop) async -> (status: Int, text: String, isDone: Bool) {
        let done = Recorder<Void>()
        var router = Router()
        router.postWork("/work", faults) { _ in
            done.add(())
            return .object { $0.field("done", true) }
        }
        let response = await router.respond(to: .made("POST", "/work", on: loop), log: quiet)
        return (response.status, response.text, done.count == 1)
    }

    func testWithoutFaultsWorkIsDone() {
        onLoop { loop in
            let answer = await Self.work(Faults(), on: loop)
            XCTAssertEqual(answer.status, 200)
            XCTAssertTrue(answer.isDone)
        }
    }

    func testAFailingServiceAnswers500AndDoesNothing() {
        onLoop { loop in
            let answer = await Self.work(Faults(fails: true), on: loop)
            XCTAssertEqual(answer.status, 500)
            XCTAssertEqual(try json(answer.text)["error"] as? String, "injected_failure")
            XCTAssertFalse(answer.isDone)
        }
    }

    func testWorkIsDoneAfterTheDelay() {
        onLoop { loop in
            let start = EventLoop.now()
            let answer = await Self.work(Faults(delaySeconds: 0.05), on: loop)
            XCTAssertGreaterThanOrEqual(EventLoop.now() - start, 50_000_000)
            XCTAssertEqual(answer.status, 200)
            XCTAssertTrue(answer.isDone)
        }
    }

    func testFailureComesAfterTheDelay() {
        onLoop { loop in
            let start = EventLoop.now()
            let answer = await Self.work(Faults(delaySeconds: 0.05, fails: true), on: loop)
            XCTAssertGreaterThanOrEqual(EventLoop.now() - start, 50_000_000)
            XCTAssertEqual(answer.status, 500)
        }
    }

    func testFailureIsDecidedWhenTheDelayIsOver() {
        onLoop { loop in
            let faults = Faults(delaySeconds: 0.2)
            async let answer = Self.work(faults, on: loop)
            await Task.yield()
            faults.fails = true
            let status = await answer.status
            XCTAssertEqual(status, 500)
        }
    }

    func testManyDelaysPassAtTheSameTime() {
        onLoop { loop in
            let faults = Faults(delaySeconds: 1)
            let start = EventLoop.now()
            let statuses = await withTaskGroup(of: Int.self) { group in
                for _ in 0..<500 { group.addTask { await Self.work(faults, on: loop).status } }
                return await group.reduce(into: []) { $0.append($1) }
            }
            XCTAssertEqual(statuses, Array(repeating: 200, count: 500))
            // One after another they would take 500 s.
            XCTAssertLessThan(Double(EventLoop.now() - start) / 1e9, patience)
        }
    }

    func testFaultsAreReadFromTheEnvironment() throws {
        let none = try Faults(environment: Environment([:]))
        XCTAssertEqual(none.delaySeconds, 0)
        XCTAssertFalse(none.fails)
        let both = try Faults(environment: Environment(["FAULT_DELAY_SECONDS": "0.5", "FAULT_FAIL": "true"]))
        XCTAssertEqual(both.delaySeconds, 0.5)
        XCTAssertTrue(both.fails)
    }

    func testAFaultThatMakesNoSenseIsRefused() {
        for (name, value) in [
            ("FAULT_DELAY_SECONDS", "-1"), ("FAULT_DELAY_SECONDS", "60.001"), ("FAULT_DELAY_SECONDS", "nan"),
            ("FAULT_FAIL", "maybe"),
        ] {
            XCTAssertThrowsError(try Faults(environment: Environment([name: value])), value) {
                XCTAssertEqual(($0 as? ConfigurationError)?.variable, name)
            }
        }
    }
}
