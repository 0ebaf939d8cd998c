import WaybillCore

/// A value beside an object. Only its frame is read, unless somebody asks for its text.
struct HDF5Attribute {
    var name: String
    private var type: HDF5Datatype
    private var shape: [UInt64]?
    private var content: ByteCursor

    /// The longest text that is read.
    private static let longest: UInt64 = 16 << 20

    /// - Throws: when its parts do not fit into the message.
    init(_ file: HDF5File, _ cursor: inout ByteCursor) throws(InspectionError) {
        let (version, flags) = (try cursor.byte(), try cursor.byte())
        guard (1...3).contains(version) else { throw .malformed("version \(version) of an attribute is not known") }
        guard version == 1 || flags & 3 == 0 else {
            throw .malformed("an attribute's type is shared with another object, which is not read here")
        }
        let sizes = (
            UInt64(try cursor.little(UInt16.self)), UInt64(try cursor.little(UInt16.self)),
            UInt64(try cursor.little(UInt16.self))
        )
        if version == 3 { try cursor.skip(1) }
        func padded(_ size: UInt64) -> UInt64 { version == 1 ? (size + 7) / 8 * 8 : size }
        let bytes = try cursor.bytes(Int(padded(sizes.0)))
        name = String(decoding: bytes.prefix(while: { $0 != 0 }), as: UTF8.self)
        type = try cursor.part(padded(sizes.1)) { (part) throws(InspectionError) in
            let type = try HDF5Datatype(file, &part)
            try part.skip(UInt64(part.remaining))
            return type
        }
        shape = try cursor.part(padded(sizes.2)) { (part) throws(InspectionError) in
            let space = try HDF5Dataspace(file, &part)
            try part.skip(UInt64(part.remaining))
            return space.shape
        }
        let needed = try TensorFact(name: name, dtype: type.name, shape: shape ?? [0]).bytes(block: 1, size: type.size)
        guard needed <= UInt64(cursor.remaining) else {
            throw .malformed(
                "the attribute \(name.quotedForMessage) needs \(needed) bytes, and has \(cursor.remaining)")
        }
        content = cursor
    }

    /// The text that it is; nil when it is something else.
    func text(_ file: inout HDF5File, _ collections: inout HDF5Collections) throws(InspectionError) -> [UInt8]? {
        guard shape == [] else { return nil }
        var content = content
        switch type.kind {
        case .text: return Array(try content.bytes(Int(type.size)).prefix(while: { $0 != 0 }))
        case .variableText:
            let length = try content.little(UInt32.self)
            guard length <= Self.longest else {
                throw .malformed(
                    "the attribute \(name.quotedForMessage) has \(length) bytes, more than \(Self.longest)")
            }
            guard let address = try file.address(&content) else { return [] }
            let object = try collections.object(&file, address, index: try content.little(UInt32.self))
            guard let object, object.remaining >= length else {
                throw .malformed("the text of the attribute \(name.quotedForMessage) is not where it says")
            }
            var text = object
            return Array(try text.bytes(Int(length)).prefix(while: { $0 != 0 }))
        case .number, .other: return nil
        }
    }
}

/// Global heaps: what has no size of its own, such as a text, stands in one of them.
struct HDF5Collections {
    private var known: [UInt64: [UInt16: ByteCursor]] = [:]

    /// Object `index` of the collection at `address`.
    mutating func object(
        _ file: inout HDF5File, _ address: UInt64, index: UInt32
    ) throws(InspectionError) -> ByteCursor? {
        let objects: [UInt16: ByteCursor]
        if let read = known[address] { objects = read } else { objects = try Self.read(&file, address) }
        known[address] = objects
        return UInt16(exactly: index).flatMap { objects[$0] }
    }

    private static func read(
        _ file: inout HDF5File, _ address: UInt64
    ) throws(InspectionError) -> [UInt16: ByteCursor] {
        let what = "a collection of texts"
        let headSize = UInt64(8 + file.lengthSize)
        var head = try file.part(address, headSize, what)
        try file.expect("GCOL", &head, what)
        try head.skip(4)
        let size = try file.length(&head)
        guard size > headSize else { throw .malformed("\(what) at byte \(address) has \(size) bytes") }
        var cursor = try file.part(address + headSize, size - headSize, what)
        var objects: [UInt16: ByteCursor] = [:]
        while cursor.remaining >= Int64(headSize) {
            let index = try cursor.little(UInt16.self)
            try cursor.skip(6)
            let count = try file.length(&cursor)
            // The rest is free.
            if index == 0 { break }
            guard objects[index] == nil, count <= UInt64(cursor.remaining) else {
                throw .malformed("\(what) at byte \(address) holds an object that does not fit")
            }
            objects[index] = ByteCursor(file.source, from: cursor.position, to: cursor.position + Int64(count))
            try cursor.skip(min((count + 7) / 8 * 8, UInt64(cursor.remaining)))
        }
        return objects
    }
}
