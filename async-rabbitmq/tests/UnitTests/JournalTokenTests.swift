import XCTest

@testable import Journal

final class JournalTokenTests: XCTestCase {
    private let identity = JournalIdentity.random()

    func testATokenIsReadAsItWasWritten() {
        let others = ["orders_log": JournalIdentity.random(), "inventory_log": .random()]
        for token in [
            JournalToken(identity: identity),
            JournalToken(version: 1, identity: identity, last: 0, offset: 0, others: [:], loss: nil),
            JournalToken(
                version: 1 << 52, identity: identity, last: 1 << 52, offset: 1 << 52, others: others,
                loss: "the journal \"orders_log\" is empty"),
            JournalToken(version: 7, identity: identity, last: 12, offset: 3, others: ["a": identity], loss: ""),
        ] {
            XCTAssertEqual(JournalToken(token.body), token)
        }
    }

    func testAPersonCanReadIt() throws {
        let token = JournalToken(
            version: 5, identity: JournalIdentity(high: 1, low: 2), last: 7, offset: 3,
            others: ["b": JournalIdentity(high: 0, low: 1), "a": JournalIdentity(high: 0, low: 0)], loss: "it is gone")
        let found = try XCTUnwrap(JSONSerialization.jsonObject(with: Data(token.body)) as? [String: Any])
        let expected = [
            "version": "5", "journal": "00000000000000010000000000000002", "last_record": "7", "offset": "3",
            "others": "a=00000000000000000000000000000000,b=00000000000000000000000000000001", "loss": "it is gone",
        ]
        XCTAssertEqual(found.mapValues { "\($0)" }, expected)
    }

    func testOtherBodiesAreNoTokens() {
        let good = "{\"version\":1,\"journal\":\"\(identity)\",\"offset\":0,\"others\":\"\"}"
        XCTAssertNotNil(JournalToken(Array(good.utf8)))
        for (what, instead) in [
            ("\"version\":1,", ""), ("\"version\":1", "\"version\":-1"), ("\"version\":1", "\"version\":\"1\""),
            ("\(identity)", "\(identity)0"), ("\(identity)", ""), ("\"\(identity)\"", "1"),
            (",\"offset\":0", ""), ("\"offset\":0", "\"offset\":-1"), ("\"offset\":0", "\"offset\":null"),
            (",\"others\":\"\"", ""), ("\"others\":\"\"", "\"others\":7"), ("\"others\":\"\"", "\"others\":\"a\""),
            ("\"others\":\"\"", "\"others\":\"a=b\""), ("\"others\":\"\"", "\"others\":\"a=\(identity)=b\""),
            ("{", "["),
            ("}", ""),
        ] {
            let body = good.replacingOccurrences(of: what, with: instead)
            XCTAssertNotEqual(body, good)
            XCTAssertNil(JournalToken(Array(body.utf8)), body)
        }
        for body in [[], Array("{}".utf8), [0xFF, 0x00], JournalRecord(identity, epoch: 1, number: 0, .barrier).body] {
            XCTAssertNil(JournalToken(body))
        }
    }

    func testRandomBodiesAreNoTokensAndNeverTrap() {
        var random = SeededGenerator(6)
        let good = JournalToken(version: 9, identity: identity, last: 4, offset: 2, others: ["a": identity]).body
        for _ in 0..<20_000 {
            XCTAssertNil(JournalToken(random.bytes(Int.random(in: 0...50, using: &random))))
            var body = good
            for _ in 0..<Int.random(in: 1...3, using: &random) {
                body[Int.random(in: 0..<body.count, using: &random)] = UInt8.random(in: 0...255, using: &random)
            }
            _ = JournalToken(body)
            XCTAssertNil(JournalToken(Array(good[..<Int.random(in: 0..<good.count, using: &random)])))
        }
    }
}
