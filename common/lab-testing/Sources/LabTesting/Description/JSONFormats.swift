internal import Foundation

/// The formats of JSON Schema that are checked; others say nothing about validity.
enum JSONFormats {
    /// Whether a text has a format.
    static func text(_ text: String, has format: String) -> Bool {
        switch format {
        case "uuid": isUUID(text)
        case "date-time": isDateTime(text)
        default: true
        }
    }

    /// RFC 9562, section 4: 32 hexadecimal digits of either case, with hyphens after 8, 12, 16 and 20 of them.
    private static func isUUID(_ text: String) -> Bool {
        let bytes = Array(text.utf8)
        guard bytes.count == 36 else { return false }
        return bytes.enumerated().allSatisfy { index, byte in
            [8, 13, 18, 23].contains(index) ? byte == UInt8(ascii: "-") : isHexadecimal(byte)
        }
    }

    private static func isHexadecimal(_ byte: UInt8) -> Bool {
        switch byte {
        case 0x30...0x39, 0x41...0x46, 0x61...0x66: true
        default: false
        }
    }

    /// RFC 3339, section 5.6. A second 60 is taken at any minute.
    private static func isDateTime(_ text: String) -> Bool {
        let shape =
            /([0-9]{4})-([0-9]{2})-([0-9]{2})[Tt]([0-9]{2}):([0-9]{2}):([0-9]{2})(\.[0-9]+)?([Zz]|[+-]([0-9]{2}):([0-9]{2}))/
        guard let match = text.wholeMatch(of: shape), let year = Int(match.1), let month = Int(match.2),
            let day = Int(match.3), let hour = Int(match.4), let minute = Int(match.5), let second = Int(match.6),
            (1...12).contains(month), hour < 24, minute < 60, second <= 60
        else { return false }
        if let hours = match.9, let minutes = match.10,
            Int(hours).map({ $0 > 23 }) ?? true || Int(minutes).map({ $0 > 59 }) ?? true
        {
            return false
        }
        let isLeapYear = year % 4 == 0 && (year % 100 != 0 || year % 400 == 0)
        let days = [31, isLeapYear ? 29 : 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31]
        return (1...days[month - 1]).contains(day)
    }
}
