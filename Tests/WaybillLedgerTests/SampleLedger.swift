import Foundation
import WaybillCore
import WaybillLedger
import WaybillTrust

/// A record of a segment, found by the lengths of `docs/ledger.md` section 4 and nothing of our own reader.
struct RawRecord {
    let isEntry: Bool
    let range: Range<Int>
    /// Entry, or note.
    let content: Range<Int>
    let sealed: Range<Int>
}

func rawRecords(_ segment: [UInt8]) -> [RawRecord] {
    func number(_ offset: Int, _ width: Int) -> Int {
        segment[offset..<(offset + width)].reduce(0) { $0 << 8 | Int($1) }
    }
    var offset = 20 + number(16, 4) + 32
    var records: [RawRecord] = []
    while offset < segment.count {
        let isEntry = segment[offset] == UInt8(ascii: "E")
        let begin = offset + (isEntry ? 39 : 35)
        let content = begin..<(begin + number(offset + 1, 2))
        let sealed = content.upperBound..<(content.upperBound + (isEntry ? number(offset + 3, 4) : 0))
        records.append(RawRecord(isEntry: isEntry, range: offset..<sealed.upperBound, content: content, sealed: sealed))
        offset = sealed.upperBound
    }
    return records
}

/// A published ledger of 300 entries in batches of four and several segments, to be broken by tests.
struct SampleLedger {
    let folder: URL
    let key: NoteKey
    /// The note of the checkpoint at 300 entries, and of that at 152.
    let note: [UInt8]
    let olderNote: [UInt8]
    /// First indices of the segments.
    let segments: [Int]

    /// - Parameters:
    ///   - identity: files of another ledger, to have its key.
    ///   - message: of each event: another one is another history.
    init(in parent: URL, name: String = "ledger", identity: URL? = nil, message: String = "found", count: Int = 300)
        throws
    {
        folder = parent.appending(path: name)
        var settings = LedgerSettings(folder: folder.path)
        settings.segmentLimit = 40_000
        settings.origin = "example.com/log"
        if let identity {
            try FileManager.default.copyItem(at: identity, to: folder)
            try FileManager.default.removeItem(at: folder.appending(path: "log"))
            for name in try FileManager.default.contentsOfDirectory(atPath: folder.appending(path: "journal").path) {
                let segment = folder.appending(path: "journal/\(name)")
                if !name.hasPrefix("00000000000000000000") {
                    try FileManager.default.removeItem(at: segment)
                } else {
                    let whole = Array(try Data(contentsOf: segment))
                    try Data(whole.prefix(rawRecords(whole)[0].range.lowerBound)).write(to: segment)
                }
            }
        }
        let store = try LedgerStore(settings)
        var older: [UInt8] = []
        for start in stride(from: 0, to: count, by: 4) {
            _ = try store.append((start..<(start + 4)).map { fact($0, message: "\(message) \($0 % 10)") })
            if start == 148 {
                try store.publish()
                older = store.checkpoint?.note ?? []
            }
        }
        try store.publish()
        key = store.key
        note = store.checkpoint?.note ?? []
        olderNote = older
        segments = try FileManager.default.contentsOfDirectory(atPath: folder.appending(path: "journal").path)
            .compactMap { Int($0.prefix(20)) }.sorted()
    }

    func segmentPath(_ number: Int) -> String {
        let digits = String(segments[number])
        return "journal/" + String(repeating: "0", count: 20 - digits.count) + digits + ".segment"
    }

    func records(_ segment: Int) throws -> [RawRecord] { rawRecords(try bytes(folder, segmentPath(segment))) }

    /// Record of the entry with this index in the first segment.
    func entry(_ index: Int) throws -> RawRecord { try records(0).filter(\.isEntry)[index] }

    func change(_ path: String, _ body: (inout [UInt8]) throws -> Void) throws {
        var content = try bytes(folder, path)
        try body(&content)
        try write(content, folder, path)
    }

    func flip(_ path: String, at offset: Int) throws { try change(path) { $0[offset] ^= 1 } }

    func remove(_ path: String) throws { try FileManager.default.removeItem(at: folder.appending(path: path)) }

    func verify(since: [UInt8]? = nil) throws -> VerificationReport {
        try LedgerVerifier.verify(folder: folder.path, key: key, since: since, everySignature: true)
    }

    /// What verification says first, with `FIRST` for the first segment's path.
    func problem(since: [UInt8]? = nil) -> String {
        do {
            return try verify(since: since).conclusion
        } catch {
            return "\(error)".replacingOccurrences(of: segmentPath(0), with: "FIRST")
        }
    }
}
