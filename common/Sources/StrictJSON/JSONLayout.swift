/// Lays out JSON text for people: a file that is read, and compared line by line.
///
/// An object or array that fits into a line stands in one line. Otherwise each of its members has a line of its own, two spaces
/// further in. The members keep their order.
public struct JSONLayout: Sendable {
    private static let width = 120
    private let text: [UInt8]
    private var result: [UInt8] = []
    private var at = 0
    /// How many characters the current line has.
    private var column = 0

    /// Lays out a text, with a line feed at its end.
    ///
    /// - Parameter text: valid JSON without spaces between its parts, as ``JSONWriter`` writes it.
    public static func lines(of text: [UInt8]) -> [UInt8] {
        var layout = JSONLayout(text: text)
        layout.result.reserveCapacity(text.count * 2)
        layout.value(indentation: 0, behind: 0)
        layout.beginLine(0)
        return layout.result
    }

    private init(text: [UInt8]) { self.text = text }

    private mutating func put(_ string: String) { put(Array(string.utf8)[...]) }

    private mutating func put(_ bytes: ArraySlice<UInt8>) {
        result.append(contentsOf: bytes)
        column += JSONLayout.length(bytes)
    }

    private mutating func beginLine(_ indentation: Int) {
        result.append(UInt8(ascii: "\n"))
        column = 0
        put(String(repeating: " ", count: indentation))
    }

    /// How many Unicode scalars a text has: a byte that continues one does not count.
    private static func length(_ text: ArraySlice<UInt8>) -> Int { text.reduce(0) { $1 & 0xC0 == 0x80 ? $0 : $0 + 1 } }

    /// - Parameter behind: how many characters follow the value in its line.
    private mutating func value(indentation: Int, behind: Int) {
        let end = JSONLayout.end(of: text, from: at)
        guard let opening = text[at...].first, JSONLayout.isOpening(opening), text[at + 1] != text[end - 1] else {
            put(text[at..<end])
            at = end
            return
        }
        let line = JSONLayout.line(text[at..<end])
        if column + JSONLayout.length(line[...]) + behind <= JSONLayout.width {
            put(line[...])
            at = end
            return
        }
        broken(indentation: indentation + 2)
    }

    /// Writes the object or array here with a line for each member.
    private mutating func broken(indentation: Int) {
        put(text[at...at])
        var isOver = false
        while !isOver {
            at += 1
            beginLine(indentation)
            var end = JSONLayout.end(of: text, from: at)
            if text[end] == UInt8(ascii: ":") {
                put(text[at...end])
                put(" ")
                at = end + 1
                end = JSONLayout.end(of: text, from: at)
            }
            value(indentation: indentation, behind: 1)
            isOver = text[at] != UInt8(ascii: ",")
            if !isOver { put(",") }
        }
        beginLine(indentation - 2)
        put(text[at...at])
        at += 1
    }

    private static func isOpening(_ byte: UInt8) -> Bool { byte == UInt8(ascii: "{") || byte == UInt8(ascii: "[") }

    /// Where the value or name ends that begins at an index.
    private static func end(of text: [UInt8], from start: Int) -> Int {
        var (index, depth) = (start, 0)
        repeat {
            switch UnicodeScalar(text[index]) {
            case "\"": index = endOfString(text[...], from: index) - 1
            case "{", "[": depth += 1
            case "}", "]": depth -= 1
            default: break
            }
            index += 1
        } while index < text.count && (depth > 0 || isInWord(text[index - 1], text[index]))
        return index
    }

    /// Whether a number, `true`, `false` or `null` goes on.
    private static func isInWord(_ byte: UInt8, _ next: UInt8) -> Bool {
        func isPart(_ byte: UInt8) -> Bool {
            ![",", ":", "\"", "{", "}", "[", "]"].contains(UnicodeScalar(byte))
        }
        return isPart(byte) && isPart(next)
    }

    private static func endOfString(_ text: ArraySlice<UInt8>, from start: Int) -> Int {
        var index = start + 1
        while text[index] != UInt8(ascii: "\"") { index += text[index] == UInt8(ascii: "\\") ? 2 : 1 }
        return index + 1
    }

    /// A value in one line, with a space behind each comma and colon.
    private static func line(_ text: ArraySlice<UInt8>) -> [UInt8] {
        var line: [UInt8] = []
        var index = text.startIndex
        while index < text.endIndex {
            let end = text[index] == UInt8(ascii: "\"") ? endOfString(text, from: index) : index + 1
            line.append(contentsOf: text[index..<end])
            let isSeparator = text[index] == UInt8(ascii: ",") || text[index] == UInt8(ascii: ":")
            if isSeparator { line.append(UInt8(ascii: " ")) }
            index = end
        }
        return line
    }
}
