import Foundation
import XCTest

@testable import LabTesting

/// Problems of a schema itself.
final class JSONSchemaProblemsTests: XCTestCase {
    private func problems(_ schema: String) throws -> [String] {
        let document: Any = ["components": ["schemas": ["A": ["type": "integer"]]]]
        let schema = try JSONSerialization.jsonObject(with: Data(schema.utf8), options: .fragmentsAllowed)
        return JSONSchemaValidator(document: document).problems(ofSchema: schema).map(\.description)
    }

    func testEveryKeywordOfTheSubsetIsKnown() throws {
        let schema = ##"""
            {"type":["object","null"],"enum":[{"a":1},null],"const":null,"properties":{"a":{"type":"integer","minimum":1,"maximum":2}},
             "required":["a"],"additionalProperties":{"type":"array","items":{"type":"string","minLength":1,"maxLength":2,
             "pattern":"^a","format":"uuid"},"minItems":0,"maxItems":3},"allOf":[true],"anyOf":[{}],
             "oneOf":[{"$ref":"#/components/schemas/A"}],"description":"","title":"","deprecated":true,"readOnly":true,"x-own":1}
            """##
        XCTAssertEqual(try problems(schema), [])
        XCTAssertEqual(try problems("true"), [])
    }

    func testAKeywordThatNobodyChecksIsAProblem() throws {
        for keyword in [
            "uniqueItems", "exclusiveMinimum", "multipleOf", "not", "patternProperties", "minlength", "nullable",
        ] {
            XCTAssertEqual(try problems("{\"\(keyword)\":1}"), ["/\(keyword): nobody checks the keyword \(keyword)"])
        }
    }

    func testAKeywordIsFoundAtAnyDepth() throws {
        for schema in [
            #"{"properties":{"a":{"not":{}}}}"#, #"{"items":{"not":{}}}"#, #"{"additionalProperties":{"not":{}}}"#,
            #"{"allOf":[{"not":{}}]}"#, #"{"anyOf":[{"not":{}}]}"#, #"{"oneOf":[{"not":{}}]}"#,
        ] {
            XCTAssertEqual(try problems(schema).count, 1, schema)
        }
    }

    func testAKeywordWithAValueThatMeansNothingIsAProblem() throws {
        for schema in [
            #"{"type":"text"}"#, #"{"type":[]}"#, #"{"type":1}"#, #"{"enum":[]}"#, #"{"enum":1}"#, #"{"minLength":-1}"#,
            #"{"maxLength":1.5}"#, #"{"minItems":"1"}"#, #"{"maxItems":true}"#, #"{"minimum":"1"}"#,
            #"{"maximum":true}"#,
            #"{"pattern":"("}"#, #"{"pattern":1}"#, #"{"format":1}"#, #"{"required":"a"}"#, #"{"required":["a","a"]}"#,
            ##"{"$ref":"#/components/schemas/B"}"##, #"{"$ref":1}"#, #"{"properties":[]}"#, #"{"properties":{"a":1}}"#,
            #"{"items":[]}"#, #"{"additionalProperties":1}"#, #"{"allOf":[]}"#, #"{"anyOf":{}}"#, #"{"oneOf":[1]}"#,
            "1", "[]",
        ] {
            XCTAssertEqual(try problems(schema).count, 1, schema)
        }
    }

    func testExamplesMatchTheirSchema() throws {
        XCTAssertEqual(try problems(#"{"type":"integer","example":1,"examples":[2],"default":3}"#), [])
        XCTAssertEqual(
            try problems(#"{"type":"integer","example":"1","examples":[2,"2"],"default":"3"}"#),
            [
                #"/example: must be of type integer and is "1""#, #"/default: must be of type integer and is "3""#,
                #"/examples/1: must be of type integer and is "2""#,
            ])
        XCTAssertEqual(
            try problems(#"{"properties":{"a":{}},"example":{"b":1}}"#), ["/example/b: this field is not described"])
        XCTAssertEqual(try problems(#"{"examples":{"a":1}}"#), ["/examples: must be an array"])
    }
}
