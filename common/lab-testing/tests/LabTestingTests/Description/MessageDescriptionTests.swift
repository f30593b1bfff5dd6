import Foundation
import XCTest

@testable import LabTesting

/// Messages held against a description.
final class MessageDescriptionTests: XCTestCase {
    private static let text = """
        {"asyncapi": "3.0.0",
         "channels": {
          "pings": {"address": "ping", "messages": {"Ping": {"$ref": "#/components/messages/Ping"}, "Pong": {"$ref": "#/components/messages/Pong"}},
                    "bindings": {"amqp": {"is": "routingKey", "exchange": {"name": "e"}}}},
          "log": {"address": "log", "messages": {"Record": {"$ref": "#/components/messages/Record"}}},
          "rest": {"address": null, "messages": {"Rest": {"$ref": "#/components/messages/Rest"}}},
          "dead": {"address": "dead", "messages": {"Rest": {"$ref": "#/components/messages/Rest"}}}},
         "operations": {"send": {"action": "send", "channel": {"$ref": "#/channels/pings"}, "messages": [{"$ref": "#/channels/pings/messages/Ping"}]}},
         "components": {"messages": {
          "Ping": {"payload": {"type": "object", "properties": {"id": {"type": "integer"}}, "required": ["id"], "additionalProperties": false},
                   "headers": {"type": "object", "properties": {"trace": {"type": "string"}}, "required": ["trace"], "additionalProperties": false},
                   "x-amqp-properties": {"type": "object", "properties": {"type": {"enum": ["Ping"]}}, "required": ["type"], "additionalProperties": false},
                   "bindings": {"amqp": {"messageType": "Ping"}}, "examples": [{"payload": {"id": 1}, "headers": {"trace": "t"}}]},
          "Pong": {"payload": {"type": "object", "properties": {"pong": {"type": "integer"}}, "required": ["pong"], "additionalProperties": false}},
          "Record": {"payload": {"type": "object"}, "bindings": {"kafka": {"key": {"type": "string", "pattern": "^[a-z]+$"}}}},
          "Rest": {"headers": {"type": "object", "properties": {"why": {"type": "string"}}, "required": ["why"]}}}}}
        """

    private func description(_ change: (String) -> String = { $0 }) throws -> MessageDescription {
        try MessageDescription(Array(change(MessageDescriptionTests.text).utf8))
    }

    private func problems(
        _ payload: String?, at address: String = "ping", headers: [(String, Any)] = [("trace", "t")],
        properties: [String: Any]? = ["type": "Ping"], exchange: String? = "e", key: String? = nil
    ) throws -> [String] {
        var found = MessageDescription.Found(
            at: address, payload: payload.map { Array($0.utf8) }, headers: headers.map { ($0.0, $0.1) })
        found.properties = properties
        found.exchange = exchange
        found.key = key.map { Array($0.utf8) }
        return try description().problems(of: found)
    }

    func testAMessageAsDescribedHasNoProblem() throws {
        XCTAssertEqual(try problems(#"{"id":7}"#), [])
        XCTAssertEqual(try problems(#"{"pong":7}"#, properties: nil), [], "the other message of the channel")
    }

    func testWhatIsNotDescribedIsFound() throws {
        XCTAssertEqual(try problems(#"{"id":7}"#, at: "x"), ["nothing is described at x"])
        XCTAssertEqual(try problems(#"{"id":7,"more":1}"#), ["payload /more: there may be no such field"])
        XCTAssertEqual(try problems("{}", headers: [], properties: nil).count, 1, "of the nearest message")
        XCTAssertEqual(try problems(#"{"id":7}"#, headers: []), ["header /trace: this field is required"])
        XCTAssertEqual(
            try problems(#"{"id":7}"#, headers: [("trace", "t"), ("x", 1)]), ["header /x: there may be no such field"])
        XCTAssertEqual(
            try problems(#"{"id":7}"#, headers: [("trace", "t"), ("trace", "u")]),
            ["the header trace is there more than once"])
        XCTAssertEqual(
            try problems(#"{"id":7}"#, properties: ["type": "Ping", "priority": 1]),
            ["property /priority: there may be no such field"])
        XCTAssertEqual(try problems(#"{"id":7}"#, exchange: "other"), ["the exchange must be e and is other"])
        XCTAssertEqual(try problems(#"{"id":7}"#, exchange: nil), ["the exchange must be e and is none"])
    }

    func testAPayloadMustBeJSONIfItHasASchema() throws {
        XCTAssertEqual(try problems("{"), ["the payload is not JSON"])
        XCTAssertEqual(try problems(nil), ["the payload is not JSON"])
        XCTAssertEqual(try problems("{", at: "dead", headers: [("why", "x"), ("more", 1)]), [])
        XCTAssertEqual(try problems(nil, at: "dead", headers: []), ["header /why: this field is required"])
    }

    func testTheKeyOfARecordHasASchema() throws {
        XCTAssertEqual(try problems("{}", at: "log", key: "abc"), [])
        XCTAssertEqual(try problems("{}", at: "log", key: "7").count, 1)
        XCTAssertEqual(try problems("{}", at: "log"), ["the key must be a text"])
    }

    func testAMessageThatFitsTwiceIsAProblem() throws {
        let twice = try description { $0.replacing(#""pong""#, with: #""id""#) }
        var found = MessageDescription.Found(at: "ping", payload: Array(#"{"id":7}"#.utf8), headers: [("trace", "t")])
        found.properties = ["type": "Ping"]
        found.exchange = "e"
        XCTAssertEqual(twice.problems(of: found), ["it is Ping and Pong at once"])
    }

    func testADescriptionIsCheckedItself() throws {
        XCTAssertEqual(try description().problemsOfDescription(), [])
        for (part, replacement, problem) in [
            ("\"3.0.0\"", "\"2.6.0\"", "asyncapi must be 3.0.0"),
            ("messages/Rest\"", "messages/Gone\"", "leads nowhere"),
            ("#/channels/pings/messages/Ping", "#/channels/log/messages/Record", "its channel has not"),
            ("{\"id\": 1}", "{\"id\": \"1\"}", "Ping, the example's payload /id"),
            ("\"type\": \"integer\"", "\"type\": \"whole\"", "there is no type"),
            ("\"required\": [\"trace\"]", "\"needed\": [\"trace\"]", "nobody checks the keyword needed"),
        ] {
            let problems = try description { $0.replacing(part, with: replacement) }.problemsOfDescription()
            XCTAssertTrue(problems.contains { $0.contains(problem) }, "\(problem): \(problems)")
        }
        XCTAssertThrowsError(try MessageDescription(Array("[]".utf8)))
        XCTAssertThrowsError(try MessageDescription(Array("{".utf8)))
    }

    func testTheFirstLineThatDiffersIsTold() {
        XCTAssertNil(DescriptionFile.difference(between: "a\nb\n", and: "a\nb\n"))
        let difference = DescriptionFile.difference(between: "a\nb\nc\n", and: "a\nx\nc\n")
        XCTAssertEqual(difference, "Line 2:\n  in the file: b\n  by the code: x")
        XCTAssertEqual(
            DescriptionFile.difference(between: "", and: "a"), "Line 1:\n  in the file: \n  by the code: a")
    }
}
