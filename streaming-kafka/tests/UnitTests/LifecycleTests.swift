import KafkaClient
import XCTest

@testable import InventoryConsumer

final class LifecycleTests: XCTestCase {
    private var lifecycle = Lifecycle()

    /// The state after some events.
    private func state(after events: Lifecycle.Event...) -> Lifecycle.State {
        var lifecycle = lifecycle
        for event in events { lifecycle.take(event) }
        return lifecycle.state
    }

    /// A lifecycle that has come to work.
    private func running() -> Lifecycle {
        var lifecycle = Lifecycle()
        for event: Lifecycle.Event in [.connected, .assigned, .initialized, .replayed, .positioned] {
            lifecycle.take(event)
        }
        XCTAssertEqual(lifecycle.state, .running)
        return lifecycle
    }

    func testItJoinsBeforeItFencesAndFencesBeforeItReplays() {
        XCTAssertEqual(lifecycle.state, .connecting)
        XCTAssertEqual(state(after: .connected), .joining)
        XCTAssertEqual(state(after: .connected, .assigned), .initializing)
        XCTAssertEqual(state(after: .connected, .assigned, .initialized), .replaying)
        XCTAssertEqual(state(after: .connected, .assigned, .initialized, .replayed), .positioning)
        XCTAssertEqual(state(after: .connected, .assigned, .initialized, .replayed, .positioned), .running)
    }

    func testNothingIsSkipped() {
        XCTAssertEqual(state(after: .assigned), .connecting)
        XCTAssertEqual(state(after: .connected, .initialized), .joining)
        XCTAssertEqual(state(after: .connected, .assigned, .positioned), .initializing)
        XCTAssertEqual(state(after: .connected, .assigned, .initialized, .positioned), .replaying)
    }

    func testABatchThatCanBeAbortedIsUndoneAndThenItGoesToTheGroupsOffsets() {
        lifecycle = running()
        XCTAssertEqual(state(after: .failed(.abortable)), .aborting)
        XCTAssertEqual(state(after: .failed(.abortable), .aborted), .positioning)
    }

    func testABatchWhoseOutcomeIsUnknownIsNotUndoneButReplayed() {
        lifecycle = running()
        for failure: Lifecycle.Failure in [.fatal, .retriable] {
            XCTAssertEqual(state(after: .failed(failure)), .doubting)
            XCTAssertEqual(state(after: .failed(failure), .cleared), .initializing)
            XCTAssertEqual(state(after: .failed(failure), .cleared, .initialized), .replaying)
        }
    }

    func testAnAbortThatFailsLeavesDoubt() {
        lifecycle = running()
        XCTAssertEqual(state(after: .failed(.abortable), .failed(.fatal)), .doubting)
        XCTAssertEqual(state(after: .failed(.abortable), .failed(.retriable)), .doubting)
    }

    func testPartitionsThatAreTakenAwayMakeItJoinAndStartOverFromAnyState() {
        lifecycle = running()
        XCTAssertEqual(state(after: .revoked), .joining)
        XCTAssertEqual(state(after: .failed(.abortable), .revoked), .joining)
        XCTAssertEqual(state(after: .failed(.fatal), .revoked), .joining)
        XCTAssertEqual(state(after: .revoked, .assigned), .initializing)
    }

    func testAFencedInstanceStaysFencedWhateverComes() {
        lifecycle = running()
        lifecycle.take(.instanceFenced)
        for event: Lifecycle.Event in [
            .connected, .assigned, .revoked, .initialized, .replayed, .positioned, .aborted, .cleared,
            .failed(.retriable),
            .failed(.abortable), .failed(.fatal), .instanceFenced,
        ] {
            XCTAssertEqual(state(after: event), .fenced, "\(event)")
        }
    }

    func testFailuresBeforeWorkAreTriedAgain() {
        XCTAssertEqual(state(after: .failed(.retriable)), .connecting)
        XCTAssertEqual(state(after: .connected, .assigned, .failed(.fatal)), .initializing)
        XCTAssertEqual(state(after: .connected, .assigned, .initialized, .failed(.retriable)), .replaying)
        XCTAssertEqual(state(after: .connected, .assigned, .initialized, .replayed, .failed(.retriable)), .positioning)
        XCTAssertEqual(state(after: .connected, .assigned, .initialized, .replayed, .failed(.fatal)), .doubting)
    }

    func testOnlyARunningConsumerMissesNothing() {
        XCTAssertNotNil(lifecycle.missing)
        XCTAssertNil(running().missing)
        lifecycle = running()
        lifecycle.take(.instanceFenced)
        XCTAssertNotNil(lifecycle.missing)
    }

    func testTheStockIsKnownFromTheReplayOnUntilAnotherInstanceMayDecide() {
        func missing(after events: Lifecycle.Event...) -> String? {
            var lifecycle = running()
            for event in events { lifecycle.take(event) }
            return lifecycle.missingState
        }
        for event: Lifecycle.Event in [.connected, .assigned, .initialized] {
            XCTAssertNotNil(lifecycle.missingState, "\(lifecycle.state)")
            lifecycle.take(event)
        }
        XCTAssertNotNil(lifecycle.missingState, "it is being rebuilt")
        lifecycle.take(.replayed)
        XCTAssertNil(lifecycle.missingState)
        XCTAssertNil(missing(after: .failed(.abortable)))
        XCTAssertNil(missing(after: .failed(.fatal), .cleared, .initialized), "it knows what was committed before")
        XCTAssertNil(missing(after: .failed(.fatal), .lost), "a broker that is away lets nobody decide")
        XCTAssertNotNil(missing(after: .lost, .revoked))
        XCTAssertNotNil(missing(after: .revoked))
        XCTAssertNotNil(missing(after: .revoked, .assigned, .initialized))
        XCTAssertNil(missing(after: .revoked, .assigned, .initialized, .replayed))
        XCTAssertNotNil(missing(after: .instanceFenced))
        XCTAssertNotNil(missing(after: .lost, .instanceFenced))
    }

    func testAMemberThatTheGroupHasGivenUpJoinsAgain() {
        lifecycle = running()
        XCTAssertEqual(state(after: .lost), .joining)
        XCTAssertEqual(state(after: .failed(.fatal), .lost, .assigned), .initializing)
    }

    func testAnErrorMeansTheWorstThatItSays() {
        func failure(_ retriable: Bool, _ abortable: Bool, _ fatal: Bool) -> Lifecycle.Failure {
            .init(KafkaError(code: 1, "", isRetriable: retriable, isAbortable: abortable, isFatal: fatal))
        }
        XCTAssertEqual(failure(true, false, false), .retriable)
        XCTAssertEqual(failure(true, true, false), .abortable)
        XCTAssertEqual(failure(true, true, true), .fatal)
        XCTAssertEqual(failure(false, false, false), .fatal, "what is not known must not be taken lightly")
    }
}
