import ServiceKitTesting
import XCTest

@testable import ServiceKit

final class EventSourceTests: XCTestCase {
    /// A source that does what a test tells it.
    private final class Source: EventSource {
        var turns = 0
        var deadline: EventLoop.Nanoseconds?
        var whenItTakesATurn: (Source) -> Void = { _ in }

        func takeTurn() {
            turns += 1
            whenItTakesATurn(self)
        }
    }

    func testASourceTakesItsTurnWhenItsDeadlineHasCome() {
        onLoop { loop in
            let isDue = Gate()
            let source = Source()
            let deadline = EventLoop.now() + 20_000_000
            source.deadline = deadline
            source.whenItTakesATurn = { source in
                guard EventLoop.now() >= deadline else { return }
                source.deadline = nil
                isDue.open()
            }
            loop.add(source)
            await isDue.wait()
            loop.remove(source)
        }
    }

    /// The second source makes work for the first one, whose turn in this round is over.
    func testWorkForASourceWhoseTurnIsOverIsNotLeftLying() {
        onLoop { loop in
            let isDone = Gate()
            let (first, second) = (Source(), Source())
            var work = 0
            first.whenItTakesATurn = { _ in
                if work == 3 { isDone.open() }
            }
            second.whenItTakesATurn = { _ in
                guard work < 3 else { return }
                work += 1
                loop.wantAnotherTurn()
            }
            loop.add(first)
            loop.add(second)
            await isDone.wait()
            loop.remove(first)
            loop.remove(second)
        }
    }

    func testASourceThatWantsTurnAfterTurnDoesNotHoldUpTheLoop() {
        onLoop { loop in
            let source = Source()
            source.whenItTakesATurn = { _ in loop.wantAnotherTurn() }
            loop.add(source)
            await loop.sleep(seconds: 0.001)
            XCTAssertGreaterThan(source.turns, 0)
            loop.remove(source)
        }
    }

    func testASourceThatWasRemovedTakesNoTurn() {
        onLoop { loop in
            let source = Source()
            loop.add(source)
            await loop.sleep(seconds: 0.001)
            loop.remove(source)
            let turns = source.turns
            XCTAssertGreaterThan(turns, 0)
            await loop.sleep(seconds: 0.001)
            XCTAssertEqual(source.turns, turns)
        }
    }
}
