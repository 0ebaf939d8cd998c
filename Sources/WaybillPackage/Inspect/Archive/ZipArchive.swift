/// A zip whose every member was checked before any of them is unpacked.
struct ZipArchive {
    let source: any ByteSource
    let entries: [ZipEntry]
    /// Reasons to refuse the archive: names, links, headers that differ, members over each other.
    let findings: [Inspection.Finding]

    /// - Throws: when the directory cannot be read as a whole.
    init(_ source: any ByteSource, budget: inout InspectionBudget) throws(InspectionError) {
        let directory = try ZipDirectory(source, budget: &budget)
        var findings: [Inspection.Finding] = []
        var names = MemberNames()
        var entries: [ZipEntry] = []
        for var entry in directory.entries {
            if let problem = names.problem(of: entry.name) {
                findings.append(.init(.dangerous, place: entry.name.shownAsPlace, problem))
            }
            findings +=
                Self.problem(ofMode: entry).map { [.init(.dangerous, place: entry.name.shownAsPlace, $0)] } ?? []
            let problem = try Self.readLocalHeader(of: &entry, in: source, before: directory.offset)
            findings += problem.map { [.init(.dangerous, place: entry.name.shownAsPlace, $0)] } ?? []
            entries.append(entry)
        }
        findings += Self.gaps(between: entries, before: directory.offset)
        self.source = source
        self.entries = entries
        self.findings = findings
    }

    private static func problem(ofMode entry: ZipEntry) -> String? {
        switch entry.mode & 0o170000 {
        case 0, 0o100000: entry.isFolder && entry.mode & 0o170000 != 0 ? "is a folder by name and a file by mode" : nil
        case 0o040000: entry.isFolder ? nil : "is a file by name and a folder by mode"
        case 0o120000: "is a symbolic link"
        case _: "is a device, pipe or socket"
        }
    }

    /// What the local header says otherwise than the directory.
    private static func readLocalHeader(
        of entry: inout ZipEntry, in source: any ByteSource, before limit: Int64
    ) throws(InspectionError) -> String? {
        guard entry.offset <= limit - 30 else { throw .malformed("'\(entry.name)' begins outside of the archive") }
        var cursor = ByteCursor(source, from: entry.offset, to: limit)
        guard try cursor.little(UInt32.self) == 0x0403_4B50 else {
            throw .malformed("'\(entry.name)' has no header at byte \(entry.offset)")
        }
        try cursor.skip(2)
        let (flags, method) = (try cursor.little(UInt16.self), try cursor.little(UInt16.self))
        try cursor.skip(4)
        let crc = try cursor.little(UInt32.self)
        let (packed, size) = (try cursor.little(UInt32.self), try cursor.little(UInt32.self))
        let (nameLength, extraLength) = (try cursor.little(UInt16.self), try cursor.little(UInt16.self))
        let name = try cursor.bytes(Int(nameLength))
        var local = entry
        (local.size, local.packedSize) = (Int64(size), Int64(packed))
        let extra = try ZipExtra(&cursor, length: extraLength, of: entry.name)
        try extra.apply(to: &local, size: size, packed: packed, offset: nil)
        entry.dataOffset = cursor.position
        guard entry.packedSize <= limit - entry.dataOffset else {
            throw .malformed("'\(entry.name)' reaches into the directory")
        }
        if !name.elementsEqual(entry.name.utf8) {
            return "its local header names it '\(String(decoding: name.prefix(80), as: UTF8.self))'"
        }
        // Bits 1 and 2 are the packer's effort, and bit 11 says that a name is UTF-8, which it is.
        if (flags ^ entry.flags) & ~0x0806 != 0 || method != entry.method {
            return "its local header has other flags or another method than the directory"
        }
        let isLater = entry.hasDescriptor && crc == 0 && local.size == 0 && local.packedSize == 0
        guard isLater || (crc == entry.crc && local.size == entry.size && local.packedSize == entry.packedSize) else {
            return "its local header has another size or checksum than the directory"
        }
        return nil
    }

    /// Members over each other, and bytes that belong to none: another reader would find something else there.
    private static func gaps(between entries: [ZipEntry], before limit: Int64) -> [Inspection.Finding] {
        var findings: [Inspection.Finding] = []
        var end: Int64 = 0
        var mayHaveDescriptor = false
        for entry in entries.sorted(by: { $0.offset < $1.offset }) {
            if entry.offset < end {
                findings.append(.init(.dangerous, place: entry.name.shownAsPlace, "overlaps the member before it"))
            } else if entry.offset - end > (mayHaveDescriptor ? 24 : 0) {
                findings.append(.init(.dangerous, hidden(end, entry.offset)))
            }
            end = max(end, entry.dataEnd)
            mayHaveDescriptor = entry.hasDescriptor
        }
        if limit - end > (mayHaveDescriptor ? 24 : 0) { findings.append(.init(.dangerous, hidden(end, limit))) }
        return findings
    }

    private static func hidden(_ from: Int64, _ to: Int64) -> String {
        "bytes \(from) to \(to) belong to no member of the zip"
    }

    /// The bytes of a member; a packed one is read to its end and its checksum compared.
    func content(of entry: ZipEntry, budget: inout InspectionBudget) throws(InspectionError) -> any ByteSource {
        guard !entry.isEncrypted else { throw .malformed("it is encrypted") }
        let packed = try ByteSlice(source, from: entry.dataOffset, count: entry.packedSize)
        switch entry.method {
        case 0:
            guard entry.size == entry.packedSize else { throw .malformed("it is stored, yet its two sizes differ") }
            return packed
        case 8:
            return try PackedMember(source: packed, packing: .raw, size: entry.size, crc: entry.crc)
                .content(budget: &budget)
        case _: throw .malformed("it is packed by method \(entry.method), which is not read here")
        }
    }
}
