import Foundation
import ServiceKitTesting
import XCTest

@testable import ServiceKit

final class ServiceThreadTests: XCTestCase {
    func testAThreadRunsItsBodyUnderItsName() throws {
        for (name, shown) in [("kafka-poll", "kafka-poll"), ("a name of more than 15 bytes", "a name of more ")] {
            let (names, isDone) = (Recorder<String>(), DispatchSemaphore(value: 0))
            let caller = pthread_self()
            ServiceThread.start(name) {
                XCTAssertEqual(pthread_equal(caller, pthread_self()), 0)
                names.add((try? String(contentsOfFile: "/proc/thread-self/comm", encoding: .utf8)) ?? "")
                isDone.signal()
            }
            XCTAssertEqual(isDone.wait(timeout: .now() + patience), .success)
            XCTAssertEqual(names.all, [shown + "\n"])
        }
    }
}
