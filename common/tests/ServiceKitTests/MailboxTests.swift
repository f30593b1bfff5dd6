import ServiceKit
import XCTest

final class MailboxTests: XCTestCase {
    func testWhatIsPostedIsTakenOnceInItsOrder() {
        let mailbox = Mailbox<Int>()
        XCTAssertEqual(mailbox.take(), [])
        for number in 1...3 { mailbox.post(number) }
        XCTAssertEqual(mailbox.take(), [1, 2, 3])
        XCTAssertEqual(mailbox.take(), [])
        mailbox.post(4)
        XCTAssertEqual(mailbox.take(), [4])
    }

    func testAnotherThreadsPostWakesTheReader() {
        let (requests, answers) = (Mailbox<Int>(), Mailbox<Int>())
        ServiceThread.start("mailbox-test") {
            var sum = 0
            while sum < 5050 {
                requests.wait(until: nil)
                for number in requests.take() { sum += number }
            }
            answers.post(sum)
        }
        for number in 1...100 { requests.post(number) }
        answers.wait(until: EventLoop.now() + 30_000_000_000)
        XCTAssertEqual(answers.take(), [5050])
    }

    func testWaitingEndsAtItsDeadline() {
        let mailbox = Mailbox<Int>()
        let deadline = EventLoop.now() + 20_000_000
        mailbox.wait(until: deadline)
        XCTAssertGreaterThanOrEqual(EventLoop.now(), deadline)
        mailbox.wait(until: 0)
        XCTAssertEqual(mailbox.take(), [])
    }

    /// A descriptor that stays readable though all was taken would have the reader wait for nothing, at full speed.
    func testAReaderWithNothingToTakeSleepsHoweverPostsAndTakesMeet() {
        for _ in 0..<20 {
            let (mailbox, done) = (Mailbox<Int>(), Mailbox<Int>())
            let count = 20_000
            ServiceThread.start("mailbox-test") {
                for number in 0..<count { mailbox.post(number) }
                done.post(0)
            }
            var taken = 0
            while taken < count { taken += mailbox.take().count }
            done.wait(until: EventLoop.now() + 30_000_000_000)
            let deadline = EventLoop.now() + 5_000_000
            mailbox.wait(until: deadline)
            XCTAssertGreaterThanOrEqual(EventLoop.now(), deadline)
        }
    }

    func testAWakeUpBringsNothing() {
        let mailbox = Mailbox<Int>()
        mailbox.wake()
        mailbox.wait(until: nil)
        XCTAssertEqual(mailbox.take(), [])
    }
}
