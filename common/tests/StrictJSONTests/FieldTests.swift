import StrictJSON
import XCTest

/// A field is read and described by one value.
final class FieldTests: XCTestCase {
    private let seconds = Field.number("seconds", "How long.", in: 0...60, example: 2)
    private let count = Field.integer("count", "How many.", in: 1...5, example: 2)

    private func object(_ text: String) throws -> JSONObject { try JSONObject(Array(text.utf8)) }

    func testBoundsHoldWhenItIsRead() throws {
        for (text, value) in [("0", 0), ("60", 60), ("6e1", 60), ("0.25", 0.25)] {
            XCTAssertEqual(try seconds.read(object("{\"seconds\":\(text)}")), value)
        }
        for text in ["-0.001", "60.001", "1e308", "\"1\"", "true", "null"] {
            XCTAssertThrowsError(try seconds.read(object("{\"seconds\":\(text)}")), text) {
                XCTAssertEqual(($0 as? InvalidField)?.field, "seconds")
            }
        }
        XCTAssertThrowsError(try seconds.read(object("{}")))
    }

    func testTheSameBoundsAreDescribed() {
        XCTAssertEqual(
            text(seconds.schema), #"{"type":"number","minimum":0,"maximum":60,"description":"How long."}"#)
        XCTAssertEqual(text(count.schema), #"{"type":"integer","minimum":1,"maximum":5,"description":"How many."}"#)
        XCTAssertTrue(seconds.property.isRequired)
        XCTAssertEqual(seconds.property.name, "seconds")
    }

    func testAFieldMayBeMissing() throws {
        XCTAssertNil(try count.ifThere.read(object("{}")))
        XCTAssertEqual(try count.ifThere.read(object(#"{"count":3}"#)), 3)
        XCTAssertThrowsError(try count.ifThere.read(object(#"{"count":null}"#)))
        XCTAssertFalse(count.ifThere.isRequired)
    }

    func testAFieldMayHaveAValueForWhenItIsMissing() throws {
        XCTAssertEqual(try count.or(1).read(object("{}")), 1)
        XCTAssertEqual(try count.or(1).read(object(#"{"count":3}"#)), 3)
        XCTAssertThrowsError(try count.or(1).read(object(#"{"count":9}"#)))
        XCTAssertFalse(count.or(1).property.isRequired)
    }

    // MARK: Schemas

    private func text(_ schema: JSONSchema, isDefinition: Bool = false) -> String {
        var json = JSONWriter()
        schema.write(to: &json, isDefinition: isDefinition)
        return String(decoding: json.bytes, as: UTF8.self)
    }

    func testTheTextOfEachKind() {
        for (schema, expected) in [
            (.string(example: "a"), #"{"type":"string"}"#),
            (
                .string(lengths: 1...64, pattern: "^a\"$", format: "uuid", example: "a"),
                #"{"type":"string","minLength":1,"maxLength":64,"pattern":"^a\"$","format":"uuid"}"#
            ),
            (.choice(["a", "b"]), #"{"type":"string","enum":["a","b"]}"#),
            (.choice(["a"]).orNull, #"{"type":["string","null"],"enum":["a",null]}"#),
            (.integer(example: 1), #"{"type":"integer"}"#),
            (.count("C.", example: 1), #"{"type":"integer","minimum":0,"description":"C."}"#),
            (.integer(in: 0...9, example: 1).orNull, #"{"type":["integer","null"],"minimum":0,"maximum":9}"#),
            (.number(in: 0...(.infinity), example: 1), #"{"type":"number","minimum":0}"#),
            (.boolean(example: true), #"{"type":"boolean"}"#),
            (
                .array(of: .boolean(example: true), most: 5),
                #"{"type":"array","items":{"type":"boolean"},"maxItems":5}"#
            ),
            (JSONSchema(.anything), "{}"),
            (
                .object([
                    .init("a", .boolean(example: true)), .init("b", .boolean(example: true), isRequired: false),
                ]),
                #"{"type":"object","properties":{"a":{"type":"boolean"},"b":{"type":"boolean"}},"required":["a"],"#
                    + #""additionalProperties":false}"#
            ),
            (.object([], others: .ignored), #"{"type":"object","properties":{}}"#),
            (
                .object([], others: .values(.boolean(example: true))),
                #"{"type":"object","properties":{},"additionalProperties":{"type":"boolean"}}"#
            ),
        ] as [(JSONSchema, String)] {
            XCTAssertEqual(text(schema), expected)
        }
    }

    func testASchemaWithANameIsReferredTo() {
        let inner = JSONSchema.object([.init("a", .boolean(example: true))]).named("Inner")
        let outer = JSONSchema.array(of: .object([.init("inner", inner)]).named("Outer"))
        XCTAssertEqual(text(outer), ##"{"type":"array","items":{"$ref":"#/components/schemas/Outer"}}"##)
        XCTAssertTrue(text(inner, isDefinition: true).hasPrefix(#"{"type":"object""#))
        var named: [String: JSONSchema] = [:]
        outer.collectNamed(into: &named)
        XCTAssertEqual(named.keys.sorted(), ["Inner", "Outer"])
    }

    func testAnExampleFollowsFromItsParts() {
        let schema = JSONSchema.array(
            of: .object([
                .init("a", .integer(example: 7)), .init("b", .choice(["x", "y"]), isRequired: false),
                .init("c", .string(example: "t").orNull),
            ]))
        XCTAssertEqual(String(decoding: schema.example.text, as: UTF8.self), #"[{"a":7,"c":"t"}]"#)
    }

    func testAnyValueIsWritten() {
        let value = JSONValue.object([
            .init("s", .string("a\"b")), .init("n", .number(0.5)), .init("i", .integer(-3)), .init("t", .bool(false)),
            .init("z", .null), .init("l", .array([.integer(1), .null, .bool(true)])),
        ])
        XCTAssertEqual(
            String(decoding: value.text, as: UTF8.self),
            #"{"s":"a\"b","n":0.5,"i":-3,"t":false,"z":null,"l":[1,null,true]}"#)
    }
}
