import Foundation
import LabTesting
import ServiceKit
import Synchronization
import XCTest

@testable import AMQPClient
@testable import Journal

/// A test of a worker with a journal, a lease and a queue of the test's own.
class JournaledWorkerTestCase: BrokerTestCase {
    private let loop = EventLoop()
    private(set) var running: [JournaledWorker<NumberWork>] = []
    private(set) lazy var stream = "\(queue)_log"
    private(set) lazy var other = "\(queue)_other_log"
    private(set) lazy var lease = "\(queue)_lease"
    let faults = Faults()

    override func tearDownWithError() throws {
        guard address != nil else { return }
        for worker in running { stop(worker) }
        // The test's own connection is gone if a test took longer than its heartbeats.
        let cleaner = try connect()
        try cleaner.openChannel(1)
        for name in [stream, other, lease] { try cleaner.deleteQueue(name, on: 1) }
        cleaner.close()
        try super.tearDownWithError()
    }

    private var names: JournalNames {
        let stream: [AMQPMessage.Header] = [.init("x-queue-type", .text("stream"))]
        let topology = AMQPTopology(
            exchanges: [],
            queues: [
                .init(self.stream, stream), .init(other, stream),
                .init(lease, [.init("x-queue-type", .text("classic"))]),
                .init(queue, [.init("x-queue-type", .text("quorum"))]),
            ], bindings: [])
        return JournalNames(journal: self.stream, lease: lease, queue: queue, others: [other], topology: topology)
    }

    /// A worker, with what it knows and what it says of its readiness.
    struct Running {
        let worker: JournaledWorker<NumberWork>
        let work: NumberWork
        let readiness: Readiness
    }

    func start(
        continuesAfterLoss: Bool = false, snapshotBytes: Int = 32_000_000, _ address: AMQPAddress? = nil
    ) throws -> Running {
        let (work, readiness) = (NumberWork(), Readiness())
        let worker = JournaledWorker(
            names, JournalSettings(continuesAfterLoss: continuesAfterLoss, snapshotBytes: snapshotBytes),
            address ?? self.address, name: "test-journal", faults: faults, readiness: readiness,
            log: Logger(service: "test", level: .error), work)
        running.append(worker)
        return Running(worker: worker, work: work, readiness: readiness)
    }

    func startAtWork(continuesAfterLoss: Bool = false, snapshotBytes: Int = 32_000_000) throws -> Running {
        let running = try start(continuesAfterLoss: continuesAfterLoss, snapshotBytes: snapshotBytes)
        XCTAssertTrue(Lab.eventually { running.work.seen.isAvailable }, "\(running.readiness.missing)")
        return running
    }

    func stop(_ worker: JournaledWorker<NumberWork>) {
        loop.run { [loop] in await worker.close(on: loop, until: EventLoop.now() + 5_000_000_000) }
    }

    func write(_ numbers: Range<UInt64>, to running: Running, line: UInt = #line) {
        let before = running.work.seen.safe.count
        for number in numbers { XCTAssertTrue(running.worker.post(.write(number)), line: line) }
        XCTAssertTrue(Lab.eventually { running.work.seen.safe.count == before + numbers.count }, line: line)
    }

    func publish(_ body: String) throws {
        try connection.publish(publication(body), on: 1)
        connection.flush()
    }
}
