extension JSONSchema {
    /// Where descriptions keep the schemas that have a name.
    public static let definitions = "#/components/schemas/"

    /// Writes the schema as an object; schemas that have a name are referred to.
    ///
    /// - Parameter isDefinition: whether a schema that has a name is written out all the same, at its own place.
    public func write(to json: inout JSONWriter, isDefinition: Bool = false) {
        if let name, !isDefinition {
            json.object { $0.field("$ref", JSONSchema.definitions + name) }
        } else {
            json.object { json in
                writeKind(to: &json, isNullable: false)
                if let meaning { json.field("description", meaning) }
            }
        }
    }

    private func writeKind(to json: inout JSONWriter, isNullable: Bool) {
        switch kind {
        case .string(let lengths, let pattern, let format):
            type("string", isNullable, to: &json)
            if let lengths {
                json.field("minLength", lengths.lowerBound)
                json.field("maxLength", lengths.upperBound)
            }
            if let pattern { json.field("pattern", pattern) }
            if let format { json.field("format", format) }
        case .choice(let values):
            type("string", isNullable, to: &json)
            json.name("enum")
            json.array { json in
                for value in values { json.value(value) }
                if isNullable { json.nullValue() }
            }
        case .integer(let range):
            type("integer", isNullable, to: &json)
            if let range {
                json.field("minimum", range.lowerBound)
                if range.upperBound < .max { json.field("maximum", range.upperBound) }
            }
        case .number(let range):
            type("number", isNullable, to: &json)
            if let range {
                json.field("minimum", range.lowerBound)
                if range.upperBound < .infinity { json.field("maximum", range.upperBound) }
            }
        case .boolean: type("boolean", isNullable, to: &json)
        case .array(let element, let most):
            type("array", isNullable, to: &json)
            json.name("items")
            element.write(to: &json)
            if let most { json.field("maxItems", most) }
        case .object(let properties, let others):
            type("object", isNullable, to: &json)
            JSONSchema.write(properties, others, to: &json)
        case .nullable(let schema): schema.writeKind(to: &json, isNullable: true)
        case .anything: break
        }
    }

    private func type(_ name: String, _ isNullable: Bool, to json: inout JSONWriter) {
        guard isNullable else { return json.field("type", name) }
        json.name("type")
        json.array { json in
            json.value(name)
            json.value("null")
        }
    }

    private static func write(_ properties: [Property], _ others: Others, to json: inout JSONWriter) {
        json.name("properties")
        json.object { json in
            for property in properties {
                json.name(property.name)
                property.schema.write(to: &json)
            }
        }
        let required = properties.filter(\.isRequired).map(\.name)
        if !required.isEmpty {
            json.name("required")
            json.array { json in for name in required { json.value(name) } }
        }
        switch others {
        case .none: json.field("additionalProperties", false)
        case .ignored: break
        case .values(let schema):
            json.name("additionalProperties")
            schema.write(to: &json)
        }
    }

    /// The schemas within this one that have a name, each once, those that others refer to included.
    ///
    /// - Parameter known: those that were found before; the new ones are added.
    public func collectNamed(into known: inout [String: JSONSchema]) {
        if let name {
            guard known[name] == nil else { return }
            known[name] = self
        }
        switch kind {
        case .array(let element, _): element.collectNamed(into: &known)
        case .object(let properties, let others):
            for property in properties { property.schema.collectNamed(into: &known) }
            if case .values(let schema) = others { schema.collectNamed(into: &known) }
        case .nullable(let schema): schema.collectNamed(into: &known)
        case .string, .choice, .integer, .number, .boolean, .anything: break
        }
    }
}
