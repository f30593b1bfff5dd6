import ServiceKitTesting
import Synchronization
import XCTest

@testable import ServiceKit

final class PendingRepliesTests: XCTestCase {
    /// Waits for a reply in a task of its own, and notes it.
    private final class Owner: @unchecked Sendable {
        var pending = PendingReplies<String, Int>()
        let replies = Recorder<String>()

        func ask(_ context: Int, until deadline: EventLoop.Nanoseconds, on loop: EventLoop) -> UInt {
            let ticket = pending.makeTicket()
            Task.immediate(executorPreference: loop) {
                let reply = await withUnsafeContinuation { self.pending.add(ticket, $0, context, until: deadline) }
                self.replies.add("\(context) \(reply)")
            }
            return ticket
        }
    }

    func testEachReplyGoesToWhoWaitsForItAndOnce() {
        onLoop { loop in
            let owner = Owner()
            let tickets = (0..<3).map { owner.ask($0, until: 10, on: loop) }
            XCTAssertEqual(owner.pending.count, 3)
            owner.pending.reply(tickets[1], "yes")
            owner.pending.reply(tickets[1], "no")
            XCTAssertFalse(owner.pending.isWaiting(tickets[1]))
            XCTAssertTrue(owner.pending.isWaiting(tickets[0]))
            owner.pending.replyToAll("over")
            XCTAssertEqual(owner.pending.count, 0)
            await loop.sleep(seconds: 0.001)
            XCTAssertEqual(owner.replies.all.sorted(), ["0 over", "1 yes", "2 over"])
        }
    }

    func testWhoseTimeIsOverIsToldSoAndNobodyElse() {
        onLoop { loop in
            let owner = Owner()
            // Deadlines do not come in their order.
            let tickets = [30, 10, 20].map { owner.ask(Int($0), until: $0, on: loop) }
            XCTAssertEqual(owner.pending.earliest, 10)
            XCTAssertEqual(owner.pending.replyToOverdue(9, "late"), [])
            owner.pending.reply(tickets[1], "in time")
            XCTAssertEqual(owner.pending.replyToOverdue(25, "late"), [20])
            XCTAssertEqual(owner.pending.count, 1)
            XCTAssertEqual(owner.pending.replyToOverdue(30, "late"), [30])
            XCTAssertNil(owner.pending.earliest)
            await loop.sleep(seconds: 0.001)
            XCTAssertEqual(owner.replies.all.sorted(), ["10 in time", "20 late", "30 late"])
        }
    }

    /// Each order leaves a deadline: those that were answered must not gather behind one that is not.
    func testDeadlinesOfThoseThatWereAnsweredAreForgotten() {
        onLoop { loop in
            let owner = Owner()
            for number in 1...1000 {
                owner.pending.reply(owner.ask(number, until: UInt64(number), on: loop), "yes")
                if number == 1 { _ = owner.ask(0, until: 2000, on: loop) }
            }
            XCTAssertEqual(owner.pending.count, 1)
            XCTAssertGreaterThan(owner.pending.earliest ?? 0, 900)
            owner.pending.replyToAll("over")
        }
    }
}
