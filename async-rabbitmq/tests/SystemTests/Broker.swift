import Foundation
import LabTesting

/// The broker by way of its management interface: what a person with a browser could see and do.
struct Broker {
    private let port: Int
    private static let guest = "Basic " + Data("guest:guest".utf8).base64EncodedString()

    init() throws { port = try Lab.port("RABBITMQ_MANAGEMENT_URL") }

    /// One request; on a connection of its own.
    @discardableResult
    func ask(_ method: String, _ path: String, _ body: [String: Any]? = nil) throws -> Answer {
        let text = try body.map { String(decoding: try JSONSerialization.data(withJSONObject: $0), as: UTF8.self) }
        let reply = try HTTPConnection(port: port, isChecked: false).send(
            method, "/api/" + path, body: text,
            headers: ["Authorization": Broker.guest, "Content-Type": "application/json"])
        return Answer(status: reply.status, headers: reply.headers, body: reply.body)
    }

    // MARK: Queues

    func deleteQueue(_ queue: String) throws { try ask("DELETE", "queues/%2F/\(queue)") }

    /// A queue that gets a copy of what is published with `routingKey` from now on.
    func tap(_ routingKey: String) throws -> String {
        let queue = "tap-\(UUID().uuidString)"
        try ask("PUT", "queues/%2F/\(queue)", ["durable": false, "auto_delete": false])
        try ask("POST", "bindings/%2F/e/orders_exchange/q/\(queue)", ["routing_key": routingKey])
        return queue
    }

    /// What a queue holds, in order, without taking it.
    func messages(_ queue: String, limit: Int = 1000) throws -> [[String: Any]] {
        let answer = try ask(
            "POST", "queues/%2F/\(queue)/get",
            ["count": limit, "ackmode": "ack_requeue_true", "encoding": "auto"])
        return (answer.json as? [[String: Any]]) ?? []
    }

    /// The arguments that a queue was declared with.
    func arguments(_ queue: String) throws -> [String: Any] {
        (try ask("GET", "queues/%2F/\(queue)").fields["arguments"] as? [String: Any]) ?? [:]
    }

    // MARK: Connections

    /// The connection of that name, from when it is listed, which takes a moment; with `connected_at`, in milliseconds.
    func connection(_ name: String) throws -> [String: Any] {
        var found: [[String: Any]] = []
        _ = try Lab.eventually {
            let all = try ask("GET", "connections").json as? [[String: Any]] ?? []
            found = all.filter { $0["user_provided_name"] as? String == name }
            return found.count == 1
        }
        guard found.count == 1 else { throw Lab.CommandFailure(description: "\(found.count) connections are \(name)") }
        return found[0]
    }

    /// Ends a connection from the broker's side.
    func closeConnection(_ name: String) throws {
        let address = try connection(name)["name"] as? String
        try ask("DELETE", "connections/\(address?.addingPercentEncoding(withAllowedCharacters: .alphanumerics) ?? "")")
    }

    // MARK: Publishing

    /// Publishes a message; without `exchange`, straight to the queue that `routingKey` names.
    ///
    /// - Returns: whether a queue took it.
    @discardableResult
    func publish(
        _ body: [UInt8], to routingKey: String, exchange: String = "amq.default", messageID: String? = nil
    ) throws -> Bool {
        var properties: [String: Any] = ["delivery_mode": 2, "content_type": "application/json"]
        properties["message_id"] = messageID
        let answer = try ask(
            "POST", "exchanges/%2F/\(exchange)/publish",
            [
                "routing_key": routingKey, "properties": properties, "payload_encoding": "base64",
                "payload": Data(body).base64EncodedString(),
            ])
        return answer.fields["routed"] as? Bool ?? false
    }
}
