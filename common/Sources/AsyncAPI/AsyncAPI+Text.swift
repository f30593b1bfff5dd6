internal import StrictJSON

extension AsyncAPI {
    private static let version = "1.0.0"

    /// The description as JSON, laid out for people.
    public var json: [UInt8] {
        JSONLayout.lines(
            of: JSONWriter.object(capacity: 32768) { json in
                json.field("asyncapi", "3.0.0")
                json.name("info")
                json.object { json in
                    json.field("title", title)
                    json.field("version", AsyncAPI.version)
                    json.field("description", text)
                }
                json.name("servers")
                json.object { json in
                    json.name("broker")
                    json.object { server.write(to: &$0) }
                }
                json.name("channels")
                json.object { json in for channel in channels { write(channel, to: &json) } }
                json.name("operations")
                json.object { json in for operation in operations { write(operation, to: &json) } }
                json.name("components")
                json.object { json in
                    json.name("messages")
                    json.object { json in for message in messages { write(message, to: &json) } }
                    writeSchemas(to: &json)
                }
            })
    }

    private func write(_ channel: Channel, to json: inout JSONWriter) {
        json.name(channel.name)
        json.object { json in
            if let address = channel.address { json.field("address", address) } else { json.null("address") }
            json.field("summary", channel.summary)
            if let text = channel.text { json.field("description", text) }
            json.name("messages")
            json.object { json in
                for name in channel.messages {
                    json.name(name)
                    AsyncAPI.refer("#/components/messages/" + name, to: &json)
                }
            }
            writeBindings(channel.bindings, to: &json)
            AsyncAPI.write(channel.extensions, to: &json)
        }
    }

    private func write(_ operation: Operation, to json: inout JSONWriter) {
        json.name(operation.name)
        json.object { json in
            json.field("action", operation.action.rawValue)
            json.name("channel")
            AsyncAPI.refer("#/channels/" + operation.channel, to: &json)
            json.name("messages")
            json.array { json in
                for name in operation.messages {
                    AsyncAPI.refer("#/channels/\(operation.channel)/messages/\(name)", to: &json)
                }
            }
            json.field("summary", operation.summary)
            if let text = operation.text { json.field("description", text) }
            json.name("tags")
            json.array { $0.object { $0.field("name", operation.service) } }
            writeBindings(operation.bindings, to: &json)
        }
    }

    private func write(_ message: Message, to json: inout JSONWriter) {
        json.name(message.name)
        json.object { json in
            json.field("name", message.name)
            json.field("summary", message.summary)
            if let text = message.text { json.field("description", text) }
            if let contentType = message.contentType { json.field("contentType", contentType) }
            for (name, schema) in [("headers", message.headers), ("payload", message.payload)] {
                guard let schema else { continue }
                json.name(name)
                schema.write(to: &json)
            }
            if let correlation = message.correlation {
                json.name("correlationId")
                json.object { json in
                    json.field("location", correlation.location)
                    json.field("description", correlation.meaning)
                }
            }
            writeBindings(message.bindings, to: &json)
            AsyncAPI.write(message.extensions, to: &json)
            message.writeExample(to: &json)
        }
    }

    /// The schemas that have a name, if there are any.
    private func writeSchemas(to json: inout JSONWriter) {
        var named: [String: JSONSchema] = [:]
        for message in messages {
            message.headers?.collectNamed(into: &named)
            message.payload?.collectNamed(into: &named)
            for case .schema(let schema) in (message.bindings + message.extensions).map(\.content) {
                schema.collectNamed(into: &named)
            }
        }
        guard !named.isEmpty else { return }
        json.name("schemas")
        json.object { json in
            for (name, schema) in named.sorted(by: { $0.key < $1.key }) {
                json.name(name)
                schema.write(to: &json, isDefinition: true)
            }
        }
    }

    // MARK: Pieces

    private func writeBindings(_ details: [Detail], to json: inout JSONWriter) {
        guard !details.isEmpty else { return }
        json.name("bindings")
        json.object { json in
            json.name(binding.name)
            json.object { json in
                AsyncAPI.write(details, to: &json)
                json.field("bindingVersion", binding.version)
            }
        }
    }

    private static func write(_ details: [Detail], to json: inout JSONWriter) {
        for detail in details {
            json.name(detail.name)
            switch detail.content {
            case .value(let value): json.value(value)
            case .schema(let schema): schema.write(to: &json)
            }
        }
    }

    private static func refer(_ target: String, to json: inout JSONWriter) { json.object { $0.field("$ref", target) } }
}

extension AsyncAPI.Server {
    fileprivate func write(to json: inout JSONWriter) {
        json.field("host", host)
        json.field("protocol", scheme)
        if let version { json.field("protocolVersion", version) }
        json.field("description", text)
    }
}

extension AsyncAPI.Message {
    fileprivate func writeExample(to json: inout JSONWriter) {
        guard headers != nil || payload != nil else { return }
        json.name("examples")
        json.array { json in
            json.object { json in
                for (name, schema) in [("headers", headers), ("payload", payload)] {
                    if let schema { json.field(name, schema.example) }
                }
            }
        }
    }
}
