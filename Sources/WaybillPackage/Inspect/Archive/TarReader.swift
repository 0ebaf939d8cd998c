/// One member of a tar, with the names and sizes that extended headers before it gave.
struct TarMember: Hashable {
    enum Kind: Hashable {
        case file, folder
        case link, device
        /// Continues nothing that is read here: sparse files, volumes, what only its writer knows.
        case other(UInt8)
    }

    var name: String
    var kind: Kind
    var start: Int64
    var size: Int64
    /// By its owner, as the header says.
    var isExecutable = false
}

/// Reads a tar (ustar, pax, GNU) from front to back; only what every reader understands in the same way.
struct TarReader {
    static let block: Int64 = 512
    private static let extendedLimit: Int64 = 1 << 20

    private var cursor: ByteCursor
    private var longName: String?
    private var extended: [String: String] = [:]

    init(_ source: any ByteSource) { cursor = ByteCursor(source) }

    /// Whether `head` is a tar's first header: it carries a sum of itself.
    static func isAnnounced(by head: [UInt8]) -> Bool {
        guard head.count >= 512, head[0] != 0, let sum = number(head[148..<156]) else { return false }
        return sum == Int64(checksum(head))
    }

    /// The next member; nil at the end, after which only zeros may stand.
    mutating func next() throws(InspectionError) -> TarMember? {
        while true {
            let place = cursor.position
            // A tar may end without the blocks of zeros.
            if cursor.isAtEnd { return nil }
            let header = try cursor.bytes(Int(Self.block))
            if header.allSatisfy({ $0 == 0 }) {
                try checkEnd()
                return nil
            }
            guard Self.number(header[148..<156]) == Int64(Self.checksum(header)) else {
                throw .malformed("the header at byte \(place) has a wrong checksum")
            }
            guard let size = Self.number(header[124..<136]), size >= 0 else {
                throw .malformed("the size in the header at byte \(place) is no number")
            }
            switch header[156] {
            case UInt8(ascii: "x"): try readExtended(size, at: place)
            case UInt8(ascii: "g"): throw .malformed("the header at byte \(place) changes all that follow it")
            case UInt8(ascii: "L"): longName = try text(size, at: place)
            case UInt8(ascii: "K"): _ = try text(size, at: place)
            case _: return try member(header, size, at: place)
            }
        }
    }

    private mutating func member(
        _ header: [UInt8], _ size: Int64, at place: Int64
    ) throws(InspectionError) -> TarMember {
        let name = try name(in: header, at: place)
        var size = size
        if let given = extended["size"] {
            guard let number = Int64(given), number >= 0 else { throw .malformed("'\(name)' has a broken size") }
            size = number
        }
        let kind = try kind(header[156], name)
        // Links and devices have no content, whatever their header says.
        if kind == .folder || kind == .link || kind == .device, size != 0 {
            throw .malformed("'\(name)' is no file and has a size")
        }
        let start = cursor.position
        try skipContent(size)
        (longName, extended) = (nil, [:])
        let isExecutable = (Self.number(header[100..<108]) ?? 0) & 0o100 != 0
        return TarMember(name: name, kind: kind, start: start, size: size, isExecutable: isExecutable)
    }

    private func kind(_ type: UInt8, _ name: String) throws(InspectionError) -> TarMember.Kind {
        if extended.keys.contains(where: { $0.hasPrefix("GNU.sparse") }) { return .other(UInt8(ascii: "S")) }
        switch type {
        case 0, UInt8(ascii: "0"), UInt8(ascii: "7"): return name.hasSuffix("/") ? .folder : .file
        case UInt8(ascii: "5"): return .folder
        case UInt8(ascii: "1"), UInt8(ascii: "2"): return .link
        case UInt8(ascii: "3"), UInt8(ascii: "4"), UInt8(ascii: "6"): return .device
        case _: return .other(type)
        }
    }

    private func name(in header: [UInt8], at place: Int64) throws(InspectionError) -> String {
        if let name = extended["path"] ?? longName { return name }
        guard let name = String(validating: Self.nameBytes(in: header), as: UTF8.self) else {
            throw .malformed("the name in the header at byte \(place) is not UTF-8")
        }
        return name
    }

