public import StrictJSON

extension JSONObject {
    /// Reads a UUID, in upper or lower case.
    ///
    /// - Throws: ``StrictJSON/InvalidField`` if it is missing, there twice, or no UUID.
    public func orderID(_ name: StaticString) throws(InvalidField) -> OrderID {
        var id: OrderID?
        try string(name, "must be a UUID") {
            id = OrderID(utf8: $0)
            return id != nil
        }
        guard let id else { throw InvalidField(name.description, "must be a UUID") }
        return id
    }
}

extension JSONWriter {
    /// Writes a field with an identifier.
    public mutating func field(_ name: StaticString, _ value: OrderID) {
        self.name(name)
        self.value(value)
    }

    /// Writes an identifier as an element.
    public mutating func value(_ value: OrderID) { plain(OrderID.textLength) { value.write(to: $0) } }
}
