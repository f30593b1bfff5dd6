/// Finds the fields of one JSON object (RFC 8259) in UTF-8 bytes, and checks everything on the way.
struct JSONScanner {
    private let bytes: UnsafeBufferPointer<UInt8>
    private var at = 0
    /// All bits of the bytes that strings were looked through in: those beyond ASCII stand nowhere else.
    private var bits: UInt64 = 0
    private static let deepest = 128
    /// Where things stand is told in 32 bits.
    private static let longest = Int(Int32.max)

    private init(_ bytes: UnsafeBufferPointer<UInt8>) { self.bytes = bytes }

    /// Reads the whole text as an object.
    ///
    /// - Parameter fields: where the fields are put.
    static func scan(
        _ bytes: UnsafeBufferPointer<UInt8>, into fields: inout [JSONField]
    ) throws(InvalidJSON) {
        guard bytes.count <= JSONScanner.longest else { throw InvalidJSON(problem: "is longer than 2 GiB") }
        var scanner = JSONScanner(bytes)
        do throws(InvalidJSON) {
            try scanner.object(into: &fields)
        } catch {
            throw String(validating: bytes, as: UTF8.self) == nil ? InvalidJSON(problem: "is not UTF-8") : error
        }
        guard scanner.bits & 0x8080_8080_8080_8080 == 0 || String(validating: bytes, as: UTF8.self) != nil else {
            throw InvalidJSON(problem: "is not UTF-8")
        }
    }

    private mutating func object(into fields: inout [JSONField]) throws(InvalidJSON) {
        skipSpace()
        guard at < bytes.count else { throw InvalidJSON(problem: "is empty, a JSON object is expected") }
        guard bytes[at] == UInt8(ascii: "{") else {
            _ = try value(depth: 1)
            try end()
            throw InvalidJSON(problem: "is not a JSON object")
        }
        try members(depth: 1) { fields.append($0) }
        try end()
    }

    private mutating func end() throws(InvalidJSON) {
        skipSpace()
        guard at == bytes.count else { throw unexpected() }
    }

    // MARK: Values

    /// Goes behind a value; ``at`` stands before its first character, or before space.
    ///
    /// - Returns: what it is. A string's or number's own characters stand between `start` and the place behind it.
    @inline(__always)
    private mutating func value(depth: Int) throws(InvalidJSON) -> (kind: JSONField.Kind, start: Int) {
        skipSpace()
        let start = at
        guard depth <= JSONScanner.deepest, at < bytes.count else { throw tooDeepOrShort(depth) }
        switch bytes[at] {
        case UInt8(ascii: "\""): return (try string() ? .escapedString : .string, start)
        case UInt8(ascii: "-"), UInt8(ascii: "0")...UInt8(ascii: "9"):
            try number()
            return (.number, start)
        default: return (try otherValue(depth), start)
        }
    }

    private mutating func otherValue(_ depth: Int) throws(InvalidJSON) -> JSONField.Kind {
        switch bytes[at] {
        case UInt8(ascii: "{"):
            try members(depth: depth) { _ in }
            return .nested
        case UInt8(ascii: "["):
            try elements(depth: depth)
            return .nested
        case UInt8(ascii: "t"):
            try word("true")
            return .isTrue
        case UInt8(ascii: "f"):
            try word("false")
            return .isFalse
        case UInt8(ascii: "n"):
            try word("null")
            return .null
        default: throw unexpected()
        }
    }

    private func tooDeepOrShort(_ depth: Int) -> InvalidJSON {
        depth <= JSONScanner.deepest
            ? unexpected() : InvalidJSON(problem: "is nested deeper than \(JSONScanner.deepest) levels")
    }

    @inline(__always)
    private mutating func members(depth: Int, _ each: (JSONField) -> Void) throws(InvalidJSON) {
        at += 1
        skipSpace()
        if take(UInt8(ascii: "}")) { return }
        repeat {
            skipSpace()
            guard at < bytes.count, bytes[at] == UInt8(ascii: "\"") else { throw unexpected() }
            let nameStart = at + 1
            let nameIsEscaped = try string()
            let nameEnd = at - 1
            skipSpace()
            guard take(UInt8(ascii: ":")) else { throw unexpected() }
            let (kind, start) = try value(depth: depth + 1)
            // A string's quotes are no part of it.
            let inset = kind == .string || kind == .escapedString ? 1 : 0
            each(
                JSONField(
                    beginning: JSONField.beginning(bytes, nameStart, nameEnd), nameStart: nameStart, nameEnd: nameEnd,
                    nameIsEscaped: nameIsEscaped, kind: kind, start: start + inset, end: at - inset))
            skipSpace()
        } while take(UInt8(ascii: ","))
        guard take(UInt8(ascii: "}")) else { throw unexpected() }
    }

