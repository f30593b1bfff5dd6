internal import StrictJSON

/// What a service is called, and what it is for, in its description.
public struct ServiceDescription: Sendable {
    let title: String
    let text: String

    /// Describes a service.
    ///
    /// - Parameters:
    ///   - title: what it is called.
    ///   - text: what it is for, in a sentence or two.
    public init(_ title: String, _ text: String) {
        self.title = title
        self.text = text
    }
}

extension Router {
    /// The description of the one route that answers a request; `nil` if there is none, or none that says what it answers.
    package func description(ofRouteFor request: HTTPRequest) -> [UInt8]? {
        guard let route = route(for: request), !route.replies.isEmpty else { return nil }
        return OpenAPI(title: "Test", text: "For a test.", routes: [route]).json
    }

    /// Adds `GET /docs` and `GET /openapi.json`, which describes all routes that were added before, and itself.
    mutating func describe(as description: ServiceDescription) {
        func route(_ text: [UInt8]) -> Route {
            .get(
                "/openapi.json",
                Route.Operation("getDescription", .service, "Describes all of this (OpenAPI 3.1)"),
                answers: [
                    .json(
                        "The description",
                        .object([.init("openapi", .string(example: "3.1.1"))], others: .values(JSONSchema(.anything))))
                ]
            ) { _ in HTTPResponse(json: text) }
        }
        for route in DocumentationPage.routes { add(route) }
        let text = OpenAPI(title: description.title, text: description.text, routes: routes + [route([])]).json
        add(route(text))
    }
}
