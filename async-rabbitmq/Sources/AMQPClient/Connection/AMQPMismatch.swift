/// A queue or exchange that is there already, but was declared otherwise than the services need it.
///
/// The broker answers a declaration with other arguments with 406, and its text says which argument differs. That does not
/// mend itself: somebody must delete what is there, or choose another virtual host.
public struct AMQPMismatch: Sendable, Equatable, CustomStringConvertible {
    /// What kind of thing it is.
    public enum Thing: String, Sendable {
        /// A queue.
        case queue
        /// An exchange.
        case exchange
    }

    /// What kind of thing it is.
    public let thing: Thing
    /// Its name.
    public let name: String
    /// What differs, such as `x-queue-type is not set, but must be "quorum"`; `nil` when the broker's text was not understood.
    public let difference: String?

    /// Reads the broker's text, as RabbitMQ 3.8 to 4.0 write it: `… inequivalent arg 'x-queue-type' for queue 'q' in vhost
    /// '/': received the value 'quorum' of type 'longstr' but current is none`.
    public init(_ thing: Thing, _ name: String, brokerText: String) {
        self.thing = thing
        self.name = name
        difference = AMQPMismatch.difference(in: brokerText)
    }

    /// One sentence for a person, with the remedy.
    public var description: String {
        "the \(thing.rawValue) \(name) is there already, but declared otherwise"
            + (difference.map { " (\($0); broker/definitions.json has all that it needs)" } ?? "")
            + ": delete it, with what it holds, or name another virtual host in RABBITMQ_URL"
    }

    private static func difference(in text: String) -> String? {
        guard let argument = between("inequivalent arg '", "'", in: text),
            let wanted = between(": received ", " but current is ", in: text),
            let found = text.text(after: " but current is ")
        else { return nil }
        return "\(argument) is \(value(found)), but must be \(value(wanted))"
    }

    /// `the value 'quorum' of type 'longstr'` → `"quorum"`, `'topic'` → `"topic"`, `none` → `not set`.
    private static func value(_ text: String) -> String {
        if text == "none" { return "not set" }
        return between("'", "'", in: text).map { "\"\($0)\"" } ?? text
    }

    private static func between(_ start: String, _ end: String, in text: String) -> String? {
        guard let rest = text.text(after: start) else { return nil }
        return rest.text(before: end)
    }
}

extension String {
    /// What follows the first occurrence of a text.
    fileprivate func text(after mark: String) -> String? {
        ranges(of: mark).first.map { String(self[$0.upperBound...]) }
    }

    /// What stands before the first occurrence of a text.
    fileprivate func text(before mark: String) -> String? {
        ranges(of: mark).first.map { String(self[..<$0.lowerBound]) }
    }
}
