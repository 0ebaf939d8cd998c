package import WaybillCore

/// A `Value` as it stands inside a view.
package struct WireValue: Hashable, Sendable, Codable {
    package var value: Value

    package init(_ value: Value) { self.value = value }

    package init(from decoder: any Decoder) throws {
        if let members = try? decoder.container(keyedBy: AnyKey.self) {
            var object: [String: Value] = [:]
            for key in members.allKeys {
                object[key.stringValue] = try members.decode(WireValue.self, forKey: key).value
            }
            value = .object(Members(object))
        } else if var items = try? decoder.unkeyedContainer() {
            var list: [Value] = []
            while !items.isAtEnd { list.append(try items.decode(WireValue.self).value) }
            value = .list(list)
        } else {
            value = try Self.scalar(decoder.singleValueContainer())
        }
    }

    private static func scalar(_ container: any SingleValueDecodingContainer) throws -> Value {
        if container.decodeNil() { return .null }
        if let flag = try? container.decode(Bool.self) { return .bool(flag) }
        if let number = try? container.decode(Int64.self) { return .integer(number) }
        if let number = try? container.decode(Double.self) { return .number(number) }
        return .string(try container.decode(String.self))
    }

    package func encode(to encoder: any Encoder) throws {
        switch value {
        case .object(let object):
            var members = encoder.container(keyedBy: AnyKey.self)
            for (name, value) in object { try members.encode(WireValue(value), forKey: AnyKey(name)) }
        case .list(let list):
            var items = encoder.unkeyedContainer()
            for value in list { try items.encode(WireValue(value)) }
        case .null, .bool, .integer, .number, .string:
            var container = encoder.singleValueContainer()
            try encodeScalar(into: &container)
        }
    }

    private func encodeScalar(into container: inout any SingleValueEncodingContainer) throws {
        switch value {
        case .bool(let flag): try container.encode(flag)
        case .integer(let number): try container.encode(number)
        case .number(let number) where number.isFinite: try container.encode(number)
        case .string(let text): try container.encode(text)
        case .null, .number, .list, .object: try container.encodeNil()
        }
    }
}

private struct AnyKey: CodingKey {
    let stringValue: String
    var intValue: Int? { nil }

    init(_ name: String) { stringValue = name }
    init?(stringValue: String) { self.init(stringValue) }
    init?(intValue: Int) { nil }
}
