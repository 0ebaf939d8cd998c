/// One message of an object's header: what kind it is, and where its bytes stand.
struct HDF5Message {
    /// The kinds that say where data are or lead elsewhere.
    enum Kind: UInt16 {
        case dataspace = 0x01
        case linkInfo = 0x02
        case datatype = 0x03
        case link = 0x06
        case externalFiles = 0x07
        case layout = 0x08
        case filters = 0x0B
        case attribute = 0x0C
        case sharedMessages = 0x0F
        case continuation = 0x10
        case symbolTable = 0x11
        case driver = 0x14
        case attributeInfo = 0x15
        case cacheImage = 0x18
    }

    /// Nothing, fill values, notes on groups, comments, times, counts and properties: they name no place in the file.
    static let passedOver: Set<UInt16> = [0x00, 0x04, 0x05, 0x09, 0x0A, 0x0D, 0x0E, 0x12, 0x13, 0x16, 0x17]

    var kind: Kind
    var content: ByteCursor
}

extension HDF5File {
    /// The messages of the object at `address`, those of its further blocks included.
    mutating func messages(of address: UInt64) throws(InspectionError) -> [HDF5Message] {
        let what = "the header of an object"
        var messages: [HDF5Message] = []
        // Version 1 has no sign; its first byte is 1.
        guard end - base > 16, address <= UInt64(end - base) - 16 else {
            throw .malformed("\(what) stands at \(address), and the file has \(end - base)")
        }
        var peeked = ByteCursor(source, from: base + Int64(address), to: base + Int64(address) + 16)
        let head = try peeked.bytes(16)
        if head.starts(with: Array("OHDR".utf8)) {
            let flags = head[5]
            guard head[4] == 2 else { throw .malformed("version \(head[4]) of \(what) is not known") }
            var cursor = ByteCursor(source, from: base + Int64(address) + 6, to: end)
            try cursor.skip((flags & 0x20 != 0 ? 16 : 0) + (flags & 0x10 != 0 ? 4 : 0))
            let size = try length(&cursor, of: 1 << Int(flags & 3))
            let prefix = UInt64(cursor.position - base) - address
            guard size <= HDF5Checksum.longest else { throw .malformed("\(what) at byte \(address) is too long") }
            var block = try summed(address, prefix + size + 4, sign: "OHDR", what)
            try block.skip(prefix - 4)
            try readBlock(&block, headSize: flags & 4 != 0 ? 6 : 4, into: &messages)
        } else {
            guard head[0] == 1 else { throw .malformed("\(what) does not begin at byte \(address)") }
            var cursor = try part(address, 16, what)
            try cursor.skip(8)
            let size = try cursor.little(UInt32.self)
            var block = try part(address + 16, UInt64(size), what)
            try readBlock(&block, headSize: 8, into: &messages)
        }
        return messages
    }

    private mutating func readBlock(
        _ block: inout ByteCursor, headSize: Int64, into messages: inout [HDF5Message]
    ) throws(InspectionError) {
        // What is shorter than a message's head is a gap.
        while block.remaining >= headSize {
            let place = block.position
            let type = headSize == 8 ? try block.little(UInt16.self) : UInt16(try block.byte())
            let size = try block.little(UInt16.self)
            let flags = try block.byte()
            try block.skip(headSize == 8 ? 3 : UInt64(headSize) - 4)
            guard Int64(size) <= block.remaining else {
                throw .malformed("the message at byte \(place) is longer than its header")
            }
            let content = ByteCursor(source, from: block.position, to: block.position + Int64(size))
            try block.skip(UInt64(size))
            if HDF5Message.passedOver.contains(type) { continue }
            guard let kind = HDF5Message.Kind(rawValue: type) else {
                throw .malformed("the message at byte \(place) is of the unknown type \(type)")
            }
            guard flags & 2 == 0 else {
                throw .malformed("the message at byte \(place) is shared with another object, which is not read here")
            }
            if kind == .continuation {
                try readContinuation(content, headSize: headSize, into: &messages)
            } else {
                messages.append(HDF5Message(kind: kind, content: content))
            }
        }
    }

    private mutating func readContinuation(
        _ content: ByteCursor, headSize: Int64, into messages: inout [HDF5Message]
    ) throws(InspectionError) {
        var content = content
        let what = "the rest of an object's header"
        guard let address = try address(&content) else { throw .malformed("\(what) is nowhere") }
        let size = try length(&content)
        guard size >= 8 else { throw .malformed("\(what) takes \(size) bytes at \(address)") }
        var block = headSize == 8 ? try part(address, size, what) : try summed(address, size, sign: "OCHK", what)
        try readBlock(&block, headSize: headSize, into: &messages)
    }
}
