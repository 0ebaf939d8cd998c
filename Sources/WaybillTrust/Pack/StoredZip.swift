package import WaybillCore

/// A zip whose members are stored as they are, in one form only: equal members give equal bytes, and what is not in that form is
/// refused.
///
/// A reader that takes any zip has to look for second names, overlaps, hidden bytes and bombs. This one writes again what it has read
/// and compares: whatever differs was not written by `bytes`.
package struct StoredZip: Hashable, Sendable {
    package struct Member: Hashable, Sendable {
        package var name: String
        package var bytes: [UInt8]

        package init(_ name: String, _ bytes: [UInt8]) {
            self.name = name
            self.bytes = bytes
        }
    }

    /// In the order of their names' bytes.
    package let members: [Member]

    /// Bytes of the largest zip, and how many members one may have.
    package static let largest = 64 << 20
    package static let mostMembers = 4096

    /// - Throws: `InvalidInput` for a name that no pack has, one that is there twice, and more than a zip may hold.
    package init(_ members: [Member]) throws(InvalidInput) {
        guard members.count <= Self.mostMembers else {
            throw InvalidInput("it has \(members.count) members; \(Self.mostMembers) are the most")
        }
        let sorted = members.sorted { $0.name.byteOrder($1.name) < 0 }
        for (member, next) in zip(sorted, sorted.dropFirst()) where member.name == next.name {
            throw InvalidInput("\(member.name.quotedForMessage) is there twice")
        }
        for member in sorted where !Self.isSound(member.name) {
            throw InvalidInput("\(member.name.quotedForMessage) is no name that a pack has")
        }
        guard sorted.reduce(0, { $0 + $1.bytes.count }) <= Self.largest else {
            throw InvalidInput("its members have more than 64 MiB")
        }
        self.members = sorted
    }

    package subscript(name: String) -> [UInt8]? { members.first { $0.name == name }?.bytes }

    /// Relative, in plain letters, no part of it empty or made of dots.
    private static func isSound(_ name: String) -> Bool {
        let parts = name.utf8.split(separator: UInt8(ascii: "/"), omittingEmptySubsequences: false)
        return name.utf8.count <= 200
            && parts.allSatisfy { part in
                !part.isEmpty && part.first != UInt8(ascii: ".")
                    && part.allSatisfy {
                        (48...57).contains($0) || (65...90).contains($0) || (97...122).contains($0)
                            || $0 == UInt8(ascii: ".") || $0 == UInt8(ascii: "-") || $0 == UInt8(ascii: "_")
                    }
            }
    }

    /// The file. Times are those of the format's first day.
    package var bytes: [UInt8] {
        var file: [UInt8] = []
        var directory: [UInt8] = []
        for member in members {
            let offset = file.count
            let common = Self.common(member)
            file += Self.little(0x0403_4B50, 4) + common + Array(member.name.utf8) + member.bytes
            directory += Self.little(0x0201_4B50, 4) + Self.little(20, 2) + common
            // Comment, disk, attributes; then where the member begins.
            directory += Self.little(0, 2) + Self.little(0, 2) + Self.little(0, 2) + Self.little(0, 4)
            directory += Self.little(offset, 4) + Array(member.name.utf8)
        }
        let start = file.count
        file += directory + Self.little(0x0605_4B50, 4) + Self.little(0, 4)
        file += Self.little(members.count, 2) + Self.little(members.count, 2)
        return file + Self.little(directory.count, 4) + Self.little(start, 4) + Self.little(0, 2)
    }

    /// Version to read it, flags, method, time, day, checksum, both sizes, length of the name, none of extra fields.
    private static func common(_ member: Member) -> [UInt8] {
        let size = little(member.bytes.count, 4)
        return little(10, 2) + little(0, 2) + little(0, 2) + little(0, 2) + little(0x0021, 2)
            + little(Int(CRC32.of(member.bytes)), 4) + size + size + little(member.name.utf8.count, 2) + little(0, 2)
    }

    private static func little(_ number: Int, _ width: Int) -> [UInt8] {
        (0..<width).map { UInt8(truncatingIfNeeded: number >> (8 * $0)) }
    }
}

extension StoredZip {
    /// - Throws: `InvalidInput` that says what no pack has.
    package init(reading file: [UInt8]) throws(InvalidInput) {
        guard file.count <= Self.largest + (1 << 20) else { throw InvalidInput("it is larger than a pack may be") }
        var reader = LittleReader(file)
        var members: [Member] = []
        while reader.peek(4) == 0x0403_4B50 {
            members.append(try reader.member())
            guard members.count <= Self.mostMembers else {
                throw InvalidInput("it has more than \(Self.mostMembers) members")
            }
        }
        guard !members.isEmpty else { throw InvalidInput("it does not begin as a zip of stored members does") }
        try self.init(members)
        guard bytes == file else {
            throw InvalidInput("it is not the zip that these members make: it was altered, or packed again")
        }
    }
}

/// Takes members off the front of a file.
private struct LittleReader {
    private let bytes: [UInt8]
    private var place = 0

    init(_ bytes: [UInt8]) { self.bytes = bytes }

    func peek(_ width: Int, at offset: Int = 0) -> Int? {
        guard place + offset + width <= bytes.count else { return nil }
        return (0..<width).reduce(0) { $0 | Int(bytes[place + offset + $1]) << (8 * $1) }
    }

    mutating func member() throws(InvalidInput) -> StoredZip.Member {
        guard let flags = peek(2, at: 6), let method = peek(2, at: 8), let packed = peek(4, at: 18),
            let size = peek(4, at: 22), let nameLength = peek(2, at: 26), let extraLength = peek(2, at: 28),
            place + 30 + nameLength + extraLength + packed <= bytes.count
        else { throw InvalidInput("it ends within a member") }
        let start = place + 30 + nameLength + extraLength
        let name = String(decoding: bytes[(place + 30)..<(place + 30 + nameLength)], as: UTF8.self)
        guard method == 0, flags == 0, packed == size else {
            throw InvalidInput("\(name.quotedForMessage) is packed or encrypted; a pack stores its members as they are")
        }
        place = start + size
        return StoredZip.Member(name, Array(bytes[start..<(start + size)]))
    }
}

/// The checksum of zips (CRC-32 of ISO 3309), by a table of 256 numbers.
private enum CRC32 {
    private static let table: [UInt32] = (0..<256).map { byte in
        (0..<8).reduce(UInt32(byte)) { rest, _ in rest & 1 == 1 ? rest >> 1 ^ 0xEDB8_8320 : rest >> 1 }
    }

    static func of(_ bytes: [UInt8]) -> UInt32 {
        ~bytes.reduce(~0) { $0 >> 8 ^ table[Int(UInt8(truncatingIfNeeded: $0) ^ $1)] }
    }
}
