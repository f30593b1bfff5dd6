import AsyncAPI
import Foundation
import StrictJSON
import XCTest

/// A description of messages as a program reads it.
final class AsyncAPITests: XCTestCase {
    private let description = AsyncAPI(
        title: "A lab", text: "What it is for.",
        server: .init(host: "127.0.0.1:1", scheme: "amqp", version: "0.9.1", text: "A broker."),
        binding: ("amqp", "0.3.0"),
        messages: [
            .init(
                "Ping", summary: "A ping.", contentType: "application/json",
                headers: .object([.init("trace", .string(example: "t"))]),
                payload: .object([
                    .init("id", .string(example: "7").named("ID")),
                    .init("more", .boolean(example: true), isRequired: false),
                ]),
                correlation: ("$message.payload#/id", "The same in both."),
                bindings: [.init("messageType", .string("Ping"))],
                extensions: [.init("x-amqp-properties", .object([.init("type", .choice(["Ping"]))]))]),
            .init("Anything", summary: "Any bytes."),
        ],
        channels: [
            .init(
                "pings", address: "ping", summary: "Pings.", messages: ["Ping"],
                bindings: [.init("is", .string("routingKey"))], extensions: [.init("x-more", .integer(1))]),
            .init("rest", address: nil, summary: "The rest.", messages: ["Anything"], bindings: []),
        ],
        operations: [.init("sendPing", "Pinger", .send, ["Ping"], on: "pings", summary: "Sends pings.")])

    private func value(_ path: String...) throws -> Any? {
        var value: Any? = try JSONSerialization.jsonObject(with: Data(description.json))
        for name in path {
            if let array = value as? [Any], let index = Int(name) {
                value = array[index]
            } else {
                value = (value as? [String: Any])?[name]
            }
        }
        return value
    }

    func testItSaysWhatItIs() throws {
        XCTAssertEqual(try value("asyncapi") as? String, "3.0.0")
        XCTAssertEqual(try value("info", "title") as? String, "A lab")
        XCTAssertEqual(try value("servers", "broker", "protocolVersion") as? String, "0.9.1")
    }

    func testAnOperationRefersToItsChannelAndTheChannelsMessage() throws {
        XCTAssertEqual(try value("operations", "sendPing", "action") as? String, "send")
        XCTAssertEqual(try value("operations", "sendPing", "channel", "$ref") as? String, "#/channels/pings")
        XCTAssertEqual(
            try value("operations", "sendPing", "messages", "0", "$ref") as? String, "#/channels/pings/messages/Ping")
        XCTAssertEqual(try value("operations", "sendPing", "tags", "0", "name") as? String, "Pinger")
        XCTAssertEqual(
            try value("channels", "pings", "messages", "Ping", "$ref") as? String, "#/components/messages/Ping")
    }

    func testAnAddressThatIsNotKnownIsNull() throws {
        XCTAssertEqual(try value("channels", "pings", "address") as? String, "ping")
        XCTAssertTrue(try value("channels", "rest", "address") is NSNull)
    }

    func testBindingsHaveTheirVersion() throws {
        for (kind, name) in [("channels", ["pings"]), ("components", ["messages", "Ping"])] {
            var binding = try value(kind) as? [String: Any]
            for part in name + ["bindings", "amqp"] { binding = binding?[part] as? [String: Any] }
            XCTAssertEqual(binding?["bindingVersion"] as? String, "0.3.0", kind)
        }
        XCTAssertNil(try value("operations", "sendPing", "bindings"), "there are none")
    }

    func testAMessageHasItsSchemasAndAnExampleOfThem() throws {
        let message = try XCTUnwrap(try value("components", "messages", "Ping") as? [String: Any])
        XCTAssertEqual((message["headers"] as? [String: Any])?["additionalProperties"] as? Bool, false)
        XCTAssertEqual((message["payload"] as? [String: Any])?["required"] as? [String], ["id"])
        let example = try value("components", "messages", "Ping", "examples", "0") as? NSDictionary
        XCTAssertEqual(example, ["headers": ["trace": "t"], "payload": ["id": "7"]])
        XCTAssertNotNil(message["x-amqp-properties"])
        XCTAssertEqual(try value("components", "schemas", "ID", "type") as? String, "string")
        XCTAssertNil(try value("components", "messages", "Anything", "payload"))
    }
}
