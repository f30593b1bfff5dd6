import CRdKafka
import Foundation
import LabTesting
import ServiceKit
import XCTest

@testable import KafkaClient

/// Runs `body` while the system gives this process no threads: each would need a stack that no memory has room for.
func withoutThreads(_ body: () async throws -> Void) async throws {
    let restore = try refuseThreads()
    defer { restore() }
    try await body()
}

/// The same for what does not await.
func withoutThreads(_ body: () throws -> Void) throws {
    let restore = try refuseThreads()
    defer { restore() }
    try body()
}

private func refuseThreads() throws -> () -> Void {
    typealias Default = @convention(c) (UnsafeMutablePointer<pthread_attr_t>) -> Int32
    let (getName, setName) = ("pthread_getattr_default_np", "pthread_setattr_default_np")
    let getDefault = unsafeBitCast(try XCTUnwrap(dlsym(nil, getName)), to: Default.self)
    let setDefault = unsafeBitCast(try XCTUnwrap(dlsym(nil, setName)), to: Default.self)
    var (normal, huge) = (pthread_attr_t(), pthread_attr_t())
    XCTAssertEqual(getDefault(&normal), 0)
    XCTAssertEqual(getDefault(&huge), 0)
    XCTAssertEqual(pthread_attr_setstacksize(&huge, 1 << 47), 0)
    XCTAssertEqual(setDefault(&huge), 0)
    return { XCTAssertEqual(setDefault(&normal), 0) }
}

/// What is started while a service runs must not end it where the system has no thread to give.
final class ThreadTests: XCTestCase {
    private let log = Logger(service: "test", level: .error)
    private let nowhere = KafkaSettings(bootstrap: "127.0.0.1:1")

    func testCallsThatNeedAThreadAreAnErrorThatMayPass() throws {
        try withoutThreads {
            XCTAssertNil(BlockingCalls("test"))
            let mode = BatchProducer.Mode.reports
            XCTAssertThrowsError(try BatchProducer(mode, nowhere, topics: ["test"], on: Worker("test"), log: log)) {
                XCTAssertEqual(($0 as? KafkaError)?.isRetriable, true, "\($0)")
            }
            let claim = GroupClaim("test", topic: "test", nowhere, log: log)
            for _ in 0..<2 {
                XCTAssertThrowsError(try claim.write()) {
                    XCTAssertEqual(($0 as? KafkaError)?.isRetriable, true, "\($0)")
                }
            }
        }
    }

    func testAHandleThatNoThreadCouldEndIsEndedWithTheNextOne() throws {
        let handles = try (0..<2).map { _ in try KafkaHandle(RD_KAFKA_PRODUCER, nowhere, [], fixed: [], log: log) }
        let gone = [Counter(), Counter()]
        try withoutThreads { handles[0].destroy { _ = gone[0].next() } }
        XCTAssertFalse(handles[0].enter())
        XCTAssertEqual(gone[0].count, 0)
        handles[1].destroy { _ = gone[1].next() }
        XCTAssertTrue(Lab.eventually { gone.map(\.count) == [1, 1] })
    }
}
