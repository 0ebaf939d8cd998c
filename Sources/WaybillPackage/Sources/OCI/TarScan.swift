import WaybillCore

/// Reads a tar that streams by (ustar, pax, GNU names), for the bytes of one of its files.
struct TarScan {
    static let nameLimit: Int64 = 64 << 10
    static let memberLimit = 1_000_000

    private let path: String
    private let size: Int64?
    private let place: String
    /// Bytes of the file that are not given.
    private var skip: Int64
    private var mode = Mode.header
    /// A header, or a long name, as it comes.
    private var buffer: [UInt8] = []
    private var longName: String?
    private var extended: [String: String] = [:]
    private var members = 0
    private var zeros = 0
    /// All of the file was given.
    private(set) var isComplete = false
    /// A member says that the file of a layer below is gone.
    private(set) var isHidden = false

    private enum Mode {
        case header
        /// Of a long name or extended header, of `type`; then its padding.
        case name(type: UInt8, rest: Int64, padding: Int64)
        case file(rest: Int64)
        case skipped(Int64)
        case end
    }

    init(path: String, size: Int64?, skip: Int64, place: String) {
        self.path = path
        self.size = size
        self.skip = skip
        self.place = place
    }

    /// What of `bytes` is of the file.
    mutating func take(_ bytes: ArraySlice<UInt8>) throws(Failure) -> [UInt8] {
        var rest = bytes
        var found: [UInt8] = []
        while !rest.isEmpty, !isComplete {
            switch mode {
            case .end: return found
            case .skipped(let count):
                let taken = min(count, Int64(rest.count))
                rest = rest.dropFirst(Int(taken))
                mode = taken == count ? .header : .skipped(count - taken)
            case .file(let count):
                let taken = min(count, Int64(rest.count))
                found += rest.prefix(Int(taken)).dropFirst(Int(min(skip, taken)))
                skip -= min(skip, taken)
                rest = rest.dropFirst(Int(taken))
                mode = .file(rest: count - taken)
                isComplete = taken == count
            case .name(let type, let count, let padding):
                let taken = min(count, Int64(rest.count))
                buffer += rest.prefix(Int(taken))
                rest = rest.dropFirst(Int(taken))
                mode = .name(type: type, rest: count - taken, padding: padding)
                if taken == count { try name(type, padding) }
            case .header:
                let taken = min(512 - buffer.count, rest.count)
                buffer += rest.prefix(taken)
                rest = rest.dropFirst(taken)
                if buffer.count == 512 { try header() }
            }
        }
        return found
    }

    /// - Throws: `LayerUnsound`, stalling, when it ended inside of a member.
    func finish() throws(Failure) {
        switch mode {
        case .end: return
        case .header where buffer.isEmpty: return
        case .header, .name, .file, .skipped: throw unsound("ends inside of a member")
        }
    }

    private mutating func header() throws(Failure) {
        let header = buffer
        buffer.removeAll(keepingCapacity: true)
        if header.allSatisfy({ $0 == 0 }) {
            zeros += 1
            // What follows two blocks of zeros is no part of it.
            if zeros == 2 { mode = .end }
            return
        }
        zeros = 0
        guard TarReader.number(header[148..<156]) == Int64(TarReader.checksum(header)) else {
            throw unsound("has a header with a wrong checksum")
        }
        guard var count = TarReader.number(header[124..<136]), count >= 0 else {
            throw unsound("has a member whose size is no number")
        }
        members += 1
        guard members <= Self.memberLimit else { throw unsound("has more than \(Self.memberLimit) members") }
        let type = header[156]
        if [UInt8(ascii: "x"), UInt8(ascii: "L"), UInt8(ascii: "K"), UInt8(ascii: "g")].contains(type) {
            guard count <= Self.nameLimit else { throw unsound("has a name of \(count) bytes") }
            mode = .name(type: type, rest: count, padding: Int64(TarHeader.padding(after: count)))
            if count == 0 { try name(type, 0) }
            return
        }
        if let text = extended["size"] {
            guard let number = Int64(text), number >= 0 else { throw unsound("has a member whose size is no number") }
            count = number
        }
        let name =
            extended["path"] ?? longName ?? String(decoding: TarReader.nameBytes(in: header), as: UTF8.self)
        (longName, extended) = (nil, [:])
        try member(name, type, count)
    }

    private mutating func member(_ name: String, _ type: UInt8, _ count: Int64) throws(Failure) {
        let clean = name.split(separator: "/").filter { $0 != "." }.joined(separator: "/")
        hide(clean)
        let isFile = [0, UInt8(ascii: "0"), UInt8(ascii: "7")].contains(type) && !name.hasSuffix("/")
        if clean == path, !isFile {
            let isFolder = type == UInt8(ascii: "5") || name.hasSuffix("/")
            throw Failure(
                .stall, reason: "SourceNotFound",
                message:
                    "\(place): \(path.quotedForMessage) is \(isFolder ? "a folder" : "a link or another special file"); name a file"
            )
        }
        let (padded, isOver) = count.addingReportingOverflow(Int64(TarHeader.padding(after: count)))
        guard !isOver else { throw unsound("has a member whose size is no number") }
        guard clean == path else {
            mode = padded == 0 ? .header : .skipped(padded)
            return
        }
        if let size, count != size {
            throw .otherSize("\(place): \(path.quotedForMessage)", announced: count, expected: size)
        }
        isComplete = count == 0
        mode = .file(rest: count)
    }

    /// Whiteouts: `DIR/.wh.NAME` for one, `DIR/.wh..wh..opq` for all of a folder.
    private mutating func hide(_ name: String) {
        let slash = name.lastIndex(of: "/")
        let folder = slash.map { String(name[...$0]) } ?? ""
        let last = slash.map { name[name.index(after: $0)...] } ?? name[...]
        guard last.hasPrefix(".wh.") else { return }
        if last == ".wh..wh..opq" {
            if path.hasPrefix(folder) { isHidden = true }
            return
        }
        let hidden = folder + last.dropFirst(4)
        if path == hidden || path.hasPrefix("\(hidden)/") { isHidden = true }
    }

    private mutating func name(_ type: UInt8, _ padding: Int64) throws(Failure) {
        let content = buffer
        buffer.removeAll(keepingCapacity: true)
        mode = padding == 0 ? .header : .skipped(padding)
        switch type {
        case UInt8(ascii: "L"): longName = String(decoding: content.prefix { $0 != 0 }, as: UTF8.self)
        case UInt8(ascii: "x"): try records(content)
        case _: break
        }
    }

    private mutating func records(_ content: [UInt8]) throws(Failure) {
        var rest = content[...]
        while !rest.isEmpty {
            guard let (key, value) = TarReader.takeRecord(from: &rest) else {
                throw unsound("has an extended header that is broken")
            }
            extended[key] = value
        }
    }

    private func unsound(_ what: String) -> Failure {
        Failure(.stall, reason: "LayerUnsound", message: "\(place) \(what)")
    }
}
