public import Foundation
internal import XCTest

/// A file in the repository whose content the code makes, so that people and programs can read it without running anything.
public enum DescriptionFile {
    /// Fails if a file is not what the code says, and tells the first line that differs and how to write the file anew.
    ///
    /// With `LAB_WRITE_DESCRIPTIONS=1` in the environment the file is written instead.
    ///
    /// - Parameters:
    ///   - text: what the code says.
    ///   - test: the suite that calls this, as `swift test --filter` finds it.
    public static func check(
        _ url: URL, is text: [UInt8], by test: String, file: StaticString = #filePath, line: UInt = #line
    ) throws {
        if ProcessInfo.processInfo.environment["LAB_WRITE_DESCRIPTIONS"] == "1" { try Data(text).write(to: url) }
        let found = (try? Data(contentsOf: url)).map { String(decoding: $0, as: UTF8.self) } ?? ""
        guard let difference = difference(between: found, and: String(decoding: text, as: UTF8.self)) else { return }
        XCTFail(
            "\(url.lastPathComponent) is not what the code says. \(difference)\n"
                + "If the code is right: LAB_WRITE_DESCRIPTIONS=1 swift test --filter \(test)",
            file: file, line: line)
    }

    /// The first line that differs, in both texts; `nil` if they are equal.
    static func difference(between found: String, and expected: String) -> String? {
        guard Array(found.utf8) != Array(expected.utf8) else { return nil }
        let old = found.split(separator: "\n", omittingEmptySubsequences: false)
        let new = expected.split(separator: "\n", omittingEmptySubsequences: false)
        let place = zip(old, new).prefix { $0 == $1 }.count
        func line(_ lines: [Substring]) -> Substring { place < lines.count ? lines[place] : "(no such line)" }
        return "Line \(place + 1):\n  in the file: \(line(old))\n  by the code: \(line(new))"
    }
}
