import XCTest

@testable import LabTesting

/// Problems of a description itself: ``DescriptionFixture`` has none, and each change to it makes one.
final class DescriptionProblemsTests: XCTestCase {
    /// Asserts that a change makes a problem with this text in it.
    private func assert(_ pointer: String, _ value: Any?, makes problem: String, line: UInt = #line) throws {
        let found = try DescriptionFixture.changed(pointer, to: value).problemsOfDescription()
        XCTAssertTrue(found.contains { $0.contains(problem) }, "\(found)", line: line)
    }

    private let post = "paths>/order>post"
    private let list = "paths>/orders>get"

    func testAGoodDescriptionHasNoProblems() throws {
        XCTAssertEqual(try DescriptionFixture.description().problemsOfDescription(), [])
    }

    func testTheVersionIsOfTheRightDialect() throws {
        for version: Any? in ["3.0.3", "3.1", 3.1, nil] { try assert("openapi", version, makes: "must be 3.1.x") }
        try assert("info>version", nil, makes: "/info/version")
        try assert("info>title", "", makes: "/info/title")
        try assert("paths", [:], makes: "there must be an operation")
    }

    func testEveryOperationIsNamed() throws {
        try assert("\(post)>operationId", nil, makes: "POST /order: there must be the text operationId")
        try assert(
            "\(post)>operationId", "listOrders", makes: "the operationId listOrders is that of POST /order and GET")
        try assert("\(post)>summary", "", makes: "POST /order: there must be the text summary")
        try assert("\(post)>tags", nil, makes: "there must be a tag")
        try assert("\(post)>tags", [], makes: "there must be a tag")
    }

    func testEveryOperationCanSucceed() throws {
        try assert("\(post)>responses>201", nil, makes: "there must be a response 2xx")
        try assert("\(post)>responses>2O1", [:], makes: "there is no status 2O1")
        try assert("\(post)>responses>201>description", nil, makes: "the response 201 must have a description")
        try assert(
            "\(post)>responses>201>content>application/json>schema", nil,
            makes: "the response 201 as application/json must have a schema")
    }

    func testEveryBodyHasAnExample() throws {
        let body = "requestBody>content>application/json"
        try assert("\(post)>\(body)>example", nil, makes: "the request as application/json must have an example")
        try assert("\(post)>responses>422>content>application/json>examples", [:], makes: "must have an example")
        try assert("\(list)>responses>200>content>text/plain>example", nil, makes: "as text/plain must have an example")
        try assert("\(post)>requestBody>content", nil, makes: "the request must have a content")
        try assert(
            "components>responses>BadRequest>content>application/json>example", nil, makes: "must have an example")
    }

    func testAnExampleInTheSchemaWillDo() throws {
        let schema: Any = ["type": "string", "example": "x"]
        let found = try DescriptionFixture.changed(
            "\(list)>responses>200>content>text/plain", to: ["schema": schema]
        ).problemsOfDescription()
        XCTAssertEqual(found, [])
    }

    func testEveryExampleMatchesItsSchema() throws {
        let body = "requestBody>content>application/json>example"
        try assert(
            "\(post)>\(body)>quantity", 0, makes: "the request as application/json: the example: /quantity: must be")
        try assert("\(post)>\(body)>more", 1, makes: "the example: /more: this field is not described")
        try assert(
            "\(post)>responses>422>content>application/json>examples>short>value>error", "released",
            makes: "the example short: /error: must be one of")
        try assert(
            "\(post)>responses>422>content>application/json>examples>short>value", nil,
            makes: "the example short must have a value")
        try assert("\(list)>responses>200>content>text/plain>example", "x", makes: "the example: must match")
        try assert("\(list)>parameters>0>example", "eaten", makes: "the parameter status: the example: must be one of")
        try assert("components>schemas>Order>properties>quantity>example", "2", makes: "must be of type integer")
    }

    func testEveryParameterIsDescribed() throws {
        try assert("\(list)>parameters>0>schema", nil, makes: "the parameter status must have a schema")
        try assert("\(list)>parameters>0>description", nil, makes: "the parameter status must have a description")
        try assert("\(list)>parameters>0>in", "body", makes: "must have a name and a place")
        try assert("\(list)>parameters>0>name", "limit", makes: "a parameter is declared twice")
        try assert("components>parameters>Key>description", nil, makes: "must have a description")
        try assert("components>headers>RequestID>schema", nil, makes: "must have a schema")
    }

    func testPathParametersAreDeclaredAndRequired() throws {
        let path = "paths>/orders/{order_id}>parameters>0"
        try assert("\(path)>required", nil, makes: "the parameter order_id must be required")
        try assert("\(path)>name", "id", makes: "the path parameter order_id is not declared")
        try assert("\(path)>name", "id", makes: "the path has no parameter id")
        try assert("\(path)>in", "query", makes: "the path parameter order_id is not declared")
    }

    func testEveryReferencePointsToSomething() throws {
        try assert(
            "components>schemas>Order", nil,
            makes: "/paths/~1orders/get/responses/200/content/application~1json/schema/items/$ref")
        try assert("components>parameters>Key", nil, makes: "#/components/parameters/Key points to nothing")
        try assert("components>responses>BadRequest", nil, makes: "points to nothing")
    }

    func testAConstraintThatNobodyChecksIsAProblem() throws {
        try assert(
            "components>schemas>Order>properties>item>minLenght", 1, makes: "/minLenght: nobody checks the keyword")
        try assert(
            "\(list)>parameters>1>schema>exclusiveMinimum", 0, makes: "nobody checks the keyword exclusiveMinimum")
        try assert("components>headers>RequestID>schema>not", [:], makes: "nobody checks the keyword not")
    }

    func testEveryErrorSaysItsCodes() throws {
        let schema: Any = ["$ref": "#/components/schemas/Error"]
        try assert(
            "components>responses>BadRequest>content>application/json>schema", schema,
            makes: "the response 400 must say which codes error may have")
        try assert("\(post)>responses>422>content", nil, makes: "the response 422 must say which codes")
    }

    func testPathsDoNotCollide() throws {
        let operation: Any = ["get": [:]]
        try assert("paths>/orders/{id}", operation, makes: "the paths /orders/{id} and /orders/{order_id} collide")
        try assert("paths>/{kind}/last", operation, makes: "the paths /orders/{order_id} and /{kind}/last collide")
        try assert("paths>/a/{x}.json", operation, makes: "a parameter must be all between two slashes")
        try assert("paths>orders", operation, makes: "must begin with /")
    }
}
