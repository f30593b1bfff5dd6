public import ServiceKit

extension Logger.Key {
    /// Which message a line is about.
    public static var messageID: Logger.Key { Logger.Key("message_id") }
    /// Which queue a line is about.
    public static var queue: Logger.Key { Logger.Key("queue") }
}
