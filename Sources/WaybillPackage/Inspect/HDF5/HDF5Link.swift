import WaybillCore

/// A name in a group, and what it stands for.
struct HDF5Link {
    enum Target: Hashable {
        /// An object of this file, by the address of its header.
        case object(UInt64)
        /// Another name in this file.
        case soft
        case external(file: String, path: String)
        /// What only the loading program knows.
        case own(kind: UInt8)
    }

    static let nameLimit = 1024

    var name: String
    var target: Target

    init(name: String, target: Target) throws(InspectionError) {
        guard !name.isEmpty, name != ".", !name.utf8.contains(UInt8(ascii: "/")) else {
            throw .malformed("a link has the name \(name.quotedForMessage)")
        }
        (self.name, self.target) = (name, target)
    }

    /// A link message.
    init(_ file: HDF5File, _ cursor: inout ByteCursor) throws(InspectionError) {
        let (version, flags) = (try cursor.byte(), try cursor.byte())
        guard version == 1 else { throw .malformed("version \(version) of a link is not known") }
        let kind = flags & 8 != 0 ? try cursor.byte() : 0
        try cursor.skip((flags & 4 != 0 ? 8 : 0) + (flags & 16 != 0 ? 1 : 0))
        let length = try file.length(&cursor, of: 1 << Int(flags & 3))
        let name = try cursor.text(length, limit: Self.nameLimit, what: "a link's name")
        switch kind {
        case 0:
            guard let address = try file.address(&cursor) else {
                throw .malformed("the link \(name.quotedForMessage) leads nowhere")
            }
            try self.init(name: name, target: .object(address))
        case 1: try self.init(name: name, target: .soft)
        case 64:
            let value = try cursor.bytes(Int(try cursor.little(UInt16.self)))
            let parts = value.dropFirst().split(separator: 0, omittingEmptySubsequences: false)
                .map { String(decoding: $0, as: UTF8.self) }
            try self.init(
                name: name,
                target: .external(file: parts.first ?? "", path: parts.dropFirst().first ?? ""))
        case _: try self.init(name: name, target: .own(kind: kind))
        }
    }
}
