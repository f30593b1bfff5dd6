// The groups that every service has.
extension Route.Tag {
    /// Faults, and what else a person changes while the service runs.
    public static let administration = Route.Tag(
        "administration", "Faults to inject, and what else a person changes while the service runs.")
    /// Whether the service runs and can work, and what it can be asked.
    public static let service = Route.Tag(
        "service", "Whether the service runs and can do its work, and what it can be asked.")
}