    /// The name in a header's own fields.
    static func nameBytes(in header: [UInt8]) -> [UInt8] {
        let bytes = Array(header[0..<100].prefix { $0 != 0 })
        // GNU's own header has other things where ustar has the first part of a long name.
        guard header[257..<265].elementsEqual("ustar\u{0}00".utf8), header[345] != 0 else { return bytes }
        return Array(header[345..<500].prefix { $0 != 0 }) + [UInt8(ascii: "/")] + bytes
    }

    private mutating func skipContent(_ size: Int64) throws(InspectionError) {
        try cursor.skip(UInt64(size))
        let padding = (Self.block - size % Self.block) % Self.block
        // The last padding may be missing.
        try cursor.skip(UInt64(min(padding, cursor.remaining)))
    }

    private mutating func text(_ size: Int64, at place: Int64) throws(InspectionError) -> String {
        guard size <= Self.extendedLimit else {
            throw .malformed(
                "the extended header at byte \(place) is \(size) bytes long, more than \(Self.extendedLimit)")
        }
        let bytes = try cursor.bytes(Int(size)).prefix { $0 != 0 }
        try cursor.skip(UInt64(min((Self.block - size % Self.block) % Self.block, cursor.remaining)))
        guard let text = String(validating: bytes, as: UTF8.self) else {
            throw .malformed("the extended header at byte \(place) is not UTF-8")
        }
        return text
    }

    /// Records of the form `length key=value`, each with the line end that its length counts.
    private mutating func readExtended(_ size: Int64, at place: Int64) throws(InspectionError) {
        let broken = InspectionError.malformed("the extended header at byte \(place) is broken")
        var rest = Array(try text(size, at: place).utf8)[...]
        while !rest.isEmpty {
            guard let (key, value) = Self.takeRecord(from: &rest) else { throw broken }
            guard extended[key] == nil else {
                throw .malformed("'\(key.prefix(80))' stands twice in the header at byte \(place)")
            }
            extended[key] = value
        }
    }

    /// Takes the record `LENGTH key=value\n` that `rest` begins with; nil when none does.
    static func takeRecord(from rest: inout ArraySlice<UInt8>) -> (key: String, value: String)? {
        let digits = rest.prefix { (0x30...0x39).contains($0) }
        guard let length = Int(String(decoding: digits, as: UTF8.self)), length <= rest.count,
            length > digits.count + 1
        else { return nil }
        let record = rest.prefix(length).dropFirst(digits.count + 1)
        guard let equals = record.firstIndex(of: UInt8(ascii: "=")), record.last == 0x0A else { return nil }
        rest = rest.dropFirst(length)
        return (
            String(decoding: record[..<equals], as: UTF8.self),
            String(decoding: record[(equals + 1)...].dropLast(), as: UTF8.self)
        )
    }

    private mutating func checkEnd() throws(InspectionError) {
        let end = cursor.position
        while !cursor.isAtEnd {
            let piece = try cursor.bytes(Int(min(64 << 10, cursor.remaining)))
            guard piece.allSatisfy({ $0 == 0 }) else { throw .malformed("something follows its end at byte \(end)") }
        }
    }

    /// All bytes of a header, its own sum taken for spaces.
    static func checksum(_ header: [UInt8]) -> Int {
        var sum = 8 * 32
        for index in 0..<512 where !(148..<156).contains(index) { sum += Int(header[index]) }
        return sum
    }

    /// Octal text, or GNU's big-endian number after a byte of 0x80.
    static func number(_ field: ArraySlice<UInt8>) -> Int64? {
        if field.first == 0x80 {
            var number: Int64 = 0
            for byte in field.dropFirst() {
                guard number < 1 << 54 else { return nil }
                number = number << 8 | Int64(byte)
            }
            return number
        }
        let text = field.drop { $0 == 0x20 }.prefix { $0 != 0x20 && $0 != 0 }
        guard !text.isEmpty, text.allSatisfy({ (0x30...0x37).contains($0) }) else { return nil }
        return Int64(String(decoding: text, as: UTF8.self), radix: 8)
    }
}
