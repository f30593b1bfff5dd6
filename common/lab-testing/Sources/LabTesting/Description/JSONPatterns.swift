internal import Foundation

/// The regular expressions of a description, compiled once.
///
/// `@unchecked Sendable`: `NSRegularExpression` is immutable, and may be used from any thread.
struct JSONPatterns: @unchecked Sendable {
    private let compiled: [String: NSRegularExpression]

    /// Compiles every `pattern` in a document.
    init(of document: Any) {
        var compiled: [String: NSRegularExpression] = [:]
        JSONPatterns.collect(document, into: &compiled)
        self.compiled = compiled
    }

    private static func collect(_ value: Any, into compiled: inout [String: NSRegularExpression]) {
        if let object = value as? [String: Any] {
            if let pattern = object["pattern"] as? String { compiled[pattern] = expression(pattern) }
            for value in object.values { collect(value, into: &compiled) }
        } else if let array = value as? [Any] {
            for value in array { collect(value, into: &compiled) }
        }
    }

    /// A pattern as Foundation takes it; `nil` if it is no regular expression.
    ///
    /// JSON Schema takes patterns from ECMA-262, in which `$` is the end of the text and `\d` is an ASCII digit. In Foundation's ICU
    /// `$` is also before a line feed at the end, so `^[a-z]+$` would match `"a\n"`, and `\d` is a digit of any script.
    static func expression(_ pattern: String) -> NSRegularExpression? {
        var (text, isEscaped, isInClass) = ("", false, false)
        for character in pattern.unicodeScalars {
            if isEscaped {
                isEscaped = false
                text += character == "d" ? (isInClass ? "0-9" : "[0-9]") : "\\\(character)"
                continue
            }
            switch character {
            case "\\": isEscaped = true
            case "$" where !isInClass: text += "\\z"
            default:
                if character == "[" { isInClass = true }
                if character == "]" { isInClass = false }
                text.unicodeScalars.append(character)
            }
        }
        if isEscaped { return nil }
        return try? NSRegularExpression(pattern: text)
    }

    /// Whether a pattern matches somewhere in a text; `nil` if it is no regular expression.
    func text(_ text: String, matches pattern: String) -> Bool? {
        guard let expression = compiled[pattern] ?? JSONPatterns.expression(pattern) else { return nil }
        return expression.firstMatch(in: text, range: NSRange(text.startIndex..., in: text)) != nil
    }
}
