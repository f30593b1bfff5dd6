import Foundation
import LabTesting
import XCTest

/// Any JSON value, read by Foundation and so by another reader than the one under test.
enum JSONValue: Equatable, Decodable {
    case null
    case bool(Bool)
    case number(Double)
    case string(String)
    case array([JSONValue])
    case object([String: JSONValue])

    init(from decoder: any Decoder) throws {
        let container = try decoder.singleValueContainer()
        if container.decodeNil() {
            self = .null
        } else if let bool = try? container.decode(Bool.self) {
            self = .bool(bool)
        } else if let number = try? container.decode(Double.self) {
            self = .number(number)
        } else if let text = try? container.decode(String.self) {
            self = .string(text)
        } else if let elements = try? container.decode([JSONValue].self) {
            self = .array(elements)
        } else {
            self = .object(try container.decode([String: JSONValue].self))
        }
    }

    init(_ text: String) throws { self = try JSONDecoder().decode(JSONValue.self, from: Data(text.utf8)) }

    /// A field of an object, `nil` where there is none.
    subscript(_ name: String) -> JSONValue? {
        guard case .object(let fields) = self else { return nil }
        return fields[name]
    }

    /// The text of a string.
    var text: String? {
        guard case .string(let text) = self else { return nil }
        return text
    }

    /// The number.
    var double: Double? {
        guard case .number(let number) = self else { return nil }
        return number
    }

    /// The elements of an array.
    var elements: [JSONValue]? {
        guard case .array(let elements) = self else { return nil }
        return elements
    }

    /// Which fields an object has.
    var names: Set<String>? {
        guard case .object(let fields) = self else { return nil }
        return Set(fields.keys)
    }
}

extension JSONValue: ExpressibleByStringLiteral, ExpressibleByIntegerLiteral, ExpressibleByDictionaryLiteral,
    ExpressibleByArrayLiteral
{
    init(stringLiteral text: String) { self = .string(text) }
    init(integerLiteral number: Int) { self = .number(Double(number)) }
    init(dictionaryLiteral fields: (String, JSONValue)...) {
        self = .object(Dictionary(uniqueKeysWithValues: fields))
    }
    init(arrayLiteral elements: JSONValue...) { self = .array(elements) }
}

extension HTTPConnection.Reply {
    func json() throws -> JSONValue { try JSONValue(text) }
}

/// Checks a whole error reply: its status, its code, one sentence, and no field but these and `fields`.
func assertError(
    _ reply: HTTPConnection.Reply, _ status: Int, _ code: String, fields: Set<String> = [],
    file: StaticString = #filePath, line: UInt = #line
) throws {
    XCTAssertEqual(reply.status, status, reply.text, file: file, line: line)
    XCTAssertEqual(reply.headers["content-type"], "application/json", file: file, line: line)
    let json = try reply.json()
    XCTAssertEqual(json["error"]?.text, code, reply.text, file: file, line: line)
    XCTAssertGreaterThan(json["detail"]?.text?.count ?? 0, 10, "an error says what is wrong", file: file, line: line)
    XCTAssertEqual(json.names, fields.union(["error", "detail"]), file: file, line: line)
}

/// Checks a 400 and that its sentence begins with the name of the field.
func assertBadRequest(
    _ reply: HTTPConnection.Reply, naming field: String, _ what: String = "", file: StaticString = #filePath,
    line: UInt = #line
) throws {
    try assertError(reply, 400, "bad_request", file: file, line: line)
    let detail = try reply.json()["detail"]?.text ?? ""
    XCTAssertTrue(detail.hasPrefix("\(field) "), "\(what): \(detail)", file: file, line: line)
}
