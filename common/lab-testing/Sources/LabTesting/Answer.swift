internal import Foundation

/// What a service answered.
public struct Answer {
    /// The status code.
    public let status: Int
    /// The headers, names in lower case.
    public let headers: [String: String]
    /// The body.
    public let body: [UInt8]

    /// Takes what was received, or a text to be looked into as if it had been.
    public init(status: Int = 200, headers: [String: String] = [:], body: [UInt8]) {
        self.status = status
        self.headers = headers
        self.body = body
    }

    /// The body as JSON; `nil` where it is none.
    public var json: Any? { try? JSONSerialization.jsonObject(with: Data(body)) }
    /// The fields of the object in the body; empty where it holds none.
    public var fields: [String: Any] { (json as? [String: Any]) ?? [:] }
    /// A field that is a string.
    public func text(_ name: String) -> String? { fields[name] as? String }
    /// A field that is an integer.
    public func number(_ name: String) -> Int? { fields[name] as? Int }
}
