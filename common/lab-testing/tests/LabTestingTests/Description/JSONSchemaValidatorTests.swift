import Foundation
import XCTest

@testable import LabTesting

final class JSONSchemaValidatorTests: XCTestCase {
    private func json(_ text: String) throws -> Any {
        try JSONSerialization.jsonObject(with: Data(text.utf8), options: .fragmentsAllowed)
    }

    private func problems(
        _ value: String, _ schema: String, _ rule: JSONSchemaValidator.Rule = .open, components: String = "{}"
    ) throws -> [String] {
        let document: Any = ["components": ["schemas": try json(components)]]
        return JSONSchemaValidator(document: document)
            .problems(of: try json(value), against: try json(schema), rule).map(\.description)
    }

    /// Asserts which values a schema takes.
    private func assert(
        _ schema: String, takes good: [String], butNot bad: [String], components: String = "{}", line: UInt = #line
    ) throws {
        for value in good {
            XCTAssertEqual(try problems(value, schema, components: components), [], value, line: line)
        }
        for value in bad {
            XCTAssertFalse(try problems(value, schema, components: components).isEmpty, value, line: line)
        }
    }

    // MARK: Types

    func testTypes() throws {
        let values = [
            "null": "null", "boolean": "true", "string": "\"1\"", "array": "[]", "object": "{}", "number": "1.5",
        ]
        for (type, value) in values {
            let others = values.filter { $0.key != type }.map(\.value)
            try assert("{\"type\":\"\(type)\"}", takes: [value], butNot: others)
        }
    }

