internal import Foundation

/// The grammar of JSON (RFC 8259), as strictly as the services take it.
///
/// Foundation's `JSONSerialization` also takes a comma before a closing bracket and keeps the last of two fields with one
/// name. A checker that relied on it would call such a request valid, and its 400 wrong. So bytes are held against the grammar
/// first, and read afterwards.
struct JSONGrammar {
    /// The first thing that is wrong, such as `"a name stands twice in one object: item"`; `nil` if there is none.
    static func problem(of bytes: [UInt8]) -> String? {
        guard String(validating: bytes, as: UTF8.self) != nil else { return "this is not UTF-8" }
        var grammar = JSONGrammar(bytes: bytes)
        do throws(Wrong) {
            grammar.skipSpace()
            try grammar.value(depth: 0)
            grammar.skipSpace()
            guard grammar.position == bytes.count else { throw grammar.wrong("something follows the value") }
            return nil
        } catch {
            return error.sentence
        }
    }

    /// The value in bytes that keep to the grammar; `nil` if they do not, or if Foundation cannot hold the value, such as `1e400`.
    static func value(of bytes: [UInt8]) -> Any? {
        guard problem(of: bytes) == nil else { return nil }
        return try? JSONSerialization.jsonObject(with: Data(bytes), options: .fragmentsAllowed)
    }

    /// Whether so many brackets are open at once that a reader may refuse the value. Brackets in strings count too.
    static func isNestedDeeply(_ bytes: [UInt8]) -> Bool {
        var (open, most) = (0, 0)
        for byte in bytes {
            if byte == UInt8(ascii: "[") || byte == UInt8(ascii: "{") { open += 1 }
            if byte == UInt8(ascii: "]") || byte == UInt8(ascii: "}") { open -= 1 }
            most = max(most, open)
        }
        return most > 30
    }

    private struct Wrong: Error {
        let sentence: String
    }

    private let bytes: [UInt8]
    private var position = 0

    private init(bytes: [UInt8]) { self.bytes = bytes }

    private var next: UInt8? { position < bytes.count ? bytes[position] : nil }

    private func wrong(_ sentence: String) -> Wrong { Wrong(sentence: "\(sentence) at byte \(position)") }

    private mutating func skipSpace() {
        while let next, [0x20, 0x09, 0x0A, 0x0D].contains(next) { position += 1 }
    }

    private mutating func skip(_ character: Unicode.Scalar) -> Bool {
        guard next == UInt8(ascii: character) else { return false }
        position += 1
        return true
    }

    private mutating func value(depth: Int) throws(Wrong) {
        guard depth < 500 else { throw wrong("this is nested too deeply") }
        switch next.map({ Unicode.Scalar($0) }) {
        case "{": try object(depth: depth + 1)
        case "[": try array(depth: depth + 1)
        case "\"": _ = try string()
        case "t": try word("true")
        case "f": try word("false")
        case "n": try word("null")
        default: try number()
        }
    }

    private mutating func word(_ word: String) throws(Wrong) {
        guard bytes[position...].starts(with: word.utf8) else { throw wrong("there is no value") }
        position += word.utf8.count
    }

    private mutating func object(depth: Int) throws(Wrong) {
        position += 1
        skipSpace()
        if skip("}") { return }
        var names: Set<[UInt8]> = []
        repeat {
            skipSpace()
            guard next == UInt8(ascii: "\"") else { throw wrong("there is no name") }
            let name = try string()
            guard names.insert(Array(name.utf8)).inserted else {
                throw wrong("a name stands twice in one object: \(name)")
            }
            skipSpace()
            guard skip(":") else { throw wrong("there is no colon") }
            skipSpace()
            try value(depth: depth)
            skipSpace()
        } while skip(",")
        guard skip("}") else { throw wrong("an object does not end") }
    }

    private mutating func array(depth: Int) throws(Wrong) {
        position += 1
        skipSpace()
        if skip("]") { return }
        repeat {
            skipSpace()
            try value(depth: depth)
            skipSpace()
        } while skip(",")
        guard skip("]") else { throw wrong("an array does not end") }
    }

    private mutating func number() throws(Wrong) {
        _ = skip("-")
        if !skip("0") { try digits() }
        if skip(".") { try digits() }
        if skip("e") || skip("E") {
            _ = skip("+") || skip("-")
            try digits()
        }
    }

    private mutating func digits() throws(Wrong) {
        let start = position
        while let next, (0x30...0x39).contains(next) { position += 1 }
        guard position > start else { throw wrong("there is no value") }
    }

    /// - Returns: what the string says, so that two spellings of one name are found.
    private mutating func string() throws(Wrong) -> String {
        position += 1
        var units: [UInt8] = []
        while let byte = next {
            position += 1
            switch byte {
            case UInt8(ascii: "\""): return String(decoding: units, as: UTF8.self)
            case ..<0x20: throw wrong("a string holds a control character")
            case UInt8(ascii: "\\"): units += Array(String(try escape()).utf8)
            default: units.append(byte)
            }
        }
        throw wrong("a string does not end")
    }

    private mutating func escape() throws(Wrong) -> Unicode.Scalar {
        let simple: [UInt8: Unicode.Scalar] = [
            0x22: "\"", 0x5C: "\\", 0x2F: "/", 0x62: "\u{8}", 0x66: "\u{C}", 0x6E: "\n", 0x72: "\r", 0x74: "\t",
        ]
        guard let byte = next else { throw wrong("a string does not end") }
        position += 1
        if let scalar = simple[byte] { return scalar }
        guard byte == UInt8(ascii: "u") else { throw wrong("there is no such escape") }
        let first = try hexadecimal()
        if let scalar = Unicode.Scalar(first) { return scalar }
        guard first < 0xDC00, skip("\\"), skip("u") else { throw wrong("half of a surrogate pair is missing") }
        let second = try hexadecimal()
        guard (0xDC00..<0xE000).contains(second),
            let scalar = Unicode.Scalar(0x10000 + (first - 0xD800) << 10 + (second - 0xDC00))
        else { throw wrong("half of a surrogate pair is missing") }
        return scalar
    }

    private mutating func hexadecimal() throws(Wrong) -> UInt32 {
        let digits = bytes[position...].prefix(4)
        guard digits.count == 4, digits.allSatisfy({ Character(Unicode.Scalar($0)).isHexDigit }),
            let value = UInt32(String(decoding: digits, as: UTF8.self), radix: 16)
        else { throw wrong("there is no such escape") }
        position += 4
        return value
    }
}
