import Foundation
import ServiceKitTesting
import StrictJSON
import XCTest

@testable import ServiceKit

/// The description of a router, read with a reader that is not the project's own.
final class OpenAPITests: XCTestCase {
    private static let tag = Route.Tag("tests", "What a test needs.")
    private static let seconds = Field.number("seconds", "How long.", in: 0...60, example: 2)

    private let router: Router = {
        var router = Router([
            .post(
                "/jobs/{id}", Route.Operation("work", tag, "Works", "At length."),
                takes: .these(
                    .path("id", .string(example: "7"), orNotFound: "no such work") { $0 == "7" ? $0 : nil },
                    .body(OpenAPITests.seconds),
                    .query("limit", "So many.", in: 1...9, example: 2)),
                answers: [
                    .json(
                        "Done",
                        .object([
                            .init("id", .string(example: "7")), .init("seconds", OpenAPITests.seconds.schema),
                            .init("limit", .integer(in: 0...9, example: 2)),
                        ]), status: 201),
                    .error(409, .overloaded, "busy", with: [.init("left", .count("How many.", example: 2))]),
                    .error(409, .notReady, "not yet"),
                ]
            ) { _, input in
                let (id, seconds, limit) = input
                return .object(status: 201) {
                    $0.field("id", id)
                    $0.field("seconds", seconds)
                    $0.field("limit", limit ?? 0)
                }
            }.working(Faults()),
            .get(
                "/list", Route.Operation("list", tag, "Lists"),
                answers: [.json("All", .array(of: .boolean(example: true)))]
            ) { _ in HTTPResponse(json: Array("[]".utf8)) }.telling(Readiness()),
        ])
        router.describe(as: ServiceDescription("Test", "For tests."))
        return router
    }()

    private func description() async throws -> NSDictionary {
        try json(await router.answer(.made("GET", "/openapi.json")).text)
    }

    private func value(_ path: String...) async throws -> Any? {
        path.reduce(try await description() as Any?) { value, key in
            if let list = value as? [Any], let index = Int(key) { return index < list.count ? list[index] : nil }
            return (value as? NSDictionary)?[key]
        }
    }

    func testEveryRouteIsDescribedAndNothingElse() async throws {
        let paths = try await value("paths") as? [String: [String: Any]]
        let described = paths?.flatMap { path, methods in methods.keys.map { $0.uppercased() + " " + path } }
        XCTAssertEqual(Set(described ?? []), Set(router.routes.map { "\($0.method) \($0.path)" }))
        XCTAssertEqual(described?.count, 6)
    }

    func testInputsAreDescribedWhereTheyStand() async throws {
        let parameters = try await value("paths", "/jobs/{id}", "post", "parameters") as? [NSDictionary]
        XCTAssertEqual(parameters?.compactMap { $0["name"] as? String }, ["id", "limit"])
        XCTAssertEqual(parameters?.compactMap { $0["in"] as? String }, ["path", "query"])
        XCTAssertEqual(parameters?.compactMap { $0["required"] as? Bool }, [true, false])
        XCTAssertEqual(parameters?.compactMap { $0["$ref"] as? String }.count, 3)
        let body =
            try await value(
                "paths", "/jobs/{id}", "post", "requestBody", "content", "application/json", "schema") as? NSDictionary
        XCTAssertEqual(body?["required"] as? [String], ["seconds"])
        XCTAssertNil(body?["additionalProperties"], "unknown fields are ignored")
    }

    func testInputsAreReadInTheirOrder() async throws {
        let response = await router.answer(
            .made("POST", "/jobs/7", body: #"{"seconds":1.5}"#, query: [("limit", "3")]))
        XCTAssertEqual(try json(response.text), ["id": "7", "seconds": 1.5, "limit": 3])
    }

    func testBadInputsAreRefusedByName() async throws {
        for (path, body, limit, status, name) in [
            ("/jobs/8", #"{"seconds":1}"#, "3", 404, "no such work"), ("/jobs/7", "{}", "3", 400, "seconds"),
            ("/jobs/7", #"{"seconds":61}"#, "3", 400, "seconds"), ("/jobs/7", #"{"seconds":1}"#, "0", 400, "limit"),
            ("/jobs/7", #"{"seconds":1}"#, "x", 400, "limit"), ("/jobs/7", "[]", "1", 400, "the body"),
        ] {
            let response = await router.answer(.made("POST", path, body: body, query: [("limit", limit)]))
            XCTAssertEqual(response.status, status, response.text)
            XCTAssertTrue((try json(response.text)["detail"] as? String ?? "").hasPrefix(name), response.text)
        }
    }

    func testAnswersOfOneStatusAreOne() async throws {
        let error = try await value("paths", "/jobs/{id}", "post", "responses", "409", "content", "application/json")
        let schema = (error as? NSDictionary)?["schema"] as? NSDictionary
        let properties = schema?["properties"] as? [String: NSDictionary]
        XCTAssertEqual(properties?["error"]?["enum"] as? [String], ["overloaded", "not_ready"])
        XCTAssertEqual(schema?["required"] as? [String], ["error", "detail"])
        XCTAssertEqual(properties?.keys.sorted(), ["detail", "error", "left"])
        let examples = (error as? NSDictionary)?["examples"] as? NSDictionary
        XCTAssertEqual(
            (examples?["overloaded"] as? NSDictionary)?["value"] as? NSDictionary,
            [
                "error": "overloaded", "detail": "busy", "left": 2,
            ])
    }

    func testWhatEveryRouteMayAnswerIsDescribed() async throws {
        let post = try await value("paths", "/jobs/{id}", "post", "responses") as? NSDictionary
        XCTAssertEqual(
            (post?.allKeys as? [String])?.sorted(), ["201", "400", "403", "404", "409", "413", "500"])
        let get = try await value("paths", "/list", "get", "responses") as? NSDictionary
        XCTAssertEqual((get?.allKeys as? [String])?.sorted(), ["200", "400", "500", "503"])
        let retry = try await value("paths", "/list", "get", "responses", "503", "headers", "Retry-After", "required")
        XCTAssertEqual(retry as? Bool, true)
    }

    func testFaultsComeBeforeInputsAreRead() async throws {
        let faults = Faults(fails: true)
        let route = Route.post(
            "/w", Route.Operation("w", Self.tag, "Works"), takes: .this(.body(Self.seconds)), answers: []
        ) { _, _ in .object { _ in } }
        onLoop { loop in
            let response = await Router([route.working(faults)]).answer(.made("POST", "/w", body: "x", on: loop))
            XCTAssertEqual(response.status, 500)
        }
    }
}
