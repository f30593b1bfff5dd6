import Glibc
import LabTesting
import XCTest

final class HTTPConnectionTests: XCTestCase {
    /// One that was closed twice would be another's by then.
    func testAConnectionThatFailsClosesNoDescriptorOfAnother() throws {
        let port = try Lab.freePort()
        let failing = Thread { for _ in 0..<20_000 { _ = try? HTTPConnection(port: port) } }
        failing.start()
        var stolen = 0
        while !failing.isFinished {
            let descriptor = dup(2)
            if close(descriptor) != 0 { stolen += 1 }
        }
        XCTAssertEqual(stolen, 0)
    }
}
