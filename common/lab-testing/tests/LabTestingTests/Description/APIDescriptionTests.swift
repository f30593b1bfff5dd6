import XCTest

@testable import LabTesting

/// What a service answered, held against ``DescriptionFixture``.
final class APIDescriptionTests: XCTestCase {
    private let json = ["Content-Type": "application/json"]

    /// Asserts the problems of an exchange: each expected text is in the problem at its place, and there are no others.
    private func assert(
        _ method: String, _ path: String, sent: String = "", request: [String: String] = [:], _ status: Int,
        _ body: String, headers: [String: String]? = nil, hasProblems expected: [String] = [], line: UInt = #line
    ) throws {
        let found = try DescriptionFixture.description().problems(
            method: method, path: path, requestHeaders: request, requestBody: Array(sent.utf8), status: status,
            responseHeaders: headers ?? json, responseBody: Array(body.utf8))
        let areExpected = found.count == expected.count && zip(found, expected).allSatisfy { $0.contains($1) }
        XCTAssertTrue(areExpected, "\(found)", line: line)
    }

    private let good = #"{"item":"burger","quantity":2}"#
    private let order = DescriptionFixture.order
    private let error = DescriptionFixture.error

    func testWhatIsAsDescribedIsNoProblem() throws {
        try assert("POST", "/order", sent: good, 201, order)
        try assert("GET", "/orders?limit=2&status=placed", 200, "[\(order)]")
        try assert("GET", "/orders/0f8fad5b-d9cb-469f-a165-70867728950e", 200, order)
        try assert("DELETE", "/orders/0f8fad5b-d9cb-469f-a165-70867728950e", 204, "", headers: [:])
        try assert("POST", "/order", sent: "{", 400, error("bad_request"))
    }

    // MARK: Paths and methods

