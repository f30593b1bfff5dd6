internal import Foundation

/// An instance of one of a part's services, by the name that `./lab` takes: `order` for the first instance of a service,
/// `order.2` for the second.
///
/// A part's tests declare the services that the part has, each as a static member:
///
/// ```swift
/// extension LabService {
///     static let order: LabService = "order"
/// }
/// ```
public struct LabService: RawRepresentable, Hashable, Sendable, ExpressibleByStringLiteral, CustomStringConvertible {
    /// The name, as `./lab` takes it.
    public let rawValue: String

    /// Takes a name. Whether the part has such a service shows when `./lab` is asked for it.
    public init(_ name: String) { rawValue = name }
    /// The same, for `RawRepresentable`.
    public init(rawValue: String) { self.init(rawValue) }
    /// The same, for a literal.
    public init(stringLiteral value: String) { self.init(value) }

    /// The name, as `./lab` takes it.
    public var description: String { rawValue }

    /// Another instance of the same service.
    ///
    /// - Parameter number: 1 for the first instance, which has the service's name.
    public func instance(_ number: Int) -> LabService {
        let service = String(rawValue.prefix { $0 != "." })
        return LabService(number == 1 ? service : "\(service).\(number)")
    }

    /// The variable in which `./lab env` gives its URL, such as `ORDER_URL` or `ORDER_2_URL`.
    public var urlVariable: String { rawValue.uppercased().replacing(".", with: "_") + "_URL" }

    /// Where it listens.
    ///
    /// - Throws: if `./lab env` does not tell.
    public var port: Int { get throws { try Lab.port(urlVariable) } }
}
