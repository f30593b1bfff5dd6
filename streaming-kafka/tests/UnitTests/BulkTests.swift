import CampusModel
import Foundation
import KafkaClient
import LabTesting
import ServiceKit
import Tracing
import Workflow
import XCTest

@testable import ProducerOrder

/// Bulks that come together, and bulks that come to nothing.
final class BulkAdmissionTests: XCTestCase {
    /// Runs `body` on a loop with an admission.
    private func withAdmission(
        patience: Double = 60, _ body: @escaping @Sendable (BulkAdmission, EventLoop) async -> Void
    ) {
        let loop = EventLoop()
        loop.run { await body(BulkAdmission(on: loop, patience: patience), loop) }
    }

    func testAFewRunAndTheOthersComeInTheirTurn() {
        withAdmission { admission, loop in
            let log = Turns()
            for _ in 0..<BulkAdmission.mostRunning {
                let isAdmitted = await admission.enter()
                XCTAssertTrue(isAdmitted)
            }
            for number in 0..<BulkAdmission.mostWaiting {
                Task(executorPreference: loop) { log.add(await admission.enter() ? number : -1) }
            }
            await loop.sleep(seconds: 0.02)
            XCTAssertEqual(log.all, [], "all turns are taken")
            let isAdmitted = await admission.enter()
            XCTAssertFalse(isAdmitted, "there is no room to wait")
            for _ in 0..<BulkAdmission.mostWaiting {
                admission.leave()
                await loop.sleep(seconds: 0.001)
            }
            XCTAssertEqual(log.all, Array(0..<BulkAdmission.mostWaiting))
            for _ in 0..<BulkAdmission.mostRunning { admission.leave() }
            let isFree = await admission.enter()
            XCTAssertTrue(isFree)
        }
    }

    func testNobodyWaitsForEver() {
        withAdmission(patience: 0.1) { admission, loop in
            for _ in 0..<BulkAdmission.mostRunning { _ = await admission.enter() }
            for _ in 0..<2 {
                let start = EventLoop.now()
                let isAdmitted = await admission.enter()
                XCTAssertFalse(isAdmitted)
                XCTAssertGreaterThanOrEqual(Double(EventLoop.now() - start) / 1e9, 0.1)
            }
            admission.leave()
            let isAdmitted = await admission.enter()
            XCTAssertTrue(isAdmitted, "one that has given up takes nobody's turn")
        }
    }

    func testThoseThatWaitAreRefusedWhenTheServiceStops() {
        withAdmission { admission, loop in
            for _ in 0..<BulkAdmission.mostRunning { _ = await admission.enter() }
            Task(executorPreference: loop) {
                await loop.sleep(seconds: 0.02)
                admission.close()
            }
            for _ in 0..<2 {
                let isAdmitted = await admission.enter()
                XCTAssertFalse(isAdmitted)
            }
        }
    }
}

/// Numbers in the order in which they came.
final class Turns: @unchecked Sendable {
    private let lock = NSLock()
    private var numbers: [Int] = []
    var all: [Int] { lock.withLock { numbers } }
    func add(_ number: Int) { lock.withLock { numbers.append(number) } }
}

final class BulkTests: BrokerInProcess {
    func testManyBulksAtOnceAreAllPlacedAndEachOrderOnce() {
        withService { service, _, _ in
            var counts: [Int] = []
            await withTaskGroup(of: Int.self) { group in
                for number in 1...10 {
                    group.addTask {
                        (try? await service.place(BulkRequest(count: 100 * number), RequestContext(requestID: "r"))
                            .acknowledged) ?? -1
                    }
                }
                for await count in group { counts.append(count) }
            }
            XCTAssertEqual(counts.sorted(), (1...10).map { 100 * $0 })
            XCTAssertEqual(service.orders.orders.count, 5500)
        }
    }

    /// The processor time of each of this process's threads of a name, in seconds.
    private static func processorSeconds(ofThreads name: String) throws -> [Double] {
        let tasks = try FileManager.default.contentsOfDirectory(atPath: "/proc/self/task")
        return tasks.compactMap { task in
            guard let line = try? String(contentsOfFile: "/proc/self/task/\(task)/stat", encoding: .utf8),
                line.contains("(\(name))"), let rest = line.split(separator: ")").last
            else { return nil }
            let ticks = rest.split(separator: " ")[11...12].compactMap { Double($0) }.reduce(0, +)
            return ticks / Double(sysconf(Int32(_SC_CLK_TCK)))
        }
    }

    /// Reports that it does not take would end each of its waits at once.
    func testABulkThatWaitsForRoomInTheQueueDoesNotSpin() {
        withService { service, cluster, producers in
            cluster.answer(after: 30_000)
            let others = producers[1].beginSeries { _, _ in }
            let message = KafkaMessage(key: nil, value: [1])
            for index in 0..<KafkaProducer.capacity - 1000 {
                try producers[1].produce(message, to: 0, in: others, index: index)
            }
            let bulk = BulkOrder(
                BulkRequest(count: 5000), RequestContext(requestID: "r"), service.orders, producers[1], service.loop)
            Task(executorPreference: service.loop) {
                await service.loop.sleep(seconds: 1)
                bulk.take([], failed: 0)
                await service.loop.sleep(seconds: 2)
                // A quick machine needs less than one tick of its clock for what the bulk has done so far.
                let seconds = (try? BulkTests.processorSeconds(ofThreads: "bulk")) ?? []
                XCTAssertFalse(seconds.isEmpty, "it is under way")
                XCTAssertLessThan(seconds.reduce(0, +), 0.5)
            }
            let result = try await bulk.run()
            XCTAssertEqual(result.acknowledged, 0)
            producers[1].endSeries(others)
        }
    }

    /// What nobody ever acknowledges must not take memory for ever: the store remembers a number of such orders.
    func testTheRestOfABulkThatFailedIsGivenUp() {
        withService { service, cluster, producers in
            let store = OrderStore(mostGivenUp: 100)
            cluster.answer(after: 20_000)
            let bulk = BulkOrder(
                BulkRequest(count: 1000), RequestContext(requestID: "r"), store, producers[1], service.loop,
                lateSeconds: 0.5)
            let result = try await bulk.run()
            XCTAssertEqual(result.acknowledged, 0)
            let ids = bulk.identifiers
            XCTAssertEqual(ids.count, 1000)
            await service.loop.sleep(seconds: 1)
            // Those that were forgotten are shown by nothing any more.
            store.show(ids)
            XCTAssertEqual(store.orders.count, 100)
        }
    }

    func testABulkWithoutAThreadIsRefusedAndTheNextOneIsPlaced() {
        withService { service, _, _ in
            do {
                try await withoutThreads {
                    _ = try await service.place(BulkRequest(count: 3), RequestContext(requestID: "r"))
                    XCTFail("it ran without a thread")
                }
            } catch let error as HTTPError {
                XCTAssertEqual(error.code, .overloaded)
                XCTAssertEqual(error.headers.map(\.name), ["Retry-After"])
            }
            let result = try await service.place(BulkRequest(count: 3), RequestContext(requestID: "r"))
            XCTAssertEqual(result.acknowledged, 3)
        }
    }
}