    private mutating func elements(depth: Int) throws(InvalidJSON) {
        at += 1
        skipSpace()
        if take(UInt8(ascii: "]")) { return }
        repeat {
            _ = try value(depth: depth + 1)
            skipSpace()
        } while take(UInt8(ascii: ","))
        guard take(UInt8(ascii: "]")) else { throw unexpected() }
    }

    /// Goes behind a string.
    ///
    /// - Returns: whether it holds a backslash, so that its characters are not its bytes.
    @inline(__always)
    private mutating func string() throws(InvalidJSON) -> Bool {
        at += 1
        skipPlain()
        guard at < bytes.count, bytes[at] == UInt8(ascii: "\"") else { return try escapedString() }
        at += 1
        return false
    }

    private mutating func escapedString() throws(InvalidJSON) -> Bool {
        while at < bytes.count, bytes[at] == UInt8(ascii: "\\") {
            at += 1
            try escape()
            skipPlain()
        }
        guard take(UInt8(ascii: "\"")) else { throw unexpected() }
        return true
    }

    /// Goes to the next quotation mark, backslash or control character, eight bytes at a time while there are as many.
    @inline(__always)
    private mutating func skipPlain() {
        let raw = UnsafeRawBufferPointer(bytes)
        while at &+ 8 <= raw.count {
            let word = UInt64(littleEndian: raw.loadUnaligned(fromByteOffset: at, as: UInt64.self))
            bits |= word
            let found = JSONScanner.special(word)
            guard found == 0 else { return at &+= found.trailingZeroBitCount / 8 }
            at &+= 8
        }
        while at < bytes.count {
            let byte = bytes[at]
            if byte < 0x20 || byte == UInt8(ascii: "\"") || byte == UInt8(ascii: "\\") { return }
            bits |= UInt64(byte)
            at &+= 1
        }
    }

    /// Marks those of eight bytes that are a quotation mark, a backslash or a control character with their highest bit.
    ///
    /// A subtraction borrows from the byte above only if its own byte is marked. So the lowest mark is right, and those above it
    /// may not be.
    @inline(__always)
    private static func special(_ word: UInt64) -> UInt64 {
        let (ones, tops) = (UInt64(0x0101_0101_0101_0101), UInt64(0x8080_8080_8080_8080))
        let (quotes, backslashes) = (word ^ ones &* 0x22, word ^ ones &* 0x5C)
        let controls = (word &- ones &* 0x20) & ~word
        return (controls | (quotes &- ones) & ~quotes | (backslashes &- ones) & ~backslashes) & tops
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
    private mutating func number() throws(InvalidJSON) {
        _ = take(UInt8(ascii: "-"))
        if !take(UInt8(ascii: "0")) { try digits() }
        if take(UInt8(ascii: ".")) { try digits() }
        if take(UInt8(ascii: "e")) || take(UInt8(ascii: "E")) {
            _ = take(UInt8(ascii: "+")) || take(UInt8(ascii: "-"))
            try digits()
        }
    }

    @inline(__always)
    private mutating func digits() throws(InvalidJSON) {
        let start = at
        while at < bytes.count, isDigit(bytes[at]) { at &+= 1 }
        guard at > start else { throw unexpected() }
    }

    // MARK: Pieces

    private mutating func word(_ word: StaticString) throws(InvalidJSON) {
        for index in 0..<word.utf8CodeUnitCount {
            guard at < bytes.count, bytes[at] == word.utf8Start[index] else { throw unexpected() }
            at += 1
        }
    }

    @inline(__always)
    private mutating func take(_ character: UInt8) -> Bool {
        guard at < bytes.count, bytes[at] == character else { return false }
        at &+= 1
        return true
    }

    @inline(__always)
    private mutating func skipSpace() {
        while at < bytes.count, bytes[at] <= 0x20 {
            switch bytes[at] {
            case 0x20, 0x09, 0x0A, 0x0D: at &+= 1
            default: return
            }
        }
    }

    private func unexpected() -> InvalidJSON {
        InvalidJSON(
            problem: at < bytes.count ? "is not JSON (see byte \(at + 1))" : "is not JSON: it ends too early")
    }
}
