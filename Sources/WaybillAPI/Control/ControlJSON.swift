package import Foundation

/// The one way in which views become bytes and bytes become views.
package enum ControlJSON {
    /// One line, members in the order of their names.
    package static func encode(_ view: some Encodable) throws -> Data {
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
        return try encoder.encode(view)
    }

    package static func decode<View: Decodable>(_ type: View.Type, from data: Data) throws -> View {
        try JSONDecoder().decode(type, from: data)
    }
}
