import Glibc
import XCTest

@testable import AMQPClient

final class AMQPInterrupterTests: XCTestCase {
    /// A socket, and whether it was shut down: its other end can be read then.
    private func socket() -> (descriptor: Int32, isShut: () -> Bool, close: () -> Void) {
        var pair: [Int32] = [0, 0]
        XCTAssertEqual(socketpair(AF_UNIX, Int32(SOCK_STREAM.rawValue), 0, &pair), 0)
        let (one, other) = (pair[0], pair[1])
        return (
            one,
            {
                var entry = pollfd(fd: other, events: Int16(POLLIN), revents: 0)
                return poll(&entry, 1, 0) > 0
            },
            {
                close(one)
                close(other)
            }
        )
    }

    func testTheConnectionThatIsMeantIsShutDown() {
        let (interrupter, connection) = (AMQPInterrupter(), socket())
        defer { connection.close() }
        interrupter.remember(connection.descriptor)
        XCTAssertFalse(connection.isShut())
        interrupter.interrupt(interrupter.connectionNumber)
        XCTAssertTrue(connection.isShut())
        XCTAssertTrue(interrupter.isInterrupted)
    }

    /// A message that waited in vain went to the connection before: the one that was made since must live.
    func testAConnectionThatWasMadeSinceIsLeftAlone() {
        let (interrupter, second) = (AMQPInterrupter(), socket())
        defer { second.close() }
        let first = socket()
        interrupter.remember(first.descriptor)
        let number = interrupter.connectionNumber
        interrupter.forget()
        first.close()
        interrupter.interrupt(number)
        interrupter.remember(second.descriptor)
        interrupter.interrupt(number)
        XCTAssertFalse(second.isShut())
        XCTAssertFalse(interrupter.isInterrupted)
        interrupter.interrupt()
        XCTAssertTrue(second.isShut())
    }
}