    /// Foundation converts `true` to 1 and 1 to `true` without a word.
    func testABooleanIsNoNumberAndANumberNoBoolean() throws {
        try assert(#"{"type":"boolean"}"#, takes: ["true", "false"], butNot: ["0", "1", "1.0", "\"true\""])
        try assert(#"{"type":"number"}"#, takes: ["0", "1", "-1.5", "1e300"], butNot: ["true", "false", "null"])
        try assert(#"{"type":"integer"}"#, takes: ["0", "1"], butNot: ["true", "false"])
    }

    func testAnIntegerIsANumberOfIntegralValue() throws {
        let good = ["2", "2.0", "-3", "1e2", "1e300", "12345678901234567890"]
        try assert(#"{"type":"integer"}"#, takes: good, butNot: ["1.5", "1e-1", "\"2\""])
    }

    func testSeveralTypes() throws {
        try assert(#"{"type":["integer","null"]}"#, takes: ["1", "null"], butNot: ["1.5", "\"\"", "true"])
    }

    func testEnumAndConst() throws {
        try assert(
            #"{"enum":["a",1,null,[1,{"b":2}]]}"#, takes: ["\"a\"", "1", "1.0", "null", "[1.0,{\"b\":2}]"],
            butNot: ["\"A\"", "true", "2", "[]", "[1,{\"b\":true}]", "[1,{\"b\":2,\"c\":3}]"])
        try assert(#"{"const":1}"#, takes: ["1", "1.0"], butNot: ["true", "0", "\"1\""])
        try assert(#"{"const":true}"#, takes: ["true"], butNot: ["1", "false"])
        try assert(#"{"const":"é"}"#, takes: ["\"é\""], butNot: ["\"e\u{301}\""])
    }

    // MARK: Strings and numbers

    func testLengthsCountUnicodeScalars() throws {
        let schema = #"{"minLength":2,"maxLength":3}"#
        try assert(
            schema, takes: ["\"ab\"", "\"abc\"", "\"e\u{301}\"", "\"👍🏽\"", "7", "[]"],
            butNot: ["\"a\"", "\"abcd\"", "\"👍\""])
    }

    func testAPatternMatchesAnywhere() throws {
        try assert(#"{"pattern":"b+"}"#, takes: ["\"abbc\"", "\"b\"", "7"], butNot: ["\"ac\"", "\"\""])
    }

    func testAnAnchoredPatternMatchesTheWhole() throws {
        try assert(#"{"pattern":"^[a-z$]+$"}"#, takes: ["\"abc\"", "\"a$\""], butNot: [#""abc\n""#, "\"aB\""])
        try assert(#"{"pattern":"^\\d\\$[\\d]$"}"#, takes: ["\"1$2\""], butNot: ["\"١$2\"", "\"1$٢\""])
    }

    func testFormats() throws {
        try assert(
            #"{"format":"uuid"}"#,
            takes: ["\"0f8fad5b-d9cb-469f-a165-70867728950e\"", "\"0F8FAD5B-D9CB-469F-A165-70867728950E\"", "7"],
            butNot: [
                "\"\"", "\"0f8fad5bd9cb469fa16570867728950e\"", "\"0f8fad5b-d9cb-469f-a165-70867728950g\"",
                "\"{0f8fad5b-d9cb-469f-a165-70867728950e}\"", "\"0f8fad5-bd9cb-469f-a165-70867728950ee\"",
            ])
        try assert(
            #"{"format":"date-time"}"#,
            takes: ["\"2024-02-29T23:59:60Z\"", "\"1985-04-12t23:20:50.52z\"", "\"1996-12-19T16:39:57-08:00\"", "7"],
            butNot: [
                "\"2023-02-29T00:00:00Z\"", "\"2024-13-01T00:00:00Z\"", "\"2024-01-01T24:00:00Z\"", "\"2024-01-01\"",
                "\"2024-01-01 00:00:00Z\"", "\"2024-01-01T00:00:00\"", "\"2024-01-01T00:00:00+24:00\"",
                "\"1900-02-29T00:00:00Z\"",
                "\"2024-01-00T00:00:00Z\"", "\"2024-01-01T00:60:00Z\"", "\"2024-01-01T00:00:00.Z\"",
            ])
        try assert(#"{"format":"email"}"#, takes: ["\"nobody checks this\""], butNot: [])
    }

    func testBounds() throws {
        let good = ["1", "1.5", "3", "\"0\"", "true", "[]"]
        try assert(#"{"minimum":1,"maximum":3}"#, takes: good, butNot: ["0", "0.99", "3.01", "-1e300", "1e300"])
    }

    // MARK: Arrays and objects

    func testArrays() throws {
        let schema = #"{"items":{"type":"integer"},"minItems":1,"maxItems":2}"#
        try assert(schema, takes: ["[1]", "[1,2]", "{}", "\"\""], butNot: ["[]", "[1,2,3]", "[1,\"2\"]"])
    }

    func testObjects() throws {
        let schema = #"{"properties":{"a":{"type":"integer"}},"required":["a"]}"#
        try assert(
            schema, takes: [#"{"a":1}"#, #"{"a":1,"b":2}"#, "[]", "7"], butNot: ["{}", #"{"b":1}"#, #"{"a":"1"}"#])
    }

    func testAdditionalProperties() throws {
        try assert(
            #"{"properties":{"a":{}},"additionalProperties":false}"#,
            takes: ["{}", #"{"a":null}"#], butNot: [#"{"b":1}"#, #"{"a":1,"b":1}"#])
        try assert(
            #"{"properties":{"a":{}},"additionalProperties":{"type":"integer"}}"#,
            takes: ["{}", #"{"a":"x","b":1}"#], butNot: [#"{"b":"x"}"#])
        try assert(#"{"additionalProperties":true}"#, takes: [#"{"b":1}"#], butNot: [])
    }

    func testBooleanSchemas() throws {
        try assert("true", takes: ["1", "null"], butNot: [])
        try assert("false", takes: [], butNot: ["1", "null"])
        try assert(#"{"properties":{"a":false}}"#, takes: ["{}"], butNot: [#"{"a":1}"#])
    }

    // MARK: Combinations

    func testCombinations() throws {
        let parts = #"[{"type":"integer"},{"minimum":2}]"#
        try assert("{\"allOf\":\(parts)}", takes: ["2"], butNot: ["1", "2.5", "\"\""])
        try assert("{\"anyOf\":\(parts)}", takes: ["1", "2", "2.5"], butNot: ["1.5"])
        try assert("{\"oneOf\":\(parts)}", takes: ["1", "2.5"], butNot: ["2", "1.5"])
    }

    func testReferences() throws {
        let components =
            ##"{"A":{"type":"integer"},"a/b~c d":{"const":1},"List":{"items":{"$ref":"#/components/schemas/List"}}}"##
        try assert(##"{"$ref":"#/components/schemas/A"}"##, takes: ["1"], butNot: ["\"1\""], components: components)
        try assert(
            ##"{"$ref":"#/components/schemas/A","minimum":2}"##, takes: ["2"], butNot: ["1"], components: components)
        try assert(
            ##"{"$ref":"#/components/schemas/a~1b~0c%20d"}"##, takes: ["1"], butNot: ["2"], components: components)
        try assert(##"{"$ref":"#/components/schemas/List"}"##, takes: ["[[],[[]]]"], butNot: [], components: components)
        try assert(##"{"$ref":"#/components/schemas/None"}"##, takes: [], butNot: ["1"], components: components)
        try assert(##"{"$ref":"other.json#/A"}"##, takes: [], butNot: ["1"], components: components)
    }

    func testAReferenceToItselfEnds() throws {
        let components = ##"{"A":{"$ref":"#/components/schemas/A"}}"##
        let found = try problems("1", ##"{"$ref":"#/components/schemas/A"}"##, components: components)
        XCTAssertEqual(found, ["its schema refers to itself without end"])
    }

    // MARK: Fields that are not described

    func testAClosedObjectHasNoFieldThatIsNotDescribed() throws {
        let schema = #"{"properties":{"a":{"properties":{"b":{}}}}}"#
        XCTAssertEqual(try problems(#"{"a":{"b":1}}"#, schema, .closed), [])
        XCTAssertEqual(try problems(#"{"c":1}"#, schema, .closed), ["/c: this field is not described"])
        XCTAssertEqual(try problems(#"{"a":{"c":1}}"#, schema, .closed), ["/a/c: this field is not described"])
        XCTAssertEqual(try problems(#"{"a":{"c":1}}"#, schema, .open), [])
        XCTAssertEqual(
            try problems(#"[{"c":1}]"#, "{\"items\":\(schema)}", .closed), ["/0/c: this field is not described"])
    }

    func testFieldsAreDescribedByAllSchemasThatAnObjectIsMadeOf() throws {
        let components = #"{"A":{"properties":{"a":{}}}}"#
        let schema =
            ##"{"$ref":"#/components/schemas/A","allOf":[{"properties":{"b":{}}},{"anyOf":[{"properties":{"c":{}}}]}]}"##
        XCTAssertEqual(try problems(#"{"a":1,"b":1,"c":1}"#, schema, .closed, components: components), [])
        let found = try problems(#"{"a":1,"d":1}"#, schema, .closed, components: components)
        XCTAssertEqual(found, ["/d: this field is not described"])
    }

    func testAFormThatDoesNotMatchDescribesNothing() throws {
        let schema = """
            {"oneOf":[{"required":["kind"],"properties":{"kind":{"const":1},"one":{}}},
                      {"required":["kind"],"properties":{"kind":{"const":2},"two":{"properties":{"a":{}}}}}]}
            """
        XCTAssertEqual(try problems(#"{"kind":1,"one":0}"#, schema, .closed), [])
        XCTAssertEqual(try problems(#"{"kind":1,"two":0}"#, schema, .closed), ["/two: this field is not described"])
        XCTAssertEqual(
            try problems(#"{"kind":2,"two":{"b":0}}"#, schema, .closed), ["/two/b: this field is not described"])
    }

    func testAnObjectWhoseSchemaNamesNoFieldsOrAllIsFree() throws {
        for schema in [
            #"{"type":"object"}"#, "true", #"{"properties":{"a":{}},"additionalProperties":{"type":"integer"}}"#,
        ] {
            XCTAssertEqual(try problems(#"{"x":1}"#, schema, .closed), [], schema)
        }
    }

    // MARK: Places

    func testAProblemSaysWhereAndWhat() throws {
        let schema = #"{"properties":{"a/b":{"items":{"type":"integer"}}},"required":["c"]}"#
        XCTAssertEqual(
            try problems(#"{"a/b":[1,"x"]}"#, schema),
            ["/c: this field is required", "/a~1b/1: must be of type integer and is \"x\""])
        XCTAssertEqual(try problems("7", #"{"enum":["a",true]}"#), [#"must be one of "a", true and is 7"#])
    }
}
