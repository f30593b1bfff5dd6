internal import StrictJSON
internal import Tracing

/// A service's description for programs: OpenAPI 3.1, written from the routes that answer.
///
/// Source: OpenAPI Specification 3.1.1. Schemas are those of JSON Schema 2020-12.
struct OpenAPI {
    private let title: String
    private let text: String
    private let routes: [Route]
    private static let version = "1.0.0"

    /// - Parameters:
    ///   - title: what the service is called.
    ///   - text: what it is for, in a sentence or two.
    init(title: String, text: String, routes: [Route]) {
        self.title = title
        self.text = text
        self.routes = routes
    }

    /// The description as JSON.
    var json: [UInt8] {
        JSONWriter.object(capacity: 65536) { json in
            json.field("openapi", "3.1.1")
            json.name("info")
            json.object { json in
                json.field("title", title)
                json.field("version", OpenAPI.version)
                json.field("description", text)
            }
            json.name("servers")
            json.array { $0.object { $0.field("url", "/") } }
            writeTags(to: &json)
            json.name("paths")
            json.object { json in writePaths(to: &json) }
            json.name("components")
            json.object { json in writeComponents(to: &json) }
        }
    }

    private func writeTags(to json: inout JSONWriter) {
        json.name("tags")
        json.array { json in
            var known: Set<Route.Tag> = []
            for route in routes where known.insert(route.operation.tag).inserted {
                json.object { json in
                    json.field("name", route.operation.tag.name)
                    json.field("description", route.operation.tag.meaning)
                }
            }
        }
    }

    private func writePaths(to json: inout JSONWriter) {
        var paths: [String] = []
        for route in routes where !paths.contains(route.path) { paths.append(route.path) }
        for path in paths {
            json.name(path)
            json.object { json in
                for route in routes where route.path == path {
                    json.name(route.method.lowercased())
                    json.object { write(route, to: &$0) }
                }
            }
        }
    }

    private func write(_ route: Route, to json: inout JSONWriter) {
        json.field("operationId", route.operation.id)
        json.name("tags")
        json.array { $0.value(route.operation.tag.name) }
        json.field("summary", route.operation.summary)
        if let detail = route.operation.detail { json.field("description", detail) }
        json.name("parameters")
        json.array { json in
            for input in route.inputs where input.place != .body {
                json.object { OpenAPI.write(parameter: input, to: &$0) }
            }
            for header in OpenAPI.sharedHeaders {
                json.object { $0.field("$ref", "#/components/parameters/" + header.name) }
            }
        }
        let fields = route.inputs.filter { $0.place == .body }.map(\.property)
        if !fields.isEmpty {
            json.name("requestBody")
            json.object { json in OpenAPI.write(body: .object(fields, others: .ignored), to: &json) }
        }
        json.name("responses")
        json.object { json in
            for reply in route.allReplies {
                json.name("\(reply.status)")
                json.object { OpenAPI.write(reply, to: &$0) }
            }
        }
    }

    private static func write(parameter input: InputDescription, to json: inout JSONWriter) {
        json.field("name", input.property.name)
        json.field("in", input.place.rawValue)
        if let meaning = input.property.schema.meaning { json.field("description", meaning) }
        json.field("required", input.property.isRequired)
        json.name("schema")
        input.property.schema.write(to: &json)
        json.field("example", input.property.schema.example)
    }

    private static func write(body schema: JSONSchema, to json: inout JSONWriter) {
        json.field(
            "description",
            "A JSON object, whatever the Content-Type says, of at most \(HTTPServer.bodyLimit / 1024) KiB. "
                + "Other fields are ignored.")
        json.field("required", true)
        json.name("content")
        json.object { json in
            json.name("application/json")
            json.object { json in
                json.name("schema")
                schema.write(to: &json)
                json.field("example", schema.example)
            }
        }
    }

    private static func write(_ reply: Reply, to json: inout JSONWriter) {
        json.field("description", reply.meaning)
        json.name("headers")
        json.object { json in
            for header in [requestIDHeader] + reply.headers {
                json.name(header.name)
                json.object { json in
                    if let meaning = header.schema.meaning { json.field("description", meaning) }
                    json.field("required", header.isAlwaysThere)
                    json.name("schema")
                    header.schema.write(to: &json)
                }
            }
        }
        json.name("content")
        json.object { json in
            for content in reply.allContents {
                json.name(content.type)
                json.object { json in write(content, to: &json) }
            }
        }
    }

    private static func write(_ content: Reply.Content, to json: inout JSONWriter) {
        json.name("schema")
        content.schema.write(to: &json)
        if content.examples.count == 1 { return json.field("example", content.examples[0].value) }
        json.name("examples")
        json.object { json in
            for example in content.examples {
                json.name(example.name)
                json.object { json in
                    json.field("summary", example.meaning)
                    json.field("value", example.value)
                }
            }
        }
    }

    private func writeComponents(to json: inout JSONWriter) {
        json.name("parameters")
        json.object { json in
            for header in OpenAPI.sharedHeaders {
                json.name(header.name)
                json.object { OpenAPI.write(parameter: header.input, to: &$0) }
            }
        }
        var named: [String: JSONSchema] = [:]
        for route in routes {
            for input in route.inputs { input.property.schema.collectNamed(into: &named) }
            for content in route.allReplies.flatMap(\.allContents) { content.schema.collectNamed(into: &named) }
        }
        json.name("schemas")
        json.object { json in
            for (name, schema) in named.sorted(by: { $0.key < $1.key }) {
                json.name(name)
                schema.write(to: &json, isDefinition: true)
            }
        }
    }
}

extension OpenAPI {
    /// The headers that every request may have.
    private static let sharedHeaders: [(name: String, input: InputDescription)] = [
        (
            "RequestID",
            header(
                RequestContext.Name.requestID,
                "Goes along with all that the request causes, and comes back with the answer. One that is not 1 to 128 "
                    + "visible ASCII characters is replaced.", example: "lab-1")
        ),
        (
            "TraceParent",
            header(
                RequestContext.Name.traceparent,
                "The caller's span (W3C Trace Context, section 3.2). One that is not valid counts as none.",
                example: "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01")
        ),
        (
            "TraceState",
            header(
                RequestContext.Name.tracestate, "Goes on unchanged (W3C Trace Context, section 3.3).",
                example: "lab=1")
        ),
    ]

    private static func header(_ name: String, _ meaning: String, example: String) -> InputDescription {
        InputDescription(.init(name, .string(meaning, example: example), isRequired: false), in: .header)
    }

    private static let requestIDHeader = Reply.Header(
        RequestContext.Name.requestID,
        .string(
            "The identifier of the request, as it came or as it was made here.",
            lengths: RequestContext.requestIDLengths, pattern: "^[!-~]+$",
            example: "lab-1"),
        isAlwaysThere: true)
}
