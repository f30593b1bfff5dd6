/// Which of the running instances of a service a process is.
///
/// A service may run several times at once. Who starts the instances numbers them from 1, and tells each its number in
/// `INSTANCE`.
public struct ServiceInstance: Sendable, Hashable {
    /// The service, such as `order`.
    public let service: String
    /// The number of the instance, from 1 to 99.
    public let number: Int

    /// Reads `INSTANCE`: a number from 1 (the default) to 99.
    ///
    /// - Throws: ``ConfigurationError`` for any other value.
    public init(of service: String, _ environment: Environment) throws(ConfigurationError) {
        self.service = service
        number = try environment.integer("INSTANCE", in: 1...99, default: 1)
    }

    /// What people call the instance: the first one has the service's name (`order`), the second one is `order.2`.
    public var name: String { number == 1 ? service : "\(service).\(number)" }
}
