/// JSON Schema, draft 2020-12, of the manifests: for editors and other tools.
package enum JSONSchema {
    private static let draft: Value = "https://json-schema.org/draft/2020-12/schema"

    /// The schema of one kind, on its own.
    package static func schema(of kind: KindSchema) -> Value {
        var members = document(kind).object ?? [:]
        members["$schema"] = draft
        members["$id"] = .string("urn:waybill:v1alpha1:\(kind.kind.rawValue)")
        return .object(members)
    }

    /// One schema for documents of every kind, by their `kind`.
    package static var combined: Value {
        let kinds = KindSchema.all
        return [
            "$schema": draft, "$id": "urn:waybill:v1alpha1", "title": "Waybill manifest", "type": "object",
            "required": ["apiVersion", "kind"],
            "properties": [
                "apiVersion": ["const": .string(KindSchema.apiVersion)],
                "kind": ["enum": .list(kinds.map { .string($0.kind.rawValue) })],
            ],
            "allOf": .list(
                kinds.map { kind in
                    [
                        "if": ["properties": ["kind": ["const": .string(kind.kind.rawValue)]], "required": ["kind"]],
                        "then": ["$ref": .string("#/$defs/\(kind.kind.rawValue)")],
                    ]
                }),
            "$defs": .object(Members(kinds.map { ($0.kind.rawValue, document($0)) })),
        ]
    }

    /// That of `.waybill/access.yaml`, which is no kind of resource.
    package static var access: Value {
        var members = object(AccessSchema.document).object ?? [:]
        members["$schema"] = draft
        members["$id"] = .string("urn:waybill:v1alpha1:\(AccessSchema.kind)")
        members["title"] = .string(AccessSchema.kind)
        members["description"] = .string(AccessSchema.documentation)
        return .object(members)
    }

    /// File names under `manifests/schema/` with their contents.
    package static var files: [String: String] {
        var files = [
            "waybill.schema.json": combined.prettyJSON + "\n", AccessSchema.fileName: access.prettyJSON + "\n",
        ]
        for kind in KindSchema.all { files[fileName(kind.kind)] = schema(of: kind).prettyJSON + "\n" }
        return files
    }

    /// `model-version.schema.json`.
    package static func fileName(_ kind: Kind) -> String {
        var name = ""
        for character in kind.rawValue {
            if character.isUppercase, !name.isEmpty { name += "-" }
            name += character.lowercased()
        }
        return name + ".schema.json"
    }

    private static func document(_ kind: KindSchema) -> Value {
        var members = object(kind.document).object ?? [:]
        members["title"] = .string(kind.kind.rawValue)
        members["description"] = .string(kind.documentation)
        return .object(members)
    }

    private static func object(_ fields: [Field]) -> Value {
        var members: Members = [
            "type": "object", "additionalProperties": false,
            "properties": .object(Members(fields.map { ($0.name, property($0)) })),
        ]
        let required = fields.filter(\.isRequired).map { Value.string($0.name) }
        if !required.isEmpty { members["required"] = .list(required) }
        return .object(members)
    }

    private static func property(_ field: Field) -> Value {
        var members = type(field.type).object ?? [:]
        members["description"] = .string(field.documentation)
        members["default"] = field.defaultValue
        return .object(members)
    }

    private static func type(_ type: FieldType) -> Value {
        switch type {
        case .string(let format): return string(format)
        case .choice(let words): return ["enum": .list(words.map { .string($0) })]
        case .integer(let range):
            var members: Members = ["type": "integer", "minimum": .integer(range.lowerBound)]
            if range.upperBound != Int64.max { members["maximum"] = .integer(range.upperBound) }
            return .object(members)
        case .number: return ["type": "number"]
        case .onlyTrue: return ["const": true]
        case .list(let item, let minimum, let unique):
            var members: Members = ["type": "array", "items": Self.type(item)]
            if minimum > 0 { members["minItems"] = .integer(Int64(minimum)) }
            if unique != .none { members["uniqueItems"] = true }
            return .object(members)
        case .map(let keys, let values):
            return [
                "type": "object", "propertyNames": string(keys), "additionalProperties": Self.type(values),
            ]
        case .object(let fields): return object(fields)
        }
    }

    private static func string(_ format: StringFormat) -> Value {
        var members: Members = ["type": format.allowsNumber ? ["string", "number"] : "string"]
        if let pattern = format.pattern { members["pattern"] = .string(pattern) }
        return .object(members)
    }
}
