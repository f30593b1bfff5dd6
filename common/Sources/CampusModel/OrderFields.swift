public import StrictJSON

/// The fields of an order, as requests and messages have them: each is read and described here.
public enum OrderFields {
    /// Identifies the order; read in upper case too.
    public static let id = Field(
        "order_id",
        .string(
            "Identifies the order (RFC 9562).", pattern: "^[0-9a-fA-F]{8}(-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}$",
            format: "uuid", example: exampleID)
    ) { json throws(InvalidField) in try json.orderID("order_id") }

    /// What is ordered.
    public static let item = Field(
        "item",
        .string(
            "What is ordered. Control characters are not allowed. burger, pizza and salad are in stock at the start.",
            lengths: Order.itemLengths, pattern: #"^[^\u0000-\u001f\u007f-\u009f]*$"#, example: Order.menu[0])
    ) { json throws(InvalidField) in try json.item() }

    /// How many portions.
    public static let quantity = Field(
        "quantity", .integer("How many portions.", in: Order.quantities, example: 2)
    ) { json throws(InvalidField) in try json.quantity() }

    /// What has become of the order.
    public static let status = Field("status", status(OrderStatus.allCases)) { json throws(InvalidField) in
        try json.status()
    }

    /// An identifier for examples.
    public static let exampleID = "0b8f4a86-3c1e-4c8e-9f42-6a1d5c0e7b21"
    /// A time for examples, in seconds since 1970.
    public static let exampleTime = 1_795_824_000.25

    /// Describes the status of an order that has one of these.
    public static func status(_ values: [OrderStatus]) -> JSONSchema {
        .choice(values.map(\.rawValue), "What has become of the order.", example: values.first?.rawValue)
    }

    /// Describes the time that an order or event has.
    public static func timestamp(_ meaning: String) -> JSONSchema {
        .number(meaning, in: Order.timestamps, example: exampleTime)
    }
}

extension Order {
    /// Describes the identifier as this project writes it.
    public static let idSchema = JSONSchema.string(
        "Identifies the order (RFC 9562).", pattern: "^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$", format: "uuid",
        example: OrderFields.exampleID)

    /// Describes an order's five fields, as ``writeFields(to:)`` writes them.
    ///
    /// - Parameters:
    ///   - statuses: those that it may have.
    ///   - moment: what its timestamp says.
    public static func properties(
        _ statuses: [OrderStatus], timestamp moment: String = "When the order was placed"
    ) -> [JSONSchema.Property] {
        [
            JSONSchema.Property("order_id", idSchema),
            OrderFields.item.property,
            OrderFields.quantity.property,
            JSONSchema.Property("status", OrderFields.status(statuses)),
            JSONSchema.Property(
                "timestamp", OrderFields.timestamp(moment + ", in seconds since 1970 with a fraction.")),
        ]
    }
}
