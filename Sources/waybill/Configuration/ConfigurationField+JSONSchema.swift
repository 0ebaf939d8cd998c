import WaybillCore

extension ConfigurationField {
    /// The JSON Schema (draft 2020-12) of `waybill.yaml`, for editors.
    static var jsonSchema: Value {
        var top = Node()
        for field in all { top.add(field, field.path.split(separator: ".").map(String.init)[...]) }
        guard case .object(var schema) = top.schema else { return .null }
        schema["$schema"] = "https://json-schema.org/draft/2020-12/schema"
        schema["title"] = "Settings of Waybill (waybill.yaml)"
        return .object(schema)
    }

    /// An object of the file with its members.
    private struct Node {
        var field: ConfigurationField?
        var members: [String: Node] = [:]

        mutating func add(_ field: ConfigurationField, _ path: ArraySlice<String>) {
            guard let name = path.first else {
                self.field = field
                return
            }
            members[name, default: Node()].add(field, path.dropFirst())
        }

        var schema: Value {
            guard let field else {
                return [
                    "type": "object", "additionalProperties": false,
                    "properties": .object(Members(members.mapValues(\.schema))),
                ]
            }
            var schema = field.type.schema
            schema["description"] = .string(field.meaning)
            return .object(schema)
        }
    }
}

extension ConfigurationType {
    fileprivate var schema: Members {
        switch self {
        case .text, .path, .address: ["type": "string", "minLength": 1]
        case .repositoryFolder: ["type": "string"]
        case .integer(let range):
            ["type": "integer", "minimum": .integer(range.lowerBound), "maximum": .integer(range.upperBound)]
        case .boolean: ["type": "boolean"]
        case .duration: ["type": "string", "pattern": "^[0-9]+(ms|s|m|h)$"]
        case .bytes: ["type": ["string", "integer"], "pattern": "^[0-9]+(KiB|MiB|GiB|TiB)$", "minimum": 0]
        case .range: ["type": "string", "pattern": "^[0-9]+-[0-9]+$"]
        case .choice(let words): ["enum": .list(words.map { .string($0) })]
        case .list: ["type": "array", "items": ["type": "string", "minLength": 1]]
        }
    }
}
