/// Finds the fields of one JSON object (RFC 8259) in UTF-8 bytes, and checks everything on the way.
struct JSONScanner {
    /// The inside of a string's quotes.
    struct Text {
        var range: Range<Int>
        /// Whether it holds a backslash, so that its characters are not its bytes.
        var isEscaped: Bool
    }

    enum Value {
        case string(Text)
        case number(Range<Int>)
        case bool(Bool)
        case null
        /// An array or an object.
        case nested
    }

    private let bytes: UnsafeBufferPointer<UInt8>
    private var at = 0
    private static let deepest = 128

    init(_ bytes: UnsafeBufferPointer<UInt8>) { self.bytes = bytes }

    /// Reads the whole text as an object.
    mutating func object() throws(InvalidJSON) -> [JSONObject.Field] {
        guard validateUTF8() else { throw InvalidJSON(problem: "is not UTF-8") }
        skipSpace()
        guard at < bytes.count else { throw InvalidJSON(problem: "is empty, a JSON object is expected") }
        guard bytes[at] == UInt8(ascii: "{") else {
            _ = try value(depth: 1)
            try end()
            throw InvalidJSON(problem: "is not a JSON object")
        }
        var fields: [JSONObject.Field] = []
        fields.reserveCapacity(4)
        try members(depth: 1) { fields.append($0) }
        try end()
        return fields
    }

    private func validateUTF8() -> Bool {
        var bits: UInt8 = 0
        for byte in bytes { bits |= byte }
        return bits < 0x80 || String(validating: bytes, as: UTF8.self) != nil
    }

    private mutating func end() throws(InvalidJSON) {
        skipSpace()
        guard at == bytes.count else { throw unexpected() }
    }

    // MARK: Values

    private mutating func value(depth: Int) throws(InvalidJSON) -> Value {
        guard depth <= JSONScanner.deepest else {
            throw InvalidJSON(problem: "is nested deeper than \(JSONScanner.deepest) levels")
        }
        skipSpace()
        guard at < bytes.count else { throw unexpected() }
        switch bytes[at] {
        case UInt8(ascii: "\""):
            return .string(try string())
        case UInt8(ascii: "{"):
            try members(depth: depth) { _ in }
            return .nested
        case UInt8(ascii: "["):
            try elements(depth: depth)
            return .nested
        case UInt8(ascii: "t"):
            try word("true")
            return .bool(true)
        case UInt8(ascii: "f"):
            try word("false")
            return .bool(false)
        case UInt8(ascii: "n"):
            try word("null")
            return .null
        default:
            return .number(try number())
        }
    }

    private mutating func members(depth: Int, _ each: (JSONObject.Field) -> Void) throws(InvalidJSON) {
        at += 1
        skipSpace()
        if take("}") { return }
        repeat {
            skipSpace()
            guard at < bytes.count, bytes[at] == UInt8(ascii: "\"") else { throw unexpected() }
            let name = try string()
            skipSpace()
            guard take(":") else { throw unexpected() }
            each(JSONObject.Field(name: name, value: try value(depth: depth + 1)))
            skipSpace()
        } while take(",")
        guard take("}") else { throw unexpected() }
    }

    private mutating func elements(depth: Int) throws(InvalidJSON) {
        at += 1
        skipSpace()
        if take("]") { return }
        repeat {
            _ = try value(depth: depth + 1)
            skipSpace()
        } while take(",")
        guard take("]") else { throw unexpected() }
    }

    private mutating func string() throws(InvalidJSON) -> Text {
        at += 1
        let start = at
        var isEscaped = false
        while at < bytes.count {
            let byte = bytes[at]
            if byte == UInt8(ascii: "\"") {
                at += 1
                return Text(range: start..<at - 1, isEscaped: isEscaped)
            }
            guard byte >= 0x20 else { throw unexpected() }
            at += 1
            if byte == UInt8(ascii: "\\") {
                isEscaped = true
                try escape()
            }
        }
        throw unexpected()
    }

    private mutating func escape() throws(InvalidJSON) {
        guard at < bytes.count else { throw unexpected() }
        switch UnicodeScalar(bytes[at]) {
        case "\"", "\\", "/", "b", "f", "n", "r", "t":
            at += 1
        case "u":
            at += 1
            for _ in 0..<4 {
                guard at < bytes.count, hexDigitValue(bytes[at]) != nil else { throw unexpected() }
                at += 1
            }
        default:
            throw unexpected()
        }
    }

    /// `[ minus ] int [ frac ] [ exp ]`, section 6.
    private mutating func number() throws(InvalidJSON) -> Range<Int> {
        let start = at
        _ = take("-")
        if !take("0") { try digits() }
        if take(".") { try digits() }
        if take("e") || take("E") {
            _ = take("+") || take("-")
            try digits()
        }
        return start..<at
    }

    private mutating func digits() throws(InvalidJSON) {
        let start = at
        while at < bytes.count, isDigit(bytes[at]) { at += 1 }
        guard at > start else { throw unexpected() }
    }

    // MARK: Pieces

    private mutating func word(_ word: StaticString) throws(InvalidJSON) {
        for index in 0..<word.utf8CodeUnitCount {
            guard at < bytes.count, bytes[at] == word.utf8Start[index] else { throw unexpected() }
            at += 1
        }
    }

    private mutating func take(_ character: UnicodeScalar) -> Bool {
        guard at < bytes.count, bytes[at] == UInt8(ascii: character) else { return false }
        at += 1
        return true
    }

    private mutating func skipSpace() {
        while at < bytes.count {
            switch bytes[at] {
            case 0x20, 0x09, 0x0A, 0x0D: at += 1
            default: return
            }
        }
    }

    private func unexpected() -> InvalidJSON {
        InvalidJSON(
            problem: at < bytes.count ? "is not JSON (see byte \(at + 1))" : "is not JSON: it ends too early")
    }
}
