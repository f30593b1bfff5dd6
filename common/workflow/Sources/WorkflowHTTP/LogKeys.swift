public import ServiceKit

extension Logger.Key {
    /// Which order a line is about.
    public static var orderID: Logger.Key { Logger.Key("order_id") }
    /// How many were ordered, or released.
    public static var quantity: Logger.Key { Logger.Key("quantity") }
}
