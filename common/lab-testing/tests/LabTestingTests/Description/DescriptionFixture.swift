import Foundation

@testable import LabTesting

/// A description with one of each thing, and ways to break it.
enum DescriptionFixture {
    static let bytes = Array(text.utf8)

    static func description() throws -> APIDescription { try APIDescription(bytes) }

    /// The description with one value changed.
    ///
    /// - Parameters:
    ///   - pointer: names joined by `>`, as paths hold slashes.
    ///   - value: the new value; `nil` takes the old one away.
    static func changed(_ pointer: String, to value: Any?) throws -> APIDescription {
        let root = try JSONSerialization.jsonObject(with: Data(bytes))
        let names = pointer.split(separator: ">").map { $0.trimmingCharacters(in: .whitespaces) }
        let data = try JSONSerialization.data(withJSONObject: change(root, names[...], value) as Any)
        return try APIDescription(Array(data))
    }

    private static func change(_ old: Any?, _ names: ArraySlice<String>, _ value: Any?) -> Any? {
        guard let name = names.first else { return value }
        if var array = old as? [Any], let index = Int(name) {
            array[index] = change(array[index], names.dropFirst(), value) ?? NSNull()
            return array
        }
        var object = old as? [String: Any] ?? [:]
        object[name] = change(object[name], names.dropFirst(), value)
        return object
    }

    static let order =
        #"{"order_id":"0f8fad5b-d9cb-469f-a165-70867728950e","item":"burger","quantity":2,"status":"placed","timestamp":1.5}"#

    static func error(_ code: String) -> String { #"{"error":"\#(code)","detail":"a sentence"}"# }

    private static let text = """
        {
          "openapi": "3.1.1",
          "info": {"title": "Kitchen", "version": "1"},
          "paths": {
            "/order": {"post": {
              "operationId": "placeOrder", "summary": "Places an order", "tags": ["orders"],
              "parameters": [{"$ref": "#/components/parameters/Key"}],
              "requestBody": {"required": true, "content": {"application/json": {
                "schema": {"$ref": "#/components/schemas/OrderRequest"}, "example": {"item": "burger", "quantity": 2}}}},
              "responses": {
                "201": {
                  "description": "The order", "headers": {
                    "X-Request-Id": {"$ref": "#/components/headers/RequestID"},
                    "Idempotent-Replayed": {"description": "A replay", "schema": {"type": "string", "const": "true"}}},
                  "content": {"application/json": {
                    "schema": {"$ref": "#/components/schemas/Order"}, "example": \(order)}}},
                "400": {"$ref": "#/components/responses/BadRequest"},
                "422": {
                  "description": "The order failed", "content": {"application/json": {
                    "schema": {"allOf": [
                      {"$ref": "#/components/schemas/Order"}, {"$ref": "#/components/schemas/Error"},
                      {"properties": {"error": {"enum": ["insufficient_stock"]}}}]},
                    "examples": {"short": {"value": {
                      "error": "insufficient_stock", "detail": "too few", "order_id": "0f8fad5b-d9cb-469f-a165-70867728950e",
                      "item": "burger", "quantity": 2, "status": "failed", "timestamp": 1.5}}}}}},
                "5XX": {"description": "A fault", "content": {"application/json": {
                  "schema": {"allOf": [{"$ref": "#/components/schemas/Error"},
                    {"properties": {"error": {"enum": ["injected_failure"]}}}]},
                  "example": {"error": "injected_failure", "detail": "as told"}}}}}}},
            "/orders": {"get": {
              "operationId": "listOrders", "summary": "Lists orders", "tags": ["orders"],
              "parameters": [
                {"name": "status", "in": "query", "description": "With this status",
                 "schema": {"type": "string", "enum": ["placed", "failed"]}, "example": "placed"},
                {"name": "limit", "in": "query", "description": "The newest",
                 "schema": {"type": "integer", "minimum": 1}},
                {"name": "all", "in": "query", "description": "All", "schema": {"type": "boolean"}}],
              "responses": {
                "200": {"description": "A list", "content": {
                  "application/json": {
                    "schema": {"type": "array", "items": {"$ref": "#/components/schemas/Order"}}, "example": []},
                  "text/plain": {"schema": {"type": "string", "pattern": "^orders "}, "example": "orders 0"}}},
                "400": {"$ref": "#/components/responses/BadRequest"}}}},
            "/orders/{order_id}": {
              "parameters": [{"name": "order_id", "in": "path", "required": true, "description": "Which",
                "schema": {"type": "string", "format": "uuid"}}],
              "get": {
                "operationId": "getOrder", "summary": "Tells an order", "tags": ["orders"],
                "responses": {
                  "200": {"description": "The order", "content": {"application/json": {
                    "schema": {"$ref": "#/components/schemas/Order"}, "example": \(order)}}},
                  "404": {"description": "None", "content": {"application/json": {
                    "schema": {"allOf": [{"$ref": "#/components/schemas/Error"},
                      {"properties": {"error": {"const": "not_found"}}}]},
                    "example": {"error": "not_found", "detail": "there is no such order"}}}}}},
              "delete": {
                "operationId": "dropOrder", "summary": "Drops an order", "tags": ["orders"],
                "responses": {"204": {"description": "It is gone"}}}},
            "/orders/open": {"get": {
              "operationId": "countOpen", "summary": "Counts", "tags": ["orders"],
              "responses": {"200": {"description": "A number", "headers": {
                  "X-Count": {"required": true, "description": "A number", "schema": {"type": "integer"}}},
                "content": {"application/json": {"schema": {"type": "integer"}, "example": 1}}}}}}
          },
          "components": {
            "headers": {"RequestID": {"description": "The request", "schema": {"type": "string", "minLength": 1}}},
            "parameters": {"Key": {"name": "Idempotency-Key", "in": "header", "description": "A key",
              "schema": {"type": "string", "minLength": 1, "maxLength": 255}}},
            "responses": {"BadRequest": {"description": "Not understood", "content": {"application/json": {
              "schema": {"allOf": [{"$ref": "#/components/schemas/Error"},
                {"properties": {"error": {"enum": ["bad_request"]}}}]},
              "example": {"error": "bad_request", "detail": "quantity must be an integer"}}}}},
            "schemas": {
              "Error": {"type": "object", "required": ["error", "detail"],
                "properties": {"error": {"type": "string"}, "detail": {"type": "string", "minLength": 1}}},
              "OrderRequest": {"type": "object", "required": ["item", "quantity"], "properties": {
                "item": {"type": "string", "minLength": 1, "maxLength": 64},
                "quantity": {"type": "integer", "minimum": 1, "maximum": 1000}}},
              "Order": {"type": "object", "required": ["order_id", "item", "quantity", "status", "timestamp"], "properties": {
                "order_id": {"type": "string", "format": "uuid"}, "item": {"type": "string"},
                "quantity": {"type": "integer"}, "status": {"enum": ["placed", "failed"]},
                "timestamp": {"type": "number"}}}
            }
          }
        }
        """
}