    func testAPathThatIsNotDescribedIs404() throws {
        for path in ["/", "/nowhere", "/orders/", "/orders/1/2", "/ORDERS", "/order/"] {
            try assert("GET", path, 404, error("not_found"))
        }
        try assert(
            "GET", "/nowhere", 200, "{}", hasProblems: ["the path is not described, so it must be 404 and is 200"])
        try assert("GET", "/nowhere", 404, error("not_ready"), hasProblems: ["the error must be not_found"])
        try assert("GET", "/nowhere", 404, #"{"error":"not_found"}"#, hasProblems: ["must have a detail"])
        try assert(
            "GET", "/nowhere", 404, #"{"error":"not_found","detail":"x","more":1}"#,
            hasProblems: ["/more: this field is not"])
        try assert("GET", "/nowhere", 404, "gone", hasProblems: ["must be a JSON object"])
        try assert(
            "GET", "/nowhere", 404, error("not_found"), headers: ["Content-Type": "text/html"],
            hasProblems: ["an error must be application/json"])
        try assert("HEAD", "/nowhere", 404, "")
    }

    func testAMethodThatIsNotDescribedIs405WithAllow() throws {
        func allow(_ methods: String) -> [String: String] { json.merging(["Allow": methods]) { $1 } }
        try assert("GET", "/order", 405, error("method_not_allowed"), headers: allow("POST"))
        try assert("PUT", "/orders/1", 405, error("method_not_allowed"), headers: allow("GET, DELETE, HEAD, OPTIONS"))
        try assert(
            "GET", "/order", 405, error("method_not_allowed"), hasProblems: ["Allow must name POST and names"])
        try assert(
            "GET", "/order", 405, error("method_not_allowed"), headers: allow("GET, POST"),
            hasProblems: ["Allow must name POST and names GET, POST"])
        try assert(
            "GET", "/order", 404, error("not_found"), hasProblems: ["the method is not described, so it must be 405"])
    }

    func testOptionsIs204OnEveryPathThatIsDescribed() throws {
        let headers = ["Allow": "POST, OPTIONS", "Access-Control-Allow-Methods": "POST", "X-Request-Id": "1"]
        try assert("OPTIONS", "/order", 204, "", headers: headers)
        try assert("OPTIONS", "/order", 204, "x", headers: [:], hasProblems: ["a 204 has no body"])
        try assert("OPTIONS", "/order", 204, "", headers: ["X-Own": "1"], hasProblems: ["x-own is not described"])
        try assert("OPTIONS", "/order", 200, "", headers: [:], hasProblems: ["must be 405 and is 200"])
        try assert("OPTIONS", "/nowhere", 204, "", headers: [:], hasProblems: ["must be 404 and is 204"])
    }

    /// Both are decided before the service looks at the path.
    func testOtherOriginsAndLongBodiesAreRefusedOnAnyPath() throws {
        let origin = ["Origin": "http://elsewhere.example"]
        let long = String(repeating: "x", count: 70_000)
        try assert("POST", "/nowhere", request: origin, 403, error("forbidden_origin"))
        try assert("DELETE", "/order", request: origin, 403, error("forbidden_origin"))
        try assert("POST", "/nowhere", sent: long, 413, error("payload_too_large"))
        try assert("POST", "/nowhere", 403, error("forbidden_origin"), hasProblems: ["must be 404"])
        try assert("POST", "/nowhere", 413, error("payload_too_large"), hasProblems: ["must be 404"])
    }

    func testAPathWithoutParametersGoesFirst() throws {
        try assert("GET", "/orders/open", 200, "3", headers: json.merging(["x-count": "3"]) { $1 })
        try assert("GET", "/orders/%6Fpen", 200, "3", headers: json.merging(["x-count": "3"]) { $1 })
    }

    func testHeadIsGetWithoutABody() throws {
        try assert("HEAD", "/orders", 200, "")
        try assert(
            "HEAD", "/orders", 200, "", headers: ["Content-Type": "text/html"], hasProblems: ["the Content-Type"])
        try assert("HEAD", "/orders?limit=0", 200, "", hasProblems: ["the parameter limit must be at least 1"])
        try assert("HEAD", "/order", 405, "", headers: json.merging(["Allow": "POST"]) { $1 })
    }

    // MARK: Responses

    func testAStatusThatIsNotDescribed() throws {
        try assert(
            "POST", "/order", sent: good, 200, order, hasProblems: ["the status 200 is not described for POST /order"])
        try assert("POST", "/order", sent: good, 503, error("injected_failure"))
    }

    func testAMediaTypeThatIsNotDescribed() throws {
        for type in ["text/plain; charset=utf-8", "TEXT/plain"] {
            try assert("GET", "/orders", 200, "orders 1", headers: ["Content-Type": type])
        }
        try assert(
            "GET", "/orders", 200, "[]", headers: ["Content-Type": "text/html"],
            hasProblems: [#"the Content-Type must be application/json or text/plain and is "text/html""#])
        try assert("GET", "/orders", 200, "[]", headers: [:], hasProblems: [#"and is """#])
    }

    func testABodyThatIsNotAsDescribed() throws {
        try assert("GET", "/orders", 200, "[1]", hasProblems: ["/0: must be of type object"])
        try assert("GET", "/orders", 200, "[", hasProblems: ["the body is not JSON"])
        try assert("GET", "/orders", 200, "", hasProblems: ["the body is not JSON"])
        let twice = #"{"order_id":"1","order_id":"2"}"#
        try assert("GET", "/orders", 200, "[\(twice)]", hasProblems: ["a name stands twice in one object: order_id"])
        try assert(
            "GET", "/orders", 200, "[\(order.replacing("placed", with: "eaten"))]",
            hasProblems: ["/0/status: must be one of"])
        try assert(
            "GET", "/orders", 200, "lists", headers: ["Content-Type": "text/plain"],
            hasProblems: ["the body must match"])
        let id = "/orders/0f8fad5b-d9cb-469f-a165-70867728950e"
        try assert("DELETE", id, 204, "x", headers: [:], hasProblems: ["described without a body"])
    }

    func testAFieldThatIsNotDescribed() throws {
        let more = order.replacing("{", with: #"{"more":1,"#)
        try assert("POST", "/order", sent: good, 201, more, hasProblems: ["/more: this field is not described"])
        try assert("GET", "/orders", 200, "[\(more)]", hasProblems: ["/0/more: this field is not described"])
    }

    func testABodyBeyondTheLimitIsNotLookedInto() throws {
        let long = "[" + String(repeating: "1,", count: APIDescription.bodyLimit / 2) + "1]"
        try assert("GET", "/orders", 200, long)
        try assert("GET", "/orders", 201, long, hasProblems: ["the status 201"])
    }

    func testAnErrorHasADescribedCode() throws {
        let failed = order.replacing("{", with: #"{"error":"insufficient_stock","detail":"x","#).replacing(
            "placed", with: "failed")
        try assert("POST", "/order", sent: good, 422, failed)
        try assert(
            "POST", "/order", sent: good, 422, failed.replacing("insufficient_stock", with: "released"),
            hasProblems: [
                #"/error: must be one of "insufficient_stock""#, "must be one of insufficient_stock and is released",
            ])
        try assert(
            "POST", "/order", sent: good, 500, #"{"detail":"x"}"#,
            hasProblems: ["/error: this field is required", "must be one of injected_failure and is missing"])
    }

    // MARK: Headers

    func testHeaders() throws {
        func headers(_ more: [String: String]) -> [String: String] { json.merging(more) { $1 } }
        try assert(
            "POST", "/order", sent: good, 201, order,
            headers: headers(["x-request-id": "1", "Idempotent-Replayed": "true"]))
        try assert(
            "POST", "/order", sent: good, 201, order, headers: headers(["Idempotent-Replayed": "yes"]),
            hasProblems: ["the header Idempotent-Replayed must be"])
        try assert(
            "POST", "/order", sent: good, 201, order, headers: headers(["X-Request-Id": ""]),
            hasProblems: ["the header X-Request-Id must have 1 characters or more"])
        try assert(
            "POST", "/order", sent: good, 201, order, headers: headers(["Retry-After": "1"]),
            hasProblems: ["the header retry-after is not described"])
        try assert("GET", "/orders/open", 200, "1", hasProblems: ["the header X-Count is required and missing"])
        try assert(
            "GET", "/orders/open", 200, "1", headers: headers(["X-Count": "many"]),
            hasProblems: [#"the header X-Count is "many", which its schema does not allow"#])
    }

    func testHeadersOfHTTPItselfNeedNoDescription() throws {
        let general = [
            "Date": "now", "Content-Length": "1", "Connection": "close", "Transfer-Encoding": "chunked",
            "Vary": "Origin",
            "Access-Control-Allow-Origin": "*",
        ]
        try assert("POST", "/order", sent: good, 201, order, headers: json.merging(general) { $1 })
    }

    // MARK: Requests

    func testARequestThatIsDescribedAsValidIsNo400() throws {
        let refused = error("bad_request")
        let problem = ["answered 400 to a request that is valid by its description"]
        try assert("POST", "/order", sent: good, 400, refused, hasProblems: problem)
        let more = #"{"item":"x","quantity":2.0,"unknown":[{}]}"#
        try assert("POST", "/order", sent: more, 400, refused, hasProblems: problem)
        try assert("GET", "/orders?limit=2&unknown=1&unknown=2", 400, refused, hasProblems: problem)
        try assert("GET", "/orders?all=true&status=%70laced", 400, refused, hasProblems: problem)
        try assert("POST", "/order", sent: good, request: ["idempotency-key": "k"], 400, refused, hasProblems: problem)
        let form = ["Content-Type": "application/x-www-form-urlencoded"]
        try assert("POST", "/order", sent: good, request: form, 400, refused, hasProblems: problem)
    }

    func testARequestThatIsNotValidMustNotSucceed() throws {
        for (body, reason) in [
            ("", "not JSON"), ("{", "not JSON"), (good + "x", "not JSON"), (#"{"item":"x","quantity":1,}"#, "not JSON"),
            (#"{"item":"x","quantity":1,"quantity":2}"#, "stands twice"), ("[]", "type object"),
            (#"{"item":"x"}"#, "required"),
            (#"{"item":"x","quantity":0}"#, "at least 1"), (#"{"item":"x","quantity":true}"#, "type integer"),
            (#"{"item":"","quantity":1}"#, "1 characters or more"),
        ] {
            try assert("POST", "/order", sent: body, 201, order, hasProblems: [reason])
            try assert("POST", "/order", sent: body, 400, error("bad_request"))
        }
        for (query, reason) in [
            ("limit=0", "at least 1"), ("limit=x", #"limit is "x""#), ("limit=1.5", #"limit is "1.5""#),
            ("limit=", "limit is"),
            ("limit=1&limit=2", "limit is there 2 times"), ("status=eaten", "must be one of"),
            ("all=yes", #"all is "yes""#),
        ] {
            try assert("GET", "/orders?\(query)", 200, "[]", hasProblems: [reason])
            try assert("GET", "/orders?\(query)", 400, error("bad_request"))
        }
        try assert("GET", "/orders/7", 200, order, hasProblems: ["the parameter order_id must have the format uuid"])
        try assert("GET", "/orders/7", 404, error("not_found"))
    }

    /// The description says too little to call either answer wrong.
    func testWhatIsUndecidedMayBeTakenOrRefused() throws {
        let deep = String(repeating: "[", count: 40) + String(repeating: "]", count: 40)
        for body in [#"{"item":"x","quantity":1,"unknown":\#(deep)}"#, #"{"item":"x","quantity":1,"unknown":1e400}"#] {
            try assert("POST", "/order", sent: body, 201, order)
            try assert("POST", "/order", sent: body, 400, error("bad_request"))
        }
        for query in ["limit=%2B5", "limit=007", "limit=99999999999999999999", "limit"] {
            try assert("GET", "/orders?\(query)", 200, "[]")
            try assert("GET", "/orders?\(query)", 400, error("bad_request"))
        }
        let long = ["Idempotency-Key": String(repeating: "k", count: 256)]
        try assert("POST", "/order", sent: good, request: long, 201, order)
        try assert("POST", "/order", sent: good, request: long, 400, error("bad_request"))
    }

    // MARK: Bytes that are no description

    func testBytesThatAreNoDescription() {
        for text in ["", "[]", "{", #"{"paths":{},"paths":{}}"#] {
            XCTAssertThrowsError(try APIDescription(Array(text.utf8)), text)
        }
    }

    /// A router that is asked without a socket gives the path and the query apart.
    func testAnExchangeInMemory() throws {
        let exchange = APIExchange(
            method: "GET", path: "/orders", query: [("limit", "0")], status: 200,
            responseHeaders: [("Content-Type", "application/json")], responseBody: Array("[]".utf8))
        let found = try DescriptionFixture.description().problems(in: exchange)
        XCTAssertEqual(found.count, 1, "\(found)")
    }
}
